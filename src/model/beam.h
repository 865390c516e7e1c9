/* Beam search: the likeliest beginnings of one answer, carried on side by side. */
#ifndef PALI_MODEL_BEAM_H
#define PALI_MODEL_BEAM_H

#include "model/model.h"

/* The beginning of an answer, or all of one. */
typedef struct pali_beam {
    pali_sequence sequence; /* all but the last of its tokens have been through the decoder */
    pali_token *tokens;     /* [max_new_tokens + 1], also the one that ended it */
    size_t num_tokens;      /* with that one */
    float logprob;          /* of its tokens together */
} pali_beam;

typedef struct pali_beams {
    const pali_model *model;
    pali_beam *live; /* [width], the likeliest first */
    pali_beam *next; /* [width]: what comes after `live` while it is being made */
    size_t width, num_live;
    pali_beam ended;   /* the likeliest of those that ended; no token: none did */
    pali_arena *arena; /* of what is written down of tokens */
} pali_beams;

/* One beam, at the beginning, whose sequence is to be taken through the prefix; `width` caches are
 * reserved in `caches`, tokens in `arena`. */
pali_status pali_beams_init(pali_beams *beams, const pali_model *model, size_t width,
                            size_t max_new_tokens, size_t prefix, size_t capacity,
                            pali_arena *caches, pali_arena *arena, pali_error *err);

/* Goes on with the likeliest continuations of all beams: `logits` [num_live, vocab_size] are those of
 * the next position, `num_candidates` (at most PALI_MAX_CANDIDATES) are written down of each token. */
pali_status pali_beams_advance(pali_beams *beams, float *logits, size_t num_candidates,
                               pali_error *err);

/* Whether no answer can become likelier than the one that is finished. */
bool pali_beams_done(const pali_beams *beams);

#endif
