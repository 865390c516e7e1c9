/* What marks an entry before the medicine itself: the number or letter of a list, an arrow, a ditto mark, what is done with it
 * ("Start", "Change to"), when ("If pain"). A sign that nothing is to be read from is passed over with it. */
#include "rx/dates.h"
#include "rx/directions_parser.h"
#include "rx/units.h"

#include <ctype.h>
#include <string.h>

enum { MAX_ENTRIES = 40 }; /* that a list may have */

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

/* "2 tabs Zyvarin BD": so many of what stands in the plural before a name are taken. */
static bool counts_form(const rx_parser *p, size_t number) {
    static const char *const one[] = {"drops", "drps", "gtts",
                                      NULL}; /* "2 Drops Zyvarin" may be an entry */
    const char *form = rx_tok(p, number + 1)->text;
    bool many = strlen(form) > 3 && form[strlen(form) - 1] == 's';
    return many && rx_tok(p, number)->value > 1 && !rx_is_one_of(p, number + 1, one) &&
           rx_leading_dose(p, number) > 0;
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
    if (counts_form(p, i))
        return 0;
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

/* A ditto mark before an entry: the form of the line above; tokens. */
static size_t ditto(const rx_parser *p, size_t at) {
    size_t count = rx_is(p, at, "\"") ? 1 : rx_is(p, at, ",") && rx_is(p, at + 1, ",") ? 2 : 0;
    return count > 0 && entry_starts(p, at + count) ? count : 0;
}

/* "Eye: Zyvarin QID", "Skin: Zyvarin cream": where it goes, without a side; "Insulin: Zyvarin 16 units"; tokens. */
static size_t place_of_entry(const rx_parser *p, size_t at) {
    static const char *const places[] = {"eye",   "eyes",  "ear",   "ears",    "nose",
                                         "nasal", "skin",  "face",  "scalp",   "mouth",
                                         "oral",  "local", "nails", "insulin", NULL};
    return rx_is_one_of(p, at, places) && rx_is(p, at + 1, ":") && entry_starts(p, at + 2) ? 2 : 0;
}

/* "40 BD" of "Increase Zyvarin to 40 BD", "50 -> 25 BD": a number without a unit that is changed, and how often. */
static bool is_changed_number(const rx_parser *p, size_t verb, size_t behind) {
    static const char *const changes[] = {"increase", "reduce", "decrease", NULL};
    bool arrow = (rx_is(p, behind, "-") && rx_is(p, behind + 1, ">")) ||
                 rx_find(p, behind, RX_KIND(THEN)).phrase;
    return rx_is_one_of(p, verb, changes) && (arrow || rx_starts_frequency(p, behind));
}

/* "Start Tab Zyvarin", "Give zyvarin 500 mg", "Increase Zyvarin to 40 BD": what is done with the entry behind it; tokens, 0
 * where no form with a name and no strength shows that one is there ("Take tablet whole"). */
static size_t verb(const rx_parser *p, size_t at) {
    static const char *const verbs[] = {"start",  "add",      "give",    "begin", "resume",
                                        "repeat", "take",     "restart", "rpt",   "increase",
                                        "reduce", "decrease", NULL},
                             *const joints[] = {"to", "from", NULL};
    const char *value, *caution;
    if (!rx_is_one_of(p, at, verbs))
        return 0;
    size_t form = rx_leading_form(p, at + 1, &value, &caution), name = at + 1 + form;
    size_t length = rx_name_length(p, name), behind = name + length;
    behind += rx_is_one_of(p, behind, joints);
    rx_amount amount = rx_read_amount(&p->tokens, behind);
    rx_found unit = rx_find(p, behind + amount.count, RX_KIND(UNIT));
    bool measured = amount.count > 0 && unit.phrase && rx_is_mass(unit.phrase->value);
    bool capital = isupper((unsigned char)p->tokens.source[rx_tok(p, name)->begin]);
    bool changed = capital && amount.count > 0 && is_changed_number(p, at, behind + amount.count);
    return length > 0 && (measured || changed || (form > 0 && capital)) ? 1 : 0;
}

/* A verb or a word that leads from a condition to what is taken then. */
static bool leads_on(const rx_parser *p, size_t i) {
    static const char *const words[] = {"take", "give", "use", "add", "start", "then", NULL};
    return rx_is_one_of(p, i, words);
}

/* Whether "take Zyvarin 650" stands at `at`: a capital and a number show that it is no advice. */
static bool takes_name(const rx_parser *p, size_t at) {
    size_t length = rx_name_length(p, at + 1);
    return leads_on(p, at) && length > 0 &&
           isupper((unsigned char)p->tokens.source[rx_tok(p, at + 1)->begin]) &&
           rx_tok(p, at + 1 + length)->kind == RX_TOKEN_NUMBER;
}

/* Whether an entry that may be taken stands at `at`, behind a verb or not: a form and a name that begins with a capital. */
static bool formed_entry(const rx_parser *p, size_t at) {
    const char *value, *caution;
    size_t form = at + leads_on(p, at);
    size_t name = form + rx_leading_form(p, form, &value, &caution);
    bool capital = isupper((unsigned char)p->tokens.source[rx_tok(p, name)->begin]);
    return name > form && capital && rx_name_length(p, name) > 0;
}

size_t rx_leading_condition(const rx_parser *p, size_t at) {
    static const char *const words[] = {"if", "for", "when", "in", NULL};
    enum { LONGEST = 8 };
    if (!rx_is_one_of(p, at, words) || (rx_is(p, at, "in") && !rx_is(p, at + 1, "case")) ||
        rx_starts_duration(p, at)) /* "For 5 days: Tab Zyvarin" */
        return 0;
    for (size_t i = at + 1; i < at + LONGEST && i < p->tokens.count; i++) {
        bool sign = rx_is(p, i, ":") || rx_is(p, i, ",") || rx_is(p, i, "-");
        size_t entry = i + sign;
        if (rx_breaks_line(&p->tokens, i) || rx_breaks_line(&p->tokens, entry) ||
            rx_find(p, i, RX_KIND(STOP) | RX_KIND(FREQUENCY)).phrase)
            return 0;
        if (i > at + 1 && (formed_entry(p, entry) || takes_name(p, entry)))
            return i - at;
    }
    return 0;
}

/* What stands between a condition and the entry: a sign, a verb. */
static size_t behind_condition(const rx_parser *p, size_t at) {
    static const char *const signs[] = {":", ",", "-", NULL};
    size_t i = at;
    while (rx_is_one_of(p, i, signs) || leads_on(p, i))
        i++;
    return i - at;
}

/* "Please" before such a verb; tokens. */
static size_t politeness(const rx_parser *p, size_t at) {
    static const char *const words[] = {"please", "kindly", "pls", NULL};
    return rx_is_one_of(p, at, words) && verb(p, at + 1) > 0 ? 1 : 0;
}

/* "A: Tab Zyvarin", "b) Cap Zyvarin": a letter that counts the entries; tokens. */
static size_t counting_letter(const rx_parser *p, size_t at) {
    const char *letter = rx_tok(p, at)->text;
    bool mark = rx_tok(p, at)->kind == RX_TOKEN_WORD && letter[0] >= 'a' && letter[0] <= 'h' &&
                !letter[1] && (rx_is(p, at + 1, ":") || rx_is(p, at + 1, ")"));
    return mark && formed_entry(p, at + 2) ? 2 : 0;
}

/* "Shift to oral Tab Zyvarin", "Change to Zyvarin 20 mg": to what is changed; tokens. */
static size_t change(const rx_parser *p, size_t at) {
    static const char *const verbs[] = {"shift", "switch", "change", "convert", NULL};
    if (!rx_is_one_of(p, at, verbs) || !rx_is(p, at + 1, "to"))
        return 0;
    size_t entry = at + 2 + rx_is(p, at + 2, "oral");
    rx_found unit = rx_find(p, entry + rx_name_length(p, entry) + 1, RX_KIND(UNIT));
    bool measured = isupper((unsigned char)p->tokens.source[rx_tok(p, entry)->begin]) &&
                    unit.phrase && rx_is_mass(unit.phrase->value);
    return formed_entry(p, entry) || measured ? entry - at : 0;
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
        i += politeness(&p, i);
        i += verb(&p, i);
        i += change(&p, i);
        i += counting_letter(&p, i);
        i += ditto(&p, i);
        i += place_of_entry(&p, i);
        size_t condition = rx_leading_condition(&p, i);
        i += condition > 0 ? condition + behind_condition(&p, i + condition) : 0;
        if (i == start)
            return i;
    }
}

bool rx_is_list_number(const rx_tokens *tokens) {
    const rx_token *number = rx_token_at(tokens, 0);
    char behind = tokens->folded.text[number->at + strlen(number->text)];
    return rx_list_marker(tokens) > 0 && number->kind == RX_TOKEN_NUMBER && behind &&
           strchr(".):,", behind);
}
