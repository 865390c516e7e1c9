/* Keys and values. A line is cut at its keys ("Name: A. Rao  Age: 45  Sex: M  Date: 1/2/24"); each
 * value reaches to the next key. A key inside a line counts only with a colon, or where its value
 * has the right shape (a number for an age, a date for a date). The first value found stays. */
#include "rx/page_fields.h"

#include "rx/amounts.h"
#include "rx/dates.h"
#include "rx/misread.h"
#include "rx/review.h"

#include <stdio.h>
#include <string.h>

enum { MAX_DIAGNOSES = 64 };

#define KEYS                                                                       \
    (RX_KIND(KEY_NAME) | RX_KIND(KEY_AGE) | RX_KIND(KEY_SEX) | RX_KIND(KEY_DATE) | \
     RX_KIND(KEY_DOCTOR) | RX_KIND(KEY_DIAGNOSIS) | RX_KIND(KEY_COMPLAINT) | RX_KIND(KEY_OTHER))

typedef struct cutter {
    rx_prescription *page;
    const rx_source *line;
    const rx_tokens *tokens;
    pali_status status;
    pali_error *err;
} cutter;

static const rx_token *tok(const cutter *c, size_t i) {
    return rx_token_at(c->tokens, i);
}

static rx_text quote(cutter *c, size_t from, size_t to) {
    if (from >= to || to > c->tokens->count)
        return (rx_text){0};
    rx_text text = rx_quote(&c->page->arena, c->line, c->tokens->items[from].begin,
                            c->tokens->items[to - 1].end, c->err);
    if (!text.text)
        c->status = PALI_ERROR_MEMORY;
    return text;
}

static bool is_punctuation(const rx_token *token) {
    return token->kind == RX_TOKEN_SIGN && *token->text && strchr(":-=,;_.|/)", *token->text);
}

/* Whether the token at `i` ends a bracket that is opened behind `from`: "hypertension (I10)". */
static bool closes_bracket(const cutter *c, size_t from, size_t i) {
    bool open = false;
    for (size_t k = from; k < i; k++)
        open = rx_token_is(tok(c, k), "(") || (open && !rx_token_is(tok(c, k), ")"));
    return open && rx_token_is(tok(c, i), ")");
}

/* The tokens [*from, *to) without signs around them. */
static void trim(const cutter *c, size_t *from, size_t *to) {
    while (*from < *to && is_punctuation(tok(c, *from)))
        ++*from;
    while (*to > *from && is_punctuation(tok(c, *to - 1)) && !closes_bracket(c, *from, *to - 1))
        --*to;
}

static bool has_colon(const cutter *c, size_t i) {
    return rx_token_is(tok(c, i), ":") || rx_token_is(tok(c, i), "=") ||
           (rx_token_is(tok(c, i), "-") && tok(c, i + 1)->kind != RX_TOKEN_NUMBER);
}

/* Whether a word in small letters stands at token `i`, as no name is written. */
static bool begins_small(const cutter *c, size_t i) {
    char first = i < c->tokens->count ? c->line->text[tok(c, i)->begin] : '\0';
    return first >= 'a' && first <= 'z' && !rx_find_phrase(c->tokens, i, RX_KIND(HONORIFIC)).phrase;
}

/* The key that starts at token `i`, if what stands there is used as one. */
static rx_found find_key(const cutter *c, size_t i) {
    rx_found key = i == 0 ? rx_find_head(c->tokens, KEYS) : rx_find_phrase(c->tokens, i, KEYS);
    if (!key.phrase || i < rx_list_marker(c->tokens) || /* "Add Tab Zyvarin" is no address */
        rx_find_phrase(c->tokens, i, RX_KIND(HEADING_RX)).count > key.count)
        return (rx_found){0}; /* "Name of drug:" is no patient's */
    size_t behind = i + key.count;
    bool counts = i == 0 || has_colon(c, behind);
    switch (key.phrase->kind) {
    case RX_PHRASE_KEY_NAME: /* "Pt is on" */
        counts = has_colon(c, behind) || (counts && !begins_small(c, behind));
        break;
    case RX_PHRASE_KEY_AGE:
        counts |= tok(c, behind)->kind == RX_TOKEN_NUMBER;
        break;
    case RX_PHRASE_KEY_DATE:
    case RX_PHRASE_KEY_OTHER: /* "DOB 5/6/1970" */
        counts |= rx_read_date(c->tokens, behind).count > 0;
        break;
    case RX_PHRASE_KEY_SEX:
        counts |= rx_find_phrase(c->tokens, behind, RX_KIND(SEX)).phrase != NULL;
        break;
    case RX_PHRASE_KEY_DOCTOR:
        counts |= key.phrase->words[0] == 'd' && key.phrase->words[1] == 'r' &&
                  tok(c, i)->flags & RX_TOKEN_STOPPED;
        break;
    default:
        break;
    }
    return counts ? key : (rx_found){0};
}

/* ---- values ---- */

/* A part of an age: "45", "45 yrs", "6 m", "1½ y", "3/12" (months), "6/52" (weeks). */
typedef struct age_part {
    size_t count; /* tokens; 0: none */
    double value;
    const char *unit;    /* UCUM; NULL: none */
    bool bare_m;         /* its unit is an "m": of months, unless it is the sex */
    const char *caution; /* of its amount */
} age_part;

static age_part read_age_part(const cutter *c, size_t at) {
    static const struct {
        double under;
        const char *unit;
    } parts[] = {{12, "mo"}, {52, "wk"}, {7, "d"}};
    const rx_token *number = tok(c, at);
    rx_amount amount = rx_read_amount(c->tokens, at);
    if (number->kind != RX_TOKEN_NUMBER)
        return (age_part){0};
    for (size_t i = 0; i < 3 && rx_token_is(tok(c, at + 1), "/"); i++)
        if (tok(c, at + 2)->kind == RX_TOKEN_NUMBER && tok(c, at + 2)->value == parts[i].under)
            return (age_part){3, number->value, parts[i].unit, false, NULL};
    age_part part = {amount.count, amount.low, NULL, false, amount.caution};
    if (amount.low != amount.high || amount.count > 3 || rx_token_is(tok(c, at + 1), "-"))
        part = (age_part){1, number->value, NULL, false, NULL};
    size_t unit_at = at + part.count;
    rx_found span = rx_find_phrase(c->tokens, unit_at, RX_KIND(SPAN));
    part.bare_m = rx_token_is(tok(c, unit_at), "m");
    if (rx_token_is(tok(c, unit_at), "y") || part.bare_m)
        part.unit = part.bare_m ? "mo" : "a";
    else
        part.unit = span.phrase ? span.phrase->value : NULL;
    part.count += part.unit && !span.phrase ? 1 : span.count;
    return part;
}

/* The sex at token `i` or behind signs there, before `to`; where it begins in `*at`. */
static rx_found find_sex(const cutter *c, size_t i, size_t to, size_t *at) {
    while (i < to && (is_punctuation(tok(c, i)) || rx_token_is(tok(c, i), "old")))
        i++;
    *at = i;
    return i < to ? rx_find_phrase(c->tokens, i, RX_KIND(SEX)) : (rx_found){0};
}

/* "8 m": months where the sex or its key stands behind it; else the sex of a man, and for a child
 * one cannot tell. */
static void settle_m(cutter *c, age_part *age, size_t at, size_t to) {
    enum { MOST_MONTHS = 36 };
    size_t sex_at = 0, m = at + age->count - 1;
    bool told = find_sex(c, at + age->count, to, &sex_at).phrase ||
                rx_find_phrase(c->tokens, to, RX_KIND(KEY_SEX)).phrase;
    if (!age->bare_m || told)
        return;
    age->count--;
    age->unit = NULL;
    if (age->value > MOST_MONTHS || c->page->patient.age.written.text ||
        (tok(c, m)->flags & RX_TOKEN_CAPITALS && tok(c, m)->flags & RX_TOKEN_SPACED))
        return;
    static const char *const readings[] = {"months", "years, male", NULL};
    for (int i = 0; i < 2 && !c->status; i++)
        c->status = rx_review_add(
            &c->page->review, &c->page->arena,
            (rx_review){.code = RX_REVIEW_AMBIGUOUS_ABBREVIATION, .field = i ? "sex" : "age"},
            readings, c->err, "\"%g m\": months, or a man's years", age->value);
}

/* Years and months: "1 yr 6 m", "3y 4m", "1 8/12 yrs". */
static void add_months(const cutter *c, age_part *age, size_t at, size_t to) {
    age_part rest = read_age_part(c, at + age->count);
    bool years = !age->unit || strcmp(age->unit, "a") == 0;
    if (!years || rest.count == 0 || at + age->count >= to || !rest.unit ||
        strcmp(rest.unit, "mo") != 0 || (!age->unit && rest.count != 3))
        return;
    size_t end = at + age->count + rest.count;
    bool named = rx_find_phrase(c->tokens, end, RX_KIND(SPAN)).phrase != NULL;
    *age = (age_part){.count = age->count + rest.count + named,
                      .value = 12 * age->value + rest.value,
                      .unit = "mo"};
}

/* Age and sex at token `at`: "45", "45 yrs", "45/M", "45 Y M", "8 m / F". Returns the tokens covered. */
static size_t take_age(cutter *c, size_t at, size_t to, bool keyed) {
    rx_prescription *page = c->page;
    age_part age = at < to ? read_age_part(c, at) : (age_part){0};
    if (age.count == 0 || age.value > 130)
        return 0;
    add_months(c, &age, at, to);
    settle_m(c, &age, at, to);
    size_t end = at + age.count, sex_at = end;
    rx_found sex = find_sex(c, end, to, &sex_at);
    if (!keyed && !sex.phrase && !age.unit)
        return 0;
    if (!page->patient.age.written.text) {
        page->patient.age = (rx_quantity){.written = quote(c, at, end),
                                          .has_value = true,
                                          .value = age.value,
                                          .high = age.value,
                                          .unit = age.unit ? age.unit : "a"};
        if (age.caution && !c->status)
            c->status =
                rx_review_add(&page->review, &page->arena,
                              (rx_review){.code = RX_REVIEW_ERROR_PRONE_NOTATION, .field = "age"},
                              NULL, c->err, "\"%s\": a whole number and a fraction run together",
                              page->patient.age.written.text);
    }
    if (sex.phrase && !page->patient.sex.written.text)
        page->patient.sex = (rx_coded){quote(c, sex_at, sex_at + sex.count), sex.phrase->value};
    return sex.phrase ? sex_at + sex.count - at : age.count;
}

/* "(Mrs)" and "(Mrs.)", whose stop is part of the word, at token `i`; 0: none. */
static size_t bracketed_honorific(const cutter *c, size_t i) {
    rx_found honorific = rx_find_phrase(c->tokens, i + 1, RX_KIND(HONORIFIC));
    size_t end = i + 1 + honorific.count;
    bool whole = rx_token_is(tok(c, i), "(") && honorific.phrase && rx_token_is(tok(c, end), ")");
    return whole ? end + 1 - i : 0;
}

/* "S/o", "W/o": of whose family the person is. "C/o": at whose house, or a complaint. */
static bool is_kinship(const cutter *c, size_t i) {
    static const char *const words[] = {"s", "w", "d", "c", "h", "f", NULL};
    return rx_token_is_one_of(tok(c, i), words) && rx_token_is(tok(c, i + 1), "/") &&
           rx_token_is(tok(c, i + 2), "o");
}

/* "GMC 1234567", "Reg: 123": the number of a register. */
static bool is_register(const cutter *c, size_t i) {
    rx_found key = rx_find_phrase(c->tokens, i, RX_KIND(KEY_OTHER));
    size_t behind = i + key.count;
    return key.phrase && (tok(c, behind)->kind == RX_TOKEN_NUMBER || has_colon(c, behind));
}

/* A person's name in [from, to): up to the first number, degree, or bracket with something else than "(Mrs)". */
static size_t person_end(const cutter *c, size_t from, size_t to) {
    size_t i = from;
    for (; i < to; i++) {
        size_t honorific = bracketed_honorific(c, i);
        if (honorific > 0) {
            i += honorific - 1;
            continue;
        }
        const rx_token *token = tok(c, i);
        if (token->kind == RX_TOKEN_NUMBER ||
            (token->kind == RX_TOKEN_SIGN && i > from && !strchr("-'", *token->text)))
            break;
        if (i > from && (rx_find_phrase(c->tokens, i, RX_KIND(DEGREE)).phrase || is_kinship(c, i) ||
                         is_register(c, i)))
            break;
    }
    return i;
}

static void take_name(cutter *c, size_t from, size_t to) {
    trim(c, &from, &to);
    size_t end = person_end(c, from, to);
    if (end > from && !c->page->patient.name.text)
        c->page->patient.name = quote(c, from, end);
    while (end < to && !take_age(c, end, to, false))
        end++;
}

static void take_doctor(cutter *c, size_t key, size_t from, size_t to) {
    size_t first = from;
    trim(c, &first, &to);
    size_t end = person_end(c, first, to);
    bool title = rx_token_is(tok(c, key), "dr") && key + 1 == from;
    if (end > first && !c->page->prescriber.text)
        c->page->prescriber = quote(c, title ? key : first, end);
}

static void take_date(cutter *c, size_t at, size_t count, const rx_date *date) {
    rx_prescription *page = c->page;
    if (page->date.text)
        return;
    page->date = quote(c, at, at + count);
    if (c->status)
        return;
    if (!date->other[0]) {
        page->date_value = pali_arena_text(&page->arena, date->value, strlen(date->value), c->err);
        if (!page->date_value)
            c->status = PALI_ERROR_MEMORY;
        return;
    }
    const char *const readings[] = {date->value, date->other, NULL};
    c->status = rx_review_add(
        &page->review, &page->arena, (rx_review){.code = RX_REVIEW_AMBIGUOUS_DATE, .field = "date"},
        readings, c->err, "\"%s\": day and month may change places", page->date.text);
}

/* Whether the date at token `i` is another's than the visit's: "LMP 10/1/25", "Exp. 3.4.25". */
static bool is_of_another_day(const cutter *c, size_t i) {
    static const char *const words[] = {"lmp",  "edd", "edc",   "dob",  "birth",
                                        "born", "exp", "until", "till", "before"};
    while (i > 0 && (is_punctuation(tok(c, i - 1)) || rx_token_is(tok(c, i - 1), "on")))
        i--;
    for (size_t k = 0; i > 0 && k < sizeof words / sizeof *words; k++)
        if (rx_token_is(tok(c, i - 1), words[k]))
            return true;
    return false;
}

static void find_date(cutter *c, size_t from, size_t to) {
    for (size_t i = from; i < to && !c->page->date.text; i++) {
        rx_date date = rx_read_date(c->tokens, i);
        if (date.count > 0 && !is_of_another_day(c, i))
            take_date(c, i, date.count, &date);
        i += date.count > 0 ? date.count - 1 : 0;
    }
}

static pali_status continue_diagnosis(cutter *c, size_t first, size_t last) {
    rx_text *above = (rx_text *)(uintptr_t)&c->page->diagnoses[c->page->num_diagnoses - 1];
    rx_text rest = quote(c, first, last);
    if (c->status)
        return c->status;
    size_t size = strlen(above->text) + 1 + strlen(rest.text);
    char *text = pali_arena_alloc(&c->page->arena, size + 1, 1, "a diagnosis", c->err);
    if (!text)
        return PALI_ERROR_MEMORY;
    snprintf(text, size + 1, "%s %s", above->text, rest.text);
    above->text = text;
    above->confidence *= rest.confidence; /* as if they stood on one line: rx_quote */
    return PALI_OK;
}

pali_status rx_append_diagnosis(rx_prescription *page, rx_text diagnosis, pali_error *err) {
    rx_text *grown =
        pali_arena_alloc(&page->arena, page->num_diagnoses + 1, sizeof *grown, "diagnoses", err);
    if (!grown)
        return PALI_ERROR_MEMORY;
    if (page->num_diagnoses)
        memcpy(grown, page->diagnoses, page->num_diagnoses * sizeof *grown);
    grown[page->num_diagnoses++] = diagnosis;
    page->diagnoses = grown;
    return PALI_OK;
}

static pali_status add_diagnosis(cutter *c, size_t first, size_t last, rx_diagnosis_head head) {
    rx_prescription *page = c->page;
    rx_text diagnosis = quote(c, first, last);
    if (c->status)
        return c->status;
    pali_status status = rx_append_diagnosis(page, diagnosis, c->err);
    if (status || head == RX_HEAD_DIAGNOSIS || head == RX_HEAD_CONTINUED)
        return status;
    return rx_review_add(&page->review, &page->arena,
                         (rx_review){.code = RX_REVIEW_DIAGNOSIS_OR_COMPLAINT,
                                     .field = "diagnoses",
                                     .item = page->num_diagnoses},
                         NULL, c->err, "\"%s\" is not headed as a diagnosis: it may be a complaint",
                         diagnosis.text);
}

bool rx_is_separator(const rx_tokens *tokens, size_t i) {
    static const char *const ends[] = {",", ";", "+", "&", "and", "with"};
    const rx_token *token = rx_token_at(tokens, i);
    if (rx_token_is(token, "+") && rx_token_is(rx_token_at(tokens, i + 1), "ve"))
        return false;
    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
        if (rx_token_is(token, ends[k]))
            return true;
    return false;
}

/* Narrows [*first, *last) to a disease that the table knows; false if it knows none. */
static bool find_disease(const rx_tokens *tokens, size_t *first, size_t *last) {
    bool found = false;
    for (size_t k = *first; k < *last; k++) {
        rx_found disease = rx_find_phrase(tokens, k, RX_KIND(DISEASE));
        if (disease.phrase) {
            found = true;
            *first = k;
            *last = k + disease.count;
        }
    }
    return found;
}

/* Where the treatment of a disease begins in [from, to): "HTN on Tab Zyvarin 5 OD". */
static size_t treatment_start(const rx_tokens *tokens, size_t from, size_t to) {
    for (size_t i = from + 1; i < to; i++) {
        rx_found form = rx_find_phrase(tokens, i + 1, RX_KIND(FORM));
        bool entry = form.phrase && i + 1 + form.count < to &&
                     rx_token_at(tokens, i + 1 + form.count)->kind == RX_TOKEN_WORD;
        if (rx_token_is(rx_token_at(tokens, i), "on") && entry)
            return i;
    }
    return to;
}

pali_status rx_take_diagnoses(rx_prescription *page, const rx_source *line, const rx_tokens *tokens,
                              size_t from, size_t to, rx_diagnosis_head head, pali_error *err) {
    cutter c = {page, line, tokens, PALI_OK, err};
    pali_status status = PALI_OK;
    to = treatment_start(tokens, from, to);
    for (size_t i = from, end; i < to && page->num_diagnoses < MAX_DIAGNOSES && !status;
         i = end + 1) {
        for (end = i; end < to && !rx_is_separator(tokens, end);)
            end++;
        size_t first = i, last = end;
        trim(&c, &first, &last);
        if (head == RX_HEAD_COMPLAINT && !find_disease(tokens, &first, &last))
            continue;
        if (first >= last)
            continue;
        if (head == RX_HEAD_CONTINUED && i == from)
            status = continue_diagnosis(&c, first, last);
        else
            status = add_diagnosis(&c, first, last, head);
    }
    return status;
}

/* ---- lines ---- */

static void take_value(cutter *c, const rx_phrase *key, size_t key_at, size_t from, size_t to) {
    size_t first = from, last = to;
    trim(c, &first, &last);
    switch (key->kind) {
    case RX_PHRASE_KEY_NAME:
        take_name(c, from, to);
        break;
    case RX_PHRASE_KEY_AGE:
        take_age(c, first, last, true);
        break;
    case RX_PHRASE_KEY_SEX: {
        rx_found sex = rx_find_phrase(c->tokens, first, RX_KIND(SEX));
        if (sex.phrase && first < last && !c->page->patient.sex.written.text)
            c->page->patient.sex =
                (rx_coded){quote(c, first, first + sex.count), sex.phrase->value};
        break;
    }
    case RX_PHRASE_KEY_DATE:
        find_date(c, first, last);
        break;
    case RX_PHRASE_KEY_DOCTOR:
        take_doctor(c, key_at, from, to);
        break;
    case RX_PHRASE_KEY_DIAGNOSIS:
        c->status =
            rx_take_diagnoses(c->page, c->line, c->tokens, first, last, RX_HEAD_DIAGNOSIS, c->err);
        break;
    case RX_PHRASE_KEY_COMPLAINT:
        c->status =
            rx_take_diagnoses(c->page, c->line, c->tokens, first, last, RX_HEAD_COMPLAINT, c->err);
        break;
    default:
        break;
    }
}

pali_status rx_take_page_fields(rx_prescription *page, const rx_source *line,
                                const rx_tokens *tokens, bool *keyed, pali_error *err) {
    cutter c = {page, line, tokens, PALI_OK, err};
    size_t count = tokens->count;
    size_t at = rx_token_is(tok(&c, 0), "for"); /* "For: Mr Singh 54 M" */
    at += at && rx_token_is(tok(&c, at), ":");
    rx_found key = find_key(&c, 0), honorific = rx_find_phrase(tokens, at, RX_KIND(HONORIFIC));
    if (tok(&c, at + honorific.count)->kind != RX_TOKEN_WORD) /* "MS (Ophthal)" */
        honorific.phrase = NULL;
    *keyed = key.phrase != NULL || honorific.phrase != NULL;
    if (!key.phrase && honorific.phrase) {
        size_t end = at;
        while (end < count && !find_key(&c, end).phrase)
            end++;
        take_name(&c, at, end);
        at = end;
    } else {
        at = 0;
    }
    for (; at < count && !c.status; at++) {
        key = find_key(&c, at);
        if (!key.phrase)
            continue;
        size_t from = at + key.count, to = from;
        bool whole = key.phrase->kind == RX_PHRASE_KEY_DIAGNOSIS ||
                     key.phrase->kind == RX_PHRASE_KEY_COMPLAINT;
        while (to < count && (whole || !find_key(&c, to).phrase))
            to++;
        take_value(&c, key.phrase, at, from, to);
        at = to - 1;
    }
    return c.status;
}

pali_status rx_take_loose_date(rx_prescription *page, const rx_source *line,
                               const rx_tokens *tokens, pali_error *err) {
    cutter c = {page, line, tokens, PALI_OK, err};
    for (size_t i = 0; i < tokens->count; i++)
        if (rx_find_phrase(tokens, i, RX_KIND(KEY_OTHER) | RX_KIND(ADVICE)).phrase)
            return PALI_OK;
    find_date(&c, 0, tokens->count);
    return c.status;
}

/* ---- people without a key ---- */

/* Whether the first `count` tokens are a person's name: one to four capitalised words, initials among
 * them, none of which means something else on a page. */
static bool is_person(const rx_tokens *tokens, size_t count) {
    const uint64_t others = KEYS | RX_KIND(PLACE) | RX_KIND(DEGREE) | RX_KIND(TEST) |
                            RX_KIND(ADVICE) | RX_KIND(VITAL) | RX_KIND(HEADING_RX) |
                            RX_KIND(HEADING_TESTS) | RX_KIND(HEADING_ADVICE) | RX_KIND(DISEASE) |
                            RX_KIND(SYMPTOM) | RX_KIND(FORM);
    size_t words = 0, longest = 0;
    for (size_t i = 0; i < count; i++) {
        const rx_token *token = &tokens->items[i];
        bool title = i == 0 && rx_token_is(token, "dr");
        if (token->kind != RX_TOKEN_WORD) {
            if (!rx_token_is(token, "-") && !rx_token_is(token, "'"))
                return false;
            continue;
        }
        char first = tokens->source[token->begin];
        size_t size = strlen(token->text);
        if (!(first >= 'A' && first <= 'Z') ||
            (!title && size > 1 && rx_find_phrase(tokens, i, others).phrase))
            return false;
        words++;
        longest = size > longest ? size : longest;
    }
    return words >= 1 && words <= 4 && longest >= 3;
}

/* Where a comma and a degree begin behind other words ("Amy Chen, M.D."); all tokens where none do. */
static size_t find_degree(const rx_tokens *tokens) {
    for (size_t i = 1; i + 1 < tokens->count; i++)
        if (rx_token_is(&tokens->items[i], ",") &&
            rx_find_phrase(tokens, i + 1, RX_KIND(DEGREE)).phrase)
            return i;
    return tokens->count;
}

/* Where a key of the patient's age, sex or visit begins; all tokens where none does. */
static size_t find_visit(const rx_tokens *tokens) {
    for (size_t i = 0; i < tokens->count; i++)
        if (rx_find_phrase(tokens, i, RX_KIND(KEY_AGE) | RX_KIND(KEY_SEX) | RX_KIND(KEY_DATE))
                .phrase)
            return i;
    return tokens->count;
}

typedef struct page_line {
    rx_source source;
    rx_tokens tokens;
    size_t name_end;      /* of the person, in bytes */
    bool person, degrees; /* it is one; it begins with a degree */
    bool doctor, patient; /* the person has a title or degrees; a key of the visit stands behind */
    bool date, visit;     /* it is one; it begins with such a key */
} page_line;

static pali_status look_at(page_line *out, rx_prescription *page, size_t i, pali_error *err) {
    const rx_line *line = &page->lines[i];
    *out = (page_line){.source = {line->text, line->confidence, strlen(line->text)}};
    pali_status status =
        rx_tokenize(&out->tokens, &page->arena, out->source.text, out->source.size, err);
    if (status || line->struck_out || out->tokens.count == 0)
        return status;
    size_t count = out->tokens.count, degree = find_degree(&out->tokens),
           visit = find_visit(&out->tokens), end = degree < visit ? degree : visit;
    out->person = end > 0 && is_person(&out->tokens, end);
    out->name_end = out->person ? out->tokens.items[end - 1].end : 0;
    out->doctor = out->person && (degree < visit || rx_token_is(&out->tokens.items[0], "dr"));
    out->patient = out->person && visit < count && !out->doctor;
    out->visit = visit == 0;
    out->degrees = rx_find_phrase(&out->tokens, 0, RX_KIND(DEGREE)).phrase != NULL;
    out->date = rx_read_date(&out->tokens, 0).count == count;
    return status;
}

static void take_person(rx_text *field, rx_prescription *page, const page_line *line,
                        pali_status *status, pali_error *err) {
    if (field->text || !line->person || *status)
        return;
    *field = rx_quote(&page->arena, &line->source, 0, line->name_end, err);
    if (!field->text)
        *status = PALI_ERROR_MEMORY;
}

static void take_patient(rx_prescription *page, const page_line *line, pali_status *status,
                         pali_error *err) {
    if (!line->doctor)
        take_person(&page->patient.name, page, line, status, err);
}

static void take_prescriber(rx_prescription *page, const page_line *line, pali_status *status,
                            pali_error *err) {
    if (!line->patient)
        take_person(&page->prescriber, page, line, status, err);
}

pali_status rx_take_people(rx_prescription *page, size_t num_lines, pali_error *err) {
    page_line before[3] = {0}; /* the nearest first */
    pali_status status = PALI_OK;
    for (size_t i = 0; i < num_lines && !status; i++) {
        page_line line;
        status = look_at(&line, page, i, err);
        if (line.doctor)
            take_prescriber(page, &line, &status, err);
        if (line.patient)
            take_patient(page, &line, &status, err);
        for (size_t k = 0; k < 3 && line.degrees && !page->prescriber.text; k++)
            take_prescriber(page, &before[k], &status, err);
        if (line.date || line.visit) /* the key of the name is missing, or could not be read */
            take_patient(page, &before[0], &status, err);
        if (line.date)
            take_prescriber(page, &before[1], &status, err);
        if (line.tokens.count == 0)
            continue;
        before[2] = before[1];
        before[1] = before[0];
        before[0] = line;
    }
    return status;
}
