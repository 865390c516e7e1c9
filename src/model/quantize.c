/* Writing a quantised checkpoint: one walk over the list of parameters plans the new file, then
 * each tensor passes through in pieces of a few panels, read from the mapped source and let go at
 * once, so that memory does not grow with the model. */
#include "base/checked.h"
#include "base/json.h"
#include "base/new_directory.h"
#include "base/sha256.h"
#include "kernels/weights.h"
#include "model/quantized_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "model.safetensors"

enum { MB = 1000000, PIECE = 4 << 20, PANELS_OF_A_THREAD = 4 };

/* A tensor of the new file. */
typedef struct planned {
    const pali_tensor *source;
    pali_matrix matrix;  /* as stored, when it is converted */
    pali_weights format; /* PALI_WEIGHTS_AUTO: the bytes as they are */
    size_t size, offset; /* in the new file's data */
} planned;

typedef struct conversion {
    const pali_model_options *options;
    pali_compute *compute;
    pali_config config;
    pali_checkpoint *checkpoint;
    pali_arena arena;
    planned *tensors;
    size_t count, capacity;
    size_t data_size;
    char source_sha256[PALI_SHA256_TEXT];
    int fd;
    uint64_t data_start; /* of the tensors in the new file */
    size_t done;         /* bytes written */
    void *piece;
    pali_error *err;
} conversion;

/* ---- the plan ---- */

static pali_status plan_tensor(conversion *c, const char *name, const pali_matrix *matrix,
                               pali_weights format) {
    if (c->count == c->capacity)
        return pali_fail(c->err, PALI_ERROR_INTERNAL, "more parameters than tensors");
    planned p = {.source = pali_checkpoint_find(c->checkpoint, name), .format = format};
    p.size = p.source->size;
    if (format != PALI_WEIGHTS_AUTO) {
        p.matrix = *matrix;
        if (!pali_matrix_size(format, matrix->rows, matrix->cols, &p.size))
            return pali_fail(c->err, PALI_ERROR_UNSUPPORTED, "%s cannot be quantised: too large",
                             name);
    }
    c->tensors[c->count++] = p;
    return PALI_OK;
}

static pali_status plan_matrix(void *context, const char *name, size_t rank, const size_t *shape,
                               pali_role role, pali_matrix *out, pali_error *err) {
    conversion *c = context;
    pali_status status = pali_stored_matrix(c->checkpoint, name, rank, shape, out, err);
    if (status)
        return status;
    pali_weights format = pali_format_of_role(c->options->weights, role, out->format);
    return plan_tensor(c, name, out, format == out->format ? PALI_WEIGHTS_AUTO : format);
}

static pali_status plan_vector(void *context, const char *name, size_t rank, const size_t *shape,
                               const float **out, pali_error *err) {
    conversion *c = context;
    const pali_tensor *tensor;
    pali_weights format;
    *out = NULL;
    pali_status status = pali_checkpoint_get(c->checkpoint, name, rank, shape, &tensor, err);
    if (!status)
        status = pali_plain_format(tensor, &format, err);
    return status ? status : plan_tensor(c, name, NULL, PALI_WEIGHTS_AUTO);
}

/* Packed tensors first: their sizes keep each other aligned. */
static pali_status place_tensors(conversion *c) {
    for (int packed = 1; packed >= 0; packed--)
        for (size_t i = 0; i < c->count; i++) {
            planned *p = &c->tensors[i];
            if ((p->format != PALI_WEIGHTS_AUTO) != packed)
                continue;
            p->offset = c->data_size;
            if (!pali_add_size(c->data_size, p->size, &c->data_size))
                return pali_fail(c->err, PALI_ERROR_LIMIT, "the new file would be too large");
        }
    return PALI_OK;
}

static pali_status plan(conversion *c, const char *directory) {
    bool packed;
    pali_status status = pali_check_layout(c->checkpoint, directory, &packed, c->err);
    if (!status && packed)
        status = pali_fail(c->err, PALI_ERROR_UNSUPPORTED,
                           "%s is quantised already: quantise the original", directory);
    if (status)
        return status;
    c->capacity = pali_checkpoint_count(c->checkpoint);
    c->tensors =
        pali_arena_alloc(&c->arena, c->capacity + 1, sizeof *c->tensors, "tensors", c->err);
    if (!c->tensors)
        return PALI_ERROR_MEMORY;
    pali_parameter_source source = {c, plan_matrix, plan_vector};
    pali_parameters unused;
    pali_load_progress untold = {0};
    status = pali_parameters_bind(&unused, &c->config, &source, &c->arena, &untold, c->err);
    return status ? status : place_tensors(c);
}

/* ---- progress ---- */

static pali_status report(const conversion *c, const char *phase, uint64_t done, uint64_t total) {
    const pali_model_options *o = c->options;
    bool go_on = !o->progress || o->progress(o->progress_context, phase, (size_t)(done / MB),
                                             (size_t)(total / MB + 1));
    return go_on ? PALI_OK : pali_fail(c->err, PALI_ERROR_CANCELLED, "quantising was cancelled");
}

/* ---- the source's hash ---- */

static pali_status hash_files(conversion *c, pali_sha256 *hash) {
    uint64_t total = 0, done = 0;
    size_t count = pali_checkpoint_num_files(c->checkpoint);
    for (size_t i = 0; i < count; i++)
        total += pali_checkpoint_file(c->checkpoint, i)->file.size;
    for (size_t i = 0; i < count; i++) {
        const pali_mapped_file *file = &pali_checkpoint_file(c->checkpoint, i)->file;
        for (size_t at = 0; at < file->size; at += PIECE) {
            size_t some = file->size - at < PIECE ? file->size - at : PIECE;
            pali_sha256_add(hash, file->data + at, some);
            pali_release_pages(file->data + at, some);
            pali_status status = report(c, "hash", done += some, total);
            if (status)
                return status;
        }
    }
    return PALI_OK;
}

static pali_status hash_source(conversion *c) {
    pali_sha256 *hash = NULL;
    pali_status status = pali_sha256_new(&hash, c->err);
    if (status)
        return status;
    status = hash_files(c, hash);
    pali_status finished = pali_sha256_finish(&hash, c->source_sha256, status ? NULL : c->err);
    return status ? status : finished;
}

/* ---- the header ---- */

static json_t *metadata_of(const conversion *c, const char *table_dtype) {
    return json_pack("{ss, ss, ss, ss, ss}", "format", "pt", PALI_LAYOUT_KEY, PALI_PACKED_LAYOUT,
                     PALI_WEIGHTS_KEY, pali_packed_suffix(c->options->weights),
                     PALI_TABLE_DTYPE_KEY, table_dtype, PALI_SOURCE_KEY, c->source_sha256);
}

static json_t *entry_of(const planned *p) {
    bool packed = p->format != PALI_WEIGHTS_AUTO;
    json_t *shape = json_array();
    for (size_t i = 0; !packed && i < p->source->rank; i++)
        json_array_append_new(shape, json_integer((json_int_t)p->source->shape[i]));
    if (packed)
        json_array_append_new(shape, json_integer((json_int_t)p->size));
    return json_pack("{ss, so, s[I, I]}", "dtype", packed ? "U8" : p->source->dtype_name, "shape",
                     shape, "data_offsets", (json_int_t)p->offset,
                     (json_int_t)(p->offset + p->size));
}

static bool add_entry(json_t *header, const planned *p) {
    const char *suffix = pali_packed_suffix(p->format);
    char name[512];
    int length = snprintf(name, sizeof name, "%s%s%s", p->source->name, suffix ? "." : "",
                          suffix ? suffix : "");
    return length > 0 && (size_t)length < sizeof name &&
           json_object_set_new(header, name, entry_of(p)) == 0;
}

/* The file up to the tensors, padded with spaces so that they begin at an aligned place. */
static pali_status write_header(conversion *c, pali_buffer *out) {
    const pali_tensor *table = pali_checkpoint_find(c->checkpoint, "text.embed_tokens.weight");
    json_t *header = json_object();
    bool good = json_object_set_new(header, "__metadata__", metadata_of(c, table->dtype_name)) == 0;
    for (size_t i = 0; i < c->count && good; i++)
        good = add_entry(header, &c->tensors[i]);
    char *text = good ? json_dumps(header, JSON_COMPACT) : NULL;
    json_decref(header);
    if (!text)
        return pali_fail_memory(c->err, c->count, "the header");
    uint64_t length = strlen(text), padded = length;
    while ((padded + 8) % 64)
        padded++;
    unsigned char prefix[8];
    for (unsigned i = 0; i < 8; i++)
        prefix[i] = (unsigned char)(padded >> (8 * i));
    pali_status status = pali_buffer_append(out, prefix, sizeof prefix, c->err);
    if (!status)
        status = pali_buffer_append(out, text, (size_t)length, c->err);
    for (; length < padded && !status; length++)
        status = pali_buffer_append(out, " ", 1, c->err);
    free(text);
    return status;
}

/* ---- the tensors ---- */

static pali_status write_piece(conversion *c, const planned *p, const void *bytes, size_t size,
                               size_t at) {
    pali_status status =
        pali_write_at(c->fd, bytes, size, c->data_start + p->offset + at, FILE_NAME, c->err);
    c->done += size;
    return status ? status : report(c, "quantize", c->done, c->data_size);
}

/* Rows that are converted together: a few panels for each thread. Any rows of a plain matrix are a
 * matrix, and their panels stand alone. */
static size_t rows_of_piece(const conversion *c) {
    return PANELS_OF_A_THREAD * PALI_PANEL_ROWS * pali_pool_size(pali_compute_pool(c->compute));
}

static pali_status convert(conversion *c, const planned *p) {
    const pali_matrix *whole = &p->matrix;
    size_t step = rows_of_piece(c), row_bytes, at = 0;
    pali_matrix_size(whole->format, 1, whole->cols, &row_bytes);
    for (size_t row = 0; row < whole->rows; row += step) {
        size_t some = whole->rows - row < step ? whole->rows - row : step, bytes;
        pali_matrix part = {whole->format, some, whole->cols,
                            (const char *)whole->data + row * row_bytes};
        pali_matrix_size(p->format, some, whole->cols, &bytes);
        pali_status status = pali_matrix_quantize(c->compute, &part, p->format, c->piece, c->err);
        if (!status)
            status = write_piece(c, p, c->piece, bytes, at);
        if (status)
            return status;
        pali_release_pages(part.data, some * row_bytes);
        at += bytes;
    }
    return PALI_OK;
}

static pali_status copy(conversion *c, const planned *p) {
    for (size_t at = 0; at < p->size; at += PIECE) {
        size_t some = p->size - at < PIECE ? p->size - at : PIECE;
        pali_status status = write_piece(c, p, p->source->data + at, some, at);
        if (status)
            return status;
        pali_release_pages(p->source->data + at, some);
    }
    return PALI_OK;
}

static pali_status write_tensors(conversion *c) {
    size_t largest = 0;
    for (size_t i = 0; i < c->count; i++) {
        const planned *p = &c->tensors[i];
        size_t bytes = 0;
        if (p->format != PALI_WEIGHTS_AUTO &&
            !pali_matrix_size(p->format, rows_of_piece(c), p->matrix.cols, &bytes))
            bytes = SIZE_MAX;
        largest = bytes > largest ? bytes : largest;
    }
    c->piece = pali_arena_alloc(&c->arena, largest, 1, "a piece of a matrix", c->err);
    if (!c->piece)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < c->count; i++) {
        const planned *p = &c->tensors[i];
        pali_status status = p->format == PALI_WEIGHTS_AUTO ? copy(c, p) : convert(c, p);
        if (status)
            return status;
    }
    return PALI_OK;
}

/* ---- all of it ---- */

static pali_status write_weights(conversion *c, const pali_new_directory *directory) {
    pali_buffer header;
    pali_buffer_init(&header, 64 << 20);
    pali_status status = write_header(c, &header);
    if (!status) {
        c->data_start = header.size;
        status = pali_new_directory_file(directory, FILE_NAME, header.size + (uint64_t)c->data_size,
                                         &c->fd, c->err);
    }
    if (!status) {
        status = pali_write_at(c->fd, header.data, header.size, 0, FILE_NAME, c->err);
        if (!status)
            status = write_tensors(c);
        if (!status)
            status = pali_flush(c->fd, FILE_NAME, c->err);
        if (close(c->fd) != 0 && !status)
            status = pali_fail_errno(c->err, FILE_NAME, "cannot write");
    }
    pali_buffer_free(&header);
    return status;
}

static pali_status write_directory(conversion *c, const char *source, const char *path) {
    pali_new_directory directory;
    pali_status status = pali_new_directory_begin(&directory, path, c->err);
    if (status)
        return status;
    status = hash_source(c);
    if (!status)
        status = write_weights(c, &directory);
    if (!status)
        status = pali_new_directory_copy(&directory, source, c->err);
    if (!status)
        status = pali_new_directory_commit(&directory, c->err);
    pali_new_directory_end(&directory);
    return status;
}

/* A source that cannot be read is no model: PALI_ERROR_IO is left to the new directory. */
static pali_status open_source(conversion *c, const char *directory) {
    pali_status status = pali_config_load(&c->config, directory, c->err);
    if (!status)
        status = pali_checkpoint_open(&c->checkpoint, directory, c->err);
    if (!status)
        status = plan(c, directory);
    if (status == PALI_ERROR_IO && c->err)
        c->err->code = PALI_ERROR_NOT_FOUND;
    return status == PALI_ERROR_IO ? PALI_ERROR_NOT_FOUND : status;
}

pali_status pali_model_quantize(const char *directory, const char *out_directory,
                                const pali_model_options *options, pali_error *err) {
    if (!options || !pali_packed_suffix(options->weights))
        return pali_fail(err, PALI_ERROR_ARGUMENT, "int8 and int4 are what can be quantised to");
    conversion c = {.options = options, .arena = PALI_ARENA_INIT, .err = err};
    pali_status status = open_source(&c, directory);
    if (!status)
        status = pali_compute_create(&c.compute, options->num_threads, err);
    if (!status)
        status = write_directory(&c, directory, out_directory);
    pali_compute_free(&c.compute);
    pali_checkpoint_close(&c.checkpoint);
    pali_arena_free(&c.arena);
    return status;
}
