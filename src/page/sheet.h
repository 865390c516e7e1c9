/* The sheet of paper in a photograph. */
#ifndef RX_PAGE_SHEET_H
#define RX_PAGE_SHEET_H

#include "page/source.h"

/* The corners of a bright sheet, clockwise from the upper left, in places of the picture. At least
 * three of its edges are seen; the fourth may lie outside. `*found` says whether there is one. */
pali_status rx_sheet_find(rx_point corners[4], bool *found, const rx_source *source,
                          pali_error *err);

#endif
