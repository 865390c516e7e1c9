/* The tables of function pointers: one for each instruction set, filled by the sources that are
 * compiled for it (row_kernels.c, attention_kernels.c; for products see products.h). */
#ifndef PALI_KERNELS_TABLES_H
#define PALI_KERNELS_TABLES_H

#include "kernels/kernels.h"

/* ---- rows: each function handles one row of `width` values ---- */

typedef struct pali_row_kernels {
    void (*layer_norm)(const float *x, size_t width, const float *weight, const float *bias,
                       float eps, float *y);
    void (*rms_norm)(const float *x, size_t width, const float *weight, float eps, float *y);
    void (*rms_norm_add)(const float *x, size_t width, const float *weight, float eps, float *y);
    void (*add)(const float *x, size_t n, float *y);
    void (*scale)(float factor, size_t n, float *x);
    void (*rope)(float *head, size_t head_dim, const float *cosines, const float *sines);
    void (*softcap)(float softcap, size_t n, float *x);
    float (*maximum)(const float *x, size_t n); /* NaN counts as -infinity */
    /* sum of exp(x - maximum) in f32 lanes, added up in double */
    double (*sum_of_exp)(const float *x, size_t n, float maximum);
    /* the exclusive or of the whole words in `size` bytes, for the sake of reading them */
    uint64_t (*parity)(const char *data, size_t size);
} pali_row_kernels;

/* ---- attention: a few query rows against a block of positions of one key-value head ---- */

enum {
    PALI_QUERY_ROWS = 8, /* rows of a query block where vectors multiply */
    PALI_MOST_QUERY_ROWS = 128,
    PALI_KEY_BLOCK = 64,     /* positions of a block */
    PALI_KEYS_TOGETHER = 16, /* positions whose components lie side by side (pali_cache) */
};

typedef struct pali_attention_kernels {
    size_t query_rows; /* of a block at most; memory has as many, whatever there are */
    /* scores [rows][64] = q_i . k_j; `keys` is a block of keys as pali_cache has them */
    void (*scores)(const float *const *q, size_t rows, const void *keys, pali_weights format,
                   size_t head_dim, float *scores);
    /* scores = softcap(scale * scores), n values; returns the largest */
    float (*scale_and_cap)(float *scores, size_t n, float scale, float softcap);
    /* scores = exp(scores - largest), n values; returns the sum */
    float (*exponentials)(float *scores, size_t n, float largest);
    /* out_i [width] = out_i * factor_i + sum_j weights[i][j] v_j over `count` positions; weights
     * [rows][64], out [rows][width]; width is a multiple of 16 */
    void (*accumulate)(const float *weights, const float *factors, size_t rows, const void *values,
                       pali_weights format, size_t count, size_t width, float *out);
} pali_attention_kernels;

#endif
