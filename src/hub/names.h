/* What names a checkpoint on the Hub, and what may not become part of a path or a URL. */
#ifndef PALI_HUB_NAMES_H
#define PALI_HUB_NAMES_H

#include "base/buffer.h"

enum { PALI_MAX_REPOSITORY = 193, PALI_MAX_REVISION = 255, PALI_COMMIT_SIZE = 41 };

/* ORG/NAME[@REVISION], checked: safe as parts of a path. */
typedef struct pali_hub_name {
    char repository[PALI_MAX_REPOSITORY + 1];               /* "org/name" */
    char revision[PALI_MAX_REVISION + 1];                   /* "main" unless named */
    char text[PALI_MAX_REPOSITORY + PALI_MAX_REVISION + 2]; /* as the user would type it */
} pali_hub_name;

/* False if `model` is not of this form. */
bool pali_hub_name_parse(pali_hub_name *out, const char *model);

/* 40 lower-case hexadecimal digits. */
bool pali_is_commit(const char *text);

/* The commit in the content of a refs/ file (white space around it is allowed). */
bool pali_parse_ref(char commit[PALI_COMMIT_SIZE], const char *bytes, size_t size);

/* Appends "ENDPOINT/ORG/NAME/resolve/REVISION/FILE", percent-encoded. */
pali_status pali_hub_url(pali_buffer *out, const char *endpoint, const char *repository,
                         const char *revision, const char *file, pali_error *err);

/* Whether `name` can be the name of a file in one folder: not empty, no slash, no control
 * character, does not begin with a dot. */
bool pali_is_file_name(const char *name);

/* The distinct file names of an index's "weight_map", in order of first mention. `names` and its
 * elements are malloc'ed; see pali_shards_free. A name that is none of one folder is refused.
 * `name` of the index is for messages. */
pali_status pali_shards_parse(char ***names, size_t *count, const char *bytes, size_t size,
                              const char *name, pali_error *err);
void pali_shards_free(char ***names, size_t count);

#endif
