/* 16 rows of weights at a time, transposed in registers, so that a vector holds one input of 16
 * outputs; and with them the products of a few rows of activations, straight from the rows of a
 * file. Sums run in the order in which a tile takes them. */
#ifndef PALI_KERNELS_FEW_ROWS_AVX512_H
#define PALI_KERNELS_FEW_ROWS_AVX512_H

#include "kernels/products.h"
#include "kernels/transpose_avx512.h"

/* Bytes that are asked for ahead, in each of 16 rows. */
enum { PALI_AHEAD_IN_ROW = 256 };

/* 16 numbers of a row as f32, zero beyond `count`. */
static inline __m512 load_row(const pali_matrix *weight, size_t row, size_t k, size_t count) {
    size_t at = row * weight->cols + k;
    __mmask16 mask = count >= 16 ? 0xffff : (__mmask16)((1u << count) - 1);
    if (weight->format == PALI_WEIGHTS_F32)
        return _mm512_maskz_loadu_ps(mask, (const char *)weight->data + 4 * at);
    __m256i half = _mm256_maskz_loadu_epi16(mask, (const char *)weight->data + 2 * at);
    if (weight->format == PALI_WEIGHTS_F16)
        return _mm512_cvtph_ps(half);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

/* Inputs [k, k + count) of `rows` rows, transposed: lines[j] holds input j of every row, or inputs
 * 2 j and 2 j + 1 as a pair of BF16. */
static inline __attribute__((always_inline)) void load_lines(const pali_matrix *weight, bool pairs,
                                                             size_t row, size_t rows, size_t k,
                                                             size_t count, __m512i lines[16]) {
    size_t size = weight->format == PALI_WEIGHTS_F32 ? 4 : 2;
    const char *data = weight->data;
    PALI_UNROLL for (size_t j = 0; j < 16; j++) {
        if (j >= rows) {
            lines[j] = _mm512_setzero_si512();
            continue;
        }
        const char *p = data + size * ((row + j) * weight->cols + k);
        lines[j] = pairs ? pali_load_pairs(p, count)
                         : _mm512_castps_si512(load_row(weight, row + j, k, count));
        _mm_prefetch(p + PALI_AHEAD_IN_ROW, _MM_HINT_T0);
    }
    pali_transpose_16x16(lines);
}

/* Input i of 16 rows as f32. */
static inline __attribute__((always_inline)) __m512i input_of(const __m512i lines[16], bool pairs,
                                                              size_t i) {
    if (!pairs)
        return lines[i];
    return i % 2 ? _mm512_and_si512(lines[i / 2], _mm512_set1_epi32((int)0xffff0000))
                 : _mm512_slli_epi32(lines[i / 2], 16);
}

/* acc += x w for the inputs that `lines` hold, of which x has row r's at x[r] + at. */
static inline __attribute__((always_inline)) void add_lines(size_t n, bool pairs,
                                                            const __m512i lines[16], size_t count,
                                                            const float *const *x, size_t at,
                                                            __m512 *acc) {
    size_t inputs = pairs ? 32 : 16;
    PALI_UNROLL for (size_t half = 0; half < inputs; half += 16)
        PALI_UNROLL for (size_t j = 0; j < 16; j++) {
        size_t i = half + j;
        if (i >= count)
            return;
        __m512 w = _mm512_castsi512_ps(input_of(lines, pairs, i));
        PALI_UNROLL for (size_t r = 0; r < n; r++) acc[r] =
            _mm512_fmadd_ps(_mm512_set1_ps(x[r][at + i]), w, acc[r]);
    }
}

/* `n` rows of x, of which `stored` are wanted, times `rows` rows of weights, at most 16. */
static inline __attribute__((always_inline)) void few_of(size_t n, size_t stored, bool pairs,
                                                         const pali_matrix *weight, size_t row,
                                                         size_t rows, const float *const *x,
                                                         float *sums) {
    size_t step = pairs ? 32 : 16;
    for (size_t k = 0; k < weight->cols; k += PALI_BLOCK, sums += stored * PALI_PANEL) {
        size_t end = weight->cols - k < PALI_BLOCK ? weight->cols : k + PALI_BLOCK, i = k;
        __m512i lines[16];
        __m512 acc[PALI_FEW_ROWS];
        PALI_UNROLL for (size_t r = 0; r < n; r++) acc[r] = _mm512_setzero_ps();
        for (; i + step <= end; i += step) {
            load_lines(weight, pairs, row, rows, i, step, lines);
            add_lines(n, pairs, lines, step, x, i, acc);
        }
        if (i < end) {
            load_lines(weight, pairs, row, rows, i, end - i, lines);
            add_lines(n, pairs, lines, end - i, x, i, acc);
        }
        PALI_UNROLL for (size_t r = 0; r < n; r++) if (r < stored)
            _mm512_storeu_ps(sums + r * PALI_PANEL, acc[r]);
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
