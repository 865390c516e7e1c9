/* Parameters from a checkpoint. Matrices that are wanted as they are stay in the mapped file;
 * vectors and the position table become f32, since the arithmetic around them is. */
#include "model/loading.h"

#include "kernels/weights.h"
#include "model/quantized_file.h"

/* Panels that a thread converts before the caller is asked whether to go on: tens of milliseconds of
 * INT4. */
enum { PANELS_OF_A_THREAD = 4 };

/* Any rows of a plain matrix are a matrix, and any panels: `data` is filled part by part, each of whole panels. */
static pali_status convert(const pali_loader *loader, const pali_matrix *stored,
                           pali_weights wanted, char *data, pali_error *err) {
    size_t step =
        PANELS_OF_A_THREAD * PALI_PANEL_ROWS * pali_pool_size(pali_compute_pool(loader->compute));
    const char *from = stored->data;
    for (size_t row = 0; row < stored->rows; row += step) {
        size_t some = stored->rows - row < step ? stored->rows - row : step, bytes;
        pali_matrix part = {stored->format, some, stored->cols, from};
        pali_status status = pali_load_report(loader->progress, err);
        if (!status)
            status = pali_matrix_quantize(loader->compute, &part, wanted, data, err);
        if (status)
            return status;
        pali_matrix_size(stored->format, some, stored->cols, &bytes);
        pali_release_pages(from, bytes); /* of the file: never read again */
        from += bytes;
        pali_matrix_size(wanted, some, stored->cols, &bytes);
        data += bytes;
    }
    return PALI_OK;
}

static pali_status load_matrix(void *context, const char *name, size_t rank, const size_t *shape,
                               pali_role role, pali_matrix *out, pali_error *err) {
    pali_loader *loader = context;
    pali_matrix stored;
    pali_status status = pali_stored_matrix(loader->checkpoint, name, rank, shape, &stored, err);
    if (status)
        return status;
    pali_weights wanted = pali_format_of_role(loader->weights, role, stored.format);
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
    status = convert(loader, &stored, wanted, data, err);
    *out = (pali_matrix){wanted, stored.rows, stored.cols, data};
    loader->quantised |= pali_packed_suffix(wanted) != NULL;
    return status;
}

static pali_status load_vector(void *context, const char *name, size_t rank, const size_t *shape,
                               const float **out, pali_error *err) {
    pali_loader *loader = context;
    const pali_tensor *tensor;
    pali_status status = pali_checkpoint_get(loader->checkpoint, name, rank, shape, &tensor, err);
    pali_matrix stored = {.rows = rank > 1 ? shape[0] : 1, .cols = shape[rank - 1]};
    if (!status)
        status = pali_plain_format(tensor, &stored.format, err);
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
