/* Letters that are narrow for their height are drawn wider. */
#include "page/strip.h"

#include "pictures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Where slanted stroke `k` is in row `y` of `height`: no column between strokes is empty. */
static int stroke_at(int k, int y, int height, int pitch) {
    return k * pitch + y * pitch / height;
}

/* A strip with strokes of two pixels, `pitch` apart, and a gap in their middle. */
static rx_gray strip_of_strokes(int height, int pitch) {
    rx_gray strip;
    assert_int_equal(rx_gray_create(&strip, 62 * pitch, height, NULL), PALI_OK);
    memset(strip.pixels, 255, (size_t)strip.width * (size_t)height);
    for (int k = 0; k < 60; k++)
        for (int y = 0; y < height / 2 && (k < 20 || k >= 40); y++)
            memset(strip.pixels + (height / 4 + y) * strip.width +
                       stroke_at(k, y, height / 2, pitch),
                   0, 2);
    return strip;
}

static double stretch_of_strokes(int height, int pitch) {
    rx_gray strip = strip_of_strokes(height, pitch);
    double stretch = rx_strip_stretch(&strip);
    rx_gray_free(&strip);
    return stretch;
}

static void narrow_letters_are_stretched_to_the_usual_pitch(void **state) {
    (void)state;
    for (int scale = 1; scale <= 2; scale++) {
        assert_float_equal(stretch_of_strokes(32 * scale, 7 * scale), 10.3 / 7, 0.08);
        assert_float_equal(stretch_of_strokes(32 * scale, 8 * scale), 10.3 / 8, 0.08);
        assert_float_equal(stretch_of_strokes(32 * scale, 4 * scale), 1.6, 0);
        assert_float_equal(stretch_of_strokes(32 * scale, 12 * scale), 1, 0);
    }
}

static void an_empty_strip_is_left_alone(void **state) {
    (void)state;
    rx_gray strip;
    assert_int_equal(rx_gray_create(&strip, 200, 32, NULL), PALI_OK);
    memset(strip.pixels, 255, 200 * 32);
    assert_float_equal(rx_strip_stretch(&strip), 1, 0);
    rx_gray_free(&strip);
}

/* A page with one line of strokes, 3 pixels wide, 30 high. */
static pali_image *page_of_strokes(int pitch) {
    canvas c = blank(1000, 400, 245);
    for (int k = 0; k < 30; k++)
        for (int y = 0; y < 30; y++)
            for (int i = 0; i < 3; i++)
                c.light[(180 + y) * c.width + 100 + stroke_at(k, y, 30, pitch) + i] = 20;
    return finish(&c);
}

/* Strokes in the middle of row `row` of a square, and how far apart they are. */
static int strokes_in_row(const rx_page_square *square, int row, double *pitch) {
    const uint8_t *pixels = pali_image_pixels(square->image) + (size_t)3 * 128 * (16 + 32 * row);
    int first = 0, last = 0, count = 0;
    for (int x = 1; x < 128; x++)
        if (pixels[3 * x] < 128 && pixels[3 * (x - 1)] >= 128) {
            first = count++ ? first : x;
            last = x;
        }
    *pitch = count > 1 ? (double)(last - first) / (count - 1) : 0;
    return count;
}

static void the_page_reader_stretches_lines(void **state) {
    (void)state;
    static const double wanted[][2] = {
        {24, 11.2}, {16, 10.3}, {12, 9}}; /* of the page, in the square */
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        pali_image *picture = page_of_strokes((int)wanted[i][0]);
        rx_page *page = NULL;
        assert_int_equal(rx_page_read(&page, picture, NULL, NULL), PALI_OK);
        assert_int_equal(page->num_lines, 1);
        double pitch;
        int strokes = 0;
        for (int s = 0; s < page->lines[0].views[0].num_squares; s++)
            for (int row = 0; row < 4; row++)
                strokes += strokes_in_row(&page->squares[s], row, &pitch);
        assert_in_range(strokes, 28, 32); /* folding may cut one */
        assert_true(strokes_in_row(&page->squares[0], 0, &pitch) > 4);
        assert_float_equal(pitch, wanted[i][1], 0.8);
        rx_page_free(&page);
        pali_image_free(&picture);
    }
}

/* Columns by which the second stroke in the square's first row begins more to the right five pixels below
 * the middle than five above. */
static int lean_of_strokes(const rx_page_square *square) {
    int begins[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        const uint8_t *pixels =
            pali_image_pixels(square->image) + (size_t)3 * 128 * (size_t)(11 + 10 * i);
        int strokes = 0;
        for (int x = 1; x < 128 && strokes < 2; x++)
            if (pixels[3 * x] < 128 && pixels[3 * (x - 1)] >= 128) {
                begins[i] = x;
                strokes++;
            }
        assert_int_equal(strokes, 2);
    }
    return begins[1] - begins[0];
}

static void the_last_views_stand_leaning_letters_up(void **state) {
    (void)state;
    pali_image *picture = page_of_strokes(24);
    rx_page *page = NULL;
    int lean[RX_PAGE_VIEWS];
    assert_int_equal(rx_page_read(&page, picture, NULL, NULL), PALI_OK);
    assert_int_equal(page->num_lines, 1);
    for (int v = 0; v < RX_PAGE_VIEWS; v++)
        lean[v] = lean_of_strokes(&page->squares[page->lines[0].views[v].first_square]);
    assert_in_range(lean[0] - lean[2], 0, 1); /* whatever the zoom */
    assert_in_range(lean[3] - lean[2], 1, 2); /* 0.15 of ten pixels more */
    assert_in_range(lean[4] - lean[2], 1, 2);
    rx_page_free(&page);
    pali_image_free(&picture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(narrow_letters_are_stretched_to_the_usual_pitch),
        cmocka_unit_test(an_empty_strip_is_left_alone),
        cmocka_unit_test(the_page_reader_stretches_lines),
        cmocka_unit_test(the_last_views_stand_leaning_letters_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
