/* The Hugging Face cache on disk:
 *
 *     ROOT/models--ORG--NAME/refs/REVISION              a commit
 *                            blobs/ETAG                 the content of a file
 *                            snapshots/COMMIT/FILE      -> ../../blobs/ETAG
 *                            .no_exist/COMMIT/FILE      the repository has no such file
 *     ROOT/.locks/models--ORG--NAME/ETAG.lock           flock while a blob is written
 */
#ifndef PALI_HUB_CACHE_H
#define PALI_HUB_CACHE_H

#include "hub/names.h"

#define PALI_INDEX_FILE "model.safetensors.index.json"
#define PALI_WEIGHTS_FILE "model.safetensors"

/* printf for paths: malloc'ed, NULL with `err` filled. */
char *pali_path(pali_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "ROOT/models--ORG--NAME", malloc'ed. `locks`: the folder of its locks instead. */
pali_status pali_hub_repository_folder(char **out, const char *repository, bool locks,
                                       pali_error *err);

/* The commit that a revision means on this machine: the revision itself, or what its file in
 * `folder`/refs says. */
bool pali_hub_cached_commit(char commit[PALI_COMMIT_SIZE], const char *folder,
                            const char *revision);

/* Whether a snapshot has all that a model needs; otherwise `missing` (of MISSING_SIZE) names the
 * first file that it lacks. */
enum { PALI_MISSING_SIZE = 256 };
bool pali_hub_is_complete(const char *snapshot, char *missing);

#endif
