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

/* ---- the dose of a pattern ---- */

static void the_dose_of_a_pattern_is_inferred_and_quotes_nothing(void **state) {
    (void)state;
    rx_medicine m = parse("Tab Zyvarin 5 mg \xc2\xbd-0-\xc2\xbd x 5 days");
    assert_null(m.dose.written.text);
    assert_null(m.dose.written.unreadable);
    assert_true(m.dose.written.inferred && m.dose.has_value);
    assert_float_equal(m.dose.value, 0.5, 1e-9);
    assert_string_equal(m.dose.unit, "{tablet}");
    m = parse("Tab Zyvarin 5 mg 1-0-2");
    assert_false(m.dose.written.inferred || m.dose.has_value);
}

static void an_inferred_dose_is_as_sure_as_its_pattern(void **state) {
    (void)state;
    static const char line[] = "Tab Zyvarin 5 mg 1-0-1";
    float sure[sizeof line];
    for (size_t i = 0; i < sizeof line; i++)
        sure[i] = i + 2 == sizeof line ? 0.75f : 1.0f; /* the last digit */
    rx_source source = {line, sure, sizeof line - 1};
    rx_medicine m;
    assert_int_equal(rx_parse_directions(&m, &arena, &source, NULL), PALI_OK);
    assert_float_equal(m.frequency.written.confidence, 0.75, 1e-6);
    assert_float_equal(m.dose.written.confidence, 0.75, 1e-6);
}

static void a_written_dose_outweighs_an_inferred_one(void **state) {
    (void)state;
    static const char *const lines[] = {"Syp Zyvarin 1-1-1 5 ml", "Syp Zyvarin 5 ml 1-1-1"};
    for (size_t i = 0; i < 2; i++) {
        rx_medicine m = parse(lines[i]);
        assert_string_equal(m.dose.written.text, "5 ml");
        assert_false(m.dose.written.inferred);
        assert_float_equal(m.dose.value, 5, 1e-9);
        assert_string_equal(m.dose.unit, "mL");
    }
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

/* ---- steps and days ---- */

static void a_taper_has_steps(void **state) {
    (void)state;
    static const struct {
        const char *line;
        size_t num_steps; /* 0: none beside the fields themselves */
        double per_day[3], days[3];
    } tapers[] = {
        {"Tab Zyvarin 4 mg TDS x 2 days, BD x 3 days, OD x 4 days", 3, {3, 2, 1}, {2, 3, 4}},
        {"Tab Zyvarin 4 mg OD x 2 days, BD x 3 days", 2, {1, 2}, {2, 3}},
        {"Tab Zyvarin 40 mg OD x 5 days then 20 mg OD x 6 days then stop", 2, {1, 1}, {5, 6}},
        {"Tab Zyvarin 10 mg 3-0-0 x 5 days, 2-0-1 x 6 days", 2, {1, 2}, {5, 6}},
        {"Tab Zyvarin 25 mg daily x 5 days, 50 mg BD x 6 days", 2, {1, 2}, {5, 6}},
        {"Tab Zyvarin 4 mg BD x 2 days OD x 4 days", 0, {2}, {2}}, /* or two rows of a table */
        {"Tab Zyvarin 4 mg BD x 2 days, OD", 0, {2}, {2}},
    };
    for (size_t i = 0; i < sizeof tapers / sizeof *tapers; i++) {
        rx_medicine m = parse(tapers[i].line);
        print_message("%s\n", tapers[i].line);
        assert_int_equal(m.num_steps, tapers[i].num_steps);
        assert_float_equal(m.frequency.per_day, tapers[i].per_day[0], 1e-9);
        assert_float_equal(m.duration.value, tapers[i].days[0], 1e-9);
        for (size_t k = 0; k < m.num_steps; k++) {
            assert_float_equal(m.steps[k].frequency.per_day, tapers[i].per_day[k], 1e-9);
            assert_float_equal(m.steps[k].duration.value, tapers[i].days[k], 1e-9);
        }
        bool conflict = rx_reviews_find(&m.review, RX_REVIEW_CONFLICT, "frequency") != NULL;
        assert_int_equal(conflict, tapers[i].num_steps == 0);
    }
}

static void days_of_the_week_are_a_frequency(void **state) {
    (void)state;
    static const struct {
        const char *line, *frequency;
        double per_week;
    } lines[] = {
        {"Tab Zyvarin 5 mg Mon Wed Fri", "Mon Wed Fri", 3},
        {"Tab Zyvarin 5 mg Mon/Wed/Fri", "Mon/Wed/Fri", 3},
        {"Tab Zyvarin 5 mg Tues, Thurs & Sat", "Tues, Thurs & Sat", 3},
        {"Tab Zyvarin 5 mg Mon-Fri", "Mon-Fri", 5},
        {"Tab Zyvarin 5 mg Mon-Wed-Fri", "Mon-Wed-Fri", 3},
        {"Tab Zyvarin Thu-Fri-Sat", "Thu-Fri-Sat", 3},
        {"Tab Zyvarin every Sunday", "every Sunday", 1},
        {"Tab Zyvarin 5 mg M/W/F", "M/W/F", 3},
        {"Tab Zyvarin 5 mg MWF", "MWF", 3},
        {"Tab Zyvarin 5 mg T/Th/S", "T/Th/S", 3},
        {"Tab Zyvarin 5 mg M/Th", "M/Th", 2},
        {"Tab Zyvarin 5 mg Fri to Mon", "Fri to Mon", 4},
        {"Tab Zyvarin 5 mg every Monday and Thursday", "every Monday and Thursday", 2},
        {"Tab Zyvarin 5 mg 3 tabs Sunday only", "Sunday only", 1},
        {"Tab Zyvarin 5 mg 3 tabs Sunday", "", 0}, /* the next visit, perhaps */
        {"TAB ZYVARIN 5 MG 3 TABS ON MONDAYS", "ON MONDAYS", 1},
        {"TAB ZYVARIN 5 MG 1 TAB ON ALTERNATEDAYS", "ON ALTERNATEDAYS", 3.5},
        {"TAB ZYVARIN 5 MG 2 TIMES ADAY", "2 TIMES ADAY", 14},
        {"TAB ZYVARIN 5 MG 1 TAB ON", "ON", 7}, /* every night */
        {"TAB ZYVARIN 5 MG 1 TAB ON X 5 DAYS", "ON", 7},
        {"TAB ZYVARIN 5 MG 1 TAB ON\nTHEYYAM", "ON", 7},
        {"TAB ZYVARIN 5 MG 1 TAB ON QORVEX", "", 0},
        {"TAB ZYVARIN 5 MG 1 TAB ON FULL STOMACH", "", 0},
        {"ZYVARIN CREAM 5% S.O.S. ON AFFECTED AREA", "S.O.S", 0},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i].line);
        print_message("%s\n", lines[i].line);
        assert_string_equal(words(&m.frequency.written), lines[i].frequency);
        assert_float_equal(7 * m.frequency.per_day, lines[i].per_week, 1e-6);
    }
}

static void hours_of_the_clock_are_a_frequency(void **state) {
    (void)state;
    static const struct {
        const char *line, *frequency, *dose;
        double per_day;
        unsigned when;
    } lines[] = {
        {"Tab Zyvarin 400 8am 2pm 10pm", "8am 2pm 10pm", "", 3,
         RX_WHEN_MORNING | RX_WHEN_NOON | RX_WHEN_NIGHT},
        {"Tab Zyvarin 110 mg 1 tab at 8am, 12 noon, 4 pm & 12 midnight",
         "8am, 12 noon, 4 pm & 12 midnight", "1 tab", 4,
         RX_WHEN_MORNING | RX_WHEN_NOON | RX_WHEN_EVENING | RX_WHEN_NIGHT},
        {"Tab Zyvarin 5 mg 1 tab at 9 pm", "9 pm", "1 tab", 1, RX_WHEN_NIGHT},
        {"Tab Zyvarin 5 mg 1 tab @ 12 am", "12 am", "1 tab", 1, RX_WHEN_NIGHT},
        {"Tab Zyvarin 5 mg 1 tab 08:00 and 19:30", "08:00 and 19:30", "1 tab", 2,
         RX_WHEN_MORNING | RX_WHEN_EVENING},
        {"Inj Zyvarin 10 units at 10 am & 8 pm", "10 am & 8 pm", "10 units", 2,
         RX_WHEN_MORNING | RX_WHEN_NIGHT},
        {"Tab Zyvarin 5 mg 8am - 8pm", "8am - 8pm", "", 2, RX_WHEN_MORNING | RX_WHEN_NIGHT},
        {"Tab Zyvarin 5 mg 8am/2pm", "8am/2pm", "", 2, RX_WHEN_MORNING | RX_WHEN_NOON},
        {"Tab Zyvarin 5 mg 8am + 2pm", "8am + 2pm", "", 2, RX_WHEN_MORNING | RX_WHEN_NOON},
        {"Tab Zyvarin 5 mg at 12 mn", "12 mn", "", 1, RX_WHEN_NIGHT},
        {"Tab Zyvarin 5 mg 8am 8am", "8am 8am", "", 1, RX_WHEN_MORNING},
        {"Tab Zyvarin 5 mg at 9 pm, 8 am", "9 pm, 8 am", "", 2, RX_WHEN_MORNING | RX_WHEN_NIGHT},
        {"Tab Zyvarin 5 mg BD 8am 8pm", "BD 8am 8pm", "", 2, RX_WHEN_MORNING | RX_WHEN_NIGHT},
        /* no hours: so many tablets or units, what no clock shows */
        {"Inj Zyvarin 10am 8pm", "am 8pm", "8", 2, RX_WHEN_MORNING | RX_WHEN_EVENING},
        {"Tab Zyvarin 5 mg 1am 2pm", "am 2pm", "1", 2, RX_WHEN_MORNING | RX_WHEN_EVENING},
        {"Tab Zyvarin 5 mg at 13 pm", "pm", "13", 1, RX_WHEN_EVENING},
        {"Tab Zyvarin 5 mg 1 tab 25:00", "", "1 tab", 0, 0},
        {"Tab Zyvarin 5 mg 1 tab 08:75", "", "1 tab", 0, 0},
        {"Tab Zyvarin 5 mg 1: 30 tabs", "", "1", 0, 0},
        {"Tab Zyvarin 5 mg 1 tab at 8 noon", "noon", "1 tab", 1, RX_WHEN_NOON},
        {"Tab Zyvarin 5 mg 1 tab at l0 am", "am", "1 tab", 1, RX_WHEN_MORNING},
        {"Tab Zyvarin 110 am", "am", "", 1, RX_WHEN_MORNING},
        {"Tab Zyvarin 5 mg 8 am", "am", "8", 1, RX_WHEN_MORNING},
        {"Zyvarin 5 mg 10am", "am", "10", 1, RX_WHEN_MORNING},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i].line);
        print_message("%s\n", lines[i].line);
        assert_string_equal(words(&m.frequency.written), lines[i].frequency);
        assert_string_equal(words(&m.dose.written), lines[i].dose);
        assert_float_equal(m.frequency.per_day, lines[i].per_day, 1e-9);
        assert_int_equal(m.frequency.when, lines[i].when);
    }
}

static void a_strength_may_stand_before_the_name(void **state) {
    (void)state;
    static const struct {
        const char *line, *name, *strength;
    } lines[] = {
        {"1% Zyvarin cream apply BD", "Zyvarin", "1%"},
        {"1% zyvarin cream apply BD", "zyvarin", "1%"},
        {"500 mg Zyvarin TDS", "Zyvarin", "500 mg"},
        {"2. 500mg Zyvarin TDS", "Zyvarin", "500mg"},
        {"Inj 25% Zyvarin 50 ml IV stat", "Zyvarin", "25%"},
        {"Tab: 40 mcg Zyvarin 1 OD", "Zyvarin", "40 mcg"},
        /* directions, a misread word of them, another line, an amount of something else */
        {"40 mg tablets BD", "", "40 mg"},
        {"0.05% rolation", "", "0.05%"},
        {"625 mg Forte BD", "", "625 mg"},
        {"5% DNS 500 ml IV", "DNS", "5%"},
        {"500 mg\nZyvarin TDS", "", "500 mg"},
        {"5 ml Zyvarin BD", "", ""},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i].line);
        print_message("%s\n", lines[i].line);
        assert_string_equal(words(&m.name.written), lines[i].name);
        assert_string_equal(words(&m.strength.written), lines[i].strength);
    }
}

static void what_is_glued_to_a_frequency_is_parted(void **state) {
    (void)state;
    static const struct {
        const char *line, *frequency, *duration;
        double per_day;
        bool meal;
    } lines[] = {
        {"Tab Zyvarin 40 mg 1 BDAC", "BD", "", 2, true},
        {"Tab Zyvarin 40 mg 1 ODAC", "OD", "", 1, true},
        {"Tab Zyvarin 40 mg 1 TIDAC", "TID", "", 3, true},
        {"Tab Zyvarin 40 mg 1 BIDPC", "BID", "", 2, true},
        {"Tab Zyvarin 40 mg 1 QIDPC", "QID", "", 4, true},
        {"Tab Zyvarin 40 mg 1 QDSx5d", "QDS", "5d", 4, false},
        {"Tab Zyvarin 40 mg 1 TDSPC x 3d", "TDS", "3d", 3, true},
        {"Tab Zyvarin 650 mg 1 BD×5d", "BD", "5d", 2, false},
        {"Tab Zyvarin 650 mg 1 TDSx 5 days", "TDS", "5 days", 3, false},
        {"Tab Zyvarin 40 mg 1 BDX", "", "", 0, false},
        {"Tab Zyvarin 40 mg 1 alternate night", "alternate night", "", 0.5, false},
        {"Cap Zyvarin 60000 IU 1/wk", "1/wk", "", 1 / 7.0, false},
        {"Zyvarin 2% shampoo 2x/wk", "2x/wk", "", 2 / 7.0, false},
        {"Cap Zyvarin 60000 IU /week", "/week", "", 1 / 7.0, false},
        {"Cap Zyvarin 60000 IU /wk", "/wk", "", 1 / 7.0, false},
        {"Zyvarin 2% shampoo 2x/week", "2x/week", "", 2 / 7.0, false},
        {"Tab Zyvarin 40 mg 1 alternate nights", "alternate nights", "", 0.5, false},
        {"Tab Zyvarin 40 mg 1 on alternate nights", "on alternate nights", "", 0.5, false},
        {"Tab Zyvarin 40 mg 1 alt night", "alt night", "", 0.5, false},
        {"Tab Zyvarin 40 mg 1 alt nights", "alt nights", "", 0.5, false},
        {"Tab Zyvarin 40 mg 1 every other night", "every other night", "", 0.5, false},
        {"Tab Zyvarin 0.25 1/2-0-1/2", "1/2-0-1/2", "", 2, false},
        {"Neb Zyvarin 6th hrly", "6th hrly", "", 4, false},
        {"Neb Zyvarin 6th hly", "6th hly", "", 4, false},
        {"Tab Zyvarin 500 day 1 then 250 OD x 4 d", "OD", "4 d", 1, false},
        {"Tab Zyvarin 500 mg BD 5 day", "BD", "5 day", 2, false},
        {"Tab Zyvarin 500 mg BD 5 day\n6", "BD", "5 day", 2, false},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i].line);
        print_message("%s\n", lines[i].line);
        assert_string_equal(words(&m.frequency.written), lines[i].frequency);
        assert_string_equal(words(&m.duration.written), lines[i].duration);
        assert_float_equal(m.frequency.per_day, lines[i].per_day, 1e-6);
        bool meal = m.frequency.when & (RX_WHEN_BEFORE_MEAL | RX_WHEN_AFTER_MEAL);
        assert_int_equal(meal, lines[i].meal);
    }
    assert_string_equal(parse("Tab Zyvarin 0.25 1/2-0-1/2").strength.written.text, "0.25");
}

static void days_are_no_names(void **state) {
    (void)state;
    assert_string_equal(parse("Tab Zyvarin Mon-Fri").name.written.text, "Zyvarin");
    assert_null(parse("1 tab Mon-Fri, 1/2 on other days").name.written.text);
    assert_null(parse("1 Tuesdays x 7/7").name.written.text);
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

static void days_of_a_cycle_are_no_amounts(void **state) {
    (void)state;
    static const char *const lines[] = {
        "Tab Zyvarin 5 mg OD day 2 to 6", "Tab Zyvarin 5 mg OD D2-D6",
        "Tab Zyvarin 5 mg OD day 2, 3 & 5", "Tab Zyvarin 5 mg OD from D5"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i]);
        assert_null(m.dose.written.text);
        assert_null(m.quantity.written.text);
        assert_null(m.duration.written.text);
    }
}

static void a_reason_to_stop_is_no_reason_to_take(void **state) {
    (void)state;
    assert_false(parse("Tab Zyvarin 500 mg BD, stop if rash").as_needed);
    assert_false(parse("Tab Zyvarin 5 mg OD (hold if SBP < 100)").as_needed);
    assert_true(parse("Tab Zyvarin 500 mg BD, if rash").as_needed);
}

static void when_something_is_repeated_is_no_duration(void **state) {
    (void)state;
    assert_null(parse("Tab Zyvarin 12 mg stat, repeat after 1 week").duration.written.text);
    assert_string_equal(parse("Tab Zyvarin 12 mg BD after food 1 week").duration.written.text,
                        "1 week");
}

/* ---- traps ---- */

static void a_number_before_how_often_is_a_dose(void **state) {
    (void)state;
    static const char *const lines[] = {
        "Tab Zyvarin 5 mg 1 BD",         "Tab Zyvarin 5 mg 1\ntwo times a day",
        "Tab Zyvarin 5 mg 2 SOS",        "Tab Zyvarin 5 mg 1 - BD",
        "Tab Zyvarin 5 mg one at night", "Tab Zyvarin 5 mg 1, q6h",
        "Tab Zyvarin 5 mg half stat",    "Tab Zyvarin 5 mg 1½ after food",
        "Tab Zyvarin 5 mg 1 po"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i]);
        assert_non_null(m.dose.written.text);
        if (rx_reviews_find(&m.review, RX_REVIEW_AMBIGUOUS_NUMBER, "dose"))
            fail_msg("\"%s\" is doubted", lines[i]);
    }
}

/* "" where the field is absent, "?" where it has no words. */
static void each_amount_goes_to_its_field(void **state) {
    (void)state;
    static const struct {
        const char *line, *strength, *dose, *frequency, *quantity;
    } lines[] = {
        {"Cap Zyvarin 5 mg q12h Ref: 1", "5 mg", "", "q12h", ""},
        {"Syp Zyvarin 50 mg/5 ml 10 - 0 - 10", "50 mg/5 ml", "?", "10 - 0 - 10", ""},
        {"Syp Zyvarin 5 - 0 - 5 ml", "", "?", "5 - 0 - 5", ""},
        {"Tab Zyvarin 5 mg TDS No. 30 RF x 3", "5 mg", "", "TDS", "No. 30"},
        {"Tab Zyvarin 5 mg -> 1/V bd", "5 mg", "", "bd", ""},
        {"Inhaler Zyvarin 1 p BD", "", "1 p", "BD", ""},
        {"Tab Zyvarin 5 mg onetab BD", "5 mg", "onetab", "BD", ""},
        {"Cap Zyvarin 5 mg iicap BD", "5 mg", "iicap", "BD", ""},
        {"Inj Zyvarin 1 g oneinj IM BD", "1 g", "oneinj", "BD", ""},
        {"Tab Zyvarin one morning and night", "", "one", "morning and night", ""},
        {"Tab Zyvarin 5 mg bd p.c. - 10", "5 mg", "", "bd", "10"},
        {"Tab Zyvarin 5 mg nocte [7 tabs]", "5 mg", "", "nocte", "7 tabs"},
        {"Crm Zyvarin BD 10 g", "", "", "BD", "10 g"},
        {"Zyvarin SPF 50 L/A TDS", "50", "", "TDS", ""},
        {"Tab Zyvarin 5 mg BD 8 days (Tot:16 tab)", "5 mg", "", "BD", "Tot:16 tab"},
        {"Tab Zyvarin 30 (30) BD", "30", "", "BD", "30"},
        {"Zyvarin 5 mg tablet\nTake 1 tablet (5 mg total) by mouth 2 (two) times daily", "5 mg",
         "1 tablet", "2 (two) times daily", ""},
        {"Zyvarin 5 mg tablet\nTake one (1) tablet every 8 (eight) hours\nQuantity: 30 (thirty)",
         "5 mg", "one (1) tablet", "every 8 (eight) hours", "Quantity: 30 (thirty)"},
        {"Zyvarin 5 mg tablet\n1 tablet as needed for pain. Max Daily Amount: 8 tablets", "5 mg",
         "1 tablet", "as needed", ""},
        {"Zyvarin 5 mg tablet\n1 tablet BD\nDisp-90 tablet", "5 mg", "1 tablet", "BD",
         "Disp-90 tablet"},
        {"Crm Zyvarin 5% 5% TDS", "5%", "", "TDS", ""},
        {"Syr Zyvarin 30/1.25 15-x-x", "30/1.25", "?", "15-x-x", ""},
        {"TAB Zyvarin - 10\n1 b.d.", "10", "1", "b.d", ""},
        {"Tab Zyvarin 5 mg OD mane", "5 mg", "", "OD mane", ""},
        {"Tab Zyvarin 5 mg 1 tab one dose now", "5 mg", "1 tab", "one dose now", ""},
        {"Tab Zyvarin 167/167/167 mg OD", "167/167/167 mg", "", "OD", ""},
        {"Drop Zyvarin 5-0-5ml", "", "?", "5-0-5", ""},
        {"Cap Zyvarin 0.4\n- one BD", "0.4", "one", "BD", ""},
        {"Cap Zyvarin 0.4 - one BD", "0.4", "one", "BD", ""},
        {"Cap Zyvarin 4\n- 5 caps BD", "4", "5 caps", "BD", ""},
        {"Tab Zyvarin 5 mg 1 - 2 tab BD", "5 mg", "1 - 2 tab", "BD", ""},
        {"Zyvarin (180) BD", "180", "", "BD", ""},
        {"Zyvarin (180) 10 tabs BD", "180", "", "BD", "10 tabs"},
        {"Tab Zyvarin (3.5/16) BD", "3.5/16", "", "BD", ""},
        {"Tab Zyvarin BD (30)", "", "", "BD", "30"},
        {"Tab Zyvarin 5 mg 1 tab p.o. b.i.d. a.c.", "5 mg", "1 tab", "b.i.d", ""},
        {"Tab Zyvarin 5 mg b. i. d.", "5 mg", "", "b. i. d", ""},
        {"Tab Zyvarin 5 mg 1 tab PO x 1 dose", "5 mg", "1 tab", "x 1 dose", ""},
        {"Tab Zyvarin 5 mg 1 - 1 - 1 - 56", "5 mg", "?", "1 - 1 - 1", "56"},
        {"Tab Zyvarin 5 mg 1 - 1 - 1 - 2", "5 mg", "", "1 - 1 - 1 - 2", ""},
        {"Tab Zyvarin 5 mg 1-0-0-0", "5 mg", "?", "1-0-0-0", ""},
        {"Inj Zyvarin 10-0-0-0 units", "", "?", "10-0-0-0", ""},
        {"Inj Zyvarin 0-0-0-10 units", "", "?", "0-0-0-10", ""},
        {"Inj Zyvarin 10-10-10-40 units", "", "", "10-10-10-40", ""},
        {"Tab Zyvarin 60 - 1 - 0 - 0", "60", "?", "1 - 0 - 0", ""},
        {"Tab Zyvarin 5 mg 2 - 2 - 2 - 7/7", "5 mg", "?", "2 - 2 - 2", ""},
        {"Tab Zyvarin 5 mg 0-0-11/2", "5 mg", "?", "0-0-11/2", ""},
        {"Inj Zyvarin 1 g 1 vial BD in 100 ml NS\nMitte 6", "1 g", "1 vial", "BD", "Mitte 6"},
        {"Tab Zyvarin 5 mg Supply 7\n\xc2\xbd tab BD", "5 mg", "\xc2\xbd tab", "BD", "Supply 7"},
        {"Tab Zyvarin 5 mg 1 - 0 - 1 -do-", "5 mg", "?", "1 - 0 - 1", ""},
        {"Zyvarin 40 75 mg BD", "75 mg", "", "BD", ""},
        {"Zyvarin 1/20 0.02/1 mg BD", "0.02/1 mg", "", "BD", ""},
        {"Zyvarin 40 (75 mg) BD", "75 mg", "", "BD", ""},
        {"Zyvarin 40\n75 mg BD", "40", "75 mg", "BD", ""},
        {"Syp Zyvarin 2/10/30 mg 5 ml BD", "2/10/30 mg", "5 ml", "BD", ""},
        {"Tab Zyvarin 5 mg (6 tabs)\n1-1-1", "5 mg", "?", "1-1-1", "6 tabs"},
        {"Tab Zyvarin 5 mg (1 tab) BD", "5 mg", "1 tab", "BD", ""},
        {"Zyvarin 40 tab BD", "40", "", "BD", ""},
        {"Zyvarin 2 tab BD", "", "2 tab", "BD", ""},
        {"Tab Zyvarin BD 10 tabs", "", "", "BD", "10 tabs"},
        {"Zyvarin 1½ tab BD", "", "1½ tab", "BD", ""},
        {"Zyvarin drops 5 drops BD", "", "5 drops", "BD", ""},
        {"Zyvarin 20 mg 1 po qday", "20 mg", "1", "qday", ""},
        {"Zyvarin 30/500 i-ii QDS", "30/500", "i-ii", "QDS", ""},
        {"Zyvarin 500 mg i to ii tabs QDS", "500 mg", "i to ii tabs", "QDS", ""},
        {"Neb Zyvarin 1 resp TDS", "", "1 resp", "TDS", ""},
        {"Zyvarin 250 rotacap 1 BD", "250", "1", "BD", ""},
        {"Zyvarin 0.5 neb BD", "0.5", "", "BD", ""},
        {"Zyvarin patch 25 mcg/hr every 72 hrs", "25 mcg/hr", "", "every 72 hrs", ""},
        {"Zyvarin 500 mg 1 BD/5", "500 mg", "1", "BD", ""},
        {"Zyvarin 5 mg 1 tab BD 1 tab", "5 mg", "1 tab", "BD", ""},
        {"Zyvarin 5 mg 1 tab BD 6 tabs", "5 mg", "1 tab", "BD", "6 tabs"},
        {"Syp Zyvarin 5 BD\nmg/5 ml", "5", "", "BD", ""},
        {"Inj Zyvarin 60 mg 6 monthly", "60 mg", "", "6 monthly", ""},
        {"Zyvarin 10.8 mg every 3/12", "10.8 mg", "", "every 3/12", ""},
        {"Zyvarin 300 mg IV q8wks", "300 mg", "", "q8wks", ""},
        {"Zyvarin 175 mg/m2 q21d", "", "175 mg/m2", "q21d", ""},
        {"Zyvarin 75 mg/m² IV stat", "", "75 mg/m²", "stat", ""},
        {"Zyvarin 5 mg one-half tablet daily", "5 mg", "one-half tablet", "daily", ""},
        {"Zyvarin 5 mg 1 and a half tabs daily", "5 mg", "1 and a half tabs", "daily", ""},
        {"Zyvarin 5 mg 1 & 1/2 tab daily", "5 mg", "1 & 1/2 tab", "daily", ""},
        {"Zyvarin 5 mg 2 and one tab daily", "5 mg", "2", "daily", ""},
        {"Zyvarin 50 mg up to 4 times a day", "50 mg", "", "up to 4 times a day", ""},
        {"Zyvarin 200/6 turbuhaler 2 inh bd", "200/6", "2 inh", "bd", ""},
        {"Tab Zyvarin 650 1 goli din me 3 baar", "650", "1 goli", "din me 3 baar", ""},
        {"Tab Zyvarin 650 subah sham khane ke baad", "650", "", "subah sham", ""},
        {"Zyvarin 35 once a wk", "35", "", "once a wk", ""},
        {"Zyvarin 5 mg yearly", "5 mg", "", "yearly", ""},
        {"Tab Zyvarin 5 mg 1 p/c", "5 mg", "1", "", ""},
        {"Zyvarin 1 pkt in 1 L BD", "", "1 pkt", "BD", ""},
        {"Inj Zyvarin 5 mg @ 10 drops/min", "5 mg", "", "", ""},
        {"Zyvarin 1 tab/day", "", "1 tab", "", ""},
        {"Zyvarin shampoo twice a wk", "", "", "twice a wk", ""},
        {"Zyvarin cream\nApply a thin layer BD", "", "", "BD", ""},
        {"Tab Zyvarin 5 mg BD half strength", "5 mg", "", "BD", ""},
        {"Inj Zyvarin 20% 100 ml iv 8 hrly", "20%", "100 ml", "8 hrly", ""},
        {"Inj Zyvarin 40 meq in 1 L @ 100 ml/hr", "40 meq in 1 L", "100 ml/hr", "", ""},
        {"Gargle Zyvarin 2% 15 ml BD 200 ml", "2%", "15 ml", "BD", "200 ml"},
        {"Zyvarin 1 mg IM 3-monthly", "1 mg", "", "3-monthly", ""},
        {"Zyvarin 11.25 mg 3/12ly", "11.25 mg", "", "3/12ly", ""},
        {"Tab Zyvarin 60 1 weekly", "60", "1", "weekly", ""},
        {"Tab Zyvarin 70 weekly", "70", "", "weekly", ""},
        {"Tab Zyvarin 5 mg 1.5 weekly", "5 mg", "1.5", "weekly", ""},
        {"Tab Zyvarin 5 mg wkly", "5 mg", "", "wkly", ""},
        {"Tab Zyvarin 4 mg 1-2 q4-6 prn", "4 mg", "1-2", "q4-6", ""},
        {"Tab Zyvarin 4 mg q 8 prn", "4 mg", "", "q 8", ""},
        {"Eye drops Zyvarin 1° hrly", "", "", "1° hrly", ""},
        {"Inj Zyvarin 6u-8u-6u", "", "", "6u-8u-6", ""},
        {"Inj Zyvarin 8U-8U-8U", "", "?", "8U-8U-8", ""},
        {"Tab Zyvarin 5 mg BD hold for HR<60", "5 mg", "", "BD", ""},
        {"Tab Zyvarin 5 mg BD hold if SBP <100", "5 mg", "", "BD", ""},
        {"Tab Zyvarin 5 mg -> 2 BD", "5 mg", "2", "BD", ""},
        {"Zyvarin disp 75mg nocte", "75mg", "", "nocte", ""},
        {"Zyvarin 21 mg/24 hr patch daily", "21 mg/24 hr", "", "daily", ""},
        {"Tab Zyvarin 5 mg BD 56 tabs x 3 repeats", "5 mg", "", "BD", "56 tabs"},
        {"Tab Zyvarin 5 mg BD #30 Refills: 2", "5 mg", "", "BD", "#30"},
        {"Syp Zyvarin 5 BD\nmg/5 ml 10 ml", "5", "10 ml", "BD", ""},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i].line);
        print_message("%s\n", lines[i].line);
        assert_string_equal(words(&m.strength.written), lines[i].strength);
        assert_string_equal(words(&m.dose.written), lines[i].dose);
        assert_string_equal(words(&m.frequency.written), lines[i].frequency);
        assert_string_equal(words(&m.quantity.written), lines[i].quantity);
    }
    rx_medicine m = parse("Drop Zyvarin 5-0-5ml");
    assert_string_equal(m.dose.unit, "mL");
    m = parse("Tab Zyvarin 5 mg 11/2 tab BD");
    assert_float_equal(m.dose.value, 1.5, 1e-9);
    m = parse("Tab Zyvarin 75 0-1-0 p/c");
    assert_string_equal(m.dose.unit, "{tablet}");
    m = parse("Tab Zyvarin 5 mg four times a wk");
    assert_null(m.duration.written.text);
    m = parse("Tab Zyvarin 5 mg OD Mitte 1/12");
    assert_string_equal(m.duration.unit, "mo");
    m = parse("Tab Zyvarin 5 mg OD x 3 refills");
    assert_null(m.duration.written.text);
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

/* OD is the right eye only where there may be an eye. */
static void what_no_eye_gets_is_taken_once_daily(void **state) {
    (void)state;
    static const char *const lines[] = {"Zyvarin 40 OD",         "Zyvarin 40/12.5 OD",
                                        "Zyvarin 1 tab OD",      "Zyvarin 50 mg/kg OD",
                                        "Zyvarin 5 mg/kg IV OD", "Zyvarin 2 puffs OD"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i]);
        assert_float_equal(m.frequency.per_day, 1, 1e-9);
    }
    static const char *const perhaps[] = {"Zyvarin 1 drop OD", "Zyvarin 20 OD", "Zyvarin 1% OD"};
    for (size_t i = 0; i < sizeof perhaps / sizeof *perhaps; i++) {
        rx_medicine m = parse(perhaps[i]);
        assert_false(m.frequency.has_value);
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

static void weeks_and_months_apart_are_an_interval(void **state) {
    (void)state;
    static const struct {
        const char *line;
        double per_day;
    } lines[] = {{"Inj Zyvarin 60 mg 6 monthly", 1 / 180.0},
                 {"Inj Zyvarin 1 mg 12 weekly", 1 / 84.0},
                 {"Zyvarin 11.25 mg 3/12ly", 1 / 90.0},
                 {"Zyvarin 10.8 mg every 3/12", 1 / 90.0},
                 {"Zyvarin 40 mg 2/52ly", 1 / 14.0}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i].line);
        assert_float_equal(m.frequency.per_day, lines[i].per_day, 1e-9);
        assert_null(m.dose.written.text);
        assert_null(m.duration.written.text);
    }
}

static void a_single_letter_behind_a_sign_is_no_part_of_a_name(void **state) {
    (void)state;
    rx_medicine m = parse("Tab Zyvarin :b qorvexan 5 mg BD");
    assert_null(rx_reviews_find(&m.review, RX_REVIEW_PART_OF_NAME, "name"));
}

/* What stands behind a plus is no dose, whatever suffix the second substance has. */
static void the_strength_of_several_substances_is_one(void **state) {
    (void)state;
    static const struct {
        const char *line, *strength;
        int num_parts;
        double parts[3];
    } several[] = {
        {"Cap Zyvarin 20 mg + Qorvexa SR 30 mg OD", "20 mg + Qorvexa SR 30 mg", 2, {20, 30}},
        {"Tab Zyvarin 500mg/Qorvexic acid 125mg 1 tab OD",
         "500mg/Qorvexic acid 125mg",
         2,
         {500, 125}},
        {"Tab Zyvarin 1 mg + Qorvexa 2 mg & Melduta 3 mg OD",
         "1 mg + Qorvexa 2 mg & Melduta 3 mg",
         3,
         {1, 2, 3}},
        {"Tab Zyvarin 500 mg, Qorvexa 2 mg OD", "500 mg, Qorvexa 2 mg", 2, {500, 2}},
        {"Tab Zyvarin 500 mg + Vitamin D3 250 IU OD", "500 mg + Vitamin D3 250 IU", 0, {0}},
        {"Tab Zyvarin 50 + Qorvexa 500 BD", "50 + Qorvexa 500", 2, {50, 500}},
        {"Tab Zyvarin 40 & rest 5 days", "40", 0, {0}},
        {"Tab Zyvarin 40 + Qorvexa 2 tabs BD", "40", 0, {0}},
        {"Tab Zyvarin 40, Qorvexa 5 BD", "40", 0, {0}},
        {"Syp Zyvarin 5 mg + Qorvexa 5 ml OD", "5 mg", 0, {0}},
        {"Tab Zyvarin 500 mg, then 250 mg OD", "500 mg", 0, {0}},
        {"Tab Zyvarin 500 mg, 20 mg OD", "500 mg", 0, {0}},
        {"Tab Zyvarin 500 mg take 20 mg + Qorvexa 5 mg OD", "500 mg", 0, {0}},
        {"Tab Zyvarin 1 mg + Qa 2 mg + Qe 3 mg + Qi 4 mg + Qo SR 5 mg OD",
         "1 mg + Qa 2 mg + Qe 3 mg + Qi 4 mg + Qo SR 5 mg",
         0,
         {0}},
        {"Tab Zyvarin 500 mg, Tab Qorvexa 2 mg OD", "500 mg", 0, {0}},
        {"Inj Zyvarin 10 units + Qorvexa 6 units OD", "", 0, {0}},
    };
    for (size_t i = 0; i < sizeof several / sizeof *several; i++) {
        rx_medicine m = parse(several[i].line);
        bool whole = strchr(several[i].strength, 'Q') || strchr(several[i].strength, 'V');
        if (strcmp(words(&m.strength.written), several[i].strength) != 0)
            print_error("\"%s\": %s\n", several[i].line, words(&m.strength.written));
        assert_string_equal(words(&m.strength.written), several[i].strength);
        assert_string_equal(m.name.written.text, "Zyvarin");
        assert_int_equal(m.strength.num_parts, several[i].num_parts);
        assert_memory_equal(m.strength.parts, several[i].parts,
                            several[i].num_parts * sizeof(double));
        assert_int_equal(rx_reviews_find(&m.review, RX_REVIEW_PART_OF_NAME, "name") != NULL, whole);
        if (whole)
            assert_false(m.dose.written.text && strstr(m.dose.written.text, "mg"));
    }
    rx_medicine m = parse("Tab Zyvarin 500 mg take 20 mg + Qorvexa 5 mg OD");
    assert_string_equal(words(&m.dose.written), "20 mg");
    m = parse("Tab Zyvarin 325 mg (65 mg iron) daily");
    assert_string_equal(words(&m.strength.written), "325 mg");
    assert_string_equal(words(&m.dose.written), "");
}

/* As American labels have them; behind a blank the number is another one's. */
static void numbers_joined_by_a_hyphen_are_two_strengths(void **state) {
    (void)state;
    static const struct {
        const char *line, *strength, *dose;
        int num_parts;
    } pairs[] = {
        {"Zyvarin-Qorvexa 800-160 mg BID", "800-160 mg", "", 2},
        {"Zyvarin-Qorvexa 5-10 mg BID", "5-10 mg", "", 2}, /* two names */
        {"Zyvarin 5-325 mg 1 tab q6h", "5-325 mg", "1 tab", 2},
        {"Zyvarin 160-4.5 2 puffs BID", "160-4.5", "2 puffs", 2},
        {"Zyvarin ES 600-42.9 mg/5 mL 5 mL BID", "600-42.9 mg/5 mL", "5 mL", 2},
        {"zyvarin-qorvexa (MELDUTA) 875-125 mg per tablet", "875-125 mg per tablet", "", 2},
        {"zyvarin-qorvexa (MELDUTA) 5-325 mg prn", "5-325 mg", "", 2},
        {"Zyvarin-Qorvexa 0.3-0.1% 4 drops", "0.3-0.1%", "4 drops", 2},
        {"Zyvarin 2-4 mg BID", "2-4 mg", "", 0},
        {"L-Zyvarin 50-100 mcg BID", "50-100 mcg", "", 0},
        {"Tab Zyvarin 400 - 1 tab BID", "400", "1 tab", 0},
        {"Tab Zyvarin 400 -1 tab BID", "400", "1 tab", 0},
        {"Tab Zyvarin 3-2 BID", "", "", 0},
        {"Zyvarin 600-300-300 mg BD", "", "", 0},
        {"Zyvarin 10-4 10/0.4 BD", "", "", 0},
        {"Zyvarin 10-4 10 mg BD", "", "", 0}, /* the first two may be its name's */
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        rx_medicine m = parse(pairs[i].line);
        if (m.strength.num_parts != pairs[i].num_parts)
            print_error("\"%s\": %s\n", pairs[i].line, words(&m.strength.written));
        assert_int_equal(m.strength.num_parts, pairs[i].num_parts);
        if (*pairs[i].strength)
            assert_string_equal(words(&m.strength.written), pairs[i].strength);
        if (*pairs[i].strength)
            assert_string_equal(words(&m.dose.written), pairs[i].dose);
    }
    rx_medicine m = parse(pairs[0].line);
    assert_true(m.strength.parts[0] == 800 && m.strength.parts[1] == 160);
    assert_string_equal(m.strength.unit, "mg");
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
        cmocka_unit_test_teardown(the_dose_of_a_pattern_is_inferred_and_quotes_nothing, free_arena),
        cmocka_unit_test_teardown(an_inferred_dose_is_as_sure_as_its_pattern, free_arena),
        cmocka_unit_test_teardown(a_written_dose_outweighs_an_inferred_one, free_arena),
        cmocka_unit_test_teardown(a_taper_has_steps, free_arena),
        cmocka_unit_test_teardown(days_are_no_names, free_arena),
        cmocka_unit_test_teardown(hours_of_the_clock_are_a_frequency, free_arena),
        cmocka_unit_test_teardown(a_strength_may_stand_before_the_name, free_arena),
        cmocka_unit_test_teardown(what_is_glued_to_a_frequency_is_parted, free_arena),
        cmocka_unit_test_teardown(what_something_goes_into_is_its_route, free_arena),
        cmocka_unit_test_teardown(what_is_handed_out_is_no_name, free_arena),
        cmocka_unit_test_teardown(days_of_a_cycle_are_no_amounts, free_arena),
        cmocka_unit_test_teardown(days_of_the_week_are_a_frequency, free_arena),
        cmocka_unit_test_teardown(when_something_is_repeated_is_no_duration, free_arena),
        cmocka_unit_test_teardown(a_reason_to_stop_is_no_reason_to_take, free_arena),
        cmocka_unit_test_teardown(a_number_before_how_often_is_a_dose, free_arena),
        cmocka_unit_test_teardown(each_amount_goes_to_its_field, free_arena),
        cmocka_unit_test_teardown(whatever_is_written_is_parsed_without_harm, free_arena),
        cmocka_unit_test_teardown(a_word_with_an_apostrophe_is_whole, free_arena),
        cmocka_unit_test_teardown(rx_and_rp_are_no_names, free_arena),
        cmocka_unit_test_teardown(the_letter_of_an_enantiomer_belongs_to_its_name, free_arena),
        cmocka_unit_test_teardown(capitals_behind_a_form_are_a_name_with_a_strength, free_arena),
        cmocka_unit_test_teardown(capitals_behind_a_name_may_be_its_last, free_arena),
        cmocka_unit_test_teardown(what_no_eye_gets_is_taken_once_daily, free_arena),
        cmocka_unit_test_teardown(a_way_to_inject_may_stand_before_the_name, free_arena),
        cmocka_unit_test_teardown(weeks_and_months_apart_are_an_interval, free_arena),
        cmocka_unit_test_teardown(a_single_letter_behind_a_sign_is_no_part_of_a_name, free_arena),
        cmocka_unit_test_teardown(the_strength_of_several_substances_is_one, free_arena),
        cmocka_unit_test_teardown(numbers_joined_by_a_hyphen_are_two_strengths, free_arena),
        cmocka_unit_test_teardown(letters_apart_with_stops_are_one_word, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
