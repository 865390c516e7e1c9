/* What the tests about pictures share. PALI_TEST_DATA is the folder data/ beside this file. */
#ifndef TESTS_UNIT_IMAGE_HELPERS_H
#define TESTS_UNIT_IMAGE_HELPERS_H

#include "base/file.h"
#include "pali/pali.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <zlib.h>

static inline unsigned long crc_of(const pali_image *image) {
    size_t bytes = (size_t)pali_image_width(image) * (size_t)pali_image_height(image) * 3;
    return crc32(0, pali_image_pixels(image), (uInt)bytes);
}

static inline void read_picture(pali_buffer *out, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/pictures/%s", PALI_TEST_DATA, name);
    pali_error err = PALI_ERROR_INIT;
    pali_buffer_init(out, SIZE_MAX / 2);
    if (pali_read_file(out, path, &err))
        fail_msg("%s", err.message);
}

/* u8(x, y, c) = (37x + 59y + 101c + (xy >> 3)) & 255 */
static inline pali_image *synthetic_image(int width, int height) {
    size_t row = (size_t)width * 3;
    uint8_t *rgb = malloc(row * (size_t)height);
    assert_non_null(rgb);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                rgb[(size_t)y * row + (size_t)x * 3 + (size_t)c] =
                    (uint8_t)(37 * x + 59 * y + 101 * c + ((x * y) >> 3));
    pali_image *image = NULL;
    assert_int_equal(pali_image_from_rgb(&image, width, height, row, rgb, NULL), PALI_OK);
    free(rgb);
    return image;
}

#endif
