/* Parameters from a checkpoint. Matrices that are wanted as they are stay in the mapped file;
 * vectors and the position table become f32, since the arithmetic around them is. */
#include "model/loading.h"

static pali_status format_of(const pali_tensor *tensor, pali_weights *format, pali_error *err) {
    switch (tensor->dtype) {
    case PALI_DTYPE_F32:
        *format = PALI_WEIGHTS_F32;
        return PALI_OK;
    case PALI_DTYPE_F16:
        *format = PALI_WEIGHTS_F16;
        return PALI_OK;
    case PALI_DTYPE_BF16:
        *format = PALI_WEIGHTS_BF16;
        return PALI_OK;
    default:
        return pali_fail(err, PALI_ERROR_UNSUPPORTED,
                         "tensor %s has dtype %s; F32, F16 and BF16 "
                         "are what this program reads",
                         tensor->name, tensor->dtype_name);
    }
}

/* The format that a matrix of this role gets when the whole is wanted as `weights`. */
static pali_weights wanted_format(pali_weights weights, pali_role role, pali_weights stored) {
    bool quantised = weights == PALI_WEIGHTS_INT8 || weights == PALI_WEIGHTS_INT4;
    if (weights == PALI_WEIGHTS_AUTO || (quantised && role == PALI_ROLE_PATCH))
        return stored;
    return weights;
}

static pali_status load_matrix(void *context, const char *name, size_t rank, const size_t *shape,
                               pali_role role, pali_matrix *out, pali_error *err) {
    pali_loader *loader = context;
    const pali_tensor *tensor;
    pali_status status = pali_checkpoint_get(loader->checkpoint, name, rank, shape, &tensor, err);
    pali_matrix stored = {.rows = shape[0], .cols = 1};
    for (size_t i = 1; i < rank; i++) /* cannot overflow: the tensor lies in memory */
        stored.cols *= shape[i];
    if (!status)
        status = format_of(tensor, &stored.format, err);
    if (status)
        return status;
    stored.data = tensor->data;
    pali_weights wanted = wanted_format(loader->weights, role, stored.format);
    size_t bytes;
    if (wanted == stored.format) {
        *out = stored;
        return PALI_OK;
    }
    if (!pali_matrix_size(wanted, stored.rows, stored.cols, &bytes))
        return pali_fail(err, PALI_ERROR_UNSUPPORTED,
                         "tensor %s of %zu x %zu cannot be held in the weight format asked for",
                         name, stored.rows, stored.cols);
    void *data = pali_arena_alloc(loader->arena, bytes, 1, name, err);
    if (!data)
        return PALI_ERROR_MEMORY;
    status = pali_matrix_quantize(loader->compute, &stored, wanted, data, err);
    *out = (pali_matrix){wanted, stored.rows, stored.cols, data};
    return status;
}

static pali_status load_vector(void *context, const char *name, size_t rank, const size_t *shape,
                               const float **out, pali_error *err) {
    pali_loader *loader = context;
    const pali_tensor *tensor;
    pali_status status = pali_checkpoint_get(loader->checkpoint, name, rank, shape, &tensor, err);
    pali_matrix stored = {.rows = rank > 1 ? shape[0] : 1, .cols = shape[rank - 1]};
    if (!status)
        status = format_of(tensor, &stored.format, err);
    if (status)
        return status;
    stored.data = tensor->data;
    float *values =
        pali_arena_alloc(loader->arena, stored.rows * stored.cols, sizeof *values, name, err);
    if (!values)
        return PALI_ERROR_MEMORY;
    for (size_t row = 0; row < stored.rows; row++)
        pali_matrix_row(&stored, row, values + row * stored.cols);
    *out = values;
    return PALI_OK;
}

pali_parameter_source pali_loader_source(pali_loader *loader) {
    return (pali_parameter_source){loader, load_matrix, load_vector};
}
