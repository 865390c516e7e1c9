/* Bytes in vectors of 256 bits for integers.h, with the dot product of AVX-VNNI or without it.
 *
 * Without it bytes are widened to 16 bits, those of even and those of odd columns apart: sums of two
 * products of an unsigned and a signed byte do not fit the 16 bits that vpmaddubsw gives them. */
#ifndef PALI_KERNELS_INTEGERS_AVX2_H
#define PALI_KERNELS_INTEGERS_AVX2_H

#include "kernels/products.h"
#include "kernels/weights.h"

#include <immintrin.h>

enum { BYTE_VECTOR = 32 };
typedef __m256i vi;

static inline vi vi_zero(void) {
    return _mm256_setzero_si256();
}
static inline vi vi_add(vi a, vi b) {
    return _mm256_add_epi32(a, b);
}
static inline void vi_store(int32_t *p, vi x) {
    _mm256_storeu_si256((void *)p, x);
}

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
static inline vi add_dots(vi sums, byte_quads w, byte_quads x) {
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
static inline vi add_dots(vi sums, byte_quads w, byte_quads x) {
    __m256i even = _mm256_madd_epi16(w.even, x.even), odd = _mm256_madd_epi16(w.odd, x.odd);
    return _mm256_add_epi32(sums, _mm256_add_epi32(even, odd));
}
#endif

/* Weights are as they lie: nothing is missing. */
static inline vi add_missing(vi sums, byte_quads x) {
    (void)x;
    return sums;
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
