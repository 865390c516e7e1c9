/* Decoders that are programs of their own.
 *
 * Method: posix_spawn without a shell, in a private folder, with an environment of four variables,
 * without the descriptors of this process, and with limits on memory, processor time, file size and
 * core dumps. The limits are set from here as soon as the program is loaded (posix_spawn has no
 * attribute for them): they count what a process has altogether, so that nothing is gained in the
 * first instants. stdout and stderr are read from pipes until both end or the time is up; then the
 * process is waited for, or killed. It stays in the terminal's process group: Ctrl-C ends it too.
 */
#include "image/helper_process.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_TEXT = 65536, STDOUT = 0, STDERR = 1 };

/* ---- the folder ---- */

pali_status pali_work_folder_enter(pali_work_folder *out, const char *subject, pali_error *err) {
    const char *parent = getenv("TMPDIR");
    parent = parent && *parent ? parent : "/tmp";
    char *path = NULL;
    pali_status status = pali_join_path(&path, parent, "pali-XXXXXX", err);
    if (status)
        return status;
    if (!mkdtemp(path)) {
        free(path);
        return pali_fail(err, PALI_ERROR_IO,
                         "%s: cannot make a temporary folder in %s (TMPDIR): %s", subject, parent,
                         strerror(errno));
    }
    *out = (pali_work_folder){.path = path, .subject = subject};
    return PALI_OK;
}

void pali_work_folder_leave(pali_work_folder *folder) {
    if (!folder->path)
        return;
    DIR *listing = opendir(folder->path);
    if (listing) {
        for (const struct dirent *entry; (entry = readdir(listing));)
            unlinkat(dirfd(listing), entry->d_name, 0); /* "." and ".." refuse */
        closedir(listing);
    }
    rmdir(folder->path);
    free(folder->path);
    folder->path = NULL;
}

static pali_status fail_to_write(const pali_work_folder *folder, pali_error *err) {
    return pali_fail(err, PALI_ERROR_IO, "%s: cannot write in the temporary folder %s: %s",
                     folder->subject, folder->path, strerror(errno));
}

pali_status pali_work_folder_write(const pali_work_folder *folder, const char *name,
                                   const void *bytes, size_t size, pali_error *err) {
    char *path = NULL;
    pali_status status = pali_join_path(&path, folder->path, name, err);
    if (status)
        return status;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        status = fail_to_write(folder, err);
    for (size_t done = 0; !status && done < size;) {
        ssize_t put = write(fd, (const char *)bytes + done, size - done);
        if (put < 0 && errno != EINTR)
            status = fail_to_write(folder, err);
        else if (put > 0)
            done += (size_t)put;
    }
    if (fd >= 0)
        close(fd);
    free(path);
    return status;
}

pali_status pali_work_folder_read(const pali_work_folder *folder, const char *name,
                                  pali_buffer *out, pali_error *err) {
    char *path = NULL;
    pali_status status = pali_join_path(&path, folder->path, name, err);
    if (status)
        return status;
    status = pali_read_file(out, path, err);
    free(path);
    return status;
}

/* ---- the process ---- */

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* PATH, and the folder as home: programs keep caches and read settings there. */
struct environment {
    char *entries[5];
};

static void environment_free(struct environment *e) {
    for (size_t i = 0; i < 5; i++)
        free(e->entries[i]);
}

static pali_status environment_make(struct environment *e, const char *folder, pali_error *err) {
    const char *path = getenv("PATH");
    *e = (struct environment){{NULL}};
    if (asprintf(&e->entries[0], "PATH=%s", path ? path : "/usr/bin:/bin") < 0)
        e->entries[0] = NULL;
    if (asprintf(&e->entries[1], "HOME=%s", folder) < 0)
        e->entries[1] = NULL;
    if (asprintf(&e->entries[2], "TMPDIR=%s", folder) < 0)
        e->entries[2] = NULL;
    e->entries[3] = strdup("LC_ALL=C.UTF-8");
    if (e->entries[0] && e->entries[1] && e->entries[2] && e->entries[3])
        return PALI_OK;
    environment_free(e);
    return pali_fail_memory(err, 0, "a process");
}

/* stdin from nowhere, stdout and stderr to the pipes, in the folder, nothing else open. */
static int add_actions(posix_spawn_file_actions_t *actions, const char *folder,
                       const int write_ends[2]) {
    int code = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!code)
        code = posix_spawn_file_actions_adddup2(actions, write_ends[STDOUT], STDOUT_FILENO);
    if (!code)
        code = posix_spawn_file_actions_adddup2(actions, write_ends[STDERR], STDERR_FILENO);
    if (!code)
        code = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
    if (!code)
        code = posix_spawn_file_actions_addchdir_np(actions, folder);
    return code;
}

/* Signals as in a fresh process, whatever the host program ignores or blocks. */
static int set_signals(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int code = posix_spawnattr_setsigmask(attributes, &none);
    if (!code)
        code = posix_spawnattr_setsigdefault(attributes, &all);
    if (!code)
        code = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return code;
}

/* An errno value. */
static int spawn(pid_t *pid, const pali_helper *helper, const char *folder,
                 const struct environment *environment, const int write_ends[2]) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int code = posix_spawn_file_actions_init(&actions);
    if (code)
        return code;
    code = posix_spawnattr_init(&attributes);
    if (!code) {
        code = add_actions(&actions, folder, write_ends);
        if (!code)
            code = set_signals(&attributes);
        if (!code)
            code = posix_spawnp(pid, helper->arguments[0], &actions, &attributes,
                                (char *const *)(uintptr_t)helper->arguments, environment->entries);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

static void set_limit(pid_t pid, int resource, uint64_t value) {
    const struct rlimit limit = {value, value};
    prlimit(pid, (__rlimit_resource_t)resource, &limit, NULL);
}

static void set_limits(pid_t pid, const pali_helper *helper) {
    set_limit(pid, RLIMIT_AS, helper->max_memory);
    set_limit(pid, RLIMIT_FSIZE, helper->max_file);
    set_limit(pid, RLIMIT_CPU, (uint64_t)helper->timeout_seconds + 1);
    set_limit(pid, RLIMIT_CORE, 0);
}

/* Appends what there is; what does not fit is dropped. False at the end of the pipe. */
static bool drain(int fd, pali_buffer *text) {
    char chunk[4096];
    ssize_t got = read(fd, chunk, sizeof chunk);
    if (got < 0)
        return errno == EINTR || errno == EAGAIN;
    size_t room = text->limit - text->size;
    pali_buffer_append(text, chunk, (size_t)got < room ? (size_t)got : room, NULL);
    return got > 0;
}

/* Reads both pipes to their ends. False if the deadline comes first. */
static bool read_pipes(const int read_ends[2], pali_buffer texts[2], double deadline) {
    struct pollfd polled[2] = {{read_ends[STDOUT], POLLIN, 0}, {read_ends[STDERR], POLLIN, 0}};
    while (polled[STDOUT].fd >= 0 || polled[STDERR].fd >= 0) {
        double left = deadline - now();
        if (left <= 0)
            return false;
        int ready = poll(polled, 2, left < 60 ? (int)(left * 1000) + 1 : 60000);
        for (int i = 0; ready > 0 && i < 2; i++)
            if (polled[i].fd >= 0 && polled[i].revents && !drain(polled[i].fd, &texts[i]))
                polled[i].fd = -1; /* poll passes over it */
    }
    return true;
}

/* The pipes' end is the process's, as a rule; one that closed them early is waited for in small
 * steps. Kills it at the deadline. False if it had to. */
static bool reap(pid_t pid, int *state, bool is_late, double deadline) {
    static const struct timespec step = {0, 2000000};
    bool in_time = !is_late;
    if (is_late)
        kill(pid, SIGKILL);
    for (;;) {
        pid_t got = waitpid(pid, state, in_time ? WNOHANG : 0);
        if (got == pid)
            return in_time;
        if (got < 0 && errno != EINTR) { /* the host program ignores SIGCHLD: it is gone */
            *state = -1;
            return in_time;
        }
        if (got == 0 && now() >= deadline) {
            kill(pid, SIGKILL);
            in_time = false;
        } else if (got == 0) {
            nanosleep(&step, NULL);
        }
    }
}

static pali_status fail_spawn(const pali_helper *helper, int code, pali_error *err) {
    const char *program = helper->arguments[0];
    if (code == ENOENT)
        return pali_fail(err, PALI_ERROR_UNSUPPORTED, "%s: %s is not installed: apt install %s",
                         helper->subject, program, helper->package);
    errno = code;
    return pali_fail_errno(err, program, "cannot start");
}

/* Two pipes that other processes started meanwhile do not inherit. */
static pali_status open_pipes(const pali_helper *helper, int read_ends[2], int write_ends[2],
                              pali_error *err) {
    int first[2], second[2];
    if (pipe2(first, O_CLOEXEC) != 0)
        return pali_fail_errno(err, helper->subject, "cannot make a pipe");
    if (pipe2(second, O_CLOEXEC) != 0) {
        pali_status status = pali_fail_errno(err, helper->subject, "cannot make a pipe");
        close(first[0]);
        close(first[1]);
        return status;
    }
    read_ends[STDOUT] = first[0];
    write_ends[STDOUT] = first[1];
    read_ends[STDERR] = second[0];
    write_ends[STDERR] = second[1];
    return PALI_OK;
}

static pali_status finish(const pali_helper *helper, pid_t pid, const int read_ends[2],
                          pali_helper_outcome *outcome, pali_error *err) {
    double deadline = now() + helper->timeout_seconds;
    pali_buffer texts[2];
    pali_buffer_init(&texts[STDOUT], MAX_TEXT);
    pali_buffer_init(&texts[STDERR], MAX_TEXT);
    int state = 0;
    bool read = read_pipes(read_ends, texts, deadline);
    pali_status status = PALI_OK;
    if (!reap(pid, &state, !read, deadline))
        status = pali_fail(err, PALI_ERROR_LIMIT, "%s: %s took longer than %d seconds",
                           helper->subject, helper->arguments[0], helper->timeout_seconds);
    *outcome = (pali_helper_outcome){
        .exit_code = state != -1 && WIFEXITED(state) ? WEXITSTATUS(state) : -1,
        .signal = state != -1 && WIFSIGNALED(state) ? WTERMSIG(state) : 0};
    if (!status)
        status = pali_buffer_take(&texts[STDOUT], &outcome->output, NULL, err);
    if (!status)
        status = pali_buffer_take(&texts[STDERR], &outcome->complaints, NULL, err);
    pali_buffer_free(&texts[STDOUT]);
    pali_buffer_free(&texts[STDERR]);
    if (status)
        pali_helper_outcome_free(outcome);
    return status;
}

pali_status pali_helper_run(const pali_helper *helper, const pali_work_folder *folder,
                            pali_helper_outcome *outcome, pali_error *err) {
    struct environment environment;
    int read_ends[2] = {-1, -1}, write_ends[2] = {-1, -1};
    pali_status status = environment_make(&environment, folder->path, err);
    if (status)
        return status;
    status = open_pipes(helper, read_ends, write_ends, err);
    if (!status) {
        pid_t pid = -1;
        int code = spawn(&pid, helper, folder->path, &environment, write_ends);
        close(write_ends[STDOUT]);
        close(write_ends[STDERR]);
        if (code) {
            status = fail_spawn(helper, code, err);
        } else {
            set_limits(pid, helper);
            status = finish(helper, pid, read_ends, outcome, err);
        }
        close(read_ends[STDOUT]);
        close(read_ends[STDERR]);
    }
    environment_free(&environment);
    return status;
}

void pali_helper_outcome_free(pali_helper_outcome *outcome) {
    free(outcome->output);
    free(outcome->complaints);
    *outcome = (pali_helper_outcome){0};
}

/* The first line that says something, cut to what fits a message, without control characters. */
static void first_line(char *out, size_t size, const char *text) {
    text += strspn(text, " \t\r\n");
    size_t length = strcspn(text, "\r\n");
    length = length < size - 1 ? length : size - 1;
    for (size_t i = 0; i < length; i++)
        out[i] = (unsigned char)text[i] < ' ' || text[i] == 127 ? '?' : text[i];
    out[length] = '\0';
}

pali_status pali_helper_check(const pali_helper *helper, const pali_helper_outcome *outcome,
                              pali_error *err) {
    const char *program = helper->arguments[0];
    if (outcome->exit_code == 0)
        return PALI_OK;
    if (outcome->signal == SIGXCPU || outcome->signal == SIGXFSZ)
        return pali_fail(err, PALI_ERROR_LIMIT, "%s: %s %s", helper->subject, program,
                         outcome->signal == SIGXCPU ? "took too much processor time"
                                                    : "wrote too large a file");
    if (outcome->signal)
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: %s was ended by signal %d", helper->subject,
                         program, outcome->signal);
    char line[256];
    first_line(line, sizeof line, outcome->complaints);
    if (line[0])
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: %s: %s", helper->subject, program, line);
    return pali_fail(err, PALI_ERROR_FORMAT, "%s: %s failed with status %d", helper->subject,
                     program, outcome->exit_code);
}
