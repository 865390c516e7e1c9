/* Claims about PALI_CPU, which takes instruction sets away. */
#include "kernels/cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static unsigned flags_at(const char *level) {
    setenv("PALI_CPU", level, 1);
    unsigned flags = pali_cpu_flags();
    unsetenv("PALI_CPU");
    return flags;
}

static void plain_c_uses_nothing(void **state) {
    (void)state;
    assert_int_equal(flags_at("c"), 0);
}

/* On a machine that has less, both sides have as little. */
static void a_level_leaves_what_the_processor_has_of_it(void **state) {
    (void)state;
    unsigned all = pali_cpu_flags(), avx512 = PALI_CPU_AVX2 | PALI_CPU_AVX512;
    assert_int_equal(flags_at("avx2"), all & PALI_CPU_AVX2);
    assert_int_equal(flags_at("avx-vnni"), all & (PALI_CPU_AVX2 | PALI_CPU_AVX_VNNI));
    assert_int_equal(flags_at("avx512"), all & avx512);
    assert_int_equal(flags_at("avx512-vnni"), all & (avx512 | PALI_CPU_AVX512_VNNI |
                                                     PALI_CPU_AVX512_VBMI | PALI_CPU_AVX512_BF16));
    assert_int_equal(flags_at("neon"), all & PALI_CPU_NEON);
}

static void an_unknown_level_changes_nothing(void **state) {
    (void)state;
    assert_int_equal(flags_at("pentium"), pali_cpu_flags());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_c_uses_nothing),
        cmocka_unit_test(a_level_leaves_what_the_processor_has_of_it),
        cmocka_unit_test(an_unknown_level_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
