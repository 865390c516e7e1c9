/* Bytes as files, for readers that take a path. */
#ifndef FUZZ_SCRATCH_H
#define FUZZ_SCRATCH_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static inline void scratch_write(int fd, const void *data, size_t size) {
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
}

/* A file in memory. */
typedef struct scratch_file {
    int fd;
    char path[64];
} scratch_file;

static inline scratch_file scratch_open(const void *data, size_t size) {
    scratch_file file = {.fd = memfd_create("fuzz", MFD_CLOEXEC)};
    scratch_write(file.fd, data, size);
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.fd);
    return file;
}

static inline void scratch_close(const scratch_file *file) {
    close(file->fd);
}

/* A folder that goes with the process, and files in it: `name` is a constant. */
enum { SCRATCH_FILES = 8 };
static char scratch_folder[] = "/tmp/fuzz-XXXXXX";
static const char *scratch_names[SCRATCH_FILES];

static inline char *scratch_path(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", scratch_folder, name);
    return path;
}

static inline void scratch_clean(void) {
    for (size_t i = 0; i < SCRATCH_FILES && scratch_names[i]; i++)
        unlink(scratch_path(scratch_names[i]));
    rmdir(scratch_folder);
}

static inline void scratch_put(const char *name, const void *data, size_t size) {
    if (!scratch_names[0] && (!mkdtemp(scratch_folder) || atexit(scratch_clean)))
        abort();
    size_t i = 0;
    while (i < SCRATCH_FILES && scratch_names[i] && strcmp(scratch_names[i], name) != 0)
        i++;
    if (i == SCRATCH_FILES)
        abort();
    scratch_names[i] = name;
    int fd = open(scratch_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    scratch_write(fd, data, size);
    close(fd);
}

#endif
