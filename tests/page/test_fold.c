/* Folding strips into squares. */
#include "page/strip_fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static rx_gray white_strip(int width, int height) {
    rx_gray strip;
    assert_int_equal(rx_gray_create(&strip, width, height, NULL), PALI_OK);
    memset(strip.pixels, 255, (size_t)width * (size_t)height);
    return strip;
}

static void fill(rx_gray *strip, int begin, int end) {
    for (int y = 0; y < strip->height; y++)
        memset(strip->pixels + y * strip->width + begin, 0, (size_t)(end - begin));
}

static uint64_t ink_of(const uint8_t *pixels, size_t count, size_t step) {
    uint64_t ink = 0;
    for (size_t i = 0; i < count; i++)
        ink += 255u - pixels[i * step];
    return ink;
}

static void fold_keeps_every_ink_pixel(void **state) {
    (void)state;
    uint32_t seed = 1;
    static const int sides[][2] = {{128, 32}, {224, 28}, {96, 32}};
    for (int i = 0; i < 60; i++) {
        int side = sides[i % 3][0];
        rx_gray strip = white_strip(1 + (i * 137) % 2000, sides[i % 3][1]);
        for (int k = 0; k < strip.width * strip.height; k++) {
            seed = seed * 1664525u + 1013904223u;
            strip.pixels[k] = seed >> 30 ? 255 : (uint8_t)(seed >> 20);
        }
        rx_fold_row *rows;
        int num_rows;
        assert_int_equal(rx_fold_strip(&rows, &num_rows, &strip, side, NULL), PALI_OK);
        assert_int_equal(rows[0].begin, 0);
        assert_int_equal(rows[num_rows - 1].end, strip.width);
        for (int r = 1; r < num_rows; r++)
            assert_int_equal(rows[r].begin, rows[r - 1].end);
        uint64_t ink = 0;
        for (int s = 0; s <= rows[num_rows - 1].square; s++) {
            pali_image *square = NULL;
            assert_int_equal(rx_fold_draw(&square, &strip, rows, num_rows, s, side, NULL), PALI_OK);
            assert_int_equal(pali_image_width(square), side);
            assert_int_equal(pali_image_height(square), side);
            ink += ink_of(pali_image_pixels(square), (size_t)side * (size_t)side, 3);
            pali_image_free(&square);
        }
        size_t pixels = (size_t)strip.width * (size_t)strip.height;
        assert_true(ink == ink_of(strip.pixels, pixels, 1));
        free(rows);
        rx_gray_free(&strip);
    }
}

static void a_row_ends_at_the_column_of_least_ink(void **state) {
    (void)state;
    rx_gray strip = white_strip(300, 32);
    fill(&strip, 0, 300);
    for (int y = 0; y < 16; y++)
        strip.pixels[y * 300 + 100] = 255; /* half empty */
    rx_fold_row *rows;
    int num_rows;
    assert_int_equal(rx_fold_strip(&rows, &num_rows, &strip, 128, NULL), PALI_OK);
    assert_int_equal(num_rows, 3);
    assert_int_equal(rows[0].end, 100);
    assert_int_equal(rows[1].end, 227); /* all alike: the last */
    assert_int_equal(rows[2].end, 300);
    free(rows);
    rx_gray_free(&strip);
}

/* A strip that fills three rows of 128 and then has gaps in the fourth. */
static void fold_fourth_row(int gap, rx_fold_row *last) {
    rx_gray strip = white_strip(700, 32);
    fill(&strip, 0, 700);
    for (int y = 0; y < 32; y++) {
        memset(strip.pixels + y * 700 + 381 + 50, 255, 2); /* a letter gap */
        memset(strip.pixels + y * 700 + 381 + 80, 255, (size_t)gap);
    }
    rx_fold_row *rows;
    int num_rows;
    assert_int_equal(rx_fold_strip(&rows, &num_rows, &strip, 128, NULL), PALI_OK);
    assert_true(num_rows > 4);
    assert_int_equal(rows[3].begin, 381);
    assert_int_equal(rows[3].square, 0);
    assert_int_equal(rows[4].square, 1);
    *last = rows[3];
    free(rows);
    rx_gray_free(&strip);
}

static void a_square_ends_in_its_widest_gap(void **state) {
    (void)state;
    rx_fold_row row;
    fold_fourth_row(6, &row);
    assert_int_equal(row.end, 381 + 83);
    assert_true(row.at_gap);
}

static void a_gap_between_letters_is_no_gap_between_words(void **state) {
    (void)state;
    rx_fold_row row;
    fold_fourth_row(3, &row);
    assert_int_equal(row.end, 381 + 81);
    assert_false(row.at_gap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fold_keeps_every_ink_pixel),
        cmocka_unit_test(a_row_ends_at_the_column_of_least_ink),
        cmocka_unit_test(a_square_ends_in_its_widest_gap),
        cmocka_unit_test(a_gap_between_letters_is_no_gap_between_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
