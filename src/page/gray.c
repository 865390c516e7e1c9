/* Grey pictures. */
#include "page/gray.h"

#include "base/checked.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

pali_status rx_gray_create(rx_gray *out, int width, int height, pali_error *err) {
    size_t size;
    if (width < 1 || height < 1 || !pali_mul_size((size_t)width, (size_t)height, &size))
        return pali_fail(err, PALI_ERROR_INTERNAL, "a grey picture of %d x %d", width, height);
    uint8_t *pixels = malloc(size);
    if (!pixels)
        return pali_fail_memory(err, size, "a grey picture");
    *out = (rx_gray){width, height, pixels};
    return PALI_OK;
}

void rx_gray_free(rx_gray *gray) {
    free(gray->pixels);
    *gray = (rx_gray){0, 0, NULL};
}

/* Twice the grey: in [0, 510]. */
static inline unsigned twice_gray(const uint8_t *rgb) {
    unsigned r = rgb[0], g = rgb[1], b = rgb[2];
    unsigned darkest = r < g ? (r < b ? r : b) : (g < b ? g : b);
    return ((77 * r + 150 * g + 29 * b) >> 8) + darkest;
}

static inline uint8_t inside(unsigned gray) {
    return (uint8_t)(gray < RX_GRAY_OUTSIDE ? gray : RX_GRAY_OUTSIDE - 1);
}

static uint8_t block_gray(const uint8_t *rgb, size_t stride, int width, int height) {
    uint64_t sum = 0;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            sum += twice_gray(rgb + (size_t)y * stride + (size_t)x * 3);
    return inside((unsigned)(sum / (2 * (uint64_t)width * (uint64_t)height)));
}

pali_status rx_gray_from_image(rx_gray *out, const pali_image *image, int reduce, pali_error *err) {
    int width = pali_image_width(image), height = pali_image_height(image);
    int block_width = reduce < width ? reduce : width;
    int block_height = reduce < height ? reduce : height;
    const uint8_t *rgb = pali_image_pixels(image);
    size_t stride = (size_t)width * 3;
    rx_gray gray;
    pali_status status = rx_gray_create(&gray, width / block_width, height / block_height, err);
    if (status)
        return status;
    for (int y = 0; y < gray.height; y++) {
        const uint8_t *row = rgb + (size_t)y * (size_t)block_height * stride;
        uint8_t *to = gray.pixels + (size_t)y * (size_t)gray.width;
        if (reduce == 1)
            for (int x = 0; x < gray.width; x++)
                to[x] = inside(twice_gray(row + (size_t)x * 3) / 2);
        else
            for (int x = 0; x < gray.width; x++)
                to[x] = block_gray(row + (size_t)x * (size_t)block_width * 3, stride, block_width,
                                   block_height);
    }
    *out = gray;
    return PALI_OK;
}

pali_status rx_gray_halve(rx_gray *out, const rx_gray *gray, pali_error *err) {
    rx_gray half;
    pali_status status = rx_gray_create(&half, gray->width > 1 ? gray->width / 2 : 1,
                                        gray->height > 1 ? gray->height / 2 : 1, err);
    if (status)
        return status;
    size_t right = gray->width > 1, below = gray->height > 1 ? (size_t)gray->width : 0;
    for (int y = 0; y < half.height; y++) {
        const uint8_t *from = gray->pixels + 2 * (size_t)y * (size_t)gray->width;
        uint8_t *to = half.pixels + (size_t)y * (size_t)half.width;
        for (int x = 0; x < half.width; x++, from += 2)
            to[x] = (uint8_t)((from[0] + from[right] + from[below] + from[below + right] + 2) / 4);
    }
    *out = half;
    return PALI_OK;
}

pali_status rx_gray_smooth(rx_gray *gray, pali_error *err) {
    rx_gray out;
    pali_status status = rx_gray_create(&out, gray->width, gray->height, err);
    if (status)
        return status;
    ptrdiff_t stride = gray->width;
    memcpy(out.pixels, gray->pixels, (size_t)gray->width * (size_t)gray->height);
    for (int y = 1; y + 1 < gray->height; y++)
        for (int x = 1; x + 1 < gray->width; x++) {
            const uint8_t *p = gray->pixels + y * stride + x;
            unsigned sum = 0;
            bool is_inside = true;
            for (int v = -1; v <= 1; v++) {
                const uint8_t *row = p + v * stride;
                sum += (row[-1] + 2u * row[0] + row[1]) * (v ? 1 : 2);
                is_inside = is_inside && row[-1] != RX_GRAY_OUTSIDE && row[0] != RX_GRAY_OUTSIDE &&
                            row[1] != RX_GRAY_OUTSIDE;
            }
            if (is_inside)
                out.pixels[y * stride + x] = (uint8_t)((sum + 8) / 16);
        }
    rx_gray_free(gray);
    *gray = out;
    return PALI_OK;
}

pali_status rx_gray_to_image(pali_image **out, const rx_gray *gray, pali_error *err) {
    size_t count = (size_t)gray->width * (size_t)gray->height;
    uint8_t *rgb = malloc(count * 3);
    if (!rgb)
        return pali_fail_memory(err, count * 3, "a picture");
    for (size_t i = 0; i < count; i++)
        memset(rgb + 3 * i, gray->pixels[i], 3);
    pali_status status =
        pali_image_from_rgb(out, gray->width, gray->height, (size_t)gray->width * 3, rgb, err);
    free(rgb);
    return status;
}
