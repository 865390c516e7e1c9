/* A growing byte buffer that refuses to grow past its limit. */
#ifndef PALI_BASE_BUFFER_H
#define PALI_BASE_BUFFER_H

#include "base/status.h"

typedef struct pali_buffer {
    char *data; /* NUL-terminated after every append; NULL while empty */
    size_t size, capacity, limit;
} pali_buffer;

/* An empty buffer of at most `limit` bytes; nothing is reserved yet. */
void pali_buffer_init(pali_buffer *buffer, size_t limit);

/* On failure (PALI_ERROR_LIMIT or PALI_ERROR_MEMORY) the content is unchanged. */
pali_status pali_buffer_append(pali_buffer *buffer, const void *bytes, size_t size,
                               pali_error *err);
pali_status pali_buffer_append_text(pali_buffer *buffer, const char *text, pali_error *err);
pali_status pali_buffer_printf(pali_buffer *buffer, pali_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Hands the bytes (malloc'ed, NUL-terminated, never NULL on success) over and leaves the buffer
 * empty. */
pali_status pali_buffer_take(pali_buffer *buffer, char **bytes, size_t *size, pali_error *err);

void pali_buffer_free(pali_buffer *buffer);

#endif
