/* A line of text as a grey strip: straight, of one height, dark ink on white. */
#ifndef RX_PAGE_STRIP_H
#define RX_PAGE_STRIP_H

#include "page/upright.h"

/* `row_height` pixels high; small letters take about 10 / 32 of it, all of the ink lies inside, its
 * middle in the middle. Ink of other lines and rules is white. */
pali_status rx_strip_draw(rx_gray *out, const rx_page_work *work, int line, int row_height,
                          pali_error *err);

#endif
