/* How far apart two names are when they are written by hand. */
#ifndef RX_HANDWRITING_H
#define RX_HANDWRITING_H

#include <stddef.h>

enum { RX_KEY_LETTERS = 36 }; /* digits, then letters */

/* Costs of letters taken for each other, made once and then shared. */
typedef struct rx_writing {
    float replaced[RX_KEY_LETTERS][RX_KEY_LETTERS]; /* one letter by another; symmetric */
    char merged[RX_KEY_LETTERS][RX_KEY_LETTERS];    /* the letter that two stand for; 0: none */
} rx_writing;

void rx_writing_init(rx_writing *writing);

/* What turns one key (rx_name_key) into the other: an edit costs 1, one that handwriting or its
 * reader makes easily ("rn" for "m", "a" for "o", a doubled letter) less. Once the cost is sure to
 * exceed `limit`, any number above it is returned. */
float rx_writing_distance(const rx_writing *writing, const char *a, size_t a_size, const char *b,
                          size_t b_size, float limit);

#endif
