/* A line of text as a grey strip: straight, of one height, dark ink on white. */
#ifndef RX_PAGE_STRIP_H
#define RX_PAGE_STRIP_H

#include "page/upright.h"

typedef struct rx_strip_shape {
    double zoom;    /* small letters take about 10 / 32 of the height times this */
    double stretch; /* how much longer along the line */
    double slant; /* pixels that a row is moved to the right for each row below it, so that below 0
                       letters that lean to the right stand up */
} rx_strip_shape;

/* `row_height` pixels high; the ink's middle lies in the middle. At a zoom of 1 all of the ink lies inside.
 * Ink of other lines and rules is white. */
pali_status rx_strip_draw(rx_gray *out, const rx_page_work *work, int line, int row_height,
                          rx_strip_shape shape, pali_error *err);

/* How much longer a strip (of a zoom and a stretch of 1) should be for its strokes to stand as far
 * apart as those of usual letters: 1 to 1.6. Letters that are narrow for their height stand too
 * close for a reader of few pixels. */
double rx_strip_stretch(const rx_gray *strip);

#endif
