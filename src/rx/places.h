/* Where on a page what was read of it stands. */
#ifndef RX_PLACES_H
#define RX_PLACES_H

#include "rx/prescription.h"

/* The first of `count` lines that has `text` and is not struck out, and in `*at` the byte where it begins there;
 * SIZE_MAX if none has it. `within`: only lines that this text is made of count, as rx_medicine's `line`, or, where
 * there are none, lines that it is a part of; NULL: all. */
size_t rx_line_with(const rx_line *lines, size_t count, const char *within, const char *text,
                    size_t *at);

#endif
