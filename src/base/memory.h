/* Memory for matrices. */
#ifndef PALI_BASE_MEMORY_H
#define PALI_BASE_MEMORY_H

#include <stddef.h>

/* `size` bytes at a multiple of 64; NULL if there are none. What is large lies on huge pages where the
 * system grants them: weights are read from end to end, which costs one address translation every
 * 2 MiB then instead of every 4 KiB, and giving gigabytes back takes milliseconds. */
void *pali_memory_new(size_t size);

/* Gives back the `size` bytes that pali_memory_new gave; NULL is nothing. */
void pali_memory_free(void *memory, size_t size);

#endif
