/* What decides against a medicine: the words that a line starts with, a key and its value, how long
 * something has been so. Form, strength and directions speak for one. */
#include "rx/no_medicine.h"

#include "rx/directions_parser.h"
#include "rx/misread.h"
#include "rx/phrases.h"
#include "rx/units.h"

#include <string.h>

/* "If rash stop Tab Zyvarin 5 mg". */
static bool stops_on_condition(const rx_tokens *tokens) {
    static const char *const words[] = {"if", "when", NULL};
    bool stops = false, form = false;
    for (size_t i = 1; i < tokens->count; i++) {
        form = form || (stops && rx_find_phrase(tokens, i, RX_KIND(FORM)).phrase);
        stops = stops || rx_find_phrase(tokens, i, RX_KIND(STOP)).phrase;
    }
    return form && rx_token_is_one_of(rx_token_at(tokens, rx_list_marker(tokens)), words);
}

bool rx_starts_otherwise(const rx_tokens *tokens) {
    const uint64_t kinds = RX_KIND(TEST) | RX_KIND(ADVICE) | RX_KIND(VITAL) |
                           RX_KIND(KEY_COMPLAINT) | RX_KIND(KEY_DOCTOR);
    return rx_find_phrase(tokens, rx_list_marker(tokens), kinds).phrase ||
           stops_on_condition(tokens);
}

/* "Rest", "Other days" at the start of a line. */
static bool starts_with_other_days(const rx_tokens *tokens) {
    static const char *const words[] = {"rest", "other", "others", "remaining", NULL};
    return rx_token_is_one_of(rx_token_at(tokens, 0), words);
}

/* "Mon 5 Tue 5 Wed 2.5": days with so many each, at least two. */
static bool counts_on_days(const rx_tokens *tokens) {
    static const char *const hours[] = {"am", "pm", ":", "-", "to", NULL};
    int days = 0;
    for (size_t i = 0; i + 1 < tokens->count; i++)
        days += rx_weekday(rx_token_at(tokens, i)) >= 0 &&
                rx_token_at(tokens, i + 1)->kind == RX_TOKEN_NUMBER &&
                !rx_token_is_one_of(rx_token_at(tokens, i + 2), hours);
    return days >= 2 && rx_weekday(rx_token_at(tokens, 0)) >= 0;
}

/* "Thu & Sun", "every Monday": days and nothing else, no "Mon - Sat", nor a day alone, which may be the next visit's. */
static bool names_days(const rx_tokens *tokens) {
    static const char *const joints[] = {"&", "and", ",", "/", "+", NULL}, *const words[] = {
                                                                               "every", "only",
                                                                               "on", NULL};
    size_t days = 0, told = 0;
    for (size_t i = 0; i < tokens->count; i++) {
        const rx_token *token = rx_token_at(tokens, i);
        bool day = rx_weekday(token) >= 0, word = rx_token_is_one_of(token, words);
        if (!day && !word && !rx_token_is_one_of(token, joints))
            return false;
        days += day;
        told += word;
    }
    return days > 1 || (days == 1 && told > 0);
}

/* A clinic's hours have days, too, but no tablets. What is left of a week may be taken for a name. */
bool rx_goes_by_days(const rx_medicine *m, const rx_tokens *tokens) {
    const char *unit = m->dose.unit;
    bool taken = unit && (rx_is_mass(unit) || unit[0] == '{' || strcmp(unit, "mL") == 0);
    bool except =
        rx_token_is(rx_token_at(tokens, 0), "except") && rx_weekday(rx_token_at(tokens, 1)) >= 0;
    bool day = rx_weekday(rx_token_at(tokens, 0)) >= 0 && !m->name.written.text;
    return except || names_days(tokens) || counts_on_days(tokens) ||
           (taken && (day || starts_with_other_days(tokens)));
}

bool rx_has_strength(const rx_medicine *m) {
    return m->strength.unit || m->strength.num_parts;
}

/* A name alone on its line may be like a place: what is misread needs its colon. */
static bool is_misread_place(const rx_tokens *tokens) {
    rx_found head = rx_find_head(tokens, RX_KIND(PLACE));
    return head.phrase && rx_token_is(rx_token_at(tokens, head.count), ":");
}

/* "MD" also ends the names of tablets that melt in the mouth, so that it says nothing where form
 * and strength, or directions, are beside it. */
bool rx_is_of_letterhead(const rx_medicine *m, const rx_tokens *tokens, bool misread) {
    bool form = m->form.written.text != NULL, strength = rx_has_strength(m);
    bool place = misread && !strength && is_misread_place(tokens);
    for (size_t i = rx_list_marker(tokens); i < tokens->count && !place; i++)
        place = rx_find_phrase(tokens, i, RX_KIND(PLACE) | RX_KIND(DEGREE)).phrase != NULL;
    bool directed = m->frequency.written.text || m->dose.written.text;
    return place && !(m->name.written.text && form + strength + directed >= 2);
}

bool rx_is_of_patient(const rx_medicine *m, const rx_tokens *tokens) {
    const uint64_t keys = RX_KIND(KEY_AGE) | RX_KIND(KEY_SEX) | RX_KIND(KEY_DATE);
    bool key = false;
    for (size_t i = 0; i < tokens->count && !key; i++) {
        rx_found found = rx_find_phrase(tokens, i, keys);
        key = found.phrase && rx_token_is(rx_token_at(tokens, i + found.count), ":");
    }
    return key && !m->form.written.text && !m->strength.unit;
}

/* Where a complaint's words end: before its duration or what else is said of it. */
static size_t complaint_end(const rx_tokens *tokens, size_t at) {
    static const char *const words[] = {"x", "since", "for", "at", "on", "in", "of", NULL};
    while (rx_token_at(tokens, at)->kind == RX_TOKEN_WORD &&
           !rx_token_is_one_of(rx_token_at(tokens, at), words))
        at++;
    return at;
}

/* Whether "since" or "c/o" stands on the line: no direction says either. */
static bool complains(const rx_tokens *tokens) {
    for (size_t i = 0; i < tokens->count; i++) {
        rx_found key = rx_find_phrase(tokens, i, RX_KIND(KEY_COMPLAINT));
        if (rx_token_is(rx_token_at(tokens, i), "since") ||
            (key.phrase && strcmp(key.phrase->words, "c / o") == 0))
            return true;
    }
    return false;
}

bool rx_is_complaint(const rx_medicine *m, const rx_tokens *tokens, bool misread) {
    const uint64_t kinds = RX_KIND(SYMPTOM) | RX_KIND(COMPLAINT) | RX_KIND(DISEASE);
    size_t start = rx_list_marker(tokens);
    bool form_first = rx_find_phrase(tokens, start, RX_KIND(FORM)).phrase != NULL;
    if (!form_first && !m->strength.unit && complains(tokens))
        return true;
    bool often = m->frequency.written.text &&
                 (!m->frequency.when || m->frequency.num_slots > 0 || m->frequency.per_day > 1);
    bool directed =
        often || m->dose.written.text || m->quantity.written.text || m->route.written.text;
    if (m->form.written.text || rx_has_strength(m) || directed)
        return false;
    return rx_find_phrase(tokens, start, kinds).phrase ||
           (misread && m->duration.written.text &&
            rx_find_misread(tokens, start, complaint_end(tokens, start), kinds).phrase);
}

bool rx_is_no_name(const rx_medicine *m, const rx_tokens *tokens) {
    const char *name = m->name.written.text;
    if (!name || m->form.written.text || rx_has_strength(m) || m->dose.written.text ||
        m->frequency.written.text || rx_list_marker(tokens) > 0)
        return false;
    rx_found sex = rx_find_phrase(tokens, 0, RX_KIND(SEX));
    size_t size = strlen(name);
    return size == 1 ||
           (sex.phrase &&
            rx_token_at(tokens, sex.count - 1)->end - rx_token_at(tokens, 0)->begin == size);
}

/* Whether "/dl", "ng/ml", "mmol/l" or "mg%" stands behind the number at `i`: what is found in blood, of which no medicine
 * is made. */
static bool is_of_blood(const rx_tokens *tokens, size_t i) {
    static const char *const units[][2] = {
        {"ng", "ml"},  {"pg", "ml"},  {"uiu", "ml"}, {"miu", "ml"}, {"ng", "l"},  {"pg", "l"},
        {"uiu", "l"},  {"miu", "l"},  {"iu", "l"},   {"u", "l"},    {"mg", "l"},  {"g", "l"},
        {"mmol", "l"}, {"umol", "l"}, {"nmol", "l"}, {"pmol", "l"}, {"meq", "l"},
    };
    const rx_token *unit = rx_token_at(tokens, i + 1), *in = rx_token_at(tokens, i + 3);
    if (rx_token_at(tokens, i)->kind != RX_TOKEN_NUMBER || unit->kind != RX_TOKEN_WORD)
        return false;
    if (!rx_token_is(rx_token_at(tokens, i + 2), "/"))
        return rx_token_is(unit, "mg") && rx_token_is(rx_token_at(tokens, i + 2), "%");
    for (size_t k = 0; k < sizeof units / sizeof *units; k++)
        if (rx_token_is(unit, units[k][0]) && rx_token_is(in, units[k][1]))
            return true;
    return rx_token_is(in, "dl");
}

/* "BP-159/94", "HbA1c: 7.6" behind the first word of a line: a sign or a test with its value. */
static bool is_sign_with_value(const rx_tokens *tokens, size_t i) {
    size_t to = i + rx_find_phrase(tokens, i, RX_KIND(TEST) | RX_KIND(VITAL)).count;
    if (to == i || i == 0)
        return false;
    while (rx_token_is(rx_token_at(tokens, to), ":") || rx_token_is(rx_token_at(tokens, to), "-") ||
           rx_token_is(rx_token_at(tokens, to), "="))
        to++;
    return rx_token_at(tokens, to)->kind == RX_TOKEN_NUMBER;
}

bool rx_is_measured_value(const rx_medicine *m, const rx_tokens *tokens) {
    bool directed = m->frequency.written.text || m->dose.unit || m->as_needed ||
                    m->duration.written.text || m->route.written.text;
    bool weighed = m->strength.unit && rx_is_mass(m->strength.unit);
    for (size_t i = 0; !m->form.written.text && !directed && i < tokens->count; i++)
        if (is_of_blood(tokens, i) || (!weighed && is_sign_with_value(tokens, i)))
            return true;
    return false;
}
