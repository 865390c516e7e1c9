/* The sheet of paper in a photograph. */
#ifndef RX_PAGE_SHEET_H
#define RX_PAGE_SHEET_H

#include "page/source.h"

/* The corners of a bright sheet at least three of whose edges are in the picture, clockwise from the upper
 * left, in places of the picture. `*found` says whether there is one. */
pali_status rx_sheet_find(rx_point corners[4], bool *found, const rx_source *source,
                          pali_error *err);

#endif
