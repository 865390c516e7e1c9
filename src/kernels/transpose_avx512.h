/* 16 x 16 numbers of 32 bits, loaded and transposed in registers: pairs, then quads, then 128-bit lanes. */
#ifndef PALI_KERNELS_TRANSPOSE_AVX512_H
#define PALI_KERNELS_TRANSPOSE_AVX512_H

#include <immintrin.h>
#include <stddef.h>

/* 32 numbers of 16 bits, zero beyond `count`. */
static inline __m512i pali_load_pairs(const char *p, size_t count) {
    return count >= 32 ? _mm512_loadu_si512(p)
                       : _mm512_maskz_loadu_epi16((__mmask32)((1u << count) - 1), p);
}

/* lines[i] lane j becomes lines[j] lane i. */
static inline __attribute__((always_inline)) void pali_transpose_16x16(__m512i lines[16]) {
    __m512i a[16], b[16];
    for (int i = 0; i < 16; i += 2) {
        a[i] = _mm512_unpacklo_epi32(lines[i], lines[i + 1]);
        a[i + 1] = _mm512_unpackhi_epi32(lines[i], lines[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        b[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
        b[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
        b[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
        b[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
    }
    /* b[4 q + c]: column c, 4 + c, 8 + c, 12 + c (by 128-bit lane) of rows 4 q .. 4 q + 3 */
    for (int c = 0; c < 4; c++) {
        __m512i low01 = _mm512_shuffle_i32x4(b[c], b[4 + c], 0x88);
        __m512i high01 = _mm512_shuffle_i32x4(b[c], b[4 + c], 0xdd);
        __m512i low23 = _mm512_shuffle_i32x4(b[8 + c], b[12 + c], 0x88);
        __m512i high23 = _mm512_shuffle_i32x4(b[8 + c], b[12 + c], 0xdd);
        lines[c] = _mm512_shuffle_i32x4(low01, low23, 0x88);
        lines[8 + c] = _mm512_shuffle_i32x4(low01, low23, 0xdd);
        lines[4 + c] = _mm512_shuffle_i32x4(high01, high23, 0x88);
        lines[12 + c] = _mm512_shuffle_i32x4(high01, high23, 0xdd);
    }
}

#endif
