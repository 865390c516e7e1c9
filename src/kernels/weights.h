/* How matrices lie in memory.
 *
 * F32, F16, BF16: rows of `cols` numbers, as files have them.
 *
 * INT8: panels of 16 rows. A panel holds, for every 4 columns, 64 bytes: row by row 4 weights +
 * 128, as unsigned bytes; then one f32 scale a row: weight = (byte - 128) * scale. Columns are
 * padded with 128 (zero) to a multiple of 4, rows to a multiple of 16.
 *
 * INT4: panels of 16 rows. A weight is a code's value times the scale of its group times the scale
 * of its row: 16 codes have the whole numbers of pali_int4_values, a group of 16 columns has a whole
 * number from 0 to 11, a row one f32. Value times group scale thus is a whole number of at most 121,
 * and a product sums up in integers as one of INT8 does, be the weights unpacked in registers or to
 * INT8 panels before. A panel holds 256 bytes of codes for every 32 columns: byte 64 j + 4 r + b of
 * row r has column 8 j + b in its low and column 8 j + 4 + b in its high nibble; then 16 bytes of
 * group scales for every 32 columns: byte r has that of columns 0 to 15 in its low and of 16 to 31
 * in its high nibble; then, at a multiple of 64 bytes, the 16 row scales. Columns are padded with
 * zeros to a multiple of 32. 4.25 bits a weight (SPEED.md compares formats).
 *
 * Panels stand alone: any 16 rows of a matrix can be converted, and written, by themselves.
 *
 * Both are what the dot-product instructions read (4 bytes of one output in each 32-bit lane),
 * serve one row of activations as well as a thousand, and are written to files as they are. */
#ifndef PALI_KERNELS_WEIGHTS_H
#define PALI_KERNELS_WEIGHTS_H

#include "kernels/kernels.h"

enum {
    PALI_PANEL_ROWS = 16,
    PALI_INT4_GROUP = 16, /* columns that share a group scale */
    PALI_INT4_BLOCK = 32, /* columns whose codes lie together, in PALI_INT4_BLOCK_BYTES */
    PALI_INT4_BLOCK_BYTES = 256,
    PALI_INT4_LARGEST = 11,   /* of the values: codes are unsigned bytes when this is added */
    PALI_INT4_MAX_SCALE = 11, /* of a group */
};

/* What the codes stand for, in increasing order. Found by descent on the squared error over random
 * weights of several distributions (SPEED.md). */
extern const int8_t pali_int4_values[16];

/* Bytes of one panel of 16 rows. */
size_t pali_panel_size(pali_weights format, size_t cols);

/* Steps of a unit: 127 / largest, or 0 where that would be infinite, so that numbers which are all
 * that small count as zero. */
static inline float pali_int8_steps(float largest) {
    return largest > 1e-36f ? 127.0f / largest : 0.0f;
}

static inline size_t pali_int4_blocks(size_t cols) {
    return (cols + PALI_INT4_BLOCK - 1) / PALI_INT4_BLOCK;
}

/* INT4: where the group scales lie in a panel. */
static inline size_t pali_int4_groups_at(size_t cols) {
    return pali_int4_blocks(cols) * PALI_INT4_BLOCK_BYTES;
}

/* INT8, INT4: where the scales of the 16 rows lie in a panel. */
static inline size_t pali_panel_scales_at(pali_weights format, size_t cols) {
    return format == PALI_WEIGHTS_INT8
               ? (cols + 3) / 4 * 64
               : (pali_int4_groups_at(cols) + pali_int4_blocks(cols) * PALI_PANEL_ROWS + 63) / 64 *
                     64;
}

/* What makes up for adding PALI_INT4_LARGEST to the codes of a group that inputs x are multiplied with. */
static inline int32_t pali_int4_offset(const int8_t *x) {
    int32_t sum = 0;
    for (size_t k = 0; k < PALI_INT4_GROUP; k++)
        sum += x[k];
    return -PALI_INT4_LARGEST * sum;
}

/* Of each group of a row, one after another. */
static inline void pali_int4_offsets(const int8_t *x, size_t groups, int32_t *offsets) {
    for (size_t g = 0; g < groups; g++)
        offsets[g] = pali_int4_offset(x + g * PALI_INT4_GROUP);
}

/* One weight of an INT8 or INT4 matrix, without the scale of its row. */
int pali_panel_weight(const pali_matrix *matrix, size_t row, size_t col);

#endif
