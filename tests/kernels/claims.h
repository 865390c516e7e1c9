/* A frame for claims about the kernels: a list of functions, a condition that ends the function it
 * fails in, random numbers, and memory that is guarded on both sides. It needs nothing but the C
 * library, so that the same programs run on a machine for which no other library is installed
 * (scripts/check_kernels.sh). */
#ifndef PALI_TESTS_CLAIMS_H
#define PALI_TESTS_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct claim {
    const char *name;
    void (*check)(void);
} claim;

#define CLAIM(function) \
    { #function, function }

/* Runs them all, prints a line for each, and returns what main should. */
int run_claims(const claim *claims, size_t count);

/* Ends the claim when the condition does not hold; the rest is printf's, and says for which case. */
#define REQUIRE(condition, ...)                                      \
    do {                                                             \
        if (!(condition))                                            \
            fail_claim(__FILE__, __LINE__, #condition, __VA_ARGS__); \
    } while (0)

_Noreturn void fail_claim(const char *file, int line, const char *condition, const char *format,
                          ...) __attribute__((format(printf, 4, 5)));

/* ---- random numbers: the same in every run; each claim starts anew ---- */

uint64_t random_bits(void);

/* Uniform in [-1, 1). */
float random_float(void);

/* ---- memory ---- */

/* `size` bytes, aligned to `alignment` (a power of two up to 64), with random content. The page
 * behind them cannot be touched: reading or writing beyond the end (by more than the alignment
 * leaves) is a crash. Bytes in front are watched. */
void *guarded(size_t size, size_t alignment);

/* Checks that nothing was written in front, and gives all of it back. Every claim ends with this. */
void release_guarded(void);

#endif
