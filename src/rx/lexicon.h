/* The names of medicines. */
#ifndef RX_LEXICON_H
#define RX_LEXICON_H

#include "rx/prescription.h"

/* Immutable once opened; threads may share it. */
typedef struct rx_lexicon rx_lexicon;

#endif
