/* Completing sequences: pictures and prompt become a prefix, the decoder runs over it once, and
 * then all sequences that are not finished take one step together, so that every read of the
 * weights serves them all. */
#include "model/beam.h"
#include "model/prefix.h"
#include "model/sampling.h"
#include "text/stream.h"
#include "text/tokenizer.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_ANSWER_BYTES = 16 << 20 };

typedef struct completion {
    pali_buffer text;
    pali_finish finish;
    pali_token *tokens; /* [max_new_tokens + 1]: the one that ended the answer is not counted */
    size_t num_tokens;
} completion;

struct pali_result {
    pali_arena arena;
    completion *completions;
    size_t count;
    pali_timing timing;
};

/* One request on its way. */
typedef struct job {
    const pali_request *request;
    completion *out;
    pali_prefix prefix;
    pali_sequence sequence; /* without beams */
    pali_beams beams;       /* none: `width` is 0 */
    pali_stream *stream;    /* NULL without a tokenizer */
    pali_random random;
    bool done;
} job;

typedef struct generation {
    const pali_model *model;
    const pali_generate_options *options;
    pali_result *result;
    job *jobs;
    size_t num_jobs;
    pali_arena arena;      /* caches and logits, until the call ends */
    float *logits;         /* [num_jobs * num_beams, vocab_size] */
    int32_t *sample_order; /* [vocab_size], when sampling */
    pali_error *err;
} generation;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* ---- prompts ---- */

static pali_status prepare_job(generation *g, size_t index) {
    const pali_model *model = g->model;
    job *j = &g->jobs[index];
    pali_status status =
        pali_prefix_init(&j->prefix, model, j->request, (size_t)g->options->max_new_tokens, g->err);
    if (status)
        return status;
    j->out->tokens = pali_arena_alloc(&g->result->arena, (size_t)g->options->max_new_tokens + 1,
                                      sizeof *j->out->tokens, "tokens", g->err);
    if (!j->out->tokens)
        return PALI_ERROR_MEMORY;
    j->random = pali_random_of(g->options->seed, index);
    if (model->tokenizer)
        status = pali_stream_create(&j->stream, model->tokenizer, g->err);
    if (status)
        return status;
    if (g->options->num_beams > 1)
        return pali_beams_init(&j->beams, model, g->options->num_beams,
                               (size_t)g->options->max_new_tokens, j->prefix.length,
                               j->prefix.capacity, &g->arena, &g->result->arena, g->err);
    return pali_sequence_init(&j->sequence, model, j->prefix.length, j->prefix.capacity, &g->arena,
                              g->err);
}

/* ---- the sequences of a job: one, or one for each beam
 * ---------------------------------------------- */

static size_t num_rows(const job *j) {
    return j->beams.width ? j->beams.num_live : 1;
}

static pali_sequence *sequence_of(job *j, size_t row) {
    return j->beams.width ? &j->beams.live[row].sequence : &j->sequence;
}

static int32_t last_token(const job *j, size_t row) {
    const pali_beam *beam = j->beams.width ? &j->beams.live[row] : NULL;
    return beam ? beam->tokens[beam->num_tokens - 1].id : j->out->tokens[j->out->num_tokens - 1].id;
}

/* ---- choosing tokens
 * ------------------------------------------------------------------------------ */

/* The probability of an entry that is not among the candidates, from that of the best. */
static float logprob_of(const pali_candidate *best, const float *logits, int32_t id) {
    return best->logprob + (logits[id] - logits[best->id]);
}

static pali_status choose(generation *g, job *j, float *logits, pali_token *out) {
    const pali_model *model = g->model;
    const pali_generate_options *o = g->options;
    size_t index = (size_t)(j - g->jobs), n = model->num_candidate_rows;
    if (o->on_logits)
        o->on_logits(o->context, index, j->out->num_tokens, logits, model->config.text.vocab_size);
    size_t count = o->num_candidates ? o->num_candidates : 1;
    pali_candidate *candidates =
        pali_arena_alloc(&g->result->arena, count, sizeof *candidates, "candidates", g->err);
    if (!candidates)
        return PALI_ERROR_MEMORY;
    pali_decoder_top(model, logits, count, candidates);
    *out = (pali_token){.id = candidates[0].id,
                        .logprob = candidates[0].logprob,
                        .num_candidates = o->num_candidates,
                        .candidates = candidates};
    if (o->temperature > 0.0f) {
        out->id = pali_sample(&j->random, logits, n, o->temperature, o->top_p, g->sample_order);
        out->logprob = logprob_of(&candidates[0], logits, out->id);
    }
    return PALI_OK;
}

/* Appends what the token made certain (or, at the end, what was held back) and returns where it
 * starts in the text. */
static pali_status extend_text(generation *g, job *j, const pali_token *token, size_t *start) {
    *start = j->out->text.size;
    if (!j->stream)
        return PALI_OK;
    return token ? pali_stream_push(j->stream, token->id, &j->out->text, g->err)
                 : pali_stream_flush(j->stream, &j->out->text, g->err);
}

static pali_status finish(generation *g, job *j, pali_finish how) {
    size_t start;
    j->done = true;
    j->out->finish = how;
    return extend_text(g, j, NULL, &start);
}

/* Takes the token behind those of the answer into it, and decides whether the answer goes on. */
static pali_status take_token(generation *g, job *j) {
    const pali_generate_options *o = g->options;
    const pali_token *token = &j->out->tokens[j->out->num_tokens];
    if (pali_model_is_eos(g->model, token->id))
        return finish(g, j, PALI_FINISH_EOS);
    j->out->num_tokens++;
    size_t start;
    pali_status status = extend_text(g, j, token, &start);
    if (status)
        return status;
    const char *text = j->out->text.data ? j->out->text.data + start : "";
    if (o->on_token && !o->on_token(o->context, (size_t)(j - g->jobs), token, text))
        return finish(g, j, PALI_FINISH_STOPPED);
    if (j->out->num_tokens == (size_t)o->max_new_tokens)
        return finish(g, j, PALI_FINISH_LENGTH);
    return PALI_OK;
}

/* Takes all beams one token on; at the end the likeliest of all becomes the answer. */
static pali_status advance_beams(generation *g, job *j, float *logits) {
    pali_beams *beams = &j->beams;
    pali_status status = pali_beams_advance(beams, logits, g->options->num_candidates, g->err);
    bool done = !status && pali_beams_done(beams);
    if (status || (!done && beams->live[0].num_tokens < (size_t)g->options->max_new_tokens))
        return status;
    j->out->tokens = done ? beams->ended.tokens : beams->live[0].tokens;
    while (!status && !j->done)
        status = take_token(g, j);
    return status;
}

/* Chooses the next token of the job, or of each of its beams, from logits [num_rows, vocab_size]. */
static pali_status advance(generation *g, job *j, float *logits) {
    if (g->options->max_new_tokens == 0)
        return finish(g, j, PALI_FINISH_LENGTH);
    if (j->beams.width)
        return advance_beams(g, j, logits);
    pali_status status = choose(g, j, logits, &j->out->tokens[j->out->num_tokens]);
    return status ? status : take_token(g, j);
}

/* ---- the two phases
 * ------------------------------------------------------------------------------- */

/* Runs jobs [first, first + count) over their prefixes and chooses their first tokens. */
static pali_status prefill_group(generation *g, size_t first, size_t count, size_t rows,
                                 pali_arena *scratch) {
    size_t width = g->model->config.text.hidden_size;
    size_t vocab = g->model->config.text.vocab_size;
    float *x = pali_arena_alloc(scratch, rows * width, sizeof *x, "the prompt", g->err);
    float *last = pali_arena_alloc(scratch, count * width, sizeof *last, "the prompt", g->err);
    pali_sequence *sequences =
        pali_arena_alloc(scratch, count, sizeof *sequences, "sequences", g->err);
    size_t *counts = pali_arena_alloc(scratch, count, sizeof *counts, "sequences", g->err);
    if (!x || !last || !sequences || !counts)
        return PALI_ERROR_MEMORY;
    size_t row = 0;
    for (size_t i = 0; i < count; i++) {
        sequences[i] = *sequence_of(&g->jobs[first + i], 0);
        counts[i] = sequences[i].prefix;
        pali_prefix_embed(&g->jobs[first + i].prefix, g->model, x + row * width);
        row += counts[i];
    }
    pali_trace(g->model, "text.input_embeddings", -1, x, rows, width);
    pali_status status = pali_decoder_forward(g->model, sequences, count, counts, x, scratch,
                                              g->options->progress, g->options->context, g->err);
    if (status)
        return status;
    row = 0;
    for (size_t i = 0; i < count; i++) {
        *sequence_of(&g->jobs[first + i], 0) = sequences[i];
        row += counts[i];
        memcpy(last + i * width, x + (row - 1) * width, width * sizeof *last);
    }
    status = pali_decoder_logits(g->model, last, count, g->logits, scratch, g->err);
    for (size_t i = 0; i < count && !status; i++)
        status = advance(g, &g->jobs[first + i], g->logits + i * vocab);
    return status;
}

static pali_status prefill(generation *g) {
    for (size_t first = 0, count; first < g->num_jobs; first += count) {
        size_t rows = 0;
        for (count = 0; first + count < g->num_jobs; count++) {
            size_t more = g->jobs[first + count].prefix.length;
            if (count && rows + more > PALI_MAX_PREFILL_ROWS)
                break;
            rows += more;
        }
        pali_arena scratch = PALI_ARENA_INIT;
        pali_status status = prefill_group(g, first, count, rows, &scratch);
        pali_arena_free(&scratch);
        if (status)
            return status;
        g->result->timing.prefill_tokens += rows;
    }
    return PALI_OK;
}

/* One token more for every job that is not done, and each of its beams. */
static pali_status step(generation *g, pali_arena *scratch, size_t *active) {
    size_t width = g->model->config.text.hidden_size;
    size_t vocab = g->model->config.text.vocab_size, count = 0;
    size_t most = g->num_jobs * g->options->num_beams;
    float *x = pali_arena_alloc(scratch, most * width, sizeof *x, "a step", g->err);
    pali_sequence *sequences = pali_arena_alloc(scratch, most, sizeof *sequences, "a step", g->err);
    size_t *counts = pali_arena_alloc(scratch, most, sizeof *counts, "a step", g->err);
    if (!x || !sequences || !counts)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < g->num_jobs; i++) {
        job *j = &g->jobs[i];
        for (size_t row = 0; row < num_rows(j) && !j->done; row++) {
            int32_t id = last_token(j, row);
            pali_decoder_embed(g->model, &id, 1, x + count * width);
            sequences[count] = *sequence_of(j, row);
            counts[count++] = 1;
        }
    }
    *active = count;
    if (count == 0)
        return PALI_OK;
    pali_status status =
        pali_decoder_forward(g->model, sequences, count, counts, x, scratch, NULL, NULL, g->err);
    if (!status)
        status = pali_decoder_logits(g->model, x, count, g->logits, scratch, g->err);
    size_t first = 0; /* row of the job */
    for (size_t i = 0; i < g->num_jobs && !status; i++) {
        job *j = &g->jobs[i];
        size_t rows = j->done ? 0 : num_rows(j);
        for (size_t row = 0; row < rows; row++)
            *sequence_of(j, row) = sequences[first + row];
        if (rows)
            status = advance(g, j, g->logits + first * vocab);
        first += rows;
    }
    return status;
}

static pali_status decode(generation *g) {
    for (size_t active = 1; active;) {
        pali_arena scratch = PALI_ARENA_INIT;
        pali_status status = step(g, &scratch, &active);
        pali_arena_free(&scratch);
        if (status)
            return status;
        g->result->timing.decode_tokens += active;
    }
    return PALI_OK;
}

/* ---- a call
 * --------------------------------------------------------------------------------------- */

static pali_status check_options(const pali_generate_options *o, pali_error *err) {
    if (o->max_new_tokens < 0)
        return pali_fail(err, PALI_ERROR_ARGUMENT, "max_new_tokens is negative");
    if (!(o->temperature >= 0.0f && o->temperature <= 100.0f))
        return pali_fail(err, PALI_ERROR_ARGUMENT, "temperature is not in 0 to 100");
    if (!(o->top_p > 0.0f && o->top_p <= 1.0f))
        return pali_fail(err, PALI_ERROR_ARGUMENT, "top_p is not above 0 and at most 1");
    if (o->num_candidates > PALI_MAX_CANDIDATES)
        return pali_fail(err, PALI_ERROR_ARGUMENT, "more than %d candidates", PALI_MAX_CANDIDATES);
    if (o->num_beams < 1 || o->num_beams > PALI_MAX_BEAMS)
        return pali_fail(err, PALI_ERROR_ARGUMENT, "num_beams is not in 1 to %d", PALI_MAX_BEAMS);
    if (o->num_beams > 1 && (o->temperature > 0.0f || o->on_logits))
        return pali_fail(err, PALI_ERROR_ARGUMENT,
                         "several beams, which go with neither a temperature nor on_logits");
    return PALI_OK;
}

static pali_status reserve(generation *g, const pali_request *requests, size_t count) {
    size_t vocab = g->model->config.text.vocab_size;
    pali_result *result = g->result;
    g->jobs = pali_arena_alloc(&g->arena, count ? count : 1, sizeof *g->jobs, "requests", g->err);
    g->logits = pali_arena_alloc(&g->arena, count * g->options->num_beams * vocab,
                                 sizeof *g->logits, "logits", g->err);
    result->completions = pali_arena_alloc(&result->arena, count ? count : 1,
                                           sizeof *result->completions, "results", g->err);
    if (!g->jobs || !g->logits || !result->completions)
        return PALI_ERROR_MEMORY;
    if (g->options->temperature > 0.0f) {
        g->sample_order =
            pali_arena_alloc(&g->arena, vocab, sizeof *g->sample_order, "sampling", g->err);
        if (!g->sample_order)
            return PALI_ERROR_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        completion *out = &result->completions[i];
        *out = (completion){0};
        pali_buffer_init(&out->text, MAX_ANSWER_BYTES);
        g->jobs[i] = (job){.request = &requests[i], .out = out};
        g->num_jobs = result->count = i + 1;
    }
    return PALI_OK;
}

static pali_status run(generation *g) {
    for (size_t i = 0; i < g->num_jobs; i++) {
        pali_status status = prepare_job(g, i);
        if (status)
            return status;
    }
    double start = now();
    pali_status status = prefill(g);
    double middle = now();
    g->result->timing.prefill_seconds = middle - start;
    if (!status)
        status = decode(g);
    g->result->timing.decode_seconds = now() - middle;
    return status;
}

pali_status pali_model_generate(const pali_model *model, const pali_request *requests,
                                size_t num_requests, const pali_generate_options *options,
                                pali_result **out, pali_error *err) {
    static const pali_generate_options defaults = PALI_GENERATE_OPTIONS_INIT;
    generation g = {.model = model, .options = options ? options : &defaults, .err = err};
    pali_status status = check_options(g.options, err);
    if (status)
        return status;
    g.result = calloc(1, sizeof *g.result);
    if (!g.result)
        return pali_fail_memory(err, sizeof *g.result, "a result");
    pthread_mutex_lock(model->busy);
    status = reserve(&g, requests, num_requests);
    if (!status)
        status = run(&g);
    pthread_mutex_unlock(model->busy);
    for (size_t i = 0; i < g.num_jobs; i++) {
        pali_prefix_free(&g.jobs[i].prefix);
        pali_stream_free(&g.jobs[i].stream);
    }
    pali_arena_free(&g.arena);
    if (status)
        pali_result_free(&g.result);
    else
        *out = g.result;
    return status;
}

size_t pali_result_count(const pali_result *result) {
    return result->count;
}

const char *pali_result_text(const pali_result *result, size_t request) {
    const char *text = result->completions[request].text.data;
    return text ? text : "";
}

pali_finish pali_result_finish(const pali_result *result, size_t request) {
    return result->completions[request].finish;
}

size_t pali_result_num_tokens(const pali_result *result, size_t request) {
    return result->completions[request].num_tokens;
}

const pali_token *pali_result_tokens(const pali_result *result, size_t request) {
    return result->completions[request].tokens;
}

const pali_token *pali_result_end(const pali_result *result, size_t request) {
    const completion *c = &result->completions[request];
    return c->finish == PALI_FINISH_EOS ? &c->tokens[c->num_tokens] : NULL;
}

pali_timing pali_result_timing(const pali_result *result) {
    return result->timing;
}

void pali_result_free(pali_result **result) {
    if (!*result)
        return;
    for (size_t i = 0; i < (*result)->count; i++)
        pali_buffer_free(&(*result)->completions[i].text);
    pali_arena_free(&(*result)->arena);
    free(*result);
    *result = NULL;
}
