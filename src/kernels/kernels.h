/* The arithmetic that a model is made of. Knows of matrices and rows, not of models.
 *
 * Every operation has a plain C version; a table of function pointers for each family (linear.c,
 * vector.c, attention.c) is filled with those and then overwritten by what the processor has
 * (cpu.h). For given inputs and a given processor the result is the same for every number of
 * threads and for every grouping of rows into calls: row i of the output depends on row i of the
 * input alone, and all sums are taken in an order that the shapes fix.
 *
 * Activations are f32, row-major [rows, width]. What can fail does so for lack of memory, or
 * with PALI_ERROR_CANCELLED after pali_pool_cancel; then, and after whatever cannot fail, outputs mean
 * nothing.
 */
#ifndef PALI_KERNELS_H
#define PALI_KERNELS_H

#include "base/arena.h"
#include "base/pool.h"

/* What an operation needs besides its operands: threads, and scratch memory that grows to what the
 * largest operation needs and is kept for the next. One computation at a time. */
typedef struct pali_compute pali_compute;

pali_status pali_compute_create(pali_compute **out, int num_threads, pali_error *err);
void pali_compute_free(pali_compute **compute);
pali_pool *pali_compute_pool(pali_compute *compute);

/* ---- matrices ---- */

/* The weight of a linear layer, [rows = out_features, cols = in_features], row-major.
 * F32, F16, BF16: the plain array, at any alignment, typically in a mapped file.
 * INT8, INT4: the layout of weights.h, made by pali_matrix_quantize. */
typedef struct pali_matrix {
    pali_weights format;
    size_t rows, cols;
    const void *data;
} pali_matrix;

/* Bytes that `data` has; false when that overflows or the format cannot hold the shape. */
bool pali_matrix_size(pali_weights format, size_t rows, size_t cols, size_t *bytes);

/* Writes `source` (F32, F16 or BF16) as `format` to `data`, which has pali_matrix_size bytes,
 * aligned to 64. */
pali_status pali_matrix_quantize(pali_compute *compute, const pali_matrix *source,
                                 pali_weights format, void *data, pali_error *err);

/* Row `row` as f32 [cols]: the embedding look-up. */
void pali_matrix_row(const pali_matrix *matrix, size_t row, float *out);

typedef enum pali_epilogue {
    PALI_STORE = 0, /* y = x W^T + bias */
    PALI_ADD = 1,   /* y += x W^T + bias: onto a residual stream */
    PALI_GELU = 2,  /* y = gelu_tanh(x W^T + bias) */
} pali_epilogue;

/* One product of a group that shares its input. */
typedef struct pali_linear {
    const pali_matrix *weight; /* [out, in] */
    const float *bias;         /* [out] or NULL */
    float *y;                  /* [n, out] */
    pali_epilogue epilogue;
} pali_linear;

/* `count` products of the same x [n, in] in one pass over the threads: x is rounded or quantised
 * once. */
pali_status pali_linear_run(pali_compute *compute, const float *x, size_t n,
                            const pali_linear *products, size_t count, pali_error *err);

/* y [n, F] = gelu_tanh(x Wg^T) * (x Wu^T): the gated MLP's first half. */
pali_status pali_linear_gated(pali_compute *compute, const float *x, size_t n,
                              const pali_matrix *gate, const pali_matrix *up, float *y,
                              pali_error *err);

/* ---- yardsticks: what products are measured by ---- */

/* All threads multiply and add numbers in registers for 10 ms, with the instructions that products
 * of this format use. Operations, a multiplication and an addition counted as two. */
pali_measured pali_measure_peak(pali_compute *compute, pali_weights format);

/* All threads together read `size` bytes once. */
pali_measured pali_measure_read(pali_compute *compute, const void *data, size_t size);

/* ---- rows ---- */

/* y = (x - mean) / sqrt(var + eps) * weight + bias, biased variance. y may be x. */
void pali_layer_norm(pali_compute *compute, const float *x, size_t n, size_t width,
                     const float *weight, const float *bias, float eps, float *y);

/* y = x / sqrt(mean(x^2) + eps) * (1 + weight). y may be x. */
void pali_rms_norm(pali_compute *compute, const float *x, size_t n, size_t width,
                   const float *weight, float eps, float *y);

/* residual += rms_norm(x): the second norm of a Gemma 2 half-block. */
void pali_rms_norm_add(pali_compute *compute, const float *x, size_t n, size_t width,
                       const float *weight, float eps, float *residual);

/* y += x over n values. */
void pali_add(pali_compute *compute, const float *x, size_t n, float *y);

/* x *= factor. */
void pali_scale(pali_compute *compute, float factor, size_t n, float *x);

/* cos and sin [num_positions, head_dim / 2] of positions first, first + 1, ... */
void pali_rope_table(size_t first, size_t num_positions, size_t head_dim, float theta,
                     float *cosines, float *sines);

/* Rotates the pairs (i, i + head_dim / 2) of every head of x [n, heads, head_dim] in place; row t
 * uses row t of the tables. */
void pali_rope(pali_compute *compute, float *x, size_t n, size_t heads, size_t head_dim,
               const float *cosines, const float *sines);

/* ---- attention ---- */

/* Keys or values of one layer and sequence.
 *
 * F32, BF16: values lie as [num_kv_heads, capacity, head_dim], keys in blocks of 16 positions,
 * [num_kv_heads, capacity / 16, head_dim, 16], so that one load holds one component of 16 keys.
 *
 * INT8: bytes + 128 and a scale for each head and position. Keys lie as [num_kv_heads, capacity / 16,
 * head_dim / 4, 16, 4], values as [num_kv_heads, capacity / 64, head_dim / 16, 16, 16, 4] whose
 * last are 64 positions of 16 components; then the scales, [num_kv_heads, capacity]. */
typedef enum pali_cache_kind { PALI_KEYS, PALI_VALUES } pali_cache_kind;

typedef struct pali_cache {
    pali_cache_kind kind;
    pali_weights format;
    size_t num_kv_heads, capacity, head_dim; /* capacity: a multiple of 64 (pali_cache_capacity) */
    void *data;
} pali_cache;

/* The capacity that holds `positions`. */
size_t pali_cache_capacity(size_t positions);

/* Bytes of such an array; false when that overflows. */
bool pali_cache_size(const pali_cache *cache, size_t *bytes);

/* Gives it memory of its own from `arena`; `what` is for the message when there is none. */
pali_status pali_cache_reserve(pali_cache *cache, pali_arena *arena, const char *what,
                               pali_error *err);

/* Rows [n, num_kv_heads * head_dim] for positions first, first + 1, ... of a cache. */
typedef struct pali_cache_rows {
    pali_cache *cache;
    size_t first, n;
    const float *rows;
} pali_cache_rows;

/* Writes `count` of them, in one pass over the threads. */
void pali_cache_store(pali_compute *compute, const pali_cache_rows *rows, size_t count);

/* out = softmax(softcap(q k^T * scale) + mask) v for the queries at positions first, first + 1, ...
 * Query i sees key j when   (j < prefix or j <= i) and (window == 0 or i < prefix or j > i -
 * window). Head h reads key-value head h / (num_heads / num_kv_heads). The score matrix is never
 * stored. */
typedef struct pali_attention {
    const float *q; /* [num_queries, num_heads, head_dim] */
    size_t num_queries, num_heads, first;
    const pali_cache *keys, *values;
    size_t num_keys;
    float scale, softcap; /* softcap * tanh(x / softcap); 0: none */
    size_t prefix, window;
    bool may_round; /* queries, keys, weights and values to BF16, where that is faster */
    float *out;     /* [num_queries, num_heads, head_dim] */
} pali_attention;

/* `count` of them, one a sequence, in one pass over the threads. */
pali_status pali_attention_run(pali_compute *compute, const pali_attention *attentions,
                               size_t count, pali_error *err);

/* ---- choosing a token
 * ---------------------------------------------------------------------------- */

/* x = softcap * tanh(x / softcap) over n values. */
void pali_softcap(pali_compute *compute, float softcap, size_t n, float *x);

/* The k largest of n logits, best first, the lower index first among equals, with the natural
 * logarithm of their softmax probability. NaN counts as -infinity. `out` has k places. */
void pali_top_candidates(pali_compute *compute, const float *logits, size_t n, size_t k,
                         pali_candidate *out);

#endif
