/* What inputs and models are known by: SHA-256 as 64 hexadecimal digits. */
#ifndef RX_DIGEST_H
#define RX_DIGEST_H

#include "base/sha256.h"

enum { RX_DIGEST_SIZE = PALI_SHA256_TEXT };

pali_status rx_digest(char out[RX_DIGEST_SIZE], const void *bytes, size_t size, pali_error *err);

/* Of several texts, each with a newline behind it; NULL counts as empty, and the list ends with
 * `count`. */
pali_status rx_digest_texts(char out[RX_DIGEST_SIZE], const char *const *texts, size_t count,
                            pali_error *err);

/* What a model is: the digest of what `sha256sum *.json *.safetensors *.model` prints in its folder
 * in the byte order of names. A file that links to a blob of the Hugging Face cache is taken at the
 * digest that names the blob, which was checked when it was fetched. */
pali_status rx_digest_model(char out[RX_DIGEST_SIZE], const char *folder, pali_error *err);

#endif
