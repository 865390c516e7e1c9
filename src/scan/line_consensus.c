/* How sure a view is of its own text says less than whether that text explains the other views' pictures
 * too. Views rarely err at the same place, so each difference from the likeliest text is weighed by itself, in the
 * rest of that text; those that gain are taken together. */
#include "scan/line_consensus.h"

#include "scan/square_scores.h"
#include "scan/view_align.h"

#include <stdlib.h>
#include <string.h>

/* As a logarithm: what gains less is no better. */
static const double least_gain = 0.05;

/* A text that a line may have. */
typedef struct reading {
    size_t line;
    const char *text;
    bool struck_out;
    size_t first_answer, num_answers; /* to the squares of all views */
    double score;                     /* mean of the views' logarithms */
} reading;

typedef struct weighing {
    rx_lines *lines;
    const rx_page *page;
    const pali_model *model;
    reading *readings;
    size_t num_readings;
    pali_continuation *answers;
    size_t num_answers;
    pali_arena arena;
    pali_error *err;
} weighing;

/* Whether the line has a text at this size that came to its end. */
static bool is_read(const weighing *w, size_t line, int view) {
    const rx_line_view *v = &w->lines->views[line][view];
    return v->text && v->finished;
}

/* ---- a text as the answers of a view's squares ---- */

/* The byte of the text that stands where byte `at` of the view's own text does. */
static size_t counterpart(const rx_alignment *al, size_t at) {
    for (int k = 0; k < al->num_pairs; k++) {
        rx_letter_pair p = al->pairs[k];
        if (p.a != RX_NO_LETTER && p.b != RX_NO_LETTER && al->a_at[p.a] >= at)
            return al->b_at[p.b];
    }
    return al->b_at[al->num_b];
}

static pali_status ask(weighing *w, int square, const char *text, size_t size, bool struck_out) {
    const pali_tokenizer *tokenizer = pali_model_tokenizer(w->model);
    size_t count = 0, mark = struck_out && size > 0;
    int32_t *ids = NULL;
    char *answer = pali_arena_alloc(&w->arena, size + 2, 1, "a line", w->err);
    if (!answer)
        return PALI_ERROR_MEMORY;
    answer[0] = '~';
    memcpy(answer + mark, text, size);
    pali_status status =
        pali_tokenizer_encode(tokenizer, answer, size + mark, false, &ids, &count, w->err);
    if (status)
        return status;
    int32_t *copy = pali_arena_alloc(&w->arena, count + 1, sizeof *copy, "a line", w->err);
    float *logprobs = pali_arena_alloc(&w->arena, count + 1, sizeof *logprobs, "a line", w->err);
    if (copy && logprobs) {
        memcpy(copy, ids, count * sizeof *ids);
        w->answers[w->num_answers++] = (pali_continuation){(size_t)square, copy, count, logprobs};
    }
    free(ids);
    return copy && logprobs ? PALI_OK : PALI_ERROR_MEMORY;
}

/* The text is cut where the view's own is. */
static pali_status ask_view(weighing *w, const reading *r, int view) {
    rx_page_view squares = w->page->lines[r->line].views[view];
    rx_alignment al = {0};
    pali_status status = rx_align_whole(&al, w->lines->views[r->line][view].text, r->text, w->err);
    size_t from = 0, all = strlen(r->text);
    for (int i = 0; i < squares.num_squares && !status; i++) {
        int square = squares.first_square + i;
        bool last = i + 1 == squares.num_squares;
        size_t next = last ? all : counterpart(&al, w->lines->squares[square + 1].at);
        next = next < from ? from : next;
        bool space = !last && w->page->squares[square + 1].space_before && next > from &&
                     r->text[next - 1] == ' ';
        status = ask(w, square, r->text + from, next - from - space, r->struck_out);
        from = next;
    }
    rx_alignment_free(&al);
    return status;
}

static pali_status add_reading(weighing *w, size_t line, const char *text, bool struck_out) {
    reading *r = &w->readings[w->num_readings++];
    *r = (reading){
        .line = line, .text = text, .struck_out = struck_out, .first_answer = w->num_answers};
    pali_status status = PALI_OK;
    for (int v = 0; v < RX_PAGE_VIEWS && !status; v++)
        if (is_read(w, line, v))
            status = ask_view(w, r, v);
    r->num_answers = w->num_answers - r->first_answer;
    return status;
}

/* Empties the list, with room for so many readings and answers. */
static pali_status begin(weighing *w, size_t most_readings, size_t most_answers) {
    w->num_readings = w->num_answers = 0;
    w->readings =
        pali_arena_alloc(&w->arena, most_readings + 1, sizeof *w->readings, "lines", w->err);
    w->answers = pali_arena_alloc(&w->arena, most_answers + 1, sizeof *w->answers, "lines", w->err);
    return w->readings && w->answers ? PALI_OK : PALI_ERROR_MEMORY;
}

static pali_status score(weighing *w) {
    pali_status status = rx_squares_score(w->answers, w->num_answers, w->lines, w->model, w->err);
    for (size_t i = 0; i < w->num_readings && !status; i++) {
        reading *r = &w->readings[i];
        int views = 0;
        for (int v = 0; v < RX_PAGE_VIEWS; v++)
            views += is_read(w, r->line, v);
        for (size_t k = r->first_answer; k < r->first_answer + r->num_answers; k++)
            r->score += rx_answer_logprob(&w->answers[k], 0, w->answers[k].num_ids + 1) / views;
    }
    return status;
}

static size_t squares_of(const weighing *w, size_t line) {
    size_t count = 0;
    for (int v = 0; v < RX_PAGE_VIEWS; v++)
        count += (size_t)w->page->lines[line].views[v].num_squares;
    return count;
}

/* ---- whole texts ---- */

/* The first view with the same text. */
static int first_alike(const weighing *w, size_t line, int view) {
    const rx_line_view *views = w->lines->views[line];
    int first = 0;
    while (!is_read(w, line, first) || strcmp(views[first].text, views[view].text) != 0 ||
           views[first].struck_out != views[view].struck_out)
        first++;
    return first;
}

/* Gives every view of the doubtful lines the score of its text. */
static pali_status score_views(weighing *w, const bool *doubtful) {
    size_t answers = 0, next = 0;
    for (size_t l = 0; l < w->lines->count; l++)
        answers += doubtful[l] ? RX_PAGE_VIEWS * squares_of(w, l) : 0;
    pali_status status = begin(w, w->lines->count * RX_PAGE_VIEWS, answers);
    for (size_t l = 0; l < w->lines->count; l++)
        for (int v = 0; doubtful[l] && v < RX_PAGE_VIEWS && !status; v++) {
            const rx_line_view *view = &w->lines->views[l][v];
            if (is_read(w, l, v) && first_alike(w, l, v) == v)
                status = add_reading(w, l, view->text, view->struck_out);
        }
    if (!status)
        status = score(w);
    for (size_t l = 0; l < w->lines->count && !status; l++)
        for (int v = 0; doubtful[l] && v < RX_PAGE_VIEWS; v++) {
            rx_line_view *views = w->lines->views[l];
            if (!is_read(w, l, v))
                continue;
            int first = first_alike(w, l, v);
            views[v].score = first == v ? (float)w->readings[next++].score : views[first].score;
        }
    return status;
}

/* ---- differences ---- */

static bool is_among(const rx_consensus *c, const rx_line_edit *edit) {
    for (size_t i = 0; i < c->num_edits; i++)
        if (c->edits[i].at == edit->at && c->edits[i].size == edit->size &&
            strcmp(c->edits[i].text, edit->text) == 0)
            return true;
    return false;
}

/* All that the other views have in the text of one, each once. A single difference is left out: with it the
 * text would be that view's, which is known to be less probable. */
static pali_status find_edits(weighing *w, rx_consensus *out, size_t line, size_t best) {
    const rx_line_view *views = w->lines->views[line];
    size_t most = RX_PAGE_VIEWS * (strlen(views[best].text) + 1), count;
    pali_arena *arena = &w->lines->arena;
    out->edits = pali_arena_alloc(arena, most, sizeof *out->edits, "a line", w->err);
    pali_status status = out->edits ? PALI_OK : PALI_ERROR_MEMORY;
    for (int v = 0; v < RX_PAGE_VIEWS && !status; v++) {
        rx_line_edit *edits;
        if (!is_read(w, line, v) || (size_t)v == best)
            continue;
        status = rx_line_edits(&edits, &count, views[best].text, views[v].text, arena, w->err);
        for (size_t i = 0; i < count && count > 1 && !status; i++)
            if (!is_among(out, &edits[i]))
                out->edits[out->num_edits++] = edits[i];
    }
    return status;
}

static pali_status add_edited(weighing *w, size_t line, const rx_line_view *view,
                              const rx_line_edit *edit) {
    size_t behind = edit->at + edit->size, more = strlen(edit->text),
           rest = strlen(view->text) - behind;
    char *text = pali_arena_alloc(&w->arena, edit->at + more + rest + 1, 1, "a line", w->err);
    if (!text)
        return PALI_ERROR_MEMORY;
    memcpy(text, view->text, edit->at);
    memcpy(text + edit->at, edit->text, more);
    memcpy(text + edit->at + more, view->text + behind, rest + 1);
    return add_reading(w, line, text, view->struck_out);
}

static bool touches(const rx_line_edit *a, const rx_line_edit *b) {
    return a->at <= b->at + b->size && b->at <= a->at + a->size;
}

/* Keeps the edits that gain, of those that touch the one that gains most, from left to right. */
static void choose(rx_consensus *c, reading *edited, double least) {
    size_t count = 0;
    for (;;) {
        size_t best = c->num_edits;
        for (size_t i = count; i < c->num_edits; i++)
            if (edited[i].score > (best < c->num_edits ? edited[best].score : least))
                best = i;
        if (best == c->num_edits)
            break;
        rx_line_edit edit = c->edits[best];
        c->edits[best] = c->edits[count];
        edited[best] = edited[count];
        c->edits[count++] = edit;
        for (size_t i = count; i < c->num_edits; i++)
            if (touches(&c->edits[i], &edit))
                edited[i].score = least;
    }
    c->num_edits = count;
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && c->edits[k].at < c->edits[k - 1].at; k--) {
            rx_line_edit edit = c->edits[k];
            c->edits[k] = c->edits[k - 1];
            c->edits[k - 1] = edit;
        }
}

static pali_status choose_edits(weighing *w, rx_consensus *out, const bool *doubtful) {
    size_t readings = 0, answers = 0, next = 0;
    pali_status status = PALI_OK;
    for (size_t l = 0; l < w->lines->count && !status; l++) {
        size_t best = rx_likeliest_view(w->lines->views[l], RX_PAGE_VIEWS);
        if (!doubtful[l] || !is_read(w, l, (int)best))
            continue;
        status = find_edits(w, &out[l], l, best);
        readings += out[l].num_edits;
        answers += out[l].num_edits * squares_of(w, l);
    }
    if (!status)
        status = begin(w, readings, answers);
    for (size_t l = 0; l < w->lines->count; l++) {
        const rx_line_view *views = w->lines->views[l];
        for (size_t i = 0; i < out[l].num_edits && !status; i++)
            status =
                add_edited(w, l, &views[rx_likeliest_view(views, RX_PAGE_VIEWS)], &out[l].edits[i]);
    }
    if (!status)
        status = score(w);
    for (size_t l = 0; l < w->lines->count && !status; l++) {
        const rx_line_view *views = w->lines->views[l];
        if (out[l].num_edits == 0)
            continue;
        size_t count = out[l].num_edits;
        float now = views[rx_likeliest_view(views, RX_PAGE_VIEWS)].score;
        choose(&out[l], w->readings + next, (double)now + least_gain);
        next += count;
    }
    return status;
}

pali_status rx_lines_consensus(rx_consensus *out, rx_lines *lines, const bool *doubtful,
                               const rx_page *page, const pali_model *model, pali_error *err) {
    weighing w = {
        .lines = lines, .page = page, .model = model, .arena = PALI_ARENA_INIT, .err = err};
    memset(out, 0, lines->count * sizeof *out);
    pali_status status = score_views(&w, doubtful);
    if (!status)
        status = choose_edits(&w, out, doubtful);
    pali_arena_free(&w.arena);
    return status;
}
