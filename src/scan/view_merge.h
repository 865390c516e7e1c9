/* The lines that overlapping views of a page show, put together again. */
#ifndef RX_SCAN_VIEW_MERGE_H
#define RX_SCAN_VIEW_MERGE_H

#include "rx/confidence.h"

/* A line as one view shows it, or as several together do. */
typedef struct rx_view_line {
    const char *text;        /* UTF-8 */
    const float *confidence; /* for each byte */
    rx_choices choices;
    bool placed;                 /* it is known on which row of the page the line stands: */
    float y;                     /* the row's middle, in pixels of the page */
    bool cut;                    /* the view's upper or lower edge cuts the row */
    bool edge_above, edge_below; /* not placed, but at such an edge */
    bool from_left, to_right;    /* it begins before the view, goes on beyond it, or may do so */
    float ink_left,
        ink_right; /* letters of it that the view shares with its neighbours at the sides;
                                  negative: not known */
} rx_view_line;

typedef struct rx_view {
    size_t count;
    rx_view_line *lines; /* from top to bottom; never NULL */
} rx_view;

/* A row of the page inside a view, as it was found without reading it. */
typedef struct rx_view_row {
    float y, width;            /* its middle, on the page; pixels of its writing that show */
    bool cut;                  /* by the view's upper or lower edge: it may have been read or not */
    bool peeks;                /* no more than a letter or two of it show, at a side: likewise */
    bool from_left, to_right;  /* its writing goes beyond the view's sides */
    float ink_left, ink_right; /* pixels of its writing in what neighbours at the sides also show */
} rx_view_row;

/* Says on which rows the lines stand, if that is certain: if there are as many
 * lines as rows, or if the lines' lengths tell which rows were passed over. A row that
 * only peeks in is taken out, since the view at that side has it whole. */
pali_status rx_view_place(rx_view *view, const rx_view_row *rows, size_t num_rows, pali_error *err);

/* What makes one row of views: `left` and the view at its right, which shares up to `most_shared`
 * letters of a line with it. Rows less than `near` pixels apart are the same. Lines of both views
 * are one if they stand on the same row, or if the end of one is the beginning of the other. What
 * rests on less than that is kept, and with a probability that asks for review. The result lies in
 * `arena` and points into the views. */
pali_status rx_views_beside(rx_view *out, pali_arena *arena, const rx_view *left,
                            const rx_view *right, size_t most_shared, float near, pali_error *err);

/* `upper` and what is below it; up to `most_shared` lines may be in both. */
pali_status rx_views_below(rx_view *out, pali_arena *arena, const rx_view *upper,
                           const rx_view *lower, size_t most_shared, float near, pali_error *err);

#endif
