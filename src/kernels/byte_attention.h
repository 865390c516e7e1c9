/* Scores and sums over a block of an INT8 cache. */
#ifndef PALI_KERNELS_BYTE_ATTENTION_H
#define PALI_KERNELS_BYTE_ATTENTION_H

#include "kernels/dispatch.h"

enum { PALI_BYTE_QUERY_ROWS = PALI_FEW_ROWS / 2 }; /* each is two rows of bytes */

/* Rows as bytes, two for each: number i of row r is scales[2 r] * bytes[2 r][i] + scales[2 r + 1] *
 * bytes[2 r + 1][i]. */
typedef struct pali_byte_rows {
    int8_t *bytes; /* [2 rows][stride], zero from `n` on */
    size_t stride; /* pali_byte_stride(n) */
    size_t quads;  /* of four numbers, the last perhaps not whole */
    float scales[PALI_FEW_ROWS];
    int32_t offsets[PALI_FEW_ROWS]; /* -128 times the sum of a row of bytes */
} pali_byte_rows;

/* What products may read of a row of n bytes. */
static inline size_t pali_byte_stride(size_t n) {
    return (n + 63) / 64 * 64;
}

/* Row `index` of `rows` becomes x [n]. */
void pali_byte_row(const pali_activation_kernels *kernels, const float *x, size_t n,
                   pali_byte_rows *rows, size_t index);

/* scores [num_rows][64] = q_i . k_j, as pali_attention_kernels has them. */
void pali_byte_scores(const pali_product_kernels *kernels, const pali_byte_rows *q, size_t num_rows,
                      const void *keys, const float *key_scales, float *scores);

/* out_i [width] = out_i * factor_i + sum_j weights[i][j] v_j over `count` positions. */
void pali_byte_accumulate(const pali_product_kernels *kernels, const float *weights,
                          const float *factors, size_t num_rows, const void *values,
                          const float *value_scales, size_t count, size_t width, float *out);

#endif
