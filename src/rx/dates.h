/* Dates as people write them. */
#ifndef RX_DATES_H
#define RX_DATES_H

#include "rx/tokens.h"

typedef struct rx_date {
    size_t count;   /* tokens; 0: no date */
    char value[11]; /* ISO 8601 */
    char other[11]; /* the reading with day and month changed; "": only one reading */
} rx_date;

/* The date that starts at token `at`: 12/03/24, 12-3-2024, 12.03.24, 2024-03-12, 12 March 2024,
 * March 12, 2024. Day first, unless that is no date. */
rx_date rx_read_date(const rx_tokens *tokens, size_t at);

#endif
