/* Which tables this process uses. */
#include "kernels/dispatch.h"

#include "kernels/cpu.h"

#include <pthread.h>

#define DECLARE(isa)                                                    \
    extern const pali_row_kernels pali_row_kernels_##isa;               \
    extern const pali_attention_kernels pali_attention_kernels_##isa;   \
    extern const pali_float_kernels pali_f32_kernels_##isa;             \
    extern const pali_integer_kernels pali_integer_kernels_##isa;       \
    extern const pali_activation_kernels pali_activation_kernels_##isa; \
    extern const pali_quantize_kernels pali_quantize_kernels_##isa;

/* All that is written over simd.h; products of BF16 are computed in f32. */
#define USE(isa)                                                                                 \
    *out = (pali_kernels) {                                                                      \
        &pali_row_kernels_##isa, &pali_attention_kernels_##isa, &pali_attention_kernels_##isa, { \
            &pali_f32_kernels_##isa, &pali_f32_kernels_##isa, &pali_integer_kernels_##isa,       \
                &pali_activation_kernels_##isa, &pali_quantize_kernels_##isa                     \
        }                                                                                        \
    }

DECLARE(c)
#if defined(__x86_64__)
DECLARE(avx2)
DECLARE(avx_vnni)
DECLARE(avx512)
extern const pali_float_kernels pali_bf16_kernels_avx512, pali_bf16_kernels_amx;
extern const pali_attention_kernels pali_attention_kernels_amx;
extern const pali_integer_kernels pali_integer_kernels_vnni, pali_integer_kernels_vbmi,
    pali_integer_kernels_amx;
#elif defined(__aarch64__)
DECLARE(neon)
DECLARE(neon_dot)
DECLARE(neon_i8mm)
#endif

void pali_dispatch_for(unsigned flags, pali_kernels *out) {
    USE(c);
#if defined(__x86_64__)
    if (flags & PALI_CPU_AVX2)
        USE(avx2);
    if (flags & PALI_CPU_AVX_VNNI)
        USE(avx_vnni);
    if (flags & PALI_CPU_AVX512)
        USE(avx512);
    if (flags & PALI_CPU_AVX512_BF16)
        out->products.bf16 = &pali_bf16_kernels_avx512;
    if (flags & PALI_CPU_AVX512_VNNI)
        out->products.integer =
            flags & PALI_CPU_AVX512_VBMI ? &pali_integer_kernels_vbmi : &pali_integer_kernels_vnni;
    if (flags & PALI_CPU_AMX) {
        out->rounded_attention = &pali_attention_kernels_amx;
        out->products.bf16 = &pali_bf16_kernels_amx;
        out->products.integer = &pali_integer_kernels_amx;
    }
#elif defined(__aarch64__)
    if (flags & PALI_CPU_NEON)
        USE(neon);
    if (flags & PALI_CPU_DOTPROD)
        USE(neon_dot);
    if (flags & PALI_CPU_I8MM)
        USE(neon_i8mm);
#else
    (void)flags;
#endif
}

static pali_kernels chosen;

static void choose(void) {
    pali_dispatch_for(pali_cpu_useful_flags(), &chosen);
}

const pali_kernels *pali_dispatch(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, choose);
    return &chosen;
}
