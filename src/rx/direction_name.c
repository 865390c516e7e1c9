/* Where the name of a medicine begins, behind the mark of a list and a form, and where it ends: at the
 * first number that is not part of a word ("B12"), or at
 * the first word that the table knows as a form, a frequency and so on, unless it is a suffix of
 * brands ("SR", "Forte"). */
#include "rx/dates.h"
#include "rx/directions_parser.h"
#include "rx/units.h"

#include <ctype.h>
#include <string.h>

enum { MAX_ENTRIES = 40 }; /* that a list may have */

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
    const rx_token *token = rx_tok(p, i);
    if (rx_weekday(token) >= 0) /* "Reactin Thu-Sat" */
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

/* Tokens of the name that starts at `from`; 0: there is none. */
size_t rx_name_length(const rx_parser *p, size_t from) {
    size_t i = from;
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

/* ---- what stands before the name ---- */

/* "T." and "C." at the start of a line, where longer forms are in the table. */
static size_t short_form(const rx_parser *p, size_t at, const char **value) {
    const rx_token *token = rx_tok(p, at);
    bool letter =
        token->kind == RX_TOKEN_WORD && !token->text[1] && rx_tok(p, at + 1)->kind == RX_TOKEN_WORD;
    if (!letter || !(token->flags & RX_TOKEN_CAPITALS) ||
        !(rx_tok(p, at + 1)->flags & RX_TOKEN_SPACED || token->flags & RX_TOKEN_STOPPED))
        return 0;
    bool stopped = token->flags & RX_TOKEN_STOPPED;
    *value = *token->text == 't'              ? "tablet"
             : *token->text == 'c'            ? "capsule"
             : *token->text == 'i' && stopped ? "injection"
                                              : NULL;
    return *value != NULL;
}

/* Whether one letter too many or another letter makes `word` out of `form`. */
static bool is_misread(const char *word, const char *form) {
    size_t size = strlen(word), length = strlen(form), same = 0;
    while (same < length && word[same] == form[same])
        same++;
    if (size == length + 1)
        return strcmp(word + same + 1, form + same) == 0;
    return size == length && same < length && strcmp(word + same + 1, form + same + 1) == 0;
}

/* "Tarb. Pan 40": a word of four letters before a name that is nearly a form. */
static size_t misread_form(const rx_parser *p, size_t at, const char **value,
                           const char **caution) {
    static const char *const forms[][2] = {
        {"tab", "tablet"},      {"cap", "capsule"},   {"syp", "syrup"}, {"inj", "injection"},
        {"susp", "suspension"}, {"oint", "ointment"}, {"drop", "drops"}};
    const rx_token *token = rx_tok(p, at), *next = rx_tok(p, at + 1);
    if (token->kind != RX_TOKEN_WORD || strlen(token->text) != 4 || next->kind != RX_TOKEN_WORD ||
        strlen(next->text) < 3 || rx_find(p, at + 1, RX_ENDS_NAME).phrase)
        return 0;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (is_misread(token->text, forms[i][0])) {
            *value = forms[i][1];
            *caution = "misread";
            return 1;
        }
    return 0;
}

size_t rx_leading_strength(const rx_parser *p, size_t at) {
    rx_amount amount = rx_read_amount(&p->tokens, at);
    rx_found unit = rx_find(p, at + amount.count, RX_KIND(UNIT));
    size_t name = at + amount.count + unit.count;
    bool measured = rx_tok(p, at)->kind == RX_TOKEN_NUMBER && unit.phrase &&
                    (rx_is_mass(unit.phrase->value) || strcmp(unit.phrase->value, "%") == 0);
    if (!measured || rx_find(p, name, RX_ANYTHING).phrase || rx_breaks_line(&p->tokens, name))
        return 0;
    /* "0.05% rolation", a misread word in small letters that nothing follows, is no name */
    size_t length = rx_name_length(p, name);
    bool small = islower((unsigned char)p->tokens.source[rx_tok(p, name)->begin]);
    bool named = length > 0 && (!small || rx_find(p, name + length, RX_ENDS_NAME).phrase);
    return named ? name - at : 0;
}

/* "IV" before "IV Zyvarin 2 g": a way to inject, then a word that no table has and what it comes in; tokens. */
size_t rx_leading_route(const rx_parser *p, size_t at) {
    static const char *const ways[] = {"bolus", "push", "slow", "slowly", "drip", NULL};
    rx_found route = rx_find(p, at, RX_KIND(ROUTE));
    size_t name = at + route.count;
    bool injected = route.phrase && (strcmp(route.phrase->value, "intravenous") == 0 ||
                                     strcmp(route.phrase->value, "intramuscular") == 0 ||
                                     strcmp(route.phrase->value, "subcutaneous") == 0);
    if (!injected || rx_find(p, name, RX_ANYTHING).phrase || rx_is_one_of(p, name, ways) ||
        rx_breaks_line(&p->tokens, name))
        return 0;
    size_t length = rx_name_length(p, name), number = name + length;
    rx_amount amount = rx_read_amount(&p->tokens, number);
    rx_found unit = rx_find(p, number + amount.count, RX_KIND(UNIT));
    bool measured = amount.count > 0 && unit.phrase && strcmp(unit.phrase->value, "mL") != 0;
    return length > 0 && measured ? route.count : 0;
}

/* Whether "(Zyvarin 500 mg + Qorvex 125 mg)" begins at `at`: what something is made of, in the name's place. */
static bool opens_composition(const rx_parser *p, size_t at) {
    size_t number = at + 1 + rx_name_length(p, at + 1);
    rx_amount amount = rx_read_amount(&p->tokens, number);
    return rx_is(p, at, "(") && number > at + 1 && amount.count > 0 &&
           rx_find(p, number + amount.count, RX_KIND(UNIT)).phrase;
}

/* A form that heads a name, "Tab.", "Eye drops", "Cap:"; tokens without the colon, 0: none. */
size_t rx_leading_form(const rx_parser *p, size_t at, const char **value, const char **caution) {
    size_t count = short_form(p, at, value);
    if (count > 0)
        return count;
    rx_found form = rx_find(p, at, RX_KIND(FORM));
    if (!form.phrase)
        return misread_form(p, at, value, caution);
    size_t behind = at + form.count;
    if (rx_is(p, behind, ":") || rx_is(p, behind, "-") || opens_composition(p, behind))
        behind++;
    if (rx_tok(p, behind)->kind != RX_TOKEN_WORD && rx_leading_strength(p, behind) == 0)
        return 0;
    *value = form.phrase->value;
    *caution = form.phrase->caution;
    return form.count;
}

/* Whether a medicine's entry starts at `at`: a name, or a form and a name. */
static bool entry_starts(const rx_parser *p, size_t at) {
    const char *value, *caution;
    size_t form = rx_leading_form(p, at, &value, &caution);
    return rx_name_length(p, at + form + (form && rx_tok(p, at + form)->kind == RX_TOKEN_SIGN)) > 0;
}

/* Whether the letter at `at` begins a name: "L-Cet", "D-Rise". */
static bool is_letter_of_name(const rx_parser *p, size_t at) {
    const rx_token *hyphen = rx_tok(p, at + 1), *rest = rx_tok(p, at + 2);
    return !rx_tok(p, at)->text[1] && rx_is(p, at + 1, "-") && rest->kind == RX_TOKEN_WORD &&
           !((hyphen->flags | rest->flags) & RX_TOKEN_SPACED);
}

/* "1Tab Zyvarin 625 BD": the number of a list that touches the form of an entry, of which something is said behind its
 * name. "1Tab BD" is how many. */
static bool touches_entry(const rx_parser *p, size_t number) {
    const char *value, *caution = NULL;
    size_t form = number + 1, name = form + rx_leading_form(p, form, &value, &caution);
    if (name == form || caution || rx_tok(p, form)->flags & RX_TOKEN_SPACED)
        return false;
    name += rx_tok(p, name)->kind == RX_TOKEN_SIGN;
    size_t length = rx_name_length(p, name), behind = name + length;
    bool capital = length > 0 && isupper((unsigned char)p->tokens.source[rx_tok(p, name)->begin]);
    return capital && !rx_breaks_line(&p->tokens, name) && !rx_breaks_line(&p->tokens, behind) &&
           (rx_tok(p, behind)->kind == RX_TOKEN_NUMBER || rx_find(p, behind, RX_ENDS_NAME).phrase);
}

/* Tokens of a number that counts the entries at `at`: "1)", "2.", "3:", "#4", and "5," or "5" alone
 * before a name. What a number and the word behind it mean together ("2 tabs", "5 days") is no marker. */
static size_t counting_number(const rx_parser *p, size_t at) {
    size_t i = at + (rx_is(p, at, "#") || rx_is(p, at, "("));
    const rx_token *number = rx_tok(p, i), *next = rx_tok(p, i + 1);
    if (number->kind != RX_TOKEN_NUMBER || number->value >= 100 || strpbrk(number->text, ".,") ||
        number->flags & RX_TOKEN_FRACTION || rx_read_date(&p->tokens, at).count > 0)
        return 0;
    char behind = p->tokens.folded.text[number->at + strlen(number->text)];
    bool few = number->value < MAX_ENTRIES;
    if (few && (rx_token_is(next, ")") || (rx_token_is(next, ":") && i == at)))
        return i + 2 - at;
    if (few && behind == '.' && i == at)
        return 1;
    if (few && behind == ',' && i == at) {
        size_t entry = i + 1 + rx_is(p, i + 1, ",");
        return entry_starts(p, entry) ? entry - at : 0;
    }
    if (few && i == at && touches_entry(p, i))
        return 1;
    const uint64_t amounts = RX_KIND(UNIT) | RX_KIND(PACK) | RX_KIND(SPAN);
    const uint64_t together =
        RX_KIND(FREQUENCY) | RX_KIND(HOURS) | RX_KIND(TIMES) | RX_KIND(WEEKLY);
    if (next->kind != RX_TOKEN_WORD || !(next->flags & RX_TOKEN_SPACED) || rx_is(p, at, "(") ||
        (rx_find(p, i + 1, amounts).phrase && !is_letter_of_name(p, i + 1)) ||
        rx_find(p, i, together).phrase)
        return 0;
    const char *value, *caution; /* "51 T. Pan" is "5) T. Pan" */
    bool likely = few || rx_leading_form(p, i + 1, &value, &caution) > 0;
    return likely && entry_starts(p, i + 1) ? i + 1 - at : 0;
}

/* "Start Tab Zyvarin", "Give zyvarin 500 mg": what is done with the entry behind it; tokens, 0 where no form with a name
 * and no strength shows that one is there ("Take tablet whole"). */
static size_t verb(const rx_parser *p, size_t at) {
    static const char *const verbs[] = {"start",  "add",  "give",    "begin", "resume",
                                        "repeat", "take", "restart", "rpt",   NULL};
    const char *value, *caution;
    if (!rx_is_one_of(p, at, verbs))
        return 0;
    size_t form = rx_leading_form(p, at + 1, &value, &caution), name = at + 1 + form;
    size_t length = rx_name_length(p, name);
    rx_amount amount = rx_read_amount(&p->tokens, name + length);
    rx_found unit = rx_find(p, name + length + amount.count, RX_KIND(UNIT));
    bool measured = amount.count > 0 && unit.phrase && rx_is_mass(unit.phrase->value);
    bool capital = isupper((unsigned char)p->tokens.source[rx_tok(p, name)->begin]);
    return length > 0 && (measured || (form > 0 && capital)) ? 1 : 0;
}

size_t rx_list_marker(const rx_tokens *tokens) {
    const rx_parser p = {.tokens = *tokens};
    rx_found label = rx_find(&p, 0, RX_KIND(HEADING_RX)); /* "Drug: Zyvarin" */
    size_t i = label.phrase && rx_is(&p, label.count, ":") ? label.count + 1 : 0;
    for (;;) {
        size_t start = i;
        if (rx_is(&p, i, "rx") || rx_is(&p, i, "rp") || rx_is(&p, i, "*") || rx_is(&p, i, "-") ||
            rx_is(&p, i, "\x07") || rx_is(&p, i, ">"))
            i++;
        else if (i > 0 && (rx_is(&p, i, ":") || rx_is(&p, i, ")") || rx_is(&p, i, ".")))
            i++;
        else
            i += counting_number(&p, i);
        rx_found again = rx_find(&p, i, RX_KIND(CONTINUE)); /* "Cont. Tab. Ecosprin" */
        if (again.phrase && entry_starts(&p, i + again.count))
            i += again.count;
        i += verb(&p, i);
        if (i == start)
            return i;
    }
}
