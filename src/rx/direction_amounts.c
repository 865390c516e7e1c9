/* Amounts of a line: strength, dose, what is dispensed. A number with a unit of mass is the strength
 * the first time and a dose later; volumes and insulin units are doses; a bare number behind the
 * name is the strength that brands carry ("Pan 40"), one before a frequency is a dose. */
#include "rx/directions_parser.h"
#include "rx/units.h"

#include <string.h>

enum {
    LEAST_PACK = 5,  /* what is handed out is hardly less */
    MOST_POURED = 30 /* millilitres or drops that are taken at once */
};

/* Whether so many are commonly handed out: up to 30, four weeks' and their multiples, 60, 90, 100, 120. */
static bool is_usual_pack(double value) {
    return value <= 168 && value == (int)value &&
           (value <= 30 || (int)value % 28 == 0 || value == 60 || value == 90 || value == 100 ||
            value == 120);
}

static void flag_amount(rx_parser *p, const char *field, const rx_amount *amount, size_t from,
                        size_t to) {
    if (amount->caution)
        rx_parser_flag(p, RX_REVIEW_ERROR_PRONE_NOTATION, field, false, NULL, from, to,
                       strcmp(amount->caution, "glued") == 0
                           ? "a whole number and a fraction run together"
                           : "is also read as 55 or as sliding scale");
}

static bool is_liquid(const char *form) {
    return form && (strcmp(form, "syrup") == 0 || strcmp(form, "suspension") == 0 ||
                    strcmp(form, "solution") == 0 || strcmp(form, "gargle") == 0 ||
                    strcmp(form, "mouthwash") == 0 || strcmp(form, "lotion") == 0);
}

static bool is_dropped(const char *form) {
    const char *unit = rx_dose_unit(form);
    return unit && strcmp(unit, "[drp]") == 0;
}

bool rx_is_spread(const char *form) {
    return form && (strcmp(form, "cream") == 0 || strcmp(form, "ointment") == 0 ||
                    strcmp(form, "gel") == 0 || strcmp(form, "lotion") == 0);
}

/* Whether a patch is spoken of: it gives so much in so many hours. */
static bool is_patch(const rx_parser *p) {
    for (size_t i = 0; i < p->tokens.count; i++)
        if (rx_is(p, i, "patch") || rx_is(p, i, "patches"))
            return true;
    return false;
}

/* The "/5 ml" of "125 mg/5 ml", "per puff": tokens, with value and unit in `out`. */
static size_t read_denominator(const rx_parser *p, size_t at, rx_quantity *out) {
    if (!rx_is(p, at, "/") && !rx_is(p, at, "per") && !rx_is(p, at, "in"))
        return 0;
    if (rx_is(p, at + 1, "m") && rx_is(p, at + 2, "2")) { /* "75 mg/m2" */
        out->per_value = 1;
        out->per_unit = "m2";
        return 3;
    }
    rx_amount amount = rx_read_amount(&p->tokens, at + 1);
    size_t behind = at + 1 + amount.count;
    rx_found unit = rx_find(p, behind, RX_KIND(COUNT));
    if (!unit.phrase)
        unit = rx_find(p, behind, RX_KIND(UNIT));
    if (!unit.phrase && (amount.count == 0 || is_patch(p))) {
        unit = rx_find(p, behind, RX_KIND(SPAN)); /* "25 mcg/hr", "21 mg/24 h patch" */
        if (unit.phrase && strcmp(unit.phrase->value, "h") != 0)
            return 0;
    }
    if (!unit.phrase) {
        if (rx_is(p, at, "in") || amount.count != 1 || amount.low > 10)
            return 0;
        out->per_value = amount.low; /* "125/5": the unit is left out */
        return behind - at;
    }
    out->per_value = amount.count ? amount.low : 1;
    out->per_unit = unit.phrase->value;
    return behind + unit.count - at;
}

/* Whether both have the same unit, or none. */
static bool is_same_unit(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* "500/125", "500 mg + 125 mg", with `amount` as the first: tokens behind it, parts in `out`, or nothing where they have
 * several units ("1 mg/500 mcg"). */
static size_t read_parts(const rx_parser *p, size_t at, const rx_amount *first, rx_quantity *out) {
    size_t i = at;
    int count = 0;
    double parts[4] = {first->low};
    const char *unit = out->unit;
    bool same = true;
    while (count < 3 && (rx_is(p, i, "/") || rx_is(p, i, "+")) &&
           rx_tok(p, i + 1)->kind == RX_TOKEN_NUMBER) {
        const rx_token *number = rx_tok(p, i + 1);
        rx_found next = rx_find(p, i + 2, RX_KIND(UNIT));
        if (next.phrase && strcmp(next.phrase->value, "mL") == 0)
            break;
        if (rx_is(p, i, "+") && !next.phrase && rx_find(p, i + 2, RX_KIND(COUNT)).phrase)
            break; /* "500 ml + 1 amp" */
        bool third = rx_is(p, i + 2, "/") && rx_tok(p, i + 3)->kind == RX_TOKEN_NUMBER;
        if (!next.phrase && count == 0 && rx_is(p, i, "/") && !third &&
            (unit || number->value < 5 || first->low < 5))
            break;
        parts[++count] = number->value;
        same = same && (!next.phrase || !unit || is_same_unit(unit, next.phrase->value));
        if (next.phrase)
            unit = next.phrase->value;
        i += 2 + next.count;
    }
    if (count == 0)
        return 0;
    *out = (rx_quantity){0};
    if (same) {
        *out = (rx_quantity){.unit = unit, .num_parts = count + 1};
        memcpy(out->parts, parts, sizeof parts);
    }
    return i - at;
}

/* "+ Clavulanic acid 125 mg", "+ Clavulanic acid (125 mg)", or "+ Metformin 500" where the first has no unit, behind
 * `first`, which is in `out`: tokens of all such, parts in `out`, or nothing where they are too many or their units not the
 * same. */
static size_t read_substances(const rx_parser *p, size_t at, const rx_amount *first,
                              rx_quantity *out) {
    static const char *const signs[] = {"+", "/", "&", "and", ",", NULL}, *const bare_signs[] = {
                                                                              "+", "/", "&", NULL};
    enum { MOST = sizeof out->parts / sizeof *out->parts };
    rx_quantity all = {.unit = out->unit, .num_parts = 1, .parts = {first->low}};
    size_t i = at + (rx_is(p, at, ")") != 0), first_end = i;
    bool same = true;
    while (rx_is_one_of(p, i, out->unit ? signs : bare_signs)) {
        size_t name = i + 1 + rx_name_length(p, i + 1), number = name + rx_is(p, name, "(");
        rx_amount amount = rx_read_amount(&p->tokens, number);
        rx_found unit = rx_find(p, number + amount.count, RX_KIND(UNIT));
        const char *its = unit.phrase ? unit.phrase->value : NULL;
        bool counted =
            !its && rx_find(p, number + amount.count, RX_KIND(SPAN) | RX_KIND(COUNT)).phrase;
        if (name == i + 1 || amount.count == 0 || counted || (out->unit && !its) ||
            is_same_unit(its, "mL"))
            break;
        same = same && all.num_parts < MOST && is_same_unit(its, out->unit);
        if (same)
            all.parts[all.num_parts++] = amount.low;
        i = number + amount.count + unit.count;
        i += number > name && rx_is(p, i, ")");
    }
    if (i > first_end)
        *out = same ? all : (rx_quantity){0};
    return i > first_end ? i - at : 0;
}

/* "Rabeprazole 20 mg + Domperidone SR 30 mg": the strength of several substances at [from, to), of which the name is
 * the first. */
static size_t take_substances(rx_parser *p, const rx_quantity *quantity, size_t from, size_t to) {
    if (!rx_set_strength(p, quantity, from, to))
        return 0;
    if (p->name.to > 0)
        rx_parser_flag(p, RX_REVIEW_PART_OF_NAME, "name", false, NULL, p->name.from, to,
                       "another substance stands behind the strength");
    return to - from;
}

/* "1 mg/500 mcg", "10 units + 25 g" at [from, to): a strength that has no single unit. */
static size_t take_mixed_parts(rx_parser *p, size_t from, size_t to) {
    rx_quantity quantity = {0};
    if (!rx_set_strength(p, &quantity, from, to))
        return 0;
    rx_parser_flag(p, RX_REVIEW_CONFLICT, "strength", false, NULL, from, to, "in several units");
    return to - from;
}

/* Whether the name is of two words that are joined: "Lisinopril-HCTZ", no "L-Thyroxine". */
static bool is_joined_name(const rx_parser *p) {
    static const char *const joints[] = {"-", "/", "+", "&", NULL};
    for (size_t i = p->name.from + 1; i + 1 < p->name.to; i++)
        if (rx_is_one_of(p, i, joints) && strlen(rx_tok(p, i - 1)->text) > 2 &&
            strlen(rx_tok(p, i + 1)->text) > 2)
            return true;
    return false;
}

/* "60k": thousands. */
static size_t read_thousands(const rx_parser *p, size_t at, rx_quantity *out) {
    if (!rx_is(p, at, "k") || rx_tok(p, at)->flags & RX_TOKEN_SPACED)
        return 0;
    out->value *= 1000;
    out->high *= 1000;
    return 1;
}

/* "10 units before breakfast 8 units before dinner": which is taken when cannot be said in one field. */
static void flag_other_dose(rx_parser *p, const rx_quantity *quantity, size_t from, size_t to) {
    const rx_quantity *dose = &p->steps[p->step].dose;
    if (dose->value != quantity->value || dose->high != quantity->high)
        rx_parser_flag(p, RX_REVIEW_CONFLICT, "dose", false, NULL, from, to,
                       "another dose is written on the same line");
}

/* "325 mg (65 mg iron)": what of the strength is the substance, and no dose. */
static bool is_share_of_strength(const rx_parser *p, size_t at, const char *unit) {
    const char *whole = p->medicine->strength.unit;
    return at > 0 && rx_is(p, at - 1, "(") && p->strength.to + 1 == at && whole &&
           rx_is_mass(whole) && rx_is_mass(unit) && strcmp(unit, "g") != 0;
}

/* "Inj Zyvarin 20% 100 ml BD", "@ 100 ml/hr": what runs into a vein may be as much as a bottle. */
static bool is_infused(const rx_medicine *m, const rx_quantity *quantity) {
    const char *form = m->form.value, *route = m->route.value;
    bool vein = form ? strcmp(form, "injection") == 0 || strcmp(form, "infusion") == 0
                     : route && strcmp(route, "intravenous") == 0;
    return vein && (m->strength.written.text ||
                    (quantity->per_unit && strcmp(quantity->per_unit, "h") == 0));
}

/* An amount with a unit of mass, volume or activity at [from, to). */
static size_t take_measured(rx_parser *p, rx_quantity *quantity, const rx_phrase *unit, size_t from,
                            size_t to, size_t name_end) {
    rx_medicine *m = p->medicine;
    bool volume = strcmp(quantity->unit, "mL") == 0 || strcmp(quantity->unit, "L") == 0;
    bool percent = strcmp(quantity->unit, "%") == 0;
    bool units = strcmp(quantity->unit, "[iU]") == 0 && quantity->per_value == 0 &&
                 quantity->value <= 300 && quantity->num_parts == 0;
    bool per_weight = quantity->per_unit && (strcmp(quantity->per_unit, "kg") == 0 ||
                                             strcmp(quantity->per_unit, "m2") == 0);
    const char *field = "strength";
    if (p->fluid && !volume && !percent) { /* "NS 500 ml + KCl 20 mEq" */
        rx_parser_flag(p, RX_REVIEW_CONFLICT, "dose", false, NULL, from, to,
                       "an amount of something else, which is added");
        return 0;
    }
    bool tube = strcmp(quantity->unit, "g") == 0 && quantity->value >= LEAST_PACK &&
                rx_is_spread(m->form.value); /* "Betnovate cream 20 g" */
    bool rate = quantity->per_unit && strcmp(quantity->per_unit, "h") == 0;
    bool bottle = !rate && !p->fluid && !is_infused(m, quantity) &&
                  (quantity->value >= 50 || (is_liquid(m->form.value) && quantity->value >= 30));
    if (volume && bottle && from == name_end && rx_set_strength(p, quantity, from, to)) {
        field = "strength"; /* "Gelusil 100 ml suspension" */
        if (rx_starts_frequency(p, to))
            rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_NUMBER, field, false, NULL, from, to,
                           "may be the bottle or what is taken");
    } else if ((tube || (volume && bottle)) && rx_set_quantity(p, quantity, from, to)) {
        field = "quantity";
        if (tube && quantity->value < 2 * LEAST_PACK && rx_starts_frequency(p, to))
            rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_NUMBER, field, false, NULL, from, to,
                           "may be the tube or what is taken");
    } else if (volume || units || per_weight || m->strength.written.text) {
        if (percent)
            return 0;
        if (rate && rx_is_known(&p->steps[p->step].dose.written))
            return to - from; /* "500 ml @ 100 ml/hr": how fast; stays in the instructions */
        if (!rx_set_dose(p, quantity, from, to)) {
            flag_other_dose(p, quantity, from, to);
            return 0;
        }
        field = "dose";
    } else if (!rx_set_strength(p, quantity, from, to)) {
        return 0;
    }
    if (unit && unit->caution)
        rx_parser_flag(p, RX_REVIEW_ERROR_PRONE_NOTATION, field, false, NULL, from, to,
                       strcmp(unit->words, "u") == 0
                           ? "U reads as 0, 4 or cc: ten times too much; units was meant"
                       : strcmp(unit->words, "iu") == 0 ? "IU reads as IV or 10"
                                                        : "the unit is easily mistaken");
    return to - from;
}

/* Whether so many puffs are what is taken: of none a pharmacy hands out fewer than an inhaler holds. */
static bool is_inhaled_at_once(const rx_amount *amount, const char *unit) {
    enum { LEAST_IN_INHALER = 60 };
    return amount->high < LEAST_IN_INHALER &&
           (strcmp(unit, "{puff}") == 0 || strcmp(unit, "{spray}") == 0);
}

/* An amount of countable things: a dose, or what the pharmacy hands out. */
static size_t take_counted(rx_parser *p, const rx_amount *amount, const rx_phrase *unit,
                           size_t from, size_t to) {
    rx_quantity quantity = rx_quantity_of(amount, unit->value);
    const rx_step *step = &p->steps[p->step];
    rx_found time = rx_find(p, to + 1, RX_KIND(SPAN));
    if (rx_is(p, to, "/") && time.phrase && strcmp(time.phrase->value, "min") == 0)
        return 0; /* "10 drops/min" */
    bool liquid = strcmp(unit->value, "mL") == 0;
    bool dosed = rx_is_known(&step->dose.written) && !step->duration.written.text;
    bool bracketed = rx_is(p, from - (from > 0), "(") && rx_is(p, to, ")");
    bool inhaled = is_inhaled_at_once(amount, unit->value);
    bool surely =
        !inhaled && (unit->kind == RX_PHRASE_PACK || (bracketed && amount->low >= LEAST_PACK) ||
                     rx_is(p, from - (from > 0), "x") || rx_is(p, from - (from > 0), "[") ||
                     (liquid ? is_liquid(p->medicine->form.value) && amount->low >= 30
                             : unit->value[0] == '{' && amount->low >= 10));
    bool pack = surely || dosed;
    if (dosed && !surely && (inhaled || amount->high < LEAST_PACK)) {
        flag_other_dose(p, &quantity, from, to);
        return 0; /* stays in the instructions */
    }
    bool taken =
        pack ? rx_set_quantity(p, &quantity, from, to) : rx_set_dose(p, &quantity, from, to);
    if (!taken)
        return 0;
    if (pack && from > 0 && rx_is(p, from - 1, "x"))
        rx_parser_use(p, from - 1, 1);
    flag_amount(p, pack ? "quantity" : "dose", amount, from, to);
    if (unit->caution)
        rx_parser_flag(p, RX_REVIEW_ERROR_PRONE_NOTATION, "dose", false, NULL, from, to,
                       "cc reads as u, units");
    return to - from;
}

/* Whether a number touches a word before it: "HS5", "m1". */
static bool is_glued(const rx_parser *p, size_t at) {
    return at > 0 && !(rx_tok(p, at)->flags & RX_TOKEN_SPACED) &&
           rx_tok(p, at)->kind == RX_TOKEN_NUMBER && rx_tok(p, at - 1)->kind == RX_TOKEN_WORD;
}

/* "3 mg (three)": the strength once more, in words. */
static bool repeats_strength(const rx_parser *p, const rx_amount *amount, size_t from) {
    const rx_quantity *strength = &p->medicine->strength;
    return from > 0 && rx_is(p, from - 1, "(") && p->strength.to + 1 == from &&
           rx_tok(p, from)->kind == RX_TOKEN_WORD && strength->has_value &&
           strength->value == amount->low;
}

/* "tablets [14]", "500 mg (20)", "500 mg 15" at the end of a line: what is handed out. */
static bool is_pack_size(const rx_parser *p, size_t from, size_t to) {
    if (from > 0 && rx_find(p, from - 1, RX_KIND(TEST) | RX_KIND(VITAL)).phrase)
        return false; /* "aim HR 60" */
    bool square = rx_is(p, from - (from > 0), "[") && rx_is(p, to, "]"),
         round = rx_is(p, from - (from > 0), "(") && rx_is(p, to, ")"),
         last = (to >= p->tokens.count || rx_breaks_line(&p->tokens, to)) &&
                rx_tok(p, from)->value >= LEAST_PACK && !is_glued(p, from);
    const rx_medicine *m = p->medicine;
    return square || (round && (m->strength.written.text || m->form.written.text)) ||
           (last && m->strength.written.text);
}

/* "30/1.25" right behind the name: a combination's strength; but 5/7 is a time, and "250/5 ml" an amount in a volume. */
static size_t bare_parts(const rx_parser *p, size_t from, rx_quantity *out) {
    const rx_token *second = rx_tok(p, from + 2);
    bool time = second->value == 7 || second->value == 52 || second->value == 12;
    if (!rx_is(p, from + 1, "/") || second->kind != RX_TOKEN_NUMBER || time ||
        rx_read_amount(&p->tokens, from).count != 1)
        return 0;
    rx_found unit = rx_find(p, from + 3, RX_KIND(UNIT));
    double value = rx_tok(p, from)->value;
    if (unit.phrase && is_same_unit(unit.phrase->value, "mL")) {
        *out = (rx_quantity){.has_value = true, .value = value, .high = value};
        out->per_value = second->value;
        out->per_unit = unit.phrase->value;
        return 3 + unit.count;
    }
    *out = (rx_quantity){.num_parts = 2, .parts = {value, second->value}};
    return 3;
}

/* "Dexone 4 4 mg", "Thypril 40 (20 mg)", "Junel 1/20 0.02/1 mg": what has a unit is the strength, and the
 * number before it part of the name, or misread. */
static bool stands_before_strength(const rx_parser *p, size_t at) {
    at += rx_is(p, at, "(");
    rx_amount amount = rx_read_amount(&p->tokens, at);
    size_t behind = at + amount.count;
    while (rx_is(p, behind, "/") && rx_tok(p, behind + 1)->kind == RX_TOKEN_NUMBER)
        behind += 2;
    rx_found unit = rx_find(p, behind, RX_KIND(UNIT));
    return amount.count == 1 && !rx_breaks_line(&p->tokens, at) && unit.phrase &&
           strcmp(unit.phrase->value, "mL") != 0;
}

/* "800-160 mg", "5-325": the strengths of two substances, as American labels have them. "2-4 mg" is a range, "400 - 1" a
 * dash, and small numbers without a unit are a pattern. Tokens, parts in `out`. */
static size_t read_pair(const rx_parser *p, size_t at, rx_quantity *out) {
    const rx_token *first = rx_tok(p, at), *dash = rx_tok(p, at + 1), *second = rx_tok(p, at + 2);
    bool numbers = first->kind == RX_TOKEN_NUMBER && rx_token_is(dash, "-") &&
                   second->kind == RX_TOKEN_NUMBER && !rx_is(p, at + 3, "-");
    bool again = rx_tok(p, at + 3)->kind == RX_TOKEN_NUMBER && rx_is(p, at + 4, "/"),
         of_name = again || stands_before_strength(p, at + 3); /* "10-4 10/0.4", "10-4 10 mg" */
    if (!numbers || (dash->flags | second->flags) & RX_TOKEN_SPACED ||
        (first->flags | second->flags) & RX_TOKEN_FRACTION || of_name ||
        rx_find(p, at + 3, RX_KIND(SPAN)).phrase)
        return 0;
    rx_found unit = rx_find(p, at + 3, RX_KIND(UNIT));
    bool weighed = unit.phrase && rx_is_mass(unit.phrase->value);
    double a = first->value, b = second->value;
    bool percent = unit.phrase && strcmp(unit.phrase->value, "%") == 0;
    bool two = b < a || b >= 8 * a || is_joined_name(p);
    if (!two || (unit.phrase ? !weighed && !percent : a < LEAST_PACK))
        return 0;
    *out = (rx_quantity){
        .unit = unit.phrase ? unit.phrase->value : NULL, .num_parts = 2, .parts = {a, b}};
    size_t behind = at + 3 + unit.count;
    return behind + (weighed ? read_denominator(p, behind, out) : 0) - at;
}

/* Whether `at` is right behind the name, or behind a brand in brackets there: "zyvarin (QORVEX) 5 mg". */
static bool is_behind_name(const rx_parser *p, size_t at, size_t name_end) {
    size_t i = name_end;
    if (rx_is(p, i, "("))
        while (i < at && !rx_is(p, i, ")"))
            i++;
    return at == name_end || (i > name_end && i + 1 == at);
}

/* A number behind the name at [from, to), or in brackets there: the strength of a brand ("Pan 40", "Allegra
 * (180)", "30/1.25"). Tokens taken, or 0. */
static size_t take_bare_strength(rx_parser *p, const rx_amount *amount, rx_quantity *quantity,
                                 size_t from, size_t to, size_t name_end) {
    bool bracketed =
        from == name_end + 1 && rx_is(p, name_end, "(") && (rx_is(p, to, ")") || rx_is(p, to, "/"));
    if (!(from == name_end || bracketed) || p->medicine->strength.written.text)
        return 0;
    size_t parts = bare_parts(p, from, quantity);
    to += parts ? parts - 1 : 0;
    bool small = amount->low <= 4 && amount->low == (int)amount->low,
         directly = rx_is(p, to, "x") ||
                    (rx_starts_frequency(p, to) && rx_read_slots(&p->tokens, to).count == 0);
    if (stands_before_strength(p, to)) {
        rx_parser_flag(p, RX_REVIEW_PART_OF_NAME, "name", false, NULL, p->name.from, to,
                       "the number may be part of the name");
        rx_parser_use(p, from, to - from);
        return to - from;
    }
    if (small && to == from + 1 && (directly || to >= p->tokens.count)) {
        rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_NUMBER, "dose", false, NULL, from, to,
                       "may be the strength or the number to take");
        return 0;
    }
    bool poured = is_liquid(p->medicine->form.value) || is_dropped(p->medicine->form.value);
    if (poured && directly && !parts && amount->low <= MOST_POURED)
        rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_NUMBER, "strength", false, NULL, from, to,
                       "may be how many millilitres or drops are taken");
    size_t more = parts ? 0 : read_substances(p, to, amount, quantity);
    if (more > 0)
        return take_substances(p, quantity, from, to + more);
    if (!parts && bracketed && is_usual_pack(amount->low))
        rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_NUMBER, "strength", false, NULL, from - 1, to + 1,
                       "may be the strength or what is handed out");
    return rx_set_strength(p, quantity, from, to) ? to - from : 0;
}

/* A number without a unit: a strength, what is handed out, or a dose ("1 BD"). */
static size_t take_bare(rx_parser *p, const rx_amount *amount, size_t from, size_t name_end) {
    size_t to = from + amount->count;
    rx_quantity quantity = rx_quantity_of(amount, NULL);
    if (rx_is(p, to, "/") && rx_tok(p, to + 1)->kind == RX_TOKEN_WORD)
        return 0; /* "1/V", a misread "I/V" */
    static const char *const no_amount[] = {"<", ">", "above", "below", "than", "over", "in", NULL};
    if (from > name_end && (rx_is(p, from - 1, "/") || rx_weekday(rx_tok(p, from - 1)) >= 0))
        return 0; /* "BD/5": days, perhaps; "Mon 5, Tue 2.5" */
    bool arrow = from > 1 && rx_is(p, from - 1, ">") && rx_is(p, from - 2, "-");
    if (from > 0 && !arrow && rx_is_one_of(p, from - 1, no_amount))
        return 0; /* "hold if pulse < 60", "over 30 min", "in 8 oz water" */
    if (rx_is(p, from, "a") || rx_is(p, from, "an"))
        return 0; /* "apply a thin layer" */
    if (repeats_strength(p, amount, from))
        return amount->count;
    if (p->name.to > 0 && from == name_end && rx_is(p, to, "\x06"))
        return 0; /* the sign of degrees: drops, or hours */
    to += read_thousands(p, to, &quantity);
    bool plain = amount->low == amount->high && !(amount->flags & RX_TOKEN_FRACTION) &&
                 rx_tok(p, from)->kind == RX_TOKEN_NUMBER && amount->count == 1;
    size_t strength = plain ? take_bare_strength(p, amount, &quantity, from, to, name_end) : 0;
    if (strength > 0)
        return strength;
    if (is_pack_size(p, from, to))
        return rx_set_quantity(p, &quantity, from, to) ? to - from : 0;
    if (amount->high > 20 || !rx_set_dose(p, &quantity, from, to))
        return 0;
    flag_amount(p, "dose", amount, from, to);
    size_t behind = to + (rx_is(p, to, "-") || rx_is(p, to, ","));
    while (!rx_starts_frequency(p, behind) && rx_find(p, behind, RX_KIND(FILLER)).phrase)
        behind++; /* "One to be taken each day" */
    bool pattern = behind == to && rx_read_slots(&p->tokens, to).count > 0;
    if (pattern || !rx_starts_frequency(p, behind))
        rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_NUMBER, "dose", false, NULL, from, to,
                       pattern ? "the pattern behind it has its own amounts"
                               : "neither what is counted nor how often stands behind it");
    else if (is_glued(p, from))
        rx_parser_flag(p, RX_REVIEW_DOUBTFUL_CHARACTERS, "dose", false, NULL, from - 1, to,
                       "letters are joined to it");
    return to - from;
}

/* "Pan 40 tab OD", "Seroflo 250 rotacap": a number between the name and the form that is no usual number of them is the
 * strength. Behind a small or odd one, or before a plural, it may still be a number of tablets. */
static size_t take_before_form(rx_parser *p, const rx_amount *amount, const rx_phrase *unit,
                               size_t from) {
    static const char *const forms[] = {"{tablet}", "{capsule}", "{rotacap}", "{respule}",
                                        "{patch}"};
    bool pills = false;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        pills |= strcmp(unit->value, forms[i]) == 0;
    bool plain = amount->count == 1 && rx_tok(p, from)->kind == RX_TOKEN_NUMBER &&
                 !(amount->flags & RX_TOKEN_FRACTION);
    bool small = amount->low <= 4 && amount->low == (int)amount->low;
    rx_quantity quantity = rx_quantity_of(amount, NULL);
    if (!pills || !plain || small || !rx_set_strength(p, &quantity, from, from + 1))
        return 0;
    const char *word = rx_tok(p, from + 1)->text;
    if (is_usual_pack(amount->low) || amount->low < 10 || word[strlen(word) - 1] == 's')
        rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_NUMBER, "strength", false, NULL, from, from + 2,
                       "may be the strength or how many");
    return 1;
}

/* The 5 ml of "mg/5 ml", whose number stands elsewhere: no dose. */
static bool ends_concentration(const rx_parser *p, size_t at) {
    return at >= 2 && rx_is(p, at - 1, "/") && rx_find(p, at - 2, RX_KIND(UNIT)).phrase;
}

/* "ii", "i-ii"; nothing where no Roman number stands. */
static rx_amount read_roman(const rx_parser *p, size_t at) {
    rx_found first = rx_find(p, at, RX_KIND(ROMAN)), second = rx_find(p, at + 2, RX_KIND(ROMAN));
    if (!first.phrase)
        return (rx_amount){0};
    rx_amount amount = {1, first.phrase->number, first.phrase->number, 0, first.phrase->caution};
    if ((rx_is(p, at + 1, "-") || rx_is(p, at + 1, "to")) && second.phrase &&
        second.phrase->number > amount.low) {
        amount.high = second.phrase->number;
        amount.count = 3;
    }
    return amount;
}

size_t rx_take_amount(rx_parser *p, size_t at, size_t name_end) {
    if (ends_concentration(p, at) || rx_find(p, at, RX_KIND(NOTE)).phrase) /* "half strength" */
        return 0;
    rx_quantity pair;
    size_t of_pair = is_behind_name(p, at, name_end) ? read_pair(p, at, &pair) : 0;
    if (of_pair > 0 && rx_set_strength(p, &pair, at, at + of_pair))
        return of_pair;
    rx_amount amount = rx_read_amount(&p->tokens, at);
    if (amount.count == 0) {
        amount = read_roman(p, at);
        size_t behind = at + amount.count;
        bool counted = rx_find(p, behind, RX_KIND(COUNT)).phrase != NULL;
        bool route = rx_is(p, at, "iv"); /* into a vein, unless something is counted */
        if (amount.count == 0 || rx_is(p, at - (at > 0), "/") ||
            !(counted || (!route && rx_starts_frequency(p, behind))))
            return 0;
    }
    if (amount.high <= 0)
        return 0;
    if (rx_is(p, at, "v"))
        rx_parser_flag(p, RX_REVIEW_DOUBTFUL_CHARACTERS, "dose", false, NULL, at, at + 1,
                       "five, or a misread U");
    size_t behind = at + amount.count;
    rx_found count = rx_find_unit(p, behind, RX_KIND(COUNT) | RX_KIND(PACK));
    rx_quantity quantity = rx_quantity_of(&amount, NULL);
    size_t strength =
        count.phrase && at == name_end ? take_before_form(p, &amount, count.phrase, at) : 0;
    if (strength > 0)
        return strength;
    if (count.phrase && strcmp(count.phrase->value, "mL") != 0)
        return take_counted(p, &amount, count.phrase, at, behind + count.count);
    size_t thousands = read_thousands(p, behind, &quantity);
    rx_found unit = rx_find(p, behind + thousands, RX_KIND(UNIT));
    if (rx_find(p, behind + thousands, RX_KIND(ROUTE)).count > unit.count)
        unit.phrase = NULL; /* "50 L/A": no litres */
    bool volume = unit.phrase && strcmp(unit.phrase->value, "mL") == 0;
    bool dissolving = volume || (unit.phrase && strcmp(unit.phrase->value, "L") == 0);
    static const char *const into[] = {"in", "with", "to", NULL};
    if (dissolving && at > 0 && rx_is_one_of(p, at - 1, into))
        return 0; /* "1 vial in 100 ml NS", "mixed with 10 ml water" */
    if (unit.phrase && is_share_of_strength(p, at, unit.phrase->value))
        return 0;
    if (unit.phrase) {
        quantity.unit = unit.phrase->value;
        behind += thousands + unit.count;
        size_t parts = read_parts(p, behind, &amount, &quantity);
        if (parts > 0 && quantity.num_parts == 0)
            return take_mixed_parts(p, at, behind + parts);
        bool insulin = strcmp(quantity.unit, "[iU]") == 0; /* each is taken by itself */
        size_t more = parts || volume || insulin || p->medicine->strength.written.text
                          ? 0
                          : read_substances(p, behind, &amount, &quantity);
        if (more > 0)
            return take_substances(p, &quantity, at, behind + more);
        behind += parts ? parts : read_denominator(p, behind, &quantity);
        return take_measured(p, &quantity, unit.phrase, at, behind, name_end);
    }
    if (count.phrase)
        return take_counted(p, &amount, count.phrase, at, behind + count.count);
    if (amount.count == 1 && rx_tok(p, at)->kind == RX_TOKEN_NUMBER) {
        size_t parts = read_parts(p, behind, &amount, &quantity);
        if (parts > 0)
            return rx_set_strength(p, &quantity, at, behind + parts) ? amount.count + parts : 0;
    }
    return take_bare(p, &amount, at, name_end);
}

/* "x 3 refills", "2 repeats"; in "#30 Refills: 2" the first number is what is handed out. */
static size_t counted_refills(const rx_parser *p, size_t at) {
    static const char *const words[] = {"refill", "refills", "repeats", "rf", NULL};
    size_t number = at + rx_is(p, at, "x");
    size_t count = rx_read_amount(&p->tokens, number).count, behind = number + count + 1;
    static const char *const signs[] = {":", "x", "#", "-", NULL};
    bool headed = rx_is_one_of(p, behind, signs) || rx_tok(p, behind)->kind == RX_TOKEN_NUMBER;
    return count > 0 && rx_is_one_of(p, behind - 1, words) && !headed ? behind - at : 0;
}

/* "Refills: 2", "RF x 3": no dose. Stays in the instructions. */
size_t rx_take_refills(rx_parser *p, size_t at) {
    size_t counted = counted_refills(p, at);
    if (counted > 0)
        return counted;
    rx_found head = rx_find(p, at, RX_KIND(REFILL));
    if (!head.phrase)
        return 0;
    size_t i = at + head.count;
    while (rx_is(p, i, ":") || rx_is(p, i, "#") || rx_is(p, i, "-") || rx_is(p, i, "x"))
        i++;
    return i + rx_read_amount(&p->tokens, i).count - at;
}

/* Words that head the most that may be taken; tokens. */
static size_t limit_words(const rx_parser *p, size_t at) {
    static const char *const most[] = {"max", "maximum", "maxm", NULL};
    static const char *const of_what[] = {"of", ":", ".", "daily", "amount", "dose", NULL};
    if (rx_is_one_of(p, at, most)) {
        size_t to = at + 1;
        while (rx_is_one_of(p, to, of_what))
            to++;
        return to - at;
    }
    if ((rx_is(p, at, "not") || rx_is(p, at, "no")) && rx_is(p, at + 1, "more") &&
        rx_is(p, at + 2, "than"))
        return 3;
    return rx_is(p, at, "not") && rx_is(p, at + 1, "to") && rx_is(p, at + 2, "exceed") ? 3 : 0;
}

/* "4/day", "3 tabs in 24 hrs", "3 tabs" at `at`: tokens; `*in_time`: it says in which time. */
static size_t limit_length(const rx_parser *p, size_t at, bool *in_time) {
    static const char *const per[] = {"/", "per", "in", "a", NULL};
    rx_found times = rx_find(p, at, RX_KIND(TIMES) | RX_KIND(WEEKLY));
    rx_amount amount = rx_read_amount(&p->tokens, at);
    size_t i = at + amount.count;
    *in_time = amount.count > 0 && times.phrase;
    if (amount.count == 0 || times.phrase)
        return amount.count ? times.count : 0;
    i += rx_find(p, i, RX_KIND(COUNT) | RX_KIND(UNIT)).count;
    size_t span = i + 1 + rx_read_amount(&p->tokens, i + 1).count;
    rx_found unit = rx_find(p, span, RX_KIND(SPAN));
    *in_time = rx_is_one_of(p, i, per) && unit.phrase;
    return (*in_time ? span + unit.count : i) - at;
}

/* "max 4/day", "not more than 3 tabs in 24 hrs", "max 2/day 4/week": neither dose nor frequency. Stays in the
 * instructions. */
size_t rx_take_limit(rx_parser *p, size_t at) {
    static const char *const joints[] = {",", "&", "and", ";", "or", NULL};
    bool in_time = false, again = false;
    size_t words = limit_words(p, at), first = words ? limit_length(p, at + words, &in_time) : 0;
    if (first == 0)
        return 0;
    size_t i = at + words + first, joint = rx_is_one_of(p, i, joints),
           second = in_time ? limit_length(p, i + joint, &again) : 0;
    return i + (again ? joint + second : 0) - at;
}

bool rx_starts_limit(const rx_tokens *tokens) {
    rx_parser p = {.tokens = *tokens};
    return rx_take_limit(&p, 0) > 0;
}

/* What the dose makes with the strength, in the strength's unit; 0: it cannot be told. */
static double made_by_dose(const rx_parser *p) {
    const rx_quantity *dose = &p->steps[p->step].dose, *strength = &p->medicine->strength;
    if (!dose->has_value || dose->high > dose->value || !strength->unit || strength->num_parts > 0)
        return 0;
    if (dose->unit && dose->unit[0] == '{')
        return strength->per_value > 0 ? 0 : dose->value * strength->value;
    bool volume = dose->unit && strcmp(dose->unit, "mL") == 0 && strength->per_value > 0 &&
                  strength->per_unit && strcmp(strength->per_unit, "mL") == 0;
    return volume ? dose->value * strength->value / strength->per_value : 0;
}

/* Tokens of "(65 mg iron)" behind a strength, of "(500 mg total)", of "(375 mg)" right behind a dose that it can be compared with, and of "(15 mg/kg/dose)". */
size_t rx_total_length(const rx_parser *p, size_t at) {
    rx_amount amount = rx_read_amount(&p->tokens, at + 1);
    rx_found unit = rx_find(p, at + 1 + amount.count, RX_KIND(UNIT));
    size_t to = at + 1 + amount.count + unit.count;
    if (!rx_is(p, at, "(") || amount.count == 0 || !unit.phrase)
        return 0;
    if (rx_is(p, to, "total"))
        return to + 1 + rx_is(p, to + 1, ")") - at;
    if (rx_is(p, to, "/") && rx_is(p, to + 1, "kg")) {
        size_t time = to + 2 + 2 * rx_is(p, to + 2, "/");
        return at > p->name.to && rx_is(p, time, ")") ? time + 1 - at : 0;
    }
    if (is_share_of_strength(p, at + 1, unit.phrase->value)) { /* "325 mg (65 mg iron)" */
        while (to < p->tokens.count && rx_tok(p, to)->kind == RX_TOKEN_WORD)
            to++;
        return rx_is(p, to, ")") ? to + 1 - at : 0;
    }
    const rx_place *dose = &p->doses[p->step];
    bool behind = rx_is(p, to, ")") && dose->to == at && rx_is_mass(unit.phrase->value);
    return behind && made_by_dose(p) > 0 ? to + 1 - at : 0;
}

/* "1 tablet (500 mg total)": what the dose makes, doubted where it makes something else. Stays in the instructions. */
size_t rx_take_total(rx_parser *p, size_t at) {
    size_t length = rx_total_length(p, at);
    rx_amount amount = rx_read_amount(&p->tokens, at + 1);
    rx_found unit = rx_find(p, at + 1 + amount.count, RX_KIND(UNIT));
    if (length == 0 || rx_is(p, at + 1 + amount.count + unit.count, "/") ||
        is_share_of_strength(p, at + 1, unit.phrase->value))
        return length;
    double makes = made_by_dose(p);
    bool same_unit = makes > 0 && strcmp(p->medicine->strength.unit, unit.phrase->value) == 0;
    if (same_unit && (makes < 0.99 * amount.low || makes > 1.01 * amount.low))
        rx_parser_flag(p, RX_REVIEW_CONFLICT, "dose", false, NULL, at, at + length,
                       "not what the dose makes with this strength");
    return length;
}

/* Whether "1/12" stands at `at`: for how long it is handed out. */
static bool is_supply_time(const rx_parser *p, size_t at) {
    static const char *const parts[] = {"7", "52", "12", NULL};
    return rx_is(p, at + 1, "/") && rx_is_one_of(p, at + 2, parts);
}

/* "1-1-1 x 3 days = 9 tabs": so many in all. "= 10 ml" is what a weight makes. */
size_t rx_take_product(rx_parser *p, size_t at) {
    const rx_step *step = &p->steps[p->step];
    bool told = step->frequency.written.text || step->duration.written.text;
    rx_amount amount = rx_read_amount(&p->tokens, at + 1);
    size_t to = at + 1 + amount.count;
    rx_found count = rx_find(p, to, RX_KIND(COUNT) | RX_KIND(PACK));
    bool counted = count.phrase ? count.phrase->value[0] == '{' : to >= p->tokens.count;
    if (!rx_is(p, at, "=") || !told || amount.count == 0 || !counted)
        return 0;
    rx_quantity quantity = rx_quantity_of(&amount, count.phrase ? count.phrase->value : NULL);
    to += count.count;
    return rx_set_quantity(p, &quantity, at + 1, to) ? to - at : 0;
}

/* "#30", "disp 30 tabs", "No. 10"; no "disp 75 mg", a dispersible tablet. */
size_t rx_take_dispensed(rx_parser *p, size_t at) {
    rx_found head = rx_find(p, at, RX_KIND(DISPENSE));
    if (!head.phrase)
        return 0;
    size_t i = at + head.count;
    while (rx_is(p, i, ":") || rx_is(p, i, "#") || rx_is(p, i, "-"))
        i++;
    rx_amount amount = rx_read_amount(&p->tokens, i);
    rx_found measure = rx_find(p, i + amount.count, RX_KIND(UNIT));
    if (amount.count == 0 || is_supply_time(p, i) ||
        (measure.phrase && head.phrase->words[0] == 'd' && strstr(measure.phrase->value, "mg")))
        return 0;
    i += amount.count;
    const uint64_t units =
        RX_KIND(COUNT) | RX_KIND(PACK) | (rx_breaks_line(&p->tokens, i) ? 0 : RX_KIND(UNIT));
    rx_found unit = rx_find(p, i, units);
    rx_quantity quantity = rx_quantity_of(&amount, unit.phrase ? unit.phrase->value : NULL);
    return rx_set_quantity(p, &quantity, at, i + unit.count) ? i + unit.count - at : 0;
}
