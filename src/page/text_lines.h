/* Lines of text on an upright page. */
#ifndef RX_PAGE_TEXT_LINES_H
#define RX_PAGE_TEXT_LINES_H

#include "page/parts.h"

#include <stdbool.h>

/* A line's own frame: t runs along it, v across it (downwards), in pixels of the page. Its curve is
 * v = offset(t), a polygon with a knot every `knot_step` from t = 0 on. */
typedef struct rx_text_line {
    double x, y, cosine, sine; /* t = v = 0 lies at (x, y) */
    float *offset;             /* [num_knots], malloc'ed */
    int num_knots;
    float knot_step;
    int row;                          /* parts of one that a rule divides have the same number */
    float letter_height;              /* of its parts, about that of a small letter with ascender */
    float begin, end;                 /* its ink along t */
    float top, bottom;                /* its ink across, against the curve; outliers left out */
    float core_top, core_bottom;      /* the band of small letters, against the curve */
    float ink_above, ink_below;       /* pixels above and below that band */
    float darkness;                   /* of its ink, 0 .. 255 */
    float x_min, y_min, x_max, y_max; /* its ink on the page */
} rx_text_line;

typedef struct rx_text_lines {
    int count;
    rx_text_line *line; /* [count], in reading order */
    int width, height;
    int32_t *owner; /* [height, width]: 1 + the line that a pixel of ink belongs to, or 0 */
} rx_text_lines;

/* `letter_height` is the page's (rx_parts_letter_height); no line goes through one of the `rules` that
 * were taken out of the ink (rx_rules_remove). */
pali_status rx_text_lines_find(rx_text_lines *out, const rx_parts *parts, const rx_gray *ink,
                               const rx_gray *rules, float letter_height, pali_error *err);
void rx_text_lines_free(rx_text_lines *lines);

/* Place (t, v) of a line's frame for a place of the page, v against the curve. */
void rx_text_line_to_frame(const rx_text_line *line, double x, double y, float *t, float *v);

/* The inverse. */
void rx_text_line_to_page(const rx_text_line *line, double t, double v, double *x, double *y);

#endif
