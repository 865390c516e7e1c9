/* Claims about drawing the next token. */
#include "model/sampling.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 6, DRAWS = 100000 };

static const float logits[N] = {1.0f, -INFINITY, 2.5f, NAN, 2.0f, -1.0f};

/* How often each entry is drawn. */
static void draw(float temperature, float top_p, int counts[N]) {
    pali_random random = pali_random_of(7, 0);
    int32_t order[N];
    memset(counts, 0, N * sizeof *counts);
    for (int i = 0; i < DRAWS; i++)
        counts[pali_sample(&random, logits, N, temperature, top_p, order)]++;
}

/* Within five standard deviations of the expected number. */
static void assert_share(int count, double probability) {
    double expected = probability * DRAWS;
    double deviation = sqrt(expected * (1.0 - probability));
    if (fabs(count - expected) > 5.0 * deviation + 0.5)
        fail_msg("drawn %d times, not %.0f", count, expected);
}

/* The entries are drawn with exp(logit / temperature), those of `kept` only. */
static void assert_shares(float temperature, float top_p, const bool kept[N]) {
    int counts[N];
    double total = 0.0;
    for (int i = 0; i < N; i++)
        total += kept[i] ? exp((double)logits[i] / (double)temperature) : 0.0;
    draw(temperature, top_p, counts);
    for (int i = 0; i < N; i++)
        assert_share(counts[i],
                     kept[i] ? exp((double)logits[i] / (double)temperature) / total : 0.0);
}

static void entries_are_drawn_in_proportion(void **state) {
    (void)state;
    static const bool finite[N] = {true, false, true, false, true, true};
    assert_shares(1.0f, 1.0f, finite);
    assert_shares(0.5f, 1.0f, finite);
    assert_shares(3.0f, 1.0f, finite);
}

/* Shares at temperature 1: 2.5 has 0.54, 2.0 has 0.33, 1.0 has 0.12, -1.0 has 0.02. */
static void top_p_keeps_the_fewest_that_reach_it(void **state) {
    (void)state;
    static const bool one[N] = {[2] = true}, two[N] = {[2] = true, [4] = true},
                      three[N] = {[0] = true, [2] = true, [4] = true};
    assert_shares(1.0f, 0.5f, one);
    assert_shares(1.0f, 0.6f, two);
    assert_shares(1.0f, 0.8f, two);
    assert_shares(1.0f, 0.9f, three);
}

static void a_low_temperature_is_greedy(void **state) {
    (void)state;
    int counts[N];
    draw(1e-4f, 1.0f, counts);
    assert_int_equal(counts[2], DRAWS);
}

static void a_seed_gives_one_sequence_and_requests_have_their_own(void **state) {
    (void)state;
    int32_t order[N];
    pali_random a = pali_random_of(7, 0), same = pali_random_of(7, 0), b = pali_random_of(8, 0),
                second = pali_random_of(7, 1);
    int other_seed = 0, other_request = 0, shifted = 0;
    for (int32_t i = 0, before = 0; i < 1000; i++) {
        int32_t id = pali_sample(&a, logits, N, 1.0f, 1.0f, order);
        assert_int_equal(pali_sample(&same, logits, N, 1.0f, 1.0f, order), id);
        other_seed += pali_sample(&b, logits, N, 1.0f, 1.0f, order) != id;
        shifted += before != id;
        before = pali_sample(&second, logits, N, 1.0f, 1.0f, order);
        other_request += before != id;
    }
    assert_in_range(other_seed, 400, 800); /* chance: 1 - 0.54^2 - 0.33^2 - ... = 0.59 */
    assert_in_range(other_request, 400, 800);
    assert_in_range(shifted, 400, 800);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_drawn_in_proportion),
        cmocka_unit_test(top_p_keeps_the_fewest_that_reach_it),
        cmocka_unit_test(a_low_temperature_is_greedy),
        cmocka_unit_test(a_seed_gives_one_sequence_and_requests_have_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
