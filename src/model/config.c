/* What a checkpoint says of itself. Hugging Face writes only what differs from the defaults of the
 * class, so those defaults are part of the format: the functions parse_text and parse_vision below
 * are the list. The top-level hidden_size and the vision section's num_positions are wrong in
 * official files and are not read. */
#include "model/config.h"

#include "base/file.h"
#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_WIDTH = 1 << 17,
    MAX_HEADS = 1 << 10,
    MAX_HEAD_DIM = 256,
    MAX_VOCAB = 1 << 22,
    MAX_IMAGE = 1 << 13,
    MAX_POSITIONS = 1 << 24,
};

static size_t read_size(pali_json_reader *reader, const char *key, long long fallback,
                        long long max) {
    return (size_t)pali_json_integer(reader, key, fallback, 1, max);
}

/* Only the tanh form of GELU occurs in this family, under three names. */
static void check_activation(pali_json_reader *reader, const char *key) {
    const char *name = pali_json_text(reader, key, "gelu_pytorch_tanh");
    if (!reader->status && strcmp(name, "gelu_pytorch_tanh") != 0 &&
        strcmp(name, "gelu_new") != 0 && strcmp(name, "gelu_fast") != 0)
        reader->status = pali_fail(reader->err, PALI_ERROR_UNSUPPORTED,
                                   "%s: the activation function \"%.64s\"", reader->name, name);
}

static void parse_vision(pali_vision_config *vision, pali_json_reader *reader) {
    const char *type = pali_json_text(reader, "model_type", "siglip_vision_model");
    if (!reader->status && strcmp(type, "siglip_vision_model") != 0)
        reader->status = pali_fail(reader->err, PALI_ERROR_UNSUPPORTED,
                                   "%s: a vision tower of type \"%.64s\"; siglip_vision_model is "
                                   "what PaliGemma has",
                                   reader->name, type);
    check_activation(reader, "hidden_act");
    *vision = (pali_vision_config){
        .hidden_size = read_size(reader, "hidden_size", 768, MAX_WIDTH),
        .intermediate_size = read_size(reader, "intermediate_size", 3072, MAX_WIDTH),
        .num_hidden_layers = read_size(reader, "num_hidden_layers", 12, PALI_MAX_LAYERS),
        .num_attention_heads = read_size(reader, "num_attention_heads", 12, MAX_HEADS),
        .num_channels = (size_t)pali_json_integer(reader, "num_channels", 3, 3, 3),
        .image_size = read_size(reader, "image_size", 224, MAX_IMAGE),
        .patch_size = read_size(reader, "patch_size", 16, MAX_IMAGE),
        .layer_norm_eps = (float)pali_json_number(reader, "layer_norm_eps", 1e-6, 0, 1),
    };
}

static const char *parse_layer_types(pali_text_config *text, pali_json_reader *reader) {
    for (size_t i = 0; i < text->num_hidden_layers; i++)
        text->is_sliding[i] = text->generation == 2 && i % 2 == 0;
    const json_t *types = json_object_get(reader->object, "layer_types");
    if (!types || json_is_null(types))
        return NULL;
    if (json_array_size(types) != text->num_hidden_layers)
        return "\"layer_types\" has not one entry for each layer";
    for (size_t i = 0; i < text->num_hidden_layers; i++) {
        const char *type = json_string_value(json_array_get(types, i));
        if (!type ||
            (strcmp(type, "sliding_attention") != 0 && strcmp(type, "full_attention") != 0))
            return "\"layer_types\" has an entry that is neither sliding_attention nor "
                   "full_attention";
        text->is_sliding[i] = type[0] == 's';
    }
    return NULL;
}

/* Newer files keep theta in "rope_parameters", older ones at the top of the section. */
static double parse_rope_theta(pali_json_reader *reader) {
    pali_json_reader nested = *reader;
    nested.object = pali_json_object(reader, "rope_parameters");
    nested.status = reader->status;
    const char *type = pali_json_text(&nested, "rope_type", "default");
    if (!nested.status && strcmp(type, "default") != 0)
        nested.status = pali_fail(reader->err, PALI_ERROR_UNSUPPORTED,
                                  "%s: rotary embedding of type \"%.64s\"", reader->name, type);
    double theta = pali_json_number(reader, "rope_theta", 10000.0, 1, 1e12);
    theta = pali_json_number(&nested, "rope_theta", theta, 1, 1e12);
    if (!reader->status)
        reader->status = nested.status;
    return theta;
}

static void parse_text(pali_text_config *text, pali_json_reader *reader) {
    const char *type = pali_json_text(reader, "model_type", "gemma");
    if (reader->status)
        return;
    bool two = strcmp(type, "gemma2") == 0;
    if (!two && strcmp(type, "gemma") != 0) {
        reader->status = pali_fail(reader->err, PALI_ERROR_UNSUPPORTED,
                                   "%s: a decoder of type \"%.64s\"; gemma2 and gemma are what "
                                   "PaliGemma has",
                                   reader->name, type);
        return;
    }
    check_activation(reader, "hidden_activation");
    if (pali_json_boolean(reader, "attention_bias", false) && !reader->status)
        reader->status = pali_fail(reader->err, PALI_ERROR_UNSUPPORTED, "%s: attention with biases",
                                   reader->name);
    *text = (pali_text_config){
        .generation = two ? 2 : 1,
        .hidden_size = read_size(reader, "hidden_size", two ? 2304 : 3072, MAX_WIDTH),
        .intermediate_size = read_size(reader, "intermediate_size", two ? 9216 : 24576, MAX_WIDTH),
        .num_hidden_layers = read_size(reader, "num_hidden_layers", two ? 26 : 28, PALI_MAX_LAYERS),
        .num_attention_heads = read_size(reader, "num_attention_heads", two ? 8 : 16, MAX_HEADS),
        .num_key_value_heads = read_size(reader, "num_key_value_heads", two ? 4 : 16, MAX_HEADS),
        .head_dim = read_size(reader, "head_dim", 256, MAX_HEAD_DIM),
        .vocab_size = read_size(reader, "vocab_size", 256000, MAX_VOCAB),
        .max_position_embeddings =
            read_size(reader, "max_position_embeddings", 8192, MAX_POSITIONS),
        .rms_norm_eps = (float)pali_json_number(reader, "rms_norm_eps", 1e-6, 0, 1),
        .rope_theta = (float)parse_rope_theta(reader),
    };
    double scalar = (double)text->head_dim;
    if (two) {
        text->sliding_window =
            (size_t)pali_json_integer(reader, "sliding_window", 4096, 0, MAX_POSITIONS);
        text->attn_logit_softcapping =
            (float)pali_json_number(reader, "attn_logit_softcapping", 50.0, 0, 1e6);
        text->final_logit_softcapping =
            (float)pali_json_number(reader, "final_logit_softcapping", 30.0, 0, 1e6);
        scalar = pali_json_number(reader, "query_pre_attn_scalar", 256, 1e-6, 1e9);
    }
    text->attention_scale = (float)(1.0 / sqrt(scalar));
    const char *problem = reader->status ? NULL : parse_layer_types(text, reader);
    if (problem)
        reader->status = pali_fail(reader->err, PALI_ERROR_FORMAT, "%s: %s", reader->name, problem);
}

/* An id or a list of ids; ids already known are not repeated. */
static bool add_eos(pali_config *config, const json_t *value) {
    if (!value || json_is_null(value))
        return true;
    if (json_is_array(value)) {
        size_t i;
        json_t *entry;
        json_array_foreach(value, i, entry) {
            if (!json_is_integer(entry) || !add_eos(config, entry))
                return false;
        }
        return true;
    }
    json_int_t id = json_integer_value(value);
    if (!json_is_integer(value) || id < 0 || id >= MAX_VOCAB)
        return false;
    for (size_t i = 0; i < config->num_eos_token_ids; i++)
        if (config->eos_token_ids[i] == (int32_t)id)
            return true;
    if (config->num_eos_token_ids == PALI_MAX_EOS)
        return false;
    config->eos_token_ids[config->num_eos_token_ids++] = (int32_t)id;
    return true;
}

/* Relations between members that no single one shows. */
static pali_status check_shapes(const pali_config *config, const char *name, pali_error *err) {
    const pali_vision_config *vision = &config->vision;
    const pali_text_config *text = &config->text;
    const char *problem = NULL;
    if (vision->image_size % vision->patch_size)
        problem = "image_size is not a multiple of patch_size";
    else if (vision->hidden_size % vision->num_attention_heads)
        problem = "the vision tower's hidden_size is not a multiple of num_attention_heads";
    else if (vision->hidden_size / vision->num_attention_heads > MAX_HEAD_DIM)
        problem = "the vision tower's heads are wider than 256";
    else if (text->num_attention_heads % text->num_key_value_heads)
        problem = "num_attention_heads is not a multiple of num_key_value_heads";
    else if (text->head_dim % 2 || vision->hidden_size / vision->num_attention_heads % 2)
        problem = "head_dim is odd";
    else if ((size_t)config->image_token_id >= text->vocab_size ||
             (size_t)config->bos_token_id >= text->vocab_size)
        problem = "a special token lies outside the vocabulary";
    else if (pali_config_num_image_tokens(config) >= text->max_position_embeddings)
        problem = "more image tokens than max_position_embeddings";
    return problem ? pali_fail(err, PALI_ERROR_FORMAT, "%s: %s", name, problem) : PALI_OK;
}

/* The name that a file of another architecture goes by. */
static const char *architecture_of(const json_t *root) {
    const char *name = json_string_value(json_array_get(json_object_get(root, "architectures"), 0));
    if (!name)
        name = json_string_value(json_object_get(root, "model_type"));
    return name ? name : "none";
}

static pali_status parse_root(pali_config *out, const json_t *root, const char *name,
                              pali_error *err) {
    const char *type = json_string_value(json_object_get(root, "model_type"));
    if (!type || strcmp(type, "paligemma") != 0)
        return pali_fail(err, PALI_ERROR_UNSUPPORTED,
                         "%s: the architecture is \"%.96s\"; PaliGemmaForConditionalGeneration is "
                         "what this program runs",
                         name, architecture_of(root));
    pali_config config = {
        .preprocessor = {.rescale_factor = 0.00392156862745098,
                         .image_mean = {0.5f, 0.5f, 0.5f},
                         .image_std = {0.5f, 0.5f, 0.5f},
                         .resample = PALI_FILTER_BICUBIC},
    };
    pali_json_reader top = {root, name, PALI_OK, err};
    pali_json_reader vision = {pali_json_object(&top, "vision_config"), name, top.status, err};
    parse_vision(&config.vision, &vision);
    pali_json_reader text = {pali_json_object(&top, "text_config"), name, vision.status, err};
    if (!text.status && (!vision.object || !text.object))
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: no \"%s\"", name,
                         vision.object ? "text_config" : "vision_config");
    parse_text(&config.text, &text);
    top.status = text.status;
    long long image_token = pali_json_integer(&top, "image_token_index", 256000, 0, MAX_VOCAB);
    config.image_token_id =
        (int32_t)pali_json_integer(&top, "image_token_id", image_token, 0, MAX_VOCAB);
    config.bos_token_id = (int32_t)pali_json_integer(&top, "bos_token_id", 2, 0, MAX_VOCAB);
    if (!top.status && !pali_json_boolean(&top, "tie_word_embeddings", true) && !top.status)
        top.status = pali_fail(err, PALI_ERROR_UNSUPPORTED,
                               "%s: an output matrix that is not the embedding table", name);
    if (top.status)
        return top.status;
    if (!add_eos(&config, json_object_get(root, "eos_token_id")) ||
        !add_eos(&config, json_object_get(text.object, "eos_token_id")))
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: bad \"eos_token_id\"", name);
    if (config.num_eos_token_ids == 0)
        config.eos_token_ids[config.num_eos_token_ids++] = 1;
    pali_status status = check_shapes(&config, name, err);
    if (!status)
        *out = config;
    return status;
}

pali_status pali_config_parse(pali_config *out, const char *json, size_t size, const char *name,
                              pali_error *err) {
    json_t *root = NULL;
    pali_status status = pali_json_parse(&root, json, size, name, err);
    if (status)
        return status;
    status = parse_root(out, root, name, err);
    json_decref(root);
    return status;
}

static bool read_triple(float out[3], const json_t *object, const char *key) {
    const json_t *values = json_object_get(object, key);
    if (!values || json_is_null(values))
        return true;
    for (size_t i = 0; i < 3; i++) {
        const json_t *value = json_array_get(values, i);
        double number = json_number_value(value);
        if (!json_is_number(value) || !(number > -1e6 && number < 1e6))
            return false;
        out[i] = (float)number;
    }
    return json_array_size(values) == 3;
}

static pali_status parse_preprocessor(pali_config *config, const json_t *root, const char *name,
                                      pali_error *err) {
    pali_preprocessor_config *out = &config->preprocessor;
    pali_json_reader reader = {root, name, PALI_OK, err};
    out->rescale_factor = pali_json_number(&reader, "rescale_factor", out->rescale_factor, 0, 1);
    pali_json_reader size = {pali_json_object(&reader, "size"), name, reader.status, err};
    long long expected = (long long)config->vision.image_size;
    pali_json_integer(&size, "height", expected, expected, expected);
    pali_json_integer(&size, "width", expected, expected, expected);
    reader.status = size.status;
    long long filter = pali_json_integer(&reader, "resample", 3, 2, 3);
    if (reader.status)
        return reader.status;
    out->resample = filter == 2 ? PALI_FILTER_BILINEAR : PALI_FILTER_BICUBIC;
    if (!read_triple(out->image_mean, root, "image_mean") ||
        !read_triple(out->image_std, root, "image_std") || out->image_std[0] == 0.0f ||
        out->image_std[1] == 0.0f || out->image_std[2] == 0.0f)
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: bad \"image_mean\" or \"image_std\"", name);
    return PALI_OK;
}

static pali_status parse_generation(pali_config *config, const json_t *root, const char *name,
                                    pali_error *err) {
    if (!add_eos(config, json_object_get(root, "eos_token_id")))
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: bad \"eos_token_id\"", name);
    return PALI_OK;
}

typedef pali_status (*parse_fn)(pali_config *, const json_t *, const char *, pali_error *);

static pali_status load_part(pali_config *config, const char *directory, const char *file,
                             bool required, parse_fn parse, pali_error *err) {
    char *path = NULL;
    pali_status status = pali_join_path(&path, directory, file, err);
    if (status)
        return status;
    json_t *root = NULL;
    pali_error cause = PALI_ERROR_INIT;
    status = pali_json_load(&root, path, &cause);
    if (status == PALI_ERROR_NOT_FOUND && !required)
        status = PALI_OK;
    else if (status)
        status = pali_fail(err, status, "%s", cause.message);
    else
        status = parse(config, root, path, err);
    json_decref(root);
    free(path);
    return status;
}

pali_status pali_config_load(pali_config *out, const char *directory, pali_error *err) {
    pali_config config = {0};
    pali_status status = load_part(&config, directory, "config.json", true, parse_root, err);
    if (!status)
        status = load_part(&config, directory, "preprocessor_config.json", false,
                           parse_preprocessor, err);
    if (!status)
        status =
            load_part(&config, directory, "generation_config.json", false, parse_generation, err);
    if (!status)
        *out = config;
    return status;
}

size_t pali_config_num_image_tokens(const pali_config *config) {
    size_t side = config->vision.image_size / config->vision.patch_size;
    return side * side;
}
