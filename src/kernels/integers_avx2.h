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

/* Codes of 8 rows in 8 columns of a panel, of which `table` has the values: the first four columns, and the others. */
static inline void look_up(const uint8_t *codes, __m256i table, __m256i *first, __m256i *second) {
    const __m256i low = _mm256_set1_epi8(15);
    __m256i both = load_bytes(codes);
    *first = _mm256_shuffle_epi8(table, _mm256_and_si256(both, low));
    *second = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(both, 4), low));
}

/* Scales of a group of 8 rows, twice in 32 bits. `bytes`: those of the rows, of two groups. */
static inline __m256i group_scales(const uint8_t *bytes, size_t group) {
    __m256i both = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)bytes));
    __m256i scale =
        group ? _mm256_srli_epi32(both, 4) : _mm256_and_si256(both, _mm256_set1_epi32(15));
    return _mm256_or_si256(scale, _mm256_slli_epi32(scale, 16));
}

/* Rows whose sums with 16 outputs stay in registers. */
enum { INT4_ROWS = 4 };

/* dots [rows][PALI_TILE_OUTPUTS], of which one panel's 16. Codes are unsigned when PALI_INT4_LARGEST is added, and the sums
 * of a group, its offset included, fit 16 bits: at most 16 * 127 * PALI_INT4_LARGEST. */
static inline __attribute__((always_inline)) void
int4_dots_of(size_t rows, const int8_t *x, size_t stride, const uint8_t *panel, size_t blocks,
             const int32_t *offsets, int32_t *dots) {
    const __m256i table = _mm256_add_epi8(
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)pali_int4_values)),
        _mm256_set1_epi8(PALI_INT4_LARGEST));
    const uint8_t *scales = panel + blocks * PALI_INT4_BLOCK_BYTES;
    vi acc[INT4_ROWS][2];
    PALI_UNROLL for (size_t r = 0; r < rows; r++) acc[r][0] = acc[r][1] = vi_zero();
    for (size_t g = 0; g < 2 * blocks; g++, panel += 128, x += PALI_INT4_GROUP)
        PALI_UNROLL for (size_t half = 0; half < 2; half++) {
            const uint8_t *codes = panel + half * 32;
            __m256i w[4], scale;
            look_up(codes, table, &w[0], &w[1]);
            look_up(codes + 64, table, &w[2], &w[3]);
            scale = group_scales(scales + g / 2 * PALI_PANEL_ROWS + half * 8, g % 2);
            PALI_UNROLL for (size_t r = 0; r < rows; r++) {
                const int8_t *inputs = x + r * stride;
                __m256i sum = _mm256_set1_epi32(offsets[r * 2 * blocks + g] & 0xffff);
                PALI_UNROLL for (size_t j = 0; j < 4; j++) sum = _mm256_add_epi16(
                    sum, _mm256_maddubs_epi16(w[j], broadcast_word(inputs + 4 * j)));
                acc[r][half] = vi_add(acc[r][half], _mm256_madd_epi16(sum, scale));
            }
        }
    PALI_UNROLL for (size_t r = 0; r < rows; r++)
        PALI_UNROLL for (size_t half = 0; half < 2; half++)
            vi_store(dots + r * PALI_TILE_OUTPUTS + half * 8, acc[r][half]);
}

static void few_int4(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                     size_t panel_size, size_t blocks, const int32_t *offsets, int32_t *dots) {
    for (size_t p = 0; p < 2; p++, panels += panel_size, dots += PALI_PANEL_ROWS)
        for (size_t r = 0; r < rows; r += INT4_ROWS) {
            const int8_t *inputs = x + r * stride;
            const int32_t *of_groups = offsets + r * 2 * blocks;
            int32_t *to = dots + r * PALI_TILE_OUTPUTS;
            switch (rows - r) {
            case 1:
                int4_dots_of(1, inputs, stride, panels, blocks, of_groups, to);
                break;
            case 2:
                int4_dots_of(2, inputs, stride, panels, blocks, of_groups, to);
                break;
            case 3:
                int4_dots_of(3, inputs, stride, panels, blocks, of_groups, to);
                break;
            default:
                int4_dots_of(INT4_ROWS, inputs, stride, panels, blocks, of_groups, to);
            }
        }
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
