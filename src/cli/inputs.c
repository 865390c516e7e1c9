/* From what the user names to pages: files, folders, standard input, every page of a document. */
#include "base/file.h"
#include "cli/cli.h"
#include "pali/hub.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* By its name: a folder may hold anything. */
static int is_picture(const struct dirent *entry) {
    static const char *const endings[] = {".jpg",  ".jpeg", ".png",  ".webp", ".tif",
                                          ".tiff", ".bmp",  ".heic", ".heif", ".pdf"};
    const char *dot = strrchr(entry->d_name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return 1;
    return 0;
}

static bool failed(const char *input, rx_input_fn fn, void *context, const pali_error *err) {
    rx_input page = {.input = input, .error = *err};
    return fn(context, &page);
}

pali_status rx_input_decode(rx_input *page) {
    pali_image_options options = PALI_IMAGE_OPTIONS_INIT;
    options.page = page->page ? page->page - 1 : 0;
    return page->bytes ? pali_image_decode(&page->image, page->bytes, page->size, page->input,
                                           &options, &page->error)
                       : page->error.code;
}

/* All pages of the bytes of one input. */
static bool walk_bytes(const char *input, const void *bytes, size_t size, rx_input_fn fn,
                       void *context) {
    pali_error err = PALI_ERROR_INIT;
    pali_image_options options = PALI_IMAGE_OPTIONS_INIT;
    int count = 1;
    if (pali_image_count_pages(&count, bytes, size, input, &options, &err))
        return failed(input, fn, context, &err);
    for (int i = 0; i < count && !rx_interrupted(); i++) {
        rx_input page = {
            .input = input, .page = count > 1 ? i + 1 : 0, .bytes = bytes, .size = size};
        bool go_on = fn(context, &page);
        pali_image_free(&page.image);
        if (!go_on)
            return false;
    }
    return true;
}

/* The whole of a stream, malloc'ed; NULL with `err` filled. */
static unsigned char *read_stream(FILE *stream, const char *name, uint64_t limit, size_t *size,
                                  pali_error *err) {
    unsigned char *bytes = NULL;
    size_t capacity = 0, used = 0, got = 0;
    do {
        used += got;
        if (used == capacity) {
            capacity = capacity ? capacity * 2 : 1 << 16;
            unsigned char *grown = used <= limit ? realloc(bytes, capacity) : NULL;
            if (!grown) {
                free(bytes);
                err->code = PALI_ERROR_LIMIT;
                snprintf(err->message, sizeof err->message, "%.900s: too large", name);
                return NULL;
            }
            bytes = grown;
        }
    } while ((got = fread(bytes + used, 1, capacity - used, stream)) > 0);
    if (ferror(stream)) {
        free(bytes);
        err->code = PALI_ERROR_IO;
        snprintf(err->message, sizeof err->message, "%.900s: cannot be read", name);
        return NULL;
    }
    *size = used;
    return bytes;
}

static bool walk_file(const char *input, rx_input_fn fn, void *context) {
    static const pali_image_options limits = PALI_IMAGE_OPTIONS_INIT;
    pali_error err = PALI_ERROR_INIT;
    bool standard = strcmp(input, "-") == 0;
    FILE *stream = standard ? stdin : fopen(input, "rb");
    if (!stream) {
        err.code = PALI_ERROR_NOT_FOUND;
        snprintf(err.message, sizeof err.message, "%.900s: %m", input);
        return failed(input, fn, context, &err);
    }
    size_t size = 0;
    unsigned char *bytes =
        read_stream(stream, standard ? "standard input" : input, limits.max_bytes, &size, &err);
    if (!standard)
        fclose(stream);
    bool go_on =
        bytes ? walk_bytes(input, bytes, size, fn, context) : failed(input, fn, context, &err);
    free(bytes);
    return go_on;
}

static bool on_download(void *context, const char *name, uint64_t done, uint64_t total) {
    (void)context, (void)name, (void)done, (void)total;
    return !rx_interrupted();
}

static bool walk_url(const char *input, rx_input_fn fn, void *context) {
    static const pali_image_options limits = PALI_IMAGE_OPTIONS_INIT;
    pali_download_options options = PALI_DOWNLOAD_OPTIONS_INIT;
    options.max_bytes = limits.max_bytes;
    options.progress = on_download;
    pali_error err = PALI_ERROR_INIT;
    void *bytes = NULL;
    size_t size = 0;
    pali_status status = pali_download(&bytes, &size, input, &options, &err);
    if (status == PALI_ERROR_CANCELLED)
        return false;
    bool go_on =
        status ? failed(input, fn, context, &err) : walk_bytes(input, bytes, size, fn, context);
    free(bytes);
    return go_on;
}

static bool walk_folder(const char *folder, rx_input_fn fn, void *context) {
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_picture, alphasort);
    bool go_on = true;
    if (count <= 0) {
        pali_error err = {.code = count < 0 ? PALI_ERROR_IO : PALI_ERROR_NOT_FOUND};
        snprintf(err.message, sizeof err.message,
                 count < 0 ? "%.900s: cannot be listed: %m" : "%.900s: holds no picture", folder);
        go_on = failed(folder, fn, context, &err);
    }
    for (int i = 0; i < count; i++) {
        pali_error err = PALI_ERROR_INIT;
        char *path = NULL;
        if (go_on && !rx_interrupted())
            go_on = pali_join_path(&path, folder, entries[i]->d_name, &err)
                        ? failed(folder, fn, context, &err)
                        : walk_file(path, fn, context);
        free(path);
        free(entries[i]);
    }
    free(entries);
    return go_on;
}

void rx_inputs_walk(const char *const *inputs, int count, rx_input_fn fn, void *context) {
    bool go_on = true;
    for (int i = 0; i < count && go_on && !rx_interrupted(); i++)
        go_on = pali_is_url(inputs[i]) ? walk_url(inputs[i], fn, context)
                : is_folder(inputs[i]) ? walk_folder(inputs[i], fn, context)
                                       : walk_file(inputs[i], fn, context);
}

size_t rx_inputs_count(const char *const *inputs, int count) {
    size_t sum = 0;
    for (int i = 0; i < count; i++) {
        struct dirent **entries = NULL;
        int found = is_folder(inputs[i]) ? scandir(inputs[i], &entries, is_picture, NULL) : 1;
        for (int k = 0; entries && k < found; k++)
            free(entries[k]);
        free(entries);
        sum += found > 0 ? (size_t)found : 1;
    }
    return sum;
}

bool rx_inputs_many(const char *const *inputs, int count) {
    return count > 1 || (count == 1 && is_folder(inputs[0]));
}
