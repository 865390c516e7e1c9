/* One page after the other: names are paired, fields compared, and every text that was delivered is
 * kept as a decision. */
#include "eval/score.h"

#include "eval/forms.h"
#include "rx/review.h"

#include <stdlib.h>
#include <string.h>

enum { NUM_PAGE_FIELDS = 3, MAX_NAMES = 4096, MAX_DECISIONS = 1 << 26 };

const char *const rx_scored_fields[RX_NUM_SCORED_FIELDS] = {
    "patient", "prescriber", "date",     "strength", "form",        "route",
    "dose",    "frequency",  "duration", "quantity", "instructions"};

/* Fields that a reason for review is about. */
typedef struct marks {
    const json_t *page, *medicine; /* arrays of reasons; may be NULL */
    size_t index;                  /* of the item, where the field is a list */
} marks;

typedef struct page {
    const char *image; /* for messages */
    rx_score *score;
    pali_arena arena;
    const json_t *reasons; /* of the page */
    pali_error *err;
} page;

/* A label's name and a prediction that belong together, by their indices in label and result. */
typedef struct pair {
    size_t label, read, distance;
    bool exact;
} pair;

typedef struct names {
    size_t count;
    rx_form *forms, *strengths;
    size_t *index; /* of each in the array that it comes from: empty names are left out */
} names;

/* The members of an item that hold its texts; without a name the item is the text. */
typedef struct keys {
    const char *name, *strength;
} keys;

void rx_score_init(rx_score *score) {
    *score = (rx_score){0};
    pali_buffer_init(&score->decisions, MAX_DECISIONS * sizeof(rx_decision));
}

void rx_score_free(rx_score *score) {
    pali_buffer_free(&score->decisions);
}

const rx_decision *rx_score_decisions(const rx_score *score, size_t *count) {
    *count = score->decisions.size / sizeof(rx_decision);
    return (const rx_decision *)(const void *)score->decisions.data;
}

/* ---- review ---- */

static bool is_of_confidence(const json_t *reason) {
    const char *code = json_string_value(json_object_get(reason, "code"));
    return code &&
           (strcmp(code, RX_REVIEW_LOW_CONFIDENCE) == 0 || strcmp(code, RX_REVIEW_UNREADABLE) == 0);
}

static bool has_code(const json_t *reasons, const char *code) {
    size_t index;
    json_t *reason;
    json_array_foreach((json_t *)(uintptr_t)reasons, index, reason) {
        const char *found = json_string_value(json_object_get(reason, "code"));
        if (found && strcmp(found, code) == 0)
            return true;
    }
    return false;
}

/* Sets what the reasons say of this field, or of this item of it. */
static void mark(rx_decision *decision, const json_t *reasons, size_t item) {
    size_t index;
    json_t *reason;
    json_array_foreach((json_t *)(uintptr_t)reasons, index, reason) {
        const char *about = json_string_value(json_object_get(reason, "field"));
        const json_t *one = json_object_get(reason, "index");
        if (json_is_true(json_object_get(reason, "advisory")) ||
            (about && strcmp(about, decision->field) != 0) ||
            (json_is_integer(one) && json_integer_value(one) != (json_int_t)item))
            continue;
        decision->marked = true;
        decision->held |= !is_of_confidence(reason);
    }
}

/* ---- texts of a result ---- */

static bool is_inferred(const json_t *field) {
    return json_is_true(json_object_get(field, "inferred"));
}

/* What was read as it is written: what was concluded from other fields is no reading. */
static const char *written(const json_t *field, double *confidence) {
    const json_t *value = json_object_get(field, "confidence");
    *confidence = json_is_number(value) ? json_number_value(value) : 1.0;
    if (is_inferred(field))
        return NULL;
    return json_string_value(json_object_get(field, "text"));
}

static pali_status decide(page *p, rx_decision decision, const marks *m) {
    if (!(decision.confidence >= 0 && decision.confidence <= 1))
        return pali_fail(p->err, PALI_ERROR_FORMAT, "%s: a confidence of %g is no probability",
                         p->image, decision.confidence);
    mark(&decision, m->page, m->index);
    mark(&decision, m->medicine, m->index);
    return pali_buffer_append(&p->score->decisions, &decision, sizeof decision, p->err);
}

/* Whether the strength of a medicine has no unit, and its name is not known to come in it. */
static bool is_bare(const json_t *medicine) {
    const json_t *match = json_object_get(json_object_get(medicine, "name"), "match");
    return json_is_null(json_object_get(json_object_get(medicine, "strength"), "unit")) &&
           !json_is_true(json_object_get(match, "strength_known"));
}

static pali_status score_field(page *p, size_t field, rx_form_kind kind, const json_t *label,
                               const json_t *read, bool bare, const marks *m) {
    double confidence;
    const char *text = written(read, &confidence);
    rx_form wanted, got;
    pali_status status = rx_form_make(&wanted, kind, &p->arena, json_string_value(label), p->err);
    if (!status)
        status = rx_form_make(&got, kind, &p->arena, text, p->err);
    if (status)
        return status;
    rx_outcome outcome = !text ? (wanted.size ? RX_MISSING : RX_ABSENT)
                         : wanted.size && rx_form_equal(&wanted, &got) ? RX_RIGHT
                                                                       : RX_WRONG;
    p->score->outcomes[field][outcome]++;
    const char *name = rx_scored_fields[field];
    rx_decision decision = {
        .field = name, .confidence = confidence, .right = outcome == RX_RIGHT, .bare = bare};
    return text ? decide(p, decision, m) : PALI_OK;
}

/* ---- names ---- */

/* The text of an item, or of its member `key`; `result` says whether it is a result's. */
static const char *text_of(const json_t *item, const char *key, bool result) {
    double confidence;
    if (key)
        item = json_object_get(item, key);
    return result ? written(item, &confidence) : json_string_value(item);
}

static pali_status collect(names *out, page *p, const json_t *list, const keys *k, bool result) {
    size_t count = json_array_size(list);
    if (count > MAX_NAMES)
        return pali_fail(p->err, PALI_ERROR_LIMIT, "%s: %zu names on one page are too many",
                         p->image, count);
    *out = (names){
        .forms = pali_arena_alloc(&p->arena, count + 1, sizeof *out->forms, "names", p->err),
        .strengths = pali_arena_alloc(&p->arena, count + 1, sizeof *out->forms, "names", p->err),
        .index = pali_arena_alloc(&p->arena, count + 1, sizeof *out->index, "names", p->err)};
    if (!out->forms || !out->strengths || !out->index)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        const char *name = text_of(item, k->name, result);
        const char *strength = k->strength ? text_of(item, k->strength, result) : NULL;
        rx_form form;
        pali_status status = rx_form_make(&form, RX_FORM_NAME, &p->arena, name, p->err);
        if (!status)
            status = rx_form_make(&out->strengths[out->count], RX_FORM_FIELD, &p->arena, strength,
                                  p->err);
        if (status)
            return status;
        if (form.size == 0)
            continue;
        out->forms[out->count] = form;
        out->index[out->count++] = i;
    }
    return PALI_OK;
}

static int by_distance(const void *a, const void *b) {
    const pair *x = a, *y = b;
    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    if (x->label != y->label)
        return x->label < y->label ? -1 : 1;
    return x->read < y->read ? -1 : x->read > y->read;
}

/* All (label, prediction) left that are near, by distance. */
static pali_status near_pairs(page *p, const names *labels, const names *read, const bool *taken_l,
                              const bool *taken_r, pali_buffer *out) {
    for (size_t i = 0; i < labels->count; i++)
        for (size_t j = 0; j < read->count; j++) {
            pair candidate = {i, j, 0, false};
            if (taken_l[i] || taken_r[j])
                continue;
            pali_status status =
                rx_form_distance(&candidate.distance, &labels->forms[i], &read->forms[j], p->err);
            if (!status && 5 * candidate.distance <= labels->forms[i].size)
                status = pali_buffer_append(out, &candidate, sizeof candidate, p->err);
            if (status)
                return status;
        }
    if (out->size)
        qsort(out->data, out->size / sizeof(pair), sizeof(pair), by_distance);
    return PALI_OK;
}

/* For each label in order, the first prediction left of the same name, or name and strength. */
static void exact_pairs(const names *labels, const names *read, bool same_strength, bool *taken_l,
                        bool *taken_r, pair *pairs, size_t *count) {
    for (size_t i = 0; i < labels->count; i++)
        for (size_t j = 0; j < read->count && !taken_l[i]; j++) {
            if (taken_r[j] || !rx_form_equal(&labels->forms[i], &read->forms[j]) ||
                (same_strength && !rx_form_equal(&labels->strengths[i], &read->strengths[j])))
                continue;
            taken_l[i] = taken_r[j] = true;
            pairs[(*count)++] = (pair){i, j, 0, true};
        }
}

/* Pairs one to one, exact ones first: at most as many as there are labels. Of two medicines of one
 * name on a page, the strength tells which is which. */
static pali_status match(page *p, const names *labels, const names *read, pair *pairs,
                         size_t *count) {
    bool *taken_l = calloc(labels->count + 1, 1), *taken_r = calloc(read->count + 1, 1);
    pali_buffer near;
    pali_buffer_init(&near, SIZE_MAX / 4);
    pali_status status =
        taken_l && taken_r ? PALI_OK : pali_fail_memory(p->err, labels->count, "names");
    *count = 0;
    if (!status) {
        exact_pairs(labels, read, true, taken_l, taken_r, pairs, count);
        exact_pairs(labels, read, false, taken_l, taken_r, pairs, count);
        status = near_pairs(p, labels, read, taken_l, taken_r, &near);
    }
    const pair *found = (const pair *)(const void *)near.data;
    for (size_t k = 0; k < near.size / sizeof *found && !status; k++) {
        if (taken_l[found[k].label] || taken_r[found[k].read])
            continue;
        taken_l[found[k].label] = taken_r[found[k].read] = true;
        pairs[(*count)++] = found[k];
    }
    pali_buffer_free(&near);
    free(taken_l);
    free(taken_r);
    return status;
}

/* Scores names and decides on each prediction. `*pairs` (in the arena) holds indices into the
 * lists. */
static pali_status score_names(page *p, rx_name_counts *counts, const char *field,
                               const json_t *labels, const json_t *read, const keys *k,
                               pair **pairs, size_t *num_pairs) {
    names wanted, got;
    pali_status status = collect(&wanted, p, labels, k, false);
    if (!status)
        status = collect(&got, p, read, k, true);
    if (status)
        return status;
    *pairs = pali_arena_alloc(&p->arena, wanted.count + 1, sizeof **pairs, "names", p->err);
    if (!*pairs)
        return PALI_ERROR_MEMORY;
    status = match(p, &wanted, &got, *pairs, num_pairs);
    counts->labels += wanted.count;
    counts->predictions += got.count;
    counts->found += *num_pairs;
    for (size_t j = 0; j < got.count && !status; j++) {
        const json_t *item = json_array_get(read, got.index[j]);
        marks m = {p->reasons, json_object_get(item, "review"), got.index[j]};
        rx_decision decision = {.field = field};
        const json_t *read_text = k->name ? json_object_get(item, k->name) : item;
        written(read_text, &decision.confidence);
        const json_t *match = json_object_get(read_text, "match");
        decision.known = json_number_value(json_object_get(match, "score")) >= 1;
        decision.with_strength = json_is_true(json_object_get(match, "strength_known"));
        decision.by_lexicon = has_code(m.medicine, RX_REVIEW_READ_BY_LEXICON);
        for (size_t n = 0; n < *num_pairs; n++)
            decision.right |= (*pairs)[n].exact && (*pairs)[n].read == j;
        status = decide(p, decision, &m);
    }
    for (size_t n = 0; n < *num_pairs; n++) {
        counts->exact += (*pairs)[n].exact;
        (*pairs)[n].label = wanted.index[(*pairs)[n].label];
        (*pairs)[n].read = got.index[(*pairs)[n].read];
    }
    return status;
}

/* ---- a page ---- */

static void count_part(rx_part_counts *part, bool belongs, const pair *hit) {
    if (!belongs)
        return;
    part->labels++;
    part->exact += hit && hit->exact;
    part->found += hit != NULL;
}

static void count_parts(rx_score *score, const json_t *labels, const pair *pairs, size_t count) {
    for (size_t i = 0; i < json_array_size(labels); i++) {
        const json_t *label = json_array_get(labels, i);
        const char *sure = json_string_value(json_object_get(label, "label_confidence"));
        const pair *hit = NULL;
        for (size_t k = 0; k < count; k++)
            hit = pairs[k].label == i ? &pairs[k] : hit;
        count_part(&score->unseen, json_is_true(json_object_get(label, "unseen")), hit);
        count_part(&score->sure, sure && strcmp(sure, "high") == 0, hit);
    }
}

static pali_status score_medicines(page *p, const json_t *labels, const json_t *read) {
    pair *pairs = NULL;
    size_t count = 0;
    static const keys of_medicine = {"name", "strength"};
    pali_status status =
        score_names(p, &p->score->medicines, "name", labels, read, &of_medicine, &pairs, &count);
    if (!status)
        count_parts(p->score, labels, pairs, count);
    for (size_t k = 0; k < count && !status; k++) {
        const json_t *label = json_array_get(labels, pairs[k].label);
        const json_t *medicine = json_array_get(read, pairs[k].read);
        marks m = {p->reasons, json_object_get(medicine, "review"), 0};
        for (size_t f = NUM_PAGE_FIELDS; f < RX_NUM_SCORED_FIELDS && !status; f++) {
            const json_t *wanted = json_object_get(label, rx_scored_fields[f]);
            const json_t *field = json_object_get(medicine, rx_scored_fields[f]);
            if (wanted && !is_inferred(field))
                status = score_field(p, f, RX_FORM_FIELD, wanted, field, is_bare(medicine), &m);
        }
    }
    return status;
}

static pali_status score_page_fields(page *p, const json_t *label, const json_t *result) {
    const json_t *read[NUM_PAGE_FIELDS] = {
        json_object_get(json_object_get(result, "patient"), "name"),
        json_object_get(json_object_get(result, "prescriber"), "name"),
        json_object_get(result, "date")};
    marks m = {p->reasons, NULL, 0};
    pali_status status = PALI_OK;
    for (size_t f = 0; f < NUM_PAGE_FIELDS && !status; f++) {
        const json_t *wanted = json_object_get(label, rx_scored_fields[f]);
        if (wanted)
            status =
                score_field(p, f, f < 2 ? RX_FORM_NAME : RX_FORM_FIELD, wanted, read[f], false, &m);
    }
    return status;
}

static pali_status score_text(page *p, const char *label, const char *read) {
    rx_form wanted, got;
    size_t distance = 0;
    pali_status status = rx_form_make(&wanted, RX_FORM_TEXT, &p->arena, label, p->err);
    if (!status)
        status = rx_form_make(&got, RX_FORM_TEXT, &p->arena, read, p->err);
    if (!status)
        status = rx_form_distance(&distance, &wanted, &got, p->err);
    p->score->edits += distance;
    p->score->characters += status ? 0 : wanted.size;
    return status;
}

pali_status rx_score_page(rx_score *score, const json_t *label, const json_t *result,
                          pali_error *err) {
    const char *image = json_string_value(json_object_get(label, "image"));
    page p = {.image = image ? image : "a page",
              .score = score,
              .arena = PALI_ARENA_INIT,
              .reasons = json_object_get(result, "review"),
              .err = err};
    const json_t *medicines = json_object_get(label, "medicines");
    const json_t *diagnoses = json_object_get(label, "diagnoses");
    const char *text = json_string_value(json_object_get(label, "text"));
    pair *pairs;
    size_t count;
    score->pages++;
    pali_status status = score_page_fields(&p, label, result);
    if (!status && medicines)
        status = score_medicines(&p, medicines, json_object_get(result, "medicines"));
    if (!status && diagnoses)
        status = score_names(&p, &score->diagnoses, "diagnoses", diagnoses,
                             json_object_get(result, "diagnoses"), &(keys){0}, &pairs, &count);
    if (!status && text)
        status = score_text(&p, text, json_string_value(json_object_get(result, "text")));
    pali_arena_free(&p.arena);
    return status;
}
