/* Products of bytes: what is the same for every instruction set that has more than plain C for them.
 * Each gives vectors of BYTE_VECTOR bytes, four columns of some rows in each, and
 *
 *     vi                   sums of 32 bits, one a row
 *     byte_quads           weights or inputs, in the form that products want
 *     BYTE_PARTS           how many of those four columns make
 *     BYTE_ROWS            rows of inputs whose sums stay in registers, 6 at most
 *     lay_out(from, ...)   inputs as inputs_of wants them, at most QUADS_AT_ONCE of each row; here, unless
 *                          PALI_LAYS_INPUTS_OUT says that they are not used as they lie
 *     weights_of(p, part)  unsigned bytes of a panel
 *     inputs_of(x, part)   four inputs for every row
 *     add_dots(s, w, x)    s + w . x, but for what add_missing adds
 *     add_missing(s, x)    what inputs x lack in sums of weights that are not taken as they lie
 *     unpack_int4          as pali_integer_kernels has it, but for AVX2, which has INT4 to itself (int4_avx2.h) */
#ifndef PALI_KERNELS_INTEGERS_H
#define PALI_KERNELS_INTEGERS_H

#include "kernels/row_counts.h"

#include <stddef.h>
#include <stdint.h>

/* Inputs of some rows: row r has quad k at x + r * row_step + k * quad_step. */
typedef struct byte_rows {
    const int8_t *x;
    size_t row_step, quad_step;
} byte_rows;

/* Bytes of a panel that are asked for ahead: hardware prefetching ends at a page and begins anew. */
enum { PANEL_AHEAD = 1536 };

static inline __attribute__((always_inline)) void ask_for_lines(const uint8_t *p, size_t lines) {
    PALI_UNROLL for (size_t i = 0; i < lines; i++) __builtin_prefetch(p + 64 * i);
}

#if defined(__AVX2__)
#include "kernels/int4_avx2.h"
#include "kernels/integers_avx2.h"
#else
#include "kernels/integers_neon.h"
#endif

#if !defined(PALI_LAYS_INPUTS_OUT)
/* Inputs are used as they lie. */
enum { QUADS_AT_ONCE = 1 << 30 };
typedef struct input_space {
    char none;
} input_space;

static inline byte_rows lay_out(byte_rows from, size_t rows, size_t quads, input_space *space) {
    (void)rows, (void)quads, (void)space;
    return from;
}
#endif

/* Vectors of a quad of a panel; the most that BYTE_ROWS is. */
enum { BYTE_VECTORS = 64 / BYTE_VECTOR, MOST_ROWS = 6 };

/* Where what is asked for ahead lies: from quad `turn` on it is `skip` bytes further than the panel goes on. */
typedef struct ahead {
    size_t turn, skip;
} ahead;

/* Adds to dots [rows][PALI_TILE_OUTPUTS], of which one panel's 16. */
static inline __attribute__((always_inline)) void
dots_of(size_t rows, byte_rows in, const uint8_t *panel, size_t quads, ahead next, int32_t *dots) {
    vi acc[MOST_ROWS][BYTE_VECTORS], missing[MOST_ROWS];
    PALI_UNROLL for (size_t r = 0; r < rows; r++) {
        missing[r] = vi_zero();
        PALI_UNROLL for (size_t v = 0; v < BYTE_VECTORS; v++) acc[r][v] =
            vi_load(dots + r * PALI_TILE_OUTPUTS + v * BYTE_VECTOR / 4);
    }
    const int8_t *x = in.x;
    for (size_t k = 0; k < quads; k++, x += in.quad_step, panel += 64) {
        ask_for_lines(panel + PANEL_AHEAD + (k < next.turn ? 0 : next.skip), 1);
        PALI_UNROLL for (size_t part = 0; part < BYTE_PARTS; part++) {
            byte_quads w[BYTE_VECTORS];
            PALI_UNROLL for (size_t v = 0; v < BYTE_VECTORS; v++) w[v] =
                weights_of(panel + v * BYTE_VECTOR, part);
            PALI_UNROLL for (size_t r = 0; r < rows; r++) {
                byte_quads inputs = inputs_of(x + r * in.row_step, part);
                missing[r] = add_missing(missing[r], inputs);
                PALI_UNROLL for (size_t v = 0; v < BYTE_VECTORS; v++) acc[r][v] =
                    add_dots(acc[r][v], w[v], inputs);
            }
        }
    }
    PALI_UNROLL for (size_t r = 0; r < rows; r++) PALI_UNROLL for (size_t v = 0; v < BYTE_VECTORS;
                                                                   v++)
        vi_store(dots + r * PALI_TILE_OUTPUTS + v * BYTE_VECTOR / 4, vi_add(acc[r][v], missing[r]));
}

static void some_dots(size_t rows, byte_rows in, const uint8_t *panel, size_t quads, ahead next,
                      int32_t *dots) {
    switch (rows) {
        PALI_CASE(1, dots_of(1, in, panel, quads, next, dots))
        PALI_CASE(2, dots_of(2, in, panel, quads, next, dots))
        PALI_CASE(3, dots_of(3, in, panel, quads, next, dots))
        PALI_CASE(4, dots_of(4, in, panel, quads, next, dots))
        PALI_CASE(5, dots_of(5, in, panel, quads, next, dots))
        PALI_CASE(6, dots_of(6, in, panel, quads, next, dots))
    }
}

/* Any number of rows, and two panels that lie panel_size apart. */
static void all_dots(size_t rows, byte_rows in, const uint8_t *panels, size_t panel_size,
                     size_t quads, int32_t *dots) {
    input_space space;
    memset(dots, 0, rows * PALI_TILE_OUTPUTS * sizeof *dots);
    for (size_t k = 0, some; k < quads; k += some, panels += 64 * some) {
        some = quads - k < QUADS_AT_ONCE ? quads - k : QUADS_AT_ONCE;
        byte_rows from = {in.x + k * in.quad_step, in.row_step, in.quad_step};
        byte_rows block = lay_out(from, rows, some, &space);
        /* after a panel comes the second one's end, and then the next two; or, in one go, the second */
        size_t near = k + PANEL_AHEAD / 64, panels_on = quads > QUADS_AT_ONCE ? 2 : 1;
        ahead next = {near < quads ? quads - near : 0, panels_on * panel_size - 64 * quads};
        for (size_t p = 0; p < 2; p++)
            for (size_t r = 0; r < rows; r += BYTE_ROWS) {
                byte_rows part = {block.x + r * block.row_step, block.row_step, block.quad_step};
                some_dots(rows - r < BYTE_ROWS ? rows - r : BYTE_ROWS, part,
                          panels + p * panel_size, some, next,
                          dots + r * PALI_TILE_OUTPUTS + p * PALI_PANEL_ROWS);
            }
    }
}

static void few_int8(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                     size_t panel_size, size_t quads, int32_t *dots) {
    all_dots(rows, (byte_rows){x, stride, 4}, panels, panel_size, quads, dots);
}

static void tile_int8(const int8_t *x, size_t rows, const uint8_t *panels, size_t panel_size,
                      size_t num_panels, size_t quads, bool first, int32_t *dots) {
    (void)num_panels, (void)first;
    all_dots(rows, (byte_rows){x, 4, 4 * PALI_TILE_ROWS}, panels, panel_size, quads, dots);
}

#endif
