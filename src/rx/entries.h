/* Several medicines on one line, made a line each; and a page read so. */
#ifndef RX_ENTRIES_H
#define RX_ENTRIES_H

#include "rx/reading.h"
#include "rx/rows.h"

/* Parts lines that list medicines ("Tab Dolo 650 SOS, Tab Pan 40 OD"), and a heading from the medicine behind it
 * ("Adv: Tab Dolo 650 SOS"). Parts have the box of their line, its bytes' confidences and choices. Only names that
 * `lexicon` knows begin a part; all other lines stay as they are. What is new lies in `arena` and points into the lines
 * given. On failure `rows` is left alone. */
pali_status rx_entries_part(rx_rows *rows, pali_arena *arena, const rx_lexicon *lexicon,
                            pali_error *err);

/* Parts the lines, and makes `*out` of them (rx_reading_make). `rows` are then the parted ones. */
pali_status rx_entries_read(rx_prescription *out, rx_rows *rows, pali_arena *arena,
                            const rx_lexicon *lexicon, pali_error *err);

#endif
