/* What stands between the products of a block: norms, GELU, attention; each with its derivative.
 *
 * Numbers in f32 unless said otherwise; all widths are multiples of 16. What a function adds to is named `d_...`: the
 * derivative of the loss by that. */
#ifndef TRAIN_NATIVE_PARTS_H
#define TRAIN_NATIVE_PARTS_H

#include "products.h"

/* LayerNorm of x [rows, width] to y in BF16, with eps 1e-6; of each row the mean and 1 / deviation are kept. */
void layer_norm(const float *x, size_t rows, size_t width, const float *weight, const float *bias,
                bf16 *y, float *means, float *scales);

/* d_x += what comes through it from d_y [rows, width]; weights' and biases' too. */
void layer_norm_back(const float *x, const float *d_y, size_t rows, size_t width,
                     const float *weight, const float *means, const float *scales, float *d_x,
                     float *d_weight, float *d_bias);

/* 1 / root mean square of each row of x, eps 1e-6. */
void rms_scales(const float *x, size_t rows, size_t width, float *scales);

/* Row times its scale times 1 + weight: to BF16, or added to `sum`. */
void rms_norm(const float *x, size_t rows, size_t width, const float *weight, const float *scales,
              bf16 *y);
void rms_norm_add(const float *x, size_t rows, size_t width, const float *weight,
                  const float *scales, float *sum);

/* d_x (+)= what comes through it. */
void rms_norm_back(const float *x, const float *d_y, size_t rows, size_t width, const float *weight,
                   const float *scales, float *d_x, bool add, float *d_weight);

/* GELU, approximated by tanh, of u: to `value`, its derivative to `slope`. */
void gelu(__m512 u, __m512 *value, __m512 *slope);

/* sums [width] += the columns of x [rows, width]. */
void add_columns(const bf16 *x, size_t rows, size_t stride, size_t width, float *sums);

/* What a head's attention needs and leaves. `length` is a multiple of 32, `width` (of a head) of 16 and at most 64. */
typedef struct attention {
    size_t length, width, stride; /* of q, k, v: numbers from row to row */
    float scale, cap;             /* scores are capped at `cap` by tanh; 0: they are not */
    size_t
        seen; /* every row sees so many, and itself and what is before it; `length`: all see all */
    bf16 *weights, *tanhs; /* [length, length]; tanhs where there is a cap */
    void *room;            /* attention_room(length) bytes, of the thread */
} attention;

size_t attention_room(size_t length);

/* out [length, width] in f32, a row every `width`. */
void attend(const attention *a, const bf16 *q, const bf16 *k, const bf16 *v, float *out);

/* d_q = ..., d_k += ..., d_v += ..., [length, width] in f32. */
void attend_back(const attention *a, const bf16 *q, const bf16 *k, const bf16 *v, const bf16 *d_out,
                 size_t d_out_stride, float *d_q, float *d_k, float *d_v);

#endif
