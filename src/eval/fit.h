/* A calibration table from decisions: docs/evaluation.md, "Calibration". */
#ifndef RX_EVAL_FIT_H
#define RX_EVAL_FIT_H

#include "eval/score.h"

/* The document of calibration.json; the caller gives `*out` to json_decref. Fails with
 * PALI_ERROR_ARGUMENT where there is no decision at all. */
pali_status rx_calibration_fit(json_t **out, const rx_decision *decisions, size_t count,
                               pali_error *err);

#endif
