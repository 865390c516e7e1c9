/* Claims about confidences: what they become, what is marked, and how a table is fitted. */
#include "eval/fit.h"
#include "rx/confidence.h"
#include "rx/reading.h"
#include "rx/review.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char line[] = "Tab. Crocin 650 mg 1-0-1";

/* The page of that line, where byte `at` is as sure as `confidence` and all else is certain. */
static rx_prescription page_of(size_t at, float confidence) {
    float bytes[sizeof line];
    for (size_t i = 0; i < sizeof line; i++)
        bytes[i] = i == at ? confidence : 1.0f;
    rx_line read = {.text = line, .confidence = bytes};
    rx_prescription page = {0};
    assert_int_equal(rx_reading_make(&page, &read, 1, NULL, NULL), PALI_OK);
    assert_int_equal(page.num_medicines, 1);
    assert_string_equal(page.medicines[0].strength.written.text, "650 mg");
    return page;
}

static void a_doubtful_digit_sends_the_strength_to_review(void **state) {
    (void)state;
    size_t at = (size_t)(strstr(line, "650") - line);
    rx_choice choices[] = {{at, 1, "8", 0.6f, 0.3f, false},
                           {at, 3, "850", 0.6f, 0.2f, false},  /* no other reading than the first */
                           {at, 3, "850 ", 0.6f, 0.1f, false}, /* nor with a blank more */
                           {at + 5, 1, "", 0.9f, 0.05f, false}};
    rx_choices of_line = {4, choices};
    rx_prescription page = page_of(at, 0.6f);
    assert_int_equal(rx_confidence_apply(&page, NULL, &of_line, NULL), PALI_OK);
    const rx_medicine *m = &page.medicines[0];
    const rx_review *review = rx_reviews_find(&m->review, RX_REVIEW_LOW_CONFIDENCE, "strength");
    assert_non_null(review);
    assert_false(review->advisory);
    assert_int_equal(review->num_alternatives, 2);
    assert_string_equal(review->alternatives[0], "850 mg");
    assert_string_equal(review->alternatives[1], "650 m");
    assert_null(rx_reviews_find(&m->review, RX_REVIEW_LOW_CONFIDENCE, "name"));
    assert_string_equal(m->strength.written.text, "650 mg");
    rx_prescription_free(&page);
}

static void a_page_that_is_hard_to_read_makes_every_field_less_sure(void **state) {
    (void)state;
    enum { SIZE = 20 };
    float sure[sizeof line], doubtful[SIZE];
    for (size_t i = 0; i < sizeof line; i++)
        sure[i] = 1.0f;
    for (size_t i = 0; i < SIZE; i++)
        doubtful[i] = 0.5f;
    rx_line lines[] = {{.text = line, .confidence = sure},
                       {.text = "Advice: drink plenty", .confidence = doubtful}};
    rx_prescription page = {0};
    assert_int_equal(rx_reading_make(&page, lines, 2, NULL, NULL), PALI_OK);
    assert_int_equal(rx_confidence_apply(&page, NULL, NULL, NULL), PALI_OK);
    float bytes = (float)strlen(line);
    assert_float_equal(page.medicines[0].strength.written.confidence,
                       (bytes + 0.5f * SIZE) / (bytes + SIZE), 1e-5);
    rx_prescription_free(&page);
}

static void a_choice_outside_the_field_is_no_alternative_of_it(void **state) {
    (void)state;
    size_t at = (size_t)(strstr(line, "650") - line);
    rx_choice choices[] = {{5, 1, "G", 0.6f, 0.3f, false}};
    rx_choices of_line = {1, choices};
    rx_prescription page = page_of(at, 0.6f);
    assert_int_equal(rx_confidence_apply(&page, NULL, &of_line, NULL), PALI_OK);
    const rx_review *review =
        rx_reviews_find(&page.medicines[0].review, RX_REVIEW_LOW_CONFIDENCE, "strength");
    assert_int_equal(review->num_alternatives, 0);
    rx_prescription_free(&page);
}

static void of_two_diagnoses_the_doubtful_one_is_marked(void **state) {
    (void)state;
    static const char diagnoses[] = "Dx: Asthma, Acne";
    float bytes[sizeof diagnoses];
    for (size_t i = 0; i < sizeof diagnoses; i++)
        bytes[i] = 1.0f;
    bytes[strlen(diagnoses) - 1] = 0.5f;
    rx_line read = {.text = diagnoses, .confidence = bytes};
    rx_prescription page = {0};
    assert_int_equal(rx_reading_make(&page, &read, 1, NULL, NULL), PALI_OK);
    assert_int_equal(rx_confidence_apply(&page, NULL, NULL, NULL), PALI_OK);
    assert_int_equal(page.num_diagnoses, 2);
    assert_false(rx_reviews_hold_item(&page.review, "diagnoses", 1));
    assert_true(rx_reviews_hold_item(&page.review, "diagnoses", 2));
    assert_true(rx_reviews_hold(&page.review, "diagnoses"));
    assert_false(rx_reviews_hold(&page.review, "patient"));
    rx_prescription_free(&page);
}

static void a_name_that_the_lexicon_helped_to_read_is_marked_however_sure(void **state) {
    (void)state;
    rx_choice choices[] = {{5, 6, "Crocim", 1, 0.001f, true}};
    rx_choices of_line = {1, choices};
    rx_prescription page = page_of(0, 1.0f);
    assert_int_equal(rx_confidence_apply(&page, NULL, &of_line, NULL), PALI_OK);
    const rx_medicine *m = &page.medicines[0];
    const rx_review *review = rx_reviews_find(&m->review, RX_REVIEW_READ_BY_LEXICON, "name");
    assert_non_null(review);
    assert_false(review->advisory);
    assert_string_equal(review->alternatives[0], "Crocim");
    assert_string_equal(m->name.written.text, "Crocin");
    assert_int_equal(m->review.count, 1);
    rx_prescription_free(&page);

    choices[0].by_letters = false;
    page = page_of(0, 1.0f);
    assert_int_equal(rx_confidence_apply(&page, NULL, &of_line, NULL), PALI_OK);
    assert_int_equal(page.medicines[0].review.count, 0);
    rx_prescription_free(&page);
}

static void what_cannot_be_read_is_null_with_a_reason_and_without_a_value(void **state) {
    (void)state;
    rx_prescription page = page_of((size_t)(strstr(line, "650") - line), 0.0f);
    assert_int_equal(rx_confidence_apply(&page, NULL, NULL, NULL), PALI_OK);
    const rx_quantity *strength = &page.medicines[0].strength;
    assert_null(strength->written.text);
    assert_non_null(strength->written.unreadable);
    assert_false(strength->has_value);
    assert_null(strength->unit);
    assert_non_null(rx_reviews_find(&page.medicines[0].review, RX_REVIEW_UNREADABLE, "strength"));
    rx_prescription_free(&page);
}

static void an_inferred_dose_is_doubtful_where_its_pattern_is(void **state) {
    (void)state;
    rx_prescription page = page_of((size_t)(strstr(line, "1-0-1") - line), 0.5f);
    assert_int_equal(rx_confidence_apply(&page, NULL, NULL, NULL), PALI_OK);
    const rx_medicine *m = &page.medicines[0];
    assert_true(m->dose.written.inferred && m->dose.value == 1);
    assert_float_equal(m->dose.written.confidence, m->frequency.written.confidence, 1e-6);
    const rx_review *review = rx_reviews_find(&m->review, RX_REVIEW_INFERRED_FROM_DOUBTFUL, "dose");
    assert_non_null(review);
    assert_false(review->advisory);
    rx_prescription_free(&page);

    page = page_of((size_t)(strstr(line, "1-0-1") - line), 1.0f);
    assert_int_equal(rx_confidence_apply(&page, NULL, NULL, NULL), PALI_OK);
    assert_int_equal(page.medicines[0].review.count, 0);
    rx_prescription_free(&page);
}

static void an_inferred_dose_goes_with_its_pattern(void **state) {
    (void)state;
    rx_prescription page = page_of((size_t)(strstr(line, "1-0-1") - line), 0.0f);
    assert_int_equal(rx_confidence_apply(&page, NULL, NULL, NULL), PALI_OK);
    const rx_medicine *m = &page.medicines[0];
    assert_non_null(m->frequency.written.unreadable);
    assert_false(m->dose.has_value || m->dose.written.inferred);
    rx_prescription_free(&page);
}

static void what_cannot_be_read_of_a_taper_is_in_none_of_its_steps(void **state) {
    (void)state;
    static const char taper[] = "Tab Omnacortil 5 mg 2 tab BD x 5 days then 1 tab OD x 7 days";
    float sure[sizeof taper];
    for (size_t i = 0; i < sizeof taper; i++)
        sure[i] = 1.0f;
    sure[strstr(taper, "2 tab") - taper] = 0.0f;
    sure[strstr(taper, "7 days") - taper] = 0.0f;
    rx_line read = {.text = taper, .confidence = sure};
    rx_prescription page = {0};
    assert_int_equal(rx_reading_make(&page, &read, 1, NULL, NULL), PALI_OK);
    assert_int_equal(rx_confidence_apply(&page, NULL, NULL, NULL), PALI_OK);
    const rx_medicine *m = &page.medicines[0];
    assert_int_equal(m->num_steps, 2);
    assert_null(m->dose.written.text);
    assert_null(m->steps[0].dose.written.text);
    assert_false(m->steps[0].dose.has_value);
    assert_null(m->steps[1].duration.written.text);
    assert_string_equal(m->steps[1].dose.written.text, "1 tab");
    rx_prescription_free(&page);
}

static rx_calibration *calibration_of(const char *text) {
    char path[] = "/tmp/calibration-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    rx_calibration *c = NULL;
    pali_error err = PALI_ERROR_INIT;
    if (rx_calibration_load(&c, path, &err))
        print_message("%s\n", err.message);
    unlink(path);
    return c;
}

/* What the mark of a field says whose probability and threshold these are. */
static void assert_mark_says(double probability, double threshold, const char *told, bool unseen) {
    char text[128];
    snprintf(text, sizeof text,
             "{\"fields\": {\"default\": {\"points\": [[0, 0], [1, %g]], \"threshold\": %g}}}",
             probability, threshold);
    rx_calibration *c = calibration_of(text);
    rx_prescription page = page_of(0, 1.0f);
    assert_int_equal(rx_confidence_apply(&page, c, NULL, NULL), PALI_OK);
    const rx_review *review =
        rx_reviews_find(&page.medicines[0].review, RX_REVIEW_LOW_CONFIDENCE, "strength");
    assert_non_null(review);
    assert_non_null(strstr(review->message, told));
    assert_int_equal(strstr(review->message, "unseen") != NULL, unseen);
    rx_prescription_free(&page);
    rx_calibration_free(&c);
}

static void what_is_never_used_unseen_says_so(void **state) {
    (void)state;
    assert_mark_says(0.9, 1.0, "of 90 %", false);
    assert_mark_says(0.9, 1.01, "of 90 %", true);
}

static void what_is_marked_is_never_called_certain(void **state) {
    (void)state;
    assert_mark_says(0.997, 1.01, "of more than 99 %", true);
}

static void a_known_strength_asks_an_entry_of_its_own(void **state) {
    (void)state;
    static const rx_match crocin = {.name = "Crocin", .generic = "paracetamol", .score = 1};
    rx_calibration *c = calibration_of(
        "{\"fields\": {\"default\": {\"points\": [[0, 0], [1, 1]], \"threshold\": 0.5},"
        "\"known_name\": {\"points\": [[0, 0], [1, 1]], \"threshold\": 1.01},"
        "\"name_with_strength\": {\"points\": [[0, 0], [1, 1]], \"threshold\": 0.5}}}");
    static const struct {
        bool strength_known, readable, marked;
    } cases[] = {{false, true, true}, {true, true, false}, {true, false, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t at = (size_t)(strstr(line, "650") - line);
        rx_prescription page = page_of(at, cases[i].readable ? 1.0f : 0.0f);
        rx_medicine *m = &page.medicines[0];
        m->name.matches = &crocin;
        m->name.num_matches = 1;
        m->name.in_lexicon = true;
        m->name.strength_known = cases[i].strength_known;
        assert_int_equal(rx_confidence_apply(&page, c, NULL, NULL), PALI_OK);
        assert_int_equal(rx_reviews_hold(&m->review, "name"), cases[i].marked);
        rx_prescription_free(&page);
    }
    rx_calibration_free(&c);
}

static void a_map_is_linear_between_its_points_and_constant_outside(void **state) {
    (void)state;
    rx_calibration *c = calibration_of(
        "{\"fields\": {\"default\": {\"points\": [[0.2, 0.1], [0.6, 0.9]], \"threshold\": 0.7}, "
        "\"dose\": {\"points\": [[0.5, 0.25]], \"threshold\": 1.01}}}");
    assert_non_null(c);
    assert_float_equal(rx_calibrated(c, "strength", 0.0), 0.1, 1e-12);
    assert_float_equal(rx_calibrated(c, "strength", 0.4), 0.5, 1e-12);
    assert_float_equal(rx_calibrated(c, "strength", 0.9), 0.9, 1e-12);
    assert_float_equal(rx_calibrated(c, "dose", 0.99), 0.25, 1e-12);
    assert_float_equal(rx_review_threshold(c, "strength"), 0.7, 1e-12);
    assert_float_equal(rx_review_threshold(c, "dose"), 1.01, 1e-12);
    rx_calibration_free(&c);
}

static void a_table_that_makes_no_sense_is_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "{\"fields\": {}}",
        "{\"fields\": {\"dose\": {\"points\": [[0, 1]], \"threshold\": 0.5}}}",
        "{\"fields\": {\"default\": {\"points\": [], \"threshold\": 0.5}}}",
        "{\"fields\": {\"default\": {\"points\": [[0.5, 0.5], [0.4, 0.6]]}}}",
        "{\"fields\": {\"default\": {\"points\": [[0.5, 0.5], [0.6, 0.4]]}}}",
        "{\"fields\": {\"default\": {\"points\": [[0.5, 1.5]]}}}",
        "{\"fields\": {\"default\": {\"points\": [[\"a\", 0.5]]}}}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_null(calibration_of(wrong[i]));
}

static double point(const json_t *table, const char *field, size_t i, size_t k) {
    const json_t *points =
        json_object_get(json_object_get(json_object_get(table, "fields"), field), "points");
    return json_number_value(json_array_get(json_array_get(points, i), k));
}

static void a_fit_pools_adjacent_violators(void **state) {
    (void)state;
    /* right: 0 | 1 0 | 1 1: the second and third are pooled */
    const rx_decision decisions[] = {{.field = "duration", .confidence = 0.1, .right = false},
                                     {.field = "duration", .confidence = 0.3, .right = false},
                                     {.field = "duration", .confidence = 0.2, .right = true},
                                     {.field = "duration", .confidence = 0.8, .right = true},
                                     {.field = "duration", .confidence = 0.9, .right = true}};
    json_t *table = NULL;
    assert_int_equal(rx_calibration_fit(&table, decisions, 5, NULL), PALI_OK);
    const json_t *fields = json_object_get(table, "fields");
    assert_null(json_object_get(fields, "duration")); /* too few for a map of its own */
    assert_float_equal(
        json_number_value(json_object_get(json_object_get(fields, "dose"), "threshold")), 1.01,
        1e-12); /* and nothing is known of doses */
    assert_float_equal(point(table, "default", 0, 0), 0.1, 1e-12);
    assert_float_equal(point(table, "default", 0, 1), 0.0, 1e-12);
    assert_float_equal(point(table, "default", 1, 0), 0.25, 1e-12);
    assert_float_equal(point(table, "default", 1, 1), 0.5, 1e-12);
    assert_float_equal(point(table, "default", 2, 0), 0.85, 1e-12);
    assert_float_equal(point(table, "default", 2, 1), 1.0, 1e-12);
    json_decref(table);
}

static void names_of_the_lexicon_have_an_entry_of_their_own(void **state) {
    (void)state;
    enum { COUNT = 200 };
    rx_decision decisions[3 * COUNT];
    for (size_t i = 0; i < 3 * COUNT; i++)
        decisions[i] = (rx_decision){.field = "name",
                                     .confidence = 0.5 + (double)(i / 3) / 800,
                                     .known = i % 3 != 1,
                                     .by_lexicon = i % 3 == 2,
                                     .right = i % 3 == 0 || i % 2 == 0};
    json_t *table = NULL;
    assert_int_equal(rx_calibration_fit(&table, decisions, 3 * COUNT, NULL), PALI_OK);
    const json_t *fields = json_object_get(table, "fields");
    double known =
        json_number_value(json_object_get(json_object_get(fields, "known_name"), "threshold"));
    double unknown =
        json_number_value(json_object_get(json_object_get(fields, "name"), "threshold"));
    double by_lexicon =
        json_number_value(json_object_get(json_object_get(fields, "name_by_lexicon"), "threshold"));
    assert_true(known <= 1);
    assert_true(unknown > 1);
    assert_true(by_lexicon > 1);
    json_decref(table);
}

static double threshold_of(const json_t *table, const char *entry) {
    const json_t *fields = json_object_get(table, "fields");
    return json_number_value(json_object_get(json_object_get(fields, entry), "threshold"));
}

/* In turn: a name without its strength that is wrong now and then, one with it that is always right, and one with it that
 * was read with the lexicon's help and is always wrong. */
static void a_strength_that_fits_speaks_for_its_name(void **state) {
    (void)state;
    enum { COUNT = 200 };
    rx_decision decisions[3 * COUNT];
    for (size_t i = 0; i < 3 * COUNT; i++)
        decisions[i] = (rx_decision){.field = "name",
                                     .confidence = 0.5 + (double)(i / 3) / 800,
                                     .known = true,
                                     .with_strength = i % 3 != 0,
                                     .by_lexicon = i % 3 == 2,
                                     .right = i % 3 == 1 || (i % 3 == 0 && i % 5 != 0)};
    json_t *table = NULL;
    assert_int_equal(rx_calibration_fit(&table, decisions, 3 * COUNT, NULL), PALI_OK);
    assert_true(threshold_of(table, "name_with_strength") <= 1);
    assert_true(threshold_of(table, "known_name") > 1);
    assert_true(threshold_of(table, "name_by_lexicon") > 1);
    json_decref(table);
}

static void known_names_are_counted_together(void **state) {
    (void)state;
    enum { COUNT = 600 };
    rx_decision decisions[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        decisions[i] =
            (rx_decision){.field = "name",
                          .confidence = 0.5 + (double)i / 4000,
                          .known = true,
                          .with_strength = i % 10 != 0, /* 60 alone would prove nothing */
                          .right = true};
    json_t *table = NULL;
    assert_int_equal(rx_calibration_fit(&table, decisions, COUNT, NULL), PALI_OK);
    assert_true(threshold_of(table, "known_name") <= 1);
    json_decref(table);
}

static void a_map_falls_below_what_was_measured(void **state) {
    (void)state;
    enum { COUNT = 500 };
    rx_decision decisions[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        decisions[i] =
            (rx_decision){.field = "dose", .confidence = 0.4 + (double)i / 1000, .right = i != 300};
    json_t *table = NULL;
    assert_int_equal(rx_calibration_fit(&table, decisions, COUNT, NULL), PALI_OK);
    assert_float_equal(point(table, "dose", 0, 0), 0, 1e-12);
    assert_float_equal(point(table, "dose", 0, 1), 0.98, 1e-12); /* one of fifty may be wrong */
    assert_float_equal(point(table, "dose", 1, 0), 0.45, 1e-12); /* fifty are less sure */
    assert_float_equal(point(table, "dose", 1, 1), 300.0 / 301, 1e-12);
    assert_float_equal(point(table, "dose", 2, 1), 300.0 / 301, 1e-12);
    assert_float_equal(threshold_of(table, "dose"), 300.0 / 301, 1e-12);
    json_decref(table);
}

static void what_was_wrong_among_the_least_sure_counts(void **state) {
    (void)state;
    enum { COUNT = 500 };
    rx_decision decisions[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        decisions[i] = (rx_decision){
            .field = "dose", .confidence = 0.4 + (double)i / 1000, .right = i != 10 && i != 300};
    json_t *table = NULL;
    assert_int_equal(rx_calibration_fit(&table, decisions, COUNT, NULL), PALI_OK);
    assert_float_equal(point(table, "dose", 0, 1), 0.92, 1e-12); /* one of fifty counts as four */
    assert_float_equal(point(table, "dose", 1, 0), 0.45, 1e-12);
    assert_true(point(table, "dose", 1, 1) > 0.92);
    json_decref(table);
}

static void bare_strengths_have_an_entry_of_their_own(void **state) {
    (void)state;
    enum { COUNT = 400 };
    rx_decision decisions[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        decisions[i] = (rx_decision){.field = "strength",
                                     .confidence = 0.5 + (double)i / 4000,
                                     .bare = i % 4 == 0,
                                     .right = i % 4 != 0 || i % 8 == 0};
    json_t *table = NULL;
    assert_int_equal(rx_calibration_fit(&table, decisions, COUNT, NULL), PALI_OK);
    assert_true(threshold_of(table, "strength") <= 1);
    assert_true(threshold_of(table, "bare_strength") > 1);
    json_decref(table);
}

static void a_bare_strength_asks_that_entry_unless_it_is_known(void **state) {
    (void)state;
    rx_calibration *c = calibration_of(
        "{\"fields\": {\"default\": {\"points\": [[0, 0], [1, 1]], \"threshold\": 0.5},"
        "\"bare_strength\": {\"points\": [[0, 0], [1, 1]], \"threshold\": 1.01}}}");
    static const struct {
        const char *unit;
        bool known, marked;
    } cases[] = {{"mg", false, false}, {NULL, true, false}, {NULL, false, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rx_prescription page = page_of(0, 1.0f);
        rx_medicine *m = &page.medicines[0];
        m->strength.unit = cases[i].unit;
        m->name.strength_known = cases[i].known;
        assert_int_equal(rx_confidence_apply(&page, c, NULL, NULL), PALI_OK);
        assert_int_equal(rx_reviews_hold(&m->review, "strength"), cases[i].marked);
        rx_prescription_free(&page);
    }
    rx_calibration_free(&c);
}

static void a_table_without_an_entry_uses_the_next_wider(void **state) {
    (void)state;
    rx_calibration *c =
        calibration_of("{\"fields\": {\"default\": {\"points\": [[0, 0]], \"threshold\": 0.1},"
                       "\"name\": {\"points\": [[0, 0]], \"threshold\": 0.2},"
                       "\"known_name\": {\"points\": [[0, 0]], \"threshold\": 0.3},"
                       "\"strength\": {\"points\": [[0, 0]], \"threshold\": 0.4}}}");
    assert_float_equal(rx_review_threshold(c, "name_with_strength"), 0.3, 1e-12);
    assert_float_equal(rx_review_threshold(c, "name_by_lexicon"), 0.2, 1e-12);
    assert_float_equal(rx_review_threshold(c, "bare_strength"), 0.4, 1e-12);
    assert_float_equal(rx_review_threshold(c, "form"), 0.1, 1e-12);
    rx_calibration_free(&c);
}

static void a_field_that_is_never_sure_enough_goes_to_review_always(void **state) {
    (void)state;
    rx_decision decisions[60];
    for (size_t i = 0; i < 60; i++)
        decisions[i] = (rx_decision){
            .field = "dose", .confidence = 0.5 + (double)i / 200, .right = i % 3 != 0};
    decisions[59].right = false;
    json_t *table = NULL;
    assert_int_equal(rx_calibration_fit(&table, decisions, 60, NULL), PALI_OK);
    const json_t *dose = json_object_get(json_object_get(table, "fields"), "dose");
    assert_float_equal(json_number_value(json_object_get(dose, "threshold")), 1.01, 1e-12);
    json_decref(table);
}

/* `count` decisions of ever greater confidence, all right but the lowest `wrong`. */
static double fitted_threshold(const char *field, size_t count, size_t wrong, bool held) {
    rx_decision decisions[1000];
    for (size_t i = 0; i < count; i++)
        decisions[i] = (rx_decision){.field = field,
                                     .confidence = 0.5 + (double)i / 4000,
                                     .right = i >= wrong,
                                     .held = i < wrong && held};
    json_t *table = NULL;
    assert_int_equal(rx_calibration_fit(&table, decisions, count, NULL), PALI_OK);
    const json_t *entry = json_object_get(json_object_get(table, "fields"), field);
    double threshold = json_number_value(json_object_get(entry, "threshold"));
    json_decref(table);
    return threshold;
}

static void a_threshold_allows_for_other_pages(void **state) {
    (void)state;
    assert_true(fitted_threshold("dose", 400, 1, false) <= 0); /* 1 counts as 4 */
    assert_true(fitted_threshold("dose", 399, 1, false) > 0);
    assert_true(fitted_threshold("dose", 149, 0, false) >
                1); /* fifty are unmeasured, one of 99 is more */
    assert_true(fitted_threshold("dose", 150, 0, false) <= 1);
    assert_true(fitted_threshold("duration", 200, 1, false) <= 0);
    assert_true(fitted_threshold("duration", 199, 1, false) > 0);
    assert_true(fitted_threshold("date", 199, 1, false) > 0);
    assert_true(fitted_threshold("patient", 400, 1, false) <= 0);
    assert_true(fitted_threshold("patient", 399, 1, false) > 0);
    assert_true(fitted_threshold("prescriber", 399, 1, false) > 0);
    assert_true(fitted_threshold("quantity", 80, 1, false) <= 0);
    assert_true(fitted_threshold("quantity", 79, 1, false) > 0);
}

static void what_is_held_anyway_does_not_raise_the_threshold(void **state) {
    (void)state;
    assert_true(fitted_threshold("dose", 200, 20, false) > 0);
    assert_true(fitted_threshold("dose", 200, 20, true) <= 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_doubtful_digit_sends_the_strength_to_review),
        cmocka_unit_test(a_page_that_is_hard_to_read_makes_every_field_less_sure),
        cmocka_unit_test(a_choice_outside_the_field_is_no_alternative_of_it),
        cmocka_unit_test(of_two_diagnoses_the_doubtful_one_is_marked),
        cmocka_unit_test(an_inferred_dose_is_doubtful_where_its_pattern_is),
        cmocka_unit_test(an_inferred_dose_goes_with_its_pattern),
        cmocka_unit_test(what_cannot_be_read_of_a_taper_is_in_none_of_its_steps),
        cmocka_unit_test(a_name_that_the_lexicon_helped_to_read_is_marked_however_sure),
        cmocka_unit_test(what_cannot_be_read_is_null_with_a_reason_and_without_a_value),
        cmocka_unit_test(what_is_never_used_unseen_says_so),
        cmocka_unit_test(what_is_marked_is_never_called_certain),
        cmocka_unit_test(a_map_is_linear_between_its_points_and_constant_outside),
        cmocka_unit_test(a_table_that_makes_no_sense_is_refused),
        cmocka_unit_test(a_fit_pools_adjacent_violators),
        cmocka_unit_test(a_strength_that_fits_speaks_for_its_name),
        cmocka_unit_test(known_names_are_counted_together),
        cmocka_unit_test(a_map_falls_below_what_was_measured),
        cmocka_unit_test(what_was_wrong_among_the_least_sure_counts),
        cmocka_unit_test(bare_strengths_have_an_entry_of_their_own),
        cmocka_unit_test(a_bare_strength_asks_that_entry_unless_it_is_known),
        cmocka_unit_test(a_table_without_an_entry_uses_the_next_wider),
        cmocka_unit_test(a_known_strength_asks_an_entry_of_its_own),
        cmocka_unit_test(names_of_the_lexicon_have_an_entry_of_their_own),
        cmocka_unit_test(a_threshold_allows_for_other_pages),
        cmocka_unit_test(what_is_held_anyway_does_not_raise_the_threshold),
        cmocka_unit_test(a_field_that_is_never_sure_enough_goes_to_review_always),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
