/* Memory for matrices. */
#ifndef PALI_BASE_MEMORY_H
#define PALI_BASE_MEMORY_H

#include <stddef.h>

/* `size` bytes at a multiple of 64, to be given to free(); NULL if there are none. What is large
 * lies on huge pages where the system grants them: weights are read from end to end, which costs
 * one address translation every 2 MiB then instead of every 4 KiB, and giving gigabytes back takes
 * milliseconds. */
void *pali_memory_new(size_t size);

#endif
