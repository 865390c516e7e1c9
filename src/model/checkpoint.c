/* A directory of weights. The writer's module tree changed its names over the years (4.51, 4.52 and
 * 5 of transformers differ); here every tensor gets one canonical name, and the list is sorted
 * once. */
#include "model/checkpoint.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INDEX_NAME "model.safetensors.index.json"

enum { MAX_SHARDS = 1024 };

typedef struct named_tensor {
    const char *name; /* canonical */
    const pali_tensor *tensor;
} named_tensor;

struct pali_checkpoint {
    char *directory;
    pali_arena arena;
    pali_safetensors *files;
    size_t num_files;
    named_tensor *tensors;
    size_t num_tensors;
};

static const char *skip_prefix(const char *name, const char *prefix) {
    size_t length = strlen(prefix);
    return strncmp(name, prefix, length) == 0 ? name + length : name;
}

/* Canonical name in the arena; NULL for lack of memory. */
static const char *canonical(pali_checkpoint *checkpoint, const char *name, pali_error *err) {
    static const struct {
        const char *part, *optional, *name;
    } parts[] = {
        {"vision_tower.", "vision_model.", "vision."},
        {"multi_modal_projector.", "", "projector."},
        {"language_model.", "model.", "text."},
    };
    name = skip_prefix(name, "model.");
    const char *prefix = "";
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *rest = skip_prefix(name, parts[i].part);
        if (rest != name) {
            prefix = parts[i].name;
            name = skip_prefix(rest, parts[i].optional);
            break;
        }
    }
    size_t head = strlen(prefix), tail = strlen(name);
    char *text = pali_arena_alloc(&checkpoint->arena, head + tail + 1, 1, "a tensor name", err);
    if (!text)
        return NULL;
    memcpy(text, prefix, head);
    memcpy(text + head, name, tail + 1);
    return text;
}

/* The output matrix is the embedding table; writers differ in whether they repeat it. */
static bool is_ignored(const char *name) {
    const char *last = strrchr(name, '.');
    return strcmp(name, "lm_head.weight") == 0 || strcmp(name, "text.lm_head.weight") == 0 ||
           (last && strcmp(last, ".position_ids") == 0);
}

static int by_name(const void *left, const void *right) {
    return strcmp(((const named_tensor *)left)->name, ((const named_tensor *)right)->name);
}

static pali_status index_tensors(pali_checkpoint *checkpoint, pali_error *err) {
    size_t total = 0;
    for (size_t i = 0; i < checkpoint->num_files; i++)
        total += checkpoint->files[i].count;
    checkpoint->tensors = pali_arena_alloc(&checkpoint->arena, total ? total : 1,
                                           sizeof *checkpoint->tensors, "tensor names", err);
    if (!checkpoint->tensors)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < checkpoint->num_files; i++) {
        const pali_safetensors *file = &checkpoint->files[i];
        for (size_t k = 0; k < file->count; k++) {
            const char *name = canonical(checkpoint, file->tensors[k].name, err);
            if (!name)
                return PALI_ERROR_MEMORY;
            if (!is_ignored(name))
                checkpoint->tensors[checkpoint->num_tensors++] =
                    (named_tensor){name, &file->tensors[k]};
        }
    }
    named_tensor *tensors = checkpoint->tensors;
    qsort(tensors, checkpoint->num_tensors, sizeof *tensors, by_name);
    for (size_t i = 1; i < checkpoint->num_tensors; i++)
        if (strcmp(tensors[i - 1].name, tensors[i].name) == 0)
            return pali_fail(err, PALI_ERROR_FORMAT, "%s: two tensors named %s",
                             checkpoint->directory, tensors[i].name);
    return PALI_OK;
}

static pali_status open_file(pali_checkpoint *checkpoint, const char *name, pali_error *err) {
    char *path = NULL;
    pali_status status = pali_join_path(&path, checkpoint->directory, name, err);
    if (status)
        return status;
    status = pali_safetensors_open(&checkpoint->files[checkpoint->num_files], path, err);
    if (!status)
        checkpoint->num_files++;
    free(path);
    return status;
}

static int by_text(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The distinct file names of the index's weight_map, sorted. A name must be one of this directory:
 * no slash. */
static pali_status shard_names(pali_checkpoint *checkpoint, const json_t *map, const char *path,
                               const char **names, size_t *count, pali_error *err) {
    const char *tensor;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)map, tensor, value) {
        const char *name = json_string_value(value);
        if (!name || !*name || strchr(name, '/'))
            return pali_fail(err, PALI_ERROR_FORMAT, "%s: tensor \"%.200s\" has no file name", path,
                             tensor);
        size_t i = 0;
        while (i < *count && strcmp(names[i], name) != 0)
            i++;
        if (i < *count)
            continue;
        if (*count == MAX_SHARDS)
            return pali_fail(err, PALI_ERROR_LIMIT, "%s: more than %d files", path, MAX_SHARDS);
        names[*count] = pali_arena_text(&checkpoint->arena, name, strlen(name), err);
        if (!names[*count])
            return PALI_ERROR_MEMORY;
        ++*count;
    }
    qsort(names, *count, sizeof *names, by_text);
    return *count ? PALI_OK
                  : pali_fail(err, PALI_ERROR_FORMAT, "%s: \"weight_map\" is empty", path);
}

/* Every tensor must be in the shard that the index names. */
static pali_status check_index(const pali_checkpoint *checkpoint, const json_t *map,
                               const char *path, pali_error *err) {
    const char *tensor;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)map, tensor, value) {
        bool found = false;
        for (size_t i = 0; i < checkpoint->num_files && !found; i++)
            found = pali_safetensors_find(&checkpoint->files[i], tensor) != NULL;
        if (!found)
            return pali_fail(err, PALI_ERROR_FORMAT, "%s: tensor \"%.200s\" is not in %s", path,
                             tensor, json_string_value(value));
    }
    return PALI_OK;
}

static pali_status open_shards(pali_checkpoint *checkpoint, const char *path, pali_error *err) {
    json_t *root = NULL;
    pali_status status = pali_json_load(&root, path, err);
    if (status)
        return status;
    pali_json_reader reader = {root, path, PALI_OK, err};
    const json_t *map = pali_json_object(&reader, "weight_map");
    const char **names =
        pali_arena_alloc(&checkpoint->arena, MAX_SHARDS, sizeof *names, "shard names", err);
    size_t count = 0;
    status = reader.status ? reader.status
             : !names      ? PALI_ERROR_MEMORY
                           : shard_names(checkpoint, map, path, names, &count, err);
    if (!status) {
        checkpoint->files =
            pali_arena_alloc(&checkpoint->arena, count, sizeof *checkpoint->files, "shards", err);
        status = checkpoint->files ? PALI_OK : PALI_ERROR_MEMORY;
    }
    for (size_t i = 0; i < count && !status; i++)
        status = open_file(checkpoint, names[i], err);
    if (!status)
        status = check_index(checkpoint, map, path, err);
    json_decref(root);
    return status;
}

static pali_status open_single(pali_checkpoint *checkpoint, pali_error *err) {
    checkpoint->files =
        pali_arena_alloc(&checkpoint->arena, 1, sizeof *checkpoint->files, "a shard", err);
    return checkpoint->files ? open_file(checkpoint, "model.safetensors", err) : PALI_ERROR_MEMORY;
}

static pali_status open_files(pali_checkpoint *checkpoint, pali_error *err) {
    pali_error cause = PALI_ERROR_INIT;
    pali_status status = open_single(checkpoint, &cause);
    if (status != PALI_ERROR_NOT_FOUND)
        return status ? pali_fail(err, status, "%s", cause.message) : status;
    char *index = NULL;
    status = pali_join_path(&index, checkpoint->directory, INDEX_NAME, err);
    if (status)
        return status;
    if (access(index, F_OK) != 0)
        status = pali_fail(&cause, PALI_ERROR_NOT_FOUND, "%s: neither model.safetensors nor %s",
                           checkpoint->directory, INDEX_NAME);
    else
        status = open_shards(checkpoint, index, &cause);
    free(index);
    return status ? pali_fail(err, status, "%s", cause.message) : status;
}

pali_status pali_checkpoint_open(pali_checkpoint **out, const char *directory, pali_error *err) {
    pali_checkpoint *checkpoint = calloc(1, sizeof *checkpoint);
    if (!checkpoint)
        return pali_fail_memory(err, sizeof *checkpoint, "a checkpoint");
    checkpoint->directory = strdup(directory);
    pali_status status = checkpoint->directory ? open_files(checkpoint, err)
                                               : pali_fail_memory(err, strlen(directory), "a path");
    if (!status)
        status = index_tensors(checkpoint, err);
    if (status)
        pali_checkpoint_close(&checkpoint);
    else
        *out = checkpoint;
    return status;
}

void pali_checkpoint_close(pali_checkpoint **checkpoint) {
    if (!*checkpoint)
        return;
    for (size_t i = 0; i < (*checkpoint)->num_files; i++)
        pali_safetensors_close(&(*checkpoint)->files[i]);
    pali_arena_free(&(*checkpoint)->arena);
    free((*checkpoint)->directory);
    free(*checkpoint);
    *checkpoint = NULL;
}

const pali_tensor *pali_checkpoint_find(const pali_checkpoint *checkpoint, const char *name) {
    named_tensor key = {name, NULL};
    const named_tensor *found = bsearch(&key, checkpoint->tensors, checkpoint->num_tensors,
                                        sizeof *checkpoint->tensors, by_name);
    return found ? found->tensor : NULL;
}

/* "[2304, 9216]" */
static void print_shape(char *out, size_t out_size, size_t rank, const size_t *shape) {
    pali_buffer text;
    pali_buffer_init(&text, out_size - 1);
    pali_buffer_append_text(&text, "[", NULL);
    for (size_t i = 0; i < rank; i++)
        pali_buffer_printf(&text, NULL, i ? ", %zu" : "%zu", shape[i]);
    pali_buffer_append_text(&text, "]", NULL);
    memcpy(out, text.data ? text.data : "", text.size + 1);
    pali_buffer_free(&text);
}

pali_status pali_checkpoint_get(const pali_checkpoint *checkpoint, const char *name, size_t rank,
                                const size_t *shape, const pali_tensor **out, pali_error *err) {
    const pali_tensor *tensor = pali_checkpoint_find(checkpoint, name);
    if (!tensor)
        return pali_fail(err, PALI_ERROR_NOT_FOUND, "%s: there is no tensor %s",
                         checkpoint->directory, name);
    if (tensor->rank != rank || memcmp(tensor->shape, shape, rank * sizeof *shape) != 0) {
        char has[200], needs[200];
        print_shape(has, sizeof has, tensor->rank, tensor->shape);
        print_shape(needs, sizeof needs, rank, shape);
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: tensor %s has shape %s where %s is needed",
                         checkpoint->directory, tensor->name, has, needs);
    }
    *out = tensor;
    return PALI_OK;
}

size_t pali_checkpoint_count(const pali_checkpoint *checkpoint) {
    return checkpoint->num_tensors;
}

const pali_tensor *pali_checkpoint_tensor(const pali_checkpoint *checkpoint, size_t index,
                                          const char **canonical_name) {
    if (canonical_name)
        *canonical_name = checkpoint->tensors[index].name;
    return checkpoint->tensors[index].tensor;
}

size_t pali_checkpoint_num_files(const pali_checkpoint *checkpoint) {
    return checkpoint->num_files;
}

const pali_safetensors *pali_checkpoint_file(const pali_checkpoint *checkpoint, size_t index) {
    return &checkpoint->files[index];
}

const char *pali_checkpoint_metadata(const pali_checkpoint *checkpoint, const char *key) {
    return pali_safetensors_metadata(&checkpoint->files[0], key);
}
