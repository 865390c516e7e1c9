/* Which tables this process uses. */
#ifndef PALI_KERNELS_DISPATCH_H
#define PALI_KERNELS_DISPATCH_H

#include "kernels/products.h"
#include "kernels/tables.h"

typedef struct pali_kernels {
    const pali_row_kernels *rows;
    const pali_attention_kernels *attention;
    const pali_attention_kernels *rounded_attention; /* for calls that may round to BF16 */
    pali_product_kernels products;
} pali_kernels;

/* The best that processor and PALI_CPU allow; chosen once. */
const pali_kernels *pali_dispatch(void);

/* The best of `flags` (cpu.h) that this build has: how tests reach every version. */
void pali_dispatch_for(unsigned flags, pali_kernels *out);

#endif
