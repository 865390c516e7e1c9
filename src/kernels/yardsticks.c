/* What the threads of a computation reach at best: how fast they multiply what lies in registers,
 * and how fast they read memory that they do nothing with. */
#include "kernels/compute.h"

#include <stdatomic.h>
#include <time.h>

enum {
    SPIN_ROUNDS = 4096,
    READ_PIECE = 1 << 18, /* bytes of a task: small, so that no thread waits for the last one */
};

static const double SPIN_SECONDS = 0.01;

typedef struct yardstick_job {
    const pali_kernels *kernels;
    double (*spin)(size_t rounds);
    double end;                /* of spinning */
    atomic_uint_fast64_t done; /* by all threads: operations, or bytes */
    const char *data;
    size_t size;
    atomic_uint_fast64_t parity; /* so that nothing is read for nothing */
} yardstick_job;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void spin_task(void *context, size_t index, size_t worker) {
    (void)index;
    (void)worker;
    yardstick_job *job = context;
    double operations = 0.0;
    while (now() < job->end)
        operations += job->spin(SPIN_ROUNDS);
    atomic_fetch_add(&job->done, (uint64_t)operations);
}

pali_measured pali_measure_peak(pali_compute *compute, pali_weights format) {
    const pali_product_kernels *products = &compute->kernels->products;
    yardstick_job job = {.kernels = compute->kernels};
    if (format == PALI_WEIGHTS_INT8)
        job.spin = products->integer->spin_int8;
    else if (format == PALI_WEIGHTS_INT4)
        job.spin = products->integer->spin_int4;
    else
        job.spin = (format == PALI_WEIGHTS_BF16 ? products->bf16 : products->f32)->spin;
    double start = now();
    job.end = start + SPIN_SECONDS;
    pali_pool_run(compute->pool, pali_pool_size(compute->pool), spin_task, &job);
    return (pali_measured){(double)atomic_load(&job.done), now() - start};
}

static void read_task(void *context, size_t index, size_t worker) {
    (void)worker;
    yardstick_job *job = context;
    size_t start = index * READ_PIECE;
    size_t size = job->size - start < READ_PIECE ? job->size - start : READ_PIECE;
    atomic_fetch_xor(&job->parity, job->kernels->rows->parity(job->data + start, size));
    atomic_fetch_add(&job->done, size);
}

pali_measured pali_measure_read(pali_compute *compute, const void *data, size_t size) {
    yardstick_job job = {.kernels = compute->kernels, .data = data, .size = size};
    double start = now();
    pali_pool_run(compute->pool, (size + READ_PIECE - 1) / READ_PIECE, read_task, &job);
    return (pali_measured){(double)atomic_load(&job.done), now() - start};
}
