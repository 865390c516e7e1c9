/* Errors: how a function fails. See pali.h for the convention. */
#ifndef PALI_BASE_STATUS_H
#define PALI_BASE_STATUS_H

#include "pali/pali.h"

/* Writes code and formatted message to `err` if it is not NULL, and returns the code:
 *     return pali_fail(err, PALI_ERROR_FORMAT, "%s: header is longer than the file", path);
 */
pali_status pali_fail(pali_error *err, pali_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "cannot reserve N bytes for <what>" */
pali_status pali_fail_memory(pali_error *err, size_t size, const char *what);

/* "<path>: <what>: <strerror(errno)>", as PALI_ERROR_NOT_FOUND for ENOENT, else PALI_ERROR_IO. */
pali_status pali_fail_errno(pali_error *err, const char *path, const char *what);

#endif
