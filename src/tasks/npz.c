/* NumPy's archives. A member is magic, version, header size, a Python dictionary, raw numbers
 * (numpy.lib.format, versions 1 to 3); libzip unpacks it, stored or deflated. */
#include "tasks/npz.h"

#include "base/checked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

enum { MAX_HEADER = 4096, MAX_MEMBER = 256 << 20 };

struct pali_npz {
    zip_t *archive;
    char *path;
};

pali_status pali_npz_open(pali_npz **out, const char *path, pali_error *err) {
    int code = 0;
    zip_t *archive = zip_open(path, ZIP_RDONLY, &code);
    if (!archive) {
        zip_error_t cause;
        zip_error_init_with_code(&cause, code);
        pali_status status =
            pali_fail(err, code == ZIP_ER_NOENT ? PALI_ERROR_NOT_FOUND : PALI_ERROR_FORMAT,
                      "%s: %s", path, zip_error_strerror(&cause));
        zip_error_fini(&cause);
        return status;
    }
    pali_npz *npz = malloc(sizeof *npz);
    char *copy = strdup(path);
    if (!npz || !copy) {
        free(npz);
        free(copy);
        zip_discard(archive);
        return pali_fail_memory(err, sizeof *npz, "an archive");
    }
    *npz = (pali_npz){archive, copy};
    *out = npz;
    return PALI_OK;
}

void pali_npz_close(pali_npz **npz) {
    if (!*npz)
        return;
    zip_discard((*npz)->archive);
    free((*npz)->path);
    free(*npz);
    *npz = NULL;
}

/* The header's dictionary, NUL-terminated, without white space. */
static bool read_header(zip_file_t *file, char header[MAX_HEADER]) {
    unsigned char start[12];
    if (zip_fread(file, start, 10) != 10 || memcmp(start, "\x93NUMPY", 6) != 0)
        return false;
    size_t size = start[8] | (size_t)start[9] << 8;
    if (start[6] >= 2) { /* the size has four bytes */
        if (zip_fread(file, start + 10, 2) != 2)
            return false;
        size |= (size_t)start[10] << 16 | (size_t)start[11] << 24;
    }
    if (size >= MAX_HEADER || zip_fread(file, header, size) != (zip_int64_t)size)
        return false;
    size_t kept = 0;
    for (size_t i = 0; i < size; i++)
        if (header[i] != ' ' && header[i] != '\n')
            header[kept++] = header[i];
    header[kept] = '\0';
    return true;
}

/* "'shape':(128,512)" and so on for this shape. */
static bool header_fits(const char *header, size_t rank, const size_t *shape) {
    char expected[256];
    int used = snprintf(expected, sizeof expected, "'shape':(");
    for (size_t i = 0; i < rank; i++)
        used +=
            snprintf(expected + used, sizeof expected - (size_t)used, i ? ",%zu" : "%zu", shape[i]);
    snprintf(expected + used, sizeof expected - (size_t)used, rank == 1 ? ",)" : ")");
    return strstr(header, expected) && strstr(header, "'descr':'<f4'") &&
           strstr(header, "'fortran_order':False");
}

static pali_status read_array(pali_npz *npz, zip_file_t *file, const char *name, size_t rank,
                              const size_t *shape, pali_arena *arena, float **out,
                              pali_error *err) {
    char header[MAX_HEADER];
    size_t bytes = sizeof(float);
    for (size_t i = 0; i < rank; i++)
        if (!pali_mul_size(bytes, shape[i], &bytes) || bytes > MAX_MEMBER)
            return pali_fail(err, PALI_ERROR_LIMIT, "%s: %s is too large", npz->path, name);
    if (!read_header(file, header))
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: %s is no NumPy array", npz->path, name);
    if (!header_fits(header, rank, shape))
        return pali_fail(err, PALI_ERROR_FORMAT,
                         "%s: %s is not float32 of the expected shape: %.200s", npz->path, name,
                         header);
    float *values = pali_arena_alloc(arena, bytes, 1, name, err);
    if (!values)
        return PALI_ERROR_MEMORY;
    if (zip_fread(file, values, bytes) != (zip_int64_t)bytes)
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: %s is cut", npz->path, name);
    *out = values;
    return PALI_OK;
}

pali_status pali_npz_read(pali_npz *npz, const char *name, size_t rank, const size_t *shape,
                          pali_arena *arena, float **out, pali_error *err) {
    char member[160];
    snprintf(member, sizeof member, "%s.npy", name);
    zip_file_t *file = zip_fopen(npz->archive, member, 0);
    if (!file)
        return pali_fail(err, PALI_ERROR_NOT_FOUND, "%s: no array named %s", npz->path, name);
    pali_status status = read_array(npz, file, name, rank, shape, arena, out, err);
    zip_fclose(file);
    return status;
}
