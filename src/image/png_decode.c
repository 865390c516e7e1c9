/* PNG, by libpng: every colour type and depth, interlaced or not.
 *
 * Colours are taken as they are: gamma, chromaticities and profiles are not applied, as in Pillow.
 * Samples of 16 bits keep their high byte, greys too: Pillow cuts a 16-bit grey off at 255 when it
 * becomes RGB, which would turn a scan white. */
#include "image/exif.h"
#include "image/image.h"
#include "image/image_decode.h"

#include "base/checked.h"

#include <stdlib.h>
#include <string.h>

#include <png.h>

struct png_reader {
    const pali_image_source *source;
    pali_error *err;
    pali_status status;
    png_structp png;
    png_infop info;
    size_t position;
    int width, height;
    bool has_alpha;
    uint8_t *pixels; /* [height, width, 3 or 4] */
    png_bytep *rows;
};

static _Noreturn void on_error(png_structp png, png_const_charp text) {
    struct png_reader *reader = png_get_error_ptr(png);
    reader->status =
        pali_fail(reader->err, PALI_ERROR_FORMAT, "%s: PNG: %s", reader->source->name, text);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void read_bytes(png_structp png, png_bytep out, size_t size) {
    struct png_reader *reader = png_get_io_ptr(png);
    if (size > reader->source->size - reader->position)
        png_error(png, "the file ends early");
    memcpy(out, reader->source->bytes + reader->position, size);
    reader->position += size;
}

/* Asks libpng for 8-bit RGB, or RGBA where something may be transparent. */
static void ask_for_rgb(struct png_reader *reader) {
    png_byte type = png_get_color_type(reader->png, reader->info);
    reader->has_alpha =
        (type & PNG_COLOR_MASK_ALPHA) || png_get_valid(reader->png, reader->info, PNG_INFO_tRNS);
    png_set_expand(reader->png);
    png_set_strip_16(reader->png);
    if (!(type & PNG_COLOR_MASK_COLOR))
        png_set_gray_to_rgb(reader->png);
    png_set_interlace_handling(reader->png);
    png_read_update_info(reader->png, reader->info);
}

static pali_status reserve(struct png_reader *reader) {
    size_t row = (size_t)reader->width * (reader->has_alpha ? 4 : 3), bytes;
    if (png_get_rowbytes(reader->png, reader->info) != row)
        return pali_fail(reader->err, PALI_ERROR_INTERNAL, "%s: PNG: unexpected row of %zu bytes",
                         reader->source->name, png_get_rowbytes(reader->png, reader->info));
    if (!pali_mul_size(row, (size_t)reader->height, &bytes))
        return pali_fail_memory(reader->err, SIZE_MAX, "a picture");
    reader->pixels = malloc(bytes);
    reader->rows = malloc((size_t)reader->height * sizeof *reader->rows);
    if (!reader->pixels || !reader->rows)
        return pali_fail_memory(reader->err, bytes, "a picture");
    for (size_t y = 0; y < (size_t)reader->height; y++)
        reader->rows[y] = reader->pixels + y * row;
    return PALI_OK;
}

static int orientation_of(struct png_reader *reader) {
    png_uint_32 size = 0;
    png_bytep bytes = NULL;
    if (!png_get_eXIf_1(reader->png, reader->info, &size, &bytes))
        return 1;
    return pali_exif_orientation(bytes, size);
}

static pali_status read_picture(struct png_reader *reader, int *orientation) {
    if (setjmp(png_jmpbuf(reader->png)))
        return reader->status;
    png_set_read_fn(reader->png, reader, read_bytes);
    png_set_user_limits(reader->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_read_info(reader->png, reader->info);
    png_uint_32 width = png_get_image_width(reader->png, reader->info);
    png_uint_32 height = png_get_image_height(reader->png, reader->info);
    pali_status status = pali_image_check_size(reader->source, width, height, reader->err);
    if (status)
        return status;
    reader->width = (int)width;
    reader->height = (int)height;
    ask_for_rgb(reader);
    status = reserve(reader);
    if (status)
        return status;
    png_read_image(reader->png, reader->rows);
    png_read_end(reader->png, reader->info);
    *orientation = orientation_of(reader);
    return PALI_OK;
}

pali_status pali_png_decode(pali_image **out, int *orientation, const pali_image_source *source,
                            pali_error *err) {
    struct png_reader reader = {.source = source, .err = err};
    reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, on_error, on_warning);
    reader.info = reader.png ? png_create_info_struct(reader.png) : NULL;
    pali_status status = reader.info ? read_picture(&reader, orientation)
                                     : pali_fail_memory(err, 0, "the PNG decoder");
    png_destroy_read_struct(&reader.png, &reader.info, NULL);
    free(reader.rows);
    if (status) {
        free(reader.pixels);
        return status;
    }
    if (reader.has_alpha)
        return pali_image_adopt_rgba(out, reader.width, reader.height, reader.pixels, err);
    return pali_image_adopt_rgb(out, reader.width, reader.height, reader.pixels, err);
}
