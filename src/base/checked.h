/* Arithmetic on sizes. Those that come from files are added and multiplied with a check: false when the result does not fit. */
#ifndef PALI_BASE_CHECKED_H
#define PALI_BASE_CHECKED_H

#include <stdbool.h>
#include <stddef.h>

static inline bool pali_add_size(size_t a, size_t b, size_t *out) {
    return !__builtin_add_overflow(a, b, out);
}

static inline bool pali_mul_size(size_t a, size_t b, size_t *out) {
    return !__builtin_mul_overflow(a, b, out);
}

/* The next multiple; `n` must be less than SIZE_MAX by it. */
static inline size_t pali_round_up(size_t n, size_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}

#endif
