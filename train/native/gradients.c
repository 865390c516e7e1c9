/* A step: pictures and texts to a loss, and the loss to every parameter's derivative. Threads take some pictures at a time
 * and have gradients of their own, which become one at the end. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "kernels/simd.h"
#include "learner.h"

static const int64_t *tokens_of(const learner *l, size_t picture) {
    return l->tokens + picture * l->length;
}

/* Where a token's vector comes from, and where its derivative goes. */
static size_t vector_of(const learner *l, int64_t token) {
    return (size_t)token * (size_t)l->of.width;
}

/* What the decoder begins with: the projected picture, the text's vectors, nothing. */
static void compose(const learner *l, bench *b, size_t first, size_t pictures, float *x) {
    size_t n = image_tokens(&l->of), w = (size_t)l->of.width;
    const float *vectors = l->values[l->parameters - 1];
    float scale = sqrtf((float)w);
    memset(x, 0, pictures * l->rows * w * sizeof *x);
    for (size_t g = 0; g < pictures; g++) {
        multiply(b, &l->projector, b->projected, g * n, n);
        memcpy(x + g * l->rows * w, b->sums, n * w * sizeof *x);
        for (size_t t = 0; t + 1 < l->length; t++)
            for (size_t c = 0; c < w; c++)
                x[(g * l->rows + n + t) * w + c] =
                    scale * vectors[vector_of(l, tokens_of(l, first + g)[t]) + c];
    }
}

static void compose_back(const learner *l, bench *b, size_t first, size_t pictures) {
    size_t n = image_tokens(&l->of), w = (size_t)l->of.width, rows = pictures * n;
    float *vectors = gradient(l, b, l->parameters - 1), scale = sqrtf((float)w);
    for (size_t g = 0; g < pictures; g++) {
        const float *d = b->d_x + g * l->rows * w;
        to_bf16(d, n * w, b->d_y + g * n * w);
        for (size_t t = 0; t + 1 < l->length; t++)
            for (size_t c = 0; c < w; c++)
                vectors[vector_of(l, tokens_of(l, first + g)[t]) + c] += scale * d[(n + t) * w + c];
    }
    learn(l, b, &l->projector, b->d_y, b->projected, rows);
    multiply_back(&l->projector, b->d_y, rows, b->d_h);
}

/* ---- the loss ---- */

/* A row of logits becomes the derivative of the loss by them, in BF16; returns the row's loss. */
static float softmax_loss(const learner *l, const float *logits, int64_t truth, bf16 *d) {
    size_t v = (size_t)l->of.vocabulary;
    __m512 top = _mm512_set1_ps(-INFINITY), sum = _mm512_setzero_ps();
    for (size_t c = 0; c < v; c += 16)
        top = _mm512_max_ps(top, _mm512_loadu_ps(logits + c));
    float most = _mm512_reduce_max_ps(top);
    top = _mm512_set1_ps(most);
    for (size_t c = 0; c < v; c += 16)
        sum = _mm512_add_ps(sum, vf_exp(_mm512_sub_ps(_mm512_loadu_ps(logits + c), top)));
    float total = _mm512_reduce_add_ps(sum), rest = most + logf(total) - logits[truth];
    __m512 share = _mm512_set1_ps(l->share / total);
    for (size_t c = 0; c < v; c += 16) {
        __m512 p = vf_exp(_mm512_sub_ps(_mm512_loadu_ps(logits + c), top));
        if ((size_t)truth / 16 == c / 16)
            p = _mm512_mask_sub_ps(p, (__mmask16)(1u << (truth % 16)), p, _mm512_set1_ps(total));
        store_bf16(d + c, _mm512_mul_ps(p, share));
    }
    return rest * l->share;
}

/* A row that a token is to be told from. */
typedef struct question {
    size_t row;
    int64_t truth;
} question;

/* Up to ROWS rows, normed, in b->chosen; what is not filled is zero and asks nothing. */
static void judge(const learner *l, bench *b, const float *normed, const question *asked,
                  size_t count, float *d_normed) {
    size_t w = (size_t)l->of.width, v = (size_t)l->of.vocabulary;
    size_t rows = (count + 31) / 32 * 32;
    memset(b->chosen, 0, rows * w * sizeof(bf16));
    memset(b->d_wide, 0, rows * v * sizeof(bf16));
    for (size_t i = 0; i < count; i++)
        to_bf16(normed + asked[i].row * w, w, b->chosen + i * w);
    multiply(b, &l->embedding, b->chosen, 0, rows);
    for (size_t i = 0; i < count; i++)
        b->loss += softmax_loss(l, b->sums + i * v, asked[i].truth, b->d_wide + i * v);
    learn(l, b, &l->embedding, b->d_wide, b->chosen, rows);
    multiply_back(&l->embedding, b->d_wide, rows, b->sums);
    for (size_t i = 0; i < count; i++)
        memcpy(d_normed + asked[i].row * w, b->sums + i * w, w * sizeof(float));
}

/* From what the decoder ends with to the loss, and back to b->d_x. */
static void say(const learner *l, bench *b, size_t first, size_t pictures) {
    size_t w = (size_t)l->of.width, rows = pictures * l->rows, n = image_tokens(&l->of);
    size_t norm = l->parameters - 2, count = 0;
    const float *weight = l->values[norm];
    question asked[ROWS];
    rms_scales(b->end, rows, w, b->end_scales);
    memset(b->d_x, 0, rows * w * sizeof(float));
    rms_norm_add(b->end, rows, w, weight, b->end_scales, b->d_x); /* normed, for now */
    memset(b->d_h, 0, rows * w * sizeof(float));
    for (size_t g = 0; g < pictures; g++)
        for (size_t t = l->prefix; t < l->length; t++) {
            int64_t truth = tokens_of(l, first + g)[t];
            if (truth == l->pad)
                continue;
            asked[count++] = (question){g * l->rows + n + t - 1, truth};
            if (count == ROWS) {
                judge(l, b, b->d_x, asked, count, b->d_h);
                count = 0;
            }
        }
    if (count)
        judge(l, b, b->d_x, asked, count, b->d_h);
    rms_norm_back(b->end, b->d_h, rows, w, weight, b->end_scales, b->d_x, false,
                  gradient(l, b, norm));
}

/* ---- a step ---- */

static void learn_from(const learner *l, bench *b, size_t first, size_t pictures) {
    see(l, b, first, pictures);
    compose(l, b, first, pictures, b->decoder[0].in);
    decode(l, b, pictures);
    say(l, b, first, pictures);
    decode_back(l, b, pictures);
    compose_back(l, b, first, pictures);
    see_back(l, b, pictures);
}

typedef struct thread {
    learner *l;
    bench *b;
    size_t number;
    pthread_t id;
    bool started;
} thread;

static void *pack_share(void *of) {
    thread *t = of;
    unsigned before = tiles_begin();
    pack_weights(t->l, t->number, t->b->d_wide);
    tiles_end(before);
    return NULL;
}

static void *learn_share(void *of) {
    thread *t = of;
    learner *l = t->l;
    memset(t->b->gradient, 0, l->offsets[l->parameters] * sizeof(float));
    t->b->loss = 0;
    unsigned before = tiles_begin();
    for (;;) {
        size_t first = atomic_fetch_add(&l->next, PICTURES);
        if (first >= l->batch)
            break;
        learn_from(l, t->b, first, min_of(PICTURES, l->batch - first));
    }
    tiles_end(before);
    return NULL;
}

/* The threads' gradients as one; the weights of patches once for each colour. */
static void *gather_share(void *of) {
    thread *t = of;
    learner *l = t->l;
    for (size_t i = t->number; i < l->parameters; i += (size_t)l->threads) {
        size_t count = l->offsets[i + 1] - l->offsets[i];
        float *sum = gradient(l, &l->benches[0], i);
        for (int j = 1; j < l->threads; j++) {
            const float *other = gradient(l, &l->benches[j], i);
            for (size_t c = 0; c < count; c++)
                sum[c] += other[c];
        }
        size_t colours = i == 0 ? 3 : 1,
               area = i == 0 ? (size_t)(l->of.patch * l->of.patch) : count;
        for (size_t c = 0; c < count; c += area)
            for (size_t k = 0; k < colours; k++)
                memcpy(l->gradients[i] + (c * colours + k * area), sum + c, area * sizeof *sum);
    }
    return NULL;
}

/* A thread that cannot be started is done by the caller. */
static void run_all(thread *threads, int count, void *(*work)(void *)) {
    for (int t = 1; t < count; t++)
        threads[t].started = pthread_create(&threads[t].id, NULL, work, &threads[t]) == 0;
    work(&threads[0]);
    for (int t = 1; t < count; t++)
        if (threads[t].started)
            pthread_join(threads[t].id, NULL);
        else
            work(&threads[t]);
}

static size_t count_tokens(const learner *l) {
    size_t count = 0;
    for (size_t g = 0; g < l->batch; g++)
        for (size_t t = l->prefix; t < l->length; t++)
            count += tokens_of(l, g)[t] != l->pad;
    return count;
}

double learner_step(learner *l, const float *const *parameters, float *const *gradients,
                    const uint8_t *pixels, const int64_t *tokens, int64_t batch, int64_t length,
                    int64_t prefix, int64_t pad) {
    l->values = parameters;
    l->gradients = gradients;
    l->pixels = pixels;
    l->tokens = tokens;
    l->batch = (size_t)batch;
    l->length = (size_t)length;
    l->prefix = (size_t)prefix;
    l->pad = pad;
    l->rows = (image_tokens(&l->of) + l->length - 1 + 31) / 32 * 32;
    l->share = 1 / (float)count_tokens(l);
    atomic_store(&l->next, 0);
    thread *threads = calloc((size_t)l->threads, sizeof *threads);
    if (!threads || !make_room(l, l->rows)) {
        free(threads);
        return NAN;
    }
    for (int t = 0; t < l->threads; t++)
        threads[t] = (thread){.l = l, .b = &l->benches[t], .number = (size_t)t};
    run_all(threads, l->threads, pack_share);
    run_all(threads, l->threads, learn_share);
    run_all(threads, l->threads, gather_share);
    free(threads);
    double loss = 0;
    for (int t = 0; t < l->threads; t++)
        loss += l->benches[t].loss;
    return loss;
}
