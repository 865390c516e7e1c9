/* The parameters of a PaliGemma, by their place in the computation: one list of names and shapes.
 */
#include "model/parameters.h"

#include <stdio.h>
#include <string.h>

pali_weights pali_format_of_role(pali_weights weights, pali_role role, pali_weights stored) {
    bool quantised = weights == PALI_WEIGHTS_INT8 || weights == PALI_WEIGHTS_INT4;
    if (weights == PALI_WEIGHTS_AUTO || (quantised && role == PALI_ROLE_PATCH))
        return stored;
    return quantised && role == PALI_ROLE_EMBEDDING ? PALI_WEIGHTS_INT8 : weights;
}

/* One walk over the list. The first failure is kept, and ends the walk. */
typedef struct binder {
    const pali_config *config;
    const pali_parameter_source *source;
    pali_parameters *out;
    pali_arena *arena;
    pali_load_progress *progress;
    pali_status status;
    pali_error *err;
} binder;

enum { NAME_SIZE = 128 };

static void bind_matrix(binder *b, const char *name, size_t rank, const size_t *shape,
                        pali_role role, pali_matrix *out) {
    if (b->status)
        return;
    b->status = b->source->matrix(b->source->context, name, rank, shape, role, out, b->err);
    size_t bytes = 0;
    if (b->status || !pali_matrix_size(out->format, out->rows, out->cols, &bytes))
        return;
    b->out->count += (uint64_t)out->rows * out->cols;
    b->out->bytes += bytes;
}

static const float *bind_table(binder *b, const char *name, size_t rows, size_t cols) {
    const float *out = NULL;
    size_t shape[] = {rows, cols};
    size_t rank = cols ? 2 : 1;
    if (!b->status)
        b->status = b->source->vector(b->source->context, name, rank, shape, &out, b->err);
    uint64_t count = (uint64_t)rows * (cols ? cols : 1);
    b->out->count += count;
    b->out->bytes += count * sizeof(float);
    return out;
}

static const float *bind_vector(binder *b, const char *prefix, const char *suffix, size_t length) {
    char name[NAME_SIZE + 8];
    snprintf(name, sizeof name, "%s%s", prefix, suffix);
    return bind_table(b, name, length, 0);
}

static pali_norm bind_norm(binder *b, const char *layer, const char *module, size_t width,
                           bool has_bias) {
    char prefix[NAME_SIZE];
    snprintf(prefix, sizeof prefix, "%s%s", layer, module);
    pali_norm norm = {bind_vector(b, prefix, ".weight", width), NULL};
    if (has_bias)
        norm.bias = bind_vector(b, prefix, ".bias", width);
    return norm;
}

static pali_affine bind_affine(binder *b, const char *layer, const char *module, size_t out,
                               size_t in, bool has_bias) {
    char prefix[NAME_SIZE], name[NAME_SIZE + 8];
    snprintf(prefix, sizeof prefix, "%s%s", layer, module);
    snprintf(name, sizeof name, "%s.weight", prefix);
    pali_affine affine = {.bias = NULL};
    size_t shape[] = {out, in};
    bind_matrix(b, name, 2, shape, PALI_ROLE_LINEAR, &affine.weight);
    if (has_bias)
        affine.bias = bind_vector(b, prefix, ".bias", out);
    return affine;
}

pali_status pali_load_report(const pali_load_progress *p, pali_error *err) {
    bool go_on = !p->progress || p->progress(p->context, "load", p->done, p->total);
    return go_on ? PALI_OK : pali_fail(err, PALI_ERROR_CANCELLED, "loading was cancelled");
}

static void layer_done(binder *b) {
    b->progress->done++;
    if (!b->status)
        b->status = pali_load_report(b->progress, b->err);
}

static void bind_vision_layer(binder *b, pali_vision_layer *layer, size_t index) {
    const pali_vision_config *c = &b->config->vision;
    size_t width = c->hidden_size;
    char prefix[NAME_SIZE];
    snprintf(prefix, sizeof prefix, "vision.encoder.layers.%zu.", index);
    layer->layer_norm1 = bind_norm(b, prefix, "layer_norm1", width, true);
    layer->q_proj = bind_affine(b, prefix, "self_attn.q_proj", width, width, true);
    layer->k_proj = bind_affine(b, prefix, "self_attn.k_proj", width, width, true);
    layer->v_proj = bind_affine(b, prefix, "self_attn.v_proj", width, width, true);
    layer->out_proj = bind_affine(b, prefix, "self_attn.out_proj", width, width, true);
    layer->layer_norm2 = bind_norm(b, prefix, "layer_norm2", width, true);
    layer->fc1 = bind_affine(b, prefix, "mlp.fc1", c->intermediate_size, width, true);
    layer->fc2 = bind_affine(b, prefix, "mlp.fc2", width, c->intermediate_size, true);
    layer_done(b);
}

static void bind_text_layer(binder *b, pali_text_layer *layer, size_t index) {
    const pali_text_config *c = &b->config->text;
    size_t width = c->hidden_size;
    size_t q_width = c->num_attention_heads * c->head_dim;
    size_t kv_width = c->num_key_value_heads * c->head_dim;
    char prefix[NAME_SIZE];
    snprintf(prefix, sizeof prefix, "text.layers.%zu.", index);
    layer->input_layernorm = bind_norm(b, prefix, "input_layernorm", width, false);
    layer->q_proj = bind_affine(b, prefix, "self_attn.q_proj", q_width, width, false);
    layer->k_proj = bind_affine(b, prefix, "self_attn.k_proj", kv_width, width, false);
    layer->v_proj = bind_affine(b, prefix, "self_attn.v_proj", kv_width, width, false);
    layer->o_proj = bind_affine(b, prefix, "self_attn.o_proj", width, q_width, false);
    layer->post_attention_layernorm =
        bind_norm(b, prefix, "post_attention_layernorm", width, false);
    if (c->generation == 2) {
        layer->pre_feedforward_layernorm =
            bind_norm(b, prefix, "pre_feedforward_layernorm", width, false);
        layer->post_feedforward_layernorm =
            bind_norm(b, prefix, "post_feedforward_layernorm", width, false);
    }
    layer->gate_proj = bind_affine(b, prefix, "mlp.gate_proj", c->intermediate_size, width, false);
    layer->up_proj = bind_affine(b, prefix, "mlp.up_proj", c->intermediate_size, width, false);
    layer->down_proj = bind_affine(b, prefix, "mlp.down_proj", width, c->intermediate_size, false);
    layer_done(b);
}

static void bind_vision(binder *b) {
    const pali_vision_config *c = &b->config->vision;
    pali_parameters *out = b->out;
    size_t patch[] = {c->hidden_size, c->num_channels, c->patch_size, c->patch_size};
    bind_matrix(b, "vision.embeddings.patch_embedding.weight", 4, patch, PALI_ROLE_PATCH,
                &out->patch_embedding.weight);
    out->patch_embedding.bias =
        bind_vector(b, "vision.embeddings.patch_embedding", ".bias", c->hidden_size);
    out->position_embedding = bind_table(b, "vision.embeddings.position_embedding.weight",
                                         pali_config_num_image_tokens(b->config), c->hidden_size);
    for (size_t i = 0; i < c->num_hidden_layers && !b->status; i++)
        bind_vision_layer(b, &out->vision_layers[i], i);
    out->post_layernorm = bind_norm(b, "vision.", "post_layernorm", c->hidden_size, true);
    out->projector =
        bind_affine(b, "projector.", "linear", b->config->text.hidden_size, c->hidden_size, true);
}

static void bind_text(binder *b) {
    const pali_text_config *c = &b->config->text;
    pali_parameters *out = b->out;
    size_t table[] = {c->vocab_size, c->hidden_size};
    bind_matrix(b, "text.embed_tokens.weight", 2, table, PALI_ROLE_EMBEDDING, &out->embed_tokens);
    for (size_t i = 0; i < c->num_hidden_layers && !b->status; i++)
        bind_text_layer(b, &out->text_layers[i], i);
    out->norm = bind_norm(b, "text.", "norm", c->hidden_size, false);
}

pali_status pali_parameters_bind(pali_parameters *out, const pali_config *config,
                                 const pali_parameter_source *source, pali_arena *arena,
                                 pali_load_progress *progress, pali_error *err) {
    size_t vision_layers = config->vision.num_hidden_layers;
    size_t text_layers = config->text.num_hidden_layers;
    *out = (pali_parameters){
        .vision_layers =
            pali_arena_alloc(arena, vision_layers, sizeof *out->vision_layers, "layers", err),
        .text_layers =
            pali_arena_alloc(arena, text_layers, sizeof *out->text_layers, "layers", err),
    };
    if (!out->vision_layers || !out->text_layers)
        return PALI_ERROR_MEMORY;
    progress->done = 0;
    progress->total = vision_layers + text_layers;
    binder b = {config, source, out, arena, progress, PALI_OK, err};
    bind_vision(&b);
    bind_text(&b);
    return b.status;
}
