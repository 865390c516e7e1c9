/* Where one line of a page goes on in the next: a column was too narrow. */
#ifndef RX_LINE_BREAKS_H
#define RX_LINE_BREAKS_H

#include "rx/fold.h"

/* Whether a medicine's line `above` goes on in `below`, which starts no entry of its own. Both are
 * copied into `arena`; PALI_ERROR_MEMORY where it has no room. */
pali_status rx_goes_on(bool *out, pali_arena *arena, const char *above, const char *below,
                       pali_error *err);

#endif
