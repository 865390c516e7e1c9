/* Claims about the processors that control groups leave a process, on trees made for the purpose. */
#include "base/cgroup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char root[64];

/* Writes a file below the root, with the folders that it needs. */
static void put(const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", root, name);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int new_root(void **state) {
    (void)state;
    strcpy(root, "/tmp/pali-cgroup-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state) {
    (void)state;
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", root);
    return system(command);
}

static void without_groups_there_is_no_limit(void **state) {
    (void)state;
    assert_int_equal(pali_cgroup_processors(root), 0);
    put("proc/self/cgroup", "0::/\nnonsense\n");
    assert_int_equal(pali_cgroup_processors(root), 0);
    put("sys/fs/cgroup/cpu.max", "max 100000\n");
    assert_int_equal(pali_cgroup_processors(root), 0);
}

static void part_of_a_processor_counts_as_one(void **state) {
    (void)state;
    put("proc/self/cgroup", "0::/\n");
    put("sys/fs/cgroup/cpu.max", "20000 100000\n");
    assert_int_equal(pali_cgroup_processors(root), 1);
    put("sys/fs/cgroup/cpu.max", "200000 100000\n");
    assert_int_equal(pali_cgroup_processors(root), 2);
    put("sys/fs/cgroup/cpu.max", "200001 100000\n");
    assert_int_equal(pali_cgroup_processors(root), 3);
    put("sys/fs/cgroup/cpu.max", "-1 0\n");
    assert_int_equal(pali_cgroup_processors(root), 0);
}

static void the_least_limit_on_the_way_up_counts(void **state) {
    (void)state;
    put("proc/self/cgroup", "0::/slice/service/task\n");
    put("sys/fs/cgroup/slice/service/task/cpu.max", "600000 100000\n");
    put("sys/fs/cgroup/slice/service/cpu.max", "max 100000\n");
    put("sys/fs/cgroup/slice/cpu.max", "300000 100000\n");
    assert_int_equal(pali_cgroup_processors(root), 3);
    put("sys/fs/cgroup/slice/service/task/cpu.max", "200000 100000\n");
    assert_int_equal(pali_cgroup_processors(root), 2);
    put("sys/fs/cgroup/cpu.max", "50000 50000\n"); /* what a container sees as its root */
    assert_int_equal(pali_cgroup_processors(root), 1);
    put("sys/fs/cgroup/other/cpu.max", "10 100000\n"); /* not on the way */
    put("sys/fs/cgroup/cpu.max", "max 50000\n");
    assert_int_equal(pali_cgroup_processors(root), 2);
}

static void a_group_that_is_not_there_has_its_ancestors_limit(void **state) {
    (void)state;
    put("proc/self/cgroup", "0::/docker/0123456789abcdef\n");
    put("sys/fs/cgroup/cpu.max", "400000 100000\n");
    assert_int_equal(pali_cgroup_processors(root), 4);
}

static void version_1_is_read_where_it_is_mounted(void **state) {
    (void)state;
    put("proc/self/cgroup", "5:cpuset:/a\n4:cpu,cpuacct:/a/b\n0::/\n");
    put("sys/fs/cgroup/cpuset/a/cpu.cfs_quota_us", "100000\n"); /* another controller's */
    put("sys/fs/cgroup/cpuset/a/cpu.cfs_period_us", "100000\n");
    assert_int_equal(pali_cgroup_processors(root), 0);
    put("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n");
    assert_int_equal(pali_cgroup_processors(root), 0);
    put("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "250000\n");
    put("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "50000\n");
    assert_int_equal(pali_cgroup_processors(root), 5);
    put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n"); /* the other name, and its root */
    put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    assert_int_equal(pali_cgroup_processors(root), 2);
}

#define CLAIM(name) cmocka_unit_test_setup_teardown(name, new_root, remove_root)

int main(void) {
    const struct CMUnitTest tests[] = {
        CLAIM(without_groups_there_is_no_limit),
        CLAIM(part_of_a_processor_counts_as_one),
        CLAIM(the_least_limit_on_the_way_up_counts),
        CLAIM(a_group_that_is_not_there_has_its_ancestors_limit),
        CLAIM(version_1_is_read_where_it_is_mounted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
