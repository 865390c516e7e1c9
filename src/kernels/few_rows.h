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

/* acc += x w for the inputs that `lines` hold, of which x has row r's at x[r] + at. */
static inline __attribute__((always_inline)) void add_lines(size_t n, bool pairs, const vf *lines,
                                                            size_t count, const float *const *x,
                                                            size_t at, vf *acc) {
    size_t inputs = pairs ? 2 * PALI_LINES : PALI_LINES;
    PALI_UNROLL for (size_t half = 0; half < inputs; half += PALI_LINES)
        PALI_UNROLL for (size_t j = 0; j < PALI_LINES; j++) {
        size_t i = half + j;
        if (i >= count)
            return;
        vf w = input_of(lines, pairs, i);
        PALI_UNROLL for (size_t r = 0; r < n; r++) acc[r] = vf_fma(vf_set(x[r][at + i]), w, acc[r]);
    }
}

/* 16 outputs are summed at a time, so that those of one row of activations need not wait for each other. */
enum { AT_ONCE = 16 / PALI_LINES };

/* Inputs [k, k + count) of all 16 rows of weights. */
static inline __attribute__((always_inline)) void
add_rows(size_t n, bool pairs, const pali_matrix *weight, size_t row, size_t rows, size_t k,
         size_t count, const float *const *x, vf acc[AT_ONCE][PALI_FEW_ROWS]) {
    PALI_UNROLL for (size_t t = 0; t < AT_ONCE; t++) {
        size_t first = t * PALI_LINES;
        vf lines[PALI_LINES];
        load_lines(weight, pairs, row + first, rows > first ? rows - first : 0, k, count, lines);
        add_lines(n, pairs, lines, count, x, k, acc[t]);
    }
}

/* `n` rows of x, of which `stored` are wanted, times `rows` rows of weights, at most 16. */
static inline __attribute__((always_inline)) void few_of(size_t n, size_t stored, bool pairs,
                                                         const pali_matrix *weight, size_t row,
                                                         size_t rows, const float *const *x,
                                                         float *sums) {
    size_t step = pairs ? 2 * PALI_LINES : PALI_LINES;
    for (size_t k = 0; k < weight->cols; k += PALI_BLOCK, sums += stored * PALI_PANEL) {
        size_t end = weight->cols - k < PALI_BLOCK ? weight->cols : k + PALI_BLOCK, i = k;
        vf acc[AT_ONCE][PALI_FEW_ROWS];
        PALI_UNROLL for (size_t t = 0; t < AT_ONCE; t++) PALI_UNROLL for (size_t r = 0; r < n; r++)
            acc[t][r] = vf_set(0.0f);
        for (; i + step <= end; i += step)
            add_rows(n, pairs, weight, row, rows, i, step, x, acc);
        if (i < end)
            add_rows(n, pairs, weight, row, rows, i, end - i, x, acc);
        PALI_UNROLL for (size_t t = 0; t < AT_ONCE; t++)
            PALI_UNROLL for (size_t r = 0; r < n; r++) if (r < stored)
                vf_store(sums + r * PALI_PANEL + t * PALI_LINES, acc[t][r]);
    }
}

/* Only some numbers of rows have code of their own: the last row stands in for those that lack. */
static inline __attribute__((always_inline)) void few_in(bool pairs, size_t n,
                                                         const pali_matrix *weight, size_t row,
                                                         size_t rows, const float *const *x,
                                                         float *sums) {
    if (n == 1)
        few_of(1, n, pairs, weight, row, rows, x, sums);
    else if (n <= 4)
        few_of(4, n, pairs, weight, row, rows, x, sums);
    else
        few_of(8, n, pairs, weight, row, rows, x, sums);
}

static void few(const pali_matrix *weight, size_t row, size_t rows, const void *x, size_t stride,
                size_t n, float *sums) {
    const float *rows_of_x[PALI_FEW_ROWS];
    for (size_t r = 0; r < PALI_FEW_ROWS; r++)
        rows_of_x[r] = (const float *)x + (r < n ? r : n - 1) * stride;
    for (size_t r = 0; r < rows; r += 16, row += 16, sums += 16) {
        size_t some = rows - r < 16 ? rows - r : 16;
        if (weight->format == PALI_WEIGHTS_BF16)
            few_in(true, n, weight, row, some, rows_of_x, sums);
        else
            few_in(false, n, weight, row, some, rows_of_x, sums);
    }
}

#endif
