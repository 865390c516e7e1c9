/* Where things lie in a cache of keys or values (pali_cache in kernels.h). */
#ifndef PALI_KERNELS_CACHE_H
#define PALI_KERNELS_CACHE_H

#include "kernels/kernels.h"

/* Numbers of one head and position, with padding. */
size_t pali_cache_row_size(const pali_cache *cache);

/* The block of PALI_KEY_BLOCK positions of a head that begins at `start`. */
void *pali_cache_block(const pali_cache *cache, size_t head, size_t start);

/* INT8: the scales of those positions. */
float *pali_cache_scales(const pali_cache *cache, size_t head, size_t start);

#endif
