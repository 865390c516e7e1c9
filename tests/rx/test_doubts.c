/* Claims about what is doubted in a line of directions: notations that have harmed people, what is not understood, what is
 * not the same each time; and what is not. */
#include "parsed.h"

static void notations_that_have_harmed_people_are_flagged(void **state) {
    (void)state;
    static const struct {
        const char *line, *code, *field;
    } traps[] = {
        {"Inj Lantus 10 U HS", RX_REVIEW_ERROR_PRONE_NOTATION, "dose"},
        {"Inj Lantus 10U s/c", RX_REVIEW_ERROR_PRONE_NOTATION, "dose"},
        {"Inj Lantus 10 IU at night", RX_REVIEW_ERROR_PRONE_NOTATION, "dose"},
        {"Tab Zyvarin 5 mg QD", RX_REVIEW_ERROR_PRONE_NOTATION, "frequency"},
        {"Tab Zyvarin 5 mg q.d.", RX_REVIEW_ERROR_PRONE_NOTATION, "frequency"},
        {"Tab Zyvarin 5 mg QOD", RX_REVIEW_ERROR_PRONE_NOTATION, "frequency"},
        {"Tab Zyvarin 5 mg q.o.d", RX_REVIEW_ERROR_PRONE_NOTATION, "frequency"},
        {"Tab Zyvarin 5 mg QID", RX_REVIEW_ERROR_PRONE_NOTATION, "frequency"},
        {"Tab Zyvarin .5 mg BD", RX_REVIEW_ERROR_PRONE_NOTATION, "strength"},
        {"Tab Zyvarin 5.0 mg BD", RX_REVIEW_ERROR_PRONE_NOTATION, "strength"},
        {"Tab Zyvarin 5 mg OD", RX_REVIEW_ERROR_PRONE_NOTATION, "frequency"},
        {"Zyvarin OD", RX_REVIEW_AMBIGUOUS_ABBREVIATION, "frequency"},
        {"E/D Zyvarin 1 drop OD", NULL, NULL},
        {"Tab Zyvarin 5 mg HS", RX_REVIEW_ERROR_PRONE_NOTATION, "frequency"},
        {"Tab Zyvarin 5 mg SS tab BD", RX_REVIEW_ERROR_PRONE_NOTATION, "dose"},
        {"Tab Zyvarin 100 \xc2\xb5g BD", RX_REVIEW_ERROR_PRONE_NOTATION, "strength"}, /* U+00B5 */
        {"Tab Zyvarin 100 \xce\xbcg BD", RX_REVIEW_ERROR_PRONE_NOTATION, "strength"}, /* U+03BC */
        {"Tegretol300 mg BD", RX_REVIEW_ERROR_PRONE_NOTATION, "strength"},
        {"Tab Zyvarin 5OO mg BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Tab Zyvarin 5 mg l-o-l", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Syp Zyvarin 5 cc TDS", RX_REVIEW_ERROR_PRONE_NOTATION, "dose"},
        {"Tab Zyvarin 2 BD", RX_REVIEW_AMBIGUOUS_NUMBER, "dose"},
        {"Tab Zyvarin 5 mg BD x 5", RX_REVIEW_AMBIGUOUS_NUMBER, "duration"},
        {"Tab Zyvarin 5 mg BD 1-1-1", RX_REVIEW_CONFLICT, "frequency"},
    };
    for (size_t i = 0; i < sizeof traps / sizeof *traps; i++) {
        rx_medicine medicine = parse(traps[i].line);
        bool flagged =
            traps[i].code ? rx_reviews_find(&medicine.review, traps[i].code, traps[i].field) != NULL
                          : medicine.review.count > 0;
        if (!flagged)
            print_error("\"%s\" is not flagged\n", traps[i].line);
        assert_true(flagged);
    }
}

static void what_stands_beside_a_field_tells_whether_it_was_understood(void **state) {
    (void)state;
    static const struct {
        const char *line, *code, *field;
    } doubts[] = {
        {"Tab Zyvarin 5 mg two tabs 3 dimes a day", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Tab Zyvarin 5 mg 1 tab 2 (three) times daily", RX_REVIEW_DOUBTFUL_CHARACTERS,
         "frequency"},
        {"Tab Zyvarin 5 mg 6-0-1", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Tab Zyvarin 5 mg x S days", RX_REVIEW_DOUBTFUL_CHARACTERS, "duration"},
        {"Tab Zyvarin 5 mg for l week", RX_REVIEW_DOUBTFUL_CHARACTERS, "duration"},
        {"Tab Zyvarin 5 mg T1D", RX_REVIEW_DOUBTFUL_CHARACTERS, "duration"},
        {"Tab Zyvarin 5 mg 13D", RX_REVIEW_AMBIGUOUS_ABBREVIATION, "duration"},
        {"Tab Zyvarin 5 mg 0D", RX_REVIEW_AMBIGUOUS_ABBREVIATION, "duration"},
        {"Tab Zyvarin 5 mg Z tab BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Syp Zyvarin 5 m1 TDS", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Inj Zyvarin 10 V HS", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Tab Zyvarin 500 ng BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Tab Zyvarin 5 mg BD\xe2\x86\x92OD", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 5 mg HS5", RX_REVIEW_AMBIGUOUS_NUMBER, "dose"},
        {"Tab Zyvarin 5 mg 6-0-1", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Tab Zyvarin 5 mg 5-1-0-2", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Inj Zyvarin 16 + 0 + 2", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Inj Zyvarin 6L IM stat", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Tab Zyvarin 5 mg neevery night", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Tab Zyvarin 5 mg inthe morning", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Tab Zyvarin 5 mg once daily in themorning", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Tab Zyvarin 5 mg hs has times a day", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Tab Zyvarin 5 mg SOS\ntwice a dag", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Tab Zyvarin 5 mg one tab once a weef", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Tab Zyvarin 5 mg one tab once", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Inj Zyvarin 5 mg 1 amp q14h", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Tab Zyvarin 1 G hourly x 3 weeks", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Zyvarin 2.5 tablet twice a day", RX_REVIEW_AMBIGUOUS_NUMBER, "strength"},
        {"Zyvarin 5 tab twice a day", RX_REVIEW_AMBIGUOUS_NUMBER, "strength"},
        {"Tab Zyvarin (10) BD", RX_REVIEW_AMBIGUOUS_NUMBER, "strength"},
        {"Inj Zyvarin 24 - 1 - 0 - 0", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Tab Zyvarin 5 mg 0-0-11/2", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Zyvarin 10 tab twice a day", RX_REVIEW_AMBIGUOUS_NUMBER, "strength"},
        {"Zyvarin 90 tab twice a day", RX_REVIEW_AMBIGUOUS_NUMBER, "strength"},
        {"Zyvarin 56 tab twice a day", RX_REVIEW_AMBIGUOUS_NUMBER, "strength"},
        {"Zyvarin 75 tablets twice a day", RX_REVIEW_AMBIGUOUS_NUMBER, "strength"},
        {"Zyvarin 30 tablets", RX_REVIEW_AMBIGUOUS_NUMBER, "strength"},
        {"Tab Zyvarin 5 mg 1 tab PO one daily", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Eye drop Zyvarin 1-2 - 1-2 - 1-2", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Tab Zyvarin 5 mg\n2 tebs qwk", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Tab Zyvarin 5 mg ltobro 1 BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Tab Zyvarin 5 mg 1 tab BD 2 tabs", RX_REVIEW_CONFLICT, "dose"},
        {"Inj Zyvarin 20 units BBF 12 units BD", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 40-30-20-10 mg", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 40-30-20-10 mg", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 5 mg OD except on Sundays", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 5 mg 1 tab TDS (taper)", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 5 mg 1 tab BD Sun", RX_REVIEW_CONFLICT, "frequency"},
        {"Inj Zyvarin 10am 8pm", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Zyvarin 100/125 mcg alternate days", RX_REVIEW_CONFLICT, "dose"},
        {"Zyvarin 40 mg OM and 20 mg midday", RX_REVIEW_CONFLICT, "dose"},
        {"Zyvarin 40 mg OM and 20 mg midday", RX_REVIEW_CONFLICT, "frequency"},
        {"Zyvarin 1:1000 0.5 ml IM stat", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Zyvarin 60-40-20 x 3 days each", RX_REVIEW_CONFLICT, "dose"},
        {"Zyvarin 60-40-20 x 3 days each", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 400 mg stat repeat 2wk", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 400 mg stat rpt 2wk", RX_REVIEW_CONFLICT, "frequency"},
        {"Zyvarin #3 1-2 q4h prn", RX_REVIEW_PART_OF_NAME, "name"},
        {"Zyvarin 5 1/2 BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Zyvarin 5 ½ BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Zyvarin 2 1/2-0-1/2", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Zyvarin 2 1/2-0-1/2", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Inj Zyvarin 10am 8pm", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Inj Zyvarin 10am 8pm", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Tab Zyvarin 5 mg at 13 pm", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Tab Zyvarin 5 mg BD STOP", RX_REVIEW_CONFLICT, NULL},
        {"Tab Zyvarin 5 mg Mon/Wed/Fri, 2.5 mg other days", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 5 mg alt with 2.5 mg", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 5 mg 1 tab Mon/Thu, half other days", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 5 mg 1 tab Mon/Thu, half rest of week", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 5 mg 1 tab Mon/Thu, half remaining days", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 5 mg M W F, 2.5 mg T Th S", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 2 mg / 3 mg alternate days", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 5 mg OD (not on Qorvex day)", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 5 mg BD x 2 weeks then SOS", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 5 mg HS x 2 weeks, SOS after", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 5 mg 40 mg/day BD", RX_REVIEW_CONFLICT, "dose"},
        {"Zyvarin 5 mg tablet\nTake 1 tablet (10 mg total) daily", RX_REVIEW_CONFLICT, "dose"},
        {"Inj Zyvarin 50 mg/kg/day IV BD", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 40 mg/day in two doses", RX_REVIEW_CONFLICT, "strength"},
        {"Tab Zyvarin 5 mg HS stat", RX_REVIEW_CONFLICT, "frequency"},
        {"Inj Zyvarin 75 mg IM stat & SOS", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 5 mg D2-D6", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 5 mg OD day 2 to day 6", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 5 mg OD day 2 to 6", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 5 mg OD x 21 days from D5", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 5 mg 2 tab day 1", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 5 mg 1 BD with meals, 2 at night", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Tab Zyvarin 500 1 am 2 pm", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Tab Zyvarin 5 mg stat, repeat after 7 days", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Tab Zyvarin 2.5 BD 4\nmg", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Tab Zyvarin 500\nmg BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Tab Zyvarin 500-0-1", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Cap Zyvarin 2 300 BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Tab Zyvarin 0,5 mg BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Tab Zyvarin 2,5 mg BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Tab Zyvarin 2,5 mg BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Zyvarin 50 ml SOS", RX_REVIEW_AMBIGUOUS_NUMBER, "strength"},
        {"Tab Zyvarin 500 ml BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Cap Zyvarin 500 g BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Tab Zyvarin 5 mg BD x 5 days 14/7", RX_REVIEW_CONFLICT, "duration"},
        {"Tab Zyvarin 5 mg BD x 5 days after food x 3 weeks", RX_REVIEW_CONFLICT, "duration"},
        {"Tab Zyvarin 5 mg 1 tab OD Mon/Wed/Fri", RX_REVIEW_CONFLICT, "frequency"},
        {"Cap Zyvarin 500 mg, 2", RX_REVIEW_AMBIGUOUS_NUMBER, "dose"},
        {"Tab Zyvarin 75 mg 1 +\n\n(a. p.o. in the morning", RX_REVIEW_AMBIGUOUS_NUMBER, "dose"},
        {"Tab Zyvarin 5 mg twice a day\nshake well - 3", RX_REVIEW_AMBIGUOUS_NUMBER, "dose"},
        {"Tab Zyvarin 5 mg 11/2 tab BD", RX_REVIEW_ERROR_PRONE_NOTATION, "dose"},
        {"Nasal spray Zyvarin 0 1% BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Tab Zyvarin 0.5 1 tab BD Supply 6\nmg", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Tab Zyvarin 5% mg BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Tab Zyvarin 150 mgmorning", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Tab Zyvarin Qorvexan 7. 5mg BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Eye drops Zyvarin - 10 1% BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Eye drops Zyvarin 10 1% BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Syp Zyvarin 1100mg/5 mlsuspension 5 ml BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Syr Zyvarin 125mg/5ml fourtimes\ndaily", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Tab Zyvarin; Qorvexa; Meldutin 150/30/200 mg", RX_REVIEW_PART_OF_NAME, "name"},
        {"Crm Zyvarin\n(emollient) 0.05%", RX_REVIEW_PART_OF_NAME, "name"},
        {"Tab Zyvarin +", RX_REVIEW_PART_OF_NAME, "name"},
        {"Tab Zyvarin 40H OD", RX_REVIEW_PART_OF_NAME, "name"},
        {"Tab Zyvarin 5 mg TDS (5)", RX_REVIEW_AMBIGUOUS_NUMBER, "quantity"},
        {"Inj Zyvarin 20-14 units", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Tab Zyvarin 1--A--A Tablet", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Zyvarin 40 75 mg BD", RX_REVIEW_PART_OF_NAME, "name"},
        {"Zyvarin 1/20 0.02/1 mg BD", RX_REVIEW_PART_OF_NAME, "name"},
        {"Zyvarin 1A Qorvexan 300 mg BD", RX_REVIEW_PART_OF_NAME, "name"},
        {"Inj Zyvarin 1 qorvexan", RX_REVIEW_PART_OF_NAME, "name"},
        {"Tab Zyvarin 5 mg\n3 1-0-1", RX_REVIEW_ROW_UNCLEAR, NULL},
        {"Tab Zyvarin 5 mg\n4 1 tablet sos", RX_REVIEW_ROW_UNCLEAR, NULL},
        {"Tab Zyvarin 75 mg T Qorvex 25 mg BD", RX_REVIEW_ROW_UNCLEAR, NULL},
        {"Tab Zyvarin 5 mg\nSig: half tab daily\nSig: 1 tab PO daily", RX_REVIEW_ROW_UNCLEAR, NULL},
        {"Tab Zyvarin 1 g 3 Qorvex 5 mg qid", RX_REVIEW_ROW_UNCLEAR, NULL},
        {"Cap Zyvarin 5 mg 1 tab BD", RX_REVIEW_ROW_UNCLEAR, NULL},
        {"Zyvarin 2 puffs SOS, Qorvexa 200 2 puffs BD", RX_REVIEW_ROW_UNCLEAR, NULL},
        {"Tab Zyvarin 5 mg BD, Qorvexa DS BD", RX_REVIEW_ROW_UNCLEAR, NULL},
        {"T Zyvarin 75 HS with T Qorvexa 75 HS", RX_REVIEW_ROW_UNCLEAR, NULL},
        {"Tab Zyvarin 5 mg BD x 5 days, Tab Qor 650 SOS", RX_REVIEW_ROW_UNCLEAR, NULL},
        {"Tab Zyvarin 2.5 mg six weekly", RX_REVIEW_AMBIGUOUS_NUMBER, "frequency"},
        {"Zyvarin 10.8 mg 12 weekly", RX_REVIEW_AMBIGUOUS_NUMBER, "frequency"},
        {"Tab Zyvarin 60 mg 3 monthly", RX_REVIEW_AMBIGUOUS_NUMBER, "frequency"},
        {"Tab Zyvarin 4 mg q8 prn", RX_REVIEW_AMBIGUOUS_NUMBER, "frequency"},
        {"Zyvarin 1 puff BD plus PRN", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 5 mg BD and SOS", RX_REVIEW_CONFLICT, "frequency"},
        {"Inj Zyvarin 6u-8u-6u", RX_REVIEW_ERROR_PRONE_NOTATION, "dose"},
        {"Inj Zyvarin 5 mcg/kg/min", RX_REVIEW_CONFLICT, "dose"},
        {"Inj Zyvarin 200 mg at 5 mcg/min", RX_REVIEW_CONFLICT, "dose"},
        {"Zyvarin 40 mg then 20 mg OD", RX_REVIEW_CONFLICT, "dose"},
        {"Zyvarin 5 mg: 7.5 mL (375 mg) BID", RX_REVIEW_CONFLICT, "dose"},
        {"Zyvarin 250 mg/5 mL, 7.5 mL (350 mg) BID", RX_REVIEW_CONFLICT, "dose"},
        {"Zyvarin 6/6/8 units", RX_REVIEW_CONFLICT, "strength"},
        {"Zyvarin 1 unit:10 g", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Zyvarin 60 mg 6/12", RX_REVIEW_AMBIGUOUS_NUMBER, "duration"},
        {"Zyvarin 400 mg q4h while awake", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 5 mg BD half strength", RX_REVIEW_CONFLICT, "dose"},
        {"Zyvarin 1A Qorvexan 300 mg BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Zyvarin 80 mg stat & HS", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 1 L BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Cap Zyvarin 5 mg 5 ml BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Tab Zyvarin 5 mg 3-0-3 x 14 d then 7 d off", RX_REVIEW_CONFLICT, "frequency"},
        {"Zyvarin 1:10", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Zyvarin 12 patch q3d", RX_REVIEW_AMBIGUOUS_NUMBER, "strength"},
        {"Drops Zyvarin 2° each nostril TDS", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Zyvarin 5 mg OD - D/C", RX_REVIEW_CONFLICT, NULL},
        {"Tab Zyvarin 5 mg OD cancelled", RX_REVIEW_CONFLICT, NULL},
        {"Tab Zyvarin 5 mg OD ceased", RX_REVIEW_CONFLICT, NULL},
        {"Tab Zyvarin 5 mg not given", RX_REVIEW_CONFLICT, NULL},
        {"Tab Zyvarin 5 mg OD not to be given", RX_REVIEW_CONFLICT, NULL},
        {"Tab Zyvarin 5 mg OD - do not dispense", RX_REVIEW_CONFLICT, NULL},
        {"Tab Zyvarin 5 mg OD hold for surgery", RX_REVIEW_CONFLICT, NULL},
        {"Tab Zyvarin 5 mg 1-0-1 or SOS", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 5 mg 101", RX_REVIEW_AMBIGUOUS_NUMBER, "quantity"},
        {"Tab Zyvarin 40 110", RX_REVIEW_AMBIGUOUS_NUMBER, "quantity"},
        {"Tab Zyvarin 5 mg weekly 2 days", RX_REVIEW_AMBIGUOUS_NUMBER, "frequency"},
        {"Tab Zyvarin 5 mg 1 BD + 1 HS", RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"},
        {"Tab Zyvarin 5 mg BD & HS", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 5 mg BD x 3 days, SOS thereafter", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 5 - 2.5 mg", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Tab Zyvarin 5 mg 4 a day", RX_REVIEW_AMBIGUOUS_NUMBER, "dose"},
        {"Tab Zyvarin 5 mg 2 tabs per day", RX_REVIEW_AMBIGUOUS_NUMBER, "dose"},
        {"Tab Zyvarin 101", RX_REVIEW_AMBIGUOUS_NUMBER, "strength"},
        {"Cap Zyvarin 200 PV at night till 36 wks", RX_REVIEW_AMBIGUOUS_NUMBER, "duration"},
        {"Inj Zyvarin 175 mg/m2 = 280 mg", RX_REVIEW_CONFLICT, "strength"},
        {"Zyvarin 625 mg PO TDS 5", RX_REVIEW_AMBIGUOUS_NUMBER, "quantity"},
        {"Zyvarin 625 mg 1-0-1 - 7", RX_REVIEW_AMBIGUOUS_NUMBER, "quantity"},
        {"Inj Zyvarin 5 mg IV/IM BD", RX_REVIEW_CONFLICT, "route"},
        {"Tab Zyvarin 5 mg for 3 days every month", RX_REVIEW_CONFLICT, "frequency"},
        {"Tab Zyvarin 5 mg 10 days once a month", RX_REVIEW_CONFLICT, "frequency"},
        {"Inj Zyvarin 15 mg/kg OD (750 mg)", RX_REVIEW_CONFLICT, "strength"},
        {"Inj Zyvarin 10/20/10 s/c", RX_REVIEW_CONFLICT, "strength"},
        {"Syp Zyvarin 5 twice daily", RX_REVIEW_AMBIGUOUS_NUMBER, "strength"},
        {"Drops Zyvarin 8 TDS", RX_REVIEW_AMBIGUOUS_NUMBER, "strength"},
        {"Zyvarin 1 unit per 10 g carbs", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Zyvarin 5 mg PO or IV q8h", RX_REVIEW_CONFLICT, "route"},
        {"Tab Zyvarin 5 mg IV x 3 days then PO", RX_REVIEW_CONFLICT, "route"},
        {"Zyvarin 1 drop RE BD, LE TDS", RX_REVIEW_CONFLICT, "route"},
    };
    for (size_t i = 0; i < sizeof doubts / sizeof *doubts; i++) {
        rx_medicine m = parse(doubts[i].line);
        const rx_review *review = rx_reviews_find(&m.review, doubts[i].code, doubts[i].field);
        if (!review)
            print_error("\"%s\" is not doubted\n", doubts[i].line);
        assert_non_null(review);
        assert_false(review->advisory);
    }
}

/* A changed dose, doses in turn, a number above the strength: which of both is taken is for a person to say. */
static void of_two_amounts_one_is_taken(void **state) {
    (void)state;
    static const struct {
        const char *line, *code, *field; /* no code: nothing is doubted of dose and strength */
    } lines[] = {
        {"Tab Zyvarin 2.5 mg increased to 5 mg OD", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 5 mg -> 2.5 mg OD", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 5 mg \xe2\x86\x92 10 mg OD", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 40 mg \xe2\x86\x93 to 20 mg OD", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 5 mg instead of 10 mg OD", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 5 mg 10 mg OD", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 3 mg & 4 mg alternate days", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 5 mg on odd days, 2.5 mg on even days", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 3 mg today, 2 mg tomorrow", RX_REVIEW_CONFLICT, "dose"},
        {"Tab Zyvarin 5 mg (10 mg) OD", RX_REVIEW_CONFLICT, "strength"},
        {"Tab Zyvarin 0-25 mg BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Tab Zyvarin 1 mg/500 mcg BD", RX_REVIEW_CONFLICT, "strength"},
        {"Zyvarin 10 units + 25 g IV", RX_REVIEW_CONFLICT, "strength"},
        {"Zyvarin gel 5 g OD", RX_REVIEW_AMBIGUOUS_NUMBER, "quantity"},
        {"Inj Zyvarin 100 mg at 0, 2, 6 weeks", RX_REVIEW_CONFLICT, "duration"},
        {"Tab Zyvarin 2'5 mg BD", RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"},
        {"Inj Zyvarin 10 units stat then 20 units in 1 L NS", RX_REVIEW_CONFLICT, "strength"},
        {"Zyvarin 12\n500 mg OD", RX_REVIEW_AMBIGUOUS_NUMBER, "strength"},
        {"Zyvarin 1 in 1000 0.5 ml IM", RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"},
        {"Tab Zyvarin 5 mg 1-0-1 x 5 d, 10 0-0-1", RX_REVIEW_AMBIGUOUS_NUMBER, "dose"},
        {"Tab Zyvarin 5 mg tab, take 10 mg OD", NULL, NULL},
        {"Tab Zyvarin 60 mg\n-> 240 mg daily for 2 days", NULL, NULL},
        {"Tab Zyvarin 0.05 mg (50 mcg) OD", NULL, NULL},
        {"Tab Zyvarin 5 mg (20 mg) 4 tab OD", NULL, NULL},
        {"Zyvarin gel 20 g OD", NULL, NULL},
        {"Tab Zyvarin 40\n40 mg OD", NULL, NULL},
        {"Zyvarin sachet 1 in 200 ml water OD", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i].line);
        print_message("%s\n", lines[i].line);
        if (lines[i].code)
            assert_non_null(rx_reviews_find(&m.review, lines[i].code, lines[i].field));
        else
            assert_false(rx_reviews_hold(&m.review, "dose") ||
                         rx_reviews_hold(&m.review, "strength"));
    }
}

static void a_whole_strength_is_not_doubted(void **state) {
    (void)state;
    static const char *const lines[] = {"Tab Zyvarin 500/125 mg BD", "Syp Zyvarin 100mg/5 ml BD",
                                        "Syp Zyvarin 100 mg/ml BD",  "Tab Zyvarin 7.5 mg BD",
                                        "1. Tab Zyvarin 7.5 mg BD",  "Tab Zyvarin. 5 mg BD",
                                        "Inj Zyvarin-30 100 mg",     "Drops Zyvarin 5-10 mg/ml BD"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i]);
        assert_non_null(m.strength.written.text);
        if (rx_reviews_find(&m.review, RX_REVIEW_DOUBTFUL_CHARACTERS, "strength"))
            fail_msg("\"%s\" is doubted", lines[i]);
    }
}

static void patterns_of_like_amounts_are_not_doubted(void **state) {
    (void)state;
    static const char *const lines[] = {"Inj Zyvarin 16 + 0 + 12", "Inj Zyvarin 20-16-10",
                                        "Zyvarin 8-10-8",          "Tab Zyvarin 5 mg 3-2-1",
                                        "Inj Zyvarin 16 + 0 + 3",  "Inj Zyvarin 10 - 0 - 10",
                                        "Tab Zyvarin 5 mg 4-0-1",  "Tab Zyvarin 5 mg 3-2-1-1"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i]);
        assert_true(m.frequency.num_slots > 2);
        if (rx_reviews_find(&m.review, RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency") ||
            rx_reviews_find(&m.review, RX_REVIEW_CONFLICT, "frequency"))
            fail_msg("\"%s\" is doubted", lines[i]);
    }
}

static void numbers_that_are_no_doses_are_not_doubted(void **state) {
    (void)state;
    static const struct {
        const char *line, *frequency;
    } lines[] = {
        {"Tab Zyvarin 5 mg 1 tab BD 30 min before food", "BD"},
        {"Tab Zyvarin 5 mg 1 1/2 BD", "BD"},
        {"Tab Zyvarin 5 mg 1 am", "am"},
        {"Tab Zyvarin 5 mg\nSig: 1 tab daily", "daily"},
        {"Zyvarin #20 1 tab BD", "BD"},
        {"Tab Zyvarin 0.025/2.5 mg alternate days", "alternate days"},
        {"Tab Zyvarin 2.5/0.025 mg alternate days", "alternate days"},
        {"Syp Zyvarin 2 1/2 tsp BD", "BD"},
        {"Inj Zyvarin 1 g IV BD in 100 ml NS", "BD"},
        {"Tab Zyvarin 5 mg 1 tab SOS if temp > 101", "SOS"},
        {"Tab Zyvarin 5 mg 1 tab SOS if BP > 160/100", "SOS"},
        {"Tab Zyvarin 5 mg 1 tab BD R: 2", "BD"},
        {"Tab Zyvarin 5 mg TDS max 15 mg/day", "TDS"},
        {"Tab Zyvarin 5 mg SOS (max 3 per day)", "SOS"},
        {"Tab Zyvarin 5 mg SOS, maximum of 3 tabs a day", "SOS"},
        {"Tab Zyvarin 5 mg SOS, max 3 times a day", "SOS"},
        {"Tab Zyvarin 5 mg SOS max 2/d 4/week", "SOS"},
        {"Tab Zyvarin 5 mg weekly start 2 weeks before travel", "weekly"},
        {"Tab Zyvarin 5 mg TDS not more than 4 tabs per day", "TDS"},
        {"Tab Zyvarin 5 mg TDS not to exceed 4/day", "TDS"},
        {"Tab Zyvarin 5 mg SOS after meals", "SOS"},
        {"Tab Zyvarin 5 mg BD, avoid sun", "BD"},
        {"Tab Zyvarin 40BD", "BD"},
        {"Tab Zyvarin 5 mg 1 tab morning, 1 night (after food)", "morning, 1 night"},
        {"Zyvarin (QORVEX) 5 mg tablet\nTake 2 tablets (10 mg total) daily", "daily"},
        {"Zyvarin 10 mg/5 mL liquid\nTake 5 mL (10 mg total) daily", "daily"},
        {"Tab Zyvarin 40 BD x 5 d (10)", "BD"},
        {"Tab Zyvarin 40 BD (10 tabs)", "BD"},
        {"Tab Zyvarin 5 mg (10) BD", "BD"},
        {"Tab Zyvarin 5 mg BD (60)", "BD"},
        {"Zyvarin 1 sachet after each loose stool", "after each loose stool"},
        {"Tab Zyvarin 5 mg 1 tab with meals\n20", ""},
        {"Tab Zyvarin 5 mg once a week (Sunday)", "once a week"},
        {"Zyvarin 2.5 mg 4 tabs once weekly on Fri", "once weekly"},
        {"Zyvarin 2 sprays/nostril daily", "daily"},
        {"Inj Zyvarin 1 g in 100 ml NS over 1 hr BD", "BD"},
        {"Zyvarin 17 g daily in 8 oz water", "daily"},
        {"Zyvarin 250 mg/5 mL, 7.5 mL (375 mg) PO BID", "BID"},
        {"Zyvarin 180 mg (15mg/kg) q6h", "q6h"},
        {"Zyvarin 180 mg (15 mg/kg/dose) q6h", "q6h"},
        {"Zyvarin patch 4.6 mg/24 h daily", "daily"},
        {"Tab Zyvarin 5 mg OD Mitte 1/12", "OD"},
        {"Zyvarin 4 puffs via spacer q4h", "q4h"},
        {"Tab Zyvarin 5 mg before food 1 tab BD", "BD"},
        {"Tab Zyvarin 5 mg after breakfast 1-0-1", "1-0-1"},
        {"Tab Zyvarin 5 mg with food BD", "BD"},
        {"zyvarin 325 mg (65 mg iron) tablet\nTake 325 mg BID", "BID"},
        {"zyvarin 1,000 unit tablet\nTake 2,000 Units daily", "daily"},
        {"Tab Zyvarin 5 mg OD x 3/12 Repeat x 3", "OD"},
        {"Tab Zyvarin 5 mg nocte Qty 30 Rpt 5", "nocte"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine m = parse(lines[i].line);
        print_message("%s\n", lines[i].line);
        assert_string_equal(words(&m.frequency.written), lines[i].frequency);
        assert_null(rx_reviews_find(&m.review, RX_REVIEW_DOUBTFUL_CHARACTERS, "dose"));
        assert_null(rx_reviews_find(&m.review, RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency"));
        assert_null(rx_reviews_find(&m.review, RX_REVIEW_CONFLICT, "frequency"));
        assert_null(rx_reviews_find(&m.review, RX_REVIEW_CONFLICT, "dose"));
        assert_null(rx_reviews_find(&m.review, RX_REVIEW_ROW_UNCLEAR, NULL));
        assert_null(rx_reviews_find(&m.review, RX_REVIEW_AMBIGUOUS_NUMBER, "quantity"));
        assert_null(rx_reviews_find(&m.review, RX_REVIEW_PART_OF_NAME, "name"));
    }
}

static void plain_notation_is_not_flagged(void **state) {
    (void)state;
    static const char *const lines[] = {
        "Tab Zyvarin 0.5 mg twice daily x 5 days",
        "Tab Zyvarin 5 mg 1-0-1 after food",
        "Inj Lantus 10 units at night",
        "Tab Zyvarin 100 mcg 1 tab BD",
        "Syp Zyvarin 125 mg/5 ml 5 ml TDS",
        "Tab Zyvarin 5 mg Take 1 tab orally twice a day with milk Disp: 30 Refills: 2",
        "Tab Zyvarin 10 - 1-0-1 - 7 days",
        "Cap Zyvarin 5 mg 1-0-0 - 20",
        "Tab Zyvarin 0.5 mg one tab at night",
        "Rotacap Zyvarin 200 mcg 1 rotacap twice daily",
        "Rotacap Zyvarin 200 mcg 1 cap twice daily",
        "Tab Zyvarin (5 mg) twice daily",
        "Tab Zyvarin + Qorvexa 5 mg twice daily",
        "Tab Zyvarin, take 1 tab twice daily",
        "Zyvarin (180) twice daily",
        "Zyvarin (40) twice daily",
        "Zyvarin (2/10) twice daily",
        "Zyvarin 40 tab twice daily",
        "Zyvarin 40mg tablets\nOne to be taken each day",
        "Zyvarin 20 mg 1 po qday",
        "Tab Zyvarin 500 mg twice daily x 5 days then stop",
        "Tab Zyvarin 500 mg twice daily, stop if rash",
        "Tab Zyvarin,5 mg twice daily",
        "Tab Zyvarin 1,000 mg twice daily",
        "Tab Zyvarin 1 g twice daily",
        "Tab Zyvarin 500\n1-0-1",
        "Tab Zyvarin 500 1 tab twice daily",
        "Syp Zyvarin 40 15 ml twice daily",
        "Inj Zyvarin 10 g twice daily",
        "Inj Zyvarin 60 mg 6 monthly",
        "Zyvarin 30 20-0-10",
        "Zyvarin 30/70 units/ml 20 units at bedtime",
        "Zyvarin 60 mg for 6/12",
        "Zyvarin 60 mg IM 3 monthly",
        "Zyvarin 60 mg 2-weekly",
        "Tab Zyvarin 5 mg every wk",
        "Zyvarin 250 mg/5 mL: 1 tsp twice daily",
        "Cap Vitamin D3 60000 units once a week",
        "Tab Zyvarin 5 mg twice daily hold for pulse < 60",
        "Tab Zyvarin 5 mg twice daily hold if SBP <100",
        "Tab Zyvarin 5 mg twice daily x 3 refills",
        "Tab Zyvarin 5 mg not to be taken with milk",
        "Eye drops Zyvarin hourly",
        "Zyvarin 40mg po at night #90 3RF",
        "Zyvarin 40mg po at night #90 RF x 3",
        "Tab Zyvarin 5 mg 1 tab till 5 days",
        "Tab Zyvarin 100",
        "Tab Zyvarin 5 mg 1 morning, 1 night",
        "Tab Zyvarin 5 mg 1 tab a day",
        "Tab Zyvarin 5 mg weekly 20 days",
        "Tab Zyvarin 5 mg x 8 weeks once a week",
        "Tab Zyvarin 5/40/12.5 twice daily",
        "Cream Zyvarin 500 units per g twice daily",
        "Syp Zyvarin 250/5 ml twice daily",
        "Tab Zyvarin 5 mg by mouth (oral) twice daily",
        "Zyvarin cream locally twice daily to affected area"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        rx_medicine medicine = parse(lines[i]);
        if (medicine.review.count)
            print_error("\"%s\": %s\n", lines[i], medicine.review.items[0].message);
        assert_int_equal(medicine.review.count, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(notations_that_have_harmed_people_are_flagged, free_arena),
        cmocka_unit_test_teardown(what_stands_beside_a_field_tells_whether_it_was_understood,
                                  free_arena),
        cmocka_unit_test_teardown(of_two_amounts_one_is_taken, free_arena),
        cmocka_unit_test_teardown(a_whole_strength_is_not_doubted, free_arena),
        cmocka_unit_test_teardown(patterns_of_like_amounts_are_not_doubted, free_arena),
        cmocka_unit_test_teardown(numbers_that_are_no_doses_are_not_doubted, free_arena),
        cmocka_unit_test_teardown(plain_notation_is_not_flagged, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
