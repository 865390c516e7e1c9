/* Headings that say whether the medicines below them are to be taken. */
#ifndef RX_HEADINGS_H
#define RX_HEADINGS_H

#include "rx/phrases.h"

#include <stdbool.h>

/* Whether a line heads medicines that are not prescribed now, in more words than the table has: "Medicines stopped
 * during admission:", "Hold until review:". */
bool rx_heads_stopped(const rx_tokens *tokens);

/* Whether a line below such a heading ends its list: "Start:", "Medicines changed:", "Continue". */
bool rx_heads_taken(const rx_tokens *tokens);

/* Whether the heading of a line is of allergies: a field of many forms, whose list ends with the next field. */
bool rx_heads_allergies(const rx_tokens *tokens);

/* "NKDA", "Nil", "None known": nothing stands under the heading above. */
bool rx_says_none(const rx_tokens *tokens);

/* "Foods to avoid:", "Junk food": no medicines. */
bool rx_speaks_of_life(const rx_tokens *tokens);

#endif
