/* A reliability diagram: how often decisions were right, over how sure they were. */
#ifndef RX_EVAL_RELIABILITY_H
#define RX_EVAL_RELIABILITY_H

#include "eval/score.h"
#include "pali/pali.h"

pali_status rx_reliability_plot(pali_image **out, const rx_decision *decisions, size_t count,
                                pali_error *err);

#endif
