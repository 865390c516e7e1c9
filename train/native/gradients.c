#include "gradients.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "parts.h"

enum {
    PICTURES = 16, /* that a thread works on together: so often are gradients added to memory */
    ROWS = 256,    /* of a product whose sums are taken on at once, while they are near */
    VISION_PARTS = 16,
    PARTS = 11,
    BEFORE = 3, /* parameters before the tower's blocks: patches' weight and bias, positions */
    BETWEEN = 4 /* after them: the last norm's two, the projector's two */
};

/* Of a vision block, in the order of a checkpoint; biases follow their weights. */
enum { NORM1 = 0, Q = 2, K = 4, V = 6, OUT = 8, NORM2 = 10, FC1 = 12, FC2 = 14 };
/* Of a decoder block. */
enum { D_Q, D_K, D_V, D_O, GATE, UP, DOWN, INPUT_NORM, POST_ATTENTION, PRE_MLP, POST_MLP };

/* Weights [rows, columns], of one parameter or of several below each other, as both ways want them. */
typedef struct matrix {
    size_t rows, columns, count, first[3], part_rows[3]; /* first: the parameter's number */
    bf16 *forward, *backward;
    float *bias; /* [rows]; NULL: none */
} matrix;

typedef struct tower_block {
    matrix qkv, out, fc1, fc2;
} tower_block;

typedef struct decoder_block {
    matrix qkv, o, gate_up, down;
} decoder_block;

/* What the way forward leaves for the way back. */
typedef struct tower_trace {
    float *in, *middle, *means1, *scales1, *means2, *scales2;
    bf16 *normed1, *qkv, *weights, *mixed, *normed2, *slope, *active;
} tower_trace;

typedef struct decoder_trace {
    float *in, *middle, *attended, *made, *scales[4];
    bf16 *normed1, *qkv, *weights, *tanhs, *mixed, *normed2, *value, *slope, *active;
} decoder_trace;

/* A thread's memory. */
typedef struct bench {
    tower_trace *tower;
    decoder_trace *decoder;
    float *gradient;              /* of all parameters, one after the other */
    float *sums, *d_x, *d_h, *head[3], *last, *end; /* last, end: of the tower, of the decoder */
    float *means, *scales, *end_scales;
    bf16 *d_y, *d_wide, *turned, *tiles, *patches, *projected, *chosen;
    void *room;
    double loss;
} bench;

struct learner {
    shapes of;
    int threads;
    size_t parameters, *offsets; /* where each begins in `gradient`; one more than there are */
    matrix patch, projector, embedding;
    tower_block *tower;
    decoder_block *decoder;
    float *cosines, *sines; /* [longest, head_width / 2] */
    bench *benches;
    size_t longest; /* rows of a picture and its text that there is memory for */
    /* Of the step that is done. */
    const float *const *values;
    float *const *gradients;
    const uint8_t *pixels;
    const int64_t *tokens;
    size_t batch, length, prefix, rows; /* rows: of a picture and its text, filled up */
    int64_t pad;
    float share; /* of one token in the loss */
    atomic_size_t next;
};

static size_t min_of(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t image_tokens(const shapes *s) {
    size_t side = (size_t)(s->side / s->patch);
    return side * side;
}

static size_t decoder_first(const shapes *s) {
    return BEFORE + VISION_PARTS * (size_t)s->vision_blocks + BETWEEN;
}

/* ---- memory ---- */

/* 64-byte aligned, zero; `*failed` where there is none. Pages are touched where they are used first. */
static void *reserve(size_t count, size_t size, bool *failed) {
    size_t bytes = (count * size + 63) / 64 * 64;
    void *p = aligned_alloc(64, bytes ? bytes : 64);
    if (!p)
        *failed = true;
    else
        memset(p, 0, bytes);
    return p;
}

static void describe(matrix *m, size_t columns, const size_t *first, const size_t *rows,
                     size_t count, bool biased, bool *failed) {
    *m = (matrix){.columns = columns, .count = count};
    for (size_t i = 0; i < count; i++) {
        m->first[i] = first[i];
        m->part_rows[i] = rows[i];
        m->rows += rows[i];
    }
    m->forward = reserve(m->rows * columns, sizeof(bf16), failed);
    m->backward = reserve(m->rows * columns, sizeof(bf16), failed);
    if (biased)
        m->bias = reserve(m->rows, sizeof(float), failed);
}

static void describe_one(matrix *m, size_t rows, size_t columns, size_t first, bool biased,
                         bool *failed) {
    describe(m, columns, &first, &rows, 1, biased, failed);
}

static void describe_tower(learner *l, bool *failed) {
    size_t w = (size_t)l->of.vision_width, f = (size_t)l->of.vision_mlp;
    size_t area = (size_t)(l->of.patch * l->of.patch);
    describe_one(&l->patch, w, area, 0, true, failed);
    for (size_t i = 0; i < (size_t)l->of.vision_blocks; i++) {
        tower_block *b = &l->tower[i];
        size_t at = BEFORE + i * VISION_PARTS;
        describe(&b->qkv, w, (size_t[]){at + Q, at + K, at + V}, (size_t[]){w, w, w}, 3, true,
                 failed);
        describe_one(&b->out, w, w, at + OUT, true, failed);
        describe_one(&b->fc1, f, w, at + FC1, true, failed);
        describe_one(&b->fc2, w, f, at + FC2, true, failed);
    }
}

static void describe_decoder(learner *l, bool *failed) {
    const shapes *s = &l->of;
    size_t w = (size_t)s->width, f = (size_t)s->mlp, h = (size_t)s->head_width;
    size_t heads = (size_t)s->heads * h, kv = (size_t)s->kv_heads * h;
    size_t before = decoder_first(s);
    describe_one(&l->projector, w, (size_t)s->vision_width, before - 2, true, failed);
    for (size_t i = 0; i < (size_t)s->blocks; i++) {
        decoder_block *b = &l->decoder[i];
        size_t at = before + i * PARTS;
        describe(&b->qkv, w, (size_t[]){at + D_Q, at + D_K, at + D_V}, (size_t[]){heads, kv, kv}, 3,
                 false, failed);
        describe_one(&b->o, w, heads, at + D_O, false, failed);
        describe(&b->gate_up, w, (size_t[]){at + GATE, at + UP}, (size_t[]){f, f}, 2, false, failed);
        describe_one(&b->down, w, f, at + DOWN, false, failed);
    }
    describe_one(&l->embedding, (size_t)s->vocabulary, w, before + (size_t)s->blocks * PARTS + 1,
                 false, failed);
}

/* How many numbers each parameter has. */
static void measure(learner *l) {
    const shapes *s = &l->of;
    size_t n = 0, w = (size_t)s->vision_width, f = (size_t)s->vision_mlp;
    size_t sizes_of_tower[VISION_PARTS] = {w,     w, w * w, w, w * w, w, w * w, w,
                                           w * w, w, w,     w, w * f, f, f * w, w};
    size_t d = (size_t)s->width, m = (size_t)s->mlp;
    size_t q = (size_t)(s->heads * s->head_width), kv = (size_t)(s->kv_heads * s->head_width);
    size_t sizes_of_block[PARTS] = {d * q, d * kv, d * kv, d * q, d * m, d * m, d * m, d, d, d, d};
    size_t *sizes = l->offsets + 1;
    sizes[n++] = w * (size_t)(s->patch * s->patch); /* of one colour: they are alike */
    sizes[n++] = w;
    sizes[n++] = w * image_tokens(s);
    for (size_t i = 0; i < (size_t)s->vision_blocks; i++)
        for (size_t j = 0; j < VISION_PARTS; j++)
            sizes[n++] = sizes_of_tower[j];
    sizes[n++] = w;
    sizes[n++] = w;
    sizes[n++] = w * d;
    sizes[n++] = d;
    for (size_t i = 0; i < (size_t)s->blocks; i++)
        for (size_t j = 0; j < PARTS; j++)
            sizes[n++] = sizes_of_block[j];
    sizes[n++] = d;
    sizes[n++] = d * (size_t)s->vocabulary;
    l->offsets[0] = 0;
    for (size_t i = 1; i <= n; i++)
        l->offsets[i] += l->offsets[i - 1];
}

static void free_trace(bench *b, const shapes *s) {
    for (size_t i = 0; b->tower && i < (size_t)s->vision_blocks; i++) {
        tower_trace *t = &b->tower[i];
        void *all[] = {t->in,  t->middle,  t->means1, t->scales1, t->means2, t->scales2, t->normed1,
                       t->qkv, t->weights, t->mixed,  t->normed2, t->slope,  t->active};
        for (size_t j = 0; j < sizeof all / sizeof *all; j++)
            free(all[j]);
    }
    for (size_t i = 0; b->decoder && i < (size_t)s->blocks; i++) {
        decoder_trace *t = &b->decoder[i];
        void *all[] = {t->in,        t->middle,  t->attended, t->made,  t->scales[0], t->scales[1],
                       t->scales[2], t->scales[3], t->normed1, t->qkv,  t->weights,   t->tanhs,
                       t->mixed,     t->normed2, t->value,    t->slope, t->active};
        for (size_t j = 0; j < sizeof all / sizeof *all; j++)
            free(all[j]);
    }
    void *all[] = {b->tower,  b->decoder, b->gradient, b->sums,    b->d_x,       b->d_h,
                   b->head[0], b->head[1], b->head[2], b->last, b->end, b->end_scales,     b->means,
                   b->scales, b->d_y,     b->d_wide,   b->turned,  b->tiles,     b->patches,
                   b->projected, b->chosen, b->room};
    for (size_t j = 0; j < sizeof all / sizeof *all; j++)
        free(all[j]);
    *b = (bench){0};
}

static void furnish_tower(bench *b, const shapes *s, bool *failed) {
    size_t n = image_tokens(s), rows = PICTURES * n, w = (size_t)s->vision_width;
    size_t f = (size_t)s->vision_mlp;
    b->tower = reserve((size_t)s->vision_blocks, sizeof *b->tower, failed);
    for (size_t i = 0; b->tower && i < (size_t)s->vision_blocks; i++) {
        tower_trace *t = &b->tower[i];
        t->in = reserve(rows * w, sizeof(float), failed);
        t->middle = reserve(rows * w, sizeof(float), failed);
        t->means1 = reserve(rows, sizeof(float), failed);
        t->scales1 = reserve(rows, sizeof(float), failed);
        t->means2 = reserve(rows, sizeof(float), failed);
        t->scales2 = reserve(rows, sizeof(float), failed);
        t->normed1 = reserve(rows * w, sizeof(bf16), failed);
        t->qkv = reserve(rows * 3 * w, sizeof(bf16), failed);
        t->weights = reserve(rows * n * (size_t)s->vision_heads, sizeof(bf16), failed);
        t->mixed = reserve(rows * w, sizeof(bf16), failed);
        t->normed2 = reserve(rows * w, sizeof(bf16), failed);
        t->slope = reserve(rows * f, sizeof(bf16), failed);
        t->active = reserve(rows * f, sizeof(bf16), failed);
    }
}

static void furnish_decoder(bench *b, const shapes *s, size_t length, bool *failed) {
    size_t rows = PICTURES * length, w = (size_t)s->width, f = (size_t)s->mlp;
    size_t heads = (size_t)s->heads, h = (size_t)s->head_width;
    size_t qkv = (heads + 2 * (size_t)s->kv_heads) * h;
    b->decoder = reserve((size_t)s->blocks, sizeof *b->decoder, failed);
    for (size_t i = 0; b->decoder && i < (size_t)s->blocks; i++) {
        decoder_trace *t = &b->decoder[i];
        t->in = reserve(rows * w, sizeof(float), failed);
        t->middle = reserve(rows * w, sizeof(float), failed);
        t->attended = reserve(rows * w, sizeof(float), failed);
        t->made = reserve(rows * w, sizeof(float), failed);
        for (size_t j = 0; j < 4; j++)
            t->scales[j] = reserve(rows, sizeof(float), failed);
        t->normed1 = reserve(rows * w, sizeof(bf16), failed);
        t->qkv = reserve(rows * qkv, sizeof(bf16), failed);
        t->weights = reserve(rows * length * heads, sizeof(bf16), failed);
        t->tanhs = reserve(rows * length * heads, sizeof(bf16), failed);
        t->mixed = reserve(rows * heads * h, sizeof(bf16), failed);
        t->normed2 = reserve(rows * w, sizeof(bf16), failed);
        t->value = reserve(rows * f, sizeof(bf16), failed);
        t->slope = reserve(rows * f, sizeof(bf16), failed);
        t->active = reserve(rows * f, sizeof(bf16), failed);
    }
}

/* The widest that a row becomes. */
static size_t widest(const shapes *s) {
    size_t most = 3 * (size_t)s->vision_width;
    size_t others[] = {(size_t)s->vision_mlp, 2 * (size_t)s->mlp, (size_t)s->vocabulary,
                       (size_t)(s->patch * s->patch)};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        most = others[i] > most ? others[i] : most;
    return most;
}

static void furnish(learner *l, bench *b, size_t length, bool *failed) {
    const shapes *s = &l->of;
    size_t rows = PICTURES * length, tower_rows = PICTURES * image_tokens(s), wide = widest(s);
    size_t w = (size_t)(s->width > s->vision_width ? s->width : s->vision_width);
    furnish_tower(b, s, failed);
    furnish_decoder(b, s, length, failed);
    b->gradient = reserve(l->offsets[l->parameters], sizeof(float), failed);
    b->sums = reserve(ROWS * wide, sizeof(float), failed);
    b->d_x = reserve(rows * w, sizeof(float), failed);
    b->d_h = reserve(rows * w, sizeof(float), failed);
    for (size_t i = 0; i < 3; i++)
        b->head[i] = reserve(length * 64, sizeof(float), failed);
    b->last = reserve(rows * w, sizeof(float), failed);
    b->end = reserve(rows * w, sizeof(float), failed);
    b->end_scales = reserve(rows, sizeof(float), failed);
    b->means = reserve(rows, sizeof(float), failed);
    b->scales = reserve(rows, sizeof(float), failed);
    b->d_y = reserve(rows * w, sizeof(bf16), failed);
    b->d_wide = reserve(rows * wide, sizeof(bf16), failed);
    b->turned = reserve(rows * wide, sizeof(bf16), failed);
    b->tiles = reserve(rows * wide, sizeof(bf16), failed);
    b->patches = reserve(tower_rows * (size_t)(s->patch * s->patch), sizeof(bf16), failed);
    b->projected = reserve(tower_rows * (size_t)s->vision_width, sizeof(bf16), failed);
    b->chosen = reserve(rows * w, sizeof(bf16), failed);
    b->room = reserve(attention_room(length), 1, failed);
}

static void turn_table(learner *l, size_t length) {
    size_t half = (size_t)l->of.head_width / 2;
    for (size_t i = 0; i < length; i++)
        for (size_t j = 0; j < half; j++) {
            double angle = (double)(i + 1) * pow((double)l->of.theta, -(double)j / (double)half);
            l->cosines[i * half + j] = (float)cos(angle);
            l->sines[i * half + j] = (float)sin(angle);
        }
}

/* Memory for texts that fill `length` rows with their picture. */
static bool make_room(learner *l, size_t length) {
    if (length <= l->longest)
        return true;
    bool failed = false;
    for (int t = 0; t < l->threads; t++) {
        free_trace(&l->benches[t], &l->of);
        furnish(l, &l->benches[t], length, &failed);
    }
    free(l->cosines);
    free(l->sines);
    l->cosines = reserve(length * (size_t)l->of.head_width / 2, sizeof(float), &failed);
    l->sines = reserve(length * (size_t)l->of.head_width / 2, sizeof(float), &failed);
    if (failed)
        return false;
    turn_table(l, length);
    l->longest = length;
    return true;
}

static void free_matrix(matrix *m) {
    free(m->forward);
    free(m->backward);
    free(m->bias);
}

void learner_free(learner *l) {
    if (!l)
        return;
    for (int t = 0; l->benches && t < l->threads; t++)
        free_trace(&l->benches[t], &l->of);
    for (size_t i = 0; l->tower && i < (size_t)l->of.vision_blocks; i++) {
        free_matrix(&l->tower[i].qkv);
        free_matrix(&l->tower[i].out);
        free_matrix(&l->tower[i].fc1);
        free_matrix(&l->tower[i].fc2);
    }
    for (size_t i = 0; l->decoder && i < (size_t)l->of.blocks; i++) {
        free_matrix(&l->decoder[i].qkv);
        free_matrix(&l->decoder[i].o);
        free_matrix(&l->decoder[i].gate_up);
        free_matrix(&l->decoder[i].down);
    }
    free_matrix(&l->patch);
    free_matrix(&l->projector);
    free_matrix(&l->embedding);
    free(l->benches);
    free(l->tower);
    free(l->decoder);
    free(l->offsets);
    free(l->cosines);
    free(l->sines);
    free(l);
}

learner *learner_new(const shapes *of, int threads) {
    learner *l = tiles_allowed() ? calloc(1, sizeof *l) : NULL;
    if (!l)
        return NULL;
    bool failed = false;
    l->of = *of;
    l->threads = threads;
    l->parameters = decoder_first(of) + PARTS * (size_t)of->blocks + 2;
    l->offsets = reserve(l->parameters + 1, sizeof *l->offsets, &failed);
    l->benches = reserve((size_t)threads, sizeof *l->benches, &failed);
    l->tower = reserve((size_t)of->vision_blocks, sizeof *l->tower, &failed);
    l->decoder = reserve((size_t)of->blocks, sizeof *l->decoder, &failed);
    if (!failed) {
        measure(l);
        describe_tower(l, &failed);
        describe_decoder(l, &failed);
    }
    if (failed) {
        learner_free(l);
        return NULL;
    }
    return l;
}

/* ---- weights, packed for a step ---- */

static void pack(const learner *l, matrix *m, bf16 *room) {
    size_t row = 0;
    for (size_t i = 0; i < m->count; i++) {
        size_t rows = m->part_rows[i];
        to_bf16(l->values[m->first[i]], rows * m->columns, room);
        pack_columns(room, m->columns, rows, m->columns, m->forward + row * m->columns);
        pack_rows(room, m->columns, rows, m->columns, row, m->rows, m->backward);
        if (m->bias)
            memcpy(m->bias + row, l->values[m->first[i] + 1], rows * sizeof(float));
        row += rows;
    }
}

/* A picture's three colours are alike, so their weights are one. */
static void pack_patch(const learner *l, bf16 *room) {
    size_t area = (size_t)(l->of.patch * l->of.patch), rows = (size_t)l->of.vision_width;
    const float *w = l->values[0];
    for (size_t r = 0; r < rows; r++, w += 3 * area)
        for (size_t i = 0; i < area; i += 16) {
            __m512 sum = _mm512_add_ps(_mm512_loadu_ps(w + i), _mm512_loadu_ps(w + area + i));
            sum = _mm512_add_ps(sum, _mm512_loadu_ps(w + 2 * area + i));
            store_bf16(room + r * area + i, sum);
        }
    pack_columns(room, area, rows, area, l->patch.forward);
    memcpy(l->patch.bias, l->values[1], rows * sizeof(float));
}

/* ---- products with what surrounds them ---- */

/* Rows [from, from + count) of x times the weights, and their bias, to b->sums. */
static void times(bench *b, const matrix *m, const bf16 *x, size_t from, size_t count) {
    product(count, m->rows, m->columns, x + from * m->columns, m->columns, m->forward, b->sums,
            m->rows, false);
    for (size_t r = 0; m->bias && r < count; r++)
        for (size_t c = 0; c < m->rows; c += 16) {
            float *s = b->sums + r * m->rows + c;
            _mm512_storeu_ps(s, _mm512_add_ps(_mm512_loadu_ps(s), _mm512_loadu_ps(m->bias + c)));
        }
}

static void times_to_bf16(bench *b, const matrix *m, const bf16 *x, size_t rows, bf16 *y) {
    for (size_t r = 0; r < rows; r += ROWS) {
        size_t count = min_of(ROWS, rows - r);
        times(b, m, x, r, count);
        to_bf16(b->sums, count * m->rows, y + r * m->rows);
    }
}

static void times_and_add(bench *b, const matrix *m, const bf16 *x, size_t rows, const float *to,
                          float *y) {
    for (size_t r = 0; r < rows; r += ROWS) {
        size_t count = min_of(ROWS, rows - r), at = r * m->rows;
        times(b, m, x, r, count);
        for (size_t i = 0; i < count * m->rows; i += 16)
            _mm512_storeu_ps(y + at + i, _mm512_add_ps(_mm512_loadu_ps(to + at + i),
                                                       _mm512_loadu_ps(b->sums + i)));
    }
}

/* d_x = d_y times the weights. */
static void times_back(const matrix *m, const bf16 *d_y, size_t rows, float *d_x) {
    for (size_t r = 0; r < rows; r += ROWS)
        product(min_of(ROWS, rows - r), m->columns, m->rows, d_y + r * m->rows, m->rows,
                m->backward, d_x + r * m->columns, m->columns, false);
}

static float *gradient(const learner *l, const bench *b, size_t parameter) {
    return b->gradient + l->offsets[parameter];
}

/* What the weights and biases get, from their input x and the derivative by their output. */
static void learn(const learner *l, bench *b, const matrix *m, const bf16 *d_y, const bf16 *x,
                  size_t rows) {
    turn(d_y, m->rows, rows, m->rows, b->turned, rows);
    pack_rows(x, m->columns, rows, m->columns, 0, rows, b->tiles);
    size_t row = 0;
    for (size_t i = 0; i < m->count; i++) {
        product(m->part_rows[i], m->columns, rows, b->turned + row * rows, rows, b->tiles,
                gradient(l, b, m->first[i]), m->columns, true);
        if (m->bias)
            add_columns(d_y + row, rows, m->rows, m->part_rows[i],
                        gradient(l, b, m->first[i] + 1));
        row += m->part_rows[i];
    }
}

/* ---- the vision tower ---- */

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
    const tower_block *block = &l->tower[i];
    tower_trace *t = &b->tower[i];
    const float *const *p = l->values + BEFORE + i * VISION_PARTS;
    size_t rows = pictures * image_tokens(&l->of), w = (size_t)l->of.vision_width;
    size_t f = (size_t)l->of.vision_mlp;
    layer_norm(t->in, rows, w, p[NORM1], p[NORM1 + 1], t->normed1, t->means1, t->scales1);
    times_to_bf16(b, &block->qkv, t->normed1, rows, t->qkv);
    tower_mix(&l->of, b, t, pictures);
    times_and_add(b, &block->out, t->mixed, rows, t->in, t->middle);
    layer_norm(t->middle, rows, w, p[NORM2], p[NORM2 + 1], t->normed2, t->means2, t->scales2);
    for (size_t r = 0; r < rows; r += ROWS) {
        size_t count = min_of(ROWS, rows - r);
        times(b, &block->fc1, t->normed2, r, count);
        for (size_t c = 0; c < count * f; c += 16) {
            __m512 value, slope;
            gelu(_mm512_loadu_ps(b->sums + c), &value, &slope);
            store_bf16(t->active + r * f + c, value);
            store_bf16(t->slope + r * f + c, slope);
        }
    }
    times_and_add(b, &block->fc2, t->active, rows, t->middle, next);
}

/* b->d_x: the derivative by what the block gives, then by what it takes. */
static void tower_back(const learner *l, bench *b, size_t i, size_t pictures) {
    const tower_block *block = &l->tower[i];
    const tower_trace *t = &b->tower[i];
    size_t at = BEFORE + i * VISION_PARTS;
    const float *const *p = l->values + at;
    size_t rows = pictures * image_tokens(&l->of), w = (size_t)l->of.vision_width;
    size_t f = (size_t)l->of.vision_mlp;
    to_bf16(b->d_x, rows * w, b->d_y);
    learn(l, b, &block->fc2, b->d_y, t->active, rows);
    for (size_t r = 0; r < rows; r += ROWS) {
        size_t count = min_of(ROWS, rows - r);
        times_back(&block->fc2, b->d_y + r * w, count, b->sums);
        for (size_t c = 0; c < count * f; c += 16)
            store_bf16(b->d_wide + r * f + c, _mm512_mul_ps(_mm512_loadu_ps(b->sums + c),
                                                            load_bf16(t->slope + r * f + c)));
    }
    learn(l, b, &block->fc1, b->d_wide, t->normed2, rows);
    times_back(&block->fc1, b->d_wide, rows, b->d_h);
    layer_norm_back(t->middle, b->d_h, rows, w, p[NORM2], t->means2, t->scales2, b->d_x,
                    gradient(l, b, at + NORM2), gradient(l, b, at + NORM2 + 1));
    to_bf16(b->d_x, rows * w, b->d_y);
    learn(l, b, &block->out, b->d_y, t->mixed, rows);
    times_back(&block->out, b->d_y, rows, b->d_h);
    to_bf16(b->d_h, rows * w, b->d_y);
    tower_mix_back(&l->of, b, t, b->d_y, pictures, b->d_wide);
    learn(l, b, &block->qkv, b->d_wide, t->normed1, rows);
    times_back(&block->qkv, b->d_wide, rows, b->d_h);
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
                const uint8_t *in = l->pixels + (g * side + n / across * patch + y) * side +
                                    n % across * patch;
                for (size_t x = 0; x < patch; x += 16) {
                    __m512i bytes = _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)(in + x)));
                    __m512 v = _mm512_mul_ps(_mm512_cvtepi32_ps(bytes), _mm512_set1_ps(1 / 127.5f));
                    store_bf16(out + x, _mm512_sub_ps(v, _mm512_set1_ps(1)));
                }
            }
}

/* Pictures to b->last, and, normed, to b->projected. */
static void see(const learner *l, bench *b, size_t first, size_t pictures) {
    size_t n = image_tokens(&l->of), rows = pictures * n, w = (size_t)l->of.vision_width;
    const float *positions = l->values[2];
    size_t blocks = (size_t)l->of.vision_blocks;
    float *x = blocks ? b->tower[0].in : b->last;
    cut_patches(l, b, first, pictures);
    for (size_t r = 0; r < rows; r++)
        memcpy(x + r * w, positions + r % n * w, w * sizeof *x);
    times_and_add(b, &l->patch, b->patches, rows, x, x);
    for (size_t i = 0; i < blocks; i++)
        tower_forward(l, b, i, pictures, i + 1 < blocks ? b->tower[i + 1].in : b->last);
    const float *const *p = l->values + BEFORE + blocks * VISION_PARTS;
    layer_norm(b->last, rows, w, p[0], p[1], b->projected, b->means, b->scales);
}

/* From the derivative by what the tower gives, in b->d_h. */
static void see_back(const learner *l, bench *b, const float *last, size_t pictures) {
    size_t n = image_tokens(&l->of), rows = pictures * n, w = (size_t)l->of.vision_width;
    size_t after = BEFORE + (size_t)l->of.vision_blocks * VISION_PARTS;
    memset(b->d_x, 0, rows * w * sizeof(float));
    layer_norm_back(last, b->d_h, rows, w, l->values[after], b->means, b->scales, b->d_x,
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

/* ---- the decoder ---- */

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
static void ask(const learner *l, bench *b, const decoder_block *block, decoder_trace *t,
                size_t pictures) {
    const shapes *s = &l->of;
    size_t width = (size_t)s->head_width, turned = (size_t)(s->heads + s->kv_heads);
    const matrix *m = &block->qkv;
    for (size_t g = 0; g < pictures; g++) {
        times(b, m, t->normed1, g * l->rows, l->rows);
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

/* Rows of products in f32, as they are. */
static void times_to(const matrix *m, const bf16 *x, size_t rows, float *y) {
    for (size_t r = 0; r < rows; r += ROWS)
        product(min_of(ROWS, rows - r), m->rows, m->columns, x + r * m->columns, m->columns,
                m->forward, y + r * m->rows, m->rows, false);
}

static void decoder_mlp(const learner *l, bench *b, const decoder_block *block, decoder_trace *t,
                        size_t rows) {
    size_t f = (size_t)l->of.mlp;
    for (size_t r = 0; r < rows; r += ROWS) {
        size_t count = min_of(ROWS, rows - r);
        times(b, &block->gate_up, t->normed2, r, count);
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
    times_to(&block->down, t->active, rows, t->made);
}

static void decoder_forward(const learner *l, bench *b, size_t i, size_t pictures, float *next) {
    const decoder_block *block = &l->decoder[i];
    decoder_trace *t = &b->decoder[i];
    const float *const *p = l->values + decoder_first(&l->of) + i * PARTS;
    size_t rows = pictures * l->rows, w = (size_t)l->of.width;
    rms_scales(t->in, rows, w, t->scales[0]);
    rms_norm(t->in, rows, w, p[INPUT_NORM], t->scales[0], t->normed1);
    ask(l, b, block, t, pictures);
    decoder_mix(l, b, t, pictures);
    times_to(&block->o, t->mixed, rows, t->attended);
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

static void decoder_mlp_back(const learner *l, bench *b, const decoder_block *block,
                             const decoder_trace *t, size_t rows) {
    size_t f = (size_t)l->of.mlp, w = (size_t)l->of.width;
    learn(l, b, &block->down, b->d_y, t->active, rows);
    for (size_t r = 0; r < rows; r += ROWS) {
        size_t count = min_of(ROWS, rows - r);
        times_back(&block->down, b->d_y + r * w, count, b->sums);
        for (size_t i = 0; i < count; i++)
            for (size_t c = 0; c < f; c += 16) {
                size_t at = (r + i) * f + c;
                __m512 d = _mm512_loadu_ps(b->sums + i * f + c);
                bf16 *out = b->d_wide + (r + i) * 2 * f + c;
                store_bf16(out, _mm512_mul_ps(d, load_bf16(t->slope + at)));
                store_bf16(out + f, _mm512_mul_ps(d, load_bf16(t->value + at)));
            }
    }
    learn(l, b, &block->gate_up, b->d_wide, t->normed2, rows);
    times_back(&block->gate_up, b->d_wide, rows, b->d_h);
}

static void decoder_back(const learner *l, bench *b, size_t i, size_t pictures) {
    const decoder_block *block = &l->decoder[i];
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
    learn(l, b, &block->o, b->d_y, t->mixed, rows);
    times_back(&block->o, b->d_y, rows, b->d_h);
    to_bf16(b->d_h, rows * block->o.columns, b->chosen);
    decoder_mix_back(l, b, t, b->chosen, pictures, b->d_wide);
    learn(l, b, &block->qkv, b->d_wide, t->normed1, rows);
    times_back(&block->qkv, b->d_wide, rows, b->d_h);
    rms_norm_back(t->in, b->d_h, rows, w, p[INPUT_NORM], t->scales[0], b->d_x, true,
                  gradient(l, b, at + INPUT_NORM));
}

/* ---- pictures and texts ---- */

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
        times(b, &l->projector, b->projected, g * n, n);
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
                vectors[vector_of(l, tokens_of(l, first + g)[t]) + c] +=
                    scale * d[(n + t) * w + c];
    }
    learn(l, b, &l->projector, b->d_y, b->projected, rows);
    times_back(&l->projector, b->d_y, rows, b->d_h);
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
        sum = _mm512_add_ps(sum, exponential(_mm512_sub_ps(_mm512_loadu_ps(logits + c), top)));
    float total = _mm512_reduce_add_ps(sum), rest = most + logf(total) - logits[truth];
    __m512 share = _mm512_set1_ps(l->share / total);
    for (size_t c = 0; c < v; c += 16) {
        __m512 p = exponential(_mm512_sub_ps(_mm512_loadu_ps(logits + c), top));
        if ((size_t)truth / 16 == c / 16) {
            p = _mm512_mask_sub_ps(p, (__mmask16)(1u << (truth % 16)), p, _mm512_set1_ps(total));
        }
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
    times(b, &l->embedding, b->chosen, 0, rows);
    for (size_t i = 0; i < count; i++)
        b->loss += softmax_loss(l, b->sums + i * v, asked[i].truth, b->d_wide + i * v);
    learn(l, b, &l->embedding, b->d_wide, b->chosen, rows);
    times_back(&l->embedding, b->d_wide, rows, b->sums);
    for (size_t i = 0; i < count; i++)
        memcpy(d_normed + asked[i].row * w, b->sums + i * w, w * sizeof(float));
}

/* From what the decoder ends with, in b->last, to b->d_x. */
static void say(const learner *l, bench *b, size_t first, size_t pictures, const float *last) {
    size_t w = (size_t)l->of.width, rows = pictures * l->rows, n = image_tokens(&l->of);
    size_t norm = l->parameters - 2, count = 0;
    const float *weight = l->values[norm];
    question asked[ROWS];
    rms_scales(last, rows, w, b->end_scales);
    memset(b->d_x, 0, rows * w * sizeof(float));
    rms_norm_add(last, rows, w, weight, b->end_scales, b->d_x); /* normed, for now */
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
    rms_norm_back(last, b->d_h, rows, w, weight, b->end_scales, b->d_x, false, gradient(l, b, norm));
}

/* ---- a step ---- */

static void learn_from(const learner *l, bench *b, size_t first, size_t pictures) {
    size_t blocks = (size_t)l->of.blocks;
    see(l, b, first, pictures);
    float *begin = blocks ? b->decoder[0].in : b->end;
    compose(l, b, first, pictures, begin);
    for (size_t i = 0; i < blocks; i++)
        decoder_forward(l, b, i, pictures, i + 1 < blocks ? b->decoder[i + 1].in : b->end);
    say(l, b, first, pictures, b->end);
    for (size_t i = blocks; i-- > 0;)
        decoder_back(l, b, i, pictures);
    compose_back(l, b, first, pictures);
    see_back(l, b, b->last, pictures);
}

typedef struct thread {
    learner *l;
    bench *b;
    size_t number;
    pthread_t id;
    bool started;
} thread;

/* Every thread packs every so many-th block's weights. */
static void *pack_share(void *of) {
    thread *t = of;
    learner *l = t->l;
    size_t n = 0, threads = (size_t)l->threads;
    bf16 *room = t->b->d_wide;
    tiles_begin();
    for (size_t i = 0; i < (size_t)l->of.vision_blocks; i++)
        if (n++ % threads == t->number) {
            pack(l, &l->tower[i].qkv, room);
            pack(l, &l->tower[i].out, room);
            pack(l, &l->tower[i].fc1, room);
            pack(l, &l->tower[i].fc2, room);
        }
    for (size_t i = 0; i < (size_t)l->of.blocks; i++)
        if (n++ % threads == t->number) {
            pack(l, &l->decoder[i].qkv, room);
            pack(l, &l->decoder[i].o, room);
            pack(l, &l->decoder[i].gate_up, room);
            pack(l, &l->decoder[i].down, room);
        }
    if (t->number == 0) {
        pack_patch(l, room);
        pack(l, &l->projector, room);
        pack(l, &l->embedding, room);
    }
    tiles_end();
    return NULL;
}

static void *learn_share(void *of) {
    thread *t = of;
    learner *l = t->l;
    memset(t->b->gradient, 0, l->offsets[l->parameters] * sizeof(float));
    t->b->loss = 0;
    tiles_begin();
    for (;;) {
        size_t first = atomic_fetch_add(&l->next, PICTURES);
        if (first >= l->batch)
            break;
        learn_from(l, t->b, first, min_of(PICTURES, l->batch - first));
    }
    tiles_end();
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
        size_t colours = i == 0 ? 3 : 1, area = i == 0 ? (size_t)(l->of.patch * l->of.patch) : count;
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
