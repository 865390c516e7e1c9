/* Numbers as people write them: "2", "1/2", "1 1/2", "½", "two", "1-2", "4 to 6", "2 (two)". */
#ifndef RX_AMOUNTS_H
#define RX_AMOUNTS_H

#include "rx/tokens.h"

typedef struct rx_amount {
    size_t count;        /* tokens it covers; 0: no amount */
    double low, high;    /* equal unless a range */
    unsigned flags;      /* RX_TOKEN_* of its numbers */
    const char *caution; /* of a word such as "ss" */
} rx_amount;

/* The amount that starts at token `at`: a number, a fraction or a number word, or a range of two.
 */
rx_amount rx_read_amount(const rx_tokens *tokens, size_t at);

/* A pattern of doses over the day: 1-0-1, ½-0-½, 1+0+1+1, 1--1, 1-x-1. */
typedef struct rx_slots {
    size_t count; /* tokens; 0: no pattern */
    int num_slots;
    double slots[4];
    bool doubtful; /* a letter was taken for a digit, or the signs are unusual */
} rx_slots;

rx_slots rx_read_slots(const rx_tokens *tokens, size_t at);

#endif
