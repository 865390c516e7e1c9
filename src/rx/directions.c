/* The directions parser: one walk over the tokens of a line, from left to right. At each place the
 * readers below are tried in order; the first that recognises something takes its tokens. What
 * nobody takes becomes the instructions, so that no word is lost. The vocabulary is a table
 * (phrases.h); the grammar is here. */
#include "rx/directions_parser.h"

#include "base/buffer.h"

#include <string.h>

/* Tries everything at `at`; tokens taken or passed over, at least 1. */
static size_t take_next(rx_parser *p, size_t at, size_t name_end) {
    rx_found then = rx_find(p, at, RX_KIND(THEN));
    if (then.phrase) {
        bool word = rx_tok(p, at)->kind == RX_TOKEN_WORD; /* an arrow only leads on */
        if (!rx_next_step(p) && word && p->medicine->strength.unit && p->step == 0)
            rx_say_it_changes(p, at, at + then.count, "so much first, and then something else");
        rx_parser_use(p, at, then.count);
        return then.count;
    }
    rx_slots slots = rx_read_slots(&p->tokens, at);
    if (slots.count > 0)
        rx_open_step(p, at, at + slots.count);
    if (slots.count > 0 && rx_set_slots(p, &slots, at))
        return slots.count;
    static size_t (*const readers[])(rx_parser *, size_t) = {
        rx_take_dispensed, rx_take_product,     rx_take_refills,       rx_take_limit,
        rx_take_total,     rx_take_weekdays,    rx_take_numbered_days, rx_take_clock,
        rx_take_frequency, rx_take_duration,    rx_take_needed,        rx_take_reason,
        rx_take_once,      rx_take_time_or_meal};
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        size_t count = readers[i](p, at);
        if (count > 0)
            return count;
    }
    size_t count = rx_take_amount(p, at, name_end);
    if (count == 0)
        count = rx_take_form_or_route(p, at);
    return count ? count : 1;
}

/* The form before the name, then the name. Returns the token behind both. */
static size_t take_head(rx_parser *p, size_t at) {
    const char *value = NULL, *caution = NULL;
    size_t dose = rx_leading_dose(p, at);
    if (dose > 0)
        rx_take_amount(p, at, 0);
    at += dose;
    size_t route = rx_leading_route(p, at);
    if (route > 0)
        rx_take_form_or_route(p, at);
    at += route;
    size_t count = rx_leading_form(p, at, &value, &caution);
    if (count > 0) {
        rx_set_coded(p, &p->medicine->form, value, at, at + count);
        if (caution)
            rx_parser_flag(p, RX_REVIEW_DOUBTFUL_CHARACTERS, "form", false,
                           (const char *const[]){value, NULL}, at, at + count,
                           "no form is written so");
    }
    at += count;
    bool bracket = count > 0 && rx_is(p, at, "("); /* "Tab (Zyvarin 500 mg + Qorvex 125 mg)" */
    while (rx_is(p, at, "-") || rx_is(p, at, ":") || rx_is(p, at, ",") || bracket) {
        bracket = false;
        rx_parser_use(p, at, 1);
        at++;
    }
    size_t strength = rx_leading_strength(p, at);
    if (strength > 0) {
        rx_amount amount = rx_read_amount(&p->tokens, at);
        rx_found unit = rx_find(p, at + amount.count, RX_KIND(UNIT));
        rx_quantity quantity = rx_quantity_of(&amount, unit.phrase->value);
        rx_set_strength(p, &quantity, at, at + strength);
        at += strength;
    }
    size_t length = rx_fluid_length(p, at);
    p->fluid = length > 0;
    length = p->fluid ? length : rx_name_length(p, at);
    p->medicine->name.written = rx_parser_quote(p, at, at + length);
    rx_parser_use(p, at, length);
    at += length;
    if (length > 0)
        p->name = (rx_place){at - length, at};
    const rx_token *next = rx_tok(p, at);
    if (length > 0 && next->kind == RX_TOKEN_NUMBER && !(next->flags & RX_TOKEN_SPACED))
        rx_parser_flag(p, RX_REVIEW_ERROR_PRONE_NOTATION, "strength", false, NULL, at - 1, at + 1,
                       "name and number run together: the last letter reads as a digit");
    bool spaced = next->flags & RX_TOKEN_SPACED && !rx_breaks_line(&p->tokens, at + 2);
    if (rx_is(p, at, "-") && rx_tok(p, at + 1)->kind == RX_TOKEN_NUMBER && !spaced &&
        rx_read_slots(&p->tokens, at + 1).count == 0) {
        rx_parser_use(p, at, 1); /* "Pan-40", "Pan - 40" at the end of its line */
        at++;
    }
    return at;
}

/* Joins what nobody took; words that only connect are dropped where they stand alone. */
static void gather_instructions(rx_parser *p, size_t from) {
    pali_buffer joined;
    pali_buffer_init(&joined, 1 << 20);
    rx_text *out = &p->medicine->instructions;
    for (size_t i = from, end; i < p->tokens.count && !p->status; i = end) {
        end = i + 1;
        if (p->used[i])
            continue;
        while (end < p->tokens.count && !p->used[end])
            end++;
        size_t a = i, b = end;
        while (a < b && (rx_tok(p, a)->kind == RX_TOKEN_SIGN && !rx_is(p, a, "(")))
            a++;
        while (b > a && (rx_tok(p, b - 1)->kind == RX_TOKEN_SIGN && !rx_is(p, b - 1, ")")))
            b--;
        bool empty = true;
        for (size_t k = a; k < b; k++)
            empty &=
                rx_tok(p, k)->kind == RX_TOKEN_SIGN ||
                rx_find(p, k, RX_KIND(FILLER) | RX_KIND(LEAD) | RX_KIND(DISPENSE)).phrase != NULL;
        if (empty)
            continue;
        rx_text piece = rx_parser_quote(p, a, b);
        if (p->status)
            break;
        if (out->text == NULL || piece.confidence < out->confidence)
            out->confidence = piece.confidence;
        out->text = piece.text;
        if (joined.size > 0)
            p->status = pali_buffer_append_text(&joined, "; ", p->err);
        if (!p->status)
            p->status = pali_buffer_append_text(&joined, piece.text, p->err);
    }
    if (!p->status && joined.size > 0) {
        out->text = pali_arena_text(p->arena, joined.data, joined.size, p->err);
        if (!out->text)
            p->status = PALI_ERROR_MEMORY;
    }
    pali_buffer_free(&joined);
}

/* "If pain take Tab Zyvarin", "For fever Tab Zyvarin SOS": what stands before the entry, up to `start`, says when it is
 * taken; "For BP Tab Zyvarin OD" is left to the instructions. */
static void take_condition(rx_parser *p, size_t start) {
    rx_medicine *m = p->medicine;
    for (size_t i = 0; i < start; i++) {
        size_t count = rx_leading_condition(p, i);
        if (count == 0)
            continue;
        if (!m->as_needed_for.text && (m->as_needed || !rx_is(p, i, "for"))) {
            m->as_needed = true;
            m->as_needed_for = rx_parser_quote(p, i, i + count);
        } else {
            memset(p->used + i, 0, count);
        }
        return;
    }
}

/* Units that follow from the form, and the steps of a taper. */
static void finish(rx_parser *p) {
    rx_medicine *m = p->medicine;
    const char *unit = rx_dose_unit(m->form.value);
    for (size_t i = 0; i <= p->step; i++) {
        rx_quantity *dose = &p->steps[i].dose;
        if (dose->has_value && !dose->unit)
            dose->unit = unit;
        if (dose->written.inferred)
            dose->written.confidence = p->steps[i].frequency.written.confidence;
    }
    const rx_step *last = &p->steps[p->step];
    if (p->step > 0 && !rx_is_known(&last->dose.written) && !last->frequency.written.text &&
        !last->duration.written.text)
        p->step--; /* "... then stop" */
    if (p->needed_count && !p->steps[0].frequency.written.text)
        p->steps[0].frequency.written =
            rx_parser_quote(p, p->needed_at, p->needed_at + p->needed_count);
    m->dose = p->steps[0].dose;
    m->frequency = p->steps[0].frequency;
    m->duration = p->steps[0].duration;
    if (p->step == 0)
        return;
    rx_step *steps = pali_arena_alloc(p->arena, p->step + 1, sizeof *steps, "a taper", p->err);
    if (!steps) {
        p->status = PALI_ERROR_MEMORY;
        return;
    }
    memcpy(steps, p->steps, (p->step + 1) * sizeof *steps);
    m->steps = steps;
    m->num_steps = p->step + 1;
}

pali_status rx_parse_directions(rx_medicine *out, pali_arena *arena, const rx_source *source,
                                pali_error *err) {
    *out = (rx_medicine){0};
    rx_parser p = {.source = source, .arena = arena, .medicine = out, .err = err};
    p.status = rx_tokenize(&p.tokens, arena, source->text, source->size, err);
    if (p.status)
        return p.status;
    p.used = pali_arena_alloc(arena, p.tokens.count + 1, sizeof *p.used, "a line", err);
    if (!p.used)
        return PALI_ERROR_MEMORY;
    memset(p.used, 0, p.tokens.count + 1);
    out->line = rx_quote(arena, source, 0, source->size, err);
    size_t start = rx_list_marker(&p.tokens);
    rx_parser_use(&p, 0, start);
    size_t name_end = take_head(&p, start);
    for (size_t i = name_end; i < p.tokens.count && !p.status;) {
        bool form = i == name_end && rx_find(&p, i, RX_KIND(FORM)).phrase;
        i += take_next(&p, i, name_end);
        if (form)
            name_end = i; /* "Foracort rotacap 200" */
    }
    rx_settle_ambiguous(&p);
    rx_doubt_neighbours(&p, name_end);
    rx_doubt_changes(&p, name_end);
    rx_doubt_two_amounts(&p);
    take_condition(&p, start);
    gather_instructions(&p, 0);
    finish(&p);
    return p.status;
}
