/* A binary search for the first word of a phrase, then every phrase that starts with it is tried;
 * the longest wins. Abbreviations whose letters stand apart ("t d s") are tried as one word. */
#include "rx/phrases.h"

#include <string.h>

/* Whether the word at `*words` (up to a blank or the end) equals `text`; moves behind it. */
static bool take_word(const char **words, const char *text) {
    size_t size = strcspn(*words, " ");
    if (strncmp(*words, text, size) != 0 || text[size])
        return false;
    *words += size + ((*words)[size] == ' ');
    return true;
}

/* Tokens that `phrase` covers from `at` on; 0: it does not stand there. */
static size_t match_words(const rx_phrase *phrase, const rx_tokens *tokens, size_t at,
                          rx_amount *amount) {
    const char *words = phrase->words;
    size_t i = at;
    while (*words) {
        if (words[0] == '#' && (words[1] == ' ' || !words[1])) {
            if (amount->count == 0 || i != at)
                *amount = rx_read_amount(tokens, i);
            if (amount->count > 0 && words[1]) {
                i += amount->count;
                words += 2;
                continue;
            }
        }
        if (i >= tokens->count || !take_word(&words, tokens->items[i].text))
            return 0;
        i++;
    }
    return i - at;
}

/* The first phrase whose words are not before `text`. */
static size_t lower_bound(const char *text) {
    size_t low = 0, high = RX_NUM_PHRASES;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(RX_PHRASES[middle].words, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool starts_with_word(const char *words, const char *text, size_t size) {
    return strncmp(words, text, size) == 0 && (words[size] == ' ' || !words[size]);
}

static void try_phrases(rx_found *best, const rx_tokens *tokens, size_t at, const char *first,
                        uint64_t kinds) {
    size_t size = strlen(first);
    rx_amount start = {0};
    for (size_t i = lower_bound(first);
         i < RX_NUM_PHRASES && strncmp(RX_PHRASES[i].words, first, size) == 0; i++) {
        const rx_phrase *phrase = &RX_PHRASES[i];
        if (!(kinds >> phrase->kind & 1) || !starts_with_word(phrase->words, first, size))
            continue;
        rx_amount amount = start;
        size_t count = match_words(phrase, tokens, at, &amount);
        if (phrase->words[0] == '#')
            start = amount;
        if (count > best->count)
            *best = (rx_found){phrase, count, amount};
    }
}

/* "t d s": up to four single letters with blanks between, joined to a word of the table. */
static void try_spaced_letters(rx_found *best, const rx_tokens *tokens, size_t at, uint64_t kinds) {
    char joined[5] = "";
    for (size_t n = 0; n < 4; n++) {
        const rx_token *token = rx_token_at(tokens, at + n);
        if (token->kind != RX_TOKEN_WORD || token->text[1])
            return;
        joined[n] = token->text[0];
        joined[n + 1] = '\0';
        if (n == 0 || n + 1 <= best->count)
            continue;
        for (size_t i = lower_bound(joined);
             i < RX_NUM_PHRASES && strcmp(RX_PHRASES[i].words, joined) == 0; i++)
            if (kinds >> RX_PHRASES[i].kind & 1)
                *best = (rx_found){&RX_PHRASES[i], n + 1, {0}};
    }
}

rx_found rx_find_phrase(const rx_tokens *tokens, size_t at, uint64_t kinds) {
    rx_found best = {0};
    if (at >= tokens->count)
        return best;
    const rx_token *token = &tokens->items[at];
    try_phrases(&best, tokens, at, token->text, kinds);
    const uint64_t with_amount = RX_KIND(HOURS) | RX_KIND(DAYS) | RX_KIND(WEEKS) | RX_KIND(MONTHS) |
                                 RX_KIND(TIMES) | RX_KIND(WEEKLY) | RX_KIND(MEAL);
    if (kinds & with_amount && !rx_token_is(token, "#"))
        try_phrases(&best, tokens, at, "#", kinds & with_amount);
    const uint64_t spaced =
        RX_KIND(FREQUENCY) | RX_KIND(NEEDED) | RX_KIND(TIME) | RX_KIND(ROUTE) | RX_KIND(MEAL);
    if (token->kind == RX_TOKEN_WORD && !token->text[1] && kinds & spaced)
        try_spaced_letters(&best, tokens, at, kinds & spaced);
    return best;
}
