/* AVX-512, its VNNI, VBMI and BF16, AVX-VNNI and AMX on a processor that has AVX2: SIMDe's functions under the names of the
 * intrinsics, and what it lacks of them (0.7.4). Put before a kernel's source (-include), which then is compiled as
 * for such a processor. What is written in assembler, the loops of yardsticks, does nothing. */
#ifndef TESTS_KERNELS_EMULATED_H
#define TESTS_KERNELS_EMULATED_H

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/f16c.h>
#include <simde/x86/fma.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Elements of `size` bytes that `mask` names, `count` at most; the others of `to` are left alone. */
static inline void emulated_copy(void *to, const void *from, uint32_t mask, size_t count,
                                 size_t size) {
    for (size_t i = 0; i < count; i++)
        if (mask >> i & 1)
            memcpy((char *)to + i * size, (const char *)from + i * size, size);
}

#define EMULATED_LOAD(name, type, count, size)                            \
    static inline type emulated_##name(uint32_t mask, const void *from) { \
        type x;                                                           \
        memset(&x, 0, sizeof x);                                          \
        emulated_copy(&x, from, mask, count, size);                       \
        return x;                                                         \
    }
#define EMULATED_STORE(name, type, count, size)                                 \
    static inline void emulated_##name(void *to, uint32_t mask, const type x) { \
        emulated_copy(to, &x, mask, count, size);                               \
    }
/* Each number of x by itself. */
#define EMULATED_EACH(name, type, element, from_type, from_element, expression) \
    static inline type emulated_##name(from_type x) {                           \
        from_element from[sizeof x / sizeof(from_element)];                     \
        element to[sizeof(type) / sizeof(element)];                             \
        type out;                                                               \
        memcpy(from, &x, sizeof from);                                          \
        for (size_t i = 0; i < sizeof to / sizeof *to; i++)                     \
            to[i] = (element)(expression);                                      \
        memcpy(&out, to, sizeof out);                                           \
        return out;                                                             \
    }
/* Halves are put together until one number is left, as the compiler's own function does. */
#define EMULATED_REDUCE(name, type, element, expression) \
    static inline element emulated_##name(type x) {      \
        element a[16];                                   \
        memcpy(a, &x, sizeof a);                         \
        for (size_t half = 8; half > 0; half /= 2)       \
            for (size_t i = 0; i < half; i++) {          \
                element other = a[i + half];             \
                a[i] = expression;                       \
            }                                            \
        return a[0];                                     \
    }

/* vcvtneps2bf16: to even; what is too small for a normal number is zero. */
static inline uint16_t emulated_to_bf16(uint32_t x) {
    uint32_t exponent = x & 0x7f800000;
    if (exponent == 0x7f800000)
        return (uint16_t)(x >> 16 | (x & 0x7fffff ? 0x40 : 0));
    return (uint16_t)(exponent ? (x + 0x7fff + (x >> 16 & 1)) >> 16 : x >> 16 & 0x8000);
}

EMULATED_LOAD(load_ps, simde__m512, 16, 4)
EMULATED_LOAD(load_epi32, simde__m512i, 16, 4)
EMULATED_LOAD(load_epi16, simde__m512i, 32, 2)
EMULATED_LOAD(load_half, simde__m256i, 16, 2)
EMULATED_STORE(store_ps, simde__m512, 16, 4)
EMULATED_STORE(store_half, simde__m256i, 16, 2)
EMULATED_EACH(numbers_of_words, simde__m512, float, simde__m512i, int32_t, from[i])
EMULATED_EACH(words_of_halves, simde__m512i, int32_t, simde__m256i, uint16_t, from[i])
EMULATED_EACH(words_of_bytes, simde__m512i, int32_t, simde__m128i, uint8_t, from[i])
EMULATED_EACH(bf16_of_numbers, simde__m256bh, uint16_t, simde__m512, uint32_t,
              emulated_to_bf16(from[i]))
EMULATED_REDUCE(sum_of, simde__m512, float, a[i] + other)
EMULATED_REDUCE(largest_of, simde__m512, float, a[i] > other ? a[i] : other)
EMULATED_REDUCE(all_bits_of, simde__m512i, int32_t, a[i] | other)

static inline simde__m512 emulated_numbers_of_f16(simde__m256i x) {
    simde__m128i halves[2];
    simde__m256 numbers[2];
    simde__m512 out;
    memcpy(halves, &x, sizeof halves);
    numbers[0] = simde_mm256_cvtph_ps(halves[0]);
    numbers[1] = simde_mm256_cvtph_ps(halves[1]);
    memcpy(&out, numbers, sizeof out);
    return out;
}

static inline simde__m256i emulated_dpbusd(simde__m256i sums, simde__m256i bytes,
                                           simde__m256i inputs) {
    int32_t to[8];
    uint8_t a[32];
    int8_t b[32];
    memcpy(to, &sums, sizeof to);
    memcpy(a, &bytes, sizeof a);
    memcpy(b, &inputs, sizeof b);
    for (size_t i = 0; i < 32; i++)
        to[i / 4] += a[i] * b[i];
    memcpy(&sums, to, sizeof to);
    return sums;
}

/* ---- tiles: those of a thread, as its configuration has them ---- */

typedef struct emulated_tiles {
    uint8_t config[64];
    char data[8][16][64];
} emulated_tiles;

static __thread emulated_tiles emulated_tiles_now;

static inline size_t emulated_tile_rows(int tile) {
    return emulated_tiles_now.config[48 + tile];
}
static inline size_t emulated_tile_row_bytes(int tile) {
    uint16_t bytes;
    memcpy(&bytes, emulated_tiles_now.config + 16 + 2 * tile, sizeof bytes);
    return bytes;
}

static inline void emulated_tile_loadconfig(const void *config) {
    memset(&emulated_tiles_now, 0, sizeof emulated_tiles_now);
    memcpy(emulated_tiles_now.config, config, sizeof emulated_tiles_now.config);
}
static inline void emulated_tile_release(void) {
    memset(&emulated_tiles_now, 0, sizeof emulated_tiles_now);
}
static inline void emulated_tile_zero(int tile) {
    memset(emulated_tiles_now.data[tile], 0, sizeof emulated_tiles_now.data[tile]);
}
static inline void emulated_tile_loadd(int tile, const void *base, size_t stride) {
    emulated_tile_zero(tile);
    for (size_t r = 0; r < emulated_tile_rows(tile); r++)
        memcpy(emulated_tiles_now.data[tile][r], (const char *)base + r * stride,
               emulated_tile_row_bytes(tile));
}
static inline void emulated_tile_stored(int tile, void *base, size_t stride) {
    for (size_t r = 0; r < emulated_tile_rows(tile); r++)
        memcpy((char *)base + r * stride, emulated_tiles_now.data[tile][r],
               emulated_tile_row_bytes(tile));
}

/* Of one sum, the factors: 64 bytes of a row on the left, four of each row on the right. */
static inline size_t emulated_factors(int left, int right, size_t row, size_t column, char a[64],
                                      char b[64]) {
    memcpy(a, emulated_tiles_now.data[left][row], 64);
    for (size_t k = 0; k < 16; k++)
        memcpy(b + 4 * k, emulated_tiles_now.data[right][k] + 4 * column, 4);
    return emulated_tile_row_bytes(left);
}

static inline void emulated_tile_dpbs(int sums, int left, int right, bool is_signed) {
    for (size_t r = 0; r < emulated_tile_rows(sums); r++)
        for (size_t c = 0; c < emulated_tile_row_bytes(sums) / 4; c++) {
            char a[64], b[64], *at = emulated_tiles_now.data[sums][r] + 4 * c;
            size_t bytes = emulated_factors(left, right, r, c, a, b);
            int32_t sum;
            memcpy(&sum, at, sizeof sum);
            for (size_t k = 0; k < bytes; k++)
                sum += (int8_t)a[k] * (is_signed ? (int8_t)b[k] : (uint8_t)b[k]);
            memcpy(at, &sum, sizeof sum);
        }
}
static inline void emulated_tile_dpbsud(int sums, int left, int right) {
    emulated_tile_dpbs(sums, left, right, false);
}
static inline void emulated_tile_dpbssd(int sums, int left, int right) {
    emulated_tile_dpbs(sums, left, right, true);
}

/* Denormals are zero, before and after, and keep their sign. What is one is told after rounding, for which the
 * exponent has no limit. */
static inline float emulated_flushed(float x) {
    return x < 0x1p-126f && x > -0x1p-126f ? __builtin_copysignf(0.0f, x) : x;
}
static inline float emulated_rounded(float rounded, double exact) {
    if (exact >= 0x1p-125 || exact <= -0x1p-125)
        return rounded;
    float enlarged = (float)(exact * 0x1p100);
    bool small = enlarged < 0x1p-26f && enlarged > -0x1p-26f;
    return small ? __builtin_copysignf(0.0f, rounded) : rounded;
}
static inline float emulated_fma(float a, float b, float c) {
    return emulated_rounded(__builtin_fmaf(a, b, c), (double)a * (double)b + (double)c);
}
static inline float emulated_bf16_at(const char *p) {
    uint16_t half;
    uint32_t bits;
    float x;
    memcpy(&half, p, sizeof half);
    bits = (uint32_t)half << 16;
    memcpy(&x, &bits, sizeof x);
    return emulated_flushed(x);
}

/* Even and odd inputs by themselves, then both. */
static inline void emulated_tile_dpbf16ps(int sums, int left, int right) {
    for (size_t r = 0; r < emulated_tile_rows(sums); r++)
        for (size_t c = 0; c < emulated_tile_row_bytes(sums) / 4; c++) {
            char a[64], b[64], *at = emulated_tiles_now.data[sums][r] + 4 * c;
            size_t bytes = emulated_factors(left, right, r, c, a, b);
            float parts[2] = {0.0f, 0.0f}, sum;
            for (size_t k = 0; k < bytes / 2; k++)
                parts[k % 2] = emulated_fma(emulated_bf16_at(a + 2 * k),
                                            emulated_bf16_at(b + 2 * k), parts[k % 2]);
            memcpy(&sum, at, sizeof sum);
            sum = emulated_fma(1.0f, emulated_flushed(sum), emulated_fma(1.0f, parts[0], parts[1]));
            memcpy(at, &sum, sizeof sum);
        }
}

/* Numbers of `low`, then of `high`. */
static inline simde__m512i emulated_cvtne2ps(simde__m512 high, simde__m512 low) {
    simde__m256bh halves[2] = {emulated_bf16_of_numbers(low), emulated_bf16_of_numbers(high)};
    simde__m512i out;
    memcpy(&out, halves, sizeof out);
    return out;
}

#define _tile_loadconfig emulated_tile_loadconfig
#define _tile_release emulated_tile_release
#define _tile_zero emulated_tile_zero
#define _tile_loadd emulated_tile_loadd
#define _tile_stream_loadd emulated_tile_loadd
#define _tile_stored emulated_tile_stored
#define _tile_dpbsud emulated_tile_dpbsud
#define _tile_dpbssd emulated_tile_dpbssd
#define _tile_dpbf16ps emulated_tile_dpbf16ps
#define _mm512_cvtne2ps_pbh emulated_cvtne2ps

#define _mm512_maskz_loadu_ps emulated_load_ps
#define _mm512_maskz_loadu_epi32 emulated_load_epi32
#define _mm512_maskz_loadu_epi16 emulated_load_epi16
#define _mm256_maskz_loadu_epi16 emulated_load_half
#define _mm512_mask_storeu_ps emulated_store_ps
#define _mm256_mask_storeu_epi16 emulated_store_half
#define _mm512_cvtepi32_ps emulated_numbers_of_words
#define _mm512_cvtepu16_epi32 emulated_words_of_halves
#define _mm512_cvtepu8_epi32 emulated_words_of_bytes
#define _mm512_cvtph_ps emulated_numbers_of_f16
#define _mm512_cvtneps_pbh emulated_bf16_of_numbers
#define _mm512_reduce_add_ps emulated_sum_of
#define _mm512_reduce_max_ps emulated_largest_of
#define _mm512_reduce_or_epi32 emulated_all_bits_of
#define _mm256_dpbusd_avx_epi32 emulated_dpbusd

#define __asm__(...) ((void)0)
#ifdef EMULATE_AVX_VNNI
#define __AVXVNNI__ 1
#else
#define __AVX512F__ 1
#endif
#ifdef EMULATE_VBMI
#define __AVX512VBMI__ 1
#endif

#endif
