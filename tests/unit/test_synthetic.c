/* Claims about the weights that `bench` measures with: random, but of a model that could be. */
#include "model/synthetic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 64, COLS = 2304 };

typedef struct fixture {
    pali_synthesizer synthesizer;
    pali_parameter_source source;
    pali_arena arena;
} fixture;

static int set_up(void **state) {
    static fixture f;
    f = (fixture){.synthesizer = {.weights = PALI_WEIGHTS_BF16, .arena = &f.arena}};
    pali_error err = PALI_ERROR_INIT;
    assert_int_equal(pali_compute_create(&f.synthesizer.compute, 1, &err), PALI_OK);
    f.source = pali_synthesizer_source(&f.synthesizer);
    *state = &f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    pali_synthesizer_free(&f->synthesizer);
    pali_compute_free(&f->synthesizer.compute);
    pali_arena_free(&f->arena);
    return 0;
}

static const uint16_t *matrix(fixture *f, const char *name) {
    static const size_t shape[] = {ROWS, COLS};
    pali_error err = PALI_ERROR_INIT;
    pali_matrix out;
    assert_int_equal(
        f->source.matrix(f->source.context, name, 2, shape, PALI_ROLE_LINEAR, &out, &err), PALI_OK);
    assert_int_equal(out.format, PALI_WEIGHTS_BF16);
    return out.data;
}

static const float *vector(fixture *f, const char *name) {
    static const size_t shape[] = {COLS};
    pali_error err = PALI_ERROR_INIT;
    const float *out = NULL;
    assert_int_equal(f->source.vector(f->source.context, name, 1, shape, &out, &err), PALI_OK);
    return out;
}

static void matrices_differ_and_are_always_the_same(void **state) {
    const uint16_t *gate = matrix(*state, "text.layers.0.gate_proj");
    const uint16_t *up = matrix(*state, "text.layers.0.up_proj");
    size_t equal = 0;
    for (size_t i = 0; i < COLS; i++)
        equal += gate[i] == up[i];
    assert_in_range(equal, 0, COLS / 100);
    assert_memory_equal(gate, matrix(*state, "text.layers.0.gate_proj"), ROWS * COLS * 2);
}

/* The first entry, and every thousandth after it, of what enters attention and feed-forward. */
static void one_feature_in_a_thousand_is_loud(void **state) {
    static const struct {
        const char *name;
        float quiet, loud;
    } norms[] = {
        {"text.layers.3.input_layernorm.weight", 0.0f, 15.0f},
        {"text.layers.3.pre_feedforward_layernorm.weight", 0.0f, 15.0f},
        {"text.layers.3.post_attention_layernorm.weight", 0.0f, 0.0f},
        {"vision.layers.3.layer_norm1.weight", 1.0f, 1.0f},
        {"vision.layers.3.layer_norm1.bias", 0.0f, 0.0f},
    };
    for (size_t n = 0; n < sizeof norms / sizeof *norms; n++) {
        const float *values = vector(*state, norms[n].name);
        for (size_t i = 0; i < COLS; i++)
            assert_true(values[i] == (i % 1000 ? norms[n].quiet : norms[n].loud));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(matrices_differ_and_are_always_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_feature_in_a_thousand_is_loud, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
