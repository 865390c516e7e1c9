/* Products of pairs of BF16 (vdpbf16ps). */
#include "kernels/numbers.h"
#include "kernels/products.h"
#include "kernels/row_counts.h"
#include "kernels/simd.h"
#include "kernels/transpose_avx512.h"

extern const pali_float_kernels pali_bf16_kernels_avx512;

/* Inputs [k, k + count), at most 32, of 16 rows (`rows` of which exist), transposed: lines[j] holds
 * pair j of every row. `ahead` bytes further on, memory is asked for. */
static inline __attribute__((always_inline)) void load_transposed(const pali_matrix *weight,
                                                                  size_t row, size_t rows, size_t k,
                                                                  size_t count, size_t ahead,
                                                                  __m512i lines[16]) {
    const char *p = (const char *)weight->data + 2 * (row * weight->cols + k);
    PALI_UNROLL for (size_t j = 0; j < 16; j++) {
        if (j < rows) {
            lines[j] = pali_load_pairs(p + 2 * j * weight->cols, count);
            _mm_prefetch(p + 2 * j * weight->cols + ahead, _MM_HINT_T0);
        } else {
            lines[j] = _mm512_setzero_si512();
        }
    }
    pali_transpose_16x16(lines);
}

static void pack(const pali_matrix *weight, size_t row, size_t rows, size_t k, size_t count,
                 void *panel) {
    char *out = panel;
    for (size_t r = 0; r < PALI_PANEL; r += 16) {
        size_t some_rows = rows > r ? rows - r : 0;
        for (size_t i = 0; i < count; i += 32) {
            size_t some = count - i < 32 ? count - i : 32;
            __m512i lines[16];
            load_transposed(weight, row + r, some_rows, k + i, some, 2 * PALI_BLOCK, lines);
            for (size_t j = 0; j < (some + 1) / 2; j++)
                _mm512_storeu_si512(out + ((i / 2 + j) * PALI_PANEL + r) * 4, lines[j]);
        }
    }
}

static inline __m512bh broadcast_pair(const uint16_t *x) {
    int pair;
    memcpy(&pair, x, sizeof pair);
    return (__m512bh)_mm512_set1_epi32(pair);
}

static inline __attribute__((always_inline)) void
tile_of(size_t rows, const uint16_t *x, const char *panel, size_t count, float *sums) {
    __m512 acc[PALI_TILE_ROWS][2];
    PALI_UNROLL for (size_t r = 0; r < rows; r++) PALI_UNROLL for (size_t v = 0; v < 2; v++)
        acc[r][v] = _mm512_setzero_ps();
    for (size_t k = 0; k < count; k += 2, panel += PALI_PANEL * 4, x += 2 * PALI_TILE_ROWS) {
        __m512bh first = (__m512bh)_mm512_loadu_si512(panel);
        __m512bh second = (__m512bh)_mm512_loadu_si512(panel + 64);
        PALI_UNROLL for (size_t r = 0; r < rows; r++) {
            __m512bh value = broadcast_pair(x + 2 * r);
            acc[r][0] = _mm512_dpbf16_ps(acc[r][0], value, first);
            acc[r][1] = _mm512_dpbf16_ps(acc[r][1], value, second);
        }
    }
    PALI_UNROLL for (size_t r = 0; r < rows; r++) PALI_UNROLL for (size_t v = 0; v < 2; v++)
        _mm512_storeu_ps(sums + r * PALI_TILE_OUTPUTS + v * 16, acc[r][v]);
}

static void tile(const void *x, size_t rows, const void *panel, size_t pairs, size_t count,
                 float *sums) {
    (void)pairs;
    switch (rows) { PALI_UP_TO_12(tile_of, x, panel, count, sums) }
}

/* 16 rows of weights for all inputs: the order of the sums is that of tile_of. */
static inline __attribute__((always_inline)) void few_of(size_t n, const pali_matrix *weight,
                                                         size_t row, size_t rows, const uint16_t *x,
                                                         size_t stride, float *sums) {
    for (size_t k = 0; k < weight->cols; k += PALI_BLOCK, sums += n * PALI_PANEL) {
        size_t end = weight->cols - k < PALI_BLOCK ? weight->cols : k + PALI_BLOCK;
        __m512 acc[PALI_FEW_ROWS];
        PALI_UNROLL for (size_t r = 0; r < n; r++) acc[r] = _mm512_setzero_ps();
        for (size_t i = k; i < end; i += 32) {
            size_t some = end - i < 32 ? end - i : 32;
            __m512i lines[16];
            load_transposed(weight, row, rows, i, some, 512, lines);
            PALI_UNROLL for (size_t j = 0; j < 16;
                             j++) /* pairs beyond the end are zero on both sides */
                PALI_UNROLL for (size_t r = 0; r < n; r++) acc[r] = _mm512_dpbf16_ps(
                    acc[r], broadcast_pair(x + r * stride + i + 2 * j), (__m512bh)lines[j]);
        }
        PALI_UNROLL for (size_t r = 0; r < n; r++) _mm512_storeu_ps(sums + r * PALI_PANEL, acc[r]);
    }
}

static void few_rows(size_t n, const pali_matrix *weight, size_t row, size_t rows,
                     const uint16_t *x, size_t stride, float *sums) {
    switch (n) { PALI_UP_TO_8(few_of, weight, row, rows, x, stride, sums) }
}

static void few(const pali_matrix *weight, size_t row, size_t rows, const void *x, size_t stride,
                size_t n, float *sums) {
    for (size_t r = 0; r < rows; r += 16, row += 16, sums += 16) {
        size_t some = rows - r < 16 ? rows - r : 16;
        few_rows(n, weight, row, some, x, stride, sums);
    }
}

static void to_bf16(const float *x, size_t n, uint16_t *out) {
    for (size_t i = 0; i < n; i += 16) {
        __mmask16 mask = n - i >= 16 ? 0xffff : (__mmask16)((1u << (n - i)) - 1);
        __m256bh half = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, x + i));
        _mm256_mask_storeu_epi16(out + i, mask, (__m256i)half);
    }
}

/* Sums of spinning: as many as hide how long an instruction takes. They differ, or the compiler
 * would see that they are the same; and the instructions are written out, since GCC 12 copies every
 * sum to another register and back. */
enum { CHAINS = 12 };

static double spin(size_t rounds) {
    __m512 acc[CHAINS], sum = _mm512_setzero_ps();
    __m512i halves = _mm512_set1_epi32(0x3f003f00); /* pairs of 0.5 */
    PALI_UNROLL for (size_t c = 0; c < CHAINS; c++) acc[c] = _mm512_set1_ps((float)c);
    for (size_t i = 0; i < rounds; i++)
        PALI_UNROLL for (size_t c = 0; c < CHAINS;
                         c++) __asm__("vdpbf16ps %1, %1, %0" : "+v"(acc[c]) : "v"(halves));
    PALI_UNROLL for (size_t c = 0; c < CHAINS; c++) sum = _mm512_add_ps(sum, acc[c]);
    /* the sum is never negative, which only running can tell */
    return _mm512_reduce_add_ps(sum) < 0.0f ? 0.0 : 2.0 * CHAINS * 32 * (double)rounds;
}

const pali_float_kernels pali_bf16_kernels_avx512 = {
    .tiling = {PALI_TILE_ROWS, PALI_TILE_OUTPUTS, PALI_BLOCK / 2, 1},
    .to_bf16 = to_bf16,
    .pack = pack,
    .half = PALI_TILE_OUTPUTS * sizeof(float),
    .tile = tile,
    .few = few,
    .spin = spin,
};
