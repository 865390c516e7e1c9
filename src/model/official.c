/* The configurations of the official checkpoints, for models without files: the differences between
 * the sizes as JSON, so that one parser and one list of defaults serve both. */
#include "model/config.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *size, *text_config;
} sizes[] = {
    {"3b", "\"hidden_size\": 2304, \"intermediate_size\": 9216, \"num_hidden_layers\": 26, "
           "\"num_attention_heads\": 8, \"num_key_value_heads\": 4"},
    {"10b", "\"hidden_size\": 3584, \"intermediate_size\": 14336, \"num_hidden_layers\": 42, "
            "\"num_attention_heads\": 16, \"num_key_value_heads\": 8"},
    {"28b", "\"hidden_size\": 4608, \"intermediate_size\": 36864, \"num_hidden_layers\": 46, "
            "\"num_attention_heads\": 32, \"num_key_value_heads\": 16, \"head_dim\": 128, "
            "\"query_pre_attn_scalar\": 144"},
};

static const char template[] =
    "{\"model_type\": \"paligemma\", \"image_token_index\": 257152, \"eos_token_id\": 1,"
    " \"text_config\": {\"model_type\": \"gemma2\", \"vocab_size\": 257216, %s},"
    " \"vision_config\": {\"hidden_size\": 1152, \"intermediate_size\": 4304,"
    " \"num_hidden_layers\": 27, \"num_attention_heads\": 16, \"patch_size\": 14,"
    " \"image_size\": %d}}";

pali_status pali_config_official(pali_config *out, const char *size, int resolution,
                                 pali_error *err) {
    if (resolution != 224 && resolution != 448 && resolution != 896)
        return pali_fail(err, PALI_ERROR_ARGUMENT, "resolution %d: 224, 448 or 896 exist",
                         resolution);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (strcmp(size, sizes[i].size) != 0)
            continue;
        char json[1024];
        int length = snprintf(json, sizeof json, template, sizes[i].text_config, resolution);
        return pali_config_parse(out, json, (size_t)length, size, err);
    }
    return pali_fail(err, PALI_ERROR_ARGUMENT, "size \"%.32s\": 3b, 10b or 28b exist", size);
}
