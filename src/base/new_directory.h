/* A new directory that appears whole or not at all. */
#ifndef PALI_BASE_NEW_DIRECTORY_H
#define PALI_BASE_NEW_DIRECTORY_H

#include "base/file.h"

typedef struct pali_new_directory {
    char *path;      /* what it will be called */
    char *temporary; /* what it is called until then: beside it */
} pali_new_directory;

/* Fails if `path` exists and is not an empty directory. */
pali_status pali_new_directory_begin(pali_new_directory *out, const char *path, pali_error *err);

/* A new file in it, of `size` bytes that the disk has room for. */
pali_status pali_new_directory_file(const pali_new_directory *directory, const char *name,
                                    uint64_t size, int *fd, pali_error *err);

/* Copies what describes a model and its tokenizer: the files *.json and *.model of `source`, but
 * not an index of weights. */
pali_status pali_new_directory_copy(const pali_new_directory *directory, const char *source,
                                    pali_error *err);

/* Gives it its name. */
pali_status pali_new_directory_commit(pali_new_directory *directory, pali_error *err);

/* Removes what was not committed, and frees the paths. */
void pali_new_directory_end(pali_new_directory *directory);

#endif
