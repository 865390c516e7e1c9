/* Errors: how a function fails. */
#include "base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_OF(x) #x
#define VERSION_TEXT(major, minor, patch) TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(patch)

const char *pali_version(void) {
    return VERSION_TEXT(PALI_VERSION_MAJOR, PALI_VERSION_MINOR, PALI_VERSION_PATCH);
}

const char *pali_status_name(pali_status code) {
    static const char *const names[] = {
        "ok",    "argument",  "memory",  "io",     "not-found", "format",   "unsupported",
        "limit", "cancelled", "network", "denied", "integrity", "internal",
    };
    size_t index = (size_t)code;
    return index < sizeof names / sizeof *names ? names[index] : "unknown";
}

pali_status pali_fail(pali_error *err, pali_status code, const char *format, ...) {
    if (err) {
        va_list args;
        va_start(args, format);
        err->code = code;
        vsnprintf(err->message, sizeof err->message, format, args);
        va_end(args);
    }
    return code;
}

pali_status pali_fail_memory(pali_error *err, size_t size, const char *what) {
    return pali_fail(err, PALI_ERROR_MEMORY, "cannot reserve %zu bytes for %s", size, what);
}

pali_status pali_fail_errno(pali_error *err, const char *path, const char *what) {
    int cause = errno;
    char space[256];
    const char *text = strerror_r(cause, space, sizeof space); /* GNU's, which never fails */
    return pali_fail(err, cause == ENOENT ? PALI_ERROR_NOT_FOUND : PALI_ERROR_IO, "%s: %s: %s",
                     path, what, text);
}
