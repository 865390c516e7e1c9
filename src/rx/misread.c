/* Letters and digits of what is written and of each phrase are compared as names are: blanks are
 * left out, since a hand joins and parts words at will. The whole span must be the phrase, so that a
 * heading is not found in the first letters of something else. */
#include "rx/misread.h"

#include "rx/handwriting.h"
#include "rx/name_key.h"

#include <string.h>

enum { LEAST_LETTERS = 6, MOST_WORDS = 4 };

static const float edits_a_letter = 0.2f;

/* Appends letters and digits; false where the key is full. */
static bool add(char key[RX_MAX_KEY], size_t *size, const char *text) {
    for (; *text; text++) {
        bool counts = (*text >= 'a' && *text <= 'z') || (*text >= '0' && *text <= '9');
        if (counts && *size + 1 >= RX_MAX_KEY)
            return false;
        if (counts)
            key[(*size)++] = *text;
    }
    key[*size] = '\0';
    return true;
}

rx_found rx_find_misread(const rx_tokens *tokens, size_t from, size_t to, uint64_t kinds) {
    rx_writing writing;
    rx_found best = {0};
    char written[RX_MAX_KEY] = "", meant[RX_MAX_KEY] = "";
    size_t size = 0;
    for (size_t i = from; i < to; i++)
        if (!add(written, &size, rx_token_at(tokens, i)->text))
            return best;
    if (size + 1 < LEAST_LETTERS)
        return best;
    rx_writing_init(&writing);
    float least = edits_a_letter;
    for (size_t i = 0; i < RX_NUM_PHRASES; i++) {
        const rx_phrase *phrase = &RX_PHRASES[i];
        size_t letters = 0;
        if (!(kinds >> phrase->kind & 1) || strchr(phrase->words, '#') ||
            !add(meant, &letters, phrase->words) || letters < LEAST_LETTERS)
            continue;
        float limit = least * (float)letters;
        float cost = rx_writing_distance(&writing, written, size, meant, letters, limit);
        if (cost > limit || (best.phrase && cost >= limit))
            continue;
        best = (rx_found){phrase, to - from, {0}};
        least = cost / (float)letters;
    }
    return best;
}

rx_found rx_find_head(const rx_tokens *tokens, uint64_t kinds) {
    const uint64_t heads = RX_KIND(KEY_NAME) | RX_KIND(KEY_AGE) | RX_KIND(KEY_SEX) |
                           RX_KIND(KEY_DATE) | RX_KIND(KEY_DOCTOR) | RX_KIND(KEY_DIAGNOSIS) |
                           RX_KIND(KEY_COMPLAINT) | RX_KIND(KEY_OTHER) | RX_KIND(HEADING_RX) |
                           RX_KIND(HEADING_TESTS) | RX_KIND(HEADING_ADVICE);
    const uint64_t others = RX_KIND(TEST) | RX_KIND(ADVICE) | RX_KIND(VITAL) | RX_KIND(PLACE) |
                            RX_KIND(HONORIFIC) | RX_KIND(DEGREE) | RX_KIND(DISEASE) |
                            RX_KIND(SYMPTOM) | RX_KIND(COMPLAINT) | RX_KIND(FORM);
    rx_found found = rx_find_phrase(tokens, 0, kinds);
    if (found.phrase || rx_find_phrase(tokens, 0, heads | others).phrase)
        return found;
    size_t end = 0;
    while (end < tokens->count && rx_token_at(tokens, end)->kind == RX_TOKEN_WORD)
        end++;
    bool whole = end == tokens->count || rx_token_is(rx_token_at(tokens, end), ":");
    if (end == 0 || end > MOST_WORDS || !whole)
        return found;
    rx_found misread = rx_find_misread(tokens, 0, end, heads | others);
    return misread.phrase && kinds >> misread.phrase->kind & 1 ? misread : found;
}
