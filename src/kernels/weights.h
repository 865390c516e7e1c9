/* How matrices lie in memory.
 *
 * F32, F16, BF16: rows of `cols` numbers, as files have them.
 *
 * INT8: panels of 16 rows. A panel holds, for every 4 columns, 64 bytes: row by row 4 weights +
 * 128, as unsigned bytes; then one f32 scale a row: weight = (byte - 128) * scale. Columns are
 * padded with 128 (zero) to a multiple of 4, rows to a multiple of 16.
 *
 * INT4: panels of 16 rows. A panel holds, for every group of 32 columns, 256 bytes of nibbles and
 * 16 f16 scales: byte 64 j + 4 r + b of row r has column 8 j + b in its low and column 8 j + 4 + b
 * in its high nibble; weight = (nibble - 8) * scale. 4.5 bits a weight. Columns are padded to a
 * multiple of 32.
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
    PALI_INT4_GROUP = 32,
    PALI_INT4_GROUP_BYTES = 256 + 2 * PALI_PANEL_ROWS,
};

/* Bytes of one panel of 16 rows. */
size_t pali_panel_size(pali_weights format, size_t cols);

/* Steps of a unit: 127 / largest, or 0 where that would be infinite, so that numbers which are all
 * that small count as zero. */
static inline float pali_int8_steps(float largest) {
    return largest > 1e-36f ? 127.0f / largest : 0.0f;
}

/* INT8: where the 16 scales lie in a panel. */
static inline size_t pali_int8_scales_at(size_t cols) {
    return (cols + 3) / 4 * 64;
}

/* One weight of an INT8 or INT4 matrix, without (INT8) or with (INT4) its scale. */
float pali_panel_weight(const pali_matrix *matrix, size_t row, size_t col);

#endif
