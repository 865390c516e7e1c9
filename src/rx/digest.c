/* What inputs and models are known by. */
#include "rx/digest.h"

#include "base/file.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

pali_status rx_digest(char out[RX_DIGEST_SIZE], const void *bytes, size_t size, pali_error *err) {
    pali_sha256 *hash = NULL;
    pali_status status = pali_sha256_new(&hash, err);
    if (status)
        return status;
    pali_sha256_add(hash, bytes, size);
    return pali_sha256_finish(&hash, out, err);
}

pali_status rx_digest_texts(char out[RX_DIGEST_SIZE], const char *const *texts, size_t count,
                            pali_error *err) {
    pali_sha256 *hash = NULL;
    pali_status status = pali_sha256_new(&hash, err);
    for (size_t i = 0; i < count && !status; i++) {
        if (texts[i])
            pali_sha256_add(hash, texts[i], strlen(texts[i]));
        pali_sha256_add(hash, "\n", 1);
    }
    return status ? status : pali_sha256_finish(&hash, out, err);
}

/* ---- a model's folder ---- */

static int belongs(const struct dirent *entry) {
    static const char *const endings[] = {".json", ".safetensors", ".model"};
    const char *dot = strrchr(entry->d_name, '.');
    for (size_t i = 0; dot && dot != entry->d_name && i < sizeof endings / sizeof *endings; i++)
        if (strcmp(dot, endings[i]) == 0)
            return 1;
    return 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* "../../blobs/<64 digits>" */
static bool digest_of_blob(char out[RX_DIGEST_SIZE], const char *path) {
    char target[4096];
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 64 + 6)
        return false;
    target[length] = '\0';
    const char *name = target + length - 64;
    if (strncmp(name - 6, "blobs/", 6) != 0 || strspn(name, "0123456789abcdef") != 64)
        return false;
    memcpy(out, name, RX_DIGEST_SIZE);
    return true;
}

static pali_status digest_file(char out[RX_DIGEST_SIZE], const char *path, pali_error *err) {
    if (digest_of_blob(out, path))
        return PALI_OK;
    pali_mapped_file file;
    pali_status status = pali_map_file(&file, path, err);
    if (status)
        return status;
    status = rx_digest(out, file.data, file.size, err);
    pali_unmap_file(&file);
    return status;
}

static pali_status append_entry(pali_buffer *list, const char *folder, const char *name,
                                pali_error *err) {
    char digest[RX_DIGEST_SIZE];
    char *path = NULL;
    pali_status status = pali_join_path(&path, folder, name, err);
    if (!status)
        status = digest_file(digest, path, err);
    if (!status)
        status = pali_buffer_printf(list, err, "%s  %s\n", digest, name);
    free(path);
    return status;
}

pali_status rx_digest_model(char out[RX_DIGEST_SIZE], const char *folder, pali_error *err) {
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, belongs, by_bytes);
    if (count < 0)
        return pali_fail_errno(err, folder, "cannot be listed");
    pali_buffer list;
    pali_buffer_init(&list, 1 << 20);
    pali_status status = PALI_OK;
    for (int i = 0; i < count; i++) {
        if (!status)
            status = append_entry(&list, folder, entries[i]->d_name, err);
        free(entries[i]);
    }
    free(entries);
    if (!status)
        status = rx_digest(out, list.data, list.size, err);
    pali_buffer_free(&list);
    return status;
}
