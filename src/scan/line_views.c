/* Views of a line as an ensemble. Mistakes of one view are seldom those of another, since letters lie
 * on other patches and rows end elsewhere; so the likeliest reading is better than any one view's,
 * and where all agree it is hardly ever wrong. Signs are compared after aligning the readings. */
#include "scan/line_views.h"

#include "rx/fold.h"
#include "scan/view_align.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint32_t lower(uint32_t c) {
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool is_letter(uint32_t c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}

uint32_t rx_sign(uint32_t c, uint32_t before, uint32_t behind) {
    if (lower(c) == 'o' && !is_letter(before) && !is_letter(behind))
        return '0';
    return c >= 0x2010 && c <= 0x2015 ? '-' : c == 0xD7 ? 'x' : lower(c);
}

/* A walk over the signs of a text; at its end all three are 0. */
typedef struct walk {
    const char *text;
    size_t size, at;
    uint32_t before, here, behind;
} walk;

static void step(walk *w) {
    w->before = w->here;
    w->here = w->behind;
    w->behind = w->at < w->size ? rx_next_code_point(w->text, w->size, &w->at) : 0;
}

static walk walk_over(const char *text) {
    walk w = {.text = text, .size = strlen(text)};
    step(&w);
    step(&w);
    return w;
}

bool rx_line_views_agree(const rx_line_view *a, const rx_line_view *b) {
    walk x = walk_over(a->text), y = walk_over(b->text);
    for (; x.here && y.here; step(&x), step(&y))
        if (rx_sign(x.here, x.before, x.behind) != rx_sign(y.here, y.before, y.behind))
            return false;
    return !x.here && !y.here && a->struck_out == b->struck_out && a->half_struck == b->half_struck;
}

size_t rx_likeliest_view(const rx_line_view *views, size_t count) {
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (views[i].finished != views[best].finished ? views[i].finished
                                                      : views[i].score > views[best].score)
            best = i;
    return best;
}

/* The views' common line while it is made of the likeliest one. */
typedef struct ensemble {
    rx_line_view best; /* edited */
    float *sum;        /* for each byte of the best's text: the probabilities of all views */
    rx_choice *choices;
    size_t num_choices, count;
    pali_arena *arena;
    pali_error *err;
} ensemble;

static uint32_t sign_at(const uint32_t *code, int count, int i) {
    return rx_sign(code[i], i > 0 ? code[i - 1] : 0, i + 1 < count ? code[i + 1] : 0);
}

static bool same_sign(const rx_alignment *al, int k) {
    rx_letter_pair p = al->pairs[k];
    return p.a != RX_NO_LETTER && p.b != RX_NO_LETTER &&
           sign_at(al->a_code, al->num_a, p.a) == sign_at(al->b_code, al->num_b, p.b);
}

/* Adds a view's votes. A sign beside which it reads another one gets none: "500" is not "5000". */
static void add_votes(ensemble *e, const rx_line_view *view, const rx_alignment *al) {
    for (int k = 0; k < al->num_pairs; k++) {
        bool inserted = (k > 0 && al->pairs[k - 1].a == RX_NO_LETTER) ||
                        (k + 1 < al->num_pairs && al->pairs[k + 1].a == RX_NO_LETTER);
        if (!same_sign(al, k) || inserted)
            continue;
        float vote = view->confidence[al->b_at[al->pairs[k].b]];
        for (size_t i = al->a_at[al->pairs[k].a]; i < al->a_at[al->pairs[k].a + 1]; i++)
            e->sum[i] += vote;
    }
}

/* The least probability of bytes [from, to). */
static float least(const float *confidence, size_t from, size_t to) {
    float found = 1;
    for (size_t i = from; i < to; i++)
        found = fminf(found, confidence[i]);
    return found;
}

/* Bytes that pairs [from, to) take of one reading. */
static void bytes_of(const rx_alignment *al, bool second, int from, int to, size_t *begin,
                     size_t *end) {
    const size_t *at = second ? al->b_at : al->a_at;
    *begin = *end = 0;
    for (int k = from; k < to; k++) {
        int letter = second ? al->pairs[k].b : al->pairs[k].a;
        if (letter == RX_NO_LETTER)
            continue;
        if (*end == 0)
            *begin = at[letter];
        *end = at[letter + 1];
    }
}

/* What the second reading has in pairs [from, to). Where one of both has nothing there, a neighbour is
 * taken in on both sides. A size of 0: the whole of a reading is nothing. */
static rx_line_edit edit_of(const rx_alignment *al, int from, int to) {
    size_t at, end, other, other_end;
    bytes_of(al, false, from, to, &at, &end);
    bytes_of(al, true, from, to, &other, &other_end);
    if (at == end || other == other_end) {
        from -= from > 0;
        to += from == 0 && to < al->num_pairs;
        bytes_of(al, false, from, to, &at, &end);
        bytes_of(al, true, from, to, &other, &other_end);
    }
    if (at == end || other == other_end)
        return (rx_line_edit){0};
    return (rx_line_edit){
        .at = at, .size = end - at, .other_at = other, .other_size = other_end - other};
}

static pali_status edits_of(rx_line_edit **out, size_t *count, const rx_alignment *al,
                            const char *other, pali_arena *arena, pali_error *err) {
    rx_line_edit *edits =
        pali_arena_alloc(arena, (size_t)al->num_pairs + 1, sizeof *edits, "a line", err);
    *out = edits;
    *count = 0;
    if (!edits)
        return PALI_ERROR_MEMORY;
    for (int from = 0, to; from < al->num_pairs; from = to + 1) {
        for (to = from; to < al->num_pairs && !same_sign(al, to);)
            to++;
        rx_line_edit edit = to > from ? edit_of(al, from, to) : (rx_line_edit){0};
        if (edit.size == 0)
            continue;
        edit.text = pali_arena_text(arena, other + edit.other_at, edit.other_size, err);
        if (!edit.text)
            return PALI_ERROR_MEMORY;
        edits[(*count)++] = edit;
    }
    return PALI_OK;
}

pali_status rx_line_edits(rx_line_edit **out, size_t *count, const char *text, const char *other,
                          pali_arena *arena, pali_error *err) {
    rx_alignment al = {0};
    pali_status status = rx_align_whole(&al, text, other, err);
    if (!status)
        status = edits_of(out, count, &al, other, arena, err);
    rx_alignment_free(&al);
    return status;
}

/* Keeps what the view reads instead. */
static pali_status keep_others(ensemble *e, const rx_line_view *view, const rx_alignment *al) {
    rx_line_edit *edits;
    size_t count;
    pali_status status = edits_of(&edits, &count, al, view->text, e->arena, e->err);
    for (size_t i = 0; i < count && !status; i++) {
        const rx_line_edit *edit = &edits[i];
        e->choices[e->num_choices++] =
            (rx_choice){.at = edit->at,
                        .size = edit->size,
                        .other = edit->text,
                        .probability = least(e->best.confidence, edit->at, edit->at + edit->size),
                        .other_probability = least(view->confidence, edit->other_at,
                                                   edit->other_at + edit->other_size) /
                                             (float)e->count};
    }
    return status;
}

static pali_status add_view(ensemble *e, const rx_line_view *view, bool votes) {
    rx_alignment al = {0};
    pali_status status = rx_align_whole(&al, e->best.text, view->text, e->err);
    if (status)
        return status;
    if (votes)
        add_votes(e, view, &al);
    status = keep_others(e, view, &al);
    rx_alignment_free(&al);
    return status;
}

/* From left to right; at one place the likeliest first. */
static int by_place(const void *a, const void *b) {
    const rx_choice *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return (x->other_probability < y->other_probability) -
           (x->other_probability > y->other_probability);
}

/* ---- edits ---- */

/* Where a byte of the text that is not edited comes to lie. */
static size_t moved(size_t at, const rx_line_edit *edits, size_t count) {
    size_t to = at;
    for (size_t i = 0; i < count && edits[i].at + edits[i].size <= at; i++)
        to = to - edits[i].size + strlen(edits[i].text);
    return to;
}

static bool is_edited(const rx_choice *c, const rx_line_edit *edits, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (c->at < edits[i].at + edits[i].size && edits[i].at < c->at + c->size)
            return true;
    return false;
}

static void edit_text(char *text, float *confidence, const rx_line_view *view,
                      const rx_line_edit *edits, size_t count) {
    size_t size = strlen(view->text) + 1, to = 0, from = 0;
    for (size_t i = 0; i <= count; i++) {
        size_t kept = (i < count ? edits[i].at : size) - from;
        memcpy(text + to, view->text + from, kept);
        memcpy(confidence + to, view->confidence + from,
               (i < count ? kept : kept - 1) * sizeof *confidence);
        to += kept;
        if (i == count)
            break;
        size_t more = strlen(edits[i].text);
        memcpy(text + to, edits[i].text, more);
        memset(confidence + to, 0, more * sizeof *confidence);
        to += more;
        from = edits[i].at + edits[i].size;
    }
}

/* The view with other signs, to which it gives nothing. */
static pali_status edit_view(rx_line_view *view, const rx_line_edit *edits, size_t count,
                             pali_arena *arena, pali_error *err) {
    size_t size = moved(strlen(view->text), edits, count), num_choices = 0;
    char *text = pali_arena_alloc(arena, size + 1, 1, "a line", err);
    float *confidence = pali_arena_alloc(arena, size + 1, sizeof *confidence, "a line", err);
    rx_choice *choices =
        pali_arena_alloc(arena, view->choices.count + 1, sizeof *choices, "a line", err);
    if (!text || !confidence || !choices)
        return PALI_ERROR_MEMORY;
    edit_text(text, confidence, view, edits, count);
    for (size_t i = 0; i < view->choices.count; i++) {
        rx_choice c = view->choices.items[i];
        if (is_edited(&c, edits, count))
            continue;
        c.at = moved(c.at, edits, count);
        choices[num_choices++] = c;
    }
    view->text = text;
    view->confidence = confidence;
    view->choices = (rx_choices){num_choices, choices};
    return PALI_OK;
}

/* ---- the line ---- */

/* Adds the views; the likeliest has given its votes, and adds only what was edited away. */
static pali_status add_views(ensemble *e, const rx_line_view *views, size_t likeliest,
                             bool edited) {
    pali_status status = PALI_OK;
    for (size_t i = 0; i < e->count && !status; i++)
        if (i != likeliest || edited)
            status = add_view(e, &views[i], i != likeliest);
    return status;
}

pali_status rx_line_of_views(rx_line_view *out, const rx_line_view *views, size_t count,
                             const rx_line_edit *edits, size_t num_edits, pali_arena *arena,
                             pali_error *err) {
    size_t likeliest = rx_likeliest_view(views, count), same_mark = 0;
    ensemble e = {.best = views[likeliest], .count = count, .arena = arena, .err = err};
    pali_status status = num_edits ? edit_view(&e.best, edits, num_edits, arena, err) : PALI_OK;
    if (status)
        return status;
    size_t size = strlen(e.best.text);
    e.sum = pali_arena_alloc(arena, size + 1, sizeof *e.sum, "a line", err);
    e.choices = pali_arena_alloc(arena, e.best.choices.count + count * (size + 2),
                                 sizeof *e.choices, "a line", err);
    if (!e.sum || !e.choices)
        return PALI_ERROR_MEMORY;
    if (size)
        memcpy(e.sum, e.best.confidence, size * sizeof *e.sum);
    for (; e.num_choices < e.best.choices.count; e.num_choices++)
        e.choices[e.num_choices] = e.best.choices.items[e.num_choices];
    status = add_views(&e, views, likeliest, num_edits > 0);
    if (status)
        return status;
    for (size_t i = 0; i < count; i++)
        same_mark += views[i].struck_out == e.best.struck_out;
    float share = (float)same_mark / (float)count; /* of the views, on whether it is struck out */
    for (size_t i = 0; i < size; i++)
        e.sum[i] *= share / (float)count;
    qsort(e.choices, e.num_choices, sizeof *e.choices, by_place);
    *out = e.best;
    out->confidence = e.sum;
    out->choices = (rx_choices){e.num_choices, e.choices};
    return PALI_OK;
}
