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
    static const char *const critical[] = {"name",      RX_KNOWN_NAME,    RX_NAME_WITH_STRENGTH,
                                           "strength",  RX_BARE_STRENGTH, "dose",
                                           "frequency", "patient",        "prescriber"};
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

typedef struct point {
    double confidence, probability;
} point;

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
static double map(const point *points, size_t n, double confidence) {
    size_t i = 0;
    while (i < n && points[i].confidence < confidence)
        i++;
    if (i == 0 || i == n)
        return points[i ? i - 1 : 0].probability;
    const point *a = &points[i - 1], *b = &points[i];
    return a->probability + (confidence - a->confidence) / (b->confidence - a->confidence) *
                                (b->probability - a->probability);
}

/* Where nearly all decisions were right, the least sure fifty among them, the map would trust any of their like: they
 * count as unmeasured. */
static size_t count_unmeasured(const block *first, const rx_decision *sorted, size_t count) {
    static const double nearly_all = 0.9;
    bool flat = count > ENOUGH && share(first) >= nearly_all;
    return flat && sorted[ENOUGH].confidence > 0 ? ENOUGH : 0;
}

/* So many wrong ones on some pages may be more on others: with two deviations of their own (Poisson's) and one on top. */
static double cautious(double wrong) {
    return wrong + 2 * sqrt(wrong) + 1;
}

/* Lets the map of `n` points fall, below the first `unmeasured` decisions, to what they show at least. Returns the
 * number of points, at most `n` + 2. */
static size_t cut_points(point *points, size_t n, const rx_decision *sorted, size_t unmeasured) {
    double from = sorted[unmeasured].confidence, wrong = 0;
    point cut = {from, map(points, n, from)};
    for (size_t i = 0; i < unmeasured; i++)
        wrong += !sorted[i].right;
    double least = fmax(0, 1 - cautious(wrong) / (double)unmeasured);
    size_t below = 0;
    while (below < n && points[below].confidence <= from)
        below++;
    memmove(points + 2, points + below, (n - below) * sizeof *points);
    points[0] = (point){0, fmin(least, cut.probability)};
    points[1] = cut;
    return n - below + 2;
}

/* The smallest probability at or above which enough decisions were right, where it just suffices.
 * What is held for another reason goes to review whatever its probability, and says nothing of it. Decisions before
 * `first` are too few to say anything. */
static double find_threshold(const rx_decision *sorted, size_t first, size_t count,
                             const point *points, size_t n, double wanted) {
    double threshold = 1.01, right = 0, taken = 0;
    for (size_t i = count; i-- > first;) {
        double probability = map(points, n, sorted[i].confidence);
        right += !sorted[i].held && sorted[i].right;
        taken += !sorted[i].held;
        bool tied = i > 0 && map(points, n, sorted[i - 1].confidence) == probability;
        if (!tied && cautious(taken - right) <= (1 - wanted) * taken)
            threshold = probability;
    }
    return threshold;
}

static pali_status fit(json_t **out, rx_decision *decisions, size_t count, double wanted,
                       pali_error *err) {
    block *blocks = malloc((count + 1) * sizeof *blocks);
    point *points = calloc(count + 2, sizeof *points);
    if (!blocks || !points) {
        free(blocks);
        free(points);
        return pali_fail_memory(err, count * sizeof *blocks, "a calibration");
    }
    qsort(decisions, count, sizeof *decisions, by_confidence);
    size_t n = pool(decisions, count, blocks);
    for (size_t i = 0; i < n; i++)
        points[i] = (point){centre(&blocks[i]), share(&blocks[i])};
    size_t unmeasured = count_unmeasured(&blocks[0], decisions, count);
    if (unmeasured > 0)
        n = cut_points(points, n, decisions, unmeasured);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list,
                              json_pack("[f, f]", points[i].confidence, points[i].probability));
    *out = json_pack("{so, sf, sI}", "points", list, "threshold",
                     find_threshold(decisions, unmeasured, count, points, n, wanted), "decisions",
                     (json_int_t)count);
    free(blocks);
    free(points);
    return *out ? PALI_OK : pali_fail_memory(err, 0, "a calibration");
}

/* Whether a decision counts for an entry of the table; src/rx/confidence.c asks for the entries. What is accepted of
 * the known names is counted for all of them together: those without a strength are few. */
static bool counts_for(const rx_decision *decision, const char *entry) {
    if (strcmp(decision->field, "strength") == 0)
        return strcmp(entry, decision->bare ? RX_BARE_STRENGTH : "strength") == 0;
    if (strcmp(decision->field, "name") != 0)
        return strcmp(decision->field, entry) == 0;
    bool known = decision->known && !decision->by_lexicon;
    if (strcmp(entry, RX_NAME_WITH_STRENGTH) == 0)
        return known && decision->with_strength;
    if (strcmp(entry, RX_KNOWN_NAME) == 0)
        return known;
    return strcmp(entry, decision->by_lexicon ? RX_NAME_BY_LEXICON : "name") == 0 && !known;
}

static pali_status fit_field(json_t *fields, const char *field, const rx_decision *decisions,
                             size_t count, rx_decision *room, pali_error *err) {
    size_t some = 0;
    for (size_t i = 0; i < count; i++)
        if (!field || counts_for(&decisions[i], field))
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
    static const char *const others[] = {
        "name",           RX_KNOWN_NAME, RX_NAME_WITH_STRENGTH, RX_NAME_BY_LEXICON,
        RX_BARE_STRENGTH, "diagnoses"};
    for (size_t f = 0; f < sizeof others / sizeof *others && !status; f++)
        status = fit_field(fields, others[f], decisions, count, room, err);
    free(room);
    if (status)
        json_decref(fields);
    else
        *out = json_pack("{so}", "fields", fields);
    return status;
}
