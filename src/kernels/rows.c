/* Rows over threads, and the choice of a token: drivers of row_kernels.c. */
#include "kernels/compute.h"

#include <math.h>

/* Values that a task handles: enough to outweigh handing it out. */
enum { TASK_VALUES = 8192 };

typedef struct row_job {
    const pali_row_kernels *kernels;
    const float *x, *weight, *bias, *cosines, *sines;
    float *y;
    float eps, factor;
    size_t n, width, heads;
    size_t step; /* rows (or values) of a task */
    void (*row)(const struct row_job *job, size_t first, size_t last);
} row_job;

static void run_task(void *context, size_t index, size_t worker) {
    (void)worker;
    const row_job *job = context;
    size_t first = index * job->step;
    size_t last = first + job->step < job->n ? first + job->step : job->n;
    job->row(job, first, last);
}

/* Splits n rows of `width` values into tasks. The rows do not touch each other, so the split does
 * not show in the result. */
static void run(pali_compute *compute, row_job *job, size_t width) {
    job->kernels = compute->kernels->rows;
    job->step = width < TASK_VALUES ? TASK_VALUES / width : 1;
    pali_pool_run(compute->pool, (job->n + job->step - 1) / job->step, run_task, job);
}

static void layer_norm_rows(const row_job *job, size_t first, size_t last) {
    for (size_t i = first; i < last; i++)
        job->kernels->layer_norm(job->x + i * job->width, job->width, job->weight, job->bias,
                                 job->eps, job->y + i * job->width);
}

void pali_layer_norm(pali_compute *compute, const float *x, size_t n, size_t width,
                     const float *weight, const float *bias, float eps, float *y) {
    row_job job = {.x = x,
                   .n = n,
                   .width = width,
                   .weight = weight,
                   .bias = bias,
                   .eps = eps,
                   .y = y,
                   .row = layer_norm_rows};
    run(compute, &job, width);
}

static void rms_norm_rows(const row_job *job, size_t first, size_t last) {
    for (size_t i = first; i < last; i++)
        job->kernels->rms_norm(job->x + i * job->width, job->width, job->weight, job->eps,
                               job->y + i * job->width);
}

void pali_rms_norm(pali_compute *compute, const float *x, size_t n, size_t width,
                   const float *weight, float eps, float *y) {
    row_job job = {
        .x = x, .n = n, .width = width, .weight = weight, .eps = eps, .y = y, .row = rms_norm_rows};
    run(compute, &job, width);
}

static void rms_norm_add_rows(const row_job *job, size_t first, size_t last) {
    for (size_t i = first; i < last; i++)
        job->kernels->rms_norm_add(job->x + i * job->width, job->width, job->weight, job->eps,
                                   job->y + i * job->width);
}

void pali_rms_norm_add(pali_compute *compute, const float *x, size_t n, size_t width,
                       const float *weight, float eps, float *residual) {
    row_job job = {.x = x,
                   .n = n,
                   .width = width,
                   .weight = weight,
                   .eps = eps,
                   .y = residual,
                   .row = rms_norm_add_rows};
    run(compute, &job, width);
}

static void add_values(const row_job *job, size_t first, size_t last) {
    job->kernels->add(job->x + first, last - first, job->y + first);
}

void pali_add(pali_compute *compute, const float *x, size_t n, float *y) {
    row_job job = {.x = x, .n = n, .y = y, .row = add_values};
    run(compute, &job, 1);
}

static void scale_values(const row_job *job, size_t first, size_t last) {
    job->kernels->scale(job->factor, last - first, job->y + first);
}

void pali_scale(pali_compute *compute, float factor, size_t n, float *x) {
    row_job job = {.factor = factor, .n = n, .y = x, .row = scale_values};
    run(compute, &job, 1);
}

static void softcap_values(const row_job *job, size_t first, size_t last) {
    job->kernels->softcap(job->factor, last - first, job->y + first);
}

void pali_softcap(pali_compute *compute, float softcap, size_t n, float *x) {
    row_job job = {.factor = softcap, .n = n, .y = x, .row = softcap_values};
    run(compute, &job, 1);
}

/* The reference computes frequencies and angles in f32; so does this, and only then turns to
 * double. */
void pali_rope_table(size_t first, size_t num_positions, size_t head_dim, float theta,
                     float *cosines, float *sines) {
    size_t half = head_dim / 2;
    for (size_t i = 0; i < half; i++) {
        float power = (float)(2 * i) / (float)head_dim;
        float frequency = 1.0f / (float)pow((double)theta, (double)power);
        for (size_t t = 0; t < num_positions; t++) {
            float angle = (float)(first + t) * frequency;
            cosines[t * half + i] = (float)cos((double)angle);
            sines[t * half + i] = (float)sin((double)angle);
        }
    }
}

static void rope_rows(const row_job *job, size_t first, size_t last) {
    size_t head_dim = job->width / job->heads, half = head_dim / 2;
    for (size_t i = first; i < last; i++)
        for (size_t h = 0; h < job->heads; h++)
            job->kernels->rope(job->y + i * job->width + h * head_dim, head_dim,
                               job->cosines + i * half, job->sines + i * half);
}

void pali_rope(pali_compute *compute, float *x, size_t n, size_t heads, size_t head_dim,
               const float *cosines, const float *sines) {
    row_job job = {.y = x,
                   .n = n,
                   .width = heads * head_dim,
                   .heads = heads,
                   .cosines = cosines,
                   .sines = sines,
                   .row = rope_rows};
    run(compute, &job, job.width);
}

/* ---- choosing a token ---- */

/* Keeps the k best so far, best first; a later index never passes an equal one. */
static void insert(pali_candidate *best, size_t *count, size_t k, int32_t id, float value) {
    size_t place = *count;
    if (place == k && value <= best[k - 1].logprob)
        return;
    if (place == k)
        place--;
    else
        ++*count;
    while (place > 0 && best[place - 1].logprob < value) {
        best[place] = best[place - 1];
        place--;
    }
    best[place] = (pali_candidate){id, value};
}

/* Logits in parts of whole blocks, of which there are as many for any number of threads. */
enum { BLOCK = 1024, PARTS = 64 };

typedef struct choice_job {
    const pali_row_kernels *kernels;
    const float *logits;
    size_t n, part; /* values; of a part */
    float largest;
    float maxima[PARTS];
    double sums[PARTS];
} choice_job;

static size_t part_of(const choice_job *job, size_t index, const float **values) {
    size_t first = index * job->part, left = job->n - first;
    *values = job->logits + first;
    return left < job->part ? left : job->part;
}

static void maximum_task(void *context, size_t index, size_t worker) {
    (void)worker;
    choice_job *job = context;
    const float *values;
    size_t count = part_of(job, index, &values);
    job->maxima[index] = job->kernels->maximum(values, count);
}

static void sum_task(void *context, size_t index, size_t worker) {
    (void)worker;
    choice_job *job = context;
    const float *values;
    size_t count = part_of(job, index, &values);
    job->sums[index] = job->kernels->sum_of_exp(values, count, job->largest);
}

/* The candidates with their logits; most parts hold none. */
static void find_best(const choice_job *job, size_t parts, size_t k, pali_candidate *out) {
    size_t count = 0;
    for (size_t p = 0; p < parts; p++) {
        const float *values;
        size_t some = part_of(job, p, &values);
        for (size_t i = 0; i < some && !(count == k && job->maxima[p] <= out[k - 1].logprob); i++)
            insert(out, &count, k, (int32_t)(p * job->part + i),
                   isnan(values[i]) ? -INFINITY : values[i]);
    }
    for (; count < k; count++)
        out[count] = (pali_candidate){0, -INFINITY};
}

void pali_top_candidates(pali_compute *compute, const float *logits, size_t n, size_t k,
                         pali_candidate *out) {
    choice_job job = {.kernels = compute->kernels->rows, .logits = logits, .n = n};
    job.part = (n / PARTS + BLOCK) / BLOCK * BLOCK;
    size_t parts = (n + job.part - 1) / job.part;
    pali_pool_run(compute->pool, parts, maximum_task, &job);
    find_best(&job, parts, k, out);
    job.largest = k ? out[0].logprob : 0.0f;
    if (!(job.largest > -INFINITY))
        return;
    pali_pool_run(compute->pool, parts, sum_task, &job);
    double sum = 0.0;
    for (size_t p = 0; p < parts; p++)
        sum += job.sums[p];
    double total = log(sum);
    for (size_t i = 0; i < k; i++)
        out[i].logprob = (float)((double)out[i].logprob - job.largest - total);
}
