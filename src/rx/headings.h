/* Headings that say whether the medicines below them are to be taken, and lines that speak of the medicine above. */
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

/* A line below a medicine that speaks of it: "Stop on 10/6", "omit today"; "hold if BP < 100". */
typedef enum rx_stop { RX_STOP_NONE, RX_STOP_SOME_DAY, RX_STOP_IF } rx_stop;
rx_stop rx_says_stop(const rx_tokens *tokens);

/* "OR" alone on a line: the medicine above it or the one below. */
bool rx_says_or(const rx_tokens *tokens);

/* "for BP", "for sugar": what the medicine above is for. */
bool rx_says_purpose(const rx_tokens *tokens);

/* "Commonly known as: Norvasc", "What changed: how much to take": what is said of the medicine above; directions follow. */
bool rx_is_aside(const rx_tokens *tokens);

/* "} x 5 days", "All x 1 month": for how long several medicines above are taken. */
bool rx_is_for_all(const rx_tokens *tokens);

/* "RBS 150-200 4 U", "< 150 nil": a step of a sliding scale of insulin. */
bool rx_is_scale_step(const rx_tokens *tokens);

/* "(Amoxicillin 500 mg + Clavulanic acid 125 mg)", "(Amoxyclav)": what the medicine above is made of; `*several`: of more than one. */
bool rx_is_composition(const rx_tokens *tokens, bool *several);

#endif
