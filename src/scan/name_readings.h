/* Doubtful names of medicines, read again with the lexicon at hand. */
#ifndef RX_SCAN_NAME_READINGS_H
#define RX_SCAN_NAME_READINGS_H

#include "rx/lexicon.h"
#include "scan/line_reader.h"

/* Looks at the names of `first`, which was made of `lines`, and changes `lines` where a name of the
 * lexicon, or what another view read, explains the picture better than what was believed. What the model
 * gives each of them in every view is compared, so that a name which is clearly written stays whatever
 * the lexicon has. A name that was changed or weighed has the probability found here as its bytes'
 * confidence, and its rivals as choices; one taken from the lexicon against the letters is marked by
 * a choice whose `letters` is set. `*changed`: whether anything in `lines` is new. */
pali_status rx_names_weigh(rx_lines *lines, bool *changed, const rx_page *page,
                           const rx_prescription *first, const pali_model *model,
                           const rx_lexicon *lexicon, pali_error *err);

#endif
