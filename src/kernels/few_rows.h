/* Products of a few rows of activations, straight from the rows of a file, and panels of them for more: both over rows of
 * weights that are transposed in registers (lines.h). Sums run in the order in which a tile takes them. */
#ifndef PALI_KERNELS_FEW_ROWS_H
#define PALI_KERNELS_FEW_ROWS_H

#include "kernels/lines.h"

/* Inputs [k, k + count) of at most PALI_LINES rows to their part of a panel. */
static inline __attribute__((always_inline)) void pack_lines(const pali_matrix *weight, bool pairs,
                                                             size_t row, size_t rows, size_t k,
                                                             size_t count, float *out) {
    size_t step = pairs ? 2 * PALI_LINES : PALI_LINES;
    for (size_t i = 0; i < count; i += step) {
        size_t some = count - i < step ? count - i : step;
        vf lines[PALI_LINES];
        load_lines(weight, pairs, row, rows, k + i, some, lines);
        for (size_t j = 0; j < some; j++, out += PALI_PANEL)
            vf_store(out, input_of(lines, pairs, j));
    }
}

static void pack(const pali_matrix *weight, size_t row, size_t rows, size_t k, size_t count,
                 void *panel) {
    for (size_t r = 0; r < PALI_PANEL; r += PALI_LINES) {
        size_t some = rows <= r ? 0 : rows - r < PALI_LINES ? rows - r : PALI_LINES;
        if (weight->format == PALI_WEIGHTS_BF16)
            pack_lines(weight, true, row + r, some, k, count, (float *)panel + r);
        else
            pack_lines(weight, false, row + r, some, k, count, (float *)panel + r);
    }
}

/* Rows of weights at a time: one row of activations has so many sums, which need not wait for each other. */
enum { TOGETHER_ROWS = 16, PARTS = TOGETHER_ROWS / PALI_LINES };

/* sums [n][PALI_PANEL] += x w for inputs [k, end) of at most 16 rows of weights: what is left over. */
static __attribute__((noinline)) void add_rest(const pali_matrix *weight, size_t row, size_t rows,
                                               size_t k, size_t end, const float *const *x,
                                               size_t n, float *sums) {
    bool pairs = weight->format == PALI_WEIGHTS_BF16;
    size_t step = pairs ? 2 * PALI_LINES : PALI_LINES;
    for (; k < end; k += step)
        for (size_t first = 0; first < rows; first += PALI_LINES) {
            size_t some = end - k < step ? end - k : step;
            vf lines[PALI_LINES];
            load_lines(weight, pairs, row + first, rows - first, k, some, lines);
            for (size_t r = 0; r < n; r++) {
                float *to = sums + r * PALI_PANEL + first;
                vf acc = vf_load(to);
                for (size_t i = 0; i < some; i++)
                    acc = vf_fma(vf_set(x[r][k + i]), input_of(lines, pairs, i), acc);
                vf_store(to, acc);
            }
        }
}

/* acc += x w for all inputs that `lines` hold, of which x has row r's at x[r] + at. */
static inline __attribute__((always_inline)) void
add_lines(size_t n, bool pairs, const vf *lines, const float *const *x, size_t at, vf *acc) {
    size_t inputs = pairs ? 2 * PALI_LINES : PALI_LINES;
    PALI_UNROLL for (size_t half = 0; half < inputs; half += PALI_LINES)
        PALI_UNROLL for (size_t i = half; i < half + PALI_LINES; i++) {
        vf w = input_of(lines, pairs, i);
        PALI_UNROLL for (size_t r = 0; r < n; r++) acc[r] = vf_fma(vf_set(x[r][at + i]), w, acc[r]);
    }
}

/* `n` rows of x, of which `stored` are wanted, times `parts` * PALI_LINES rows of weights. */
static inline __attribute__((always_inline)) void few_of(size_t n, size_t stored, size_t parts,
                                                         bool pairs, const pali_matrix *weight,
                                                         size_t row, const float *const *x,
                                                         float *sums) {
    size_t step = pairs ? 2 * PALI_LINES : PALI_LINES;
    for (size_t k = 0; k < weight->cols; k += PALI_BLOCK, sums += stored * PALI_PANEL) {
        size_t end = weight->cols - k < PALI_BLOCK ? weight->cols : k + PALI_BLOCK, i = k;
        vf acc[PARTS][PALI_FEW_ROWS];
        PALI_UNROLL for (size_t t = 0; t < parts; t++) PALI_UNROLL for (size_t r = 0; r < n; r++)
            acc[t][r] = vf_set(0.0f);
        for (; i + step <= end; i += step)
            PALI_UNROLL for (size_t t = 0; t < parts; t++) {
                vf lines[PALI_LINES];
                load_lines(weight, pairs, row + t * PALI_LINES, PALI_LINES, i, step, lines);
                add_lines(n, pairs, lines, x, i, acc[t]);
            }
        PALI_UNROLL for (size_t t = 0; t < parts; t++)
            PALI_UNROLL for (size_t r = 0; r < n; r++) if (r < stored)
                vf_store(sums + r * PALI_PANEL + t * PALI_LINES, acc[t][r]);
        add_rest(weight, row, parts * PALI_LINES, i, end, x, stored, sums);
    }
}

/* 16 rows of weights. Only some numbers of rows of x have code of their own: the last row stands in for those that
 * lack. */
static inline __attribute__((always_inline)) void few_in(bool pairs, size_t n,
                                                         const pali_matrix *weight, size_t row,
                                                         const float *const *x, float *sums) {
    if (n == 1) {
        few_of(1, n, PARTS, pairs, weight, row, x, sums);
        return;
    }
    for (size_t t = 0; t < PARTS; t++, row += PALI_LINES, sums += PALI_LINES)
        if (n <= 4)
            few_of(4, n, 1, pairs, weight, row, x, sums);
        else
            few_of(8, n, 1, pairs, weight, row, x, sums);
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
            few_in(true, n, weight, row, rows_of_x, sums);
        else
            few_in(false, n, weight, row, rows_of_x, sums);
    }
}

#endif
