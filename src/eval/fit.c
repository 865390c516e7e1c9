/* Isotonic regression by pool-adjacent-violators (Ayer et al. 1955): decisions in order of
 * confidence, neighbours merged for as long as a later block is less often right than one before
 * it. */
#include "eval/fit.h"

#include "rx/confidence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ENOUGH = 50 };

/* Share of what is accepted unseen that must be right: most where a mistake changes the dose or whose the
 * page is, more where it changes of which day it is, or for how long a medicine is taken. */
static const double wanted_right = 0.95, wanted_high = 0.98, wanted_critical = 0.99;

static bool is_one_of(const char *entry, const char *const *entries, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (entry && strcmp(entry, entries[i]) == 0)
            return true;
    return false;
}

static bool is_critical(const char *entry) {
    static const char *const critical[] = {"name",      RX_KNOWN_NAME, "strength",  "dose",
                                           "frequency", "patient",     "prescriber"};
    return is_one_of(entry, critical, sizeof critical / sizeof *critical);
}

static double wanted(const char *entry) {
    static const char *const high[] = {"date", "duration"};
    if (is_critical(entry))
        return wanted_critical;
    return is_one_of(entry, high, sizeof high / sizeof *high) ? wanted_high : wanted_right;
}

typedef struct block {
    double confidence, right, count; /* sums */
} block;

static double share(const block *b) {
    return b->right / b->count;
}

static double centre(const block *b) {
    return b->confidence / b->count;
}

static int by_confidence(const void *a, const void *b) {
    double x = ((const rx_decision *)a)->confidence, y = ((const rx_decision *)b)->confidence;
    return x < y ? -1 : x > y;
}

/* Merges in place; returns the number of blocks. Equal confidences are one decision to the map. */
static size_t pool(const rx_decision *sorted, size_t count, block *blocks) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        block next = {sorted[i].confidence, sorted[i].right, 1};
        while (i + 1 < count && sorted[i + 1].confidence == sorted[i].confidence) {
            i++;
            next.confidence += sorted[i].confidence;
            next.right += sorted[i].right;
            next.count++;
        }
        blocks[n++] = next;
        while (n > 1 && share(&blocks[n - 2]) >= share(&blocks[n - 1])) {
            n--;
            blocks[n - 1].confidence += blocks[n].confidence;
            blocks[n - 1].right += blocks[n].right;
            blocks[n - 1].count += blocks[n].count;
        }
    }
    return n;
}

/* The map at a confidence, as rx_calibrated reads it. */
static double map(const block *blocks, size_t n, double confidence) {
    size_t i = 0;
    while (i < n && centre(&blocks[i]) < confidence)
        i++;
    if (i == 0 || i == n)
        return share(&blocks[i ? i - 1 : 0]);
    double from = centre(&blocks[i - 1]), to = centre(&blocks[i]);
    return share(&blocks[i - 1]) +
           (confidence - from) / (to - from) * (share(&blocks[i]) - share(&blocks[i - 1]));
}

/* The smallest probability at or above which enough decisions were right. It is chosen where it just
 * suffices, so what was wrong is counted with two deviations of its own (Poisson's) and one mistake on top.
 * What is held for another reason goes to review whatever its probability, and says nothing of it. */
static double find_threshold(const rx_decision *sorted, size_t count, const block *blocks, size_t n,
                             double wanted) {
    double threshold = 1.01, right = 0, taken = 0;
    for (size_t i = count; i-- > 0;) {
        double probability = map(blocks, n, sorted[i].confidence);
        right += !sorted[i].held && sorted[i].right;
        taken += !sorted[i].held;
        bool tied = i > 0 && map(blocks, n, sorted[i - 1].confidence) == probability;
        if (!tied && taken - right + 2 * sqrt(taken - right) + 1 <= (1 - wanted) * taken)
            threshold = probability;
    }
    return threshold;
}

static pali_status fit(json_t **out, rx_decision *decisions, size_t count, double wanted,
                       pali_error *err) {
    block *blocks = malloc((count + 1) * sizeof *blocks);
    if (!blocks)
        return pali_fail_memory(err, count * sizeof *blocks, "a calibration");
    qsort(decisions, count, sizeof *decisions, by_confidence);
    size_t n = pool(decisions, count, blocks);
    json_t *points = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(points, json_pack("[f, f]", centre(&blocks[i]), share(&blocks[i])));
    *out = json_pack("{so, sf, sI}", "points", points, "threshold",
                     find_threshold(decisions, count, blocks, n, wanted), "decisions",
                     (json_int_t)count);
    free(blocks);
    return *out ? PALI_OK : pali_fail_memory(err, 0, "a calibration");
}

/* The entry of the table that a decision counts for, as src/rx/confidence.c asks for it. */
static const char *entry_of(const rx_decision *decision) {
    return decision->by_lexicon ? RX_NAME_BY_LEXICON
           : decision->known    ? RX_KNOWN_NAME
                                : decision->field;
}

static pali_status fit_field(json_t *fields, const char *field, const rx_decision *decisions,
                             size_t count, rx_decision *room, pali_error *err) {
    size_t some = 0;
    for (size_t i = 0; i < count; i++)
        if (!field || strcmp(entry_of(&decisions[i]), field) == 0)
            room[some++] = decisions[i];
    bool few = field && some < ENOUGH;
    if (few && !is_critical(field))
        return PALI_OK;
    json_t *entry = NULL;
    pali_status status = PALI_OK;
    if (few) /* nothing was measured: always to review */
        entry = json_pack("{s[[ff][ff]], sf, sI}", "points", 0.0, 0.0, 1.0, 1.0, "threshold", 1.01,
                          "decisions", (json_int_t)some);
    else
        status = fit(&entry, room, some, wanted(field), err);
    if (!status && json_object_set_new(fields, field ? field : "default", entry))
        status = pali_fail_memory(err, 0, "a calibration");
    return status;
}

pali_status rx_calibration_fit(json_t **out, const rx_decision *decisions, size_t count,
                               pali_error *err) {
    if (count == 0)
        return pali_fail(err, PALI_ERROR_ARGUMENT, "nothing was read that could be scored");
    rx_decision *room = malloc(count * sizeof *room);
    json_t *fields = json_object();
    pali_status status =
        room && fields ? PALI_OK : pali_fail_memory(err, count * sizeof *room, "a calibration");
    if (!status)
        status = fit_field(fields, NULL, decisions, count, room, err);
    for (size_t f = 0; f < RX_NUM_SCORED_FIELDS && !status; f++)
        status = fit_field(fields, rx_scored_fields[f], decisions, count, room, err);
    if (!status)
        status = fit_field(fields, "name", decisions, count, room, err);
    if (!status)
        status = fit_field(fields, RX_KNOWN_NAME, decisions, count, room, err);
    if (!status)
        status = fit_field(fields, RX_NAME_BY_LEXICON, decisions, count, room, err);
    if (!status)
        status = fit_field(fields, "diagnoses", decisions, count, room, err);
    free(room);
    if (status)
        json_decref(fields);
    else
        *out = json_pack("{so}", "fields", fields);
    return status;
}
