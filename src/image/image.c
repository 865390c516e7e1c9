/* Pictures in memory: made, cut, laid on white, freed. */
#include "image/image.h"

#include "base/checked.h"

#include <stdlib.h>
#include <string.h>

static pali_status check_sides(int width, int height, pali_error *err) {
    if (width < 1 || height < 1)
        return pali_fail(err, PALI_ERROR_ARGUMENT, "a picture of %d x %d pixels has no area", width,
                         height);
    if (width > PALI_IMAGE_MAX_SIDE || height > PALI_IMAGE_MAX_SIDE)
        return pali_fail(err, PALI_ERROR_LIMIT,
                         "a picture of %d x %d pixels: the longest side allowed is %d", width,
                         height, PALI_IMAGE_MAX_SIDE);
    return PALI_OK;
}

pali_status pali_image_adopt_rgb(pali_image **out, int width, int height, uint8_t *pixels,
                                 pali_error *err) {
    pali_image *image = malloc(sizeof *image);
    if (!image) {
        free(pixels);
        return pali_fail_memory(err, sizeof *image, "a picture");
    }
    *image = (pali_image){width, height, pixels};
    *out = image;
    return PALI_OK;
}

pali_status pali_image_create(pali_image **out, int width, int height, pali_error *err) {
    pali_status status = check_sides(width, height, err);
    if (status)
        return status;
    size_t bytes;
    if (!pali_mul_size((size_t)width * 3, (size_t)height, &bytes))
        return pali_fail_memory(err, SIZE_MAX, "a picture");
    uint8_t *pixels = malloc(bytes);
    if (!pixels)
        return pali_fail_memory(err, bytes, "a picture");
    return pali_image_adopt_rgb(out, width, height, pixels, err);
}

/* The nearest integer to c * a / 255 + 255 * (255 - a) / 255, for each colour; RGBA becomes RGB in
 * the same place, front to back. */
static void lay_on_white(uint8_t *pixels, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint8_t rgba[4];
        memcpy(rgba, pixels + 4 * i, 4);
        for (size_t c = 0; c < 3; c++)
            pixels[3 * i + c] =
                (uint8_t)(((uint32_t)rgba[c] * rgba[3] + 255u * (255u - rgba[3]) + 127u) / 255u);
    }
}

pali_status pali_image_adopt_rgba(pali_image **out, int width, int height, uint8_t *pixels,
                                  pali_error *err) {
    size_t count = (size_t)width * (size_t)height;
    lay_on_white(pixels, count);
    uint8_t *shrunk = realloc(pixels, 3 * count);
    return pali_image_adopt_rgb(out, width, height, shrunk ? shrunk : pixels, err);
}

pali_status pali_image_from_rgb(pali_image **out, int width, int height, size_t stride,
                                const uint8_t *rgb, pali_error *err) {
    if (width > 0 && stride < (size_t)width * 3)
        return pali_fail(err, PALI_ERROR_ARGUMENT,
                         "rows of %d pixels need %zu bytes, the stride is %zu", width,
                         (size_t)width * 3, stride);
    pali_image *image = NULL;
    pali_status status = pali_image_create(&image, width, height, err);
    if (status)
        return status;
    size_t row = (size_t)width * 3;
    for (size_t y = 0; y < (size_t)height; y++)
        memcpy(image->pixels + y * row, rgb + y * stride, row);
    *out = image;
    return PALI_OK;
}

int pali_image_width(const pali_image *image) {
    return image->width;
}

int pali_image_height(const pali_image *image) {
    return image->height;
}

const uint8_t *pali_image_pixels(const pali_image *image) {
    return image->pixels;
}

pali_status pali_image_crop(pali_image **out, const pali_image *image, int x, int y, int width,
                            int height, pali_error *err) {
    if (x < 0 || y < 0 || width < 1 || height < 1 || width > image->width - x ||
        height > image->height - y)
        return pali_fail(err, PALI_ERROR_ARGUMENT,
                         "a cut of %d x %d pixels at (%d, %d) does not lie inside a picture of "
                         "%d x %d pixels",
                         width, height, x, y, image->width, image->height);
    size_t stride = (size_t)image->width * 3;
    return pali_image_from_rgb(out, width, height, stride,
                               image->pixels + (size_t)y * stride + (size_t)x * 3, err);
}

void pali_image_free(pali_image **image) {
    if (!image || !*image)
        return;
    free((*image)->pixels);
    free(*image);
    *image = NULL;
}
