/* Claims about a line of directions: strength, dose, and what is handed out. */
#include "parsed.h"

#include <math.h>

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
        {"5 ml Zyvarin BD", "Zyvarin", ""},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i].line);
        print_message("%s\n", lines[i].line);
        assert_string_equal(words(&m.name.written), lines[i].name);
        assert_string_equal(words(&m.strength.written), lines[i].strength);
    }
}

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
        {"Tab Zyvarin 650 1-1-1 x 3 days = 9 tabs", "650", "?", "1-1-1", "9 tabs"},
        {"Tab Zyvarin 40 1-0-0 = 3", "40", "?", "1-0-0", "3"},
        {"Zyvarin inhaler x 1 - 2 puffs prn", "", "1 - 2 puffs", "prn", ""},
        {"NS 500 ml + 1 amp Zyvarin OD", "", "500 ml", "OD", ""},
        {"Zyvarin 10 puffs stat", "", "10 puffs", "stat", ""},
        {"Zyvarin 100 mcg inhaler 2 puffs BD 200 puffs", "100 mcg", "2 puffs", "BD", "200 puffs"},
        {"Tab Zyvarin 15 mg BD 28 (twenty eight) tablets", "15 mg", "", "BD",
         "28 (twenty eight) tablets"},
        {"Tab Zyvarin 15 mg BD 56 (fifty-six only)", "15 mg", "", "BD", "56 (fifty-six only)"},
        {"Zyvarin 500 mg IV @ 100 ml/hr", "500 mg", "100 ml/hr", "", ""},
        {"Zyvarin 500mgTDSx7/7", "500mg", "", "TDS", ""},
        {"Tab. Zyvarin 40mgOD", "40mg", "", "OD", ""},
        {"Tab Zyvarin 2\xc2\xb7"
         "5 mg OD",
         "2\xc2\xb7"
         "5 mg",
         "", "OD", ""},
        {"Zyvarin 2,00,000 IU stat", "2,00,000 IU", "", "stat", ""},
        {"Zyvarin 1,000,000 IU stat", "1,000,000 IU", "", "stat", ""},
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
    m = parse("Tab Zyvarin 3 mg (three) OD");
    assert_null(m.quantity.written.text);
    m = parse("Tab Zyvarin 40 mg BD aim HR 60");
    assert_null(m.quantity.written.text);
    m = parse("Tab Zyvarin 1 mg/500 mcg BD");
    assert_true(!m.strength.has_value && m.strength.num_parts == 0);
    m = parse("Tab Zyvarin 5 mg OD x 3 refills");
    assert_null(m.duration.written.text);
    m = parse("Zyvarin 2,00,000 IU stat");
    assert_true(m.strength.value == 200000);
    m = parse("Tab Zyvarin 0.3 mg OD"); /* the nearest number there is */
    assert_true(m.strength.value == 0.3);
    m = parse("Tab Zyvarin 2\xc2\xb7"
              "5 mg OD");
    assert_true(m.strength.value == 2.5);
    m = parse("ONE CAPSULE TO BE TAKEN DAILY"); /* BE: both eyes */
    assert_null(m.route.written.text);
}

/* What runs into a vein is dosed by volume; how fast it runs is no dose. */
static void a_fluid_has_a_volume(void **state) {
    (void)state;
    static const struct {
        const char *line, *name, *dose;
        bool doubted;
    } lines[] = {
        {"NS 500 ml over 4 hours", "NS", "500 ml", false},
        {"IV RL 1 L @ 100 ml/hr", "RL", "1 L", false},
        {"5D 500 ml over 8 h", "5D", "500 ml", false},
        {"IVF DNS 2 pints", "DNS", "2 pints", false},
        {"NS @ 75 ml/hr", "NS", "75 ml/hr", false},
        {"5% Dextrose 500 ml + 10 ml KCl", "Dextrose", "500 ml", true},
        {"DNS 500 ml + KCl 20 mEq over 6 h", "DNS", "500 ml", true},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i].line);
        print_message("%s\n", lines[i].line);
        assert_string_equal(words(&m.name.written), lines[i].name);
        assert_string_equal(words(&m.dose.written), lines[i].dose);
        assert_null(m.quantity.written.text);
        assert_int_equal(rx_reviews_hold(&m.review, "dose"), lines[i].doubted);
    }
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
        {"Zyvarin (20 mg) + Qorvexa (30 mg) OD", "20 mg) + Qorvexa (30 mg)", 2, {20, 30}},
        {"Zyvarin(500mg)+Qorvexic acid(125mg) BD", "500mg)+Qorvexic acid(125mg)", 2, {500, 125}},
        {"Tab (Zyvarin 500 mg + Qorvexa 125 mg) 1-0-1", "500 mg + Qorvexa 125 mg", 2, {500, 125}},
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

/* An infinite number could not be written as JSON, and the page would be lost. */
static void a_number_with_more_digits_than_a_double_is_marked(void **state) {
    (void)state;
    char line[512] = "Tab Zyvarin ", *digits = line + strlen(line);
    memset(digits, '9', 400);
    strcpy(digits + 400, " mg BD");
    rx_medicine m = parse(line);
    assert_true(m.strength.has_value && isfinite(m.strength.value));
    assert_non_null(rx_reviews_find(&m.review, RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"));
    memcpy(digits, "0.", 2);
    m = parse(line);
    assert_true(m.strength.has_value && fabs(m.strength.value - 1) < 1e-9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_dose_of_a_pattern_is_inferred_and_quotes_nothing, free_arena),
        cmocka_unit_test_teardown(an_inferred_dose_is_as_sure_as_its_pattern, free_arena),
        cmocka_unit_test_teardown(a_written_dose_outweighs_an_inferred_one, free_arena),
        cmocka_unit_test_teardown(a_strength_may_stand_before_the_name, free_arena),
        cmocka_unit_test_teardown(a_number_before_how_often_is_a_dose, free_arena),
        cmocka_unit_test_teardown(each_amount_goes_to_its_field, free_arena),
        cmocka_unit_test_teardown(a_fluid_has_a_volume, free_arena),
        cmocka_unit_test_teardown(the_strength_of_several_substances_is_one, free_arena),
        cmocka_unit_test_teardown(numbers_joined_by_a_hyphen_are_two_strengths, free_arena),
        cmocka_unit_test_teardown(a_number_with_more_digits_than_a_double_is_marked, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
