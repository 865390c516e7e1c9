/* A second medicine on a line is lost when the line is read as one. A line that begins with a form or a name of the
 * lexicon ("Stop Aspirin, Clopidogrel" does not) is parted where a separator, the number of a list or a form stands
 * before another such name, or both a separator and a form before any, and what is on both sides could stand alone. A part without
 * directions is none where nothing but a comma or a plus follows it: "Telmisartan 40 mg + Amlodipine 5 mg OD" is what
 * one tablet is made of, as is all that stands in brackets. */
#include "rx/entries.h"

#include "rx/directions_parser.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

typedef struct parting {
    const rx_line *line;
    rx_parser parser; /* its tokens */
    pali_arena *arena;
    const rx_lexicon *lexicon;
    rx_rows *out;
    const rx_choices *choices;
    pali_error *err;
} parting;

/* Where a part may end, and the next begins; both are tokens. */
typedef struct border {
    size_t end, begin;
    bool separated, numbered,
        formed; /* by a sign, by the number of a list, by a form before the name */
} border;

static pali_status parse(const parting *p, size_t from, size_t to, rx_medicine *out) {
    size_t begin = rx_tok(&p->parser, from)->begin, end = rx_tok(&p->parser, to - 1)->end;
    char *text = pali_arena_text(p->arena, p->line->text + begin, end - begin, p->err);
    rx_source source = {text, NULL, end - begin};
    return text ? rx_parse_directions(out, p->arena, &source, p->err) : PALI_ERROR_MEMORY;
}

/* Whether the name at [at, at + length) is one: to the letter, or nearly behind a form. */
static pali_status is_known(bool *out, const parting *p, size_t at, size_t length, bool formed) {
    *out = false;
    if (length == 0)
        return PALI_OK;
    size_t begin = rx_tok(&p->parser, at)->begin, end = rx_tok(&p->parser, at + length - 1)->end;
    rx_name name = {.written = {.confidence = 1}};
    name.written.text = pali_arena_text(p->arena, p->line->text + begin, end - begin, p->err);
    if (!name.written.text)
        return PALI_ERROR_MEMORY;
    pali_status status = rx_lexicon_match(p->lexicon, p->arena, &name, p->err);
    *out = name.in_lexicon || name.abbreviated ||
           (formed && name.num_matches && name.matches[0].score >= RX_NEAR_SCORE);
    return status;
}

/* "1" of "+ 1 amp Zyvarin": behind a separator, before a form and a capital; no "1 tab after 6 hrs". */
static bool is_counted(const parting *p, const border *b) {
    static const char *const later[] = {"after", "before", "later", "next", NULL};
    const char *value, *caution;
    size_t form = b->begin + 1, name = form + rx_leading_form(&p->parser, form, &value, &caution);
    return b->separated && rx_tok(&p->parser, b->begin)->kind == RX_TOKEN_NUMBER && name > form &&
           isupper((unsigned char)p->line->text[rx_tok(&p->parser, name)->begin]) &&
           !rx_find(&p->parser, name, RX_ANYTHING).phrase && !rx_is_one_of(&p->parser, name, later);
}

/* Whether an entry begins at b->begin, and how: behind a separator a form may stand before any name. */
static pali_status begins_entry(bool *out, const parting *p, border *b) {
    const char *value, *caution;
    size_t at = b->begin + (b->numbered ? 2 : 0) + is_counted(p, b);
    at += rx_leading_route(&p->parser, at);
    at += rx_is(&p->parser, at, ":");
    size_t form = rx_leading_form(&p->parser, at, &value, &caution);
    at += form;
    at += form && (rx_is(&p->parser, at, ":") || rx_is(&p->parser, at, "-"));
    b->formed = form > 0;
    pali_status status = is_known(out, p, at, rx_name_length(&p->parser, at), b->formed);
    *out = *out || (b->separated && b->formed);
    return status;
}

/* Whether the word at i says that what follows is not to be taken, or nothing that is known: "stop Tab Aspirin". */
static bool speaks_against(const rx_parser *p, size_t i) {
    static const char *const words[] = {"stop", "hold", "omit", "avoid", "no", "not",
                                        "of",   "to",   "than", "or",    NULL};
    enum { LONGEST_PHRASE = 4 };
    bool known = rx_tok(p, i)->kind != RX_TOKEN_WORD;
    for (size_t k = 0; k < LONGEST_PHRASE && k <= i; k++)
        known = known || rx_find(p, i - k, RX_ANYTHING).count > k;
    return !known || rx_is_one_of(p, i, words);
}

/* A border before token i, if there may be one. */
static bool find_border(const parting *p, size_t i, border *out) {
    static const char *const separators[] = {",", ";", "+", "&", "and", NULL};
    const char *value, *caution;
    const rx_token *token = rx_tok(&p->parser, i);
    *out = (border){.end = i, .begin = i};
    if (rx_is_one_of(&p->parser, i, separators)) {
        out->separated = true;
        while (rx_is_one_of(&p->parser, out->begin, separators))
            out->begin++;
        return out->begin < p->parser.tokens.count;
    }
    if (rx_is_ordinal(token) && rx_is(&p->parser, i + 1, ")"))
        return out->numbered = true;
    return rx_leading_form(&p->parser, i, &value, &caution) > 0 &&
           !speaks_against(&p->parser, i - 1);
}

static bool has_directions(const rx_medicine *m) {
    return m->frequency.written.text || m->duration.written.text || m->as_needed;
}

static bool is_measured(const rx_medicine *m) {
    return m->strength.written.text || m->dose.written.text;
}

/* Whether what is before the border and what is behind it are medicines by themselves. */
static pali_status parts_medicines(bool *out, const parting *p, size_t from, const border *b) {
    rx_medicine before, behind;
    *out = false;
    pali_status status = parse(p, from, b->end, &before);
    if (!status)
        status = parse(p, b->begin, p->parser.tokens.count, &behind);
    if (status)
        return status;
    if (!before.name.written.text || !behind.name.written.text)
        return PALI_OK;
    bool again = strcasecmp(before.name.written.text, behind.name.written.text) == 0;
    bool apart = b->separated && b->formed, /* "Folvite, Tab Shelcal OD" */
        likely = b->numbered || (b->formed && !again);
    *out = (has_directions(&before) || apart || (likely && is_measured(&before))) &&
           (has_directions(&behind) || is_measured(&behind));
    return PALI_OK;
}

/* Tokens of "FOLFOX" before a colon: in capitals, of up to two words, what several medicines are called together. */
static size_t regimen(const rx_parser *p) {
    enum { MOST = 2 };
    size_t i = 0;
    while (i < MOST && rx_tok(p, i)->kind == RX_TOKEN_WORD && rx_tok(p, i)->text[1] &&
           rx_tok(p, i)->flags & RX_TOKEN_CAPITALS && !rx_find(p, i, RX_ANYTHING).phrase)
        i++;
    return rx_is(p, i, ":") ? i : 0;
}

/* Tokens of "Adv:" that a form, or a name that is known, with directions or a strength follow, and of
 * "FOLFOX:" before such; 0: none. */
static pali_status heading(size_t *out, const parting *p) {
    const rx_tokens *tokens = &p->parser.tokens;
    rx_found head = rx_find_phrase(tokens, 0, RX_KIND(HEADING_ADVICE));
    size_t count = head.phrase ? head.count : regimen(&p->parser);
    border b = {.begin = count + 1};
    bool known = false, named = false;
    rx_medicine m;
    *out = 0;
    if (count == 0 || !rx_is(&p->parser, count, ":") || b.begin >= tokens->count)
        return PALI_OK;
    pali_status status = begins_entry(&known, p, &b);
    if (!status)
        status = parse(p, b.begin, tokens->count, &m);
    if (!status && !head.phrase)
        status = is_known(&named, p, 0, count, false); /* "PARACETAMOL: Tab Dolo 650" */
    if (!status && (known || b.formed) && !named && m.name.written.text &&
        (has_directions(&m) || is_measured(&m)))
        *out = b.begin;
    return status;
}

/* Tokens of "Morning:", "For 5 days:", "Week 2", before an entry: directions of what stands behind them; 0: none. */
static pali_status timed_heading(size_t *out, const parting *p) {
    enum { LONGEST = 8 };
    const rx_parser *parser = &p->parser;
    const char *value, *caution;
    bool numbered = rx_find(parser, 0, RX_KIND(SPAN)).phrase && rx_tok(parser, 0)->text[1] &&
                    rx_tok(parser, 1)->kind == RX_TOKEN_NUMBER;
    size_t i = 1, count = parser->tokens.count;
    while (i < LONGEST && i < count && !rx_is(parser, i, ":") &&
           !(numbered && rx_leading_form(parser, i, &value, &caution) > 0))
        i++;
    border b = {.begin = i + rx_is(parser, i, ":")};
    rx_medicine m;
    bool known = false;
    *out = 0;
    if (i == LONGEST || b.begin >= count)
        return PALI_OK;
    pali_status status = parse(p, 0, i, &m);
    bool timed = m.frequency.written.text || m.frequency.when || m.duration.written.text;
    if (status || m.name.written.text || !(timed || numbered))
        return status;
    status = begins_entry(&known, p, &b);
    *out = !status && (known || b.formed) ? b.begin : 0;
    return status;
}

/* Of a list, those of which `at` lies in [begin, end), moved by `begin`. */
static pali_status copy_choices(const parting *p, size_t begin, size_t end, rx_choices *out) {
    rx_choice *items =
        pali_arena_alloc(p->arena, p->choices->count + 1, sizeof *items, "choices", p->err);
    if (!items)
        return PALI_ERROR_MEMORY;
    *out = (rx_choices){0, items};
    for (size_t i = 0; i < p->choices->count; i++) {
        rx_choice choice = p->choices->items[i];
        if (choice.at < begin || choice.at >= end)
            continue;
        choice.at -= begin;
        items[out->count++] = choice;
    }
    return PALI_OK;
}

/* Tokens [from, to) as a line; the next part begins with token `next`, if there is one. */
static pali_status put_part(parting *p, size_t from, size_t to, size_t next) {
    size_t count = p->parser.tokens.count, begin = rx_tok(&p->parser, from)->begin;
    size_t end = to < count ? rx_tok(&p->parser, to - 1)->end : strlen(p->line->text);
    rx_line part = *p->line;
    part.text = pali_arena_text(p->arena, p->line->text + begin, end - begin, p->err);
    part.confidence = p->line->confidence ? p->line->confidence + begin : NULL;
    if (next < count)
        part.joint = pali_arena_text(p->arena, p->line->text + end,
                                     rx_tok(&p->parser, next)->begin - end, p->err);
    if (!part.text || (next < count && !part.joint))
        return PALI_ERROR_MEMORY;
    pali_status status = PALI_OK;
    if (p->choices)
        status = copy_choices(p, begin, end, &p->out->choices[p->out->count]);
    p->out->lines[p->out->count++] = part;
    return status;
}

/* Whether a form or a known name stands first, behind the mark of a list. */
static pali_status begins_line(bool *out, const parting *p) {
    border b = {.begin = rx_list_marker(&p->parser.tokens)};
    pali_status status = begins_entry(out, p, &b);
    *out = *out || b.formed;
    return status;
}

/* The line, in as many parts as it has. */
static pali_status part_line(parting *p) {
    size_t from = 0, head, count = p->parser.tokens.count;
    int depth = 0;
    bool entry = true;
    pali_status status = heading(&head, p);
    if (!status && head == 0)
        status = timed_heading(&head, p);
    if (!status && head > 0) {
        status = put_part(p, 0, head, head);
        from = head;
    } else if (!status) {
        status = begins_line(&entry, p);
    }
    if (status || !entry)
        return status;
    for (size_t i = from + 1; i < count && !status; i++) {
        border b;
        bool here = false;
        depth += rx_is(&p->parser, i, "(") - (depth > 0 && rx_is(&p->parser, i, ")"));
        if (depth > 0 || !find_border(p, i, &b))
            continue;
        status = begins_entry(&here, p, &b);
        if (!status && here)
            status = parts_medicines(&here, p, from, &b);
        if (status || !here)
            continue;
        status = put_part(p, from, b.end, b.begin);
        from = i = b.begin;
    }
    return status || from == 0 ? status : put_part(p, from, count, count);
}

static pali_status take_line(parting *p, bool alone) {
    enum { MOST_TOKENS = 200 }; /* of a line that is looked at: no list of medicines is longer */
    p->parser = (rx_parser){0};
    pali_status status = alone ? PALI_OK
                               : rx_tokenize(&p->parser.tokens, p->arena, p->line->text,
                                             strlen(p->line->text), p->err);
    size_t before = p->out->count;
    if (!status && p->parser.tokens.count > 1 && p->parser.tokens.count <= MOST_TOKENS)
        status = part_line(p);
    if (status || p->out->count > before)
        return status;
    if (p->choices)
        p->out->choices[p->out->count] = *p->choices;
    p->out->lines[p->out->count++] = *p->line;
    return PALI_OK;
}

pali_status rx_entries_part(rx_rows *rows, pali_arena *arena, const rx_lexicon *lexicon,
                            pali_error *err) {
    enum { MOST_PARTS = 100 }; /* of a line */
    size_t room = rows->count + RX_MAX_LINES;
    rx_rows out = {.lines = pali_arena_alloc(arena, room, sizeof *out.lines, "lines", err)};
    if (rows->choices)
        out.choices = pali_arena_alloc(arena, room, sizeof *out.choices, "lines", err);
    if (!out.lines || (rows->choices && !out.choices))
        return PALI_ERROR_MEMORY;
    pali_status status = PALI_OK;
    for (size_t i = 0; i < rows->count && !status; i++) {
        parting p = {.line = &rows->lines[i],
                     .arena = arena,
                     .lexicon = lexicon,
                     .out = &out,
                     .choices = rows->choices ? &rows->choices[i] : NULL,
                     .err = err};
        bool full = out.count + MOST_PARTS + rows->count - i > RX_MAX_LINES;
        status = take_line(&p, full || !lexicon || p.line->struck_out);
    }
    if (!status)
        *rows = out;
    return status;
}

pali_status rx_entries_read(rx_prescription *out, rx_rows *rows, pali_arena *arena,
                            const rx_lexicon *lexicon, pali_error *err) {
    pali_status status = rx_entries_part(rows, arena, lexicon, err);
    return status ? status : rx_reading_make(out, rows->lines, rows->count, lexicon, err);
}
