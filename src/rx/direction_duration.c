/* Durations: "x 5 days", "for a week", "5/7" (days), "2/52" (weeks), "3/12" (months), and "x 5", which
 * has no unit and therefore several readings. */
#include "rx/directions_parser.h"

#include <string.h>

/* Sets the duration that is written at [from, to), behind an "x" or "for" at `at`; tokens taken or passed over. A second
 * one stays in the instructions; a number without a unit may then be something else. */
static size_t take(rx_parser *p, const rx_quantity *quantity, size_t at, size_t from, size_t to) {
    if (rx_set_duration(p, quantity, from, to)) {
        rx_parser_use(p, at, from - at);
        return to - at;
    }
    if (!quantity->unit)
        return 0;
    const rx_quantity *first = &p->steps[p->step].duration;
    if (first->value != quantity->value || !first->unit || strcmp(first->unit, quantity->unit) != 0)
        rx_parser_flag(p, RX_REVIEW_CONFLICT, "duration", false, NULL, at, to,
                       "another duration is written on the same line");
    return to - at;
}

/* "3/12ly", "every 3/12": every three months, at [at, to); tokens. */
static size_t take_interval(rx_parser *p, const rx_quantity *every, size_t at, size_t to) {
    double days = strcmp(every->unit, "mo") == 0 ? 30 : strcmp(every->unit, "wk") == 0 ? 7 : 1;
    rx_frequency frequency = {.has_value = true};
    frequency.per_day = frequency.per_day_high = 1 / (days * every->value);
    return every->value > 0 && rx_set_frequency(p, &frequency, at, to) ? to - at : 0;
}

static size_t take_fraction_of_time(rx_parser *p, size_t at, size_t number_at) {
    static const struct {
        double denominator;
        const char *unit;
    } spans[] = {{7, "d"}, {52, "wk"}, {12, "mo"}};
    const rx_token *number = rx_tok(p, number_at), *under = rx_tok(p, number_at + 2);
    if (number->kind != RX_TOKEN_NUMBER || !rx_is(p, number_at + 1, "/") ||
        under->kind != RX_TOKEN_NUMBER || rx_find(p, number_at + 3, RX_KIND(UNIT)).phrase)
        return 0;
    for (size_t i = 0; i < 3; i++) {
        if (under->value != spans[i].denominator)
            continue;
        rx_quantity quantity = {.has_value = true,
                                .value = number->value,
                                .high = number->value,
                                .unit = spans[i].unit};
        if (rx_is(p, at, "every") || rx_is(p, at, "q"))
            return take_interval(p, &quantity, at, number_at + 3);
        if (rx_is(p, number_at + 3, "ly"))
            return take_interval(p, &quantity, at, number_at + 4);
        return take(p, &quantity, at, number_at, number_at + 3);
    }
    return 0;
}

/* "x 5": days, or times a day, or how many. */
static size_t take_unitless_x(rx_parser *p, const rx_amount *amount, size_t at, size_t to) {
    static const char *const readings[] = {"for so many days", "so many times a day",
                                           "so many to dispense", NULL};
    rx_quantity quantity = rx_quantity_of(amount, NULL);
    rx_step *step = &p->steps[p->step];
    bool times =
        amount->high <= 4 && rx_is_known(&step->dose.written) && !step->frequency.written.text;
    if (times) {
        rx_frequency frequency = {
            .has_value = true, .per_day = amount->low, .per_day_high = amount->high};
        if (!rx_set_frequency(p, &frequency, at, to))
            return 0;
    } else if (!take(p, &quantity, at, at + 1, to)) {
        return 0;
    }
    rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_NUMBER, times ? "frequency" : "duration", false, readings,
                   at, to, "no unit is written");
    return to - at;
}

/* "at 0, 2, 6 weeks": when, a list of which the last has its unit. */
static bool ends_list_of_times(const rx_parser *p, size_t at) {
    static const char *const joints[] = {",", "&", "and", NULL};
    return at > 2 && rx_is_one_of(p, at - 1, joints) &&
           rx_tok(p, at - 2)->kind == RX_TOKEN_NUMBER &&
           (!p->used[at - 2] || rx_is_one_of(p, at - 3, joints)); /* "1-0-1, 5 days" is none */
}

bool rx_is_other_time(const rx_parser *p, size_t at, size_t to) {
    static const char *const before[] = {"<",   ">",    "above", "below",  "under",
                                         "age", "aged", "in",    "within", NULL},
                             *const behind[] = {"before", "prior",    "apart", "break",
                                                "off",    "interval", "gap",   "ago",
                                                "old",    "pre",      "free",  NULL};
    const rx_token *next = rx_tok(p, to);
    bool cycle =
        rx_is(p, to - 1, "d") && next->kind == RX_TOKEN_NUMBER && !(next->flags & RX_TOKEN_SPACED);
    bool meal = rx_find(p, to, RX_KIND(MEAL)).phrase != NULL, /* "x 5 days before food" */
        later = rx_is(p, to, "after") && rx_tok(p, at)->kind == RX_TOKEN_NUMBER;
    return cycle || (at > 0 && rx_is_one_of(p, at - 1, before)) ||
           ((rx_is_one_of(p, to, behind) || later) && !meal && !rx_breaks_line(&p->tokens, to));
}

bool rx_starts_duration(const rx_parser *p, size_t at) {
    rx_found lead = rx_find(p, at, RX_KIND(LEAD));
    rx_amount amount = rx_read_amount(&p->tokens, at + lead.count);
    return amount.count > 0 &&
           rx_find(p, at + lead.count + amount.count, RX_KIND(SPAN)).phrase != NULL;
}

/* "8D", "13D", "0D", where nothing says how often: a misread BD or OD. "T1D": part of a misread word. */
static void doubt_misread_code(rx_parser *p, const rx_found *unit, size_t at, size_t to) {
    static const struct {
        const char *number;
        const char *readings[3];
    } codes[] = {{"8", {"8 days", "BD, twice daily", NULL}},
                 {"13", {"13 days", "BD, twice daily", NULL}},
                 {"0", {"OD, once daily", NULL}}};
    const rx_token *number = rx_tok(p, at);
    bool often = p->steps[p->step].frequency.written.text || rx_starts_frequency(p, to);
    bool glued = at > 0 && !(number->flags & RX_TOKEN_SPACED) && number->kind == RX_TOKEN_NUMBER &&
                 rx_tok(p, at - 1)->kind == RX_TOKEN_WORD && !p->used[at - 1];
    if (strcmp(unit->phrase->words, "d") != 0)
        return;
    if (glued)
        rx_parser_flag(p, RX_REVIEW_DOUBTFUL_CHARACTERS, "duration", false, NULL, at - 1, to,
                       "letters before the number are not understood");
    for (size_t i = 0; i < sizeof codes / sizeof *codes && !often; i++)
        if (rx_is(p, at, codes[i].number))
            rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_ABBREVIATION, "duration", false,
                           codes[i].readings, at, to, "may be a misread BD or OD");
}

/* "till 36 wks": for so long, or up to that week of a pregnancy. */
static void doubt_until(rx_parser *p, const rx_quantity *duration, size_t at, size_t to) {
    static const double least_weeks = 10;
    if (rx_is(p, at, "till") && strcmp(duration->unit, "wk") == 0 && duration->value >= least_weeks)
        rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_NUMBER, "duration", false, NULL, at, to,
                       "so many weeks, or until that week");
}

size_t rx_take_duration(rx_parser *p, size_t at) {
    rx_found lead = rx_find(p, at, RX_KIND(LEAD));
    bool every = rx_is(p, at, "every") || rx_is(p, at, "q");
    if (every)
        return take_fraction_of_time(p, at, at + 1);
    size_t i = at + lead.count;
    bool after = !lead.phrase && at > 0 && rx_is(p, at - 1, "after"); /* "repeat after 1 week" */
    static const char *const times[] = {"once", "twice", "thrice", "times", NULL};
    if (!lead.phrase && rx_is(p, at, "a") && at > 0 && rx_is_one_of(p, at - 1, times))
        return 0; /* "twice a wk" */
    size_t taken = after ? 0 : take_fraction_of_time(p, at, i);
    if (taken)
        return taken;
    rx_amount amount = rx_read_amount(&p->tokens, i);
    if (amount.count == 0 || (rx_is(p, at, "times") && rx_tok(p, i)->kind == RX_TOKEN_WORD))
        return 0; /* "times a day" */
    i += amount.count;
    if (rx_is(p, i, "/") && amount.count == 1 && rx_is(p, i + 1, "7")) /* not a fraction: "5 /7" */
        return 0;
    rx_found unit = rx_find(p, i, RX_KIND(SPAN));
    if (!unit.phrase) {
        bool x = lead.phrase && (rx_is(p, at, "x") || rx_is(p, at, "*"));
        bool other = rx_find(p, i, RX_KIND(COUNT) | RX_KIND(UNIT) | RX_KIND(PACK)).phrase != NULL;
        return x && !other ? take_unitless_x(p, &amount, at, i) : 0;
    }
    bool short_time = strcmp(unit.phrase->value, "min") == 0 ||
                      (strcmp(unit.phrase->value, "h") == 0 && !lead.phrase);
    rx_quantity quantity = rx_quantity_of(&amount, unit.phrase->value);
    size_t to = i + unit.count;
    bool dated = !lead.phrase && strcmp(unit.phrase->words, "day") == 0 &&
                 rx_tok(p, to)->kind == RX_TOKEN_NUMBER && !rx_breaks_line(&p->tokens, to);
    if (short_time || dated) /* "500 day 1" */
        return 0;
    if (after || rx_is_other_time(p, at, to))
        return to - at;
    take(p, &quantity, at, at + lead.count, to); /* with a unit it is taken or passed over */
    doubt_until(p, &quantity, at, to);
    if (ends_list_of_times(p, at))
        rx_parser_flag(p, RX_REVIEW_CONFLICT, "duration", false, NULL, at - 2, to,
                       "may be the last of several times");
    if (!lead.phrase)
        doubt_misread_code(p, &unit, at, to);
    return to - at;
}
