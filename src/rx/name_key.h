/* The letters and digits of a name, by which names are compared. */
#ifndef RX_NAME_KEY_H
#define RX_NAME_KEY_H

#include "base/status.h"

enum { RX_MAX_KEY = 64 };

/* Writes the key of `text` (folded as rx_fold does, letters and digits alone) and returns its
 * length; 0 if there are none, or more than RX_MAX_KEY - 1, or a letter of another script, of which
 * the lexicon knows nothing. */
size_t rx_name_key(char key[RX_MAX_KEY], const char *text, size_t size);

#endif
