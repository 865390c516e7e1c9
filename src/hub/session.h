/* One pull: what its steps share. */
#ifndef PALI_HUB_SESSION_H
#define PALI_HUB_SESSION_H

#include "hub/http.h"
#include "hub/names.h"

enum { PALI_MAX_REDIRECTS = 10, PALI_ETAG_SIZE = 65 };

typedef struct pali_hub_session {
    const pali_hub_options *options;
    pali_hub_name name;
    pali_http *http;
    pali_buffer endpoint, token;
    char *folder, *locks;          /* of the repository */
    char commit[PALI_COMMIT_SIZE]; /* "" until the server has said what the revision is */
    bool reached;                  /* a server has answered */
    int head_timeout, body_timeout;
} pali_hub_session;

/* One file of the repository. */
typedef struct pali_hub_file {
    char *name;
    bool absent;               /* the repository has no such file */
    bool here;                 /* the snapshot has it */
    char etag[PALI_ETAG_SIZE]; /* SHA-256 of the content, or its git blob id (SHA-1) */
    bool has_size;
    uint64_t size;
    char *location; /* where its content is, for a while */
} pali_hub_file;

/* ---- resolve.c ---- */

/* Asks the Hub for the file: fills `absent`, or etag, size and location, and the session's commit.
 * A file that is absent is no failure. */
pali_status pali_hub_resolve(pali_hub_session *session, pali_hub_file *file, pali_error *err);

/* The token if `url` is of the Hub itself, NULL for any other host. */
const char *pali_hub_token_for(const pali_hub_session *session, const char *url);

/* 408, 429 and 5xx */
bool pali_hub_is_transient(int status);

/* Waits before attempt number `attempt` + 1 while reporting progress. `retry_after` in seconds, or
 * -1. Fails when cancelled, and when the server asks for more patience than a person has. */
pali_status pali_hub_wait(const pali_hub_session *session, const pali_hub_file *file, int attempt,
                          int64_t retry_after, uint64_t done, pali_error *err);

/* What an answer that is no success means to the user. */
pali_status pali_hub_explain(const pali_hub_session *session, const char *file,
                             const pali_answer *answer, pali_error *err);

/* ---- blob.c ---- */

/* Brings the content of a resolved file to blobs/ETAG, unless it is there. */
pali_status pali_hub_fetch_blob(pali_hub_session *session, pali_hub_file *file, pali_error *err);

/* ---- verify.c ---- */

/* PALI_ERROR_INTEGRITY unless the content of `fd`, `size` bytes, has the hash that the file's etag
 * is. Reports progress, so that it can be cancelled. */
pali_status pali_hub_verify(const pali_hub_session *session, const pali_hub_file *file, int fd,
                            uint64_t size, pali_error *err);

#endif
