/* Matrix products: what the driver (linear.c) asks of an instruction set.
 *
 * A product is cut into panels of 64 outputs and blocks of inputs. A floating-point panel is packed
 * from the rows of the file into the order in which a tile reads it; INT8 panels lie so already, and
 * INT4 is unpacked to them. A tile then multiplies some rows of activations with the panel: one
 * accumulator for each output, summed over the inputs in their order, whatever the number of rows.
 *
 * For tiles, activations lie as words of 4 bytes: unit u has input u (f32), inputs 2 u and 2 u + 1
 * (BF16) or 4 u to 4 u + 3 (bytes) of a row. In what order, and how much a tile takes at once, is the
 * instruction set's own (pali_tiling). */
#ifndef PALI_KERNELS_PRODUCTS_H
#define PALI_KERNELS_PRODUCTS_H

#include "kernels/kernels.h"

enum {
    PALI_PANEL = 64,         /* outputs of a panel */
    PALI_TASK_OUTPUTS = 256, /* of the panels of a task, at most */
    PALI_FEW_ROWS = 8,       /* up to this many, packing a panel is not worth while */
    PALI_BLOCK = 512,        /* inputs of a block where vectors multiply */
    PALI_TILE_ROWS = 12,     /* rows and outputs of a tile of vectors */
    PALI_TILE_OUTPUTS = 32,
    PALI_MOST_TILE_ROWS = 32, /* of any tile */
};

/* What a tile takes, and how its activations lie: blocks one after another, of a block tile after
 * tile, of a tile [units / together][rows][together] words. */
typedef struct pali_tiling {
    size_t rows;     /* of activations */
    size_t outputs;  /* PALI_TILE_OUTPUTS, or PALI_TASK_OUTPUTS: all of a task at once */
    size_t units;    /* of a block */
    size_t together; /* units of a row that lie together; a block has a multiple of them */
} pali_tiling;

/* What becomes of the sums of a tile. */
typedef struct pali_output {
    float *y; /* of the tile's first row and output */
    size_t stride;
    const float *bias;
    const float *gate; /* rows of PALI_TASK_OUTPUTS, or NULL: y = gelu(gate) * sum */
    bool first, last;  /* block of inputs: earlier blocks' sums lie in y */
    pali_epilogue epilogue;
} pali_output;

typedef struct pali_float_kernels {
    pali_tiling tiling;
    /* Rounds activations to BF16: they are, and the panel is pairs of BF16. NULL: both are f32. */
    void (*to_bf16)(const float *x, size_t n, uint16_t *out);
    /* Rows [row, row + rows) of inputs [k, k + count) as a panel: [count][64] f32, or [count /
     * 2][64][2] BF16, or what else `tile` wants; zero where rows or inputs are missing. */
    void (*pack)(const pali_matrix *weight, size_t row, size_t rows, size_t k, size_t count,
                 void *panel);
    size_t half; /* bytes from a panel's first 32 outputs to the others */
    /* sums [pairs][tiling.rows][32] = x . the outputs from `panel` on, 32 `pairs` times; pairs is 1
     * where a tile takes no more */
    void (*tile)(const void *x, size_t rows, const void *panel, size_t pairs, size_t count,
                 float *sums);
    /* As pack and tile for all blocks of at most PALI_FEW_ROWS rows at once, to the same bits,
     * without a panel in memory: sums [blocks][n][64]; x has `stride` elements from row to row, or,
     * few_by_units, is [units][n] words. NULL where there is no such version. */
    void (*few)(const pali_matrix *weight, size_t row, size_t rows, const void *x, size_t stride,
                size_t n, float *sums);
    bool few_by_units;
    /* Products in registers, as many as the processor can; returns how many operations. */
    double (*spin)(size_t rounds);
} pali_float_kernels;

typedef struct pali_integer_kernels {
    pali_tiling tiling;
    /* dots [panels / 2][tiling.rows][32] = x . byte over panels of 16 that lie panel_size apart, 2
     * where a tile takes no more; `quads` groups of 4 inputs. Not the first block: dots has the sums
     * of those before. */
    void (*tile_int8)(const int8_t *x, size_t rows, const uint8_t *panels, size_t panel_size,
                      size_t num_panels, size_t quads, bool first, int32_t *dots);
    /* The same for at most PALI_FEW_ROWS rows, `stride` bytes from one to the next, over panels that
     * are read from memory */
    void (*few_int8)(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                     size_t panel_size, size_t quads, int32_t *dots);
    /* dots [rows][32] = sum over groups of scale * (x . code + offset) over 2 INT4 panels, codes being
     * values + PALI_INT4_LARGEST; offsets [rows][2 * blocks], as group_offsets has them */
    void (*few_int4)(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                     size_t panel_size, size_t blocks, const int32_t *offsets, int32_t *dots);
    /* An INT4 panel as tile_int4 wants it, unpacked_block bytes a block; where there is none, as INT8:
     * [8 * blocks][16][4], weights + 128 */
    void (*unpack_int4)(const uint8_t *panel, const uint8_t *scales, size_t blocks, uint8_t *out);
    size_t unpacked_block;
    /* The same as few_int4 over unpacked panels, panel_size apart; x as tiles have it. NULL where
     * tile_int8 is faster. */
    void (*tile_int4)(const int8_t *x, size_t rows, const uint8_t *panels, size_t panel_size,
                      size_t blocks, const int32_t *offsets, int32_t *dots);
    /* -PALI_INT4_LARGEST times the sum of each group of x, `groups` of them in the form that few_int4
     * and tile_int4 want */
    void (*group_offsets)(const int8_t *x, size_t groups, int32_t *offsets);
    double (*spin_int8)(size_t rounds), (*spin_int4)(size_t rounds); /* as above */
} pali_integer_kernels;

/* An activation that is too large to be quantised. */
typedef struct pali_outlier {
    uint32_t column;
    float value;
} pali_outlier;

/* Helpers over rows of activations, compiled for each instruction set. */
typedef struct pali_activation_kernels {
    /* Largest magnitude below `threshold`; *outliers counts the rest. */
    float (*magnitude)(const float *x, size_t n, float threshold, size_t *outliers);
    /* out = rint(x * factor), 0 for magnitudes of at least `threshold`; returns the sum of out */
    int32_t (*quantize)(const float *x, size_t n, float factor, float threshold, int8_t *out);
    /* sums [rows][32] = (dots + a row's offset) * its scale * scales; `offsets` may be NULL */
    void (*scale_dots)(const int32_t *dots, size_t rows, const int32_t *offsets,
                       const float *row_scales, const float *scales, float *sums);
    /* sums [rows][32] += scales * (the sum of value * weight over the outliers of a row, in turn), over 2 panels of
     * INT8 that lie panel_size apart, weights without the scales of their rows. Row r has outliers [starts[r],
     * starts[r + 1]). */
    void (*add_int8_outliers)(const pali_outlier *outliers, const size_t *starts, size_t rows,
                              const uint8_t *panels, size_t panel_size, const float *scales,
                              float *sums);
    /* the same over 2 panels of INT4, to the same bits as over what unpack_int4 makes of them; their
     * group scales lie `scales_at` bytes into them */
    void (*add_int4_outliers)(const pali_outlier *outliers, const size_t *starts, size_t rows,
                              const uint8_t *panels, size_t panel_size, size_t scales_at,
                              const float *scales, float *sums);
    /* sums [rows][sums_stride], of which `cols` count */
    void (*finish)(const float *sums, size_t sums_stride, size_t rows, size_t cols,
                   const pali_output *output);
} pali_activation_kernels;

/* INT4's search, to the same bits in each instruction set. */
typedef struct pali_quantize_kernels {
    /* scales [groups]: of each group of PALI_INT4_GROUP weights the one with which it loses least in a row in which a
     * unit is `steps`; returns the squared error of all */
    float (*choose_scales)(const float *row, size_t groups, float steps, uint8_t *scales);
    /* codes [groups][PALI_INT4_GROUP]: the nearest ones */
    void (*choose_codes)(const float *row, size_t groups, float steps, const uint8_t *scales,
                         uint8_t *codes);
} pali_quantize_kernels;

typedef struct pali_product_kernels {
    const pali_float_kernels *f32, *bf16; /* by the format of the weight; f32 serves F16 too */
    const pali_integer_kernels *integer;
    const pali_activation_kernels *activations;
    const pali_quantize_kernels *quantize;
} pali_product_kernels;

#endif
