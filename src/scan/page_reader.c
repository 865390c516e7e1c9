/* The mix checkpoints are trained to write down the text of a picture ("ocr"); each line of the
 * answer is a line of the page. A line whose end the answer did not reach has confidence 0. */
#include "scan/page_reader.h"

#include "base/buffer.h"

#include <math.h>
#include <string.h>

enum { MAX_NEW_TOKENS = 400, MAX_ANSWER_BYTES = 1 << 20 };

/* The answer as it grows. */
typedef struct answer {
    pali_buffer text, confidence; /* char, float: one for each byte */
    float probability;            /* of the tokens whose bytes are not certain yet */
    pali_status status;
    pali_progress_fn progress;
    void *context;
    size_t num_tokens;
    pali_error *err;
} answer;

static void append(answer *a, const char *text) {
    size_t size = strlen(text);
    if (!a->status)
        a->status = pali_buffer_append(&a->text, text, size, a->err);
    for (size_t i = 0; i < size && !a->status; i++)
        a->status =
            pali_buffer_append(&a->confidence, &a->probability, sizeof a->probability, a->err);
    if (size)
        a->probability = 1.0f;
}

static bool on_token(void *context, size_t request, const pali_token *token, const char *text) {
    (void)request;
    answer *a = context;
    a->probability = fminf(a->probability, expf(token->logprob));
    append(a, text);
    return !a->status &&
           (!a->progress || a->progress(a->context, "lines", ++a->num_tokens, MAX_NEW_TOKENS));
}

/* Lines that hold more than blanks; the last one is not finished unless the model ended it. */
static pali_status split(rx_lines *out, const answer *a, bool ended, pali_error *err) {
    const char *text = a->text.size ? a->text.data : "";
    size_t most = 1;
    for (const char *t = text; *t; t++)
        most += *t == '\n';
    out->lines = pali_arena_alloc(&out->arena, most, sizeof *out->lines, "lines", err);
    out->choices = pali_arena_alloc(&out->arena, most, sizeof *out->choices, "lines", err);
    if (!out->lines || !out->choices)
        return PALI_ERROR_MEMORY;
    for (const char *at = text; *at;) {
        size_t size = strcspn(at, "\n");
        const char *next = at[size] ? at + size + 1 : at + size;
        bool cut = !*next && !ended;
        if (strspn(at, " \t\r") < size) {
            float *confidence =
                pali_arena_alloc(&out->arena, size, sizeof *confidence, "lines", err);
            char *copy = pali_arena_text(&out->arena, at, size, err);
            if (!confidence || !copy)
                return PALI_ERROR_MEMORY;
            memcpy(confidence, a->confidence.data + (size_t)(at - text) * sizeof *confidence,
                   size * sizeof *confidence);
            if (cut)
                memset(confidence, 0, size * sizeof *confidence);
            out->choices[out->count] = (rx_choices){0};
            out->lines[out->count++] = (rx_line){.text = copy, .confidence = confidence};
            out->num_unfinished += cut;
        }
        at = next;
    }
    return PALI_OK;
}

static pali_status ask(answer *a, const pali_model *model, const pali_image *image, bool *ended) {
    pali_features *features = NULL;
    pali_result *result = NULL;
    pali_status status =
        pali_model_encode(model, image, a->progress, a->context, &features, a->err);
    pali_request request = {
        .features = (const pali_features *const *)&features, .num_features = 1, .prompt = "ocr"};
    pali_generate_options options = PALI_GENERATE_OPTIONS_INIT;
    options.max_new_tokens = MAX_NEW_TOKENS;
    options.on_token = on_token;
    options.context = a;
    if (!status)
        status = pali_model_generate(model, &request, 1, &options, &result, a->err);
    if (!status)
        status = a->status;
    if (!status && pali_result_finish(result, 0) == PALI_FINISH_STOPPED)
        status = pali_fail(a->err, PALI_ERROR_CANCELLED, "reading the page was cancelled");
    if (!status) { /* what was held back as perhaps incomplete */
        append(a, pali_result_text(result, 0) + a->text.size);
        status = a->status;
        *ended = pali_result_end(result, 0) != NULL;
    }
    pali_result_free(&result);
    pali_features_free(&features);
    return status;
}

pali_status rx_page_lines_read(rx_lines *out, const pali_model *model, const pali_image *image,
                               pali_progress_fn progress, void *context, pali_error *err) {
    answer a = {.probability = 1.0f, .progress = progress, .context = context, .err = err};
    rx_lines lines = {.arena = PALI_ARENA_INIT};
    bool ended = false;
    pali_buffer_init(&a.text, MAX_ANSWER_BYTES);
    pali_buffer_init(&a.confidence, MAX_ANSWER_BYTES * sizeof(float));
    pali_status status = ask(&a, model, image, &ended);
    if (!status)
        status = split(&lines, &a, ended, err);
    pali_buffer_free(&a.text);
    pali_buffer_free(&a.confidence);
    if (status)
        pali_arena_free(&lines.arena);
    else
        *out = lines;
    return status;
}
