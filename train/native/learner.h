/* What the parts of a step share: the learner, its weights as both ways want them, and each thread's memory. */
#ifndef TRAIN_NATIVE_LEARNER_H
#define TRAIN_NATIVE_LEARNER_H

#include <stdatomic.h>

#include "gradients.h"
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

/* Of a block of either kind; `up` of the decoder: gate and up below each other. */
typedef struct block_weights {
    matrix qkv, out, up, down;
} block_weights;

/* What the way forward leaves for the way back. */
typedef struct tower_trace {
    float *in, *middle, *means1, *scales1, *means2, *scales2;
    bf16 *normed1, *qkv, *weights, *mixed, *normed2, *slope, *active;
} tower_trace;

typedef struct decoder_trace {
    float *in, *middle, *attended, *made, *scales[4];
    bf16 *normed1, *qkv, *weights, *tanhs, *mixed, *normed2, *value, *slope, *active;
} decoder_trace;

/* Memory that is given back together. */
typedef struct holding {
    void **all;
    size_t count;
    bool failed; /* there was none to be had */
} holding;

/* A thread's memory. */
typedef struct bench {
    holding held;
    tower_trace *tower;
    decoder_trace *decoder;
    float *gradient;                                /* of all parameters, one after the other */
    float *sums, *d_x, *d_h, *head[3], *last, *end; /* last, end: of the tower, of the decoder */
    float *means, *scales, *end_scales;
    bf16 *d_y, *d_wide, *turned, *tiles, *patches, *projected, *chosen;
    void *room;
    double loss;
} bench;

struct learner {
    holding held;
    shapes of;
    int threads;
    size_t parameters, *offsets; /* where each begins in `gradient`; one more than there are */
    matrix patch, projector, embedding;
    block_weights *tower, *decoder;
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

static inline size_t min_of(size_t a, size_t b) {
    return a < b ? a : b;
}

static inline size_t image_tokens(const shapes *s) {
    size_t side = (size_t)(s->side / s->patch);
    return side * side;
}

static inline size_t decoder_first(const shapes *s) {
    return BEFORE + VISION_PARTS * (size_t)s->vision_blocks + BETWEEN;
}

/* Where a parameter's derivative is added to. */
static inline float *gradient(const learner *l, const bench *b, size_t parameter) {
    return b->gradient + l->offsets[parameter];
}

/* memory.c: memory for texts that fill `length` rows with their picture; false: there is none. */
bool make_room(learner *l, size_t length);

/* weights.c: a step's weights, packed by every so many-th thread. `room` holds one parameter. */
void pack_weights(const learner *l, size_t thread, bf16 *room);

/* Rows [from, from + count), at most ROWS or those of a picture and its text, of x times the weights, and their bias, to
 * b->sums. */
void multiply(bench *b, const matrix *m, const bf16 *x, size_t from, size_t count);

/* All rows, to y: as they are, without a bias; in BF16; added to `to`. */
void multiply_to(const matrix *m, const bf16 *x, size_t rows, float *y);
void multiply_to_bf16(bench *b, const matrix *m, const bf16 *x, size_t rows, bf16 *y);
void multiply_and_add(bench *b, const matrix *m, const bf16 *x, size_t rows, const float *to,
                      float *y);

/* d_x = d_y times the weights. */
void multiply_back(const matrix *m, const bf16 *d_y, size_t rows, float *d_x);

/* What the weights and biases get, from their input x and the derivative by their output. */
void learn(const learner *l, bench *b, const matrix *m, const bf16 *d_y, const bf16 *x,
           size_t rows);

/* tower.c: `pictures` of them from number `first` on to b->last, and, normed, to b->projected; and back, from the derivative
 * by that in b->d_h. */
void see(const learner *l, bench *b, size_t first, size_t pictures);
void see_back(const learner *l, bench *b, size_t pictures);

/* decoder.c: from the first block's input to b->end, and from the derivative by that to the one by the input, both in
 * b->d_x. */
void decode(const learner *l, bench *b, size_t pictures);
void decode_back(const learner *l, bench *b, size_t pictures);

#endif
