/* The engine against the reference: every stage of every tiny model in tests/golden/models.
 *
 * A case is a checkpoint with expected.safetensors beside it: what Hugging Face transformers
 * computes at each stage. Stages must agree within 1e-4 (relative, Frobenius) when the matrices are
 * held as F32, and greedy tokens must be the same; see tests/golden/README.md for how the values
 * are made. */
#include "base/json.h"
#include "model/beam.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PATH_SIZE = 1024, MAX_PROMPTS = 8, MAX_IMAGES = 4, MAX_STEPS = 32 };

/* What is compared of one prompt of a case. */
typedef struct comparison {
    const char *case_name;
    const pali_safetensors *expected;
    char prefix[32];   /* "" or "prompt.1." */
    double tolerance;  /* relative, Frobenius */
    size_t image;      /* being encoded */
    size_t step;       /* token being generated */
    size_t compared;   /* tensors */
    bool wrong_choice; /* a token whose margin exceeds the tolerance was not chosen */
} comparison;

static const float *floats(const pali_tensor *tensor) {
    return (const float *)(const void *)tensor->data;
}

static double relative_error(const float *actual, const float *expected, size_t count) {
    double difference = 0.0, norm = 0.0;
    for (size_t i = 0; i < count; i++) {
        double d = (double)actual[i] - expected[i];
        difference += d * d;
        norm += (double)expected[i] * expected[i];
    }
    return sqrt(difference) / (sqrt(norm) + 1e-30);
}

static void compare(comparison *c, const char *name, const float *actual, size_t count,
                    const float *expected) {
    double error = relative_error(actual, expected, count);
    c->compared++;
    if (!(error <= c->tolerance))
        fail_msg("%s: %s%s differs from the reference by %.2e", c->case_name, c->prefix, name,
                 error);
}

/* The expected tensor of a stage: of this prompt, or of all prompts. */
static const pali_tensor *find(const comparison *c, const char *name) {
    char full[160];
    snprintf(full, sizeof full, "%s%s", c->prefix, name);
    const pali_tensor *tensor = pali_safetensors_find(c->expected, full);
    return tensor ? tensor : pali_safetensors_find(c->expected, name);
}

static const pali_tensor *need(const comparison *c, const char *name) {
    const pali_tensor *tensor = find(c, name);
    if (!tensor)
        fail_msg("%s: no %s%s in expected.safetensors", c->case_name, c->prefix, name);
    return tensor;
}

static void see_stage(void *context, const char *name, int layer, const float *data, size_t rows,
                      size_t cols) {
    comparison *c = context;
    char full[96];
    if (strcmp(name, "logits") == 0) {
        const pali_tensor *steps = need(c, "generated.logits");
        assert_int_equal(steps->shape[1], cols);
        compare(c, "generated.logits", data, cols, floats(steps) + c->step * cols);
        return;
    }
    if (c->step > 0)
        return; /* stages are recorded for the prefix */
    bool vision = strncmp(name, "vision.", 7) == 0;
    if (layer < 0)
        snprintf(full, sizeof full, "%s", name);
    else
        snprintf(full, sizeof full, vision ? "%s.%d" : "text.layer.%2$d.%1$s", name, layer);
    const pali_tensor *tensor = find(c, full);
    if (!tensor)
        return;
    bool per_image = vision || strcmp(name, "projector") == 0 || strcmp(name, "pixel_values") == 0;
    size_t offset = per_image ? c->image * rows * cols : 0;
    if (strcmp(full, "text.norm") == 0) /* the engine computes the last row only */
        offset = (tensor->shape[0] - 1) * cols;
    assert_true((offset + rows * cols) * sizeof(float) <= tensor->size);
    compare(c, full, data, rows * cols, floats(tensor) + offset);
}

static size_t largest_index(const float *x, size_t n, float *margin) {
    size_t best = 0;
    float second = -INFINITY;
    for (size_t i = 1; i < n; i++)
        if (x[i] > x[best])
            best = i;
    for (size_t i = 0; i < n; i++)
        if (i != best && x[i] > second)
            second = x[i];
    *margin = x[best] - second;
    return best;
}

/* Compares the capped logits and the choice, and then forces the reference's token, so that one
 * close call does not part the two for good. */
static void see_logits(void *context, size_t request, size_t position, float *logits, size_t n) {
    (void)request;
    comparison *c = context;
    const pali_tensor *steps = need(c, "generated.logits");
    if (position == 0) {
        const pali_tensor *capped = need(c, "logits_capped");
        compare(c, "logits_capped", logits, n, floats(capped));
    }
    float margin, ignored;
    const float *expected = floats(steps) + position * n;
    size_t wanted = largest_index(expected, n, &margin);
    double scale = 0.0;
    for (size_t i = 0; i < n; i++)
        scale += (double)expected[i] * expected[i];
    if (largest_index(logits, n, &ignored) != wanted && margin > c->tolerance * sqrt(scale))
        c->wrong_choice = true;
    const int32_t *ids = (const int32_t *)(const void *)need(c, "generated.ids")->data;
    for (size_t i = 0; i < n; i++)
        if ((int32_t)i != ids[position])
            logits[i] = -INFINITY;
    c->step = position + 1;
}

/* ---- a case ---- */

typedef struct golden_case {
    char directory[PATH_SIZE];
    const char *name;
    pali_safetensors expected;
    json_t *description;
    pali_model *model;
    pali_features *features[MAX_IMAGES];
    size_t num_images, num_prompts;
    double tolerance;
} golden_case;

static void must(pali_status status, const pali_error *err) {
    if (status)
        fail_msg("%s: %s", pali_status_name(status), err->message);
}

static void open_case(golden_case *c, const char *name, pali_weights weights, int num_threads) {
    pali_error err = PALI_ERROR_INIT;
    char path[PATH_SIZE + 32];
    *c = (golden_case){.name = name};
    snprintf(c->directory, sizeof c->directory, "%s/%s", GOLDEN_MODELS, name);
    snprintf(path, sizeof path, "%s/expected.safetensors", c->directory);
    must(pali_safetensors_open(&c->expected, path, &err), &err);
    snprintf(path, sizeof path, "%s/expected.json", c->directory);
    must(pali_json_load(&c->description, path, &err), &err);
    pali_model_options options = PALI_MODEL_OPTIONS_INIT;
    options.weights = weights;
    options.num_threads = num_threads;
    options.all_vocabulary_rows = true;
    must(pali_model_load(&c->model, c->directory, &options, &err), &err);
    c->model->config.num_eos_token_ids = 0; /* expected tokens do not stop */
    c->num_images = json_array_size(json_object_get(c->description, "images"));
    c->num_prompts = json_array_size(json_object_get(c->description, "prompts"));
    assert_true(c->num_images > 0 && c->num_images <= MAX_IMAGES);
    assert_true(c->num_prompts > 0 && c->num_prompts <= MAX_PROMPTS);
    c->tolerance = c->model->weights == PALI_WEIGHTS_BF16 ? 2e-2 : 1e-4;
}

static void close_case(golden_case *c) {
    for (size_t i = 0; i < c->num_images; i++)
        pali_features_free(&c->features[i]);
    pali_model_free(&c->model);
    json_decref(c->description);
    pali_safetensors_close(&c->expected);
}

static void encode_images(golden_case *c, comparison *watch) {
    pali_error err = PALI_ERROR_INIT;
    json_t *images = json_object_get(c->description, "images");
    for (size_t i = 0; i < c->num_images; i++) {
        char path[PATH_SIZE + 64];
        snprintf(path, sizeof path, "%s/%s", c->directory,
                 json_string_value(json_array_get(images, i)));
        pali_image *image = NULL;
        must(pali_image_load(&image, path, NULL, &err), &err);
        watch->image = i;
        must(pali_model_encode(c->model, image, NULL, NULL, &c->features[i], &err), &err);
        pali_image_free(&image);
    }
}

static pali_request request_of(const golden_case *c, size_t prompt) {
    json_t *entry = json_array_get(json_object_get(c->description, "prompts"), prompt);
    return (pali_request){
        .features = (const pali_features *const *)c->features,
        .num_features = c->num_images,
        .prompt = json_string_value(json_object_get(entry, "text")),
    };
}

static size_t steps_of(const golden_case *c, size_t prompt) {
    comparison all = {.case_name = c->name, .expected = &c->expected};
    if (c->num_prompts > 1)
        snprintf(all.prefix, sizeof all.prefix, "prompt.%zu.", prompt);
    return need(&all, "generated.ids")->shape[0];
}

static void run_case(const char *name, pali_weights weights, double tolerance) {
    golden_case c;
    open_case(&c, name, weights, 0);
    comparison watch = {.case_name = name,
                        .expected = &c.expected,
                        .tolerance = tolerance > 0.0 ? tolerance : c.tolerance};
    pali_model_set_trace(c.model, see_stage, &watch);
    encode_images(&c, &watch);
    size_t vision_stages = watch.compared;
    assert_true(vision_stages >= c.num_images * (c.model->config.vision.num_hidden_layers + 4));
    for (size_t i = 0; i < c.num_prompts; i++) {
        pali_error err = PALI_ERROR_INIT;
        if (c.num_prompts > 1)
            snprintf(watch.prefix, sizeof watch.prefix, "prompt.%zu.", i);
        watch.step = watch.compared = 0;
        pali_request request = request_of(&c, i);
        pali_generate_options options = PALI_GENERATE_OPTIONS_INIT;
        options.max_new_tokens = (int)steps_of(&c, i);
        options.on_logits = see_logits;
        options.context = &watch;
        pali_result *result = NULL;
        must(pali_model_generate(c.model, &request, 1, &options, &result, &err), &err);
        assert_int_equal(pali_result_num_tokens(result, 0), steps_of(&c, i));
        if (watch.wrong_choice)
            fail_msg("%s: prompt %zu: another token was chosen than the reference's", name, i);
        /* logits of every step, capped logits, embeddings, and at least the outputs of all layers
         */
        assert_true(watch.compared >= steps_of(&c, i) + 2 + c.model->config.text.num_hidden_layers);
        pali_result_free(&result);
    }
    close_case(&c);
}

/* All tokens of all prompts of a case, generated together or one after the other. */
static size_t generate_all(golden_case *c, bool together, int32_t *ids, float *logprobs) {
    pali_error err = PALI_ERROR_INIT;
    pali_request requests[MAX_PROMPTS];
    pali_generate_options options = PALI_GENERATE_OPTIONS_INIT;
    options.max_new_tokens = MAX_STEPS;
    size_t count = 0;
    for (size_t i = 0; i < c->num_prompts; i++)
        requests[i] = request_of(c, i);
    for (size_t first = 0; first < c->num_prompts; first += together ? c->num_prompts : 1) {
        size_t some = together ? c->num_prompts : 1;
        pali_result *result = NULL;
        must(pali_model_generate(c->model, requests + first, some, &options, &result, &err), &err);
        for (size_t i = 0; i < some; i++)
            for (size_t t = 0; t < pali_result_num_tokens(result, i); t++, count++) {
                ids[count] = pali_result_tokens(result, i)[t].id;
                logprobs[count] = pali_result_tokens(result, i)[t].logprob;
            }
        pali_result_free(&result);
    }
    return count;
}

/* ---- claims ---- */

static const char *const cases[] = {
    "base-f32",    "base-f16",   "base-bf16",  "sharded",         "scaling-28b",
    "long-window", "paligemma1", "two-images", "several-prompts", "batch",
    "odd-sizes",   "new-names",  "lines",
};
enum { NUM_CASES = sizeof cases / sizeof *cases };

static void every_stage_equals_the_reference(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_CASES; i++)
        run_case(cases[i], PALI_WEIGHTS_AUTO, 0.0);
}

static void half_precision_held_as_f32_equals_the_reference(void **state) {
    (void)state;
    run_case("base-bf16", PALI_WEIGHTS_F32, 1e-4);
    run_case("base-f16", PALI_WEIGHTS_F32, 1e-4);
}

/* A tiny model of random weights has nothing to average over: this bound only catches a wrong
 * layout or scale. */
static void int8_weights_stay_near_the_reference(void **state) {
    (void)state;
    run_case("base-f32", PALI_WEIGHTS_INT8, 0.1);
    run_case("odd-sizes", PALI_WEIGHTS_INT8, 0.1);
}

/* A prompt of more than a block of positions, and steps that read it from bytes. */
static void int4_weights_stay_near_the_reference(void **state) {
    (void)state;
    run_case("lines", PALI_WEIGHTS_INT4, 0.5);
}

static void a_batch_gives_what_each_gives_alone_to_the_bit(void **state) {
    (void)state;
    static const char *const names[] = {"several-prompts", "batch"};
    static const pali_weights formats[] = {PALI_WEIGHTS_F32, PALI_WEIGHTS_BF16, PALI_WEIGHTS_INT8,
                                           PALI_WEIGHTS_INT4};
    for (size_t n = 0; n < 2; n++)
        for (size_t f = 0; f < 4; f++) {
            golden_case c;
            open_case(&c, names[n], formats[f], 0);
            comparison nothing = {.case_name = names[n]};
            encode_images(&c, &nothing);
            int32_t alone[MAX_PROMPTS * MAX_STEPS], together[MAX_PROMPTS * MAX_STEPS];
            float p[MAX_PROMPTS * MAX_STEPS], q[MAX_PROMPTS * MAX_STEPS];
            size_t count = generate_all(&c, false, alone, p);
            assert_true(count > 0);
            assert_int_equal(generate_all(&c, true, together, q), count);
            assert_memory_equal(alone, together, count * sizeof *alone);
            assert_memory_equal(p, q, count * sizeof *p);
            close_case(&c);
        }
}

/* Lets <eos> be as likely as all else together at the third position. */
static void end_at_third(void *context, size_t request, size_t position, float *logits, size_t n) {
    (void)request;
    double others = 0.0;
    for (size_t i = 0; i < n; i++)
        others += exp((double)logits[i]);
    if (position == 2)
        logits[1] = (float)log(others);
    *(double *)context =
        exp((double)logits[1]) / (others + (position == 2 ? exp((double)logits[1]) : 0.0));
}

static void the_end_of_an_answer_has_its_probability(void **state) {
    (void)state;
    golden_case c;
    open_case(&c, "base-f32", PALI_WEIGHTS_F32, 0);
    c.model->config.num_eos_token_ids = 1;
    c.model->config.eos_token_ids[0] = 1;
    comparison nothing = {.case_name = c.name};
    encode_images(&c, &nothing);
    pali_request request = request_of(&c, 0);
    double probability = 0.0;
    pali_generate_options options = PALI_GENERATE_OPTIONS_INIT;
    options.on_logits = end_at_third;
    options.context = &probability;
    pali_error err = PALI_ERROR_INIT;
    pali_result *result = NULL;
    must(pali_model_generate(c.model, &request, 1, &options, &result, &err), &err);
    assert_int_equal(pali_result_num_tokens(result, 0), 2);
    const pali_token *end = pali_result_end(result, 0);
    assert_non_null(end);
    assert_int_equal(end->id, 1);
    assert_true(fabs(exp((double)end->logprob) - probability) < 1e-3);
    pali_result_free(&result);
    options.max_new_tokens = 2; /* cut off: nothing is said about the end */
    must(pali_model_generate(c.model, &request, 1, &options, &result, &err), &err);
    assert_null(pali_result_end(result, 0));
    pali_result_free(&result);
    close_case(&c);
}

/* Answers to every prompt of a case: what it generates, and the same with another token in second place.
 * The first must have the probabilities of generating it; so must the second up to that token. */
static void score_all(golden_case *c, const int32_t *ids, const float *logprobs, size_t count) {
    pali_error err = PALI_ERROR_INIT;
    pali_request requests[MAX_PROMPTS];
    pali_continuation answers[2 * MAX_PROMPTS];
    float scored[2 * MAX_PROMPTS][MAX_STEPS + 1];
    int32_t others[MAX_PROMPTS][MAX_STEPS];
    size_t steps = count / c->num_prompts;
    assert_true(steps > 2 && steps <= MAX_STEPS && steps * c->num_prompts == count);
    for (size_t i = 0; i < c->num_prompts; i++) {
        requests[i] = request_of(c, i);
        memcpy(others[i], ids + i * steps, steps * sizeof *ids);
        others[i][1] = others[i][1] == 5 ? 6 : 5;
        answers[2 * i] = (pali_continuation){i, ids + i * steps, steps, scored[2 * i]};
        answers[2 * i + 1] = (pali_continuation){i, others[i], steps, scored[2 * i + 1]};
    }
    must(pali_model_score(c->model, requests, c->num_prompts, answers, 2 * c->num_prompts, &err),
         &err);
    for (size_t i = 0; i < c->num_prompts; i++) {
        assert_memory_equal(scored[2 * i], logprobs + i * steps, steps * sizeof *logprobs);
        assert_memory_equal(scored[2 * i + 1], logprobs + i * steps, sizeof *logprobs);
        assert_true(scored[2 * i + 1][1] <= scored[2 * i][1]); /* generating was greedy */
        assert_true(scored[2 * i + 1][2] != scored[2 * i][2]); /* after other tokens */
    }
}

static void a_given_answer_is_as_probable_as_when_it_is_generated_to_the_bit(void **state) {
    (void)state;
    static const char *const names[] = {"several-prompts", "batch", "long-window", "two-images"};
    static const pali_weights formats[] = {PALI_WEIGHTS_F32, PALI_WEIGHTS_BF16, PALI_WEIGHTS_INT8,
                                           PALI_WEIGHTS_INT4};
    for (size_t n = 0; n < 4; n++)
        for (size_t f = 0; f < 4; f++) {
            golden_case c;
            open_case(&c, names[n], formats[f], 0);
            comparison nothing = {.case_name = names[n]};
            encode_images(&c, &nothing);
            int32_t ids[MAX_PROMPTS * MAX_STEPS];
            float logprobs[MAX_PROMPTS * MAX_STEPS];
            size_t count = generate_all(&c, true, ids, logprobs);
            score_all(&c, ids, logprobs, count);
            close_case(&c);
        }
}

static void the_end_of_a_given_answer_is_as_probable_as_its_token(void **state) {
    (void)state;
    golden_case c;
    open_case(&c, "base-f32", PALI_WEIGHTS_F32, 0);
    c.model->config.num_eos_token_ids = 1;
    c.model->config.eos_token_ids[0] = 1;
    comparison nothing = {.case_name = c.name};
    encode_images(&c, &nothing);
    pali_request request = request_of(&c, 0);
    const int32_t ids[] = {7, 9, 1};
    float empty[1], two[3], three[4];
    pali_continuation answers[] = {{0, ids, 0, empty}, {0, ids, 2, two}, {0, ids, 3, three}};
    pali_error err = PALI_ERROR_INIT;
    must(pali_model_score(c.model, &request, 1, answers, 3, &err), &err);
    assert_float_equal(two[2], three[2], 1e-6);
    assert_true(two[2] < 0 && empty[0] < 0 && empty[0] != two[2]);
    assert_memory_equal(two, three, 2 * sizeof *two);
    answers[1].request = 1;
    assert_int_equal(pali_model_score(c.model, &request, 1, answers, 3, &err), PALI_ERROR_ARGUMENT);
    answers[1] = (pali_continuation){0, &(const int32_t){-1}, 1, two};
    assert_int_equal(pali_model_score(c.model, &request, 1, answers, 3, &err), PALI_ERROR_ARGUMENT);
    close_case(&c);
}

/* ---- beams, once more and plainly: every position from the start, sums in double ---- */

enum { BEAM_STEPS = 8, VOCABULARY = 320 };

typedef struct beginning {
    int32_t ids[BEAM_STEPS + 1];
    size_t num_ids;
    double logprob;
    float logits[VOCABULARY]; /* of the position behind it */
} beginning;

static void force(void *context, size_t request, size_t position, float *logits, size_t n) {
    (void)request;
    beginning *b = context;
    assert_int_equal(n, VOCABULARY);
    if (position == b->num_ids)
        memcpy(b->logits, logits, sizeof b->logits);
    for (size_t i = 0; i < n && position < b->num_ids; i++)
        if ((int32_t)i != b->ids[position])
            logits[i] = -INFINITY;
}

static void continue_plainly(golden_case *c, size_t prompt, beginning *b) {
    pali_generate_options options = PALI_GENERATE_OPTIONS_INIT;
    options.max_new_tokens = (int)b->num_ids + 1;
    options.on_logits = force;
    options.context = b;
    pali_request request = request_of(c, prompt);
    pali_result *result = NULL;
    pali_error err = PALI_ERROR_INIT;
    must(pali_model_generate(c->model, &request, 1, &options, &result, &err), &err);
    pali_result_free(&result);
}

/* Adds a token's beginning to `found` [count], sorted, of which `most` are kept. */
static void insert(beginning *found, size_t *count, size_t most, const beginning *b, int32_t id,
                   double logprob) {
    size_t at = *count;
    while (at > 0 && found[at - 1].logprob < logprob)
        at--;
    if (at == most)
        return;
    *count += *count < most;
    memmove(found + at + 1, found + at, (*count - at - 1) * sizeof *found);
    found[at] = *b;
    found[at].ids[found[at].num_ids++] = id;
    found[at].logprob = logprob;
}

static beginning search_plainly(golden_case *c, size_t prompt, size_t width, int32_t eos) {
    beginning live[PALI_MAX_BEAMS], best = {.logprob = -INFINITY};
    beginning *found = calloc(2 * PALI_MAX_BEAMS + 1, sizeof *found);
    size_t num_live = 1;
    assert_non_null(found);
    live[0] = (beginning){0};
    for (size_t step = 0; step < BEAM_STEPS && best.logprob < live[0].logprob; step++) {
        size_t count = 0;
        for (size_t b = 0; b < num_live; b++) {
            continue_plainly(c, prompt, &live[b]);
            double sum = 0;
            for (size_t i = 0; i < c->model->num_candidate_rows; i++)
                sum += exp((double)live[b].logits[i]);
            for (size_t i = 0; i < c->model->num_candidate_rows; i++)
                insert(found, &count, 2 * width, &live[b], (int32_t)i,
                       live[b].logprob + (double)live[b].logits[i] - log(sum));
        }
        num_live = 0;
        for (size_t i = 0; i < count && num_live < width; i++) {
            if (found[i].ids[found[i].num_ids - 1] != eos)
                live[num_live++] = found[i];
            else if (found[i].logprob > best.logprob)
                best = found[i];
        }
    }
    free(found);
    return best.logprob >= live[0].logprob ? best : live[0];
}

/* How an answer of the model's own search, with its end, differs from the plain one's. */
static void compare_answers(const pali_result *result, size_t prompt, const beginning *plain,
                            int32_t eos) {
    size_t count = pali_result_num_tokens(result, prompt);
    const pali_token *tokens = pali_result_tokens(result, prompt);
    const pali_token *end = pali_result_end(result, prompt);
    double logprob = end ? (double)end->logprob : 0;
    assert_int_equal(count + (end != NULL), plain->num_ids);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(tokens[i].id, plain->ids[i]);
        logprob += (double)tokens[i].logprob;
    }
    if (end)
        assert_int_equal(plain->ids[count], eos);
    assert_true(fabs(logprob - plain->logprob) < 1e-3);
}

static bool count_token(void *context, size_t request, const pali_token *token, const char *text) {
    (void)token, (void)text;
    ((size_t *)context)[request]++;
    return true;
}

/* All prompts of a case by beams, against the plain search; counts how the answers ended. */
static void search_all(golden_case *c, size_t width, int32_t eos, size_t *ended, size_t *cut) {
    pali_request requests[MAX_PROMPTS];
    size_t told[MAX_PROMPTS] = {0};
    for (size_t i = 0; i < c->num_prompts; i++)
        requests[i] = request_of(c, i);
    pali_generate_options options = PALI_GENERATE_OPTIONS_INIT;
    options.max_new_tokens = BEAM_STEPS;
    options.num_beams = width;
    options.on_token = count_token;
    options.context = told;
    pali_error err = PALI_ERROR_INIT;
    pali_result *result = NULL;
    c->model->config.num_eos_token_ids = 1;
    c->model->config.eos_token_ids[0] = eos;
    must(pali_model_generate(c->model, requests, c->num_prompts, &options, &result, &err), &err);
    for (size_t i = 0; i < c->num_prompts; i++) {
        beginning plain = search_plainly(c, i, width, eos);
        compare_answers(result, i, &plain, eos);
        assert_int_equal(told[i], pali_result_num_tokens(result, i));
        *ended += pali_result_end(result, i) != NULL;
        *cut += pali_result_finish(result, i) == PALI_FINISH_LENGTH;
    }
    pali_result_free(&result);
}

static void beams_find_what_a_plain_search_finds(void **state) {
    (void)state;
    static const size_t widths[] = {2, 3, 8}, ranks[] = {0, 2, 7};
    golden_case c;
    open_case(&c, "several-prompts", PALI_WEIGHTS_F32, 0);
    comparison nothing = {.case_name = c.name};
    encode_images(&c, &nothing);
    pali_request request = request_of(&c, 0);
    pali_generate_options options = PALI_GENERATE_OPTIONS_INIT;
    options.num_candidates = PALI_MAX_CANDIDATES;
    options.max_new_tokens = 4;
    pali_error err = PALI_ERROR_INIT;
    pali_result *greedy = NULL;
    must(pali_model_generate(c.model, &request, 1, &options, &greedy, &err), &err);
    size_t ended = 0, cut = 0;
    for (size_t at = 1; at < 4; at++)
        for (size_t r = 0; r < sizeof ranks / sizeof *ranks; r++)
            for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
                search_all(&c, widths[w], pali_result_tokens(greedy, 0)[at].candidates[ranks[r]].id,
                           &ended, &cut);
    assert_true(ended > 0 && cut > 0);
    pali_result_free(&greedy);
    close_case(&c);
}

/* Logits of one position, in which the tokens 10, 11 ... have these probabilities and all others hardly
 * any. */
static void set_logits(float *logits, const double *probabilities, size_t count) {
    for (size_t i = 0; i < VOCABULARY; i++)
        logits[i] = i >= 10 && i < 10 + count ? (float)log(probabilities[i - 10] + 1e-9) : -30.0f;
}

static void a_likelier_answer_may_end_later(void **state) {
    (void)state;
    enum { END = 12 };
    golden_case c;
    open_case(&c, "base-f32", PALI_WEIGHTS_F32, 0);
    c.model->config.num_eos_token_ids = 1;
    c.model->config.eos_token_ids[0] = END;
    pali_arena arena = PALI_ARENA_INIT;
    pali_error err = PALI_ERROR_INIT;
    pali_beams beams;
    float logits[2 * VOCABULARY];
    must(pali_beams_init(&beams, c.model, 2, 3, 1, 4, &arena, &arena, &err), &err);
    set_logits(logits, (double[]){0.6, 0.1, 0.3}, 3);
    must(pali_beams_advance(&beams, logits, 0, &err), &err);
    assert_int_equal(beams.num_live, 2); /* what ended leaves its place to another */
    assert_int_equal(beams.live[1].tokens[0].id, 11);
    assert_int_equal(beams.ended.num_tokens, 1);
    assert_false(pali_beams_done(&beams)); /* 0.6 may still become more than 0.3 */
    set_logits(logits, (double[]){0.1, 0, 0.9}, 3);
    set_logits(logits + VOCABULARY, (double[]){1, 0, 0}, 3);
    must(pali_beams_advance(&beams, logits, 0, &err), &err);
    assert_int_equal(beams.ended.num_tokens, 2);
    assert_float_equal(beams.ended.logprob, log(0.6 * 0.9), 1e-4);
    assert_true(pali_beams_done(&beams));
    pali_arena_free(&arena);
    close_case(&c);
}

static void a_beam_without_numbers_is_the_least_likely(void **state) {
    (void)state;
    golden_case c;
    open_case(&c, "base-f32", PALI_WEIGHTS_F32, 0);
    pali_arena arena = PALI_ARENA_INIT;
    pali_error err = PALI_ERROR_INIT;
    pali_beams beams;
    float logits[2 * VOCABULARY];
    must(pali_beams_init(&beams, c.model, 2, 3, 1, 4, &arena, &arena, &err), &err);
    set_logits(logits, (double[]){0.6, 0.4}, 2);
    must(pali_beams_advance(&beams, logits, 0, &err), &err);
    for (size_t i = 0; i < VOCABULARY; i++)
        logits[i] = NAN;
    set_logits(logits + VOCABULARY, (double[]){0.7, 0.3}, 2);
    must(pali_beams_advance(&beams, logits, 0, &err), &err);
    assert_int_equal(beams.num_live, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(beams.live[i].tokens[0].id, 11);
        assert_int_equal(beams.live[i].tokens[1].id, 10 + i);
    }
    pali_arena_free(&arena);
    close_case(&c);
}

static void beams_go_with_what_they_can_go_with(void **state) {
    (void)state;
    golden_case c;
    open_case(&c, "base-f32", PALI_WEIGHTS_F32, 0);
    comparison nothing = {.case_name = c.name};
    encode_images(&c, &nothing);
    pali_request request = request_of(&c, 0);
    pali_result *result = NULL;
    pali_error err = PALI_ERROR_INIT;
    beginning nobody = {0};
    pali_generate_options none = PALI_GENERATE_OPTIONS_INIT, many = none, warm = none, seen = none;
    none.num_beams = 0;
    many.num_beams = PALI_MAX_BEAMS + 1;
    warm.num_beams = seen.num_beams = 2;
    warm.temperature = 1;
    seen.on_logits = force;
    seen.context = &nobody;
    const pali_generate_options *wrong[] = {&none, &many, &warm, &seen};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pali_model_generate(c.model, &request, 1, wrong[i], &result, &err),
                         PALI_ERROR_ARGUMENT);
    warm.temperature = 0;
    warm.max_new_tokens = 0;
    must(pali_model_generate(c.model, &request, 1, &warm, &result, &err), &err);
    assert_int_equal(pali_result_num_tokens(result, 0), 0);
    pali_result_free(&result);
    close_case(&c);
}

/* `count` pictures of noise, each of its own size. */
static void make_pictures(pali_image **images, size_t count) {
    uint8_t bytes[48 * 48 * 3];
    uint32_t random = 1;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < sizeof bytes; k++)
            bytes[k] = (uint8_t)((random = random * 1664525u + 1013904223u) >> 24);
        int width = 20 + (int)(i % 29);
        pali_error err = PALI_ERROR_INIT;
        must(pali_image_from_rgb(&images[i], width, 48, (size_t)width * 3, bytes, &err), &err);
    }
}

static void pictures_encoded_together_are_as_if_alone_to_the_bit(void **state) {
    (void)state;
    enum { MANY = 300 }; /* more than pass through together */
    static const pali_weights formats[] = {PALI_WEIGHTS_F32, PALI_WEIGHTS_BF16, PALI_WEIGHTS_INT8};
    pali_image *images[MANY] = {NULL};
    make_pictures(images, MANY);
    for (size_t f = 0; f < 3; f++) {
        pali_error err = PALI_ERROR_INIT;
        golden_case c;
        open_case(&c, "base-f32", formats[f], 0);
        pali_features *together[MANY] = {NULL};
        must(pali_model_encode_batch(c.model, (const pali_image *const *)images, MANY, NULL, NULL,
                                     together, &err),
             &err);
        for (size_t i = 0; i < MANY; i++) {
            pali_features *alone = NULL;
            must(pali_model_encode(c.model, images[i], NULL, NULL, &alone, &err), &err);
            assert_int_equal(alone->num_tokens, together[i]->num_tokens);
            assert_memory_equal(alone->data, together[i]->data,
                                alone->num_tokens * alone->hidden_size * sizeof *alone->data);
            pali_features_free(&alone);
            pali_features_free(&together[i]);
        }
        close_case(&c);
    }
    for (size_t i = 0; i < MANY; i++)
        pali_image_free(&images[i]);
}

/* The bytes of every stage, in order (FNV-1a). */
static void digest_stage(void *context, const char *name, int layer, const float *data, size_t rows,
                         size_t cols) {
    (void)name, (void)layer;
    uint64_t *digest = context;
    const unsigned char *bytes = (const unsigned char *)data;
    for (size_t i = 0; i < rows * cols * sizeof *data; i++)
        *digest = (*digest ^ bytes[i]) * 0x100000001b3u;
}

/* Of everything that is computed for a case on that many threads, down to the log-probabilities. */
static uint64_t digest_case(const char *name, pali_weights weights, int num_threads) {
    golden_case c;
    int32_t ids[MAX_PROMPTS * MAX_STEPS];
    float logprobs[MAX_PROMPTS * MAX_STEPS];
    uint64_t digest = 0xcbf29ce484222325u;
    open_case(&c, name, weights, num_threads);
    pali_model_set_trace(c.model, digest_stage, &digest);
    comparison nothing = {.case_name = name};
    encode_images(&c, &nothing);
    size_t count = generate_all(&c, true, ids, logprobs);
    assert_true(count > 0);
    digest_stage(&digest, "", 0, logprobs, 1, count);
    close_case(&c);
    return digest;
}

static void check_threads(const char *name, pali_weights weights) {
    static const int threads[] = {2, 3, 4, 8};
    uint64_t alone = digest_case(name, weights, 1);
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++)
        if (digest_case(name, weights, threads[t]) != alone)
            fail_msg("%s, format %d: %d threads differ from one", name, weights, threads[t]);
}

static void any_number_of_threads_gives_the_same_bits(void **state) {
    (void)state;
    for (size_t n = 0; n < NUM_CASES; n++)
        check_threads(cases[n], PALI_WEIGHTS_AUTO);
    check_threads("several-prompts", PALI_WEIGHTS_BF16);
    check_threads("several-prompts", PALI_WEIGHTS_INT8);
    check_threads("several-prompts", PALI_WEIGHTS_INT4);
}

static void yardsticks_measure_this_machine(void **state) {
    (void)state;
    static const pali_weights formats[] = {PALI_WEIGHTS_F32, PALI_WEIGHTS_BF16, PALI_WEIGHTS_INT8,
                                           PALI_WEIGHTS_INT4};
    double bytes[4];
    for (size_t f = 0; f < 4; f++) {
        golden_case c;
        open_case(&c, "base-f32", formats[f], 2);
        pali_model_info info;
        pali_model_describe(c.model, &info);
        pali_measured products = pali_model_measure(c.model, PALI_YARDSTICK_MULTIPLY);
        pali_measured reading = pali_model_measure(c.model, PALI_YARDSTICK_READ);
        assert_true(products.amount > 0 && isfinite(products.amount));
        assert_true(products.seconds > 0 && products.seconds < 60);
        assert_true(reading.seconds > 0 && reading.seconds < 60);
        bytes[f] = reading.amount;
        assert_true(bytes[f] > 0 && bytes[f] < (double)info.weight_bytes); /* vision left out */
        pali_model_cancel(c.model);
        assert_true(pali_model_measure(c.model, PALI_YARDSTICK_READ).amount < bytes[f]);
        close_case(&c);
    }
    assert_true(bytes[0] > bytes[1] && bytes[1] > bytes[2] && bytes[2] > bytes[3]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stage_equals_the_reference),
        cmocka_unit_test(half_precision_held_as_f32_equals_the_reference),
        cmocka_unit_test(int8_weights_stay_near_the_reference),
        cmocka_unit_test(int4_weights_stay_near_the_reference),
        cmocka_unit_test(a_batch_gives_what_each_gives_alone_to_the_bit),
        cmocka_unit_test(the_end_of_an_answer_has_its_probability),
        cmocka_unit_test(a_given_answer_is_as_probable_as_when_it_is_generated_to_the_bit),
        cmocka_unit_test(the_end_of_a_given_answer_is_as_probable_as_its_token),
        cmocka_unit_test(beams_find_what_a_plain_search_finds),
        cmocka_unit_test(a_likelier_answer_may_end_later),
        cmocka_unit_test(a_beam_without_numbers_is_the_least_likely),
        cmocka_unit_test(beams_go_with_what_they_can_go_with),
        cmocka_unit_test(pictures_encoded_together_are_as_if_alone_to_the_bit),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(yardsticks_measure_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
