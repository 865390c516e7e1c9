/* Writing pictures: PNG of 8-bit RGB. */
#include "image/image.h"

#include "base/file.h"

#include <png.h>

struct png_writer {
    const char *path;
    pali_buffer buffer;
    pali_error *err;
    pali_status status;
};

static _Noreturn void on_error(png_structp png, png_const_charp text) {
    struct png_writer *writer = png_get_error_ptr(png);
    if (!writer->status)
        writer->status =
            pali_fail(writer->err, PALI_ERROR_INTERNAL, "%s: PNG: %s", writer->path, text);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void write_bytes(png_structp png, png_bytep bytes, size_t size) {
    struct png_writer *writer = png_get_io_ptr(png);
    writer->status = pali_buffer_append(&writer->buffer, bytes, size, writer->err);
    if (writer->status)
        png_error(png, "");
}

static void flush(png_structp png) {
    (void)png;
}

static pali_status encode(struct png_writer *writer, png_structp png, png_infop info,
                          const pali_image *image) {
    if (setjmp(png_jmpbuf(png)))
        return writer->status;
    png_set_write_fn(png, writer, write_bytes, flush);
    png_set_IHDR(png, info, (png_uint_32)image->width, (png_uint_32)image->height, 8,
                 PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    size_t row = (size_t)image->width * 3;
    for (size_t y = 0; y < (size_t)image->height; y++)
        png_write_row(png, image->pixels + y * row);
    png_write_end(png, info);
    return PALI_OK;
}

/* `name` is used in messages. The caller frees the writer's buffer. */
static pali_status encode_named(struct png_writer *writer, const pali_image *image,
                                const char *name, pali_error *err) {
    *writer = (struct png_writer){.path = name, .err = err};
    pali_buffer_init(&writer->buffer, SIZE_MAX / 2);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, writer, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    pali_status status =
        info ? encode(writer, png, info, image) : pali_fail_memory(err, 0, "the PNG encoder");
    png_destroy_write_struct(&png, &info);
    return status;
}

pali_status pali_image_save_png(const pali_image *image, const char *path, pali_error *err) {
    struct png_writer writer;
    pali_status status = encode_named(&writer, image, path, err);
    if (!status)
        status = pali_write_file(path, writer.buffer.data, writer.buffer.size, err);
    pali_buffer_free(&writer.buffer);
    return status;
}

pali_status pali_image_encode_png(void **bytes, size_t *size, const pali_image *image,
                                  pali_error *err) {
    struct png_writer writer;
    char *taken = NULL;
    pali_status status = encode_named(&writer, image, "picture", err);
    if (!status)
        status = pali_buffer_take(&writer.buffer, &taken, size, err);
    if (!status)
        *bytes = taken;
    pali_buffer_free(&writer.buffer);
    return status;
}
