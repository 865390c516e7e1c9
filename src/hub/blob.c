/* The content of one file, into blobs/ETAG. It grows as blobs/ETAG.incomplete, under the lock that
 * huggingface_hub takes too, and is renamed when length and hash are right; a part that is left
 * behind is where the next pull goes on. */
#include "hub/cache.h"
#include "hub/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_UNANNOUNCED = 64 << 20, /* a file whose length the server does not tell */
    REAL_PROGRESS = 1 << 20,    /* bytes after which failures are forgiven */
    LOCK_POLL_NANOSECONDS = 100000000,
};

/* One file on its way. */
typedef struct arrival {
    pali_hub_session *session;
    pali_hub_file *file;
    int fd;
    uint64_t have;    /* bytes in the partial file */
    bool began;       /* the body of the present answer has begun */
    bool wrong_range; /* the server sent another part than asked for */
} arrival;

static pali_status write_at_end(arrival *a, const char *bytes, size_t size, pali_error *err) {
    while (size) {
        ssize_t put = pwrite(a->fd, bytes, size, (off_t)a->have);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return pali_fail_errno(err, a->file->name, "cannot write");
        bytes += put;
        size -= (size_t)put;
        a->have += (uint64_t)put;
    }
    return PALI_OK;
}

static pali_status start_over(arrival *a, pali_error *err) {
    if (ftruncate(a->fd, 0) != 0)
        return pali_fail_errno(err, a->file->name, "cannot write");
    a->have = 0;
    return PALI_OK;
}

/* The first bytes of an answer: does it go on where the part ends? */
static pali_status begin_body(arrival *a, const pali_answer *answer, pali_error *err) {
    const pali_hub_file *file = a->file;
    a->began = true;
    if (answer->status == 206) {
        bool fits = answer->range_start == (int64_t)a->have &&
                    (!file->has_size || answer->range_total < 0 ||
                     (uint64_t)answer->range_total == file->size);
        a->wrong_range = !fits;
        return fits ? PALI_OK
                    : pali_fail(err, PALI_ERROR_NETWORK,
                                "%s: the server sent another part than "
                                "was asked for",
                                file->name);
    }
    if (file->has_size && answer->content_length >= 0 &&
        (uint64_t)answer->content_length != file->size)
        return pali_fail(err, PALI_ERROR_INTEGRITY,
                         "%s: %llu bytes were announced, and %lld are sent", file->name,
                         (unsigned long long)file->size, (long long)answer->content_length);
    return a->have ? start_over(a, err) : PALI_OK;
}

static pali_status on_body(void *context, const pali_answer *answer, const void *bytes, size_t size,
                           pali_error *err) {
    arrival *a = context;
    pali_status status = a->began ? PALI_OK : begin_body(a, answer, err);
    if (status)
        return status;
    uint64_t most = a->file->has_size ? a->file->size : MAX_UNANNOUNCED;
    if (size > most - a->have)
        return pali_fail(err, PALI_ERROR_INTEGRITY, "%s: more than %llu bytes are sent",
                         a->file->name, (unsigned long long)most);
    return write_at_end(a, bytes, size, err);
}

/* GET from the location, through redirects; the token goes to the Hub only. `*from_hub`: it was
 * the Hub that answered. */
static pali_status get(arrival *a, pali_answer *answer, bool *from_hub, pali_error *err) {
    pali_hub_session *session = a->session;
    char *current = strdup(a->file->location);
    pali_status status = current ? PALI_OK : pali_fail_memory(err, 1, "a URL");
    a->wrong_range = false;
    for (int redirects = 0; !status; redirects++) {
        const char *token = pali_hub_token_for(session, current);
        *from_hub = pali_same_origin(current, session->endpoint.data);
        a->began = false;
        pali_http_request request = {.url = current,
                                     .name = a->file->name,
                                     .token = token,
                                     .ranged = a->have > 0,
                                     .offset = a->have,
                                     .total = a->file->size,
                                     .connect_timeout = session->body_timeout,
                                     .stall_timeout = session->body_timeout,
                                     .body = on_body,
                                     .body_context = a,
                                     .progress = session->options->progress,
                                     .progress_context = session->options->progress_context};
        status = pali_http_perform(session->http, &request, answer, err);
        if (status || !pali_is_redirect(answer->status))
            break;
        if (redirects == PALI_MAX_REDIRECTS)
            status = pali_fail(err, PALI_ERROR_NETWORK, "%s: more than %d redirects", a->file->name,
                               PALI_MAX_REDIRECTS);
        char *next = NULL;
        if (!status)
            status = pali_resolve_location(&next, current, answer->location, a->file->name, err);
        free(current);
        current = next;
    }
    free(current);
    return status;
}

/* One request. `*done`: all has come. Otherwise PALI_OK means that it is worth trying again, after
 * `*patience` seconds if the server said so; `err` then has the reason. */
static pali_status attempt_transfer(arrival *a, bool *done, int64_t *patience, pali_error *err) {
    pali_answer answer;
    bool from_hub = false;
    pali_status status = get(a, &answer, &from_hub, err);
    *patience = -1;
    if (status == PALI_ERROR_NETWORK)
        return a->wrong_range ? start_over(a, err) : PALI_OK;
    if (status)
        return status;
    if (answer.status == 200 || answer.status == 206) {
        if (!a->began && answer.status == 200 && a->have) /* an empty body */
            status = start_over(a, err);
        *done = !status && (!a->file->has_size || a->have == a->file->size);
        if (!*done && !status)
            pali_fail(err, PALI_ERROR_NETWORK, "%s: the connection ended after %llu bytes",
                      a->file->name, (unsigned long long)a->have);
        return status;
    }
    if (answer.status == 416) {
        *done = !a->file->has_size && answer.range_total == (int64_t)a->have;
        pali_hub_explain(a->session, a->file->name, &answer, err);
        return *done ? PALI_OK : start_over(a, err);
    }
    status = pali_hub_explain(a->session, a->file->name, &answer, err);
    *patience = answer.retry_after;
    if ((answer.status == 403 || answer.status == 401) && !from_hub) { /* the location expired */
        pali_fail(err, PALI_ERROR_NETWORK, "%s: HTTP %d from the content server", a->file->name,
                  answer.status);
        return pali_hub_resolve(a->session, a->file, err);
    }
    return pali_hub_is_transient(answer.status) ? PALI_OK : status;
}

/* Until all bytes are there. */
static pali_status transfer(arrival *a, pali_error *err) {
    int failures = 0;
    uint64_t forgiven = a->have;
    for (;;) {
        bool done = a->file->has_size && a->have == a->file->size;
        int64_t patience = -1;
        pali_error cause = PALI_ERROR_INIT;
        pali_status status = done ? PALI_OK : attempt_transfer(a, &done, &patience, &cause);
        if (status)
            return pali_fail(err, status, "%s", cause.message);
        if (done)
            return PALI_OK;
        if (a->have > forgiven && a->have - forgiven >= REAL_PROGRESS) {
            forgiven = a->have;
            failures = 0;
        }
        if (failures == a->session->options->max_retries)
            return pali_fail(err, PALI_ERROR_NETWORK, "%s", cause.message);
        status = pali_hub_wait(a->session, a->file, failures++, patience, a->have, err);
        if (status)
            return status;
    }
}

/* Transfers and checks. A part from an earlier run may be bad: then all is fetched once more. */
static pali_status complete(arrival *a, pali_error *err) {
    bool resumed = a->have > 0;
    for (;;) {
        pali_status status = transfer(a, err);
        if (status)
            return status;
        status = pali_hub_verify(a->session, a->file, a->fd, a->have, err);
        if (status != PALI_ERROR_INTEGRITY)
            return status;
        pali_status emptied = start_over(a, err);
        if (emptied || !resumed)
            return emptied ? emptied : status;
        resumed = false;
    }
}

static pali_status fill(pali_hub_session *session, pali_hub_file *file, const char *partial,
                        const char *blob, pali_error *err) {
    struct stat info;
    int fd = open(partial, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0 || fstat(fd, &info) != 0) {
        pali_status status = pali_fail_errno(err, partial, "cannot write");
        if (fd >= 0)
            close(fd);
        return status;
    }
    arrival a = {.session = session, .file = file, .fd = fd, .have = (uint64_t)info.st_size};
    pali_status status = PALI_OK;
    if (a.have > (file->has_size ? file->size : MAX_UNANNOUNCED))
        status = start_over(&a, err);
    if (!status)
        status = complete(&a, err);
    if (!status && fsync(fd) != 0)
        status = pali_fail_errno(err, partial, "cannot flush to disk");
    close(fd);
    if (!status && rename(partial, blob) != 0)
        status = pali_fail_errno(err, blob, "cannot write");
    if (status == PALI_ERROR_INTEGRITY)
        unlink(partial);
    return status;
}

/* Waits for another pull of the same blob. */
static pali_status lock(const pali_hub_session *session, const pali_hub_file *file, int fd,
                        pali_error *err) {
    const pali_hub_options *options = session->options;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return pali_fail_errno(err, file->name, "cannot lock");
        if (options->progress && !options->progress(options->progress_context, file->name, 0,
                                                    file->has_size ? file->size : 0))
            return pali_fail(err, PALI_ERROR_CANCELLED, "%s: stopped", file->name);
        nanosleep(&(struct timespec){0, LOCK_POLL_NANOSECONDS}, NULL);
    }
    return PALI_OK;
}

static bool is_there(const char *blob, const pali_hub_file *file) {
    struct stat info;
    return stat(blob, &info) == 0 && S_ISREG(info.st_mode) &&
           (!file->has_size || (uint64_t)info.st_size == file->size);
}

pali_status pali_hub_fetch_blob(pali_hub_session *session, pali_hub_file *file, pali_error *err) {
    char *blob = pali_path(err, "%s/blobs/%s", session->folder, file->etag);
    char *partial = pali_path(err, "%s/blobs/%s.incomplete", session->folder, file->etag);
    char *lock_path = pali_path(err, "%s/%s.lock", session->locks, file->etag);
    pali_status status = blob && partial && lock_path ? PALI_OK : PALI_ERROR_MEMORY;
    if (!status && !is_there(blob, file)) {
        int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        status =
            fd < 0 ? pali_fail_errno(err, lock_path, "cannot write") : lock(session, file, fd, err);
        if (!status && !is_there(blob, file))
            status = fill(session, file, partial, blob, err);
        if (fd >= 0)
            close(fd); /* and unlock; the file stays, others may wait for it */
    }
    free(blob);
    free(partial);
    free(lock_path);
    return status;
}
