/* What this processor can do. */
#ifndef PALI_KERNELS_CPU_H
#define PALI_KERNELS_CPU_H

#include <stddef.h>

enum {
    PALI_CPU_AVX2 = 1 << 0,   /* AVX2, FMA and F16C, and an operating system that saves ymm */
    PALI_CPU_AVX512 = 1 << 1, /* AVX-512 F, BW, DQ, VL, and zmm saved */
    PALI_CPU_AVX512_VNNI = 1 << 2,
    PALI_CPU_AVX512_BF16 = 1 << 3,
    PALI_CPU_AVX_VNNI = 1 << 4,
    PALI_CPU_AVX512_VBMI = 1 << 5,
    PALI_CPU_AMX =
        1 << 6, /* AMX for bytes and BF16, all of the above, and a kernel that lets us use it */
    PALI_CPU_NEON = 1 << 8,
    PALI_CPU_DOTPROD = 1 << 9,
    PALI_CPU_I8MM = 1 << 10,
    PALI_CPU_ARM_BF16 = 1 << 11,
};

/* From CPUID and XGETBV (or the kernel's auxiliary vector). The environment variable PALI_CPU takes
 * away what lies above a level: c, avx2, avx-vnni, avx512 (no VNNI, VBMI, BF16 or AMX), avx512-vnni (all
 * of that but AMX), neon (no extension). */
unsigned pali_cpu_flags(void);

/* The same, without what this processor has but is slower than doing without: on Intel's,
 * vdpbf16ps multiplies half as fast as two FMAs on numbers of BF16 that were widened to f32
 * (SPEED.md). */
unsigned pali_cpu_useful_flags(void);

/* "avx2 avx512 vnni bf16"; "c" when there is none of the above. */
void pali_cpu_name(char *out, size_t size);

#endif
