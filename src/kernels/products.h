/* Matrix products: what the driver (linear.c) asks of an instruction set.
 *
 * A product is cut into panels of 64 outputs and blocks of inputs. A floating-point panel is packed
 * from the rows of the file into the order in which a tile reads it; integer panels lie so already.
 * A tile then multiplies up to PALI_TILE_ROWS rows of activations with the panel: one accumulator
 * for each output, summed over the inputs in their order, whatever the number of rows. */
#ifndef PALI_KERNELS_PRODUCTS_H
#define PALI_KERNELS_PRODUCTS_H

#include "kernels/kernels.h"

enum {
    PALI_PANEL = 64,    /* outputs of a panel */
    PALI_TILE_ROWS = 6, /* rows of activations of a tile */
    PALI_BLOCK = 512,   /* inputs of a block */
};

/* What becomes of a tile's sums [rows, 64]; gate, if not NULL, is [rows, 64] and multiplies by its
 * GELU. */
typedef struct pali_output {
    float *y; /* of the tile's first row and output */
    size_t stride;
    const float *bias;
    const float *gate;
    bool first, last; /* block of inputs: earlier blocks' sums lie in y */
    pali_epilogue epilogue;
} pali_output;

typedef struct pali_float_kernels {
    bool rounds_to_bf16; /* activations are BF16, the panel is pairs of BF16; otherwise both are f32
                          */
    /* Rows [row, row + rows) of inputs [k, k + count) as a panel: [count][64] f32, or [count /
     * 2][64][2] BF16, zero where rows or inputs are missing. */
    void (*pack)(const pali_matrix *weight, size_t row, size_t rows, size_t k, size_t count,
                 void *panel);
    /* sums [rows][64] = x panel; x has `stride` elements from row to row */
    void (*tile)(const void *x, size_t stride, size_t rows, const void *panel, size_t count,
                 float *sums);
} pali_float_kernels;

typedef struct pali_integer_kernels {
    /* sums [rows][64] = x . (byte) over 4 panels of 16 that lie panel_size apart; `quads` groups of
     * 4 inputs */
    void (*tile_int8)(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                      size_t panel_size, size_t quads, int32_t *sums);
    /* sums [rows][16] = sum over groups of scale * (x . nibble - 8 * group_sums) for one panel of
     * 16; group_sums [rows][groups] */
    void (*tile_int4)(const int8_t *x, size_t stride, size_t rows, const uint8_t *panel,
                      size_t groups, const int32_t *group_sums, size_t group_stride, float *sums);
} pali_integer_kernels;

/* Helpers over rows of activations, compiled for each instruction set. */
typedef struct pali_activation_kernels {
    void (*to_bf16)(const float *x, size_t n, uint16_t *out);
    /* Largest magnitude below `threshold`; *outliers counts the rest. */
    float (*magnitude)(const float *x, size_t n, float threshold, size_t *outliers);
    /* out = rint(x * factor), 0 for magnitudes of at least `threshold` */
    void (*quantize)(const float *x, size_t n, float factor, float threshold, int8_t *out);
    void (*finish)(const float *sums, size_t rows, size_t cols, const pali_output *finish);
} pali_activation_kernels;

typedef struct pali_product_kernels {
    const pali_float_kernels *f32, *bf16; /* by the format of the weight; f32 serves F16 too */
    const pali_integer_kernels *integer;
    const pali_activation_kernels *activations;
} pali_product_kernels;

#endif
