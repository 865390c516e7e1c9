/* Claims about src/rx/page_fields: for whom a page is, by whom, of which day, and for what. */
#include "rx/reading.h"
#include "rx/review.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "page_of_text.h"

static rx_prescription read_page(const char *text) {
    return page_of_text(text, NULL);
}

enum person { PATIENT, PRESCRIBER };

static const char *person_on(const char *text, enum person which) {
    static char name[64];
    rx_prescription page = read_page(text);
    const char *found = which == PATIENT ? page.patient.name.text : page.prescriber.text;
    snprintf(name, sizeof name, "%s", found ? found : "");
    rx_prescription_free(&page);
    return name;
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

static void people_without_a_key_are_found_by_their_place(void **state) {
    (void)state;
    rx_prescription page = read_page("Care Plus Hospital\nSalim P. Mehta\n132/B, Shivaji Nagar\n"
                                     "MD, DM (Cardiology)\nName: Sanjay Yadav\nTab Pan 40 OD\n");
    assert_string_equal(page.prescriber.text, "Salim P. Mehta");
    assert_string_equal(page.patient.name.text, "Sanjay Yadav");
    rx_prescription_free(&page);
    page = read_page("HARBOUR DRUG STORE\nRx# 8669683\nL. Murphy\nJohn H. Turner\n4.1.2022\n"
                     "Tab Pan 40 OD\n");
    assert_string_equal(page.patient.name.text, "John H. Turner");
    assert_string_equal(page.prescriber.text, "L. Murphy");
    assert_string_equal(page.date.text, "4.1.2022");
    rx_prescription_free(&page);
}

static void age_and_date_tell_a_patient_whose_key_is_lost(void **state) {
    (void)state;
    assert_string_equal(person_on("City Hospital\nIrene Chen\nAge: 67 Yrs Sex: F\n", PATIENT),
                        "Irene Chen");
    assert_string_equal(person_on("City Hospital\nIrene Chen\n \nDt. 14/05/15\n", PATIENT),
                        "Irene Chen");
    assert_string_equal(person_on("Irene Chen Age: 67 Yrs Sex: F\n", PATIENT), "Irene Chen");
    assert_string_equal(person_on("Dr. Anil Rao\nDate: 14/05/15\n", PATIENT), "");
    assert_string_equal(person_on("Dr. Anil Rao Date: 14/05/15\n", PATIENT), "");
    assert_string_equal(person_on("Anil Rao, MBBS\nDate: 14/05/15\n", PATIENT), "");
    assert_string_equal(person_on("Anil Rao, MBBS\n14/05/15\n", PATIENT), "");
    assert_string_equal(person_on("Irene Chen Age: 67\nMBBS\n", PRESCRIBER), "");
    assert_string_equal(person_on("Irene Chen\nTab Pan 40 OD\nAge: 67 Yrs\n", PATIENT), "");
}

static void a_degree_tells_a_prescriber_from_other_people(void **state) {
    (void)state;
    assert_string_equal(
        person_on("CITY CLINIC\nAmy Chen, M.D., FACC\nName Eric Bose\n", PRESCRIBER), "Amy Chen");
    assert_string_equal(person_on("Helen Carter\nMB ChB\nName: Eric Bose\n", PRESCRIBER),
                        "Helen Carter");
    assert_string_equal(person_on("Ramesh Iyer\nMS (Ophthal)\nName: Eric Bose\n", PRESCRIBER),
                        "Ramesh Iyer");
    assert_string_equal(person_on("Eye Hospital, MD\nName: Eric Bose\n", PRESCRIBER), "");
    assert_string_equal(person_on("Amy Chen, Boston\nName: Eric Bose\n", PRESCRIBER), "");
}

static void an_honorific_in_brackets_is_part_of_a_name(void **state) {
    (void)state;
    assert_string_equal(person_on("Dr (Mrs) R. K. Gupta MS (OBG)\n", PRESCRIBER),
                        "Dr (Mrs) R. K. Gupta");
    assert_string_equal(person_on("Dr. (Mrs.) R. K. Gupta, MS\n", PRESCRIBER),
                        "Dr. (Mrs.) R. K. Gupta");
    assert_string_equal(person_on("Dr. R. K. Gupta (OBG)\n", PRESCRIBER), "Dr. R. K. Gupta");
}

static void a_date_of_something_else_is_not_the_page_s(void **state) {
    (void)state;
    static const char *const lines[] = {"LMP 10/1/25 EDD 17/10/25", "EDD: 17/10/25",
                                        "LMP on 3.4.25", "DOB - 5/6/70"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_prescription page = read_page(lines[i]);
        assert_null(page.date.text);
        rx_prescription_free(&page);
    }
    rx_prescription page = read_page("LMP 10/1/25 Date 17/10/25\n");
    assert_string_equal(page.date.text, "17/10/25");
    rx_prescription_free(&page);
    page = read_page("Name Robert Miller DOB 5/6/1970 Date 11/2/2025\n");
    assert_string_equal(page.patient.name.text, "Robert Miller");
    assert_string_equal(page.date.text, "11/2/2025");
    rx_prescription_free(&page);
}

static void a_page_without_people_gets_none(void **state) {
    (void)state;
    rx_prescription page = read_page("City Hospital\nMain Road 5\nPT/INR\nPT INR 2.3\nRx\n"
                                     "Tab Pan 40 OD\nDoctor's Signature\nDr. Sign: \n");
    assert_null(page.patient.name.text);
    assert_null(page.prescriber.text);
    rx_prescription_free(&page);
}

static void a_page_is_for_whom_it_says(void **state) {
    (void)state;
    rx_prescription page = read_page("For: Mr Anil Rao 54 M");
    assert_string_equal(page.patient.name.text, "Mr Anil Rao");
    rx_prescription_free(&page);
    page = read_page("For: fever");
    assert_null(page.patient.name.text);
    rx_prescription_free(&page);
}

static void ages_are_years_months_or_weeks(void **state) {
    (void)state;
    static const struct {
        const char *line, *age;
        double value;
        const char *unit, *sex;
        bool doubted;
    } lines[] = {
        {"Age: 45", "45", 45, "a", NULL, false},
        {"Age: 45 M", "45", 45, "a", "male", false},
        {"Age: 45-F", "45", 45, "a", "female", false},
        {"Age: 45 m", "45", 45, "a", "male", false},
        {"Age: 8 M", "8", 8, "a", "male", false},
        {"Age: 8 m", "8", 8, "a", "male", true},
        {"Age: 8M", "8", 8, "a", "male", true},
        {"Age: 8 m / F", "8 m", 8, "mo", "female", false},
        {"Age: 8m Sex: M", "8m", 8, "mo", "male", false},
        {"Age: 3/12", "3/12", 3, "mo", NULL, false},
        {"Age: 6/52 F", "6/52", 6, "wk", "female", false},
        {"Age: 3/7", "3/7", 3, "d", NULL, false},
        {"Age: 10 days", "10 days", 10, "d", NULL, false},
        {"Age: 1 yr 6 m", "1 yr 6 m", 18, "mo", NULL, false},
        {"Age: 3y 4m M", "3y 4m", 40, "mo", "male", false},
        {"Age: 1 8/12 yrs M", "1 8/12 yrs", 20, "mo", "male", false},
        {"Age: 2 yrs Wt: 12 kg", "2 yrs", 2, "a", NULL, false},
        {"Age: 2 yrs 10 days", "2 yrs", 2, "a", NULL, false},
        {"Age: 45 8 months", "45", 45, "a", NULL, false},
        {"Age: 1\xc2\xbd yrs", "1\xc2\xbd yrs", 1.5, "a", NULL, false},
        {"Age: 11/2 yrs", "11/2 yrs", 1.5, "a", NULL, true},
        {"For: Mr Anil Rao 54 M", "54", 54, "a", "male", false},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_prescription page = read_page(lines[i].line);
        const rx_quantity *age = &page.patient.age;
        print_message("%s\n", lines[i].line);
        assert_string_equal(age->written.text, lines[i].age);
        assert_float_equal(age->value, lines[i].value, 1e-9);
        assert_string_equal(age->unit, lines[i].unit);
        if (lines[i].sex)
            assert_string_equal(page.patient.sex.value, lines[i].sex);
        else
            assert_null(page.patient.sex.value);
        assert_int_equal(rx_reviews_hold(&page.review, "age"), lines[i].doubted);
        rx_prescription_free(&page);
    }
}

static void directions_are_no_diagnoses(void **state) {
    (void)state;
    rx_prescription page = read_page("Diagnosis\nAsthma\nSig 1 tab bid\nPIVD L4-L5\n");
    assert_int_equal(page.num_diagnoses, 2);
    assert_string_equal(page.diagnoses[1].text, "PIVD L4-L5");
    rx_prescription_free(&page);
}

static void a_diagnosis_goes_on_below(void **state) {
    (void)state;
    rx_prescription page =
        read_page("Diagnosis\nContact\ndermatitis\nVit B12\ndeficiency\nAsthma,\n"
                  "cough\n");
    assert_int_equal(page.num_diagnoses, 4);
    assert_string_equal(page.diagnoses[0].text, "Contact dermatitis");
    assert_string_equal(page.diagnoses[1].text, "Vit B12 deficiency");
    assert_string_equal(page.diagnoses[2].text, "Asthma");
    assert_null(rx_reviews_find(&page.review, RX_REVIEW_DIAGNOSIS_OR_COMPLAINT, NULL));
    rx_prescription_free(&page);
    page = read_page("Dx: Conjunctivitis, Urinary tract\ninfection, Scabies\nfor 5 days\nRx\n");
    assert_int_equal(page.num_diagnoses, 3);
    assert_string_equal(page.diagnoses[1].text, "Urinary tract infection");
    assert_string_equal(page.diagnoses[2].text, "Scabies");
    rx_prescription_free(&page);
    page = read_page("Dx: asthma\nwheezing\n"); /* nothing here has a capital */
    assert_string_equal(page.diagnoses[0].text, "asthma");
    rx_prescription_free(&page);
    page = read_page("Diagnosis\n-\nasthma\n"); /* no diagnosis is above */
    assert_int_equal(page.num_diagnoses, 1);
    rx_prescription_free(&page);
}

static void a_list_of_diseases_needs_no_head_above_the_medicines(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t diagnoses;
    } pages[] = {{"Acne, Lt ureteric stone\nRx\nTab Dolo 650 mg TDS\n", 2},
                 {"Insomnia and P. vivax malaria\n", 2},
                 {"Dx: GAD, Dengue NS1 +ve\n", 2},
                 {"Primi 20 wks, Acne\n", 2},
                 {"C/O: poor sleep\nInsomnia, P. vivax malaria\n", 0}, /* a complaint may go on */
                 {"Acne, Paddock\n", 0},
                 {"jaundice for\n", 0},
                 {"Findings: Asthma: Penicillin\n", 0},
                 {"Asthma that wakes him up most nights\n", 0},
                 {"Tab Dolo 650 mg TDS\nAcne, Candidiasis\n", 0},
                 {"Rx\nAcne, Candidiasis\n", 0},
                 {"Acne, Candidiasis x 5 days\n", 0},
                 {"Acne, Candidiasis 3 mg\n", 0},
                 {"Acne, Candidiasis BD\n", 0}};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rx_prescription page = read_page(pages[i].text);
        if (page.num_diagnoses != pages[i].diagnoses)
            fail_msg("%s: %zu diagnoses", pages[i].text, page.num_diagnoses);
        rx_prescription_free(&page);
    }
}

static void a_diagnosis_ends_where_something_else_begins(void **state) {
    (void)state;
    static const char *const pages[] = {"Dx: Asthma,\nwheezing\n", "C/O: Asthma\nwheezing\n",
                                        "Dx: Asthma\nRx\nwheezing\n"};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rx_prescription page = read_page(pages[i]);
        assert_string_equal(page.diagnoses[0].text, "Asthma");
        rx_prescription_free(&page);
    }
}

static void both_lines_of_a_diagnosis_make_its_confidence(void **state) {
    (void)state;
    float confidence[16];
    for (int i = 0; i < 16; i++)
        confidence[i] = 1;
    confidence[2] = 0.5f; /* in both lines */
    rx_line lines[] = {{.text = "Diagnosis"},
                       {.text = "Contact", .confidence = confidence},
                       {.text = "dermatitis", .confidence = confidence}};
    rx_prescription page;
    assert_int_equal(rx_reading_make(&page, lines, 3, NULL, NULL), PALI_OK);
    assert_int_equal(page.num_diagnoses, 1);
    assert_float_equal(page.diagnoses[0].confidence, 0.25, 1e-6);
    rx_prescription_free(&page);
}

static void what_no_head_calls_a_diagnosis_is_marked(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool marked;
    } pages[] = {{"Dx: Asthma\n", false},
                 {"Diagnosis\nAsthma\n", false},
                 {"C/O: cough, asthma x 4 days\n", true},
                 {"Asthma\n", true}};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rx_prescription page = read_page(pages[i].text);
        assert_int_equal(page.num_diagnoses, 1);
        const rx_review *review =
            rx_reviews_find(&page.review, RX_REVIEW_DIAGNOSIS_OR_COMPLAINT, "diagnoses");
        assert_int_equal(review != NULL, pages[i].marked);
        assert_int_equal(review ? review->item : 1, 1);
        rx_prescription_free(&page);
    }
}

static void what_goes_on_below_a_complaint_is_no_diagnosis(void **state) {
    (void)state;
    rx_prescription page =
        read_page("C/O: fever x 3 days\ncough\nHypertension\nTemp: 101 F\nDx: Acute bronchitis\n"
                  "Rx\nTab Zyvarin 5 mg OD\n");
    assert_int_equal(page.num_diagnoses, 2);
    assert_string_equal(page.diagnoses[0].text, "Hypertension");
    assert_string_equal(page.diagnoses[1].text, "Acute bronchitis");
    rx_prescription_free(&page);
    page = read_page("Name: Asha Verma\ncough\nRx\nTab Zyvarin 5 mg OD\n");
    assert_int_equal(page.num_diagnoses, 1);
    rx_prescription_free(&page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_that_reads_two_ways_has_no_value),
        cmocka_unit_test(people_without_a_key_are_found_by_their_place),
        cmocka_unit_test(age_and_date_tell_a_patient_whose_key_is_lost),
        cmocka_unit_test(a_degree_tells_a_prescriber_from_other_people),
        cmocka_unit_test(an_honorific_in_brackets_is_part_of_a_name),
        cmocka_unit_test(a_date_of_something_else_is_not_the_page_s),
        cmocka_unit_test(a_page_without_people_gets_none),
        cmocka_unit_test(a_page_is_for_whom_it_says),
        cmocka_unit_test(ages_are_years_months_or_weeks),
        cmocka_unit_test(directions_are_no_diagnoses),
        cmocka_unit_test(a_diagnosis_goes_on_below),
        cmocka_unit_test(a_list_of_diseases_needs_no_head_above_the_medicines),
        cmocka_unit_test(a_diagnosis_ends_where_something_else_begins),
        cmocka_unit_test(both_lines_of_a_diagnosis_make_its_confidence),
        cmocka_unit_test(what_no_head_calls_a_diagnosis_is_marked),
        cmocka_unit_test(what_goes_on_below_a_complaint_is_no_diagnosis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
