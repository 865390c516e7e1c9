/* Ruled lines, rules of tables, boxes of forms. */
#ifndef RX_PAGE_RULES_H
#define RX_PAGE_RULES_H

#include "page/parts.h"

/* Takes straight rules, across and down, out of `ink` (sets them to 0) where nothing crosses them,
 * and marks each pixel taken in `rules` (255, else 0), which is made. Strokes shorter than about
 * six letters stay. */
pali_status rx_rules_remove(rx_gray *rules, rx_gray *ink, int threshold, float letter_height,
                            pali_error *err);

#endif
