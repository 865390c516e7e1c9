/* Dynamic programming over letters that are equal, different or beside nothing, each with its cost. For
 * an overlap the path may begin anywhere in the first reading and end anywhere in the second, as when
 * fragments of a sequence are put together. Letters at the views' edges may be cut and cost less to
 * leave out than to compare; an unexpected length costs less than a letter beside nothing, so that
 * none is passed over to meet what was expected. */
#include "scan/view_align.h"

#include "rx/fold.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    EQUAL = 8,
    DIFFERENT = -8,
    MISREAD = -4, /* the same, where it is known that both show so many letters */
    ALONE = -8,
    CUT = -3,
    UNEXPECTED = -6,
    LEAST = EQUAL / 2,
    MOST_CUT = 2,
    MOST_LETTERS = 2048, /* of a reading; a table of 4 million steps */
    NEVER = INT_MIN / 2
};

/* Letters by which what is expected may be wrong: without a cost, and at all. A blank and a letter of
 * which half shows are expected and not read. */
static const float slack = 0.75f, share_beyond = 0.15f, most_fewer = 2;

enum { STEP_BOTH, STEP_A, STEP_B, STEP_BEGIN };

static pali_status spell(uint32_t **code, size_t **at, int *count, const char *text,
                         pali_error *err) {
    size_t size = strlen(text), place = 0;
    *code = malloc((size + 1) * sizeof **code);
    *at = malloc((size + 1) * sizeof **at);
    if (!*code || !*at)
        return pali_fail_memory(err, (size + 1) * sizeof **at, "a line");
    *count = 0;
    while (place < size && *count < MOST_LETTERS) {
        (*at)[*count] = place;
        (*code)[(*count)++] = rx_next_code_point(text, size, &place);
    }
    (*at)[*count] = place;
    return PALI_OK;
}

typedef struct table {
    const rx_alignment *of;
    int first_a, last_b;       /* letters before, and from here on, take no part */
    const rx_overlap *overlap; /* NULL: all of both */
    int columns;               /* last_b + 1 */
    int *score;                /* [num_a - first_a + 1, columns] */
    unsigned char *step;
} table;

/* Of letters from row `i` on. */
static int cost_of_beginning(const table *t, int i) {
    int letters = t->of->num_a - t->first_a - i;
    if (!t->overlap || t->overlap->expected < 0)
        return 0;
    float more = (float)letters - t->overlap->expected, beyond = fabsf(more);
    float most = share_beyond * t->overlap->expected + (more > 0 ? 0 : most_fewer);
    if (beyond <= slack && beyond <= most)
        return 0;
    return beyond > most ? NEVER : (int)(UNEXPECTED * (beyond - slack));
}

static void fill_cell(table *t, int i, int j) {
    int *cell = t->score + (size_t)i * (size_t)t->columns + j;
    unsigned char *step = t->step + (size_t)i * (size_t)t->columns + j;
    bool begins = t->overlap ? j <= (t->overlap->b_cut ? MOST_CUT : 0) : i == 0 && j == 0;
    *cell = begins ? CUT * j + cost_of_beginning(t, i) : NEVER;
    *step = STEP_BEGIN;
    if (i > 0 && j > 0) {
        bool equal = t->of->a_code[t->first_a + i - 1] == t->of->b_code[j - 1];
        bool counted = t->overlap && t->overlap->expected >= 0;
        int both = cell[-t->columns - 1] + (equal ? EQUAL : counted ? MISREAD : DIFFERENT);
        if (both > *cell) {
            *cell = both;
            *step = STEP_BOTH;
        }
    }
    bool from_above = i > 0 && (!t->overlap || step[-t->columns] != STEP_BEGIN);
    bool from_left = j > 0 && (!t->overlap || step[-1] != STEP_BEGIN);
    if (from_above && cell[-t->columns] + ALONE > *cell) {
        *cell = cell[-t->columns] + ALONE;
        *step = STEP_A;
    }
    if (from_left && cell[-1] + ALONE > *cell) {
        *cell = cell[-1] + ALONE;
        *step = STEP_B;
    }
}

/* Where the path ends: at the end of both, or near that of the first where its score is best; an
 * overlap that counts less than half a letter is none. */
static void find_end(const table *t, int *end_i, int *end_j) {
    int rows = t->of->num_a - t->first_a, best = LEAST - 1;
    *end_i = rows;
    *end_j = t->overlap ? 0 : t->last_b;
    int most_cut = t->overlap && t->overlap->a_cut ? MOST_CUT : 0;
    for (int i = rows; t->overlap && i >= 0 && i >= rows - most_cut; i--)
        for (int j = 0; j <= t->last_b; j++) {
            int score = t->score[(size_t)i * (size_t)t->columns + j] + CUT * (rows - i);
            bool further = score == best && best >= LEAST && i == *end_i;
            if (score > best || further) {
                best = score;
                *end_i = i;
                *end_j = j;
            }
        }
}

static void trace(rx_alignment *out, const table *t) {
    int i, j, count = 0;
    find_end(t, &i, &j);
    out->b_end = j;
    for (;;) {
        int step = t->step[(size_t)i * (size_t)t->columns + j];
        if (step == STEP_BEGIN)
            break;
        i -= step != STEP_B;
        j -= step != STEP_A;
        rx_letter_pair pair = {step == STEP_B ? RX_NO_LETTER : t->first_a + i,
                               step == STEP_A ? RX_NO_LETTER : j};
        out->num_equal += step == STEP_BOTH && out->a_code[pair.a] == out->b_code[pair.b];
        out->pairs[count++] = pair;
    }
    out->a_begin = t->first_a + i;
    out->num_pairs = count;
    for (int k = 0; k < count / 2; k++) {
        rx_letter_pair swap = out->pairs[k];
        out->pairs[k] = out->pairs[count - 1 - k];
        out->pairs[count - 1 - k] = swap;
    }
}

static pali_status run(rx_alignment *out, table *t, pali_error *err) {
    int rows = out->num_a - t->first_a;
    size_t cells = ((size_t)rows + 1) * (size_t)t->columns;
    t->score = malloc(cells * sizeof *t->score);
    t->step = malloc(cells);
    out->pairs = malloc(((size_t)rows + (size_t)t->columns) * sizeof *out->pairs);
    bool there = t->score && t->step && out->pairs;
    for (int i = 0; i <= rows && there; i++)
        for (int j = 0; j <= t->last_b; j++)
            fill_cell(t, i, j);
    if (there)
        trace(out, t);
    free(t->score);
    free(t->step);
    return there ? PALI_OK : pali_fail_memory(err, cells * sizeof *t->score, "comparing lines");
}

static pali_status align(rx_alignment *out, const char *a, const char *b, const rx_overlap *overlap,
                         pali_error *err) {
    rx_alignment made = {0};
    pali_status status = spell(&made.a_code, &made.a_at, &made.num_a, a, err);
    if (!status)
        status = spell(&made.b_code, &made.b_at, &made.num_b, b, err);
    table t = {.of = &made, .last_b = made.num_b, .overlap = overlap};
    int reach =
        overlap && overlap->most < MOST_LETTERS ? (int)overlap->most + MOST_CUT : MOST_LETTERS;
    if (overlap && made.num_a > reach)
        t.first_a = made.num_a - reach;
    if (overlap && made.num_b > reach)
        t.last_b = reach;
    t.columns = t.last_b + 1;
    if (!status)
        status = run(&made, &t, err);
    if (status)
        rx_alignment_free(&made);
    else
        *out = made;
    return status;
}

pali_status rx_align_whole(rx_alignment *out, const char *a, const char *b, pali_error *err) {
    return align(out, a, b, NULL, err);
}

pali_status rx_align_overlap(rx_alignment *out, const char *a, const char *b,
                             const rx_overlap *overlap, pali_error *err) {
    pali_status status = align(out, a, b, overlap, err);
    if (status || out->num_equal >= RX_SURE_OVERLAP || !(overlap->a_cut || overlap->b_cut))
        return status;
    rx_overlap whole = *overlap; /* so little may fit by chance once letters are left out */
    whole.a_cut = whole.b_cut = false;
    rx_alignment_free(out);
    return align(out, a, b, &whole, err);
}

void rx_alignment_free(rx_alignment *alignment) {
    free(alignment->a_code);
    free(alignment->b_code);
    free(alignment->a_at);
    free(alignment->b_at);
    free(alignment->pairs);
    *alignment = (rx_alignment){0};
}

float rx_alignment_similarity(const rx_alignment *alignment) {
    return alignment->num_pairs ? (float)alignment->num_equal / (float)alignment->num_pairs : 0;
}
