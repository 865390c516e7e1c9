/* From what the user names to pages: files, folders, standard input, every page of a document. */
#include "base/file.h"
#include "cli/cli.h"
#include "pali/hub.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* What comes next; 0 at the end, -1 with errno set. A pipe or a terminal may keep silent for ever: the
 * wait ends when the user interrupts, whichever thread the signal goes to. */
static ssize_t read_some(int fd, void *bytes, size_t size) {
    enum { PATIENCE_MS = 100 };
    struct pollfd pollfd = {.fd = fd, .events = POLLIN};
    while (!rx_interrupted()) {
        int ready = poll(&pollfd, 1, PATIENCE_MS);
        ssize_t got = ready > 0 ? read(fd, bytes, size) : ready;
        if (got >= 0 ? ready > 0 : errno != EINTR && errno != EAGAIN)
            return got;
    }
    errno = EINTR;
    return -1;
}

/* The whole of a file, a pipe or a terminal, malloc'ed; NULL with `err` filled. */
static unsigned char *read_all(int fd, const char *name, uint64_t limit, size_t *size,
                               pali_error *err) {
    unsigned char *bytes = NULL;
    size_t capacity = 0, used = 0;
    ssize_t got = 0;
    do {
        used += (size_t)got;
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
    } while ((got = read_some(fd, bytes + used, capacity - used)) > 0);
    if (got < 0) {
        free(bytes);
        err->code = PALI_ERROR_IO;
        snprintf(err->message, sizeof err->message, "%.900s: cannot be read: %m", name);
        return NULL;
    }
    *size = used;
    return bytes;
}

static bool walk_file(const char *input, rx_input_fn fn, void *context) {
    static const pali_image_options limits = PALI_IMAGE_OPTIONS_INIT;
    pali_error err = PALI_ERROR_INIT;
    bool standard = strcmp(input, "-") == 0;
    /* a pipe nobody writes to yet opens at once, and read_some waits for its writer */
    int fd = standard ? STDIN_FILENO : open(input, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        err.code = PALI_ERROR_NOT_FOUND;
        snprintf(err.message, sizeof err.message, "%.900s: %m", input);
        return failed(input, fn, context, &err);
    }
    size_t size = 0;
    unsigned char *bytes =
        read_all(fd, standard ? "standard input" : input, limits.max_bytes, &size, &err);
    if (!standard)
        close(fd);
    bool go_on = bytes              ? walk_bytes(input, bytes, size, fn, context)
                 : rx_interrupted() ? false
                                    : failed(input, fn, context, &err);
    free(bytes);
    return go_on;
}

static bool on_download(void *context, const char *name, uint64_t done, uint64_t total) {
    (void)context, (void)name, (void)done, (void)total;
    return !rx_interrupted();
}

/* A URL as results and messages name it: without the user's name and password. malloc'ed. */
static char *public_name(const char *url) {
    char *name = strdup(url);
    char *host = name ? strstr(name, "://") + 3 : NULL;
    char *login_end = host ? memrchr(host, '@', strcspn(host, "/?#")) : NULL;
    if (login_end)
        memmove(host, login_end + 1, strlen(login_end));
    return name;
}

static bool walk_url(const char *url, rx_input_fn fn, void *context) {
    static const pali_image_options limits = PALI_IMAGE_OPTIONS_INIT;
    pali_download_options options = PALI_DOWNLOAD_OPTIONS_INIT;
    options.max_bytes = limits.max_bytes;
    options.progress = on_download;
    pali_error err = PALI_ERROR_INIT;
    void *bytes = NULL;
    size_t size = 0;
    pali_status status = pali_download(&bytes, &size, url, &options, &err);
    if (status == PALI_ERROR_CANCELLED)
        return false;
    char *input = public_name(url);
    bool go_on = input && (status ? failed(input, fn, context, &err)
                                  : walk_bytes(input, bytes, size, fn, context));
    free(input);
    free(bytes);
    return go_on;
}

/* A page in a folder must be a file: a pipe there, which nobody meant to be read, would be waited for. */
static bool walk_entry(const char *path, rx_input_fn fn, void *context) {
    struct stat info;
    pali_error err = {.code = PALI_ERROR_IO};
    if (stat(path, &info) != 0 || S_ISREG(info.st_mode))
        return walk_file(path, fn, context);
    snprintf(err.message, sizeof err.message, "%.900s: %s", path,
             S_ISDIR(info.st_mode) ? "a folder in a folder is not looked into; name it as an input"
                                   : "is not a file");
    return failed(path, fn, context, &err);
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
                        : walk_entry(path, fn, context);
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

static bool folder_holds(const char *folder, const char *path) {
    struct dirent **entries = NULL;
    int found = scandir(folder, &entries, is_picture, NULL);
    bool held = false;
    for (int i = 0; i < found; i++) {
        char *entry = NULL;
        if (!held && !pali_join_path(&entry, folder, entries[i]->d_name, NULL))
            held = rx_same_file(entry, path);
        free(entry);
        free(entries[i]);
    }
    free(entries);
    return held;
}

bool rx_inputs_hold(const char *const *inputs, int count, const char *path) {
    struct stat info;
    if (stat(path, &info) != 0)
        return false;
    for (int i = 0; i < count; i++)
        if (is_folder(inputs[i]) ? folder_holds(inputs[i], path) : rx_same_file(inputs[i], path))
            return true;
    return false;
}

bool rx_inputs_many(const char *const *inputs, int count) {
    return count > 1 || (count == 1 && is_folder(inputs[0]));
}
