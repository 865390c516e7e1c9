/* A picture is encoded once; the prompts about it are completed in one batch, so that one read of the
 * weights serves them all. */
#include "scan/asker.h"

#include "base/buffer.h"
#include "scan/constraint.h"
#include "scan/loops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_ANSWER_BYTES = 1 << 20,
    /* A page may say "1-0-1" in every row of a table: only what repeats longer is a circle. */
    LOOP_BYTES = 120,
    LOOP_TIMES = 4
};

/* An answer as it grows. */
typedef struct answer {
    pali_buffer text, confidence; /* char, float: one for each byte */
    float probability;            /* of the tokens whose bytes are not certain yet */
    int num_tokens, most;
    bool looped;
    bool in_scan_grammar;
    rx_scan_state state; /* where it stands in the grammar */
} answer;

typedef struct batch {
    rx_model_asker *asker;
    answer *answers;
    rx_constraint *constraint; /* NULL: no answer keeps to a grammar */
    pali_status status;
    bool cancelled;
    pali_error *err;
} batch;

static void append(batch *b, answer *a, const char *text) {
    size_t size = strlen(text);
    if (!b->status)
        b->status = pali_buffer_append(&a->text, text, size, b->err);
    for (size_t i = 0; i < size && !b->status; i++)
        b->status =
            pali_buffer_append(&a->confidence, &a->probability, sizeof a->probability, b->err);
    if (size)
        a->probability = 1.0f;
}

static void cut_loop(answer *a) {
    size_t at = rx_loop_start(a->text.data ? a->text.data : "", a->text.size, LOOP_BYTES,
                              LOOP_TIMES, LOOP_BYTES);
    if (at == SIZE_MAX)
        return;
    a->looped = true;
    a->text.data[at] = '\0';
    a->text.size = at;
}

static bool tell(batch *b, int num_tokens, int most) {
    rx_model_asker *s = b->asker;
    size_t done = s->pictures_done * (size_t)most + (size_t)num_tokens;
    return !s->progress ||
           s->progress(s->progress_context, "lines", done, s->num_pictures * (size_t)most);
}

static void on_logits(void *context, size_t request, size_t position, float *logits,
                      size_t vocab_size) {
    batch *b = context;
    (void)position;
    if (b->answers[request].in_scan_grammar)
        rx_constraint_apply(b->constraint, &b->answers[request].state, logits, vocab_size);
}

static bool on_token(void *context, size_t request, const pali_token *token, const char *text) {
    batch *b = context;
    answer *a = &b->answers[request];
    a->probability = fminf(a->probability, expf(token->logprob));
    append(b, a, text);
    if (a->in_scan_grammar)
        rx_constraint_advance(b->constraint, &a->state, token->id);
    a->num_tokens++;
    if (request == 0 && !tell(b, a->num_tokens, a->most))
        b->cancelled = true;
    cut_loop(a);
    return !b->status && !b->cancelled && !a->looped && a->num_tokens < a->most;
}

static pali_status generate(batch *b, const pali_image *picture, const rx_prompt *prompts,
                            size_t count, pali_result **result) {
    pali_features *features = NULL;
    pali_request *requests = calloc(count, sizeof *requests);
    if (!requests)
        return pali_fail_memory(b->err, count * sizeof *requests, "prompts");
    pali_generate_options options = PALI_GENERATE_OPTIONS_INIT;
    options.on_token = on_token;
    options.on_logits = b->constraint ? on_logits : NULL;
    options.context = b;
    options.max_new_tokens = 1;
    for (size_t i = 0; i < count; i++) {
        requests[i] = (pali_request){.features = (const pali_features *const *)&features,
                                     .num_features = 1,
                                     .prompt = prompts[i].text};
        if (prompts[i].max_new_tokens > options.max_new_tokens)
            options.max_new_tokens = prompts[i].max_new_tokens;
    }
    pali_status status = pali_model_encode(b->asker->model, picture, b->asker->progress,
                                           b->asker->progress_context, &features, b->err);
    if (!status)
        status = pali_model_generate(b->asker->model, requests, count, &options, result, b->err);
    if (!status)
        status = b->status;
    if (!status && b->cancelled)
        status = pali_fail(b->err, PALI_ERROR_CANCELLED, "reading the page was cancelled");
    pali_features_free(&features);
    free(requests);
    return status;
}

/* The whole answer; what was held back as perhaps incomplete is added first. */
static pali_status take(rx_said *out, batch *b, answer *a, const pali_result *result, size_t i,
                        pali_arena *arena) {
    const char *whole = pali_result_text(result, i);
    const pali_token *end = pali_result_end(result, i);
    if (!a->looped && strlen(whole) > a->text.size)
        append(b, a, whole + a->text.size);
    if (b->status)
        return b->status;
    size_t size = a->text.size;
    float *confidence = pali_arena_alloc(arena, size + 1, sizeof *confidence, "an answer", b->err);
    out->text = pali_arena_text(arena, size ? a->text.data : "", size, b->err);
    out->confidence = confidence;
    if (!out->text || !confidence)
        return PALI_ERROR_MEMORY;
    if (size)
        memcpy(confidence, a->confidence.data, size * sizeof *confidence);
    if (size && end)
        confidence[size - 1] *= expf(end->logprob);
    out->ended = end && !a->looped;
    return PALI_OK;
}

/* The tokens' bytes are wanted for few prompts, and are made for each: that is quicker than a token. */
static pali_status constrain(batch *b, const rx_prompt *prompts, size_t count) {
    bool any = false;
    for (size_t i = 0; i < count; i++)
        any |= b->answers[i].in_scan_grammar = prompts[i].in_scan_grammar;
    return any ? rx_constraint_make(&b->constraint, pali_model_tokenizer(b->asker->model), b->err)
               : PALI_OK;
}

static pali_status ask(void *context, rx_said *answers, pali_arena *arena,
                       const pali_image *picture, const rx_prompt *prompts, size_t num_prompts,
                       pali_error *err) {
    batch b = {.asker = context, .err = err};
    b.answers = calloc(num_prompts, sizeof *b.answers);
    if (!b.answers)
        return pali_fail_memory(err, num_prompts * sizeof *b.answers, "answers");
    for (size_t i = 0; i < num_prompts; i++) {
        answer *a = &b.answers[i];
        a->probability = 1.0f;
        a->most = prompts[i].max_new_tokens;
        pali_buffer_init(&a->text, MAX_ANSWER_BYTES);
        pali_buffer_init(&a->confidence, MAX_ANSWER_BYTES * sizeof(float));
    }
    pali_result *result = NULL;
    pali_status status = constrain(&b, prompts, num_prompts);
    if (!status)
        status = generate(&b, picture, prompts, num_prompts, &result);
    for (size_t i = 0; i < num_prompts; i++) {
        if (!status)
            status = take(&answers[i], &b, &b.answers[i], result, i, arena);
        pali_buffer_free(&b.answers[i].text);
        pali_buffer_free(&b.answers[i].confidence);
    }
    pali_result_free(&result);
    rx_constraint_free(&b.constraint);
    free(b.answers);
    b.asker->pictures_done++;
    return status;
}

rx_asker rx_asker_of_model(rx_model_asker *asker) {
    pali_model_info info;
    pali_model_describe(asker->model, &info);
    return (rx_asker){asker, info.image_size, asker->scans, ask};
}
