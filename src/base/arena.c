/* Memory that is given back at once. Pieces share blocks, each as large as all before it together:
 * few tensors lie at the end of one, where its huge pages end. A piece that is large beside the block
 * gets one of its own, so that tensors of gigabytes are reserved exactly. */
#include "base/arena.h"

#include "base/checked.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64, LEAST_BLOCK = 64 << 10, LARGEST_BLOCK = 64 << 20 };

struct pali_arena_block {
    _Alignas(ALIGNMENT) struct pali_arena_block *next;
    size_t used, capacity; /* of the bytes behind this head */
};

static struct pali_arena_block *block_new(pali_arena *arena, size_t capacity) {
    size_t size;
    if (!pali_add_size(capacity, sizeof(struct pali_arena_block), &size))
        return NULL;
    struct pali_arena_block *block = pali_memory_new(size);
    if (!block)
        return NULL;
    *block = (struct pali_arena_block){.capacity = capacity};
    arena->reserved += size;
    return block;
}

void *pali_arena_alloc(pali_arena *arena, size_t count, size_t size, const char *what,
                       pali_error *err) {
    size_t bytes;
    if (!pali_mul_size(count, size, &bytes) || bytes > SIZE_MAX - ALIGNMENT) {
        pali_fail_memory(err, SIZE_MAX, what);
        return NULL;
    }
    bytes = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    struct pali_arena_block *block = arena->blocks;
    if (!block || block->capacity - block->used < bytes) {
        size_t shared = arena->reserved < LEAST_BLOCK     ? LEAST_BLOCK
                        : arena->reserved > LARGEST_BLOCK ? LARGEST_BLOCK
                                                          : arena->reserved;
        bool large = bytes > shared / 4;
        block = block_new(arena, large ? bytes : shared);
        if (!block) {
            pali_fail_memory(err, bytes, what);
            return NULL;
        }
        if (large && arena->blocks) { /* keep the shared block in front */
            block->next = arena->blocks->next;
            arena->blocks->next = block;
        } else {
            block->next = arena->blocks;
            arena->blocks = block;
        }
    }
    void *piece = (char *)(block + 1) + block->used;
    block->used += bytes;
    return piece;
}

char *pali_arena_text(pali_arena *arena, const char *text, size_t size, pali_error *err) {
    size_t bytes;
    if (!pali_add_size(size, 1, &bytes)) {
        pali_fail_memory(err, SIZE_MAX, "a string");
        return NULL;
    }
    char *copy = pali_arena_alloc(arena, bytes, 1, "a string", err);
    if (!copy)
        return NULL;
    if (size)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

void pali_arena_free(pali_arena *arena) {
    struct pali_arena_block *block = arena->blocks;
    while (block) {
        struct pali_arena_block *next = block->next;
        pali_memory_free(block, block->capacity + sizeof *block);
        block = next;
    }
    *arena = (pali_arena)PALI_ARENA_INIT;
}
