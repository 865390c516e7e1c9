/* Threads that run numbered tasks and sleep in between.
 *
 * A run is announced by raising `generation`; workers take task numbers from an atomic counter, so
 * a slow core takes fewer. A worker that finds nothing spins briefly, since the next run of a model
 * follows within microseconds, and then sleeps on a condition variable. */
#include "base/pool.h"

#include "base/cgroup.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_THREADS = 1024, SPINS = 2000, CACHE_LINE = 64 };

struct pali_pool {
    size_t size;
    pthread_t *threads; /* [size - 1] */
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    bool stopping;

    /* The run in progress; written before `generation` is raised. */
    pali_task_fn task;
    void *context;
    size_t num_tasks;

    _Alignas(CACHE_LINE) atomic_uint generation; /* of the latest run */
    _Alignas(CACHE_LINE) atomic_size_t next;     /* task to hand out */
    _Alignas(CACHE_LINE) atomic_size_t busy;     /* workers that have not finished the run */
    atomic_bool cancelled;
};

typedef struct worker_start {
    pali_pool *pool;
    size_t worker;
} worker_start;

static void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void run_tasks(pali_pool *pool, size_t worker) {
    size_t index;
    while ((index = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed)) <
           pool->num_tasks)
        if (!atomic_load_explicit(&pool->cancelled, memory_order_relaxed))
            pool->task(pool->context, index, worker);
}

/* Waits until a run later than `seen` is announced and returns its number. */
static unsigned wait_for_run(pali_pool *pool, unsigned seen) {
    for (int i = 0; i < SPINS; i++) {
        unsigned generation = atomic_load_explicit(&pool->generation, memory_order_acquire);
        if (generation != seen)
            return generation;
        pause_briefly();
    }
    pthread_mutex_lock(&pool->mutex);
    unsigned generation;
    while ((generation = atomic_load_explicit(&pool->generation, memory_order_acquire)) == seen)
        pthread_cond_wait(&pool->wake, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
    return generation;
}

static void *worker_main(void *argument) {
    worker_start start = *(worker_start *)argument;
    free(argument);
    pali_pool *pool = start.pool;
    for (unsigned seen = 0;;) {
        seen = wait_for_run(pool, seen);
        if (pool->stopping)
            return NULL;
        run_tasks(pool, start.worker);
        if (atomic_fetch_sub_explicit(&pool->busy, 1, memory_order_acq_rel) == 1) {
            pthread_mutex_lock(&pool->mutex);
            pthread_cond_signal(&pool->done);
            pthread_mutex_unlock(&pool->mutex);
        }
    }
}

/* Announces a run (or the end) to all workers. */
static void announce(pali_pool *pool) {
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add_explicit(&pool->generation, 1, memory_order_release);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
}

static void wait_for_workers(pali_pool *pool) {
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&pool->busy, memory_order_acquire) == 0)
            return;
        pause_briefly();
    }
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load_explicit(&pool->busy, memory_order_acquire) != 0)
        pthread_cond_wait(&pool->done, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

void pali_pool_run(pali_pool *pool, size_t num_tasks, pali_task_fn task, void *context) {
    pool->task = task;
    pool->context = context;
    pool->num_tasks = num_tasks;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    bool shared = pool->size > 1 && num_tasks > 1;
    if (shared) {
        atomic_store_explicit(&pool->busy, pool->size - 1, memory_order_relaxed);
        announce(pool);
    }
    run_tasks(pool, 0);
    if (shared)
        wait_for_workers(pool);
}

static size_t usable_processors(void) {
    cpu_set_t set;
    long count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set)
                                                             : sysconf(_SC_NPROCESSORS_ONLN);
    long limit = pali_cgroup_processors("");
    if (limit && limit < count)
        count = limit;
    return count < 1 ? 1 : count > MAX_THREADS ? MAX_THREADS : (size_t)count;
}

static pali_status start_workers(pali_pool *pool, size_t wanted, pali_error *err) {
    pool->threads = malloc(wanted * sizeof *pool->threads);
    if (!pool->threads)
        return pali_fail_memory(err, wanted * sizeof *pool->threads, "threads");
    for (pool->size = 1; pool->size < wanted; pool->size++) {
        worker_start *start = malloc(sizeof *start);
        if (!start)
            return pali_fail_memory(err, sizeof *start, "a thread");
        *start = (worker_start){pool, pool->size};
        if (pthread_create(&pool->threads[pool->size - 1], NULL, worker_main, start) != 0) {
            free(start);
            return pali_fail(err, PALI_ERROR_MEMORY, "cannot start thread %zu of %zu",
                             pool->size + 1, wanted);
        }
    }
    return PALI_OK;
}

pali_status pali_pool_create(pali_pool **out, int num_threads, pali_error *err) {
    if (num_threads < 0 || num_threads > MAX_THREADS)
        return pali_fail(err, PALI_ERROR_ARGUMENT, "%d threads: 0 (all) to %d are possible",
                         num_threads, MAX_THREADS);
    pali_pool *pool = aligned_alloc(CACHE_LINE, sizeof *pool);
    if (!pool)
        return pali_fail_memory(err, sizeof *pool, "threads");
    *pool = (pali_pool){.size = 1};
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->done, NULL);
    pali_status status =
        start_workers(pool, num_threads ? (size_t)num_threads : usable_processors(), err);
    if (status)
        pali_pool_free(&pool);
    else
        *out = pool;
    return status;
}

void pali_pool_free(pali_pool **pool) {
    pali_pool *p = *pool;
    if (!p)
        return;
    p->stopping = true;
    announce(p);
    for (size_t i = 0; i + 1 < p->size; i++)
        pthread_join(p->threads[i], NULL);
    pthread_cond_destroy(&p->done);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->mutex);
    free(p->threads);
    free(p);
    *pool = NULL;
}

size_t pali_pool_size(const pali_pool *pool) {
    return pool->size;
}

void pali_pool_cancel(pali_pool *pool, bool cancelled) {
    atomic_store_explicit(&pool->cancelled, cancelled, memory_order_relaxed);
}

bool pali_pool_cancelled(const pali_pool *pool) {
    return atomic_load_explicit(&pool->cancelled, memory_order_relaxed);
}
