/* Attention over threads, without ever storing the score matrix: blocks of 64 positions pass by a
 * few query rows, each of which keeps its running maximum, sum and output (online softmax, Milakov
 * and Gimelshein 2018; tiling after FlashAttention, Dao et al. 2022).
 *
 * Query heads that share a key-value head are rows of one block, so that keys and values are read
 * once for them. Blocks start at multiples of 64 whatever the query, and a row's sums touch nothing
 * of its neighbours: its bits do not depend on them. */
#include "kernels/byte_attention.h"
#include "kernels/cache.h"
#include "kernels/compute.h"

#include <math.h>
#include <string.h>

/* A query row on its way through the blocks. */
typedef struct query_row {
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

static bool in_bytes(const pali_attention *a) {
    return a->keys->format == PALI_WEIGHTS_INT8;
}

/* Query rows of a task at most. */
static size_t rows_of(const attention_job *job, const pali_attention *a) {
    return in_bytes(a) ? PALI_BYTE_QUERY_ROWS : kernels_of(job, a)->query_rows;
}

/* Tasks of one attention: query blocks for each key-value head. */
static size_t blocks_of(const attention_job *job, const pali_attention *a) {
    size_t most = rows_of(job, a);
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

/* Some query rows of a task, and what the task has for its own. */
typedef struct attention_block {
    const attention_job *job;
    const pali_attention *attention;
    size_t kv_head, num_rows, width; /* of an output */
    const float *q[PALI_MOST_QUERY_ROWS];
    query_row rows[PALI_MOST_QUERY_ROWS];
    pali_byte_rows bytes; /* the queries, for keys in bytes */
    float *scores;        /* [num_rows][PALI_KEY_BLOCK] */
    float *out;           /* [num_rows][width] */
} attention_block;

static void score(const attention_block *b, size_t start) {
    const pali_cache *keys = b->attention->keys;
    const void *block = pali_cache_block(keys, b->kv_head, start);
    if (in_bytes(b->attention))
        pali_byte_scores(&b->job->kernels->products, &b->bytes, b->num_rows, block,
                         pali_cache_scales(keys, b->kv_head, start), b->scores);
    else
        kernels_of(b->job, b->attention)
            ->scores(b->q, b->num_rows, block, keys->format, keys->head_dim, b->scores);
}

static void accumulate(const attention_block *b, size_t start, size_t count, const float *factors) {
    const pali_cache *values = b->attention->values;
    const void *block = pali_cache_block(values, b->kv_head, start);
    if (in_bytes(b->attention))
        pali_byte_accumulate(&b->job->kernels->products, b->scores, factors, b->num_rows, block,
                             pali_cache_scales(values, b->kv_head, start), count, b->width, b->out);
    else
        kernels_of(b->job, b->attention)
            ->accumulate(b->scores, factors, b->num_rows, block, values->format, count, b->width,
                         b->out);
}

static void attend(attention_block *b) {
    const pali_attention *a = b->attention;
    const pali_attention_kernels *kernels = kernels_of(b->job, a);
    size_t head_dim = a->keys->head_dim, end = 0, begin = SIZE_MAX;
    float factors[PALI_MOST_QUERY_ROWS];
    for (size_t r = 0; r < b->num_rows; r++) {
        end = b->rows[r].end > end ? b->rows[r].end : end;
        begin = b->rows[r].begin < begin ? b->rows[r].begin : begin;
    }
    memset(b->out, 0, b->num_rows * b->width * sizeof *b->out);
    for (size_t start = begin / PALI_KEY_BLOCK * PALI_KEY_BLOCK; start < end;
         start += PALI_KEY_BLOCK) {
        size_t count = end - start < PALI_KEY_BLOCK ? end - start : PALI_KEY_BLOCK;
        score(b, start);
        for (size_t r = 0; r < b->num_rows; r++)
            factors[r] = weigh(kernels, a, &b->rows[r], start, b->scores + r * PALI_KEY_BLOCK);
        accumulate(b, start, count, factors);
    }
    for (size_t r = 0; r < b->num_rows; r++)
        for (size_t c = 0; c < head_dim; c++)
            b->rows[r].out[c] = b->out[r * b->width + c] / b->rows[r].sum;
}

static void attention_task(void *context, size_t index, size_t worker) {
    const attention_job *job = context;
    const pali_attention *a = job->attentions;
    for (; index >= blocks_of(job, a) * a->keys->num_kv_heads; a++)
        index -= blocks_of(job, a) * a->keys->num_kv_heads;
    size_t group = group_of(a), most = rows_of(job, a), total = a->num_queries * group;
    size_t first = index % blocks_of(job, a) * most;
    char *scratch = job->workers + worker * job->worker_size;
    attention_block b = {.job = job,
                         .attention = a,
                         .kv_head = index / blocks_of(job, a),
                         .num_rows = total - first < most ? total - first : most,
                         .width = pali_cache_row_size(a->values),
                         .scores = (float *)(void *)scratch};
    b.out = b.scores + most * PALI_KEY_BLOCK;
    b.bytes.bytes = (int8_t *)(b.out + most * b.width);
    b.bytes.stride = pali_byte_stride(a->keys->head_dim);
    b.bytes.quads = (a->keys->head_dim + 3) / 4;
    for (size_t r = 0; r < b.num_rows; r++) {
        size_t query = (first + r) / group, head = b.kv_head * group + (first + r) % group;
        size_t at = (query * a->num_heads + head) * a->keys->head_dim;
        b.q[r] = a->q + at;
        b.rows[r] = (query_row){.out = a->out + at, .largest = -INFINITY};
        set_range(&b.rows[r], a, a->first + query);
        if (in_bytes(a))
            pali_byte_row(job->kernels->products.activations, b.q[r], a->keys->head_dim, &b.bytes,
                          r);
    }
    attend(&b);
}

/* Scores, outputs, and queries in bytes. */
static size_t scratch_of(const attention_job *job, const pali_attention *a) {
    size_t row = (PALI_KEY_BLOCK + pali_cache_row_size(a->values)) * sizeof(float);
    row += in_bytes(a) ? 2 * pali_byte_stride(a->keys->head_dim) : 0;
    return (rows_of(job, a) * row + 63) / 64 * 64;
}

pali_status pali_attention_run(pali_compute *compute, const pali_attention *attentions,
                               size_t count, pali_error *err) {
    attention_job job = {compute->kernels, attentions, count, NULL, 0};
    size_t tasks = 0;
    for (size_t i = 0; i < count; i++) {
        const pali_attention *a = &attentions[i];
        size_t size = scratch_of(&job, a);
        tasks += blocks_of(&job, a) * a->keys->num_kv_heads;
        job.worker_size = size > job.worker_size ? size : job.worker_size;
    }
    job.workers = pali_scratch(compute, 1, job.worker_size * pali_pool_size(compute->pool), err);
    if (!job.workers)
        return PALI_ERROR_MEMORY;
    pali_pool_run(compute->pool, tasks, attention_task, &job);
    return PALI_OK;
}
