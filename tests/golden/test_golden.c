/* The engine against the reference: every stage of every tiny model in tests/golden/models.
 *
 * A case is a checkpoint with expected.safetensors beside it: what Hugging Face transformers
 * computes at each stage. Stages must agree within 1e-4 (relative, Frobenius) when the matrices are
 * held as F32, and greedy tokens must be the same; see tests/golden/README.md for how the values
 * are made. */
#include "base/json.h"
#include "model/model.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_EXPECTED = 512, PATH_SIZE = 1024 };

/* One run of one prompt of a case. */
typedef struct comparison {
    const char *case_name;
    const pali_safetensors *expected;
    char prefix[32];  /* "" or "prompt.1." */
    double tolerance; /* relative */
    size_t step;      /* rows of "logits" seen */
    size_t compared;
    double worst;
    char worst_name[128];
} comparison;

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
    if (!(error <= c->worst)) {
        c->worst = error;
        snprintf(c->worst_name, sizeof c->worst_name, "%s", name);
    }
    if (!(error <= c->tolerance))
        fail_msg("%s: %s%s differs from the reference by %.2e", c->case_name, c->prefix, name,
                 error);
}

/* The expected tensor of a stage, under the prompt's prefix or shared by all prompts. */
static const pali_tensor *find(const comparison *c, const char *name) {
    char full[160];
    snprintf(full, sizeof full, "%s%s", c->prefix, name);
    const pali_tensor *tensor = pali_safetensors_find(c->expected, full);
    return tensor ? tensor : pali_safetensors_find(c->expected, name);
}

static void see_stage(void *context, const char *name, int layer, const float *data, size_t rows,
                      size_t cols) {
    comparison *c = context;
    char full[96];
    if (strcmp(name, "logits") == 0) {
        const pali_tensor *steps = find(c, "generated.logits");
        assert_non_null(steps);
        assert_int_equal(steps->shape[1], cols);
        if (c->step < steps->shape[0])
            compare(c, "generated.logits", data, cols,
                    (const float *)(const void *)steps->data + c->step * cols);
        c->step++;
        return;
    }
    if (layer < 0)
        snprintf(full, sizeof full, "%s", name);
    else if (strncmp(name, "vision.", 7) == 0)
        snprintf(full, sizeof full, "%s.%d", name, layer);
    else
        snprintf(full, sizeof full, "text.layer.%d.%s", layer, name);
    const pali_tensor *tensor = find(c, full);
    if (tensor && tensor->size == rows * cols * sizeof(float))
        compare(c, full, data, rows * cols, (const float *)(const void *)tensor->data);
}
