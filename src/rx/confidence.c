/* Every field of a page in turn. Alternatives come from the places where the model hesitated: the
 * field's text with the runner-up of one token in its place, likeliest first. */
#include "rx/confidence.h"

#include "rx/places.h"
#include "rx/review.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MAX_ALTERNATIVES = 3, ALTERNATIVE_SIZE = 128 };

/* A measured probability below this is no reading. */
static const double least_readable = 0.1;

typedef struct applier {
    rx_prescription *page;
    const rx_calibration *calibration;
    const rx_choices *choices;
    float sureness;              /* of the page */
    const rx_medicine *medicine; /* whose fields are looked at; NULL: those of the page */
    rx_reviews *reviews;
    size_t item; /* the diagnosis that is looked at, from 1 on; or 0 */
    pali_error *err;
} applier;

/* ---- alternatives ---- */

/* The line that holds the field's text, and where in it; SIZE_MAX if none does. */
static size_t find_line(const applier *a, const char *text, size_t *at) {
    const char *within = !a->medicine ? NULL : a->medicine->line.text ? a->medicine->line.text : "";
    return rx_line_with(a->page->lines, a->page->num_lines, within, text, at);
}

/* Takes out all but one of the blanks that stand together. */
static void squeeze(char *text) {
    char *to = text;
    for (const char *from = text; *from; from++)
        if (*from != ' ' || (to > text && to[-1] != ' '))
            *to++ = *from;
    *to = '\0';
}

/* The text with one choice made the other way; false if that is nothing, the same but for case, or too long. */
static bool replace(char out[ALTERNATIVE_SIZE], const char *text, size_t at,
                    const rx_choice *choice) {
    size_t from = choice->at - at, behind = from + choice->size;
    const char *rest = choice->other[0] && behind < strlen(text) ? text + behind : "";
    int used = snprintf(out, ALTERNATIVE_SIZE, "%.*s%s%s", (int)from, text, choice->other, rest);
    if (used <= 0 || used >= ALTERNATIVE_SIZE)
        return false;
    squeeze(out);
    return strcasecmp(out, text) != 0;
}

static bool is_among(const char *const *texts, size_t count, const char *text) {
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(texts[i], text) == 0)
            return true;
    return false;
}

/* Each once; ends with NULL; pointers into `room`. */
static void find_alternatives(const applier *a, const char *text,
                              char room[MAX_ALTERNATIVES][ALTERNATIVE_SIZE],
                              const char *out[MAX_ALTERNATIVES + 1]) {
    size_t at = 0, line = a->choices ? find_line(a, text, &at) : SIZE_MAX, count = 0;
    float last = 2;
    while (line != SIZE_MAX && count < MAX_ALTERNATIVES) {
        const rx_choice *best = NULL;
        for (size_t i = 0; i < a->choices[line].count; i++) {
            const rx_choice *c = &a->choices[line].items[i];
            bool inside = c->at >= at && c->at < at + strlen(text);
            if (inside && c->other_probability < last &&
                (!best || c->other_probability > best->other_probability))
                best = c;
        }
        if (!best)
            break;
        last = best->other_probability;
        if (replace(room[count], text, at, best) && !is_among(out, count, room[count])) {
            out[count] = room[count];
            count++;
        }
    }
    out[count] = NULL;
}

/* ---- fields ---- */

static bool is_unreadable(const applier *a, const rx_text *text) {
    return text->confidence <= 0 || (a->calibration && (double)text->confidence < least_readable);
}

/* `always`: no probability would be enough. */
static pali_status mark(applier *a, const char *field, rx_text *text, bool always) {
    char room[MAX_ALTERNATIVES][ALTERNATIVE_SIZE];
    const char *others[MAX_ALTERNATIVES + 1];
    find_alternatives(a, text->text, room, others);
    bool unreadable = is_unreadable(a, text);
    rx_review review = {.code = unreadable ? RX_REVIEW_UNREADABLE : RX_REVIEW_LOW_CONFIDENCE,
                        .field = field,
                        .item = a->item};
    const char *shown = text->text;
    if (unreadable) {
        text->unreadable = "what the model read there is most likely wrong";
        text->text = NULL;
        return rx_review_add(a->reviews, &a->page->arena, review, NULL, a->err,
                             "there is something that cannot be read, perhaps \"%s\"", shown);
    }
    bool sure = text->confidence > 0.99F;
    return rx_review_add(a->reviews, &a->page->arena, review, others, a->err,
                         "\"%s\" is right with a probability of %s%.0f %%%s%s", shown,
                         sure ? "more than " : "", sure ? 99 : 100 * (double)text->confidence,
                         a->calibration ? "" : " (not calibrated)",
                         always ? "; of its like too few were right to use any unseen" : "");
}

/* `entry`: of the table; the same as the field, but for names. */
static pali_status apply_entry(applier *a, const char *entry, const char *field, rx_text *text) {
    if (!text->text)
        return PALI_OK;
    text->confidence *= a->sureness;
    text->confidence = (float)rx_calibrated(a->calibration, entry, (double)text->confidence);
    double threshold = rx_review_threshold(a->calibration, entry);
    if ((double)text->confidence >= threshold)
        return PALI_OK;
    return a->reviews ? mark(a, field, text, threshold > 1) : PALI_OK;
}

static pali_status apply_text(applier *a, const char *field, rx_text *text) {
    return apply_entry(a, field, field, text);
}

/* What the letters of a name alone say where the lexicon decided otherwise; NULL if it did not. */
static const rx_choice *find_letters(const applier *a, const char *text) {
    size_t at = 0, line = a->choices ? find_line(a, text, &at) : SIZE_MAX;
    for (size_t i = 0; line != SIZE_MAX && i < a->choices[line].count; i++) {
        const rx_choice *c = &a->choices[line].items[i];
        if (c->by_letters && c->at >= at && c->at < at + strlen(text))
            return c;
    }
    return NULL;
}

/* A name that the lexicon helped to read is never used unseen, however likely it is. */
static pali_status tell_letters(applier *a, const rx_text *name) {
    const rx_choice *letters = name->text ? find_letters(a, name->text) : NULL;
    if (!letters)
        return PALI_OK;
    const char *const others[] = {letters->other, NULL};
    rx_review review = {.code = RX_REVIEW_READ_BY_LEXICON, .field = "name"};
    return rx_review_add(
        a->reviews, &a->page->arena, review, others, a->err,
        "\"%s\" is the likeliest name that the lexicon has; by its letters alone it "
        "would be \"%s\"",
        name->text, letters->other);
}

static pali_status apply_name(applier *a, rx_name *name) {
    pali_status status = tell_letters(a, &name->written);
    if (status)
        return status;
    bool known = name->num_matches > 0 && name->matches[0].score >= 1;
    bool by_lexicon = rx_reviews_find(a->reviews, RX_REVIEW_READ_BY_LEXICON, "name") != NULL;
    const char *entry = by_lexicon                      ? RX_NAME_BY_LEXICON
                        : known && name->strength_known ? RX_NAME_WITH_STRENGTH
                        : known                         ? RX_KNOWN_NAME
                                                        : "name";
    status = apply_entry(a, entry, "name", &name->written);
    if (!name->written.text) {
        name->num_matches = 0;
        name->in_lexicon = name->strength_known = false;
    }
    return status;
}

/* What was derived goes with the text that it was derived from. */
static pali_status apply_amount(applier *a, const char *entry, const char *field,
                                rx_quantity *quantity) {
    bool there = quantity->written.text != NULL;
    pali_status status = apply_entry(a, entry, field, &quantity->written);
    if (there && !quantity->written.text)
        *quantity = (rx_quantity){.written = quantity->written};
    return status;
}

static pali_status apply_quantity(applier *a, const char *field, rx_quantity *quantity) {
    return apply_amount(a, field, field, quantity);
}

/* A name is no longer known to come in a strength that is withheld. */
static pali_status apply_strength(applier *a, rx_medicine *m) {
    bool bare = !m->strength.unit && !m->name.strength_known;
    pali_status status =
        apply_amount(a, bare ? RX_BARE_STRENGTH : "strength", "strength", &m->strength);
    m->name.strength_known &= m->strength.written.text != NULL;
    return status;
}

static pali_status apply_frequency(applier *a, rx_frequency *frequency) {
    bool there = frequency->written.text != NULL;
    pali_status status = apply_text(a, "frequency", &frequency->written);
    if (there && !frequency->written.text)
        *frequency = (rx_frequency){.written = frequency->written};
    return status;
}

/* A dose that was inferred is as sure as what it was inferred from, is gone where that is gone, and is
 * to be checked where that is. */
static pali_status apply_inferred(applier *a, rx_quantity *dose, const rx_frequency *from) {
    if (!dose->written.inferred)
        return PALI_OK;
    if (!from->written.text) {
        *dose = (rx_quantity){0};
        return PALI_OK;
    }
    dose->written.confidence = from->written.confidence;
    if (!a->reviews || !rx_reviews_hold(a->reviews, "frequency"))
        return PALI_OK;
    rx_review review = {.code = RX_REVIEW_INFERRED_FROM_DOUBTFUL, .field = "dose"};
    return rx_review_add(a->reviews, &a->page->arena, review, NULL, a->err,
                         "concluded from \"%s\", which is to be checked", from->written.text);
}

static pali_status apply_coded(applier *a, const char *field, rx_coded *coded) {
    bool there = coded->written.text != NULL;
    pali_status status = apply_text(a, field, &coded->written);
    if (there && !coded->written.text)
        coded->value = NULL;
    return status;
}

/* Dose, frequency and duration: of a medicine, or of a later step of its taper. */
static pali_status apply_step(applier *a, rx_step *step) {
    pali_status status = apply_quantity(a, "dose", &step->dose);
    if (!status)
        status = apply_frequency(a, &step->frequency);
    if (!status)
        status = apply_inferred(a, &step->dose, &step->frequency);
    return status ? status : apply_quantity(a, "duration", &step->duration);
}

static pali_status apply_steps(applier *a, rx_medicine *m) {
    rx_step first = {m->dose, m->frequency, m->duration};
    rx_step *steps = (rx_step *)(uintptr_t)m->steps; /* of the page's own arena */
    pali_status status = apply_step(a, &first);
    m->dose = first.dose;
    m->frequency = first.frequency;
    m->duration = first.duration;
    if (m->num_steps > 0)
        steps[0] = first;
    for (size_t i = 1; i < m->num_steps && !status; i++)
        status = apply_step(a, &steps[i]);
    return status;
}

static pali_status apply_medicine(applier *a, rx_medicine *m) {
    a->medicine = m;
    a->reviews = &m->review;
    pali_status status = apply_strength(a, m);
    if (!status)
        status = apply_name(a, &m->name);
    if (!status)
        status = apply_coded(a, "form", &m->form);
    if (!status)
        status = apply_coded(a, "route", &m->route);
    if (!status)
        status = apply_steps(a, m);
    if (!status)
        status = apply_quantity(a, "quantity", &m->quantity);
    if (!status)
        status = apply_text(a, "as_needed_for", &m->as_needed_for);
    return status ? status : apply_text(a, "instructions", &m->instructions);
}

static pali_status apply_page(applier *a) {
    rx_prescription *p = a->page;
    a->medicine = NULL;
    a->reviews = &p->review;
    pali_status status = apply_text(a, "patient", &p->patient.name);
    if (!status)
        status = apply_quantity(a, "age", &p->patient.age);
    if (!status)
        status = apply_coded(a, "sex", &p->patient.sex);
    if (!status)
        status = apply_text(a, "prescriber", &p->prescriber);
    if (!status)
        status = apply_text(a, "date", &p->date);
    if (!p->date.text)
        p->date_value = NULL;
    rx_text *diagnoses = (rx_text *)(uintptr_t)p->diagnoses; /* of the page's own arena */
    for (size_t i = 0; i < p->num_diagnoses && !status; i++) {
        a->item = i + 1;
        status = apply_text(a, "diagnoses", &diagnoses[i]);
    }
    a->item = 0;
    return status;
}

/* Mean probability of the page's bytes. A model that stumbles all over a page is less to be trusted
 * also where it does not: a hand it cannot read makes it sure of wrong things. */
static float page_sureness(const rx_prescription *page) {
    double sum = 0, count = 0;
    for (size_t i = 0; i < page->num_lines; i++)
        for (size_t k = 0; page->lines[i].text[k]; k++, count++)
            sum += page->lines[i].confidence ? (double)page->lines[i].confidence[k] : 1.0;
    return count > 0 ? (float)(sum / count) : 1.0f;
}

pali_status rx_confidence_apply(rx_prescription *page, const rx_calibration *calibration,
                                const rx_choices *choices, pali_error *err) {
    applier a = {.page = page, .calibration = calibration, .choices = choices, .err = err};
    a.sureness = page_sureness(page);
    pali_status status = apply_page(&a);
    for (size_t i = 0; i < page->num_medicines && !status; i++)
        status = apply_medicine(&a, &page->medicines[i]);
    return status;
}
