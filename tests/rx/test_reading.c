/* Claims about src/rx/reading: what is a medicine on a page, and what is not. */
#include "rx/reading.h"
#include "rx/review.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "page_of_text.h"
#include "with_lexicon.h"

static rx_prescription read_page(const char *text) {
    return page_of_text(text, NULL);
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

/* ---- how entries are laid out ---- */

/* The names of a page's medicines, joined by "|"; lives until the next call. */
static const char *names_on(const char *text) {
    static char joined[512];
    rx_prescription page = read_page(text);
    *joined = '\0';
    for (size_t i = 0; i < page.num_medicines; i++) {
        strcat(joined, i ? "|" : "");
        strcat(joined, page.medicines[i].name.written.text);
    }
    rx_prescription_free(&page);
    return joined;
}

static void entries_are_numbered_in_many_ways(void **state) {
    (void)state;
    /* Two medicines are never one: not for a comma that was a point. */
    assert_string_equal(names_on("2. Zyvarin at night 10 days\nPC\n3, QORVEX 2% twice daily\n"),
                        "Zyvarin|QORVEX");
    assert_string_equal(names_on("#1 Zyvarin 40 mg\n1 tab b.d.\n#2 L-Cet 2.5 mg/5 ml syrup\n"),
                        "Zyvarin|L-Cet");
    assert_string_equal(names_on("#1 Zyvarin 40 mg\n1 tab b.d. x\n2 d - Qorvexan 5 mg\n"),
                        "Zyvarin");
    assert_string_equal(names_on("#1 Zyvarin 40 mg 1 tab b.d. x 5 d\n#2 Qorvex 10 mg tds\n"),
                        "Zyvarin|Qorvex");
    assert_string_equal(names_on("1 T. Zyvarin 8 mg BD\n2 C. Qorvex 75 mg OD\n"), "Zyvarin|Qorvex");
    assert_string_equal(names_on("1:T Zyvarin 8 mg BD\n(2) Tab: Qorvex one time a day\n"),
                        "Zyvarin|Qorvex");
    assert_string_equal(names_on("Rx\n1\nTab Zyvarin\nB.D.\n2\nTab Qorvex\n0-0-1\n3\n"),
                        "Zyvarin|Qorvex");
}

static void directions_below_a_bare_name_make_it_a_medicine(void **state) {
    (void)state;
    assert_string_equal(names_on("Rx\nZyvarin 250\n1 tab four times a day x 5 days\n"), "Zyvarin");
    assert_string_equal(names_on("* Zyvarin\nSig: 10 ml QDS\n"), "Zyvarin");
    assert_string_equal(names_on("John Turner\n12-4-2009\nTab Zyvarin 5 mg OD\n"), "Zyvarin");
}

static void a_line_that_was_too_long_goes_on_below(void **state) {
    (void)state;
    rx_prescription page =
        read_page("Rx\nTab Zyvarin 60\nmg 1-0-0 x 90\ndays\nCap Qorvex 5 mg BD for\n"
                  "cough (may cause\ndrowsiness)\n");
    assert_int_equal(page.num_medicines, 2);
    assert_string_equal(page.medicines[0].frequency.written.text, "1-0-0");
    assert_string_equal(page.medicines[0].duration.written.text, "90\ndays");
    assert_string_equal(page.medicines[0].duration.unit, "d");
    rx_prescription_free(&page);
}

static void a_name_goes_on_below_a_plus(void **state) {
    (void)state;
    static const char text[] =
        "Rx\n1. Tab Zyvarin +\nQorvexa 655 mg 1-0-1\n2. Cap Meldutin 5 mg BD\n";
    assert_string_equal(names_on(text), "Zyvarin +\nQorvexa|Meldutin");
    assert_string_equal(names_on("Rx\n1. Tab Zyvarin +\n2. Cap Meldutin 5 mg BD\n"),
                        "Zyvarin|Meldutin");
    assert_string_equal(names_on("Rx\nTab Zyvarin +\nCap Meldutin 5 mg BD\n"), "Zyvarin|Meldutin");
    assert_string_equal(names_on("Rx\nTab Zyvarin 5 mg 1 +\nMeldutin 5 mg BD\n"),
                        "Zyvarin|Meldutin");
}

/* A field a line, each behind its label. */
static void labels_are_no_names(void **state) {
    (void)state;
    rx_prescription page = read_page("Drug: Zyvarin 10 mg\nDose: 1 tablet\nFrequency: Twice daily\n"
                                     "Route: Oral\nDuration: 30 days\n"
                                     "Name of drug: Qorvexa 5 mg\nDosage - 1-0-0\n");
    assert_int_equal(page.num_medicines, 2);
    const rx_medicine *m = page.medicines;
    assert_string_equal(m[0].name.written.text, "Zyvarin");
    assert_string_equal(m[0].dose.written.text, "1 tablet");
    assert_string_equal(m[0].frequency.written.text, "Twice daily");
    assert_string_equal(m[0].route.written.text, "Oral");
    assert_string_equal(m[0].duration.written.text, "30 days");
    assert_string_equal(m[1].name.written.text, "Qorvexa");
    assert_string_equal(m[1].frequency.written.text, "1-0-0");
    assert_null(page.patient.name.text);
    rx_prescription_free(&page);
    assert_string_equal(names_on("Rx\nTab Zyvarin 5 mg\nDay 1: 1 tab HS\nDays 2-5: 1 tab BD\n"),
                        "Zyvarin");
}

static void a_misread_form_is_still_a_form(void **state) {
    (void)state;
    assert_string_equal(names_on("1) Tob Zyvarin 5 mg\n2) Cop. Qorvex 20 mg\n"), "Zyvarin|Qorvex");
    assert_string_equal(names_on("1) Teb. Zyvarin 1-0-1\n"), "Zyvarin");
    assert_string_equal(names_on("1) Tarb. Zyvarin 5 mg\n2) Clap Qorvex 20 mg\n"),
                        "Zyvarin|Qorvex");
}

static void a_misread_direction_is_no_name(void **state) {
    (void)state;
    assert_string_equal(names_on("Rx\n1) Tab Zyvarin 5 mg\nSiq: 1 tab BD\n2) Cap Qorvex 20 mg\n"
                                 "1 ap twice daily\n"),
                        "Zyvarin|Qorvex");
}

static void a_list_goes_on_with_its_next_number(void **state) {
    (void)state;
    assert_string_equal(names_on("6. Tab Zyvarin 5 mg BD\n7. Prio - morning and night\n"),
                        "Zyvarin|Prio");
    assert_string_equal(names_on("4) Tab Zyvarin 5 mg\nhs\n51 T. Qorvex\n- 1 Od x10/7\n"),
                        "Zyvarin|Qorvex"); /* "5)" */
}

static void a_known_name_needs_little_else(void **state) {
    (void)state;
    rx_line line = {.text = "Augmentin BD"};
    rx_prescription page;
    assert_int_equal(rx_reading_make(&page, &line, 1, lexicon, NULL), PALI_OK);
    assert_int_equal(page.num_medicines, 1);
    assert_true(page.medicines[0].name.in_lexicon);
    rx_prescription_free(&page);
    assert_string_equal(names_on("Zyvarin BD\n"), "");
    const rx_line signature[] = {{.text = "Rx"}, {.text = "NS"}};
    assert_int_equal(rx_reading_make(&page, signature, 2, lexicon, NULL), PALI_OK);
    assert_int_equal(page.num_medicines, 0);
    rx_prescription_free(&page);
}

static void letterheads_and_advice_name_no_medicine(void **state) {
    (void)state;
    assert_string_equal(names_on("CITY HEART CENTRE\n15/B, Temple Street, Madurai\nDr. N. Naidu\n"
                                 "MBBS, MS (Ophthal)\nReg No: KMC 71036\nCell: 98055 86295\n"
                                 "C. Green\nNP\nMon - Sat: 10 am to 1 pm, 6 pm to 9 pm\n"
                                 "BP: 140/90 mmHg, RR - 17\nC/o cough x 3 days\n"
                                 "Adv: inhaler technique explained\nTo see after 14 days\n"
                                 "steam inhalation\nReview after 5 days\n"),
                        "");
}

static void hours_of_a_clinic_are_known_when_misread(void **state) {
    (void)state;
    assert_string_equal(names_on("Iming: 9.30 am - 2 pm\nTimng : 9 am - 1 pm\n"), "");
    assert_string_equal(names_on("Rx\nIming: 5 mg\n"), "Iming");
    assert_string_equal(names_on("Iming: tab 9 am - 9 pm\n"), "Iming");
    assert_string_equal(names_on("Rx\nIming\n5 mg 1-0-1\n"), "Iming");
    rx_line known = {.text = "Ceclor: 9 am - 9 pm"}; /* nearly "sector" */
    rx_prescription page;
    assert_int_equal(rx_reading_make(&page, &known, 1, lexicon, NULL), PALI_OK);
    assert_int_equal(page.num_medicines, 1);
    rx_prescription_free(&page);
}

static void numbers_of_a_register_are_no_strengths(void **state) {
    (void)state;
    assert_string_equal(names_on("GMC 98364\nMorning 10-1, Evening 5-8.30\n"), "");
    assert_string_equal(names_on("Lic. # 2578\nMorning 10-1, Evening 5-8.30\n"), "");
    assert_string_equal(names_on("NMC 98364\nMorning 10-1, Evening 5-8.30\n"), "");
    assert_string_equal(names_on("MCI 98364\nMorning 10-1, Evening 5-8.30\n"), "");
}

static void as_needed_is_how_often_where_nothing_else_says_it(void **state) {
    (void)state;
    rx_prescription page = read_page("Tab Pan 40 mg 1 tab SOS\nTab Dolo 650 mg BD SOS\n");
    assert_int_equal(page.num_medicines, 2);
    assert_string_equal(page.medicines[0].frequency.written.text, "SOS");
    assert_false(page.medicines[0].frequency.has_value);
    assert_string_equal(page.medicines[1].frequency.written.text, "BD");
    assert_true(page.medicines[0].as_needed && page.medicines[1].as_needed);
    rx_prescription_free(&page);
}

static void a_misread_heading_is_still_one(void **state) {
    (void)state;
    rx_prescription page = read_page("Patlent Name: Asha Rao\n"
                                     "SYMPTQMS\n"
                                     "Fever\n"
                                     "Provisional Dlagnosis: Asthma\n"
                                     "Prescriptlon\n"
                                     "1) Tab Dolo 650 mg TDS\n"
                                     "Investigatlons:\n"
                                     "2) Pan 40 mg\n");
    assert_string_equal(page.patient.name.text, "Asha Rao");
    assert_int_equal(page.num_diagnoses, 1);
    assert_string_equal(page.diagnoses[0].text, "Asthma");
    assert_int_equal(page.num_medicines, 1);
    rx_prescription_free(&page);
    page = read_page("Rx\nHistac\n1 tab BD\n"); /* not "history" */
    assert_int_equal(page.num_medicines, 1);
    rx_prescription_free(&page);
}

static void a_listed_name_is_no_misread_heading(void **state) {
    (void)state;
    const rx_line lines[] = {{.text = "Rx"}, {.text = "Meclizine"}, {.text = "1 tab BD"}};
    rx_prescription page;
    assert_int_equal(rx_reading_make(&page, lines, 3, lexicon, NULL), PALI_OK);
    assert_int_equal(page.num_medicines, 1);
    assert_string_equal(page.medicines[0].name.written.text, "Meclizine");
    rx_prescription_free(&page);
}

static void a_complaint_is_no_medicine(void **state) {
    (void)state;
    rx_prescription page = read_page("- itching at night x 2/7\n"
                                     "- bady ache x 3 days\n"
                                     "Rx\n"
                                     "- stiffness for 3 months\n"
                                     "- feet since 2 wks\n"
                                     "- Pain Ispaghula 1+0+1\n"
                                     "- Fever mixture 10 ml TDS\n"
                                     "- Dizzinex at night x 2 days\n");
    assert_int_equal(page.num_medicines, 3);
    assert_non_null(strstr(page.medicines[0].line.text, "Ispaghula"));
    assert_non_null(strstr(page.medicines[1].line.text, "mixture"));
    assert_string_equal(page.medicines[2].name.written.text, "Dizzinex");
    rx_prescription_free(&page);
}

static void a_degree_in_a_name_is_part_of_it(void **state) {
    (void)state;
    rx_prescription page = read_page("Rx\n"
                                     "1 Ondem MD 4 mg 1 tablet BD x 3 days\n"
                                     "A. Rao, MD, 4 Park Road\n");
    assert_int_equal(page.num_medicines, 1);
    assert_string_equal(page.medicines[0].strength.written.text, "4 mg");
    rx_prescription_free(&page);
}

static void a_long_name_in_small_letters_starts_a_medicine(void **state) {
    (void)state;
    rx_prescription page = read_page("Rx\n"
                                     "Pan 40 mg 1 tab OD\n"
                                     "racemethionine - 10 ml BD\n"
                                     "teblets 2 OD\n");
    assert_int_equal(page.num_medicines, 2);
    assert_string_equal(page.medicines[1].name.written.text, "racemethionine");
    assert_null(strstr(page.medicines[0].line.text, "racemethionine"));
    assert_non_null(strstr(page.medicines[1].line.text, "teblets"));
    rx_prescription_free(&page);
}

static void a_misread_number_is_no_name(void **state) {
    (void)state;
    rx_prescription page = read_page("Rx\n#2 Tab Amaryl 1 mg\nq tab BD x 5 days\n");
    assert_int_equal(page.num_medicines, 1);
    assert_string_equal(page.medicines[0].frequency.written.text, "BD");
    rx_prescription_free(&page);
}

/* Each heading, and whether the medicine below it may be one that is no longer taken. */
static void what_stands_under_a_heading_of_stopped_medicines_is_doubted(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool stopped;
    } pages[] = {{"STOP:\nTab Zyvarin 5 mg OD\n", true},
                 {"Stop taking these medications\nZyvarin 5 mg tablet\n", true},
                 {"Discontinue the following:\nZyvarin 5 mg daily\n", true},
                 {"Previous medications:\nTab Zyvarin 5 mg OD\n", true},
                 {"Drug history\nZyvarin 5 mg OD\n", true},
                 {"Previous medications: nil\nTab Zyvarin 5 mg OD\n", false},
                 {"Current medications:\nTab Zyvarin 5 mg OD\n", false},
                 {"STOP:\nTab Pan 40 mg OD\nRx\nTab Zyvarin 5 mg OD\n", false},
                 {"STOP:\nTab Pan 40 mg OD\nSTART taking:\nTab Zyvarin 5 mg OD\n", false},
                 {"Tab Zyvarin 5 mg OD\nSTOP\n", true}, /* the word speaks of the one above */
                 {"Tab Pan 40 mg OD\nSTOP\nTab Zyvarin 5 mg OD\n", false}};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rx_prescription page = read_page(pages[i].text);
        print_message("%s", pages[i].text);
        assert_true(page.num_medicines > 0);
        const rx_medicine *last = &page.medicines[page.num_medicines - 1];
        assert_string_equal(last->name.written.text, "Zyvarin");
        assert_int_equal(rx_reviews_find(&last->review, RX_REVIEW_CONFLICT, NULL) != NULL,
                         pages[i].stopped);
        rx_prescription_free(&page);
    }
}

static void what_is_not_to_be_taken_is_no_medicine(void **state) {
    (void)state;
    assert_string_equal(names_on("Hold Zyvarin 500 mg BD for 2 days\nDiscontinue Zyvarin 5 mg OD\n"
                                 "Stopped Tab Zyvarin 2 mg OD\nCease Zyvarin 5 mg daily\n"
                                 "Not given: Tab Zyvarin 5 mg OD\nPreviously on Zyvarin 5 mg OD\n"
                                 "Past meds: Zyvarin 5 mg OD\nTab Qorvexa 5 mg OD\n"),
                        "Qorvexa");
}

/* "Add Tab" was an address, "Repeat" a refill, "Give" a line of directions. */
static void what_is_done_with_a_medicine_is_no_part_of_its_name(void **state) {
    (void)state;
    assert_string_equal(names_on("Add Tab Zyvarin 1 mg OD\nStart Qorvexa 500 mg BD\n"
                                 "Repeat Melduta 500 mg BD\nGive zyvarin 500 mg SOS\n"),
                        "Zyvarin|Qorvexa|Melduta|zyvarin");
    assert_string_equal(names_on("Increase Zyvarin to 1 g BD\nReduce Qorvexa to 10 mg OD\n"
                                 "Increase Tab Melduta from 5 mg to 10 mg OD\nReduce salt\n"),
                        "Zyvarin|Qorvexa|Melduta");
    assert_string_equal(names_on("Add: 12, Park Road\nRx\nTab Zyvarin 5 mg\nTake tablet whole BD\n"
                                 "Give 5 ml TDS\nTake with food\nTake 2 tablets daily\n"),
                        "Zyvarin");
}

static void the_most_that_may_be_taken_is_no_medicine(void **state) {
    (void)state;
    rx_prescription page = read_page("Tab Zyvarin 650\nSOS\nMAX 3/DAY\n");
    assert_int_equal(page.num_medicines, 1);
    assert_string_equal(page.medicines[0].instructions.text, "MAX 3/DAY");
    rx_prescription_free(&page);
    page = read_page("Oint. Zyvarin\nLA BD\n");
    assert_string_equal(page.medicines[0].name.written.text, "Zyvarin");
    assert_string_equal(page.medicines[0].route.value, "topical");
    rx_prescription_free(&page);
}

static void what_was_measured_is_no_medicine(void **state) {
    (void)state;
    assert_string_equal(names_on("Rx\nVit D 12 ng/ml\nCalcium 8.5 mg/dl\nVitamin B12 180 pg/ml\n"
                                 "Insulin 25 uIU/ml\nUrea 40 mg%\nNa 135 mmol/L, K 4.2\n"
                                 "T = 102.7\xc2\xb0, HbA1c:7.6%, BP-159/94\n"),
                        "");
    assert_string_equal(names_on("Rx\nZyvarin 40 IU/ml\nInj Qorvexa 154 mmol/L\n"
                                 "Melduta 20 mmol/L IV BD\n"),
                        "Zyvarin|Qorvexa|Melduta");
}

static void headings_of_columns_and_lone_signs_are_no_medicines(void **state) {
    (void)state;
    rx_prescription page = read_page("Diagnosis:\nAsthma\n"
                                     "S.No Drug Dosage Duration\n"
                                     "Male oral x 3 days\n"
                                     "R oral for 5 days\n"
                                     "1 Tab Citadep 10 mg OD x 60 days\n"
                                     "Page 1 of 1\n");
    assert_int_equal(page.num_medicines, 1);
    assert_string_equal(page.medicines[0].name.written.text, "Citadep");
    assert_int_equal(page.num_diagnoses, 1);
    rx_prescription_free(&page);
}

typedef struct counted {
    const char *text;
    size_t medicines;
} counted;

static void assert_medicines(const counted *pages, size_t count) {
    for (size_t i = 0; i < count; i++) {
        rx_prescription page = read_page(pages[i].text);
        if (page.num_medicines != pages[i].medicines)
            fail_msg("%s: %zu medicines", pages[i].text, page.num_medicines);
        rx_prescription_free(&page);
    }
}

static void what_lasts_since_a_time_is_a_complaint(void **state) {
    (void)state;
    static const counted pages[] = {{"Rx\n- Abdominal pain since 3 wks, fever x 4 days\n", 0},
                                    {"Rx\n- Blurred vision since 2 wks, LBS bd 4 days\n", 0},
                                    {"Acidity X 2/7, c/o scaly patches x 4 days, 1 BD\n", 0},
                                    {"Rx\nTab Metformin 1 BD since 5 yrs\n", 1},  /* a form, */
                                    {"Rx\nMetformin 500 mg BD since 5 yrs\n", 1}, /* a strength */
                                    {"Rx\nGarbled 4 BD for 5 days\n", 1}};
    assert_medicines(pages, sizeof pages / sizeof *pages);
}

static void a_patient_whose_key_cannot_be_read_is_no_medicine(void **state) {
    (void)state;
    static const counted pages[] = {
        {"Rx\nPooja Dose Age: 66 Yrs Gender: Female Date: 03/09/13\n", 0},
        {"Rx\n7 Date: 22.1.25\n", 0},
        {"Rx\nAricep 5 mg OD Date: 27/05/2023\n", 1},
        {"Rx\nTab Aricep OD Date: 27/05/2023\n", 1}};
    assert_medicines(pages, sizeof pages / sizeof *pages);
}

static void what_a_medicine_is_made_of_is_doubted_below_it(void **state) {
    (void)state;
    static const struct {
        const char *page;
        bool doubted;
    } pages[] = {
        {"Rx\n1) Cap. Zyvarin 500 BD x 3 days\nQorvexan IP 500 mg\n2) Tab. Meldutin 5 mg OD", true},
        {"Rx\n1) Cap. Zyvarin 500 BD x 3 days\n2) Qorvexan IP 500 mg\n3) Tab. Meldutin 5 mg OD",
         false},
        {"Rx\nCap. Zyvarin 500 BD x 3 days\nQorvexan IP 500 mg\nTab. Meldutin 5 mg OD", false},
        {"Rx\n1) Cap. Zyvarin 500 BD x 3 days\nQorvexan 500 mg BD\n2) Tab. Meldutin 5 mg OD",
         false},
        {"Rx\n1) Cap. Zyvarin 500 BD x 3 days\nTab Qorvexan 500 mg\n2) Tab. Meldutin 5 mg OD",
         false},
        {"Rx\n1) Cap. Zyvarin 500 mg\nQorvexan 500 mg\n2) Tab. Meldutin 5 mg OD", false},
    };
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rx_prescription page = read_page(pages[i].page);
        print_message("%s\n", pages[i].page);
        assert_int_equal(page.num_medicines, 3);
        bool doubted =
            rx_reviews_find(&page.medicines[1].review, RX_REVIEW_ROW_UNCLEAR, NULL) != NULL;
        assert_int_equal(doubted, pages[i].doubted);
        rx_prescription_free(&page);
    }
}

static void heads_of_columns_may_stand_on_lines_of_their_own(void **state) {
    (void)state;
    rx_prescription page = read_page(
        "Medication\nInstructions\nRemarks\n1\nZyvarin 20 mg\n0-0-1\n2\nQorvexan 10 mg\n1-0-0");
    assert_int_equal(page.num_medicines, 2);
    rx_prescription_free(&page);
    page = read_page("Rx\nTab Zyvarin 20 mg BD\nInstructions\nQorvexan 10 mg to avoid");
    assert_int_equal(page.num_medicines, 1);
    rx_prescription_free(&page);
}

static void as_directed_is_evidence_of_a_medicine(void **state) {
    (void)state;
    static const char *const pages[] = {
        "Tab Zyvarin BD\nQorvexan 40 mg as directed\nMeldutin 40 mg",
        "Tab Zyvarin BD\nQorvexan 40 mg as per INR\nMeldutin 40 mg",
        "Tab Zyvarin BD\nQorvexan 40 mg according to INR\nMeldutin 40 mg",
        "Tab Zyvarin BD\nQorvexan 40 mg as per sliding scale\nMeldutin 40 mg",
        "Tab Zyvarin BD\nQorvexan 40 mg as per chart\nMeldutin 40 mg",
    };
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rx_prescription page = read_page(pages[i]);
        assert_int_equal(page.num_medicines, 2);
        rx_prescription_free(&page);
    }
    assert_string_equal(names_on("Zyvarin 4 mg\nTake as directed on package\n"), "Zyvarin");
    assert_string_equal(names_on("Zyvarin 4 mg UAD\n"), "Zyvarin");
    assert_string_equal(names_on("Qorvexa Clinic\nUse as directed\n"), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_dates_stand_behind_their_keys),
        cmocka_unit_test(tests_advice_and_struck_out_lines_are_no_medicines),
        cmocka_unit_test(a_line_of_directions_continues_the_medicine_above),
        cmocka_unit_test(entries_are_counted_in_many_ways),
        cmocka_unit_test(a_duration_is_told_without_its_sign),
        cmocka_unit_test(a_field_is_as_sure_as_its_own_bytes),
        cmocka_unit_test(entries_are_numbered_in_many_ways),
        cmocka_unit_test(directions_below_a_bare_name_make_it_a_medicine),
        cmocka_unit_test(a_line_that_was_too_long_goes_on_below),
        cmocka_unit_test(a_name_goes_on_below_a_plus),
        cmocka_unit_test(labels_are_no_names),
        cmocka_unit_test(a_misread_form_is_still_a_form),
        cmocka_unit_test(a_misread_direction_is_no_name),
        cmocka_unit_test(a_list_goes_on_with_its_next_number),
        cmocka_unit_test(a_known_name_needs_little_else),
        cmocka_unit_test(as_directed_is_evidence_of_a_medicine),
        cmocka_unit_test(heads_of_columns_may_stand_on_lines_of_their_own),
        cmocka_unit_test(what_a_medicine_is_made_of_is_doubted_below_it),
        cmocka_unit_test(letterheads_and_advice_name_no_medicine),
        cmocka_unit_test(hours_of_a_clinic_are_known_when_misread),
        cmocka_unit_test(numbers_of_a_register_are_no_strengths),
        cmocka_unit_test(as_needed_is_how_often_where_nothing_else_says_it),
        cmocka_unit_test(a_misread_heading_is_still_one),
        cmocka_unit_test(a_listed_name_is_no_misread_heading),
        cmocka_unit_test(a_complaint_is_no_medicine),
        cmocka_unit_test(a_degree_in_a_name_is_part_of_it),
        cmocka_unit_test(a_long_name_in_small_letters_starts_a_medicine),
        cmocka_unit_test(a_misread_number_is_no_name),
        cmocka_unit_test(what_stands_under_a_heading_of_stopped_medicines_is_doubted),
        cmocka_unit_test(what_is_not_to_be_taken_is_no_medicine),
        cmocka_unit_test(what_is_done_with_a_medicine_is_no_part_of_its_name),
        cmocka_unit_test(the_most_that_may_be_taken_is_no_medicine),
        cmocka_unit_test(what_was_measured_is_no_medicine),
        cmocka_unit_test(headings_of_columns_and_lone_signs_are_no_medicines),
        cmocka_unit_test(what_lasts_since_a_time_is_a_complaint),
        cmocka_unit_test(a_patient_whose_key_cannot_be_read_is_no_medicine),
    };
    return cmocka_run_group_tests(tests, open_lexicon, close_lexicon);
}
