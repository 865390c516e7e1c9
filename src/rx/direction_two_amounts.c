/* Two amounts on one line, of which one is not what is taken now: a dose that was changed ("2.5 mg increased to 5 mg",
 * "5 mg instead of 10 mg"), two that take turns ("3 mg & 4 mg alternate days"), or a number that only looks like a strength
 * ("Vit D 12", and below it "500 mg OD"). Where a form or a verb stands between them, "5 mg tab, take 10 mg", the first is
 * the strength and the second the dose. */
#include "rx/directions_parser.h"

#include "rx/units.h"

#include <math.h>
#include <string.h>

/* Of a mass, in mg; 0: it is none. */
static double milligrams(double value, const char *unit) {
    static const struct {
        const char *unit;
        double factor;
    } units[] = {{"g", 1e3}, {"mg", 1}, {"ug", 1e-3}, {"ng", 1e-6}};
    for (size_t i = 0; unit && i < sizeof units / sizeof *units; i++)
        if (strcmp(unit, units[i].unit) == 0)
            return value * units[i].factor;
    return 0;
}

static bool is_about(double a, double b) {
    return fabs(a - b) <= 0.01 * fabs(b);
}

/* Whether a word or sign at `i`, between two amounts, tells that only one of them is taken at a time. */
static bool parts_amounts(const rx_parser *p, size_t i) {
    static const char *const words[] = {
        "increase",  "increased",  "reduce",  "reduced", "decrease",    "decreased", "inc",
        "dec",       "raised",     "lowered", "change",  "changed",     "switch",    "switched",
        "was",       "previously", "instead", "to",      "from",        "odd",       "even",
        "today",     "tonight",    "now",     "&",       "and",         ",",         "\x07",
        ">",         "<",          "?",       "or",      "alternate",   "alt",       "earlier",
        "currently", "double",     "upto",    "titrate", "alternating", NULL};
    return rx_is_one_of(p, i, words);
}

/* Whether a form or a verb at `i` makes a strength of what stands before it and a dose of what stands behind it. */
static bool begins_dose(const rx_parser *p, size_t i) {
    static const char *const verbs[] = {"take", "give",       "inject", "apply", "use", "inhale",
                                        "sig",  "administer", "total",  "daily", NULL};
    return rx_is_one_of(p, i, verbs) || rx_find(p, i, RX_KIND(FORM) | RX_KIND(COUNT)).phrase;
}

/* "2.5 mg increased to 5 mg OD", "3 mg & 4 mg alternate days", "5 mg 10 mg OD". */
static void doubt_change(rx_parser *p, const rx_quantity *dose, const rx_place *place) {
    const rx_quantity *strength = &p->medicine->strength;
    double first = milligrams(strength->value, strength->unit),
           second = milligrams(dose->value, dose->unit);
    size_t from = p->strength.to, sign = 0;
    if (place->to == 0 || place->from < from || first <= 0 || second <= 0 ||
        is_about(first, second) ||
        rx_reviews_find(&p->medicine->review, RX_REVIEW_CONFLICT, "dose"))
        return;
    for (size_t i = from; i <= place->from; i++) {
        if (rx_breaks_line(&p->tokens, i) || (i < place->from && begins_dose(p, i)))
            return;
        sign = sign == 0 && i < place->from && parts_amounts(p, i) ? i : sign;
    }
    if (sign > 0 || (place->from == from && p->step == 0))
        rx_say_it_changes(p, p->strength.from, place->to, "one of two amounts, or each in turn");
}

/* "5 mg (10 mg) OD": neither the same in another unit nor what the tablets make. */
static void doubt_amount_in_brackets(rx_parser *p) {
    size_t at = p->strength.to;
    const rx_quantity *strength = &p->medicine->strength, *dose = &p->steps[0].dose;
    rx_amount amount = rx_read_amount(&p->tokens, at + 1);
    rx_found unit = rx_find(p, at + 1 + amount.count, RX_KIND(UNIT));
    size_t behind = at + 1 + amount.count + unit.count;
    double first = milligrams(strength->value, strength->unit),
           second = unit.phrase ? milligrams(amount.low, unit.phrase->value) : 0;
    bool bracketed = at > 0 && amount.count > 0 && rx_is(p, at, "(") && rx_is(p, behind, ")");
    bool made = dose->has_value && dose->unit && dose->unit[0] == '{' &&
                is_about(dose->value * first, second);
    if (bracketed && first > 0 && second > 0 && !is_about(first, second) && !made)
        rx_parser_flag(p, RX_REVIEW_CONFLICT, "strength", false, NULL, p->strength.from, behind + 1,
                       "another amount stands in brackets behind it");
}

/* "0-25 mg": of nothing no strength is made; a decimal point may be misread. */
static void doubt_nothing(rx_parser *p) {
    const rx_quantity *strength = &p->medicine->strength;
    for (int i = 0; i < strength->num_parts; i++)
        if (strength->parts[i] <= 0) {
            rx_parser_flag(p, RX_REVIEW_DOUBTFUL_CHARACTERS, "strength", false, NULL,
                           p->strength.from, p->strength.to, "the sign may be a decimal point");
            return;
        }
}

/* "10 units stat then 20 units in 1 L": what is taken later is not what it comes in. */
static void doubt_late_strength(rx_parser *p) {
    bool then = false;
    for (size_t i = p->frequencies[0].to; i > 0 && i < p->strength.from; i++)
        then = then || (rx_tok(p, i)->kind == RX_TOKEN_WORD && rx_find(p, i, RX_KIND(THEN)).phrase);
    if (then)
        rx_parser_flag(p, RX_REVIEW_CONFLICT, "strength", false, NULL, p->strength.from,
                       p->strength.to, "it stands behind what is taken first");
}

/* "Vit D 12", and on a line below it "500 mg OD". */
static void doubt_number_above(rx_parser *p, const rx_quantity *dose, const rx_place *place) {
    const rx_quantity *strength = &p->medicine->strength;
    bool below = false;
    for (size_t i = p->strength.to; place->to > 0 && i <= place->from; i++)
        below = below || rx_breaks_line(&p->tokens, i);
    if (p->strength.to == 0 || strength->unit || !strength->has_value || !below ||
        !rx_is_mass(dose->unit) || is_about(strength->value, dose->value))
        return;
    rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_NUMBER, "strength", false, NULL, p->strength.from,
                   p->strength.to, "it has no unit, and another amount stands below it");
}

/* "15 mg/kg OD (750 mg)", "175 mg/m2 = 280 mg": what the dose makes, no strength. */
static void doubt_made_by_weight(rx_parser *p) {
    const rx_quantity *dose = &p->steps[0].dose;
    size_t from = p->strength.from;
    if (dose->per_unit &&
        (strcmp(dose->per_unit, "kg") == 0 || strcmp(dose->per_unit, "m2") == 0) &&
        from > p->doses[0].from && (rx_is(p, from - 1, "(") || rx_is(p, from - 1, "=")))
        rx_parser_flag(p, RX_REVIEW_CONFLICT, "strength", false, NULL, from, p->strength.to,
                       "may be what the dose makes");
}

void rx_doubt_two_amounts(rx_parser *p) {
    doubt_change(p, &p->steps[0].dose, &p->doses[0]);
    doubt_amount_in_brackets(p);
    doubt_nothing(p);
    doubt_late_strength(p);
    doubt_number_above(p, &p->steps[0].dose, &p->doses[0]);
    doubt_made_by_weight(p);
}
