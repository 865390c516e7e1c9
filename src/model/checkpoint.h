/* A directory of weights: one safetensors file, or shards with an index, under one set of names. */
#ifndef PALI_MODEL_CHECKPOINT_H
#define PALI_MODEL_CHECKPOINT_H

#include "model/safetensors.h"

typedef struct pali_checkpoint pali_checkpoint;

/* Opens `directory`/model.safetensors, or every shard that model.safetensors.index.json names. */
pali_status pali_checkpoint_open(pali_checkpoint **out, const char *directory, pali_error *err);
void pali_checkpoint_close(pali_checkpoint **checkpoint);

/* Finds a tensor by its canonical name, which is the same for every version of the writer:
 *     vision.<...>      for [model.]vision_tower.[vision_model.]<...>
 *     projector.<...>   for [model.]multi_modal_projector.<...>
 *     text.<...>        for [model.]language_model.[model.]<...>
 * NULL when there is none. */
const pali_tensor *pali_checkpoint_find(const pali_checkpoint *checkpoint, const char *name);

/* As find, but an absent tensor, or one whose shape is not `shape` [rank], is an error. */
pali_status pali_checkpoint_get(const pali_checkpoint *checkpoint, const char *name, size_t rank,
                                const size_t *shape, const pali_tensor **out, pali_error *err);

/* Every tensor and its canonical name, sorted by that name. */
size_t pali_checkpoint_count(const pali_checkpoint *checkpoint);
const pali_tensor *pali_checkpoint_tensor(const pali_checkpoint *checkpoint, size_t index,
                                          const char **canonical_name);

/* The files, in the order of their names; nothing here is to be closed. */
size_t pali_checkpoint_num_files(const pali_checkpoint *checkpoint);
const pali_safetensors *pali_checkpoint_file(const pali_checkpoint *checkpoint, size_t index);

/* Metadata of the first file; NULL when there is none. */
const char *pali_checkpoint_metadata(const pali_checkpoint *checkpoint, const char *key);

#endif
