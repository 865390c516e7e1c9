/* The vision tower, there and back. */
#include <math.h>

#include "kernels/simd.h"
#include "learner.h"

static attention tower_attention(const shapes *s, const bench *b, const tower_trace *t, size_t g,
                                 size_t head) {
    size_t n = image_tokens(s), width = (size_t)(s->vision_width / s->vision_heads);
    return (attention){.length = n,
                       .width = width,
                       .stride = 3 * (size_t)s->vision_width,
                       .scale = 1 / sqrtf((float)width),
                       .seen = n,
                       .weights = t->weights + (g * (size_t)s->vision_heads + head) * n * n,
                       .room = b->room};
}

static void tower_mix(const shapes *s, bench *b, tower_trace *t, size_t pictures) {
    size_t n = image_tokens(s), w = (size_t)s->vision_width;
    for (size_t g = 0; g < pictures; g++)
        for (size_t head = 0; head < (size_t)s->vision_heads; head++) {
            attention a = tower_attention(s, b, t, g, head);
            const bf16 *q = t->qkv + g * n * 3 * w + head * a.width;
            attend(&a, q, q + w, q + 2 * w, b->head[0]);
            for (size_t i = 0; i < n; i++)
                to_bf16(b->head[0] + i * a.width, a.width,
                        t->mixed + (g * n + i) * w + head * a.width);
        }
}

static void tower_mix_back(const shapes *s, bench *b, const tower_trace *t, const bf16 *d_mixed,
                           size_t pictures, bf16 *d_qkv) {
    size_t n = image_tokens(s), w = (size_t)s->vision_width;
    for (size_t g = 0; g < pictures; g++)
        for (size_t head = 0; head < (size_t)s->vision_heads; head++) {
            attention a = tower_attention(s, b, t, g, head);
            const bf16 *q = t->qkv + g * n * 3 * w + head * a.width;
            memset(b->head[1], 0, n * a.width * sizeof(float));
            memset(b->head[2], 0, n * a.width * sizeof(float));
            attend_back(&a, q, q + w, q + 2 * w, d_mixed + g * n * w + head * a.width, w,
                        b->head[0], b->head[1], b->head[2]);
            for (size_t i = 0; i < n; i++)
                for (size_t part = 0; part < 3; part++)
                    to_bf16(b->head[part] + i * a.width, a.width,
                            d_qkv + (g * n + i) * 3 * w + part * w + head * a.width);
        }
}

static void tower_forward(const learner *l, bench *b, size_t i, size_t pictures, float *next) {
    const block_weights *block = &l->tower[i];
    tower_trace *t = &b->tower[i];
    const float *const *p = l->values + BEFORE + i * VISION_PARTS;
    size_t rows = pictures * image_tokens(&l->of), w = (size_t)l->of.vision_width;
    size_t f = (size_t)l->of.vision_mlp;
    layer_norm(t->in, rows, w, p[NORM1], p[NORM1 + 1], t->normed1, t->means1, t->scales1);
    multiply_to_bf16(b, &block->qkv, t->normed1, rows, t->qkv);
    tower_mix(&l->of, b, t, pictures);
    multiply_and_add(b, &block->out, t->mixed, rows, t->in, t->middle);
    layer_norm(t->middle, rows, w, p[NORM2], p[NORM2 + 1], t->normed2, t->means2, t->scales2);
    for (size_t r = 0; r < rows; r += ROWS) {
        size_t count = min_of(ROWS, rows - r);
        multiply(b, &block->up, t->normed2, r, count);
        for (size_t c = 0; c < count * f; c += 16) {
            __m512 value, slope;
            gelu(_mm512_loadu_ps(b->sums + c), &value, &slope);
            store_bf16(t->active + r * f + c, value);
            store_bf16(t->slope + r * f + c, slope);
        }
    }
    multiply_and_add(b, &block->down, t->active, rows, t->middle, next);
}

/* b->d_x: the derivative by what the block gives, then by what it takes. */
static void tower_back(const learner *l, bench *b, size_t i, size_t pictures) {
    const block_weights *block = &l->tower[i];
    const tower_trace *t = &b->tower[i];
    size_t at = BEFORE + i * VISION_PARTS;
    const float *const *p = l->values + at;
    size_t rows = pictures * image_tokens(&l->of), w = (size_t)l->of.vision_width;
    size_t f = (size_t)l->of.vision_mlp;
    to_bf16(b->d_x, rows * w, b->d_y);
    learn(l, b, &block->down, b->d_y, t->active, rows);
    for (size_t r = 0; r < rows; r += ROWS) {
        size_t count = min_of(ROWS, rows - r);
        multiply_back(&block->down, b->d_y + r * w, count, b->sums);
        for (size_t c = 0; c < count * f; c += 16)
            store_bf16(b->d_wide + r * f + c, _mm512_mul_ps(_mm512_loadu_ps(b->sums + c),
                                                            vf_load_bf16(t->slope + r * f + c)));
    }
    learn(l, b, &block->up, b->d_wide, t->normed2, rows);
    multiply_back(&block->up, b->d_wide, rows, b->d_h);
    layer_norm_back(t->middle, b->d_h, rows, w, p[NORM2], t->means2, t->scales2, b->d_x,
                    gradient(l, b, at + NORM2), gradient(l, b, at + NORM2 + 1));
    to_bf16(b->d_x, rows * w, b->d_y);
    learn(l, b, &block->out, b->d_y, t->mixed, rows);
    multiply_back(&block->out, b->d_y, rows, b->d_h);
    to_bf16(b->d_h, rows * w, b->d_y);
    tower_mix_back(&l->of, b, t, b->d_y, pictures, b->d_wide);
    learn(l, b, &block->qkv, b->d_wide, t->normed1, rows);
    multiply_back(&block->qkv, b->d_wide, rows, b->d_h);
    layer_norm_back(t->in, b->d_h, rows, w, p[NORM1], t->means1, t->scales1, b->d_x,
                    gradient(l, b, at + NORM1), gradient(l, b, at + NORM1 + 1));
}

/* Pictures as rows of patches, from -1 to 1. */
static void cut_patches(const learner *l, bench *b, size_t first, size_t pictures) {
    size_t side = (size_t)l->of.side, patch = (size_t)l->of.patch, across = side / patch;
    bf16 *out = b->patches;
    for (size_t g = first; g < first + pictures; g++)
        for (size_t n = 0; n < across * across; n++)
            for (size_t y = 0; y < patch; y++, out += patch) {
                const uint8_t *in =
                    l->pixels + (g * side + n / across * patch + y) * side + n % across * patch;
                for (size_t x = 0; x < patch; x += 16) {
                    __m512i bytes = _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)(in + x)));
                    __m512 v = _mm512_mul_ps(_mm512_cvtepi32_ps(bytes), _mm512_set1_ps(1 / 127.5f));
                    store_bf16(out + x, _mm512_sub_ps(v, _mm512_set1_ps(1)));
                }
            }
}

void see(const learner *l, bench *b, size_t first, size_t pictures) {
    size_t n = image_tokens(&l->of), rows = pictures * n, w = (size_t)l->of.vision_width;
    const float *positions = l->values[2];
    size_t blocks = (size_t)l->of.vision_blocks;
    float *x = b->tower[0].in;
    cut_patches(l, b, first, pictures);
    for (size_t r = 0; r < rows; r++)
        memcpy(x + r * w, positions + r % n * w, w * sizeof *x);
    multiply_and_add(b, &l->patch, b->patches, rows, x, x);
    for (size_t i = 0; i < blocks; i++)
        tower_forward(l, b, i, pictures, i + 1 < blocks ? b->tower[i + 1].in : b->last);
    const float *const *p = l->values + BEFORE + blocks * VISION_PARTS;
    layer_norm(b->last, rows, w, p[0], p[1], b->projected, b->means, b->scales);
}

void see_back(const learner *l, bench *b, size_t pictures) {
    size_t n = image_tokens(&l->of), rows = pictures * n, w = (size_t)l->of.vision_width;
    size_t after = BEFORE + (size_t)l->of.vision_blocks * VISION_PARTS;
    memset(b->d_x, 0, rows * w * sizeof(float));
    layer_norm_back(b->last, b->d_h, rows, w, l->values[after], b->means, b->scales, b->d_x,
                    gradient(l, b, after), gradient(l, b, after + 1));
    for (size_t i = (size_t)l->of.vision_blocks; i-- > 0;)
        tower_back(l, b, i, pictures);
    float *positions = gradient(l, b, 2);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < w; c++)
            positions[r % n * w + c] += b->d_x[r * w + c];
    to_bf16(b->d_x, rows * w, b->d_y);
    learn(l, b, &l->patch, b->d_y, b->patches, rows);
}
