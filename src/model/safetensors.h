/* The safetensors container: a JSON header and one block of tensors, mapped and never copied. */
#ifndef PALI_MODEL_SAFETENSORS_H
#define PALI_MODEL_SAFETENSORS_H

#include "base/arena.h"
#include "base/file.h"

typedef enum pali_dtype {
    PALI_DTYPE_F32,
    PALI_DTYPE_F16,
    PALI_DTYPE_BF16,
    PALI_DTYPE_I32,
    PALI_DTYPE_U8,
    PALI_DTYPE_OTHER, /* of a known size, but of no use here */
} pali_dtype;

enum { PALI_MAX_RANK = 8 };

typedef struct pali_tensor {
    const char *name;
    pali_dtype dtype;
    const char *dtype_name; /* "BF16" */
    size_t rank, shape[PALI_MAX_RANK];
    const unsigned char *data; /* in the mapped file, at any alignment */
    size_t size;               /* bytes */
} pali_tensor;

typedef struct pali_safetensors {
    pali_mapped_file file;
    pali_arena arena;
    pali_tensor *tensors; /* sorted by their place in the file */
    size_t count;
    const char *(*metadata)[2]; /* pairs of key and value */
    size_t metadata_count;
} pali_safetensors;

/* Checks everything that the format promises: header within the file, shapes that fit their bytes,
 * and tensors that cover the data without hole or overlap. A file that is cut or longer than its
 * header says is PALI_ERROR_FORMAT. */
pali_status pali_safetensors_open(pali_safetensors *out, const char *path, pali_error *err);

/* The same over bytes that the caller keeps; nothing is unmapped on close. */
pali_status pali_safetensors_parse(pali_safetensors *out, const unsigned char *bytes, size_t size,
                                   const char *name, pali_error *err);

void pali_safetensors_close(pali_safetensors *file);

/* NULL when there is none. */
const pali_tensor *pali_safetensors_find(const pali_safetensors *file, const char *name);
const char *pali_safetensors_metadata(const pali_safetensors *file, const char *key);

#endif
