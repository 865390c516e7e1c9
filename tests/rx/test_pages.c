/* Claims about lines that mean something only together: headings and what stands below them, directions over several
 * lines, fields that end where others begin. */
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
    return page_of_text(text, lexicon);
}

static const char *text_of(const rx_text *text) {
    return text->text ? text->text : "";
}

/* A page, and whether its last medicine may be one that is not prescribed. */
typedef struct headed {
    const char *text;
    bool stopped;
} headed;

static void assert_headed(const headed *pages, size_t count) {
    for (size_t i = 0; i < count; i++) {
        rx_prescription page = read_page(pages[i].text);
        assert_true(page.num_medicines > 0);
        const rx_medicine *last = &page.medicines[page.num_medicines - 1];
        bool stopped = rx_reviews_find(&last->review, RX_REVIEW_CONFLICT, NULL) != NULL;
        if (strcmp(text_of(&last->name.written), "Zyvarin") != 0 || stopped != pages[i].stopped)
            fail_msg("%s", pages[i].text);
        rx_prescription_free(&page);
    }
}

static void a_heading_of_what_was_stopped_may_say_more(void **state) {
    (void)state;
    static const headed pages[] = {
        {"Medicines stopped during admission:\nZyvarin 5 mg OD\n", true},
        {"Hold until review:\nZyvarin 5 mg OD\n", true},
        {"These tablets were stopped:\nTab Zyvarin 5 mg OD\n", true},
        {"Tab Qorvexa stopped:\nTab Zyvarin 5 mg OD\n", false}, /* an entry */
        {"Stopped (25/3/24):\nZyvarin 5 mg OD\n", true},
        {"Not to continue:\nZyvarin 5 mg OD\n", true},
        {"Previous Rx:\nTab Zyvarin 5 mg OD\n", true},
        {"Do not stop:\nTab Zyvarin 5 mg OD\n", false}};
    assert_headed(pages, sizeof pages / sizeof *pages);
}

static void what_was_given_before_is_not_prescribed(void **state) {
    (void)state;
    static const headed pages[] = {
        {"Medications on admission\nTab Zyvarin 5 mg OD\n", true},
        {"Course in hospital:\nInj Zyvarin 5 mg IV OD\n", true},
        {"Treatment given in hospital\nInj Zyvarin 5 mg IV OD\n", true},
        {"Course in hospital:\nInj Qorvexa 1 g IV BD\nAdvice on discharge:\nTab Zyvarin 5 mg OD\n",
         false},
        {"Medications on admission\nTab Qorvexa 5 mg OD\nDischarge medications\nTab Zyvarin 5 mg "
         "OD\n",
         false}};
    assert_headed(pages, sizeof pages / sizeof *pages);
}

static void a_list_of_allergies_prescribes_nothing(void **state) {
    (void)state;
    static const headed pages[] = {
        {"Drug allergies:\nTab Zyvarin 5 mg\n", true},
        {"Avoid:\nTab Zyvarin 5 mg\nTab Zyvarin 10 mg\n", true},
        {"Tab Qorvexa 5 mg OD\nAvoid\nTab Zyvarin 5 mg\n", true},
        {"Avoid\nJunk food\nTab Zyvarin 5 mg OD\n", false},
        {"Foods to avoid:\noily, spicy\nTab Zyvarin 5 mg OD\n", false},
        {"Allergies:\nNKDA\nTab Zyvarin 5 mg OD\n", false},
        {"Allergies:\nWt: 60 kg\nTab Zyvarin 5 mg OD\n", false},
        {"Any drug allergy:\nDate: 25/3/24\nTab Zyvarin 5 mg OD\n", false},
        {"Allergic to sulfa\nTab Zyvarin 5 mg OD\n", false},
        {"Diagnosis:\nDrug allergy\nTab Zyvarin 5 mg OD\n", false}};
    assert_headed(pages, sizeof pages / sizeof *pages);
}

static void what_is_to_be_taken_ends_a_list_of_stopped_medicines(void **state) {
    (void)state;
    static const headed pages[] = {
        {"STOP:\nTab Qorvexa 5 mg OD\nStart:\nTab Zyvarin 5 mg OD\n", false},
        {"STOP:\nTab Qorvexa 5 mg OD\nPresent Rx:\nTab Zyvarin 5 mg OD\n", false},
        {"STOP:\nTab Qorvexa 5 mg OD\nMedicines changed:\nTab Zyvarin 5 mg OD\n", false},
        {"STOP:\nTab Qorvexa 5 mg OD\nContinue all other medicines\nTab Zyvarin 5 mg OD\n", false},
        {"STOP:\nTab Qorvexa 5 mg OD\nReason:\nTab Zyvarin 5 mg OD\n", true},
        {"STOP:\nTab Qorvexa 5 mg OD\nNot started:\nTab Zyvarin 5 mg OD\n", true}};
    assert_headed(pages, sizeof pages / sizeof *pages);
}

static void a_number_of_a_list_may_touch_the_form_behind_it(void **state) {
    (void)state;
    rx_prescription page = read_page("Rx\n1Tab Zyvarin 625 mg BD x 5 days\n2Cap Qorvexa 20 mg\n"
                                     "1Cap OD x 7 days\n3Syp Melduta 5 ml TDS\n");
    static const char *const names[] = {"Zyvarin", "Qorvexa", "Melduta"};
    assert_int_equal(page.num_medicines, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(text_of(&page.medicines[i].name.written), names[i]);
    assert_null(page.medicines[0].dose.written.text);
    assert_string_equal(text_of(&page.medicines[1].dose.written), "1Cap");
    assert_string_equal(text_of(&page.medicines[1].frequency.written), "OD");
    rx_prescription_free(&page);
}

static void a_review_is_no_direction(void **state) {
    (void)state;
    rx_prescription page = read_page("Rx\nTab Zyvarin 5 mg OD\nRev SOS\n");
    assert_int_equal(page.num_medicines, 1);
    assert_false(page.medicines[0].as_needed);
    rx_prescription_free(&page);
}

/* A page of one medicine, its dose, and whether that is doubted. */
static void days_of_the_week_below_a_medicine_are_directions(void **state) {
    (void)state;
    static const struct {
        const char *text, *dose;
        bool doubted;
    } pages[] = {{"Tab Zyvarin 5 mg\nMon Wed Fri 1 tab\n", "1 tab", false},
                 {"Tab Zyvarin 5 mg\nMon Wed Fri 1 tab\nRest 1/2 tab\n", "1 tab", true},
                 {"Tab Zyvarin 5 mg\nMon to Fri 1 tab\nSat Sun 2 tab\n", "1 tab", true},
                 {"Tab Zyvarin 5 mg OD\nexcept Sunday\n", "", true},
                 {"Tab Zyvarin 5 mg OD\nMon - Sat 10 am - 1 pm\n", "", false},
                 {"Tab Zyvarin 5 mg OD\nSunday closed\n", "", false},
                 {"Tab Zyvarin 5 mg\nMon 5 Tue 5 Wed 2.5\n", "", true},
                 {"Tab Zyvarin 5 mg OD\nMon 10 am, Tue 5 pm\n", "", false},
                 {"Tab Zyvarin 5 mg OD\nRest 2 days\n", "", false}};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rx_prescription page = read_page(pages[i].text);
        assert_int_equal(page.num_medicines, 1);
        const rx_medicine *m = &page.medicines[0];
        if (strcmp(text_of(&m->dose.written), pages[i].dose) != 0 || m->duration.written.text ||
            (rx_reviews_find(&m->review, RX_REVIEW_CONFLICT, "frequency") != NULL) !=
                pages[i].doubted)
            fail_msg("%s", pages[i].text);
        rx_prescription_free(&page);
    }
}

static void directions_below_two_names_may_be_of_either(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool doubted;
    } pages[] = {
        {"Rx\nTab Qorvexa 625\nTab Zyvarin 40\n1 tab BD x 5 days\n1 tab OD x 5 days\n", true},
        {"Rx\nTab Qorvexa 625\n1 tab BD x 5 days\nTab Zyvarin 40\n2 tab OD x 5 days\n1 tab OD x 5 "
         "days\n",
         false},
        {"Rx\nTab Qorvexa 625 BD\nTab Zyvarin 40\n2 tab OD x 5 days\n1 tab OD x 5 days\n", false}};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rx_prescription page = read_page(pages[i].text);
        assert_int_equal(page.num_medicines, 2);
        bool doubted = rx_reviews_find(&page.medicines[1].review, RX_REVIEW_ROW_UNCLEAR, NULL);
        if (doubted != pages[i].doubted)
            fail_msg("%s", pages[i].text);
        rx_prescription_free(&page);
    }
}

static void what_is_said_below_of_stopping_is_not_lost(void **state) {
    (void)state;
    static const headed pages[] = {
        {"Tab Zyvarin 75 mg OD\nStop on 10/6/24\n", true},
        {"Tab Zyvarin 75 mg OD\nstop 5 days before surgery\n", true},
        {"Tab Zyvarin 75 mg OD\nomit today\n", true},
        {"Tab Zyvarin 75 mg OD\nHeld since 1/6/24\n", true},
        {"Tab Zyvarin 75 mg OD\nStop smoking\n", false},
        {"Tab Zyvarin 75 mg OD\nhold if BP < 100\n", false},
        {"Tab Qorvexa 75 mg OD\nOR\nTab Zyvarin 75 mg OD\n", true},
        {"Tab Qorvexa 75 mg OD\nTab Zyvarin 75 mg OD\nOR\nTab Zyvarin 40 mg OD\n", true}};
    assert_headed(pages, sizeof pages / sizeof *pages);
    rx_prescription page = read_page("Tab Zyvarin 75 mg OD\nstop 5 days before surgery\n");
    assert_null(page.medicines[0].duration.written.text);
    rx_prescription_free(&page);
    page = read_page("Tab Qorvexa 75 mg OD\nTab Zyvarin 75 mg OD\nOR\nTab Melduta 40 mg OD\n");
    assert_int_equal(page.num_medicines, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(
            rx_reviews_find(&page.medicines[i].review, RX_REVIEW_CONFLICT, NULL) != NULL, i > 0);
    rx_prescription_free(&page);
}

static void directions_stand_below_what_a_medicine_is_made_of_or_for(void **state) {
    (void)state;
    static const struct {
        const char *text, *strength, *dose;
    } pages[] = {
        {"Tab Zyvarin 625\n(Qorvexa 500 mg + Melduta acid 125 mg)\n1 tab BD\n", "625", "1 tab"},
        {"Cap Zyvarin D\n(Qorvexa 40 mg + Melduta 30 mg)\n1 cap BD\n", "", "1 cap"},
        {"Tab Zyvarin 40\n(Qorvexa 40 mg)\n1 tab OD\n", "40", "1 tab"},
        {"Tab Zyvarin 40\n(Qorvexa)\n1 tab OD\n", "40", "1 tab"},
        {"Tab Zyvarin\n(40 mg)\n1 tab OD\n", "40 mg", "1 tab"},
        {"Tab Zyvarin 40\n(take 2 tab daily)\n", "40", "2 tab"},
        {"Tab Zyvarin 40\nfor BP\n1 tab OD\n", "40", "1 tab"},
        {"zyvarin 40 mg tablet\nCommonly known as: QORVEX\nTake 1 tablet daily\n", "40 mg",
         "1 tablet"},
        {"zyvarin 40 mg tablet\nWhat changed: how much to take\nTake 2 tablets daily\n", "40 mg",
         "2 tablets"},
        {"Inj Zyvarin 1 g\ndiluted in 10 ml water\n1 vial IV BD\n", "1 g", "1 vial"},
        {"Inj Zyvarin 1 g IV\nin 100 ml NS\n1 vial BD\n", "1 g", "1 vial"}};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rx_prescription page = read_page(pages[i].text);
        print_message("%s", pages[i].text);
        assert_int_equal(page.num_medicines, 1);
        assert_string_equal(text_of(&page.medicines[0].strength.written), pages[i].strength);
        assert_string_equal(text_of(&page.medicines[0].dose.written), pages[i].dose);
        rx_prescription_free(&page);
    }
}

/* Two medicines; which of them must be looked at with the lines beside it. */
static void what_is_said_of_several_medicines_is_not_lost(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool doubted[2];
    } pages[] = {{"Tab Qorvexa 40 OD }\nTab Zyvarin 5 OD } x 5 days\n", {true, false}},
                 {"Tab Qorvexa 40 OD\nTab Zyvarin 5 OD\n} x 5 days\n", {true, false}},
                 {"Tab Qorvexa 40 OD\nTab Zyvarin 5 OD\nAll for 1 month\n", {true, false}},
                 {"Tab Qorvexa 40 OD x 5 days\nTab Zyvarin 5 OD\nboth x 5 days\n", {false, false}},
                 {"Tab Qorvexa 40 OD x 5 days\nTab Zyvarin 5 \"\n", {false, true}},
                 {"Tab Qorvexa 40 OD x 5 days\nTab Zyvarin 5 -do-\n", {false, true}},
                 {"Tab Qorvexa 40 OD x 5 days\nTab Zyvarin 5 OD x ,,\n", {false, true}},
                 {"Tab Qorvexa 40 OD x 5 days\n\" Zyvarin 5 OD x 5 days\n", {false, false}},
                 {"Tab Qorvexa 40 OD\nTab Zyvarin 5 OD\nx 5 days\n", {true, false}},
                 {"Tab Qorvexa 40 OD\nTab Zyvarin 5 OD\nfor 1 month\n", {true, false}},
                 {"Tab Qorvexa 40 OD\nTab Zyvarin 5 OD\n5 days only\n", {true, false}},
                 {"Tab Qorvexa 40 OD\nTab Zyvarin 5 one tablet twice daily after food\nx 5 days\n",
                  {false, false}}, /* no room behind it */
                 {"Tab Qorvexa 40 OD\nTab Zyvarin 5 OD x\n5 days\n", {false, false}},
                 {"Tab Qorvexa 40 OD x 3 days\nTab Zyvarin 5 OD\nx 5 days\n", {false, false}},
                 {"Inj Qorvexa 40 mg STAT\nTab Zyvarin 5 OD\nx 5 days\n", {false, false}},
                 {"Tab Qorvexa 40 OD\nTab Zyvarin 5 OD\n1 tab x 5 days\n", {false, false}},
                 {"Tab Qorvexa 40 OD } x 5 days\nTab Zyvarin 5 OD\n", {false, true}},
                 {"Tab Qorvexa 40 OD\nTab Zyvarin 5 OD } x 5 days\n", {true, false}},
                 {"Tab Qorvexa 40\nTab Zyvarin 5\n1 tab OD each\n", {true, false}},
                 {"1. Qorvexa 40 mg\n2. Zyvarin 5 mg\n1 tab OD\n", {true, false}},
                 {"Tab Qorvexa 40\nTab Zyvarin 5 HS\nall 1 OD\n", {true, false}},
                 {"Tab Qorvexa 40\nTab Zyvarin 5\nboth BD\n", {true, false}},
                 {"Tab Qorvexa 40 OD\nTab Zyvarin 5 OD\nto continue x 2 weeks\n", {true, false}},
                 {"Tab Qorvexa 40 OD\nTab Zyvarin 5\n1 tab OD\n", {false, false}}};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rx_prescription page = read_page(pages[i].text);
        print_message("%s", pages[i].text);
        assert_int_equal(page.num_medicines, 2);
        assert_string_equal(text_of(&page.medicines[1].name.written), "Zyvarin");
        for (size_t k = 0; k < 2; k++)
            assert_int_equal(
                rx_reviews_find(&page.medicines[k].review, RX_REVIEW_ROW_UNCLEAR, NULL) != NULL,
                pages[i].doubted[k]);
        rx_prescription_free(&page);
    }
}

/* Of three medicines above a line that says for how long, those right above it up to one that has its own. */
static void a_duration_alone_may_be_of_those_right_above(void **state) {
    (void)state;
    rx_prescription page = read_page("Tab Qorvexa 40 OD\nTab Melduta 5 mg BD x 3 days\n"
                                     "Tab Kelpora 5 mg BD\nTab Zyvarin 5 OD\nx 5 days\n");
    static const bool doubted[] = {false, false, true, false};
    assert_int_equal(page.num_medicines, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(
            rx_reviews_find(&page.medicines[i].review, RX_REVIEW_ROW_UNCLEAR, "duration") != NULL,
            doubted[i]);
    assert_string_equal(text_of(&page.medicines[3].duration.written), "5 days");
    rx_prescription_free(&page);
}

/* Directions of several entries on one line of a page, which was parted. */
static void directions_at_the_end_of_a_line_may_be_of_all_its_entries(void **state) {
    (void)state;
    const rx_line lines[] = {{.text = "Tab Amlong 5", .joint = " & "},
                             {.text = "Tab Telma 40", .joint = ", "},
                             {.text = "Tab Zyvarin 5 1-0-0"},
                             {.text = "Tab Qorvexa 40"},
                             {.text = "Tab Melduta 40 1-0-0"}};
    static const bool doubted[] = {true, true, false, false, false};
    rx_prescription page;
    assert_int_equal(rx_reading_make(&page, lines, 5, lexicon, NULL), PALI_OK);
    assert_int_equal(page.num_medicines, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(
            rx_reviews_find(&page.medicines[i].review, RX_REVIEW_ROW_UNCLEAR, "frequency") != NULL,
            doubted[i]);
    rx_prescription_free(&page);
}

/* The form of what was counted above, or of an entry that has its own, begins none. */
static void a_form_alone_may_go_on_with_the_line_above(void **state) {
    (void)state;
    rx_prescription page = read_page("Rx\nTab Zyvarin 500 OD Qty: 60\ntabs\n"
                                     "#2 T. Qorvexa 40 BD\ntabs\nSyp Melduta 5 ml TDS\n");
    assert_int_equal(page.num_medicines, 3);
    assert_string_equal(text_of(&page.medicines[0].quantity.written), "Qty: 60\ntabs");
    assert_string_equal(text_of(&page.medicines[1].name.written), "Qorvexa");
    assert_string_equal(text_of(&page.medicines[1].line), "#2 T. Qorvexa 40 BD\ntabs");
    assert_string_equal(page.medicines[2].form.value, "syrup");
    rx_prescription_free(&page);
}

/* What is below "Plan:" may be a medicine, and one that is named above may have another dose then. */
static void a_plan_may_change_what_stands_above(void **state) {
    (void)state;
    rx_prescription page = read_page("Current meds:\nAspirin 75mg od\nBisoprolol 2.5mg od\nPlan:\n"
                                     "increase bisoprolol to 5mg od\nstart ramipril 1.25mg od\n"
                                     "rest for 2 days\ncheck potassium 1 week\n");
    static const char *const names[] = {"Aspirin", "Bisoprolol", "bisoprolol", "ramipril"};
    assert_int_equal(page.num_medicines, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(text_of(&page.medicines[i].name.written), names[i]);
        assert_int_equal(
            rx_reviews_find(&page.medicines[i].review, RX_REVIEW_CONFLICT, "dose") != NULL, i == 1);
    }
    rx_prescription_free(&page);
    page = read_page("PMH: HTN on Amlodipine 5 mg OD\nRx\nTab Zyvarin 5 mg OD\n");
    assert_int_equal(page.num_medicines, 1);
    rx_prescription_free(&page);
}

static void letters_may_mark_a_list(void **state) {
    (void)state;
    rx_prescription page = read_page("A: Tab Zyvarin 5 mg 1-0-1\nb) Cap Qorvexa 1-0-0\n"
                                     "C: Cap Melduta NT 0-0-1\nT: Kelpora 5 mg OD\n");
    static const char *const names[] = {"Zyvarin", "Qorvexa", "Melduta NT", "Kelpora"};
    assert_int_equal(page.num_medicines, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(text_of(&page.medicines[i].name.written), names[i]);
    rx_prescription_free(&page);
}

/* What the directions above two medicines may say of them; "" where nothing is doubted. */
static void directions_may_stand_above_medicines(void **state) {
    (void)state;
    static const struct {
        const char *text, *doubted[3];
    } pages[] = {
        {"Rx\nMorning\nTab Qorvexa 40\nTab Melduta 5\nNight\nTab Zyvarin 10\n",
         {"frequency", "frequency", "frequency"}},
        {"Rx\nFor 5 days\nTab Qorvexa 40 BD\nTab Melduta 5 mg OD x 3 days\nTab Zyvarin 10 OD\n",
         {"duration", "", "duration"}},
        {"Rx\nBD\nTab Qorvexa 40 OD x 5 days\nTab Melduta 5 HS\nTab Zyvarin 10 OD\n", {"", "", ""}},
        {"Rx\nTab Qorvexa 40\nMorning\nTab Melduta 5\nNight\nTab Zyvarin 10 OD\n", {"", "", ""}}};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rx_prescription page = read_page(pages[i].text);
        print_message("%s", pages[i].text);
        assert_int_equal(page.num_medicines, 3);
        for (size_t k = 0; k < 3; k++) {
            const rx_review *doubt =
                rx_reviews_find(&page.medicines[k].review, RX_REVIEW_ROW_UNCLEAR, NULL);
            assert_string_equal(doubt && doubt->field ? doubt->field : "", pages[i].doubted[k]);
        }
        rx_prescription_free(&page);
    }
    const rx_line lines[] = {{.text = "Tab Qorvexa 40 OD x 5 days"},
                             {.text = "Week 2:", .joint = " "},
                             {.text = "Tab Zyvarin 50 OD"}};
    rx_prescription page;
    assert_int_equal(rx_reading_make(&page, lines, 3, lexicon, NULL), PALI_OK);
    assert_int_equal(page.num_medicines, 2);
    assert_int_equal(page.medicines[0].review.count, 2); /* its name, and OD */
    assert_non_null(rx_reviews_find(&page.medicines[1].review, RX_REVIEW_ROW_UNCLEAR, "duration"));
    rx_prescription_free(&page);
}

/* A clinic's days, or the medicine's. */
static void a_span_of_days_below_a_medicine_is_doubted(void **state) {
    (void)state;
    rx_prescription page =
        read_page("Rx\nTab Zyvarin 100 mcg\nMon to Fri\n125 mcg Sat Sun\nTab Qorvexa 5 mg OD\n");
    assert_int_equal(page.num_medicines, 2);
    assert_non_null(rx_reviews_find(&page.medicines[0].review, RX_REVIEW_ROW_UNCLEAR, "frequency"));
    assert_non_null(rx_reviews_find(&page.medicines[0].review, RX_REVIEW_CONFLICT, "dose"));
    assert_null(rx_reviews_find(&page.medicines[1].review, RX_REVIEW_ROW_UNCLEAR, NULL));
    rx_prescription_free(&page);
}

/* A column of forms beside a column of names, read one cell after the other. */
static void a_form_alone_below_directions_is_of_the_next_medicine(void **state) {
    (void)state;
    rx_prescription page =
        read_page("Rx\nTab\nZyvarin 500\nOD x 3d\nTab\nQorvexa 40\nBD x 3d\nSyp\n"
                  "Melduta\n2 tsp TDS\n");
    static const char *const names[] = {"Zyvarin", "Qorvexa", "Melduta"}, *const forms[] = {
                                                                              "tablet", "tablet",
                                                                              "syrup"};
    assert_int_equal(page.num_medicines, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(text_of(&page.medicines[i].name.written), names[i]);
        assert_string_equal(page.medicines[i].form.value, forms[i]);
    }
    rx_prescription_free(&page);
}

static void days_below_a_medicine_say_how_often(void **state) {
    (void)state;
    static const char *const pages[][2] = {
        {"Tab Zyvarin 5 mg\nThu & Sun\n", "Thu & Sun"},
        {"Tab Zyvarin 5 mg\nMon, Wed, Fri only\n", "Mon, Wed, Fri only"},
        {"Tab Zyvarin 5 mg\nMon - Sat\n", ""},
        {"Tab Zyvarin 5 mg\nSunday\n", ""}};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rx_prescription page = read_page(pages[i][0]);
        print_message("%s", pages[i][0]);
        assert_int_equal(page.num_medicines, 1);
        assert_string_equal(text_of(&page.medicines[0].frequency.written), pages[i][1]);
        rx_prescription_free(&page);
    }
}

static void names_above_one_line_of_directions_are_not_lost(void **state) {
    (void)state;
    rx_prescription page = read_page("Amlodipine\nTelmisartan\nMetformin\n1 tab OD each\n");
    assert_int_equal(page.num_medicines, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(
            rx_reviews_find(&page.medicines[i].review, RX_REVIEW_ROW_UNCLEAR, "frequency") != NULL,
            i < 2);
    rx_prescription_free(&page);
    page = read_page("Amlodipine\nBorivali East\nTelmisartan\n1 tab OD\n");
    assert_int_equal(page.num_medicines, 1);
    rx_prescription_free(&page);
}

/* The number of a list's entry, or how many are taken: an entry with a number too few stands above the former. */
static void a_number_before_a_form_may_be_how_many(void **state) {
    (void)state;
    static const struct {
        const char *text, *dose;
        bool doubted;
    } pages[] = {{"2 tabs Zyvarin BD\n", "2 tabs", false},
                 {"1 Tab Qorvexa 5 mg OD\n2 Tab Zyvarin 5 mg OD\n", "", false},
                 {"1) Tab Qorvexa 5 mg OD\n2 Tab Zyvarin 5 mg OD\n", "", false},
                 {"1 Tab Qorvexa 5 mg OD\n2 Caps Zyvarin 5 mg OD\n", "2 Caps", true},
                 {"Tab Qorvexa 5 mg OD\n2 Tab Zyvarin 5 mg OD\n", "", true},
                 {"1 Tab Qorvexa 5 mg OD\n3 Tab Zyvarin 5 mg OD\n", "", true},
                 {"1 tab Zyvarin 5 mg OD\n", "", false},
                 {"1 Tabs Zyvarin 5 mg OD\n", "", false},
                 {"5 Tab: Zyvarin 5 mg OD\n", "", false},
                 {"2) Tab Zyvarin 5 mg OD\n", "", false},
                 {"2 Tab Zyvarin 5 mg 1 tab OD\n", "1 tab", false}};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rx_prescription page = read_page(pages[i].text);
        print_message("%s", pages[i].text);
        assert_true(page.num_medicines > 0);
        const rx_medicine *last = &page.medicines[page.num_medicines - 1];
        assert_string_equal(text_of(&last->name.written), "Zyvarin");
        assert_string_equal(text_of(&last->dose.written), pages[i].dose);
        assert_int_equal(rx_reviews_find(&last->review, RX_REVIEW_AMBIGUOUS_NUMBER, "dose") != NULL,
                         pages[i].doubted);
        rx_prescription_free(&page);
    }
}

/* What a medicine is for may stand before it. */
static void a_condition_before_an_entry_is_not_its_name(void **state) {
    (void)state;
    static const struct {
        const char *text, *needed_for, *instructions;
    } pages[] = {{"If pain take Tab Zyvarin 650\n", "If pain", ""},
                 {"If fever > 101 give Syp Zyvarin 5 ml\n", "If fever > 101", ""},
                 {"If no relief then Tab Zyvarin 5 mg\n", "If no relief", ""},
                 {"For fever: Tab Zyvarin 500 SOS\n", "For fever", ""},
                 {"1) In case of loose motions Cap Zyvarin 2 mg\n", "In case of loose motions", ""},
                 {"For BP Tab Zyvarin 5 mg OD\n", "", "For BP"}};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rx_prescription page = read_page(pages[i].text);
        print_message("%s", pages[i].text);
        assert_int_equal(page.num_medicines, 1);
        const rx_medicine *m = &page.medicines[0];
        assert_string_equal(text_of(&m->name.written), "Zyvarin");
        assert_string_equal(text_of(&m->as_needed_for), pages[i].needed_for);
        assert_int_equal(m->as_needed, *pages[i].needed_for != '\0');
        assert_string_equal(text_of(&m->instructions), pages[i].instructions);
        rx_prescription_free(&page);
    }
    rx_prescription page =
        read_page("If rash stop Tab Zyvarin 5 mg\nIf BP < 100 hold Tab Zyvarin\n");
    assert_int_equal(page.num_medicines, 0);
    rx_prescription_free(&page);
}

static void the_steps_of_a_sliding_scale_are_doses(void **state) {
    (void)state;
    rx_prescription page = read_page(
        "Inj Actrapid s/c tds\nRBS 150-200 4 U\n201-250: 6 U\n> 300 10 U\nTab Zyvarin 5 mg OD\n");
    assert_int_equal(page.num_medicines, 2);
    assert_non_null(rx_reviews_find(&page.medicines[0].review, RX_REVIEW_CONFLICT, "dose"));
    assert_null(rx_reviews_find(&page.medicines[1].review, RX_REVIEW_CONFLICT, "dose"));
    rx_prescription_free(&page);
    page = read_page("Insulin lispro SSI\n< 150 nil\n");
    assert_int_equal(page.num_medicines, 1);
    rx_prescription_free(&page);
}

/* A name that no list has may be a misread word of the directions. */
static void a_dose_before_a_known_name_begins_an_entry(void **state) {
    (void)state;
    rx_prescription page =
        read_page("Tab Zyvarin 5 mg OD\n2 puffs Asthalin SOS\n10 units Lantus HS\n");
    assert_int_equal(page.num_medicines, 3);
    rx_prescription_free(&page);
    page = read_page("Rx\nTab Zyvarin 5 mg\nONE TABLET SINGLE OOSE SHAKE WELL\n");
    assert_int_equal(page.num_medicines, 1);
    assert_string_equal(text_of(&page.medicines[0].dose.written), "ONE TABLET");
    rx_prescription_free(&page);
    static const char *const doses[] = {"2 puffs", "2 tabs"};
    for (size_t i = 0; i < 2; i++) {
        char text[64];
        snprintf(text, sizeof text, "Tab Zyvarin 5 mg\n%s Twlce daily\n", doses[i]);
        page = read_page(text);
        assert_int_equal(page.num_medicines, 1);
        assert_string_equal(text_of(&page.medicines[0].dose.written), doses[i]);
        rx_prescription_free(&page);
    }
}

static void fluids_below_each_other_are_entries(void **state) {
    (void)state;
    rx_prescription page = read_page("NS 500 ml over 4 h\nRL 1 L over 8 h\n5D 500 ml over 4 h\n");
    assert_int_equal(page.num_medicines, 3);
    rx_prescription_free(&page);
}

static void units_at_each_time_of_a_day_are_no_date(void **state) {
    (void)state;
    rx_prescription page = read_page("Inj Zyvarin\n10-12-10 units\n");
    assert_null(page.date.text);
    assert_int_equal(page.num_medicines, 1);
    assert_string_equal(text_of(&page.medicines[0].frequency.written), "10-12-10");
    rx_prescription_free(&page);
}

static void a_person_is_named_without_family_and_register(void **state) {
    (void)state;
    static const struct {
        const char *text, *patient, *prescriber;
    } pages[] = {{"Pt: Ram Lal S/o Shyam Lal 32 yrs/M\n", "Ram Lal", ""},
                 {"Mrs. Radha W/o Suresh 28 yrs F\n", "Mrs. Radha", ""},
                 {"Name: Asha D'Souza\n", "Asha D'Souza", ""},
                 {"Dr J Patel GMC 1234567\n", "", "Dr J Patel"},
                 {"Pt is on\n", "", ""},
                 {"Pt: asha rao\n", "asha rao", ""}};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rx_prescription page = read_page(pages[i].text);
        assert_string_equal(text_of(&page.patient.name), pages[i].patient);
        assert_string_equal(text_of(&page.prescriber), pages[i].prescriber);
        rx_prescription_free(&page);
    }
}

static void a_diagnosis_is_told_without_its_sign_and_its_treatment(void **state) {
    (void)state;
    static const struct {
        const char *text, *diagnosis;
        size_t count;
    } pages[] = {{"\xe2\x88\x86 Asthma\n", "Asthma", 1},
                 {"Dx: HTN on Tab Zyvarin 5 mg OD, Tab Qorvexa 40 OD\n", "HTN", 1},
                 {"Dx: Hypertension (I10)\n", "Hypertension (I10)", 1},
                 {"Dx: Ca breast on\nchemo\n", "Ca breast on chemo", 1}};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rx_prescription page = read_page(pages[i].text);
        if (page.num_diagnoses != pages[i].count)
            fail_msg("%s: %zu", pages[i].text, page.num_diagnoses);
        assert_string_equal(page.diagnoses[0].text, pages[i].diagnosis);
        assert_int_equal(page.review.count, 0);
        rx_prescription_free(&page);
    }
}

static void sight_and_times_of_a_table_are_no_medicines(void **state) {
    (void)state;
    static const char *const texts[] = {"Rx\nVision RE 6/9 LE 6/12\n",
                                        "Drug Morning Noon Night Duration\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        rx_prescription page = read_page(texts[i]);
        if (page.num_medicines > 0)
            fail_msg("%s", texts[i]);
        rx_prescription_free(&page);
    }
}

static void words_of_other_countries_say_how_often(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double per_day;
    } pages[] = {{"Tab Zyvarin 5 mg\ndin me do bar\n", 2},
                 {"Tab Zyvarin 5 mg\ndin mein teen baar\n", 3},
                 {"Tab Zyvarin 5 mg\nsubah dopahar sham\n", 3},
                 {"Tabs Zyvarin 5 mg dly\n", 1}};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        rx_prescription page = read_page(pages[i].text);
        assert_int_equal(page.num_medicines, 1);
        assert_float_equal(page.medicines[0].frequency.per_day, pages[i].per_day, 1e-9);
        rx_prescription_free(&page);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_heading_of_what_was_stopped_may_say_more),
        cmocka_unit_test(what_was_given_before_is_not_prescribed),
        cmocka_unit_test(a_list_of_allergies_prescribes_nothing),
        cmocka_unit_test(what_is_to_be_taken_ends_a_list_of_stopped_medicines),
        cmocka_unit_test(a_number_of_a_list_may_touch_the_form_behind_it),
        cmocka_unit_test(a_review_is_no_direction),
        cmocka_unit_test(days_of_the_week_below_a_medicine_are_directions),
        cmocka_unit_test(directions_below_two_names_may_be_of_either),
        cmocka_unit_test(what_is_said_below_of_stopping_is_not_lost),
        cmocka_unit_test(directions_stand_below_what_a_medicine_is_made_of_or_for),
        cmocka_unit_test(what_is_said_of_several_medicines_is_not_lost),
        cmocka_unit_test(a_duration_alone_may_be_of_those_right_above),
        cmocka_unit_test(names_above_one_line_of_directions_are_not_lost),
        cmocka_unit_test(directions_at_the_end_of_a_line_may_be_of_all_its_entries),
        cmocka_unit_test(directions_may_stand_above_medicines),
        cmocka_unit_test(a_span_of_days_below_a_medicine_is_doubted),
        cmocka_unit_test(a_plan_may_change_what_stands_above),
        cmocka_unit_test(letters_may_mark_a_list),
        cmocka_unit_test(a_form_alone_may_go_on_with_the_line_above),
        cmocka_unit_test(a_form_alone_below_directions_is_of_the_next_medicine),
        cmocka_unit_test(days_below_a_medicine_say_how_often),
        cmocka_unit_test(a_number_before_a_form_may_be_how_many),
        cmocka_unit_test(a_condition_before_an_entry_is_not_its_name),
        cmocka_unit_test(the_steps_of_a_sliding_scale_are_doses),
        cmocka_unit_test(a_dose_before_a_known_name_begins_an_entry),
        cmocka_unit_test(fluids_below_each_other_are_entries),
        cmocka_unit_test(units_at_each_time_of_a_day_are_no_date),
        cmocka_unit_test(a_person_is_named_without_family_and_register),
        cmocka_unit_test(a_diagnosis_is_told_without_its_sign_and_its_treatment),
        cmocka_unit_test(sight_and_times_of_a_table_are_no_medicines),
        cmocka_unit_test(words_of_other_countries_say_how_often),
    };
    return cmocka_run_group_tests(tests, open_lexicon, close_lexicon);
}
