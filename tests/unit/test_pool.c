/* Claims about the threads of base/pool.h and the memory of base/memory.h. */
#include "base/memory.h"
#include "base/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { MOST_TASKS = 1000 };

typedef struct tally {
    atomic_size_t runs[MOST_TASKS], done;
    atomic_bool wrong_worker, never_helped;
    size_t size, num_tasks;
} tally;

static pali_pool *pool_of(int num_threads) {
    pali_pool *pool = NULL;
    assert_int_equal(pali_pool_create(&pool, num_threads, NULL), PALI_OK);
    assert_int_equal(pali_pool_size(pool), num_threads);
    return pool;
}

static void count_task(void *context, size_t index, size_t worker) {
    tally *t = context;
    atomic_fetch_add(&t->runs[index], 1);
    if (worker >= t->size)
        atomic_store(&t->wrong_worker, true);
}

static void every_task_runs_once(void **state) {
    (void)state;
    static const size_t counts[] = {0, 1, 2, 3, 7, 8, 9, MOST_TASKS};
    for (int threads = 1; threads <= 9; threads++) {
        pali_pool *pool = pool_of(threads);
        for (size_t c = 0; c < 20 * sizeof counts / sizeof *counts; c++) {
            size_t count = counts[c % (sizeof counts / sizeof *counts)];
            tally t = {.size = (size_t)threads};
            pali_pool_run(pool, count, count_task, &t);
            for (size_t i = 0; i < MOST_TASKS; i++)
                assert_int_equal(t.runs[i], i < count);
            assert_false(t.wrong_worker);
        }
        pali_pool_free(&pool);
    }
}

/* The first task waits until all others are done, those that its own thread was given, too. */
static void wait_in_first(void *context, size_t index, size_t worker) {
    (void)worker;
    enum { PATIENCE = 10 }; /* seconds */
    tally *t = context;
    time_t start = time(NULL);
    while (index == 0 && atomic_load(&t->done) < t->num_tasks - 1)
        if (time(NULL) - start > PATIENCE) {
            atomic_store(&t->never_helped, true);
            return;
        }
    atomic_fetch_add(&t->done, 1);
}

static void a_slow_task_keeps_no_other_waiting(void **state) {
    (void)state;
    for (int threads = 2; threads <= 5; threads++) {
        pali_pool *pool = pool_of(threads);
        tally t = {.num_tasks = 100};
        pali_pool_run(pool, t.num_tasks, wait_in_first, &t);
        assert_false(t.never_helped);
        assert_int_equal(t.done, t.num_tasks);
        pali_pool_free(&pool);
    }
}

static void a_cancelled_run_hands_out_nothing(void **state) {
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        pali_pool *pool = pool_of(threads);
        tally t = {.size = (size_t)threads};
        pali_pool_cancel(pool, true);
        pali_pool_run(pool, MOST_TASKS, count_task, &t);
        pali_pool_cancel(pool, false);
        for (size_t i = 0; i < MOST_TASKS; i++)
            assert_int_equal(t.runs[i], 0);
        pali_pool_run(pool, MOST_TASKS, count_task, &t);
        assert_int_equal(t.runs[MOST_TASKS - 1], 1);
        pali_pool_free(&pool);
    }
}

static void memory_of_any_size_is_aligned_and_writable(void **state) {
    (void)state;
    static const size_t sizes[] = {
        0, 1, 64, 65, 2 << 20, 16 << 20, (16 << 20) - 1, (16 << 20) + 1, (18 << 20) + 4097};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *memory = pali_memory_new(sizes[i]);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 64, 0);
        memset(memory, 1, sizes[i]);
        pali_memory_free(memory, sizes[i]);
    }
    assert_null(pali_memory_new(SIZE_MAX));
    assert_null(pali_memory_new(SIZE_MAX / 4));
    pali_memory_free(NULL, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once),
        cmocka_unit_test(a_slow_task_keeps_no_other_waiting),
        cmocka_unit_test(a_cancelled_run_hands_out_nothing),
        cmocka_unit_test(memory_of_any_size_is_aligned_and_writable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
