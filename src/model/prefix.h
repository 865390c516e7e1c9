/* What a request puts before the answer: pictures, <bos>, prompt, newline. */
#ifndef PALI_MODEL_PREFIX_H
#define PALI_MODEL_PREFIX_H

#include "model/model.h"

/* Rows that one pass over prefixes takes together: enough to amortise reading the weights, few
 * enough for the activations to stay small beside them. */
enum { PALI_MAX_PREFILL_ROWS = 2048 };

typedef struct pali_prefix {
    const pali_request *request;
    int32_t *ids; /* of the text part; malloc'ed */
    size_t num_ids;
    size_t length;   /* positions: of the pictures and of the text */
    size_t capacity; /* with the answer's */
} pali_prefix;

/* The prefix of a request, which must outlive it, with room for `num_answer_tokens` behind it. Fails
 * where the model cannot take it: no picture, another model's picture, ids outside the vocabulary,
 * more positions than the model has. Freed with pali_prefix_free, also after a failure. */
pali_status pali_prefix_init(pali_prefix *prefix, const pali_model *model,
                             const pali_request *request, size_t num_answer_tokens,
                             pali_error *err);
void pali_prefix_free(pali_prefix *prefix);

/* The decoder's input, x [length, hidden_size]. */
void pali_prefix_embed(const pali_prefix *prefix, const pali_model *model, float *x);

#endif
