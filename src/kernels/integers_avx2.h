/* Products of bytes with vectors of 256 bits, by the dot product of AVX-VNNI or without it.
 *
 * Without it bytes are widened to 16 bits, those of even and those of odd columns apart: sums of two
 * products of an unsigned and a signed byte do not fit the 16 bits that vpmaddubsw gives them. */
#ifndef PALI_KERNELS_INTEGERS_AVX2_H
#define PALI_KERNELS_INTEGERS_AVX2_H

#include "kernels/products.h"
#include "kernels/weights.h"

#include <immintrin.h>

static inline __m256i load_bytes(const void *p) {
    return _mm256_loadu_si256(p);
}

static inline __m256i broadcast_quad(const int8_t *x) {
    int quad;
    memcpy(&quad, x, sizeof quad);
    return _mm256_set1_epi32(quad);
}

/* Signed bytes of even and of odd columns as 16 bits. */
static inline __m256i signed_even(__m256i bytes) {
    return _mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8);
}
static inline __m256i signed_odd(__m256i bytes) {
    return _mm256_srai_epi16(bytes, 8);
}

/* Four columns of 8 rows: unsigned weights, or the same inputs 8 times. */
#if defined(__AVXVNNI__)
typedef __m256i byte_quads;

static inline byte_quads weights_of(const uint8_t *p) {
    return load_bytes(p);
}
static inline byte_quads inputs_of(const int8_t *x) {
    return broadcast_quad(x);
}
static inline __m256i add_dots(__m256i sums, byte_quads w, byte_quads x) {
    return _mm256_dpbusd_avx_epi32(sums, w, x);
}
#else
typedef struct byte_quads {
    __m256i even, odd;
} byte_quads;

static inline byte_quads weights_of(const uint8_t *p) {
    __m256i bytes = load_bytes(p);
    return (byte_quads){_mm256_and_si256(bytes, _mm256_set1_epi16(255)),
                        _mm256_srli_epi16(bytes, 8)};
}
static inline byte_quads inputs_of(const int8_t *x) {
    __m256i bytes = broadcast_quad(x);
    return (byte_quads){signed_even(bytes), signed_odd(bytes)};
}
static inline __m256i add_dots(__m256i sums, byte_quads w, byte_quads x) {
    __m256i even = _mm256_madd_epi16(w.even, x.even), odd = _mm256_madd_epi16(w.odd, x.odd);
    return _mm256_add_epi32(sums, _mm256_add_epi32(even, odd));
}
#endif

/* Rows whose sums stay in registers. */
enum { BYTE_ROWS = 4 };

/* dots [rows][PALI_TILE_OUTPUTS], of which one panel's 16; row r has quad k at x + r * row_step + k *
 * quad_step. */
static inline __attribute__((always_inline)) void dots_of(size_t rows, const int8_t *x,
                                                          size_t row_step, size_t quad_step,
                                                          const uint8_t *panel, size_t quads,
                                                          int32_t *dots) {
    __m256i acc[BYTE_ROWS][2];
    PALI_UNROLL for (size_t r = 0; r < rows; r++) acc[r][0] = acc[r][1] = _mm256_setzero_si256();
    for (size_t k = 0; k < quads; k++, x += quad_step, panel += 64) {
        byte_quads first = weights_of(panel), second = weights_of(panel + 32);
        PALI_UNROLL for (size_t r = 0; r < rows; r++) {
            byte_quads inputs = inputs_of(x + r * row_step);
            acc[r][0] = add_dots(acc[r][0], first, inputs);
            acc[r][1] = add_dots(acc[r][1], second, inputs);
        }
    }
    PALI_UNROLL for (size_t r = 0; r < rows; r++) PALI_UNROLL for (size_t v = 0; v < 2; v++)
        _mm256_storeu_si256((void *)(dots + r * PALI_TILE_OUTPUTS + v * 8), acc[r][v]);
}

static void some_dots(size_t rows, const int8_t *x, size_t row_step, size_t quad_step,
                      const uint8_t *panel, size_t quads, int32_t *dots) {
    switch (rows) {
    case 1:
        dots_of(1, x, row_step, quad_step, panel, quads, dots);
        return;
    case 2:
        dots_of(2, x, row_step, quad_step, panel, quads, dots);
        return;
    case 3:
        dots_of(3, x, row_step, quad_step, panel, quads, dots);
        return;
    default:
        dots_of(BYTE_ROWS, x, row_step, quad_step, panel, quads, dots);
    }
}

/* Any number of rows, and two panels that lie panel_size apart. */
static void all_dots(size_t rows, const int8_t *x, size_t row_step, size_t quad_step,
                     const uint8_t *panels, size_t panel_size, size_t quads, int32_t *dots) {
    for (size_t p = 0; p < 2; p++, panels += panel_size, dots += PALI_PANEL_ROWS)
        for (size_t r = 0; r < rows; r += BYTE_ROWS)
            some_dots(rows - r < BYTE_ROWS ? rows - r : BYTE_ROWS, x + r * row_step, row_step,
                      quad_step, panels, quads, dots + r * PALI_TILE_OUTPUTS);
}

static void few_int8(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                     size_t panel_size, size_t quads, int32_t *dots) {
    all_dots(rows, x, stride, 4, panels, panel_size, quads, dots);
}

static void tile_int8(const int8_t *x, size_t rows, const uint8_t *panels, size_t panel_size,
                      size_t quads, int32_t *dots) {
    all_dots(rows, x, 4, 4 * PALI_TILE_ROWS, panels, panel_size, quads, dots);
}

/* Values of 32 codes, of 8 rows, times the scales of the rows, twice in 32 bits, + 128. */
static inline __m256i scale_values(__m256i codes, __m256i table, __m256i scales) {
    const __m256i low = _mm256_set1_epi16(255), sign = _mm256_set1_epi8((char)128);
    __m256i values = _mm256_shuffle_epi8(table, _mm256_and_si256(codes, _mm256_set1_epi8(15)));
    __m256i even = _mm256_mullo_epi16(signed_even(values), scales);
    __m256i odd = _mm256_mullo_epi16(signed_odd(values), scales);
    __m256i both = _mm256_or_si256(_mm256_and_si256(even, low), _mm256_slli_epi16(odd, 8));
    return _mm256_xor_si256(both, sign);
}

static void unpack_int4(const uint8_t *panel, const uint8_t *scales, size_t blocks, uint8_t *out) {
    const __m256i table =
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)pali_int4_values));
    for (size_t i = 0; i < 4 * blocks; i++, panel += 64, out += 128)
        for (size_t half = 0; half < 2; half++) {
            const uint8_t *eight = scales + i / 4 * PALI_PANEL_ROWS + half * 8;
            __m256i scale = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)eight));
            scale = i % 4 < 2 ? _mm256_and_si256(scale, _mm256_set1_epi32(15))
                              : _mm256_srli_epi32(scale, 4);
            scale = _mm256_or_si256(scale, _mm256_slli_epi32(scale, 16));
            __m256i codes = load_bytes(panel + half * 32);
            __m256i first = scale_values(codes, table, scale);
            __m256i second = scale_values(_mm256_srli_epi16(codes, 4), table, scale);
            _mm256_storeu_si256((void *)(out + half * 32), first);
            _mm256_storeu_si256((void *)(out + half * 32 + 64), second);
        }
}

#endif
