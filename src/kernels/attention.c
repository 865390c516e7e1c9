/* Attention over threads, without ever storing the score matrix: blocks of 64 positions pass by a
 * few query rows, each of which keeps its running maximum, sum and output (online softmax, Milakov
 * and Gimelshein 2018; tiling after FlashAttention, Dao et al. 2022).
 *
 * Query heads that share a key-value head are rows of one block, so that keys and values are read
 * once for them. Blocks start at multiples of 64 whatever the query, and a row's sums touch nothing
 * of its neighbours: its bits do not depend on them. */
#include "base/checked.h"
#include "kernels/compute.h"
#include "kernels/numbers.h"

#include <math.h>
#include <string.h>

/* ---- the cache ---- */

size_t pali_cache_capacity(size_t positions) {
    return (positions + PALI_KEY_BLOCK - 1) / PALI_KEY_BLOCK * PALI_KEY_BLOCK;
}

static size_t element_size(const pali_cache *cache) {
    return cache->format == PALI_WEIGHTS_F32 ? sizeof(float) : sizeof(uint16_t);
}

/* Components of a value with its padding, which is zero: whole vectors for every instruction set.
 */
static size_t padded(size_t head_dim) {
    return (head_dim + PALI_KEYS_TOGETHER - 1) / PALI_KEYS_TOGETHER * PALI_KEYS_TOGETHER;
}

/* Numbers of one head and position. */
static size_t row_size(const pali_cache *cache) {
    return cache->kind == PALI_VALUES ? padded(cache->head_dim) : cache->head_dim;
}

bool pali_cache_size(const pali_cache *cache, size_t *bytes) {
    return pali_mul_size(cache->num_kv_heads, cache->capacity, bytes) &&
           pali_mul_size(*bytes, row_size(cache) * element_size(cache), bytes);
}

/* Index of component 0 of a position, and the distance from component to component. */
static size_t place_of(const pali_cache *cache, size_t head, size_t position, size_t *step) {
    size_t start = head * cache->capacity * row_size(cache);
    if (cache->kind == PALI_VALUES) {
        *step = 1;
        return start + position * row_size(cache);
    }
    *step = PALI_KEYS_TOGETHER;
    return start + position / PALI_KEYS_TOGETHER * PALI_KEYS_TOGETHER * cache->head_dim +
           position % PALI_KEYS_TOGETHER;
}

enum { POSITIONS_OF_A_TASK = 64 };

static void store_position(const pali_cache_rows *part, size_t t) {
    const pali_cache *cache = part->cache;
    for (size_t h = 0; h < cache->num_kv_heads; h++) {
        const float *row = part->rows + (t * cache->num_kv_heads + h) * cache->head_dim;
        size_t step, at = place_of(cache, h, part->first + t, &step);
        if (cache->format == PALI_WEIGHTS_F32)
            for (size_t c = 0; c < cache->head_dim; c++)
                ((float *)cache->data)[at + c * step] = row[c];
        else
            for (size_t c = 0; c < cache->head_dim; c++)
                ((uint16_t *)cache->data)[at + c * step] = pali_f32_to_bf16(row[c]);
        size_t padding = row_size(cache) - cache->head_dim;
        memset((char *)cache->data + (at + cache->head_dim) * element_size(cache), 0,
               padding * element_size(cache));
    }
}

static size_t store_tasks_of(const pali_cache_rows *part) {
    return (part->n + POSITIONS_OF_A_TASK - 1) / POSITIONS_OF_A_TASK;
}

static void store_task(void *context, size_t index, size_t worker) {
    (void)worker;
    const pali_cache_rows *part = context;
    for (; index >= store_tasks_of(part); part++)
        index -= store_tasks_of(part);
    size_t first = index * POSITIONS_OF_A_TASK, last = first + POSITIONS_OF_A_TASK;
    for (size_t t = first; t < last && t < part->n; t++)
        store_position(part, t);
}

void pali_cache_store(pali_compute *compute, const pali_cache_rows *rows, size_t count) {
    size_t tasks = 0;
    for (size_t i = 0; i < count; i++)
        tasks += store_tasks_of(&rows[i]);
    pali_pool_run(compute->pool, tasks, store_task, (void *)rows);
}

/* ---- attention ---- */

/* A query row on its way through the blocks. */
typedef struct query_row {
    const float *q;
    float *out;
    size_t begin, end; /* positions that it sees */
    float largest, sum;
} query_row;

typedef struct attention_job {
    const pali_kernels *kernels;
    const pali_attention *attentions;
    size_t count;
    char *workers;
    size_t worker_size;
} attention_job;

static size_t group_of(const pali_attention *a) {
    return a->num_heads / a->keys->num_kv_heads;
}

static const pali_attention_kernels *kernels_of(const attention_job *job, const pali_attention *a) {
    return a->may_round ? job->kernels->rounded_attention : job->kernels->attention;
}

/* Tasks of one attention: query blocks for each key-value head. */
static size_t blocks_of(const attention_job *job, const pali_attention *a) {
    size_t most = kernels_of(job, a)->query_rows;
    return (a->num_queries * group_of(a) + most - 1) / most;
}

/* Which positions a query sees: one range (kernels.h). */
static void set_range(query_row *row, const pali_attention *a, size_t position) {
    row->end = position + 1 > a->prefix ? position + 1 : a->prefix;
    if (row->end > a->num_keys)
        row->end = a->num_keys;
    row->begin = 0;
    if (a->window && position >= a->prefix && position + 1 > a->window)
        row->begin = position + 1 - a->window;
}

/* Turns a row's scores of the block that starts at `start` into weights; returns the factor for
 * what the row has summed up so far. */
static float weigh(const pali_attention_kernels *kernels, const pali_attention *a, query_row *row,
                   size_t start, float *scores) {
    size_t begin = row->begin > start ? row->begin - start : 0;
    size_t end = row->end > start ? row->end - start : 0;
    if (begin > PALI_KEY_BLOCK)
        begin = PALI_KEY_BLOCK;
    if (end > PALI_KEY_BLOCK)
        end = PALI_KEY_BLOCK;
    float factor = 1.0f;
    if (begin < end) {
        float largest = kernels->scale_and_cap(scores + begin, end - begin, a->scale, a->softcap);
        if (largest < row->largest)
            largest = row->largest;
        factor = row->sum > 0.0f ? expf(row->largest - largest) : 0.0f;
        float sum = kernels->exponentials(scores + begin, end - begin, largest);
        row->sum = row->sum * factor + sum;
        row->largest = largest;
    } else {
        begin = end = 0;
    }
    memset(scores, 0, begin * sizeof *scores);
    memset(scores + end, 0, (PALI_KEY_BLOCK - end) * sizeof *scores);
    return factor;
}

static void attend(const pali_attention_kernels *kernels, const pali_attention *a, size_t kv_head,
                   query_row *rows, size_t num_rows, float *scratch) {
    size_t head_dim = a->keys->head_dim, width = padded(head_dim), end = 0, begin = SIZE_MAX;
    float *scores = scratch, *out = scratch + kernels->query_rows * PALI_KEY_BLOCK;
    float factors[PALI_MOST_QUERY_ROWS];
    const float *q[PALI_MOST_QUERY_ROWS];
    for (size_t r = 0; r < num_rows; r++) {
        q[r] = rows[r].q;
        end = rows[r].end > end ? rows[r].end : end;
        begin = rows[r].begin < begin ? rows[r].begin : begin;
    }
    memset(out, 0, num_rows * width * sizeof *out);
    const char *keys = a->keys->data, *values = a->values->data;
    size_t head = kv_head * a->keys->capacity, size = element_size(a->keys);
    for (size_t start = begin / PALI_KEY_BLOCK * PALI_KEY_BLOCK; start < end;
         start += PALI_KEY_BLOCK) {
        size_t at = (head + start) * size;
        size_t count = end - start < PALI_KEY_BLOCK ? end - start : PALI_KEY_BLOCK;
        kernels->scores(q, num_rows, keys + at * head_dim, a->keys->format, head_dim, scores);
        for (size_t r = 0; r < num_rows; r++)
            factors[r] = weigh(kernels, a, &rows[r], start, scores + r * PALI_KEY_BLOCK);
        kernels->accumulate(scores, factors, num_rows, values + at * width, a->values->format,
                            count, width, out);
    }
    for (size_t r = 0; r < num_rows; r++)
        for (size_t c = 0; c < head_dim; c++)
            rows[r].out[c] = out[r * width + c] / rows[r].sum;
}

static void attention_task(void *context, size_t index, size_t worker) {
    const attention_job *job = context;
    const pali_attention *a = job->attentions;
    for (; index >= blocks_of(job, a) * a->keys->num_kv_heads; a++)
        index -= blocks_of(job, a) * a->keys->num_kv_heads;
    const pali_attention_kernels *kernels = kernels_of(job, a);
    size_t kv_head = index / blocks_of(job, a), group = group_of(a), count = 0;
    size_t first = index % blocks_of(job, a) * kernels->query_rows, total = a->num_queries * group;
    query_row rows[PALI_MOST_QUERY_ROWS];
    for (size_t i = first; i < total && count < kernels->query_rows; i++, count++) {
        size_t query = i / group, head = kv_head * group + i % group;
        size_t at = (query * a->num_heads + head) * a->keys->head_dim;
        rows[count] = (query_row){.q = a->q + at, .out = a->out + at, .largest = -INFINITY};
        set_range(&rows[count], a, a->first + query);
    }
    float *scratch = (float *)(void *)(job->workers + worker * job->worker_size);
    attend(kernels, a, kv_head, rows, count, scratch);
}

pali_status pali_attention_run(pali_compute *compute, const pali_attention *attentions,
                               size_t count, pali_error *err) {
    attention_job job = {compute->kernels, attentions, count, NULL, 0};
    size_t tasks = 0;
    for (size_t i = 0; i < count; i++) {
        const pali_attention *a = &attentions[i];
        size_t row = (PALI_KEY_BLOCK + padded(a->keys->head_dim)) * sizeof(float);
        size_t size = kernels_of(&job, a)->query_rows * row;
        tasks += blocks_of(&job, a) * a->keys->num_kv_heads;
        job.worker_size = size > job.worker_size ? size : job.worker_size;
    }
    job.workers = pali_scratch(compute, 1, job.worker_size * pali_pool_size(compute->pool), err);
    if (!job.workers)
        return PALI_ERROR_MEMORY;
    pali_pool_run(compute->pool, tasks, attention_task, &job);
    return PALI_OK;
}
