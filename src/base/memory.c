#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20 };

void *pali_memory_new(size_t size) {
    size_t alignment = size >= HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
    if (size > SIZE_MAX - alignment)
        return NULL;
    size_t whole = size / HUGE_PAGE * HUGE_PAGE; /* the rest stays on small pages: no waste */
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    void *memory = NULL;
    if (posix_memalign(&memory, alignment, size ? size : ALIGNMENT))
        return NULL;
    if (whole)
        madvise(memory, whole, MADV_HUGEPAGE); /* refused: small pages do as well */
    return memory;
}
