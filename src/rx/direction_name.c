/* Where the name of a medicine ends: at the first number that is not part of a word ("B12"), or at the first word that the
 * table knows as a form, a frequency and so on, unless it is a suffix of brands ("SR", "Forte"). What stands before it:
 * direction_head.c. */
#include "rx/directions_parser.h"
#include "rx/units.h"

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

/* Whether a word goes on behind the hyphen at `i`: "Tab-sol". */
static bool hyphenated(const rx_parser *p, size_t i) {
    return rx_is(p, i, "-") && !(rx_tok(p, i)->flags & RX_TOKEN_SPACED) &&
           !(rx_tok(p, i + 1)->flags & RX_TOKEN_SPACED);
}

/* "Telma AM OD", "Zerodol S BD", "Amlokind AT 1-0-0": in capitals before how often or a number, where neither a time nor "at"
 * would stand. */
static bool is_capital_suffix(const rx_parser *p, size_t i) {
    static const char *const suffixes[] = {"am", "pm", "at", "s", NULL}, *const times[] = {
                                                                             "am", "pm", ":", NULL};
    size_t behind = i + 1 + rx_is(p, i + 1, "("); /* "Telma AM (40/5)" */
    const rx_token *next = rx_tok(p, behind);
    if (!rx_is_one_of(p, i, suffixes) || !(rx_tok(p, i)->flags & RX_TOKEN_CAPITALS) ||
        rx_breaks_line(&p->tokens, i) || rx_breaks_line(&p->tokens, i + 1))
        return false;
    if (next->kind == RX_TOKEN_NUMBER)
        return !rx_find(p, behind + 1, RX_KIND(COUNT)).phrase &&
               !rx_is_one_of(p, behind + 1, times);
    return rx_find(p, behind, RX_KIND(FREQUENCY) | RX_KIND(NEEDED) | RX_KIND(HOURS)).phrase != NULL;
}

/* "Mestranol 1 mg", "Benzoyl Peroxide 0.1/2.5%" behind the "and" of a name: up to three words that no table has, and a
 * number. */
static bool is_another_substance(const rx_parser *p, size_t i) {
    enum { MOST_WORDS = 3 };
    size_t to = i;
    while (to < i + MOST_WORDS && rx_tok(p, to)->kind == RX_TOKEN_WORD &&
           !rx_find(p, to, RX_ENDS_NAME).phrase)
        to++;
    return to > i && rx_tok(p, to)->kind == RX_TOKEN_NUMBER;
}

/* Whether the word at `i` ends the name that started before it. */
static bool word_ends_name(const rx_parser *p, size_t i) {
    static const char *const changes[] = {"from",      "increased", "reduced",
                                          "decreased", "changed",   NULL};
    const rx_token *token = rx_tok(p, i);
    if (rx_weekday(token) >= 0 || rx_token_is_one_of(token, changes)) /* "Reactin Thu-Sat" */
        return true;
    static const char *const several[] = {"all", "both", NULL}; /* below it, "all 1 OD" */
    if (rx_breaks_line(&p->tokens, i) && rx_token_is_one_of(token, several))
        return true;
    if (hyphenated(p, i + 1))
        return false;
    if (rx_is(p, i - 1, "-") || rx_is(p, i - 1, "'")) /* "Children's Motrin" */
        return false;
    if (rx_token_is(token, "od")) { /* the suffix of "Cifran OD 500 mg BD" */
        rx_found later = rx_find(p, i + 1, RX_KIND(UNIT));
        return !later.phrase && !(rx_tok(p, i + 1)->kind == RX_TOKEN_NUMBER &&
                                  rx_find(p, i + 2, RX_KIND(UNIT)).phrase);
    }
    bool below = rx_breaks_line(&p->tokens, i); /* "LA BD" on a line of its own is no suffix */
    bool spread =
        rx_token_is(token, "la") && p->medicine &&
        rx_is_spread(p->medicine->form.value); /* applied locally; of tablets: long acting */
    if (rx_find(p, i, RX_KIND(SUFFIX)).phrase && !spread &&
        !(below && rx_find(p, i, RX_ENDS_NAME).phrase))
        return false;
    if (is_capital_suffix(p, i))
        return false;
    bool total = rx_token_is(token, "total"), counts = rx_is(p, i + 1, ":") || rx_is(p, i + 1, "#");
    if (total && !counts && !below && rx_tok(p, i + 1)->kind != RX_TOKEN_NUMBER)
        return false; /* "Zyvarin Total BD" */
    if (rx_token_is(token, "on") && !(token->flags & RX_TOKEN_CAPITALS))
        return true;
    if (rx_token_is(token, "and") && is_another_substance(p, i + 1))
        return false;
    if (rx_find(p, i, RX_ENDS_NAME).phrase)
        return true;
    if (rx_token_is(token, "a") && token->flags & RX_TOKEN_CAPITALS &&
        !(rx_tok(p, i - 1)->flags & RX_TOKEN_CAPITALS)) /* "Vitamin A BD" */
        return false;
    rx_found number = rx_find(p, i, RX_KIND(NUMBER) | RX_KIND(ROMAN));
    bool spelt =
        number.phrase && number.phrase->kind == RX_PHRASE_NUMBER && strlen(token->text) > 2;
    return spelt || /* "one" */
           (number.phrase && rx_find(p, i + number.count,
                                     RX_KIND(COUNT) | RX_KIND(UNIT) | RX_KIND(ROUTE) |
                                         RX_KIND(FREQUENCY) | RX_KIND(SPAN))
                                 .phrase);
}

/* "Day 1: one tablet", "days 2-5". */
static bool is_numbered_span(const rx_parser *p, size_t i) {
    rx_found span = rx_find(p, i, RX_KIND(SPAN));
    return span.phrase && rx_tok(p, i)->text[1] &&
           rx_tok(p, i + span.count)->kind == RX_TOKEN_NUMBER;
}

/* "INH" of "Tab INH 300 mg": behind a form and in capitals another form, with a strength or how often. */
static bool is_name_like_form(const rx_parser *p, size_t i) {
    const rx_coded *form = p->medicine ? &p->medicine->form : NULL;
    rx_found word = rx_find(p, i, RX_KIND(FORM));
    rx_found unit = rx_find(p, i + 2, RX_KIND(UNIT));
    bool measured =
        rx_tok(p, i + 1)->kind == RX_TOKEN_NUMBER && unit.phrase && rx_is_mass(unit.phrase->value);
    return form && form->value && word.phrase && word.count == 1 &&
           strcmp(form->value, word.phrase->value) != 0 &&
           rx_tok(p, i)->flags & RX_TOKEN_CAPITALS &&
           (measured || rx_find(p, i + 1, RX_KIND(FREQUENCY)).phrase);
}

/* "6-MP", "5-FU", "4FDC", behind a form "6 MP": a figure and capitals that are no direction, before a number or how often;
 * tokens. */
static size_t numbered_abbreviation(const rx_parser *p, size_t at) {
    const uint64_t directions =
        RX_ENDS_NAME | RX_KIND(COUNT) | RX_KIND(UNIT) | RX_KIND(SPAN) | RX_KIND(SUFFIX);
    const rx_token *figure = rx_tok(p, at);
    size_t hyphen = rx_is(p, at + 1, "-"), letters = at + 1 + hyphen;
    const rx_token *word = rx_tok(p, letters), *behind = rx_tok(p, letters + 1);
    size_t size = strlen(word->text);
    bool formed = at > 0 && rx_find(p, at - 1, RX_KIND(FORM)).phrase && !hyphen;
    bool glued = formed || !((rx_tok(p, at + 1)->flags | word->flags) & RX_TOKEN_SPACED);
    bool directed =
        behind->kind == RX_TOKEN_NUMBER || rx_find(p, letters + 1, RX_KIND(FREQUENCY)).phrase;
    bool short_word = word->kind == RX_TOKEN_WORD && size >= 2 && size <= 4;
    return figure->kind == RX_TOKEN_NUMBER && strlen(figure->text) == 1 && short_word && glued &&
                   word->flags & RX_TOKEN_CAPITALS && directed && behind->flags & RX_TOKEN_SPACED &&
                   !rx_find(p, letters, directions).phrase
               ? 2 + hyphen
               : 0;
}

/* Tokens of the name that starts at `from`; 0: there is none. */
size_t rx_name_length(const rx_parser *p, size_t from) {
    size_t i = from, figure = numbered_abbreviation(p, from);
    if (figure > 0)
        return figure;
    if (rx_tok(p, i)->kind != RX_TOKEN_WORD)
        return 0;
    bool salts = rx_is(p, i, "oral") && rx_is(p, i + 1, "rehydration"), /* a name, no route */
        enantiomer = rx_is(p, i, "s") && rx_tok(p, i + 1)->kind == RX_TOKEN_WORD &&
                     !rx_find(p, i + 1, RX_ANYTHING).phrase; /* "S Citadep", no "S: 1 tab" */
    rx_found first = rx_find(p, i, RX_ENDS_NAME | RX_KIND(COUNT) | RX_KIND(PACK));
    bool dispensed = first.phrase && first.phrase->kind == RX_PHRASE_DISPENSE &&
                     rx_tok(p, i + first.count + 1)->kind == RX_TOKEN_NUMBER; /* "Disp-90" */
    if (first.phrase && !salts && !enantiomer && !is_name_like_form(p, i) &&
        (dispensed || !hyphenated(p, i + first.count)))
        return 0;
    if (rx_read_slots(&p->tokens, i).count > 0 || rx_weekday(rx_tok(p, i)) >= 0 ||
        is_numbered_span(p, i))
        return 0;
    rx_found unit = rx_find(p, i, RX_KIND(UNIT)); /* "mg 1-0-1": the line above was too long */
    bool direction = (unit.phrase && rx_tok(p, i)->text[1]) ||
                     rx_find(p, i, RX_KIND(NUMBER)).phrase; /* "one 3 times a day" */
    if (direction && !(p->medicine && p->medicine->form.written.text))
        return 0;
    rx_found number = rx_find(p, i, RX_KIND(NUMBER) | RX_KIND(ROMAN)); /* "ii tab tid" */
    if (number.phrase &&
        (i + number.count == p->tokens.count ||
         rx_find(p, i + number.count, RX_KIND(COUNT) | RX_KIND(UNIT) | RX_KIND(ROUTE)).phrase))
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
