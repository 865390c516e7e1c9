/* Choosing the next token from logits. */
#include "model/sampling.h"

#include <math.h>
#include <stdlib.h>

static uint64_t mixed(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* The index is mixed, since states a few steps apart would give one sequence, shifted. */
pali_random pali_random_of(uint64_t seed, size_t index) {
    return (pali_random){seed ^ mixed(index)};
}

/* Uniform in [0, 1). */
static double next_uniform(pali_random *random) {
    random->state += 0x9e3779b97f4a7c15u;
    return (double)(mixed(random->state) >> 11) * 0x1p-53;
}

/* Higher logit first, lower index first among equals; NaN last. */
static int by_logit(const void *left, const void *right, void *context) {
    const float *logits = context;
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    float x = isnan(logits[a]) ? -INFINITY : logits[a];
    float y = isnan(logits[b]) ? -INFINITY : logits[b];
    if (x != y)
        return x > y ? -1 : 1;
    return a < b ? -1 : a > b;
}

int32_t pali_sample(pali_random *random, const float *logits, size_t n, float temperature,
                    float top_p, int32_t *order) {
    for (size_t i = 0; i < n; i++)
        order[i] = (int32_t)i;
    qsort_r(order, n, sizeof *order, by_logit, (void *)(uintptr_t)logits);
    double best = logits[order[0]], total = 0.0, kept = 0.0;
    for (size_t i = 0; i < n && logits[order[i]] > -INFINITY; i++)
        total += exp((logits[order[i]] - best) / temperature);
    size_t count = 0;
    while (count < n && logits[order[count]] > -INFINITY && (count == 0 || kept < top_p * total))
        kept += exp((logits[order[count++]] - best) / temperature);
    double target = next_uniform(random) * kept, sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        sum += exp((logits[order[i]] - best) / temperature);
        if (target < sum)
            return order[i];
    }
    return order[count ? count - 1 : 0];
}
