/* The hash of a downloaded file against the one that the Hub announced as its ETag: the SHA-256 of
 * a large file, the git blob id of a small one (SHA-1 of "blob SIZE", a NUL, and the content). */
#include "hub/session.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 1 << 16, SHA256_DIGITS = 64 };

static pali_status stopped(const pali_hub_file *file, pali_error *err) {
    return pali_fail(err, PALI_ERROR_CANCELLED, "%s: stopped", file->name);
}

static pali_status cannot_hash(const pali_hub_file *file, pali_error *err) {
    return pali_fail(err, PALI_ERROR_IO, "%s: cannot be read back for its hash", file->name);
}

static pali_status hash_content(const pali_hub_session *session, const pali_hub_file *file,
                                EVP_MD_CTX *hash, int fd, uint64_t size, pali_error *err) {
    const pali_hub_options *options = session->options;
    unsigned char chunk[CHUNK];
    off_t offset = 0;
    for (;;) {
        ssize_t got = pread(fd, chunk, sizeof chunk, offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            return PALI_OK;
        if (got < 0 || !EVP_DigestUpdate(hash, chunk, (size_t)got))
            return cannot_hash(file, err);
        offset += got;
        if (options->progress &&
            !options->progress(options->progress_context, file->name, size, size))
            return stopped(file, err);
    }
}

/* What stands before the content. */
static bool begin_hash(EVP_MD_CTX *hash, uint64_t size, bool sha256) {
    char header[64];
    if (sha256)
        return EVP_DigestInit_ex(hash, EVP_sha256(), NULL);
    int length = snprintf(header, sizeof header, "blob %llu", (unsigned long long)size) + 1;
    return EVP_DigestInit_ex(hash, EVP_sha1(), NULL) &&
           EVP_DigestUpdate(hash, header, (size_t)length);
}

pali_status pali_hub_verify(const pali_hub_session *session, const pali_hub_file *file, int fd,
                            uint64_t size, pali_error *err) {
    bool sha256 = strlen(file->etag) == SHA256_DIGITS;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    char text[2 * EVP_MAX_MD_SIZE + 1] = "";
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    pali_status status = hash && begin_hash(hash, size, sha256)
                             ? hash_content(session, file, hash, fd, size, err)
                             : cannot_hash(file, err);
    if (!status && !EVP_DigestFinal_ex(hash, digest, &length))
        status = cannot_hash(file, err);
    EVP_MD_CTX_free(hash);
    for (unsigned int i = 0; i < length; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    if (!status && strcmp(text, file->etag) != 0)
        status = pali_fail(err, PALI_ERROR_INTEGRITY,
                           "%s: what came does not have the %s that was announced", file->name,
                           sha256 ? "SHA-256" : "git SHA-1");
    return status;
}
