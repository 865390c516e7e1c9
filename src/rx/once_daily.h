/* "OD": once daily, or the right eye. */
#ifndef RX_ONCE_DAILY_H
#define RX_ONCE_DAILY_H

#include "rx/prescription.h"

#define RX_OD_IS_DAILY "OD reads as right eye; once daily was understood"

/* Whether form, strength, route or the dose (of the first step, which `m` need not have yet) tell that it is no eye's. */
bool rx_od_is_daily(const rx_medicine *m, const rx_quantity *dose);

/* Takes the doubt of a line that tells neither out again where the lexicon does: with `tablet` the medicine comes as a tablet
 * of the strength that is written, and in no eye drops. */
pali_status rx_od_settle(rx_medicine *m, bool tablet, pali_arena *arena, pali_error *err);

#endif
