/* A new directory that appears whole or not at all: filled under a name beside the wanted one and
 * renamed, which replaces an empty directory and nothing else. */
#include "base/new_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_COPIED = 256 << 20 };

static bool is_empty_directory(const char *path) {
    DIR *dir = opendir(path);
    size_t entries = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        entries += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    bool empty = dir && entries == 0;
    if (dir)
        closedir(dir);
    return empty;
}

/* The path without slashes at its end, and the same with a suffix for mkdtemp. */
static pali_status set_paths(pali_new_directory *d, const char *path, pali_error *err) {
    static const char suffix[] = ".XXXXXX";
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (length == 0)
        return pali_fail(err, PALI_ERROR_ARGUMENT, "the new directory has no name");
    d->path = strndup(path, length);
    d->temporary = malloc(length + sizeof suffix);
    if (!d->path || !d->temporary)
        return pali_fail_memory(err, length + sizeof suffix, "a path");
    memcpy(d->temporary, path, length);
    memcpy(d->temporary + length, suffix, sizeof suffix);
    return PALI_OK;
}

static void free_paths(pali_new_directory *d) {
    free(d->path);
    free(d->temporary);
    *d = (pali_new_directory){NULL, NULL};
}

pali_status pali_new_directory_begin(pali_new_directory *out, const char *path, pali_error *err) {
    pali_new_directory d = {NULL, NULL};
    pali_status status = set_paths(&d, path, err);
    struct stat info;
    if (!status && lstat(d.path, &info) == 0 && !is_empty_directory(d.path))
        status = pali_fail(err, PALI_ERROR_ARGUMENT, "%s exists already and is no empty directory",
                           d.path);
    if (!status && !mkdtemp(d.temporary)) {
        pali_fail_errno(err, d.path, "cannot make this directory");
        status =
            PALI_ERROR_IO; /* also without its parent: what is not found is a model elsewhere */
        if (err)
            err->code = status;
    }
    if (status) {
        free_paths(&d);
        return status;
    }
    mode_t mask = umask(0);
    umask(mask);
    chmod(d.temporary, 0777 & ~mask);
    *out = d;
    return PALI_OK;
}

pali_status pali_new_directory_file(const pali_new_directory *directory, const char *name,
                                    uint64_t size, int *fd, pali_error *err) {
    char *path = NULL;
    pali_status status = pali_join_path(&path, directory->temporary, name, err);
    if (status)
        return status;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0)
        status = pali_fail_errno(err, path, "cannot make this file");
    /* Not every file system can reserve; those tell when the disk is full. */
    else if (size && fallocate(file, 0, 0, (off_t)size) != 0 &&
             (errno == ENOSPC || errno == EFBIG || errno == EDQUOT))
        status = pali_fail_errno(err, path, "no room for this file");
    free(path);
    if (status && file >= 0)
        close(file);
    if (!status)
        *fd = file;
    return status;
}

static bool ends_with(const char *name, const char *end) {
    size_t length = strlen(name), tail = strlen(end);
    return length >= tail && strcmp(name + length - tail, end) == 0;
}

static bool is_carried(const char *name) {
    return (ends_with(name, ".json") || ends_with(name, ".model")) &&
           !ends_with(name, ".safetensors.index.json") && name[0] != '.';
}

static pali_status copy_file(const char *from, const char *to, pali_error *err) {
    pali_buffer content;
    pali_buffer_init(&content, MAX_COPIED);
    pali_status status = pali_read_file(&content, from, err);
    if (!status)
        status = pali_write_file(to, content.data ? content.data : "", content.size, err);
    pali_buffer_free(&content);
    return status;
}

pali_status pali_new_directory_copy(const pali_new_directory *directory, const char *source,
                                    pali_error *err) {
    DIR *dir = opendir(source);
    if (!dir)
        return pali_fail_errno(err, source, "cannot list");
    pali_status status = PALI_OK;
    for (struct dirent *entry; !status && (entry = readdir(dir));) {
        if (!is_carried(entry->d_name))
            continue;
        char *from = NULL, *to = NULL;
        status = pali_join_path(&from, source, entry->d_name, err);
        if (!status)
            status = pali_join_path(&to, directory->temporary, entry->d_name, err);
        if (!status)
            status = copy_file(from, to, err);
        free(from);
        free(to);
    }
    closedir(dir);
    return status;
}

pali_status pali_new_directory_commit(pali_new_directory *directory, pali_error *err) {
    if (rename(directory->temporary, directory->path) != 0)
        return pali_fail_errno(err, directory->path, "cannot give the new directory this name");
    free_paths(directory);
    return PALI_OK;
}

void pali_new_directory_end(pali_new_directory *directory) {
    DIR *dir = directory->temporary ? opendir(directory->temporary) : NULL;
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        unlinkat(dirfd(dir), entry->d_name, 0); /* files only: nothing else was made */
    if (dir)
        closedir(dir);
    if (directory->temporary)
        rmdir(directory->temporary);
    free_paths(directory);
}
