/* The lexer. A full stop belongs to a number between two digits or before one; behind a word it
 * marks an abbreviation and is kept as a flag; between single letters ("t.d.s.") it vanishes.
 * Letters that stand inside numbers where a reader of handwriting confuses them with digits ("5OO",
 * "l0 mg") are taken for digits, and the token says so: nothing of it is silent. */
#include "rx/tokens.h"

#include <string.h>

typedef struct lexer {
    const rx_folded *f;
    size_t at;
    char *chars; /* where the texts of tokens go */
} lexer;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || c == RX_FOLD_LETTER;
}

static double fraction_of(char c) {
    switch (c) {
    case RX_FOLD_QUARTER:
        return 0.25;
    case RX_FOLD_THIRD:
        return 1.0 / 3;
    case RX_FOLD_HALF:
        return 0.5;
    case RX_FOLD_TWO_THIRDS:
        return 2.0 / 3;
    case RX_FOLD_THREE_QUARTERS:
        return 0.75;
    default:
        return 0;
    }
}

const rx_token *rx_token_at(const rx_tokens *tokens, size_t i) {
    return &tokens->items[i < tokens->count ? i : tokens->count];
}

bool rx_token_is(const rx_token *token, const char *text) {
    return strcmp(token->text, text) == 0;
}

bool rx_token_is_one_of(const rx_token *token, const char *const *words) {
    while (*words && !rx_token_is(token, *words))
        words++;
    return *words != NULL;
}

bool rx_is_ordinal(const rx_token *token) {
    return token->kind == RX_TOKEN_NUMBER && token->value >= 1 && token->value < 100 &&
           token->value == (int)token->value && strlen(token->text) <= 2;
}

bool rx_breaks_line(const rx_tokens *tokens, size_t i) {
    if (i == 0 || i >= tokens->count)
        return false;
    size_t from = tokens->items[i - 1].end;
    return memchr(tokens->source + from, '\n', tokens->items[i].begin - from) != NULL;
}

/* Whether a number may end before `p`: no letter follows, or the name of a unit does. */
static bool number_may_end(const char *p) {
    static const char *const units[] = {"mg", "mcg", "ug", "ml", "gm", "g", "iu", "tab", "cap"};
    if (!is_letter(*p))
        return true;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t size = strlen(units[i]);
        if (strncmp(p, units[i], size) == 0 && !is_letter(p[size]))
            return true;
    }
    return false;
}

/* The digit that `c` is, or may have been: -1 for none. */
static int digit_or_lookalike(char c) {
    return is_digit(c) ? c - '0' : c == 'o' ? 0 : c == 'l' || c == 'i' || c == '|' ? 1 : -1;
}

/* Characters of a number at `p` that mixes digits and look-alike letters; 0: none is there. */
static size_t misread_number(const char *p) {
    size_t size = 0, digits = 0;
    for (; digit_or_lookalike(p[size]) >= 0; size++)
        digits += is_digit(p[size]);
    bool litres = digits + 1 == size && !is_digit(p[size - 1]) && p[size - 1] != 'o'; /* "1l" */
    if (size > 1 && digits > 0 && digits < size && p[0] != 'o' && !litres &&
        number_may_end(p + size))
        return size;
    return p[0] == 'o' && p[1] == '.' && is_digit(p[2]) ? 1 : 0;
}

/* Characters of a number whose digits commas part: "1,000", and in lakhs "2,00,000"; 0: none is there. */
static size_t number_with_commas(const char *p) {
    size_t first = strspn(p, "0123456789"), n = first;
    while (n > 0 && p[n] == ',') {
        size_t digits = strspn(p + n + 1, "0123456789");
        bool lakhs = digits == 2 && first <= 2 && p[n + 3] == ',';
        if (digits != 3 && !lakhs)
            return 0;
        n += 1 + digits;
        if (digits == 3 && p[n] != ',')
            return first <= 3 && n > first ? n : 0;
    }
    return 0;
}

static void read_number(lexer *l, rx_token *token) {
    const double most = 1e15; /* what a double holds exactly, and more than anybody prescribes */
    const char *p = l->f->text + l->at;
    size_t n = misread_number(p), parted = number_with_commas(p);
    double value = 0, scale = 1;
    if (n > 0) {
        for (size_t i = 0; i < n; i++)
            value = value * 10 + digit_or_lookalike(p[i]);
        token->flags |= RX_TOKEN_MISREAD;
    }
    for (; is_digit(p[n]) || n < parted; n++)
        if (p[n] != ',')
            value = value * 10 + (p[n] - '0');
    if (value > most) {
        value = most;
        token->flags |= RX_TOKEN_MISREAD;
    }
    if (p[n] == '.' && is_digit(p[n + 1])) {
        size_t point = n;
        if (n == 0)
            token->flags |= RX_TOKEN_NAKED_POINT;
        for (n++; is_digit(p[n]) || (p[n] == 'o' && !is_letter(p[n + 1])); n++) {
            if (!is_digit(p[n]))
                token->flags |= RX_TOKEN_MISREAD;
            if (scale >= most)
                continue;
            scale *= 10;
            value = value * 10 + digit_or_lookalike(p[n]);
        }
        value /= scale;
        if (strspn(p + point + 1, "0") == n - point - 1)
            token->flags |= RX_TOKEN_TRAILING_ZERO;
    }
    if (fraction_of(p[n]) > 0) {
        value += fraction_of(p[n++]);
        token->flags |= RX_TOKEN_FRACTION;
    }
    token->kind = RX_TOKEN_NUMBER;
    token->value = value;
    memcpy(l->chars, p, n);
    l->chars += n;
    l->at += n;
}

/* Whether the single letter at `p` is followed by a full stop and another single letter; says how
 * many characters lie between. A blank may stand between only where the second has its stop too, and
 * not behind letters without one: "p.o. b.i.d." are two abbreviations. */
static size_t dotted_gap(const char *p, bool close) {
    if (p[1] != '.')
        return 0;
    size_t gap = p[2] == ' ' ? 3 : 2;
    if (!is_letter(p[gap]) || is_letter(p[gap + 1]) || is_digit(p[gap + 1]))
        return 0;
    return gap == 2 || (p[gap + 1] == '.' && !close) ? gap : 0;
}

/* Letters of the number at the start of a word that a unit ends: 3 of "onetab", 1 of "iinj"; else
 * 0. "ITab." at the start of a line is "1) Tab." read wrong. */
static size_t number_in_word(const char *p, size_t size, bool starts_line) {
    static const char *const numbers[] = {"one", "two", "half", "three", "i", "ii"};
    static const char *const units[] = {"tab",   "tabs",    "tablet",   "tablets", "cap",
                                        "caps",  "capsule", "capsules", "tsp",     "drop",
                                        "drops", "puff",    "puffs",    "vial",    "sachet",
                                        "inj",   "amp",     "spray",    "sprays",  "tbsp"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        size_t n = strlen(numbers[i]);
        if (n < 3 && starts_line)
            continue;
        for (size_t k = 0; k < sizeof units / sizeof *units; k++)
            if (n + strlen(units[k]) == size && memcmp(p, numbers[i], n) == 0 &&
                memcmp(p + n, units[k], size - n) == 0)
                return n;
    }
    return 0;
}

/* Letters of the unit at the start of a word of `size` letters that a frequency ends, with the sign before a number or
 * without: 2 of "500mgTDS" and of "mgODx5"; else 0. */
static size_t unit_in_word(const char *p, size_t size) {
    static const char *const units[] = {"mg", "mcg", "gm", "ml"};
    static const char *const frequencies[] = {"od", "bd", "tds", "tid", "bid", "qid", "qds", "hs"};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        for (size_t k = 0; k < sizeof frequencies / sizeof *frequencies; k++) {
            size_t n = strlen(units[i]), end = n + strlen(frequencies[k]);
            bool whole = size == end || (size == end + 1 && p[end] == 'x' && is_digit(p[size]));
            if (whole && strncmp(p, units[i], n) == 0 &&
                strncmp(p + n, frequencies[k], end - n) == 0)
                return n;
        }
    return 0;
}

/* Letters of the frequency at the start of a word of `size` letters that meals or the sign before a number end: 2 of
 * "bdac", 3 of "tdsx" before "5d"; else 0. */
static size_t frequency_in_word(const char *p, size_t size) {
    static const char *const frequencies[] = {"od", "bd", "tds", "tid", "bid", "qid", "qds"};
    const char *end = p + size;
    bool before_number = is_digit(*end) || (*end == ' ' && is_digit(end[1]));
    for (size_t i = 0; i < sizeof frequencies / sizeof *frequencies; i++) {
        size_t n = strlen(frequencies[i]);
        if (strncmp(p, frequencies[i], n) != 0)
            continue;
        if ((size == n + 2 && (strncmp(p + n, "ac", 2) == 0 || strncmp(p + n, "pc", 2) == 0)) ||
            (size == n + 1 && p[n] == 'x' && before_number))
            return n;
    }
    return 0;
}

static void read_word(lexer *l, rx_token *token) {
    const char *p = l->f->text + l->at;
    size_t n = 0;
    token->kind = RX_TOKEN_WORD;
    if (!is_letter(p[1])) {
        size_t gap = 0;
        *l->chars++ = p[n];
        for (; (gap = dotted_gap(p + n, gap == 2)) > 0; n += gap)
            *l->chars++ = p[n + gap];
        n++;
    } else {
        while (is_letter(p[n]))
            n++;
        size_t number = number_in_word(p, n, l->at == 0), frequency = frequency_in_word(p, n);
        size_t unit = l->at > 0 && is_digit(p[-1]) ? unit_in_word(p, n) : 0;
        n = number ? number : frequency ? frequency : unit ? unit : n;
        memcpy(l->chars, p, n);
        l->chars += n;
    }
    if (p[n] == '.' && !is_digit(p[n + 1]))
        token->flags |= RX_TOKEN_STOPPED;
    l->at += n;
}

static bool in_capitals(const char *source, size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++)
        if (source[i] >= 'a' && source[i] <= 'z')
            return false;
    return true;
}

/* Reads the next token into `token`; false at the end of the line. */
static bool next_token(lexer *l, const char *source, rx_token *token) {
    const char *text = l->f->text;
    size_t start = l->at;
    while (text[l->at] == ' ')
        l->at++;
    if (!text[l->at])
        return false;
    *token = (rx_token){.text = l->chars, .at = l->at};
    if (l->at == 0 || l->at > start)
        token->flags |= RX_TOKEN_SPACED;
    size_t first = l->at;
    const char *p = text + first;
    bool after_letter = first > 0 && is_letter(p[-1]);
    if (is_digit(*p) || fraction_of(*p) > 0 || (*p == '.' && is_digit(p[1]) && !after_letter) ||
        (!after_letter && misread_number(p) > 0)) {
        read_number(l, token);
    } else if (is_letter(*p)) {
        read_word(l, token);
    } else {
        token->kind = RX_TOKEN_SIGN;
        *l->chars++ = *p;
        l->at++;
    }
    *l->chars++ = '\0';
    token->begin = l->f->begin[first];
    token->end = l->f->end[l->at - 1];
    if (token->kind == RX_TOKEN_WORD && in_capitals(source, token->begin, token->end))
        token->flags |= RX_TOKEN_CAPITALS;
    return true;
}

pali_status rx_tokenize(rx_tokens *out, pali_arena *arena, const char *source, size_t size,
                        pali_error *err) {
    rx_tokens tokens = {.source = source};
    pali_status status = rx_fold(&tokens.folded, arena, source, size, err);
    if (status)
        return status;
    size_t room = tokens.folded.size + 1;
    char *chars = pali_arena_alloc(arena, room, 2, "the words of a line", err);
    tokens.items = pali_arena_alloc(arena, room, sizeof *tokens.items, "the words of a line", err);
    if (!chars || !tokens.items)
        return PALI_ERROR_MEMORY;
    lexer l = {&tokens.folded, 0, chars};
    rx_token token;
    while (next_token(&l, source, &token))
        if (token.kind != RX_TOKEN_SIGN || *token.text != '.')
            tokens.items[tokens.count++] = token;
    tokens.items[tokens.count] =
        (rx_token){.text = "", .at = tokens.folded.size, .begin = size, .end = size};
    *out = tokens;
    return PALI_OK;
}
