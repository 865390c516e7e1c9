/* The parameters of a PaliGemma, by their place in the computation. */
#ifndef PALI_MODEL_PARAMETERS_H
#define PALI_MODEL_PARAMETERS_H

#include "kernels/kernels.h"
#include "model/config.h"

/* A LayerNorm, or the bias-free RMSNorm (bias NULL). */
typedef struct pali_norm {
    const float *weight, *bias;
} pali_norm;

typedef struct pali_affine {
    pali_matrix weight; /* [out, in] */
    const float *bias;  /* [out], or NULL */
} pali_affine;

typedef struct pali_vision_layer {
    pali_norm layer_norm1, layer_norm2;
    pali_affine q_proj, k_proj, v_proj, out_proj, fc1, fc2;
} pali_vision_layer;

typedef struct pali_text_layer {
    pali_norm input_layernorm, post_attention_layernorm;
    pali_norm pre_feedforward_layernorm, post_feedforward_layernorm; /* Gemma 2 only */
    pali_affine q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj;
} pali_text_layer;

typedef struct pali_parameters {
    pali_affine patch_embedding;     /* [hidden_size, channels * patch * patch] */
    const float *position_embedding; /* [num_image_tokens, hidden_size] */
    pali_vision_layer *vision_layers;
    pali_norm post_layernorm;
    pali_affine projector;
    pali_matrix embed_tokens; /* [vocab_size, hidden_size]; the output matrix too */
    pali_text_layer *text_layers;
    pali_norm norm;
    pali_weights table_format; /* as the embedding table was stored: its scale is rounded to that */
    uint64_t count;            /* numbers in all tensors */
    uint64_t bytes;            /* of all tensors as held */
} pali_parameters;

/* What a matrix is for, which decides the formats that it may be held in. */
typedef enum pali_role {
    PALI_ROLE_LINEAR,
    PALI_ROLE_PATCH,     /* the patch embedding: small, and never quantised */
    PALI_ROLE_EMBEDDING, /* looked up by row and multiplied as the output matrix */
} pali_role;

/* The format that a matrix of this role, stored as `stored`, is held in when the whole is wanted as
 * `weights`. In an INT4 model the table, which every token's logits depend on, is INT8. */
pali_weights pali_format_of_role(pali_weights weights, pali_role role, pali_weights stored);

/* Where parameters come from: files (loading.c) or a random generator (synthetic.c). Names are
 * those of checkpoint.h; what is returned lives as long as the source. */
typedef struct pali_parameter_source {
    void *context;
    /* shape[0] x product of the rest */
    pali_status (*matrix)(void *context, const char *name, size_t rank, const size_t *shape,
                          pali_role role, pali_matrix *out, pali_error *err);
    pali_status (*vector)(void *context, const char *name, size_t rank, const size_t *shape,
                          const float **out, pali_error *err);
} pali_parameter_source;

/* How far binding has come. */
typedef struct pali_load_progress {
    pali_progress_fn progress; /* hears of the phase "load"; may be NULL */
    void *context;
    size_t done, total; /* layers */
} pali_load_progress;

/* Tells of it: after each layer, and by a source that takes long for a matrix. PALI_ERROR_CANCELLED
 * where the callback asks to stop. */
pali_status pali_load_report(const pali_load_progress *progress, pali_error *err);

/* Asks the source for every parameter that the configuration implies, and counts layers in
 * `progress`. Fills all but table_format. */
pali_status pali_parameters_bind(pali_parameters *out, const pali_config *config,
                                 const pali_parameter_source *source, pali_arena *arena,
                                 pali_load_progress *progress, pali_error *err);

#endif
