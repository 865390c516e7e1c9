/* Insulin whose dose the sugar decides. */
#ifndef RX_SLIDING_SCALE_H
#define RX_SLIDING_SCALE_H

#include "rx/tokens.h"

#include <stdbool.h>

/* "RBS 150-200 4 U", "< 150 nil": a step of a sliding scale of insulin. */
bool rx_is_scale_step(const rx_tokens *tokens);

#endif
