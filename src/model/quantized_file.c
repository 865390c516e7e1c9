/* How packed matrices lie in safetensors, for who reads them. */
#include "model/quantized_file.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    pali_dtype dtype;
    pali_weights format;
} plain[] = {
    {"F32", PALI_DTYPE_F32, PALI_WEIGHTS_F32},
    {"F16", PALI_DTYPE_F16, PALI_WEIGHTS_F16},
    {"BF16", PALI_DTYPE_BF16, PALI_WEIGHTS_BF16},
};
enum { NUM_PLAIN = sizeof plain / sizeof *plain };

static const pali_weights packed_formats[] = {PALI_WEIGHTS_INT8, PALI_WEIGHTS_INT4};
enum { NUM_PACKED = sizeof packed_formats / sizeof *packed_formats, NAME_SIZE = 192 };

const char *pali_packed_suffix(pali_weights format) {
    return format == PALI_WEIGHTS_INT8 ? "int8" : format == PALI_WEIGHTS_INT4 ? "int4" : NULL;
}

pali_status pali_plain_format(const pali_tensor *tensor, pali_weights *format, pali_error *err) {
    for (size_t i = 0; i < NUM_PLAIN; i++)
        if (tensor->dtype == plain[i].dtype) {
            *format = plain[i].format;
            return PALI_OK;
        }
    return pali_fail(err, PALI_ERROR_UNSUPPORTED,
                     "tensor %s has dtype %s; F32, F16 and BF16 are what this program reads",
                     tensor->name, tensor->dtype_name);
}

static const pali_tensor *find_packed(const pali_checkpoint *checkpoint, const char *name,
                                      pali_weights *format) {
    for (size_t i = 0; i < NUM_PACKED; i++) {
        char full[NAME_SIZE];
        snprintf(full, sizeof full, "%s.%s", name, pali_packed_suffix(packed_formats[i]));
        const pali_tensor *tensor = pali_checkpoint_find(checkpoint, full);
        *format = packed_formats[i];
        if (tensor)
            return tensor;
    }
    return NULL;
}

static pali_status check_packed(const pali_tensor *tensor, const pali_matrix *matrix,
                                pali_error *err) {
    size_t bytes;
    if (tensor->dtype != PALI_DTYPE_U8 ||
        !pali_matrix_size(matrix->format, matrix->rows, matrix->cols, &bytes) ||
        tensor->size != bytes)
        return pali_fail(err, PALI_ERROR_FORMAT,
                         "tensor %s of %zu bytes is not the packed matrix of %zu x %zu that the "
                         "configuration implies",
                         tensor->name, tensor->size, matrix->rows, matrix->cols);
    if ((uintptr_t)tensor->data % PALI_PACKED_ALIGNMENT)
        return pali_fail(err, PALI_ERROR_FORMAT, "tensor %s does not lie at a multiple of %d bytes",
                         tensor->name, PALI_PACKED_ALIGNMENT);
    return PALI_OK;
}

pali_status pali_stored_matrix(const pali_checkpoint *checkpoint, const char *name, size_t rank,
                               const size_t *shape, pali_matrix *out, pali_error *err) {
    pali_matrix matrix = {.rows = shape[0], .cols = 1};
    for (size_t i = 1; i < rank; i++) /* cannot overflow: the configuration's sizes are limited */
        matrix.cols *= shape[i];
    const pali_tensor *tensor = find_packed(checkpoint, name, &matrix.format);
    pali_status status;
    if (tensor) {
        status = check_packed(tensor, &matrix, err);
    } else {
        status = pali_checkpoint_get(checkpoint, name, rank, shape, &tensor, err);
        if (!status)
            status = pali_plain_format(tensor, &matrix.format, err);
    }
    if (status)
        return status;
    matrix.data = tensor->data;
    *out = matrix;
    return PALI_OK;
}

pali_status pali_check_layout(const pali_checkpoint *checkpoint, const char *directory,
                              bool *packed, pali_error *err) {
    const char *layout = pali_checkpoint_metadata(checkpoint, PALI_LAYOUT_KEY);
    *packed = layout != NULL;
    if (layout && strcmp(layout, PALI_PACKED_LAYOUT) != 0)
        return pali_fail(
            err, PALI_ERROR_UNSUPPORTED,
            "%s: quantised in layout %.32s, this program reads layout %s: quantise the "
            "original again",
            directory, layout, PALI_PACKED_LAYOUT);
    return PALI_OK;
}

pali_status pali_table_format(const pali_checkpoint *checkpoint, pali_weights *format,
                              pali_error *err) {
    const pali_tensor *table = pali_checkpoint_find(checkpoint, "text.embed_tokens.weight");
    if (table)
        return pali_plain_format(table, format, err);
    const char *dtype = pali_checkpoint_metadata(checkpoint, PALI_TABLE_DTYPE_KEY);
    for (size_t i = 0; dtype && i < NUM_PLAIN; i++)
        if (strcmp(dtype, plain[i].name) == 0) {
            *format = plain[i].format;
            return PALI_OK;
        }
    return pali_fail(err, PALI_ERROR_FORMAT, "the metadata have no %s of F32, F16 or BF16",
                     PALI_TABLE_DTYPE_KEY);
}
