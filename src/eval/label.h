/* What a line of labels.jsonl must be (docs/evaluation.md). */
#ifndef RX_EVAL_LABEL_H
#define RX_EVAL_LABEL_H

#include "base/status.h"

#include <jansson.h>

/* PALI_ERROR_FORMAT for a member of another kind than is scored: passed over, it would not be missed. `line` is for messages. */
pali_status rx_label_check(const json_t *label, const char *line, pali_error *err);

#endif
