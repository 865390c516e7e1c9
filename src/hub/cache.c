/* The Hugging Face cache as it is found on disk. Only reads; pull.c writes. */
#include "hub/cache.h"

#include "base/file.h"
#include "hub/environment.h"
#include "pali/hub.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_ROOT = 65536, MAX_REF = 256, MAX_INDEX = 64 << 20 };

char *pali_path(pali_error *err, const char *format, ...) {
    char *path = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&path, format, args) < 0) {
        pali_fail_memory(err, strlen(format), "a path");
        path = NULL;
    }
    va_end(args);
    return path;
}

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

pali_status pali_hub_repository_folder(char **out, const char *repository, bool locks,
                                       pali_error *err) {
    pali_buffer path;
    pali_buffer_init(&path, MAX_ROOT);
    const char *slash = strchr(repository, '/');
    pali_status status = pali_hub_cache_root(&path, err);
    if (!status)
        status = pali_buffer_printf(&path, err, "%s/models--%.*s--%s", locks ? "/.locks" : "",
                                    (int)(slash - repository), repository, slash + 1);
    if (!status)
        status = pali_buffer_take(&path, out, NULL, err);
    pali_buffer_free(&path);
    return status;
}

/* Reads `path` within `limit` bytes. */
static bool read_small(pali_buffer *out, const char *path, size_t limit) {
    pali_buffer_init(out, limit);
    return path && pali_read_file(out, path, NULL) == PALI_OK;
}

bool pali_hub_cached_commit(char commit[PALI_COMMIT_SIZE], const char *folder,
                            const char *revision) {
    if (pali_is_commit(revision)) {
        memcpy(commit, revision, PALI_COMMIT_SIZE);
        return true;
    }
    char *path = pali_path(NULL, "%s/refs/%s", folder, revision);
    pali_buffer text;
    bool found = read_small(&text, path, MAX_REF) && text.size &&
                 pali_parse_ref(commit, text.data, text.size);
    pali_buffer_free(&text);
    free(path);
    return found;
}

static bool has_file(const char *snapshot, const char *file, char *missing) {
    struct stat info;
    char *path = pali_path(NULL, "%s/%s", snapshot, file);
    bool found = path && stat(path, &info) == 0 && S_ISREG(info.st_mode);
    free(path);
    if (!found)
        snprintf(missing, PALI_MISSING_SIZE, "%s", file);
    return found;
}

/* Every shard that the index names. */
static bool has_shards(const char *snapshot, char *missing) {
    char **names = NULL;
    size_t count = 0;
    char *path = pali_path(NULL, "%s/" PALI_INDEX_FILE, snapshot);
    pali_buffer text;
    bool good = read_small(&text, path, MAX_INDEX) && text.size &&
                pali_shards_parse(&names, &count, text.data, text.size, path, NULL) == PALI_OK;
    if (!good)
        snprintf(missing, PALI_MISSING_SIZE, "a usable " PALI_INDEX_FILE);
    for (size_t i = 0; i < count && good; i++)
        good = has_file(snapshot, names[i], missing);
    pali_shards_free(&names, count);
    pali_buffer_free(&text);
    free(path);
    return good;
}

bool pali_hub_is_complete(const char *snapshot, char *missing) {
    char unused[PALI_MISSING_SIZE];
    if (!has_file(snapshot, "config.json", missing))
        return false;
    if (!has_file(snapshot, "tokenizer.model", unused) &&
        !has_file(snapshot, "tokenizer.json", missing))
        return false;
    if (has_file(snapshot, PALI_INDEX_FILE, unused))
        return has_file(snapshot, PALI_WEIGHTS_FILE, unused) || has_shards(snapshot, missing);
    return has_file(snapshot, PALI_WEIGHTS_FILE, missing);
}

/* The folder of a snapshot; it is incomplete or not there if `missing` is not empty. */
static pali_status find_snapshot(char **out, const pali_hub_name *name, char *missing,
                                 pali_error *err) {
    char *folder = NULL, commit[PALI_COMMIT_SIZE];
    pali_status status = pali_hub_repository_folder(&folder, name->repository, false, err);
    if (status)
        return status;
    if (!pali_hub_cached_commit(commit, folder, name->revision)) {
        free(folder);
        return pali_fail(err, PALI_ERROR_NOT_FOUND, "%s: not on this machine: run rxscan pull %s",
                         name->text, name->text);
    }
    char *snapshot = pali_path(err, "%s/snapshots/%s", folder, commit);
    free(folder);
    if (!snapshot)
        return PALI_ERROR_MEMORY;
    if (!is_folder(snapshot))
        status = pali_fail(err, PALI_ERROR_NOT_FOUND, "%s: not on this machine: run rxscan pull %s",
                           name->text, name->text);
    else if (!pali_hub_is_complete(snapshot, missing))
        status = pali_fail(err, PALI_ERROR_NOT_FOUND,
                           "%s: not wholly on this machine (%s is missing): run rxscan pull %s",
                           name->text, missing, name->text);
    if (status)
        free(snapshot);
    else
        *out = snapshot;
    return status;
}

pali_status pali_hub_find(char **directory, const char *model, pali_error *err) {
    pali_hub_name name;
    char missing[PALI_MISSING_SIZE] = "";
    struct stat info;
    if (stat(model, &info) == 0) {
        if (!S_ISDIR(info.st_mode))
            return pali_fail(err, PALI_ERROR_ARGUMENT,
                             "%s: a model is a folder, and this is a file", model);
        char *copy = strdup(model);
        if (!copy)
            return pali_fail_memory(err, strlen(model) + 1, "a path");
        *directory = copy;
        return PALI_OK;
    }
    if (!pali_hub_name_parse(&name, model))
        return pali_fail(err, PALI_ERROR_NOT_FOUND,
                         "%s: there is no such folder, and it is no ORG/NAME[@REVISION]", model);
    return find_snapshot(directory, &name, missing, err);
}
