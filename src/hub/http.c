/* One HTTP request and its answer, by libcurl. What curl would do by itself and must not here is
 * turned off: following redirects (they could carry the token to another host), protocols other
 * than http and https, decompression (lengths and hashes are of the bytes as stored). A stall is
 * measured here, because curl's own limit averages over several seconds. */
#include "hub/http.h"

#include "base/buffer.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_HEADER_BYTES = 1 << 18, MAX_IGNORED_BODY = 1 << 20 };

struct pali_http {
    CURL *curl;
    CURLcode last;
};

/* State of one request. */
typedef struct transfer {
    const pali_http_request *request;
    pali_answer *answer;
    pali_error *err;
    pali_status status; /* why the request was ended from here; filled with err */
    size_t header_bytes;
    uint64_t received;
    double last_byte; /* seconds, monotonic */
} transfer;

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void initialize(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

pali_status pali_http_create(pali_http **out, pali_error *err) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, initialize);
    pali_http *http = calloc(1, sizeof *http);
    if (http)
        http->curl = curl_easy_init();
    if (!http || !http->curl) {
        free(http);
        return pali_fail_memory(err, sizeof *http, "a connection");
    }
    *out = http;
    return PALI_OK;
}

void pali_http_free(pali_http **http) {
    if (*http)
        curl_easy_cleanup((*http)->curl);
    free(*http);
    *http = NULL;
}

static size_t on_header(char *line, size_t unit, size_t count, void *context) {
    transfer *t = context;
    size_t size = unit * count;
    t->header_bytes += size;
    if (t->header_bytes > MAX_HEADER_BYTES) {
        t->status = pali_fail(t->err, PALI_ERROR_NETWORK, "%s: the server's header is too long",
                              t->request->name);
        return 0;
    }
    pali_answer_header(t->answer, line, size);
    return size;
}

static size_t on_body(char *bytes, size_t unit, size_t count, void *context) {
    transfer *t = context;
    size_t size = unit * count;
    t->last_byte = seconds_now();
    t->received += size;
    bool wanted = t->answer->status == 200 || t->answer->status == 206;
    if (wanted && t->request->body)
        t->status = t->request->body(t->request->body_context, t->answer, bytes, size, t->err);
    else if (t->received > MAX_IGNORED_BODY)
        return 0; /* enough of an error page: the status is known */
    return t->status ? 0 : size;
}

static int on_progress(void *context, curl_off_t total, curl_off_t done, curl_off_t up_total,
                       curl_off_t up) {
    transfer *t = context;
    const pali_http_request *r = t->request;
    (void)total, (void)done, (void)up_total, (void)up;
    bool resumed = t->answer->status == 206, body = resumed || t->answer->status == 200;
    uint64_t start = resumed || !body ? r->offset : 0;
    uint64_t known = r->total;
    if (!known && body && t->answer->content_length > 0)
        known = start + (uint64_t)t->answer->content_length;
    if (r->progress &&
        !r->progress(r->progress_context, r->name, start + (body ? t->received : 0), known))
        t->status = pali_fail(t->err, PALI_ERROR_CANCELLED, "%s: stopped", r->name);
    else if (seconds_now() - t->last_byte > r->stall_timeout)
        t->status = pali_fail(t->err, PALI_ERROR_NETWORK, "%s: nothing came for %d seconds",
                              r->name, r->stall_timeout);
    return t->status != PALI_OK;
}

static void allow_protocols(CURL *curl) {
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static void set_options(CURL *curl, transfer *t, char *problem) {
    const pali_http_request *r = t->request;
    curl_easy_reset(curl);
    allow_protocols(curl);
    curl_easy_setopt(curl, CURLOPT_URL, r->url);
    curl_easy_setopt(curl, CURLOPT_NOBODY, (long)r->head);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)r->connect_timeout);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)r->timeout);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t);
}

/* Headers of the request. The token is sent as a header of this one request only. */
static pali_status set_headers(CURL *curl, const pali_http_request *r, struct curl_slist **list,
                               pali_error *err) {
    pali_buffer text;
    pali_buffer_init(&text, 65536);
    pali_status status =
        pali_buffer_printf(&text, err, "User-Agent: rxscan/%s%cAccept-Encoding: identity%c",
                           pali_version(), '\0', '\0');
    if (!status && r->token)
        status = pali_buffer_printf(&text, err, "Authorization: Bearer %s%c", r->token, '\0');
    if (!status && r->ranged)
        status = pali_buffer_printf(&text, err, "Range: bytes=%llu-%c",
                                    (unsigned long long)r->offset, '\0');
    for (size_t at = 0; at < text.size && !status; at += strlen(text.data + at) + 1) {
        struct curl_slist *grown = curl_slist_append(*list, text.data + at);
        if (grown)
            *list = grown;
        else
            status = pali_fail_memory(err, text.size, "a request");
    }
    pali_buffer_free(&text);
    if (!status)
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *list);
    return status;
}

pali_status pali_http_perform(pali_http *http, const pali_http_request *request,
                              pali_answer *answer, pali_error *err) {
    char problem[CURL_ERROR_SIZE] = "";
    pali_error own = PALI_ERROR_INIT;
    transfer t = {request, answer, &own, PALI_OK, 0, 0, seconds_now()};
    struct curl_slist *headers = NULL;
    pali_answer_clear(answer);
    set_options(http->curl, &t, problem);
    pali_status status = set_headers(http->curl, request, &headers, err);
    if (status) {
        curl_slist_free_all(headers);
        return status;
    }
    http->last = curl_easy_perform(http->curl);
    curl_slist_free_all(headers);
    curl_easy_reset(http->curl); /* nothing of this frame or of the token stays behind */
    if (t.status)
        return pali_fail(err, t.status, "%s", own.message);
    bool cut_short = http->last == CURLE_WRITE_ERROR; /* an error page, by on_body */
    if (http->last == CURLE_OK || cut_short)
        return PALI_OK;
    return pali_fail(err, PALI_ERROR_NETWORK, "%s: %s", request->name,
                     problem[0] ? problem : curl_easy_strerror(http->last));
}

bool pali_http_is_unreachable(const pali_http *http) {
    return http->last == CURLE_COULDNT_RESOLVE_HOST || http->last == CURLE_COULDNT_CONNECT ||
           http->last == CURLE_COULDNT_RESOLVE_PROXY;
}

bool pali_is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* One part of a URL; "" where it has none. */
static bool url_part(CURLU *url, CURLUPart part, char *out, size_t capacity) {
    char *text = NULL;
    if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
        return false;
    size_t length = strlen(text);
    bool fits = length < capacity;
    if (fits)
        memcpy(out, text, length + 1);
    curl_free(text);
    return fits;
}

pali_status pali_resolve_location(char **out, const char *base, const char *location,
                                  const char *name, pali_error *err) {
    CURLU *url = curl_url();
    char scheme[16] = "", *text = NULL;
    bool good = url && location[0] && curl_url_set(url, CURLUPART_URL, base, 0) == CURLUE_OK &&
                curl_url_set(url, CURLUPART_URL, location, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
                url_part(url, CURLUPART_SCHEME, scheme, sizeof scheme) &&
                curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK;
    pali_status status = PALI_OK;
    if (!good)
        status = pali_fail(err, PALI_ERROR_NETWORK, "%s: redirected to nowhere", name);
    else if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
        status =
            pali_fail(err, PALI_ERROR_NETWORK,
                      "%s: redirected to %s:, and only http and https are followed", name, scheme);
    else if (!(*out = strdup(text)))
        status = pali_fail_memory(err, strlen(text) + 1, "a URL");
    curl_free(text);
    curl_url_cleanup(url);
    return status;
}

bool pali_same_origin(const char *a, const char *b) {
    static const CURLUPart parts[] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT};
    CURLU *left = curl_url(), *right = curl_url();
    bool same = left && right && curl_url_set(left, CURLUPART_URL, a, 0) == CURLUE_OK &&
                curl_url_set(right, CURLUPART_URL, b, 0) == CURLUE_OK;
    for (size_t i = 0; i < sizeof parts / sizeof *parts && same; i++) {
        char x[512], y[512];
        same = url_part(left, parts[i], x, sizeof x) && url_part(right, parts[i], y, sizeof y) &&
               strcasecmp(x, y) == 0;
    }
    curl_url_cleanup(left);
    curl_url_cleanup(right);
    return same;
}
