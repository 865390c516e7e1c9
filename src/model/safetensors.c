/* The safetensors container. Format: u64 little-endian header size, a JSON object of tensors with
 * dtype, shape and offsets, then the tensors' bytes without gaps (safetensors README, "Format"). */
#include "model/safetensors.h"

#include "base/checked.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER_LIMIT = 100000000, LENGTH_BYTES = 8 };

static const struct {
    const char *name;
    pali_dtype dtype;
    size_t size; /* bytes of an element */
} dtypes[] = {
    {"F32", PALI_DTYPE_F32, 4},       {"F16", PALI_DTYPE_F16, 2},
    {"BF16", PALI_DTYPE_BF16, 2},     {"I32", PALI_DTYPE_I32, 4},
    {"U8", PALI_DTYPE_U8, 1},         {"BOOL", PALI_DTYPE_OTHER, 1},
    {"I8", PALI_DTYPE_OTHER, 1},      {"F8_E5M2", PALI_DTYPE_OTHER, 1},
    {"F8_E4M3", PALI_DTYPE_OTHER, 1}, {"F8_E8M0", PALI_DTYPE_OTHER, 1},
    {"I16", PALI_DTYPE_OTHER, 2},     {"U16", PALI_DTYPE_OTHER, 2},
    {"U32", PALI_DTYPE_OTHER, 4},     {"I64", PALI_DTYPE_OTHER, 8},
    {"U64", PALI_DTYPE_OTHER, 8},     {"F64", PALI_DTYPE_OTHER, 8},
    {"C64", PALI_DTYPE_OTHER, 8},
};

static pali_status parse_dtype(pali_tensor *tensor, size_t *element, const json_t *entry,
                               const char *name, pali_error *err) {
    const char *text = json_string_value(json_object_get(entry, "dtype"));
    if (!text)
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: tensor \"%s\" has no dtype", name,
                         tensor->name);
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        if (strcmp(text, dtypes[i].name) == 0) {
            tensor->dtype = dtypes[i].dtype;
            tensor->dtype_name = dtypes[i].name;
            *element = dtypes[i].size;
            return PALI_OK;
        }
    }
    return pali_fail(err, PALI_ERROR_UNSUPPORTED, "%s: tensor \"%s\" has the unknown dtype %.32s",
                     name, tensor->name, text);
}

/* Fills the shape and checks that it fills the tensor's bytes exactly. */
static pali_status parse_shape(pali_tensor *tensor, size_t element, const json_t *entry,
                               const char *name, pali_error *err) {
    const json_t *shape = json_object_get(entry, "shape");
    if (!json_is_array(shape) || json_array_size(shape) > PALI_MAX_RANK)
        return pali_fail(err, PALI_ERROR_FORMAT,
                         "%s: tensor \"%s\" has no shape of at most %d dimensions", name,
                         tensor->name, PALI_MAX_RANK);
    tensor->rank = json_array_size(shape);
    size_t size = element;
    for (size_t i = 0; i < tensor->rank; i++) {
        const json_t *length = json_array_get(shape, i);
        if (!json_is_integer(length) || json_integer_value(length) < 0)
            return pali_fail(err, PALI_ERROR_FORMAT, "%s: tensor \"%s\" has a bad dimension", name,
                             tensor->name);
        tensor->shape[i] = (size_t)json_integer_value(length);
        if (!pali_mul_size(size, tensor->shape[i], &size))
            return pali_fail(err, PALI_ERROR_FORMAT, "%s: the size of tensor \"%s\" overflows",
                             name, tensor->name);
    }
    if (size != tensor->size)
        return pali_fail(err, PALI_ERROR_FORMAT,
                         "%s: tensor \"%s\" has %zu bytes where its shape needs %zu", name,
                         tensor->name, tensor->size, size);
    return PALI_OK;
}

/* The bytes that messages and the checks of one file refer to. */
typedef struct data_block {
    const unsigned char *bytes;
    size_t size;
    const char *name; /* of the file */
} data_block;

static pali_status parse_tensor(pali_safetensors *file, pali_tensor *tensor, const char *key,
                                const json_t *entry, const data_block *data, pali_error *err) {
    tensor->name = pali_arena_text(&file->arena, key, strlen(key), err);
    if (!tensor->name)
        return PALI_ERROR_MEMORY;
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: tensor \"%s\" has no data_offsets",
                         data->name, key);
    json_int_t first = json_integer_value(begin), last = json_integer_value(end);
    if (first < 0 || last < first || (uint64_t)last > data->size)
        return pali_fail(err, PALI_ERROR_FORMAT,
                         "%s: tensor \"%s\" lies at bytes %lld to %lld of %zu: the file is cut or "
                         "damaged",
                         data->name, key, (long long)first, (long long)last, data->size);
    tensor->data = data->bytes + first;
    tensor->size = (size_t)(last - first);
    size_t element = 0;
    pali_status status = parse_dtype(tensor, &element, entry, data->name, err);
    return status ? status : parse_shape(tensor, element, entry, data->name, err);
}

static pali_status parse_metadata(pali_safetensors *file, json_t *object, const char *name,
                                  pali_error *err) {
    if (!object)
        return PALI_OK;
    if (!json_is_object(object))
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: __metadata__ is not an object", name);
    file->metadata = pali_arena_alloc(&file->arena, json_object_size(object),
                                      sizeof *file->metadata, "metadata", err);
    if (!file->metadata)
        return PALI_ERROR_MEMORY;
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        if (!json_is_string(value))
            return pali_fail(err, PALI_ERROR_FORMAT, "%s: metadata \"%s\" is not a string", name,
                             key);
        const char **pair = file->metadata[file->metadata_count];
        pair[0] = pali_arena_text(&file->arena, key, strlen(key), err);
        pair[1] =
            pali_arena_text(&file->arena, json_string_value(value), json_string_length(value), err);
        if (!pair[0] || !pair[1])
            return PALI_ERROR_MEMORY;
        file->metadata_count++;
    }
    return PALI_OK;
}

static int by_place(const void *left, const void *right) {
    const pali_tensor *a = left, *b = right;
    if (a->data != b->data)
        return a->data < b->data ? -1 : 1;
    return a->size < b->size ? -1 : a->size > b->size;
}

static pali_status check_coverage(const pali_safetensors *file, const data_block *data,
                                  pali_error *err) {
    const unsigned char *expected = data->bytes;
    for (size_t i = 0; i < file->count; i++) {
        const pali_tensor *tensor = &file->tensors[i];
        if (tensor->data != expected)
            return pali_fail(err, PALI_ERROR_FORMAT, "%s: %s before tensor \"%s\"", data->name,
                             tensor->data < expected ? "overlap" : "hole", tensor->name);
        expected += tensor->size;
    }
    size_t rest = data->size - (size_t)(expected - data->bytes);
    if (rest)
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: %zu bytes behind the last tensor", data->name,
                         rest);
    return PALI_OK;
}

static pali_status parse_header(pali_safetensors *file, json_t *header, const data_block *data,
                                pali_error *err) {
    pali_status status =
        parse_metadata(file, json_object_get(header, "__metadata__"), data->name, err);
    if (status)
        return status;
    json_object_del(header, "__metadata__");
    size_t count = json_object_size(header);
    file->tensors =
        pali_arena_alloc(&file->arena, count ? count : 1, sizeof *file->tensors, "tensors", err);
    if (!file->tensors)
        return PALI_ERROR_MEMORY;
    const char *key;
    json_t *entry;
    json_object_foreach(header, key, entry) {
        pali_tensor *tensor = &file->tensors[file->count];
        *tensor = (pali_tensor){0};
        status = parse_tensor(file, tensor, key, entry, data, err);
        if (status)
            return status;
        file->count++;
    }
    qsort(file->tensors, file->count, sizeof *file->tensors, by_place);
    return check_coverage(file, data, err);
}

pali_status pali_safetensors_parse(pali_safetensors *out, const unsigned char *bytes, size_t size,
                                   const char *name, pali_error *err) {
    uint64_t length = 0;
    if (size < LENGTH_BYTES)
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: %zu bytes are no safetensors file", name,
                         size);
    for (unsigned i = 0; i < LENGTH_BYTES; i++)
        length |= (uint64_t)bytes[i] << (8 * i);
    if (length > HEADER_LIMIT || length > size - LENGTH_BYTES)
        return pali_fail(err, PALI_ERROR_FORMAT,
                         "%s: a header of %llu bytes in a file of %zu: cut, or not safetensors",
                         name, (unsigned long long)length, size);
    if (length == 0 || bytes[LENGTH_BYTES] != '{')
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: the header is not a JSON object", name);
    json_t *header = NULL;
    pali_status status =
        pali_json_parse(&header, (const char *)bytes + LENGTH_BYTES, (size_t)length, name, err);
    if (status)
        return status;
    pali_safetensors file = {.arena = PALI_ARENA_INIT};
    data_block data = {bytes + LENGTH_BYTES + length, size - LENGTH_BYTES - (size_t)length, name};
    status = parse_header(&file, header, &data, err);
    json_decref(header);
    if (status)
        pali_arena_free(&file.arena);
    else
        *out = file;
    return status;
}

pali_status pali_safetensors_open(pali_safetensors *out, const char *path, pali_error *err) {
    pali_mapped_file mapped;
    pali_status status = pali_map_file(&mapped, path, err);
    if (status)
        return status;
    status = pali_safetensors_parse(out, mapped.data, mapped.size, path, err);
    if (status)
        pali_unmap_file(&mapped);
    else
        out->file = mapped;
    return status;
}

void pali_safetensors_close(pali_safetensors *file) {
    pali_unmap_file(&file->file);
    pali_arena_free(&file->arena);
    *file = (pali_safetensors){.arena = PALI_ARENA_INIT};
}

const pali_tensor *pali_safetensors_find(const pali_safetensors *file, const char *name) {
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->tensors[i].name, name) == 0)
            return &file->tensors[i];
    return NULL;
}

const char *pali_safetensors_metadata(const pali_safetensors *file, const char *key) {
    for (size_t i = 0; i < file->metadata_count; i++)
        if (strcmp(file->metadata[i][0], key) == 0)
            return file->metadata[i][1];
    return NULL;
}
