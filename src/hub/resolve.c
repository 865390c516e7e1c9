/* What a file of a repository is, and where: HEAD requests, as huggingface_hub makes them. */
#include "hub/session.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_URL = 16384, LONGEST_WAIT = 300, LONGEST_BACK_OFF = 30000, SLICE = 100 };

const char *pali_hub_token_for(const pali_hub_session *session, const char *url) {
    return session->token.size && pali_same_origin(url, session->endpoint.data)
               ? session->token.data
               : NULL;
}

bool pali_hub_is_transient(int status) {
    return status == 408 || status == 429 || status >= 500;
}

pali_status pali_hub_wait(const pali_hub_session *session, const pali_hub_file *file, int attempt,
                          int64_t retry_after, uint64_t done, pali_error *err) {
    const pali_hub_options *options = session->options;
    long wait = options->retry_milliseconds;
    for (int i = 0; i < attempt && wait < LONGEST_BACK_OFF; i++)
        wait *= 2;
    if (retry_after > LONGEST_WAIT)
        return pali_fail(err, PALI_ERROR_NETWORK,
                         "%s: the server asks to come back in %lld seconds", session->name.text,
                         (long long)retry_after);
    if (retry_after >= 0)
        wait = (long)retry_after * 1000;
    for (;; wait -= SLICE) {
        if (options->progress && !options->progress(options->progress_context, file->name, done,
                                                    file->has_size ? file->size : 0))
            return pali_fail(err, PALI_ERROR_CANCELLED, "%s: stopped", file->name);
        if (wait <= 0)
            return PALI_OK;
        long slice = wait < SLICE ? wait : SLICE;
        nanosleep(&(struct timespec){0, slice * 1000000}, NULL);
    }
}

static pali_status explain_denial(const pali_hub_session *session, const pali_answer *answer,
                                  pali_error *err) {
    const char *text = session->name.text;
    bool has_token = session->token.size > 0;
    if (strcmp(answer->error_code, "GatedRepo") == 0)
        return pali_fail(err, PALI_ERROR_DENIED,
                         "%s: gated: accept the terms at https://huggingface.co/%s and set "
                         "HF_TOKEN%s",
                         text, session->name.repository,
                         has_token ? " to a token of the same account" : "");
    if (strstr(answer->error_message, "Invalid credentials in Authorization header"))
        return pali_fail(err, PALI_ERROR_DENIED,
                         "%s: the server rejects the token: set HF_TOKEN to one from "
                         "https://huggingface.co/settings/tokens",
                         text);
    if (answer->status == 401)
        return pali_fail(err, PALI_ERROR_DENIED,
                         "%s: no such repository, or a private one: check the name%s", text,
                         has_token ? " and that HF_TOKEN may read it" : " and set HF_TOKEN");
    return pali_fail(err, PALI_ERROR_DENIED, "%s: HTTP 403: %s may not read it", text,
                     has_token ? "this HF_TOKEN" : "somebody without a token (HF_TOKEN)");
}

pali_status pali_hub_explain(const pali_hub_session *session, const char *file,
                             const pali_answer *answer, pali_error *err) {
    const char *text = session->name.text;
    if (answer->status == 401 || answer->status == 403)
        return explain_denial(session, answer, err);
    if (strcmp(answer->error_code, "RepoNotFound") == 0)
        return pali_fail(err, PALI_ERROR_NOT_FOUND,
                         "%s: no such repository, or a private one: check the name and HF_TOKEN",
                         text);
    if (strcmp(answer->error_code, "RevisionNotFound") == 0)
        return pali_fail(err, PALI_ERROR_NOT_FOUND, "%s: has no revision %s",
                         session->name.repository, session->name.revision);
    if (answer->status == 404)
        return pali_fail(err, PALI_ERROR_NOT_FOUND, "%s: has no %s", text, file);
    if (answer->status == 429)
        return pali_fail(err, PALI_ERROR_NETWORK,
                         "%s: HTTP 429: too many requests: wait a while, or set HF_TOKEN", text);
    return pali_fail(err, PALI_ERROR_NETWORK, "%s: %s: HTTP %d", text, file, answer->status);
}

/* Whether an answer, redirect or not, tells all that is asked. */
static bool is_metadata(const pali_answer *answer) {
    return answer->commit[0] && answer->linked_etag[0] && answer->linked_size >= 0;
}

/* HEAD, following redirects within the Hub. `*location` receives where the content is. */
static pali_status ask(pali_hub_session *session, const pali_hub_file *file, char **location,
                       pali_answer *answer, pali_error *err) {
    pali_buffer url;
    pali_buffer_init(&url, MAX_URL);
    const char *revision = session->commit[0] ? session->commit : session->name.revision;
    pali_status status = pali_hub_url(&url, session->endpoint.data, session->name.repository,
                                      revision, file->name, err);
    char *current = NULL;
    if (!status)
        status = pali_buffer_take(&url, &current, NULL, err);
    pali_buffer_free(&url);
    for (int redirects = 0; !status; redirects++) {
        pali_http_request request = {.url = current,
                                     .name = file->name,
                                     .token = pali_hub_token_for(session, current),
                                     .head = true,
                                     .connect_timeout = session->head_timeout,
                                     .stall_timeout = session->head_timeout,
                                     .progress = session->options->progress,
                                     .progress_context = session->options->progress_context};
        status = pali_http_perform(session->http, &request, answer, err);
        if (status || !pali_is_redirect(answer->status))
            break;
        char *next = NULL;
        status = pali_resolve_location(&next, current, answer->location, file->name, err);
        free(current);
        current = next;
        if (!status && (is_metadata(answer) || !pali_same_origin(next, session->endpoint.data)))
            break;
        if (!status && redirects == PALI_MAX_REDIRECTS)
            status = pali_fail(err, PALI_ERROR_NETWORK, "%s: more than %d redirects", file->name,
                               PALI_MAX_REDIRECTS);
    }
    if (status)
        free(current);
    else
        *location = current;
    return status;
}

static bool is_hash(const char *etag) {
    size_t length = strspn(etag, "0123456789abcdef");
    return etag[length] == '\0' && (length == 40 || length == 64);
}

/* From an answer of 200 or a redirect. */
static pali_status take_metadata(pali_hub_session *session, pali_hub_file *file,
                                 const pali_answer *answer, pali_error *err) {
    const char *etag = answer->linked_etag[0] ? answer->linked_etag : answer->etag;
    if (!pali_is_commit(answer->commit) || !is_hash(etag))
        return pali_fail(err, PALI_ERROR_NETWORK,
                         "%s: %s: the answer has no %s: not a Hugging Face Hub? (HF_ENDPOINT)",
                         session->name.text, file->name,
                         pali_is_commit(answer->commit) ? "hash of the content" : "commit");
    if (session->commit[0] && strcmp(session->commit, answer->commit) != 0)
        return pali_fail(err, PALI_ERROR_INTEGRITY, "%s: %s: the answer is of another commit",
                         session->name.text, file->name);
    if (file->etag[0] && strcmp(file->etag, etag) != 0)
        return pali_fail(err, PALI_ERROR_INTEGRITY, "%s: %s: has changed within its commit",
                         session->name.text, file->name);
    memcpy(session->commit, answer->commit, PALI_COMMIT_SIZE);
    memcpy(file->etag, etag, strlen(etag) + 1);
    int64_t size = answer->linked_size;
    if (size < 0 && !pali_is_redirect(answer->status))
        size = answer->content_length;
    file->has_size = size >= 0;
    file->size = size >= 0 ? (uint64_t)size : 0;
    return PALI_OK;
}

/* The answer of the server once it has one that is worth reading. */
static pali_status ask_patiently(pali_hub_session *session, const pali_hub_file *file,
                                 char **location, pali_answer *answer, pali_error *err) {
    for (int attempt = 0;; attempt++) {
        pali_status status = ask(session, file, location, answer, err);
        if (!status)
            session->reached = true;
        if (!status && !pali_hub_is_transient(answer->status))
            return status;
        bool hopeless = !session->reached && pali_http_is_unreachable(session->http);
        if ((status && status != PALI_ERROR_NETWORK) || hopeless ||
            attempt >= session->options->max_retries)
            return status;
        if (!status)
            free(*location);
        *location = NULL;
        int64_t patience = status ? -1 : answer->retry_after;
        status = pali_hub_wait(session, file, attempt, patience, 0, err);
        if (status)
            return status;
    }
}

pali_status pali_hub_resolve(pali_hub_session *session, pali_hub_file *file, pali_error *err) {
    pali_answer answer;
    char *location = NULL;
    pali_status status = ask_patiently(session, file, &location, &answer, err);
    if (status)
        return status;
    free(file->location);
    file->location = location;
    file->absent = answer.status == 404 && strcmp(answer.error_code, "RepoNotFound") != 0 &&
                   strcmp(answer.error_code, "RevisionNotFound") != 0;
    if (file->absent) {
        if (!session->commit[0] && pali_is_commit(answer.commit))
            memcpy(session->commit, answer.commit, PALI_COMMIT_SIZE);
        return PALI_OK;
    }
    if (answer.status != 200 && !pali_is_redirect(answer.status))
        return pali_hub_explain(session, file->name, &answer, err);
    return take_metadata(session, file, &answer, err);
}
