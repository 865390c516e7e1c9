/* A quantised checkpoint's file: how packed matrices lie in safetensors.
 *
 * A matrix `<name>` that was packed (kernels/weights.h) is the U8 tensor `<name>.int8` or
 * `<name>.int4` of one dimension; its rows and columns follow from config.json. Packed tensors come
 * first, at multiples of 64 bytes in the file, and are used where they are mapped. The metadata say
 *     pali.layout         which version of the packing this is
 *     pali.weights        "int8" or "int4": what was asked for
 *     pali.table_dtype    of the source's embedding table: its scale is rounded to that type
 *     pali.source_sha256  of the source's weight files, one behind the other in the order of their
 *                         names (cat model*.safetensors | sha256sum) */
#ifndef PALI_MODEL_QUANTIZED_FILE_H
#define PALI_MODEL_QUANTIZED_FILE_H

#include "model/checkpoint.h"
#include "model/parameters.h"

#define PALI_PACKED_LAYOUT "2"
#define PALI_LAYOUT_KEY "pali.layout"
#define PALI_WEIGHTS_KEY "pali.weights"
#define PALI_TABLE_DTYPE_KEY "pali.table_dtype"
#define PALI_SOURCE_KEY "pali.source_sha256"

enum { PALI_PACKED_ALIGNMENT = 64 };

/* "int8" or "int4"; NULL for other formats. */
const char *pali_packed_suffix(pali_weights format);

/* The format of a tensor of plain numbers; others are an error. */
pali_status pali_plain_format(const pali_tensor *tensor, pali_weights *format, pali_error *err);

/* The matrix of this canonical name and shape, as it lies in the files: plain or packed. */
pali_status pali_stored_matrix(const pali_checkpoint *checkpoint, const char *name, size_t rank,
                               const size_t *shape, pali_matrix *out, pali_error *err);

/* Whether `pali_model_quantize` wrote this checkpoint; another layout than this one is an error. */
pali_status pali_check_layout(const pali_checkpoint *checkpoint, const char *directory,
                              bool *packed, pali_error *err);

/* The type of the embedding table, of a packed one that of its source. */
pali_status pali_table_format(const pali_checkpoint *checkpoint, pali_weights *format,
                              pali_error *err);

#endif
