/* The versions of the kernels that this machine can run. */
#include "versions.h"

#include "claims.h"
#include "kernels/cpu.h"

enum {
    AVX2 = PALI_CPU_AVX2,
    AVX512 = AVX2 | PALI_CPU_AVX512,
    VNNI = PALI_CPU_AVX512_VNNI,
    VBMI = PALI_CPU_AVX512_VBMI,
    BF16 = PALI_CPU_AVX512_BF16,
    NEON = PALI_CPU_NEON,
    DOT = PALI_CPU_DOTPROD,
};

static const struct {
    const char *name;
    unsigned flags;
} all[] = {
    {"c", 0},
    {"avx2", AVX2},
    {"avx2 avx-vnni", AVX2 | PALI_CPU_AVX_VNNI},
    {"avx512", AVX512},
    {"avx512 vnni", AVX512 | VNNI},
    {"avx512 vnni vbmi", AVX512 | VNNI | VBMI},
    {"avx512 bf16", AVX512 | BF16},
    {"avx512 vnni vbmi bf16", AVX512 | VNNI | VBMI | BF16},
    {"amx", AVX512 | VNNI | VBMI | BF16 | PALI_CPU_AMX},
    {"neon", NEON},
    {"neon dotprod", NEON | DOT},
    {"neon dotprod i8mm", NEON | DOT | PALI_CPU_I8MM},
};

enum { NUM_ALL = sizeof all / sizeof *all };

static pali_kernels kernels[NUM_ALL];
static const char *names[NUM_ALL];
static size_t count;

size_t num_versions(void) {
    if (count > 0)
        return count;
    unsigned flags = pali_cpu_flags();
    for (size_t i = 0; i < NUM_ALL; i++) {
        if ((all[i].flags & ~flags) != 0)
            continue;
        pali_dispatch_for(all[i].flags, &kernels[count]);
        names[count++] = all[i].name;
    }
    return count;
}

const char *version_name(size_t version) {
    return names[version];
}

const pali_kernels *version_kernels(size_t version) {
    return &kernels[version];
}

pali_compute *compute_with(size_t version, int num_threads) {
    pali_compute *compute = NULL;
    pali_error err = PALI_ERROR_INIT;
    REQUIRE(version < num_versions(), "there is no version %zu", version);
    REQUIRE(pali_compute_create(&compute, num_threads, &err) == PALI_OK, "%s", err.message);
    compute->kernels = &kernels[version];
    return compute;
}
