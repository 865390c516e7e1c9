/* A frame for claims about the kernels. */
#include "claims.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static jmp_buf after_failure;
static uint64_t random_state;

void fail_claim(const char *file, int line, const char *condition, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s:%d: not so: %s\n    ", file, line, condition);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    longjmp(after_failure, 1);
}

enum { MAX_BLOCKS = 512, WATCHED = 0x5a };

static struct {
    unsigned char *pages, *start;
    size_t mapped;
} blocks[MAX_BLOCKS];
static size_t num_blocks;

/* Whether the bytes in front of the arrays are what they were. */
static bool unmap_blocks(void) {
    bool intact = true;
    for (; num_blocks > 0; num_blocks--) {
        unsigned char *p = blocks[num_blocks - 1].pages;
        for (; p < blocks[num_blocks - 1].start; p++)
            intact &= *p == WATCHED;
        munmap(blocks[num_blocks - 1].pages, blocks[num_blocks - 1].mapped);
    }
    return intact;
}

/* Kept out of run_claims, whose variables longjmp would leave undefined. */
static bool holds(const claim *c) {
    random_state = 1;
    if (setjmp(after_failure)) {
        unmap_blocks();
        return false;
    }
    c->check();
    release_guarded();
    return true;
}

int run_claims(const claim *claims, size_t count) {
    size_t failed = 0;
    for (size_t i = 0; i < count; i++) {
        bool held = holds(&claims[i]);
        printf("%s %s\n", held ? "holds: " : "FAILED:", claims[i].name);
        fflush(stdout);
        failed += !held;
    }
    printf("%zu claims, %zu failed\n", count, failed);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- random numbers: SplitMix64 (Steele, Lea and Flood 2014) ---- */

uint64_t random_bits(void) {
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

float random_float(void) {
    return (float)(random_bits() >> 40) * 0x1p-23f - 1.0f;
}

/* ---- memory ---- */

void *guarded(size_t size, size_t alignment) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (size + 64 + page - 1) / page * page;
    REQUIRE(num_blocks < MAX_BLOCKS, "%zu blocks of guarded memory", num_blocks);
    unsigned char *pages =
        mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(pages != MAP_FAILED, "no memory: %zu bytes", room + page);
    REQUIRE(mprotect(pages + room, page, PROT_NONE) == 0, "mprotect");
    unsigned char *start = pages + room - ((size + alignment - 1) & ~(uintptr_t)(alignment - 1));
    memset(pages, WATCHED, (size_t)(start - pages));
    for (unsigned char *p = start; p < pages + room; p += sizeof(uint64_t)) {
        uint64_t bits = random_bits();
        size_t left = (size_t)(pages + room - p);
        memcpy(p, &bits, left < sizeof bits ? left : sizeof bits);
    }
    blocks[num_blocks].pages = pages;
    blocks[num_blocks].start = start;
    blocks[num_blocks++].mapped = room + page;
    return start;
}

void release_guarded(void) {
    REQUIRE(unmap_blocks(), "something wrote in front of its array");
}
