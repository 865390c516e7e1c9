/* Number formats of 16 bits. */
#ifndef PALI_KERNELS_NUMBERS_H
#define PALI_KERNELS_NUMBERS_H

#include <stdint.h>
#include <string.h>

/* From any alignment. */
static inline uint16_t pali_load_u16(const void *p) {
    uint16_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

static inline uint32_t pali_f32_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float pali_f32_from_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline float pali_bf16_to_f32(uint16_t half) {
    return pali_f32_from_bits((uint32_t)half << 16);
}

/* Nearest, ties to even; NaN stays NaN. */
static inline uint16_t pali_f32_to_bf16(float x) {
    uint32_t bits = pali_f32_bits(x);
    if ((bits & 0x7fffffffu) > 0x7f800000u)
        return (uint16_t)((bits >> 16) | 0x40);
    return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

static inline float pali_f16_to_f32(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = (half >> 10) & 31u;
    uint32_t fraction = half & 1023u;
    if (exponent == 31)
        return pali_f32_from_bits(sign | 0x7f800000u | fraction << 13);
    if (exponent == 0) { /* zero or subnormal: fraction * 2^-24 */
        float value = (float)fraction * 0x1p-24f;
        return sign ? -value : value;
    }
    return pali_f32_from_bits(sign | (exponent + 112) << 23 | fraction << 13);
}

/* Nearest, ties to even; what is too large becomes infinite. */
static inline uint16_t pali_f32_to_f16(float x) {
    uint32_t bits = pali_f32_bits(x), sign = (bits >> 16) & 0x8000u;
    bits &= 0x7fffffffu;
    if (bits > 0x7f800000u)
        return (uint16_t)(sign | 0x7e00);
    if (bits >= 0x477ff000u)
        return (uint16_t)(sign | 0x7c00);
    if (bits <
        0x38800000u) { /* subnormal: adding 0.5 puts the rounded fraction into the low bits */
        float shifted = pali_f32_from_bits(bits) + 0.5f;
        return (uint16_t)(sign | (pali_f32_bits(shifted) - 0x3f000000u));
    }
    uint32_t rounded = bits + 0xfff + ((bits >> 13) & 1);
    return (uint16_t)(sign | (rounded - 0x38000000u) >> 13);
}

#endif
