/* Folding a strip into squares: rows below each other, as a page is written. */
#ifndef RX_PAGE_STRIP_FOLD_H
#define RX_PAGE_STRIP_FOLD_H

#include "page/gray.h"

#include <stdbool.h>

/* A row of a square: columns begin .. end - 1 of the strip. */
typedef struct rx_fold_row {
    int square; /* from 0 on */
    int begin, end;
    bool at_gap; /* ends its square where words stand apart */
} rx_fold_row;

/* Rows of squares of `side` pixels for a strip, in order; the strip's height divides `side`. Each
 * row takes as much as fits and ends at the column of least ink among its last 5 / 16; the last of a
 * square ends in the middle of the widest gap that it has after its first quarter. `*rows` is
 * malloc'ed. */
pali_status rx_fold_strip(rx_fold_row **rows, int *num_rows, const rx_gray *strip, int side,
                          pali_error *err);

/* Square number `square` of these rows; what no row covers is white. */
pali_status rx_fold_draw(pali_image **out, const rx_gray *strip, const rx_fold_row *rows,
                         int num_rows, int square, int side, pali_error *err);

#endif
