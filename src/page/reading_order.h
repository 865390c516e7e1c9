/* In which order the lines of a page are read. */
#ifndef RX_PAGE_READING_ORDER_H
#define RX_PAGE_READING_ORDER_H

#include "page/text_lines.h"

/* Sorts the lines (and renumbers their owners): rows from top to bottom, each from left to right;
 * blocks beside each other that a gutter divides over several rows are read one after the other. */
pali_status rx_reading_order(rx_text_lines *lines, pali_error *err);

#endif
