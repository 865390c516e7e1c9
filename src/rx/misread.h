/* Phrases of the table that stand on the page with a letter or two misread. */
#ifndef RX_MISREAD_H
#define RX_MISREAD_H

#include "rx/phrases.h"

/* The phrase of one of `kinds` that tokens [from, to) most likely are, written by hand: at most one
 * edit for each five letters, where letters that look alike count less (handwriting.h). None for
 * short phrases, which one edit turns into each other. `amount` is not read. */
rx_found rx_find_misread(const rx_tokens *tokens, size_t from, size_t to, uint64_t kinds);

/* The phrase of one of `kinds` that heads the line: as written, or else misread, where it is all
 * that stands on the line or before its colon, and is no phrase of a page in another sense. */
rx_found rx_find_head(const rx_tokens *tokens, uint64_t kinds);

#endif
