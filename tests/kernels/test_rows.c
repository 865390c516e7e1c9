/* Claims about norms, rotations, soft-caps and the choice of a token, in every version that this
 * machine can run: against the same in double. Arrays end at a page that cannot be touched. */
#include "claims.h"
#include "versions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Widths with every tail of a vector of 16, 8 and 4, and those of the models. */
static const size_t widths[] = {1,  2,  3,  4,  5,  7,  8,  9,   12,  15,   16,   17,  23,
                                24, 31, 32, 33, 48, 63, 72, 100, 256, 1152, 2304, 4609};
enum { NUM_WIDTHS = sizeof widths / sizeof *widths, ROWS = 5 };

static float *random_floats(size_t n, float scale) {
    float *x = guarded(n * sizeof *x, 4);
    for (size_t i = 0; i < n; i++)
        x[i] = random_float() * scale;
    return x;
}

static float *copy_of(const float *x, size_t n) {
    float *y = guarded(n * sizeof *y, 4);
    memcpy(y, x, n * sizeof *y);
    return y;
}

/* Calls `check` for every version and width, with memory given back in between. */
static void for_all(void (*check)(size_t version, pali_compute *compute, size_t width)) {
    for (size_t v = 0; v < num_versions(); v++) {
        pali_compute *compute = compute_with(v, 2);
        for (size_t w = 0; w < NUM_WIDTHS; w++) {
            check(v, compute, widths[w]);
            release_guarded();
        }
        pali_compute_free(&compute);
    }
}

static void require_near(const char *what, size_t version, size_t width, size_t i, float y,
                         double expected, double budget) {
    REQUIRE(fabs((double)y - expected) <= budget, "%s: %s of width %zu, value %zu: %.9g, not %.9g",
            version_name(version), what, width, i, (double)y, expected);
}

/* ---- norms ---- */

static void check_layer_norm(size_t version, pali_compute *compute, size_t width) {
    float *x = random_floats(ROWS * width, 3.0f), *y = copy_of(x, ROWS * width);
    float *weight = random_floats(width, 2.0f), *bias = random_floats(width, 2.0f);
    for (size_t i = 0; i < ROWS * width; i++)
        x[i] += 7.0f; /* a mean to be taken away */
    pali_layer_norm(compute, x, ROWS, width, weight, bias, 1e-6f, y);
    for (size_t r = 0; r < ROWS; r++) {
        double mean = 0.0, variance = 0.0;
        for (size_t i = 0; i < width; i++)
            mean += (double)x[r * width + i] / (double)width;
        for (size_t i = 0; i < width; i++)
            variance += pow((double)x[r * width + i] - mean, 2.0) / (double)width;
        double factor = 1.0 / sqrt(variance + 1e-6);
        for (size_t i = 0; i < width; i++) {
            double normal = ((double)x[r * width + i] - mean) * factor;
            double budget = 2e-6 * (10.0 * factor + fabs(normal)) * fabs((double)weight[i]) + 1e-6;
            require_near("layer norm", version, width, i, y[r * width + i],
                         normal * (double)weight[i] + (double)bias[i], budget);
        }
    }
}

static void layer_norm_has_mean_0_and_variance_1(void) {
    for_all(check_layer_norm);
}

static void check_rms_norm(size_t version, pali_compute *compute, size_t width) {
    float *x = random_floats(ROWS * width, 3.0f), *y = copy_of(x, ROWS * width);
    float *weight = random_floats(width, 2.0f), *residual = random_floats(ROWS * width, 1.0f);
    float *sum = copy_of(residual, ROWS * width);
    pali_rms_norm(compute, x, ROWS, width, weight, 1e-6f, y);
    pali_rms_norm_add(compute, x, ROWS, width, weight, 1e-6f, sum);
    for (size_t r = 0; r < ROWS; r++) {
        double squares = 0.0;
        for (size_t i = 0; i < width; i++)
            squares += pow((double)x[r * width + i], 2.0) / (double)width;
        for (size_t i = 0; i < width; i++) {
            size_t at = r * width + i;
            double expected = (double)x[at] / sqrt(squares + 1e-6) * (1.0 + (double)weight[i]);
            double budget = 3e-6 * fabs(expected) + 1e-9;
            require_near("RMS norm", version, width, i, y[at], expected, budget);
            require_near("RMS norm onto a residual", version, width, i, sum[at],
                         (double)residual[at] + expected, budget + 1e-6);
        }
    }
    float *in_place = copy_of(x, ROWS * width);
    pali_rms_norm(compute, in_place, ROWS, width, weight, 1e-6f, in_place);
    REQUIRE(memcmp(in_place, y, ROWS * width * sizeof *y) == 0, "%s: in place, width %zu",
            version_name(version), width);
}

static void rms_norm_multiplies_by_one_plus_weight(void) {
    for_all(check_rms_norm);
}

static void check_sums(size_t version, pali_compute *compute, size_t width) {
    float *x = random_floats(width, 3.0f), *y = random_floats(width, 3.0f);
    float *sum = copy_of(y, width), *scaled = copy_of(x, width);
    pali_add(compute, x, width, sum);
    pali_scale(compute, 1.7f, width, scaled);
    for (size_t i = 0; i < width; i++)
        REQUIRE(sum[i] == x[i] + y[i] && scaled[i] == x[i] * 1.7f, "%s: width %zu, value %zu",
                version_name(version), width, i);
}

static void sums_and_scales_are_exact(void) {
    for_all(check_sums);
}

/* ---- rotation ---- */

static void check_rope(size_t version, pali_compute *compute, size_t half) {
    enum { HEADS = 3, FIRST = 1000 };
    size_t head_dim = 2 * half;
    float *x = random_floats(ROWS * HEADS * head_dim, 2.0f);
    float *y = copy_of(x, ROWS * HEADS * head_dim);
    float *cosines = random_floats(ROWS * half, 0.0f), *sines = random_floats(ROWS * half, 0.0f);
    pali_rope_table(FIRST, ROWS, head_dim, 10000.0f, cosines, sines);
    pali_rope(compute, y, ROWS, HEADS, head_dim, cosines, sines);
    for (size_t t = 0; t < ROWS; t++)
        for (size_t h = 0; h < HEADS; h++)
            for (size_t i = 0; i < half; i++) {
                const float *a = x + (t * HEADS + h) * head_dim + i;
                const float *to = y + (t * HEADS + h) * head_dim + i;
                double angle =
                    (double)(FIRST + t) * pow(10000.0, -2.0 * (double)i / (double)head_dim);
                double budget = 5e-4; /* of angles around 1000 in f32 */
                require_near("rotation", version, head_dim, i, to[0],
                             (double)a[0] * cos(angle) - (double)a[half] * sin(angle), budget);
                require_near("rotation", version, head_dim, i + half, to[half],
                             (double)a[half] * cos(angle) + (double)a[0] * sin(angle), budget);
            }
}

static void rope_turns_a_component_with_the_one_half_a_head_away(void) {
    for_all(check_rope);
}

/* ---- logits ---- */

static void check_softcap(size_t version, pali_compute *compute, size_t width) {
    float *x = random_floats(width, 1.0f);
    for (size_t i = 0; i < width; i++) /* from tiny to far beyond the cap */
        x[i] = x[i] * powf(10.0f, (float)(i % 9) - 4.0f);
    float *y = copy_of(x, width);
    pali_softcap(compute, 30.0f, width, y);
    for (size_t i = 0; i < width; i++) {
        double expected = 30.0 * tanh((double)x[i] / 30.0);
        require_near("soft-cap", version, width, i, y[i], expected, 2e-6 * fabs(expected) + 1e-12);
    }
}

static void softcap_is_precise_everywhere(void) {
    for_all(check_softcap);
}

static void check_best(size_t version, pali_compute *compute, const float *x, size_t width) {
    enum { K = 5 };
    pali_candidate best[K];
    size_t k = width < K ? width : K;
    pali_top_candidates(compute, x, width, k, best);
    double total = 0.0;
    for (size_t i = 0; i < width; i++)
        total += isnan(x[i]) ? 0.0 : exp((double)x[i]);
    for (size_t c = 0; c < k; c++) {
        size_t ahead = 0; /* of the chosen one: larger, or equal and earlier */
        float value = x[best[c].id];
        for (size_t i = 0; i < width; i++)
            ahead += x[i] > value || (x[i] == value && i < (size_t)best[c].id);
        REQUIRE(ahead == c, "%s: of %zu logits, number %d came out as place %zu, not %zu",
                version_name(version), width, best[c].id, c, ahead);
        require_near("log-probability", version, width, c, best[c].logprob,
                     (double)value - log(total), 2e-6 * fabs((double)value - log(total)) + 2e-6);
    }
}

static void check_equals(size_t version, pali_compute *compute, size_t width) {
    float *x = random_floats(width, 1.0f);
    for (size_t i = 0; i < width; i++)
        x[i] = floorf(x[i] * 8.0f);
    if (width > 20) {
        x[3] = NAN;
        x[width - 1] = -INFINITY;
    }
    check_best(version, compute, x, width);
}

static void the_best_come_first_and_the_earlier_of_equals(void) {
    for_all(check_equals);
}

/* As many as a model has, and around. */
static void the_best_may_stand_anywhere(void) {
    static const size_t sizes[] = {1023, 1024, 1025, 65536, 70001, 257216};
    for (size_t v = 0; v < num_versions(); v++)
        for (size_t w = 0; w < sizeof sizes / sizeof *sizes; w++) {
            pali_compute *compute = compute_with(v, 3);
            float *x = random_floats(sizes[w], 1.0f);
            for (size_t i = 0; i < 4; i++) /* the last place, and three others */
                x[i ? random_bits() % sizes[w] : sizes[w] - 1] = 2.0f + (float)(i % 3);
            check_best(v, compute, x, sizes[w]);
            pali_compute_free(&compute);
            release_guarded();
        }
}

static void any_number_of_threads_gives_the_same_bits(void) {
    enum { N = 100, WIDTH = 1153 };
    for (size_t v = 0; v < num_versions(); v++) {
        float *x = random_floats(N * WIDTH, 3.0f), *weight = random_floats(WIDTH, 1.0f);
        float *alone = copy_of(x, N * WIDTH), *y = copy_of(x, N * WIDTH);
        for (int threads = 1; threads <= 8; threads++) {
            pali_compute *compute = compute_with(v, threads);
            pali_rms_norm(compute, x, N, WIDTH, weight, 1e-6f, threads > 1 ? y : alone);
            pali_softcap(compute, 3.0f, N * WIDTH, threads > 1 ? y : alone);
            pali_compute_free(&compute);
            REQUIRE(threads == 1 || memcmp(y, alone, N * WIDTH * sizeof *y) == 0, "%s: %d threads",
                    version_name(v), threads);
        }
        release_guarded();
    }
}

int main(void) {
    static const claim claims[] = {
        CLAIM(layer_norm_has_mean_0_and_variance_1),
        CLAIM(rms_norm_multiplies_by_one_plus_weight),
        CLAIM(sums_and_scales_are_exact),
        CLAIM(rope_turns_a_component_with_the_one_half_a_head_away),
        CLAIM(softcap_is_precise_everywhere),
        CLAIM(the_best_come_first_and_the_earlier_of_equals),
        CLAIM(the_best_may_stand_anywhere),
        CLAIM(any_number_of_threads_gives_the_same_bits),
    };
    return run_claims(claims, sizeof claims / sizeof *claims);
}
