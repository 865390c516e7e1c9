/* What an operation needs besides its operands: threads, scratch memory and the kernels to use. */
#ifndef PALI_KERNELS_COMPUTE_H
#define PALI_KERNELS_COMPUTE_H

#include "kernels/dispatch.h"

enum { PALI_NUM_SCRATCH = 4 };

struct pali_compute {
    pali_pool *pool;
    const pali_kernels *kernels; /* pali_dispatch(), unless a test chooses others */
    /* Areas that grow and are kept: a caller that holds several at once uses several slots. */
    void *scratch[PALI_NUM_SCRATCH];
    size_t scratch_size[PALI_NUM_SCRATCH];
};

/* At least `size` bytes in slot `slot`, aligned to 64, with undefined content; what the slot gave
 * before is gone. NULL for lack of memory, with `err` filled. */
void *pali_scratch(pali_compute *compute, size_t slot, size_t size, pali_error *err);

#endif
