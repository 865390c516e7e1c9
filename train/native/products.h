/* Products of matrices in BF16 by AMX, with sums in f32, and the forms in which they want their factors.
 *
 * A left factor lies row by row. A right one lies in tiles of 32 by 16: pairs of neighbours along the direction that is
 * summed, 16 of them side by side; all tiles of 16 columns after each other. Rows come in 16s, what is summed in 32s. */
#ifndef TRAIN_NATIVE_PRODUCTS_H
#define TRAIN_NATIVE_PRODUCTS_H

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint16_t bf16;

enum { TILE = 512 }; /* numbers of a tile of a right factor */

/* Asks the system for the tiles, once for all threads to come; false: it has none to give. */
bool tiles_allowed(void);

/* Before and after the products of a thread. Between both denormals are zero; how it was is given back. */
unsigned tiles_begin(void);
void tiles_end(unsigned before);

/* sums [rows, columns] (+)= left [rows, depth] times the right factor [depth, columns]. */
void product(size_t rows, size_t columns, size_t depth, const bf16 *left, size_t left_stride,
             const bf16 *right, float *sums, size_t stride, bool add);

/* x [rows, columns] as a right factor that is summed along its rows; part of one whose rows are `all_rows`, from
 * `first` on. */
void pack_rows(const bf16 *x, size_t x_stride, size_t rows, size_t columns, size_t first,
               size_t all_rows, bf16 *tiles);

/* x [rows, columns], turned, as a right factor: summed along its columns. Further rows may follow it. */
void pack_columns(const bf16 *x, size_t x_stride, size_t rows, size_t columns, bf16 *tiles);

/* out [columns, rows] = x [rows, columns] turned: 32 rows and 16 columns at a time. */
void turn(const bf16 *x, size_t x_stride, size_t rows, size_t columns, bf16 *out,
          size_t out_stride);

static inline void store_bf16(bf16 *p, __m512 x) {
    _mm256_storeu_si256((__m256i *)p, (__m256i)_mm512_cvtneps_pbh(x));
}

/* `count` is a multiple of 16. */
static inline void to_bf16(const float *x, size_t count, bf16 *out) {
    for (size_t i = 0; i < count; i += 16)
        store_bf16(out + i, _mm512_loadu_ps(x + i));
}

#endif
