/* The Gemma 2 decoder (and Gemma 1, which PaliGemma 1 has): RMSNorm before and, in Gemma 2, after
 * each half-block, grouped-query attention with rotary positions and a soft-cap, a gated GELU MLP.
 * Picture and prompt form a prefix whose positions all see each other; generated positions are
 * causal.
 *
 * Positions count from 0: rotary attention depends on differences only. The sliding window of every
 * other layer limits generated positions, not the prefix (MODEL.md says why). */
#include "model/model.h"

#include "base/checked.h"
#include "kernels/numbers.h"

#include <math.h>
#include <string.h>

/* One pass: T = rows of all sequences together. */
typedef struct decoder_state {
    const pali_model *model;
    const pali_text_config *config;
    pali_compute *compute;
    pali_sequence *sequences;
    const size_t *counts; /* rows of each sequence */
    size_t num_sequences, num_rows;
    float *x;                  /* [T, hidden_size]: the residual stream */
    float *h;                  /* [T, hidden_size] */
    float *q, *k, *v;          /* [T, heads * head_dim] */
    float *attention;          /* [T, num_attention_heads * head_dim] */
    float *gated;              /* [T, intermediate_size] */
    float *cosines, *sines;    /* [T, head_dim / 2] */
    pali_cache *fresh;         /* [num_sequences][2]: a layer's keys and values as they come */
    pali_cache_rows *new_rows; /* [num_sequences][4]: keys and values, and the same for `fresh` */
    pali_attention *requests;  /* [num_sequences] */
} decoder_state;

bool pali_model_may_round(const pali_model *model) {
    return model->weights != PALI_WEIGHTS_F32 && model->weights != PALI_WEIGHTS_F16;
}

pali_weights pali_model_cache_format(const pali_model *model) {
    if (!pali_model_may_round(model))
        return PALI_WEIGHTS_F32;
    return model->weights == PALI_WEIGHTS_BF16 ? PALI_WEIGHTS_BF16 : PALI_WEIGHTS_INT8;
}

/* sqrt(hidden_size), rounded as the reference does it: to the type of the table. */
static float embedding_scale(const pali_model *model) {
    float scale = sqrtf((float)model->config.text.hidden_size);
    switch (model->parameters.table_format) {
    case PALI_WEIGHTS_BF16:
        return pali_bf16_to_f32(pali_f32_to_bf16(scale));
    case PALI_WEIGHTS_F16:
        return pali_f16_to_f32(pali_f32_to_f16(scale));
    default:
        return scale;
    }
}

void pali_decoder_embed(const pali_model *model, const int32_t *ids, size_t count, float *x) {
    size_t width = model->config.text.hidden_size;
    for (size_t i = 0; i < count; i++)
        pali_matrix_row(&model->parameters.embed_tokens, (size_t)ids[i], x + i * width);
    pali_scale(model->compute, embedding_scale(model), count * width, x);
}

/* The arrays of all layers lie together, where huge pages hold them. */
static bool reserve_caches(pali_cache **out, pali_cache_kind kind, const pali_model *model,
                           size_t capacity, pali_arena *arena, pali_error *err) {
    const pali_text_config *c = &model->config.text;
    pali_cache cache = {kind,
                        pali_model_cache_format(model),
                        c->num_key_value_heads,
                        pali_cache_capacity(capacity),
                        c->head_dim,
                        NULL};
    size_t bytes;
    if (!pali_cache_size(&cache, &bytes))
        bytes = SIZE_MAX;
    pali_cache *caches =
        pali_arena_alloc(arena, c->num_hidden_layers, sizeof *caches, "the KV cache", err);
    char *data = pali_arena_alloc(arena, c->num_hidden_layers, bytes, "the KV cache", err);
    if (!caches || !data)
        return false;
    for (size_t i = 0; i < c->num_hidden_layers; i++) {
        caches[i] = cache;
        caches[i].data = data + i * bytes;
    }
    *out = caches;
    return true;
}

pali_status pali_sequence_init(pali_sequence *sequence, const pali_model *model, size_t prefix,
                               size_t capacity, pali_arena *arena, pali_error *err) {
    *sequence = (pali_sequence){.prefix = prefix, .capacity = capacity};
    return reserve_caches(&sequence->keys, PALI_KEYS, model, capacity, arena, err) &&
                   reserve_caches(&sequence->values, PALI_VALUES, model, capacity, arena, err)
               ? PALI_OK
               : PALI_ERROR_MEMORY;
}

void pali_sequence_copy(pali_sequence *to, const pali_sequence *from, const pali_model *model) {
    for (size_t i = 0; i < model->config.text.num_hidden_layers; i++) {
        size_t size = 0;
        if (pali_cache_size(&from->keys[i], &size))
            memcpy(to->keys[i].data, from->keys[i].data, size);
        if (pali_cache_size(&from->values[i], &size))
            memcpy(to->values[i].data, from->values[i].data, size);
    }
    to->length = from->length;
}

/* A prompt is attended over as it comes: what its cache keeps in bytes is for those that follow. */
static bool reads_fresh(const pali_sequence *sequence) {
    return sequence->length == 0 && sequence->keys->format == PALI_WEIGHTS_INT8;
}

static pali_status reserve_fresh(decoder_state *s, pali_arena *scratch, pali_error *err) {
    s->fresh = pali_arena_alloc(scratch, 2 * s->num_sequences, sizeof *s->fresh, "attention", err);
    if (!s->fresh)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < 2 * s->num_sequences; i++) {
        const pali_sequence *sequence = &s->sequences[i / 2];
        if (!reads_fresh(sequence))
            continue;
        s->fresh[i] = i % 2 ? *sequence->values : *sequence->keys;
        s->fresh[i].format =
            PALI_WEIGHTS_F32; /* it lives for a layer: 16 bits would save nothing */
        s->fresh[i].capacity = pali_cache_capacity(s->counts[i / 2]);
        if (pali_cache_reserve(&s->fresh[i], scratch, "attention", err))
            return PALI_ERROR_MEMORY;
    }
    return PALI_OK;
}

static pali_status reserve(decoder_state *s, pali_arena *scratch, pali_error *err) {
    const pali_text_config *c = s->config;
    size_t q_width = c->num_attention_heads * c->head_dim;
    size_t kv_width = c->num_key_value_heads * c->head_dim;
    struct {
        float **buffer;
        size_t width;
    } parts[] = {
        {&s->h, c->hidden_size},
        {&s->q, q_width},
        {&s->k, kv_width},
        {&s->v, kv_width},
        {&s->attention, q_width},
        {&s->gated, c->intermediate_size},
        {&s->cosines, c->head_dim / 2},
        {&s->sines, c->head_dim / 2},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t count;
        if (!pali_mul_size(s->num_rows, parts[i].width, &count))
            count = SIZE_MAX;
        *parts[i].buffer = pali_arena_alloc(scratch, count, sizeof(float), "the decoder", err);
        if (!*parts[i].buffer)
            return PALI_ERROR_MEMORY;
    }
    s->new_rows =
        pali_arena_alloc(scratch, 4 * s->num_sequences, sizeof *s->new_rows, "attention", err);
    s->requests =
        pali_arena_alloc(scratch, s->num_sequences, sizeof *s->requests, "attention", err);
    return s->new_rows && s->requests ? reserve_fresh(s, scratch, err) : PALI_ERROR_MEMORY;
}

/* Angles of every row's own position. */
static void prepare_positions(decoder_state *s) {
    size_t half = s->config->head_dim / 2, row = 0;
    for (size_t i = 0; i < s->num_sequences; i++) {
        pali_rope_table(s->sequences[i].length, s->counts[i], s->config->head_dim,
                        s->config->rope_theta, s->cosines + row * half, s->sines + row * half);
        row += s->counts[i];
    }
}

/* Stores the new keys and values of each sequence and attends over all that it has. */
static pali_status attend_sequences(decoder_state *s, size_t layer, pali_error *err) {
    const pali_text_config *c = s->config;
    size_t q_width = c->num_attention_heads * c->head_dim;
    size_t kv_width = c->num_key_value_heads * c->head_dim;
    size_t window = c->is_sliding[layer] ? c->sliding_window : 0;
    size_t row = 0, parts = 0;
    for (size_t i = 0; i < s->num_sequences; i++) {
        pali_sequence *sequence = &s->sequences[i];
        size_t count = s->counts[i], first = sequence->length;
        const float *k = s->k + row * kv_width, *v = s->v + row * kv_width;
        pali_cache *keys = &sequence->keys[layer], *values = &sequence->values[layer];
        s->new_rows[parts++] = (pali_cache_rows){keys, first, count, k};
        s->new_rows[parts++] = (pali_cache_rows){values, first, count, v};
        if (reads_fresh(sequence)) {
            keys = &s->fresh[2 * i];
            values = keys + 1;
            s->new_rows[parts++] = (pali_cache_rows){keys, first, count, k};
            s->new_rows[parts++] = (pali_cache_rows){values, first, count, v};
        }
        s->requests[i] = (pali_attention){
            .q = s->q + row * q_width,
            .num_queries = count,
            .num_heads = c->num_attention_heads,
            .first = first,
            .keys = keys,
            .values = values,
            .num_keys = first + count,
            .scale = c->attention_scale,
            .softcap = c->attn_logit_softcapping,
            .prefix = sequence->prefix,
            .window = window,
            .may_round = pali_model_may_round(s->model),
            .out = s->attention + row * q_width,
        };
        row += count;
    }
    pali_cache_store(s->compute, s->new_rows, parts);
    return pali_attention_run(s->compute, s->requests, s->num_sequences, err);
}

static pali_status project_qkv(decoder_state *s, const pali_text_layer *layer, int index,
                               pali_error *err) {
    const pali_text_config *c = s->config;
    size_t n = s->num_rows;
    size_t q_width = c->num_attention_heads * c->head_dim;
    size_t kv_width = c->num_key_value_heads * c->head_dim;
    pali_rms_norm(s->compute, s->x, n, c->hidden_size, layer->input_layernorm.weight,
                  c->rms_norm_eps, s->h);
    pali_trace(s->model, "input_layernorm", index, s->h, n, c->hidden_size);
    pali_linear qkv[] = {
        {&layer->q_proj.weight, NULL, s->q, PALI_STORE},
        {&layer->k_proj.weight, NULL, s->k, PALI_STORE},
        {&layer->v_proj.weight, NULL, s->v, PALI_STORE},
    };
    pali_status status = pali_linear_run(s->compute, s->h, n, qkv, 3, err);
    if (status)
        return status;
    pali_trace(s->model, "q", index, s->q, n, q_width);
    pali_trace(s->model, "k", index, s->k, n, kv_width);
    pali_trace(s->model, "v", index, s->v, n, kv_width);
    pali_rope(s->compute, s->q, n, c->num_attention_heads, c->head_dim, s->cosines, s->sines);
    pali_rope(s->compute, s->k, n, c->num_key_value_heads, c->head_dim, s->cosines, s->sines);
    pali_trace(s->model, "q_rope", index, s->q, n, q_width);
    pali_trace(s->model, "k_rope", index, s->k, n, kv_width);
    return PALI_OK;
}

/* One affine map of `in` back onto the residual stream: directly in Gemma 1, through `norm` in
 * Gemma 2, where s->h holds the product in between. */
static pali_status return_to_stream(decoder_state *s, const pali_affine *map, const float *in,
                                    const pali_norm *norm, const char *name, int index,
                                    pali_error *err) {
    bool direct = s->config->generation == 1;
    pali_linear product = {&map->weight, NULL, direct ? s->x : s->h,
                           direct ? PALI_ADD : PALI_STORE};
    pali_status status = pali_linear_run(s->compute, in, s->num_rows, &product, 1, err);
    if (status || direct)
        return status;
    pali_trace(s->model, name, index, s->h, s->num_rows, s->config->hidden_size);
    pali_rms_norm_add(s->compute, s->h, s->num_rows, s->config->hidden_size, norm->weight,
                      s->config->rms_norm_eps, s->x);
    return PALI_OK;
}

static pali_status attend(decoder_state *s, const pali_text_layer *layer, size_t index,
                          pali_error *err) {
    pali_status status = project_qkv(s, layer, (int)index, err);
    if (!status)
        status = attend_sequences(s, index, err);
    if (status)
        return status;
    pali_trace(s->model, "attention", (int)index, s->attention, s->num_rows,
               s->config->num_attention_heads * s->config->head_dim);
    return return_to_stream(s, &layer->o_proj, s->attention, &layer->post_attention_layernorm,
                            "attention_output", (int)index, err);
}

static pali_status feed_forward(decoder_state *s, const pali_text_layer *layer, size_t index,
                                pali_error *err) {
    const pali_text_config *c = s->config;
    const pali_norm *before =
        c->generation == 1 ? &layer->post_attention_layernorm : &layer->pre_feedforward_layernorm;
    pali_rms_norm(s->compute, s->x, s->num_rows, c->hidden_size, before->weight, c->rms_norm_eps,
                  s->h);
    pali_status status = pali_linear_gated(s->compute, s->h, s->num_rows, &layer->gate_proj.weight,
                                           &layer->up_proj.weight, s->gated, err);
    if (status)
        return status;
    pali_trace(s->model, "gated", (int)index, s->gated, s->num_rows, c->intermediate_size);
    return return_to_stream(s, &layer->down_proj, s->gated, &layer->post_feedforward_layernorm,
                            "mlp", (int)index, err);
}

static pali_status run_layers(decoder_state *s, pali_progress_fn progress, void *progress_context,
                              pali_error *err) {
    size_t num_layers = s->config->num_hidden_layers;
    for (size_t i = 0; i < num_layers; i++) {
        const pali_text_layer *layer = &s->model->parameters.text_layers[i];
        pali_status status = attend(s, layer, i, err);
        if (!status)
            status = feed_forward(s, layer, i, err);
        if (!status)
            status = pali_model_check(s->model, err);
        if (status)
            return status;
        pali_trace(s->model, "output", (int)i, s->x, s->num_rows, s->config->hidden_size);
        if (progress && !progress(progress_context, "prefill", i + 1, num_layers))
            return pali_fail(err, PALI_ERROR_CANCELLED, "reading the prompt was cancelled");
    }
    return PALI_OK;
}

pali_status pali_decoder_forward(const pali_model *model, pali_sequence *sequences, size_t count,
                                 const size_t *counts, float *x, pali_arena *scratch,
                                 pali_progress_fn progress, void *progress_context,
                                 pali_error *err) {
    decoder_state s = {
        .model = model,
        .config = &model->config.text,
        .compute = model->compute,
        .sequences = sequences,
        .counts = counts,
        .num_sequences = count,
        .x = x,
    };
    for (size_t i = 0; i < count; i++)
        s.num_rows += counts[i];
    pali_status status = reserve(&s, scratch, err);
    if (status)
        return status;
    prepare_positions(&s);
    status = run_layers(&s, progress, progress_context, err);
    for (size_t i = 0; i < count && !status; i++)
        sequences[i].length += counts[i];
    return status;
}

pali_status pali_decoder_logits(const pali_model *model, const float *x, size_t count,
                                float *logits, pali_arena *scratch, pali_error *err) {
    const pali_text_config *c = &model->config.text;
    float *h = pali_arena_alloc(scratch, count * c->hidden_size, sizeof *h, "the decoder", err);
    if (!h)
        return PALI_ERROR_MEMORY;
    pali_rms_norm(model->compute, x, count, c->hidden_size, model->parameters.norm.weight,
                  c->rms_norm_eps, h);
    pali_trace(model, "text.norm", -1, h, count, c->hidden_size);
    pali_matrix table = model->parameters.embed_tokens;
    pali_linear product = {&table, NULL, logits, PALI_STORE};
    pali_status status = pali_linear_run(model->compute, h, count, &product, 1, err);
    if (status)
        return status;
    pali_trace(model, "logits", -1, logits, count, c->vocab_size);
    if (c->final_logit_softcapping > 0.0f)
        pali_softcap(model->compute, c->final_logit_softcapping, count * c->vocab_size, logits);
    return pali_model_check(model, err);
}

void pali_decoder_top(const pali_model *model, float *logits, size_t count, pali_candidate *out) {
    size_t n = model->num_candidate_rows;
    if (!model->image_token_may_win && (size_t)model->config.image_token_id < n)
        logits[model->config.image_token_id] = -INFINITY;
    pali_top_candidates(model->compute, logits, n, count, out);
}

bool pali_model_is_eos(const pali_model *model, int32_t id) {
    for (size_t i = 0; i < model->config.num_eos_token_ids; i++)
        if (model->config.eos_token_ids[i] == id)
            return true;
    return false;
}
