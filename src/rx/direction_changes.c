/* Directions that were read without fault and are not all: a taper in one pattern, "except Sundays", an amount of a day,
 * a medicine that was stopped. */
#include "rx/directions_parser.h"

#include "rx/units.h"

#include <math.h>
#include <string.h>

void rx_say_it_changes(rx_parser *p, size_t from, size_t to, const char *reason) {
    rx_parser_flag(p, RX_REVIEW_CONFLICT, "frequency", false, NULL, from, to, reason);
    rx_parser_flag(p, RX_REVIEW_CONFLICT, "dose", false, NULL, from, to, reason);
}

/* "40-30-20-10 mg": a taper, no four doses of a day. */
static void doubt_measured_slots(rx_parser *p, const rx_frequency *frequency,
                                 const rx_place *place) {
    rx_found unit = rx_find(p, place->to, RX_KIND(UNIT));
    bool mass = unit.phrase && rx_is_mass(unit.phrase->value);
    if (frequency->num_slots == 0 || !mass || rx_breaks_line(&p->tokens, place->to))
        return;
    rx_say_it_changes(p, place->from, place->to + 1, "amounts of a taper, or of one day");
}

/* "60-40-20", fewer each time and many: days of a taper, if it is no insulin. */
static void doubt_falling_slots(rx_parser *p, const rx_frequency *frequency,
                                const rx_place *place) {
    enum { MANY = 5 };
    const char *form = p->medicine->form.value;
    const double *slots = frequency->slots;
    if (frequency->num_slots < 3 || (form && strcmp(form, "injection") == 0))
        return;
    for (int i = 1; i < frequency->num_slots; i++)
        if (slots[i] >= slots[i - 1] || slots[i] < MANY)
            return;
    rx_say_it_changes(p, place->from, place->to, "amounts of a taper, or of one day");
}

/* "once a week (Sunday)": the day of a week's only time. */
static bool is_the_day(const rx_parser *p, size_t name_end) {
    static const double once_a_week = 1 / 7.0;
    const rx_frequency *frequency = &p->steps[0].frequency;
    int days = 0;
    for (size_t i = name_end; i < p->tokens.count; i++)
        days += rx_weekday(rx_tok(p, i)) >= 0;
    return days == 1 && fabs(frequency->per_day - once_a_week) < 1e-6 && p->step == 0;
}

/* "Repeat x 3", "Rpt 5"; no "repeat 2 wk". */
static bool is_refill(rx_parser *p, size_t i) {
    size_t count = rx_take_refills(p, i);
    return count > 1 && rx_tok(p, i + count - 1)->kind == RX_TOKEN_NUMBER &&
           !rx_find(p, i + count, RX_KIND(SPAN)).phrase;
}

/* "OD except Sundays", "TDS, taper": dose and frequency are not the same every day. */
static void doubt_words(rx_parser *p, size_t name_end) {
    static const char *const words[] = {
        "except",  "taper", "tapering",  "tapered",     "reduce",    "reducing",    "increase",
        "titrate", "skip",  "omit",      "alternating", "alternate", "alternately", "alt",
        "other",   "rest",  "remaining", "repeat",      "rpt",       "awake",       "off",
        "gap",     "break", "apart",     "interval",    NULL};
    static const char *const before_sun[] = {"avoid", "the", "direct", "from", NULL};
    for (size_t i = name_end; i < p->tokens.count; i++) {
        bool not_on = rx_is(p, i, "not") && rx_is(p, i + 1, "on"),
             sun = rx_is(p, i, "sun") && i > 0 && rx_is_one_of(p, i - 1, before_sun),
             weekday = rx_weekday(rx_tok(p, i)) >= 0 && !sun && !is_the_day(p, name_end);
        if (p->used[i] || !(not_on || weekday || rx_is_one_of(p, i, words)) || is_refill(p, i))
            continue;
        rx_say_it_changes(p, i, i + 1, "not the same every day");
        return;
    }
}

/* "2 mg / 3 mg alternate days", "100/125 mcg alternate days": not both every time. Parts of one medicine differ by more. */
static void doubt_turns(rx_parser *p) {
    const rx_quantity *strength = &p->medicine->strength;
    double least = strength->parts[0], most = strength->parts[1];
    if (least > most)
        least = strength->parts[1], most = strength->parts[0];
    if (strength->num_parts == 2 && most <= 2 * least && p->steps[0].frequency.per_day == 0.5)
        rx_say_it_changes(p, p->strength.from, p->frequencies[0].to,
                          "may be one and the other in turn");
}

/* "6/6/8 units", of an injection "6/6/8": amounts of a day, no strength; the shares of a mixed insulin make 100. */
static void doubt_units_in_turn(rx_parser *p) {
    enum { TIMES_OF_DAY = 3 };
    const rx_quantity *strength = &p->medicine->strength;
    const char *form = p->medicine->form.value;
    double sum = 0;
    for (int i = 0; i < strength->num_parts; i++)
        sum += strength->parts[i];
    bool units = strength->unit ? strcmp(strength->unit, "[iU]") == 0
                                : form && strcmp(form, "injection") == 0 &&
                                      strength->num_parts >= TIMES_OF_DAY;
    if (sum > 0 && sum != 100 && units)
        rx_parser_flag(p, RX_REVIEW_CONFLICT, "strength", false, NULL, p->strength.from,
                       p->strength.to, "may be what is taken at each time of the day");
}

/* "50 mg/kg/day in 2 doses", "40 mg/day BD", "5 mcg/kg/min": not so much each time. */
static void doubt_amount_of_time(rx_parser *p, const char *field, const rx_place *place) {
    size_t to = place->to;
    rx_found time = rx_find(p, to + 1, RX_KIND(SPAN));
    bool hours = rx_is(p, to + 1, "24"),
         day = hours || (time.phrase && strcmp(time.phrase->value, "d") == 0);
    if (to == 0 || !(rx_is(p, to, "/") || rx_is(p, to, "per")) || !(day || time.phrase) ||
        p->used[to + 1] || (day && p->steps[0].frequency.per_day == 1))
        return;
    rx_parser_flag(p, RX_REVIEW_CONFLICT, field, false, NULL, place->from, to + 2,
                   day ? "an amount of a day, not of each time" : "so much in some time");
}

/* "5 mg M W F, 2.5 mg T Th S": an amount behind the frequency, and another before it. */
static void doubt_later_amount(rx_parser *p, const rx_quantity *dose, const rx_place *place,
                               const rx_place *frequency) {
    const rx_quantity *strength = &p->medicine->strength;
    if (rx_is_mass(dose->unit) && rx_is_mass(strength->unit) && frequency->to > 0 &&
        place->from >= frequency->to && p->strength.to <= frequency->from &&
        dose->value != strength->value)
        rx_say_it_changes(p, place->from, place->to, "another amount stands before the frequency");
}

/* "40 mg OM and 20 mg midday": an amount within what says how often. */
static void doubt_amount_between(rx_parser *p, const rx_place *place, const rx_place *frequency) {
    if (place->to > 0 && place->from > frequency->from && place->to < frequency->to)
        rx_say_it_changes(p, frequency->from, frequency->to, "not as much each time, perhaps");
}

/* "half strength": of what is prescribed, or of what is taken. */
static void doubt_half_strength(rx_parser *p, size_t name_end) {
    for (size_t i = name_end; i + 1 < p->tokens.count; i++)
        if (rx_is(p, i, "half") && rx_is(p, i + 1, "strength")) {
            rx_parser_flag(p, RX_REVIEW_CONFLICT, "dose", false, NULL, i, i + 2,
                           "half of the strength that is written, or of the dose");
            return;
        }
}

/* "stat" beside another frequency: at once, and then, or only once. */
static void doubt_stat(rx_parser *p) {
    static const unsigned times =
        RX_WHEN_MORNING | RX_WHEN_NOON | RX_WHEN_EVENING | RX_WHEN_NIGHT | RX_WHEN_BEDTIME;
    for (size_t i = p->name.to; i < p->tokens.count; i++) {
        rx_found once = rx_find(p, i, RX_KIND(ONCE));
        bool often = p->steps[0].frequency.per_day > 0 || p->steps[0].frequency.when & times ||
                     (rx_is(p, i, "stat") && p->medicine->as_needed);
        if (!once.phrase || rx_is(p, i, "once") || p->step > 0 || !often)
            continue;
        rx_say_it_changes(p, i, i + once.count, "once, or as the other words say");
        return;
    }
}

/* Whether "not given" or "do not dispense" stands at `i`; "not to be taken with milk" says how. */
static bool is_refused(const rx_parser *p, size_t i) {
    static const char *const done[] = {"given", "taken", "dispensed", "prescribed", NULL},
                             *const act[] = {"give", "take", "dispense", "use", NULL};
    if (!rx_is(p, i, "not"))
        return false;
    size_t be = i + 1 + 2 * (rx_is(p, i + 1, "to") && rx_is(p, i + 2, "be"));
    bool given = rx_is_one_of(p, be, done),
         give = i > 0 && rx_is(p, i - 1, "do") && rx_is_one_of(p, i + 1, act);
    size_t behind = (given ? be : i + 1) + 1;
    return (given || give) &&
           (rx_tok(p, behind)->kind != RX_TOKEN_WORD || rx_breaks_line(&p->tokens, behind));
}

/* Tokens at `i` that say that a medicine is no longer taken; "omit" and "skip" may be of one day. */
static size_t stop_words(const rx_parser *p, size_t i) {
    rx_found word = rx_find(p, i, RX_KIND(STOP));
    bool once = word.phrase && strcmp(word.phrase->value, "once") == 0;
    return word.phrase && !once ? word.count : is_refused(p, i);
}

/* "hold if dizzy", "hold for HR < 60": only then. */
static bool is_condition(const rx_parser *p, size_t i) {
    static const char *const limits[] = {"<", ">", "below", "above", "less", "under", "over", NULL};
    enum { LONGEST = 3 }; /* words of what is measured */
    bool measured = false;
    for (size_t k = i + 1; k <= i + 1 + LONGEST; k++)
        measured = measured || rx_is_one_of(p, k, limits);
    return rx_is(p, i, "if") || rx_is(p, i, "when") || (rx_is(p, i, "for") && measured);
}

/* "BD STOP": what is no longer taken; but "x 5 days then stop" is. */
static void doubt_stopped(rx_parser *p, size_t name_end) {
    for (size_t i = name_end; i < p->tokens.count; i++) {
        bool then = i > 0 && rx_find(p, i - 1, RX_KIND(THEN)).phrase;
        size_t count = p->used[i] ? 0 : stop_words(p, i);
        if (count == 0 || is_condition(p, i + count) || then)
            continue;
        rx_parser_flag(p, RX_REVIEW_CONFLICT, NULL, false, NULL, i, i + count,
                       "the medicine may have been stopped");
        return;
    }
}

/* "BD -> OD": one for some time, and then the other, or changed. */
static void doubt_arrow(rx_parser *p) {
    const rx_place *first = &p->frequencies[0], *second = &p->frequencies[1];
    size_t at = first->to;
    bool arrow = rx_is(p, at, "\x07") || (rx_is(p, at, "-") && rx_is(p, at + 1, ">"));
    if (p->step > 0 && at > 0 && second->to > 0 && arrow && !p->steps[0].duration.written.text)
        rx_say_it_changes(p, first->from, second->to, "changed, or one after the other");
}

void rx_doubt_changes(rx_parser *p, size_t name_end) {
    for (size_t i = 0; i <= p->step; i++) {
        doubt_measured_slots(p, &p->steps[i].frequency, &p->frequencies[i]);
        doubt_falling_slots(p, &p->steps[i].frequency, &p->frequencies[i]);
    }
    doubt_later_amount(p, &p->steps[0].dose, &p->doses[0], &p->frequencies[0]);
    doubt_amount_between(p, &p->doses[0], &p->frequencies[0]);
    for (size_t i = 0; i <= p->step; i++)
        doubt_amount_of_time(p, "dose", &p->doses[i]);
    doubt_amount_of_time(p, "strength", &p->strength);
    doubt_turns(p);
    doubt_units_in_turn(p);
    doubt_half_strength(p, name_end);
    doubt_arrow(p);
    doubt_stat(p);
    doubt_stopped(p, name_end);
    doubt_words(p, name_end);
}
