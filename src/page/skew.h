/* The angle of the text lines. */
#ifndef RX_PAGE_SKEW_H
#define RX_PAGE_SKEW_H

#include "page/parts.h"

/* Radians by which lines turn from x towards y, within 20 degrees; 0 where no angle stands out.
 * Only parts that may be letters or words count. */
pali_status rx_skew_measure(double *radians, const rx_parts *parts, float letter_height,
                            pali_error *err);

/* Whether lines of text run down the page instead of across it. */
bool rx_lines_run_down(const rx_parts *parts, float letter_height);

/* Whether a part may be a letter or a word: neither dust nor a rule, a frame or a picture. */
bool rx_part_is_text(const rx_part *part, float letter_height);

#endif
