/* Claims about names that are weighed against the lexicon: the embedded model, a sample page, and
 * readings of it that were spoilt on purpose. */
#include "scan/name_readings.h"

#include "rx/reading.h"

#include <string.h>

#include "sample_page.h"

/* ---- one name of the page ---- */

typedef struct reading {
    rx_lines lines;
    rx_prescription page;
    rx_lexicon *lexicon;
    size_t line; /* that has the name */
    bool changed;
} reading;

static size_t line_with(const rx_lines *lines, const char *text) {
    for (size_t i = 0; i < lines->count; i++)
        if (strstr(lines->lines[i].text, text))
            return i;
    fail_msg("no line has \"%s\"", text);
    return 0;
}

/* Writes `other`, which is no longer, in the place of `name` into a text that the reading owns. */
static void overwrite(const char *text, const char *name, const char *other) {
    char *at = text ? strstr((char *)(uintptr_t)text, name) : NULL;
    if (!at)
        return;
    memmove(at + strlen(other), at + strlen(name), strlen(at + strlen(name)) + 1);
    memcpy(at, other, strlen(other));
}

/* The page read, all of it surely but for `name`, which is spoilt to `other` everywhere and as sure as
 * `confidence`, with a choice "7" for the first 6 of its line, and weighed against the names of `list`. */
static reading weigh(const fixture *f, const char *name, const char *other, float confidence,
                     const char *list) {
    reading r = {0};
    pali_error err = PALI_ERROR_INIT;
    must(rx_lines_read(&r.lines, f->model, f->page, NULL, NULL, &err), &err);
    r.line = line_with(&r.lines, name);
    for (size_t i = 0; i < r.lines.count; i++)
        for (size_t k = 0; k < strlen(r.lines.lines[i].text); k++)
            ((float *)(uintptr_t)r.lines.lines[i].confidence)[k] = 1;
    rx_line *line = &r.lines.lines[r.line];
    float *bytes = (float *)(uintptr_t)line->confidence;
    size_t at = (size_t)(strstr(line->text, name) - line->text), size = strlen(other),
           behind = at + strlen(name);
    memmove(bytes + at + size, bytes + behind, (strlen(line->text) - behind) * sizeof *bytes);
    for (size_t i = at; i < at + size; i++)
        bytes[i] = confidence;
    overwrite(r.lines.lines[r.line].text, name, other);
    for (int v = 0; v < RX_PAGE_VIEWS; v++)
        overwrite(r.lines.views[r.line][v].text, name, other);
    for (size_t i = 0; i < r.lines.num_squares; i++)
        overwrite(r.lines.squares[i].text, name, other);
    static rx_choice of_strength = {.size = 1, .other = "7"};
    of_strength.at = (size_t)(strchr(line->text, '6') - line->text);
    r.lines.choices[r.line] = (rx_choices){1, &of_strength};
    rx_name_list names = {list, strlen(list), "a test's list"};
    must(rx_lexicon_make(&r.lexicon, &names, 1, &err), &err);
    must(rx_reading_make(&r.page, r.lines.lines, r.lines.count, r.lexicon, &err), &err);
    must(rx_names_weigh(&r.lines, &r.changed, f->page, &r.page, f->model, r.lexicon, &err), &err);
    return r;
}

static void reading_free(reading *r) {
    rx_lexicon_close(&r->lexicon);
    rx_prescription_free(&r->page);
    rx_lines_free(&r->lines);
}

static const rx_choice *choice_by_letters(const reading *r) {
    rx_choices choices = r->lines.choices[r->line];
    for (size_t i = 0; i < choices.count; i++)
        if (choices.items[i].by_letters)
            return &choices.items[i];
    return NULL;
}

static bool line_says(const reading *r, const char *name) {
    return strstr(r->lines.lines[r->line].text, name) != NULL;
}

/* ---- claims ---- */

static void a_misread_name_becomes_the_one_that_the_picture_shows(void **state) {
    reading r = weigh(*state, "Augmentin", "Aaqmenlin", 0.7f, "Augmentin\nAugpentan\nAspirin\n");
    assert_true(r.changed);
    assert_true(line_says(&r, "Augmentin"));
    assert_false(line_says(&r, "Aaqmenlin"));
    const rx_choice *letters = choice_by_letters(&r);
    assert_non_null(letters);
    assert_string_equal(letters->other, "Aaqmenlin");
    const rx_line *line = &r.lines.lines[r.line];
    size_t at = (size_t)(strstr(line->text, "Augmentin") - line->text);
    assert_int_equal(letters->at, at);
    assert_true(line->confidence[at] > 0.9f);
    assert_float_equal(line->confidence[at], letters->probability, 1e-6);
    reading_free(&r);
}

static void what_stands_around_the_name_stays(void **state) {
    reading r = weigh(*state, "Augmentin", "Aaqmenl", 0.7f, "Augmentin Forte\nAugmentin\n");
    reading other = weigh(*state, "Augmentin", "Augmentin", 1.0f, "Augmentin\n");
    const rx_line *line = &r.lines.lines[r.line], *as_it_is = &other.lines.lines[r.line];
    assert_string_equal(line->text, as_it_is->text);
    size_t behind = (size_t)(strstr(line->text, "Augmentin") - line->text) + strlen("Augmentin");
    assert_memory_equal(line->confidence + behind, as_it_is->confidence + behind,
                        strlen(line->text + behind) * sizeof *line->confidence);
    const rx_choice *later = &r.lines.choices[r.line].items[0];
    assert_string_equal(later->other, "7"); /* the one that weigh() put there */
    assert_int_equal(line->text[later->at], '6');
    reading_free(&r);
    reading_free(&other);
}

static void a_clear_name_is_not_taken_for_one_that_the_lexicon_has(void **state) {
    reading r = weigh(*state, "Augmentin", "Augmentin", 0.7f, "Augmentan\nAugmontin\nAugmenti\n");
    assert_true(r.changed); /* its probability */
    assert_true(line_says(&r, "Augmentin"));
    assert_null(choice_by_letters(&r));
    reading_free(&r);
}

static void a_name_whose_letters_are_sure_is_not_weighed(void **state) {
    reading r = weigh(*state, "Augmentin", "Aaqmenlin", 1.0f, "Augmentin\n");
    assert_false(r.changed);
    assert_true(line_says(&r, "Aaqmenlin"));
    reading_free(&r);
}

static void a_name_that_two_medicines_share_is_written_once(void **state) {
    const fixture *f = *state;
    reading r = weigh(f, "Augmentin", "Augmentin", 0.7f, "Augmentin\n");
    reading spoilt = weigh(f, "Augmentin", "Aaqmenl", 1.0f, "Augmentin\n");
    pali_error err = PALI_ERROR_INIT;
    rx_medicine twice[2];
    size_t i = 0;
    while (strcmp(spoilt.page.medicines[i].name.written.text, "Aaqmenl") != 0)
        assert_true(++i < spoilt.page.num_medicines);
    twice[0] = twice[1] = spoilt.page.medicines[i];
    twice[0].name.written.confidence = twice[1].name.written.confidence = 0.7f;
    rx_prescription page = spoilt.page;
    page.medicines = twice;
    page.num_medicines = 2;
    must(rx_names_weigh(&spoilt.lines, &spoilt.changed, f->page, &page, f->model, spoilt.lexicon,
                        &err),
         &err);
    assert_string_equal(spoilt.lines.lines[spoilt.line].text, r.lines.lines[r.line].text);
    reading_free(&r);
    reading_free(&spoilt);
}

static void capitals_are_kept(void **state) {
    reading r = weigh(*state, "Augmentin", "AAQMENLIN", 0.7f, "augmentin\nAspirin\n");
    assert_true(line_says(&r, "AUGMENTIN"));
    reading_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_misread_name_becomes_the_one_that_the_picture_shows),
        cmocka_unit_test(what_stands_around_the_name_stays),
        cmocka_unit_test(a_clear_name_is_not_taken_for_one_that_the_lexicon_has),
        cmocka_unit_test(a_name_whose_letters_are_sure_is_not_weighed),
        cmocka_unit_test(a_name_that_two_medicines_share_is_written_once),
        cmocka_unit_test(capitals_are_kept),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
