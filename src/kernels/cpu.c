/* What this processor can do: CPUID for the instructions, XGETBV for whether the operating system
 * saves their registers, the auxiliary vector on Arm. */
#include "kernels/cpu.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <asm/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

static unsigned long long saved_registers(void) {
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((unsigned long long)high << 32) | low;
}

/* Linux gives a process the registers of tiles when it asks for them. */
static bool tiles_are_given(void) {
#if defined(__linux__) && defined(ARCH_REQ_XCOMP_PERM)
    enum { TILE_DATA = 18 };
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA) == 0;
#else
    return false;
#endif
}

/* Of leaf 7, register d: AMX-BF16, AMX-TILE, AMX-INT8. */
static bool has_amx(unsigned d, unsigned long long saved) {
    unsigned needed = (1u << 22) | (1u << 24) | (1u << 25);
    return (d & needed) == needed && (saved & 0x60000) == 0x60000 && tiles_are_given();
}

static unsigned detect(void) {
    unsigned a, b, c, d, flags = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d))
        return 0;
    bool osxsave = c & (1u << 27), fma = c & (1u << 12), f16c = c & (1u << 29);
    unsigned long long saved = osxsave ? saved_registers() : 0;
    bool ymm = (saved & 0x6) == 0x6, zmm = (saved & 0xe6) == 0xe6;
    unsigned b7, c7, d7, a71 = 0, ignored;
    if (!__get_cpuid_count(7, 0, &a, &b7, &c7, &d7))
        return 0;
    if (a >= 1)
        __get_cpuid_count(7, 1, &a71, &ignored, &ignored, &ignored);
    if (ymm && fma && f16c && (b7 & (1u << 5)))
        flags |= PALI_CPU_AVX2;
    if (ymm && (a71 & (1u << 4)))
        flags |= PALI_CPU_AVX_VNNI;
    unsigned f_dq_bw_vl = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31);
    if (zmm && (flags & PALI_CPU_AVX2) && (b7 & f_dq_bw_vl) == f_dq_bw_vl) {
        flags |= PALI_CPU_AVX512;
        if (c7 & (1u << 11))
            flags |= PALI_CPU_AVX512_VNNI;
        if (c7 & (1u << 1))
            flags |= PALI_CPU_AVX512_VBMI;
        if (a71 & (1u << 5))
            flags |= PALI_CPU_AVX512_BF16;
        unsigned beside = PALI_CPU_AVX512_VNNI | PALI_CPU_AVX512_VBMI | PALI_CPU_AVX512_BF16;
        if ((flags & beside) == beside && has_amx(d7, saved))
            flags |= PALI_CPU_AMX;
    }
    return flags;
}
static bool is_intel(void) {
    unsigned highest, b, c, d;
    return __get_cpuid(0, &highest, &b, &c, &d) && b == signature_INTEL_ebx &&
           c == signature_INTEL_ecx && d == signature_INTEL_edx;
}

unsigned pali_cpu_useful_flags(void) {
    return pali_cpu_flags() & ~(is_intel() ? (unsigned)PALI_CPU_AVX512_BF16 : 0u);
}
#else
unsigned pali_cpu_useful_flags(void) {
    return pali_cpu_flags();
}
#endif

#if defined(__aarch64__)
#include <sys/auxv.h>

static unsigned detect(void) {
    unsigned long one = getauxval(AT_HWCAP), two = getauxval(AT_HWCAP2);
    unsigned flags = PALI_CPU_NEON; /* part of the architecture */
    if (one & (1ul << 20))
        flags |= PALI_CPU_DOTPROD;
    if (two & (1ul << 13))
        flags |= PALI_CPU_I8MM;
    if (two & (1ul << 14))
        flags |= PALI_CPU_ARM_BF16;
    return flags;
}
#elif !defined(__x86_64__)
static unsigned detect(void) {
    return 0;
}
#endif

/* What PALI_CPU leaves. An unknown value changes nothing. */
static unsigned allowed(void) {
    enum {
        AVX512 = PALI_CPU_AVX2 | PALI_CPU_AVX512,
        AVX512_VNNI = AVX512 | PALI_CPU_AVX512_VNNI | PALI_CPU_AVX512_VBMI | PALI_CPU_AVX512_BF16,
    };
    static const struct {
        const char *name;
        unsigned flags;
    } levels[] = {
        {"c", 0},
        {"avx2", PALI_CPU_AVX2},
        {"avx-vnni", PALI_CPU_AVX2 | PALI_CPU_AVX_VNNI},
        {"avx512", AVX512},
        {"avx512-vnni", AVX512_VNNI},
        {"neon", PALI_CPU_NEON},
    };
    const char *level = getenv("PALI_CPU");
    for (size_t i = 0; level && i < sizeof levels / sizeof *levels; i++)
        if (strcmp(level, levels[i].name) == 0)
            return levels[i].flags;
    return ~0u;
}

unsigned pali_cpu_flags(void) {
    return detect() & allowed();
}

void pali_cpu_name(char *out, size_t size) {
    static const struct {
        unsigned flag;
        const char *name;
    } names[] = {
        {PALI_CPU_AVX2, "avx2"},        {PALI_CPU_AVX512, "avx512"},
        {PALI_CPU_AVX512_VNNI, "vnni"}, {PALI_CPU_AVX512_BF16, "bf16"},
        {PALI_CPU_AVX512_VBMI, "vbmi"}, {PALI_CPU_AVX_VNNI, "avx-vnni"},
        {PALI_CPU_AMX, "amx"},          {PALI_CPU_NEON, "neon"},
        {PALI_CPU_DOTPROD, "dotprod"},  {PALI_CPU_I8MM, "i8mm"},
        {PALI_CPU_ARM_BF16, "bf16"},
    };
    unsigned flags = pali_cpu_flags();
    size_t used = 0;
    snprintf(out, size, "c");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!(flags & names[i].flag) || used >= size)
            continue;
        int length = snprintf(out + used, size - used, used ? " %s" : "%s", names[i].name);
        used += length > 0 ? (size_t)length : 0;
    }
}
