/* What such a line says is told by its first words: most are a few words long, and none names a form. */
#include "rx/lines_below.h"

#include "rx/directions_parser.h"

#include <string.h>

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

bool rx_names_span_of_days(const rx_tokens *tokens) {
    static const char *const joints[] = {"-", "to", NULL};
    return tokens->count == 3 && rx_weekday(rx_token_at(tokens, 0)) >= 0 &&
           rx_token_is_one_of(rx_token_at(tokens, 1), joints) &&
           rx_weekday(rx_token_at(tokens, 2)) >= 0;
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

/* Whether the first word is of several medicines: "all", "both", no "both eyes". */
static bool begins_with_several(const rx_tokens *tokens) {
    static const char *const words[] = {"}", "all", "above", "both", "each", NULL};
    return rx_token_is_one_of(rx_token_at(tokens, 0), words) &&
           !rx_find_phrase(tokens, 0, RX_KIND(ROUTE) | RX_KIND(TIME)).phrase;
}

bool rx_is_for_all(const rx_tokens *tokens) {
    const rx_parser p = {.tokens = *tokens};
    bool lasts = false;
    for (size_t i = 1; i < tokens->count; i++)
        lasts = lasts || rx_starts_duration(&p, i);
    return lasts && begins_with_several(tokens);
}

bool rx_directs_all(const rx_tokens *tokens) {
    const uint64_t often = RX_KIND(FREQUENCY) | RX_KIND(HOURS) | RX_KIND(TIMES) | RX_KIND(TIME);
    bool directs = false;
    for (size_t i = 1; i < tokens->count; i++)
        directs = directs || rx_find_phrase(tokens, i, often).phrase ||
                  rx_read_slots(tokens, i).count > 0;
    return directs && begins_with_several(tokens);
}

/* Tokens of "5 days", "5/7" at `i`, and of "5" behind an "x"; 0: no duration. */
static size_t duration_length(const rx_tokens *tokens, size_t i, bool x) {
    static const char *const parts[] = {"7", "52", "12", NULL};
    if (rx_token_is(rx_token_at(tokens, i + 1), "/") &&
        rx_token_is_one_of(rx_token_at(tokens, i + 2), parts))
        return 3;
    rx_amount amount = rx_read_amount(tokens, i);
    size_t span = rx_find_phrase(tokens, i + amount.count, RX_KIND(SPAN)).count;
    return amount.count > 0 && (span > 0 || x) ? amount.count + span : 0;
}

bool rx_lasts_alone(const rx_tokens *tokens) {
    static const char *const before[] = {"-", ">", "(", "=", NULL}, *const behind[] = {"only", ")",
                                                                                       "-", NULL};
    size_t i = 0;
    while (rx_token_is_one_of(rx_token_at(tokens, i), before))
        i++;
    i += rx_find_phrase(tokens, i, RX_KIND(CONTINUE)).count;
    bool x = rx_token_is(rx_token_at(tokens, i), "x");
    i += rx_find_phrase(tokens, i, RX_KIND(LEAD)).count;
    size_t length = duration_length(tokens, i, x);
    i += length;
    while (rx_token_is_one_of(rx_token_at(tokens, i), behind))
        i++;
    return length > 0 && i == tokens->count;
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
