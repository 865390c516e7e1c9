/* Products with the dot-product instructions of AVX-512: pairs of BF16 (vdpbf16ps) and quads of
 * bytes (vpdpbusd). */
#include "kernels/numbers.h"
#include "kernels/products.h"
#include "kernels/transpose_avx512.h"
#include "kernels/weights.h"

extern const pali_float_kernels pali_bf16_kernels_avx512;
extern const pali_integer_kernels pali_integer_kernels_vnni;

#define UNROLL _Pragma("GCC unroll 16")

/* A constant number of rows keeps the sums in registers. */
#define CASE(n, call) \
    case n:           \
        call;         \
        return;

/* ---- pairs of BF16 ---- */

/* 32 inputs of a row, zero beyond `count`. */
static inline __m512i load_pairs(const char *p, size_t count) {
    return count >= 32 ? _mm512_loadu_si512(p)
                       : _mm512_maskz_loadu_epi16((__mmask32)((1u << count) - 1), p);
}

/* Inputs [k, k + count), at most 32, of 16 rows (`rows` of which exist), transposed: lines[j] holds
 * pair j of every row. `ahead` bytes further on, memory is asked for. */
static inline __attribute__((always_inline)) void load_transposed(const pali_matrix *weight,
                                                                  size_t row, size_t rows, size_t k,
                                                                  size_t count, size_t ahead,
                                                                  __m512i lines[16]) {
    const char *p = (const char *)weight->data + 2 * (row * weight->cols + k);
    UNROLL for (size_t j = 0; j < 16; j++) {
        if (j < rows) {
            lines[j] = load_pairs(p + 2 * j * weight->cols, count);
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

static inline __attribute__((always_inline)) void tile_of(size_t rows, const uint16_t *x,
                                                          size_t stride, const char *panel,
                                                          size_t count, float *sums) {
    __m512 acc[PALI_TILE_ROWS][2];
    UNROLL for (size_t r = 0; r < rows; r++) UNROLL for (size_t v = 0; v < 2; v++) acc[r][v] =
        _mm512_setzero_ps();
    for (size_t k = 0; k < count; k += 2, panel += PALI_PANEL * 4) {
        __m512bh first = (__m512bh)_mm512_loadu_si512(panel);
        __m512bh second = (__m512bh)_mm512_loadu_si512(panel + 64);
        UNROLL for (size_t r = 0; r < rows; r++) {
            __m512bh value = broadcast_pair(x + r * stride + k);
            acc[r][0] = _mm512_dpbf16_ps(acc[r][0], value, first);
            acc[r][1] = _mm512_dpbf16_ps(acc[r][1], value, second);
        }
    }
    UNROLL for (size_t r = 0; r < rows; r++) UNROLL for (size_t v = 0; v < 2; v++)
        _mm512_storeu_ps(sums + r * PALI_TILE_OUTPUTS + v * 16, acc[r][v]);
}

static void tile(const void *x, size_t stride, size_t rows, const void *panel, size_t count,
                 float *sums) {
    switch (rows) {
        CASE(1, tile_of(1, x, stride, panel, count, sums))
        CASE(2, tile_of(2, x, stride, panel, count, sums))
        CASE(3, tile_of(3, x, stride, panel, count, sums))
        CASE(4, tile_of(4, x, stride, panel, count, sums))
        CASE(5, tile_of(5, x, stride, panel, count, sums))
        CASE(6, tile_of(6, x, stride, panel, count, sums))
        CASE(7, tile_of(7, x, stride, panel, count, sums))
        CASE(8, tile_of(8, x, stride, panel, count, sums))
        CASE(9, tile_of(9, x, stride, panel, count, sums))
        CASE(10, tile_of(10, x, stride, panel, count, sums))
        CASE(11, tile_of(11, x, stride, panel, count, sums))
        CASE(12, tile_of(12, x, stride, panel, count, sums))
    }
}

/* 16 rows of weights for all inputs: the order of the sums is that of tile_of. */
static inline __attribute__((always_inline)) void few_of(size_t n, const pali_matrix *weight,
                                                         size_t row, size_t rows, const uint16_t *x,
                                                         size_t stride, float *sums) {
    for (size_t k = 0; k < weight->cols; k += PALI_BLOCK, sums += n * PALI_PANEL) {
        size_t end = weight->cols - k < PALI_BLOCK ? weight->cols : k + PALI_BLOCK;
        __m512 acc[PALI_FEW_ROWS];
        UNROLL for (size_t r = 0; r < n; r++) acc[r] = _mm512_setzero_ps();
        for (size_t i = k; i < end; i += 32) {
            size_t some = end - i < 32 ? end - i : 32;
            __m512i lines[16];
            load_transposed(weight, row, rows, i, some, 512, lines);
            UNROLL for (size_t j = 0; j < 16; j++) /* pairs beyond the end are zero on both sides */
                UNROLL for (size_t r = 0; r < n; r++) acc[r] = _mm512_dpbf16_ps(
                    acc[r], broadcast_pair(x + r * stride + i + 2 * j), (__m512bh)lines[j]);
        }
        UNROLL for (size_t r = 0; r < n; r++) _mm512_storeu_ps(sums + r * PALI_PANEL, acc[r]);
    }
}

static void few_rows(size_t n, const pali_matrix *weight, size_t row, size_t rows,
                     const uint16_t *x, size_t stride, float *sums) {
    switch (n) {
        CASE(1, few_of(1, weight, row, rows, x, stride, sums))
        CASE(2, few_of(2, weight, row, rows, x, stride, sums))
        CASE(3, few_of(3, weight, row, rows, x, stride, sums))
        CASE(4, few_of(4, weight, row, rows, x, stride, sums))
        CASE(5, few_of(5, weight, row, rows, x, stride, sums))
        CASE(6, few_of(6, weight, row, rows, x, stride, sums))
        CASE(7, few_of(7, weight, row, rows, x, stride, sums))
        CASE(8, few_of(8, weight, row, rows, x, stride, sums))
    }
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

const pali_float_kernels pali_bf16_kernels_avx512 = {to_bf16, pack, tile, few};

/* ---- quads of bytes ---- */

static inline __m512i broadcast_quad(const int8_t *x) {
    int quad;
    memcpy(&quad, x, sizeof quad);
    return _mm512_set1_epi32(quad);
}

static inline __attribute__((always_inline)) void tile_int8_of(size_t rows, const int8_t *x,
                                                               size_t stride, const uint8_t *panels,
                                                               size_t panel_size, size_t quads,
                                                               int32_t *dots) {
    __m512i acc[PALI_TILE_ROWS][2];
    UNROLL for (size_t r = 0; r < rows; r++) UNROLL for (size_t v = 0; v < 2; v++) acc[r][v] =
        _mm512_setzero_si512();
    for (size_t k = 0; k < quads; k++) {
        __m512i first = _mm512_loadu_si512(panels + k * 64);
        __m512i second = _mm512_loadu_si512(panels + panel_size + k * 64);
        UNROLL for (size_t r = 0; r < rows; r++) {
            __m512i value = broadcast_quad(x + r * stride + k * 4);
            acc[r][0] = _mm512_dpbusd_epi32(acc[r][0], first, value);
            acc[r][1] = _mm512_dpbusd_epi32(acc[r][1], second, value);
        }
    }
    UNROLL for (size_t r = 0; r < rows; r++) UNROLL for (size_t v = 0; v < 2; v++)
        _mm512_storeu_si512(dots + r * PALI_TILE_OUTPUTS + v * 16, acc[r][v]);
}

static void tile_int8(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                      size_t panel_size, size_t quads, int32_t *dots) {
    switch (rows) {
        CASE(1, tile_int8_of(1, x, stride, panels, panel_size, quads, dots))
        CASE(2, tile_int8_of(2, x, stride, panels, panel_size, quads, dots))
        CASE(3, tile_int8_of(3, x, stride, panels, panel_size, quads, dots))
        CASE(4, tile_int8_of(4, x, stride, panels, panel_size, quads, dots))
        CASE(5, tile_int8_of(5, x, stride, panels, panel_size, quads, dots))
        CASE(6, tile_int8_of(6, x, stride, panels, panel_size, quads, dots))
        CASE(7, tile_int8_of(7, x, stride, panels, panel_size, quads, dots))
        CASE(8, tile_int8_of(8, x, stride, panels, panel_size, quads, dots))
        CASE(9, tile_int8_of(9, x, stride, panels, panel_size, quads, dots))
        CASE(10, tile_int8_of(10, x, stride, panels, panel_size, quads, dots))
        CASE(11, tile_int8_of(11, x, stride, panels, panel_size, quads, dots))
        CASE(12, tile_int8_of(12, x, stride, panels, panel_size, quads, dots))
    }
}

static inline __attribute__((always_inline)) void
tile_int4_of(size_t rows, const int8_t *x, size_t stride, const uint8_t *panel, size_t groups,
             const int32_t *offsets, float *sums) {
    const __m512i low = _mm512_set1_epi8(15);
    __m512 acc[PALI_INT4_ROWS];
    UNROLL for (size_t r = 0; r < rows; r++) acc[r] = _mm512_setzero_ps();
    for (size_t g = 0; g < groups; g++, panel += PALI_INT4_GROUP_BYTES) {
        __m512i w[8];
        UNROLL for (size_t j = 0; j < 4; j++) {
            __m512i both = _mm512_loadu_si512(panel + j * 64);
            w[2 * j] = _mm512_and_si512(both, low);
            w[2 * j + 1] = _mm512_and_si512(_mm512_srli_epi16(both, 4), low);
        }
        __m512 scale =
            _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)(panel + 256)));
        UNROLL for (size_t r = 0; r < rows; r++) {
            __m512i dot = _mm512_set1_epi32(offsets[r * groups + g]);
            const int8_t *a = x + r * stride + g * PALI_INT4_GROUP;
            UNROLL for (size_t j = 0; j < 8; j++) dot =
                _mm512_dpbusd_epi32(dot, w[j], broadcast_quad(a + j * 4));
            acc[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), scale, acc[r]);
        }
    }
    UNROLL for (size_t r = 0; r < rows; r++) _mm512_storeu_ps(sums + r * PALI_PANEL_ROWS, acc[r]);
}

static void tile_int4(const int8_t *x, size_t stride, size_t rows, const uint8_t *panel,
                      size_t groups, const int32_t *offsets, float *sums) {
    switch (rows) {
        CASE(1, tile_int4_of(1, x, stride, panel, groups, offsets, sums))
        CASE(2, tile_int4_of(2, x, stride, panel, groups, offsets, sums))
        CASE(3, tile_int4_of(3, x, stride, panel, groups, offsets, sums))
        CASE(4, tile_int4_of(4, x, stride, panel, groups, offsets, sums))
        CASE(5, tile_int4_of(5, x, stride, panel, groups, offsets, sums))
        CASE(6, tile_int4_of(6, x, stride, panel, groups, offsets, sums))
        CASE(7, tile_int4_of(7, x, stride, panel, groups, offsets, sums))
        CASE(8, tile_int4_of(8, x, stride, panel, groups, offsets, sums))
    }
}

const pali_integer_kernels pali_integer_kernels_vnni = {tile_int8, tile_int4};
