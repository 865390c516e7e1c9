#include "parts.h"

#include <math.h>

#include "kernels/simd.h"

static __m512 load(const float *p) {
    return _mm512_loadu_ps(p);
}

/* 1 / (1 + e^-x) */
static __m512 logistic(__m512 x) {
    __m512 one = _mm512_set1_ps(1);
    return _mm512_div_ps(one, _mm512_add_ps(one, vf_exp(_mm512_sub_ps(_mm512_setzero_ps(), x))));
}

void gelu(__m512 u, __m512 *value, __m512 *slope) {
    const __m512 twice = _mm512_set1_ps(2 * 0.7978845608f), cubic = _mm512_set1_ps(0.044715f);
    __m512 one = _mm512_set1_ps(1), squared = _mm512_mul_ps(_mm512_mul_ps(u, u), cubic);
    __m512 s = logistic(_mm512_mul_ps(_mm512_mul_ps(twice, u), _mm512_add_ps(one, squared)));
    __m512 inner = _mm512_mul_ps(twice, _mm512_fmadd_ps(_mm512_set1_ps(3), squared, one));
    __m512 bend = _mm512_mul_ps(_mm512_mul_ps(s, _mm512_sub_ps(one, s)), inner);
    *value = _mm512_mul_ps(u, s);
    *slope = _mm512_fmadd_ps(u, bend, s);
}

void add_columns(const bf16 *x, size_t rows, size_t stride, size_t width, float *sums) {
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < width; c += 16)
            _mm512_storeu_ps(sums + c,
                             _mm512_add_ps(load(sums + c), vf_load_bf16(x + r * stride + c)));
}

/* ---- norms ---- */

void layer_norm(const float *x, size_t rows, size_t width, const float *weight, const float *bias,
                bf16 *y, float *means, float *scales) {
    for (size_t r = 0; r < rows; r++, x += width, y += width) {
        __m512 sum = _mm512_setzero_ps(), squares = sum;
        for (size_t c = 0; c < width; c += 16)
            sum = _mm512_add_ps(sum, load(x + c));
        __m512 mean = _mm512_set1_ps(means[r] = _mm512_reduce_add_ps(sum) / (float)width);
        for (size_t c = 0; c < width; c += 16) {
            __m512 d = _mm512_sub_ps(load(x + c), mean);
            squares = _mm512_fmadd_ps(d, d, squares);
        }
        scales[r] = 1 / sqrtf(_mm512_reduce_add_ps(squares) / (float)width + 1e-6f);
        __m512 scale = _mm512_set1_ps(scales[r]);
        for (size_t c = 0; c < width; c += 16) {
            __m512 n = _mm512_mul_ps(_mm512_sub_ps(load(x + c), mean), scale);
            store_bf16(y + c, _mm512_fmadd_ps(n, load(weight + c), load(bias + c)));
        }
    }
}

static void add_to(float *sum, __m512 x) {
    _mm512_storeu_ps(sum, _mm512_add_ps(load(sum), x));
}

void layer_norm_back(const float *x, const float *d_y, size_t rows, size_t width,
                     const float *weight, const float *means, const float *scales, float *d_x,
                     float *d_weight, float *d_bias) {
    for (size_t r = 0; r < rows; r++, x += width, d_y += width, d_x += width) {
        __m512 mean = _mm512_set1_ps(means[r]), scale = _mm512_set1_ps(scales[r]);
        __m512 sum = _mm512_setzero_ps(), along = sum;
        for (size_t c = 0; c < width; c += 16) {
            __m512 n = _mm512_mul_ps(_mm512_sub_ps(load(x + c), mean), scale), d = load(d_y + c);
            __m512 g = _mm512_mul_ps(d, load(weight + c));
            add_to(d_bias + c, d);
            add_to(d_weight + c, _mm512_mul_ps(d, n));
            sum = _mm512_add_ps(sum, g);
            along = _mm512_fmadd_ps(g, n, along);
        }
        __m512 shift = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / (float)width);
        __m512 shrink = _mm512_set1_ps(_mm512_reduce_add_ps(along) / (float)width);
        for (size_t c = 0; c < width; c += 16) {
            __m512 n = _mm512_mul_ps(_mm512_sub_ps(load(x + c), mean), scale);
            __m512 g = _mm512_mul_ps(load(d_y + c), load(weight + c));
            g = _mm512_sub_ps(_mm512_sub_ps(g, shift), _mm512_mul_ps(n, shrink));
            add_to(d_x + c, _mm512_mul_ps(g, scale));
        }
    }
}

void rms_scales(const float *x, size_t rows, size_t width, float *scales) {
    for (size_t r = 0; r < rows; r++, x += width) {
        __m512 squares = _mm512_setzero_ps();
        for (size_t c = 0; c < width; c += 16)
            squares = _mm512_fmadd_ps(load(x + c), load(x + c), squares);
        scales[r] = 1 / sqrtf(_mm512_reduce_add_ps(squares) / (float)width + 1e-6f);
    }
}

static __m512 normed(const float *x, const float *weight, float scale) {
    __m512 y = _mm512_mul_ps(load(x), _mm512_set1_ps(scale));
    return _mm512_fmadd_ps(y, load(weight), y);
}

void rms_norm(const float *x, size_t rows, size_t width, const float *weight, const float *scales,
              bf16 *y) {
    for (size_t r = 0; r < rows; r++, x += width, y += width)
        for (size_t c = 0; c < width; c += 16)
            store_bf16(y + c, normed(x + c, weight + c, scales[r]));
}

void rms_norm_add(const float *x, size_t rows, size_t width, const float *weight,
                  const float *scales, float *sum) {
    for (size_t r = 0; r < rows; r++, x += width, sum += width)
        for (size_t c = 0; c < width; c += 16)
            add_to(sum + c, normed(x + c, weight + c, scales[r]));
}

void rms_norm_back(const float *x, const float *d_y, size_t rows, size_t width, const float *weight,
                   const float *scales, float *d_x, bool add, float *d_weight) {
    for (size_t r = 0; r < rows; r++, x += width, d_y += width, d_x += width) {
        __m512 scale = _mm512_set1_ps(scales[r]), along = _mm512_setzero_ps();
        for (size_t c = 0; c < width; c += 16) {
            __m512 n = _mm512_mul_ps(load(x + c), scale), d = load(d_y + c);
            along = _mm512_fmadd_ps(_mm512_fmadd_ps(d, load(weight + c), d), n, along);
            add_to(d_weight + c, _mm512_mul_ps(d, n));
        }
        __m512 shrink = _mm512_set1_ps(_mm512_reduce_add_ps(along) / (float)width);
        for (size_t c = 0; c < width; c += 16) {
            __m512 n = _mm512_mul_ps(load(x + c), scale), d = load(d_y + c);
            d = _mm512_fmadd_ps(d, load(weight + c), d);
            d = _mm512_mul_ps(_mm512_fnmadd_ps(n, shrink, d), scale);
            _mm512_storeu_ps(d_x + c, add ? _mm512_add_ps(load(d_x + c), d) : d);
        }
    }
}

/* ---- attention ---- */

enum { DEPTH = 64 }; /* a head's width, with zeros behind it */

/* The room of a thread, parted. */
typedef struct room {
    float *scores; /* [length, length] */
    bf16 *left, *padded, *right, *turned,
        *slopes; /* a factor of DEPTH; another; tiles; [length, length] twice */
} room;

size_t attention_room(size_t length) {
    return length * length * (sizeof(float) + 2 * sizeof(bf16)) + 3 * length * DEPTH * sizeof(bf16);
}

static room parted(const attention *a) {
    size_t square = a->length * a->length, factor = a->length * DEPTH;
    room r = {.scores = a->room};
    r.left = (bf16 *)(r.scores + square);
    r.padded = r.left + factor;
    r.right = r.padded + factor;
    r.turned = r.right + factor;
    r.slopes = r.turned + square;
    return r;
}

static const bf16 *padded(const attention *a, const bf16 *x, size_t stride, bf16 *out) {
    for (size_t i = 0; i < a->length; i++) {
        memcpy(out + i * DEPTH, x + i * stride, a->width * sizeof *x);
        memset(out + i * DEPTH + a->width, 0, (DEPTH - a->width) * sizeof *x);
    }
    return out;
}

/* scores = x times y turned. */
static void compare(const attention *a, const room *r, const bf16 *x, size_t x_stride,
                    const bf16 *y, size_t y_stride) {
    pack_columns(padded(a, y, y_stride, r->padded), DEPTH, a->length, DEPTH, r->right);
    product(a->length, a->length, DEPTH, padded(a, x, x_stride, r->left), DEPTH, r->right,
            r->scores, a->length, false);
}

/* out [length, width] (+)= weights [length, length] times x. */
static void blend(const attention *a, const room *r, const bf16 *weights, const bf16 *x,
                  size_t stride, float *out, bool add) {
    pack_rows(x, stride, a->length, a->width, 0, a->length, r->right);
    product(a->length, a->width, a->length, weights, a->length, r->right, out, a->width, add);
}

/* A row's weights: its scores' softmax over those that it sees. */
static void weigh(const attention *a, float *scores, size_t row) {
    size_t seen = a->seen > row + 1 ? a->seen : row + 1;
    bf16 *weights = a->weights + row * a->length;
    __m512 top = _mm512_set1_ps(-INFINITY), sum = _mm512_setzero_ps();
    __m512 scale = _mm512_set1_ps(a->scale);
    for (size_t c = 0; c < a->length; c += 16) {
        __m512 s = _mm512_mul_ps(load(scores + c), scale);
        if (a->cap > 0) {
            s = vf_tanh(_mm512_mul_ps(s, _mm512_set1_ps(1 / a->cap)));
            store_bf16(a->tanhs + row * a->length + c, s);
            s = _mm512_mul_ps(s, _mm512_set1_ps(a->cap));
        }
        size_t left = c < seen ? seen - c : 0;
        __mmask16 sees = left >= 16 ? 0xffff : (__mmask16)((1u << left) - 1);
        s = _mm512_mask_blend_ps(sees, _mm512_set1_ps(-INFINITY), s);
        _mm512_storeu_ps(scores + c, s);
        top = _mm512_max_ps(top, s);
    }
    top = _mm512_set1_ps(_mm512_reduce_max_ps(top));
    for (size_t c = 0; c < a->length; c += 16) {
        __m512 s = _mm512_sub_ps(load(scores + c), top);
        __mmask16 far = _mm512_cmp_ps_mask(s, _mm512_set1_ps(-80), _CMP_LT_OQ);
        s = _mm512_mask_blend_ps(far, vf_exp(s), _mm512_setzero_ps());
        _mm512_storeu_ps(scores + c, s);
        sum = _mm512_add_ps(sum, s);
    }
    __m512 share = _mm512_set1_ps(1 / _mm512_reduce_add_ps(sum));
    for (size_t c = 0; c < a->length; c += 16)
        store_bf16(weights + c, _mm512_mul_ps(load(scores + c), share));
}

void attend(const attention *a, const bf16 *q, const bf16 *k, const bf16 *v, float *out) {
    room r = parted(a);
    compare(a, &r, q, a->stride, k, a->stride);
    for (size_t i = 0; i < a->length; i++)
        weigh(a, r.scores + i * a->length, i);
    blend(a, &r, a->weights, v, a->stride, out, false);
}

/* The derivative by a row's scores before they were scaled, from that by its weights. */
static void weigh_back(const attention *a, const float *d_weights, size_t row, bf16 *slopes) {
    const bf16 *weights = a->weights + row * a->length;
    __m512 along = _mm512_setzero_ps();
    for (size_t c = 0; c < a->length; c += 16)
        along = _mm512_fmadd_ps(vf_load_bf16(weights + c), load(d_weights + c), along);
    along = _mm512_set1_ps(_mm512_reduce_add_ps(along));
    for (size_t c = 0; c < a->length; c += 16) {
        __m512 d =
            _mm512_mul_ps(vf_load_bf16(weights + c), _mm512_sub_ps(load(d_weights + c), along));
        if (a->cap > 0) {
            __m512 t = vf_load_bf16(a->tanhs + row * a->length + c);
            d = _mm512_fnmadd_ps(_mm512_mul_ps(t, t), d, d);
        }
        store_bf16(slopes + row * a->length + c, _mm512_mul_ps(d, _mm512_set1_ps(a->scale)));
    }
}

void attend_back(const attention *a, const bf16 *q, const bf16 *k, const bf16 *v, const bf16 *d_out,
                 size_t d_out_stride, float *d_q, float *d_k, float *d_v) {
    room r = parted(a);
    size_t n = a->length;
    compare(a, &r, d_out, d_out_stride, v, a->stride);
    for (size_t i = 0; i < n; i++)
        weigh_back(a, r.scores + i * n, i, r.slopes);
    blend(a, &r, r.slopes, k, a->stride, d_q, false);
    turn(r.slopes, n, n, n, r.turned, n);
    blend(a, &r, r.turned, q, a->stride, d_k, true);
    turn(a->weights, n, n, n, r.turned, n);
    blend(a, &r, r.turned, d_out, d_out_stride, d_v, true);
}
