/* From bytes to an upright picture: limits, the format's decoder, orientation. */
#include "image/image_decode.h"

#include "base/file.h"
#include "image/image.h"
#include "image/image_format.h"
#include "image/orientation.h"

#include <string.h>

pali_status pali_image_check_size(const pali_image_source *source, uint64_t width, uint64_t height,
                                  pali_error *err) {
    if (width == 0 || height == 0)
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: a picture of %llu x %llu pixels has no area",
                         source->name, (unsigned long long)width, (unsigned long long)height);
    if (width > PALI_IMAGE_MAX_SIDE || height > PALI_IMAGE_MAX_SIDE)
        return pali_fail(err, PALI_ERROR_LIMIT,
                         "%s: %llu x %llu pixels: the longest side allowed is %d", source->name,
                         (unsigned long long)width, (unsigned long long)height,
                         PALI_IMAGE_MAX_SIDE);
    if (width * height > source->options->max_pixels)
        return pali_fail(err, PALI_ERROR_LIMIT,
                         "%s: %llu x %llu pixels are more than the limit of %llu", source->name,
                         (unsigned long long)width, (unsigned long long)height,
                         (unsigned long long)source->options->max_pixels);
    return PALI_OK;
}

pali_status pali_image_check_page(const pali_image_source *source, int count, pali_error *err) {
    int page = source->options->page;
    if (page < count)
        return PALI_OK;
    return pali_fail(err, PALI_ERROR_NOT_FOUND, "%s: there is no page %d: it has %d", source->name,
                     page + 1, count);
}

static const pali_image_options default_options = PALI_IMAGE_OPTIONS_INIT;

static pali_status check_source(const pali_image_source *source, pali_error *err) {
    const pali_image_options *o = source->options;
    if (o->page < 0 || o->page == INT32_MAX)
        return pali_fail(err, PALI_ERROR_ARGUMENT, "page %d: pages are counted from 0", o->page);
    if (o->pdf_dpi < 1 || o->pdf_dpi > 10000)
        return pali_fail(err, PALI_ERROR_ARGUMENT, "%d dots per inch: must be from 1 to 10000",
                         o->pdf_dpi);
    if (o->timeout_seconds < 1)
        return pali_fail(err, PALI_ERROR_ARGUMENT, "a time-out of %d seconds: must be at least 1",
                         o->timeout_seconds);
    if (source->size == 0)
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: is empty", source->name);
    if (source->size > o->max_bytes)
        return pali_fail(err, PALI_ERROR_LIMIT, "%s: %zu bytes are more than the limit of %llu",
                         source->name, source->size, (unsigned long long)o->max_bytes);
    return PALI_OK;
}

static pali_status fail_unknown(const pali_image_source *source, pali_error *err) {
    const char *guess = pali_image_format_guess(source->bytes, source->size);
    return pali_fail(err, PALI_ERROR_UNSUPPORTED,
                     "%s: %s%sread are JPEG, PNG, WebP, TIFF, BMP, HEIC and PDF", source->name,
                     guess ? guess : "not a picture of a known format", guess ? ": " : "; ");
}

static const pali_decode_fn decoders[] = {
    [PALI_IMAGE_JPEG] = pali_jpeg_decode, [PALI_IMAGE_PNG] = pali_png_decode,
    [PALI_IMAGE_WEBP] = pali_webp_decode, [PALI_IMAGE_TIFF] = pali_tiff_decode,
    [PALI_IMAGE_BMP] = pali_bmp_decode,   [PALI_IMAGE_HEIC] = pali_heic_decode,
    [PALI_IMAGE_PDF] = pali_pdf_decode,
};

static bool may_have_pages(pali_image_format format) {
    return format == PALI_IMAGE_TIFF || format == PALI_IMAGE_PDF;
}

pali_status pali_image_decode(pali_image **out, const void *bytes, size_t size, const char *name,
                              const pali_image_options *options, pali_error *err) {
    const pali_image_source source = {bytes, size, name, options ? options : &default_options};
    pali_status status = check_source(&source, err);
    if (status)
        return status;
    pali_image_format format = pali_image_format_of(source.bytes, size);
    if (format == PALI_IMAGE_UNKNOWN)
        return fail_unknown(&source, err);
    if (!may_have_pages(format))
        status = pali_image_check_page(&source, 1, err);
    if (status)
        return status;
    pali_image *image = NULL;
    int orientation = 1;
    status = decoders[format](&image, &orientation, &source, err);
    if (!status)
        status = pali_image_turn_upright(&image, orientation, err);
    if (status)
        pali_image_free(&image);
    else
        *out = image;
    return status;
}

pali_status pali_image_count_pages(int *out, const void *bytes, size_t size, const char *name,
                                   const pali_image_options *options, pali_error *err) {
    const pali_image_source source = {bytes, size, name, options ? options : &default_options};
    pali_status status = check_source(&source, err);
    if (status)
        return status;
    switch (pali_image_format_of(source.bytes, size)) {
    case PALI_IMAGE_UNKNOWN:
        return fail_unknown(&source, err);
    case PALI_IMAGE_TIFF:
        return pali_tiff_count_pages(out, &source, err);
    case PALI_IMAGE_PDF:
        return pali_pdf_count_pages(out, &source, err);
    default:
        *out = 1;
        return PALI_OK;
    }
}

pali_status pali_image_load(pali_image **out, const char *path, const pali_image_options *options,
                            pali_error *err) {
    uint64_t limit = options ? options->max_bytes : default_options.max_bytes;
    pali_buffer bytes;
    pali_buffer_init(&bytes, limit < SIZE_MAX / 2 ? (size_t)limit : SIZE_MAX / 2);
    pali_status status = pali_read_file(&bytes, path, err);
    if (!status)
        status = pali_image_decode(out, bytes.data, bytes.size,
                                   strcmp(path, "-") == 0 ? "standard input" : path, options, err);
    pali_buffer_free(&bytes);
    return status;
}
