/* A checkpoint from the Hub into the cache: which files, in which order. The small files come
 * first; then, with all sizes known, the room on the disk is checked before the weights are
 * fetched; refs/REVISION is written last, so that it never leads to half a checkpoint. */
#include "base/file.h"
#include "hub/cache.h"
#include "hub/environment.h"
#include "hub/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { MAX_PATH_TEXT = 65536, MAX_INDEX = 64 << 20, MAX_FILES = 1100, ROOM_TO_SPARE = 16 << 20 };

typedef struct file_list {
    pali_hub_file files[MAX_FILES];
    size_t count;
} file_list;

/* ---- paths ---- */

/* Makes the folders above `path`. */
static pali_status make_parents(const char *path, pali_error *err) {
    char *copy = strdup(path);
    if (!copy)
        return pali_fail_memory(err, strlen(path) + 1, "a path");
    pali_status status = PALI_OK;
    for (char *slash = strchr(copy + 1, '/'); slash && !status; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            status = pali_fail_errno(err, copy, "cannot make the folder");
        *slash = '/';
    }
    free(copy);
    return status;
}

/* "FOLDER/KIND/COMMIT/NAME" */
static char *snapshot_path(const pali_hub_session *session, const char *kind, const char *name,
                           pali_error *err) {
    return pali_path(err, "%s/%s/%s/%s", session->folder, kind, session->commit, name);
}

static bool exists(const pali_hub_session *session, const char *kind, const char *name) {
    struct stat info;
    char *path = session->commit[0] ? snapshot_path(session, kind, name, NULL) : NULL;
    bool found = path && stat(path, &info) == 0 && S_ISREG(info.st_mode);
    free(path);
    return found;
}

/* Remembers that the repository has no such file. */
static pali_status mark_absent(const pali_hub_session *session, const char *name, pali_error *err) {
    char *path = snapshot_path(session, ".no_exist", name, err);
    if (!path)
        return PALI_ERROR_MEMORY;
    pali_status status = make_parents(path, err);
    if (!status)
        status = pali_write_file(path, "", 0, err);
    free(path);
    return status;
}

/* Replaces a link that leads nowhere; any other stays: a commit's content never changes. */
static bool make_link(const char *target, const char *path) {
    struct stat info;
    if (symlink(target, path) == 0)
        return true;
    if (errno != EEXIST)
        return false;
    return stat(path, &info) == 0 || (unlink(path) == 0 && symlink(target, path) == 0);
}

/* snapshots/COMMIT/NAME -> ../../blobs/ETAG; the content itself on a disk without links. */
static pali_status link_blob(const pali_hub_session *session, const pali_hub_file *file,
                             pali_error *err) {
    char *path = snapshot_path(session, "snapshots", file->name, err);
    char *target = pali_path(err, "../../blobs/%s", file->etag);
    char *blob = pali_path(err, "%s/blobs/%s", session->folder, file->etag);
    pali_status status = path && target && blob ? make_parents(path, err) : PALI_ERROR_MEMORY;
    if (!status && !make_link(target, path)) {
        bool no_links = errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS;
        if (!no_links || rename(blob, path) != 0)
            status = pali_fail_errno(err, path, "cannot make the link");
    }
    free(path);
    free(target);
    free(blob);
    return status;
}

static pali_status write_ref(const pali_hub_session *session, pali_error *err) {
    char commit[PALI_COMMIT_SIZE];
    if (pali_hub_cached_commit(commit, session->folder, session->name.revision) &&
        strcmp(commit, session->commit) == 0)
        return PALI_OK;
    char *path = pali_path(err, "%s/refs/%s", session->folder, session->name.revision);
    if (!path)
        return PALI_ERROR_MEMORY;
    pali_status status = make_parents(path, err);
    if (!status)
        status = pali_write_file(path, session->commit, strlen(session->commit), err);
    free(path);
    return status;
}

/* ---- files ---- */

/* Puts a file on the list of what is to be fetched unless it is here already. `*present`: the
 * repository has it. */
static pali_status add_file(pali_hub_session *session, file_list *list, const char *name,
                            bool *present, pali_error *err) {
    *present = exists(session, "snapshots", name);
    if (*present || exists(session, ".no_exist", name))
        return PALI_OK;
    if (list->count == MAX_FILES)
        return pali_fail(err, PALI_ERROR_LIMIT, "%s: more than %d files", session->name.text,
                         MAX_FILES);
    pali_hub_file *file = &list->files[list->count];
    file->name = strdup(name);
    if (!file->name)
        return pali_fail_memory(err, strlen(name) + 1, "a file name");
    list->count++;
    pali_status status = pali_hub_resolve(session, file, err);
    if (status)
        return status;
    *present = !file->absent;
    file->here = exists(session, "snapshots", name); /* now that the commit is known */
    return file->absent && session->commit[0] ? mark_absent(session, name, err) : PALI_OK;
}

static pali_status add_required(pali_hub_session *session, file_list *list, const char *name,
                                pali_error *err) {
    bool present = false;
    pali_status status = add_file(session, list, name, &present, err);
    if (!status && !present)
        status = pali_fail(err, PALI_ERROR_NOT_FOUND, "%s: has no %s", session->name.text, name);
    return status;
}

/* Fetches what is on the list and empties it. */
static pali_status fetch_files(pali_hub_session *session, file_list *list, pali_error *err) {
    pali_status status = PALI_OK;
    for (size_t i = 0; i < list->count; i++) {
        pali_hub_file *file = &list->files[i];
        if (!status && !file->absent && !file->here) {
            status = pali_hub_fetch_blob(session, file, err);
            if (!status)
                status = link_blob(session, file, err);
        }
        free(file->name);
        free(file->location);
        *file = (pali_hub_file){0};
    }
    list->count = 0;
    return status;
}

static void drop_files(file_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        free(list->files[i].name);
        free(list->files[i].location);
    }
    list->count = 0;
}

static uint64_t size_of(const pali_hub_session *session, const char *etag, const char *ending) {
    struct stat info;
    char *path = pali_path(NULL, "%s/blobs/%s%s", session->folder, etag, ending);
    uint64_t size = path && stat(path, &info) == 0 ? (uint64_t)info.st_size : 0;
    free(path);
    return size;
}

/* Whether the disk has room for what is still to come. */
static pali_status check_room(const pali_hub_session *session, const file_list *list,
                              pali_error *err) {
    uint64_t needed = 0;
    for (size_t i = 0; i < list->count; i++) {
        const pali_hub_file *file = &list->files[i];
        uint64_t have = file->here ? file->size : size_of(session, file->etag, "");
        if (have != file->size)
            have = size_of(session, file->etag, ".incomplete");
        uint64_t rest = have < file->size ? file->size - have : 0;
        if (__builtin_add_overflow(needed, rest, &needed))
            needed = UINT64_MAX;
    }
    struct statvfs disk;
    if (needed == 0 || statvfs(session->folder, &disk) != 0)
        return PALI_OK;
    uint64_t room = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (needed < room && room - needed >= ROOM_TO_SPARE)
        return PALI_OK;
    return pali_fail(err, PALI_ERROR_IO, "%s: %.2f GB are to come, and %s has room for %.2f GB",
                     session->name.text, (double)needed * 1e-9, session->folder,
                     (double)room * 1e-9);
}

/* "FOLDER/blobs" and the folder of the locks. */
static pali_status make_folders(const pali_hub_session *session, pali_error *err) {
    char *blobs = pali_path(err, "%s/blobs/", session->folder);
    char *locks = pali_path(err, "%s/", session->locks);
    pali_status status = blobs && locks ? make_parents(blobs, err) : PALI_ERROR_MEMORY;
    if (!status)
        status = make_parents(locks, err);
    free(blobs);
    free(locks);
    return status;
}

/* Configuration and tokenizer. */
static pali_status add_small_files(pali_hub_session *session, file_list *list, pali_error *err) {
    static const char *const optional[] = {"generation_config.json", "preprocessor_config.json",
                                           "tokenizer_config.json"};
    pali_status status = add_required(session, list, "config.json", err);
    bool present = false, json = false, model = false;
    for (size_t i = 0; i < sizeof optional / sizeof *optional && !status; i++)
        status = add_file(session, list, optional[i], &present, err);
    if (!status)
        status = add_file(session, list, "tokenizer.json", &json, err);
    if (!status)
        status = add_file(session, list, "tokenizer.model", &model, err);
    if (!status && !json && !model)
        status =
            pali_fail(err, PALI_ERROR_NOT_FOUND,
                      "%s: has neither tokenizer.json nor tokenizer.model", session->name.text);
    return status;
}

/* The index is fetched at once: it names the rest. */
static pali_status add_shards(pali_hub_session *session, file_list *list, pali_error *err) {
    pali_status status = add_required(session, list, PALI_INDEX_FILE, err);
    if (!status)
        status = fetch_files(session, list, err);
    if (status)
        return status;
    char *path = snapshot_path(session, "snapshots", PALI_INDEX_FILE, err);
    pali_buffer text;
    pali_buffer_init(&text, MAX_INDEX);
    char **names = NULL;
    size_t count = 0;
    status = path ? pali_read_file(&text, path, err) : PALI_ERROR_MEMORY;
    if (!status)
        status = pali_shards_parse(&names, &count, text.data ? text.data : "", text.size,
                                   PALI_INDEX_FILE, err);
    for (size_t i = 0; i < count && !status; i++)
        status = add_required(session, list, names[i], err);
    pali_shards_free(&names, count);
    pali_buffer_free(&text);
    free(path);
    return status;
}

static pali_status pull_files(pali_hub_session *session, file_list *list, pali_error *err) {
    bool single = false;
    pali_status status = add_small_files(session, list, err);
    if (!status)
        status = make_folders(session, err);
    if (!status)
        status = check_room(session, list, err);
    if (!status)
        status = fetch_files(session, list, err);
    if (!status)
        status = add_file(session, list, PALI_WEIGHTS_FILE, &single, err);
    if (!status && !single)
        status = add_shards(session, list, err);
    if (!status)
        status = check_room(session, list, err);
    if (!status)
        status = fetch_files(session, list, err);
    if (!status && !pali_is_commit(session->name.revision))
        status = write_ref(session, err);
    return status;
}

/* ---- the whole ---- */

static pali_status open_session(pali_hub_session *session, pali_error *err) {
    pali_buffer_init(&session->endpoint, MAX_PATH_TEXT);
    pali_buffer_init(&session->token, MAX_PATH_TEXT);
    session->head_timeout = pali_hub_timeout("HF_HUB_ETAG_TIMEOUT", 10);
    session->body_timeout = pali_hub_timeout("HF_HUB_DOWNLOAD_TIMEOUT", 10);
    const char *repository = session->name.repository;
    pali_status status = pali_hub_repository_folder(&session->folder, repository, false, err);
    if (!status)
        status = pali_hub_repository_folder(&session->locks, repository, true, err);
    if (!status)
        status = pali_hub_endpoint(&session->endpoint, err);
    if (!status && !pali_is_url(session->endpoint.data))
        status = pali_fail(err, PALI_ERROR_ARGUMENT, "%s: HF_ENDPOINT is not an http or https URL",
                           session->name.text);
    return status;
}

static void close_session(pali_hub_session *session) {
    pali_http_free(&session->http);
    pali_buffer_free(&session->endpoint);
    pali_buffer_free(&session->token);
    free(session->folder);
    free(session->locks);
}

/* The snapshot that is on this machine; NULL if there is none, or not all of it. */
static char *cached(const pali_hub_session *session) {
    char commit[PALI_COMMIT_SIZE], missing[PALI_MISSING_SIZE];
    if (!pali_hub_cached_commit(commit, session->folder, session->name.revision))
        return NULL;
    char *path = pali_path(NULL, "%s/snapshots/%s", session->folder, commit);
    if (path && pali_hub_is_complete(path, missing))
        return path;
    free(path);
    return NULL;
}

static pali_status pull_online(pali_hub_session *session, char **directory, pali_error *err) {
    pali_status status = pali_hub_token(&session->token, err);
    if (!status)
        status = pali_http_create(&session->http, err);
    if (status)
        return status;
    if (pali_is_commit(session->name.revision))
        memcpy(session->commit, session->name.revision, PALI_COMMIT_SIZE);
    file_list *list = calloc(1, sizeof *list);
    if (!list)
        return pali_fail_memory(err, sizeof *list, "a list of files");
    status = pull_files(session, list, err);
    drop_files(list);
    free(list);
    if (status)
        return status;
    *directory = pali_path(err, "%s/snapshots/%s", session->folder, session->commit);
    return *directory ? PALI_OK : PALI_ERROR_MEMORY;
}

/* Hands the cause on; of a repository's file only its own name may be in it. */
static pali_status name_repository(const pali_hub_session *session, const pali_error *cause,
                                   pali_error *err) {
    const char *name = session->name.text;
    bool named = strstr(cause->message, name) != NULL;
    return pali_fail(err, cause->code, "%s%s%s", named ? "" : name, named ? "" : ": ",
                     cause->message);
}

static pali_status pull(pali_hub_session *session, char **directory, bool *from_cache,
                        pali_error *err) {
    char *copy = cached(session);
    bool fixed = pali_is_commit(session->name.revision), offline = pali_hub_is_offline();
    if (copy && (fixed || offline)) {
        *directory = copy;
        *from_cache = !fixed;
        return PALI_OK;
    }
    if (offline)
        return pali_fail(err, PALI_ERROR_NOT_FOUND,
                         "%s: not on this machine, and HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE "
                         "forbids to fetch it",
                         session->name.text);
    pali_error cause = PALI_ERROR_INIT;
    pali_status status = pull_online(session, directory, &cause);
    if (status == PALI_ERROR_NETWORK && copy && !session->commit[0]) {
        *directory = copy;
        *from_cache = true;
        return PALI_OK;
    }
    free(copy);
    return status ? name_repository(session, &cause, err) : PALI_OK;
}

pali_status pali_hub_pull(char **directory, bool *from_cache, const char *model,
                          const pali_hub_options *options, pali_error *err) {
    static const pali_hub_options defaults = PALI_HUB_OPTIONS_INIT;
    pali_hub_session session = {.options = options ? options : &defaults};
    char *found = NULL;
    bool old = false;
    if (!pali_hub_name_parse(&session.name, model))
        return pali_fail(err, PALI_ERROR_ARGUMENT,
                         "%.200s: ORG/NAME or ORG/NAME@REVISION is what can be pulled", model);
    pali_status status = open_session(&session, err);
    if (!status)
        status = pull(&session, &found, &old, err);
    close_session(&session);
    if (!status) {
        *directory = found;
        if (from_cache)
            *from_cache = old;
    }
    return status;
}
