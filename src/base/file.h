/* Files: mapped for reading, read whole within a limit, written whole or not at all. */
#ifndef PALI_BASE_FILE_H
#define PALI_BASE_FILE_H

#include "base/buffer.h"

#include <sys/types.h>

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

/* Whether something is there that is no file: a pipe, a device, /dev/null. It is written into; a file in
 * its place would break whoever uses it. */
bool pali_is_special(const char *path);

/* The file that writing to `path` replaces: what a link leads to, or the path itself; malloc'ed, NULL
 * without memory. */
char *pali_write_target(const char *path);

/* The permissions of what is written there: those of the file that is replaced, so that nobody can read
 * it who could not before; those that the umask leaves for a new one. */
mode_t pali_write_mode(const char *path);

/* Replaces `path` by these bytes: written beside it, flushed to disk, renamed over it. On failure
 * the old content stays. A pipe or a device is written into. */
pali_status pali_write_file(const char *path, const void *bytes, size_t size, pali_error *err);

/* Writes all bytes at `offset`; `path` is for messages. */
pali_status pali_write_at(int fd, const void *bytes, size_t size, uint64_t offset, const char *path,
                          pali_error *err);

/* Writes what the descriptor's file has in memory to the disk. */
pali_status pali_flush(int fd, const char *path, pali_error *err);

/* "directory/name", malloc'ed. */
pali_status pali_join_path(char **out, const char *directory, const char *name, pali_error *err);

#endif
