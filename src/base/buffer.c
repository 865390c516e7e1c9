/* A growing byte buffer that refuses to grow past its limit. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pali_buffer_init(pali_buffer *buffer, size_t limit) {
    *buffer = (pali_buffer){.limit = limit};
}

/* Room for `extra` more bytes and the NUL. */
static pali_status reserve(pali_buffer *buffer, size_t extra, pali_error *err) {
    if (extra > buffer->limit - buffer->size)
        return pali_fail(err, PALI_ERROR_LIMIT, "more than %zu bytes", buffer->limit);
    size_t needed = buffer->size + extra + 1;
    if (needed <= buffer->capacity)
        return PALI_OK;
    size_t capacity = buffer->capacity ? buffer->capacity : 64;
    while (capacity < needed)
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    char *data = realloc(buffer->data, capacity);
    if (!data)
        return pali_fail_memory(err, capacity, "a buffer");
    buffer->data = data;
    buffer->capacity = capacity;
    return PALI_OK;
}

pali_status pali_buffer_append(pali_buffer *buffer, const void *bytes, size_t size,
                               pali_error *err) {
    pali_status status = reserve(buffer, size, err);
    if (status)
        return status;
    if (size)
        memcpy(buffer->data + buffer->size, bytes, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
    return PALI_OK;
}

pali_status pali_buffer_append_text(pali_buffer *buffer, const char *text, pali_error *err) {
    return pali_buffer_append(buffer, text, strlen(text), err);
}

pali_status pali_buffer_printf(pali_buffer *buffer, pali_error *err, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    pali_status status = length < 0 ? pali_fail(err, PALI_ERROR_ARGUMENT, "bad format string")
                                    : reserve(buffer, (size_t)length, err);
    if (!status) {
        vsnprintf(buffer->data + buffer->size, (size_t)length + 1, format, again);
        buffer->size += (size_t)length;
    }
    va_end(again);
    return status;
}

pali_status pali_buffer_take(pali_buffer *buffer, char **bytes, size_t *size, pali_error *err) {
    pali_status status = pali_buffer_append(buffer, "", 0, err);
    if (status)
        return status;
    *bytes = buffer->data;
    if (size)
        *size = buffer->size;
    pali_buffer_init(buffer, buffer->limit);
    return PALI_OK;
}

void pali_buffer_free(pali_buffer *buffer) {
    free(buffer->data);
    pali_buffer_init(buffer, buffer->limit);
}
