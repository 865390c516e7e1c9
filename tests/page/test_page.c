/* What the page reader promises, on a synthetic page seen in many ways and on pictures that are no
 * pages. */
#include "page/page.h"
#include "pictures.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const double DEGREE = 3.14159265358979323846 / 180;

static rx_page *read_image(const pali_image *image, const rx_page_options *options) {
    rx_page *page = NULL;
    pali_error err = PALI_ERROR_INIT;
    if (rx_page_read(&page, image, options, &err))
        fail_msg("%s", err.message);
    return page;
}

/* Reads a picture (which it frees) and asserts that all lines are found and no more. */
static rx_page *read_all_lines(pali_image *image, const box *truth, int count) {
    rx_page *page = read_image(image, NULL);
    int width = pali_image_width(image), height = pali_image_height(image);
    if (page->quarter_turns & 1) {
        int w = width;
        width = height;
        height = w;
    }
    assert_int_equal(lines_matched(page, width, height, truth, count), count);
    assert_int_equal(page->num_lines, count);
    pali_image_free(&image);
    return page;
}

static void every_line_of_a_page_is_found_in_reading_order(void **state) {
    (void)state;
    box truth[MAX_TRUTH];
    int count;
    canvas c = read_page(truth, &count);
    double width = c.width, height = c.height;
    rx_page *page = read_all_lines(finish(&c), truth, count);
    for (int i = 0; i < count; i++) {
        double middle = (truth[i].y0 + truth[i].y1) / 2 / height;
        assert_true(page->lines[i].box[1] < middle && page->lines[i].box[3] > middle);
        assert_true(fabs(page->lines[i].box[0] - truth[i].x0 / width) < 0.02);
    }
    assert_int_equal(page->num_warnings, 0);
    rx_page_free(&page);
}

static void lines_of_a_skewed_page_are_all_found(void **state) {
    (void)state;
    static const double angles[] = {-12, -4, -0.7, 2, 7, 15};
    for (size_t i = 0; i < sizeof angles / sizeof *angles; i++) {
        box truth[MAX_TRUTH];
        int count;
        canvas c = read_page(truth, &count);
        rx_projection turn =
            rx_projection_rotate(-angles[i] * DEGREE, (rx_point){c.width / 2.0, c.height / 2.0});
        rx_projection move = {{1, 0, -100, 0, 1, -100, 0, 0, 1}};
        turn = rx_projection_compose(&turn, &move);
        canvas turned = project(&c, &turn, c.width + 200, c.height + 200, 255, truth, 0);
        pali_image *image = finish(&turned);
        rx_page *page = read_image(image, NULL);
        assert_int_equal(page->num_lines, count);
        assert_true(fabs(page->skew - angles[i]) < 0.3);
        rx_page_free(&page);
        pali_image_free(&image);
    }
}

static void a_page_turned_by_90_is_turned_back(void **state) {
    (void)state;
    for (int turns = 0; turns < 4; turns++) {
        box truth[MAX_TRUTH];
        int count;
        canvas c = read_page(truth, &count);
        rx_projection turn = rx_projection_turn(turns, c.width, c.height);
        canvas turned = project(&c, &turn, turns & 1 ? c.height : c.width,
                                turns & 1 ? c.width : c.height, 255, truth, 0);
        rx_page *page = read_all_lines(finish(&turned), truth, count);
        assert_int_equal(page->quarter_turns, (4 - turns) & 3);
        rx_page_free(&page);
    }
}

static void upright_undoes_the_turns(void **state) {
    (void)state;
    uint8_t rgb[2 * 3 * 3];
    for (int i = 0; i < 18; i++)
        rgb[i] = (uint8_t)i;
    pali_image *image = NULL, *once = NULL, *back = NULL;
    assert_int_equal(pali_image_from_rgb(&image, 3, 2, 9, rgb, NULL), PALI_OK);
    assert_int_equal(rx_page_upright(&once, image, 1, NULL), PALI_OK);
    assert_int_equal(pali_image_width(once), 2);
    assert_memory_equal(pali_image_pixels(once), rgb + 9, 3); /* lower left became upper left */
    assert_int_equal(rx_page_upright(&back, once, 3, NULL), PALI_OK);
    assert_memory_equal(pali_image_pixels(back), rgb, 18);
    pali_image_free(&image);
    pali_image_free(&once);
    pali_image_free(&back);
}

static void boxes_of_a_photographed_sheet_lie_on_the_original(void **state) {
    (void)state;
    box truth[MAX_TRUTH];
    int count;
    canvas c = read_page(truth, &count);
    rx_point quad[4] = {{120, 90}, {1000, 140}, {1080, 1250}, {60, 1190}};
    rx_projection to_photo, from_photo;
    assert_true(rx_projection_to_quad(&to_photo, c.width, c.height, quad));
    assert_true(rx_projection_invert(&from_photo, &to_photo));
    canvas photo = project(&c, &from_photo, 1150, 1350, 70, truth, count);
    rx_page *page = read_all_lines(finish(&photo), truth, count);
    assert_true(page->has_sheet);
    rx_page_free(&page);
}

static void shadow_and_dark_paper_cost_no_line(void **state) {
    (void)state;
    box truth[MAX_TRUTH];
    int count;
    canvas c = read_page(truth, &count);
    for (int y = 0; y < c.height; y++)
        for (int x = 0; x < c.width; x++) {
            double shadow =
                1 / (1 + exp((x + 0.5 * y - 700) / 25)); /* a soft edge across the page */
            c.light[y * c.width + x] *= (0.45 + 0.55 * shadow) * (0.75 + 0.25 * y / c.height);
        }
    rx_page *page = read_all_lines(finish(&c), truth, count);
    rx_page_free(&page);
}

static void ruled_paper_and_boxes_glue_no_lines(void **state) {
    (void)state;
    box truth[MAX_TRUTH];
    int count;
    canvas c = read_page(truth, &count);
    for (int y = 30; y < c.height; y += 37)
        for (int x = 10; x < c.width - 10; x++)
            c.light[y * c.width + x] = c.light[(y + 1) * c.width + x] = 100;
    for (int y = 10; y < c.height - 10; y++)
        for (int k = 0; k < 3; k++)
            c.light[y * c.width + 20 + k] = c.light[y * c.width + c.width - 20 - k] = 0;
    rx_page *page = read_all_lines(finish(&c), truth, count);
    rx_page_free(&page);
}

/* Two columns of the same lines, the second `apart` from the first, whose third line reaches nearly to it. The second
 * has that line and the first `others` of the rest. A rule comes down between them, or none. */
typedef struct columns {
    int apart, others;
    bool ruled;
} columns;

enum { COLUMN_LINES = 8, THIRD = 2 };

/* Lines found, lines of the truth among them, and pairs of lines in one row. */
static void read_columns(columns c, int *lines, int *matched, int *pairs) {
    box all[MAX_TRUTH], truth[2 * COLUMN_LINES];
    int count, num_truth = 0;
    canvas from = read_page(all, &count), to = blank(1240, 460, 255);
    for (int column = 0; column < 2; column++)
        for (int i = 0; i < COLUMN_LINES; i++) {
            box b = all[6 + i];
            int dx = (column ? 40 + c.apart : 40) - 85, dy = -330;
            if (column && i != THIRD && i - (i > THIRD) >= c.others)
                continue;
            paste(&to, (int)b.x0 - 4 + dx, (int)b.y0 - 3 + dy, 1, &from, (int)b.x0 - 4,
                  (int)b.y0 - 3, (int)b.x1 + 4, (int)b.y1 + 4);
            truth[num_truth++] = (box){b.x0 + dx, b.y0 + dy, b.x1 + dx, b.y1 + dy};
        }
    canvas_free(&from);
    int rule = 40 + c.apart - 2;
    for (int y = 20; c.ruled && y < to.height - 20; y++)
        for (int k = 0; k < 3; k++)
            to.light[y * to.width + rule + k] = 0;
    pali_image *image = finish(&to);
    rx_page *page = read_image(image, NULL);
    *lines = page->num_lines;
    *matched = lines_matched(page, 1240, 460, truth, num_truth);
    *pairs = 0;
    for (int i = 0; i < page->num_lines; i++)
        for (int k = 0; k < i; k++)
            *pairs += page->lines[i].row == page->lines[k].row;
    rx_page_free(&page);
    pali_image_free(&image);
}

static void a_rule_divides_what_stands_close(void **state) {
    (void)state;
    int lines, matched, pairs;
    for (int ruled = 0; ruled < 2; ruled++) {
        read_columns((columns){565, 7, ruled}, &lines, &matched, &pairs);
        assert_int_equal(lines, 15 + ruled);
        assert_int_equal(matched, 14 + 2 * ruled);
        assert_int_equal(pairs, ruled); /* that one row */
    }
}

/* As far apart as words of a loose hand: one other line that begins there may be chance, two are a column. Of the first
 * four others the first and the last begin there, those between them further in. */
static void lines_that_begin_alike_make_a_column(void **state) {
    (void)state;
    int lines, matched, pairs;
    for (int others = 0; others <= 7; others++) {
        bool divided = others >= 4;
        read_columns((columns){577, others, false}, &lines, &matched, &pairs);
        assert_int_equal(lines, COLUMN_LINES + others + divided);
        assert_int_equal(matched, COLUMN_LINES - 1 + others + 2 * divided);
        assert_int_equal(pairs, divided);
    }
}

/* Entries of a list begin alike. Two numbers stand so far before theirs that they are lines of their own, two only as far as
 * columns stand apart. */
static void numbers_stay_in_the_lines_that_they_number(void **state) {
    (void)state;
    box all[MAX_TRUTH];
    int count, end_of_number = 111, x = 160;
    canvas from = read_page(all, &count), to = blank(900, 460, 255);
    for (int i = 0; i < COLUMN_LINES; i += 2) {
        box b = all[6 + i];
        int left = (int)b.x0, top = (int)b.y0 - 3, bottom = (int)b.y1 + 4, apart = i < 4 ? 90 : 20;
        paste(&to, x - apart - (end_of_number - left), top - 330, 1, &from, left, top,
              end_of_number, bottom);
        paste(&to, x, top - 330, 1, &from, end_of_number, top, (int)b.x1 + 4, bottom);
    }
    canvas_free(&from);
    pali_image *image = finish(&to);
    rx_page *page = read_image(image, NULL);
    assert_int_equal(page->num_lines, 6);
    rx_page_free(&page);
    pali_image_free(&image);
}

static void a_long_line_goes_on_in_another_square(void **state) {
    (void)state;
    box truth[MAX_TRUTH];
    int count;
    canvas c = read_page(truth, &count);
    rx_page *page = read_all_lines(finish(&c), truth, count);
    int longer = 0, squares = 0;
    for (int i = 0; i < count; i++) {
        for (int v = 0; v < RX_PAGE_VIEWS; v++) {
            rx_page_view view = page->lines[i].views[v];
            assert_int_equal(view.first_square, squares);
            squares += view.num_squares;
            longer += view.num_squares > 1;
            for (int k = 0; k < view.num_squares; k++) {
                const rx_page_square *square = &page->squares[view.first_square + k];
                assert_int_equal(square->line, i);
                assert_int_equal(square->view, v);
                /* These lines have gaps between words wherever they are cut. */
                assert_int_equal(square->space_before, k > 0);
            }
        }
    }
    assert_int_equal(page->num_squares, squares);
    assert_true(longer > 0);
    rx_page_free(&page);
}

static void squares_have_the_size_asked_for(void **state) {
    (void)state;
    box truth[MAX_TRUTH];
    int count;
    canvas c = read_page(truth, &count);
    pali_image *image = finish(&c);
    rx_page_options options = RX_PAGE_OPTIONS_INIT;
    options.square_size = 224;
    options.row_height = 28;
    options.max_lines = 3;
    rx_page *page = read_image(image, &options);
    assert_int_equal(page->num_lines, 3);
    assert_int_equal(page->num_warnings, 1);
    for (int i = 0; i < page->num_squares; i++) {
        assert_int_equal(pali_image_width(page->squares[i].image), 224);
        assert_int_equal(pali_image_height(page->squares[i].image), 224);
    }
    rx_page_free(&page);
    options.row_height = 30;
    assert_int_equal(rx_page_read(&page, image, &options, NULL), PALI_ERROR_ARGUMENT);
    assert_null(page);
    pali_image_free(&image);
}

/* Small letters of a strip take about 10 of its 32 pixels, and its ink is black on white. */
static void strips_have_one_size_and_contrast(void **state) {
    (void)state;
    box truth[MAX_TRUTH];
    int count;
    canvas c = read_page(truth, &count);
    for (int i = 0; i < c.width * c.height; i++)
        c.light[i] = 150 + c.light[i] / 5; /* faint */
    rx_page *page = read_all_lines(finish(&c), truth, count);
    for (int i = 0; i < page->num_squares; i++) {
        const uint8_t *rgb = pali_image_pixels(page->squares[i].image);
        int darkest = 255, white = 0, edge = 0;
        for (int k = 0; k < 128 * 128; k++) {
            darkest = rgb[3 * k] < darkest ? rgb[3 * k] : darkest;
            white += rgb[3 * k] == 255;
        }
        for (int x = 0; x < 128; x++)
            edge += rgb[3 * x] < 128; /* the first row's upper edge */
        assert_true(darkest < 20);
        assert_true(white > 128 * 128 / 2);
        assert_int_equal(edge, 0);
    }
    rx_page_free(&page);
}

static bool warns(const rx_page *page, const char *text) {
    for (int i = 0; i < page->num_warnings; i++)
        if (strstr(page->warnings[i], text))
            return true;
    return false;
}

static void a_blurred_page_is_called_blurred(void **state) {
    (void)state;
    for (int times = 0; times < 5; times += 4) {
        box truth[MAX_TRUTH];
        int count;
        canvas c = read_page(truth, &count);
        blur(&c, 2, times);
        pali_image *image = finish(&c);
        rx_page *page = read_image(image, NULL);
        assert_int_equal(warns(page, "blurred"), times > 0);
        rx_page_free(&page);
        pali_image_free(&image);
    }
}

static void small_text_is_called_small(void **state) {
    (void)state;
    box truth[MAX_TRUTH];
    int count;
    canvas c = read_page(truth, &count);
    blur(&c, 1, 1);
    rx_projection shrink = rx_projection_scale(2.6, 2.6);
    canvas small = project(&c, &shrink, c.width / 26 * 10, c.height / 26 * 10, 255, truth, 0);
    pali_image *image = finish(&small);
    rx_page *page = read_image(image, NULL);
    assert_true(warns(page, "smaller than the model can read"));
    assert_true(page->quality.text_height > 3 && page->quality.text_height < 6);
    rx_page_free(&page);
    pali_image_free(&image);
}

/* Light falls off so far over the sheet that its dark end is no brighter than the table's light end. */
static void a_sheet_in_slanting_light_is_found(void **state) {
    (void)state;
    box truth[MAX_TRUTH];
    int count;
    canvas c = read_page(truth, &count);
    rx_point quad[4] = {{120, 90}, {1000, 140}, {1080, 1250}, {60, 1190}};
    rx_projection to_photo, from_photo;
    assert_true(rx_projection_to_quad(&to_photo, c.width, c.height, quad));
    assert_true(rx_projection_invert(&from_photo, &to_photo));
    canvas photo = project(&c, &from_photo, 1150, 1350, 130, truth, count);
    for (int y = 0; y < photo.height; y++)
        for (int x = 0; x < photo.width; x++)
            photo.light[y * photo.width + x] *= 1 - 0.75 * y / photo.height;
    rx_page *page = read_all_lines(finish(&photo), truth, count);
    assert_true(page->has_sheet);
    rx_page_free(&page);
}

/* A quarter of the sheet lies outside of the picture. */
static void a_sheet_is_found_by_three_of_its_sides(void **state) {
    (void)state;
    box truth[MAX_TRUTH];
    int count;
    canvas c = read_page(truth, &count);
    rx_point quad[4] = {{120, 90}, {1000, 140}, {1080, 1250}, {60, 1190}};
    rx_projection to_photo, from_photo;
    assert_true(rx_projection_to_quad(&to_photo, c.width, c.height, quad));
    assert_true(rx_projection_invert(&from_photo, &to_photo));
    canvas photo = project(&c, &from_photo, 1150, 900, 70, truth, count);
    int whole = 0;
    while (whole < count && truth[whole].y1 < 890)
        whole++;
    pali_image *image = finish(&photo);
    rx_page *page = read_image(image, NULL);
    assert_true(page->has_sheet);
    assert_true(whole > 8);
    assert_int_equal(lines_matched(page, 1150, 900, truth, whole), whole);
    rx_page_free(&page);
    pali_image_free(&image);
}

static void small_print_beside_large_writing_is_found(void **state) {
    (void)state;
    box truth[MAX_TRUTH];
    int count;
    canvas from = read_page(truth, &count);
    canvas to = blank(1250, 1000, 255);
    paste(&to, 40, 40, 0.6, &from, 60, 60, 900, 270);   /* the head */
    paste(&to, 40, 250, 1.8, &from, 60, 370, 720, 750); /* the medicines, three times as large */
    canvas_free(&from);
    for (int i = 0; i < count; i++) {
        bool is_head = truth[i].y1 < 270;
        double scale = is_head ? 0.6 : 1.8, x = 40 - 60 * scale;
        double y = is_head ? 40 - 60 * scale : 250 - 370 * scale;
        truth[i] = (box){truth[i].x0 * scale + x, truth[i].y0 * scale + y, truth[i].x1 * scale + x,
                         truth[i].y1 * scale + y};
    }
    /* Five lines of the head; of what follows, "Rx" was left out. */
    memmove(truth + 5, truth + 6, 8 * sizeof *truth);
    rx_page *page = read_all_lines(finish(&to), truth, 13);
    rx_page_free(&page);
}

static uint32_t next_random(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 24;
}

static void a_very_noisy_page_keeps_most_lines(void **state) {
    (void)state;
    box truth[MAX_TRUTH];
    int count;
    canvas c = read_page(truth, &count);
    uint32_t seed = 7;
    for (int i = 0; i < c.width * c.height; i++)
        c.light[i] = 90 + 0.35 * c.light[i] + (next_random(&seed) / 255.0 - 0.5) * 150;
    int width = c.width, height = c.height;
    pali_image *image = finish(&c);
    rx_page *page = read_image(image, NULL);
    assert_true(lines_matched(page, width, height, truth, count) >= count - 3);
    assert_true(page->quality.noise > 0.04f);
    rx_page_free(&page);
    pali_image_free(&image);
}

/* Rows of a page that lies in waves. */
static void waves_of_the_paper_cut_no_line(void **state) {
    (void)state;
    box truth[MAX_TRUTH];
    int count;
    canvas c = read_page(truth, &count), waves = blank(c.width, c.height, 255);
    for (int y = 0; y < c.height; y++)
        for (int x = 0; x < c.width; x++) {
            int from = y + (int)lround(14 * sin(x / 130.0));
            if (from >= 0 && from < c.height)
                waves.light[y * c.width + x] = c.light[from * c.width + x];
        }
    pali_image *image = finish(&c);
    rx_page *flat = read_image(image, NULL);
    pali_image_free(&image);
    image = finish(&waves);
    rx_page *page = read_image(image, NULL);
    assert_int_equal(page->num_lines, count);
    /* Where a line's curve was not followed, its small letters would seem higher. */
    for (int i = 0; i < count; i++)
        assert_true(page->lines[i].text_height < 1.35f * flat->lines[i].text_height);
    rx_page_free(&flat);
    rx_page_free(&page);
    pali_image_free(&image);
}

static void paper_alone_has_no_lines(void **state) {
    (void)state;
    for (int noise = 0; noise <= 60; noise += 20) {
        canvas c = blank(900, 1200, 210);
        uint32_t seed = 3;
        for (int i = 0; i < c.width * c.height; i++)
            c.light[i] += (next_random(&seed) / 255.0 - 0.5) * noise;
        pali_image *image = finish(&c);
        rx_page *page = read_image(image, NULL);
        assert_int_equal(page->num_lines, 0);
        assert_true(warns(page, "no text"));
        rx_page_free(&page);
        pali_image_free(&image);
    }
}

static void faint_writing_and_a_reflection_are_told(void **state) {
    (void)state;
    box truth[MAX_TRUTH];
    int count;
    for (int kind = 0; kind < 3; kind++) {
        canvas c = read_page(truth, &count);
        for (int y = 0; y < c.height; y++)
            for (int x = 0; x < c.width; x++) {
                double *light = &c.light[y * c.width + x];
                if (kind == 1)
                    *light = 200 + 0.15 * *light;
                if (kind == 2)
                    *light = hypot(x - 600, y - 700) < 170 ? 255 : 0.7 * *light;
            }
        pali_image *image = finish(&c);
        rx_page *page = read_image(image, NULL);
        assert_int_equal(warns(page, "faint"), kind == 1);
        assert_int_equal(warns(page, "reflection"), kind == 2);
        rx_page_free(&page);
        pali_image_free(&image);
    }
}

static void the_same_picture_gives_the_same_page(void **state) {
    (void)state;
    box truth[MAX_TRUTH];
    int count;
    canvas c = read_page(truth, &count);
    pali_image *image = finish(&c);
    rx_page *a = read_image(image, NULL), *b = read_image(image, NULL);
    assert_int_equal(a->num_lines, b->num_lines);
    assert_int_equal(a->num_squares, b->num_squares);
    assert_memory_equal(a->lines, b->lines, (size_t)a->num_lines * sizeof *a->lines);
    for (int i = 0; i < a->num_squares; i++)
        assert_memory_equal(pali_image_pixels(a->squares[i].image),
                            pali_image_pixels(b->squares[i].image), 128 * 128 * 3);
    rx_page_free(&a);
    rx_page_free(&b);
    pali_image_free(&image);
}

/* Of any picture: what is said must hold together. */
static void assert_sound(const rx_page *page) {
    for (int i = 0; i < page->num_lines; i++) {
        const rx_page_line *line = &page->lines[i];
        for (int k = 0; k < 4; k++) {
            assert_true(line->box[k] >= 0 && line->box[k] <= 1);
            assert_true(line->cleaned_box[k] >= 0 && line->cleaned_box[k] <= 1);
        }
        assert_true(line->box[0] <= line->box[2] && line->box[1] <= line->box[3]);
        for (int v = 0; v < RX_PAGE_VIEWS; v++) {
            assert_true(line->views[v].num_squares > 0);
            assert_true(line->views[v].first_square + line->views[v].num_squares <=
                        page->num_squares);
        }
    }
    assert_non_null(page->cleaned);
}

static double paint(int kind, int x, int y) {
    static uint32_t seed = 1;
    switch (kind) {
    case 0:
        return 0;
    case 1:
        return 255;
    case 2:
        seed = seed * 1664525u + 1013904223u;
        return seed >> 24;
    case 3:
        return (x ^ y) & 1 ? 255 : 0;
    case 4:
        return (x / 7) % 2 ? 255 : 0;
    case 5:
        return (y / 9) % 2 ? 255 : 0;
    case 6:
        return (x / 16 + y / 16) % 2 ? 255 : 0;
    case 7:
        return hypot(x - 100, y - 100) < 80 ? 20 : 240;
    default:
        return (x * 255.0) / (x + y + 1);
    }
}

static void pictures_that_are_no_pages_are_read_all_the_same(void **state) {
    (void)state;
    static const int sizes[][2] = {{1, 1},     {1, 2},     {2, 1},     {7, 3},    {31, 33},
                                   {640, 480}, {30000, 1}, {1, 30000}, {3000, 40}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int kind = 0; kind < 9; kind++) {
            canvas c = blank(sizes[i][0], sizes[i][1], 255);
            for (int y = 0; y < c.height; y++)
                for (int x = 0; x < c.width; x++)
                    c.light[y * c.width + x] = paint(kind, x, y);
            pali_image *image = finish(&c);
            rx_page *page = read_image(image, NULL);
            assert_sound(page);
            if (kind < 2) {
                assert_int_equal(page->num_lines, 0);
                assert_true(warns(page, "no text"));
            }
            rx_page_free(&page);
            pali_image_free(&image);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_of_a_page_is_found_in_reading_order),
        cmocka_unit_test(lines_of_a_skewed_page_are_all_found),
        cmocka_unit_test(a_page_turned_by_90_is_turned_back),
        cmocka_unit_test(upright_undoes_the_turns),
        cmocka_unit_test(boxes_of_a_photographed_sheet_lie_on_the_original),
        cmocka_unit_test(shadow_and_dark_paper_cost_no_line),
        cmocka_unit_test(ruled_paper_and_boxes_glue_no_lines),
        cmocka_unit_test(a_rule_divides_what_stands_close),
        cmocka_unit_test(lines_that_begin_alike_make_a_column),
        cmocka_unit_test(numbers_stay_in_the_lines_that_they_number),
        cmocka_unit_test(a_long_line_goes_on_in_another_square),
        cmocka_unit_test(squares_have_the_size_asked_for),
        cmocka_unit_test(strips_have_one_size_and_contrast),
        cmocka_unit_test(a_blurred_page_is_called_blurred),
        cmocka_unit_test(small_text_is_called_small),
        cmocka_unit_test(a_sheet_in_slanting_light_is_found),
        cmocka_unit_test(a_sheet_is_found_by_three_of_its_sides),
        cmocka_unit_test(small_print_beside_large_writing_is_found),
        cmocka_unit_test(a_very_noisy_page_keeps_most_lines),
        cmocka_unit_test(waves_of_the_paper_cut_no_line),
        cmocka_unit_test(paper_alone_has_no_lines),
        cmocka_unit_test(faint_writing_and_a_reflection_are_told),
        cmocka_unit_test(the_same_picture_gives_the_same_page),
        cmocka_unit_test(pictures_that_are_no_pages_are_read_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
