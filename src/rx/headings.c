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
