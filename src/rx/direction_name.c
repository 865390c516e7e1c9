/* Where the name of a medicine ends: at the first number that is not part of a word ("B12"), or at
 * the first word that the table knows as a form, a frequency and so on, unless it is a suffix of
 * brands ("SR", "Forte"). */
#include "rx/directions_parser.h"

#include <string.h>

/* "B12", "D3", "Omega-3": a digit or two that belong to a word of the name before them. */
static bool is_part_of_name(const rx_parser *p, size_t i) {
    const rx_token *number = rx_tok(p, i), *before = rx_tok(p, i - 1);
    if (number->flags & (RX_TOKEN_SPACED | RX_TOKEN_MISREAD) || strlen(number->text) > 2 ||
        strchr(number->text, '.'))
        return false;
    if (rx_find(p, i + 1, RX_KIND(UNIT)).phrase)
        return false;
    if (before->kind == RX_TOKEN_WORD)
        return strlen(before->text) <= 2;
    return rx_token_is(before, "-") && strlen(number->text) == 1 && !rx_is(p, i + 1, "-") &&
           !rx_is(p, i + 1, "/") && !(before->flags & RX_TOKEN_SPACED);
}

static bool joins_name(const rx_parser *p, size_t i) {
    const rx_token *sign = rx_tok(p, i), *next = rx_tok(p, i + 1);
    if (next->kind == RX_TOKEN_NUMBER)
        return rx_token_is(sign, "-") && is_part_of_name(p, i + 1);
    if (next->kind != RX_TOKEN_WORD)
        return false;
    if (rx_token_is(sign, "-") || rx_token_is(sign, "'"))
        return !(sign->flags & RX_TOKEN_SPACED) && !(next->flags & RX_TOKEN_SPACED);
    return (rx_token_is(sign, "+") || rx_token_is(sign, "/") || rx_token_is(sign, "&")) &&
           !rx_find(p, i + 1, RX_ENDS_NAME).phrase;
}

/* Whether the word at `i` ends the name that started before it. */
static bool word_ends_name(const rx_parser *p, size_t i) {
    const rx_token *token = rx_tok(p, i);
    if (i + 1 < p->tokens.count && rx_is(p, i + 1, "-") &&
        !(rx_tok(p, i + 1)->flags & RX_TOKEN_SPACED))
        return false;
    if (rx_is(p, i - 1, "-"))
        return false;
    if (rx_token_is(token, "od")) { /* the suffix of "Cifran OD 500 mg BD" */
        rx_found later = rx_find(p, i + 1, RX_KIND(UNIT));
        return !later.phrase && !(rx_tok(p, i + 1)->kind == RX_TOKEN_NUMBER &&
                                  rx_find(p, i + 2, RX_KIND(UNIT)).phrase);
    }
    if (rx_find(p, i, RX_KIND(SUFFIX)).phrase)
        return false;
    if (rx_token_is(token, "on") && !(token->flags & RX_TOKEN_CAPITALS))
        return true;
    if (rx_find(p, i, RX_ENDS_NAME).phrase)
        return true;
    rx_found number = rx_find(p, i, RX_KIND(NUMBER) | RX_KIND(ROMAN));
    return number.phrase && (rx_find(p, i + number.count,
                                     RX_KIND(COUNT) | RX_KIND(UNIT) | RX_KIND(ROUTE) |
                                         RX_KIND(FREQUENCY) | RX_KIND(SPAN))
                                 .phrase != NULL);
}

/* Tokens of the name that starts at `from`; 0: there is none. */
size_t rx_name_length(const rx_parser *p, size_t from) {
    size_t i = from;
    if (rx_tok(p, i)->kind != RX_TOKEN_WORD)
        return 0;
    uint64_t never = RX_ENDS_NAME & ~(RX_KIND(LEAD) | RX_KIND(DISPENSE) | RX_KIND(CONTINUE));
    rx_found first = rx_find(p, i, never);
    if (first.phrase && !rx_is(p, i + first.count, "-"))
        return 0;
    if (rx_read_slots(&p->tokens, i).count > 0)
        return 0;
    rx_found number = rx_find(p, i, RX_KIND(NUMBER) | RX_KIND(ROMAN)); /* "ii tab tid" */
    if (number.phrase &&
        rx_find(p, i + number.count, RX_KIND(COUNT) | RX_KIND(UNIT) | RX_KIND(ROUTE)).phrase)
        return 0;
    for (i++; i < p->tokens.count; i++) {
        const rx_token *token = rx_tok(p, i);
        if (token->kind == RX_TOKEN_NUMBER && !is_part_of_name(p, i))
            break;
        if (token->kind == RX_TOKEN_SIGN && !joins_name(p, i))
            break;
        if (token->kind == RX_TOKEN_WORD && word_ends_name(p, i))
            break;
    }
    return i - from;
}
