/* A small Hugging Face Hub on loopback. A thread for each connection, one request on each. */
#include "hub_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/evp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_FILES = 32, MAX_FAULTS = 16, MAX_LOG = 4096, STALL_MILLISECONDS = 20000 };

typedef struct stored_file {
    char name[128], etag[65];
    unsigned char *bytes;
    size_t size;
    bool large;
} stored_file;

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t idle;
    pthread_t acceptors[2];
    int sockets[2], port, connections;
    bool stopping;
    const char *token;
    stored_file files[MAX_FILES];
    size_t num_files;
    hub_fault faults[MAX_FAULTS];
    size_t num_faults;
    hub_request log[MAX_LOG];
    size_t num_log;
} hub = {.mutex = PTHREAD_MUTEX_INITIALIZER, .idle = PTHREAD_COND_INITIALIZER};

static void must(bool good, const char *what) {
    if (!good) {
        perror(what);
        abort();
    }
}

static void hash(const void *bytes, size_t size, bool large, char *text) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    char header[64];
    int used = large ? 0 : snprintf(header, sizeof header, "blob %zu", size) + 1;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(context && EVP_DigestInit_ex(context, large ? EVP_sha256() : EVP_sha1(), NULL) &&
             EVP_DigestUpdate(context, header, (size_t)used) &&
             EVP_DigestUpdate(context, bytes, size) && EVP_DigestFinal_ex(context, digest, &length),
         "hash");
    EVP_MD_CTX_free(context);
    for (unsigned int i = 0; i < length; i++)
        sprintf(text + 2 * i, "%02x", digest[i]);
}

void hub_server_put(const char *name, const void *bytes, size_t size, bool large) {
    stored_file *file = NULL;
    for (size_t i = 0; i < hub.num_files; i++)
        if (strcmp(hub.files[i].name, name) == 0)
            file = &hub.files[i];
    if (!file) {
        must(hub.num_files < MAX_FILES, "files");
        file = &hub.files[hub.num_files++];
    }
    free(file->bytes);
    file->bytes = malloc(size + 1);
    must(file->bytes != NULL, "malloc");
    memcpy(file->bytes, bytes, size);
    snprintf(file->name, sizeof file->name, "%s", name);
    file->size = size;
    file->large = large;
    hash(bytes, size, large, file->etag);
}

void hub_server_fault(hub_fault fault) {
    must(hub.num_faults < MAX_FAULTS, "faults");
    hub.faults[hub.num_faults++] = fault;
}

void hub_server_gate(const char *token) {
    hub.token = token;
}

size_t hub_server_log(hub_request **requests) {
    pthread_mutex_lock(&hub.mutex);
    size_t count = hub.num_log;
    *requests = calloc(count + 1, sizeof **requests);
    must(*requests != NULL, "malloc");
    memcpy(*requests, hub.log, count * sizeof **requests);
    pthread_mutex_unlock(&hub.mutex);
    return count;
}

void hub_server_forget(void) {
    pthread_mutex_lock(&hub.mutex);
    hub.num_log = 0;
    hub.num_faults = 0;
    pthread_mutex_unlock(&hub.mutex);
}

/* ---- one request ---- */

typedef struct exchange {
    int socket;
    hub_request request;
    char authorization[256];
    bool has_fault;
    hub_fault fault;
} exchange;

static void send_all(int socket, const void *bytes, size_t size) {
    const char *at = bytes;
    while (size) {
        ssize_t put = send(socket, at, size, MSG_NOSIGNAL);
        if (put <= 0)
            return;
        at += put;
        size -= (size_t)put;
    }
}

static void send_text(int socket, const char *text) {
    send_all(socket, text, strlen(text));
}

static void send_status(const exchange *x, int status, const char *headers) {
    char text[4096];
    snprintf(text, sizeof text,
             "HTTP/1.1 %d Status\r\nConnection: close\r\nContent-Length: 0\r\n%s\r\n", status,
             headers);
    send_text(x->socket, text);
}

/* Until the client has gone. */
static void wait_for_end(int socket) {
    struct pollfd wait = {.fd = socket, .events = POLLIN | POLLRDHUP};
    poll(&wait, 1, STALL_MILLISECONDS);
}

static bool has_fault(const exchange *x, hub_fault_kind kind) {
    return x->has_fault && x->fault.kind == kind;
}

static void send_chunks(const exchange *x, const unsigned char *bytes, size_t size) {
    char head[32];
    for (size_t at = 0; at < size; at += 1000) {
        size_t part = size - at < 1000 ? size - at : 1000;
        snprintf(head, sizeof head, "%zx\r\n", part);
        send_text(x->socket, head);
        send_all(x->socket, bytes + at, part);
        send_text(x->socket, "\r\n");
    }
    send_text(x->socket, "0\r\n\r\n");
}

static void send_body(const exchange *x, const stored_file *file, size_t start) {
    size_t end = file->size;
    if (has_fault(x, FAULT_LENGTH))
        end -= x->fault.bytes;
    if ((has_fault(x, FAULT_CUT) || has_fault(x, FAULT_STALL)) && end - start > x->fault.bytes)
        end = start + x->fault.bytes;
    unsigned char *copy = malloc(file->size + 1);
    must(copy != NULL, "malloc");
    memcpy(copy, file->bytes, file->size);
    if (has_fault(x, FAULT_CONTENT))
        copy[start] ^= 1;
    if (has_fault(x, FAULT_CHUNKED))
        send_chunks(x, copy + start, end - start);
    else
        send_all(x->socket, copy + start, end - start);
    if (has_fault(x, FAULT_LONGER))
        send_all(x->socket, copy, file->size);
    free(copy);
    if (has_fault(x, FAULT_STALL))
        wait_for_end(x->socket);
}

/* The file itself: HEAD or GET, all of it or from the start of the range on. */
static void send_file(const exchange *x, const stored_file *file, bool metadata) {
    char text[1024], length[64] = "", range[96] = "";
    size_t start = 0;
    unsigned long long from = 0;
    bool ranged =
        !has_fault(x, FAULT_NO_RANGE) && sscanf(x->request.range, "bytes=%llu-", &from) == 1;
    if (ranged && from >= file->size) {
        snprintf(text, sizeof text, "Content-Range: bytes */%zu\r\n", file->size);
        send_status(x, 416, text);
        return;
    }
    if (ranged)
        start = (size_t)from - (has_fault(x, FAULT_WRONG_PART) ? 1 : 0);
    size_t size = file->size - start - (has_fault(x, FAULT_LENGTH) ? x->fault.bytes : 0);
    if (has_fault(x, FAULT_CHUNKED))
        snprintf(length, sizeof length, "Transfer-Encoding: chunked\r\n");
    else if (!has_fault(x, FAULT_LONGER))
        snprintf(length, sizeof length, "Content-Length: %zu\r\n", size);
    if (ranged)
        snprintf(range, sizeof range, "Content-Range: bytes %zu-%zu/%zu\r\n", start, file->size - 1,
                 file->size);
    snprintf(text, sizeof text, "HTTP/1.1 %d OK\r\nConnection: close\r\n%s%sETag: %s\"%s\"\r\n",
             ranged ? 206 : 200, length, range, file->large ? "" : "W/", file->etag);
    send_text(x->socket, text);
    send_text(x->socket, metadata ? "X-Repo-Commit: " HUB_COMMIT "\r\n\r\n" : "\r\n");
    if (strcmp(x->request.method, "GET") == 0)
        send_body(x, file, start);
}

static void send_fault_status(const exchange *x) {
    send_status(x, x->fault.status, x->fault.headers ? x->fault.headers : "");
}

static void send_endless_header(const exchange *x) {
    char line[1024];
    memset(line, 'a', sizeof line);
    memcpy(line, "X-Long: ", 8);
    memcpy(line + sizeof line - 2, "\r\n", 2);
    send_text(x->socket, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 4096; i++)
        send_all(x->socket, line, sizeof line);
}

/* "/org/model/resolve/REVISION/FILE" on the Hub. */
static void answer_resolve(const exchange *x, const stored_file *file) {
    static const char *const revisions[] = {"/org/model/resolve/main/",
                                            "/org/model/resolve/refs%2Fpr%2F1/",
                                            "/org/model/resolve/" HUB_COMMIT "/"};
    bool known = false;
    for (size_t i = 0; i < 3; i++)
        known = known || strncmp(x->request.target, revisions[i], strlen(revisions[i])) == 0;
    char expected[256], headers[1024];
    snprintf(expected, sizeof expected, "Bearer %s", hub.token ? hub.token : "");
    if (strncmp(x->request.target, "/org/model/", 11) != 0)
        send_status(x, 401, "X-Error-Code: RepoNotFound\r\n");
    else if (hub.token && strcmp(expected, x->authorization) != 0)
        send_status(x, 401, "X-Error-Code: GatedRepo\r\n");
    else if (!known)
        send_status(x, 404, "X-Error-Code: RevisionNotFound\r\n");
    else if (!file)
        send_status(x, 404, "X-Error-Code: EntryNotFound\r\nX-Repo-Commit: " HUB_COMMIT "\r\n");
    else if (file->large) {
        snprintf(headers, sizeof headers,
                 "X-Repo-Commit: " HUB_COMMIT "\r\nX-Linked-Etag: \"%s\"\r\nX-Linked-Size: %zu\r\n"
                 "Location: http://127.0.0.2:%d/content/%s?signature=secret\r\n",
                 file->etag, file->size, hub.port, file->name);
        send_status(x, 302, headers);
    } else {
        send_file(x, file, true);
    }
}

static void answer(exchange *x) {
    const stored_file *file = NULL;
    for (size_t i = 0; i < hub.num_files; i++)
        if (strcmp(hub.files[i].name, x->request.file) == 0)
            file = &hub.files[i];
    if (has_fault(x, FAULT_STATUS))
        send_fault_status(x);
    else if (has_fault(x, FAULT_HEADERS))
        send_endless_header(x);
    else if (strncmp(x->request.target, "/content/", 9) != 0)
        answer_resolve(x, file);
    else if (file)
        send_file(x, file, false);
    else
        send_status(x, 404, "");
}

/* ---- connections ---- */

static void copy_header(const char *text, const char *name, char *out, size_t capacity) {
    size_t length = strlen(name);
    for (const char *line = strstr(text, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, length) != 0 || line[2 + length] != ':')
            continue;
        const char *value = line + 2 + length + 1;
        value += strspn(value, " ");
        snprintf(out, capacity, "%.*s", (int)strcspn(value, "\r\n"), value);
    }
}

static bool read_request(exchange *x) {
    char text[16384];
    size_t used = 0;
    while (used < sizeof text - 1) {
        ssize_t got = recv(x->socket, text + used, sizeof text - 1 - used, 0);
        if (got <= 0)
            return false;
        used += (size_t)got;
        text[used] = '\0';
        if (strstr(text, "\r\n\r\n"))
            break;
    }
    hub_request *r = &x->request;
    if (sscanf(text, "%7s %511s", r->method, r->target) != 2)
        return false;
    const char *slash = strrchr(r->target, '/');
    snprintf(r->file, sizeof r->file, "%.*s", (int)strcspn(slash + 1, "?"), slash + 1);
    copy_header(text, "Host", r->host, sizeof r->host);
    copy_header(text, "Range", r->range, sizeof r->range);
    copy_header(text, "User-Agent", r->agent, sizeof r->agent);
    copy_header(text, "Authorization", x->authorization, sizeof x->authorization);
    r->has_token = x->authorization[0] != '\0';
    return true;
}

/* Takes the first fault that fits and notes the request. */
static void note(exchange *x) {
    pthread_mutex_lock(&hub.mutex);
    for (size_t i = 0; i < hub.num_faults && !x->has_fault; i++) {
        hub_fault *fault = &hub.faults[i];
        if (fault->times < 0 || (fault->method && strcmp(fault->method, x->request.method) != 0) ||
            (fault->file && strcmp(fault->file, x->request.file) != 0) ||
            (fault->host && strncmp(fault->host, x->request.host, strlen(fault->host)) != 0))
            continue;
        x->has_fault = true;
        x->fault = *fault;
        if (fault->times && --fault->times == 0)
            fault->times = -1;
    }
    if (hub.num_log < MAX_LOG)
        hub.log[hub.num_log++] = x->request;
    pthread_mutex_unlock(&hub.mutex);
}

static void *serve(void *argument) {
    exchange x = {.socket = (int)(intptr_t)argument};
    if (read_request(&x)) {
        note(&x);
        answer(&x);
        shutdown(x.socket, SHUT_WR);
    }
    close(x.socket);
    pthread_mutex_lock(&hub.mutex);
    hub.connections--;
    pthread_cond_broadcast(&hub.idle);
    pthread_mutex_unlock(&hub.mutex);
    return NULL;
}

static void *accept_all(void *argument) {
    int listener = (int)(intptr_t)argument;
    for (;;) {
        int socket = accept(listener, NULL, NULL);
        pthread_mutex_lock(&hub.mutex);
        bool stopping = hub.stopping;
        if (socket >= 0 && !stopping)
            hub.connections++;
        pthread_mutex_unlock(&hub.mutex);
        if (stopping) {
            if (socket >= 0)
                close(socket);
            return NULL;
        }
        pthread_t thread;
        if (socket >= 0 && pthread_create(&thread, NULL, serve, (void *)(intptr_t)socket) == 0)
            pthread_detach(thread);
    }
}

static int listen_on(const char *address, int port) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int yes = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    inet_pton(AF_INET, address, &name.sin_addr);
    must(listener >= 0, "socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    must(bind(listener, (struct sockaddr *)&name, sizeof name) == 0, address);
    must(listen(listener, 64) == 0, "listen");
    return listener;
}

void hub_server_start(void) {
    struct sockaddr_in name;
    socklen_t size = sizeof name;
    hub.stopping = false;
    hub.token = NULL;
    hub.num_faults = hub.num_log = 0;
    hub.sockets[0] = listen_on("127.0.0.1", 0);
    must(getsockname(hub.sockets[0], (struct sockaddr *)&name, &size) == 0, "getsockname");
    hub.port = ntohs(name.sin_port);
    hub.sockets[1] = listen_on("127.0.0.2", hub.port);
    for (int i = 0; i < 2; i++)
        must(pthread_create(&hub.acceptors[i], NULL, accept_all,
                            (void *)(intptr_t)hub.sockets[i]) == 0,
             "pthread_create");
}

int hub_server_port(void) {
    return hub.port;
}

void hub_server_stop(void) {
    pthread_mutex_lock(&hub.mutex);
    hub.stopping = true;
    pthread_mutex_unlock(&hub.mutex);
    for (int i = 0; i < 2; i++) {
        shutdown(hub.sockets[i], SHUT_RDWR); /* wakes accept */
        pthread_join(hub.acceptors[i], NULL);
        close(hub.sockets[i]);
    }
    pthread_mutex_lock(&hub.mutex);
    while (hub.connections)
        pthread_cond_wait(&hub.idle, &hub.mutex);
    pthread_mutex_unlock(&hub.mutex);
    for (size_t i = 0; i < hub.num_files; i++)
        free(hub.files[i].bytes);
    memset(hub.files, 0, sizeof hub.files);
    hub.num_files = 0;
}
