/* The search for INT4's scales and codes, written once over simd.h and compiled for each instruction set, all to the
 * same bits. */
#include "kernels/products.h"
#include "kernels/simd.h"
#include "kernels/weights.h"

/* Vectors of a group; group scales that are tried at once, so that none waits for itself. */
enum { VECTORS = PALI_INT4_GROUP / VF_WIDTH, TRIALS = 4 };

/* values [trials][VECTORS] = the nearest of pali_int4_values to x / scale, by what lies in the middle between two: the
 * larger one is nearer above it. */
static inline __attribute__((always_inline)) void
find_values(size_t trials, const vf x[VECTORS], const float *inverses, vf values[][VECTORS]) {
    vf scaled[TRIALS][VECTORS];
    PALI_UNROLL for (size_t t = 0; t < trials; t++)
        PALI_UNROLL for (size_t v = 0; v < VECTORS; v++) {
        scaled[t][v] = vf_mul(x[v], vf_set(inverses[t]));
        values[t][v] = vf_set(pali_int4_values[0]);
    }
    PALI_UNROLL for (size_t code = 1; code < 16; code++) {
        float below = pali_int4_values[code - 1], here = pali_int4_values[code];
        vf middle = vf_set(0.5f * (below + here)), step = vf_set(here - below);
        PALI_UNROLL for (size_t t = 0; t < trials; t++)
            PALI_UNROLL for (size_t v = 0; v < VECTORS; v++) values[t][v] =
                vf_add_above(values[t][v], scaled[t][v], middle, step);
    }
}

/* In the shape of a tree, whatever the width of a vector. */
static inline float sum_of_group(vf parts[VECTORS]) {
    PALI_UNROLL for (size_t half = VECTORS / 2; half > 0; half /= 2)
        PALI_UNROLL for (size_t i = 0; i < half; i++) parts[i] = vf_add(parts[i], parts[i + half]);
    return vf_sum(parts[0]);
}

/* Squared errors, in units of the row's scale. */
static void try_scales(const vf x[VECTORS], float steps, const float scales[TRIALS],
                       float errors[TRIALS]) {
    vf values[TRIALS][VECTORS];
    float inverses[TRIALS];
    for (size_t t = 0; t < TRIALS; t++)
        inverses[t] = steps / scales[t];
    find_values(TRIALS, x, inverses, values);
    PALI_UNROLL for (size_t t = 0; t < TRIALS; t++) {
        vf *parts = values[t];
        PALI_UNROLL for (size_t v = 0; v < VECTORS; v++) {
            vf error = vf_sub(vf_mul(x[v], vf_set(steps)), vf_mul(parts[v], vf_set(scales[t])));
            parts[v] = vf_mul(error, error);
        }
        errors[t] = sum_of_group(parts);
    }
}

static float largest_magnitude(const vf x[VECTORS]) {
    vf largest = vf_set(0.0f);
    PALI_UNROLL for (size_t v = 0; v < VECTORS; v++) largest =
        vf_max(largest, vf_max(x[v], vf_sub(vf_set(0.0f), x[v])));
    return vf_largest(largest);
}

static inline void load_group(const float *row, vf x[VECTORS]) {
    PALI_UNROLL for (size_t v = 0; v < VECTORS; v++) x[v] = vf_load(row + v * VF_WIDTH);
}

/* Around the scale at which the largest magnitude can just be expressed. */
static float choose_scale(const float *row, float steps, uint8_t *scale) {
    vf x[VECTORS];
    float scales[TRIALS], errors[TRIALS];
    load_group(row, x);
    float peak = largest_magnitude(x) * steps / PALI_INT4_LARGEST;
    int middle = peak < PALI_INT4_MAX_SCALE ? (int)peak : PALI_INT4_MAX_SCALE;
    for (int t = 0; t < TRIALS; t++) {
        int s = middle - 1 + t;
        scales[t] = (float)(s < 1 ? 1 : s > PALI_INT4_MAX_SCALE ? PALI_INT4_MAX_SCALE : s);
    }
    try_scales(x, steps, scales, errors);
    size_t best = 0;
    for (size_t t = 1; t < TRIALS; t++)
        best = errors[t] < errors[best] ? t : best;
    *scale = (uint8_t)scales[best];
    return errors[best];
}

static float choose_scales(const float *row, size_t groups, float steps, uint8_t *scales) {
    float error = 0.0f;
    for (size_t g = 0; g < groups; g++)
        error += choose_scale(row + g * PALI_INT4_GROUP, steps, &scales[g]);
    return error / (steps * steps);
}

/* By value + PALI_INT4_LARGEST. */
static void list_codes(uint8_t codes[2 * PALI_INT4_LARGEST + 1]) {
    for (size_t code = 0; code < 16; code++)
        codes[pali_int4_values[code] + PALI_INT4_LARGEST] = (uint8_t)code;
}

static void choose_codes(const float *row, size_t groups, float steps, const uint8_t *scales,
                         uint8_t *codes) {
    uint8_t code_of[2 * PALI_INT4_LARGEST + 1] = {0};
    list_codes(code_of);
    for (size_t g = 0; g < groups; g++, row += PALI_INT4_GROUP, codes += PALI_INT4_GROUP) {
        vf x[VECTORS], found[1][VECTORS];
        float inverse = steps / (float)scales[g], values[PALI_INT4_GROUP];
        load_group(row, x);
        find_values(1, x, &inverse, found);
        PALI_UNROLL for (size_t v = 0; v < VECTORS; v++)
            vf_store(values + v * VF_WIDTH, found[0][v]);
        for (size_t i = 0; i < PALI_INT4_GROUP; i++)
            codes[i] = code_of[(int)values[i] + PALI_INT4_LARGEST];
    }
}

const pali_quantize_kernels PALI_NAME(quantize_kernels) = {choose_scales, choose_codes};
