/* Claims about attention in every version that this machine can run: against the plain formula in
 * double, over keys and values as they were stored. */
#include "claims.h"
#include "kernels/numbers.h"
#include "versions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct shape {
    size_t num_heads, num_kv_heads, head_dim;
    size_t num_keys, first, num_queries; /* queries at positions first, first + 1, ... */
    size_t prefix, window;
    float softcap;
    pali_weights format;
    bool may_round;
} shape;

/* Whether a version does round where it may. Bytes are read as they are. */
static bool rounds(size_t version, const shape *s) {
    const pali_kernels *kernels = version_kernels(version);
    return s->may_round && s->format != PALI_WEIGHTS_INT8 &&
           kernels->rounded_attention != kernels->attention && s->head_dim <= 256;
}

/* What attention reads: caches, and the same rows as plain arrays. */
typedef struct operands {
    pali_cache keys, values;
    float *k, *v, *q; /* [num_keys or num_queries, heads, head_dim] */
    float scale;
} operands;

static float *random_floats(size_t n, float scale) {
    float *x = guarded(n * sizeof *x, 4);
    for (size_t i = 0; i < n; i++)
        x[i] = random_float() * scale;
    return x;
}

static pali_cache make_cache(pali_compute *compute, const shape *s, pali_cache_kind kind,
                             const float *rows) {
    pali_cache cache = {kind,        s->format, s->num_kv_heads, pali_cache_capacity(s->num_keys),
                        s->head_dim, NULL};
    size_t bytes = 0, some = s->num_keys / 3;
    REQUIRE(pali_cache_size(&cache, &bytes), "the size overflows");
    cache.data = guarded(bytes, 64);
    memset(cache.data, 0xff, bytes); /* NaN, for what nobody may use */
    pali_cache_rows parts[] = {
        {&cache, 0, some, rows},
        {&cache, some, s->num_keys - some, rows + some * s->num_kv_heads * s->head_dim},
    };
    pali_cache_store(compute, parts, 2);
    return cache;
}

static void round_to_bf16(float *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        x[i] = pali_bf16_to_f32(pali_f32_to_bf16(x[i]));
}

/* Rows of `width` as bytes and a scale keep them. */
static void round_to_bytes(float *x, size_t rows, size_t width) {
    for (size_t r = 0; r < rows; r++, x += width) {
        float largest = 0.0f;
        for (size_t c = 0; c < width; c++)
            largest = fmaxf(largest, fabsf(x[c]));
        for (size_t c = 0; c < width; c++)
            x[c] = rintf(x[c] * (127.0f / largest)) * (largest / 127.0f);
    }
}

static operands make_operands(pali_compute *compute, const shape *s, float of_values) {
    size_t row = s->num_kv_heads * s->head_dim;
    operands o = {.scale = 1.0f / sqrtf((float)s->head_dim)};
    o.k = random_floats(s->num_keys * row, 2.0f);
    o.v = random_floats(s->num_keys * row, of_values);
    o.q = random_floats(s->num_queries * s->num_heads * s->head_dim, 3.0f);
    o.keys = make_cache(compute, s, PALI_KEYS, o.k);
    o.values = make_cache(compute, s, PALI_VALUES, o.v);
    if (s->format == PALI_WEIGHTS_BF16) {
        round_to_bf16(o.k, s->num_keys * row);
        round_to_bf16(o.v, s->num_keys * row);
    } else if (s->format == PALI_WEIGHTS_INT8) {
        round_to_bytes(o.k, s->num_keys * s->num_kv_heads, s->head_dim);
        round_to_bytes(o.v, s->num_keys * s->num_kv_heads, s->head_dim);
    }
    return o;
}

static pali_attention attention_of(const shape *s, const operands *o, float *out) {
    return (pali_attention){.q = o->q,
                            .num_queries = s->num_queries,
                            .num_heads = s->num_heads,
                            .first = s->first,
                            .keys = &o->keys,
                            .values = &o->values,
                            .num_keys = s->num_keys,
                            .scale = o->scale,
                            .softcap = s->softcap,
                            .prefix = s->prefix,
                            .window = s->window,
                            .may_round = s->may_round,
                            .out = out};
}

static bool sees(const shape *s, size_t i, size_t j) {
    bool in_window = s->window == 0 || i < s->prefix || j + s->window > i;
    return (j < s->prefix || j <= i) && in_window;
}

/* One query of one head, by the formula; returns the largest magnitude of what it adds up. */
static double by_formula(const shape *s, const operands *o, size_t query, size_t head,
                         double *out) {
    size_t kv_head = head / (s->num_heads / s->num_kv_heads), row = s->num_kv_heads * s->head_dim;
    const float *q = o->q + (query * s->num_heads + head) * s->head_dim;
    double sum = 0.0, magnitude = 0.0;
    memset(out, 0, s->head_dim * sizeof *out);
    for (size_t j = 0; j < s->num_keys; j++) {
        if (!sees(s, s->first + query, j))
            continue;
        const float *k = o->k + j * row + kv_head * s->head_dim;
        const float *v = o->v + j * row + kv_head * s->head_dim;
        double score = 0.0;
        for (size_t c = 0; c < s->head_dim; c++)
            score += (double)q[c] * (double)k[c] * (double)o->scale;
        if (s->softcap > 0.0f)
            score = (double)s->softcap * tanh(score / (double)s->softcap);
        double weight = exp(score);
        sum += weight;
        for (size_t c = 0; c < s->head_dim; c++) {
            out[c] += weight * (double)v[c];
            magnitude = fmax(magnitude, fabs((double)v[c]));
        }
    }
    for (size_t c = 0; c < s->head_dim; c++)
        out[c] /= sum;
    return magnitude;
}

static void check(shape s) {
    for (size_t v = 0; v < num_versions(); v++) {
        double budget = 3e-6 + 3e-8 * (double)s.head_dim, largest = 0.0; /* of a score's sum */
        if (s.format == PALI_WEIGHTS_INT8)
            budget =
                5e-4; /* of queries and weights in two bytes: in one 254 times as much is lost */
        pali_compute *compute = compute_with(v, 2);
        operands o = make_operands(compute, &s, 2.0f);
        size_t size = s.num_queries * s.num_heads * s.head_dim;
        if (rounds(v, &s)) {
            round_to_bf16(o.q, size);
            round_to_bf16(o.k, s.num_keys * s.num_kv_heads * s.head_dim);
            round_to_bf16(o.v, s.num_keys * s.num_kv_heads * s.head_dim);
        }
        float *out = guarded(size * sizeof *out, 4);
        double expected[512];
        pali_attention attention = attention_of(&s, &o, out);
        REQUIRE(pali_attention_run(compute, &attention, 1, NULL) == PALI_OK, "out of memory");
        for (size_t i = 0; i < size; i++) {
            size_t c = i % s.head_dim, head = i / s.head_dim % s.num_heads;
            size_t query = i / s.head_dim / s.num_heads;
            if (c == 0)
                largest = by_formula(&s, &o, query, head, expected);
            double of_weights = rounds(v, &s) ? 0x1p-8 * largest : 0.0;
            REQUIRE(fabs((double)out[i] - expected[c]) <= budget + of_weights,
                    "%s: %zu heads over %zu of %zu, %zu keys, query at %zu, prefix %zu, window %zu,"
                    " cap %g, head %zu, component %zu: %.9g, not %.9g",
                    version_name(v), s.num_heads, s.num_kv_heads, s.head_dim, s.num_keys,
                    s.first + query, s.prefix, s.window, (double)s.softcap, head, c, (double)out[i],
                    expected[c]);
        }
        pali_compute_free(&compute);
        release_guarded();
    }
}

static const pali_weights formats[] = {PALI_WEIGHTS_F32, PALI_WEIGHTS_BF16, PALI_WEIGHTS_INT8};
enum { NUM_FORMATS = sizeof formats / sizeof *formats };

/* As it is asked for, and where it may be rounded. */
static void check_both(shape s) {
    check(s);
    s.may_round = true;
    check(s);
}

static void every_width_of_a_head_is_attended(void) {
    for (size_t f = 0; f < NUM_FORMATS; f++)
        for (size_t head_dim = 1; head_dim <= 80; head_dim += head_dim < 36 ? 1 : 12)
            check_both((shape){6, 2, head_dim, 70, 0, 70, 70, 0, 0.0f, formats[f], false});
}

static void the_models_shapes_are_attended(void) {
    for (size_t f = 0; f < NUM_FORMATS; f++) {
        check_both((shape){8, 4, 256, 150, 0, 150, 150, 4096, 50.0f, formats[f],
                           false}); /* 3B, a prefix */
        check_both(
            (shape){8, 4, 256, 150, 149, 1, 140, 4096, 50.0f, formats[f], false}); /* one token */
        check_both((shape){32, 16, 128, 70, 66, 4, 60, 4096, 50.0f, formats[f], false}); /* 28B */
        check_both(
            (shape){8, 1, 256, 70, 60, 10, 60, 0, 0.0f, formats[f], false}); /* PaliGemma 1 */
        check_both(
            (shape){16, 16, 72, 100, 0, 100, 100, 0, 0.0f, formats[f], false}); /* the tower */
    }
}

static void every_count_of_keys_is_attended(void) {
    for (size_t f = 0; f < NUM_FORMATS; f++)
        for (size_t keys = 1; keys <= 140; keys++)
            for (size_t queries = 1; queries <= keys && queries <= 3; queries += 2)
                check_both((shape){4, 2, 12, keys, keys - queries, queries, 0, 0, 5.0f, formats[f],
                                   false});
}

static void a_prefix_is_seen_both_ways_and_an_answer_backwards(void) {
    for (size_t prefix = 0; prefix <= 70; prefix += 7)
        check_both((shape){4, 2, 12, 90, 0, 90, prefix, 0, 5.0f, PALI_WEIGHTS_F32, false});
}

static void a_window_limits_what_follows_the_prefix(void) {
    for (size_t window = 1; window <= 140; window += 3)
        check_both((shape){4, 2, 12, 200, 0, 200, 30, window, 5.0f, PALI_WEIGHTS_F32, false});
}

static void a_softcap_is_applied_to_scaled_scores(void) {
    static const float caps[] = {0.5f, 2.0f, 50.0f};
    for (size_t i = 0; i < 3; i++)
        check_both((shape){4, 2, 24, 80, 0, 80, 40, 0, caps[i], PALI_WEIGHTS_F32, false});
}

/* More rows than a block of any version has, and heads that are too wide for tiles. */
static void many_queries_and_wide_heads_are_attended(void) {
    for (size_t f = 0; f < NUM_FORMATS; f++) {
        check_both((shape){4, 2, 40, 300, 20, 280, 150, 90, 5.0f, formats[f], false});
        check_both((shape){2, 1, 272, 70, 60, 10, 60, 0, 0.0f, formats[f], false});
    }
}

/* Sequences of one call, any number of threads, and queries one at a time: always the same bits. */
static void check_company(size_t num_kv_heads, pali_weights format, bool may_round,
                          float of_values) {
    shape s = {6, num_kv_heads, 84, 130, 0, 130, 60, 30, 5.0f, format, may_round};
    size_t row = s.num_heads * s.head_dim, size = s.num_queries * row;
    for (size_t v = 0; v < num_versions(); v++) {
        pali_compute *one = compute_with(v, 1), *many = compute_with(v, 5);
        operands o = make_operands(one, &s, of_values);
        float *together = guarded(size * sizeof *together, 4), *y = guarded(size * sizeof *y, 4);
        pali_attention all = attention_of(&s, &o, together), each[130];
        REQUIRE(pali_attention_run(one, &all, 1, NULL) == PALI_OK, "out of memory");
        for (size_t i = 0; i < s.num_queries; i++) {
            each[i] = attention_of(&s, &o, y + i * row);
            each[i].q = o.q + i * row;
            each[i].first = i;
            each[i].num_queries = 1;
        }
        REQUIRE(pali_attention_run(many, each, s.num_queries, NULL) == PALI_OK, "out of memory");
        REQUIRE(memcmp(together, y, size * sizeof *y) == 0, "%s: alone and together differ",
                version_name(v));
        pali_compute_free(&one);
        pali_compute_free(&many);
        release_guarded();
    }
}

static void a_query_has_the_same_bits_in_any_company(void) {
    for (size_t f = 0; f < NUM_FORMATS; f++)
        for (size_t num_kv_heads = 1; num_kv_heads <= 6; num_kv_heads++)
            for (int may_round = 0; may_round < 2 && 6 % num_kv_heads == 0; may_round++)
                check_company(num_kv_heads, formats[f], may_round, 2.0f);
    check_company(3, PALI_WEIGHTS_F32, true, 0x1p-125f); /* products are denormal */
}

/* Not even bytes hide it. */
static void what_is_no_number_shows(void) {
    for (size_t f = 0; f < NUM_FORMATS; f++)
        for (size_t v = 0; v < num_versions(); v++) {
            shape s = {2, 2, 24, 70, 69, 1, 70, 0, 0.0f, formats[f], true};
            pali_compute *compute = compute_with(v, 1);
            operands o = make_operands(compute, &s, 2.0f);
            float *out = guarded(s.num_heads * s.head_dim * sizeof *out, 4);
            o.v[(66 * s.num_kv_heads + 1) * s.head_dim + 5] = NAN; /* of the second head */
            pali_cache_store(compute, &(pali_cache_rows){&o.values, 0, s.num_keys, o.v}, 1);
            pali_attention attention = attention_of(&s, &o, out);
            REQUIRE(pali_attention_run(compute, &attention, 1, NULL) == PALI_OK, "out of memory");
            REQUIRE(isnan(out[s.head_dim + 5]), "%s: %g", version_name(v),
                    (double)out[s.head_dim + 5]);
            REQUIRE(!isnan(out[5]), "%s: the first head has a number", version_name(v));
            pali_compute_free(&compute);
            release_guarded();
        }
}

int main(void) {
    static const claim claims[] = {
        CLAIM(every_width_of_a_head_is_attended),
        CLAIM(the_models_shapes_are_attended),
        CLAIM(every_count_of_keys_is_attended),
        CLAIM(a_prefix_is_seen_both_ways_and_an_answer_backwards),
        CLAIM(a_window_limits_what_follows_the_prefix),
        CLAIM(a_softcap_is_applied_to_scaled_scores),
        CLAIM(many_queries_and_wide_heads_are_attended),
        CLAIM(a_query_has_the_same_bits_in_any_company),
        CLAIM(what_is_no_number_shows),
    };
    return run_claims(claims, sizeof claims / sizeof *claims);
}
