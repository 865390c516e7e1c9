/* hub.h: pictures and checkpoints from the network, and the Hugging Face cache.
 *
 * A library of its own (palihub), so that an engine that is embedded links no network library. The
 * conventions are those of pali.h. Nothing here opens a connection but pali_download and
 * pali_hub_pull.
 *
 * Environment: HF_ENDPOINT, HF_HOME, HF_HUB_CACHE (HUGGINGFACE_HUB_CACHE), XDG_CACHE_HOME,
 * HF_TOKEN (HUGGING_FACE_HUB_TOKEN), HF_TOKEN_PATH, HF_HUB_DISABLE_IMPLICIT_TOKEN, HF_HUB_OFFLINE
 * (TRANSFORMERS_OFFLINE), HF_HUB_ETAG_TIMEOUT, HF_HUB_DOWNLOAD_TIMEOUT, with the meaning that
 * Python's huggingface_hub gives them; and the proxy variables of curl.
 */
#ifndef PALI_HUB_H
#define PALI_HUB_H

#include "pali/pali.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `done` of `total` bytes of `name` (a file, or the URL) have come; `total` 0: not known. Called
 * from the calling thread, several times a second even while nothing comes. Return false to stop
 * with PALI_ERROR_CANCELLED. */
typedef bool (*pali_transfer_fn)(void *context, const char *name, uint64_t done, uint64_t total);

/* ---- a picture ---- */

typedef struct pali_download_options {
    uint64_t max_bytes;          /* default 512 MiB */
    int max_redirects;           /* default 10 */
    int connect_timeout_seconds; /* default 10 */
    int stall_timeout_seconds;   /* without a byte; default 20 */
    int timeout_seconds;         /* for one request, its body included; default 600 */
    pali_transfer_fn progress;   /* may be NULL */
    void *progress_context;
} pali_download_options;

#define PALI_DOWNLOAD_OPTIONS_INIT \
    { 536870912u, 10, 10, 20, 600, NULL, NULL }

/* Whether `name` begins with http:// or https://. */
PALI_API bool pali_is_url(const char *name);

/* GET. `*bytes` is malloc'ed: give it to free(). `options` may be NULL. Any status but 200 fails
 * with "URL: HTTP 404"; only http and https are spoken, also after a redirect. A user name and
 * password in the URL are used, and left out of messages. */
PALI_API pali_status pali_download(void **bytes, size_t *size, const char *url,
                                   const pali_download_options *options, pali_error *err);

/* ---- the cache on this machine ---- */

/* The folder of the model that a user names: a folder, or ORG/NAME[@REVISION] in the cache
 * (revision: a branch, tag or commit; default main). `*directory` is malloc'ed: give it to free().
 * PALI_ERROR_NOT_FOUND tells which command gets what is missing. */
PALI_API pali_status pali_hub_find(char **directory, const char *model, pali_error *err);

/* One snapshot in the cache. */
typedef struct pali_hub_model {
    char *repository; /* "ORG/NAME" */
    char *revision;   /* a branch or tag that leads to it; NULL if none does */
    char *commit;
    char *directory;
    uint64_t bytes; /* of its files */
    bool complete;  /* configuration, tokenizer and weights are all there */
} pali_hub_model;

/* All snapshots in order of name; broken entries are left out. A cache that does not exist is an
 * empty one. */
PALI_API pali_status pali_hub_list(pali_hub_model **models, size_t *count, pali_error *err);
PALI_API void pali_hub_list_free(pali_hub_model **models, size_t count);

/* ---- from the Hub into the cache ---- */

typedef struct pali_hub_options {
    int max_retries;           /* one after the other, without progress between; default 5 */
    int retry_milliseconds;    /* before the first; doubles from one to the next; default 1000 */
    pali_transfer_fn progress; /* for each file; may be NULL */
    void *progress_context;
} pali_hub_options;

#define PALI_HUB_OPTIONS_INIT \
    { 5, 1000, NULL, NULL }

/* Brings ORG/NAME[@REVISION] into the cache that is shared with Python's huggingface_hub:
 * configuration, tokenizer, and weights in safetensors form. What is there already is not fetched
 * again; what was begun is resumed, also after PALI_ERROR_CANCELLED. A file gets its name only
 * after its length and its hash (SHA-256 or git's) have proved right. The revision leads to the
 * snapshot only when all of it is there. Several processes may pull the same.
 *
 * `*directory` is the snapshot, as pali_hub_find gives it. `from_cache` (may be NULL) tells that
 * the Hub was not asked what the revision is now, being offline or out of reach, and that this is
 * the last copy. `options` may be NULL.
 *
 * PALI_ERROR_DENIED: gated, private, or a bad token; the message says what to do. Messages never
 * contain the token. */
PALI_API pali_status pali_hub_pull(char **directory, bool *from_cache, const char *model,
                                   const pali_hub_options *options, pali_error *err);

#ifdef __cplusplus
}
#endif

#endif
