/* Parameters made of pseudo-random numbers. They are uniform, with a variance of 1 / in, which
 * keeps the activations of any depth in range. Each matrix has numbers of its own: were a gate that of
 * its neighbour, their product would be a square, and full of outliers. A matrix repeats its first
 * rows: it takes as long to multiply with, and little time and no further memory to make. */
#include "model/synthetic.h"

#include "kernels/numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A whole number of panels (kernels/weights.h), which stand alone, and of any format's rows. */
enum { DISTINCT_ROWS = 32 };

/* Trained models have outliers: activations of 6 and more, in every layer, in about one feature of a
 * thousand (Dettmers et al. 2022). What is quantised treats them apart, so that some must be here: what
 * enters attention and feed-forward is weighed LOUD times in one feature of so many. */
enum { LOUD_ONE_IN = 1000 };
static const float LOUD = 16.0f;

/* FNV-1a */
static uint64_t hash(const char *name) {
    uint64_t state = 0xcbf29ce484222325u;
    for (; *name; name++)
        state = (state ^ (unsigned char)*name) * 0x100000001b3u;
    return state;
}

/* Numbers in [-1, 1) by a 64-bit linear congruential generator (Knuth's multiplier). */
static void fill(uint16_t *pattern, size_t count, float scale, uint64_t state) {
    for (size_t i = 0; i < count; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        pattern[i] = pali_f32_to_bf16(scale * ((float)(state >> 40) * 0x1p-23f - 1.0f));
    }
}

static pali_status reserve_pattern(pali_synthesizer *s, size_t count, pali_error *err) {
    if (count <= s->pattern_size)
        return PALI_OK;
    uint16_t *pattern = realloc(s->pattern, count * sizeof *pattern);
    if (!pattern)
        return pali_fail_memory(err, count * sizeof *pattern, "synthetic weights");
    s->pattern = pattern;
    s->pattern_size = count;
    return PALI_OK;
}

/* Fills `size` bytes with the first `made` of them. */
static void repeat(char *data, size_t made, size_t size) {
    for (size_t i = made; i < size; i += made)
        memcpy(data + i, data, size - i < made ? size - i : made);
}

static pali_status synthesize_matrix(void *context, const char *name, size_t rank,
                                     const size_t *shape, pali_role role, pali_matrix *out,
                                     pali_error *err) {
    pali_synthesizer *s = context;
    size_t rows = shape[0], cols = 1, bytes;
    for (size_t i = 1; i < rank; i++)
        cols *= shape[i];
    pali_weights format = pali_format_of_role(s->weights, role, PALI_WEIGHTS_BF16);
    if (!pali_matrix_size(format, rows, cols, &bytes))
        return pali_fail(err, PALI_ERROR_UNSUPPORTED, "%s of %zu x %zu cannot be held so", name,
                         rows, cols);
    void *data = pali_arena_alloc(s->arena, bytes, 1, name, err);
    if (!data)
        return PALI_ERROR_MEMORY;
    *out = (pali_matrix){format, rows, cols, data};
    float scale = sqrtf(3.0f / (float)cols);
    size_t distinct = rows < DISTINCT_ROWS ? rows : DISTINCT_ROWS, made;
    if (!pali_matrix_size(format, distinct, cols, &made))
        made = bytes;
    pali_status status = reserve_pattern(s, distinct * cols, err);
    if (status)
        return status;
    fill(s->pattern, distinct * cols, scale, hash(name));
    pali_matrix source = {PALI_WEIGHTS_BF16, distinct, cols, s->pattern};
    status = pali_matrix_quantize(s->compute, &source, format, data, err);
    if (!status)
        repeat(data, made, bytes);
    return status;
}

static pali_status synthesize_vector(void *context, const char *name, size_t rank,
                                     const size_t *shape, const float **out, pali_error *err) {
    pali_synthesizer *s = context;
    size_t count = shape[0] * (rank > 1 ? shape[1] : 1);
    float *values = pali_arena_alloc(s->arena, count, sizeof *values, name, err);
    if (!values)
        return PALI_ERROR_MEMORY;
    /* LayerNorm multiplies by the weight itself, RMSNorm by 1 + weight. */
    bool is_layer_norm =
        strncmp(name, "vision.", 7) == 0 && strstr(name, "norm") && strstr(name, ".weight");
    bool is_loud = strstr(name, "input_layernorm") || strstr(name, "pre_feedforward_layernorm");
    for (size_t i = 0; i < count; i++)
        values[i] = is_layer_norm ? 1.0f : is_loud && i % LOUD_ONE_IN == 0 ? LOUD - 1.0f : 0.0f;
    *out = values;
    return PALI_OK;
}

pali_parameter_source pali_synthesizer_source(pali_synthesizer *synthesizer) {
    return (pali_parameter_source){synthesizer, synthesize_matrix, synthesize_vector};
}

void pali_synthesizer_free(pali_synthesizer *synthesizer) {
    free(synthesizer->pattern);
    synthesizer->pattern = NULL;
    synthesizer->pattern_size = 0;
}
