/* Arbitrary bytes as the weights of a tiny model, plain or quantised: refused, or a model that
 * answers, whatever its numbers are. */
#include "pali/pali.h"
#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char config[] =
    "{\"model_type\": \"paligemma\", \"image_token_index\": 265, \"projection_dim\": 4,"
    " \"text_config\": {\"model_type\": \"gemma2\", \"hidden_size\": 4, \"intermediate_size\": 6,"
    " \"num_hidden_layers\": 1, \"num_attention_heads\": 2, \"num_key_value_heads\": 1,"
    " \"head_dim\": 4, \"vocab_size\": 266, \"max_position_embeddings\": 32},"
    " \"vision_config\": {\"model_type\": \"siglip_vision_model\", \"hidden_size\": 4,"
    " \"intermediate_size\": 6, \"num_hidden_layers\": 1, \"num_attention_heads\": 1,"
    " \"image_size\": 4, \"patch_size\": 2, \"projection_dim\": 4}}";

enum { IMAGE_TOKEN = 265 };

/* A tokenizer.json of the bytes and a few letters. */
static void put_tokenizer(void) {
    char text[8192];
    int size = snprintf(text, sizeof text,
                        "{\"normalizer\": {\"type\": \"Replace\", \"pattern\": {\"String\": \" \"},"
                        " \"content\": \"\\u2581\"}, \"model\": {\"type\": \"BPE\", \"unk_token\":"
                        " \"<unk>\", \"fuse_unk\": true, \"byte_fallback\": true, \"vocab\": {"
                        "\"<pad>\": 0, \"<eos>\": 1, \"<bos>\": 2, \"<unk>\": 3");
    for (int byte = 0; byte < 256; byte++)
        size +=
            snprintf(text + size, sizeof text - (size_t)size, ", \"<0x%02X>\": %d", byte, byte + 4);
    size += snprintf(text + size, sizeof text - (size_t)size,
                     ", \"\\n\": 260, \"a\": 261, \"b\": 262, \"ab\": 263, \"\\u2581\": 264,"
                     " \"<image>\": %d}, \"merges\": [\"a b\"]}}",
                     IMAGE_TOKEN);
    scratch_put("tokenizer.json", text, (size_t)size);
}

static void answer(const pali_model *model) {
    static const uint8_t pixels[2 * 2 * 3] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 90, 90, 90};
    pali_image *image = NULL;
    pali_features *features = NULL;
    pali_result *result = NULL;
    if (pali_image_from_rgb(&image, 2, 2, 6, pixels, NULL) ||
        pali_model_encode(model, image, NULL, NULL, &features, NULL))
        __builtin_trap();
    const pali_features *const list[] = {features};
    pali_request request = {.features = list, .num_features = 1, .prompt = "ab"};
    pali_generate_options options = PALI_GENERATE_OPTIONS_INIT;
    options.max_new_tokens = 3;
    if (pali_model_generate(model, &request, 1, &options, &result, NULL))
        __builtin_trap();
    for (size_t i = 0; i < pali_result_num_tokens(result, 0); i++)
        if (pali_result_tokens(result, 0)[i].id < 0 ||
            pali_result_tokens(result, 0)[i].id >= IMAGE_TOKEN)
            __builtin_trap();
    pali_result_free(&result);
    pali_features_free(&features);
    pali_image_free(&image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool ready;
    if (!ready) {
        scratch_put("config.json", config, sizeof config - 1);
        put_tokenizer();
        ready = true;
    }
    scratch_put("model.safetensors", data, size);
    pali_model_options options = PALI_MODEL_OPTIONS_INIT;
    options.num_threads = 1;
    if (size && data[size - 1] % 4 == 1) /* the last byte, a weight's, says what is asked for */
        options.weights = data[size - 1] & 4 ? PALI_WEIGHTS_INT8 : PALI_WEIGHTS_INT4;
    pali_model *model = NULL;
    pali_error err = PALI_ERROR_INIT;
    if (!pali_model_load(&model, scratch_folder, &options, &err))
        answer(model);
    else if (!err.message[0])
        __builtin_trap();
    pali_model_free(&model);
    return 0;
}
