/* Lines below a medicine that speak of it, or of several, and are no directions of the last one alone. */
#ifndef RX_LINES_BELOW_H
#define RX_LINES_BELOW_H

#include "rx/tokens.h"

#include <stdbool.h>

/* A line below a medicine that speaks of it: "Stop on 10/6", "omit today"; "hold if BP < 100". */
typedef enum rx_stop { RX_STOP_NONE, RX_STOP_SOME_DAY, RX_STOP_IF } rx_stop;
rx_stop rx_says_stop(const rx_tokens *tokens);

/* "Mon to Fri" and nothing else: when the medicine above is taken, or a clinic is open. */
bool rx_names_span_of_days(const rx_tokens *tokens);

/* "OR" alone on a line: the medicine above it or the one below. */
bool rx_says_or(const rx_tokens *tokens);

/* "for BP", "for sugar": what the medicine above is for. */
bool rx_says_purpose(const rx_tokens *tokens);

/* "Commonly known as: Norvasc", "What changed: how much to take": what is said of the medicine above; directions follow. */
bool rx_is_aside(const rx_tokens *tokens);

/* "} x 5 days", "All x 1 month": for how long several medicines above are taken. */
bool rx_is_for_all(const rx_tokens *tokens);

/* "all 1 OD", "both BD": how several medicines above are taken. */
bool rx_directs_all(const rx_tokens *tokens);

/* "x 5 days", "for 1 month only": a duration and nothing else, of the medicine above or of several. */
bool rx_lasts_alone(const rx_tokens *tokens);

/* "(Amoxicillin 500 mg + Clavulanic acid 125 mg)", "(Amoxyclav)": what the medicine above is made of; `*several`: of more than one. */
bool rx_is_composition(const rx_tokens *tokens, bool *several);

#endif
