/* TIFF, by libtiff's conversion to RGBA: grey, palette, RGB, CMYK, YCbCr, Lab, 1 to 16 bits a
 * sample, strips or tiles, every compression that libtiff was built with, several pages.
 *
 * libtiff's own turning (TIFFReadRGBAImageOriented) only mirrors; it is told that nothing is to be
 * turned, and the orientation is handed on. */
#include "image/image.h"
#include "image/image_decode.h"

#include "base/checked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

struct tiff_reader {
    const pali_image_source *source;
    toff_t position;
    TIFF *tiff;
    bool is_damaged;   /* a warning that means lost data */
    char message[256]; /* the first error */
};

static int on_error(TIFF *tiff, void *context, const char *module, const char *format,
                    va_list args) {
    (void)tiff;
    (void)module;
    struct tiff_reader *reader = context;
    if (!reader->message[0])
        vsnprintf(reader->message, sizeof reader->message, format, args);
    return 1;
}

/* libtiff warns and goes on where its JPEG decoder fills with grey what is missing, and where a tag
 * lies past the end of the file: a palette that is lost so turns the picture into greys. */
static int on_warning(TIFF *tiff, void *context, const char *module, const char *format,
                      va_list args) {
    (void)tiff;
    (void)module;
    static const char *const losses[] = {"Premature end of JPEG", "Corrupt JPEG data",
                                         "IO error during reading"};
    struct tiff_reader *reader = context;
    char text[sizeof reader->message];
    vsnprintf(text, sizeof text, format, args);
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        if (!strstr(text, losses[i]))
            continue;
        reader->is_damaged = true;
        if (!reader->message[0])
            memcpy(reader->message, text, sizeof text);
    }
    return 1;
}

static tmsize_t read_bytes(thandle_t handle, void *out, tmsize_t size) {
    struct tiff_reader *reader = handle;
    toff_t left =
        reader->position < reader->source->size ? reader->source->size - reader->position : 0;
    size_t count = (toff_t)size < left ? (size_t)size : (size_t)left;
    if (count)
        memcpy(out, reader->source->bytes + reader->position, count);
    reader->position += count;
    return (tmsize_t)count;
}

static tmsize_t write_bytes(thandle_t handle, void *bytes, tmsize_t size) {
    (void)handle;
    (void)bytes;
    (void)size;
    return -1;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence) {
    struct tiff_reader *reader = handle;
    switch (whence) {
    case SEEK_CUR:
        reader->position += offset;
        break;
    case SEEK_END:
        reader->position = reader->source->size + offset;
        break;
    default:
        reader->position = offset;
    }
    return reader->position;
}

static int do_nothing(thandle_t handle) {
    (void)handle;
    return 0;
}

static toff_t size_of(thandle_t handle) {
    const struct tiff_reader *reader = handle;
    return reader->source->size;
}

static int map(thandle_t handle, void **bytes, toff_t *size) {
    const struct tiff_reader *reader = handle;
    *bytes = (void *)(uintptr_t)reader->source->bytes;
    *size = reader->source->size;
    return 1;
}

static void unmap(thandle_t handle, void *bytes, toff_t size) {
    (void)handle;
    (void)bytes;
    (void)size;
}

static pali_status fail(const struct tiff_reader *reader, pali_status status, const char *cause,
                        pali_error *err) {
    return pali_fail(err, status, "%s: TIFF: %s", reader->source->name,
                     reader->message[0] ? reader->message : cause);
}

/* No piece of memory that libtiff takes may be larger than the largest picture allowed, at 16 bits
 * and four samples, or than what its tables need. */
static tmsize_t largest_piece(const pali_image_options *options) {
    enum { LEAST = 1 << 24 };
    uint64_t bytes = options->max_pixels < (1ull << 40) ? options->max_pixels * 8 : 1ull << 43;
    return (tmsize_t)(bytes > LEAST ? bytes : LEAST);
}

static pali_status open_tiff(struct tiff_reader *reader, pali_error *err) {
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options)
        return pali_fail_memory(err, 0, "the TIFF decoder");
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, reader);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, reader);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, largest_piece(reader->source->options));
    reader->tiff = TIFFClientOpenExt(reader->source->name, "r", reader, read_bytes, write_bytes,
                                     seek, do_nothing, size_of, map, unmap, options);
    TIFFOpenOptionsFree(options);
    return reader->tiff ? PALI_OK
                        : fail(reader, PALI_ERROR_FORMAT, "the file ends early or is damaged", err);
}

/* Makes the options' page current. Only on a failure are the pages counted. */
static pali_status choose_page(struct tiff_reader *reader, pali_error *err) {
    int page = reader->source->options->page;
    if (page == 0 || TIFFSetDirectory(reader->tiff, (tdir_t)page))
        return PALI_OK;
    pali_status status =
        pali_image_check_page(reader->source, (int)TIFFNumberOfDirectories(reader->tiff), err);
    return status ? status
                  : fail(reader, PALI_ERROR_FORMAT, "the page's directory is damaged", err);
}

/* A tile may be larger than the picture, but not larger than the largest picture. */
static pali_status check_size(struct tiff_reader *reader, uint32_t width, uint32_t height,
                              pali_error *err) {
    pali_status status = pali_image_check_size(reader->source, width, height, err);
    if (status || !TIFFIsTiled(reader->tiff))
        return status;
    uint32_t tile_width = 0, tile_height = 0;
    TIFFGetField(reader->tiff, TIFFTAG_TILEWIDTH, &tile_width);
    TIFFGetField(reader->tiff, TIFFTAG_TILELENGTH, &tile_height);
    return pali_image_check_size(reader->source, tile_width, tile_height, err);
}

/* libtiff's packed pixels, with alpha multiplied in, to RGB on white, in the same place. A hostile
 * file may hold colours above their alpha. */
static void unpack(uint8_t *pixels, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t abgr;
        memcpy(&abgr, pixels + 4 * i, 4);
        uint32_t white = 255 - TIFFGetA(abgr);
        uint32_t rgb[3] = {TIFFGetR(abgr) + white, TIFFGetG(abgr) + white, TIFFGetB(abgr) + white};
        for (size_t c = 0; c < 3; c++)
            pixels[3 * i + c] = (uint8_t)(rgb[c] > 255 ? 255 : rgb[c]);
    }
}

/* The current page's pixels [height, width, 4] as libtiff packs them. */
static pali_status read_raster(struct tiff_reader *reader, uint32_t width, uint32_t height,
                               uint32_t **out, pali_error *err) {
    TIFFRGBAImage rgba;
    char cause[1024] = ""; /* as long as libtiff says */
    if (!TIFFRGBAImageOK(reader->tiff, cause))
        return fail(reader, PALI_ERROR_UNSUPPORTED, cause, err);
    size_t count = (size_t)width * height, bytes;
    if (!pali_mul_size(count, sizeof(uint32_t), &bytes))
        return pali_fail_memory(err, SIZE_MAX, "a picture");
    if (!TIFFRGBAImageBegin(&rgba, reader->tiff, 1, cause))
        return fail(reader, PALI_ERROR_FORMAT, cause, err);
    rgba.req_orientation = rgba.orientation;
    uint32_t *raster = malloc(bytes);
    pali_status status = PALI_OK;
    if (!raster)
        status = pali_fail_memory(err, bytes, "a picture");
    else if (!TIFFRGBAImageGet(&rgba, raster, width, height) || reader->is_damaged)
        status = fail(reader, PALI_ERROR_FORMAT, "the data is damaged", err);
    TIFFRGBAImageEnd(&rgba);
    if (status)
        free(raster);
    else
        *out = raster;
    return status;
}

static pali_status read_page(struct tiff_reader *reader, pali_image **out, int *orientation,
                             pali_error *err) {
    pali_status status = choose_page(reader, err);
    if (status)
        return status;
    uint32_t width = 0, height = 0, *raster = NULL;
    uint16_t turned = ORIENTATION_TOPLEFT;
    TIFFGetField(reader->tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(reader->tiff, TIFFTAG_IMAGELENGTH, &height);
    TIFFGetField(reader->tiff, TIFFTAG_ORIENTATION, &turned);
    status = check_size(reader, width, height, err);
    if (status)
        return status;
    status = read_raster(reader, width, height, &raster, err);
    if (status)
        return status;
    size_t count = (size_t)width * height;
    unpack((uint8_t *)raster, count);
    uint8_t *shrunk = realloc(raster, 3 * count);
    *orientation = turned;
    return pali_image_adopt_rgb(out, (int)width, (int)height, shrunk ? shrunk : (uint8_t *)raster,
                                err);
}

pali_status pali_tiff_decode(pali_image **out, int *orientation, const pali_image_source *source,
                             pali_error *err) {
    struct tiff_reader reader = {.source = source};
    pali_status status = open_tiff(&reader, err);
    if (status)
        return status;
    status = read_page(&reader, out, orientation, err);
    TIFFClose(reader.tiff);
    return status;
}

pali_status pali_tiff_count_pages(int *out, const pali_image_source *source, pali_error *err) {
    struct tiff_reader reader = {.source = source};
    pali_status status = open_tiff(&reader, err);
    if (status)
        return status;
    *out = (int)TIFFNumberOfDirectories(reader.tiff);
    TIFFClose(reader.tiff);
    return PALI_OK;
}
