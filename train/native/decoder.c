/* The decoder's blocks, there and back. */
#include <math.h>

#include "kernels/simd.h"
#include "learner.h"

/* Turns the pairs (i, i + width / 2) of x [rows, width] by their places' angles; backwards where `sign` is -1. */
static void rotate(const learner *l, float *x, size_t rows, size_t width, size_t stride,
                   float sign) {
    size_t half = width / 2;
    for (size_t r = 0; r < rows; r++, x += stride)
        for (size_t i = 0; i < half; i++) {
            float c = l->cosines[r * half + i], s = sign * l->sines[r * half + i];
            float a = x[i], b = x[half + i];
            x[i] = a * c - b * s;
            x[half + i] = b * c + a * s;
        }
}

static attention decoder_attention(const learner *l, const bench *b, const decoder_trace *t,
                                   size_t g, size_t head) {
    const shapes *s = &l->of;
    size_t at = (g * (size_t)s->heads + head) * l->rows * l->rows;
    return (attention){.length = l->rows,
                       .width = (size_t)s->head_width,
                       .stride = (size_t)((s->heads + 2 * s->kv_heads) * s->head_width),
                       .scale = 1 / sqrtf((float)s->head_width),
                       .cap = s->cap,
                       .seen = image_tokens(s) + l->prefix,
                       .weights = t->weights + at,
                       .tanhs = t->tanhs + at,
                       .room = b->room};
}

/* Queries, keys and values of each picture, the first two turned. */
static void ask(const learner *l, bench *b, const block_weights *block, decoder_trace *t,
                size_t pictures) {
    const shapes *s = &l->of;
    size_t width = (size_t)s->head_width, turned = (size_t)(s->heads + s->kv_heads);
    const matrix *m = &block->qkv;
    for (size_t g = 0; g < pictures; g++) {
        multiply(b, m, t->normed1, g * l->rows, l->rows);
        for (size_t h = 0; h < turned; h++)
            rotate(l, b->sums + h * width, l->rows, width, m->rows, 1);
        to_bf16(b->sums, l->rows * m->rows, t->qkv + g * l->rows * m->rows);
    }
}

static void decoder_mix(const learner *l, bench *b, decoder_trace *t, size_t pictures) {
    size_t heads = (size_t)l->of.heads, kv = (size_t)l->of.kv_heads;
    for (size_t g = 0; g < pictures; g++)
        for (size_t head = 0; head < heads; head++) {
            attention a = decoder_attention(l, b, t, g, head);
            const bf16 *row = t->qkv + g * a.length * a.stride;
            const bf16 *k = row + (heads + head / (heads / kv)) * a.width;
            attend(&a, row + head * a.width, k, k + kv * a.width, b->head[0]);
            for (size_t i = 0; i < a.length; i++)
                to_bf16(b->head[0] + i * a.width, a.width,
                        t->mixed + ((g * a.length + i) * heads + head) * a.width);
        }
}

static void decoder_mix_back(const learner *l, bench *b, const decoder_trace *t,
                             const bf16 *d_mixed, size_t pictures, bf16 *d_qkv) {
    size_t heads = (size_t)l->of.heads, kv = (size_t)l->of.kv_heads, group = heads / kv;
    for (size_t g = 0; g < pictures; g++)
        for (size_t head = 0; head < heads; head++) {
            attention a = decoder_attention(l, b, t, g, head);
            const bf16 *row = t->qkv + g * a.length * a.stride;
            size_t key = (heads + head / group) * a.width, value = key + kv * a.width;
            if (head % group == 0) {
                memset(b->head[1], 0, a.length * a.width * sizeof(float));
                memset(b->head[2], 0, a.length * a.width * sizeof(float));
            }
            attend_back(&a, row + head * a.width, row + key, row + value,
                        d_mixed + (g * a.length * heads + head) * a.width, heads * a.width,
                        b->head[0], b->head[1], b->head[2]);
            rotate(l, b->head[0], a.length, a.width, a.width, -1);
            bool last = head % group == group - 1;
            if (last)
                rotate(l, b->head[1], a.length, a.width, a.width, -1);
            for (size_t i = 0; i < a.length; i++) {
                bf16 *d = d_qkv + (g * a.length + i) * a.stride;
                to_bf16(b->head[0] + i * a.width, a.width, d + head * a.width);
                if (last) {
                    to_bf16(b->head[1] + i * a.width, a.width, d + key);
                    to_bf16(b->head[2] + i * a.width, a.width, d + value);
                }
            }
        }
}

static void decoder_mlp(const learner *l, bench *b, const block_weights *block, decoder_trace *t,
                        size_t rows) {
    size_t f = (size_t)l->of.mlp;
    for (size_t r = 0; r < rows; r += ROWS) {
        size_t count = min_of(ROWS, rows - r);
        multiply(b, &block->up, t->normed2, r, count);
        for (size_t i = 0; i < count; i++)
            for (size_t c = 0; c < f; c += 16) {
                const float *gate = b->sums + i * 2 * f + c;
                size_t at = (r + i) * f + c;
                __m512 value, slope, up = _mm512_loadu_ps(gate + f);
                gelu(_mm512_loadu_ps(gate), &value, &slope);
                store_bf16(t->value + at, value);
                store_bf16(t->slope + at, _mm512_mul_ps(slope, up));
                store_bf16(t->active + at, _mm512_mul_ps(value, up));
            }
    }
    multiply_to(&block->down, t->active, rows, t->made);
}

static void decoder_forward(const learner *l, bench *b, size_t i, size_t pictures, float *next) {
    const block_weights *block = &l->decoder[i];
    decoder_trace *t = &b->decoder[i];
    const float *const *p = l->values + decoder_first(&l->of) + i * PARTS;
    size_t rows = pictures * l->rows, w = (size_t)l->of.width;
    rms_scales(t->in, rows, w, t->scales[0]);
    rms_norm(t->in, rows, w, p[INPUT_NORM], t->scales[0], t->normed1);
    ask(l, b, block, t, pictures);
    decoder_mix(l, b, t, pictures);
    multiply_to(&block->out, t->mixed, rows, t->attended);
    rms_scales(t->attended, rows, w, t->scales[1]);
    memcpy(t->middle, t->in, rows * w * sizeof(float));
    rms_norm_add(t->attended, rows, w, p[POST_ATTENTION], t->scales[1], t->middle);
    rms_scales(t->middle, rows, w, t->scales[2]);
    rms_norm(t->middle, rows, w, p[PRE_MLP], t->scales[2], t->normed2);
    decoder_mlp(l, b, block, t, rows);
    rms_scales(t->made, rows, w, t->scales[3]);
    memcpy(next, t->middle, rows * w * sizeof(float));
    rms_norm_add(t->made, rows, w, p[POST_MLP], t->scales[3], next);
}

static void decoder_mlp_back(const learner *l, bench *b, const block_weights *block,
                             const decoder_trace *t, size_t rows) {
    size_t f = (size_t)l->of.mlp, w = (size_t)l->of.width;
    learn(l, b, &block->down, b->d_y, t->active, rows);
    for (size_t r = 0; r < rows; r += ROWS) {
        size_t count = min_of(ROWS, rows - r);
        multiply_back(&block->down, b->d_y + r * w, count, b->sums);
        for (size_t i = 0; i < count; i++)
            for (size_t c = 0; c < f; c += 16) {
                size_t at = (r + i) * f + c;
                __m512 d = _mm512_loadu_ps(b->sums + i * f + c);
                bf16 *out = b->d_wide + (r + i) * 2 * f + c;
                store_bf16(out, _mm512_mul_ps(d, vf_load_bf16(t->slope + at)));
                store_bf16(out + f, _mm512_mul_ps(d, vf_load_bf16(t->value + at)));
            }
    }
    learn(l, b, &block->up, b->d_wide, t->normed2, rows);
    multiply_back(&block->up, b->d_wide, rows, b->d_h);
}

static void decoder_back(const learner *l, bench *b, size_t i, size_t pictures) {
    const block_weights *block = &l->decoder[i];
    const decoder_trace *t = &b->decoder[i];
    size_t at = decoder_first(&l->of) + i * PARTS, rows = pictures * l->rows;
    size_t w = (size_t)l->of.width;
    const float *const *p = l->values + at;
    rms_norm_back(t->made, b->d_x, rows, w, p[POST_MLP], t->scales[3], b->d_h, false,
                  gradient(l, b, at + POST_MLP));
    to_bf16(b->d_h, rows * w, b->d_y);
    decoder_mlp_back(l, b, block, t, rows);
    rms_norm_back(t->middle, b->d_h, rows, w, p[PRE_MLP], t->scales[2], b->d_x, true,
                  gradient(l, b, at + PRE_MLP));
    rms_norm_back(t->attended, b->d_x, rows, w, p[POST_ATTENTION], t->scales[1], b->d_h, false,
                  gradient(l, b, at + POST_ATTENTION));
    to_bf16(b->d_h, rows * w, b->d_y);
    learn(l, b, &block->out, b->d_y, t->mixed, rows);
    multiply_back(&block->out, b->d_y, rows, b->d_h);
    to_bf16(b->d_h, rows * block->out.columns, b->chosen);
    decoder_mix_back(l, b, t, b->chosen, pictures, b->d_wide);
    learn(l, b, &block->qkv, b->d_wide, t->normed1, rows);
    multiply_back(&block->qkv, b->d_wide, rows, b->d_h);
    rms_norm_back(t->in, b->d_h, rows, w, p[INPUT_NORM], t->scales[0], b->d_x, true,
                  gradient(l, b, at + INPUT_NORM));
}

void decode(const learner *l, bench *b, size_t pictures) {
    size_t blocks = (size_t)l->of.blocks;
    for (size_t i = 0; i < blocks; i++)
        decoder_forward(l, b, i, pictures, i + 1 < blocks ? b->decoder[i + 1].in : b->end);
}

void decode_back(const learner *l, bench *b, size_t pictures) {
    for (size_t i = (size_t)l->of.blocks; i-- > 0;)
        decoder_back(l, b, i, pictures);
}
