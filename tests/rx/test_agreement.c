/* Claims about src/rx/agreement: a page's transcription held against answers to questions. */
#include "rx/agreement.h"
#include "rx/reading.h"
#include "rx/review.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static rx_prescription read_page(float confidence) {
    static const char *const texts[] = {"Dr. Meera Nair, MBBS, MD",
                                        "Name: Ramesh Kumar   Age: 45 yrs  Sex: M",
                                        "Date: 21/03/2024",
                                        "Diagnosis: Hypertension",
                                        "Rx",
                                        "1) Tab. Augmentin 625 mg 1-0-1 x 5 days",
                                        "2) Tab. Dolo 650 mg SOS"};
    enum { COUNT = sizeof texts / sizeof *texts };
    static float confidences[128];
    rx_line lines[COUNT];
    for (size_t i = 0; i < sizeof confidences / sizeof *confidences; i++)
        confidences[i] = confidence;
    for (size_t i = 0; i < COUNT; i++)
        lines[i] = (rx_line){.text = texts[i], .confidence = confidences};
    rx_prescription page;
    assert_int_equal(rx_reading_make(&page, lines, COUNT, NULL, NULL), PALI_OK);
    assert_int_equal(page.num_medicines, 2);
    return page;
}

static rx_prescription judged(float confidence, rx_topic topic, const char *text, bool ended) {
    rx_prescription page = read_page(confidence);
    rx_reply reply = {.topic = topic, .text = text, .ended = ended};
    assert_int_equal(rx_agreement_apply(&page, &reply, 1, NULL, NULL), PALI_OK);
    return page;
}

static const rx_review *differs(const rx_reviews *reviews, const char *field) {
    return rx_reviews_find(reviews, RX_REVIEW_VIEWS_DIFFER, field);
}

static void assert_near(double a, double b) {
    if (a - b > 1e-4 || b - a > 1e-4)
        fail_msg("%g is not %g", a, b);
}

static void what_both_say_takes_the_greater_probability(void **state) {
    (void)state;
    static const struct {
        rx_topic topic;
        const char *reply;
    } cases[] = {
        {RX_TOPIC_PATIENT, "ramesh kumar"},   {RX_TOPIC_PRESCRIBER, "Meera Nair"},
        {RX_TOPIC_DATE, "21-03-2024"},        {RX_TOPIC_AGE, "45"},
        {RX_TOPIC_DIAGNOSES, "hypertension"}, {RX_TOPIC_MEDICINES, "Augmentin 625mg, Dolo 650"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rx_prescription page = judged(0.8f, cases[i].topic, cases[i].reply, true);
        const rx_text *fields[] = {[RX_TOPIC_PATIENT] = &page.patient.name,
                                   [RX_TOPIC_PRESCRIBER] = &page.prescriber,
                                   [RX_TOPIC_DATE] = &page.date,
                                   [RX_TOPIC_AGE] = &page.patient.age.written,
                                   [RX_TOPIC_DIAGNOSES] = &page.diagnoses[0],
                                   [RX_TOPIC_MEDICINES] = &page.medicines[1].name.written};
        for (rx_topic t = RX_TOPIC_MEDICINES; t <= RX_TOPIC_DATE; t++)
            if (t != RX_TOPIC_SEX)
                assert_near((double)fields[t]->confidence, t == cases[i].topic ? 1 : 0.8f);
        assert_int_equal(page.review.count, 0);
        assert_null(differs(&page.medicines[0].review, NULL));
        assert_null(differs(&page.medicines[1].review, NULL));
        assert_int_equal(page.num_medicines, 2);
        rx_prescription_free(&page);
    }
}

static void what_they_say_differently_is_reviewed_with_both(void **state) {
    (void)state;
    static const struct {
        rx_topic topic;
        const char *field, *written, *reply, *other;
    } cases[] = {
        {RX_TOPIC_PATIENT, "patient", "Ramesh Kumar", "Suresh Kumar", "Suresh Kumar"},
        {RX_TOPIC_PRESCRIBER, "prescriber", "Dr. Meera Nair", "Anil Thomas", "Anil Thomas"},
        {RX_TOPIC_DATE, "date", "21/03/2024", "27/03/2024", "27/03/2024"},
        {RX_TOPIC_AGE, "age", "45 yrs", "46", "46"},
        {RX_TOPIC_DIAGNOSES, "diagnoses", "Hypertension", "Hypotension", "Hypotension"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rx_prescription page = judged(1, cases[i].topic, cases[i].reply, true);
        const rx_review *review = differs(&page.review, cases[i].field);
        assert_non_null(review);
        assert_false(review->advisory);
        assert_int_equal(review->num_alternatives, 2);
        assert_string_equal(review->alternatives[0], cases[i].written);
        assert_string_equal(review->alternatives[1], cases[i].other);
        rx_prescription_free(&page);
    }
}

static void a_medicine_of_another_name_or_strength_is_reviewed(void **state) {
    (void)state;
    rx_prescription page = judged(1, RX_TOPIC_MEDICINES, "Augmentln 625 mg and Dolo 500 mg", true);
    assert_int_equal(page.num_medicines, 2);
    const rx_review *name = differs(&page.medicines[0].review, "name");
    assert_non_null(name);
    assert_string_equal(name->alternatives[0], "Augmentin");
    assert_string_equal(name->alternatives[1], "Augmentln");
    const rx_review *strength = differs(&page.medicines[1].review, "strength");
    assert_non_null(strength);
    assert_string_equal(strength->alternatives[0], "650 mg");
    assert_string_equal(strength->alternatives[1], "500 mg");
    assert_string_equal(page.medicines[1].strength.written.text, "650 mg"); /* as transcribed */
    rx_prescription_free(&page);
}

static void what_only_a_reply_says_is_added_and_reviewed(void **state) {
    (void)state;
    rx_prescription page = judged(1, RX_TOPIC_MEDICINES, "Augmentin, Pantoprazole 40 mg", true);
    assert_int_equal(page.num_medicines, 3);
    assert_string_equal(page.medicines[2].name.written.text, "Pantoprazole");
    assert_string_equal(page.medicines[2].strength.written.text, "40 mg");
    assert_non_null(differs(&page.medicines[2].review, "name"));
    assert_true(rx_reviews_hold(&page.medicines[2].review, "name"));
    rx_prescription_free(&page);
    page = judged(1, RX_TOPIC_DIAGNOSES, "Hypertension, Diabetes", true);
    assert_int_equal(page.num_diagnoses, 2);
    assert_string_equal(page.diagnoses[1].text, "Diabetes");
    assert_true(rx_reviews_hold_item(&page.review, "diagnoses", 2));
    assert_false(rx_reviews_hold_item(&page.review, "diagnoses", 1));
    rx_prescription_free(&page);
    rx_prescription empty;
    const rx_reply date = {.topic = RX_TOPIC_DATE, .text = "21/08/2024", .ended = true};
    assert_int_equal(rx_reading_make(&empty, NULL, 0, NULL, NULL), PALI_OK);
    assert_int_equal(rx_agreement_apply(&empty, &date, 1, NULL, NULL), PALI_OK);
    assert_string_equal(empty.date.text, "21/08/2024");
    assert_string_equal(empty.date_value, "2024-08-21");
    assert_non_null(differs(&empty.review, "date"));
    rx_prescription_free(&empty);
}

static void a_reply_that_says_nothing_changes_nothing(void **state) {
    (void)state;
    static const char *const replies[] = {"",    "unanswerable", "no", "None.", "not visible",
                                          "n/a", "  ",           "?"};
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
        for (rx_topic t = RX_TOPIC_MEDICINES; t <= RX_TOPIC_DATE; t++) {
            rx_prescription page = judged(0.8f, t, replies[i], true);
            assert_int_equal(page.num_medicines, 2);
            assert_int_equal(page.num_diagnoses, 1);
            assert_int_equal(page.review.count, 0);
            assert_near((double)page.patient.name.confidence, 0.8);
            rx_prescription_free(&page);
        }
}

static void the_last_piece_of_an_answer_that_was_cut_off_does_not_count(void **state) {
    (void)state;
    rx_prescription page = judged(0.8f, RX_TOPIC_MEDICINES, "Augmentin, Dol", false);
    assert_int_equal(page.num_medicines, 2);
    assert_near((double)page.medicines[0].name.written.confidence, 1);
    assert_null(differs(&page.medicines[1].review, NULL));
    rx_prescription_free(&page);
    page = judged(0.8f, RX_TOPIC_PATIENT, "Suresh", false);
    assert_int_equal(page.review.count, 0);
    rx_prescription_free(&page);
}

/* One line a medicine, with all its fields, as `scan en` gives them. */
static rx_prescription judged_scan(const char *text) {
    rx_prescription page = read_page(0.8f);
    rx_reply reply = {.topic = RX_TOPIC_MEDICINES, .text = text, .ended = true, .one_a_line = true};
    assert_int_equal(rx_agreement_apply(&page, &reply, 1, NULL, NULL), PALI_OK);
    return page;
}

static void fields_that_a_scan_has_too_are_surer_and_others_reviewed(void **state) {
    (void)state;
    rx_prescription page = judged_scan("Tab. Augmentin 625 mg 1-0-1 5 days\nDolo 650 mg SOS\n");
    assert_int_equal(page.num_medicines, 2);
    const rx_medicine *m = &page.medicines[0];
    assert_null(differs(&m->review, NULL));
    assert_near((double)m->frequency.written.confidence, 1);
    assert_near((double)m->duration.written.confidence, 1);
    assert_near((double)m->strength.written.confidence, 1);
    rx_prescription_free(&page);
    page = judged_scan("Augmentin 625 mg 1-0-2 5 days");
    assert_non_null(differs(&page.medicines[0].review, "frequency"));
    rx_prescription_free(&page);
    page = judged_scan("Augmentin 625 mg 1 tab 1-0-1 5 days"); /* the pattern says as much */
    assert_null(differs(&page.medicines[0].review, "dose"));
    rx_prescription_free(&page);
    page = judged_scan("Augmentin 625 mg 1-1-1 7 days\nDolo 650 mg twice daily for 3 days");
    m = &page.medicines[0];
    assert_non_null(differs(&m->review, "frequency"));
    assert_non_null(differs(&m->review, "duration"));
    assert_null(differs(&m->review, "strength"));
    assert_string_equal(m->frequency.written.text, "1-0-1");
    assert_near((double)m->frequency.written.confidence, 0.8);
    assert_non_null(differs(&page.medicines[1].review, "duration"));
    assert_null(page.medicines[1].duration.written.text);
    rx_prescription_free(&page);
}

static void commas_of_a_scan_are_its_own(void **state) {
    (void)state;
    rx_prescription page = judged_scan("Uprise 60,000 IU once a week and rest\nDolo 650 mg");
    assert_non_null(differs(&page.medicines[2].review, "strength"));
    assert_non_null(differs(&page.medicines[2].review, "frequency"));
    assert_int_equal(page.num_medicines, 3);
    assert_string_equal(page.medicines[2].name.written.text, "Uprise");
    assert_string_equal(page.medicines[2].strength.written.text, "60,000 IU");
    assert_non_null(differs(&page.medicines[2].review, "name"));
    rx_prescription_free(&page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_both_say_takes_the_greater_probability),
        cmocka_unit_test(what_they_say_differently_is_reviewed_with_both),
        cmocka_unit_test(a_medicine_of_another_name_or_strength_is_reviewed),
        cmocka_unit_test(what_only_a_reply_says_is_added_and_reviewed),
        cmocka_unit_test(a_reply_that_says_nothing_changes_nothing),
        cmocka_unit_test(the_last_piece_of_an_answer_that_was_cut_off_does_not_count),
        cmocka_unit_test(fields_that_a_scan_has_too_are_surer_and_others_reviewed),
        cmocka_unit_test(commas_of_a_scan_are_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
