/* Claims about src/rx/directions: 400 lines of data/sig_lines.tsv say what the table has beside them. What is doubted:
 * test_doubts.c. */
#include "parsed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- a medicine as the table writes it ---- */

static void add(char *out, const char *title, const char *text) {
    if (!*text)
        return;
    if (*out)
        strcat(out, "; ");
    strcat(out, title);
    strcat(out, text);
}

static const char *range(double low, double high) {
    static char text[2][64];
    static int next;
    char *out = text[next++ % 2];
    if (low == high)
        snprintf(out, sizeof text[0], "%.6g", low);
    else
        snprintf(out, sizeof text[0], "%.6g-%.6g", low, high);
    return out;
}

static void add_amount(char *out, const char *title, const rx_quantity *q) {
    char text[160] = "", per[64] = "";
    if (!q->has_value)
        return;
    if (q->per_value > 0)
        snprintf(per, sizeof per, "/%.6g %s", q->per_value, q->per_unit);
    snprintf(text, sizeof text, "%s%s%s%s", range(q->value, q->high), q->unit ? " " : "",
             q->unit ? q->unit : "", per);
    add(out, title, text);
}

static void add_frequency(char *out, const rx_frequency *f) {
    static const char *const names[] = {"MORNING", "NOON",        "EVENING",    "NIGHT",
                                        "BEDTIME", "BEFORE_MEAL", "AFTER_MEAL", "WITH_MEAL"};
    char text[160] = "", when[160] = "";
    if (f->has_value && f->every_hours > 0)
        snprintf(text, sizeof text, "%s every %s h", range(f->per_day, f->per_day_high),
                 range(f->every_hours, f->every_hours_high));
    else if (f->has_value)
        snprintf(text, sizeof text, "%s", range(f->per_day, f->per_day_high));
    for (unsigned i = 0; i < 8; i++)
        if (f->when >> i & 1) {
            strcat(when, *when ? " " : "");
            strcat(when, names[i]);
        }
    add(out, "times: ", text);
    add(out, "when: ", when);
}

static void describe(char *out, const rx_medicine *m) {
    *out = '\0';
    add(out, "name: ", m->name.written.text ? m->name.written.text : "");
    add(out, "form: ", m->form.value ? m->form.value : "");
    add_amount(out, "strength: ", &m->strength);
    add_amount(out, "dose: ", &m->dose);
    add_frequency(out, &m->frequency);
    add_amount(out, "duration: ", &m->duration);
    add(out, "", m->as_needed ? "as needed" : "");
    for (size_t i = 0; i < m->review.count; i++) {
        char code[100];
        snprintf(code, sizeof code, "%s(%s)", m->review.items[i].code, m->review.items[i].field);
        add(out, "", code);
    }
}

static void four_hundred_lines_say_what_the_table_says(void **state) {
    (void)state;
    FILE *table = fopen(SIG_LINES, "r");
    char line[512], said[1024];
    size_t count = 0, wrong = 0;
    assert_non_null(table);
    while (fgets(line, sizeof line, table)) {
        char *expected = strchr(line, '\t');
        if (*line == '#')
            continue;
        assert_non_null(expected);
        *expected++ = '\0';
        expected[strcspn(expected, "\n")] = '\0';
        rx_medicine medicine = parse(line);
        describe(said, &medicine);
        count++;
        if (strcmp(said, expected) != 0) {
            wrong++;
            print_error("\"%s\"\n  should be %s\n  but is    %s\n", line, expected, said);
        }
    }
    fclose(table);
    assert_int_equal(count, 400);
    assert_int_equal(wrong, 0);
}

/* ---- lines that nobody would write ---- */

/* xorshift: the same lines everywhere. */
static uint64_t seed = 88172645463325252u;
static size_t random_below(size_t n) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % n);
}

/* Changes, adds, removes, doubles or moves up to eight pieces of the line. */
static void mutate(char *line, size_t room) {
    static const char signs[] = "0123456789./-+x()#,:; \t\n\xc2\xbd\xe2\x80\x93\xff\x01UuOolIi";
    for (size_t left = 1 + random_below(8); left > 0; left--) {
        size_t size = strlen(line), at = random_below(size + 1), n = random_below(6);
        n = at + n > size ? size - at : n;
        switch (random_below(4)) {
        case 0:
            memmove(line + at, line + at + n, size - at - n + 1);
            break;
        case 1:
            if (at < size)
                line[at] = (char)(1 + random_below(255));
            break;
        case 2:
            if (size + n + 1 < room)
                memmove(line + at + n, line + at, size - at + 1);
            break;
        default:
            if (size + 2 < room) {
                memmove(line + at + 1, line + at, size - at + 1);
                line[at] = signs[random_below(sizeof signs - 1)];
            }
        }
    }
}

static void quotes(const char *line, const rx_text *text) {
    assert_true(!text->text || strstr(line, text->text) != NULL);
    assert_true(text->confidence >= 0 && text->confidence <= 1);
}

/* SIG_MUTATIONS in the environment says how many; each line goes on from the one before or begins
 * anew from the table. */
static void whatever_is_written_is_parsed_without_harm(void **state) {
    (void)state;
    static char lines[400][512];
    const char *wanted = getenv("SIG_MUTATIONS");
    size_t count = wanted ? strtoul(wanted, NULL, 10) : 5000, num_lines = 0;
    FILE *table = fopen(SIG_LINES, "r");
    assert_non_null(table);
    while (num_lines < 400 && fgets(lines[num_lines], sizeof lines[0], table))
        if (lines[num_lines][0] != '#') {
            lines[num_lines][strcspn(lines[num_lines], "\t")] = '\0';
            num_lines++;
        }
    fclose(table);
    char line[512] = "";
    for (size_t i = 0; i < count; i++) {
        if (random_below(8) == 0 || i == 0)
            strcpy(line, lines[random_below(num_lines)]);
        mutate(line, sizeof line);
        rx_medicine m = parse(line);
        quotes(line, &m.name.written);
        quotes(line, &m.strength.written);
        quotes(line, &m.dose.written);
        quotes(line, &m.frequency.written);
        quotes(line, &m.duration.written);
        assert_true(isfinite(m.strength.value) && isfinite(m.dose.high));
        assert_true(isfinite(m.frequency.per_day) && m.frequency.num_slots <= 4);
        free_arena(NULL);
    }
    print_message("%zu lines\n", count);
}

static void what_something_goes_into_is_its_route(void **state) {
    (void)state;
    assert_string_equal(parse("Inject 10 units into the skin nightly").route.value, "subcutaneous");
    assert_string_equal(parse("Inhale 2 puffs into the lungs BD").route.value, "inhalation");
    assert_string_equal(parse("Inject 1 mL into the muscle stat").route.value, "intramuscular");
    assert_null(parse("Inject 10 units into the skin nightly").name.written.text);
    assert_null(parse("Place 1 drop into both eyes BD").name.written.text);
}

static void what_is_handed_out_is_no_name(void **state) {
    (void)state;
    assert_null(parse("Disp-90 tablet").name.written.text);
    assert_string_equal(parse("No-Spa 40 mg").name.written.text, "No-Spa");
}

static void a_reason_to_stop_is_no_reason_to_take(void **state) {
    (void)state;
    assert_false(parse("Tab Zyvarin 500 mg BD, stop if rash").as_needed);
    assert_false(parse("Tab Zyvarin 5 mg OD (hold if SBP < 100)").as_needed);
    assert_true(parse("Tab Zyvarin 500 mg BD, if rash").as_needed);
}

static void a_word_with_an_apostrophe_is_whole(void **state) {
    (void)state;
    rx_medicine m = parse("Syp Children's Zyvarin 5 ml OD");
    assert_string_equal(m.name.written.text, "Children's Zyvarin");
}

static void rx_and_rp_are_no_names(void **state) {
    (void)state;
    static const char *const lines[] = {"Rx Zyvarin 5 mg OD", "Rp. Zyvarin 5 mg OD",
                                        "Rp: Zyvarin 5 mg OD"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i]);
        assert_string_equal(m.name.written.text, "Zyvarin");
    }
}

static void the_letter_of_an_enantiomer_belongs_to_its_name(void **state) {
    (void)state;
    rx_medicine m = parse("Tab S Zyvarin 5 mg OD");
    assert_string_equal(m.name.written.text, "S Zyvarin");
    m = parse("Zyvarin 5 mg\nS one tab OD");
    assert_string_equal(m.name.written.text, "Zyvarin");
    m = parse("S one tab OD");
    assert_null(m.name.written.text);
}

static void capitals_behind_a_form_are_a_name_with_a_strength(void **state) {
    (void)state;
    rx_medicine m = parse("Tab INH 300 mg OD");
    assert_string_equal(m.name.written.text, "INH");
    assert_string_equal(m.form.value, "tablet");
    m = parse("Tab Zyvarin PM 2 mg OD");
    assert_string_equal(m.name.written.text, "Zyvarin PM");
    m = parse("Tab Zyvarin PM 2 tabs");
    assert_string_equal(m.name.written.text, "Zyvarin");
}

static void capitals_behind_a_name_may_be_its_last(void **state) {
    (void)state;
    static const struct {
        const char *line, *name;
        bool doubted;
    } lines[] = {
        {"Tab Zyvarin AM OD", "Zyvarin AM", false},
        {"Tab Zyvarin AM 1-0-0", "Zyvarin AM", false},
        {"Tab Zyvarin AM (40 mg) OD", "Zyvarin AM", false},
        {"Tab Zyvarin AT 1-0-0", "Zyvarin AT", false},
        {"TAB ZYVARIN AT OD", "ZYVARIN AT", false},
        {"Tab Zyvarin S BD", "Zyvarin S", false},
        {"Tab Zyvarin S 500 BD", "Zyvarin S", false},
        {"Tab Zyvarin Total BD", "Zyvarin Total", false},
        {"TAB ZYVARIN AT BEDTIME", "ZYVARIN", false},
        {"TAB ZYVARIN AT 9 AM", "ZYVARIN", true},
        {"Tab Zyvarin am and pm", "Zyvarin", false},
        {"Tab Zyvarin AM", "Zyvarin", true},
        {"Tab Zyvarin AF TDS", "Zyvarin", true},
        {"Tab Zyvarin IT 1-0-0", "Zyvarin", true},
        {"Tab Zyvarin 5 mg AM", "Zyvarin", false},
        {"Tab Zyvarin\nS: 1 tab BD", "Zyvarin", false},
        {"Tab Zyvarin total 10", "Zyvarin", false},
        {"Oint Zyvarin LA TDS", "Zyvarin", false},
        {"Tab Zyvarin LA TDS", "Zyvarin LA", false},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i].line);
        print_message("%s\n", lines[i].line);
        assert_string_equal(m.name.written.text, lines[i].name);
        assert_int_equal(rx_reviews_find(&m.review, RX_REVIEW_PART_OF_NAME, "name") != NULL,
                         lines[i].doubted);
    }
}

static void a_way_to_inject_may_stand_before_the_name(void **state) {
    (void)state;
    rx_medicine m = parse("IV Zyvarin 2 g od 5/7");
    assert_string_equal(m.name.written.text, "Zyvarin");
    assert_string_equal(m.route.value, "intravenous");
    assert_string_equal(m.strength.written.text, "2 g");
    static const char *const none[] = {"IV bolus 80 mg", "IM twice daily", "IV over 30 min",
                                       "PO Zyvarin 5 ml", "IV Zyvarin 100 ml"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        m = parse(none[i]);
        assert_null(m.name.written.text);
    }
}

static void an_eye_may_stand_before_the_name(void **state) {
    (void)state;
    static const struct {
        const char *line, *name, *route; /* no name: directions, or words */
    } lines[] = {
        {"RE: Zyvarin QID", "Zyvarin", "right eye"},
        {"R/E Zyvarin 1 drop QID", "Zyvarin", "right eye"},
        {"BE Zyvarin BD", "Zyvarin", "both eyes"},
        {"Left ear: Zyvarin 3 drops TDS", "Zyvarin", "left ear"},
        {"Eye: Zyvarin 1-1-1-1", "Zyvarin", ""},
        {"Skin: Zyvarin cream BD", "Zyvarin", ""},
        {"Insulin: Zyvarin 16 units HS", "Zyvarin", ""},
        {"Shift to oral Tab Zyvarin 200 BD", "Zyvarin", ""},
        {"Change to Zyvarin 20 mg OD", "Zyvarin", ""},
        {"Increase Zyvarin to 40 BD", "Zyvarin", ""},
        {"Please start Zyvarin 5 mg BD", "Zyvarin", ""},
        {"Reduce Zyvarin 50 -> 25 BD", "Zyvarin", ""},
        {"RE QID x 5 days", "", "right eye"},
        {"both eyes 1 drop BD", "", "both eyes"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i].line);
        print_message("%s\n", lines[i].line);
        assert_string_equal(words(&m.name.written), lines[i].name);
        assert_string_equal(m.route.value ? m.route.value : "", lines[i].route);
    }
}

static void a_dose_may_stand_before_the_name(void **state) {
    (void)state;
    static const char *const lines[][3] = {{"2 puffs Zyvarin SOS", "Zyvarin", "2 puffs"},
                                           {"1 tab of Zyvarin OD", "Zyvarin", "1 tab"},
                                           {"Half tablet Zyvarin 2.5 OD", "Zyvarin", "Half tablet"},
                                           {"5 ml Syp Zyvarin TDS", "Zyvarin", "5 ml"},
                                           {"10 units Zyvarin HS", "Zyvarin", "10 units"},
                                           {"2 puffs Rinse mouth", "", "2 puffs"},
                                           {"1 tab Twice daily", "", "1 tab"},
                                           {"1 tab BD", "", "1 tab"},
                                           {"1 Cap Zyvarin OD", "Zyvarin", ""}}; /* a list's */
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i][0]);
        print_message("%s\n", lines[i][0]);
        assert_string_equal(words(&m.name.written), lines[i][1]);
        assert_string_equal(words(&m.dose.written), lines[i][2]);
    }
}

static void a_name_may_begin_with_a_figure(void **state) {
    (void)state;
    static const char *const lines[][2] = {{"6-MP 50 mg OD", "6-MP"},
                                           {"4FDC 3 tabs daily", "4FDC"},
                                           {"Tab 6 MP 50 mg OD", "6 MP"},
                                           {"Inj. 5 FU 500 mg IV", "5 FU"},
                                           {"Tab 2 BD 5 days", ""},
                                           {"2-BD 5 days", ""},
                                           {"5D 3 tabs", ""}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i][0]);
        print_message("%s\n", lines[i][0]);
        assert_string_equal(words(&m.name.written), lines[i][1]);
    }
}

static void a_single_letter_behind_a_sign_is_no_part_of_a_name(void **state) {
    (void)state;
    rx_medicine m = parse("Tab Zyvarin :b qorvexan 5 mg BD");
    assert_null(rx_reviews_find(&m.review, RX_REVIEW_PART_OF_NAME, "name"));
}

static void letters_apart_with_stops_are_one_word(void **state) {
    (void)state;
    rx_medicine m = parse("Cap Zyvarin K. S. 75 mg OD");
    assert_string_equal(m.name.written.text, "Zyvarin K. S");
    m = parse("Tab Zyvarin two two a day"); /* one of them misread: neither is of the name */
    assert_string_equal(m.name.written.text, "Zyvarin");
    m = parse("ITab. Zyvarin 5 mg BD"); /* "1) Tab." */
    assert_string_equal(m.name.written.text, "Zyvarin");
    m = parse("Tab Vitamin A BD");
    assert_string_equal(m.name.written.text, "Vitamin A");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(four_hundred_lines_say_what_the_table_says, free_arena),
        cmocka_unit_test_teardown(what_something_goes_into_is_its_route, free_arena),
        cmocka_unit_test_teardown(what_is_handed_out_is_no_name, free_arena),
        cmocka_unit_test_teardown(a_reason_to_stop_is_no_reason_to_take, free_arena),
        cmocka_unit_test_teardown(whatever_is_written_is_parsed_without_harm, free_arena),
        cmocka_unit_test_teardown(a_word_with_an_apostrophe_is_whole, free_arena),
        cmocka_unit_test_teardown(rx_and_rp_are_no_names, free_arena),
        cmocka_unit_test_teardown(the_letter_of_an_enantiomer_belongs_to_its_name, free_arena),
        cmocka_unit_test_teardown(capitals_behind_a_form_are_a_name_with_a_strength, free_arena),
        cmocka_unit_test_teardown(capitals_behind_a_name_may_be_its_last, free_arena),
        cmocka_unit_test_teardown(a_way_to_inject_may_stand_before_the_name, free_arena),
        cmocka_unit_test_teardown(an_eye_may_stand_before_the_name, free_arena),
        cmocka_unit_test_teardown(a_dose_may_stand_before_the_name, free_arena),
        cmocka_unit_test_teardown(a_name_may_begin_with_a_figure, free_arena),
        cmocka_unit_test_teardown(a_single_letter_behind_a_sign_is_no_part_of_a_name, free_arena),
        cmocka_unit_test_teardown(letters_apart_with_stops_are_one_word, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
