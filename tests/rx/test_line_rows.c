/* Claims about src/rx/rows: what stands in one row is one line, and what does not stays apart. */
#include "rx/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A piece of text from `left`, its middle at `level`; a character is 0.01 wide, a line 0.016 high. */
static rx_line at(float left, float level, const char *text) {
    float width = 0.01f * (float)strlen(text);
    return (rx_line){.text = text, .box = {left, level - 0.008f, left + width, level + 0.008f}};
}

static rx_line struck(rx_line line) {
    line.struck_out = true;
    return line;
}

static void assert_lines(const rx_line *lines, size_t count, const char *const *texts,
                         size_t num_texts) {
    pali_arena arena = PALI_ARENA_INIT;
    rx_rows rows;
    assert_int_equal(rx_rows_join(&rows, &arena, lines, NULL, count, NULL), PALI_OK);
    for (size_t i = 0; i < rows.count && i < num_texts; i++)
        assert_string_equal(rows.lines[i].text, texts[i]);
    assert_int_equal(rows.count, num_texts);
    assert_null(rows.choices);
    pali_arena_free(&arena);
}

/* Asserts that `lines` become the texts that follow. */
#define ASSERT_JOINED(lines, ...)                                         \
    assert_lines(lines, COUNT(lines), (const char *const[]){__VA_ARGS__}, \
                 COUNT(((const char *const[]){__VA_ARGS__})))

/* Asserts that none of them is joined. */
static void assert_apart(const rx_line *lines, size_t count) {
    const char *texts[16];
    assert_true(count <= COUNT(texts));
    for (size_t i = 0; i < count; i++)
        texts[i] = lines[i].text;
    assert_lines(lines, count, texts, count);
}

static void a_table_found_by_columns_is_read_by_rows(void **state) {
    (void)state;
    const rx_line lines[] = {
        at(0.05f, 0.10f, "Name: Grace Paul"),
        at(0.05f, 0.30f, "S.No"),
        at(0.05f, 0.34f, "1"),
        at(0.05f, 0.38f, "2"),
        at(0.15f, 0.30f, "Medicine"),
        at(0.15f, 0.34f, "Tab. Clopidogrel 75 mg"),
        at(0.15f, 0.38f, "Betnovate"),
        at(0.50f, 0.30f, "Dosage"),
        at(0.50f, 0.34f, "0-1-0 after food"),
        at(0.50f, 0.38f, "apply thin layer"),
        at(0.80f, 0.30f, "Duration"),
        at(0.80f, 0.34f, "30 days"),
        at(0.80f, 0.38f, "5"),
    };
    ASSERT_JOINED(lines, "Name: Grace Paul", "S.No Medicine Dosage Duration",
                  "1 Tab. Clopidogrel 75 mg 0-1-0 after food 30 days",
                  "2 Betnovate apply thin layer 5");
}

/* A blank cell may be one that was not found, and then no pattern is made. */
static void cells_of_the_times_of_a_day_are_one_pattern(void **state) {
    (void)state;
    const rx_line lines[] = {
        at(0.05f, 0.30f, "Medicine"),
        at(0.40f, 0.30f, "Morning"),
        at(0.55f, 0.30f, "Noon"),
        at(0.70f, 0.30f, "Night"),
        at(0.85f, 0.30f, "Days"),
        at(0.05f, 0.34f, "Tab. Clopidogrel 75 mg"),
        at(0.42f, 0.34f, "1"),
        at(0.56f, 0.34f, "0"),
        at(0.72f, 0.34f, "1/2"),
        at(0.86f, 0.34f, "30"),
        at(0.05f, 0.38f, "Tab. Atorva 10 mg"),
        at(0.42f, 0.38f, "1"),
        at(0.72f, 0.38f, "1"),
        at(0.86f, 0.38f, "5"),
        at(0.05f, 0.42f, "Inj. Mixtard 30/70"),
        at(0.42f, 0.42f, "20"),
        at(0.56f, 0.42f, "0"),
        at(0.72f, 0.42f, "14"),
    };
    ASSERT_JOINED(lines, "Medicine Morning Noon Night Days",
                  "Tab. Clopidogrel 75 mg 1-0-1/2 30 Days", "Tab. Atorva 10 mg 1 1 5 Days",
                  "Inj. Mixtard 30/70 20-0-14");
    const rx_line others[] = {
        at(0.05f, 0.30f, "Medicine"),
        at(0.40f, 0.30f, "Morning"),
        at(0.55f, 0.30f, "Evening"),
        at(0.70f, 0.30f, "Night"),
        at(0.05f, 0.34f, "Tab. Clopidogrel 75 mg"),
        at(0.42f, 0.34f, "1"),
        at(0.56f, 0.34f, "0"),
        at(0.72f, 0.34f, "1"),
    };
    ASSERT_JOINED(others, "Medicine Morning Evening Night", "Tab. Clopidogrel 75 mg 1 0 1");
}

static void cells_below_meals_and_crosses_are_one_pattern(void **state) {
    (void)state;
    const rx_line lines[] = {
        at(0.05f, 0.30f, "Drug"),
        at(0.40f, 0.30f, "Breakfast"),
        at(0.55f, 0.30f, "Lunch"),
        at(0.70f, 0.30f, "Dinner"),
        at(0.85f, 0.30f, "Bedtime"),
        at(0.05f, 0.34f, "Tab. Clopidogrel 75 mg"),
        at(0.42f, 0.34f, "1"),
        at(0.56f, 0.34f, "x"),
        at(0.72f, 0.34f, "1"),
        at(0.86f, 0.34f, "x"),
        at(0.05f, 0.38f, "Inj. Mixtard 30/70"),
        at(0.42f, 0.38f, "20 U"),
        at(0.56f, 0.38f, "0"),
        at(0.72f, 0.38f, "14 U"),
        at(0.86f, 0.38f, "0"),
    };
    ASSERT_JOINED(lines, "Drug Breakfast Lunch Dinner Bedtime", "Tab. Clopidogrel 75 mg 1-x-1-x",
                  "Inj. Mixtard 30/70 20 U-0-14 U-0");
}

/* What stands beside its unit, or is all of its row that is left, is none. */
static void a_number_below_days_is_so_many_days(void **state) {
    (void)state;
    const rx_line lines[] = {
        at(0.05f, 0.30f, "Medicine"),
        at(0.50f, 0.30f, "Dosage"),
        at(0.80f, 0.30f, "Days"),
        at(0.05f, 0.34f, "Tab Pan 40 mg"),
        at(0.50f, 0.34f, "1-0-0"),
        at(0.80f, 0.34f, "5"),
        at(0.05f, 0.38f, "Tab Dolo 650 mg"),
        at(0.50f, 0.38f, "1-0-1"),
        at(0.80f, 0.38f, "20"),
        at(0.80f, 0.40f, "tabs"),
    };
    ASSERT_JOINED(lines, "Medicine Dosage Days", "Tab Pan 40 mg 1-0-0 5 Days",
                  "Tab Dolo 650 mg 1-0-1 20 tabs");
}

/* From the first cell to the last these rows climb by nearly the distance of two of them. */
static void a_slope_moves_no_cell_into_another_row(void **state) {
    (void)state;
    rx_line lines[] = {
        at(0.05f, 0.30f, "Medicine"),
        at(0.05f, 0.33f, "Tab Pan 40 mg"),
        at(0.05f, 0.36f, "Tab Dolo 650 mg"),
        at(0.25f, 0.30f, "Dose"),
        at(0.25f, 0.33f, "1 tab"),
        at(0.25f, 0.36f, "2 tab"),
        at(0.40f, 0.30f, "Frequency"),
        at(0.40f, 0.33f, "OD"),
        at(0.40f, 0.36f, "BD"),
        at(0.60f, 0.30f, "Timing"),
        at(0.60f, 0.33f, "night"),
        at(0.60f, 0.36f, "morning"),
        at(0.80f, 0.30f, "Days"),
        at(0.80f, 0.33f, "5 days"),
        at(0.80f, 0.36f, "7"),
        at(0.80f, 0.342f, "or more"),
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        float rise = 0.035f * (lines[i].box[0] + lines[i].box[2]) / 2;
        lines[i].box[1] -= rise;
        lines[i].box[3] -= rise;
    }
    ASSERT_JOINED(lines, "Medicine Dose Frequency Timing Days",
                  "Tab Pan 40 mg 1 tab OD night 5 days or more",
                  "Tab Dolo 650 mg 2 tab BD morning 7 Days");
}

/* Cell by cell the first rows show how they climb; from end to end the last one climbs too far. */
static void the_slope_of_full_rows_joins_distant_cells(void **state) {
    (void)state;
    rx_line lines[] = {
        at(0.05f, 0.30f, "Medicine"),
        at(0.25f, 0.30f, "Dose"),
        at(0.45f, 0.30f, "Frequency"),
        at(0.65f, 0.30f, "Days"),
        at(0.05f, 0.33f, "Tab Pan 40 mg"),
        at(0.25f, 0.33f, "1 tab"),
        at(0.45f, 0.33f, "OD"),
        at(0.65f, 0.33f, "5 days"),
        at(0.05f, 0.36f, "Tab Dolo 650 mg"),
        at(0.65f, 0.36f, "3 days"),
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        float rise = 0.035f * (lines[i].box[0] + lines[i].box[2]) / 2;
        lines[i].box[1] -= rise;
        lines[i].box[3] -= rise;
    }
    ASSERT_JOINED(lines, "Medicine Dose Frequency Days", "Tab Pan 40 mg 1 tab OD 5 days",
                  "Tab Dolo 650 mg 3 days");
}

/* In the picture these rows climb by more than their distance, and the reading order is by columns. */
static void rows_are_those_of_the_straightened_page(void **state) {
    (void)state;
    rx_line lines[] = {
        at(0.05f, 0.30f, "No."), at(0.15f, 0.30f, "Medicine"),        at(0.60f, 0.30f, "Dose"),
        at(0.05f, 0.33f, "1"),   at(0.15f, 0.33f, "Tab Pan 40 mg"),   at(0.60f, 0.33f, "1 tab OD"),
        at(0.05f, 0.36f, "2"),   at(0.15f, 0.36f, "Tab Dolo 650 mg"), at(0.60f, 0.36f, "2 tab BD"),
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        memcpy(lines[i].straight, lines[i].box, sizeof lines[i].box);
        float fall = 0.07f * lines[i].box[0]; /* 0.03 from a name to its dose */
        lines[i].box[1] -= fall;
        lines[i].box[3] -= fall;
    }
    ASSERT_JOINED(lines, "No. Medicine Dose", "1 Tab Pan 40 mg 1 tab OD",
                  "2 Tab Dolo 650 mg 2 tab BD");
}

/* Of a page that is not flat: by height alone each dose would be the medicine's above. */
static void cells_that_a_rule_divides_are_of_one_row(void **state) {
    (void)state;
    rx_line lines[] = {
        at(0.05f, 0.30f, "Medicine"),        at(0.60f, 0.30f, "Dose"),
        at(0.05f, 0.34f, "Tab Pan 40 mg"),   at(0.60f, 0.32f, "1 tab OD"),
        at(0.05f, 0.37f, "Tab Dolo 650 mg"), at(0.60f, 0.34f, "2 tab BD"),
        at(0.05f, 0.40f, "Tab Ecosprin 75"), at(0.60f, 0.37f, "1 tab HS"),
    };
    for (size_t i = 0; i < COUNT(lines); i++)
        lines[i].row = (int)i / 2 + 1;
    ASSERT_JOINED(lines, "Medicine Dose", "Tab Pan 40 mg 1 tab OD", "Tab Dolo 650 mg 2 tab BD",
                  "Tab Ecosprin 75 1 tab HS");
}

static void a_wrapped_cell_stays_in_the_row_where_it_began(void **state) {
    (void)state;
    const rx_line lines[] = {
        at(0.05f, 0.30f, "No."),
        at(0.15f, 0.30f, "Name of drug"),
        at(0.50f, 0.30f, "Dose"),
        at(0.05f, 0.34f, "1"),
        at(0.15f, 0.34f, "Hydrocortisone"),
        at(0.50f, 0.34f, "apply once"),
        at(0.145f, 0.37f, "0.05 % cream"),
        at(0.50f, 0.37f, "daily to"),
        at(0.50f, 0.40f, "elbows"),
        at(0.05f, 0.45f, "2"),
        at(0.15f, 0.45f, "Ramipril"),
        at(0.50f, 0.45f, "1-0-0"),
    };
    ASSERT_JOINED(lines, "No. Name of drug Dose",
                  "1 Hydrocortisone 0.05 % cream apply once daily to elbows", "2 Ramipril 1-0-0");
}

/* The second row's number was not read. */
static void a_letter_for_a_form_starts_a_row(void **state) {
    (void)state;
    const rx_line lines[] = {
        at(0.05f, 0.30f, "Name of drug"),      at(0.50f, 0.30f, "Dose"),
        at(0.05f, 0.34f, "1. T Crestor 5 mg"), at(0.50f, 0.34f, "one at night"),
        at(0.08f, 0.38f, "T Trioax MR 75 mg"), at(0.50f, 0.38f, "two once a week"),
        at(0.08f, 0.41f, "tablets"),
    };
    ASSERT_JOINED(lines, "Name of drug Dose", "1. T Crestor 5 mg one at night",
                  "T Trioax MR 75 mg tablets two once a week");
}

static void a_number_centred_beside_wrapped_cells_is_in_their_row(void **state) {
    (void)state;
    const rx_line lines[] = {
        at(0.05f, 0.30f, "No."),        at(0.15f, 0.30f, "Medicine"),
        at(0.50f, 0.30f, "Dose"),       at(0.15f, 0.340f, "Hydrocortisone"),
        at(0.50f, 0.340f, "apply"),     at(0.05f, 0.355f, "1"),
        at(0.15f, 0.370f, "cream"),     at(0.50f, 0.370f, "twice daily"),
        at(0.15f, 0.410f, "Salicylic"), at(0.50f, 0.410f, "apply"),
        at(0.05f, 0.425f, "2"),         at(0.15f, 0.440f, "acid"),
        at(0.50f, 0.440f, "at night"),
    };
    ASSERT_JOINED(lines, "No. Medicine Dose", "1 Hydrocortisone cream apply twice daily",
                  "2 Salicylic acid apply at night");
}

/* Cells go on in the next line, not at the foot of the page. */
static void a_foot_right_of_the_numbers_is_not_in_the_last_row(void **state) {
    (void)state;
    const rx_line lines[] = {
        at(0.05f, 0.30f, "No."),      at(0.15f, 0.30f, "Medicine"),
        at(0.50f, 0.30f, "Dose"),     at(0.05f, 0.34f, "1"),
        at(0.15f, 0.34f, "Tab Pan"),  at(0.50f, 0.34f, "1 tab OD"),
        at(0.15f, 0.36f, "40 mg"),    at(0.05f, 0.43f, "2"),
        at(0.15f, 0.43f, "Tab Dolo"), at(0.50f, 0.43f, "1 tab BD"),
        at(0.50f, 0.45f, "x 3 days"), at(0.50f, 0.47f, "after"),
        at(0.50f, 0.49f, "food"),     at(0.40f, 0.55f, "Get well soon"),
    };
    ASSERT_JOINED(lines, "No. Medicine Dose", "1 Tab Pan 40 mg 1 tab OD",
                  "2 Tab Dolo 1 tab BD x 3 days after food", "Get well soon");
}

static void what_stands_below_or_beside_a_table_is_not_in_it(void **state) {
    (void)state;
    const rx_line lines[] = {
        at(0.30f, 0.30f, "Medicine"),     at(0.60f, 0.30f, "Dosage"),
        at(0.02f, 0.34f, "Asthma since"), at(0.30f, 0.34f, "Tab Pan 40 mg"),
        at(0.60f, 0.34f, "1-0-0"),        at(0.80f, 0.34f, "Dr. Anil Shah"),
        at(0.30f, 0.38f, "Inv: CBC"),     at(0.60f, 0.38f, "twice daily"),
        at(0.30f, 0.42f, "Tab Dolo"),     at(0.60f, 0.42f, "Reg. No. 40127"),
    };
    ASSERT_JOINED(lines, "Medicine Dosage", "Asthma since", "Tab Pan 40 mg 1-0-0", "Dr. Anil Shah",
                  "Inv: CBC", "twice daily", "Tab Dolo", "Reg. No. 40127");
}

static void one_heading_makes_no_table(void **state) {
    (void)state;
    const rx_line lines[] = {
        at(0.05f, 0.30f, "Medicines"),
        at(0.60f, 0.30f, "Fever, cough"),
        at(0.05f, 0.34f, "Betnovate"),
        at(0.60f, 0.34f, "body pain"),
    };
    assert_apart(lines, COUNT(lines));
}

static void what_is_struck_out_is_joined_with_its_like(void **state) {
    (void)state;
    const rx_line lines[] = {
        at(0.05f, 0.30f, "Medicine"),
        at(0.50f, 0.30f, "Dosage"),
        at(0.80f, 0.30f, "Days"),
        struck(at(0.05f, 0.34f, "Tab Pan 40 mg")),
        at(0.50f, 0.34f, "~1-0-0"),
        at(0.80f, 0.34f, "5"),
        at(0.05f, 0.38f, "Tab Dolo 650 mg"),
        at(0.50f, 0.38f, "1-0-1"),
    };
    pali_arena arena = PALI_ARENA_INIT;
    rx_rows rows;
    assert_int_equal(rx_rows_join(&rows, &arena, lines, NULL, COUNT(lines), NULL), PALI_OK);
    assert_int_equal(rows.count, 4);
    assert_string_equal(rows.lines[1].text, "Tab Pan 40 mg 1-0-0");
    assert_true(rows.lines[1].struck_out);
    assert_string_equal(rows.lines[2].text, "5");
    assert_string_equal(rows.lines[3].text, "Tab Dolo 650 mg 1-0-1");
    assert_false(rows.lines[3].struck_out);
    pali_arena_free(&arena);
}

static void a_struck_out_direction_is_no_part_of_the_medicine_beside_it(void **state) {
    (void)state;
    const rx_line lines[] = {
        at(0.05f, 0.34f, "Tab Pan 40 mg"),
        struck(at(0.40f, 0.34f, "1-0-0")),
        at(0.60f, 0.34f, "0-0-1"),
    };
    ASSERT_JOINED(lines, "Tab Pan 40 mg 0-0-1", "1-0-0");
}

static void without_headings_an_entry_takes_its_number_and_directions(void **state) {
    (void)state;
    const rx_line lines[] = {
        at(0.05f, 0.34f, "1."),     at(0.10f, 0.34f, "Tab Pan 40 mg"),
        at(0.05f, 0.38f, "42."),    at(0.10f, 0.38f, "Syp Ascoril"),
        at(0.50f, 0.34f, "1-0-0"),  at(0.50f, 0.38f, "10 ml TDS"),
        at(0.70f, 0.34f, "5 days"), at(0.70f, 0.38f, "Review after 5 days"),
    };
    ASSERT_JOINED(lines, "1. Tab Pan 40 mg 1-0-0 5 days", "42. Syp Ascoril 10 ml TDS",
                  "Review after 5 days");
}

static void independent_columns_stay_apart(void **state) {
    (void)state;
    const rx_line lines[] = {
        at(0.05f, 0.34f, "C/o fever x 3 days"), at(0.05f, 0.37f, "BP: 120/80"),
        at(0.05f, 0.40f, "12.03.24"),           at(0.35f, 0.34f, "Tab Pan 40 mg"),
        at(0.35f, 0.37f, "1-0-0 x 5 days"),     at(0.35f, 0.40f, "Tab Dolo 650 mg"),
        at(0.70f, 0.37f, "Syp Ascoril"),        at(0.70f, 0.40f, "10 ml TDS"),
    };
    assert_apart(lines, COUNT(lines));
}

static void lines_without_a_place_stay_apart(void **state) {
    (void)state;
    const rx_line lines[] = {{.text = "Tab Pan 40 mg"},
                             {.text = "1-0-0"},
                             at(0.1f, 0.1f, "Fever"),
                             at(0.1f, 0.2f, "Cough"),
                             at(0.1f, 0.3f, "Cold")};
    assert_apart(lines, COUNT(lines));
    assert_apart(lines, 0);
}

static void a_joined_line_keeps_boxes_confidences_and_choices(void **state) {
    (void)state;
    const float sure[] = {0.9f, 0.8f, 0.7f, 0.6f, 0.5f};
    const rx_choice choice = {2, 1, "7", 0.7f, 0.2f, false}; /* 1-0-0: or 1-7-0 */
    rx_line lines[] = {at(0.50f, 0.345f, "1-0-0"), at(0.05f, 0.34f, "Tab Pan 40 mg")};
    lines[0].confidence = sure;
    const rx_choices choices[] = {{1, &choice}, {0}};
    pali_arena arena = PALI_ARENA_INIT;
    rx_rows rows;
    assert_int_equal(rx_rows_join(&rows, &arena, lines, choices, 2, NULL), PALI_OK);
    assert_int_equal(rows.count, 1);
    const rx_line *line = &rows.lines[0];
    assert_string_equal(line->text, "Tab Pan 40 mg 1-0-0");
    for (size_t i = 0; i < 14; i++)
        assert_float_equal(line->confidence[i], 1, 0);
    assert_memory_equal(line->confidence + 14, sure, sizeof sure);
    const float box[] = {lines[1].box[0], lines[1].box[1], lines[0].box[2], lines[0].box[3]};
    assert_memory_equal(line->box, box, sizeof box);
    assert_int_equal(rows.choices[0].count, 1);
    assert_int_equal(rows.choices[0].items[0].at, 16);
    assert_string_equal(rows.choices[0].items[0].other, "7");
    pali_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_found_by_columns_is_read_by_rows),
        cmocka_unit_test(the_slope_of_full_rows_joins_distant_cells),
        cmocka_unit_test(rows_are_those_of_the_straightened_page),
        cmocka_unit_test(cells_of_the_times_of_a_day_are_one_pattern),
        cmocka_unit_test(cells_below_meals_and_crosses_are_one_pattern),
        cmocka_unit_test(a_number_below_days_is_so_many_days),
        cmocka_unit_test(a_slope_moves_no_cell_into_another_row),
        cmocka_unit_test(cells_that_a_rule_divides_are_of_one_row),
        cmocka_unit_test(a_wrapped_cell_stays_in_the_row_where_it_began),
        cmocka_unit_test(a_letter_for_a_form_starts_a_row),
        cmocka_unit_test(a_number_centred_beside_wrapped_cells_is_in_their_row),
        cmocka_unit_test(a_foot_right_of_the_numbers_is_not_in_the_last_row),
        cmocka_unit_test(what_stands_below_or_beside_a_table_is_not_in_it),
        cmocka_unit_test(one_heading_makes_no_table),
        cmocka_unit_test(what_is_struck_out_is_joined_with_its_like),
        cmocka_unit_test(a_struck_out_direction_is_no_part_of_the_medicine_beside_it),
        cmocka_unit_test(without_headings_an_entry_takes_its_number_and_directions),
        cmocka_unit_test(independent_columns_stay_apart),
        cmocka_unit_test(lines_without_a_place_stay_apart),
        cmocka_unit_test(a_joined_line_keeps_boxes_confidences_and_choices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
