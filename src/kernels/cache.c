/* Keys and values as attention reads them, block of 64 positions by block.
 *
 * Bytes lie as the panels of INT8 weights do (weights.h): those that are summed up four at a time are
 * neighbours, components for keys and positions for values. A head's key or value at a position has
 * a scale, which the sums or the weights are multiplied with. */
#include "kernels/cache.h"

#include "base/checked.h"
#include "kernels/compute.h"
#include "kernels/numbers.h"
#include "kernels/weights.h"

#include <math.h>
#include <string.h>

size_t pali_cache_capacity(size_t positions) {
    return (positions + PALI_KEY_BLOCK - 1) / PALI_KEY_BLOCK * PALI_KEY_BLOCK;
}

static size_t element_size(const pali_cache *cache) {
    switch (cache->format) {
    case PALI_WEIGHTS_INT8:
        return sizeof(uint8_t);
    case PALI_WEIGHTS_F32:
        return sizeof(float);
    default:
        return sizeof(uint16_t);
    }
}

/* Values are padded to whole vectors of every instruction set, bytes to what is multiplied at once. */
size_t pali_cache_row_size(const pali_cache *cache) {
    bool bytes = cache->format == PALI_WEIGHTS_INT8;
    size_t together = cache->kind == PALI_VALUES ? (bytes ? PALI_TILE_OUTPUTS : PALI_KEYS_TOGETHER)
                                                 : (bytes ? 4 : 1);
    return (cache->head_dim + together - 1) / together * together;
}

bool pali_cache_size(const pali_cache *cache, size_t *bytes) {
    size_t row = pali_cache_row_size(cache) * element_size(cache);
    row += cache->format == PALI_WEIGHTS_INT8 ? sizeof(float) : 0;
    return pali_mul_size(cache->num_kv_heads, cache->capacity, bytes) &&
           pali_mul_size(*bytes, row, bytes);
}

pali_status pali_cache_reserve(pali_cache *cache, pali_arena *arena, const char *what,
                               pali_error *err) {
    size_t bytes;
    if (!pali_cache_size(cache, &bytes))
        bytes = SIZE_MAX;
    cache->data = pali_arena_alloc(arena, bytes, 1, what, err);
    return cache->data ? PALI_OK : PALI_ERROR_MEMORY;
}

void *pali_cache_block(const pali_cache *cache, size_t head, size_t start) {
    size_t row = pali_cache_row_size(cache) * element_size(cache);
    return (char *)cache->data + (head * cache->capacity + start) * row;
}

float *pali_cache_scales(const pali_cache *cache, size_t head, size_t start) {
    size_t all = cache->num_kv_heads * cache->capacity * pali_cache_row_size(cache);
    return (float *)(void *)((char *)cache->data + all) + head * cache->capacity + start;
}

/* ---- numbers ---- */

/* Index in its block of component 0 of a position, and the distance from component to component. */
static size_t place_of(const pali_cache *cache, size_t position, size_t *step) {
    if (cache->kind == PALI_VALUES) {
        *step = 1;
        return position * pali_cache_row_size(cache);
    }
    *step = PALI_KEYS_TOGETHER;
    return position / PALI_KEYS_TOGETHER * PALI_KEYS_TOGETHER * cache->head_dim +
           position % PALI_KEYS_TOGETHER;
}

static void store_numbers(const pali_cache *cache, size_t head, size_t position, const float *row) {
    size_t step, size = element_size(cache), in_block = position % PALI_KEY_BLOCK;
    size_t at = place_of(cache, in_block, &step);
    void *block = pali_cache_block(cache, head, position - in_block);
    if (cache->format == PALI_WEIGHTS_F32)
        for (size_t c = 0; c < cache->head_dim; c++)
            ((float *)block)[at + c * step] = row[c];
    else
        for (size_t c = 0; c < cache->head_dim; c++)
            ((uint16_t *)block)[at + c * step] = pali_f32_to_bf16(row[c]);
    memset((char *)block + (at + cache->head_dim) * size, 0,
           (pali_cache_row_size(cache) - cache->head_dim) * size);
}

/* ---- bytes ---- */

/* Where the bytes of a position lie in a block: `together` of them `step` bytes apart, and the next as many `stride`
 * bytes from those. */
typedef struct byte_places {
    size_t first, together, step, stride;
} byte_places;

static byte_places places_of(const pali_cache *cache, size_t position) {
    enum { QUADS = 4 * PALI_PANEL_ROWS }; /* of a panel, side by side */
    if (cache->kind == PALI_VALUES)
        return (byte_places){position / 4 * QUADS + position % 4, PALI_PANEL_ROWS, 4,
                             PALI_KEY_BLOCK / 4 * QUADS};
    size_t panel = position / PALI_PANEL_ROWS * PALI_PANEL_ROWS * pali_cache_row_size(cache);
    return (byte_places){panel + position % PALI_PANEL_ROWS * 4, 4, 1, QUADS};
}

enum { PIECE = 64 }; /* components that become bytes at a time */

static void store_bytes(const pali_activation_kernels *kernels, const pali_cache *cache,
                        size_t head, size_t position, const float *row) {
    size_t in_block = position % PALI_KEY_BLOCK, start = position - in_block, not_finite;
    byte_places places = places_of(cache, in_block);
    uint8_t *to = (uint8_t *)pali_cache_block(cache, head, start) + places.first;
    float *scales = pali_cache_scales(cache, head, start);
    float largest = kernels->magnitude(row, cache->head_dim, INFINITY, &not_finite);
    for (size_t c = 0; c < pali_cache_row_size(cache); c += PIECE) {
        int8_t piece[PIECE] = {0};
        size_t rest = pali_cache_row_size(cache) - c, left = cache->head_dim - c;
        kernels->quantize(row + c, left < PIECE ? left : PIECE, pali_int8_steps(largest), INFINITY,
                          piece);
        for (size_t i = 0; i < PIECE && i < rest; i += places.together, to += places.stride)
            for (size_t k = 0; k < places.together; k++)
                to[k * places.step] = (uint8_t)(piece[i + k] + 128);
    }
    scales[in_block] = not_finite ? NAN : largest / 127.0f;
}

/* ---- rows of many positions ---- */

enum { POSITIONS_OF_A_TASK = 64 };

typedef struct store_job {
    const pali_activation_kernels *kernels;
    const pali_cache_rows *parts;
} store_job;

static void store_position(const pali_activation_kernels *kernels, const pali_cache_rows *part,
                           size_t t) {
    const pali_cache *cache = part->cache;
    for (size_t h = 0; h < cache->num_kv_heads; h++) {
        const float *row = part->rows + (t * cache->num_kv_heads + h) * cache->head_dim;
        if (cache->format == PALI_WEIGHTS_INT8)
            store_bytes(kernels, cache, h, part->first + t, row);
        else
            store_numbers(cache, h, part->first + t, row);
    }
}

static size_t store_tasks_of(const pali_cache_rows *part) {
    return (part->n + POSITIONS_OF_A_TASK - 1) / POSITIONS_OF_A_TASK;
}

static void store_task(void *context, size_t index, size_t worker) {
    (void)worker;
    const store_job *job = context;
    const pali_cache_rows *part = job->parts;
    for (; index >= store_tasks_of(part); part++)
        index -= store_tasks_of(part);
    size_t first = index * POSITIONS_OF_A_TASK, last = first + POSITIONS_OF_A_TASK;
    for (size_t t = first; t < last && t < part->n; t++)
        store_position(job->kernels, part, t);
}

void pali_cache_store(pali_compute *compute, const pali_cache_rows *rows, size_t count) {
    store_job job = {compute->kernels->products.activations, rows};
    size_t tasks = 0;
    for (size_t i = 0; i < count; i++)
        tasks += store_tasks_of(&rows[i]);
    pali_pool_run(compute->pool, tasks, store_task, &job);
}
