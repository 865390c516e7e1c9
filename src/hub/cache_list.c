/* What is in the cache. Anything may lie there: links that lead nowhere, files where folders are
 * expected, folders of other programs. What does not have the cache's form is left out. */
#include "hub/cache.h"
#include "hub/environment.h"
#include "pali/hub.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_MODELS = 65536, MAX_DEPTH = 8, MAX_ROOT = 65536 };

typedef struct model_list {
    pali_hub_model *models;
    size_t count, capacity;
    pali_error *err;
    pali_status status;
} model_list;

/* Called with each entry's name and path; false ends the walk. */
typedef bool (*entry_fn)(void *context, const char *name, const char *path);

/* Entries in no order; none where the folder cannot be read. */
static bool each_entry(const char *folder, entry_fn fn, void *context) {
    DIR *stream = opendir(folder);
    bool go_on = true;
    for (struct dirent *entry; stream && go_on && (entry = readdir(stream));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *path = pali_path(NULL, "%s/%s", folder, entry->d_name);
        if (path)
            go_on = fn(context, entry->d_name, path);
        free(path);
    }
    if (stream)
        closedir(stream);
    return go_on;
}

/* The size of the files of a snapshot, links followed. */
typedef struct size_walk {
    uint64_t bytes;
    int depth;
} size_walk;

static bool add_size(void *context, const char *name, const char *path) {
    size_walk *walk = context;
    struct stat info, link;
    (void)name;
    if (stat(path, &info) != 0 || lstat(path, &link) != 0)
        return true;
    if (S_ISREG(info.st_mode))
        walk->bytes += (uint64_t)info.st_size;
    if (S_ISDIR(link.st_mode) && walk->depth < MAX_DEPTH) {
        walk->depth++;
        each_entry(path, add_size, walk);
        walk->depth--;
    }
    return true;
}

/* Looks for the revision that leads to a commit. */
typedef struct ref_walk {
    const char *folder; /* of the repository */
    const char *commit;
    char *revision; /* found; the first in order of name */
    int depth;
} ref_walk;

static bool check_ref(void *context, const char *name, const char *path) {
    ref_walk *walk = context;
    struct stat info;
    char commit[PALI_COMMIT_SIZE];
    (void)name;
    if (lstat(path, &info) != 0)
        return true;
    if (S_ISDIR(info.st_mode) && walk->depth < MAX_DEPTH) {
        walk->depth++;
        each_entry(path, check_ref, walk);
        walk->depth--;
    }
    const char *revision = path + strlen(walk->folder) + strlen("/refs/");
    if (S_ISREG(info.st_mode) && pali_hub_cached_commit(commit, walk->folder, revision) &&
        strcmp(commit, walk->commit) == 0 &&
        (!walk->revision || strcmp(revision, walk->revision) < 0)) {
        free(walk->revision);
        walk->revision = strdup(revision);
    }
    return true;
}

static void free_model(pali_hub_model *model) {
    free(model->repository);
    free(model->revision);
    free(model->commit);
    free(model->directory);
}

/* Takes the model over; false for lack of memory. */
static bool append(model_list *list, pali_hub_model *model) {
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 16;
        pali_hub_model *grown =
            capacity <= MAX_MODELS ? realloc(list->models, capacity * sizeof *grown) : NULL;
        if (!grown) {
            free_model(model);
            list->status = pali_fail_memory(list->err, capacity * sizeof *grown, "a list");
            return false;
        }
        list->models = grown;
        list->capacity = capacity;
    }
    list->models[list->count++] = *model;
    return true;
}

/* One repository that is being listed. */
typedef struct repository_walk {
    model_list *list;
    const char *folder, *repository;
} repository_walk;

static bool add_snapshot(void *context, const char *name, const char *path) {
    repository_walk *walk = context;
    struct stat info;
    char missing[PALI_MISSING_SIZE];
    if (!pali_is_commit(name) || stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        return true;
    size_walk size = {0, 0};
    each_entry(path, add_size, &size);
    char *refs = pali_path(NULL, "%s/refs", walk->folder);
    ref_walk ref = {walk->folder, name, NULL, 0};
    if (refs)
        each_entry(refs, check_ref, &ref);
    free(refs);
    pali_hub_model model = {.repository = strdup(walk->repository),
                            .revision = ref.revision,
                            .commit = strdup(name),
                            .directory = strdup(path),
                            .bytes = size.bytes,
                            .complete = pali_hub_is_complete(path, missing)};
    if (!model.repository || !model.commit || !model.directory) {
        free_model(&model);
        walk->list->status = pali_fail_memory(walk->list->err, strlen(path), "a list");
        return false;
    }
    return append(walk->list, &model);
}

/* "models--ORG--NAME" */
static bool add_repository(void *context, const char *name, const char *path) {
    model_list *list = context;
    static const char prefix[] = "models--";
    pali_hub_name checked;
    const char *org = name + sizeof prefix - 1;
    const char *dashes = strncmp(name, prefix, sizeof prefix - 1) == 0 ? strstr(org, "--") : NULL;
    if (!dashes)
        return true;
    char *repository = pali_path(NULL, "%.*s/%s", (int)(dashes - org), org, dashes + 2);
    char *snapshots = pali_path(NULL, "%s/snapshots", path);
    if (repository && snapshots && pali_hub_name_parse(&checked, repository)) {
        repository_walk walk = {list, path, repository};
        each_entry(snapshots, add_snapshot, &walk);
    }
    free(repository);
    free(snapshots);
    return list->status == PALI_OK;
}

static int by_name(const void *left, const void *right) {
    const pali_hub_model *a = left, *b = right;
    int order = strcmp(a->repository, b->repository);
    return order ? order : strcmp(a->commit, b->commit);
}

pali_status pali_hub_list(pali_hub_model **models, size_t *count, pali_error *err) {
    pali_buffer root;
    pali_buffer_init(&root, MAX_ROOT);
    model_list list = {.err = err};
    list.status = pali_hub_cache_root(&root, err);
    if (!list.status)
        each_entry(root.data, add_repository, &list);
    pali_buffer_free(&root);
    if (list.status) {
        pali_hub_list_free(&list.models, list.count);
        return list.status;
    }
    if (list.count)
        qsort(list.models, list.count, sizeof *list.models, by_name);
    *models = list.models;
    *count = list.count;
    return PALI_OK;
}

void pali_hub_list_free(pali_hub_model **models, size_t count) {
    for (size_t i = 0; *models && i < count; i++)
        free_model(&(*models)[i]);
    free(*models);
    *models = NULL;
}
