/* Files: mapped for reading, read whole within a limit, written whole or not at all. */
#ifndef PALI_BASE_FILE_H
#define PALI_BASE_FILE_H

#include "base/buffer.h"

/* A read-only view of a file. An empty file has data NULL and size 0. */
typedef struct pali_mapped_file {
    const unsigned char *data;
    size_t size;
} pali_mapped_file;

pali_status pali_map_file(pali_mapped_file *out, const char *path, pali_error *err);
void pali_unmap_file(pali_mapped_file *file);

/* Lets go of the whole pages of a part of a mapped file: they no longer count as this process's
 * memory, and come back when they are read again. */
void pali_release_pages(const void *data, size_t size);

/* Appends the content of `path` ("-": standard input) to `out`; its limit names the largest size.
 */
pali_status pali_read_file(pali_buffer *out, const char *path, pali_error *err);

/* Replaces `path` by these bytes: written beside it, flushed to disk, renamed over it. On failure
 * the old content stays. */
pali_status pali_write_file(const char *path, const void *bytes, size_t size, pali_error *err);

/* Writes all bytes at `offset`; `path` is for messages. */
pali_status pali_write_at(int fd, const void *bytes, size_t size, uint64_t offset, const char *path,
                          pali_error *err);

/* Writes what the descriptor's file has in memory to the disk. */
pali_status pali_flush(int fd, const char *path, pali_error *err);

/* "directory/name", malloc'ed. */
pali_status pali_join_path(char **out, const char *directory, const char *name, pali_error *err);

#endif
