/* In place of kernels/cpu.c where the instructions that the processor lacks are emulated: it has all of x86's. */
#include "kernels/cpu.h"

#include <stdio.h>

unsigned pali_cpu_flags(void) {
    return PALI_CPU_AVX2 | PALI_CPU_AVX_VNNI | PALI_CPU_AVX512 | PALI_CPU_AVX512_VNNI |
           PALI_CPU_AVX512_VBMI | PALI_CPU_AVX512_BF16 | PALI_CPU_AMX;
}

unsigned pali_cpu_useful_flags(void) {
    return pali_cpu_flags();
}

void pali_cpu_name(char *out, size_t size) {
    snprintf(out, size, "emulated");
}
