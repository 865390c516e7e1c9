/* Threads that run numbered tasks and sleep in between. */
#ifndef PALI_BASE_POOL_H
#define PALI_BASE_POOL_H

#include "base/status.h"

typedef struct pali_pool pali_pool;

/* `task` number `index`; `worker` in [0, size) tells which thread runs it (0: the caller). */
typedef void (*pali_task_fn)(void *context, size_t index, size_t worker);

/* `num_threads` 0: as many as this process may use (affinity mask and cgroup CPU limit). */
pali_status pali_pool_create(pali_pool **out, int num_threads, pali_error *err);
void pali_pool_free(pali_pool **pool);

/* Number of threads, the caller's included. */
size_t pali_pool_size(const pali_pool *pool);

/* Runs tasks 0 .. num_tasks - 1 (at most 2^32 - 1) on all threads and returns when all are done. Each
 * thread begins with neighbouring ones, in order, and helps the others then, task by task. Not to be
 * called from within a task. */
void pali_pool_run(pali_pool *pool, size_t num_tasks, pali_task_fn task, void *context);

/* While cancelled, runs hand out no more tasks, so that a computation ends within the time of one
 * task; what it computed is then worthless, and whoever started it must ask. Safe in a signal
 * handler. */
void pali_pool_cancel(pali_pool *pool, bool cancelled);
bool pali_pool_cancelled(const pali_pool *pool);

#endif
