/* Products of bytes: what is the same for every instruction set that has more than plain C for them.
 * Each gives vectors of BYTE_VECTOR bytes, four columns of some rows in each, and
 *
 *     vi                   sums of 32 bits, one a row
 *     byte_quads           weights or inputs, in the form that products want
 *     weights_of(p)        unsigned bytes of a panel
 *     inputs_of(x)         four inputs for every row
 *     add_dots(s, w, x)    s + w . x, but for what add_missing adds
 *     add_missing(s, x)    what inputs x lack in sums of weights that are not taken as they lie
 *     unpack_int4          as pali_integer_kernels has it */
#ifndef PALI_KERNELS_INTEGERS_H
#define PALI_KERNELS_INTEGERS_H

#if defined(__AVX2__)
#include "kernels/integers_avx2.h"
#else
#include "kernels/integers_neon.h"
#endif

/* Rows whose sums stay in registers; vectors of a quad of a panel. */
enum { BYTE_ROWS = 4, BYTE_VECTORS = 64 / BYTE_VECTOR };

/* dots [rows][PALI_TILE_OUTPUTS], of which one panel's 16; row r has quad k at x + r * row_step + k *
 * quad_step. */
static inline __attribute__((always_inline)) void dots_of(size_t rows, const int8_t *x,
                                                          size_t row_step, size_t quad_step,
                                                          const uint8_t *panel, size_t quads,
                                                          int32_t *dots) {
    vi acc[BYTE_ROWS][BYTE_VECTORS], missing[BYTE_ROWS];
    PALI_UNROLL for (size_t r = 0; r < rows; r++) {
        missing[r] = vi_zero();
        PALI_UNROLL for (size_t v = 0; v < BYTE_VECTORS; v++) acc[r][v] = vi_zero();
    }
    for (size_t k = 0; k < quads; k++, x += quad_step, panel += 64) {
        byte_quads w[BYTE_VECTORS];
        PALI_UNROLL for (size_t v = 0; v < BYTE_VECTORS; v++) w[v] =
            weights_of(panel + v * BYTE_VECTOR);
        PALI_UNROLL for (size_t r = 0; r < rows; r++) {
            byte_quads inputs = inputs_of(x + r * row_step);
            missing[r] = add_missing(missing[r], inputs);
            PALI_UNROLL for (size_t v = 0; v < BYTE_VECTORS; v++) acc[r][v] =
                add_dots(acc[r][v], w[v], inputs);
        }
    }
    PALI_UNROLL for (size_t r = 0; r < rows; r++) PALI_UNROLL for (size_t v = 0; v < BYTE_VECTORS;
                                                                   v++)
        vi_store(dots + r * PALI_TILE_OUTPUTS + v * BYTE_VECTOR / 4, vi_add(acc[r][v], missing[r]));
}

static void some_dots(size_t rows, const int8_t *x, size_t row_step, size_t quad_step,
                      const uint8_t *panel, size_t quads, int32_t *dots) {
    switch (rows) {
    case 1:
        dots_of(1, x, row_step, quad_step, panel, quads, dots);
        return;
    case 2:
        dots_of(2, x, row_step, quad_step, panel, quads, dots);
        return;
    case 3:
        dots_of(3, x, row_step, quad_step, panel, quads, dots);
        return;
    default:
        dots_of(BYTE_ROWS, x, row_step, quad_step, panel, quads, dots);
    }
}

/* Any number of rows, and two panels that lie panel_size apart. */
static void all_dots(size_t rows, const int8_t *x, size_t row_step, size_t quad_step,
                     const uint8_t *panels, size_t panel_size, size_t quads, int32_t *dots) {
    for (size_t p = 0; p < 2; p++, panels += panel_size, dots += PALI_PANEL_ROWS)
        for (size_t r = 0; r < rows; r += BYTE_ROWS)
            some_dots(rows - r < BYTE_ROWS ? rows - r : BYTE_ROWS, x + r * row_step, row_step,
                      quad_step, panels, quads, dots + r * PALI_TILE_OUTPUTS);
}

static void few_int8(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                     size_t panel_size, size_t quads, int32_t *dots) {
    all_dots(rows, x, stride, 4, panels, panel_size, quads, dots);
}

static void tile_int8(const int8_t *x, size_t rows, const uint8_t *panels, size_t panel_size,
                      size_t quads, int32_t *dots) {
    all_dots(rows, x, 4, 4 * PALI_TILE_ROWS, panels, panel_size, quads, dots);
}

#endif
