/* What stands before the name of a medicine behind the mark of a list: a dose, a form, a way to give it, a strength. */
#include "rx/directions_parser.h"
#include "rx/units.h"

#include <ctype.h>
#include <string.h>

/* "T.", "T:" and "C." at the start of a line, where longer forms are in the table. */
static size_t short_form(const rx_parser *p, size_t at, const char **value) {
    const rx_token *token = rx_tok(p, at), *name = rx_tok(p, at + 1 + rx_is(p, at + 1, ":"));
    bool letter = token->kind == RX_TOKEN_WORD && !token->text[1] && name->kind == RX_TOKEN_WORD;
    if (!letter || !(token->flags & RX_TOKEN_CAPITALS) ||
        !(name->flags & RX_TOKEN_SPACED || token->flags & RX_TOKEN_STOPPED))
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

size_t rx_fluid_length(const rx_parser *p, size_t at) {
    static const char *const signs[] = {"@", "at", ":", "-", NULL};
    rx_found name = rx_find(p, at, RX_KIND(FLUID));
    size_t number = at + name.count + rx_is_one_of(p, at + name.count, signs);
    rx_amount amount = rx_read_amount(&p->tokens, number);
    rx_found unit =
        rx_find(p, number + amount.count, RX_KIND(UNIT) | RX_KIND(COUNT) | RX_KIND(PACK));
    if (!name.phrase || amount.count == 0 || !unit.phrase)
        return 0;
    static const char *const volumes[] = {"mL", "L", "{pint}", "{bottle}"};
    for (size_t i = 0; i < sizeof volumes / sizeof *volumes; i++)
        if (strcmp(unit.phrase->value, volumes[i]) == 0)
            return name.count;
    return 0;
}

/* "IV" of "IV Zyvarin 2 g" and "IV NS 500 ml": behind the way to inject a word that no table has and what it comes in. */
static bool injects_what_follows(const rx_parser *p, const rx_found *route, size_t name) {
    static const char *const ways[] = {"bolus", "push", "slow", "slowly", "drip", NULL};
    static const char *const injected[] = {"intravenous", "intramuscular", "subcutaneous"};
    bool injects = false;
    for (size_t i = 0; i < sizeof injected / sizeof *injected; i++)
        injects = injects || strcmp(route->phrase->value, injected[i]) == 0;
    if (!injects || rx_breaks_line(&p->tokens, name))
        return false;
    if (rx_fluid_length(p, name) > 0)
        return true;
    if (rx_find(p, name, RX_ANYTHING).phrase || rx_is_one_of(p, name, ways))
        return false;
    size_t length = rx_name_length(p, name), number = name + length;
    rx_amount amount = rx_read_amount(&p->tokens, number);
    rx_found unit = rx_find(p, number + amount.count, RX_KIND(UNIT));
    return length > 0 && amount.count > 0 && unit.phrase && strcmp(unit.phrase->value, "mL") != 0;
}

/* "RE" of "RE: Zyvarin QID", "BE Zyvarin BD": an eye or an ear, and a name. Two letters must be capitals: "re" is a word. */
static bool is_site_of_name(const rx_parser *p, size_t at, const rx_found *route) {
    const char *value = route->phrase->value;
    size_t behind = at + route->count, name = behind + rx_is(p, behind, ":");
    bool site = strstr(value, " eye") || strstr(value, " ear") || strcmp(value, "nasal") == 0;
    bool plain = !route->phrase->caution &&
                 (rx_tok(p, at)->text[1] == '\0' || /* "R/E" */
                  strlen(rx_tok(p, at)->text) > 2 || rx_tok(p, at)->flags & RX_TOKEN_CAPITALS);
    size_t length = rx_name_length(p, name), end = name + length;
    bool capital = isupper((unsigned char)p->tokens.source[rx_tok(p, name)->begin]);
    bool told = name > behind || rx_tok(p, end)->kind == RX_TOKEN_NUMBER ||
                rx_find(p, end, RX_ENDS_NAME).phrase;
    return site && plain && length > 0 && capital && told &&
           !rx_find(p, name, RX_ANYTHING).phrase && !rx_breaks_line(&p->tokens, name);
}

size_t rx_leading_route(const rx_parser *p, size_t at) {
    rx_found route = rx_find(p, at, RX_KIND(ROUTE));
    if (!route.phrase)
        return 0;
    bool leads =
        injects_what_follows(p, &route, at + route.count) || is_site_of_name(p, at, &route);
    return leads ? route.count : 0;
}

size_t rx_leading_dose(const rx_parser *p, size_t at) {
    enum { SHORTEST = 4 };
    rx_amount amount = rx_read_amount(&p->tokens, at);
    rx_found unit = rx_find_unit(p, at + amount.count, RX_KIND(COUNT) | RX_KIND(UNIT));
    if (amount.count == 0 || !unit.phrase || rx_is_mass(unit.phrase->value) ||
        strcmp(unit.phrase->value, "%") == 0)
        return 0;
    size_t behind = at + amount.count + unit.count, entry = behind + rx_is(p, behind, "of");
    const char *value = NULL, *caution = NULL;
    size_t form = rx_leading_form(p, entry, &value, &caution), name = entry + form;
    const rx_token *token = rx_tok(p, name);
    bool capital = isupper((unsigned char)p->tokens.source[token->begin]);
    bool named = token->kind == RX_TOKEN_WORD && capital && strlen(token->text) >= SHORTEST &&
                 !rx_find(p, name, RX_ANYTHING).phrase && rx_name_length(p, name) > 0;
    for (size_t i = at + 1; i <= name; i++)
        named = named && !rx_breaks_line(&p->tokens, i);
    return named ? entry - at : 0;
}

size_t rx_starts_dose(const rx_tokens *tokens) {
    const rx_parser p = {.tokens = *tokens};
    return rx_leading_dose(&p, rx_list_marker(tokens));
}

bool rx_starts_fluid(const rx_tokens *tokens) {
    const rx_parser p = {.tokens = *tokens};
    size_t at = rx_list_marker(tokens);
    at += rx_leading_route(&p, at);
    return rx_fluid_length(&p, at + rx_leading_strength(&p, at)) > 0;
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
    if (rx_tok(p, behind)->kind != RX_TOKEN_WORD && rx_leading_strength(p, behind) == 0 &&
        rx_name_length(p, behind) == 0)
        return 0;
    *value = form.phrase->value;
    *caution = form.phrase->caution;
    return form.count;
}
