/* Threads that run numbered tasks and sleep in between.
 *
 * A run is announced by raising `generation`. Each thread has a range of neighbouring tasks, whose
 * memory it reads from end to end, and takes them from the front; who has none left takes what others
 * have at their back (work stealing, Blumofe and Leiserson 1999), so that a slow core does fewer. A
 * worker that finds nothing spins briefly, since the next run of a model follows within microseconds,
 * and then sleeps on a condition variable. */
#include "base/pool.h"

#include "base/cgroup.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_THREADS = 1024, SPINS = 2000, CACHE_LINE = 64 };

/* Tasks that nobody has taken yet: the first, and in the upper half what follows the last. */
typedef struct task_range {
    _Alignas(CACHE_LINE) atomic_uint_least64_t tasks;
} task_range;

struct pali_pool {
    size_t size;
    pthread_t *threads; /* [size - 1] */
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    bool stopping;

    /* The run in progress; written before `generation` is raised. */
    pali_task_fn task;
    void *context;
    task_range *ranges; /* [size] */

    _Alignas(CACHE_LINE) atomic_uint generation; /* of the latest run */
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

static uint_least64_t range_of(size_t first, size_t end) {
    return (uint_least64_t)end << 32 | first;
}

/* Takes a task of a range, the first or the last; false if none is left. */
static bool take(task_range *range, bool first, size_t *index) {
    uint_least64_t tasks = atomic_load_explicit(&range->tasks, memory_order_relaxed), rest;
    do {
        size_t begin = tasks & UINT32_MAX, end = tasks >> 32;
        if (begin >= end)
            return false;
        *index = first ? begin : end - 1;
        rest = first ? range_of(begin + 1, end) : range_of(begin, end - 1);
    } while (!atomic_compare_exchange_weak_explicit(&range->tasks, &tasks, rest,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}

static void run_task(pali_pool *pool, size_t index, size_t worker) {
    if (!atomic_load_explicit(&pool->cancelled, memory_order_relaxed))
        pool->task(pool->context, index, worker);
}

/* Ranges only shrink, so that all tasks are taken once every range has been seen empty. */
static void run_tasks(pali_pool *pool, size_t worker) {
    size_t index;
    for (size_t i = 0; i < pool->size; i++)
        while (take(&pool->ranges[(worker + i) % pool->size], i == 0, &index))
            run_task(pool, index, worker);
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

/* Every thread gets its share of neighbouring tasks. */
static void share_out(pali_pool *pool, size_t num_tasks) {
    size_t share = num_tasks / pool->size, more = num_tasks % pool->size, first = 0;
    for (size_t i = 0; i < pool->size; i++) {
        size_t end = first + share + (i < more);
        atomic_store_explicit(&pool->ranges[i].tasks, range_of(first, end), memory_order_relaxed);
        first = end;
    }
}

void pali_pool_run(pali_pool *pool, size_t num_tasks, pali_task_fn task, void *context) {
    pool->task = task;
    pool->context = context;
    if (pool->size == 1 || num_tasks <= 1) {
        for (size_t i = 0; i < num_tasks; i++)
            run_task(pool, i, 0);
        return;
    }
    share_out(pool, num_tasks);
    atomic_store_explicit(&pool->busy, pool->size - 1, memory_order_relaxed);
    announce(pool);
    run_tasks(pool, 0);
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
    pool->ranges = aligned_alloc(CACHE_LINE, wanted * sizeof *pool->ranges);
    if (!pool->threads || !pool->ranges)
        return pali_fail_memory(err, wanted * (sizeof *pool->threads + sizeof *pool->ranges),
                                "threads");
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
    free(p->ranges);
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
