/* SHA-256 by OpenSSL, which uses the processor's instructions for it. */
#include "base/sha256.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

struct pali_sha256 {
    EVP_MD_CTX *context;
    bool failed;
};

pali_status pali_sha256_new(pali_sha256 **out, pali_error *err) {
    pali_sha256 *hash = calloc(1, sizeof *hash);
    if (hash)
        hash->context = EVP_MD_CTX_new();
    if (!hash || !hash->context) {
        free(hash);
        return pali_fail_memory(err, sizeof *hash, "a hash");
    }
    hash->failed = !EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL);
    *out = hash;
    return PALI_OK;
}

void pali_sha256_add(pali_sha256 *hash, const void *bytes, size_t size) {
    if (!EVP_DigestUpdate(hash->context, bytes, size))
        hash->failed = true;
}

pali_status pali_sha256_finish(pali_sha256 **hash, char text[PALI_SHA256_TEXT], pali_error *err) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    bool failed = (*hash)->failed || !EVP_DigestFinal_ex((*hash)->context, digest, &length);
    EVP_MD_CTX_free((*hash)->context);
    free(*hash);
    *hash = NULL;
    if (failed || 2 * length + 1 != PALI_SHA256_TEXT)
        return pali_fail(err, PALI_ERROR_INTERNAL, "SHA-256 is not available");
    for (unsigned int i = 0; i < length; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    return PALI_OK;
}
