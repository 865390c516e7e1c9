/* Claims about a line of directions: how often, when, and for how long. */
#include "parsed.h"

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
        {"Tab Zyvarin 5 mg weekly 2 days", "weekly 2 days", 2},
        {"Tab Zyvarin 5 mg weekly 2 times x 5 wks", "weekly 2 times", 2},
        {"Tab Zyvarin 5 mg 3 days in a week", "3 days in a week", 3},
        {"Tab Zyvarin 5 mg 1 tab PO qweek", "qweek", 1},
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

static void days_are_no_names(void **state) {
    (void)state;
    assert_string_equal(parse("Tab Zyvarin Mon-Fri").name.written.text, "Zyvarin");
    assert_null(parse("1 tab Mon-Fri, 1/2 on other days").name.written.text);
    assert_null(parse("1 Tuesdays x 7/7").name.written.text);
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

static void when_something_is_repeated_is_no_duration(void **state) {
    (void)state;
    assert_null(parse("Tab Zyvarin 12 mg stat, repeat after 1 week").duration.written.text);
    assert_string_equal(parse("Tab Zyvarin 12 mg BD after food 1 week").duration.written.text,
                        "1 week");
}

static void a_time_before_or_between_is_no_duration(void **state) {
    (void)state;
    static const char *const lines[] = {"Tab Zyvarin 250 mg weekly, start 2 weeks before travel",
                                        "Tab Zyvarin 5 mg OD, continue 7 days after travel",
                                        "Inj Zyvarin 2 doses 4 weeks apart",
                                        "Tab Zyvarin 200 mg stat (<2 yr)", "Inj Zyvarin 5 D1"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_null(parse(lines[i]).duration.written.text);
    assert_non_null(parse("Tab Zyvarin 8 mg BD x 3 days after chemo").duration.written.text);
    assert_non_null(parse("Tab Zyvarin 8 mg BD 3 days before food").duration.written.text);
    assert_int_equal(parse("Tab Zyvarin 5 mg 1 OD x 21 days then 7 day break").num_steps, 0);
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
        {"Tab Zyvarin 2.5 mg twice/week", "twice/week", "", 2 / 7.0, false},
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

static void a_time_from_now_is_no_duration(void **state) {
    (void)state;
    static const char *const lines[] = {"Tab Zyvarin 5 mg OD and arrange bloods in 2 weeks",
                                        "Tab Zyvarin 5 mg OD review within 10 days"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_null(parse(lines[i]).duration.written.text);
}

static void what_is_taken_during_a_complaint_is_as_needed(void **state) {
    (void)state;
    rx_medicine m = parse("Tab Zyvarin 5 mg twice daily during fever x 3 d");
    assert_true(m.as_needed);
    assert_string_equal(words(&m.as_needed_for), "during fever");
    assert_string_equal(words(&m.duration.written), "3 d");
    m = parse("Tab Zyvarin 5 mg twice daily during pregnancy"); /* for so long */
    assert_false(m.as_needed);
    m = parse("Zyvarin ear drops 3 drops TDS R ear");
    assert_string_equal(m.route.value, "right ear");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_taper_has_steps, free_arena),
        cmocka_unit_test_teardown(days_of_the_week_are_a_frequency, free_arena),
        cmocka_unit_test_teardown(hours_of_the_clock_are_a_frequency, free_arena),
        cmocka_unit_test_teardown(days_are_no_names, free_arena),
        cmocka_unit_test_teardown(days_of_a_cycle_are_no_amounts, free_arena),
        cmocka_unit_test_teardown(when_something_is_repeated_is_no_duration, free_arena),
        cmocka_unit_test_teardown(a_time_before_or_between_is_no_duration, free_arena),
        cmocka_unit_test_teardown(what_is_glued_to_a_frequency_is_parted, free_arena),
        cmocka_unit_test_teardown(what_no_eye_gets_is_taken_once_daily, free_arena),
        cmocka_unit_test_teardown(weeks_and_months_apart_are_an_interval, free_arena),
        cmocka_unit_test_teardown(a_time_from_now_is_no_duration, free_arena),
        cmocka_unit_test_teardown(what_is_taken_during_a_complaint_is_as_needed, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
