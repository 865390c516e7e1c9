/* What names a checkpoint on the Hub. Everything that comes from a user or a server and becomes
 * part of a path passes through here. */
#include "hub/names.h"

#include "base/json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PART = 96, MAX_FILE_NAME = 255, MAX_SHARDS = 1024 };

/* An organisation or a repository, as the Hub allows them: letters, digits and "-_.", neither "--"
 * nor "..", which have a meaning in the cache's folder names. */
static bool is_part(const char *text, size_t length) {
    if (length == 0 || length > MAX_PART || text[0] == '.' || text[0] == '-')
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x80 || (!isalnum(c) && c != '-' && c != '_' && c != '.'))
            return false;
        if (i && c == (unsigned char)text[i - 1] && (c == '-' || c == '.'))
            return false;
    }
    return true;
}

/* A branch, a tag, a commit or "refs/pr/1": a relative path without tricks. */
static bool is_revision(const char *text) {
    size_t length = strlen(text);
    if (length == 0 || length > PALI_MAX_REVISION)
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        bool starts = i == 0 || text[i - 1] == '/';
        if (c <= 0x20 || c == 0x7f || c == '\\' || (starts && (c == '.' || c == '/')))
            return false;
    }
    return text[length - 1] != '/';
}

bool pali_hub_name_parse(pali_hub_name *out, const char *model) {
    const char *at = strchr(model, '@'), *slash = strchr(model, '/');
    size_t length = at ? (size_t)(at - model) : strlen(model);
    const char *revision = at ? at + 1 : "main";
    if (!slash || (at && at < slash) || length > PALI_MAX_REPOSITORY)
        return false;
    size_t org = (size_t)(slash - model);
    if (!is_part(model, org) || !is_part(slash + 1, length - org - 1) || !is_revision(revision))
        return false;
    memcpy(out->repository, model, length);
    out->repository[length] = '\0';
    memcpy(out->revision, revision, strlen(revision) + 1);
    memcpy(out->text, model, strlen(model) + 1);
    return true;
}

static bool is_lower_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool pali_is_commit(const char *text) {
    size_t i = 0;
    while (is_lower_hex(text[i]))
        i++;
    return i == PALI_COMMIT_SIZE - 1 && text[i] == '\0';
}

bool pali_parse_ref(char commit[PALI_COMMIT_SIZE], const char *bytes, size_t size) {
    while (size && isspace((unsigned char)bytes[0])) {
        bytes++;
        size--;
    }
    while (size && isspace((unsigned char)bytes[size - 1]))
        size--;
    char text[PALI_COMMIT_SIZE] = "";
    if (size != PALI_COMMIT_SIZE - 1)
        return false;
    memcpy(text, bytes, size);
    if (!pali_is_commit(text))
        return false;
    memcpy(commit, text, sizeof text);
    return true;
}

/* RFC 3986: everything but unreserved characters. */
static pali_status append_encoded(pali_buffer *out, const char *text, pali_error *err) {
    pali_status status = PALI_OK;
    for (; *text && !status; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x80 && (isalnum(c) || strchr("-._~", c)))
            status = pali_buffer_append(out, text, 1, err);
        else
            status = pali_buffer_printf(out, err, "%%%02X", c);
    }
    return status;
}

pali_status pali_hub_url(pali_buffer *out, const char *endpoint, const char *repository,
                         const char *revision, const char *file, pali_error *err) {
    pali_status status = pali_buffer_printf(out, err, "%s/%s/resolve/", endpoint, repository);
    if (!status)
        status = append_encoded(out, revision, err);
    if (!status)
        status = pali_buffer_append_text(out, "/", err);
    return status ? status : append_encoded(out, file, err);
}

bool pali_is_file_name(const char *name) {
    size_t length = strlen(name);
    if (length == 0 || length > MAX_FILE_NAME || name[0] == '.')
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f || name[i] == '/' || name[i] == '\\')
            return false;
    return true;
}

static pali_status collect_shards(char **names, size_t *count, const json_t *map, const char *name,
                                  pali_error *err) {
    const char *tensor;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)map, tensor, value) {
        const char *file = json_string_value(value);
        if (!file || !pali_is_file_name(file) || strlen(file) != json_string_length(value))
            return pali_fail(err, PALI_ERROR_FORMAT,
                             "%s: \"weight_map\" names something that is no file of this "
                             "repository",
                             name);
        size_t i = 0;
        while (i < *count && strcmp(names[i], file) != 0)
            i++;
        if (i < *count)
            continue;
        if (*count == MAX_SHARDS)
            return pali_fail(err, PALI_ERROR_LIMIT, "%s: more than %d files", name, MAX_SHARDS);
        names[*count] = strdup(file);
        if (!names[*count])
            return pali_fail_memory(err, strlen(file) + 1, "a file name");
        ++*count;
    }
    return *count
               ? PALI_OK
               : pali_fail(err, PALI_ERROR_FORMAT, "%s: \"weight_map\" is missing or empty", name);
}

pali_status pali_shards_parse(char ***names, size_t *count, const char *bytes, size_t size,
                              const char *name, pali_error *err) {
    json_t *root = NULL;
    pali_status status = pali_json_parse(&root, bytes, size, name, err);
    if (status)
        return status;
    char **list = calloc(MAX_SHARDS, sizeof *list);
    size_t used = 0;
    pali_json_reader reader = {root, name, PALI_OK, err};
    const json_t *map = pali_json_object(&reader, "weight_map");
    status = reader.status ? reader.status
             : !list       ? pali_fail_memory(err, MAX_SHARDS * sizeof *list, "file names")
                           : collect_shards(list, &used, map, name, err);
    json_decref(root);
    if (status) {
        pali_shards_free(&list, used);
        return status;
    }
    *names = list;
    *count = used;
    return PALI_OK;
}

void pali_shards_free(char ***names, size_t count) {
    for (size_t i = 0; *names && i < count; i++)
        free((*names)[i]);
    free(*names);
    *names = NULL;
}
