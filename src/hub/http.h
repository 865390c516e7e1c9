/* One HTTP request and its answer. Redirects are left to the caller, who knows which hosts may see
 * the token. */
#ifndef PALI_HUB_HTTP_H
#define PALI_HUB_HTTP_H

#include "hub/answer.h"
#include "pali/hub.h"

/* Bytes of the body of a 200 or 206 answer; other bodies are dropped. A failure (with `err` filled)
 * ends the request. */
typedef pali_status (*pali_body_fn)(void *context, const pali_answer *answer, const void *bytes,
                                    size_t size, pali_error *err);

typedef struct pali_http_request {
    const char *url;
    const char *name;  /* for messages and progress */
    const char *token; /* NULL: none is sent */
    bool head;
    bool ranged;     /* ask for the bytes from `offset` on */
    uint64_t offset; /* which is also where progress begins */
    uint64_t total;  /* for progress, where the answer does not say it; 0: not known */
    int connect_timeout, stall_timeout, timeout; /* seconds; `timeout` 0: none */
    pali_body_fn body;
    void *body_context;
    pali_transfer_fn progress;
    void *progress_context;
} pali_http_request;

/* Keeps connections from one request to the next. Not for several threads at once. */
typedef struct pali_http pali_http;

pali_status pali_http_create(pali_http **out, pali_error *err);
void pali_http_free(pali_http **http);

/* PALI_OK: there is an answer, whatever its status. PALI_ERROR_NETWORK: none came, or not all of
 * it; `answer` has what came. Otherwise what `body` or `progress` asked for. */
pali_status pali_http_perform(pali_http *http, const pali_http_request *request,
                              pali_answer *answer, pali_error *err);

/* Whether the last request failed before any server was reached. */
bool pali_http_is_unreachable(const pali_http *http);

bool pali_is_redirect(int status); /* 301, 302, 303, 307, 308 */

/* The URL that `location` means where `base` answered, to be freed with free(). Only http and
 * https are followed. */
pali_status pali_resolve_location(char **out, const char *base, const char *location,
                                  const char *name, pali_error *err);

/* Whether both URLs have the same scheme, host and port. */
bool pali_same_origin(const char *a, const char *b);

#endif
