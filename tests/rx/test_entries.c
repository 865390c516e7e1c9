/* Claims about src/rx/entries: which lines are several medicines, and what becomes of them. */
#include "rx/entries.h"

#include "rx/places.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "with_lexicon.h"

static rx_rows part(const char *text, pali_arena *arena) {
    rx_line *line = pali_arena_alloc(arena, 1, sizeof *line, "a line", NULL);
    *line = (rx_line){.text = text};
    rx_rows rows = {1, line, NULL};
    assert_int_equal(rx_entries_part(&rows, arena, lexicon, NULL), PALI_OK);
    return rows;
}

static void a_list_of_medicines_is_a_line_each(void **state) {
    (void)state;
    enum { MOST = 4 };
    static const char *const lists[][MOST + 1] = {
        {"Tab Dolo 650 mg TDS, Tab Cetirizine 10 mg OD x 5 days", "Tab Dolo 650 mg TDS",
         "Tab Cetirizine 10 mg OD x 5 days"},
        {"Metformin 500 mg BD; Glimepiride 1 mg OD; Atorvastatin 10 mg HS", "Metformin 500 mg BD",
         "Glimepiride 1 mg OD", "Atorvastatin 10 mg HS"},
        {"1) Tab Azithromycin 500 mg OD 2) Tab Dolo 650 mg", "1) Tab Azithromycin 500 mg OD",
         "2) Tab Dolo 650 mg"},
        {"Amoxicillin 500mg TDS 5/7 + Ibuprofen 400mg PRN", "Amoxicillin 500mg TDS 5/7",
         "Ibuprofen 400mg PRN"},
        {"Aspirin 75 mg OD and Clopidogrel 75 mg OD", "Aspirin 75 mg OD", "Clopidogrel 75 mg OD"},
        {"Tab Zyqorvin 10 mg BD after food Tab Dolo 650 mg TDS", "Tab Zyqorvin 10 mg BD after food",
         "Tab Dolo 650 mg TDS"},
        {"Tab Metformin 500 mg, Tab Glimepiride 1 mg BD", "Tab Metformin 500 mg",
         "Tab Glimepiride 1 mg BD"},
        {"Tab Metformin 500 mg BD Tab Glimepiride 1 mg OD.", "Tab Metformin 500 mg BD",
         "Tab Glimepiride 1 mg OD."},
        {"Syp Ambroxol 5 ml TDS, Syp Paracetmol 5 ml SOS", "Syp Ambroxol 5 ml TDS",
         "Syp Paracetmol 5 ml SOS"}, /* nearly a name, behind a form */
        {"Current meds: Lisinopril 10 mg daily, Atorvastatin 20 mg qhs",
         "Current meds: Lisinopril 10 mg daily", "Atorvastatin 20 mg qhs"},
        {"lisinopril 10mg daily, hctz 12.5mg daily", "lisinopril 10mg daily", "hctz 12.5mg daily"},
        {"Tab Dolo 650 mg TDS, Tab Zyqorvin 10 mg OD", "Tab Dolo 650 mg TDS",
         "Tab Zyqorvin 10 mg OD"},
        {"Folvite, Tab Shelcal OD", "Folvite", "Tab Shelcal OD"},
        {"T Folvite, T Shelcal, T Livogen all OD", "T Folvite", "T Shelcal", "T Livogen all OD"},
        {"Adv: T. PCM 650 SOS, T. Pantop 40 OD", "Adv:", "T. PCM 650 SOS", "T. Pantop 40 OD"},
        {"DNS 500 ml + 1 amp MVI OD", "DNS 500 ml", "1 amp MVI OD"},
        {"GLP: Metformin 500 mg BD", "GLP:", "Metformin 500 mg BD"},
        {"Morning: Tab Telma 40, Tab Zyqorvin 5 mg", "Morning:", "Tab Telma 40",
         "Tab Zyqorvin 5 mg"},
        {"Once daily: Tab Telma 40", "Once daily:", "Tab Telma 40"},
        {"For 5 days: Tab Augmentin 625 BD, Tab Dolo 650 TDS",
         "For 5 days:", "Tab Augmentin 625 BD", "Tab Dolo 650 TDS"},
        {"Week 2: Tab Zyqorvin 50 OD", "Week 2:", "Tab Zyqorvin 50 OD"},
        {"Day 1-3 Tab Wysolone 40 mg OD", "Day 1-3", "Tab Wysolone 40 mg OD"},
        {"FOLFOX: Inj Zyqorvin 85 mg IV OD", "FOLFOX:", "Inj Zyqorvin 85 mg IV OD"},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        pali_arena arena = PALI_ARENA_INIT;
        rx_rows rows = part(lists[i][0], &arena);
        size_t count = 0;
        while (count < MOST && lists[i][count + 1])
            count++;
        if (rows.count != count)
            fail_msg("%s: %zu parts", lists[i][0], rows.count);
        char whole[256] = "";
        for (size_t k = 0; k < count; k++) {
            assert_string_equal(rows.lines[k].text, lists[i][k + 1]);
            strcat(strcat(whole, rows.lines[k].text), k + 1 < count ? rows.lines[k].joint : "");
        }
        assert_string_equal(whole, lists[i][0]);
        assert_null(rows.lines[count - 1].joint);
        pali_arena_free(&arena);
    }
}

static void all_else_stays_one_line(void **state) {
    (void)state;
    static const char *const lines[] = {
        "Tab Telmisartan 40 mg + Amlodipine 5 mg OD", /* one tablet of both */
        "Sinarest (Paracetamol 500 mg OD, Tab Dolo 10 mg OD) 1 tab TDS",
        "Paracetamol 500 mg, Phenylephrine 10 mg, Chlorpheniramine 2 mg",
        "Clopidogrel + Aspirin 75/150 mg OD",
        "Tab Prednisolone 40 mg OD x 5 days, then 20 mg OD x 5 days",
        "Stop Aspirin 75 mg OD, Clopidogrel 75 mg OD",
        "PARACETAMOL: Tab Dolo 650 mg TDS",
        "Tab Dolo 650 mg 2 tab now & 1 tab after 6 hrs",
        "TAB DOLO 650 MG 4 TAB STAT, 2 TAB AFTER 6 HR",
        "K/c/o DM on Metformin 500 mg BD, Glimepiride 1 mg OD",
        "Tab Dolo 650 mg TDS, stop Tab Aspirin 75 mg OD",
        "Tab Dolo 650 mg TDS instead of Tab Aspirin 75 mg OD",
        "Tab Dolo 650 mg TDS withholding Tab Aspirin 75 mg OD",
        "Avoid Tab Ibuprofen 400 mg TDS, Tab Diclofenac 50 mg BD",
        "Amoxicillin 500 mg TDS, Warfarin",      /* nothing to do with it */
        "Dolo 650 mg TDS, Paracetmol 500 mg BD", /* nearly a name, and no form */
        "Tab Calcium 500 mg OD, 2 hours after Levothyroxine 50 mcg",
        "Insulin 10 units morning, 6 units night",
        "Paracetamol 500 mg Tab TDS",
        "SYP Duphalac 10 g/15 ml SYP Duphalac 10 g/15ml 2.5 ml BD", /* the same again */
        "Dolo 650 mg TDS, apply cream twice daily",
        "Dolo 650 mg TDS Tab Zyqorvin 10 mg OD",
        "Dolo 650 mg TDS, Zyqorvin 10 mg OD", /* no name that is known */
        "Adv: rest, plenty of fluids",
        "Meds: Zyqorvin 10 mg daily",
        "Meds: Lisinopril",
        "Meds:",
        "Tab Dolo 650 mg",
        "~Dolo 650 mg TDS, Aspirin 75 mg OD", /* struck out */
        ",",
        "",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        pali_arena arena = PALI_ARENA_INIT;
        rx_rows rows = part(lines[i], &arena);
        if (rows.count != 1 || rows.lines[0].text != lines[i])
            fail_msg("%s: %zu parts", lines[i], rows.count);
        pali_arena_free(&arena);
    }
}

static void parts_keep_boxes_confidences_and_choices(void **state) {
    (void)state;
    static const char text[] = "Dolo 650 mg TDS, Aspirin 75 mg OD";
    float sure[sizeof text];
    for (size_t i = 0; i < sizeof text; i++)
        sure[i] = (float)i;
    const rx_choice hesitations[] = {{5, 1, "8", 0.7f, 0.2f, false},
                                     {25, 1, "1", 0.6f, 0.3f, false}};
    rx_choices choices[] = {{0}, {2, hesitations}};
    rx_line lines[] = {{.text = "Rx"},
                       {.text = text, .confidence = sure, .box = {0.1f, 0.2f, 0.9f, 0.3f}}};
    rx_rows rows = {2, lines, choices};
    pali_arena arena = PALI_ARENA_INIT;
    assert_int_equal(rx_entries_part(&rows, &arena, lexicon, NULL), PALI_OK);
    assert_int_equal(rows.count, 3);
    assert_string_equal(rows.lines[2].text, "Aspirin 75 mg OD");
    for (size_t i = 1; i < 3; i++)
        assert_memory_equal(rows.lines[i].box, lines[1].box, sizeof lines[1].box);
    assert_float_equal(rows.lines[1].confidence[0], 0, 0);
    assert_float_equal(rows.lines[2].confidence[0], 17, 0);
    assert_int_equal(rows.choices[1].count, 1);
    assert_int_equal(rows.choices[1].items[0].at, 5);
    assert_int_equal(rows.choices[2].count, 1);
    assert_int_equal(rows.choices[2].items[0].at, 8); /* the 7 of 75 */
    pali_arena_free(&arena);
}

static void both_medicines_are_read(void **state) {
    (void)state;
    pali_arena arena = PALI_ARENA_INIT;
    rx_line line = {.text = "Tab Dolo 650 mg TDS, Tab Cetirizine 10 mg OD x 5 days"};
    rx_rows rows = {1, &line, NULL};
    rx_prescription page;
    assert_int_equal(rx_entries_read(&page, &rows, &arena, lexicon, NULL), PALI_OK);
    assert_int_equal(rows.count, 2);
    assert_int_equal(page.num_medicines, 2);
    assert_string_equal(page.medicines[0].frequency.written.text, "TDS");
    assert_null(page.medicines[0].duration.written.text);
    assert_string_equal(page.medicines[1].strength.written.text, "10 mg");
    assert_string_equal(page.medicines[1].frequency.written.text, "OD");
    assert_string_equal(page.lines[0].joint, ", ");
    rx_prescription_free(&page);
    pali_arena_free(&arena);
}

/* Where the letters of a part's name stand, so that they can be read again. */
static void a_name_is_found_in_its_part_of_a_line(void **state) {
    (void)state;
    const rx_line lines[] = {{.text = "Dolo 650 mg TDS, Dolo 500 mg OD"}},
                  whole[] = {{.text = "Took Tab Dolo at home"}, {.text = "Tab Dolo"}};
    size_t at = 0;
    assert_int_equal(rx_line_with(lines, 1, "Dolo 500 mg OD", "Dolo", &at), 0);
    assert_int_equal(at, 17);
    assert_int_equal(rx_line_with(lines, 1, "Dolo 650 mg TDS", "Dolo", &at), 0);
    assert_int_equal(at, 0);
    assert_int_equal(rx_line_with(lines, 1, "Dolo 1 g", "Dolo", &at), SIZE_MAX);
    assert_int_equal(rx_line_with(whole, 2, "Tab Dolo", "Dolo", &at), 1);
    assert_int_equal(rx_line_with(whole, 2, NULL, "Dolo", &at), 0);
}

/* As many as a page may have, and no more. */
static void a_full_page_is_not_parted_beyond_its_limit(void **state) {
    (void)state;
    pali_arena arena = PALI_ARENA_INIT;
    rx_line *lines = pali_arena_alloc(&arena, RX_MAX_LINES, sizeof *lines, "lines", NULL);
    for (size_t i = 0; i < RX_MAX_LINES; i++)
        lines[i] = (rx_line){.text = i < 2 ? "Dolo 650 mg TDS, Aspirin 75 mg OD" : "Fever"};
    rx_rows rows = {RX_MAX_LINES, lines, NULL};
    assert_int_equal(rx_entries_part(&rows, &arena, lexicon, NULL), PALI_OK);
    assert_int_equal(rows.count, RX_MAX_LINES);
    pali_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_of_medicines_is_a_line_each),
        cmocka_unit_test(all_else_stays_one_line),
        cmocka_unit_test(parts_keep_boxes_confidences_and_choices),
        cmocka_unit_test(both_medicines_are_read),
        cmocka_unit_test(a_name_is_found_in_its_part_of_a_line),
        cmocka_unit_test(a_full_page_is_not_parted_beyond_its_limit),
    };
    return cmocka_run_group_tests(tests, open_lexicon, close_lexicon);
}
