/* What an operation needs besides its operands: threads and scratch memory. */
#include "kernels/compute.h"

#include "base/memory.h"

#include <stdlib.h>

pali_status pali_compute_create(pali_compute **out, int num_threads, pali_error *err) {
    pali_compute *compute = calloc(1, sizeof *compute);
    if (!compute)
        return pali_fail_memory(err, sizeof *compute, "threads");
    compute->kernels = pali_dispatch();
    pali_status status = pali_pool_create(&compute->pool, num_threads, err);
    if (status)
        free(compute);
    else
        *out = compute;
    return status;
}

void pali_compute_free(pali_compute **compute) {
    if (!*compute)
        return;
    for (size_t i = 0; i < PALI_NUM_SCRATCH; i++)
        pali_memory_free((*compute)->scratch[i], (*compute)->scratch_size[i]);
    pali_pool_free(&(*compute)->pool);
    free(*compute);
    *compute = NULL;
}

pali_pool *pali_compute_pool(pali_compute *compute) {
    return compute->pool;
}

void *pali_scratch(pali_compute *compute, size_t slot, size_t size, pali_error *err) {
    if (size <= compute->scratch_size[slot] && compute->scratch[slot])
        return compute->scratch[slot];
    pali_memory_free(compute->scratch[slot], compute->scratch_size[slot]);
    compute->scratch_size[slot] = 0;
    compute->scratch[slot] = NULL;
    compute->scratch[slot] = pali_memory_new(size);
    if (!compute->scratch[slot]) {
        pali_fail_memory(err, size, "scratch");
        return NULL;
    }
    compute->scratch_size[slot] = size;
    return compute->scratch[slot];
}
