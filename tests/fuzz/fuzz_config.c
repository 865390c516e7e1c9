/* Arbitrary bytes as config.json: parsed into sizes that a loader can use, or refused. */
#include "model/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pali_config config;
    pali_error err = PALI_ERROR_INIT;
    if (pali_config_parse(&config, (const char *)data, size, "fuzz", &err)) {
        if (!err.message[0])
            __builtin_trap();
        return 0;
    }
    if (pali_config_num_image_tokens(&config) == 0 || config.text.head_dim % 2 ||
        config.text.num_attention_heads % config.text.num_key_value_heads)
        __builtin_trap();
    return 0;
}
