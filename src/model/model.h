/* The inside of a pali_model, shared by the files of this folder. */
#ifndef PALI_MODEL_MODEL_H
#define PALI_MODEL_MODEL_H

#include "model/checkpoint.h"
#include "model/parameters.h"

#include <pthread.h>

/* Sees every intermediate result [rows, cols]: how tests hold each stage against the reference.
 * `layer` is -1 outside the layers. */
typedef void (*pali_trace_fn)(void *context, const char *name, int layer, const float *data,
                              size_t rows, size_t cols);

struct pali_model {
    pali_config config;
    pali_parameters parameters;
    pali_weights weights; /* of the decoder's matrices, as held */
    bool converted;       /* an original's matrices were quantised while loading */
    char *name;
    pali_checkpoint *checkpoint; /* NULL for a synthetic model */
    pali_tokenizer *tokenizer;   /* likewise */
    pali_arena arena;            /* whatever is not mapped */
    size_t num_candidate_rows;   /* rows of the table that may win the arg-max */
    bool image_token_may_win;
    pali_compute *compute;
    pthread_mutex_t *busy; /* one computation at a time */
    pali_trace_fn trace;
    void *trace_context;
};

struct pali_features {
    float *data; /* [num_tokens, hidden_size] */
    size_t num_tokens, hidden_size;
};

/* For tests: set before the calls to be watched. */
void pali_model_set_trace(pali_model *model, pali_trace_fn trace, void *context);

static inline void pali_trace(const pali_model *model, const char *name, int layer,
                              const float *data, size_t rows, size_t cols) {
    if (model->trace)
        model->trace(model->trace_context, name, layer, data, rows, cols);
}

/* PALI_ERROR_CANCELLED if the model was cancelled: what the operations of a step left is then
 * worthless. Asked after every layer. */
pali_status pali_model_check(const pali_model *model, pali_error *err);

/* Whether attention may round to BF16: not where the weights have more to offer. */
bool pali_model_may_round(const pali_model *model);

/* Keys and values of what has been read: F32 or, where attention may round, BF16; INT8 beside weights of four bits,
 * which lose more. */
pali_weights pali_model_cache_format(const pali_model *model);

/* pixel_values [count, 3, image_size, image_size] to features [count, num_image_tokens,
 * hidden_size]; each picture is encoded as if it were alone. */
pali_status pali_vision_forward(const pali_model *model, const float *pixel_values, size_t count,
                                pali_progress_fn progress, void *progress_context, float *features,
                                pali_error *err);

/* ---- decoder.c ---- */

/* One sequence: its keys and values, and how much of it has been computed. */
typedef struct pali_sequence {
    size_t prefix;             /* positions that see each other */
    size_t length;             /* positions computed so far */
    size_t capacity;           /* positions that the caches hold */
    pali_cache *keys, *values; /* [num_hidden_layers] */
} pali_sequence;

pali_status pali_sequence_init(pali_sequence *sequence, const pali_model *model, size_t prefix,
                               size_t capacity, pali_arena *arena, pali_error *err);

/* Goes on where `from` is, of the same model and capacity, on its own. */
void pali_sequence_copy(pali_sequence *to, const pali_sequence *from, const pali_model *model);

/* Embeds `count` ids into x [count, hidden_size], scaled. */
void pali_decoder_embed(const pali_model *model, const int32_t *ids, size_t count, float *x);

/* Runs new positions of several sequences through all layers, together: `x` holds counts[0] rows of
 * the first sequence, then counts[1] of the second ... and is overwritten by the last layer's
 * output. Each sequence's length grows by its count. */
pali_status pali_decoder_forward(const pali_model *model, pali_sequence *sequences, size_t count,
                                 const size_t *counts, float *x, pali_arena *scratch,
                                 pali_progress_fn progress, void *progress_context,
                                 pali_error *err);

/* Final norm and output matrix of `count` rows: logits [count, vocab_size], soft-capped. */
pali_status pali_decoder_logits(const pali_model *model, const float *x, size_t count,
                                float *logits, pali_arena *scratch, pali_error *err);

/* The `count` likeliest tokens, best first, of logits [vocab_size], from which what may not be chosen
 * is taken out: rows that pad the vocabulary, and perhaps <image>. */
void pali_decoder_top(const pali_model *model, float *logits, size_t count, pali_candidate *out);

/* Whether a token ends an answer. */
bool pali_model_is_eos(const pali_model *model, int32_t id);

#endif
