/* Speed of the kernels: matrix products beside oneDNN's (where the library was found), products of
 * a few rows against the memory's bandwidth, attention. Everything is measured in turn, several
 * rounds, and the median of the rounds counts, since a shared machine drifts.
 *
 *     bench_kernels [THREADS] [ROUNDS] */
#include "kernels/cpu.h"
#include "kernels/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef HAVE_DNNL
#include <oneapi/dnnl/dnnl.h>
#endif

enum { MAX_ROUNDS = 31 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count / 2];
}

/* What a measurement needs lies as models do, on huge pages; it is given back at its end. */
static pali_arena memory = PALI_ARENA_INIT;

static void *reserve(size_t size) {
    void *piece = pali_arena_alloc(&memory, size, 1, "a measurement", NULL);
    if (!piece) {
        fprintf(stderr, "not enough memory\n");
        exit(1);
    }
    return piece;
}

static float uniform(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return (float)(*state >> 8) * 0x1p-23f - 1.0f;
}

static const char *format_name(pali_weights format) {
    static const char *const names[] = {"", "f32", "f16", "bf16", "int8", "int4"};
    return names[format];
}

/* A matrix of random numbers in a format: its first rows, over and over. */
static pali_matrix matrix_of(pali_compute *compute, pali_weights format, size_t rows, size_t cols) {
    enum { DISTINCT_ROWS = 256 };
    float *values = reserve(DISTINCT_ROWS * cols * sizeof *values);
    uint32_t state = 1;
    for (size_t i = 0; i < DISTINCT_ROWS * cols; i++)
        values[i] = 0.02f * uniform(&state);
    pali_matrix source = {PALI_WEIGHTS_F32, DISTINCT_ROWS, cols, values};
    size_t size, made;
    pali_matrix_size(format, rows, cols, &size);
    pali_matrix_size(format, DISTINCT_ROWS, cols, &made);
    char *data = reserve(size);
    pali_matrix_quantize(compute, &source, format, data, NULL);
    for (size_t i = made; i < size; i += made)
        memcpy(data + i, data, size - i < made ? size - i : made);
    return (pali_matrix){format, rows, cols, data};
}

/* ---- oneDNN ---- */

#ifdef HAVE_DNNL
/* Seconds of oneDNN's product of the same size; row-major C [m, n] = A [m, k] B [k, n]. */
static double dnnl_seconds(pali_weights format, dnnl_dim_t m, dnnl_dim_t n, dnnl_dim_t k, void *a,
                           void *b, void *c) {
    static int32_t offset;
    double start = now();
    if (format == PALI_WEIGHTS_F32)
        dnnl_sgemm('N', 'N', m, n, k, 1.0f, a, k, b, n, 0.0f, c, n);
    else if (format == PALI_WEIGHTS_INT8)
        dnnl_gemm_u8s8s32('N', 'N', 'F', m, n, k, 1.0f, a, k, 0, b, n, 0, 0.0f, c, n, &offset);
    else
        return 0.0;
    return now() - start;
}
#endif

/* bf16 has no plain call in oneDNN: a matmul primitive whose weights lie as it likes them. Processors without
 * AVX-512 have none: then `primitive` is NULL. */
#ifdef HAVE_DNNL
typedef struct dnnl_product {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t primitive;
    dnnl_memory_t memory[3];
} dnnl_product;

static dnnl_product dnnl_bf16_product(dnnl_dim_t m, dnnl_dim_t n, dnnl_dim_t k) {
    dnnl_product p = {0};
    dnnl_engine_create(&p.engine, dnnl_cpu, 0);
    dnnl_stream_create(&p.stream, p.engine, dnnl_stream_default_flags);
    dnnl_dims_t a = {m, k}, b = {k, n}, c = {m, n};
    dnnl_memory_desc_t md[3];
    dnnl_memory_desc_init_by_tag(&md[0], 2, a, dnnl_bf16, dnnl_ab);
    dnnl_memory_desc_init_by_tag(&md[1], 2, b, dnnl_bf16, dnnl_format_tag_any);
    dnnl_memory_desc_init_by_tag(&md[2], 2, c, dnnl_f32, dnnl_ab);
    dnnl_matmul_desc_t desc;
    dnnl_matmul_desc_init(&desc, &md[0], &md[1], NULL, &md[2]);
    dnnl_primitive_desc_t pd;
    if (dnnl_primitive_desc_create(&pd, &desc, NULL, p.engine, NULL) != dnnl_success)
        return p;
    dnnl_primitive_create(&p.primitive, pd);
    md[1] = *dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0);
    for (int i = 0; i < 3; i++) {
        size_t size = dnnl_memory_desc_get_size(&md[i]);
        void *data = reserve(size);
        memset(data, 0x3c, size);
        dnnl_memory_create(&p.memory[i], &md[i], p.engine, data);
    }
    dnnl_primitive_desc_destroy(pd);
    return p;
}

static double dnnl_bf16_seconds(const dnnl_product *p) {
    dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, p->memory[0]},
                              {DNNL_ARG_WEIGHTS, p->memory[1]},
                              {DNNL_ARG_DST, p->memory[2]}};
    double start = now();
    dnnl_primitive_execute(p->primitive, p->stream, 3, args);
    dnnl_stream_wait(p->stream);
    return now() - start;
}
#endif

/* ---- measurements ---- */

static void bench_product(pali_compute *compute, pali_weights format, size_t m, size_t k, size_t n,
                          int rounds) {
    pali_matrix weight = matrix_of(compute, format, n, k);
    float *x = reserve(m * k * sizeof *x), *y = reserve(m * n * sizeof *y);
    uint32_t state = 7;
    for (size_t i = 0; i < m * k; i++)
        x[i] = uniform(&state);
    pali_linear product = {&weight, NULL, y, PALI_STORE};
    double ours[MAX_ROUNDS], theirs[MAX_ROUNDS], peak[MAX_ROUNDS], shares[MAX_ROUNDS];
    double operations = 2.0 * (double)(m * k * n) * 1e-9;
    pali_linear_run(compute, x, m, &product, 1, NULL);
#ifdef HAVE_DNNL
    void *b = reserve(n * k * sizeof(float));
    memset(b, 0, n * k * sizeof(float));
    bool compared = format == PALI_WEIGHTS_F32 || format == PALI_WEIGHTS_INT8;
    dnnl_product bf16;
    if (format == PALI_WEIGHTS_BF16)
        bf16 = dnnl_bf16_product((dnnl_dim_t)m, (dnnl_dim_t)n, (dnnl_dim_t)k);
#endif
    for (int i = 0; i < rounds; i++) {
        double start = now();
        pali_linear_run(compute, x, m, &product, 1, NULL);
        ours[i] = now() - start;
        theirs[i] = 0.0;
#ifdef HAVE_DNNL
        if (compared)
            theirs[i] = dnnl_seconds(format, (dnnl_dim_t)m, (dnnl_dim_t)n, (dnnl_dim_t)k, x, b, y);
        else if (format == PALI_WEIGHTS_BF16 && bf16.primitive)
            theirs[i] = dnnl_bf16_seconds(&bf16);
#endif
        shares[i] = theirs[i] / ours[i];
        pali_measured best = pali_measure_peak(compute, format);
        peak[i] = best.amount / best.seconds * 1e-9;
    }
    printf("product %4zu x %5zu x %5zu  %-5s %7.1f Gop/s   peak %7.1f", m, k, n,
           format_name(format), operations / median(ours, rounds), median(peak, rounds));
    if (theirs[0] > 0.0)
        printf("   oneDNN %7.1f   ratio %.2f", operations / median(theirs, rounds),
               median(shares, rounds));
    printf("\n");
    pali_arena_free(&memory);
}

/* A few rows through a matrix that is far too large for any cache, and the same memory just read,
 * in turn. */
static void bench_rows(pali_compute *compute, pali_weights format, size_t m, int rounds) {
    size_t k = 2304, n = format == PALI_WEIGHTS_INT4 ? 1 << 20 : 1 << 19, size;
    pali_matrix weight = matrix_of(compute, format, n, k);
    pali_matrix_size(format, n, k, &size);
    float *x = reserve(m * k * sizeof *x), *y = reserve(m * n * sizeof *y);
    memset(y, 0, m * n * sizeof *y);
    uint32_t state = 7;
    for (size_t i = 0; i < m * k; i++)
        x[i] = uniform(&state);
    double ours[MAX_ROUNDS], read[MAX_ROUNDS], shares[MAX_ROUNDS];
    for (int i = 0; i < rounds; i++) {
        pali_linear product = {&weight, NULL, y, PALI_STORE};
        double start = now();
        pali_linear_run(compute, x, m, &product, 1, NULL);
        ours[i] = now() - start;
        read[i] = pali_measure_read(compute, weight.data, size).seconds;
        shares[i] = read[i] / ours[i];
    }
    double gigabytes = (double)size * 1e-9;
    printf("%2zu rows   %5zu x %7zu   %-5s %7.1f GB/s   memory %7.1f   ratio %.2f\n", m, k, n,
           format_name(format), gigabytes / median(ours, rounds), gigabytes / median(read, rounds),
           median(shares, rounds));
    pali_arena_free(&memory);
}

/* A few rows through a matrix of about 1.2 MB, which stays in the second cache: what the kernel takes
 * where memory does not hold it up. The best of many counts, since neighbours only take away. */
static void bench_cached_rows(pali_compute *compute, pali_weights format, size_t m) {
    enum { TIMES = 4000 };
    size_t k = 2304, n = 256, size;
    pali_matrix_size(format, n, k, &size);
    for (; size < 900 << 10; n *= 2)
        pali_matrix_size(format, 2 * n, k, &size);
    pali_matrix weight = matrix_of(compute, format, n, k);
    float *x = reserve(m * k * sizeof *x), *y = reserve(m * n * sizeof *y);
    uint32_t state = 7;
    for (size_t i = 0; i < m * k; i++)
        x[i] = uniform(&state);
    double best = 1;
    for (int i = 0; i < TIMES; i++) {
        pali_linear product = {&weight, NULL, y, PALI_STORE};
        double start = now();
        pali_linear_run(compute, x, m, &product, 1, NULL);
        double seconds = now() - start;
        best = seconds < best ? seconds : best;
    }
    printf("%2zu rows   %5zu x %7zu   %-5s %7.1f GB/s   from the second cache, best of %d\n", m, k,
           n, format_name(format), (double)size * 1e-9 / best, TIMES);
    pali_arena_free(&memory);
}

static void bench_attention(pali_compute *compute, const char *name, size_t n, size_t queries,
                            size_t heads, size_t kv_heads, size_t head_dim, float softcap,
                            bool may_round, int rounds) {
    pali_cache keys = {PALI_KEYS, softcap > 0.0f ? PALI_WEIGHTS_BF16 : PALI_WEIGHTS_F32,
                       kv_heads,  pali_cache_capacity(n),
                       head_dim,  NULL};
    size_t size;
    pali_cache_size(&keys, &size);
    keys.data = reserve(size);
    pali_cache values = keys;
    values.kind = PALI_VALUES;
    pali_cache_size(&values, &size);
    values.data = reserve(size);
    float *rows = reserve(n * heads * head_dim * sizeof *rows);
    float *out = reserve(n * heads * head_dim * sizeof *out);
    uint32_t state = 3;
    for (size_t i = 0; i < n * heads * head_dim; i++)
        rows[i] = uniform(&state);
    pali_cache_rows new_rows[] = {{&keys, 0, n, rows}, {&values, 0, n, rows}};
    pali_cache_store(compute, new_rows, 2);
    pali_attention attention = {.q = rows,
                                .num_queries = queries,
                                .num_heads = heads,
                                .first = n - queries,
                                .keys = &keys,
                                .values = &values,
                                .num_keys = n,
                                .scale = 0.1f,
                                .softcap = softcap,
                                .prefix = n,
                                .may_round = may_round,
                                .out = out};
    double seconds[MAX_ROUNDS];
    for (int i = 0; i < rounds; i++) {
        double start = now();
        pali_attention_run(compute, &attention, 1, NULL);
        seconds[i] = now() - start;
    }
    double time = median(seconds, rounds);
    printf("attention %-27s %-8s %7.1f Gop/s  %.3f ms\n", name, may_round ? "rounded" : "f32",
           4.0 * (double)(queries * n * heads * head_dim) / time * 1e-9, time * 1e3);
    pali_arena_free(&memory);
}

/* A token of eight sequences in all layers of 3B with 448 pixels: keys and values from memory, and the same memory just
 * read, in turn. */
static void bench_decoding(pali_compute *compute, pali_weights format, int rounds) {
    enum { LAYERS = 26, SEQUENCES = 8, POSITIONS = 1040, HEADS = 8, KV_HEADS = 4, HEAD_DIM = 256 };
    static pali_cache caches[LAYERS][SEQUENCES][2];
    pali_attention attentions[LAYERS][SEQUENCES];
    pali_cache like = {PALI_KEYS, format, KV_HEADS, pali_cache_capacity(POSITIONS), HEAD_DIM, NULL};
    size_t size;
    pali_cache_size(&like, &size);
    char *data = reserve(2 * LAYERS * SEQUENCES * size);
    float *rows = reserve(POSITIONS * KV_HEADS * HEAD_DIM * sizeof *rows);
    float *out = reserve(SEQUENCES * HEADS * HEAD_DIM * sizeof *out);
    uint32_t state = 5;
    for (size_t i = 0; i < POSITIONS * KV_HEADS * HEAD_DIM; i++)
        rows[i] = uniform(&state);
    for (size_t i = 0; i < LAYERS * SEQUENCES; i++) {
        size_t s = i % SEQUENCES;
        pali_cache *both = caches[i / SEQUENCES][s];
        for (size_t kind = 0; kind < 2; kind++) {
            both[kind] = like;
            both[kind].kind = kind ? PALI_VALUES : PALI_KEYS;
            both[kind].data = data + (2 * i + kind) * size;
            pali_cache_store(compute, &(pali_cache_rows){&both[kind], 0, POSITIONS, rows}, 1);
        }
        attentions[i / SEQUENCES][s] = (pali_attention){rows,
                                                        1,
                                                        HEADS,
                                                        POSITIONS - 1,
                                                        both,
                                                        both + 1,
                                                        POSITIONS,
                                                        0.0625f,
                                                        50.0f,
                                                        POSITIONS,
                                                        4096,
                                                        true,
                                                        out + s * HEADS * HEAD_DIM};
    }
    double ours[MAX_ROUNDS], shares[MAX_ROUNDS], read[MAX_ROUNDS];
    for (int i = 0; i < rounds; i++) {
        double start = now();
        for (size_t layer = 0; layer < LAYERS; layer++)
            pali_attention_run(compute, attentions[layer], SEQUENCES, NULL);
        ours[i] = now() - start;
        read[i] = pali_measure_read(compute, data, 2 * LAYERS * SEQUENCES * size).seconds;
        shares[i] = read[i] / ours[i];
    }
    double gigabytes = (double)(2 * LAYERS * SEQUENCES * size) * 1e-9;
    printf("attention decode 8 x 1040, 26 layers    %-5s %7.1f GB/s   memory %7.1f   ratio %.2f   "
           "%.1f ms\n",
           format_name(format), gigabytes / median(ours, rounds), gigabytes / median(read, rounds),
           median(shares, rounds), median(ours, rounds) * 1e3);
    pali_arena_free(&memory);
}

int main(int argc, char **argv) {
    int threads = argc > 1 ? atoi(argv[1]) : 0, rounds = argc > 2 ? atoi(argv[2]) : 9;
    rounds = rounds < 1 ? 1 : rounds > MAX_ROUNDS ? MAX_ROUNDS : rounds;
    pali_compute *compute = NULL;
    if (pali_compute_create(&compute, threads, NULL))
        return 1;
    char cpu[128];
    pali_cpu_name(cpu, sizeof cpu);
    printf("%zu threads, %s\n", pali_pool_size(pali_compute_pool(compute)), cpu);
    static const pali_weights formats[] = {PALI_WEIGHTS_F32, PALI_WEIGHTS_BF16, PALI_WEIGHTS_INT8,
                                           PALI_WEIGHTS_INT4};
    for (size_t i = 0; i < 4; i++) {
        bench_product(compute, formats[i], 1040, 2304, 9216, rounds);
        bench_product(compute, formats[i], 1040, 9216, 2304, rounds);
    }
    for (size_t i = 1; i < 4; i++) {
        bench_rows(compute, formats[i], 1, rounds);
        bench_rows(compute, formats[i], 8, rounds);
        bench_cached_rows(compute, formats[i], 1);
        bench_cached_rows(compute, formats[i], 8);
    }
    for (int may_round = 0; may_round < 2; may_round++) {
        bench_attention(compute, "vision 448 (1024, 16 x 72)", 1024, 1024, 16, 16, 72, 0.0f,
                        may_round, rounds);
        bench_attention(compute, "prefill (1040, 8 x 256)", 1040, 1040, 8, 4, 256, 50.0f, may_round,
                        rounds);
        bench_attention(compute, "decode (1 of 1100)", 1100, 1, 8, 4, 256, 50.0f, may_round,
                        rounds);
    }
    bench_decoding(compute, PALI_WEIGHTS_BF16, rounds);
    bench_decoding(compute, PALI_WEIGHTS_INT8, rounds);
    pali_compute_free(&compute);
    return 0;
}
