/* The SigLIP vision tower and the linear projector, as the paper "Sigmoid Loss for Language Image
 * Pre-Training" and PaliGemma's checkpoints have them: patches, learned positions, pre-norm blocks
 * of full attention and a tanh-GELU MLP, a last LayerNorm, and one affine map into the decoder's
 * width. */
#include "model/model.h"

#include <math.h>
#include <string.h>

/* Buffers of one pass; N = num_image_tokens of all pictures together, D = hidden_size. */
typedef struct vision_state {
    const pali_model *model;
    const pali_vision_config *config;
    pali_compute *compute;
    size_t num_images, tokens_per_image, num_tokens, head_dim;
    float *x;                  /* [N, D]: the residual stream */
    float *h;                  /* [N, D]: normalised input of a half-block */
    float *q, *k, *v;          /* [N, D] */
    float *attention;          /* [N, D]: heads side by side */
    float *mlp;                /* [N, intermediate_size] */
    pali_cache *keys, *values; /* [num_images] */
    pali_cache_rows *new_rows; /* [num_images][2]: keys and values */
    pali_attention *requests;  /* [num_images]: a picture attends to itself alone */
} vision_state;

/* Cuts the picture into rows of one patch each, in the kernel's order (channel, y, x):
 * [3, S, S] -> [N, 3 * P * P]. */
static void cut_patches(const pali_vision_config *c, const float *pixels, float *patches) {
    size_t size = c->image_size, patch = c->patch_size, side = size / patch;
    for (size_t py = 0; py < side; py++)
        for (size_t px = 0; px < side; px++)
            for (size_t channel = 0; channel < c->num_channels; channel++)
                for (size_t y = 0; y < patch; y++) {
                    const float *row =
                        pixels + (channel * size + py * patch + y) * size + px * patch;
                    memcpy(patches, row, patch * sizeof *patches);
                    patches += patch;
                }
}

static pali_status embed_patches(vision_state *s, const float *pixels, pali_arena *scratch,
                                 pali_error *err) {
    const pali_parameters *p = &s->model->parameters;
    size_t width = s->config->hidden_size;
    float *patches = pali_arena_alloc(scratch, s->num_tokens * p->patch_embedding.weight.cols,
                                      sizeof *patches, "patches", err);
    if (!patches)
        return PALI_ERROR_MEMORY;
    size_t size = s->config->image_size;
    for (size_t i = 0; i < s->num_images; i++)
        cut_patches(s->config, pixels + i * s->config->num_channels * size * size,
                    patches + i * s->tokens_per_image * p->patch_embedding.weight.cols);
    pali_linear product = {&p->patch_embedding.weight, p->patch_embedding.bias, s->x, PALI_STORE};
    pali_status status = pali_linear_run(s->compute, patches, s->num_tokens, &product, 1, err);
    if (status)
        return status;
    pali_trace(s->model, "vision.patch_embedding", -1, s->x, s->num_tokens, width);
    for (size_t i = 0; i < s->num_images; i++)
        pali_add(s->compute, p->position_embedding, s->tokens_per_image * width,
                 s->x + i * s->tokens_per_image * width);
    pali_trace(s->model, "vision.embeddings", -1, s->x, s->num_tokens, width);
    return PALI_OK;
}

static pali_status attend_images(vision_state *s, pali_error *err) {
    for (size_t i = 0; i < s->num_images; i++) {
        size_t n = s->tokens_per_image, at = i * n * s->config->hidden_size;
        s->new_rows[2 * i] = (pali_cache_rows){&s->keys[i], 0, n, s->k + at};
        s->new_rows[2 * i + 1] = (pali_cache_rows){&s->values[i], 0, n, s->v + at};
        s->requests[i] = (pali_attention){
            .q = s->q + at,
            .num_queries = n,
            .num_heads = s->config->num_attention_heads,
            .keys = &s->keys[i],
            .values = &s->values[i],
            .num_keys = n,
            .scale = (float)(1.0 / sqrt((double)s->head_dim)),
            .prefix = n,
            .may_round = pali_model_may_round(s->model),
            .out = s->attention + at,
        };
    }
    pali_cache_store(s->compute, s->new_rows, 2 * s->num_images);
    return pali_attention_run(s->compute, s->requests, s->num_images, err);
}

static pali_status attend(vision_state *s, const pali_vision_layer *layer, pali_error *err) {
    size_t n = s->num_tokens, width = s->config->hidden_size;
    pali_layer_norm(s->compute, s->x, n, width, layer->layer_norm1.weight, layer->layer_norm1.bias,
                    s->config->layer_norm_eps, s->h);
    pali_linear qkv[] = {
        {&layer->q_proj.weight, layer->q_proj.bias, s->q, PALI_STORE},
        {&layer->k_proj.weight, layer->k_proj.bias, s->k, PALI_STORE},
        {&layer->v_proj.weight, layer->v_proj.bias, s->v, PALI_STORE},
    };
    pali_status status = pali_linear_run(s->compute, s->h, n, qkv, 3, err);
    if (status)
        return status;
    status = attend_images(s, err);
    if (status)
        return status;
    pali_linear out = {&layer->out_proj.weight, layer->out_proj.bias, s->x, PALI_ADD};
    return pali_linear_run(s->compute, s->attention, n, &out, 1, err);
}

static pali_status feed_forward(vision_state *s, const pali_vision_layer *layer, pali_error *err) {
    size_t n = s->num_tokens;
    pali_layer_norm(s->compute, s->x, n, s->config->hidden_size, layer->layer_norm2.weight,
                    layer->layer_norm2.bias, s->config->layer_norm_eps, s->h);
    pali_linear up = {&layer->fc1.weight, layer->fc1.bias, s->mlp, PALI_GELU};
    pali_status status = pali_linear_run(s->compute, s->h, n, &up, 1, err);
    pali_linear down = {&layer->fc2.weight, layer->fc2.bias, s->x, PALI_ADD};
    return status ? status : pali_linear_run(s->compute, s->mlp, n, &down, 1, err);
}

static bool reserve_caches(pali_cache **out, pali_cache_kind kind, const vision_state *s,
                           pali_arena *scratch, pali_error *err) {
    pali_cache *caches =
        pali_arena_alloc(scratch, s->num_images, sizeof *caches, "vision attention", err);
    for (size_t i = 0; caches && i < s->num_images; i++) {
        caches[i] =
            (pali_cache){kind,
                         PALI_WEIGHTS_F32, /* it lives for a layer: 16 bits would save nothing */
                         s->config->num_attention_heads,
                         pali_cache_capacity(s->tokens_per_image),
                         s->head_dim,
                         NULL};
        if (pali_cache_reserve(&caches[i], scratch, "vision attention", err))
            return false;
    }
    *out = caches;
    return caches != NULL;
}

static pali_status reserve(vision_state *s, pali_arena *scratch, pali_error *err) {
    const pali_vision_config *c = s->config;
    size_t n = s->num_tokens, width = c->hidden_size;
    float **rows[] = {&s->x, &s->h, &s->q, &s->k, &s->v, &s->attention};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!(*rows[i] =
                  pali_arena_alloc(scratch, n * width, sizeof(float), "the vision tower", err)))
            return PALI_ERROR_MEMORY;
    s->mlp =
        pali_arena_alloc(scratch, n * c->intermediate_size, sizeof(float), "the vision tower", err);
    s->new_rows =
        pali_arena_alloc(scratch, 2 * s->num_images, sizeof *s->new_rows, "vision attention", err);
    s->requests =
        pali_arena_alloc(scratch, s->num_images, sizeof *s->requests, "vision attention", err);
    return s->mlp && s->new_rows && s->requests &&
                   reserve_caches(&s->keys, PALI_KEYS, s, scratch, err) &&
                   reserve_caches(&s->values, PALI_VALUES, s, scratch, err)
               ? PALI_OK
               : PALI_ERROR_MEMORY;
}

static pali_status run_layers(vision_state *s, pali_progress_fn progress, void *progress_context,
                              pali_error *err) {
    const pali_vision_config *c = s->config;
    for (size_t i = 0; i < c->num_hidden_layers; i++) {
        const pali_vision_layer *layer = &s->model->parameters.vision_layers[i];
        pali_status status = attend(s, layer, err);
        if (!status)
            status = feed_forward(s, layer, err);
        if (!status)
            status = pali_model_check(s->model, err);
        if (status)
            return status;
        pali_trace(s->model, "vision.layer", (int)i, s->x, s->num_tokens, c->hidden_size);
        if (progress && !progress(progress_context, "vision", i + 1, c->num_hidden_layers))
            return pali_fail(err, PALI_ERROR_CANCELLED, "encoding the picture was cancelled");
    }
    return PALI_OK;
}

static pali_status project(vision_state *s, float *features, pali_error *err) {
    const pali_parameters *p = &s->model->parameters;
    size_t n = s->num_tokens, width = s->config->hidden_size;
    pali_layer_norm(s->compute, s->x, n, width, p->post_layernorm.weight, p->post_layernorm.bias,
                    s->config->layer_norm_eps, s->h);
    pali_trace(s->model, "vision.post_layernorm", -1, s->h, n, width);
    pali_linear product = {&p->projector.weight, p->projector.bias, features, PALI_STORE};
    pali_status status = pali_linear_run(s->compute, s->h, n, &product, 1, err);
    if (!status)
        status = pali_model_check(s->model, err);
    if (!status)
        pali_trace(s->model, "projector", -1, features, n, p->projector.weight.rows);
    return status;
}

pali_status pali_vision_forward(const pali_model *model, const float *pixel_values, size_t count,
                                pali_progress_fn progress, void *progress_context, float *features,
                                pali_error *err) {
    const pali_vision_config *c = &model->config.vision;
    size_t tokens = pali_config_num_image_tokens(&model->config);
    vision_state s = {
        .model = model,
        .config = c,
        .compute = model->compute,
        .num_images = count,
        .tokens_per_image = tokens,
        .num_tokens = count * tokens,
        .head_dim = c->hidden_size / c->num_attention_heads,
    };
    pali_arena scratch = PALI_ARENA_INIT;
    pali_status status = reserve(&s, &scratch, err);
    if (!status)
        status = embed_patches(&s, pixel_values, &scratch, err);
    if (!status)
        status = run_layers(&s, progress, progress_context, err);
    if (!status)
        status = project(&s, features, err);
    pali_arena_free(&scratch);
    return status;
}
