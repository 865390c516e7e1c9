/* The list of names that the program carries: built from data/lexicon by scripts/lexicon.py. */
#ifndef RX_NAME_LIST_H
#define RX_NAME_LIST_H

#include <stddef.h>

extern const char RX_NAMES[];
extern const size_t RX_NAMES_SIZE;

#endif
