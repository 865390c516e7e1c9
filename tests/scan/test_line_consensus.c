/* Claims about lines on which views disagree: the embedded model, a sample page, and readings of it that
 * were spoilt on purpose. */
#include "scan/line_consensus.h"

#include <stdlib.h>
#include <string.h>

#include "sample_page.h"

/* ---- a line of the page ---- */

typedef struct reading {
    rx_lines lines;
    rx_consensus *consensus;
    bool *doubtful;
    size_t line;
} reading;

static reading read_line(const fixture *f, const char *text) {
    reading r = {0};
    pali_error err = PALI_ERROR_INIT;
    must(rx_lines_read(&r.lines, f->model, f->page, NULL, NULL, &err), &err);
    while (r.line < r.lines.count && !strstr(r.lines.lines[r.line].text, text))
        r.line++;
    assert_true(r.line < r.lines.count);
    r.consensus = calloc(r.lines.count, sizeof *r.consensus);
    r.doubtful = calloc(r.lines.count, sizeof *r.doubtful);
    assert_true(r.consensus && r.doubtful);
    return r;
}

static void reading_free(reading *r) {
    free(r->consensus);
    free(r->doubtful);
    rx_lines_free(&r->lines);
}

static rx_line_view *view_of(reading *r, int view) {
    return &r->lines.views[r->line][view];
}

/* Writes `other` in the place of `text`, which is as long, into a text that the reading owns. */
static void spoil(reading *r, int view, const char *text, const char *other) {
    char *at = strstr((char *)(uintptr_t)view_of(r, view)->text, text);
    assert_non_null(at);
    assert_int_equal(strlen(text), strlen(other));
    memcpy(at, other, strlen(other));
}

static void find_consensus(const fixture *f, reading *r) {
    pali_error err = PALI_ERROR_INIT;
    r->doubtful[r->line] = true;
    must(rx_lines_consensus(r->consensus, &r->lines, r->doubtful, f->page, f->model, &err), &err);
}

/* What the consensus makes of the line's first two views, which are the only ones that were read. */
static const char *agreed(reading *r) {
    const rx_consensus *c = &r->consensus[r->line];
    rx_line_view line;
    assert_null(view_of(r, 2)->text);
    assert_int_equal(
        rx_line_of_views(&line, view_of(r, 0), 2, c->edits, c->num_edits, &r->lines.arena, NULL),
        PALI_OK);
    return line.text;
}

/* ---- claims ---- */

static void the_text_that_explains_all_pictures_is_likelier(void **state) {
    reading r = read_line(*state, "Augmentin");
    spoil(&r, 0, "Augmentin", "Aagmontin");
    view_of(&r, 0)->score = -0.01f; /* however sure it was of itself */
    view_of(&r, 1)->score = -1;
    find_consensus(*state, &r);
    assert_true(view_of(&r, 1)->score > view_of(&r, 0)->score);
    assert_non_null(strstr(agreed(&r), "Augmentin"));
    reading_free(&r);
}

static void mistakes_at_different_places_are_mended(void **state) {
    reading r = read_line(*state, "Augmentin");
    char truth[256];
    strcpy(truth, view_of(&r, 0)->text);
    spoil(&r, 0, "Augmentin", "Aagmontin");
    spoil(&r, 1, "mg", "rq");
    find_consensus(*state, &r);
    assert_string_equal(agreed(&r), truth);
    reading_free(&r);
}

static void lines_that_are_not_doubtful_stay_as_they_are(void **state) {
    reading r = read_line(*state, "Augmentin");
    spoil(&r, 0, "Augmentin", "Aagmontin");
    float score = view_of(&r, 0)->score;
    pali_error err = PALI_ERROR_INIT;
    const fixture *f = *state;
    must(rx_lines_consensus(r.consensus, &r.lines, r.doubtful, f->page, f->model, &err), &err);
    for (size_t i = 0; i < r.lines.count; i++)
        assert_int_equal(r.consensus[i].num_edits, 0);
    assert_true(view_of(&r, 0)->score == score);
    reading_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_that_explains_all_pictures_is_likelier),
        cmocka_unit_test(mistakes_at_different_places_are_mended),
        cmocka_unit_test(lines_that_are_not_doubtful_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
