/* What the lexicon says against a medicine as read. */
#ifndef RX_CHECKS_H
#define RX_CHECKS_H

#include "rx/lexicon.h"

/* Matches the medicine's name and adds to its review: a name that is not in the lexicon, a near tie,
 * a look-alike, a strength that it does not come in, a dose above the usual or ten times it. Changes
 * nothing that was read. */
pali_status rx_check_medicine(rx_medicine *medicine, pali_arena *arena, const rx_lexicon *lexicon,
                              pali_error *err);

#endif
