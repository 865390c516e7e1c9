/* Bytes in vectors of 128 bits for integers.h, with the dot products of Armv8.2 (sdot) or of i8mm
 * (usdot).
 *
 * sdot takes weights as signed: 128 less than they are. The inputs' sum, 128 times, is what is
 * missing then. */
#ifndef PALI_KERNELS_INTEGERS_NEON_H
#define PALI_KERNELS_INTEGERS_NEON_H

#include "kernels/products.h"
#include "kernels/weights.h"

#include <arm_neon.h>

enum { BYTE_VECTOR = 16 };
typedef int32x4_t vi;

static inline vi vi_zero(void) {
    return vdupq_n_s32(0);
}
static inline vi vi_add(vi a, vi b) {
    return vaddq_s32(a, b);
}
static inline vi vi_load(const int32_t *p) {
    return vld1q_s32(p);
}
static inline void vi_store(int32_t *p, vi x) {
    vst1q_s32(p, x);
}

/* Four columns of 4 rows, or the same inputs 4 times. */
typedef union byte_quads {
    uint8x16_t weights;
    int8x16_t inputs;
} byte_quads;

enum { BYTE_PARTS = 1, BYTE_ROWS = 4 };

static inline byte_quads weights_of(const uint8_t *p, size_t part) {
    (void)part;
    return (byte_quads){.weights = vld1q_u8(p)};
}
static inline byte_quads inputs_of(const int8_t *x, size_t part) {
    (void)part;
    int32_t quad;
    memcpy(&quad, x, sizeof quad);
    return (byte_quads){.inputs = vreinterpretq_s8_s32(vdupq_n_s32(quad))};
}

#if defined(__ARM_FEATURE_MATMUL_INT8)
static inline vi add_dots(vi sums, byte_quads w, byte_quads x) {
    return vusdotq_s32(sums, w.weights, x.inputs);
}
static inline vi add_missing(vi sums, byte_quads x) {
    (void)x;
    return sums;
}
#else
static inline vi add_dots(vi sums, byte_quads w, byte_quads x) {
    int8x16_t weights = vreinterpretq_s8_u8(veorq_u8(w.weights, vdupq_n_u8(128)));
    return vdotq_s32(sums, weights, x.inputs);
}
static inline vi add_missing(vi sums, byte_quads x) {
    return vsubq_s32(sums, vdotq_s32(vi_zero(), x.inputs, vdupq_n_s8(-128)));
}
#endif

/* Values of 16 codes times their scales, + 128. */
static inline uint8x16_t scale_values(uint8x16_t codes, int8x16_t scales) {
    int8x16_t values = vqtbl1q_s8(vld1q_s8(pali_int4_values), codes);
    return veorq_u8(vreinterpretq_u8_s8(vmulq_s8(values, scales)), vdupq_n_u8(128));
}

static void unpack_int4(const uint8_t *panel, const uint8_t *scales, size_t blocks, uint8_t *out) {
    static const uint8_t four_times[16] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3};
    for (size_t i = 0; i < 4 * blocks; i++, panel += 64, out += 128) {
        uint8x16_t both = vld1q_u8(scales + i / 4 * PALI_PANEL_ROWS);
        uint8x16_t of_rows = i % 4 < 2 ? vandq_u8(both, vdupq_n_u8(15)) : vshrq_n_u8(both, 4);
        for (size_t v = 0; v < 4; v++) {
            uint8x16_t rows = vaddq_u8(vld1q_u8(four_times), vdupq_n_u8((uint8_t)(4 * v)));
            int8x16_t scale = vreinterpretq_s8_u8(vqtbl1q_u8(of_rows, rows));
            uint8x16_t codes = vld1q_u8(panel + 16 * v);
            vst1q_u8(out + 16 * v, scale_values(vandq_u8(codes, vdupq_n_u8(15)), scale));
            vst1q_u8(out + 64 + 16 * v, scale_values(vshrq_n_u8(codes, 4), scale));
        }
    }
}

#endif
