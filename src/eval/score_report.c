/* The figures of a data set. A ratio without a denominator is null. */
#include "eval/score.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUM_BINS = 10, NUM_KINDS = RX_NUM_SCORED_FIELDS + 2 };

/* The share of right ones that "accepted_at_99" asks for. */
static const double wanted_right = 0.99;

/* Fields of decisions, in alphabetical order. */
static const char *const kinds[NUM_KINDS] = {
    "date", "diagnoses", "dose",       "duration", "form",  "frequency", "instructions",
    "name", "patient",   "prescriber", "quantity", "route", "strength"};

static bool is_critical(const char *field) {
    return strcmp(field, "strength") == 0 || strcmp(field, "dose") == 0 ||
           strcmp(field, "frequency") == 0;
}

/* `kind` "all", "critical" or a field. */
static bool is_of_kind(const rx_decision *d, const char *kind) {
    return strcmp(kind, "all") == 0 || (strcmp(kind, "critical") == 0 && is_critical(d->field)) ||
           strcmp(kind, d->field) == 0;
}

static json_t *ratio(double part, double whole) {
    return whole > 0 ? json_real(part / whole) : json_null();
}

static json_t *count(size_t number) {
    return json_integer((json_int_t)number);
}

static json_t *hits(size_t found, size_t predictions, size_t labels) {
    return json_pack("{so, so, so}", "precision", ratio((double)found, (double)predictions),
                     "recall", ratio((double)found, (double)labels), "f1",
                     ratio(2 * (double)found, (double)(predictions + labels)));
}

static json_t *json_of_names(const rx_name_counts *c) {
    return json_pack("{so, so, so, so}", "labels", count(c->labels), "predictions",
                     count(c->predictions), "exact", hits(c->exact, c->predictions, c->labels),
                     "near", hits(c->found, c->predictions, c->labels));
}

static json_t *json_of_part(const rx_part_counts *c) {
    return json_pack("{so, so, so}", "labels", count(c->labels), "exact_recall",
                     ratio((double)c->exact, (double)c->labels), "near_recall",
                     ratio((double)c->found, (double)c->labels));
}

static size_t sum_of(const size_t outcomes[RX_NUM_OUTCOMES]) {
    return outcomes[RX_RIGHT] + outcomes[RX_WRONG] + outcomes[RX_MISSING] + outcomes[RX_ABSENT];
}

static json_t *json_of_fields(const rx_score *s) {
    json_t *object = json_object();
    for (size_t f = 0; f < RX_NUM_SCORED_FIELDS; f++) {
        const size_t *o = s->outcomes[f];
        if (sum_of(o) == 0)
            continue;
        json_object_set_new(
            object, rx_scored_fields[f],
            json_pack("{so, so, so, so, so}", "right", count(o[RX_RIGHT]), "wrong",
                      count(o[RX_WRONG]), "missing", count(o[RX_MISSING]), "absent",
                      count(o[RX_ABSENT]), "exact_match",
                      ratio((double)(o[RX_RIGHT] + o[RX_ABSENT]), (double)sum_of(o))));
    }
    return object;
}

static json_t *medicine_fields(const rx_score *s) {
    size_t good = 0, all = 0;
    for (size_t f = 3; f < RX_NUM_SCORED_FIELDS; f++) {
        good += s->outcomes[f][RX_RIGHT] + s->outcomes[f][RX_ABSENT];
        all += sum_of(s->outcomes[f]);
    }
    return ratio((double)good, (double)all);
}

static json_t *calibration_error(const rx_score *s) {
    double right[NUM_BINS] = {0}, confidence[NUM_BINS] = {0}, sum = 0;
    size_t n;
    const rx_decision *d = rx_score_decisions(s, &n);
    for (size_t i = 0; i < n; i++) {
        int bin = (int)(d[i].confidence * NUM_BINS);
        bin = bin < 0 ? 0 : bin < NUM_BINS ? bin : NUM_BINS - 1;
        right[bin] += d[i].right;
        confidence[bin] += d[i].confidence;
    }
    for (size_t b = 0; b < NUM_BINS; b++)
        sum += fabs(right[b] - confidence[b]);
    return ratio(sum, (double)n);
}

/* ---- review ---- */

static json_t *json_of_review(const rx_score *s, const char *kind) {
    size_t n, all = 0, marked = 0, wrong = 0;
    const rx_decision *d = rx_score_decisions(s, &n);
    for (size_t i = 0; i < n; i++) {
        if (!is_of_kind(&d[i], kind))
            continue;
        all++;
        marked += d[i].marked;
        wrong += !d[i].marked && !d[i].right;
    }
    return json_pack("{so, so, so}", "decisions", count(all), "marked",
                     ratio((double)marked, (double)all), "wrong_among_unmarked",
                     ratio((double)wrong, (double)(all - marked)));
}

static int by_confidence(const void *a, const void *b) {
    double x = ((const rx_decision *)a)->confidence, y = ((const rx_decision *)b)->confidence;
    return x > y ? -1 : x < y;
}

/* The largest share of decisions that can be accepted by confidence alone with 99 % of them right,
 * and the confidence from which on they are. */
static json_t *json_of_acceptance(const rx_decision *sorted, size_t n, const char *kind) {
    size_t all = 0, right = 0, accepted = 0;
    double threshold = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_of_kind(&sorted[i], kind))
            continue;
        all++;
        right += sorted[i].right;
        size_t next = i + 1;
        while (next < n && !is_of_kind(&sorted[next], kind))
            next++;
        bool tied = next < n && sorted[next].confidence == sorted[i].confidence;
        if (tied || (double)right < wanted_right * (double)all)
            continue;
        accepted = all;
        threshold = sorted[i].confidence;
    }
    return json_pack("{so, so}", "threshold", accepted ? json_real(threshold) : json_null(),
                     "accepted", ratio((double)accepted, (double)all));
}

static bool has_kind(const rx_decision *d, size_t n, const char *kind) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(d[i].field, kind) == 0)
            return true;
    return false;
}

static pali_status add_review(json_t *figures, const rx_score *s, pali_error *err) {
    json_t *review = json_object(), *acceptance = json_object();
    size_t n;
    const rx_decision *d = rx_score_decisions(s, &n);
    rx_decision *sorted = malloc((n + 1) * sizeof *sorted);
    if (sorted && n)
        memcpy(sorted, d, n * sizeof *sorted);
    if (sorted)
        qsort(sorted, n, sizeof *sorted, by_confidence);
    for (size_t k = 0; sorted && k < NUM_KINDS + 2; k++) {
        const char *kind = k == 0 ? "all" : k == 1 ? "critical" : kinds[k - 2];
        if (k > 1 && !has_kind(d, n, kind))
            continue;
        json_object_set_new(review, kind, json_of_review(s, kind));
        json_object_set_new(acceptance, kind, json_of_acceptance(sorted, n, kind));
    }
    json_object_set_new(figures, "review", review);
    json_object_set_new(figures, "accepted_at_99", acceptance);
    bool good = sorted != NULL;
    free(sorted);
    return good ? PALI_OK : pali_fail_memory(err, n * sizeof *sorted, "figures");
}

pali_status rx_score_json(json_t **out, const rx_score *s, pali_error *err) {
    json_t *figures = json_pack(
        "{so, so, so, so, so, so, so, so, so}", "pages", count(s->pages), "medicines",
        json_of_names(&s->medicines), "diagnoses", json_of_names(&s->diagnoses), "fields",
        json_of_fields(s), "medicine_fields_exact_match", medicine_fields(s), "unseen_names",
        json_of_part(&s->unseen), "sure_names", json_of_part(&s->sure), "cer",
        ratio((double)s->edits, (double)s->characters), "calibration_error", calibration_error(s));
    if (!figures)
        return pali_fail_memory(err, 0, "figures");
    pali_status status = add_review(figures, s, err);
    if (status)
        json_decref(figures);
    else
        *out = figures;
    return status;
}

/* ---- for people ---- */

typedef struct table {
    pali_buffer *out;
    pali_status status;
    pali_error *err;
} table;

static void put(table *t, const char *text) {
    if (!t->status)
        t->status = pali_buffer_append_text(t->out, text, t->err);
}

static void put_share(table *t, const json_t *value) {
    char text[32] = "       -";
    if (json_is_number(value))
        snprintf(text, sizeof text, "%6.1f %%", 100 * json_number_value(value));
    put(t, text);
}

static void put_names(table *t, const char *title, const json_t *names) {
    char text[96];
    snprintf(text, sizeof text, "%-20s", title);
    put(t, text);
    put_share(t, json_object_get(json_object_get(names, "exact"), "f1"));
    put(t, " exact ");
    put_share(t, json_object_get(json_object_get(names, "near"), "f1"));
    snprintf(text, sizeof text, " near   (F1; %lld on the pages, %lld read)\n",
             (long long)json_integer_value(json_object_get(names, "labels")),
             (long long)json_integer_value(json_object_get(names, "predictions")));
    put(t, text);
}

static void put_part(table *t, const char *title, const json_t *part) {
    char text[64];
    long long labels = json_integer_value(json_object_get(part, "labels"));
    if (labels == 0)
        return;
    snprintf(text, sizeof text, "  %-18s", title);
    put(t, text);
    put_share(t, json_object_get(part, "exact_recall"));
    put(t, " exact ");
    put_share(t, json_object_get(part, "near_recall"));
    snprintf(text, sizeof text, " near   (found, of %lld)\n", labels);
    put(t, text);
}

static void put_fields(table *t, json_t *fields) {
    const char *name;
    json_t *field;
    put(t, "field                exact     right wrong missing absent\n");
    json_object_foreach(fields, name, field) {
        static const char *const outcomes[] = {"right", "wrong", "missing", "absent"};
        static const int widths[] = {8, 6, 8, 7};
        char text[64];
        snprintf(text, sizeof text, "  %-16s ", name);
        put(t, text);
        put_share(t, json_object_get(field, "exact_match"));
        for (size_t i = 0; i < 4; i++) {
            snprintf(text, sizeof text, "%*lld", widths[i],
                     (long long)json_integer_value(json_object_get(field, outcomes[i])));
            put(t, text);
        }
        put(t, "\n");
    }
}

static void put_review(table *t, json_t *figures) {
    const char *kind;
    json_t *entry;
    put(t, "review               marked    wrong among the rest   acceptable with 1 % wrong\n");
    json_object_foreach(json_object_get(figures, "review"), kind, entry) {
        char text[48];
        const json_t *acceptance =
            json_object_get(json_object_get(figures, "accepted_at_99"), kind);
        snprintf(text, sizeof text, "  %-16s ", kind);
        put(t, text);
        put_share(t, json_object_get(entry, "marked"));
        put(t, "  ");
        put_share(t, json_object_get(entry, "wrong_among_unmarked"));
        put(t, "               ");
        put_share(t, json_object_get(acceptance, "accepted"));
        put(t, "\n");
    }
}

pali_status rx_score_text(pali_buffer *out, const json_t *figures, pali_error *err) {
    table t = {out, PALI_OK, err};
    char text[64];
    snprintf(text, sizeof text, "pages               %6lld\n",
             (long long)json_integer_value(json_object_get(figures, "pages")));
    put(&t, text);
    put_names(&t, "medicines", json_object_get(figures, "medicines"));
    put_part(&t, "not trained", json_object_get(figures, "unseen_names"));
    put_part(&t, "surely legible", json_object_get(figures, "sure_names"));
    put_names(&t, "diagnoses", json_object_get(figures, "diagnoses"));
    put(&t, "character errors    ");
    put_share(&t, json_object_get(figures, "cer"));
    put(&t, "\ncalibration error   ");
    put_share(&t, json_object_get(figures, "calibration_error"));
    put(&t, "\nfields of medicines ");
    put_share(&t, json_object_get(figures, "medicine_fields_exact_match"));
    put(&t, "\n");
    put_fields(&t, json_object_get(figures, "fields"));
    put_review(&t, (json_t *)(uintptr_t)figures);
    return t.status;
}
