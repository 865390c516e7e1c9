/* Constrained decoding: the tokens by which an answer would leave its grammar become impossible. */
#ifndef RX_SCAN_CONSTRAINT_H
#define RX_SCAN_CONSTRAINT_H

#include "pali/pali.h"
#include "rx/scan_grammar.h"

/* What each token of a vocabulary writes, as bytes. */
typedef struct rx_constraint rx_constraint;

/* Control tokens, places and other pieces in angle brackets write nothing and are never allowed; the
 * end is "<eos>". */
pali_status rx_constraint_make(rx_constraint **out, const pali_tokenizer *tokenizer,
                               pali_error *err);
void rx_constraint_free(rx_constraint **constraint);

/* Sets to -INFINITY whatever may not follow. A vocabulary that cannot go on may end. */
void rx_constraint_apply(const rx_constraint *constraint, const rx_scan_state *state, float *logits,
                         size_t vocab_size);

/* The token was chosen. */
void rx_constraint_advance(const rx_constraint *constraint, rx_scan_state *state, int32_t id);

#endif
