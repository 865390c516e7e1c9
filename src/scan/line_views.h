/* One line, read several times: which reading to believe, and how far. */
#ifndef RX_SCAN_LINE_VIEWS_H
#define RX_SCAN_LINE_VIEWS_H

#include "rx/confidence.h"

/* What the line says at one size and slant. */
typedef struct rx_line_view {
    const char *text;   /* UTF-8, NUL-terminated */
    float *confidence;  /* for each byte of the text */
    rx_choices choices; /* from left to right */
    float score; /* how likely it is: the mean log-probability of its tokens and their ends, or what
                           rx_lines_consensus gives it */
    bool finished; /* every answer ended by itself, and none ran in a circle */
    bool struck_out, half_struck;
} rx_line_view;

/* Shapes of a sign that mean the same as one: capital and small letters, hyphens and dashes, x and
 * the times sign (as docs/evaluation.md compares fields), and an O without a letter beside it, which
 * is a zero: "1-O-1", but "OD". `before`, `behind`: the signs beside it, 0 for none. */
uint32_t rx_sign(uint32_t code_point, uint32_t before, uint32_t behind);

/* Whether two views say the same, sign by sign. */
bool rx_line_views_agree(const rx_line_view *a, const rx_line_view *b);

/* A reading's bytes [at, at + size), and what stands in their place in another one. */
typedef struct rx_line_edit {
    size_t at, size;
    size_t other_at, other_size; /* bytes of the other reading */
    const char *text;            /* them, NUL-terminated */
} rx_line_edit;

/* Where `other` has other signs than `text`, from left to right; something always stands for something.
 * In `arena`. */
pali_status rx_line_edits(rx_line_edit **out, size_t *count, const char *text, const char *other,
                          pali_arena *arena, pali_error *err);

/* The likeliest of the views that came to their end, of equals the first; without any, of all. */
size_t rx_likeliest_view(const rx_line_view *views, size_t count);

/* The line of `count` views: the text of the likeliest one, with `edits` done to it, which lie apart and go
 * from left to right. A sign's confidence is the mean over the views of the probability that each gives it,
 * none where it reads otherwise or puts a sign between; what the others read there, and what was edited away,
 * stands among the choices. Everything new lies in `arena`. */
pali_status rx_line_of_views(rx_line_view *out, const rx_line_view *views, size_t count,
                             const rx_line_edit *edits, size_t num_edits, pali_arena *arena,
                             pali_error *err);

#endif
