/* Products of a few rows of activations, straight from the rows of a file, and panels of them for more: both over rows of
 * weights that are transposed in registers (lines.h). Sums run in the order in which a tile takes them. */
#ifndef PALI_KERNELS_FEW_ROWS_H
#define PALI_KERNELS_FEW_ROWS_H

#include "kernels/lines.h"

/* Rows of weights at a time: one row of activations has so many sums, which need not wait for each other. */
enum { TOGETHER_ROWS = 16, PARTS = TOGETHER_ROWS / PALI_LINES };

/* Bytes that are asked for ahead, in each row, a line of the cache at a time. */
enum { AHEAD_IN_ROW = 256, CACHE_LINE = 64 };

/* Input k of a row. */
static inline const char *weights_at(const pali_matrix *weight, size_t row, size_t k) {
    return (const char *)weight->data + (row * weight->cols + k) * size_in(weight->format);
}

static inline size_t stride_of(const pali_matrix *weight) {
    return weight->cols * size_in(weight->format);
}

/* Asks for what comes after byte `at` of rows that begin at p: more of them, then those below. */
static inline __attribute__((always_inline)) void ask_ahead(const char *p, size_t at, size_t stride,
                                                            size_t rows) {
    if (at % CACHE_LINE != 0)
        return;
    size_t ahead = at + AHEAD_IN_ROW;
    p += ahead + (ahead < stride ? 0 : (rows - 1) * stride);
    PALI_UNROLL for (size_t r = 0; r < rows; r++) __builtin_prefetch(p + r * stride);
}

/* ---- panels ---- */

/* `count` inputs of at most PALI_LINES rows to their part of a panel. */
static inline __attribute__((always_inline)) void pack_step(pali_weights format, const char *p,
                                                            size_t stride, size_t rows,
                                                            size_t count, float *out) {
    vf lines[PALI_WORDS];
    load_lines(format, p, stride, rows, count, lines);
    for (size_t i = 0; i < count; i++)
        vf_store(out + i * PALI_PANEL, input_of(format, lines, i));
}

static inline __attribute__((always_inline)) void pack_lines(pali_weights format, const char *p,
                                                             size_t stride, size_t rows,
                                                             size_t count, float *out) {
    size_t step = inputs_at_once(format), size = size_in(format), i = 0;
    for (; rows >= PALI_LINES && i + step <= count; i += step) {
        ask_ahead(p, i * size, stride, PALI_LINES);
        pack_step(format, p + i * size, stride, PALI_LINES, step, out + i * PALI_PANEL);
    }
    for (; i < count; i += step)
        pack_step(format, p + i * size, stride, rows, count - i < step ? count - i : step,
                  out + i * PALI_PANEL);
}

static void pack(const pali_matrix *weight, size_t row, size_t rows, size_t k, size_t count,
                 void *panel) {
    size_t stride = stride_of(weight);
    const char *p = weights_at(weight, row, k);
    for (size_t r = 0; r < PALI_PANEL; r += PALI_LINES, p += PALI_LINES * stride) {
        size_t some = rows <= r ? 0 : rows - r < PALI_LINES ? rows - r : PALI_LINES;
        float *out = (float *)panel + r;
        if (weight->format == PALI_WEIGHTS_BF16)
            pack_lines(PALI_WEIGHTS_BF16, p, stride, some, count, out);
        else if (weight->format == PALI_WEIGHTS_F16)
            pack_lines(PALI_WEIGHTS_F16, p, stride, some, count, out);
        else
            pack_lines(PALI_WEIGHTS_F32, p, stride, some, count, out);
    }
}

/* ---- products ---- */

/* sums [n][PALI_PANEL] += x w for inputs [k, end) of at most 16 rows of weights: what is left over. */
static inline __attribute__((always_inline)) void add_rest_of(pali_weights format, const char *p,
                                                              size_t stride, size_t rows, size_t k,
                                                              size_t end, const float *const *x,
                                                              size_t n, float *sums) {
    size_t step = inputs_at_once(format);
    for (; k < end; k += step)
        for (size_t first = 0; first < rows; first += PALI_LINES) {
            size_t some = end - k < step ? end - k : step;
            vf lines[PALI_WORDS];
            load_lines(format, p + first * stride + k * size_in(format), stride, rows - first, some,
                       lines);
            for (size_t r = 0; r < n; r++) {
                float *to = sums + r * PALI_PANEL + first;
                vf acc = vf_load(to);
                for (size_t i = 0; i < some; i++)
                    acc = vf_fma(vf_set(x[r][k + i]), input_of(format, lines, i), acc);
                vf_store(to, acc);
            }
        }
}

static __attribute__((noinline)) void add_rest(const pali_matrix *weight, size_t row, size_t rows,
                                               size_t k, size_t end, const float *const *x,
                                               size_t n, float *sums) {
    size_t stride = stride_of(weight);
    const char *p = weights_at(weight, row, 0);
    if (weight->format == PALI_WEIGHTS_BF16)
        add_rest_of(PALI_WEIGHTS_BF16, p, stride, rows, k, end, x, n, sums);
    else if (weight->format == PALI_WEIGHTS_F16)
        add_rest_of(PALI_WEIGHTS_F16, p, stride, rows, k, end, x, n, sums);
    else
        add_rest_of(PALI_WEIGHTS_F32, p, stride, rows, k, end, x, n, sums);
}

/* acc [parts][n] += x w for the inputs that `lines` hold, of which x has row r's at x[r] + at. */
static inline __attribute__((always_inline)) void
add_lines(size_t n, size_t parts, pali_weights format, vf lines[PARTS][PALI_WORDS],
          const float *const *x, size_t at, vf acc[PARTS][PALI_FEW_ROWS]) {
    PALI_UNROLL for (size_t half = 0; half < inputs_at_once(format); half += PALI_WORDS)
        PALI_UNROLL for (size_t i = half; i < half + PALI_WORDS; i++)
            PALI_UNROLL for (size_t t = 0; t < parts; t++) {
        vf w = input_of(format, lines[t], i);
        PALI_UNROLL for (size_t r = 0; r < n; r++) acc[t][r] =
            vf_fma(vf_set(x[r][at + i]), w, acc[t][r]);
    }
}

/* `n` rows of x, of which `stored` are wanted, times `parts` * PALI_LINES rows of weights. */
static inline __attribute__((always_inline)) void few_of(size_t n, size_t stored, size_t parts,
                                                         pali_weights format,
                                                         const pali_matrix *weight, size_t row,
                                                         const float *const *x, float *sums) {
    size_t step = inputs_at_once(format), stride = stride_of(weight), rows = parts * PALI_LINES;
    const char *p = weights_at(weight, row, 0);
    for (size_t k = 0; k < weight->cols; k += PALI_BLOCK, sums += stored * PALI_PANEL) {
        size_t end = weight->cols - k < PALI_BLOCK ? weight->cols : k + PALI_BLOCK, i = k;
        vf acc[PARTS][PALI_FEW_ROWS];
        PALI_UNROLL for (size_t t = 0; t < parts; t++) PALI_UNROLL for (size_t r = 0; r < n; r++)
            acc[t][r] = vf_set(0.0f);
        for (; i + step <= end; i += step) {
            size_t at = i * size_in(format);
            ask_ahead(p, at, stride, rows);
            vf lines[PARTS][PALI_WORDS];
            PALI_UNROLL for (size_t t = 0; t < parts; t++) load_lines(
                format, p + at + t * PALI_LINES * stride, stride, PALI_LINES, step, lines[t]);
            add_lines(n, parts, format, lines, x, i, acc);
        }
        PALI_UNROLL for (size_t t = 0; t < parts; t++)
            PALI_UNROLL for (size_t r = 0; r < n; r++) if (r < stored)
                vf_store(sums + r * PALI_PANEL + t * PALI_LINES, acc[t][r]);
        add_rest(weight, row, rows, i, end, x, stored, sums);
    }
}

/* Inputs of 16 rows of weights that lie in the first cache as f32: [CHUNK][TOGETHER_ROWS]. */
enum { CHUNK = 32 };

static inline __attribute__((always_inline)) void
lay_chunk_out(pali_weights format, const char *p, size_t at, size_t stride, float *chunk) {
    size_t step = inputs_at_once(format);
    for (size_t i = 0; i < CHUNK; i += step, at += step * size_in(format)) {
        ask_ahead(p, at, stride, TOGETHER_ROWS);
        PALI_UNROLL for (size_t t = 0; t < PARTS; t++) {
            vf lines[PALI_WORDS];
            load_lines(format, p + at + t * PALI_LINES * stride, stride, PALI_LINES, step, lines);
            PALI_UNROLL for (size_t j = 0; j < step; j++) vf_store(
                chunk + (i + j) * TOGETHER_ROWS + t * PALI_LINES, input_of(format, lines, j));
        }
    }
}

/* totals [4][TOGETHER_ROWS] += x w of a chunk, of which x has row r's at x[r] + at. */
static void add_chunk(const float *chunk, const float *const *x, size_t at, float *totals) {
    vf acc[4][PARTS];
    PALI_UNROLL for (size_t r = 0; r < 4; r++) PALI_UNROLL for (size_t t = 0; t < PARTS; t++)
        acc[r][t] = vf_load(totals + r * TOGETHER_ROWS + t * PALI_LINES);
    for (size_t i = 0; i < CHUNK; i++, chunk += TOGETHER_ROWS)
        PALI_UNROLL for (size_t r = 0; r < 4; r++) {
            vf value = vf_set(x[r][at + i]);
            PALI_UNROLL for (size_t t = 0; t < PARTS; t++) acc[r][t] =
                vf_fma(value, vf_load(chunk + t * PALI_LINES), acc[r][t]);
        }
    PALI_UNROLL for (size_t r = 0; r < 4; r++) PALI_UNROLL for (size_t t = 0; t < PARTS; t++)
        vf_store(totals + r * TOGETHER_ROWS + t * PALI_LINES, acc[r][t]);
}

/* 16 rows of weights and several of x, where registers do not hold the sums of few_of beside its lines. */
static inline __attribute__((always_inline)) void few_by_chunks(size_t n, pali_weights format,
                                                                const pali_matrix *weight,
                                                                size_t row, const float *const *x,
                                                                float *sums) {
    size_t stride = stride_of(weight);
    const char *p = weights_at(weight, row, 0);
    for (size_t k = 0; k < weight->cols; k += PALI_BLOCK, sums += n * PALI_PANEL) {
        size_t end = weight->cols - k < PALI_BLOCK ? weight->cols : k + PALI_BLOCK, i = k;
        float chunk[CHUNK * TOGETHER_ROWS], totals[PALI_FEW_ROWS * TOGETHER_ROWS] = {0};
        for (; i + CHUNK <= end; i += CHUNK) {
            lay_chunk_out(format, p, i * size_in(format), stride, chunk);
            for (size_t r = 0; r < n; r += 4)
                add_chunk(chunk, x + r, i, totals + r * TOGETHER_ROWS);
        }
        for (size_t r = 0; r < n; r++)
            memcpy(sums + r * PALI_PANEL, totals + r * TOGETHER_ROWS, TOGETHER_ROWS * sizeof *sums);
        add_rest(weight, row, TOGETHER_ROWS, i, end, x, n, sums);
    }
}

/* 16 rows of weights. Only some numbers of rows of x have code of their own: the last row stands in for those that
 * lack. */
static inline __attribute__((always_inline)) void few_in(pali_weights format, size_t n,
                                                         const pali_matrix *weight, size_t row,
                                                         const float *const *x, float *sums) {
    if (n == 1) {
        few_of(1, n, PARTS, format, weight, row, x, sums);
        return;
    }
    if (PALI_LINES == 8) { /* AVX2 */
        few_by_chunks(n, format, weight, row, x, sums);
        return;
    }
    for (size_t t = 0; t < PARTS; t++, row += PALI_LINES, sums += PALI_LINES)
        if (n <= 4)
            few_of(4, n, 1, format, weight, row, x, sums);
        else
            few_of(8, n, 1, format, weight, row, x, sums);
}

/* The last rows of a matrix. */
static void few_of_rest(const pali_matrix *weight, size_t row, size_t rows, const float *const *x,
                        size_t n, float *sums) {
    for (size_t k = 0; k < weight->cols; k += PALI_BLOCK, sums += n * PALI_PANEL) {
        for (size_t r = 0; r < n; r++)
            memset(sums + r * PALI_PANEL, 0, TOGETHER_ROWS * sizeof *sums);
        add_rest(weight, row, rows, k,
                 weight->cols - k < PALI_BLOCK ? weight->cols : k + PALI_BLOCK, x, n, sums);
    }
}

static void few(const pali_matrix *weight, size_t row, size_t rows, const void *x, size_t stride,
                size_t n, float *sums) {
    const float *rows_of_x[PALI_FEW_ROWS];
    for (size_t r = 0; r < PALI_FEW_ROWS; r++)
        rows_of_x[r] = (const float *)x + (r < n ? r : n - 1) * stride;
    for (size_t r = 0; r < rows; r += TOGETHER_ROWS, row += TOGETHER_ROWS, sums += TOGETHER_ROWS) {
        if (rows - r < TOGETHER_ROWS)
            few_of_rest(weight, row, rows - r, rows_of_x, n, sums);
        else if (weight->format == PALI_WEIGHTS_BF16)
            few_in(PALI_WEIGHTS_BF16, n, weight, row, rows_of_x, sums);
        else if (weight->format == PALI_WEIGHTS_F16)
            few_in(PALI_WEIGHTS_F16, n, weight, row, rows_of_x, sums);
        else
            few_in(PALI_WEIGHTS_F32, n, weight, row, rows_of_x, sums);
    }
}

#endif
