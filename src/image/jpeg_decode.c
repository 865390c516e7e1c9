/* JPEG, by libjpeg-turbo with its defaults (accurate integer IDCT, smooth upsampling), as Pillow
 * does.
 *
 * libjpeg fills what is missing with grey and goes on. Half a prescription must not pass for a
 * whole one: damage to the image data ends the decoding with an error. What a viewer can shrug off
 * (bytes between markers, an odd Adobe marker) does not. */
#include "image/exif.h"
#include "image/image.h"
#include "image/image_decode.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

/* A real progressive file has some ten scans; each costs a walk over the whole picture, however few
 * bytes it has. */
enum { MAX_SCANS = 100 };

struct jpeg_reader {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    const pali_image_source *source;
    pali_error *err;
    pali_status status;
    pali_image *image;
    int orientation;
};

static pali_status status_of(int code) {
    switch (code) {
    case JERR_OUT_OF_MEMORY:
        return PALI_ERROR_MEMORY;
#if JPEG_LIB_VERSION < 70 /* Ubuntu's has version 8's interface */
    case JERR_ARITH_NOTIMPL:
#endif
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED:
        return PALI_ERROR_UNSUPPORTED;
    default:
        return PALI_ERROR_FORMAT;
    }
}

static _Noreturn void on_error(j_common_ptr info) {
    struct jpeg_reader *reader = info->client_data;
    char text[JMSG_LENGTH_MAX];
    info->err->format_message(info, text);
    reader->status = pali_fail(reader->err, status_of(info->err->msg_code), "%s: JPEG: %s",
                               reader->source->name, text);
    longjmp(reader->jump, 1);
}

static void on_message(j_common_ptr info, int level) {
    if (level >= 0) /* a trace */
        return;
    switch (info->err->msg_code) {
    case JWRN_ARITH_BAD_CODE:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
        on_error(info);
    default:
        break;
    }
}

static void on_progress(j_common_ptr info) {
    struct jpeg_reader *reader = info->client_data;
    if (reader->info.input_scan_number <= MAX_SCANS)
        return;
    reader->status = pali_fail(reader->err, PALI_ERROR_LIMIT, "%s: JPEG: more than %d scans",
                               reader->source->name, MAX_SCANS);
    longjmp(reader->jump, 1);
}

static int saved_orientation(const struct jpeg_decompress_struct *info) {
    for (const struct jpeg_marker_struct *m = info->marker_list; m; m = m->next)
        if (m->data_length > 6 && memcmp(m->data, "Exif\0", 6) == 0)
            return pali_exif_orientation(m->data, m->data_length);
    return 1;
}

/* One CMYK row to RGB as Pillow converts it. Files hold the inverted values, after Adobe's habit.
 * The product is divided by 255 and rounded. */
static void cmyk_to_rgb(uint8_t *rgb, const uint8_t *inverted, size_t width) {
    for (size_t x = 0; x < width; x++, rgb += 3, inverted += 4) {
        int light = inverted[3];
        for (int c = 0; c < 3; c++) {
            int product = (255 - inverted[c]) * light + 128;
            int value = light - ((product + (product >> 8)) >> 8);
            rgb[c] = (uint8_t)(value < 0 ? 0 : value);
        }
    }
}

static void read_rows(struct jpeg_reader *reader) {
    struct jpeg_decompress_struct *info = &reader->info;
    size_t width = (size_t)reader->image->width;
    JSAMPARRAY cmyk = NULL;
    if (info->out_color_space == JCS_CMYK)
        cmyk = info->mem->alloc_sarray((j_common_ptr)info, JPOOL_IMAGE, (JDIMENSION)(width * 4), 1);
    while (info->output_scanline < info->output_height) {
        JSAMPROW row = reader->image->pixels + (size_t)info->output_scanline * width * 3;
        jpeg_read_scanlines(info, cmyk ? cmyk : &row, 1);
        if (cmyk)
            cmyk_to_rgb(row, cmyk[0], width);
    }
}

static pali_status read_picture(struct jpeg_reader *reader) {
    struct jpeg_decompress_struct *info = &reader->info;
    if (setjmp(reader->jump))
        return reader->status;
    jpeg_create_decompress(info);
    info->progress = &reader->progress;
    jpeg_mem_src(info, reader->source->bytes, (unsigned long)reader->source->size);
    jpeg_save_markers(info, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(info, TRUE);
    reader->orientation = saved_orientation(info);
    pali_status status =
        pali_image_check_size(reader->source, info->image_width, info->image_height, reader->err);
    if (status)
        return status;
    info->out_color_space = info->num_components == 4 ? JCS_CMYK : JCS_RGB;
    status = pali_image_create(&reader->image, (int)info->image_width, (int)info->image_height,
                               reader->err);
    if (status)
        return status;
    jpeg_start_decompress(info);
    read_rows(reader);
    jpeg_finish_decompress(info);
    return PALI_OK;
}

pali_status pali_jpeg_decode(pali_image **out, int *orientation, const pali_image_source *source,
                             pali_error *err) {
    struct jpeg_reader reader = {.source = source, .err = err};
    reader.info.err = jpeg_std_error(&reader.errors);
    reader.errors.error_exit = on_error;
    reader.errors.emit_message = on_message;
    reader.progress.progress_monitor = on_progress;
    reader.info.client_data = &reader;
    pali_status status = read_picture(&reader);
    jpeg_destroy_decompress(&reader.info);
    if (status) {
        pali_image_free(&reader.image);
        return status;
    }
    *orientation = reader.orientation;
    *out = reader.image;
    return PALI_OK;
}
