/* Memory that is given back at once: blocks are chained, single pieces are never freed. */
#ifndef PALI_BASE_ARENA_H
#define PALI_BASE_ARENA_H

#include "base/status.h"

typedef struct pali_arena {
    struct pali_arena_block *blocks;
    size_t reserved; /* bytes taken from the system */
} pali_arena;

#define PALI_ARENA_INIT \
    { NULL, 0 }

/* `count` elements of `size` bytes, aligned to 64, not cleared. NULL on overflow or lack of memory,
 * with `err` filled; `what` names the purpose in the message. */
void *pali_arena_alloc(pali_arena *arena, size_t count, size_t size, const char *what,
                       pali_error *err);

/* A copy of the first `size` bytes of `text` with a NUL behind. */
char *pali_arena_text(pali_arena *arena, const char *text, size_t size, pali_error *err);

void pali_arena_free(pali_arena *arena);

#endif
