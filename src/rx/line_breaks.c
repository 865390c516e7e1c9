/* Both lines are read as one text. They belong together where the upper one is unfinished, where a
 * phrase reaches over the break ("on alternate", "days"), where a number stands on one side and what
 * it counts on the other, and where the lower one says what only directions say ("with water"). */
#include "rx/line_breaks.h"

#include "rx/phrases.h"
#include "rx/tokens.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { LONGEST_PHRASE = 8 }; /* tokens of one that are looked at above the break */

/* A bracket is open, or the last word wants another. */
static bool is_unfinished(const char *text) {
    static const char *const words[] = {"for", "with", "to",    "when",     "before", "after",
                                        "if",  "and",  "every", "in",       "x",      "times",
                                        "a",   "of",   "the",   "affected", NULL};
    const char *open = strrchr(text, '('), *end = strrchr(text, ' ');
    if (open && !strchr(open, ')'))
        return true;
    const char *const *word = words;
    while (end && *word && strcasecmp(end + 1, *word) != 0)
        word++;
    return end && *word;
}

/* "Hydrocortisone +": the name goes on below. "1 +" is part of a pattern. */
static bool ends_within_a_name(const char *text) {
    size_t end = strlen(text);
    while (end > 0 && strchr(" +", text[end - 1]))
        end--;
    char last = end > 0 ? text[end - 1] : '\0';
    return strchr(text + end, '+') &&
           ((last >= 'a' && last <= 'z') || (last >= 'A' && last <= 'Z'));
}

/* "Glimepiride 2 +", and below it a word: the other part. "mg 1 +" is part of a pattern. */
static bool ends_before_a_part(const char *above, const char *below) {
    enum { SHORTEST = 3 };
    size_t end = strlen(above), name, letters = 0, below_it = 0;
    while (end > 0 && strchr(" +", above[end - 1]))
        end--;
    for (name = end; name > 0 && isdigit((unsigned char)above[name - 1]);)
        name--;
    bool part = name < end && strchr(above + end, '+');
    while (name > 0 && above[name - 1] == ' ')
        name--;
    while (name > letters && isalpha((unsigned char)above[name - 1 - letters]))
        letters++;
    while (isalpha((unsigned char)below[below_it]))
        below_it++;
    return part && letters >= SHORTEST && below_it >= SHORTEST;
}

/* Whether a phrase of directions covers tokens on both sides of `at`. */
static bool phrase_reaches_over(const rx_tokens *tokens, size_t at) {
    const uint64_t kinds = RX_KIND(FORM) | RX_KIND(ROUTE) | RX_KIND(FREQUENCY) | RX_KIND(HOURS) |
                           RX_KIND(DAYS) | RX_KIND(WEEKS) | RX_KIND(MONTHS) | RX_KIND(TIMES) |
                           RX_KIND(WEEKLY) | RX_KIND(TIME) | RX_KIND(MEAL) | RX_KIND(NEEDED) |
                           RX_KIND(ONCE) | RX_KIND(DIRECTED) | RX_KIND(NOTE);
    for (size_t i = at > LONGEST_PHRASE ? at - LONGEST_PHRASE : 0; i < at; i++)
        if (i + rx_find_phrase(tokens, i, kinds).count > at)
            return true;
    return false;
}

/* "x 15" and "days", "Qty: 100" and "tabs". */
static bool is_counted_below(const rx_tokens *tokens, size_t at) {
    const uint64_t kinds = RX_KIND(SPAN) | RX_KIND(UNIT) | RX_KIND(COUNT) | RX_KIND(PACK);
    return rx_token_at(tokens, at - 1)->kind == RX_TOKEN_NUMBER &&
           rx_find_phrase(tokens, at, kinds).phrase;
}

/* "in 100 ml NS". */
static bool is_diluent(const rx_tokens *tokens, size_t at) {
    size_t number = at + 1, unit = number + rx_read_amount(tokens, number).count;
    rx_found volume = rx_find_phrase(tokens, unit, RX_KIND(UNIT));
    return rx_token_is(rx_token_at(tokens, at), "in") && unit > number && volume.phrase &&
           (strcmp(volume.phrase->value, "mL") == 0 || strcmp(volume.phrase->value, "L") == 0);
}

pali_status rx_goes_on(bool *out, pali_arena *arena, const char *above, const char *below,
                       pali_error *err) {
    size_t upper = strlen(above), size = upper + 1 + strlen(below), at = 1;
    char *text = pali_arena_alloc(arena, size + 1, 1, "two lines", err);
    rx_tokens tokens;
    if (!text)
        return PALI_ERROR_MEMORY;
    memcpy(text, above, upper);
    text[upper] = '\n';
    memcpy(text + upper + 1, below, size - upper);
    pali_status status = rx_tokenize(&tokens, arena, text, size, err);
    if (status)
        return status;
    while (at < tokens.count && !rx_breaks_line(&tokens, at))
        at++;
    *out = is_unfinished(above) || ends_within_a_name(above) || ends_before_a_part(above, below) ||
           (at < tokens.count &&
            (phrase_reaches_over(&tokens, at) || is_counted_below(&tokens, at) ||
             is_diluent(&tokens, at) || rx_find_phrase(&tokens, at, RX_KIND(NOTE)).phrase));
    return PALI_OK;
}
