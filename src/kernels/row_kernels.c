/* Operations on one row, written once over simd.h and compiled for each instruction set. Sums run
 * in VF_WIDTH lanes and are then added in a fixed order, so that they depend on the row alone. */
#include "kernels/simd.h"
#include "kernels/tables.h"

/* Lanes beyond n of the last vector are zero. */
static inline vf load_tail(const float *p, size_t i, size_t n) {
    return n - i >= VF_WIDTH ? vf_load(p + i) : vf_load_part(p + i, n - i);
}

static inline void store_tail(float *p, size_t i, size_t n, vf x) {
    if (n - i >= VF_WIDTH)
        vf_store(p + i, x);
    else
        vf_store_part(p + i, n - i, x);
}

static float sum_of_squares(const float *x, size_t n) {
    vf sum = vf_set(0.0f);
    for (size_t i = 0; i < n; i += VF_WIDTH) {
        vf v = load_tail(x, i, n);
        sum = vf_fma(v, v, sum);
    }
    return vf_sum(sum);
}

static void layer_norm(const float *x, size_t width, const float *weight, const float *bias,
                       float eps, float *y) {
    vf sum = vf_set(0.0f);
    for (size_t i = 0; i < width; i += VF_WIDTH)
        sum = vf_add(sum, load_tail(x, i, width));
    float mean = vf_sum(sum) / (float)width;
    vf center = vf_set(mean), squares = vf_set(0.0f);
    size_t i = 0;
    for (; i + VF_WIDTH <= width; i += VF_WIDTH) {
        vf d = vf_sub(vf_load(x + i), center);
        squares = vf_fma(d, d, squares);
    }
    float rest = 0.0f;
    for (; i < width; i++)
        rest += (x[i] - mean) * (x[i] - mean);
    float factor = 1.0f / sqrtf((vf_sum(squares) + rest) / (float)width + eps);
    vf scale = vf_set(factor);
    for (i = 0; i < width; i += VF_WIDTH) {
        vf normal = vf_mul(vf_sub(load_tail(x, i, width), center), scale);
        store_tail(y, i, width,
                   vf_fma(normal, load_tail(weight, i, width), load_tail(bias, i, width)));
    }
}

static inline vf rms_scaled(const float *x, const float *weight, vf scale, size_t i, size_t n) {
    vf one_plus = vf_add(load_tail(weight, i, n), vf_set(1.0f));
    return vf_mul(vf_mul(load_tail(x, i, n), scale), one_plus);
}

static inline vf rms_factor(const float *x, size_t width, float eps) {
    return vf_set(1.0f / sqrtf(sum_of_squares(x, width) / (float)width + eps));
}

static void rms_norm(const float *x, size_t width, const float *weight, float eps, float *y) {
    vf scale = rms_factor(x, width, eps);
    for (size_t i = 0; i < width; i += VF_WIDTH)
        store_tail(y, i, width, rms_scaled(x, weight, scale, i, width));
}

static void rms_norm_add(const float *x, size_t width, const float *weight, float eps, float *y) {
    vf scale = rms_factor(x, width, eps);
    for (size_t i = 0; i < width; i += VF_WIDTH)
        store_tail(y, i, width,
                   vf_add(load_tail(y, i, width), rms_scaled(x, weight, scale, i, width)));
}

static void add(const float *x, size_t n, float *y) {
    for (size_t i = 0; i < n; i += VF_WIDTH)
        store_tail(y, i, n, vf_add(load_tail(y, i, n), load_tail(x, i, n)));
}

static void scale(float factor, size_t n, float *x) {
    for (size_t i = 0; i < n; i += VF_WIDTH)
        store_tail(x, i, n, vf_mul(load_tail(x, i, n), vf_set(factor)));
}

static void rope(float *head, size_t head_dim, const float *cosines, const float *sines) {
    size_t half = head_dim / 2;
    for (size_t i = 0; i < half; i += VF_WIDTH) {
        vf a = load_tail(head, i, half), b = load_tail(head + half, i, half);
        vf c = load_tail(cosines, i, half), s = load_tail(sines, i, half);
        store_tail(head, i, half, vf_sub(vf_mul(a, c), vf_mul(b, s)));
        store_tail(head + half, i, half, vf_add(vf_mul(b, c), vf_mul(a, s)));
    }
}

static void softcap(float cap, size_t n, float *x) {
    vf inverse = vf_set(1.0f / cap), factor = vf_set(cap);
    for (size_t i = 0; i < n; i += VF_WIDTH)
        store_tail(x, i, n, vf_mul(vf_tanh(vf_mul(load_tail(x, i, n), inverse)), factor));
}

static float maximum(const float *x, size_t n) {
    vf largest = vf_set(-INFINITY);
    size_t i = 0;
    for (; i + VF_WIDTH <= n; i += VF_WIDTH) /* the second operand stays where the first is NaN */
        largest = vf_max(vf_load(x + i), largest);
    float result = vf_largest(largest);
    for (; i < n; i++)
        result = x[i] > result ? x[i] : result;
    return result;
}

static double sum_of_exp(const float *x, size_t n, float largest) {
    enum { BLOCK = 1024 }; /* short f32 sums keep their precision */
    double total = 0.0;
    vf shift = vf_set(largest);
    for (size_t start = 0; start < n; start += BLOCK) {
        size_t end = start + BLOCK < n ? start + BLOCK : n, i = start;
        vf sum = vf_set(0.0f);
        for (; i + VF_WIDTH <= end; i += VF_WIDTH)
            sum = vf_add(sum, vf_exp(vf_sub(vf_load(x + i), shift)));
        total += vf_sum(sum);
        for (; i < end; i++)
            total += expf(x[i] - largest);
    }
    return total;
}

/* Two streams, each asked for at two distances, got most of several ways from memory (SPEED.md). */
static uint64_t parity(const char *data, size_t size) {
    enum { WORDS = 32, STREAMS = 2, NEAR_AHEAD = 1024, FAR_AHEAD = 4096 };
    uint64_t lanes[STREAMS][WORDS] = {0}, words[WORDS], all = 0;
    size_t part = size / STREAMS;
    for (size_t i = 0; i + sizeof words <= part; i += sizeof words)
        PALI_UNROLL for (size_t s = 0; s < STREAMS; s++) {
            const char *at = data + s * part + i;
            for (size_t line = 0; line < sizeof words; line += 64) {
                __builtin_prefetch(at + line + NEAR_AHEAD, 0, 3);
                __builtin_prefetch(at + line + FAR_AHEAD, 0, 2);
            }
            memcpy(words, at, sizeof words);
            for (size_t k = 0; k < WORDS; k++)
                lanes[s][k] ^= words[k];
        }
    for (size_t s = 0; s < STREAMS; s++)
        for (size_t k = 0; k < WORDS; k++)
            all ^= lanes[s][k];
    return all;
}

const pali_row_kernels PALI_NAME(row_kernels) = {
    layer_norm, rms_norm, rms_norm_add, add, scale, rope, softcap, maximum, sum_of_exp, parity,
};
