/* Codes of four bits (weights.h) in vectors of 64 bytes. */
#ifndef PALI_KERNELS_INT4_AVX512_H
#define PALI_KERNELS_INT4_AVX512_H

#include "kernels/simd.h"
#include "kernels/weights.h"

#include <immintrin.h>

/* Values + PALI_INT4_LARGEST by code, four times. */
static inline __m512i code_table(void) {
    __m128i values = _mm_loadu_si128((const __m128i *)(const void *)pali_int4_values);
    return _mm512_broadcast_i32x4(_mm_add_epi8(values, _mm_set1_epi8(PALI_INT4_LARGEST)));
}

/* What the low four bits of each byte stand for. */
static inline __m512i values_of(__m512i codes, __m512i table) {
#if defined(__AVX512VBMI__)
    return _mm512_permutexvar_epi8(codes, table); /* by six bits, of which two make no difference */
#else
    return _mm512_shuffle_epi8(table, _mm512_and_si512(codes, _mm512_set1_epi8(15)));
#endif
}

/* 64 bytes of codes: what is in the low and in the high halves, as values + PALI_INT4_LARGEST. */
static inline void look_up(const uint8_t *codes, __m512i table, __m512i *low, __m512i *high) {
    __m512i both = _mm512_loadu_si512(codes);
    *low = values_of(both, table);
    *high = values_of(_mm512_srli_epi16(both, 4), table);
}

/* Scales of the 16 rows in the two groups of a block, one in each lane. */
static inline void group_scales(const uint8_t *bytes, __m512i scales[2]) {
    __m512i both = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)bytes));
    scales[0] = _mm512_and_si512(both, _mm512_set1_epi32(15));
    scales[1] = _mm512_srli_epi32(both, 4);
}

/* A block of a panel as 512 bytes of INT8, to which `zero` is added: (value + LARGEST) * scale - LARGEST * scale + zero.
 * Two bytes are multiplied at once: neither product is more than 242, so nothing is carried from one to the other.
 * Meanwhile as many bytes are asked for at `next`, unless that is NULL. */
static inline __attribute__((always_inline)) void unpack_block(const uint8_t *codes,
                                                               const uint8_t *scales, __m512i table,
                                                               int zero, const uint8_t *next,
                                                               uint8_t *out) {
    const __m512i largest = _mm512_set1_epi16(PALI_INT4_LARGEST * 0x101);
    __m512i groups[2];
    group_scales(scales, groups);
    PALI_UNROLL for (size_t j = 0; j < 4; j++, codes += 64, out += 128) {
        __m512i low, high, scale = groups[j / 2];
        scale = _mm512_or_si512(scale, _mm512_slli_epi32(scale, 16));
        __m512i less =
            _mm512_sub_epi8(_mm512_mullo_epi16(scale, largest), _mm512_set1_epi8((char)zero));
        if (next)
            _mm_prefetch((const char *)next + 64 * j, _MM_HINT_T0);
        look_up(codes, table, &low, &high);
        _mm512_storeu_si512(out, _mm512_sub_epi8(_mm512_mullo_epi16(low, scale), less));
        _mm512_storeu_si512(out + 64, _mm512_sub_epi8(_mm512_mullo_epi16(high, scale), less));
    }
}

#endif
