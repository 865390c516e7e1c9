/* One vector of floats under one set of names, so that an operation is written once and compiled
 * for each instruction set (the build defines PALI_ISA and passes the -m flags; see meson.build).
 * The width is the machine's: 16 (AVX-512), 8 (AVX2), 4 (NEON), or 1, which is the plain C version
 * that tests hold the others against.
 *
 * Products and sums are fused where VF_FMA says so, by an explicit call, never by the compiler. */
#ifndef PALI_KERNELS_SIMD_H
#define PALI_KERNELS_SIMD_H

#include "kernels/numbers.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* PALI_NAME(rms_norm) is pali_rms_norm_avx2 and so on. */
#define PALI_PASTE(name, isa) pali_##name##_##isa
#define PALI_EXPAND(name, isa) PALI_PASTE(name, isa)
#define PALI_NAME(name) PALI_EXPAND(name, PALI_ISA)

/* Before a loop of constant length whose sums must stay in registers. */
#define PALI_UNROLL _Pragma("GCC unroll 16")

#if defined(__AVX512F__)
#include <immintrin.h>
enum { VF_WIDTH = 16 };
typedef __m512 vf;

static inline vf vf_set(float x) {
    return _mm512_set1_ps(x);
}
static inline vf vf_load(const float *p) {
    return _mm512_loadu_ps(p);
}
static inline void vf_store(float *p, vf x) {
    _mm512_storeu_ps(p, x);
}
static inline vf vf_load_part(const float *p, size_t n) {
    return _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}
static inline void vf_store_part(float *p, size_t n, vf x) {
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), x);
}
static inline vf vf_load_bf16(const uint16_t *p) {
    __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
}
static inline vf vf_load_f16(const uint16_t *p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)p));
}
/* the byte at bit `shift` of each word, as a number */
static inline vf vf_bytes_of_words(const uint8_t *words, unsigned shift) {
    __m512i moved = _mm512_srl_epi32(_mm512_loadu_si512(words), _mm_cvtsi32_si128((int)shift));
    return _mm512_cvtepi32_ps(_mm512_and_si512(moved, _mm512_set1_epi32(255)));
}
/* of 16 numbers, those that the four bits at bit `shift` of each word choose */
static inline vf vf_chosen_by_words(const float table[16], const uint8_t *words, unsigned shift) {
    __m512i moved = _mm512_srl_epi32(_mm512_loadu_si512(words), _mm_cvtsi32_si128((int)shift));
    return _mm512_permutexvar_ps(moved, _mm512_loadu_ps(table));
}
/* the four bits at bit `shift` of each byte, as a number */
static inline vf vf_nibbles(const uint8_t *bytes, unsigned shift) {
    __m512i all = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)bytes));
    __m512i moved = _mm512_srl_epi32(all, _mm_cvtsi32_si128((int)shift));
    return _mm512_cvtepi32_ps(_mm512_and_si512(moved, _mm512_set1_epi32(15)));
}
static inline vf vf_add(vf a, vf b) {
    return _mm512_add_ps(a, b);
}
static inline vf vf_sub(vf a, vf b) {
    return _mm512_sub_ps(a, b);
}
static inline vf vf_mul(vf a, vf b) {
    return _mm512_mul_ps(a, b);
}
static inline vf vf_div(vf a, vf b) {
    return _mm512_div_ps(a, b);
}
static inline vf vf_min(vf a, vf b) {
    return _mm512_min_ps(a, b);
}
static inline vf vf_max(vf a, vf b) {
    return _mm512_max_ps(a, b);
}
/* a * b + c, rounded once */
static inline vf vf_fma(vf a, vf b, vf c) {
    return _mm512_fmadd_ps(a, b, c);
}
/* sum + (x > middle ? step : 0) */
static inline vf vf_add_above(vf sum, vf x, vf middle, vf step) {
    return _mm512_mask_add_ps(sum, _mm512_cmp_ps_mask(x, middle, _CMP_GT_OQ), sum, step);
}
/* x * 2^n for the whole number n that lies in the low bits of `shifted` (see vf_exp) */
static inline vf vf_scale_by_bits(vf x, vf shifted) {
    __m512i exponent = _mm512_slli_epi32(_mm512_castps_si512(shifted), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(x), exponent));
}
/* sums and maxima of all lanes; a sum adds half to half, as a tree does */
static inline float vf_sum(vf x) {
    return _mm512_reduce_add_ps(x);
}
static inline float vf_largest(vf x) {
    return _mm512_reduce_max_ps(x);
}

#elif defined(__AVX2__)
#include <immintrin.h>
enum { VF_WIDTH = 8 };
typedef __m256 vf;

static inline vf vf_set(float x) {
    return _mm256_set1_ps(x);
}
static inline vf vf_load(const float *p) {
    return _mm256_loadu_ps(p);
}
static inline void vf_store(float *p, vf x) {
    _mm256_storeu_ps(p, x);
}
static inline __m256i vf_lanes_below(size_t n) {
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), lanes);
}
static inline vf vf_load_part(const float *p, size_t n) {
    return _mm256_maskload_ps(p, vf_lanes_below(n));
}
/* AMD's processors take a dozen steps for a masked store (before Zen 4). */
static inline void vf_store_part(float *p, size_t n, vf x) {
    if (n >= 8)
        _mm256_storeu_ps(p, x);
    else
        _mm256_maskstore_ps(p, vf_lanes_below(n), x);
}
static inline vf vf_load_bf16(const uint16_t *p) {
    __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}
static inline vf vf_load_f16(const uint16_t *p) {
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p));
}
static inline vf vf_bytes_of_words(const uint8_t *words, unsigned shift) {
    __m256i all = _mm256_loadu_si256((const __m256i *)(const void *)words);
    __m256i moved = _mm256_srl_epi32(all, _mm_cvtsi32_si128((int)shift));
    return _mm256_cvtepi32_ps(_mm256_and_si256(moved, _mm256_set1_epi32(255)));
}
static inline vf vf_chosen_by_words(const float table[16], const uint8_t *words, unsigned shift) {
    __m256i all = _mm256_loadu_si256((const __m256i *)(const void *)words);
    __m256i moved = _mm256_srl_epi32(all, _mm_cvtsi32_si128((int)shift));
    return _mm256_i32gather_ps(table, _mm256_and_si256(moved, _mm256_set1_epi32(15)), 4);
}
static inline vf vf_nibbles(const uint8_t *bytes, unsigned shift) {
    __m256i all = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)bytes));
    __m256i moved = _mm256_srl_epi32(all, _mm_cvtsi32_si128((int)shift));
    return _mm256_cvtepi32_ps(_mm256_and_si256(moved, _mm256_set1_epi32(15)));
}
static inline vf vf_add(vf a, vf b) {
    return _mm256_add_ps(a, b);
}
static inline vf vf_sub(vf a, vf b) {
    return _mm256_sub_ps(a, b);
}
static inline vf vf_mul(vf a, vf b) {
    return _mm256_mul_ps(a, b);
}
static inline vf vf_div(vf a, vf b) {
    return _mm256_div_ps(a, b);
}
static inline vf vf_min(vf a, vf b) {
    return _mm256_min_ps(a, b);
}
static inline vf vf_max(vf a, vf b) {
    return _mm256_max_ps(a, b);
}
static inline vf vf_fma(vf a, vf b, vf c) {
    return _mm256_fmadd_ps(a, b, c);
}
static inline vf vf_add_above(vf sum, vf x, vf middle, vf step) {
    return _mm256_add_ps(sum, _mm256_and_ps(_mm256_cmp_ps(x, middle, _CMP_GT_OQ), step));
}
static inline vf vf_scale_by_bits(vf x, vf shifted) {
    __m256i exponent = _mm256_slli_epi32(_mm256_castps_si256(shifted), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), exponent));
}
static inline float vf_sum(vf x) {
    float lanes[8];
    _mm256_storeu_ps(lanes, x);
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
           ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}
static inline float vf_largest(vf x) {
    float lanes[8], largest;
    _mm256_storeu_ps(lanes, x);
    largest = lanes[0];
    for (int i = 1; i < 8; i++)
        largest = lanes[i] > largest ? lanes[i] : largest;
    return largest;
}

#elif defined(__aarch64__) && !defined(PALI_PLAIN)
#include <arm_neon.h>
enum { VF_WIDTH = 4 };
typedef float32x4_t vf;

static inline vf vf_set(float x) {
    return vdupq_n_f32(x);
}
static inline vf vf_load(const float *p) {
    return vld1q_f32(p);
}
static inline void vf_store(float *p, vf x) {
    vst1q_f32(p, x);
}
static inline vf vf_load_part(const float *p, size_t n) {
    float lanes[4] = {0};
    memcpy(lanes, p, n * sizeof *p);
    return vld1q_f32(lanes);
}
static inline void vf_store_part(float *p, size_t n, vf x) {
    float lanes[4];
    vst1q_f32(lanes, x);
    memcpy(p, lanes, n * sizeof *p);
}
static inline vf vf_load_bf16(const uint16_t *p) {
    uint16x4_t half;
    memcpy(&half, p, sizeof half);
    return vreinterpretq_f32_u32(vshll_n_u16(half, 16));
}
static inline vf vf_load_f16(const uint16_t *p) {
    uint16x4_t half;
    memcpy(&half, p, sizeof half);
    return vcvt_f32_f16(vreinterpret_f16_u16(half));
}
static inline vf vf_bytes_of_words(const uint8_t *words, unsigned shift) {
    uint32x4_t moved = vshlq_u32(vreinterpretq_u32_u8(vld1q_u8(words)), vdupq_n_s32(-(int)shift));
    return vcvtq_f32_u32(vandq_u32(moved, vdupq_n_u32(255)));
}
static inline vf vf_chosen_by_words(const float table[16], const uint8_t *words, unsigned shift) {
    float chosen[VF_WIDTH];
    for (size_t i = 0; i < VF_WIDTH; i++)
        chosen[i] = table[words[4 * i + shift / 8] >> shift % 8 & 15];
    return vld1q_f32(chosen);
}
static inline vf vf_nibbles(const uint8_t *bytes, unsigned shift) {
    float numbers[VF_WIDTH];
    for (size_t i = 0; i < VF_WIDTH; i++)
        numbers[i] = (float)(bytes[i] >> shift & 15);
    return vld1q_f32(numbers);
}
static inline vf vf_add(vf a, vf b) {
    return vaddq_f32(a, b);
}
static inline vf vf_sub(vf a, vf b) {
    return vsubq_f32(a, b);
}
static inline vf vf_mul(vf a, vf b) {
    return vmulq_f32(a, b);
}
static inline vf vf_div(vf a, vf b) {
    return vdivq_f32(a, b);
}
/* As on x86 the second operand where one is NaN; vminq and vmaxq would give NaN. */
static inline vf vf_min(vf a, vf b) {
    return vbslq_f32(vcltq_f32(a, b), a, b);
}
static inline vf vf_max(vf a, vf b) {
    return vbslq_f32(vcgtq_f32(a, b), a, b);
}
static inline vf vf_fma(vf a, vf b, vf c) {
    return vfmaq_f32(c, a, b);
}
static inline vf vf_add_above(vf sum, vf x, vf middle, vf step) {
    uint32x4_t above = vandq_u32(vcgtq_f32(x, middle), vreinterpretq_u32_f32(step));
    return vaddq_f32(sum, vreinterpretq_f32_u32(above));
}
static inline vf vf_scale_by_bits(vf x, vf shifted) {
    int32x4_t exponent = vshlq_n_s32(vreinterpretq_s32_f32(shifted), 23);
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(x), exponent));
}
static inline float vf_sum(vf x) {
    float32x2_t halves = vadd_f32(vget_low_f32(x), vget_high_f32(x));
    return vget_lane_f32(vpadd_f32(halves, halves), 0);
}
static inline float vf_largest(vf x) {
    return vmaxvq_f32(x);
}

#else
enum { VF_WIDTH = 1 };
typedef float vf;

static inline vf vf_set(float x) {
    return x;
}
static inline vf vf_load(const float *p) {
    return *p;
}
static inline void vf_store(float *p, vf x) {
    *p = x;
}
static inline vf vf_load_part(const float *p, size_t n) {
    return n ? *p : 0.0f;
}
static inline void vf_store_part(float *p, size_t n, vf x) {
    if (n)
        *p = x;
}
static inline vf vf_load_bf16(const uint16_t *p) {
    return pali_bf16_to_f32(pali_load_u16(p));
}
static inline vf vf_load_f16(const uint16_t *p) {
    return pali_f16_to_f32(pali_load_u16(p));
}
static inline vf vf_bytes_of_words(const uint8_t *words, unsigned shift) {
    return (float)words[shift / 8]; /* words are little-endian */
}
static inline vf vf_chosen_by_words(const float table[16], const uint8_t *words, unsigned shift) {
    return table[words[shift / 8] >> shift % 8 & 15];
}
static inline vf vf_nibbles(const uint8_t *bytes, unsigned shift) {
    return (float)(*bytes >> shift & 15);
}
static inline vf vf_add(vf a, vf b) {
    return a + b;
}
static inline vf vf_sub(vf a, vf b) {
    return a - b;
}
static inline vf vf_mul(vf a, vf b) {
    return a * b;
}
static inline vf vf_div(vf a, vf b) {
    return a / b;
}
static inline vf vf_min(vf a, vf b) {
    return a < b ? a : b;
}
static inline vf vf_max(vf a, vf b) {
    return a > b ? a : b;
}
/* Rounded twice: a baseline machine has no fused instruction, and emulating one is slow. */
static inline vf vf_fma(vf a, vf b, vf c) {
    return a * b + c;
}
static inline vf vf_add_above(vf sum, vf x, vf middle, vf step) {
    return sum + (x > middle ? step : 0.0f);
}
static inline vf vf_scale_by_bits(vf x, vf shifted) {
    uint32_t bits, exponent;
    memcpy(&bits, &x, sizeof bits);
    memcpy(&exponent, &shifted, sizeof exponent);
    bits += exponent << 23;
    memcpy(&x, &bits, sizeof x);
    return x;
}
static inline float vf_sum(vf x) {
    return x;
}
static inline float vf_largest(vf x) {
    return x;
}
#endif

/* e^x for x <= 88, to 2 ulp; 1e-38 below -87.3 and for NaN. Method: x = n ln 2 + r with |r| <= ln 2
 * / 2 (n by adding 1.5 * 2^23, so that it lies in the low bits of the sum), a polynomial of degree
 * 6 for e^r, and n added to the exponent. */
static inline vf vf_exp(vf x) {
    const vf magic = vf_set(12582912.0f);
    vf clamped = vf_max(vf_min(vf_set(88.0f), x), vf_set(-87.33654f));
    vf shifted = vf_fma(clamped, vf_set(1.44269504f), magic);
    vf n = vf_sub(shifted, magic);
    vf r = vf_fma(n, vf_set(-0.693145752f), clamped);
    r = vf_fma(n, vf_set(-1.42860677e-6f), r);
    vf p = vf_set(1.38888889e-3f);
    p = vf_fma(p, r, vf_set(8.33333333e-3f));
    p = vf_fma(p, r, vf_set(4.16666667e-2f));
    p = vf_fma(p, r, vf_set(1.66666667e-1f));
    p = vf_fma(p, r, vf_set(0.5f));
    p = vf_fma(p, r, vf_set(1.0f));
    p = vf_fma(p, r, vf_set(1.0f));
    return vf_scale_by_bits(p, shifted);
}

/* tanh x to 4 ulp: an odd rational function of degree 13 / 6 on [-7.9, 7.9], beyond which the
 * result is
 * +-1 in f32. */
static inline vf vf_tanh(vf x) {
    vf c = vf_max(vf_min(x, vf_set(7.90531111f)), vf_set(-7.90531111f));
    vf s = vf_mul(c, c);
    vf p = vf_set(-2.76076847742355e-16f);
    p = vf_fma(p, s, vf_set(2.00018790482477e-13f));
    p = vf_fma(p, s, vf_set(-8.60467152213735e-11f));
    p = vf_fma(p, s, vf_set(5.12229709037114e-08f));
    p = vf_fma(p, s, vf_set(1.48572235717979e-05f));
    p = vf_fma(p, s, vf_set(6.37261928875436e-04f));
    p = vf_fma(p, s, vf_set(4.89352455891786e-03f));
    vf q = vf_set(1.19825839466702e-06f);
    q = vf_fma(q, s, vf_set(1.18534705686654e-04f));
    q = vf_fma(q, s, vf_set(2.26843463243900e-03f));
    q = vf_fma(q, s, vf_set(4.89352518554385e-03f));
    return vf_div(vf_mul(c, p), q);
}

/* GELU in its tanh form, 0.5 x (1 + tanh u) = x / (1 + e^(-2u)) with u = sqrt(2 / pi) (x + 0.044715
 * x^3): no cancellation for negative x. */
static inline vf vf_gelu(vf x) {
    vf cubic = vf_fma(vf_mul(vf_mul(x, x), vf_set(0.044715f)), x, x);
    vf e = vf_exp(vf_mul(cubic, vf_set(-1.5957691216057308f)));
    return vf_div(x, vf_add(e, vf_set(1.0f)));
}

#endif
