/* The automaton's places are what was just read. Letters outside ASCII are followed byte by byte, so
 * that an answer is UTF-8 however tokens cut it (ranges: Unicode, table 3-7). */
#include "rx/scan_grammar.h"

#include <string.h>

enum { BEGIN, MARK, DASH, WORD, BLANK, ESCAPE }; /* BEGIN: of a cell */

#define SIGNS "|\\?-" /* what a backslash may stand before */

/* ---- the automaton ---- */

/* The first byte of a character outside ASCII; false: none begins so. */
static bool begin_character(rx_scan_state *s, unsigned char byte) {
    if (byte < 0xc2 || byte > 0xf4)
        return false;
    s->missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    s->low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
    s->high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
    return true;
}

static bool go_on_character(rx_scan_state *s, unsigned char byte) {
    if (byte < s->low || byte > s->high)
        return false;
    s->missing--;
    s->low = 0x80;
    s->high = 0xbf;
    return true;
}

static bool may_end_cell(const rx_scan_state *s) {
    return s->missing == 0 && (s->place == MARK || s->place == WORD);
}

/* "|": the cell is over, or is empty; the first is never, and nine are all. */
static bool next_cell(rx_scan_state *s) {
    bool empty = s->place == BEGIN && s->cell > 0;
    if ((!may_end_cell(s) && !empty) || s->cell + 1 == RX_SCAN_NUM_CELLS)
        return false;
    *s = (rx_scan_state){.cell = (unsigned char)(s->cell + 1), .later = s->later};
    return true;
}

static bool next_line(rx_scan_state *s) {
    if (!may_end_cell(s))
        return false;
    *s = (rx_scan_state){.later = true};
    return true;
}

static bool step(rx_scan_state *s, unsigned char byte) {
    if (s->missing)
        return go_on_character(s, byte);
    if (s->place == ESCAPE) {
        s->place = WORD;
        return byte && strchr(SIGNS, byte);
    }
    if (byte == '|')
        return next_cell(s);
    if (byte == '\n')
        return next_line(s);
    if (byte == ' ') {
        bool after_word = s->place == MARK || s->place == DASH || s->place == WORD;
        s->place = BLANK;
        return after_word;
    }
    if (byte < ' ' || byte == 0x7f)
        return false;
    bool begins = s->place == BEGIN;
    s->place = byte == '\\'            ? ESCAPE
               : begins && byte == '?' ? MARK
               : begins && byte == '-' ? DASH
                                       : WORD;
    return byte < 0x80 || begin_character(s, byte);
}

bool rx_scan_step(rx_scan_state *state, unsigned char byte) {
    rx_scan_state next = *state;
    if (!step(&next, byte))
        return false;
    *state = next;
    return true;
}

bool rx_scan_may_end(const rx_scan_state *state) {
    bool nothing = state->place == DASH && state->cell == 0 && !state->later;
    return may_end_cell(state) || nothing;
}

/* ---- the parser ---- */

/* The order in which a page's line says things. */
static const rx_scan_cell as_written[RX_SCAN_NUM_CELLS] = {
    RX_SCAN_FORM,      RX_SCAN_NAME,     RX_SCAN_STRENGTH, RX_SCAN_DOSE,        RX_SCAN_ROUTE,
    RX_SCAN_FREQUENCY, RX_SCAN_DURATION, RX_SCAN_QUANTITY, RX_SCAN_INSTRUCTIONS};

typedef struct span {
    size_t begin, end; /* of a cell in the answer; empty: not written */
} span;

typedef struct parser {
    const char *text;
    const float *confidence;
    pali_arena *arena;
    pali_error *err;
} parser;

/* A cell's bytes without its backslashes, and each one's confidence (`confidence` may be NULL). */
static size_t unescape(char *out, float *confidence, const parser *p, span s) {
    size_t size = 0;
    for (size_t i = s.begin; i < s.end; i++) {
        i += p->text[i] == '\\';
        if (confidence)
            confidence[size] = p->confidence ? p->confidence[i] : 1;
        out[size++] = p->text[i];
    }
    return size;
}

static bool is_mark(const parser *p, span s) {
    return s.end - s.begin == 1 && p->text[s.begin] == '?';
}

static pali_status make_cell(rx_text *out, const parser *p, span s) {
    *out = (rx_text){0};
    if (s.begin == s.end)
        return PALI_OK;
    rx_source source = {p->text, p->confidence, s.end};
    rx_text quoted = rx_quote(p->arena, &source, s.begin, s.end, p->err);
    char *text = pali_arena_alloc(p->arena, s.end - s.begin + 1, 1, "a cell", p->err);
    if (!quoted.text || !text)
        return PALI_ERROR_MEMORY;
    text[unescape(text, NULL, p, s)] = '\0';
    *out = quoted;
    out->text = is_mark(p, s) ? NULL : text;
    out->unreadable = is_mark(p, s) ? "the model says that it cannot read it" : NULL;
    return PALI_OK;
}

static pali_status make_line(rx_source *out, const parser *p, const span *cells) {
    size_t most = 1;
    for (int c = 0; c < RX_SCAN_NUM_CELLS; c++)
        most += cells[c].end - cells[c].begin + 1;
    char *text = pali_arena_alloc(p->arena, most, 1, "a line", p->err);
    float *confidence = pali_arena_alloc(p->arena, most, sizeof *confidence, "a line", p->err);
    if (!text || !confidence)
        return PALI_ERROR_MEMORY;
    size_t size = 0;
    bool named = !is_mark(p, cells[RX_SCAN_NAME]);
    for (int c = 0; c < RX_SCAN_NUM_CELLS && named; c++) {
        span s = cells[as_written[c]];
        if (s.begin == s.end || is_mark(p, s))
            continue;
        confidence[size] = 1;
        text[size] = ' ';
        size += size > 0;
        size += unescape(text + size, confidence + size, p, s);
    }
    text[size] = '\0';
    *out = (rx_source){text, confidence, size};
    return PALI_OK;
}

static pali_status make_medicine(rx_scan_medicine *out, const parser *p, const span *cells) {
    pali_status status = make_line(&out->line, p, cells);
    for (int c = 0; c < RX_SCAN_NUM_CELLS && !status; c++)
        status = make_cell(&out->cells[c], p, cells[c]);
    return status;
}

/* Bytes of the answer that are whole: all, or those before the last cell of one that did not end. */
static pali_status check(size_t *whole, const char *text, bool ended, pali_error *err) {
    rx_scan_state state = {0};
    size_t size = 0;
    *whole = 0;
    for (; text[size]; size++) {
        bool cell_before = rx_scan_may_end(&state);
        if (!rx_scan_step(&state, (unsigned char)text[size]))
            return pali_fail(err, PALI_ERROR_FORMAT,
                             "the answer to \"scan en\" leaves its grammar at byte %zu", size);
        if (cell_before && state.place == BEGIN)
            *whole = size;
    }
    if (ended && !rx_scan_may_end(&state))
        return pali_fail(err, PALI_ERROR_FORMAT,
                         "the answer to \"scan en\" ends within a cell, at byte %zu", size);
    if (ended)
        *whole = strcmp(text, "-") == 0 ? 0 : size;
    return PALI_OK;
}

static size_t count_lines(const char *text, size_t size) {
    size_t count = size > 0;
    for (size_t i = 0; i < size; i++)
        count += text[i] == '\n';
    return count;
}

/* The cells of the line that begins at `at`, which stands at the next line's begin afterwards. */
static void cut_line(span *cells, const char *text, size_t *at, size_t size) {
    memset(cells, 0, RX_SCAN_NUM_CELLS * sizeof *cells);
    for (int c = 0; *at < size; c++) {
        size_t end = *at;
        while (end < size && text[end] != '|' && text[end] != '\n')
            end += text[end] == '\\' ? 2 : 1;
        cells[c] = (span){*at, end};
        *at = end + 1;
        if (end >= size || text[end] == '\n')
            return;
    }
}

pali_status rx_scan_parse(rx_scan_medicine **out, size_t *count, pali_arena *arena,
                          const char *text, const float *confidence, bool ended, pali_error *err) {
    parser p = {text, confidence, arena, err};
    size_t size = 0, at = 0;
    pali_status status = check(&size, text, ended, err);
    if (status)
        return status;
    size_t lines = count_lines(text, size);
    rx_scan_medicine *found = pali_arena_alloc(arena, lines + 1, sizeof *found, "medicines", err);
    if (!found)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < lines && !status; i++) {
        span cells[RX_SCAN_NUM_CELLS];
        cut_line(cells, text, &at, size);
        status = make_medicine(&found[i], &p, cells);
    }
    if (status)
        return status;
    *out = found;
    *count = lines;
    return PALI_OK;
}
