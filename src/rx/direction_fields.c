/* Fields of the directions. A field is set once: what comes later and says the same is taken, what
 * says something else is flagged and left to the instructions, so that no word of the page is
 * lost. A second dose or frequency behind a finished first one opens the next step of a taper. */
#include "rx/directions_parser.h"

#include "rx/units.h"

#include <math.h>
#include <string.h>

rx_text rx_quote(pali_arena *arena, const rx_source *source, size_t begin, size_t end,
                 pali_error *err) {
    rx_text text = {0};
    while (begin < end && strchr(" \t\r\n", source->text[begin]))
        begin++;
    while (end > begin && strchr(" \t\r\n", source->text[end - 1]))
        end--;
    if (begin == end)
        return text;
    text.text = pali_arena_text(arena, source->text + begin, end - begin, err);
    text.confidence = 1;
    for (size_t i = begin; source->confidence && i < end; i++)
        if (i == begin || source->confidence[i] != source->confidence[i - 1])
            text.confidence *= source->confidence[i];
    return text;
}

rx_text rx_parser_quote(rx_parser *p, size_t from, size_t to) {
    if (from >= to)
        return (rx_text){0};
    rx_text text = rx_quote(p->arena, p->source, p->tokens.items[from].begin,
                            p->tokens.items[to - 1].end, p->err);
    if (!text.text)
        p->status = PALI_ERROR_MEMORY;
    return text;
}

void rx_parser_use(rx_parser *p, size_t from, size_t count) {
    for (size_t i = from; i < from + count && i < p->tokens.count; i++)
        p->used[i] = true;
}

void rx_parser_flag(rx_parser *p, const char *code, const char *field, bool advisory,
                    const char *const *alternatives, size_t from, size_t to, const char *reason) {
    rx_text text = rx_parser_quote(p, from, to);
    if (p->status)
        return;
    rx_review review = {.code = code, .field = field, .advisory = advisory};
    p->status = rx_review_add(&p->medicine->review, p->arena, review, alternatives, p->err,
                              "\"%s\": %s", text.text ? text.text : "", reason);
}

/* Flags what is remarkable about the numbers and letters of a field. */
static void flag_notation(rx_parser *p, const char *field, size_t from, size_t to) {
    unsigned flags = 0;
    bool micro = false;
    for (size_t i = from; i < to; i++) {
        const rx_token *token = &p->tokens.items[i];
        flags |= token->flags;
        micro |= rx_token_is(token, "ug");
    }
    if (flags & RX_TOKEN_NAKED_POINT)
        rx_parser_flag(p, RX_REVIEW_ERROR_PRONE_NOTATION, field, false, NULL, from, to,
                       "a decimal point with no digit before it is overlooked: ten times too much");
    if (flags & RX_TOKEN_TRAILING_ZERO)
        rx_parser_flag(p, RX_REVIEW_ERROR_PRONE_NOTATION, field, false, NULL, from, to,
                       "a zero behind the decimal point reads as ten times as much");
    if (flags & RX_TOKEN_MISREAD)
        rx_parser_flag(p, RX_REVIEW_DOUBTFUL_CHARACTERS, field, false, NULL, from, to,
                       "a letter was taken for a digit");
    if (micro)
        rx_parser_flag(p, RX_REVIEW_ERROR_PRONE_NOTATION, field, false, NULL, from, to,
                       "the sign for micro reads as milli: a thousand times too much");
}

static bool set(rx_parser *p, rx_quantity *field, const char *name, const rx_quantity *quantity,
                size_t from, size_t to) {
    if (field->written.text)
        return false;
    *field = *quantity;
    field->written = rx_parser_quote(p, from, to);
    rx_parser_use(p, from, to - from);
    flag_notation(p, name, from, to);
    return true;
}

bool rx_set_strength(rx_parser *p, const rx_quantity *quantity, size_t from, size_t to) {
    if (!set(p, &p->medicine->strength, "strength", quantity, from, to))
        return false;
    p->strength = (rx_place){from, to};
    return true;
}

bool rx_set_quantity(rx_parser *p, const rx_quantity *quantity, size_t from, size_t to) {
    return set(p, &p->medicine->quantity, "quantity", quantity, from, to);
}

bool rx_set_duration(rx_parser *p, const rx_quantity *quantity, size_t from, size_t to) {
    if (!set(p, &p->steps[p->step].duration, "duration", quantity, from, to))
        return false;
    p->duration_end = to;
    return true;
}

bool rx_set_dose(rx_parser *p, const rx_quantity *quantity, size_t from, size_t to) {
    const rx_step *step = &p->steps[p->step];
    bool told = step->frequency.written.text || p->ambiguous, mass = rx_is_mass(quantity->unit);
    if (step->duration.written.text && (rx_is_known(&step->dose.written) || (told && mass)))
        rx_next_step(p); /* "25 mg daily x 2 wks, 50 mg daily" */
    rx_quantity *dose = &p->steps[p->step].dose;
    if (dose->written.inferred && !quantity->unit)
        return false; /* a bare number behind "1-0-1" may be anything */
    if (!set(p, dose, "dose", quantity, from, to))
        return false;
    p->doses[p->step] = (rx_place){from, to};
    return true;
}

bool rx_set_coded(rx_parser *p, rx_coded *field, const char *value, size_t from, size_t to) {
    if (field->written.text)
        return false;
    field->written = rx_parser_quote(p, from, to);
    field->value = value;
    rx_parser_use(p, from, to - from);
    return true;
}

bool rx_next_step(rx_parser *p) {
    rx_settle_ambiguous(p);
    const rx_step *step = &p->steps[p->step];
    bool empty = !rx_is_known(&step->dose.written) && !step->frequency.written.text &&
                 !step->duration.written.text;
    if (empty || p->step + 1 >= RX_MAX_STEPS)
        return false;
    p->step++;
    p->frequency_end = 0;
    return true;
}

void rx_open_step(rx_parser *p, size_t from, size_t to) {
    static const char *const signs[] = {",", ";", "+", "&", "and", ".", NULL};
    const rx_step *step = &p->steps[p->step];
    bool parted = from > 0 && rx_is_one_of(p, from - 1, signs);
    bool timed = step->frequency.written.text || p->ambiguous;
    if (parted && timed && step->duration.written.text && rx_starts_duration(p, to))
        rx_next_step(p);
}

static bool same_frequency(const rx_frequency *a, const rx_frequency *b) {
    return a->once == b->once && fabs(a->per_day - b->per_day) < 1e-6 &&
           fabs(a->per_day_high - b->per_day_high) < 1e-6;
}

bool rx_set_frequency(rx_parser *p, const rx_frequency *frequency, size_t from, size_t to) {
    rx_step *step = &p->steps[p->step];
    if (step->frequency.has_value && step->duration.written.text &&
        rx_is_known(&step->dose.written) && p->step + 1 < RX_MAX_STEPS) {
        rx_next_step(p);
        step = &p->steps[p->step];
    }
    rx_frequency *field = &step->frequency;
    if (field->has_value && field->per_day > 0 && !same_frequency(field, frequency)) {
        rx_parser_flag(p, RX_REVIEW_CONFLICT, "frequency", false, NULL, from, to,
                       "another frequency is written on the same line");
        return false;
    }
    unsigned when = field->when;
    double every = field->every_hours, every_high = field->every_hours_high;
    if (field->num_slots == 0 && !(field->has_value && field->per_day > 0)) {
        size_t start = p->frequency_end == from && p->frequency_end > 0 ? p->frequency_at : from;
        *field = *frequency;
        field->written = rx_parser_quote(p, start, to);
        p->frequency_at = start;
    } else if (p->frequency_end == from) {
        field->written = rx_parser_quote(p, p->frequency_at, to);
    }
    field->when |= when | frequency->when;
    if (field->every_hours == 0) {
        field->every_hours = every;
        field->every_hours_high = every_high;
    }
    p->frequency_end = to;
    p->frequencies[p->step] = (rx_place){p->frequency_at, to};
    rx_parser_use(p, from, to - from);
    flag_notation(p, "frequency", from, to);
    return true;
}

rx_found rx_find_unit(const rx_parser *p, size_t at, uint64_t kinds) {
    rx_found unit = rx_find(p, at, kinds);
    return rx_find(p, at, RX_KIND(MEAL)).count > unit.count ? (rx_found){0} : unit;
}

/* The unit of a pattern at [from, to): between its amounts ("6u-0-6u") or behind it ("6-0-6 units"); where it stands, or
 * the end of the tokens. Letters that were taken for digits are none. */
static size_t find_unit_of_pattern(const rx_parser *p, const rx_slots *slots, size_t from,
                                   size_t to, rx_found *unit) {
    for (size_t i = slots->doubtful ? to : from + 1; i <= to; i++) {
        *unit = rx_find_unit(p, i, RX_KIND(COUNT) | RX_KIND(UNIT));
        if (unit->phrase && !rx_breaks_line(&p->tokens, i))
            return i;
    }
    return p->tokens.count;
}

/* What the amounts of the pattern are counted in, and what is behind it that only says so once more. */
static void take_unit_of_pattern(rx_parser *p, const rx_slots *slots, size_t from, size_t to) {
    rx_found unit, behind = rx_find_unit(p, to, RX_KIND(COUNT) | RX_KIND(UNIT));
    size_t at = find_unit_of_pattern(p, slots, from, to, &unit);
    rx_quantity *dose = &p->steps[p->step].dose;
    if (at == p->tokens.count || (dose->written.text && at == to))
        return;
    if (dose->written.inferred)
        dose->unit = unit.phrase->value;
    if (dose->written.inferred || at < to)
        rx_parser_use(p, to, rx_breaks_line(&p->tokens, to) ? 0 : behind.count);
    if (unit.phrase->caution)
        rx_parser_flag(p, RX_REVIEW_ERROR_PRONE_NOTATION, "dose", false, NULL, at, at + unit.count,
                       "the unit is easily mistaken");
}

bool rx_set_slots(rx_parser *p, const rx_slots *slots, size_t from) {
    static const unsigned three[] = {RX_WHEN_MORNING, RX_WHEN_NOON, RX_WHEN_NIGHT};
    static const unsigned four[] = {RX_WHEN_MORNING, RX_WHEN_NOON, RX_WHEN_EVENING, RX_WHEN_NIGHT};
    rx_frequency frequency = {.has_value = true, .num_slots = slots->num_slots};
    double amount = 0;
    bool equal = true;
    for (int i = 0; i < slots->num_slots; i++) {
        double value = frequency.slots[i] = slots->slots[i];
        if (value <= 0)
            continue;
        frequency.per_day += 1;
        frequency.when |= (slots->num_slots == 3 ? three : four)[i];
        equal &= amount == 0 || amount == value;
        amount = value;
    }
    frequency.per_day_high = frequency.per_day;
    size_t to = from + slots->count;
    if (!rx_set_frequency(p, &frequency, from, to))
        return false;
    rx_step *step = &p->steps[p->step];
    if (step->frequency.num_slots == 0) { /* "BD 1-0-1": the pattern says more */
        rx_text written = step->frequency.written;
        unsigned when = step->frequency.when;
        step->frequency = frequency;
        step->frequency.written = written;
        step->frequency.when |= when;
    }
    if (slots->doubtful)
        rx_parser_flag(p, RX_REVIEW_DOUBTFUL_CHARACTERS, "frequency", false, NULL, from, to,
                       "the pattern is not written in plain digits");
    if (!step->dose.written.text && equal) {
        step->dose = (rx_quantity){
            .written.inferred = true, .has_value = true, .value = amount, .high = amount};
    }
    take_unit_of_pattern(p, slots, from, to);
    return true;
}

/* "BD & HS": behind how often, and joined to it, a time that is not one of those. */
static void flag_time_besides(rx_parser *p, size_t from, size_t to) {
    static const char *const joints[] = {"+", "&", "and", "plus", NULL};
    static const unsigned times =
        RX_WHEN_MORNING | RX_WHEN_NOON | RX_WHEN_EVENING | RX_WHEN_NIGHT | RX_WHEN_BEDTIME;
    const rx_frequency *frequency = &p->steps[p->step].frequency;
    if (from > 0 && p->frequency_end == from - 1 && rx_is_one_of(p, from - 1, joints) &&
        frequency->per_day >= 1 && !(frequency->when & times))
        rx_parser_flag(p, RX_REVIEW_CONFLICT, "frequency", false, NULL, from - 1, to,
                       "so often, and at another time besides");
}

void rx_set_time(rx_parser *p, const rx_phrase *phrase, size_t from, size_t to) {
    rx_frequency *field = &p->steps[p->step].frequency;
    static const unsigned times =
        RX_WHEN_MORNING | RX_WHEN_NOON | RX_WHEN_EVENING | RX_WHEN_NIGHT | RX_WHEN_BEDTIME;
    bool timed_only = !field->written.text ||
                      (field->has_value && field->per_day > 0 && field->num_slots == 0 &&
                       field->when & times && !field->every_hours && p->frequency_at < from &&
                       __builtin_popcount(field->when & times) == (int)field->per_day);
    bool adjacent = p->frequency_end > 0 && p->frequency_end == from;
    flag_time_besides(p, from, to);
    if (timed_only && !(field->when & phrase->when)) {
        if (!field->written.text)
            p->frequency_at = from;
        field->has_value = true;
        field->per_day += 1;
        field->per_day_high = field->per_day;
        field->written = rx_parser_quote(p, p->frequency_at, to);
        p->frequency_end = to;
        p->frequencies[p->step] = (rx_place){p->frequency_at, to};
        rx_parser_use(p, from, to - from);
    } else if (adjacent) {
        field->written = rx_parser_quote(p, p->frequency_at, to);
        p->frequency_end = to;
        p->frequencies[p->step] = (rx_place){p->frequency_at, to};
        rx_parser_use(p, from, to - from);
    }
    field->when |= phrase->when;
}

const char *rx_dose_unit(const char *form) {
    static const char *const units[][2] = {
        {"tablet", "{tablet}"},
        {"capsule", "{capsule}"},
        {"sachet", "{sachet}"},
        {"suppository", "{suppository}"},
        {"pessary", "{pessary}"},
        {"drops", "[drp]"},
        {"eye drops", "[drp]"},
        {"ear drops", "[drp]"},
        {"nasal drops", "[drp]"},
        {"inhaler", "{puff}"},
        {"lozenge", "{lozenge}"},
        {"patch", "{patch}"},
        {"spray", "{spray}"},
        {"nasal spray", "{spray}"},
        {"nebuliser solution", "{respule}"},
        {"inhalation capsule", "{rotacap}"},
    };
    for (size_t i = 0; form && i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i][0], form) == 0)
            return units[i][1];
    return NULL;
}
