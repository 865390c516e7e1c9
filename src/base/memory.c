/* What is large comes from the system itself: malloc hands out again what was freed, whose small pages
 * stay small. What is smaller comes and goes with every call: to clear it each time would cost more. */
#include "base/memory.h"

#include "base/checked.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20, LARGE = 16 << 20 };

/* Maps one huge page more than the `size` bytes, whole huge pages, and gives back what is not aligned. */
static void *map_aligned(size_t size) {
    char *start =
        mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    size_t before = pali_round_up((uintptr_t)start, HUGE_PAGE) - (uintptr_t)start;
    if (before)
        munmap(start, before);
    if (before < HUGE_PAGE)
        munmap(start + before + size, HUGE_PAGE - before);
    madvise(start + before, size, MADV_HUGEPAGE); /* refused: small pages do as well */
    return start + before;
}

static void *allocate_aligned(size_t size) {
    void *memory = NULL;
    if (posix_memalign(&memory, size >= HUGE_PAGE ? HUGE_PAGE : ALIGNMENT, size ? size : 1))
        return NULL;
    if (size >= HUGE_PAGE)
        madvise(memory, size / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE); /* the rest: no waste */
    return memory;
}

void *pali_memory_new(size_t size) {
    if (size > SIZE_MAX / 2)
        return NULL;
    return size >= LARGE ? map_aligned(pali_round_up(size, HUGE_PAGE)) : allocate_aligned(size);
}

void pali_memory_free(void *memory, size_t size) {
    if (memory && size >= LARGE)
        munmap(memory, pali_round_up(size, HUGE_PAGE));
    else
        free(memory);
}
