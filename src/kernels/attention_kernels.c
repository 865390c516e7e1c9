/* Attention of a few query rows against a block of positions, written once over simd.h and compiled
 * for each instruction set. */
#include "kernels/simd.h"
#include "kernels/tables.h"

/* Rows and vectors whose sums stay in registers; for fewer rows, as while decoding, more vectors. */
enum { ROWS = VF_WIDTH == 16 ? 8 : 4, VECTORS = 2, FEW_VECTORS = 4 };

/* Of the bytes of keys and values, those that are asked for ahead while decoding, when they come from
 * memory: hardware prefetching ends with a page. */
enum { KEYS_AHEAD = 2048, VALUES_AHEAD = 4096, LINE = 64 };

static inline size_t element_size(pali_weights format) {
    return format == PALI_WEIGHTS_F32 ? sizeof(float) : sizeof(uint16_t);
}

static inline vf load_number(const void *data, pali_weights format, size_t at) {
    return format == PALI_WEIGHTS_F32 ? vf_load((const float *)data + at)
                                      : vf_load_bf16((const uint16_t *)data + at);
}

/* Keys that follow component c of the 16 keys that begin at `start`; behind their last component, those
 * of the next block. */
static inline void ask_for_keys(const void *keys, pali_weights format, size_t head_dim,
                                size_t start, size_t c) {
    size_t element = element_size(format), together = PALI_KEYS_TOGETHER * element;
    size_t size = head_dim * together, ahead = c * together + KEYS_AHEAD;
    if (ahead >= size)
        ahead += (PALI_KEY_BLOCK / PALI_KEYS_TOGETHER - 1) * size;
    if (c * together % LINE == 0)
        __builtin_prefetch((const char *)keys + start * element + ahead);
}

/* Positions [j, j + vectors * VF_WIDTH) for `rows` query rows. */
static inline __attribute__((always_inline)) void scores_of(size_t rows, size_t vectors,
                                                            const float *const *q, const void *keys,
                                                            pali_weights format, size_t head_dim,
                                                            size_t j, float *scores) {
    vf acc[ROWS][FEW_VECTORS];
    size_t start[FEW_VECTORS];
    PALI_UNROLL for (size_t v = 0; v < vectors; v++) {
        size_t at = j + v * VF_WIDTH;
        start[v] =
            at / PALI_KEYS_TOGETHER * PALI_KEYS_TOGETHER * head_dim + at % PALI_KEYS_TOGETHER;
        PALI_UNROLL for (size_t r = 0; r < rows; r++) acc[r][v] = vf_set(0.0f);
    }
    for (size_t c = 0; c < head_dim; c++) {
        vf k[FEW_VECTORS];
        PALI_UNROLL for (size_t v = 0; rows <= 2 && v < vectors; v++)
            ask_for_keys(keys, format, head_dim, start[v], c);
        PALI_UNROLL for (size_t v = 0; v < vectors; v++) k[v] =
            load_number(keys, format, start[v] + c * PALI_KEYS_TOGETHER);
        PALI_UNROLL for (size_t r = 0; r < rows; r++) {
            vf value = vf_set(q[r][c]);
            PALI_UNROLL for (size_t v = 0; v < vectors; v++) acc[r][v] =
                vf_fma(value, k[v], acc[r][v]);
        }
    }
    PALI_UNROLL for (size_t r = 0; r < rows; r++) PALI_UNROLL for (size_t v = 0; v < vectors; v++)
        vf_store(scores + r * PALI_KEY_BLOCK + j + v * VF_WIDTH, acc[r][v]);
}

/* All positions of a block for `rows` query rows. */
static inline __attribute__((always_inline)) void
scores_of_rows(size_t rows, size_t vectors, pali_weights format, const float *const *q,
               const void *keys, size_t head_dim, float *scores) {
    for (size_t j = 0; j < PALI_KEY_BLOCK; j += vectors * VF_WIDTH)
        scores_of(rows, vectors, q, keys, format, head_dim, j, scores);
}

static inline __attribute__((always_inline)) void scores_in(pali_weights format,
                                                            const float *const *q, size_t rows,
                                                            const void *keys, size_t head_dim,
                                                            float *scores) {
    size_t r = 0;
    for (; r + ROWS <= rows; r += ROWS)
        scores_of_rows(ROWS, VECTORS, format, q + r, keys, head_dim, scores + r * PALI_KEY_BLOCK);
    for (; r + 2 <= rows; r += 2)
        scores_of_rows(2, FEW_VECTORS, format, q + r, keys, head_dim, scores + r * PALI_KEY_BLOCK);
    if (r < rows)
        scores_of_rows(1, FEW_VECTORS, format, q + r, keys, head_dim, scores + r * PALI_KEY_BLOCK);
}

static void scores(const float *const *q, size_t rows, const void *keys, pali_weights format,
                   size_t head_dim, float *out) {
    if (format == PALI_WEIGHTS_F32)
        scores_in(PALI_WEIGHTS_F32, q, rows, keys, head_dim, out);
    else
        scores_in(PALI_WEIGHTS_BF16, q, rows, keys, head_dim, out);
}

static float scale_and_cap(float *x, size_t n, float scale, float softcap) {
    vf factor = vf_set(softcap > 0.0f ? scale / softcap : scale), cap = vf_set(softcap);
    vf many = vf_set(-INFINITY);
    size_t i = 0;
    for (; i + VF_WIDTH <= n; i += VF_WIDTH) {
        vf v = vf_mul(vf_load(x + i), factor);
        if (softcap > 0.0f)
            v = vf_mul(vf_tanh(v), cap);
        vf_store(x + i, v);
        many = vf_max(v, many); /* the second where one is NaN */
    }
    float largest = vf_largest(many);
    if (i < n) {
        vf v = vf_mul(vf_load_part(x + i, n - i), factor);
        if (softcap > 0.0f)
            v = vf_mul(vf_tanh(v), cap);
        vf_store_part(x + i, n - i, v);
    }
    for (; i < n; i++)
        largest = x[i] > largest ? x[i] : largest;
    return largest;
}

static float exponentials(float *x, size_t n, float largest) {
    vf shift = vf_set(largest), sum = vf_set(0.0f);
    size_t i = 0;
    for (; i + VF_WIDTH <= n; i += VF_WIDTH) {
        vf e = vf_exp(vf_sub(vf_load(x + i), shift));
        vf_store(x + i, e);
        sum = vf_add(sum, e);
    }
    float total = vf_sum(sum);
    if (i < n) {
        float rest[VF_WIDTH];
        vf_store(rest, vf_exp(vf_sub(vf_load_part(x + i, n - i), shift)));
        for (size_t k = 0; i < n; i++, k++)
            total += x[i] = rest[k];
    }
    return total;
}

/* `vectors` vectors of components of `rows` outputs. */
static inline __attribute__((always_inline)) void
accumulate_of(size_t rows, size_t vectors, const float *weights, const float *factors,
              const void *values, pali_weights format, size_t count, size_t width, float *out) {
    size_t element = element_size(format);
    vf acc[ROWS][FEW_VECTORS];
    PALI_UNROLL for (size_t r = 0; r < rows; r++) PALI_UNROLL for (size_t v = 0; v < vectors; v++)
        acc[r][v] = vf_mul(vf_load(out + r * width + v * VF_WIDTH), vf_set(factors[r]));
    for (size_t j = 0; j < count; j++) {
        vf value[FEW_VECTORS];
        for (size_t byte = 0; rows <= 2 && byte < vectors * VF_WIDTH * element; byte += LINE)
            __builtin_prefetch((const char *)values + j * width * element + byte + VALUES_AHEAD);
        PALI_UNROLL for (size_t v = 0; v < vectors; v++) value[v] =
            load_number(values, format, j * width + v * VF_WIDTH);
        PALI_UNROLL for (size_t r = 0; r < rows; r++) {
            vf weight = vf_set(weights[r * PALI_KEY_BLOCK + j]);
            PALI_UNROLL for (size_t v = 0; v < vectors; v++) acc[r][v] =
                vf_fma(weight, value[v], acc[r][v]);
        }
    }
    PALI_UNROLL for (size_t r = 0; r < rows; r++) PALI_UNROLL for (size_t v = 0; v < vectors; v++)
        vf_store(out + r * width + v * VF_WIDTH, acc[r][v]);
}

static inline __attribute__((always_inline)) void
accumulate_rows(size_t rows, size_t vectors, const float *weights, const float *factors,
                const void *values, pali_weights format, size_t count, size_t width, float *out) {
    size_t c = 0, element = element_size(format);
    for (; c + vectors * VF_WIDTH <= width; c += vectors * VF_WIDTH)
        accumulate_of(rows, vectors, weights, factors, (const char *)values + c * element, format,
                      count, width, out + c);
    for (; c < width; c += VF_WIDTH)
        accumulate_of(rows, 1, weights, factors, (const char *)values + c * element, format, count,
                      width, out + c);
}

static inline __attribute__((always_inline)) void
accumulate_in(pali_weights format, const float *weights, const float *factors, size_t rows,
              const void *values, size_t count, size_t width, float *out) {
    size_t r = 0;
    for (; r + ROWS <= rows; r += ROWS)
        accumulate_rows(ROWS, VECTORS, weights + r * PALI_KEY_BLOCK, factors + r, values, format,
                        count, width, out + r * width);
    for (; r + 2 <= rows; r += 2)
        accumulate_rows(2, FEW_VECTORS, weights + r * PALI_KEY_BLOCK, factors + r, values, format,
                        count, width, out + r * width);
    if (r < rows)
        accumulate_rows(1, FEW_VECTORS, weights + r * PALI_KEY_BLOCK, factors + r, values, format,
                        count, width, out + r * width);
}

static void accumulate(const float *weights, const float *factors, size_t rows, const void *values,
                       pali_weights format, size_t count, size_t width, float *out) {
    if (format == PALI_WEIGHTS_F32)
        accumulate_in(PALI_WEIGHTS_F32, weights, factors, rows, values, count, width, out);
    else
        accumulate_in(PALI_WEIGHTS_BF16, weights, factors, rows, values, count, width, out);
}

const pali_attention_kernels PALI_NAME(attention_kernels) = {
    PALI_QUERY_ROWS, scores, scale_and_cap, exponentials, accumulate,
};
