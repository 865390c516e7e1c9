/* Attention over keys and values in bytes: they lie as panels of INT8 weights do (cache.c), and what
 * multiplies a few rows with those multiplies queries, and weights of positions, with these.
 *
 * A row of either is two rows of bytes, the second of what the first leaves over. So nothing more is
 * lost than was when keys and values became bytes: weights next to a large one would be, in one. */
#include "kernels/byte_attention.h"

#include "kernels/weights.h"

#include <math.h>
#include <string.h>

enum { FINER = 254 }; /* steps of the second row in one of the first, which leaves half of one */

void pali_byte_row(const pali_activation_kernels *kernels, const float *x, size_t n,
                   pali_byte_rows *rows, size_t index) {
    int8_t *coarse = rows->bytes + 2 * index * rows->stride, *fine = coarse + rows->stride;
    int32_t *offsets = rows->offsets + 2 * index;
    size_t not_finite;
    float largest = kernels->magnitude(x, n, INFINITY, &not_finite);
    float steps = pali_int8_steps(largest);
    offsets[0] = offsets[1] = 0;
    for (size_t at = 0; at < n; at += PALI_KEY_BLOCK) {
        float rest[PALI_KEY_BLOCK];
        size_t some = n - at < PALI_KEY_BLOCK ? n - at : PALI_KEY_BLOCK;
        offsets[0] -= 128 * kernels->quantize(x + at, some, steps, INFINITY, coarse + at);
        for (size_t i = 0; i < some; i++)
            rest[i] = x[at + i] * steps - (float)coarse[at + i];
        offsets[1] -= 128 * kernels->quantize(rest, some, FINER, INFINITY, fine + at);
    }
    memset(coarse + n, 0, rows->stride - n);
    memset(fine + n, 0, rows->stride - n);
    rows->scales[2 * index] = not_finite ? NAN : largest / 127.0f;
    rows->scales[2 * index + 1] = rows->scales[2 * index] / FINER;
}

/* sums [2 num_rows][32] of rows with two panels, times `scales` [32]. */
static void multiply(const pali_product_kernels *kernels, const pali_byte_rows *rows,
                     size_t num_rows, const uint8_t *panels, const float *scales, float *sums) {
    int32_t dots[PALI_FEW_ROWS * PALI_TILE_OUTPUTS];
    kernels->integer->few_int8(rows->bytes, rows->stride, 2 * num_rows, panels, 64 * rows->quads,
                               rows->quads, dots);
    kernels->activations->scale_dots(dots, 2 * num_rows, rows->offsets, rows->scales, scales, sums);
}

void pali_byte_scores(const pali_product_kernels *kernels, const pali_byte_rows *q, size_t num_rows,
                      const void *keys, const float *key_scales, float *scores) {
    float sums[PALI_FEW_ROWS * PALI_TILE_OUTPUTS];
    for (size_t j = 0; j < PALI_KEY_BLOCK; j += PALI_TILE_OUTPUTS) {
        multiply(kernels, q, num_rows, (const uint8_t *)keys + 4 * j * q->quads, key_scales + j,
                 sums);
        for (size_t r = 0; r < num_rows; r++) {
            const float *coarse = sums + 2 * r * PALI_TILE_OUTPUTS,
                        *fine = coarse + PALI_TILE_OUTPUTS;
            for (size_t i = 0; i < PALI_TILE_OUTPUTS; i++)
                scores[r * PALI_KEY_BLOCK + j + i] = coarse[i] + fine[i];
        }
    }
}

void pali_byte_accumulate(const pali_product_kernels *kernels, const float *weights,
                          const float *factors, size_t num_rows, const void *values,
                          const float *value_scales, size_t count, size_t width, float *out) {
    static const float ones[PALI_TILE_OUTPUTS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                                  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    int8_t bytes[PALI_FEW_ROWS * PALI_KEY_BLOCK];
    float sums[PALI_FEW_ROWS * PALI_TILE_OUTPUTS];
    pali_byte_rows rows = {bytes, PALI_KEY_BLOCK, PALI_KEY_BLOCK / 4, {0}, {0}};
    for (size_t r = 0; r < num_rows; r++) {
        float scaled[PALI_KEY_BLOCK];
        for (size_t j = 0; j < count; j++)
            scaled[j] = weights[r * PALI_KEY_BLOCK + j] * value_scales[j];
        pali_byte_row(kernels->activations, scaled, count, &rows, r);
    }
    for (size_t c = 0; c < width; c += PALI_TILE_OUTPUTS) {
        multiply(kernels, &rows, num_rows, (const uint8_t *)values + c * PALI_KEY_BLOCK, ones,
                 sums);
        for (size_t r = 0; r < num_rows; r++) {
            const float *coarse = sums + 2 * r * PALI_TILE_OUTPUTS,
                        *fine = coarse + PALI_TILE_OUTPUTS;
            float *to = out + r * width + c;
            for (size_t i = 0; i < PALI_TILE_OUTPUTS; i++)
                to[i] = to[i] * factors[r] + (coarse[i] + fine[i]);
        }
    }
}
