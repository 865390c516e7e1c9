/* The answer to `scan en`: every medicine of a picture with its fields (docs/scan-grammar.md). The
 * grammar is regular: an automaton over bytes tells what may follow, a parser makes medicines of it. */
#ifndef RX_SCAN_GRAMMAR_H
#define RX_SCAN_GRAMMAR_H

#include "rx/directions.h"

typedef enum rx_scan_cell {
    RX_SCAN_NAME,
    RX_SCAN_STRENGTH,
    RX_SCAN_FORM,
    RX_SCAN_DOSE,
    RX_SCAN_ROUTE,
    RX_SCAN_FREQUENCY,
    RX_SCAN_DURATION,
    RX_SCAN_QUANTITY,
    RX_SCAN_INSTRUCTIONS,
    RX_SCAN_NUM_CELLS
} rx_scan_cell;

/* Where an answer stands; all zero: before its first byte. */
typedef struct rx_scan_state {
    unsigned char place, cell; /* in scan_grammar.c's terms; index of the cell */
    bool later;                /* behind the first line */
    unsigned char missing;     /* bytes of a character that are still to come */
    unsigned char low, high;   /* of the next one of them */
} rx_scan_state;

/* One byte on; false where it may not follow, and then `*state` is left alone. */
bool rx_scan_step(rx_scan_state *state, unsigned char byte);
bool rx_scan_may_end(const rx_scan_state *state);

/* One medicine. */
typedef struct rx_scan_medicine {
    rx_text
        cells[RX_SCAN_NUM_CELLS]; /* `text` NULL: not written, or `unreadable` says that it is */
    rx_source line; /* its cells as one line of a page, in the order of such lines; "": no name */
} rx_scan_medicine;

/* Parses an answer; `confidence` is one for each byte, NULL: certain. One that did not end loses its
 * last cell, which may be cut. `*out` lies in `arena`. PALI_ERROR_FORMAT, with the place, for what
 * is no answer; then `*out` and `*count` are left alone. */
pali_status rx_scan_parse(rx_scan_medicine **out, size_t *count, pali_arena *arena,
                          const char *text, const float *confidence, bool ended, pali_error *err);

#endif
