/* Some rows of a weight, transposed in registers: PALI_LINES rows and PALI_WORDS words of 4 bytes of each, a word being
 * a number or, of BF16, two. Then one vector holds one input of PALI_LINES outputs. The format is a constant
 * wherever it is asked for, so that there is code of its own for each.
 *
 *     load_lines(format, p, stride, rows, count, lines)
 *                 `count` inputs, at most inputs_at_once(format), of `rows` rows that lie `stride` bytes apart, from
 *                 p on; zero beyond both, which should be constants too
 *     input_of(format, lines, i)
 *                 input i of them as f32 */
#ifndef PALI_KERNELS_LINES_H
#define PALI_KERNELS_LINES_H

#include "kernels/products.h"
#include "kernels/simd.h"

enum { PALI_LINES = VF_WIDTH, PALI_WORDS = VF_WIDTH < 16 ? 4 : 16 };

static inline size_t size_in(pali_weights format) {
    return format == PALI_WEIGHTS_F32 ? 4 : 2;
}

static inline size_t inputs_at_once(pali_weights format) {
    return format == PALI_WEIGHTS_BF16 ? 2 * PALI_WORDS : PALI_WORDS;
}

#if defined(__AVX512F__)
#include "kernels/transpose_avx512.h"

/* 16 words of a row, zero beyond `count` inputs. */
static inline __attribute__((always_inline)) __m512i words_of(pali_weights format, const char *p,
                                                              size_t count) {
    if (format == PALI_WEIGHTS_BF16)
        return pali_load_pairs(p, count);
    __mmask16 mask = count >= 16 ? 0xffff : (__mmask16)((1u << count) - 1);
    if (format == PALI_WEIGHTS_F32)
        return _mm512_maskz_loadu_epi32(mask, p);
    return _mm512_castps_si512(_mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, p)));
}

static inline __attribute__((always_inline)) void load_lines(pali_weights format, const char *p,
                                                             size_t stride, size_t rows,
                                                             size_t count, vf *lines) {
    __m512i words[16];
    PALI_UNROLL for (size_t j = 0; j < 16; j++) words[j] =
        j < rows ? words_of(format, p + j * stride, count) : _mm512_setzero_si512();
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

/* Four words of a row, zero beyond `count` inputs. */
static inline __attribute__((always_inline)) four words_of(pali_weights format, const char *p,
                                                           size_t count) {
    char some[16] = {0};
    if (count < inputs_at_once(format))
        p = memcpy(some, p, size_in(format) * count);
    return format == PALI_WEIGHTS_F16 ? load_four_f16(p) : load_four(p);
}

static inline __attribute__((always_inline)) void load_lines(pali_weights format, const char *p,
                                                             size_t stride, size_t rows,
                                                             size_t count, vf *lines) {
    four words[PALI_LINES];
    PALI_UNROLL for (size_t j = 0; j < PALI_LINES; j++) words[j] =
        words_of(format, j < rows ? p + j * stride : p, j < rows ? count : 0);
    PALI_UNROLL for (size_t j = 0; j < PALI_WORDS; j++) lines[j] = side_by_side(words, j);
    transpose_fours(lines);
}
#endif

static inline __attribute__((always_inline)) vf input_of(pali_weights format, const vf *lines,
                                                         size_t i) {
    if (format != PALI_WEIGHTS_BF16)
        return lines[i];
    return i % 2 ? second_of_pairs(lines[i / 2]) : first_of_pairs(lines[i / 2]);
}

#endif
