/* Products with the dot-product instructions of AVX-512: pairs of BF16 (vdpbf16ps) and quads of
 * bytes (vpdpbusd). */
#include "kernels/numbers.h"
#include "kernels/products.h"
#include "kernels/transpose_avx512.h"
#include "kernels/weights.h"

extern const pali_float_kernels pali_bf16_kernels_avx512;
extern const pali_integer_kernels pali_integer_kernels_vnni;

/* ---- pairs of BF16 ---- */

/* 32 inputs of a row, zero beyond `count`. */
static inline __m512i load_pairs(const pali_matrix *weight, size_t row, size_t k, size_t count) {
    const char *p = (const char *)weight->data + 2 * (row * weight->cols + k);
    return count >= 32 ? _mm512_loadu_si512(p)
                       : _mm512_maskz_loadu_epi16((__mmask32)((1u << count) - 1), p);
}

enum { AHEAD = 1024 }; /* bytes that a row's packing is ahead of its use by the prefetcher */

static void pack(const pali_matrix *weight, size_t row, size_t rows, size_t k, size_t count,
                 void *panel) {
    char *out = panel;
    for (size_t r = 0; r < PALI_PANEL; r += 16) {
        for (size_t i = 0; i < count; i += 32) {
            size_t some = count - i < 32 ? count - i : 32;
            __m512i lines[16];
            for (size_t j = 0; j < 16; j++) {
                if (r + j >= rows) {
                    lines[j] = _mm512_setzero_si512();
                    continue;
                }
                lines[j] = load_pairs(weight, row + r + j, k + i, some);
                _mm_prefetch((const char *)weight->data +
                                 2 * ((row + r + j) * weight->cols + k + i) + AHEAD,
                             _MM_HINT_T0);
            }
            pali_transpose_16x16(lines);
            for (size_t j = 0; j < (some + 1) / 2; j++)
                _mm512_storeu_si512(out + ((i / 2 + j) * PALI_PANEL + r) * 4, lines[j]);
        }
    }
}

static inline __attribute__((always_inline)) void tile_of(size_t rows, const uint16_t *x,
                                                          size_t stride, const char *panel,
                                                          size_t count, float *sums) {
    __m512 acc[PALI_TILE_ROWS][4];
    for (size_t r = 0; r < rows; r++)
        for (size_t v = 0; v < 4; v++)
            acc[r][v] = _mm512_setzero_ps();
    for (size_t k = 0; k < count; k += 2, panel += PALI_PANEL * 4) {
        __m512bh w[4];
        for (size_t v = 0; v < 4; v++)
            w[v] = (__m512bh)_mm512_loadu_si512(panel + v * 64);
        for (size_t r = 0; r < rows; r++) {
            int pair;
            memcpy(&pair, x + r * stride + k, sizeof pair);
            __m512bh value = (__m512bh)_mm512_set1_epi32(pair);
            for (size_t v = 0; v < 4; v++)
                acc[r][v] = _mm512_dpbf16_ps(acc[r][v], value, w[v]);
        }
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t v = 0; v < 4; v++)
            _mm512_storeu_ps(sums + r * PALI_PANEL + v * 16, acc[r][v]);
}

static void tile(const void *x, size_t stride, size_t rows, const void *panel, size_t count,
                 float *sums) {
    switch (rows) {
    case 1:
        tile_of(1, x, stride, panel, count, sums);
        return;
    case 2:
        tile_of(2, x, stride, panel, count, sums);
        return;
    case 3:
        tile_of(3, x, stride, panel, count, sums);
        return;
    case 4:
        tile_of(4, x, stride, panel, count, sums);
        return;
    case 5:
        tile_of(5, x, stride, panel, count, sums);
        return;
    default:
        tile_of(6, x, stride, panel, count, sums);
    }
}

const pali_float_kernels pali_bf16_kernels_avx512 = {true, pack, tile};

/* ---- quads of bytes ---- */

static inline __attribute__((always_inline)) void tile_int8_of(size_t rows, const int8_t *x,
                                                               size_t stride, const uint8_t *panels,
                                                               size_t panel_size, size_t quads,
                                                               int32_t *sums) {
    __m512i acc[PALI_TILE_ROWS][4];
    for (size_t r = 0; r < rows; r++)
        for (size_t v = 0; v < 4; v++)
            acc[r][v] = _mm512_setzero_si512();
    for (size_t k = 0; k < quads; k++) {
        __m512i w[4];
        for (size_t v = 0; v < 4; v++)
            w[v] = _mm512_loadu_si512(panels + v * panel_size + k * 64);
        for (size_t r = 0; r < rows; r++) {
            int quad;
            memcpy(&quad, x + r * stride + k * 4, sizeof quad);
            __m512i value = _mm512_set1_epi32(quad);
            for (size_t v = 0; v < 4; v++)
                acc[r][v] = _mm512_dpbusd_epi32(acc[r][v], w[v], value);
        }
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t v = 0; v < 4; v++)
            _mm512_storeu_si512(sums + r * PALI_PANEL + v * 16, acc[r][v]);
}

static void tile_int8(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                      size_t panel_size, size_t quads, int32_t *sums) {
    switch (rows) {
    case 1:
        tile_int8_of(1, x, stride, panels, panel_size, quads, sums);
        return;
    case 2:
        tile_int8_of(2, x, stride, panels, panel_size, quads, sums);
        return;
    case 3:
        tile_int8_of(3, x, stride, panels, panel_size, quads, sums);
        return;
    case 4:
        tile_int8_of(4, x, stride, panels, panel_size, quads, sums);
        return;
    case 5:
        tile_int8_of(5, x, stride, panels, panel_size, quads, sums);
        return;
    default:
        tile_int8_of(6, x, stride, panels, panel_size, quads, sums);
    }
}

static inline __attribute__((always_inline)) void
tile_int4_of(size_t rows, const int8_t *x, size_t stride, const uint8_t *panel, size_t groups,
             const int32_t *group_sums, size_t group_stride, float *sums) {
    const __m512i low = _mm512_set1_epi8(15);
    __m512 acc[PALI_TILE_ROWS];
    for (size_t r = 0; r < rows; r++)
        acc[r] = _mm512_setzero_ps();
    for (size_t g = 0; g < groups; g++, panel += PALI_INT4_GROUP_BYTES) {
        __m512i w[8];
        for (size_t j = 0; j < 4; j++) {
            __m512i both = _mm512_loadu_si512(panel + j * 64);
            w[2 * j] = _mm512_and_si512(both, low);
            w[2 * j + 1] = _mm512_and_si512(_mm512_srli_epi16(both, 4), low);
        }
        __m512 scale =
            _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)(panel + 256)));
        for (size_t r = 0; r < rows; r++) {
            __m512i dot = _mm512_set1_epi32(-8 * group_sums[r * group_stride + g]);
            const int8_t *a = x + r * stride + g * PALI_INT4_GROUP;
            for (size_t j = 0; j < 8; j++) {
                int quad;
                memcpy(&quad, a + j * 4, sizeof quad);
                dot = _mm512_dpbusd_epi32(dot, w[j], _mm512_set1_epi32(quad));
            }
            acc[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), scale, acc[r]);
        }
    }
    for (size_t r = 0; r < rows; r++)
        _mm512_storeu_ps(sums + r * PALI_PANEL_ROWS, acc[r]);
}

static void tile_int4(const int8_t *x, size_t stride, size_t rows, const uint8_t *panel,
                      size_t groups, const int32_t *group_sums, size_t group_stride, float *sums) {
    switch (rows) {
    case 1:
        tile_int4_of(1, x, stride, panel, groups, group_sums, group_stride, sums);
        return;
    case 2:
        tile_int4_of(2, x, stride, panel, groups, group_sums, group_stride, sums);
        return;
    case 3:
        tile_int4_of(3, x, stride, panel, groups, group_sums, group_stride, sums);
        return;
    case 4:
        tile_int4_of(4, x, stride, panel, groups, group_sums, group_stride, sums);
        return;
    case 5:
        tile_int4_of(5, x, stride, panel, groups, group_sums, group_stride, sums);
        return;
    default:
        tile_int4_of(6, x, stride, panel, groups, group_sums, group_stride, sums);
    }
}

const pali_integer_kernels pali_integer_kernels_vnni = {tile_int8, tile_int4};
