/* What stands in one row of the page, made one line. */
#ifndef RX_ROWS_H
#define RX_ROWS_H

#include "rx/confidence.h"
#include "rx/tokens.h"

typedef struct rx_rows {
    size_t count;
    rx_line *lines;
    rx_choices *choices; /* [count]; NULL where none were given */
} rx_rows;

/* Joins the cells of a table's row, and a medicine with the number before it and with directions
 * that stand apart at its right. A joined line has the texts with a blank between them, the bytes'
 * confidences, the box around all of them, and stands where the first of them stood; all other
 * lines stay as they are. What is struck out is joined with nothing that is not. Rows are looked for
 * by `row` where it is known, and in `straight`, else in `box`; a line that has neither box is never
 * joined. `choices` [num_lines] may be NULL. The result lies in `arena` and points into the lines
 * given. On failure `*out` is left alone. */
pali_status rx_rows_join(rx_rows *out, pali_arena *arena, const rx_line *lines,
                         const rx_choices *choices, size_t num_lines, pali_error *err);

/* Words that head a table's columns ("Medicine", "Dose"), if the line is made of nothing else. */
int rx_count_heads(const rx_tokens *tokens);

/* Makes `box` the one around both; one that is empty becomes the other. */
void rx_box_widen(float box[4], const float other[4]);

#endif
