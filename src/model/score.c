/* The probability of given answers. A request's prefix is computed once; each of its answers starts
 * from a copy of the prefix's keys and values, and answers are taken through the decoder together. */
#include "model/model.h"
#include "model/prefix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of copied caches that one group of answers may take, and logits that are held at a time. */
enum { MAX_CACHE_BYTES = 256 << 20, MAX_LOGITS = 1 << 22 };

typedef struct scoring {
    const pali_model *model;
    const pali_request *requests;
    size_t num_requests;
    const pali_continuation *continuations;
    size_t num_continuations;
    pali_prefix *prefixes;    /* [num_requests] */
    pali_sequence *sequences; /* [num_requests]: each at the end of its prefix */
    float *last; /* [num_requests, hidden_size]: output of the prefix's last position */
    pali_arena arena;
    pali_error *err;
} scoring;

static pali_status reserve(scoring *s) {
    size_t width = s->model->config.text.hidden_size;
    s->sequences =
        pali_arena_alloc(&s->arena, s->num_requests, sizeof *s->sequences, "answers", s->err);
    s->last =
        pali_arena_alloc(&s->arena, s->num_requests * width, sizeof *s->last, "answers", s->err);
    s->prefixes = calloc(s->num_requests ? s->num_requests : 1, sizeof *s->prefixes);
    if (!s->prefixes)
        return pali_fail_memory(s->err, s->num_requests * sizeof *s->prefixes, "answers");
    return s->sequences && s->last ? PALI_OK : PALI_ERROR_MEMORY;
}

static pali_status check(const scoring *s) {
    for (size_t i = 0; i < s->num_continuations; i++) {
        const pali_continuation *c = &s->continuations[i];
        if (c->request >= s->num_requests)
            return pali_fail(s->err, PALI_ERROR_ARGUMENT, "an answer to request %zu of %zu",
                             c->request, s->num_requests);
        for (size_t k = 0; k < c->num_ids; k++)
            if (c->ids[k] < 0 || (size_t)c->ids[k] >= s->model->config.text.vocab_size)
                return pali_fail(s->err, PALI_ERROR_ARGUMENT,
                                 "id %d of an answer is not in the vocabulary", c->ids[k]);
    }
    return PALI_OK;
}

/* Tokens of the longest answer to a request. */
static size_t longest_answer(const scoring *s, size_t request) {
    size_t longest = 0;
    for (size_t i = 0; i < s->num_continuations; i++)
        if (s->continuations[i].request == request && s->continuations[i].num_ids > longest)
            longest = s->continuations[i].num_ids;
    return longest;
}

/* ---- prefixes ---- */

static pali_status run_prefixes(scoring *s, size_t first, size_t count, size_t rows,
                                pali_arena *scratch) {
    size_t width = s->model->config.text.hidden_size, row = 0;
    float *x = pali_arena_alloc(scratch, rows * width, sizeof *x, "the prompt", s->err);
    size_t *counts = pali_arena_alloc(scratch, count, sizeof *counts, "the prompt", s->err);
    if (!x || !counts)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        pali_prefix_embed(&s->prefixes[first + i], s->model, x + row * width);
        row += counts[i] = s->prefixes[first + i].length;
    }
    pali_status status = pali_decoder_forward(s->model, s->sequences + first, count, counts, x,
                                              scratch, NULL, NULL, s->err);
    row = 0;
    for (size_t i = 0; i < count && !status; i++) {
        row += counts[i];
        memcpy(s->last + (first + i) * width, x + (row - 1) * width, width * sizeof *x);
    }
    return status;
}

static pali_status prefill(scoring *s) {
    for (size_t i = 0; i < s->num_requests; i++) {
        pali_prefix *p = &s->prefixes[i];
        pali_status status =
            pali_prefix_init(p, s->model, &s->requests[i], longest_answer(s, i), s->err);
        if (!status)
            status = pali_sequence_init(&s->sequences[i], s->model, p->length, p->capacity,
                                        &s->arena, s->err);
        if (status)
            return status;
    }
    for (size_t first = 0, count; first < s->num_requests; first += count) {
        size_t rows = 0;
        for (count = 0; first + count < s->num_requests; count++) {
            size_t more = s->prefixes[first + count].length;
            if (count && rows + more > PALI_MAX_PREFILL_ROWS)
                break;
            rows += more;
        }
        pali_arena scratch = PALI_ARENA_INIT;
        pali_status status = run_prefixes(s, first, count, rows, &scratch);
        pali_arena_free(&scratch);
        if (status)
            return status;
    }
    return PALI_OK;
}

/* ---- answers ---- */

static size_t cache_bytes(const scoring *s, const pali_continuation *c) {
    const pali_sequence *sequence = &s->sequences[c->request];
    size_t layers = s->model->config.text.num_hidden_layers, keys = 0, values = 0;
    bool fits =
        pali_cache_size(sequence->keys, &keys) && pali_cache_size(sequence->values, &values);
    return fits ? layers * (keys + values) : MAX_CACHE_BYTES;
}

/* Logarithm of the probability of what `logits` are asked for: token `position` of the answer, or its
 * end. */
static float logprob(const pali_model *model, float *logits, const pali_continuation *c,
                     size_t position) {
    size_t n = model->num_candidate_rows;
    pali_candidate best;
    pali_decoder_top(model, logits, 1, &best);
    if (position < c->num_ids)
        return (size_t)c->ids[position] < n
                   ? best.logprob + (logits[c->ids[position]] - logits[best.id])
                   : -INFINITY;
    float sum = 0;
    for (size_t i = 0; i < model->config.num_eos_token_ids; i++)
        if ((size_t)model->config.eos_token_ids[i] < n)
            sum += expf(best.logprob + (logits[model->config.eos_token_ids[i]] - logits[best.id]));
    return logf(sum);
}

/* Gives the answers their logarithms: `x` holds, one answer after the other, num_ids + 1 rows. */
static pali_status take_logprobs(scoring *s, const pali_continuation *answers, const float *x,
                                 size_t rows) {
    size_t width = s->model->config.text.hidden_size, vocab = s->model->config.text.vocab_size;
    size_t most = MAX_LOGITS / vocab + 1, position = 0;
    for (size_t first = 0; first < rows; first += most) {
        size_t count = rows - first < most ? rows - first : most;
        pali_arena scratch = PALI_ARENA_INIT;
        float *logits = pali_arena_alloc(&scratch, count * vocab, sizeof *logits, "logits", s->err);
        pali_status status = logits ? pali_decoder_logits(s->model, x + first * width, count,
                                                          logits, &scratch, s->err)
                                    : PALI_ERROR_MEMORY;
        for (size_t i = 0; i < count && !status; i++) {
            answers->logprobs[position] = logprob(s->model, logits + i * vocab, answers, position);
            bool whole = position++ == answers->num_ids;
            answers += whole;
            position = whole ? 0 : position;
        }
        pali_arena_free(&scratch);
        if (status)
            return status;
    }
    return PALI_OK;
}

static pali_status run_answers(scoring *s, size_t first, size_t count, size_t rows,
                               pali_arena *scratch) {
    size_t width = s->model->config.text.hidden_size, row = 0;
    const pali_continuation *answers = s->continuations + first;
    float *x = pali_arena_alloc(scratch, rows * width, sizeof *x, "answers", s->err);
    float *all = pali_arena_alloc(scratch, (rows + count) * width, sizeof *all, "answers", s->err);
    pali_sequence *copies = pali_arena_alloc(scratch, count, sizeof *copies, "answers", s->err);
    size_t *counts = pali_arena_alloc(scratch, count, sizeof *counts, "answers", s->err);
    if (!x || !all || !copies || !counts)
        return PALI_ERROR_MEMORY;
    pali_status status = PALI_OK;
    for (size_t i = 0; i < count && !status; i++) {
        const pali_sequence *from = &s->sequences[answers[i].request];
        status =
            pali_sequence_init(&copies[i], s->model, from->prefix, from->capacity, scratch, s->err);
        if (!status)
            pali_sequence_copy(&copies[i], from, s->model);
        counts[i] = answers[i].num_ids;
        pali_decoder_embed(s->model, answers[i].ids, counts[i], x + row * width);
        row += counts[i];
    }
    if (!status && rows > 0)
        status =
            pali_decoder_forward(s->model, copies, count, counts, x, scratch, NULL, NULL, s->err);
    if (status)
        return status;
    float *to = all;
    const float *from = x;
    for (size_t i = 0; i < count; i++) {
        memcpy(to, s->last + answers[i].request * width, width * sizeof *to);
        memcpy(to + width, from, counts[i] * width * sizeof *to);
        to += (counts[i] + 1) * width;
        from += counts[i] * width;
    }
    return take_logprobs(s, answers, all, rows + count);
}

static pali_status score(scoring *s) {
    for (size_t first = 0, count; first < s->num_continuations; first += count) {
        size_t rows = 0, bytes = 0;
        for (count = 0; first + count < s->num_continuations; count++) {
            const pali_continuation *c = &s->continuations[first + count];
            if (count && (rows + c->num_ids > PALI_MAX_PREFILL_ROWS ||
                          bytes + cache_bytes(s, c) > MAX_CACHE_BYTES))
                break;
            rows += c->num_ids;
            bytes += cache_bytes(s, c);
        }
        pali_arena scratch = PALI_ARENA_INIT;
        pali_status status = run_answers(s, first, count, rows, &scratch);
        pali_arena_free(&scratch);
        if (status)
            return status;
    }
    return PALI_OK;
}

pali_status pali_model_score(const pali_model *model, const pali_request *requests,
                             size_t num_requests, const pali_continuation *continuations,
                             size_t num_continuations, pali_error *err) {
    scoring s = {.model = model,
                 .requests = requests,
                 .num_requests = num_requests,
                 .continuations = continuations,
                 .num_continuations = num_continuations,
                 .arena = PALI_ARENA_INIT,
                 .err = err};
    pthread_mutex_lock(model->busy);
    pali_status status = reserve(&s);
    if (!status)
        status = check(&s);
    if (!status)
        status = prefill(&s);
    if (!status)
        status = score(&s);
    pthread_mutex_unlock(model->busy);
    for (size_t i = 0; i < num_requests && s.prefixes; i++)
        pali_prefix_free(&s.prefixes[i]);
    free(s.prefixes);
    pali_arena_free(&s.arena);
    return status;
}
