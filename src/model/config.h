/* What a checkpoint says of itself: config.json, preprocessor_config.json, generation_config.json.
 */
#ifndef PALI_MODEL_CONFIG_H
#define PALI_MODEL_CONFIG_H

#include "base/status.h"

enum { PALI_MAX_LAYERS = 256, PALI_MAX_EOS = 8 };

typedef struct pali_vision_config {
    size_t hidden_size, intermediate_size, num_hidden_layers, num_attention_heads;
    size_t num_channels, image_size, patch_size;
    float layer_norm_eps;
} pali_vision_config;

typedef struct pali_text_config {
    int generation; /* 1: Gemma (PaliGemma 1), 2: Gemma 2 */
    size_t hidden_size, intermediate_size, num_hidden_layers, num_attention_heads,
        num_key_value_heads, head_dim;
    size_t vocab_size;     /* rows of the embedding table */
    size_t sliding_window; /* 0: none */
    size_t max_position_embeddings;
    bool is_sliding[PALI_MAX_LAYERS];
    float rms_norm_eps, rope_theta;
    float attention_scale;                                 /* query_pre_attn_scalar ^ -1/2 */
    float attn_logit_softcapping, final_logit_softcapping; /* 0: none */
} pali_text_config;

/* From bytes of the picture to pixel_values. */
typedef struct pali_preprocessor_config {
    double rescale_factor;
    float image_mean[3], image_std[3];
    pali_filter resample;
} pali_preprocessor_config;

typedef struct pali_config {
    pali_vision_config vision;
    pali_text_config text;
    pali_preprocessor_config preprocessor;
    int32_t image_token_id, bos_token_id;
    int32_t eos_token_ids[PALI_MAX_EOS];
    size_t num_eos_token_ids;
} pali_config;

/* Reads `directory`/config.json and, where they exist, the other two. Members that the files leave
 * out get the defaults of the classes that wrote them. Another architecture is
 * PALI_ERROR_UNSUPPORTED with its name; a size that no real model has is PALI_ERROR_FORMAT. */
pali_status pali_config_load(pali_config *out, const char *directory, pali_error *err);

/* config.json alone, from memory; `name` is used in messages. */
pali_status pali_config_parse(pali_config *out, const char *json, size_t size, const char *name,
                              pali_error *err);

/* The configuration of google/paligemma2-{3b,10b,28b}-mix-{224,448,896}. */
pali_status pali_config_official(pali_config *out, const char *size, int resolution,
                                 pali_error *err);

/* (image_size / patch_size)^2 */
size_t pali_config_num_image_tokens(const pali_config *config);

#endif
