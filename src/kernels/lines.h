/* Some rows of a weight, transposed in registers: PALI_LINES rows and as many words of 4 bytes of each, a word being a
 * number or, of BF16, two. Then one vector holds one input of PALI_LINES outputs.
 *
 *     load_lines(weight, pairs, row, rows, k, count, lines)
 *                 inputs [k, k + count) of `rows` rows from `row` on, zero beyond both; `pairs` says that the weight
 *                 is BF16, and is a constant, as `count` should be. count <= PALI_LINES, or twice that of pairs
 *     input_of(lines, pairs, i)
 *                 input k + i of those rows as f32 */
#ifndef PALI_KERNELS_LINES_H
#define PALI_KERNELS_LINES_H

#include "kernels/products.h"
#include "kernels/simd.h"

enum {
    PALI_LINES = VF_WIDTH,
    PALI_AHEAD_IN_ROW = 256, /* bytes that are asked for ahead, in each row */
};

#if defined(__AVX512F__)
#include "kernels/transpose_avx512.h"

/* 16 numbers of a row as f32, zero beyond `count`. */
static inline __m512 load_row(const pali_matrix *weight, size_t row, size_t k, size_t count) {
    size_t at = row * weight->cols + k;
    __mmask16 mask = count >= 16 ? 0xffff : (__mmask16)((1u << count) - 1);
    if (weight->format == PALI_WEIGHTS_F32)
        return _mm512_maskz_loadu_ps(mask, (const char *)weight->data + 4 * at);
    __m256i half = _mm256_maskz_loadu_epi16(mask, (const char *)weight->data + 2 * at);
    if (weight->format == PALI_WEIGHTS_F16)
        return _mm512_cvtph_ps(half);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

static inline __attribute__((always_inline)) void load_lines(const pali_matrix *weight, bool pairs,
                                                             size_t row, size_t rows, size_t k,
                                                             size_t count, vf *lines) {
    size_t size = weight->format == PALI_WEIGHTS_F32 ? 4 : 2;
    const char *data = weight->data;
    __m512i words[16];
    PALI_UNROLL for (size_t j = 0; j < 16; j++) {
        if (j >= rows) {
            words[j] = _mm512_setzero_si512();
            continue;
        }
        const char *p = data + size * ((row + j) * weight->cols + k);
        words[j] = pairs ? pali_load_pairs(p, count)
                         : _mm512_castps_si512(load_row(weight, row + j, k, count));
        _mm_prefetch(p + PALI_AHEAD_IN_ROW, _MM_HINT_T0);
    }
    pali_transpose_16x16(words);
    PALI_UNROLL for (size_t j = 0; j < 16; j++) lines[j] = _mm512_castsi512_ps(words[j]);
}

static inline vf first_of_pairs(vf pairs) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(pairs), 16));
}
static inline vf second_of_pairs(vf pairs) {
    const __m512i high = _mm512_set1_epi32((int)0xffff0000);
    return _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(pairs), high));
}

#else
#if defined(__AVX2__)
typedef __m128 four; /* words of a row */

static inline four load_four(const char *p) {
    return _mm_loadu_ps((const float *)(const void *)p);
}
static inline four load_four_f16(const char *p) {
    return _mm_cvtph_ps(_mm_loadl_epi64((const __m128i *)(const void *)p));
}
/* row j's words, and row 4 + j's */
static inline vf side_by_side(const four *words, size_t j) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(words[j]), words[4 + j], 1);
}
/* l[i] lane j becomes l[j] lane i, within each half */
static inline void transpose_fours(vf *l) {
    vf a = _mm256_unpacklo_ps(l[0], l[1]), b = _mm256_unpackhi_ps(l[0], l[1]);
    vf c = _mm256_unpacklo_ps(l[2], l[3]), d = _mm256_unpackhi_ps(l[2], l[3]);
    l[0] = _mm256_shuffle_ps(a, c, 0x44);
    l[1] = _mm256_shuffle_ps(a, c, 0xee);
    l[2] = _mm256_shuffle_ps(b, d, 0x44);
    l[3] = _mm256_shuffle_ps(b, d, 0xee);
}
static inline vf first_of_pairs(vf pairs) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(pairs), 16));
}
static inline vf second_of_pairs(vf pairs) {
    const __m256i high = _mm256_set1_epi32((int)0xffff0000);
    return _mm256_castsi256_ps(_mm256_and_si256(_mm256_castps_si256(pairs), high));
}
#else
typedef float32x4_t four;

static inline four load_four(const char *p) {
    return vreinterpretq_f32_u8(vld1q_u8((const uint8_t *)p));
}
static inline four load_four_f16(const char *p) {
    return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8((const uint8_t *)p)));
}
static inline vf side_by_side(const four *words, size_t j) {
    return words[j];
}
static inline void transpose_fours(vf *l) {
    float32x4x2_t a = vtrnq_f32(l[0], l[1]), b = vtrnq_f32(l[2], l[3]);
    l[0] = vcombine_f32(vget_low_f32(a.val[0]), vget_low_f32(b.val[0]));
    l[1] = vcombine_f32(vget_low_f32(a.val[1]), vget_low_f32(b.val[1]));
    l[2] = vcombine_f32(vget_high_f32(a.val[0]), vget_high_f32(b.val[0]));
    l[3] = vcombine_f32(vget_high_f32(a.val[1]), vget_high_f32(b.val[1]));
}
static inline vf first_of_pairs(vf pairs) {
    return vreinterpretq_f32_u32(vshlq_n_u32(vreinterpretq_u32_f32(pairs), 16));
}
static inline vf second_of_pairs(vf pairs) {
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(pairs), vdupq_n_u32(0xffff0000u)));
}
#endif

/* Words of `count` inputs of a row, four of them, zero beyond. */
static inline __attribute__((always_inline)) four words_of(const pali_matrix *weight, bool pairs,
                                                           size_t row, size_t k, size_t count) {
    size_t size = weight->format == PALI_WEIGHTS_F32 ? 4 : 2;
    const char *p = (const char *)weight->data + size * (row * weight->cols + k);
    char some[16] = {0};
    if (count < (pairs ? 8 : 4)) {
        memcpy(some, p, size * count);
        p = some;
    } else if (k * size % 64 == 0) {
        __builtin_prefetch(p + PALI_AHEAD_IN_ROW);
    }
    return weight->format == PALI_WEIGHTS_F16 ? load_four_f16(p) : load_four(p);
}

static inline __attribute__((always_inline)) void load_lines(const pali_matrix *weight, bool pairs,
                                                             size_t row, size_t rows, size_t k,
                                                             size_t count, vf *lines) {
    const size_t step = pairs ? 8 : 4;
    PALI_UNROLL for (size_t part = 0; part < PALI_LINES / 4; part++, k += step) {
        four words[PALI_LINES];
        PALI_UNROLL for (size_t j = 0; j < PALI_LINES; j++) {
            size_t some = j >= rows || count <= part * step ? 0 : count - part * step;
            words[j] = words_of(weight, pairs, row + (j < rows ? j : 0), k, some);
        }
        PALI_UNROLL for (size_t j = 0; j < 4; j++) lines[4 * part + j] = side_by_side(words, j);
        transpose_fours(lines + 4 * part);
    }
}
#endif

static inline __attribute__((always_inline)) vf input_of(const vf *lines, bool pairs, size_t i) {
    if (!pairs)
        return lines[i];
    return i % 2 ? second_of_pairs(lines[i / 2]) : first_of_pairs(lines[i / 2]);
}

#endif
