/* SHA-256 of bytes that come in pieces. */
#ifndef PALI_BASE_SHA256_H
#define PALI_BASE_SHA256_H

#include "base/status.h"

enum { PALI_SHA256_TEXT = 65 }; /* 64 hexadecimal digits and a NUL */

typedef struct pali_sha256 pali_sha256;

pali_status pali_sha256_new(pali_sha256 **out, pali_error *err);
void pali_sha256_add(pali_sha256 *hash, const void *bytes, size_t size);

/* Writes the digest of all that was added, in lower case, and frees the hash. */
pali_status pali_sha256_finish(pali_sha256 **hash, char text[PALI_SHA256_TEXT], pali_error *err);

#endif
