/* From the lines of a page as read to a prescription. */
#ifndef RX_READING_H
#define RX_READING_H

#include "rx/lexicon.h"
#include "rx/prescription.h"

/* Makes `*out` of the `num_lines` lines of one page, top to bottom; they are copied. A line without
 * `confidence` counts as certain. A line that is struck out, or starts with "~", is kept in
 * `lines` and read for nothing else. `lexicon` may be NULL: then no name is matched. On failure
 * `*out` is left alone. The caller gives it to rx_prescription_free. */
pali_status rx_reading_make(rx_prescription *out, const rx_line *lines, size_t num_lines,
                            const rx_lexicon *lexicon, pali_error *err);

/* Gives back all that hangs from it. Accepts a prescription that is all zero. */
void rx_prescription_free(rx_prescription *prescription);

#endif
