/* Claims about products of every weight format, in every version that this machine can run: against
 * the same product in double, whose weights are decoded by the tests. */
#include "claims.h"
#include "products_reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float *guarded_floats(size_t n, float value) {
    float *y = guarded(n * sizeof *y, 4);
    for (size_t i = 0; i < n; i++)
        y[i] = value;
    return y;
}

static void run_one(pali_compute *compute, const float *x, size_t n, pali_linear product) {
    pali_error err = PALI_ERROR_INIT;
    REQUIRE(pali_linear_run(compute, x, n, &product, 1, &err) == PALI_OK, "%s", err.message);
}

/* One case in all versions. */
static void check_product(pali_weights format, size_t n, size_t out, size_t in, pattern weights,
                          pattern activations) {
    known_matrix w = make_matrix(format, out, in, weights);
    float *x = make_activations(n, in, activations);
    for (size_t v = 0; v < num_versions(); v++) {
        exact_product exact =
            multiply(prepared_activations(version_kernels(v), format, x, n, in), n, in, &w);
        float *y = guarded_floats(n * out, NAN); /* to be overwritten unread */
        pali_compute *compute = compute_with(v, 1);
        run_one(compute, x, n, (pali_linear){.weight = &w.matrix, .y = y});
        pali_compute_free(&compute);
        for (size_t i = 0; i < n * out; i++) {
            double budget = rounding_budget(format, in) * exact.magnitudes[i] + denormal_budget(in);
            REQUIRE(fabs((double)y[i] - exact.y[i]) <= budget,
                    "%s %s [%zu, %zu] x [%zu, %zu], patterns %d %d, row %zu output %zu: %.9g, not "
                    "%.9g +- %.2g",
                    version_name(v), format_name(format), n, in, out, in, activations, weights,
                    i / out, i % out, (double)y[i], exact.y[i], budget);
        }
    }
    release_guarded();
}

static void every_count_of_rows_is_multiplied(void) {
    for (size_t f = 0; f < 5; f++)
        for (size_t n = 1; n <= 40; n++)
            check_product(weight_formats[f], n, 67, 77, RANDOM, OUTLIERS);
}

static void every_count_of_outputs_is_multiplied(void) {
    for (size_t f = 0; f < 5; f++)
        for (size_t out = 1; out <= 130; out++) {
            check_product(weight_formats[f], 1, out, 45, RANDOM, OUTLIERS);
            check_product(weight_formats[f], 9, out, 45, RANDOM, OUTLIERS);
        }
}

static void every_count_of_inputs_is_multiplied(void) {
    for (size_t f = 0; f < 5; f++)
        for (size_t in = 1; in <= 1060; in += in == 140 || in == 520 ? 365 : 1) {
            if (in > 540 && in < 1000)
                in = 1020;
            check_product(weight_formats[f], 2, 19, in, RANDOM, OUTLIERS);
            check_product(weight_formats[f], 13, 19, in, RANDOM, OUTLIERS);
        }
}

/* A task has 256 outputs at most; a block 512 inputs, or, for AMX, 1152 of BF16 and 2304 of bytes. */
static void several_tasks_and_blocks_are_multiplied(void) {
    for (size_t f = 0; f < 5; f++) {
        check_product(weight_formats[f], 35, 300, 2330, RANDOM, OUTLIERS);
        check_product(weight_formats[f], 10, 273, 2330, RANDOM, OUTLIERS);
        check_product(weight_formats[f], 5, 70, 2330, RANDOM, OUTLIERS);
        check_product(weight_formats[f], 33, 40, 4608, RANDOM, OUTLIERS);
    }
}

/* Among these are sums of pairs of bytes that do not fit 16 bits. */
static void extreme_numbers_are_multiplied(void) {
    for (size_t f = 0; f < 5; f++)
        for (pattern w = 0; w < OUTLIERS; w++)
            for (pattern x = 0; x <= OUTLIERS; x++) {
                check_product(weight_formats[f], 3, 33, 97, w, x);
                check_product(weight_formats[f], 14, 33, 97, w, x);
            }
}

/* More than the widest layer of a PaliGemma 2 has. */
static void sums_over_36864_inputs_do_not_overflow(void) {
    for (size_t f = 0; f < 5; f++) {
        check_product(weight_formats[f], 2, 17, 36864, LARGEST, LARGEST);
        check_product(weight_formats[f], 2, 17, 36864, LARGEST, SMALLEST);
        check_product(weight_formats[f], 2, 17, 36864, ALTERNATING, ALTERNATING);
    }
}

static void results_are_the_same_on_any_number_of_threads(void) {
    enum { N = 21, OUT = 333, IN = 530 };
    for (size_t f = 0; f < 5; f++) {
        known_matrix w = make_matrix(weight_formats[f], OUT, IN, RANDOM);
        float *x = make_activations(N, IN, OUTLIERS);
        for (size_t v = 0; v < num_versions(); v++) {
            float *alone = guarded_floats(N * OUT, NAN), *y = guarded_floats(N * OUT, NAN);
            static const int threads[] = {1, 2, 3, 4, 8};
            for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
                pali_compute *compute = compute_with(v, threads[t]);
                run_one(compute, x, N, (pali_linear){.weight = &w.matrix, .y = t ? y : alone});
                pali_compute_free(&compute);
                REQUIRE(t == 0 || memcmp(alone, y, N * OUT * sizeof *y) == 0,
                        "%s %s: %d threads differ from one", version_name(v),
                        format_name(weight_formats[f]), threads[t]);
            }
        }
        release_guarded();
    }
}

/* `n` rows at once, and in calls of so many, for one version of the kernels. */
static void check_calls(size_t version, const known_matrix *w, const float *x, size_t n) {
    static const size_t calls[] = {1, 2, 3, 7, 8, 9, 12, 13, 25};
    size_t out = w->matrix.rows, in = w->matrix.cols;
    float *together = guarded_floats(n * out, NAN), *y = guarded_floats(n * out, NAN);
    pali_compute *compute = compute_with(version, 1);
    run_one(compute, x, n, (pali_linear){.weight = &w->matrix, .y = together});
    for (size_t c = 0; c < sizeof calls / sizeof *calls; c++) {
        for (size_t i = 0; i < n; i += calls[c])
            run_one(compute, x + i * in, n - i < calls[c] ? n - i : calls[c],
                    (pali_linear){.weight = &w->matrix, .y = y + i * out});
        REQUIRE(memcmp(together, y, n * out * sizeof *y) == 0,
                "%s %s: %zu rows a call differ from all at once", version_name(version),
                format_name(w->matrix.format), calls[c]);
    }
    pali_compute_free(&compute);
}

/* Nor does it make a difference to denormal numbers with how many others they come. */
static void rows_do_not_depend_on_their_neighbours(void) {
    enum { N = 26, OUT = 70, IN = 1250 };
    static const pattern patterns[][2] = {
        {RANDOM, OUTLIERS}, {DENORMALS, LARGEST}, {LARGEST, DENORMALS}, {RANDOM, DENORMALS}};
    for (size_t f = 0; f < 5; f++)
        for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
            known_matrix w = make_matrix(weight_formats[f], OUT, IN, patterns[p][0]);
            float *x = make_activations(N, IN, patterns[p][1]);
            for (size_t v = 0; v < num_versions(); v++)
                check_calls(v, &w, x, N);
            release_guarded();
        }
}

static void a_product_of_a_group_equals_the_product_alone(void) {
    enum { N = 10, IN = 200, COUNT = 7 };
    static const size_t outs[COUNT] = {64, 65, 1, 130, 40, 63, 128};
    static const pali_weights formats[COUNT] = {
        PALI_WEIGHTS_BF16, PALI_WEIGHTS_BF16, PALI_WEIGHTS_INT8, PALI_WEIGHTS_INT4,
        PALI_WEIGHTS_F32,  PALI_WEIGHTS_F16,  PALI_WEIGHTS_F16};
    known_matrix w[COUNT];
    pali_linear group[COUNT];
    for (size_t p = 0; p < COUNT; p++)
        w[p] = make_matrix(formats[p], outs[p], IN, RANDOM);
    float *x = make_activations(N, IN, OUTLIERS);
    for (size_t v = 0; v < num_versions(); v++) {
        pali_compute *compute = compute_with(v, 3);
        for (size_t p = 0; p < COUNT; p++)
            group[p] = (pali_linear){.weight = &w[p].matrix, .y = guarded_floats(N * outs[p], NAN)};
        REQUIRE(pali_linear_run(compute, x, N, group, COUNT, NULL) == PALI_OK, "out of memory");
        for (size_t p = 0; p < COUNT; p++) {
            float *alone = guarded_floats(N * outs[p], NAN);
            run_one(compute, x, N, (pali_linear){.weight = &w[p].matrix, .y = alone});
            REQUIRE(memcmp(alone, group[p].y, N * outs[p] * sizeof *alone) == 0,
                    "%s: product %zu, %s", version_name(v), p, format_name(formats[p]));
        }
        pali_compute_free(&compute);
    }
}

/* ---- what becomes of the sums ---- */

/* One, two and three blocks of vectors; of AMX two of bytes and three of BF16 at the end. */
static const size_t some_inputs[] = {70, 585, 1100, 2400};

static double gelu(double x) {
    return 0.5 * x * (1.0 + tanh(sqrt(2.0 / M_PI) * (x + 0.044715 * x * x * x)));
}

static void check_epilogue(pali_weights format, size_t n, size_t in, pali_epilogue epilogue,
                           bool with_bias) {
    enum { OUT = 83 };
    known_matrix w = make_matrix(format, OUT, in, RANDOM);
    float *x = make_activations(n, in, RANDOM);
    float *bias = guarded_floats(OUT, 0.0f), *before = guarded_floats(n * OUT, 0.0f);
    for (size_t o = 0; o < OUT; o++)
        bias[o] = random_float() * 5.0f;
    for (size_t i = 0; i < n * OUT; i++)
        before[i] = random_float() * 5.0f;
    for (size_t v = 0; v < num_versions(); v++) {
        exact_product exact =
            multiply(prepared_activations(version_kernels(v), format, x, n, in), n, in, &w);
        float *y = guarded_floats(n * OUT, NAN);
        if (epilogue == PALI_ADD)
            memcpy(y, before, n * OUT * sizeof *y);
        pali_compute *compute = compute_with(v, 2);
        run_one(compute, x, n, (pali_linear){&w.matrix, with_bias ? bias : NULL, y, epilogue});
        pali_compute_free(&compute);
        for (size_t i = 0; i < n * OUT; i++) {
            double added = (with_bias ? (double)bias[i % OUT] : 0.0) +
                           (epilogue == PALI_ADD ? (double)before[i] : 0.0);
            double expected = exact.y[i] + added;
            double budget = rounding_budget(format, in) * (exact.magnitudes[i] + 10.0);
            if (epilogue == PALI_GELU)
                expected = gelu(expected);
            REQUIRE(fabs((double)y[i] - expected) <= 1.2 * budget,
                    "%s %s, %zu rows, %zu inputs, epilogue %d, bias %d, output %zu: %.9g, not %.9g",
                    version_name(v), format_name(format), n, in, epilogue, with_bias, i % OUT,
                    (double)y[i], expected);
        }
    }
    release_guarded();
}

static void bias_residual_and_gelu_are_applied_once(void) {
    static const pali_epilogue epilogues[] = {PALI_STORE, PALI_ADD, PALI_GELU};
    for (size_t f = 0; f < 5; f++)
        for (size_t e = 0; e < 3; e++)
            for (size_t i = 0; i < sizeof some_inputs / sizeof *some_inputs; i++)
                for (size_t n = 2; n <= 14; n += 12) {
                    check_epilogue(weight_formats[f], n, some_inputs[i], epilogues[e], false);
                    check_epilogue(weight_formats[f], n, some_inputs[i], epilogues[e], true);
                }
}

static void check_gated(pali_weights format, size_t n, size_t in) {
    enum { OUT = 83 };
    known_matrix gate = make_matrix(format, OUT, in, RANDOM);
    known_matrix up = make_matrix(format, OUT, in, RANDOM);
    float *x = make_activations(n, in, RANDOM);
    for (size_t v = 0; v < num_versions(); v++) {
        double *prepared = prepared_activations(version_kernels(v), format, x, n, in);
        exact_product g = multiply(prepared, n, in, &gate), u = multiply(prepared, n, in, &up);
        float *y = guarded_floats(n * OUT, NAN);
        pali_compute *compute = compute_with(v, 2);
        REQUIRE(pali_linear_gated(compute, x, n, &gate.matrix, &up.matrix, y, NULL) == PALI_OK,
                "out of memory");
        pali_compute_free(&compute);
        for (size_t i = 0; i < n * OUT; i++) {
            double budget = rounding_budget(format, in) * (1.2 * g.magnitudes[i] * fabs(u.y[i]) +
                                                           (fabs(g.y[i]) + 0.2) * u.magnitudes[i]);
            REQUIRE(fabs((double)y[i] - gelu(g.y[i]) * u.y[i]) <= budget * 1.01 + 1e-9,
                    "%s %s, %zu rows, %zu inputs, output %zu: %.9g, not %.9g", version_name(v),
                    format_name(format), n, in, i % OUT, (double)y[i], gelu(g.y[i]) * u.y[i]);
        }
    }
    release_guarded();
}

static void gated_products_multiply_up_by_gelu_of_gate(void) {
    for (size_t f = 0; f < 5; f++)
        for (size_t i = 0; i < sizeof some_inputs / sizeof *some_inputs; i++)
            for (size_t n = 2; n <= 14; n += 12)
                check_gated(weight_formats[f], n, some_inputs[i]);
}

/* Through a product with 1. */
static void gelu_is_precise_everywhere(void) {
    enum { N = 4001 };
    static const float one = 1.0f;
    pali_matrix w = {PALI_WEIGHTS_F32, 1, 1, &one};
    float *x = guarded_floats(N, 0.0f), *y = guarded_floats(N, NAN);
    for (size_t i = 0; i < N; i++)
        x[i] = ((float)i - 2000.0f) * (i % 2 ? 0.005f : 0.02f); /* -40 ... 40 */
    for (size_t v = 0; v < num_versions(); v++) {
        pali_compute *compute = compute_with(v, 1);
        run_one(compute, x, N, (pali_linear){&w, NULL, y, PALI_GELU});
        pali_compute_free(&compute);
        for (size_t i = 0; i < N; i++) {
            double expected = gelu((double)x[i]);
            REQUIRE(fabs((double)y[i] - expected) <=
                        4e-7 * fabs(expected) +
                            2e-7 * fabs((double)x[i]) * exp(-fabs((double)x[i])) + 1e-30,
                    "%s: gelu(%.9g) is %.9g, not %.9g", version_name(v), (double)x[i], (double)y[i],
                    expected);
        }
    }
}

static void a_nan_stays_in_its_row(void) {
    enum { N = 14, OUT = 40, IN = 100, SPOILT = 5 };
    for (size_t f = 0; f < 5; f++) {
        known_matrix w = make_matrix(weight_formats[f], OUT, IN, RANDOM);
        float *x = make_activations(N, IN, RANDOM);
        for (size_t v = 0; v < num_versions(); v++) {
            float *clean = guarded_floats(N * OUT, 0.0f), *y = guarded_floats(N * OUT, 0.0f);
            float kept = x[SPOILT * IN + 33];
            pali_compute *compute = compute_with(v, 1);
            run_one(compute, x, N, (pali_linear){.weight = &w.matrix, .y = clean});
            x[SPOILT * IN + 33] = NAN;
            run_one(compute, x, N, (pali_linear){.weight = &w.matrix, .y = y});
            x[SPOILT * IN + 33] = kept;
            pali_compute_free(&compute);
            for (size_t i = 0; i < N * OUT; i++)
                REQUIRE(i / OUT == SPOILT ? isnan(y[i]) : y[i] == clean[i],
                        "%s %s: row %zu, output %zu: %g", version_name(v),
                        format_name(weight_formats[f]), i / OUT, i % OUT, (double)y[i]);
        }
        release_guarded();
    }
}

int main(void) {
    static const claim claims[] = {
        CLAIM(every_count_of_rows_is_multiplied),
        CLAIM(every_count_of_outputs_is_multiplied),
        CLAIM(every_count_of_inputs_is_multiplied),
        CLAIM(several_tasks_and_blocks_are_multiplied),
        CLAIM(extreme_numbers_are_multiplied),
        CLAIM(sums_over_36864_inputs_do_not_overflow),
        CLAIM(results_are_the_same_on_any_number_of_threads),
        CLAIM(rows_do_not_depend_on_their_neighbours),
        CLAIM(a_product_of_a_group_equals_the_product_alone),
        CLAIM(bias_residual_and_gelu_are_applied_once),
        CLAIM(gated_products_multiply_up_by_gelu_of_gate),
        CLAIM(gelu_is_precise_everywhere),
        CLAIM(a_nan_stays_in_its_row),
    };
    return run_claims(claims, sizeof claims / sizeof *claims);
}
