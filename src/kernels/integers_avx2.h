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
typedef __m256i vi, byte_quads;

static inline vi vi_zero(void) {
    return _mm256_setzero_si256();
}
static inline vi vi_add(vi a, vi b) {
    return _mm256_add_epi32(a, b);
}
static inline vi vi_load(const int32_t *p) {
    return _mm256_loadu_si256((const void *)p);
}
static inline void vi_store(int32_t *p, vi x) {
    _mm256_storeu_si256((void *)p, x);
}

static inline __m256i load_bytes(const void *p) {
    return _mm256_loadu_si256(p);
}

static inline __m256i broadcast_word(const void *p) {
    int word;
    memcpy(&word, p, sizeof word);
    return _mm256_set1_epi32(word);
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
enum { BYTE_PARTS = 1, BYTE_ROWS = 4 };

static inline byte_quads weights_of(const uint8_t *p, size_t part) {
    (void)part;
    return load_bytes(p);
}
static inline byte_quads inputs_of(const int8_t *x, size_t part) {
    (void)part;
    return broadcast_word(x);
}
static inline vi add_dots(vi sums, byte_quads w, byte_quads x) {
    return _mm256_dpbusd_avx_epi32(sums, w, x);
}
#else
enum { BYTE_PARTS = 2, BYTE_ROWS = 6 }; /* bytes of even and of odd columns */

static inline byte_quads weights_of(const uint8_t *p, size_t part) {
    return part ? _mm256_srli_epi16(load_bytes(p), 8)
                : _mm256_and_si256(load_bytes(p), _mm256_set1_epi16(255));
}

/* Inputs are widened a block at a time, for all that they are multiplied with: where the bytes lay, the even ones
 * as 16 bits, and ODD_AT further the odd ones. */
#define PALI_LAYS_INPUTS_OUT
enum { QUADS_AT_ONCE = 64, ODD_AT = 4 * QUADS_AT_ONCE * PALI_TILE_ROWS };
typedef struct input_space {
    int8_t bytes[2 * ODD_AT];
} input_space;

static inline byte_quads inputs_of(const int8_t *x, size_t part) {
    return broadcast_word(x + part * ODD_AT);
}

static void widen(const int8_t *from, size_t size, int8_t *to) {
    for (; size >= 32; size -= 32, from += 32, to += 32) {
        __m256i bytes = load_bytes(from);
        _mm256_storeu_si256((void *)to, signed_even(bytes));
        _mm256_storeu_si256((void *)(to + ODD_AT), signed_odd(bytes));
    }
    for (; size > 0; size -= 4, from += 4, to += 4) {
        int16_t even[2] = {from[0], from[2]}, odd[2] = {from[1], from[3]};
        memcpy(to, even, sizeof even);
        memcpy(to + ODD_AT, odd, sizeof odd);
    }
}

static inline byte_rows lay_out(byte_rows from, size_t rows, size_t quads, input_space *space) {
    byte_rows to = {space->bytes, from.row_step, from.quad_step};
    if (from.quad_step == 4) { /* row by row; otherwise quad by quad */
        to.row_step = 4 * QUADS_AT_ONCE;
        for (size_t r = 0; r < rows; r++)
            widen(from.x + r * from.row_step, 4 * quads, space->bytes + r * to.row_step);
    } else {
        widen(from.x, from.quad_step * quads, space->bytes);
    }
    return to;
}

static inline vi add_dots(vi sums, byte_quads w, byte_quads x) {
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(w, x));
    /* GCC 12 would add products to each other first, and has no registers for them. */
    __asm__("" : "+x"(sums));
    return sums;
}
#endif

/* Weights are as they lie: nothing is missing. */
static inline vi add_missing(vi sums, byte_quads x) {
    (void)x;
    return sums;
}

/* ---- yardsticks ---- */

/* Products in registers. `unknown` keeps the compiler from doing what is the same only once. */
enum { CHAINS = 12 };

static inline __m256i unknown(__m256i x) {
    __asm__ volatile("" : "+x"(x));
    return x;
}

static inline bool any_negative(const vi *sums, size_t count) {
    vi all = vi_zero();
    for (size_t i = 0; i < count; i++)
        all = _mm256_or_si256(all, sums[i]);
    return _mm256_movemask_ps(_mm256_castsi256_ps(all)) != 0;
}

static double spin_int8(size_t rounds) {
    byte_quads ones = _mm256_set1_epi16(1);
    vi acc[CHAINS];
    PALI_UNROLL for (size_t c = 0; c < CHAINS; c++) acc[c] = vi_zero();
    for (size_t i = 0; i < rounds; i++)
        PALI_UNROLL for (size_t c = 0; c < CHAINS; c++) acc[c] =
            add_dots(acc[c], unknown(ones), ones);
    double done = 2.0 * CHAINS * BYTE_VECTOR / BYTE_PARTS * (double)rounds;
    return any_negative(acc, CHAINS) ? 0.0 : done;
}

#endif
