/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef PALI_BASE_UTF8_H
#define PALI_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the valid sequence at the start of `text`, or 0; `size` > 0. */
size_t pali_utf8_length(const char *text, size_t size);

/* Whether all of it is valid. */
bool pali_is_utf8(const char *text, size_t size);

/* Bytes of a byte order mark at the start of `text`, which editors on Windows write: 3 or 0. */
size_t pali_utf8_mark(const char *text, size_t size);

#endif
