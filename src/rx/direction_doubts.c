/* Fields that were read without fault and are parts of something misread: "a day" of "3 dimes a day",
 * "one" of "one emd half", the directions of another row of a table. A parser that takes what it knows
 * and leaves the rest cannot see that; what is left, and where, tells it. */
#include "rx/directions_parser.h"
#include "rx/units.h"

#include <math.h>
#include <string.h>

/* A word that no field took and no table has, not even as a part of a phrase that begins before it. */
static bool is_unknown(const rx_parser *p, size_t i) {
    enum { LONGEST_PHRASE = 4 };
    const rx_token *token = rx_tok(p, i);
    bool known = i >= p->tokens.count || token->kind != RX_TOKEN_WORD || p->used[i];
    for (size_t k = 0; k < LONGEST_PHRASE && k <= i; k++)
        known = known || rx_find(p, i - k, RX_ANYTHING).count > k;
    return !known;
}

static void doubt(rx_parser *p, const char *field, size_t from, size_t to, const char *reason) {
    rx_parser_flag(p, RX_REVIEW_DOUBTFUL_CHARACTERS, field, false, NULL, from, to, reason);
}

/* A pattern says how often and how much. */
static void doubt_pattern(rx_parser *p, const rx_place *place, const char *reason) {
    doubt(p, "frequency", place->from, place->to, reason);
    doubt(p, "dose", place->from, place->to, reason);
}

/* "1A Pharma": a number that is part of a word, and another word. */
static bool is_numbered_word(const rx_parser *p, size_t i) {
    const rx_token *letter = rx_tok(p, i + 1);
    return rx_tok(p, i)->kind == RX_TOKEN_NUMBER && letter->kind == RX_TOKEN_WORD &&
           !(letter->flags & RX_TOKEN_SPACED) && !letter->text[1] && is_unknown(p, i + 2);
}

/* "Lamivudine; Zidovudine", "Calamine +", "Clobetasol (emollient)", "Clopidogrel 1A Pharma", and
 * "Amlodipine 1 valsartan" where a stroke was read as a one: what was taken for the name is its first part. */
static void doubt_name(rx_parser *p) {
    static const char *const signs[] = {";", ",", "/", "&", "(", "1", NULL};
    size_t to = p->name.to;
    bool brand =
        rx_is(p, to, "(") && rx_tok(p, to + 1)->flags & RX_TOKEN_CAPITALS &&
        !(rx_tok(p, p->name.from)->flags & RX_TOKEN_CAPITALS); /* "metformin (GLUCOPHAGE)" */
    bool another = !brand && rx_is_one_of(p, to, signs) && is_unknown(p, to + 1);
    if (to > 0 && is_numbered_word(p, to)) {
        doubt(p, "strength", to, to + 2, "part of a word");
        doubt(p, "dose", to, to + 2, "part of a word");
    }
    if (to > 0 && (another || rx_is(p, to, "+") || is_numbered_word(p, to)))
        rx_parser_flag(p, RX_REVIEW_PART_OF_NAME, "name", false, NULL, p->name.from,
                       to + 1 + another, "the name seems to go on");
}

/* "Tylenol #3": a number of the product, or so many handed out. */
static void doubt_product_number(rx_parser *p) {
    enum { MOST = 4 };
    size_t sign = p->name.to;
    if (sign > 0 && rx_is(p, sign, "#") && rx_is_ordinal(rx_tok(p, sign + 1)) &&
        rx_tok(p, sign + 1)->value <= MOST)
        rx_parser_flag(p, RX_REVIEW_PART_OF_NAME, "name", false, NULL, p->name.from, sign + 2,
                       "the number may belong to the name");
}

/* "Wikoryl AF TDS", "Telma AM": after food and in the morning, or the rest of the name. */
static void doubt_capitals_behind(rx_parser *p) {
    static const char *const words[] = {"am", "pm", "af", "at", "it", "as", "s", NULL};
    size_t to = p->name.to;
    uint64_t kinds = RX_KIND(TIME) | RX_KIND(MEAL) | RX_KIND(ROUTE) | RX_KIND(FILLER);
    if (to > 0 && rx_is_one_of(p, to, words) && rx_tok(p, to)->flags & RX_TOKEN_CAPITALS &&
        rx_find(p, to, kinds).count == 1 && !rx_is(p, to + 1, ":") &&
        !rx_breaks_line(&p->tokens, to))
        rx_parser_flag(p, RX_REVIEW_PART_OF_NAME, "name", false, NULL, p->name.from, to + 1,
                       "its last letters may belong to the name");
}

/* "Telma 40H": behind the number, the rest of the name. */
static void doubt_glued_letters(rx_parser *p) {
    size_t behind = p->strength.to;
    const rx_token *letters = rx_tok(p, behind);
    if (behind > 0 && !p->medicine->strength.unit && letters->kind == RX_TOKEN_WORD &&
        !p->used[behind] && !(letters->flags & RX_TOKEN_SPACED))
        rx_parser_flag(p, RX_REVIEW_PART_OF_NAME, "name", false, NULL, p->name.from, behind + 1,
                       "letters behind the strength belong to the name");
}

/* "4 a day", "2 tabs per day": so many each time, or in all. */
static void doubt_day_sum(rx_parser *p, const rx_quantity *dose, const rx_place *place,
                          const rx_place *frequency) {
    static const char *const words[] = {"a", "per", "/", NULL};
    if (place->to > 0 && place->to == frequency->from && dose->high >= 2 &&
        rx_is_one_of(p, frequency->from, words) && rx_is(p, frequency->from + 1, "day"))
        rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_NUMBER, "dose", false, NULL, place->from,
                       frequency->to, "so many each time, or in all");
}

/* An unknown word right before a field, on its line. */
static void doubt_before(rx_parser *p, const char *field, const rx_place *place, size_t name_end) {
    if (place->to > 0 && place->from > name_end && is_unknown(p, place->from - 1) &&
        !rx_breaks_line(&p->tokens, place->from))
        doubt(p, field, place->from - 1, place->to, "a word before it is not understood");
}

/* "20-14 units": two doses, of which this is the second. */
static void doubt_joined(rx_parser *p, const rx_place *place) {
    size_t from = place->from;
    if (place->to > 0 && from >= 2 && rx_is(p, from - 1, "-") &&
        rx_tok(p, from - 2)->kind == RX_TOKEN_NUMBER &&
        !((rx_tok(p, from - 1)->flags | rx_tok(p, from)->flags) & RX_TOKEN_SPACED))
        doubt(p, "dose", from - 2, place->to, "a number is joined to it");
}

/* "1--A--A Tablet": a letter of something misread, no "a tablet". */
static void doubt_joined_letter(rx_parser *p, const rx_place *place) {
    size_t from = place->from;
    if (place->to > 0 && from > 0 && rx_is(p, from, "a") && rx_is(p, from - 1, "-") &&
        !(rx_tok(p, from)->flags & RX_TOKEN_SPACED))
        doubt(p, "dose", from - 1, place->to, "a sign is joined to its letter");
}

/* A bare number and an unknown word: the word may be its unit, or the rest of the number. */
static void doubt_bare(rx_parser *p, const char *field, const rx_quantity *quantity,
                       const rx_place *place) {
    if (place->to > 0 && !quantity->unit && is_unknown(p, place->to) &&
        !rx_breaks_line(&p->tokens, place->to))
        doubt(p, field, place->from, place->to + 1, "the word behind it is not understood");
}

/* "once", and then "a weef", or the end of what was read. */
static void doubt_once(rx_parser *p, const rx_frequency *frequency, const rx_place *place) {
    if (frequency->once && place->to == place->from + 1 && rx_is(p, place->from, "once"))
        doubt(p, "frequency", place->from, place->to + 1, "once, or once in some time");
}

/* "q14h": hours that are no part of a day, nor half days, are misread. So is a lone "hourly" ("6 hourly"
 * with another sign for the number), but for drops. */
static void doubt_interval(rx_parser *p, const rx_frequency *frequency, const rx_place *place) {
    const char *form = p->medicine->form.value;
    bool drops = form && strstr(form, "drops"), hourly = frequency->per_day >= 24 && !drops;
    double hours[] = {frequency->every_hours, frequency->every_hours_high};
    bool odd = false;
    for (int i = 0; i < 2; i++)
        odd |= hours[i] > 0 && fmod(24, hours[i]) > 0 && fmod(hours[i], 12) > 0;
    if (odd || hourly)
        doubt(p, "frequency", place->from, place->to, "nothing is taken in such intervals");
}

/* "1 tab PO one daily": a number that is no dose may be a misread "once". */
static void doubt_number_before(rx_parser *p, const rx_place *place) {
    size_t from = place->from;
    if (place->to == 0 || from == 0 || p->used[from - 1] ||
        rx_read_amount(&p->tokens, from - 1).count != 1)
        return;
    doubt(p, "frequency", from - 1, place->to, "the number before it is not understood");
}

/* "1-2 - 1-2 - 1-2": a pattern of ranges, or one too long. */
static void doubt_long_pattern(rx_parser *p, const rx_frequency *frequency, const rx_place *place) {
    size_t from = place->from, to = place->to;
    bool before = from >= 2 && from - 1 > p->strength.to && rx_is(p, from - 1, "-") &&
                  rx_tok(p, from - 2)->kind == RX_TOKEN_NUMBER,
         behind = rx_is(p, to, "-") && rx_tok(p, to + 1)->kind == RX_TOKEN_NUMBER &&
                  rx_tok(p, to + 1)->value < 5 && /* more is what is handed out */
                  !rx_find(p, to + 2, RX_KIND(SPAN)).phrase;
    if (frequency->num_slots == 0 || !(before || behind))
        return;
    doubt_pattern(p, place, "the pattern is part of a longer one");
}

/* "24 - 1 - 0 - 0": a strength and three doses, if it is not four doses. */
static void doubt_first_slot(rx_parser *p, const rx_frequency *frequency, const rx_place *place) {
    size_t from = place->from;
    if (frequency->num_slots != 3 || from < 2 || p->strength.to + 1 != from ||
        !rx_is(p, from - 1, "-") || p->medicine->strength.unit ||
        rx_breaks_line(&p->tokens, from - 1))
        return;
    if ((rx_tok(p, from - 1)->flags & RX_TOKEN_SPACED) ==
        (rx_tok(p, from + 1)->flags & RX_TOKEN_SPACED))
        doubt(p, "frequency", from - 2, place->to, "the number before it may be a dose as well");
}

/* "6 - 0 - 1", "16 + 0 + 1": insulin's units are many each time, tablets are few; both in one pattern means that a figure was
 * misread or lost. */
static void doubt_uneven_slots(rx_parser *p, const rx_frequency *frequency, const rx_place *place) {
    static const double many = 4, few = 2;
    bool has_many = false, has_few = false;
    for (int i = 0; i < frequency->num_slots; i++) {
        has_many |= frequency->slots[i] > many;
        has_few |= frequency->slots[i] > 0 && frequency->slots[i] <= few;
    }
    if (!has_many || !has_few)
        return;
    doubt_pattern(p, place, "many and few in one pattern");
}

static bool is_pill(const char *unit) {
    return unit && (strcmp(unit, "{tablet}") == 0 || strcmp(unit, "{capsule}") == 0);
}

/* "6 L IM": lakh units (100 000), as vitamin D is given, no litres. */
static void doubt_lakh(rx_parser *p, const rx_quantity *dose, const rx_place *place) {
    const char *form = p->medicine->form.value, *route = p->medicine->route.value;
    bool vein = route && strcmp(route, "intravenous") == 0,
         muscle =
             route && (strcmp(route, "intramuscular") == 0 || strcmp(route, "subcutaneous") == 0),
         injected = muscle || (form && strcmp(form, "injection") == 0);
    if (place->to > 0 && dose->unit && strcmp(dose->unit, "L") == 0 && injected && !vein)
        doubt(p, "dose", place->from, place->to, "litres, or lakh (100 000) units");
}

/* "capsule ... 1 tab": what is taken is not what is prescribed. */
static void doubt_unit(rx_parser *p, const rx_quantity *dose, const rx_place *place) {
    const char *form = p->medicine->form.value, *unit = rx_dose_unit(form);
    bool counted = dose->unit && (dose->unit[0] == '{' || dose->unit[0] == '[');
    const char *strength = p->medicine->strength.unit;
    bool measured = strength && dose->unit && strcmp(strength, dose->unit) == 0; /* in units */
    bool volume = dose->unit && (strcmp(dose->unit, "mL") == 0 || strcmp(dose->unit, "L") == 0);
    bool inhaled = form && strcmp(form, "inhalation capsule") == 0;
    if (place->to > 0 && is_pill(unit) && volume)
        doubt(p, "dose", place->from, place->to, "no tablet or capsule is a volume");
    if (place->to == 0 || !form || !(is_pill(dose->unit) || is_pill(unit)) || !counted ||
        measured || inhaled)
        return;
    if (strcmp(dose->unit, unit ? unit : "") != 0)
        rx_parser_flag(p, RX_REVIEW_ROW_UNCLEAR, NULL, false, NULL, place->from, place->to,
                       "what is taken is not what is prescribed");
}

/* "7. 5mg" and "10 1%": its first figures may stand apart; "1100mg/5 mlsuspension": its last unit is
 * part of a word. */
static void doubt_part_of_strength(rx_parser *p, const rx_place *place) {
    size_t from = place->from, to = place->to;
    if (to == 0 || from < 2)
        return;
    const rx_token *before = rx_tok(p, from - 1);
    bool of_name = from - 1 < p->name.to || /* "Vitamin B12 500 mcg", "Md-76" */
                   (rx_is(p, from - 2, "-") && !(before->flags & RX_TOKEN_SPACED));
    if (before->kind == RX_TOKEN_NUMBER && !of_name)
        doubt(p, "strength", from - 1, to, "figures stand before it");
    if (to >= from + 4 && rx_tok(p, to - 1)->kind == RX_TOKEN_NUMBER &&
        rx_find(p, to - 3, RX_KIND(UNIT)).phrase)
        doubt(p, "strength", from, to, "what it is in has no unit");
}

/* "4\nmg": a number at the end of a line, and the unit of another column below it. */
static void doubt_broken(rx_parser *p, const char *field, const rx_quantity *quantity,
                         const rx_place *place) {
    for (size_t i = place->from; place->to > 0 && quantity->unit && i < place->to; i++)
        if (rx_breaks_line(&p->tokens, i) && i > place->from) {
            doubt(p, field, place->from, place->to, "its unit stands on another line");
            return;
        }
}

static bool is_insulin_unit(const char *unit) {
    return unit && strcmp(unit, "[iU]") == 0;
}

/* "Zyvarin 1:1000", "1 in 1000", a ratio; "5 mg: 2 tabs" is none. */
static void doubt_ratio(rx_parser *p, const rx_place *place) {
    const rx_place *dose = &p->doses[0];
    if (dose->to > 0 && is_insulin_unit(p->steps[0].dose.unit) && rx_is(p, dose->to, ":") &&
        rx_tok(p, dose->to + 1)->kind == RX_TOKEN_NUMBER) { /* "1 unit:10 g" */
        doubt(p, "dose", dose->from, dose->to + 2, "part of a ratio");
        doubt(p, "strength", dose->from, dose->to + 2, "part of a ratio");
    }
    const rx_quantity *strength = &p->medicine->strength;
    if (is_insulin_unit(strength->unit) && strength->per_unit && strength->per_value > 1 &&
        strcmp(strength->per_unit, "g") == 0)
        doubt(p, "strength", place->from, place->to,
              "part of a ratio"); /* "1 unit per 10 g carbs" */
    const rx_token *second = rx_tok(p, place->to + 1);
    bool water = rx_find(p, place->to + 2, RX_KIND(UNIT)).phrase != NULL; /* "1 in 200 ml" */
    bool sign =
        rx_is(p, place->to, ":") || (rx_is(p, place->to, "in") && second->value >= 100 && !water);
    if (place->to > 0 && !p->medicine->strength.unit && sign && second->kind == RX_TOKEN_NUMBER)
        doubt(p, "strength", place->from, place->to + 2, "part of a ratio");
}

/* "Khedezla 500-0-1", a pattern glued to a strength, and "Nacillin 2 300": a strength without a unit is not all of it. */
static void doubt_bare_strength(rx_parser *p, const rx_place *place) {
    static const double least = 10; /* less is a dose */
    size_t to = place->to;
    const rx_token *sign = rx_tok(p, to), *behind = rx_tok(p, to + 1);
    if (to == 0 || p->medicine->strength.unit || rx_breaks_line(&p->tokens, to))
        return;
    rx_found unit = rx_find(p, to + 2, RX_KIND(UNIT)); /* "5 - 2.5 mg" */
    bool measured = unit.phrase && rx_is_mass(unit.phrase->value);
    bool glued = rx_is(p, to, "-") && behind->kind == RX_TOKEN_NUMBER &&
                 (measured || !((sign->flags | behind->flags) & RX_TOKEN_SPACED));
    bool another = sign->kind == RX_TOKEN_NUMBER && sign->value >= least &&
                   p->doses[0].from != to && rx_read_slots(&p->tokens, to).count == 0;
    if (glued || another)
        doubt(p, "strength", place->from, to + 1 + glued, "figures stand behind it");
}

/* "0,5 mg", "2'5 mg": a decimal comma or a misread point, with a field's number behind it. */
static void doubt_decimal_comma(rx_parser *p, const char *field, const rx_place *place) {
    static const char *const signs[] = {",", "'", NULL};
    size_t from = place->from;
    if (place->to == 0 || from < 2 || !rx_is_one_of(p, from - 1, signs) ||
        rx_tok(p, from - 2)->kind != RX_TOKEN_NUMBER ||
        (rx_tok(p, from - 1)->flags | rx_tok(p, from)->flags) & RX_TOKEN_SPACED)
        return;
    doubt(p, field, from - 2, place->to, "the sign may be a decimal point");
    if (p->strength.to == from - 1)
        doubt(p, "strength", from - 2, place->to, "the sign may be a decimal point");
}

/* "Tab ... 500 ml", "500 g": no tablet is so large; a letter of the unit may be misread or lost. */
static void doubt_size(rx_parser *p, const rx_place *place) {
    static const double largest = 5; /* grams */
    const char *unit = p->medicine->strength.unit;
    if (!is_pill(rx_dose_unit(p->medicine->form.value)) || !unit ||
        p->medicine->strength.per_value > 0)
        return;
    if (strcmp(unit, "mL") == 0 ||
        (strcmp(unit, "g") == 0 && p->medicine->strength.value > largest))
        doubt(p, "strength", place->from, place->to, "no tablet or capsule is so large");
}

static bool ends_with(const char *word, const char *end) {
    size_t size = strlen(word), length = strlen(end);
    return size >= length && strcmp(word + size - length, end) == 0;
}

/* Whether a word is half of a frequency, or has one glued to it: "times", "fourtimes", "themorning". */
static bool is_half_a_frequency(const char *word) {
    static const char *const halves[] = {"twice", "thrice", "every", "hours", "hourly", "hrs"};
    static const char *const ends[] = {"times", "morning", "night", "bedtime", "evening", "daily"};
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++)
        if (strcmp(word, halves[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_with(word, ends[i]))
            return true;
    return false;
}

/* The first token from `i` on that nobody took; refills, limits and what a dose makes are understood and left. */
static size_t next_left(rx_parser *p, size_t i) {
    for (size_t passed = 1; i < p->tokens.count; i += passed) {
        size_t refills = rx_take_refills(p, i), limit = rx_take_limit(p, i),
               total = rx_total_length(p, i);
        if (refills + limit + total == 0 && !p->used[i])
            return i;
        passed = refills ? refills : limit ? limit : total ? total : 1;
    }
    return i;
}

/* Halves of which nothing was made. */
static void doubt_fragments(rx_parser *p, size_t name_end) {
    for (size_t i = next_left(p, name_end); i < p->tokens.count; i = next_left(p, i + 1))
        if (is_half_a_frequency(rx_tok(p, i)->text) &&
            !(p->fluid && i >= 2 && rx_is(p, i - 2, "over"))) { /* "over 4 hours" */
            doubt(p, "frequency", i, i + 1, "a part of a frequency that was not understood");
            return;
        }
}

/* Whether "ml/hr", "drops/min" stands at `at`: how fast something runs. */
static bool is_rate(const rx_parser *p, size_t at) {
    rx_found unit = rx_find(p, at, RX_KIND(COUNT) | RX_KIND(UNIT)),
             span = rx_find(p, at + unit.count + 1, RX_KIND(SPAN));
    bool volume = unit.phrase && (strcmp(unit.phrase->value, "mL") == 0 ||
                                  strcmp(unit.phrase->value, "[drp]") == 0);
    return volume && rx_is(p, at + unit.count, "/") && span.phrase &&
           (strcmp(span.phrase->value, "h") == 0 || strcmp(span.phrase->value, "min") == 0);
}

/* Whether a number is no dose and no frequency: "30 min before food", "in 100 ml NS", "temp > 101". */
static bool is_harmless(const rx_parser *p, size_t i, size_t to) {
    static const char *const before[] = {"in",   ">", "<", "above", "below", "than",
                                         "over", "#", "d", "day",   "days",  NULL};
    rx_found span = rx_find(p, to, RX_KIND(SPAN));
    rx_found unit = rx_find(p, to, RX_KIND(UNIT));
    const rx_quantity *dose = &p->steps[0].dose;
    bool dose_again = dose->has_value && dose->value == rx_tok(p, i)->value;
    if (dose_again && p->used[to] && rx_find(p, to, RX_KIND(TIME)).phrase)
        return true; /* "1 morning, 1 night", no "1 BD + 1 HS" */
    return (i > 0 && rx_is_one_of(p, i - 1, before)) || rx_is(p, to + unit.count, "total") ||
           (p->fluid && is_rate(p, to)) ||
           (span.phrase &&
            (strcmp(span.phrase->value, "min") == 0 || rx_is_other_time(p, i, to + span.count)));
}

/* "BD, 2 at night", "1 am 2 pm": a number of which nothing was made. */
static void doubt_numbers(rx_parser *p, size_t name_end) {
    for (size_t i = next_left(p, name_end); i < p->tokens.count; i = next_left(p, i + 1)) {
        size_t to = i + rx_read_amount(&p->tokens, i).count;
        if (rx_tok(p, i)->kind != RX_TOKEN_NUMBER || is_harmless(p, i, to))
            continue;
        doubt(p, "dose", i, to, "a number that was not understood");
        doubt(p, "frequency", i, to, "a number that was not understood");
        return;
    }
}

/* "101", "110": a pattern without its signs, where nothing says how often. "100" and "120" are usual strengths. */
static void doubt_joined_pattern(rx_parser *p, const char *field, const rx_quantity *quantity) {
    enum { TIMES = 3 };
    const char *text = quantity->written.text;
    bool pattern = text && strlen(text) == TIMES && strspn(text, "012") == TIMES &&
                   (text[TIMES - 1] != '0' || strcmp(text, "110") == 0);
    if (pattern && !quantity->unit && !p->steps[0].frequency.written.text)
        rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_NUMBER, field, false, NULL, p->name.from, p->name.to,
                       "a number behind it may be what is taken in the morning, at noon, at night");
}

/* "TDS 5", "1-0-1 - 7": days, or so many handed out; of what is taken once a day both are the same. */
static void doubt_last_number(rx_parser *p) {
    static const double most_days = 15;
    const rx_quantity *quantity = &p->medicine->quantity;
    size_t at = p->frequencies[0].to;
    at += rx_is(p, at, "-");
    if (at == 0 || !quantity->written.text || quantity->unit || quantity->value > most_days ||
        p->steps[0].duration.written.text || p->steps[0].frequency.per_day <= 1 ||
        !rx_is(p, at, quantity->written.text))
        return;
    rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_NUMBER, "quantity", false, NULL, at, at + 1,
                   "so many, or for so many days");
}

/* "TDS (5)": days, if nothing says for how long. */
static void doubt_bracketed_number(rx_parser *p) {
    static const double most_days = 31;
    const rx_quantity *quantity = &p->medicine->quantity;
    const char *text = quantity->written.text;
    if (!text || quantity->unit || quantity->value > most_days || p->steps[0].duration.written.text)
        return;
    size_t from = p->frequencies[0].to;
    for (size_t i = from; from > 0 && i < p->tokens.count; i++)
        if (rx_is(p, i, "(") && p->used[i + 1] && rx_is(p, i + 1, text) && rx_is(p, i + 2, ")"))
            rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_NUMBER, "quantity", false, NULL, i, i + 3,
                           "so many, or for so many days");
}

/* "0 1%": tenfold, if there was a point. */
static void doubt_lost_point(rx_parser *p, size_t name_end) {
    for (size_t i = name_end; i + 1 < p->tokens.count; i++) {
        if (p->used[i] || !rx_is(p, i, "0") || rx_tok(p, i + 1)->kind != RX_TOKEN_NUMBER ||
            rx_breaks_line(&p->tokens, i + 1))
            continue;
        doubt(p, "strength", i, i + 2, "a decimal point may be lost");
        doubt(p, "dose", i, i + 2, "a decimal point may be lost");
        return;
    }
}

/* "0.5 one tab BD mg", "1% mg": a unit that no amount has. */
static void doubt_lone_unit(rx_parser *p, size_t name_end) {
    const rx_place *strength = &p->strength;
    for (size_t i = name_end; strength->to > 0 && i < p->tokens.count; i++) {
        bool lone = !p->used[i] && rx_find(p, i, RX_KIND(UNIT)).phrase &&
                    !rx_find(p, i, RX_KIND(COUNT)).phrase;
        if (!lone || (p->medicine->strength.unit && i != strength->to))
            continue;
        doubt(p, "strength", strength->from, strength->to, "its unit may stand elsewhere");
        return;
    }
}

/* "Zyvarin 5 1/2 BD", "5 ½-0-½": a strength, and half of it, or so many and a half. A strength or a unit decides. */
static void doubt_mixed(rx_parser *p, const rx_quantity *dose, const rx_place *place) {
    const rx_token *whole = rx_tok(p, place->from), *fraction = rx_tok(p, place->from + 1);
    bool halved = fraction->flags & RX_TOKEN_FRACTION ||
                  (fraction->kind == RX_TOKEN_NUMBER && rx_is(p, place->from + 2, "/"));
    if (place->to < place->from + 2 || whole->kind != RX_TOKEN_NUMBER || !halved ||
        p->strength.to > 0 || dose->unit)
        return;
    doubt(p, "dose", place->from, place->to, "a strength, and a part of it, or so many and a part");
    doubt(p, "strength", place->from, place->to, "so many and a part, or a strength");
}

/* "60 mg 6/12" and nothing of how often: for so long, or once in so long. */
static void doubt_lone_fraction_of_time(rx_parser *p) {
    static const char *const spans[] = {"52", "12", NULL};
    const rx_step *step = &p->steps[0];
    if (!step->duration.written.text || step->frequency.written.text || p->step > 0 ||
        p->medicine->as_needed || rx_is_known(&step->dose.written))
        return;
    for (size_t i = p->strength.to; p->strength.to > 0 && i + 2 < p->tokens.count; i++)
        if (p->used[i] && rx_tok(p, i)->kind == RX_TOKEN_NUMBER && rx_is(p, i + 1, "/") &&
            rx_is_one_of(p, i + 2, spans) && !rx_find(p, i - 1, RX_KIND(LEAD)).phrase) {
            rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_NUMBER, "duration", false,
                           (const char *const[]){"for so long", "once in so long", NULL}, i, i + 3,
                           "nothing says how often");
            return;
        }
}

/* "10 am": so many, or an hour. */
static void doubt_hour(rx_parser *p, const char *field, const rx_place *place) {
    enum { LEAST_HOUR = 5 };
    static const char *const halves[] = {"am", "pm", NULL};
    if (place->to == 0 || !rx_is_one_of(p, place->to, halves) ||
        rx_tok(p, place->to - 1)->value < LEAST_HOUR)
        return;
    doubt(p, field, place->from, place->to + 1, "so many, or an hour of the day");
    doubt(p, "frequency", place->from, place->to + 1, "so many, or an hour of the day");
}

/* Whether "8 Mudipine M 80mg" or "T Lamosyn 25 mg" begins at `at`. */
static bool is_another_entry(const rx_parser *p, size_t at) {
    const char *value = NULL, *caution = NULL;
    size_t number = rx_is_ordinal(rx_tok(p, at));
    size_t form = rx_leading_form(p, at + number, &value, &caution);
    size_t name = at + number + form, length = rx_name_length(p, name), behind = name + length;
    if (number + form == 0 || length == 0 || !is_unknown(p, name) ||
        strlen(rx_tok(p, name)->text) < 4 || rx_tok(p, behind)->kind != RX_TOKEN_NUMBER)
        return false;
    rx_found unit = rx_find(p, behind + 1, RX_KIND(UNIT));
    return unit.phrase && strcmp(unit.phrase->value, "mL") != 0;
}

/* "Asthalin 2 puffs SOS, Foracort 200 2 puffs BD": behind finished directions, a name with a number or directions of its own. */
static bool is_another_name(const rx_parser *p, size_t at) {
    static const char *const signs[] = {",", ";", "+", "&", NULL};
    const char *value = NULL, *caution = NULL;
    size_t name = at + rx_leading_form(p, at, &value, &caution);
    size_t behind = name + rx_name_length(p, name);
    bool parted = at >= p->name.to + 2 && at >= p->strength.to + 2 && p->used[at - 2] &&
                  (rx_is_one_of(p, at - 1, signs) || (name > at && rx_is(p, at - 1, "with")));
    return parted && is_unknown(p, name) && strlen(rx_tok(p, name)->text) >= (name > at ? 3 : 5) &&
           (rx_tok(p, behind)->kind == RX_TOKEN_NUMBER || rx_starts_frequency(p, behind));
}

/* "3 1-0-1", "4 1 capsule": a row's number before the directions. */
static bool is_row_of_directions(const rx_parser *p, size_t at) {
    if (!rx_breaks_line(&p->tokens, at) || !rx_is_ordinal(rx_tok(p, at)) ||
        rx_breaks_line(&p->tokens, at + 1))
        return false;
    rx_amount amount = rx_read_amount(&p->tokens, at);
    return amount.count == 1 && (rx_read_slots(&p->tokens, at + 1).count > 0 ||
                                 rx_tok(p, at + 1)->kind == RX_TOKEN_NUMBER);
}

static void doubt_row(rx_parser *p, size_t name_end) {
    int sigs = 0;
    for (size_t i = name_end; i < p->tokens.count; i++) {
        sigs += rx_is(p, i, "sig");
        bool entry = i > name_end && (is_another_entry(p, i) || is_another_name(p, i)),
             row =
                 is_row_of_directions(p, i) || sigs > 1; /* a second "Sig:" is another medicine's */
        if (!entry && !row)
            continue;
        rx_parser_flag(p, RX_REVIEW_ROW_UNCLEAR, NULL, false, NULL, i, i + 2,
                       entry ? "another medicine seems to begin there"
                             : "the directions may be those of another row");
        return;
    }
}

/* "x S days", "for l week": a letter where a number was. */
static void doubt_lost_duration(rx_parser *p, size_t name_end) {
    enum { LONGEST = 2 };
    for (size_t i = name_end + 2; i < p->tokens.count; i++) {
        const rx_token *letter = rx_tok(p, i - 1);
        bool span = rx_find(p, i, RX_KIND(SPAN)).phrase && rx_tok(p, i)->text[1];
        if (!span || p->used[i] || p->used[i - 1] || letter->kind != RX_TOKEN_WORD ||
            strlen(letter->text) > LONGEST || !rx_find(p, i - 2, RX_KIND(LEAD)).phrase)
            continue;
        doubt(p, "duration", i - 2, i + 1, "letters stand where a number would");
        return;
    }
}

/* "Z tab BD": a letter where the number of tablets was. */
static void doubt_lost_number(rx_parser *p, size_t name_end) {
    for (size_t i = name_end; i < p->tokens.count; i++) {
        const rx_token *letter = rx_tok(p, i);
        bool alone = letter->kind == RX_TOKEN_WORD && !letter->text[1] && !p->used[i] &&
                     !rx_is(p, i, "a") && letter->flags & RX_TOKEN_SPACED;
        if (!alone || rx_is_known(&p->steps[0].dose.written) || rx_breaks_line(&p->tokens, i) ||
            !rx_find(p, i + 1, RX_KIND(COUNT)).phrase)
            continue;
        doubt(p, "dose", i, i + 2, "a letter stands where a number would");
        return;
    }
}

/* "500 ng": no tablet has so little; a letter of the unit may be misread. */
static void doubt_nanograms(rx_parser *p) {
    const char *unit = p->medicine->strength.unit;
    if (unit && strcmp(unit, "ng") == 0)
        doubt(p, "strength", p->strength.from, p->strength.to, "nothing is so weak");
}

/* Tokens of a ditto mark at `i`: '"', ",,", "-do-", "ditto". An inch and a quotation have no blank before theirs. */
static size_t ditto(const rx_parser *p, size_t i) {
    bool spaced = rx_tok(p, i)->flags & RX_TOKEN_SPACED;
    const rx_token *next = rx_tok(p, i + 1);
    if (rx_is(p, i, "\""))
        return spaced && (next->kind == RX_TOKEN_END || next->flags & RX_TOKEN_SPACED);
    if (rx_is(p, i, ",") && rx_is(p, i + 1, ",") && spaced)
        return 2;
    bool between = i > 0 && rx_is(p, i - 1, "-") && rx_is(p, i + 1, "-");
    return rx_is(p, i, "ditto") || (rx_is(p, i, "do") && between);
}

/* What is as in the line above, or stands behind a brace around this line and others. */
static void doubt_other_lines(rx_parser *p, size_t name_end) {
    bool timed = p->steps[0].frequency.written.text || p->medicine->as_needed;
    const char *field = timed ? "duration" : "frequency";
    for (size_t i = name_end; i < p->tokens.count; i++) {
        size_t count = ditto(p, i), brace = rx_is(p, i, "}");
        if (count == 0 && (brace == 0 || p->steps[0].duration.written.text))
            continue;
        rx_parser_flag(p, RX_REVIEW_ROW_UNCLEAR, field, false, NULL, i, i + count + brace,
                       count ? "as in the line above"
                             : "what stands behind the brace may be meant for this line, too");
        return;
    }
}

void rx_doubt_neighbours(rx_parser *p, size_t name_end) {
    for (size_t i = 0; i <= p->step; i++) {
        doubt_before(p, "frequency", &p->frequencies[i], name_end);
        doubt_before(p, "dose", &p->doses[i], name_end);
        doubt_day_sum(p, &p->steps[i].dose, &p->doses[i], &p->frequencies[i]);
        doubt_joined(p, &p->doses[i]);
        doubt_joined_letter(p, &p->doses[i]);
        doubt_bare(p, "dose", &p->steps[i].dose, &p->doses[i]);
        doubt_decimal_comma(p, "dose", &p->doses[i]);
        doubt_broken(p, "dose", &p->steps[i].dose, &p->doses[i]);
        doubt_unit(p, &p->steps[i].dose, &p->doses[i]);
        doubt_lakh(p, &p->steps[i].dose, &p->doses[i]);
        doubt_hour(p, "dose", &p->doses[i]);
        doubt_mixed(p, &p->steps[i].dose, &p->doses[i]);
        if (p->steps[i].frequency.num_slots > 0)
            doubt_mixed(p, &p->steps[i].dose, &p->frequencies[i]);
        doubt_number_before(p, &p->frequencies[i]);
        doubt_interval(p, &p->steps[i].frequency, &p->frequencies[i]);
        doubt_once(p, &p->steps[i].frequency, &p->frequencies[i]);
        doubt_first_slot(p, &p->steps[i].frequency, &p->frequencies[i]);
        doubt_long_pattern(p, &p->steps[i].frequency, &p->frequencies[i]);
        doubt_uneven_slots(p, &p->steps[i].frequency, &p->frequencies[i]);
    }
    doubt_name(p);
    doubt_product_number(p);
    doubt_glued_letters(p);
    doubt_capitals_behind(p);
    doubt_bare(p, "strength", &p->medicine->strength, &p->strength);
    doubt_part_of_strength(p, &p->strength);
    doubt_hour(p, "strength", &p->strength);
    doubt_ratio(p, &p->strength);
    doubt_decimal_comma(p, "strength", &p->strength);
    doubt_broken(p, "strength", &p->medicine->strength, &p->strength);
    doubt_bare_strength(p, &p->strength);
    doubt_size(p, &p->strength);
    doubt_fragments(p, name_end);
    doubt_numbers(p, name_end);
    doubt_bracketed_number(p);
    doubt_last_number(p);
    doubt_joined_pattern(p, "strength", &p->medicine->strength);
    doubt_joined_pattern(p, "quantity", &p->medicine->quantity);
    doubt_lone_fraction_of_time(p);
    doubt_lost_point(p, name_end);
    doubt_lone_unit(p, name_end);
    doubt_row(p, name_end);
    doubt_lost_duration(p, name_end);
    doubt_lost_number(p, name_end);
    doubt_nanograms(p);
    doubt_other_lines(p, name_end);
}
