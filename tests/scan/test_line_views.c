/* Claims about lines that were read at several sizes. */
#include "scan/line_views.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A view in which every byte has the same probability. */
static rx_line_view view(pali_arena *arena, const char *text, float confidence, float score) {
    size_t size = strlen(text);
    float *each = pali_arena_alloc(arena, size + 1, sizeof *each, "a view", NULL);
    assert_non_null(each);
    for (size_t i = 0; i < size; i++)
        each[i] = confidence;
    return (rx_line_view){.text = text, .confidence = each, .score = score, .finished = true};
}

static rx_line_view line_of(pali_arena *arena, const rx_line_view *views, size_t count) {
    rx_line_view line;
    assert_int_equal(rx_line_of_views(&line, views, count, NULL, 0, arena, NULL), PALI_OK);
    return line;
}

static void assert_confidence(const rx_line_view *line, size_t at, double expected) {
    assert_float_equal(line->confidence[at], expected, 1e-6);
}

static void the_likeliest_view_is_believed(void **state) {
    pali_arena *arena = *state;
    rx_line_view views[] = {view(arena, "Tab Dola", 0.9f, -0.4f),
                            view(arena, "Tab Dolo", 0.9f, -0.1f),
                            view(arena, "Tab Dala", 0.9f, -0.4f)};
    assert_string_equal(line_of(arena, views, 3).text, "Tab Dolo");
    views[1].finished = false;
    assert_string_equal(line_of(arena, views, 3).text, "Tab Dola");
}

static void confidence_is_the_mean_over_the_views(void **state) {
    pali_arena *arena = *state;
    rx_line_view views[] = {view(arena, "5 mg", 0.9f, -0.1f), view(arena, "5 mg", 0.7f, -0.2f)};
    rx_line_view line = line_of(arena, views, 2);
    for (size_t i = 0; i < 4; i++)
        assert_confidence(&line, i, 0.8);
    assert_int_equal(line.choices.count, 0);
}

static void a_view_that_reads_otherwise_gives_nothing(void **state) {
    pali_arena *arena = *state;
    rx_line_view views[] = {view(arena, "50 mg", 0.8f, -0.1f), view(arena, "60 mg", 0.6f, -0.2f)};
    rx_line_view line = line_of(arena, views, 2);
    assert_string_equal(line.text, "50 mg");
    assert_confidence(&line, 0, 0.4);
    assert_confidence(&line, 1, 0.7);
    assert_int_equal(line.choices.count, 1);
    assert_int_equal(line.choices.items[0].at, 0);
    assert_int_equal(line.choices.items[0].size, 1);
    assert_string_equal(line.choices.items[0].other, "6");
    assert_float_equal(line.choices.items[0].probability, 0.8, 1e-6);
    assert_float_equal(line.choices.items[0].other_probability, 0.3, 1e-6);
}

/* The most dangerous of mistakes: a zero more or less. */
static void a_sign_between_takes_the_votes_of_its_neighbours(void **state) {
    pali_arena *arena = *state;
    rx_line_view views[] = {view(arena, "x 500 mg", 0.8f, -0.1f),
                            view(arena, "x 5000 mg", 0.8f, -0.2f)};
    rx_line_view line = line_of(arena, views, 2);
    assert_string_equal(line.text, "x 500 mg");
    assert_confidence(&line, 0, 0.8);
    double least = 1;
    for (size_t i = 2; i < 5; i++)
        least = line.confidence[i] < least ? (double)line.confidence[i] : least;
    assert_float_equal(least, 0.4, 1e-6);
    assert_int_equal(line.choices.count, 1);
    assert_true(line.choices.items[0].size > 0);
    assert_true(strlen(line.choices.items[0].other) == line.choices.items[0].size + 1);

    rx_line_view at_end[] = {view(arena, "500", 0.8f, -0.1f), view(arena, "5000", 0.8f, -0.2f)};
    line = line_of(arena, at_end, 2);
    assert_true(line.confidence[1] < 0.41f || line.confidence[2] < 0.41f);
}

static void shapes_that_mean_the_same_agree(void **state) {
    pali_arena *arena = *state;
    rx_line_view views[] = {view(arena, "TAB 1-0-1 x5", 0.9f, -0.1f), view(arena,
                                                                           "Tab 1\xe2\x80\x93"
                                                                           "0\xe2\x80\x93"
                                                                           "1 \xc3\x97"
                                                                           "5",
                                                                           0.9f, -0.2f)};
    assert_true(rx_line_views_agree(&views[0], &views[1]));
    rx_line_view line = line_of(arena, views, 2);
    for (size_t i = 0; i < strlen(line.text); i++)
        assert_confidence(&line, i, 0.9);
    assert_int_equal(line.choices.count, 0);
    views[1].text = "TAB 1-0-1 x";
    assert_false(rx_line_views_agree(&views[0], &views[1]));
    views[1].text = "TAB 1-0-1 x5 d";
    assert_false(rx_line_views_agree(&views[0], &views[1]));
}

/* "1-O-1" is 1-0-1; but "1OD" is once a day, and "10D" are ten days. */
static void an_o_among_no_letters_is_a_zero(void **state) {
    pali_arena *arena = *state;
    static const struct {
        const char *a, *b;
        bool same;
    } pairs[] = {{"1-O-1", "1-0-1", true}, {"O-0-1", "0-O-1", true},  {"5o mg", "50 mg", true},
                 {"1OD", "10D", false},    {"1 OD", "1 0D", false},   {"5 OD", "50 D", false},
                 {"NO", "N0", false},      {"Zocor", "Z0cor", false}, {"O", "0", true}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        rx_line_view views[] = {view(arena, pairs[i].a, 0.8f, -0.1f),
                                view(arena, pairs[i].b, 0.8f, -0.2f)};
        assert_int_equal(rx_line_views_agree(&views[0], &views[1]), pairs[i].same);
        rx_line_view line = line_of(arena, views, 2);
        double least = 1;
        for (size_t k = 0; k < strlen(line.text); k++)
            least = line.confidence[k] < least ? (double)line.confidence[k] : least;
        assert_int_equal(least > 0.79, pairs[i].same);
        assert_int_equal(line.choices.count == 0, pairs[i].same);
    }
}

static void views_that_differ_on_a_crossing_out_are_doubted(void **state) {
    pali_arena *arena = *state;
    rx_line_view views[] = {view(arena, "Dolo", 0.9f, -0.1f), view(arena, "Dolo", 0.9f, -0.2f)};
    views[1].struck_out = true;
    assert_false(rx_line_views_agree(&views[0], &views[1]));
    rx_line_view line = line_of(arena, views, 2);
    assert_false(line.struck_out);
    assert_confidence(&line, 0, 0.45);
}

static void a_views_own_choices_are_kept_in_order(void **state) {
    pali_arena *arena = *state;
    rx_choice own[] = {{0, 1, "O", 0.6f, 0.3f, false}, {4, 1, "g", 0.7f, 0.2f, false}};
    rx_line_view views[] = {view(arena, "0-1-q", 0.8f, -0.1f), view(arena, "0-7-q", 0.5f, -0.2f)};
    views[0].choices = (rx_choices){2, own};
    rx_line_view line = line_of(arena, views, 2);
    assert_int_equal(line.choices.count, 3);
    assert_string_equal(line.choices.items[0].other, "O");
    assert_string_equal(line.choices.items[1].other, "7");
    assert_string_equal(line.choices.items[2].other, "g");
}

static void nothing_beside_something_is_no_crash(void **state) {
    pali_arena *arena = *state;
    rx_line_view views[] = {view(arena, "", 0, -0.1f), view(arena, "Rx", 0.9f, -0.2f)};
    rx_line_view line = line_of(arena, views, 2);
    assert_string_equal(line.text, "");
    views[0].score = -1;
    line = line_of(arena, views, 2);
    assert_string_equal(line.text, "Rx");
    assert_confidence(&line, 0, 0.45);
    assert_int_equal(line.choices.count, 0);
}

/* ---- edits ---- */

static void an_edit_is_what_the_other_reading_has(void **state) {
    rx_line_edit *edits;
    size_t count;
    assert_int_equal(rx_line_edits(&edits, &count, "Tab 5 mg Dola", "tab 50 mg Dolo", *state, NULL),
                     PALI_OK);
    assert_int_equal(count, 2);
    assert_true(edits[0].size > 0);
    assert_int_equal(strlen(edits[0].text), edits[0].size + 1);
    assert_int_equal(edits[1].at, 12);
    assert_int_equal(edits[1].size, 1);
    assert_string_equal(edits[1].text, "o");
}

static void an_edited_sign_is_as_sure_as_the_views_that_read_it(void **state) {
    pali_arena *arena = *state;
    rx_choice own[] = {{7, 1, "e", 0.6f, 0.3f, false}, {9, 1, "6", 0.7f, 0.2f, false}};
    rx_line_view views[] = {view(arena, "Tab Dola 5", 0.9f, -0.1f),
                            view(arena, "Tab Daloo 5", 0.6f, -0.2f)},
                 line;
    views[0].choices = (rx_choices){2, own};
    rx_line_edit edit = {.at = 7, .size = 1, .text = "oo"};
    assert_int_equal(rx_line_of_views(&line, views, 2, &edit, 1, arena, NULL), PALI_OK);
    assert_string_equal(line.text, "Tab Doloo 5");
    assert_confidence(&line, 0, 0.75);
    assert_confidence(&line, 5, 0.45);
    assert_confidence(&line, 7, 0.3);
    assert_confidence(&line, 8, 0.3);
    assert_confidence(&line, 10, 0.75);
    assert_int_equal(line.choices.count, 3);
    assert_string_equal(line.choices.items[0].other, "a"); /* for the o of "Dol" */
    assert_int_equal(line.choices.items[0].at, 5);
    assert_string_equal(line.choices.items[2].other, "6"); /* moved with its sign */
    assert_int_equal(line.choices.items[2].at, 10);
    const rx_choice *away = &line.choices.items[1]; /* what was edited away */
    assert_int_equal(strlen(away->other) + 1, away->size);
    assert_true(away->at + away->size > 7 && away->at <= 8);
}

static int setup(void **state) {
    pali_arena *arena = calloc(1, sizeof *arena);
    *state = arena;
    return arena == NULL;
}

static int teardown(void **state) {
    pali_arena_free(*state);
    free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_likeliest_view_is_believed),
        cmocka_unit_test(confidence_is_the_mean_over_the_views),
        cmocka_unit_test(a_view_that_reads_otherwise_gives_nothing),
        cmocka_unit_test(a_sign_between_takes_the_votes_of_its_neighbours),
        cmocka_unit_test(shapes_that_mean_the_same_agree),
        cmocka_unit_test(an_o_among_no_letters_is_a_zero),
        cmocka_unit_test(views_that_differ_on_a_crossing_out_are_doubted),
        cmocka_unit_test(a_views_own_choices_are_kept_in_order),
        cmocka_unit_test(nothing_beside_something_is_no_crash),
        cmocka_unit_test(an_edit_is_what_the_other_reading_has),
        cmocka_unit_test(an_edited_sign_is_as_sure_as_the_views_that_read_it),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
