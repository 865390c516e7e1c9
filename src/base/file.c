/* Files: mapped for reading, read whole within a limit, written whole or not at all. */
#include "base/file.h"

#include "base/checked.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static pali_status open_regular(int *out, const char *path, struct stat *info, pali_error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return pali_fail_errno(err, path, "cannot open");
    if (fstat(fd, info) != 0) {
        pali_status status = pali_fail_errno(err, path, "cannot examine");
        close(fd);
        return status;
    }
    if (!S_ISREG(info->st_mode)) {
        close(fd);
        return pali_fail(err, PALI_ERROR_IO, "%s: %s", path,
                         S_ISDIR(info->st_mode) ? "is a directory" : "is not a regular file");
    }
    *out = fd;
    return PALI_OK;
}

pali_status pali_map_file(pali_mapped_file *out, const char *path, pali_error *err) {
    int fd = -1;
    struct stat info;
    pali_status status = open_regular(&fd, path, &info, err);
    if (status)
        return status;
    pali_mapped_file file = {NULL, (size_t)info.st_size};
    if (file.size) {
        void *data = mmap(NULL, file.size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED)
            status = pali_fail_errno(err, path, "cannot map");
        else
            file.data = data;
    }
    close(fd);
    if (!status)
        *out = file;
    return status;
}

void pali_unmap_file(pali_mapped_file *file) {
    if (file->data)
        munmap((void *)(uintptr_t)file->data, file->size);
    *file = (pali_mapped_file){NULL, 0};
}

void pali_release_pages(const void *data, size_t size) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = ((uintptr_t)data + page - 1) / page * page;
    uintptr_t last = ((uintptr_t)data + size) / page * page;
    if (first < last)
        madvise((void *)first, last - first, MADV_DONTNEED);
}

static pali_status read_descriptor(pali_buffer *out, int fd, const char *name, pali_error *err) {
    char chunk[65536];
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got == 0)
            return PALI_OK;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return pali_fail_errno(err, name, "cannot read");
        pali_status status = pali_buffer_append(out, chunk, (size_t)got, NULL);
        if (status == PALI_ERROR_LIMIT)
            return pali_fail(err, status, "%s: larger than the limit of %zu bytes", name,
                             out->limit);
        if (status)
            return pali_fail(err, status, "%s: not enough memory to read it", name);
    }
}

pali_status pali_read_file(pali_buffer *out, const char *path, pali_error *err) {
    if (strcmp(path, "-") == 0)
        return read_descriptor(out, STDIN_FILENO, "standard input", err);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return pali_fail_errno(err, path, "cannot open");
    pali_status status = read_descriptor(out, fd, path, err);
    close(fd);
    return status;
}

pali_status pali_write_at(int fd, const void *bytes, size_t size, uint64_t offset, const char *path,
                          pali_error *err) {
    for (const char *p = bytes; size;) {
        ssize_t put = pwrite(fd, p, size, (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return pali_fail_errno(err, path, "cannot write");
        p += put;
        offset += (uint64_t)put;
        size -= (size_t)put;
    }
    return PALI_OK;
}

pali_status pali_flush(int fd, const char *path, pali_error *err) {
    if (fsync(fd) != 0 && errno != EINVAL && errno != EROFS)
        return pali_fail_errno(err, path, "cannot flush to disk");
    return PALI_OK;
}

bool pali_is_special(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode);
}

char *pali_write_target(const char *path) {
    char *target = realpath(path, NULL);
    return target ? target : strdup(path);
}

mode_t pali_write_mode(const char *path) {
    struct stat info;
    if (stat(path, &info) == 0)
        return info.st_mode & 0777;
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static pali_status write_into(const char *path, const char *bytes, size_t size, pali_error *err) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    pali_status status = fd < 0 ? pali_fail_errno(err, path, "cannot write") : PALI_OK;
    while (size && !status) {
        ssize_t put = write(fd, bytes, size);
        if (put < 0 && errno != EINTR)
            status = pali_fail_errno(err, path, "cannot write");
        bytes += put > 0 ? put : 0;
        size -= put > 0 ? (size_t)put : 0;
    }
    if (fd >= 0 && close(fd) != 0 && !status)
        status = pali_fail_errno(err, path, "cannot write");
    return status;
}

/* Writes the file under a new name beside `path` and renames it. */
static pali_status replace_file(const char *path, const void *bytes, size_t size, pali_error *err) {
    static const char suffix[] = ".XXXXXX";
    size_t length = strlen(path);
    char *temporary = malloc(length + sizeof suffix);
    if (!temporary)
        return pali_fail_memory(err, length + sizeof suffix, "a file name");
    memcpy(temporary, path, length);
    memcpy(temporary + length, suffix, sizeof suffix);
    int fd = mkstemp(temporary);
    pali_status status = PALI_OK;
    if (fd < 0) {
        status = pali_fail_errno(err, path, "cannot write");
    } else {
        fchmod(fd, pali_write_mode(path));
        status = pali_write_at(fd, bytes, size, 0, path, err);
        if (!status)
            status = pali_flush(fd, path, err);
        if (close(fd) != 0 && !status)
            status = pali_fail_errno(err, path, "cannot write");
        if (!status && rename(temporary, path) != 0)
            status = pali_fail_errno(err, path, "cannot replace");
        if (status)
            unlink(temporary);
    }
    free(temporary);
    return status;
}

pali_status pali_write_file(const char *path, const void *bytes, size_t size, pali_error *err) {
    if (pali_is_special(path))
        return write_into(path, bytes, size, err);
    char *target = pali_write_target(path);
    if (!target)
        return pali_fail_memory(err, strlen(path) + 1, "a file name");
    pali_status status = replace_file(target, bytes, size, err);
    free(target);
    return status;
}

pali_status pali_join_path(char **out, const char *directory, const char *name, pali_error *err) {
    size_t head = strlen(directory), tail = strlen(name);
    bool slash = head > 0 && directory[head - 1] != '/';
    char *path = malloc(head + slash + tail + 1);
    if (!path)
        return pali_fail_memory(err, head + tail + 2, "a path");
    memcpy(path, directory, head);
    if (slash)
        path[head] = '/';
    memcpy(path + head + slash, name, tail + 1);
    *out = path;
    return PALI_OK;
}
