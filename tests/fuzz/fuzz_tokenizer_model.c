/* Arbitrary bytes as tokenizer.model. */
#include "tokenizer_claims.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size && data[0] != '{')
        check_file(data, size);
    return 0;
}
