/* An entry of the lexicon is put into what each view read, in the place of the name, and the model says
 * how probable that text is for that picture. The mean of the views' logarithms, and a fixed bonus for
 * names that exist, rank the candidates; among them are what the views themselves read. */
#include "scan/name_readings.h"

#include "rx/name_key.h"
#include "scan/name_candidates.h"
#include "scan/square_scores.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a name gains by being one of the lexicon, as a logarithm of odds. Chosen on pages like those that
 * confidences are calibrated on: from 4 to 8 it makes little difference. */
static const double known_bonus = 5;

/* Rivals below this are noise. */
static const double least_rival = 0.01;

/* Where the name's tokens are in an answer. */
typedef struct span {
    size_t from, to;
} span;

typedef struct weighing {
    rx_lines *lines;
    const pali_model *model;
    rx_doubtful_name *doubts;
    size_t num_doubts;
    span *names;                /* in each of the answers */
    pali_continuation *answers; /* of all doubts, place by place; `request` is a square at first */
    size_t num_answers;
    pali_arena arena;
    pali_error *err;
} weighing;

/* ---- what the model says of them ---- */

static pali_status count_tokens(const weighing *w, const char *text, size_t size, size_t *count) {
    int32_t *ids = NULL;
    pali_status status = pali_tokenizer_encode(pali_model_tokenizer(w->model), text, size, false,
                                               &ids, count, w->err);
    free(ids);
    return status;
}

static pali_status ask(weighing *w, const rx_name_place *where, const char *name) {
    char text[RX_MAX_ANSWER_BYTES];
    const char *read = w->lines->squares[where->square].text;
    size_t size = strlen(name), rest = strlen(read) - where->at - where->size, count = 0;
    memcpy(text, read, where->at);
    memcpy(text + where->at, name, size);
    memcpy(text + where->at + size, read + where->at + where->size, rest);
    int32_t *ids = NULL;
    span of_name;
    pali_status status = count_tokens(w, text, where->at, &of_name.from);
    if (!status)
        status = count_tokens(w, text, where->at + size, &of_name.to);
    if (!status)
        status = pali_tokenizer_encode(pali_model_tokenizer(w->model), text,
                                       where->at + size + rest, false, &ids, &count, w->err);
    if (status)
        return status;
    int32_t *copy = pali_arena_alloc(&w->arena, count + 1, sizeof *copy, "names", w->err);
    float *logprobs = pali_arena_alloc(&w->arena, count + 1, sizeof *logprobs, "names", w->err);
    if (copy && logprobs) {
        memcpy(copy, ids, count * sizeof *ids);
        w->names[w->num_answers] = of_name;
        w->answers[w->num_answers++] =
            (pali_continuation){(size_t)where->square, copy, count, logprobs};
    } else {
        status = PALI_ERROR_MEMORY;
    }
    free(ids);
    return status;
}

/* Every candidate in every place of its name. */
static pali_status ask_all(weighing *w) {
    size_t count = 0;
    for (size_t i = 0; i < w->num_doubts; i++)
        count += w->doubts[i].num_candidates * (size_t)w->doubts[i].num_places;
    w->answers = pali_arena_alloc(&w->arena, count + 1, sizeof *w->answers, "names", w->err);
    w->names = pali_arena_alloc(&w->arena, count + 1, sizeof *w->names, "names", w->err);
    pali_status status = w->answers && w->names ? PALI_OK : PALI_ERROR_MEMORY;
    for (size_t i = 0; i < w->num_doubts && !status; i++) {
        rx_doubtful_name *d = &w->doubts[i];
        d->first_answer = w->num_answers;
        for (int v = 0; v < RX_PAGE_VIEWS && !status; v++)
            for (size_t k = 0; k < d->num_candidates && d->places[v].square >= 0 && !status; k++)
                status = ask(w, &d->places[v], d->candidates[k].text);
    }
    return status;
}

/* ---- the outcome ---- */

static bool same_name(const rx_name_candidate *a, const rx_name_candidate *b) {
    char key[2][RX_MAX_KEY];
    return rx_name_key(key[0], a->text, strlen(a->text)) > 0 &&
           rx_name_key(key[1], b->text, strlen(b->text)) > 0 && strcmp(key[0], key[1]) == 0;
}

static int best_first(const void *a, const void *b) {
    const rx_name_candidate *x = a, *y = b;
    return (x->score < y->score) - (x->score > y->score);
}

/* Spellings of one name become one, the best; one of them that a view read is enough for all. */
static void join_spellings(rx_doubtful_name *d) {
    rx_name_candidate *c = d->candidates;
    for (size_t k = 0; k < d->num_candidates; k++)
        for (size_t i = d->num_candidates - 1; i > k; i--) {
            if (!same_name(&c[i], &c[k]))
                continue;
            c[k].score += c[i].score;
            c[k].read |= c[i].read;
            memmove(&c[i], &c[i + 1], (--d->num_candidates - i) * sizeof *c);
        }
    qsort(c, d->num_candidates, sizeof *c, best_first);
}

/* Scores to probabilities. Names that are no candidates have their share of the whole: what the likeliest
 * reading has by itself tells how much all candidates have. */
static void normalise(rx_doubtful_name *d) {
    rx_name_candidate *c = d->candidates;
    const rx_name_candidate *reading = NULL;
    qsort(c, d->num_candidates, sizeof *c, best_first);
    for (size_t k = 0; k < d->num_candidates && !reading; k++)
        reading = c[k].read ? &c[k] : NULL;
    double reference = reading->score - (reading->known ? known_bonus : 0) - reading->itself;
    double without_bonus = 0, all = 0;
    for (size_t k = 0; k < d->num_candidates; k++) {
        double logarithm = c[k].score - reference;
        all += c[k].score = exp(logarithm);
        without_bonus += exp(logarithm - (c[k].known ? known_bonus : 0));
    }
    all += fmax(0, 1 - without_bonus);
    for (size_t k = 0; k < d->num_candidates; k++)
        c[k].score /= all;
    join_spellings(d);
}

static void rank(const weighing *w, rx_doubtful_name *d) {
    const double views = d->num_places;
    for (size_t k = 0; k < d->num_candidates; k++) {
        rx_name_candidate *c = &d->candidates[k];
        c->score = c->known ? known_bonus : 0;
        c->itself = 0;
        for (size_t p = 0; p < (size_t)d->num_places; p++) {
            size_t i = d->first_answer + p * d->num_candidates + k;
            const pali_continuation *answer = &w->answers[i];
            c->score += rx_answer_logprob(answer, 0, answer->num_ids + 1) / views;
            c->itself += rx_answer_logprob(answer, w->names[i].from, w->names[i].to) / views;
        }
    }
    normalise(d);
}

/* Whether a choice lies in the name, which stands for something else now. */
static bool is_inside(const rx_choice *c, const rx_doubtful_name *d) {
    return c->at + c->size > d->at && c->at < d->at + d->size;
}

/* Choices of the line with the name's rivals in the place of its letters' own. */
static pali_status rewrite_choices(weighing *w, const rx_doubtful_name *d) {
    rx_choices *choices = &w->lines->choices[d->line];
    pali_arena *arena = &w->lines->arena;
    const rx_name_candidate *best = d->candidates;
    size_t size = strlen(best->text), count = 0;
    rx_choice *items = pali_arena_alloc(arena, choices->count + d->num_candidates, sizeof *items,
                                        "a line", w->err);
    if (!items)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < choices->count; i++) {
        rx_choice c = choices->items[i];
        if (is_inside(&c, d))
            continue;
        if (c.at >= d->at + d->size)
            c.at = c.at - d->size + size;
        items[count++] = c;
    }
    bool by_letters =
        !best->read; /* the likeliest reading of the letters is told, however unlikely */
    for (size_t k = 1; k < d->num_candidates; k++) {
        const rx_name_candidate *c = &d->candidates[k];
        bool letters = by_letters && c->read;
        if (!letters && c->score < least_rival)
            continue;
        const char *other = pali_arena_text(arena, c->text, strlen(c->text), w->err);
        if (!other)
            return PALI_ERROR_MEMORY;
        items[count++] = (rx_choice){.at = d->at,
                                     .size = size,
                                     .other = other,
                                     .probability = (float)best->score,
                                     .other_probability = (float)c->score,
                                     .by_letters = letters};
        by_letters &= !letters;
    }
    *choices = (rx_choices){count, items};
    return PALI_OK;
}

/* Puts the best candidate into the line, as sure as it is among its rivals. */
static pali_status rewrite(weighing *w, const rx_doubtful_name *d) {
    const rx_name_candidate *best = d->candidates;
    rx_line *line = &w->lines->lines[d->line];
    pali_arena *arena = &w->lines->arena;
    size_t size = strlen(best->text), behind = d->at + d->size, rest = strlen(line->text) - behind,
           all = d->at + size + rest;
    pali_status status = rewrite_choices(w, d);
    if (status)
        return status;
    char *text = pali_arena_alloc(arena, all + 1, 1, "a line", w->err);
    float *confidence = pali_arena_alloc(arena, all + 1, sizeof *confidence, "a line", w->err);
    if (!text || !confidence)
        return PALI_ERROR_MEMORY;
    memcpy(text, line->text, d->at);
    memcpy(text + d->at, best->text, size);
    memcpy(text + d->at + size, line->text + behind, rest + 1);
    memcpy(confidence, line->confidence, d->at * sizeof *confidence);
    for (size_t i = d->at; i < d->at + size; i++)
        confidence[i] = (float)best->score;
    memcpy(confidence + d->at + size, line->confidence + behind, rest * sizeof *confidence);
    line->text = text;
    line->confidence = confidence;
    return PALI_OK;
}

/* From right to left in a line, so that places before a name that changes stay right. */
static int last_first(const void *a, const void *b) {
    const rx_doubtful_name *x = a, *y = b;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return (x->at < y->at) - (x->at > y->at);
}

static pali_status decide(weighing *w) {
    pali_status status = PALI_OK;
    for (size_t i = 0; i < w->num_doubts; i++)
        rank(w, &w->doubts[i]);
    qsort(w->doubts, w->num_doubts, sizeof *w->doubts, last_first);
    for (size_t i = 0; i < w->num_doubts && !status; i++)
        status = rewrite(w, &w->doubts[i]);
    return status;
}

pali_status rx_names_weigh(rx_lines *lines, bool *changed, const rx_page *page,
                           const rx_prescription *first, const pali_model *model,
                           const rx_lexicon *lexicon, pali_error *err) {
    weighing w = {.lines = lines, .model = model, .arena = PALI_ARENA_INIT, .err = err};
    pali_status status =
        rx_names_doubted(&w.doubts, &w.num_doubts, &w.arena, lines, page, first, lexicon, err);
    if (!status)
        status = ask_all(&w);
    if (!status && w.num_doubts > 0)
        status = rx_squares_score(w.answers, w.num_answers, lines, model, err);
    if (!status)
        status = decide(&w);
    *changed = w.num_doubts > 0;
    pali_arena_free(&w.arena);
    return status;
}
