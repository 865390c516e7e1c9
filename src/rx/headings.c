/* A table holds the headings that are always the same. Others are told by a word of theirs and the colon at their end:
 * nobody prescribes with one. What names a form or an amount is an entry, and no heading. */
#include "rx/headings.h"

#include "rx/dates.h"
#include "rx/directions_parser.h"
#include "rx/tokens.h"

#include <string.h>

static bool ends_with_colon(const rx_tokens *tokens) {
    size_t count = tokens->count;
    while (count > 0 && rx_token_is(rx_token_at(tokens, count - 1), "-"))
        count--;
    return count > 1 && rx_token_is(rx_token_at(tokens, count - 1), ":");
}

/* "Tab" of an entry; of many tablets a heading may speak, too. */
static bool is_form_of_one(const rx_tokens *tokens, size_t i) {
    const char *text = rx_token_at(tokens, i)->text;
    size_t size = strlen(text);
    bool many = size > 4 && text[size - 1] == 's';
    return !many && rx_find_phrase(tokens, i, RX_KIND(FORM)).phrase;
}

/* No form, no amount, and no longer than headings are. */
static bool may_be_heading(const rx_tokens *tokens) {
    enum { LONGEST = 12 };
    if (tokens->count == 0 || tokens->count > LONGEST)
        return false;
    for (size_t i = 0; i < tokens->count; i++) {
        size_t date = rx_read_date(tokens, i).count; /* "Stopped (5/6/24):" */
        if (date > 0)
            i += date - 1;
        else if (is_form_of_one(tokens, i) ||
                 rx_find_phrase(tokens, i, RX_KIND(FREQUENCY)).phrase ||
                 rx_token_at(tokens, i)->kind == RX_TOKEN_NUMBER)
            return false;
    }
    return true;
}

/* "do not stop": says the contrary of what stands behind it. */
static bool is_denied(const rx_tokens *tokens, size_t i) {
    static const char *const words[] = {"not", "never", "t", "without", "no", NULL};
    return i > 0 && rx_token_is_one_of(rx_token_at(tokens, i - 1), words);
}

bool rx_speaks_of_life(const rx_tokens *tokens) {
    for (size_t i = 0; i < tokens->count; i++)
        if (rx_find_phrase(tokens, i, RX_KIND(LIFE)).phrase)
            return true;
    return false;
}

bool rx_heads_stopped(const rx_tokens *tokens) {
    if (!ends_with_colon(tokens) || !may_be_heading(tokens) || rx_speaks_of_life(tokens))
        return false;
    for (size_t i = 0; i < tokens->count; i++)
        if (!is_denied(tokens, i) && rx_find_phrase(tokens, i, RX_KIND(HEADING_STOPPED)).phrase)
            return true;
    return false;
}

/* Whether the line says of which things it is the heading: "Continue all other medicines". */
static bool names_medicines(const rx_tokens *tokens) {
    static const char *const words[] = {"medicine", "medicines", "medication", "medications",
                                        "drugs",    "drug",      "treatment",  "rest",
                                        "others",   NULL};
    for (size_t i = 1; i < tokens->count; i++)
        if (rx_token_is_one_of(rx_token_at(tokens, i), words))
            return true;
    return false;
}

bool rx_heads_taken(const rx_tokens *tokens) {
    bool found = false, begins = rx_find_phrase(tokens, 0, RX_KIND(HEADING_TAKEN)).phrase &&
                                 names_medicines(tokens);
    if (!may_be_heading(tokens) || (!ends_with_colon(tokens) && !begins && tokens->count > 2))
        return false;
    for (size_t i = 0; i < tokens->count; i++)
        found = found ||
                (rx_find_phrase(tokens, i, RX_KIND(HEADING_TAKEN)).phrase && !is_denied(tokens, i));
    return found;
}

bool rx_heads_allergies(const rx_tokens *tokens) {
    for (size_t i = 0; i < tokens->count; i++) {
        rx_found heading = rx_find_phrase(tokens, i, RX_KIND(HEADING_STOPPED));
        if (heading.phrase && strcmp(heading.phrase->value, "allergies") == 0)
            return true;
    }
    return false;
}

bool rx_says_none(const rx_tokens *tokens) {
    static const char *const words[] = {"nil", "none", "nkda", "nka", NULL};
    enum { LONGEST = 4 };
    return tokens->count <= LONGEST && rx_token_is_one_of(rx_token_at(tokens, 0), words);
}

rx_stop rx_says_stop(const rx_tokens *tokens) {
    static const char *const conditions[] = {"if", "when", NULL};
    static const char *const days[] = {"on",    "after",   "from",      "before",  "today", "for",
                                       "until", "till",    "tomorrow",  "tonight", "it",    "this",
                                       "now",   "at",      "yesterday", "tmrw",    "since", "by",
                                       "due",   "because", NULL};
    const rx_token *next = rx_token_at(tokens, 1);
    rx_found verb = rx_find_phrase(tokens, 0, RX_KIND(STOP));
    if (!verb.phrase || strcmp(verb.phrase->value, "entry") == 0)
        return RX_STOP_NONE;
    for (size_t i = 0; i < tokens->count; i++)
        if (rx_find_phrase(tokens, i, RX_KIND(FORM)).phrase)
            return RX_STOP_NONE;
    if (rx_token_is_one_of(next, conditions))
        return RX_STOP_IF;
    return rx_token_is_one_of(next, days) || next->kind == RX_TOKEN_NUMBER ? RX_STOP_SOME_DAY
                                                                           : RX_STOP_NONE;
}

bool rx_says_or(const rx_tokens *tokens) {
    return tokens->count == 1 && rx_token_is(rx_token_at(tokens, 0), "or");
}

bool rx_says_purpose(const rx_tokens *tokens) {
    enum { LONGEST = 4 };
    bool words = tokens->count > 1 && tokens->count <= LONGEST;
    for (size_t i = 0; i < tokens->count; i++)
        words = words && rx_token_at(tokens, i)->kind == RX_TOKEN_WORD;
    return words && rx_token_is(rx_token_at(tokens, 0), "for");
}

bool rx_is_aside(const rx_tokens *tokens) {
    return rx_find_phrase(tokens, 0, RX_KIND(ASIDE)).phrase != NULL;
}

bool rx_is_for_all(const rx_tokens *tokens) {
    static const char *const words[] = {"}", "all", "above", "both", "each", NULL};
    const rx_parser p = {.tokens = *tokens};
    bool lasts = false;
    for (size_t i = 1; i < tokens->count; i++)
        lasts = lasts || rx_starts_duration(&p, i);
    return lasts && rx_token_is_one_of(rx_token_at(tokens, 0), words);
}

/* Tokens of "150-200", "< 150", "201 to 250" at `i`; 0: no span of sugar. */
static size_t span_of_sugar(const rx_tokens *tokens, size_t i) {
    static const char *const limits[] = {"<", ">", "above", "below", NULL}, *const joints[] = {
                                                                                "-", "to", NULL};
    enum { LEAST = 40 }; /* mg/dL: no dose is so large */
    const rx_token *first = rx_token_at(tokens, i), *second = rx_token_at(tokens, i + 1),
                   *third = rx_token_at(tokens, i + 2);
    if (rx_token_is_one_of(first, limits))
        return second->kind == RX_TOKEN_NUMBER ? 2 : 0;
    bool span = first->kind == RX_TOKEN_NUMBER && rx_token_is_one_of(second, joints) &&
                third->kind == RX_TOKEN_NUMBER && third->value > first->value;
    return span && third->value >= LEAST ? 3 : 0;
}

bool rx_is_scale_step(const rx_tokens *tokens) {
    static const char *const none[] = {"nil", "none", "no", NULL};
    size_t i = rx_find_phrase(tokens, 0, RX_KIND(TEST) | RX_KIND(VITAL)).count;
    i += i == 0 && rx_token_is(rx_token_at(tokens, 0), "bg");
    size_t span = span_of_sugar(tokens, i);
    i += span;
    while (rx_token_is(rx_token_at(tokens, i), ":") || rx_token_is(rx_token_at(tokens, i), "-") ||
           rx_token_is(rx_token_at(tokens, i), "="))
        i++;
    rx_amount amount = rx_read_amount(tokens, i);
    rx_found unit = rx_find_phrase(tokens, i + amount.count, RX_KIND(UNIT));
    bool units = amount.count > 0 && unit.phrase && strcmp(unit.phrase->value, "[iU]") == 0;
    return span > 0 && (units || rx_token_is_one_of(rx_token_at(tokens, i), none));
}

bool rx_is_composition(const rx_tokens *tokens, bool *several) {
    const uint64_t directions = RX_KIND(FREQUENCY) | RX_KIND(TIME) | RX_KIND(MEAL) |
                                RX_KIND(COUNT) | RX_KIND(SPAN) | RX_KIND(NEEDED);
    bool measured = false, unknown = true;
    *several = false;
    size_t last = tokens->count ? tokens->count - 1 : 0;
    if (last < 2 || !rx_token_is(rx_token_at(tokens, 0), "(") ||
        !rx_token_is(rx_token_at(tokens, last), ")") ||
        rx_token_at(tokens, 1)->kind != RX_TOKEN_WORD)
        return false;
    for (size_t i = 1; i < last; i++) {
        const rx_token *token = rx_token_at(tokens, i);
        if (rx_token_is(token, ")") || rx_find_phrase(tokens, i, directions).phrase)
            return false;
        measured = measured || token->kind == RX_TOKEN_NUMBER;
        *several = *several || rx_token_is(token, "+");
        unknown = unknown &&
                  (rx_token_is(token, "+") || (token->kind == RX_TOKEN_WORD &&
                                               !rx_find_phrase(tokens, i, ~UINT64_C(0)).phrase));
    }
    return measured || unknown;
}
