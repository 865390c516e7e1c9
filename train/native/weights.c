/* Weights of a step, packed once, and the products with them, with what stands around those. */
#include "learner.h"

static void pack(const learner *l, const matrix *m, bf16 *room) {
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

void multiply(bench *b, const matrix *m, const bf16 *x, size_t from, size_t count) {
    product(count, m->rows, m->columns, x + from * m->columns, m->columns, m->forward, b->sums,
            m->rows, false);
    for (size_t r = 0; m->bias && r < count; r++)
        for (size_t c = 0; c < m->rows; c += 16) {
            float *s = b->sums + r * m->rows + c;
            _mm512_storeu_ps(s, _mm512_add_ps(_mm512_loadu_ps(s), _mm512_loadu_ps(m->bias + c)));
        }
}

void multiply_to_bf16(bench *b, const matrix *m, const bf16 *x, size_t rows, bf16 *y) {
    for (size_t r = 0; r < rows; r += ROWS) {
        size_t count = min_of(ROWS, rows - r);
        multiply(b, m, x, r, count);
        to_bf16(b->sums, count * m->rows, y + r * m->rows);
    }
}

void multiply_and_add(bench *b, const matrix *m, const bf16 *x, size_t rows, const float *to,
                      float *y) {
    for (size_t r = 0; r < rows; r += ROWS) {
        size_t count = min_of(ROWS, rows - r), at = r * m->rows;
        multiply(b, m, x, r, count);
        for (size_t i = 0; i < count * m->rows; i += 16)
            _mm512_storeu_ps(y + at + i, _mm512_add_ps(_mm512_loadu_ps(to + at + i),
                                                       _mm512_loadu_ps(b->sums + i)));
    }
}

void multiply_back(const matrix *m, const bf16 *d_y, size_t rows, float *d_x) {
    for (size_t r = 0; r < rows; r += ROWS)
        product(min_of(ROWS, rows - r), m->columns, m->rows, d_y + r * m->rows, m->rows,
                m->backward, d_x + r * m->columns, m->columns, false);
}

void learn(const learner *l, bench *b, const matrix *m, const bf16 *d_y, const bf16 *x,
           size_t rows) {
    turn(d_y, m->rows, rows, m->rows, b->turned, rows);
    pack_rows(x, m->columns, rows, m->columns, 0, rows, b->tiles);
    size_t row = 0;
    for (size_t i = 0; i < m->count; i++) {
        product(m->part_rows[i], m->columns, rows, b->turned + row * rows, rows, b->tiles,
                gradient(l, b, m->first[i]), m->columns, true);
        if (m->bias)
            add_columns(d_y + row, rows, m->rows, m->part_rows[i], gradient(l, b, m->first[i] + 1));
        row += m->part_rows[i];
    }
}

void multiply_to(const matrix *m, const bf16 *x, size_t rows, float *y) {
    for (size_t r = 0; r < rows; r += ROWS)
        product(min_of(ROWS, rows - r), m->rows, m->columns, x + r * m->columns, m->columns,
                m->forward, y + r * m->rows, m->rows, false);
}

static void pack_block(const learner *l, const block_weights *b, bf16 *room) {
    pack(l, &b->qkv, room);
    pack(l, &b->out, room);
    pack(l, &b->up, room);
    pack(l, &b->down, room);
}

void pack_weights(const learner *l, size_t thread, bf16 *room) {
    size_t threads = (size_t)l->threads;
    for (size_t i = thread; i < (size_t)l->of.vision_blocks; i += threads)
        pack_block(l, &l->tower[i], room);
    for (size_t i = thread; i < (size_t)l->of.blocks; i += threads)
        pack_block(l, &l->decoder[i], room);
    if (thread == 0) {
        pack_patch(l, room);
        pack(l, &l->projector, room);
        pack(l, &l->embedding, room);
    }
}
