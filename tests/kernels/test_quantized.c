/* Claims about INT8 and INT4: what quantising costs, and what LLM.int8 (Dettmers et al. 2022)
 * promises about activations of 6 and more. */
#include "claims.h"
#include "kernels/weights.h"
#include "products_reference.h"

#include <math.h>
#include <string.h>

static const pali_weights quantised[2] = {PALI_WEIGHTS_INT8, PALI_WEIGHTS_INT4};

static float *product_of(size_t version, int threads, const float *x, size_t n,
                         const pali_matrix *w) {
    float *y = guarded(n * w->rows * sizeof *y, 4);
    pali_linear product = {.weight = w, .y = y};
    pali_compute *compute = compute_with(version, threads);
    REQUIRE(pali_linear_run(compute, x, n, &product, 1, NULL) == PALI_OK, "out of memory");
    pali_compute_free(&compute);
    return y;
}

static double *as_doubles(const float *x, size_t n) {
    double *out = guarded(n * sizeof *out, 8);
    for (size_t i = 0; i < n; i++)
        out[i] = (double)x[i];
    return out;
}

static pali_matrix quantise_with(size_t version, const pali_matrix *source, pali_weights format,
                                 int threads) {
    size_t bytes;
    REQUIRE(pali_matrix_size(format, source->rows, source->cols, &bytes), "no size");
    void *data = guarded(bytes, 64);
    pali_compute *compute = compute_with(version, threads);
    REQUIRE(pali_matrix_quantize(compute, source, format, data, NULL) == PALI_OK, "out of memory");
    pali_compute_free(&compute);
    return (pali_matrix){format, source->rows, source->cols, data};
}

static pali_matrix quantise(const pali_matrix *source, pali_weights format, int threads) {
    return quantise_with(0, source, format, threads);
}

/* ---- activations ---- */

/* Half a step for each input that is below 6, nothing for the others: however large they are. */
static void activations_lose_half_a_step_and_large_ones_nothing(void) {
    enum { N = 15, OUT = 37, IN = 203 };
    for (size_t f = 0; f < 2; f++) {
        known_matrix w = make_matrix(quantised[f], OUT, IN, RANDOM);
        float *x = make_activations(N, IN, OUTLIERS);
        exact_product exact = multiply(as_doubles(x, N * IN), N, IN, &w);
        for (size_t v = 0; v < num_versions(); v++) {
            float *y = product_of(v, 1, x, N, &w.matrix);
            for (size_t i = 0; i < N * OUT; i++) {
                double lost = 0.0; /* largest below 6: under 3 */
                for (size_t k = 0; k < IN; k++)
                    if (fabsf(x[i / OUT * IN + k]) < 6.0f)
                        lost += fabs(w.values[i % OUT * IN + k]) * 3.0 / 127.0 / 2.0;
                lost += rounding_budget(quantised[f], IN) * exact.magnitudes[i];
                REQUIRE(fabs((double)y[i] - exact.y[i]) <= lost, "%s %s: %g, not %g +- %g",
                        version_name(v), format_name(quantised[f]), (double)y[i], exact.y[i], lost);
            }
        }
        release_guarded();
    }
}

/* The same row with and without 10,000 in one place differs by 10,000 times a weight, although the
 * rest of the row is of the size of 0.01. */
static void an_outlier_does_not_coarsen_its_row(void) {
    enum { OUT = 37, IN = 131, PLACE = 77 };
    for (size_t f = 0; f < 2; f++) {
        known_matrix w = make_matrix(quantised[f], OUT, IN, RANDOM);
        float *x = make_activations(1, IN, RANDOM);
        for (size_t k = 0; k < IN; k++)
            x[k] *= 0.003f;
        x[PLACE] = 0.0f;
        for (size_t v = 0; v < num_versions(); v++) {
            float *without = product_of(v, 1, x, 1, &w.matrix);
            x[PLACE] = 10000.0f;
            float *with = product_of(v, 1, x, 1, &w.matrix);
            x[PLACE] = 0.0f;
            for (size_t o = 0; o < OUT; o++) {
                double expected = (double)without[o] + 10000.0 * w.values[o * IN + PLACE];
                REQUIRE(fabs((double)with[o] - expected) <= 3e-7 * fabs(expected),
                        "%s %s output %zu: %.9g, not %.9g", version_name(v),
                        format_name(quantised[f]), o, (double)with[o], expected);
            }
        }
        release_guarded();
    }
}

/* 6 is an outlier, the number before it is not: it sets the step. */
static void six_is_the_first_outlier(void) {
    enum { OUT = 16, IN = 32 };
    float below = nextafterf(6.0f, 0.0f);
    for (size_t f = 0; f < 2; f++) {
        known_matrix w = make_matrix(quantised[f], OUT, IN, RANDOM);
        float *x = make_activations(1, IN, ZEROS);
        for (size_t v = 0; v < num_versions(); v++)
            for (int sign = -1; sign <= 1; sign += 2) {
                x[3] = 0.02f; /* less than half a step of 6 / 127 */
                x[20] = (float)sign * below;
                float *coarse = product_of(v, 1, x, 1, &w.matrix);
                x[20] = (float)sign * 6.0f;
                float *fine = product_of(v, 1, x, 1, &w.matrix);
                for (size_t o = 0; o < OUT; o++) {
                    double large = sign * 6.0 * w.values[o * IN + 20];
                    double small = (double)0.02f * w.values[o * IN + 3];
                    REQUIRE(fabs((double)coarse[o] - large) <= 5e-6, "%s %s: %.9g, not %.9g",
                            version_name(v), format_name(quantised[f]), (double)coarse[o], large);
                    REQUIRE(fabs((double)fine[o] - large - small) <= 5e-6, "%s %s: %.9g, not %.9g",
                            version_name(v), format_name(quantised[f]), (double)fine[o],
                            large + small);
                }
            }
        release_guarded();
    }
}

/* Their steps would be denormal or their reciprocals infinite. */
static void tiny_activations_give_tiny_results(void) {
    enum { N = 3, OUT = 20, IN = 4096 };
    static const float sizes[] = {1e-45f, 1e-41f, 1.2e-38f, 3.6e-37f, 3.8e-37f, 1e-36f};
    for (size_t f = 0; f < 2; f++) {
        known_matrix w = make_matrix(quantised[f], OUT, IN, LARGEST);
        float *x = guarded(N * IN * sizeof *x, 4);
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            for (size_t i = 0; i < N * IN; i++)
                x[i] = i % 3 == 0 ? 0.0f : sizes[s];
            for (size_t v = 0; v < num_versions(); v++) {
                float *y = product_of(v, 1, x, N, &w.matrix);
                for (size_t i = 0; i < N * OUT; i++)
                    REQUIRE(fabsf(y[i]) <= 2.0f * IN * sizes[s], "%s %s: %g from %g",
                            version_name(v), format_name(quantised[f]), (double)y[i],
                            (double)sizes[s]);
            }
        }
        release_guarded();
    }
}

/* Sums are of whole numbers, and those of outliers have an order. */
static void results_have_the_same_bits_in_every_version(void) {
    enum { OUT = 101, IN = 333 };
    static const size_t counts[] = {1, 5, 29};
    for (size_t f = 0; f < 2; f++)
        for (pattern p = RANDOM; p < OUTLIERS; p++) {
            known_matrix w = make_matrix(quantised[f], OUT, IN, p);
            for (pattern a = RANDOM; a <= OUTLIERS; a++)
                for (size_t c = 0; c < 3; c++) {
                    size_t n = counts[c];
                    float *x = make_activations(n, IN, a);
                    float *plain = product_of(0, 1, x, n, &w.matrix);
                    for (size_t v = 1; v < num_versions(); v++)
                        REQUIRE(memcmp(product_of(v, 1, x, n, &w.matrix), plain,
                                       n * OUT * sizeof *plain) == 0,
                                "%s %s, %zu rows, patterns %d %d", version_name(v),
                                format_name(quantised[f]), n, a, p);
                }
            release_guarded();
        }
}

/* ---- weights ---- */

static void int8_weights_are_within_half_a_step_of_their_row(void) {
    for (size_t rows = 1; rows <= 34; rows++)
        for (size_t cols = 1; cols <= 70; cols += rows % 3 + 1) {
            known_matrix source = make_matrix(PALI_WEIGHTS_F32, rows, cols, RANDOM);
            pali_matrix w = quantise(&source.matrix, PALI_WEIGHTS_INT8, 1);
            float *row = guarded(cols * sizeof *row, 4);
            for (size_t r = 0; r < rows; r++) {
                double largest = 0.0;
                for (size_t c = 0; c < cols; c++)
                    largest = fmax(largest, fabs(source.values[r * cols + c]));
                pali_matrix_row(&w, r, row);
                for (size_t c = 0; c < cols; c++)
                    REQUIRE(fabs((double)row[c] - source.values[r * cols + c]) <=
                                largest / 127.0 * 0.50001,
                            "[%zu, %zu] at %zu, %zu: %g", rows, cols, r, c, (double)row[c]);
            }
            release_guarded();
        }
}

/* ---- against NF4 (Dettmers et al. 2023), which takes 4.5 bits a weight ---- */

static double nf4_error(const double *w, size_t n) {
    static const double values[16] = {
        -1.0,
        -0.6961928009986877,
        -0.5250730514526367,
        -0.39491748809814453,
        -0.28444138169288635,
        -0.18477343022823334,
        -0.09105003625154495,
        0.0,
        0.07958029955625534,
        0.16093020141124725,
        0.24611230194568634,
        0.33791524171829224,
        0.44070982933044434,
        0.5626170039176941,
        0.7229568362236023,
        1.0,
    };
    double error = 0.0;
    for (size_t block = 0; block < n; block += 64) {
        double largest = 0.0;
        for (size_t i = block; i < block + 64; i++)
            largest = fmax(largest, fabs(w[i]));
        for (size_t i = block; i < block + 64; i++) {
            double nearest = INFINITY;
            for (int c = 0; c < 16; c++)
                nearest = fmin(nearest, fabs(w[i] - values[c] * largest));
            error += nearest * nearest;
        }
    }
    return error;
}

/* Numbers with the tails of trained weights: none, some, many. */
static double drawn(int distribution) {
    double u = 0.5 * (double)random_float(), normal = 0.0;
    for (int i = 0; i < 12; i++)
        normal += 0.5 * (double)random_float();
    switch (distribution) {
    case 0: /* normal */
        return normal;
    case 1: /* Laplace */
        return copysign(log(fmax(1.0 - 2.0 * fabs(u), 1e-9)), u);
    default: /* a mixture: one in fifty is eight times as large */
        return fabs(u) < 0.01 ? 8.0 * normal : normal;
    }
}

static void int4_loses_less_than_nf4(void) {
    enum { ROWS = 32, COLS = 1152 };
    for (int distribution = 0; distribution < 3; distribution++) {
        float *values = guarded(ROWS * COLS * sizeof *values, 4);
        for (size_t i = 0; i < ROWS * COLS; i++)
            values[i] = (float)drawn(distribution);
        double *exact = as_doubles(values, ROWS * COLS);
        pali_matrix source = {PALI_WEIGHTS_F32, ROWS, COLS, values};
        pali_matrix w = quantise(&source, PALI_WEIGHTS_INT4, 1);
        float row[COLS];
        double error = 0.0;
        for (size_t r = 0; r < ROWS; r++) {
            pali_matrix_row(&w, r, row);
            for (size_t c = 0; c < COLS; c++)
                error += pow(exact[r * COLS + c] - (double)row[c], 2);
        }
        double nf4 = nf4_error(exact, ROWS * COLS);
        REQUIRE(sqrt(error) < 0.9 * sqrt(nf4), "distribution %d: %g, NF4 %g", distribution,
                sqrt(error), sqrt(nf4));
        release_guarded();
    }
}

/* A matrix of 17 x 35 and one of 16 x 64 with the same numbers, the rest zero, lose the same. */
static void padding_does_not_change_int4(void) {
    known_matrix source = make_matrix(PALI_WEIGHTS_F32, 17, 35, RANDOM);
    float *padded = guarded(32 * 64 * sizeof *padded, 4), a[35], b[64];
    for (size_t i = 0; i < 32 * 64; i++)
        padded[i] = i / 64 < 17 && i % 64 < 35 ? (float)source.values[i / 64 * 35 + i % 64] : 0.0f;
    pali_matrix larger = {PALI_WEIGHTS_F32, 32, 64, padded};
    pali_matrix w = quantise(&source.matrix, PALI_WEIGHTS_INT4, 1);
    pali_matrix v = quantise(&larger, PALI_WEIGHTS_INT4, 1);
    for (size_t r = 0; r < 17; r++) {
        pali_matrix_row(&w, r, a);
        pali_matrix_row(&v, r, b);
        REQUIRE(memcmp(a, b, sizeof a) == 0, "row %zu", r);
    }
}

/* Neither infinities nor NaN are numbers that a scale could serve: they become zero, and what else
 * is in their row is quantised as ever. */
static void what_is_not_finite_becomes_zero(void) {
    const float odd[] = {NAN, INFINITY, -INFINITY};
    for (size_t f = 0; f < 2; f++)
        for (size_t o = 0; o < 3; o++) {
            float values[2][40], row[40], clean[40];
            for (size_t i = 0; i < 40; i++)
                values[0][i] = values[1][i] = (float)i - 20.0f;
            values[0][33] = odd[o];
            values[1][33] = 0.0f;
            pali_matrix source = {PALI_WEIGHTS_F32, 2, 40, values};
            pali_matrix w = quantise(&source, quantised[f], 1);
            pali_matrix_row(&w, 0, row);
            pali_matrix_row(&w, 1, clean);
            REQUIRE(memcmp(row, clean, sizeof row) == 0, "%s, %g", format_name(quantised[f]),
                    (double)odd[o]);
        }
}

static void constant_and_empty_rows_are_quantised_exactly(void) {
    static const pattern patterns[] = {ZEROS, LARGEST, SMALLEST, ALTERNATING, DENORMALS};
    for (size_t f = 0; f < 2; f++)
        for (size_t p = 0; p < 5; p++) {
            known_matrix source = make_matrix(PALI_WEIGHTS_F32, 18, 45, patterns[p]);
            pali_matrix w = quantise(&source.matrix, quantised[f], 1);
            float row[45];
            double share = 2e-7; /* the rounding of the row's scale */
            for (size_t r = 0; r < 18; r++) {
                pali_matrix_row(&w, r, row);
                for (size_t c = 0; c < 45; c++) {
                    double exact = source.values[r * 45 + c];
                    REQUIRE(fabs((double)row[c] - exact) <= share * fabs(exact) + 0x1p-120,
                            "%s, pattern %d: %g, not %g", format_name(quantised[f]), patterns[p],
                            (double)row[c], exact);
                }
            }
            release_guarded();
        }
}

static void the_source_may_have_any_plain_format(void) {
    enum { ROWS = 35, COLS = 77 };
    for (size_t f = 1; f < 3; f++) { /* F16, BF16: the same values as F32 */
        known_matrix source = make_matrix(weight_formats[f], ROWS, COLS, RANDOM);
        float *wide = guarded(ROWS * COLS * sizeof *wide, 4);
        for (size_t i = 0; i < ROWS * COLS; i++)
            wide[i] = (float)source.values[i];
        pali_matrix same = {PALI_WEIGHTS_F32, ROWS, COLS, wide};
        for (size_t q = 0; q < 2; q++) {
            size_t bytes;
            REQUIRE(pali_matrix_size(quantised[q], ROWS, COLS, &bytes), "no size");
            pali_matrix a = quantise(&source.matrix, quantised[q], 1);
            pali_matrix b = quantise(&same, quantised[q], 1);
            REQUIRE(memcmp(a.data, b.data, bytes) == 0, "%s from %s", format_name(quantised[q]),
                    format_name(weight_formats[f]));
        }
        release_guarded();
    }
}

static void conversion_is_the_same_on_any_number_of_threads(void) {
    static const pali_weights formats[] = {PALI_WEIGHTS_F32, PALI_WEIGHTS_F16, PALI_WEIGHTS_BF16,
                                           PALI_WEIGHTS_INT8, PALI_WEIGHTS_INT4};
    known_matrix source = make_matrix(PALI_WEIGHTS_F32, 203, 70, RANDOM);
    for (size_t f = 0; f < 5; f++) {
        size_t bytes;
        REQUIRE(pali_matrix_size(formats[f], 203, 70, &bytes), "no size");
        pali_matrix alone = quantise(&source.matrix, formats[f], 1);
        for (int threads = 2; threads <= 8; threads++) {
            pali_matrix shared = quantise(&source.matrix, formats[f], threads);
            REQUIRE(memcmp(alone.data, shared.data, bytes) == 0, "%s, %d threads",
                    format_name(formats[f]), threads);
        }
    }
}

/* Blocks that are whole and not, and more panels than one. */
static void quantising_gives_the_same_bits_in_every_version(void) {
    static const pattern patterns[] = {RANDOM, ZEROS, LARGEST, SMALLEST, DENORMALS, OUTLIERS};
    enum { OUT = 37, IN = 333 };
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
        size_t bytes;
        known_matrix source = make_matrix(PALI_WEIGHTS_F32, OUT, IN, patterns[p]);
        REQUIRE(pali_matrix_size(PALI_WEIGHTS_INT4, OUT, IN, &bytes), "no size");
        pali_matrix plain = quantise(&source.matrix, PALI_WEIGHTS_INT4, 1);
        for (size_t v = 1; v < num_versions(); v++) {
            pali_matrix w = quantise_with(v, &source.matrix, PALI_WEIGHTS_INT4, 1);
            REQUIRE(memcmp(plain.data, w.data, bytes) == 0, "%s, pattern %d", version_name(v),
                    (int)patterns[p]);
        }
        release_guarded();
    }
}

/* A row whose unit is 1, since it reaches to 121: whole numbers are exact, and a half is as near to both neighbours. */
static void halfway_int4_takes_the_lower(void) {
    enum { IN = 32 };
    static const float small[] = {0.5f, -0.5f, 1.5f, 2.5f, -1.5f, 1.0f, 2.0f, 3.0f, -3.0f, -11.0f};
    static const float stored[] = {0.0f, -1.0f, 1.0f, 2.0f, -2.0f, 1.0f, 2.0f, 3.0f, -3.0f, -11.0f};
    float row[IN] = {0};
    memcpy(row, small, sizeof small);
    row[PALI_INT4_GROUP] = 121.0f;
    pali_matrix source = {PALI_WEIGHTS_F32, 1, IN, row};
    for (size_t v = 0; v < num_versions(); v++) {
        pali_matrix w = quantise_with(v, &source, PALI_WEIGHTS_INT4, 1);
        float found[IN];
        pali_matrix_row(&w, 0, found);
        for (size_t i = 0; i < sizeof small / sizeof *small; i++)
            REQUIRE(found[i] == stored[i], "%s: %g for %g", version_name(v), (double)found[i],
                    (double)small[i]);
    }
    release_guarded();
}

static void plain_conversion_rounds_to_nearest(void) {
    known_matrix source = make_matrix(PALI_WEIGHTS_F32, 33, 70, RANDOM);
    static const double steps[] = {0.0, 0x1p-11, 0x1p-8}; /* half a unit in the last place of 1 */
    for (size_t f = 0; f < 3; f++) {
        pali_matrix w = quantise(&source.matrix, weight_formats[f], 2);
        float row[70];
        for (size_t r = 0; r < 33; r++) {
            pali_matrix_row(&w, r, row);
            for (size_t c = 0; c < 70; c++) {
                double exact = source.values[r * 70 + c];
                REQUIRE(fabs((double)row[c] - exact) <= steps[f] * fabs(exact), "%s: %g, not %g",
                        format_name(weight_formats[f]), (double)row[c], exact);
            }
        }
    }
}

static void sizes_that_overflow_are_refused(void) {
    size_t bytes;
    for (size_t f = 0; f < 5; f++) {
        REQUIRE(!pali_matrix_size(weight_formats[f], SIZE_MAX / 4, 8, &bytes), "too many rows");
        REQUIRE(!pali_matrix_size(weight_formats[f], 8, SIZE_MAX - 5, &bytes), "too many columns");
        REQUIRE(!pali_matrix_size(weight_formats[f], (size_t)1 << 40, (size_t)1 << 40, &bytes),
                "the product");
        REQUIRE(pali_matrix_size(weight_formats[f], 1000, 1000, &bytes), "a common size");
    }
    REQUIRE(!pali_matrix_size(PALI_WEIGHTS_AUTO, 8, 8, &bytes), "no format");
}

/* Cancelled before the rows were looked at, a product must not go by what an earlier one left of
 * outliers. */
static void a_cancelled_product_says_so(void) {
    enum { N = 15, OUT = 37, IN = 203 };
    for (size_t f = 0; f < 2; f++) {
        known_matrix w = make_matrix(quantised[f], OUT, IN, RANDOM);
        float *x = make_activations(N, IN, OUTLIERS);
        float *y = guarded(N * OUT * sizeof *y, 4);
        pali_linear product = {.weight = &w.matrix, .y = y};
        pali_compute *compute = compute_with(0, 2);
        REQUIRE(pali_linear_run(compute, x, N, &product, 1, NULL) == PALI_OK, "out of memory");
        pali_pool_cancel(pali_compute_pool(compute), true);
        REQUIRE(pali_linear_run(compute, x, N, &product, 1, NULL) == PALI_ERROR_CANCELLED,
                "%s: not cancelled", format_name(quantised[f]));
        pali_compute_free(&compute);
        release_guarded();
    }
}

int main(void) {
    static const claim claims[] = {
        CLAIM(activations_lose_half_a_step_and_large_ones_nothing),
        CLAIM(an_outlier_does_not_coarsen_its_row),
        CLAIM(six_is_the_first_outlier),
        CLAIM(tiny_activations_give_tiny_results),
        CLAIM(results_have_the_same_bits_in_every_version),
        CLAIM(int8_weights_are_within_half_a_step_of_their_row),
        CLAIM(int4_loses_less_than_nf4),
        CLAIM(padding_does_not_change_int4),
        CLAIM(what_is_not_finite_becomes_zero),
        CLAIM(constant_and_empty_rows_are_quantised_exactly),
        CLAIM(the_source_may_have_any_plain_format),
        CLAIM(conversion_is_the_same_on_any_number_of_threads),
        CLAIM(quantising_gives_the_same_bits_in_every_version),
        CLAIM(halfway_int4_takes_the_lower),
        CLAIM(plain_conversion_rounds_to_nearest),
        CLAIM(sizes_that_overflow_are_refused),
        CLAIM(a_cancelled_product_says_so),
    };
    return run_claims(claims, sizeof claims / sizeof *claims);
}
