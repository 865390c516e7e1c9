/* What a page says, made safe to show. A reading may hold anything: bytes that are no UTF-8, escape
 * sequences for a terminal, characters that turn the direction of writing. */
#ifndef RX_PLAIN_H
#define RX_PLAIN_H

#include "base/buffer.h"

/* Appends `text` (NULL: nothing) with U+FFFD for every byte that is not UTF-8. */
pali_status rx_append_valid(pali_buffer *buffer, const char *text, pali_error *err);

/* The same on one line and without effects: a space for every control character and line or
 * paragraph separator, nothing for controls of direction. */
pali_status rx_append_plain(pali_buffer *buffer, const char *text, pali_error *err);

/* Columns that valid UTF-8 takes on a terminal: 2 for wide East Asian characters and emoji, 0 for
 * combining marks. */
size_t rx_columns(const char *text, size_t size);

/* The character at the start of valid, non-empty UTF-8, and its bytes. */
unsigned rx_next_character(const char *text, size_t size, size_t *length);

#endif
