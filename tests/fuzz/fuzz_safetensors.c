/* Arbitrary bytes as a safetensors file: parsed or refused, and what is parsed can be read. */
#include "model/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pali_safetensors file;
    pali_error err = PALI_ERROR_INIT;
    if (pali_safetensors_parse(&file, data, size, "fuzz", &err)) {
        if (!err.message[0])
            __builtin_trap();
        return 0;
    }
    for (size_t i = 0; i < file.count; i++)
        for (size_t k = 0; k < file.tensors[i].size; k++)
            (void)*(const volatile uint8_t *)(file.tensors[i].data +
                                              k); /* a bad view faults here */
    pali_safetensors_close(&file);
    return 0;
}
