/* An entry of the lexicon is put into what each view read, in the place of the name, and the model says
 * how probable that text is for that picture. The mean of the views' logarithms, and a fixed bonus for
 * names that exist, rank the candidates; among them are what the views themselves read. */
#include "scan/name_readings.h"

#include "rx/name_key.h"
#include "scan/view_align.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    NEAR_NAME = 10,      /* entries asked for in the place of a name */
    NEAR_WORD = 3,       /* in the place of one of its words, */
    LEAST_WORD = 5,      /* if that has as many bytes */
    MAX_CANDIDATES = 32, /* of a name */
    MAX_NAME = 80,       /* bytes */
    MAX_ANSWER = 512,    /* bytes of a square's text */
};

/* Letters that are as sure as this are believed whatever the lexicon has. */
static const float sure = 0.98f;

/* What a name gains by being one of the lexicon, as a logarithm of odds. Chosen on pages like those that
 * confidences are calibrated on: from 4 to 8 it makes little difference. */
static const double known_bonus = 5;

/* Rivals below this are noise. */
static const double least_rival = 0.01;

/* No single token may speak louder against a candidate. */
static const double least_logprob = -9;

/* A view of the line with the name in it. */
typedef struct place {
    int square;      /* of the page; -1: the name is not within one square of this view */
    size_t at, size; /* bytes of that square's answer */
} place;

typedef struct candidate {
    char text[MAX_NAME];
    bool known; /* of the lexicon */
    bool read;  /* by a view */
    double
        score; /* logarithm of the probability of the squares' texts, the bonus with it; in the end
                      the probability of the name */
    double itself; /* logarithm of the probability of the name's own tokens */
} candidate;

/* Where the name's tokens are in an answer. */
typedef struct span {
    size_t from, to;
} span;

/* A name that is weighed. */
typedef struct doubt {
    size_t line, at, size; /* bytes of the line's text */
    place places[RX_PAGE_VIEWS];
    int num_places; /* that have a square */
    candidate candidates[MAX_CANDIDATES];
    size_t num_candidates;
    size_t first_answer; /* of num_candidates * num_places */
} doubt;

typedef struct weighing {
    rx_lines *lines;
    const rx_page *page;
    const rx_prescription *first;
    const pali_model *model;
    const rx_lexicon *lexicon;
    doubt *doubts;
    size_t num_doubts;
    span *names;                /* in each of the answers */
    pali_continuation *answers; /* of all doubts, place by place; `request` is a square at first */
    size_t num_answers;
    pali_arena arena;
    pali_error *err;
} weighing;

/* ---- which names ---- */

/* The line that holds the medicine's name, and where in it; SIZE_MAX if none does. */
static size_t find_line(const weighing *w, const rx_medicine *m, size_t *at) {
    for (size_t i = 0; i < w->lines->count; i++) {
        const char *text = w->lines->lines[i].text;
        if (w->lines->lines[i].struck_out || !text[0] || !strstr(m->line.text, text))
            continue;
        const char *found = strstr(text, m->name.written.text);
        if (found) {
            *at = (size_t)(found - text);
            return i;
        }
    }
    return SIZE_MAX;
}

/* Bytes of the view's text that stand for bytes [at, at + size) of the line's. */
static pali_status project(const weighing *w, const doubt *d, const char *view_text, size_t *begin,
                           size_t *end) {
    rx_alignment al = {0};
    pali_status status = rx_align_whole(&al, w->lines->lines[d->line].text, view_text, w->err);
    *begin = *end = 0;
    bool any = false;
    for (int k = 0; k < al.num_pairs && !status; k++) {
        rx_letter_pair p = al.pairs[k];
        if (p.a == RX_NO_LETTER || p.b == RX_NO_LETTER || al.a_at[p.a] < d->at ||
            al.a_at[p.a] >= d->at + d->size)
            continue;
        if (!any)
            *begin = al.b_at[p.b];
        *end = al.b_at[p.b + 1];
        any = true;
    }
    rx_alignment_free(&al);
    return status;
}

/* The square of the view that holds all of bytes [begin, end) of its text. */
static place find_place(const weighing *w, const rx_page_view *view, size_t begin, size_t end) {
    for (int i = 0; i < view->num_squares; i++) {
        int index = view->first_square + i;
        const rx_square_reading *square = &w->lines->squares[index];
        if (!square->features || !square->text)
            continue;
        bool struck = square->text[0] == '~';
        size_t size = strlen(square->text) - struck;
        if (begin >= square->at && end <= square->at + size && end > begin &&
            size + MAX_NAME < MAX_ANSWER)
            return (place){index, begin - square->at + struck, end - begin};
    }
    return (place){.square = -1};
}

static void add_candidate(doubt *d, const char *text, size_t size, bool known) {
    if (size == 0 || size >= MAX_NAME)
        return;
    for (size_t i = 0; i < d->num_candidates; i++)
        if (strlen(d->candidates[i].text) == size &&
            memcmp(d->candidates[i].text, text, size) == 0) {
            d->candidates[i].known |= known;
            d->candidates[i].read |= !known;
            return;
        }
    if (d->num_candidates == MAX_CANDIDATES)
        return;
    candidate *c = &d->candidates[d->num_candidates++];
    *c = (candidate){.known = known, .read = !known};
    memcpy(c->text, text, size);
}

static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

/* Writes the entry's name in the case of what was read. */
static void write_alike(char *out, const char *name, const char *read, size_t read_size) {
    size_t capitals = 0, small = 0;
    for (size_t i = 0; i < read_size; i++) {
        capitals += is_upper(read[i]);
        small += is_lower(read[i]);
    }
    for (size_t i = 0; name[i]; i++) {
        bool first = i == 0 || name[i - 1] == ' ';
        bool large = capitals > small || (first && is_upper(read[0]));
        bool little = capitals == 0 || !first;
        out[i] = name[i];
        if (large && is_lower(name[i]))
            out[i] = (char)(name[i] - 'a' + 'A');
        else if (!large && little && is_upper(name[i]))
            out[i] = (char)(name[i] - 'A' + 'a');
    }
}

/* Entries in the place of bytes [at, at + size) of a reading. */
static pali_status add_near(weighing *w, doubt *d, const char *read, size_t at, size_t size,
                            size_t most) {
    rx_near near[NEAR_NAME];
    size_t count = 0, length = strlen(read);
    pali_status status = rx_lexicon_near(w->lexicon, read + at, size, near, most, &count, w->err);
    for (size_t i = 0; i < count && !status; i++) {
        char text[MAX_NAME];
        size_t name = strlen(near[i].name);
        if (length - size + name >= MAX_NAME)
            continue;
        memcpy(text, read, at);
        write_alike(text + at, near[i].name, read + at, size);
        memcpy(text + at + name, read + at + size, length - at - size);
        add_candidate(d, text, length - size + name, true);
    }
    return status;
}

/* Entries in the place of a whole reading, and of each of its longer words. */
static pali_status add_entries(weighing *w, doubt *d, const char *read) {
    pali_status status = add_near(w, d, read, 0, strlen(read), NEAR_NAME);
    for (size_t at = 0, size; read[at] && !status; at += size) {
        at += strspn(read + at, " +/&,-");
        size = strcspn(read + at, " +/&,-");
        if (size >= LEAST_WORD && size < strlen(read))
            status = add_near(w, d, read, at, size, NEAR_WORD);
    }
    return status;
}

static pali_status look_at_views(weighing *w, doubt *d) {
    pali_status status = PALI_OK;
    const char *text = w->lines->lines[d->line].text;
    add_candidate(d, text + d->at, d->size, false);
    for (int v = 0; v < RX_PAGE_VIEWS && !status; v++) {
        const rx_line_view *view = &w->lines->views[d->line][v];
        d->places[v].square = -1;
        if (!view->text || !view->finished)
            continue;
        size_t begin, end;
        status = project(w, d, view->text, &begin, &end);
        if (status)
            return status;
        d->places[v] = find_place(w, &w->page->lines[d->line].views[v], begin, end);
        if (d->places[v].square < 0)
            continue;
        d->num_places++;
        add_candidate(d, view->text + begin, end - begin, false);
    }
    size_t readings = d->num_candidates;
    for (size_t i = 0; i < readings && !status; i++) {
        char read[MAX_NAME];
        memcpy(read, d->candidates[i].text, sizeof read);
        status = add_entries(w, d, read);
    }
    return status;
}

/* Whether another medicine's name lies there: equal names are found at the first of their places. */
static bool is_taken(const weighing *w, size_t line, size_t at, size_t size) {
    for (size_t i = 0; i < w->num_doubts; i++) {
        const doubt *d = &w->doubts[i];
        if (d->line == line && d->at < at + size && at < d->at + d->size)
            return true;
    }
    return false;
}

static pali_status find_doubts(weighing *w) {
    const rx_prescription *p = w->first;
    w->doubts =
        pali_arena_alloc(&w->arena, p->num_medicines + 1, sizeof *w->doubts, "names", w->err);
    if (!w->doubts)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < p->num_medicines; i++) {
        const rx_medicine *m = &p->medicines[i];
        if (!m->name.written.text || !m->line.text || m->name.written.confidence >= sure)
            continue;
        size_t at = 0, line = find_line(w, m, &at), size = strlen(m->name.written.text);
        if (line == SIZE_MAX || size >= MAX_NAME || is_taken(w, line, at, size))
            continue;
        doubt *d = &w->doubts[w->num_doubts];
        *d = (doubt){.line = line, .at = at, .size = size};
        pali_status status = look_at_views(w, d);
        if (status)
            return status;
        w->num_doubts += d->num_places > 0 && d->num_candidates > 1;
    }
    return PALI_OK;
}

/* ---- what the model says of them ---- */

static pali_status count_tokens(const weighing *w, const char *text, size_t size, size_t *count) {
    int32_t *ids = NULL;
    pali_status status = pali_tokenizer_encode(pali_model_tokenizer(w->model), text, size, false,
                                               &ids, count, w->err);
    free(ids);
    return status;
}

static pali_status ask(weighing *w, const place *where, const char *name) {
    char text[MAX_ANSWER];
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
        doubt *d = &w->doubts[i];
        d->first_answer = w->num_answers;
        for (int v = 0; v < RX_PAGE_VIEWS && !status; v++)
            for (size_t k = 0; k < d->num_candidates && d->places[v].square >= 0 && !status; k++)
                status = ask(w, &d->places[v], d->candidates[k].text);
    }
    return status;
}

/* Answers name squares; only those that are asked about become requests. */
static pali_status score_all(weighing *w) {
    size_t num_squares = w->lines->num_squares, num_requests = 0;
    pali_request *requests =
        pali_arena_alloc(&w->arena, num_squares + 1, sizeof *requests, "names", w->err);
    size_t *request_of =
        pali_arena_alloc(&w->arena, num_squares + 1, sizeof *request_of, "names", w->err);
    if (!requests || !request_of)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < num_squares; i++)
        request_of[i] = SIZE_MAX;
    for (size_t i = 0; i < w->num_answers; i++) {
        size_t square = w->answers[i].request;
        const pali_features *const *features =
            (const pali_features *const *)&w->lines->squares[square].features;
        if (request_of[square] == SIZE_MAX) {
            requests[num_requests] =
                (pali_request){.features = features, .num_features = 1, .prompt = "ocr"};
            request_of[square] = num_requests++;
        }
        w->answers[i].request = request_of[square];
    }
    return pali_model_score(w->model, requests, num_requests, w->answers, w->num_answers, w->err);
}

/* ---- the outcome ---- */

/* Logarithm of the probability of tokens [from, to) of an answer. */
static double sum_of(const pali_continuation *answer, size_t from, size_t to) {
    double sum = 0;
    for (size_t i = from; i < to && i <= answer->num_ids; i++)
        sum += fmax((double)answer->logprobs[i], least_logprob);
    return sum;
}

static bool same_name(const candidate *a, const candidate *b) {
    char key[2][RX_MAX_KEY];
    return rx_name_key(key[0], a->text, strlen(a->text)) > 0 &&
           rx_name_key(key[1], b->text, strlen(b->text)) > 0 && strcmp(key[0], key[1]) == 0;
}

static int best_first(const void *a, const void *b) {
    const candidate *x = a, *y = b;
    return (x->score < y->score) - (x->score > y->score);
}

/* Spellings of one name become one, the best; one of them that a view read is enough for all. */
static void join_spellings(doubt *d) {
    candidate *c = d->candidates;
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
static void normalise(doubt *d) {
    candidate *c = d->candidates;
    const candidate *reading = NULL;
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

static void rank(const weighing *w, doubt *d) {
    const double views = d->num_places;
    for (size_t k = 0; k < d->num_candidates; k++) {
        candidate *c = &d->candidates[k];
        c->score = c->known ? known_bonus : 0;
        c->itself = 0;
        for (size_t p = 0; p < (size_t)d->num_places; p++) {
            size_t i = d->first_answer + p * d->num_candidates + k;
            const pali_continuation *answer = &w->answers[i];
            c->score += sum_of(answer, 0, answer->num_ids + 1) / views;
            c->itself += sum_of(answer, w->names[i].from, w->names[i].to) / views;
        }
    }
    normalise(d);
}

/* Whether a choice lies in the name, which stands for something else now. */
static bool is_inside(const rx_choice *c, const doubt *d) {
    return c->at + c->size > d->at && c->at < d->at + d->size;
}

/* Choices of the line with the name's rivals in the place of its letters' own. */
static pali_status rewrite_choices(weighing *w, const doubt *d) {
    rx_choices *choices = &w->lines->choices[d->line];
    pali_arena *arena = &w->lines->arena;
    const candidate *best = d->candidates;
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
        const candidate *c = &d->candidates[k];
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
static pali_status rewrite(weighing *w, const doubt *d) {
    const candidate *best = d->candidates;
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
    const doubt *x = a, *y = b;
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
    weighing w = {.lines = lines,
                  .page = page,
                  .first = first,
                  .model = model,
                  .lexicon = lexicon,
                  .arena = PALI_ARENA_INIT,
                  .err = err};
    pali_status status = find_doubts(&w);
    if (!status)
        status = ask_all(&w);
    if (!status && w.num_doubts > 0)
        status = score_all(&w);
    if (!status)
        status = decide(&w);
    *changed = w.num_doubts > 0;
    pali_arena_free(&w.arena);
    return status;
}
