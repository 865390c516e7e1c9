/* Lines of two views are paired from top to bottom so that the sum of their likeness is greatest. A
 * pair becomes one line word by word: words that both views read alike are as certain as the surer of
 * them says; where they differ, the surer one's word is taken, the other's stays beside it as a
 * choice, and the probability falls to the share that the taken one has of both: at most one of them
 * can be right. Words are taken whole, so that none is made that no view has read. */
#include "scan/view_merge.h"

#include "scan/view_align.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEW_LETTERS = 2 };
static const float least_like = 0.6f, least_like_in_row = 0.5f, doubtful = 0.5f;

typedef struct merger {
    pali_arena *arena;
    size_t most_shared;
    float near;
    bool beside;
    pali_error *err;
} merger;

/* ---- one line of two ---- */

static bool both_placed(const rx_view_line *a, const rx_view_line *b) {
    return a->placed && b->placed;
}

/* A line that is being written; it has room for both. */
typedef struct writer {
    char *text;
    float *confidence;
    size_t size;
    rx_choice *choices;
    size_t num_choices;
} writer;

static pali_status writer_make(writer *w, merger *m, const rx_view_line *a, const rx_view_line *b) {
    size_t room = strlen(a->text) + strlen(b->text) + 2;
    *w = (writer){0};
    w->text = pali_arena_alloc(m->arena, room, 1, "a line", m->err);
    w->confidence = pali_arena_alloc(m->arena, room, sizeof *w->confidence, "a line", m->err);
    w->choices = pali_arena_alloc(m->arena, a->choices.count + b->choices.count + room,
                                  sizeof *w->choices, "a line", m->err);
    return w->text && w->confidence && w->choices ? PALI_OK : PALI_ERROR_MEMORY;
}

/* Bytes [from, to) of a line, with its choices there. */
static void write(writer *w, const rx_view_line *line, size_t from, size_t to) {
    if (to <= from)
        return;
    for (size_t i = 0; i < line->choices.count; i++) {
        rx_choice c = line->choices.items[i];
        if (c.at < from || c.at + c.size > to)
            continue;
        c.at = c.at - from + w->size;
        w->choices[w->num_choices++] = c;
    }
    memcpy(w->text + w->size, line->text + from, to - from);
    memcpy(w->confidence + w->size, line->confidence + from, (to - from) * sizeof *w->confidence);
    w->size += to - from;
}

static void write_blank(writer *w) {
    w->confidence[w->size] = 1;
    w->text[w->size++] = ' ';
}

static void doubt(writer *w, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        w->confidence[i] = fminf(w->confidence[i], doubtful);
}

/* The words that bytes [from, to) are part of. */
static void doubt_words(writer *w, size_t from, size_t to) {
    while (from > 0 && w->text[from - 1] != ' ')
        from--;
    while (to < w->size && w->text[to] != ' ')
        to++;
    doubt(w, from, to);
}

/* A stretch of one reading. */
typedef struct stretch {
    const rx_view_line *line;
    size_t from, to;
} stretch;

/* Mean probability of a stretch's letters that are not as the other reading has them, pairs [from, to);
 * of all its letters if it has all that the other has. 0: it has none. */
static float surety(const stretch *s, const rx_alignment *al, bool second, int from, int to) {
    float different = 0, all = 0;
    int num_different = 0, num_all = 0;
    for (int k = from; k < to; k++) {
        rx_letter_pair p = al->pairs[k];
        int letter = second ? p.b : p.a;
        if (letter == RX_NO_LETTER)
            continue;
        bool alone = p.a == RX_NO_LETTER || p.b == RX_NO_LETTER;
        float confidence = s->line->confidence[second ? al->b_at[letter] : al->a_at[letter]];
        all += confidence;
        num_all++;
        if (alone || al->a_code[p.a] != al->b_code[p.b]) {
            different += confidence;
            num_different++;
        }
    }
    return num_different ? different / (float)num_different : num_all ? all / (float)num_all : 0;
}

static bool alike(const stretch *a, const stretch *b) {
    return a->to - a->from == b->to - b->from &&
           memcmp(a->line->text + a->from, b->line->text + b->from, a->to - a->from) == 0;
}

/* What both read alike. */
static void write_agreed(writer *w, const stretch *a, const stretch *b) {
    size_t at = w->size;
    write(w, a->line, a->from, a->to);
    for (size_t i = 0; i < a->to - a->from; i++)
        w->confidence[at + i] = fmaxf(w->confidence[at + i], b->line->confidence[b->from + i]);
}

/* What they read differently. */
static pali_status write_differing(writer *w, merger *m, const stretch *a, float of_a,
                                   const stretch *b, float of_b) {
    bool cut = a->line->cut != b->line->cut;
    float sum = of_a + of_b;
    bool takes_a = cut ? b->line->cut : of_a >= of_b;
    const stretch *taken = takes_a ? a : b, *other = takes_a ? b : a;
    size_t at = w->size;
    write(w, taken->line, taken->from, taken->to);
    if (cut) /* half of the letters' height is no second opinion */
        return PALI_OK;
    float share = sum > 0 ? (takes_a ? of_a : of_b) / sum : 0;
    share = other->to > other->from ? share : doubtful;
    for (size_t i = at; i < w->size; i++)
        w->confidence[i] *= share;
    const char *text =
        pali_arena_text(m->arena, other->line->text + other->from, other->to - other->from, m->err);
    if (!text)
        return PALI_ERROR_MEMORY;
    if (w->size > at)
        w->choices[w->num_choices++] = (rx_choice){.at = at,
                                                   .size = w->size - at,
                                                   .other = text,
                                                   .probability = share,
                                                   .other_probability = 1 - share};
    return PALI_OK;
}

/* The bytes that one reading has in pairs [from, to); empty where it has none. */
static stretch stretch_of(const rx_view_line *line, const rx_alignment *al, bool second, int from,
                          int to) {
    const size_t *at = second ? al->b_at : al->a_at;
    stretch s = {line, 0, 0};
    for (int k = from; k < to; k++) {
        int letter = second ? al->pairs[k].b : al->pairs[k].a;
        if (letter == RX_NO_LETTER)
            continue;
        s.from = s.to ? s.from : at[letter];
        s.to = at[letter + 1];
    }
    return s;
}

static bool is_blank(const rx_alignment *al, int k) {
    rx_letter_pair p = al->pairs[k];
    return p.a != RX_NO_LETTER && p.b != RX_NO_LETTER && al->a_code[p.a] == ' ' &&
           al->b_code[p.b] == ' ';
}

/* `a` up to the pairs, the pairs word by word, `b` behind them. */
static pali_status combine(rx_view_line *out, merger *m, const rx_view_line *a,
                           const rx_view_line *b, const rx_alignment *al) {
    writer w;
    pali_status status = writer_make(&w, m, a, b);
    if (status)
        return status;
    write(&w, a, 0, al->a_at[al->a_begin]);
    size_t shared = w.size;
    for (int from = 0, to; from < al->num_pairs && !status; from = to + 1) {
        for (to = from; to < al->num_pairs && !is_blank(al, to);)
            to++;
        stretch of_a = stretch_of(a, al, false, from, to), of_b = stretch_of(b, al, true, from, to);
        if (alike(&of_a, &of_b))
            write_agreed(&w, &of_a, &of_b);
        else
            status = write_differing(&w, m, &of_a, surety(&of_a, al, false, from, to), &of_b,
                                     surety(&of_b, al, true, from, to));
        if (to < al->num_pairs)
            write_blank(&w);
    }
    size_t shared_end = w.size;
    write(&w, b, al->b_at[al->b_end], strlen(b->text));
    if (m->beside && al->num_equal < RX_SURE_OVERLAP)
        doubt_words(&w, shared, shared_end);
    if (m->beside && !both_placed(a, b)) /* another row may have the same words there */
        doubt(&w, 0, w.size);
    w.text[w.size] = '\0';
    *out = a->placed ? *a : *b;
    out->text = w.text;
    out->confidence = w.confidence;
    out->choices = (rx_choices){w.num_choices, w.choices};
    out->cut = a->cut && b->cut;
    out->edge_above = a->edge_above && b->edge_above;
    out->edge_below = a->edge_below && b->edge_below;
    out->from_left = a->from_left;
    out->to_right = m->beside ? b->to_right : a->to_right;
    out->ink_left = a->ink_left;
    out->ink_right = m->beside ? b->ink_right : a->ink_right;
    return status;
}

/* How many letters of the row both views should show; negative: not known. */
static float expected_overlap(const rx_view_line *a, const rx_view_line *b) {
    if (a->ink_right < 0 || b->ink_left < 0)
        return fmaxf(a->ink_right, b->ink_left);
    return (a->ink_right + b->ink_left) / 2;
}

/* The words that touch, at byte `seam`, where each view should show something of the other. A letter
 * or two that show may have been passed over, or be a word of their own. */
static void doubt_seam(writer *w, size_t seam, float expected) {
    size_t from = seam, to = seam + 1;
    while (from > 0 && w->text[from - 1] != ' ')
        from--;
    while (to < w->size && w->text[to] != ' ')
        to++;
    bool few = expected <= FEW_LETTERS;
    if (expected > 0 && (!few || seam - from <= FEW_LETTERS))
        doubt(w, from, seam);
    if (expected > 0 && (!few || to - seam - 1 <= FEW_LETTERS))
        doubt(w, seam + 1, to);
}

/* Two pieces of a row that have nothing in common. */
static pali_status put_beside(rx_view_line *out, merger *m, const rx_view_line *a,
                              const rx_view_line *b) {
    writer w;
    pali_status status = writer_make(&w, m, a, b);
    if (status)
        return status;
    write(&w, a, 0, strlen(a->text));
    size_t seam = w.size;
    write_blank(&w);
    write(&w, b, 0, strlen(b->text));
    doubt_seam(&w, seam, expected_overlap(a, b));
    w.text[w.size] = '\0';
    *out = *a;
    out->text = w.text;
    out->confidence = w.confidence;
    out->choices = (rx_choices){w.num_choices, w.choices};
    out->to_right = b->to_right;
    out->ink_right = b->ink_right;
    return PALI_OK;
}

static pali_status doubt_line(rx_view_line *line, merger *m) {
    size_t size = strlen(line->text);
    float *confidence = pali_arena_alloc(m->arena, size + 1, sizeof *confidence, "a line", m->err);
    for (size_t i = 0; confidence && i < size; i++)
        confidence[i] = fminf(line->confidence[i], doubtful);
    line->confidence = confidence;
    return confidence ? PALI_OK : PALI_ERROR_MEMORY;
}

/* ---- which lines are the same ---- */

static pali_status align_lines(rx_alignment *out, const merger *m, const rx_view_line *a,
                               const rx_view_line *b) {
    if (!m->beside)
        return rx_align_whole(out, a->text, b->text, m->err);
    rx_overlap overlap = {m->most_shared, expected_overlap(a, b), a->to_right, b->from_left};
    return rx_align_overlap(out, a->text, b->text, &overlap, m->err);
}

/* Whether an alignment shows by itself that both lines are one. */
static bool convinces(const merger *m, const rx_alignment *al) {
    return rx_alignment_similarity(al) >= least_like &&
           (!m->beside || al->num_equal >= RX_SURE_OVERLAP);
}

/* How much speaks for lines i and j being one; 0: they are not. */
static pali_status likeness(float *out, const merger *m, const rx_view *first,
                            const rx_view *second, size_t i, size_t j) {
    const rx_view_line *a = &first->lines[i], *b = &second->lines[j];
    *out = 0;
    bool same_row = both_placed(a, b) && fabsf(a->y - b->y) < m->near;
    bool far = m->beside ? false : i + m->most_shared < first->count || j >= m->most_shared;
    if ((both_placed(a, b) && !same_row) || (!both_placed(a, b) && far))
        return PALI_OK;
    rx_alignment al;
    pali_status status = align_lines(&al, m, a, b);
    if (status)
        return status;
    if (same_row)
        *out = 1 + rx_alignment_similarity(&al);
    else if (convinces(m, &al)) /* the longer what they have in common, the more it says */
        *out = rx_alignment_similarity(&al) * (float)al.num_equal / (float)(al.num_equal + 4);
    rx_alignment_free(&al);
    return PALI_OK;
}

typedef struct pairing {
    float *like, *best; /* [first + 1, second + 1] */
    size_t rows, columns;
} pairing;

static pali_status pair_up(pairing *p, const merger *m, const rx_view *first,
                           const rx_view *second) {
    p->rows = first->count;
    p->columns = second->count;
    size_t cells = (p->rows + 1) * (p->columns + 1);
    p->like = calloc(cells, sizeof *p->like);
    p->best = calloc(cells, sizeof *p->best);
    if (!p->like || !p->best)
        return pali_fail_memory(m->err, cells * sizeof *p->like, "comparing views");
    for (size_t i = p->rows; i-- > 0;)
        for (size_t j = p->columns; j-- > 0;) {
            size_t at = i * (p->columns + 1) + j;
            pali_status status = likeness(&p->like[at], m, first, second, i, j);
            if (status)
                return status;
            float both = p->like[at] > 0 ? p->like[at] + p->best[at + p->columns + 2] : 0;
            p->best[at] = fmaxf(both, fmaxf(p->best[at + 1], p->best[at + p->columns + 1]));
        }
    return PALI_OK;
}

/* Whether lines i and j are a pair of the best pairing, both being the next to be looked at. */
static bool are_pair(const pairing *p, size_t i, size_t j) {
    if (i >= p->rows || j >= p->columns)
        return false;
    size_t at = i * (p->columns + 1) + j;
    return p->like[at] > 0 && p->best[at] > p->best[at + 1] &&
           p->best[at] > p->best[at + p->columns + 1];
}

/* ---- the lines of both ---- */

static pali_status join_pair(rx_view_line *out, merger *m, const rx_view_line *a,
                             const rx_view_line *b) {
    rx_alignment al;
    pali_status status = align_lines(&al, m, a, b);
    if (status)
        return status;
    bool gap = a->ink_right == 0 || b->ink_left == 0;
    float least = both_placed(a, b) ? least_like_in_row : least_like;
    if (m->beside && (gap || rx_alignment_similarity(&al) < least))
        status = put_beside(out, m, a, b);
    else
        status = combine(out, m, a, b, &al);
    rx_alignment_free(&al);
    return status;
}

/* A line of one view that the other does not show. What an edge has cut is left out where the other
 * view goes on (`goes_on`). What breaks off where the other view should go on ("50" may be a part of
 * "500"), and what nothing places, is kept in doubt. */
static pali_status keep_single(rx_view *out, merger *m, const rx_view_line *line, bool is_first,
                               bool goes_on) {
    bool at_cut = !m->beside && (is_first ? line->edge_below : line->edge_above);
    bool breaks_off = m->beside && (is_first ? line->to_right : line->from_left);
    if (at_cut && goes_on)
        return PALI_OK;
    rx_view_line *kept = &out->lines[out->count++];
    *kept = *line;
    if (m->beside && is_first) { /* it does not reach what comes next */
        kept->to_right = false;
        kept->ink_right = 0;
    }
    bool sure = line->placed ? !line->cut && !breaks_off : !goes_on;
    return sure ? PALI_OK : doubt_line(kept, m);
}

static pali_status merge(rx_view *out, merger *m, const rx_view *first, const rx_view *second) {
    pairing p = {0};
    rx_view made = {0};
    made.lines = pali_arena_alloc(m->arena, first->count + second->count + 1, sizeof *made.lines,
                                  "lines", m->err);
    pali_status status = made.lines ? pair_up(&p, m, first, second) : PALI_ERROR_MEMORY;
    size_t i = 0, j = 0;
    while (!status && (i < p.rows || j < p.columns)) {
        const rx_view_line *a = &first->lines[i], *b = &second->lines[j];
        if (are_pair(&p, i, j)) {
            status = join_pair(&made.lines[made.count++], m, a, b);
            i++;
            j++;
            continue;
        }
        size_t at = i * (p.columns + 1) + j;
        bool second_waits = j < p.columns && p.best[at] > p.best[at + 1]; /* for its pair */
        bool first_waits = i < p.rows && p.best[at] > p.best[at + p.columns + 1];
        bool below = i < p.rows && j < p.columns && both_placed(a, b) && b->y < a->y;
        bool takes_first = i < p.rows && !first_waits && (j == p.columns || second_waits || !below);
        if (takes_first) {
            bool shared = m->beside || i + m->most_shared >= p.rows;
            status = keep_single(&made, m, a, true, shared && p.columns > 0);
            i++;
        } else {
            bool shared = m->beside || j < m->most_shared;
            status = keep_single(&made, m, b, false, shared && p.rows > 0);
            j++;
        }
    }
    free(p.like);
    free(p.best);
    if (!status)
        *out = made;
    return status;
}

pali_status rx_views_beside(rx_view *out, pali_arena *arena, const rx_view *left,
                            const rx_view *right, size_t most_shared, float near, pali_error *err) {
    merger m = {arena, most_shared, near, true, err};
    return merge(out, &m, left, right);
}

pali_status rx_views_below(rx_view *out, pali_arena *arena, const rx_view *upper,
                           const rx_view *lower, size_t most_shared, float near, pali_error *err) {
    merger m = {arena, most_shared, near, false, err};
    return merge(out, &m, upper, lower);
}
