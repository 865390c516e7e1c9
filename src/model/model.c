/* A model as a whole: loading, describing, freeing, and encoding a picture. */
#include "model/model.h"

#include "image/pixel_values.h"
#include "model/loading.h"
#include "model/quantized_file.h"
#include "model/synthetic.h"
#include "text/tokenizer.h"

#include <stdlib.h>
#include <string.h>

/* Applies the switches of the options to what the files say. */
static void apply_options(pali_config *config, const pali_model_options *options) {
    if (options->no_attention_softcap)
        config->text.attn_logit_softcapping = 0.0f;
    if (options->no_final_softcap)
        config->text.final_logit_softcapping = 0.0f;
    if (options->no_sliding_window)
        config->text.sliding_window = 0;
}

/* The last component of a path, or the repository's name in a Hugging Face cache
 * (models--org--name/snapshots/commit). */
static char *name_of(const char *directory) {
    char *path = realpath(directory, NULL);
    if (!path)
        return strdup(directory);
    char *snapshots = strstr(path, "/snapshots/");
    char *repository = strstr(path, "/models--");
    char *name;
    if (repository && snapshots && snapshots > repository) {
        *snapshots = '\0';
        name = strdup(repository + strlen("/models--"));
        char *separator = name ? strstr(name, "--") : NULL;
        if (separator) {
            *separator = '/';
            memmove(separator + 1, separator + 2, strlen(separator + 2) + 1);
        }
    } else {
        char *last = strrchr(path, '/');
        name = strdup(last && last[1] ? last + 1 : path);
    }
    free(path);
    return name;
}

static pali_status model_new(pali_model **out, const char *name, int num_threads, pali_error *err) {
    pali_model *model = calloc(1, sizeof *model);
    if (!model)
        return pali_fail_memory(err, sizeof *model, "a model");
    model->name = strdup(name);
    model->busy = malloc(sizeof *model->busy);
    pali_status status = PALI_OK;
    if (!model->name || !model->busy)
        status = pali_fail_memory(err, sizeof *model->busy, "a model");
    else
        pthread_mutex_init(model->busy, NULL);
    if (!status)
        status = pali_compute_create(&model->compute, num_threads, err);
    if (status)
        pali_model_free(&model);
    else
        *out = model;
    return status;
}

static pali_status load_files(pali_model *model, const char *directory,
                              const pali_model_options *options, pali_error *err) {
    pali_status status = pali_config_load(&model->config, directory, err);
    if (!status)
        status = pali_checkpoint_open(&model->checkpoint, directory, err);
    if (!status)
        status = pali_tokenizer_load(&model->tokenizer, directory, err);
    if (status)
        return status;
    apply_options(&model->config, options);
    bool packed;
    status = pali_check_layout(model->checkpoint, directory, &packed, err);
    if (status)
        return status;
    pali_load_progress progress = {options->progress, options->progress_context, 0, 0};
    pali_loader loader = {model->checkpoint, options->weights, model->compute,
                          &model->arena,     &progress,        false};
    pali_parameter_source source = pali_loader_source(&loader);
    status = pali_parameters_bind(&model->parameters, &model->config, &source, &model->arena,
                                  &progress, err);
    if (!status)
        status = pali_table_format(model->checkpoint, &model->parameters.table_format, err);
    if (status)
        return status;
    model->converted = loader.quantised && !packed;
    model->weights = model->parameters.text_layers[0].q_proj.weight.format;
    model->image_token_may_win = options->all_vocabulary_rows;
    model->num_candidate_rows = model->config.text.vocab_size;
    size_t pieces = pali_tokenizer_vocab_size(model->tokenizer);
    if (!options->all_vocabulary_rows && pieces < model->num_candidate_rows)
        model->num_candidate_rows = pieces;
    return PALI_OK;
}

pali_status pali_model_load(pali_model **out, const char *directory,
                            const pali_model_options *options, pali_error *err) {
    static const pali_model_options defaults = PALI_MODEL_OPTIONS_INIT;
    options = options ? options : &defaults;
    char *name = name_of(directory);
    if (!name)
        return pali_fail_memory(err, strlen(directory), "a name");
    pali_model *model = NULL;
    pali_status status = model_new(&model, name, options->num_threads, err);
    free(name);
    if (status)
        return status;
    status = load_files(model, directory, options, err);
    if (status)
        pali_model_free(&model);
    else
        *out = model;
    return status;
}

pali_status pali_model_synthesize(pali_model **out, const char *size, int resolution,
                                  const pali_model_options *options, pali_error *err) {
    static const pali_model_options defaults = PALI_MODEL_OPTIONS_INIT;
    options = options ? options : &defaults;
    pali_config config;
    pali_status status = pali_config_official(&config, size, resolution, err);
    pali_model *model = NULL;
    if (!status)
        status = model_new(&model, "synthetic", options->num_threads, err);
    if (status)
        return status;
    model->config = config;
    apply_options(&model->config, options);
    pali_synthesizer synthesizer = {
        .weights = options->weights == PALI_WEIGHTS_AUTO ? PALI_WEIGHTS_BF16 : options->weights,
        .compute = model->compute,
        .arena = &model->arena,
    };
    pali_parameter_source source = pali_synthesizer_source(&synthesizer);
    pali_load_progress progress = {options->progress, options->progress_context, 0, 0};
    status = pali_parameters_bind(&model->parameters, &model->config, &source, &model->arena,
                                  &progress, err);
    pali_synthesizer_free(&synthesizer);
    model->parameters.table_format = PALI_WEIGHTS_BF16;
    model->num_candidate_rows = config.text.vocab_size;
    if (status) {
        pali_model_free(&model);
        return status;
    }
    model->weights = model->parameters.text_layers[0].q_proj.weight.format;
    *out = model;
    return PALI_OK;
}

void pali_model_free(pali_model **model) {
    if (!*model)
        return;
    pali_compute_free(&(*model)->compute);
    pali_tokenizer_free(&(*model)->tokenizer);
    pali_checkpoint_close(&(*model)->checkpoint);
    pali_arena_free(&(*model)->arena);
    if ((*model)->busy)
        pthread_mutex_destroy((*model)->busy);
    free((*model)->busy);
    free((*model)->name);
    free(*model);
    *model = NULL;
}

void pali_model_cancel(const pali_model *model) {
    pali_pool_cancel(pali_compute_pool(model->compute), true);
}

pali_status pali_model_check(const pali_model *model, pali_error *err) {
    return pali_pool_cancelled(pali_compute_pool(model->compute))
               ? pali_fail(err, PALI_ERROR_CANCELLED, "cancelled")
               : PALI_OK;
}

void pali_model_set_trace(pali_model *model, pali_trace_fn trace, void *context) {
    model->trace = trace;
    model->trace_context = context;
}

const pali_tokenizer *pali_model_tokenizer(const pali_model *model) {
    return model->tokenizer;
}

static const char *weights_name(pali_weights weights) {
    static const char *const names[] = {"auto", "F32", "F16", "BF16", "int8", "int4"};
    return names[weights];
}

/* What a position's keys and values take in all layers. */
static uint64_t bytes_of_position(const pali_model *model) {
    const pali_text_config *t = &model->config.text;
    size_t keys = 0, values = 0, capacity = pali_cache_capacity(1);
    pali_cache cache = {
        PALI_KEYS, pali_model_cache_format(model), t->num_key_value_heads, capacity, t->head_dim,
        NULL};
    pali_cache_size(&cache, &keys);
    cache.kind = PALI_VALUES;
    pali_cache_size(&cache, &values);
    return (uint64_t)(keys + values) / capacity * t->num_hidden_layers;
}

void pali_model_describe(const pali_model *model, pali_model_info *out) {
    const pali_vision_config *v = &model->config.vision;
    const pali_text_config *t = &model->config.text;
    *out = (pali_model_info){
        .name = model->name,
        .architecture = t->generation == 2 ? "PaliGemma 2" : "PaliGemma 1",
        .weights = weights_name(model->weights),
        .image_size = (int)v->image_size,
        .patch_size = (int)v->patch_size,
        .num_image_tokens = (int)pali_config_num_image_tokens(&model->config),
        .vision_hidden_size = (int)v->hidden_size,
        .vision_intermediate_size = (int)v->intermediate_size,
        .vision_num_hidden_layers = (int)v->num_hidden_layers,
        .vision_num_attention_heads = (int)v->num_attention_heads,
        .hidden_size = (int)t->hidden_size,
        .intermediate_size = (int)t->intermediate_size,
        .num_hidden_layers = (int)t->num_hidden_layers,
        .num_attention_heads = (int)t->num_attention_heads,
        .num_key_value_heads = (int)t->num_key_value_heads,
        .head_dim = (int)t->head_dim,
        .sliding_window = (int)t->sliding_window,
        .vocab_size = (int)t->vocab_size,
        .num_parameters = model->parameters.count,
        .weight_bytes = model->parameters.bytes,
        .kv_cache_bytes = bytes_of_position(model),
        .converted = model->converted,
    };
}

/* Rows of the vision tower that one pass takes: enough to amortise reading the weights, few enough
 * for the activations to stay small beside them. */
enum { MAX_VISION_ROWS = 2048 };

/* `pixels` [3, image_size, image_size]. */
static pali_status pixel_values_of(const pali_model *model, const pali_image *image, float *pixels,
                                   pali_error *err) {
    const pali_preprocessor_config *c = &model->config.preprocessor;
    size_t size = model->config.vision.image_size;
    pali_preprocessing how = {
        .size = (int)size, .filter = c->resample, .rescale_factor = c->rescale_factor};
    memcpy(how.mean, c->image_mean, sizeof how.mean);
    memcpy(how.std, c->image_std, sizeof how.std);
    pali_status status = pali_pixel_values(image, &how, pixels, err);
    if (!status)
        pali_trace(model, "pixel_values", -1, pixels, 3 * size, size);
    return status;
}

static pali_status features_new(pali_features **out, const pali_model *model, pali_error *err) {
    size_t tokens = pali_config_num_image_tokens(&model->config);
    size_t width = model->config.text.hidden_size;
    pali_features *features = malloc(sizeof *features);
    float *data = malloc(tokens * width * sizeof *data);
    if (!features || !data) {
        free(features);
        free(data);
        return pali_fail_memory(err, tokens * width * sizeof *data, "an encoded picture");
    }
    *features = (pali_features){data, tokens, width};
    *out = features;
    return PALI_OK;
}

/* One pass over `count` pictures. */
static pali_status encode_group(const pali_model *model, const pali_image *const *images,
                                size_t count, pali_progress_fn progress, void *progress_context,
                                pali_features *const *out, pali_error *err) {
    size_t size = model->config.vision.image_size;
    size_t of_picture =
        pali_config_num_image_tokens(&model->config) * model->config.text.hidden_size;
    pali_arena arena = PALI_ARENA_INIT;
    float *pixels =
        pali_arena_alloc(&arena, count, 3 * size * size * sizeof *pixels, "pixel values", err);
    float *features =
        pali_arena_alloc(&arena, count, of_picture * sizeof *features, "encoded pictures", err);
    pali_status status = pixels && features ? PALI_OK : PALI_ERROR_MEMORY;
    for (size_t i = 0; i < count && !status; i++)
        status = pixel_values_of(model, images[i], pixels + i * 3 * size * size, err);
    if (!status)
        status =
            pali_vision_forward(model, pixels, count, progress, progress_context, features, err);
    for (size_t i = 0; i < count && !status; i++)
        memcpy(out[i]->data, features + i * of_picture, of_picture * sizeof *features);
    pali_arena_free(&arena);
    return status;
}

pali_status pali_model_encode_batch(const pali_model *model, const pali_image *const *images,
                                    size_t count, pali_progress_fn progress, void *progress_context,
                                    pali_features **out, pali_error *err) {
    size_t rows = pali_config_num_image_tokens(&model->config);
    size_t group = rows < MAX_VISION_ROWS ? MAX_VISION_ROWS / rows : 1, made = 0;
    pali_status status = PALI_OK;
    for (; made < count && !status; made += !status)
        status = features_new(&out[made], model, err);
    pthread_mutex_lock(model->busy);
    for (size_t first = 0; first < count && !status; first += group)
        status = encode_group(model, images + first, count - first < group ? count - first : group,
                              progress, progress_context, out + first, err);
    pthread_mutex_unlock(model->busy);
    for (size_t i = 0; i < made && status; i++)
        pali_features_free(&out[i]);
    return status;
}

pali_status pali_model_encode(const pali_model *model, const pali_image *image,
                              pali_progress_fn progress, void *progress_context,
                              pali_features **out, pali_error *err) {
    pali_features *features = NULL;
    pali_status status =
        pali_model_encode_batch(model, &image, 1, progress, progress_context, &features, err);
    if (!status)
        *out = features;
    return status;
}

void pali_features_free(pali_features **features) {
    if (!*features)
        return;
    free((*features)->data);
    free(*features);
    *features = NULL;
}
