/* Claims about src/rx/reading: what is a medicine on a page, and what is not. */
#include "rx/reading.h"
#include "rx/review.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_TEST_LINES = 40 };

/* Reads the lines of `text`, one under the other. */
static rx_prescription read_page(const char *text) {
    static char copy[4096];
    rx_line lines[MAX_TEST_LINES];
    size_t count = 0;
    assert_true(strlen(text) < sizeof copy);
    strcpy(copy, text);
    for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n")) {
        assert_true(count < MAX_TEST_LINES);
        float top = 0.02f * (float)count;
        lines[count++] = (rx_line){.text = line, .box = {0.1f, top, 0.9f, top + 0.02f}};
    }
    rx_prescription page;
    assert_int_equal(rx_reading_make(&page, lines, count, NULL, NULL), PALI_OK);
    return page;
}

static const char PAGE[] = "City Care Hospital\n"
                           "Dr. Anil Sharma, MBBS, MD\n"
                           "Reg. No. 12345   Ph: 98765 43210\n"
                           "Name: Ramesh Kumar   Age: 45 yrs  Sex: M   Date: 25/03/24\n"
                           "BP: 140/90 mmHg  Wt: 70 kg\n"
                           "C/o fever, cough x 3 days\n"
                           "Diagnosis: Hypertension, Type 2 Diabetes Mellitus\n"
                           "Rx\n"
                           "1) Tab. Augmentin 625 mg 1-0-1 x 5 days\n"
                           "2) Tab Dolo 650\n"
                           "   1 tab SOS for fever\n"
                           "3) Syp. Ascoril LS 10 ml TDS\n"
                           "~4) Tab Pan 40 OD\n"
                           "5) Cap. Becosules 0-1-0 x 10 d\n"
                           "after lunch\n"
                           "Inv: CBC, LFT\n"
                           "CXR PA view\n"
                           "Adv: plenty of fluids\n"
                           "Review after 5 days\n";

static void names_and_dates_stand_behind_their_keys(void **state) {
    (void)state;
    rx_prescription page = read_page(PAGE);
    assert_string_equal(page.patient.name.text, "Ramesh Kumar");
    assert_string_equal(page.patient.age.written.text, "45 yrs");
    assert_float_equal(page.patient.age.value, 45, 0);
    assert_string_equal(page.patient.age.unit, "a");
    assert_string_equal(page.patient.sex.value, "male");
    assert_string_equal(page.prescriber.text, "Dr. Anil Sharma");
    assert_string_equal(page.date.text, "25/03/24");
    assert_string_equal(page.date_value, "2024-03-25");
    assert_int_equal(page.num_diagnoses, 2);
    assert_string_equal(page.diagnoses[0].text, "Hypertension");
    assert_string_equal(page.diagnoses[1].text, "Type 2 Diabetes Mellitus");
    rx_prescription_free(&page);
}

static void tests_advice_and_struck_out_lines_are_no_medicines(void **state) {
    (void)state;
    rx_prescription page = read_page(PAGE);
    static const char *const names[] = {"Augmentin", "Dolo", "Ascoril LS", "Becosules"};
    assert_int_equal(page.num_medicines, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(page.medicines[i].name.written.text, names[i]);
    assert_true(page.lines[12].struck_out);
    assert_string_equal(page.lines[12].text, "4) Tab Pan 40 OD");
    rx_prescription_free(&page);
}

static void a_line_of_directions_continues_the_medicine_above(void **state) {
    (void)state;
    rx_prescription page = read_page(PAGE);
    const rx_medicine *dolo = &page.medicines[1], *becosules = &page.medicines[3];
    assert_string_equal(dolo->dose.written.text, "1 tab");
    assert_true(dolo->as_needed);
    assert_string_equal(dolo->as_needed_for.text, "for fever");
    assert_float_equal(dolo->box[1], 0.18f, 1e-6);
    assert_float_equal(dolo->box[3], 0.22f, 1e-6);
    assert_int_equal(becosules->frequency.when, RX_WHEN_NOON | RX_WHEN_AFTER_MEAL);
    rx_prescription_free(&page);
}

static void entries_are_counted_in_many_ways(void **state) {
    (void)state;
    rx_prescription page = read_page("Rx\n"
                                     "1 Tab. Glycomet 500 mg 1-0-1\n"
                                     "2: Telma 40 mg OD\n"
                                     "#3 Dolo 650 mg 1 tab. every 6 hours\n"
                                     "Tab: Pan 40 mg x 5 days\n"
                                     "-> Shelcal\n"
                                     "Take 1 tab. after food\n"
                                     "2 tabs twice daily\n"
                                     "5 days\n"
                                     "7\n"
                                     "Mon - Sat: 9 am to 1 pm\n");
    static const char *const names[] = {"Glycomet", "Telma", "Dolo", "Pan", "Shelcal"};
    assert_int_equal(page.num_medicines, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(page.medicines[i].name.written.text, names[i]);
    assert_string_equal(page.medicines[2].frequency.written.text, "every 6 hours");
    assert_string_equal(page.medicines[4].duration.written.text, "5 days");
    rx_prescription_free(&page);
}

static void a_duration_is_told_without_its_sign(void **state) {
    (void)state;
    rx_prescription page = read_page("Tab. Pan 40 mg 1-0-0 x 5 days\n"
                                     "Tab. Dolo 650 mg 1-0-1 - 10 days\n"
                                     "Cap. Becosules OD \u00d714/7\n"
                                     "Tab. Crocin 500 mg SOS\n");
    assert_int_equal(page.num_medicines, 4);
    assert_string_equal(page.medicines[0].duration.written.text, "5 days");
    assert_string_equal(page.medicines[1].frequency.written.text, "1-0-1");
    assert_string_equal(page.medicines[1].duration.written.text, "10 days");
    assert_string_equal(page.medicines[2].duration.written.text, "14/7");
    assert_string_equal(page.medicines[3].frequency.written.text, "SOS");
    assert_false(page.medicines[3].frequency.has_value);
    assert_true(page.medicines[3].as_needed);
    rx_prescription_free(&page);
}

static void a_date_that_reads_two_ways_has_no_value(void **state) {
    (void)state;
    rx_prescription page = read_page("Date: 03/04/2024\nTab Pan 40 mg OD\n");
    assert_string_equal(page.date.text, "03/04/2024");
    assert_null(page.date_value);
    const rx_review *review = rx_reviews_find(&page.review, RX_REVIEW_AMBIGUOUS_DATE, "date");
    assert_non_null(review);
    assert_int_equal(review->num_alternatives, 2);
    assert_string_equal(review->alternatives[0], "2024-04-03");
    assert_string_equal(review->alternatives[1], "2024-03-04");
    rx_prescription_free(&page);
}

static void a_field_is_as_sure_as_its_own_bytes(void **state) {
    (void)state;
    const char *text = "Tab Pan 40 mg OD";
    float confidence[16];
    for (size_t i = 0; i < 16; i++)
        confidence[i] = 1;
    confidence[8] = 0.5f; /* "4" */
    confidence[9] = 0.8f; /* "0" */
    rx_line line = {.text = text, .confidence = confidence};
    rx_prescription page;
    assert_int_equal(rx_reading_make(&page, &line, 1, NULL, NULL), PALI_OK);
    assert_int_equal(page.num_medicines, 1);
    assert_float_equal(page.medicines[0].strength.written.confidence, 0.4, 1e-6);
    assert_float_equal(page.medicines[0].name.written.confidence, 1, 0);
    assert_float_equal(page.medicines[0].frequency.written.confidence, 1, 0);
    rx_prescription_free(&page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_dates_stand_behind_their_keys),
        cmocka_unit_test(tests_advice_and_struck_out_lines_are_no_medicines),
        cmocka_unit_test(a_line_of_directions_continues_the_medicine_above),
        cmocka_unit_test(entries_are_counted_in_many_ways),
        cmocka_unit_test(a_duration_is_told_without_its_sign),
        cmocka_unit_test(a_date_that_reads_two_ways_has_no_value),
        cmocka_unit_test(a_field_is_as_sure_as_its_own_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
