/* One line, read at several sizes: which reading to believe, and how far. */
#ifndef RX_SCAN_LINE_VIEWS_H
#define RX_SCAN_LINE_VIEWS_H

#include "rx/confidence.h"

/* What the line says at one size. */
typedef struct rx_line_view {
    const char *text;   /* UTF-8, NUL-terminated */
    float *confidence;  /* for each byte of the text */
    rx_choices choices; /* from left to right */
    float score;        /* mean log-probability of its tokens and their ends */
    bool finished;      /* every answer ended by itself, and none ran in a circle */
    bool struck_out, half_struck;
} rx_line_view;

/* Shapes of a sign that mean the same as one: capital and small letters, hyphens and dashes, x and
 * the times sign (as docs/evaluation.md compares fields), and an O without a letter beside it, which
 * is a zero: "1-O-1", but "OD". `before`, `behind`: the signs beside it, 0 for none. */
uint32_t rx_sign(uint32_t code_point, uint32_t before, uint32_t behind);

/* Whether two views say the same, sign by sign. */
bool rx_line_views_agree(const rx_line_view *a, const rx_line_view *b);

/* The line of `count` views: the text of the likeliest one that came to its end. A sign's
 * confidence is the mean over the views of the probability that each gives it, none where it reads
 * otherwise or puts a sign between; what the others read there stands among the choices. Everything
 * new lies in `arena`. */
pali_status rx_line_of_views(rx_line_view *out, const rx_line_view *views, size_t count,
                             pali_arena *arena, pali_error *err);

#endif
