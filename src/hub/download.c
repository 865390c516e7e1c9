/* A picture from a URL, into memory. */
#include "base/buffer.h"
#include "hub/http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct download {
    pali_buffer body;
    const char *name;
} download;

bool pali_is_url(const char *name) {
    return strncasecmp(name, "http://", 7) == 0 || strncasecmp(name, "https://", 8) == 0;
}

static pali_status too_large(const download *d, pali_error *err) {
    return pali_fail(err, PALI_ERROR_LIMIT, "%s: larger than the limit of %zu bytes", d->name,
                     d->body.limit);
}

static pali_status on_body(void *context, const pali_answer *answer, const void *bytes, size_t size,
                           pali_error *err) {
    download *d = context;
    if (answer->content_length > 0 && (uint64_t)answer->content_length > d->body.limit)
        return too_large(d, err);
    pali_status status = pali_buffer_append(&d->body, bytes, size, err);
    return status == PALI_ERROR_LIMIT ? too_large(d, err) : status;
}

/* The URL for messages: without user name and password. malloc'ed. */
static pali_status public_name(char **out, const char *url, pali_error *err) {
    CURLU *parsed = curl_url();
    char *text = NULL;
    if (!parsed || curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK) {
        curl_url_cleanup(parsed);
        const char *login_end = strrchr(url, '@');
        return pali_fail(err, PALI_ERROR_ARGUMENT, "%.200s: not a URL that can be fetched",
                         login_end ? login_end + 1 : url);
    }
    curl_url_set(parsed, CURLUPART_USER, NULL, 0);
    curl_url_set(parsed, CURLUPART_PASSWORD, NULL, 0);
    pali_status status = PALI_OK;
    if (curl_url_get(parsed, CURLUPART_URL, &text, 0) != CURLUE_OK || !(*out = strdup(text)))
        status = pali_fail_memory(err, strlen(url) + 1, "a URL");
    curl_free(text);
    curl_url_cleanup(parsed);
    return status;
}

/* Follows redirects from `url` to a body. */
static pali_status fetch(pali_http *http, download *d, const char *url,
                         const pali_download_options *options, pali_error *err) {
    char *current = strdup(url);
    pali_answer answer;
    pali_status status = current ? PALI_OK : pali_fail_memory(err, strlen(url) + 1, "a URL");
    for (int redirects = 0; !status; redirects++) {
        pali_http_request request = {.url = current,
                                     .name = d->name,
                                     .connect_timeout = options->connect_timeout_seconds,
                                     .stall_timeout = options->stall_timeout_seconds,
                                     .timeout = options->timeout_seconds,
                                     .body = on_body,
                                     .body_context = d,
                                     .progress = options->progress,
                                     .progress_context = options->progress_context};
        status = pali_http_perform(http, &request, &answer, err);
        if (status || answer.status == 200)
            break;
        if (!pali_is_redirect(answer.status))
            status = pali_fail(err,
                               answer.status == 404 || answer.status == 410   ? PALI_ERROR_NOT_FOUND
                               : answer.status == 401 || answer.status == 403 ? PALI_ERROR_DENIED
                                                                              : PALI_ERROR_NETWORK,
                               "%s: HTTP %d", d->name, answer.status);
        else if (redirects == options->max_redirects)
            status = pali_fail(err, PALI_ERROR_NETWORK, "%s: more than %d redirects", d->name,
                               options->max_redirects);
        char *next = NULL;
        if (!status)
            status = pali_resolve_location(&next, current, answer.location, d->name, err);
        free(current);
        current = next;
    }
    free(current);
    return status;
}

pali_status pali_download(void **bytes, size_t *size, const char *url,
                          const pali_download_options *options, pali_error *err) {
    static const pali_download_options defaults = PALI_DOWNLOAD_OPTIONS_INIT;
    if (!options)
        options = &defaults;
    if (!pali_is_url(url))
        return pali_fail(err, PALI_ERROR_ARGUMENT, "%.200s: not an http or https URL", url);
    char *name = NULL;
    pali_http *http = NULL;
    download d = {.name = ""};
    pali_buffer_init(&d.body,
                     options->max_bytes < SIZE_MAX / 4 ? (size_t)options->max_bytes : SIZE_MAX / 4);
    pali_status status = public_name(&name, url, err);
    if (!status)
        status = pali_http_create(&http, err);
    d.name = name;
    if (!status)
        status = fetch(http, &d, url, options, err);
    char *taken = NULL;
    if (!status)
        status = pali_buffer_take(&d.body, &taken, size, err);
    if (!status)
        *bytes = taken;
    pali_buffer_free(&d.body);
    pali_http_free(&http);
    free(name);
    return status;
}
