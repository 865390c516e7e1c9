/* A learner's memory: what the shapes ask for, and, for each thread, what the longest text so far asks for. */
#include <math.h>
#include <stdlib.h>

#include "learner.h"

/* 64-byte aligned, zero; NULL, and h->failed, where there is none. */
static void *reserve(holding *h, size_t count, size_t size) {
    size_t bytes = (count * size + 63) / 64 * 64;
    void **all = realloc(h->all, (h->count + 1) * sizeof *all);
    if (all)
        h->all = all;
    void *p = all ? aligned_alloc(64, bytes ? bytes : 64) : NULL;
    if (!p) {
        h->failed = true;
        return NULL;
    }
    h->all[h->count++] = p;
    return memset(p, 0, bytes);
}

static float *floats(holding *h, size_t count) {
    return reserve(h, count, sizeof(float));
}

static bf16 *halves(holding *h, size_t count) {
    return reserve(h, count, sizeof(bf16));
}

static void release(holding *h) {
    for (size_t i = 0; i < h->count; i++)
        free(h->all[i]);
    free(h->all);
    *h = (holding){0};
}

static void describe(matrix *m, size_t columns, const size_t *first, const size_t *rows,
                     size_t count, bool biased, holding *h) {
    *m = (matrix){.columns = columns, .count = count};
    for (size_t i = 0; i < count; i++) {
        m->first[i] = first[i];
        m->part_rows[i] = rows[i];
        m->rows += rows[i];
    }
    m->forward = halves(h, m->rows * columns);
    m->backward = halves(h, m->rows * columns);
    if (biased)
        m->bias = floats(h, m->rows);
}

static void describe_one(matrix *m, size_t rows, size_t columns, size_t first, bool biased,
                         holding *h) {
    describe(m, columns, &first, &rows, 1, biased, h);
}

static void describe_tower(learner *l) {
    holding *h = &l->held;
    size_t w = (size_t)l->of.vision_width, f = (size_t)l->of.vision_mlp;
    size_t area = (size_t)(l->of.patch * l->of.patch);
    describe_one(&l->patch, w, area, 0, true, h);
    for (size_t i = 0; i < (size_t)l->of.vision_blocks; i++) {
        block_weights *b = &l->tower[i];
        size_t at = BEFORE + i * VISION_PARTS;
        describe(&b->qkv, w, (size_t[]){at + Q, at + K, at + V}, (size_t[]){w, w, w}, 3, true, h);
        describe_one(&b->out, w, w, at + OUT, true, h);
        describe_one(&b->up, f, w, at + FC1, true, h);
        describe_one(&b->down, w, f, at + FC2, true, h);
    }
}

static void describe_decoder(learner *l) {
    holding *hold = &l->held;
    const shapes *s = &l->of;
    size_t w = (size_t)s->width, f = (size_t)s->mlp, h = (size_t)s->head_width;
    size_t heads = (size_t)s->heads * h, kv = (size_t)s->kv_heads * h;
    size_t before = decoder_first(s);
    describe_one(&l->projector, w, (size_t)s->vision_width, before - 2, true, hold);
    for (size_t i = 0; i < (size_t)s->blocks; i++) {
        block_weights *b = &l->decoder[i];
        size_t at = before + i * PARTS;
        describe(&b->qkv, w, (size_t[]){at + D_Q, at + D_K, at + D_V}, (size_t[]){heads, kv, kv}, 3,
                 false, hold);
        describe_one(&b->out, w, heads, at + D_O, false, hold);
        describe(&b->up, w, (size_t[]){at + GATE, at + UP}, (size_t[]){f, f}, 2, false, hold);
        describe_one(&b->down, w, f, at + DOWN, false, hold);
    }
    describe_one(&l->embedding, (size_t)s->vocabulary, w, before + (size_t)s->blocks * PARTS + 1,
                 false, hold);
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

static void furnish_tower(bench *b, const shapes *s) {
    size_t n = image_tokens(s), rows = PICTURES * n, w = (size_t)s->vision_width;
    size_t f = (size_t)s->vision_mlp;
    b->tower = reserve(&b->held, (size_t)s->vision_blocks, sizeof *b->tower);
    for (size_t i = 0; b->tower && i < (size_t)s->vision_blocks; i++) {
        tower_trace *t = &b->tower[i];
        t->in = floats(&b->held, rows * w);
        t->middle = floats(&b->held, rows * w);
        t->means1 = floats(&b->held, rows);
        t->scales1 = floats(&b->held, rows);
        t->means2 = floats(&b->held, rows);
        t->scales2 = floats(&b->held, rows);
        t->normed1 = halves(&b->held, rows * w);
        t->qkv = halves(&b->held, rows * 3 * w);
        t->weights = halves(&b->held, rows * n * (size_t)s->vision_heads);
        t->mixed = halves(&b->held, rows * w);
        t->normed2 = halves(&b->held, rows * w);
        t->slope = halves(&b->held, rows * f);
        t->active = halves(&b->held, rows * f);
    }
}

static void furnish_decoder(bench *b, const shapes *s, size_t length) {
    size_t rows = PICTURES * length, w = (size_t)s->width, f = (size_t)s->mlp;
    size_t heads = (size_t)s->heads, h = (size_t)s->head_width;
    size_t qkv = (heads + 2 * (size_t)s->kv_heads) * h;
    b->decoder = reserve(&b->held, (size_t)s->blocks, sizeof *b->decoder);
    for (size_t i = 0; b->decoder && i < (size_t)s->blocks; i++) {
        decoder_trace *t = &b->decoder[i];
        t->in = floats(&b->held, rows * w);
        t->middle = floats(&b->held, rows * w);
        t->attended = floats(&b->held, rows * w);
        t->made = floats(&b->held, rows * w);
        for (size_t j = 0; j < 4; j++)
            t->scales[j] = floats(&b->held, rows);
        t->normed1 = halves(&b->held, rows * w);
        t->qkv = halves(&b->held, rows * qkv);
        t->weights = halves(&b->held, rows * length * heads);
        t->tanhs = halves(&b->held, rows * length * heads);
        t->mixed = halves(&b->held, rows * heads * h);
        t->normed2 = halves(&b->held, rows * w);
        t->value = halves(&b->held, rows * f);
        t->slope = halves(&b->held, rows * f);
        t->active = halves(&b->held, rows * f);
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

static void furnish(learner *l, bench *b, size_t length) {
    const shapes *s = &l->of;
    size_t rows = PICTURES * length, tower_rows = PICTURES * image_tokens(s), wide = widest(s);
    size_t w = (size_t)(s->width > s->vision_width ? s->width : s->vision_width);
    furnish_tower(b, s);
    furnish_decoder(b, s, length);
    b->gradient = floats(&b->held, l->offsets[l->parameters]);
    b->sums = floats(&b->held, (length > ROWS ? length : ROWS) * wide);
    b->d_x = floats(&b->held, rows * w);
    b->d_h = floats(&b->held, rows * w);
    for (size_t i = 0; i < 3; i++)
        b->head[i] = floats(&b->held, length * 64);
    b->last = floats(&b->held, rows * w);
    b->end = floats(&b->held, rows * w);
    b->end_scales = floats(&b->held, rows);
    b->means = floats(&b->held, rows);
    b->scales = floats(&b->held, rows);
    b->d_y = halves(&b->held, rows * w);
    b->d_wide = halves(&b->held, rows * wide);
    b->turned = halves(&b->held, rows * wide);
    b->tiles = halves(&b->held, rows * wide);
    b->patches = halves(&b->held, tower_rows * (size_t)(s->patch * s->patch));
    b->projected = halves(&b->held, tower_rows * (size_t)s->vision_width);
    b->chosen = halves(&b->held, rows * w);
    b->room = reserve(&b->held, attention_room(length), 1);
}

static void turn_table(learner *l, size_t length) {
    size_t half = (size_t)l->of.head_width / 2;
    l->cosines = floats(&l->held, length * half);
    l->sines = floats(&l->held, length * half);
    for (size_t i = 0; l->sines && l->cosines && i < length; i++)
        for (size_t j = 0; j < half; j++) {
            double angle = (double)(i + 1) * pow((double)l->of.theta, -(double)j / (double)half);
            l->cosines[i * half + j] = (float)cos(angle);
            l->sines[i * half + j] = (float)sin(angle);
        }
}

bool make_room(learner *l, size_t length) {
    if (length <= l->longest)
        return true;
    bool failed = false;
    for (int t = 0; t < l->threads; t++) {
        bench *b = &l->benches[t];
        release(&b->held);
        *b = (bench){0};
        furnish(l, b, length);
        failed = failed || b->held.failed;
    }
    l->longest = 0;
    turn_table(l, length);
    if (failed || l->held.failed)
        return false;
    l->longest = length;
    return true;
}

void learner_free(learner *l) {
    if (!l)
        return;
    for (int t = 0; l->benches && t < l->threads; t++)
        release(&l->benches[t].held);
    release(&l->held);
    free(l);
}

static bool is_multiple(int64_t x, int64_t of) {
    return x > 0 && of > 0 && x % of == 0;
}

/* Whether the products take these widths. */
static bool fits(const shapes *s) {
    int64_t head = s->vision_heads > 0 ? s->vision_width / s->vision_heads : 0;
    bool tower = is_multiple(s->vision_width, 32) && is_multiple(s->vision_mlp, 32) &&
                 is_multiple(head, 16) && head <= 64 && head * s->vision_heads == s->vision_width;
    bool decoder = is_multiple(s->width, 32) && is_multiple(s->mlp, 32) &&
                   is_multiple(s->vocabulary, 32) && is_multiple(s->head_width, 16) &&
                   s->head_width <= 64 && is_multiple(s->heads, s->kv_heads) &&
                   is_multiple(s->kv_heads * s->head_width, 32);
    bool square = is_multiple(s->patch, 16) && is_multiple(s->side, s->patch) &&
                  is_multiple((int64_t)image_tokens(s), 32);
    return s->vision_blocks > 0 && s->blocks > 0 && tower && decoder && square;
}

learner *learner_new(const shapes *of, int threads) {
    learner *l = threads > 0 && fits(of) && tiles_allowed() ? calloc(1, sizeof *l) : NULL;
    if (!l)
        return NULL;
    holding *h = &l->held;
    l->of = *of;
    l->threads = threads;
    l->parameters = decoder_first(of) + PARTS * (size_t)of->blocks + 2;
    l->offsets = reserve(h, l->parameters + 1, sizeof *l->offsets);
    l->benches = reserve(h, (size_t)threads, sizeof *l->benches);
    l->tower = reserve(h, (size_t)of->vision_blocks, sizeof *l->tower);
    l->decoder = reserve(h, (size_t)of->blocks, sizeof *l->decoder);
    if (!h->failed) {
        measure(l);
        describe_tower(l);
        describe_decoder(l);
    }
    if (h->failed) {
        learner_free(l);
        return NULL;
    }
    return l;
}
