/* The limits of control groups. /proc/self/cgroup names the group in each hierarchy, one a line:
 *
 *     0::/a/b            version 2, below /sys/fs/cgroup
 *     4:cpu,cpuacct:/a   version 1, below /sys/fs/cgroup/cpu,cpuacct, or /cpu
 *
 * A limit holds for all groups below, so the least on the way up counts. In a container, the path
 * may be the host's, and not be there: then what is left of it on the way up is. */
#include "base/cgroup.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* quota / period, rounded up; 0: no limit */
static long processors(long long quota, long long period) {
    if (quota <= 0 || period <= 0)
        return 0;
    long long count = quota / period + (quota % period != 0);
    return count < LONG_MAX ? (long)count : LONG_MAX;
}

/* The numbers at the start of a file in a folder; how many there are of two. */
static int read_numbers(const char *folder, const char *name, long long out[2]) {
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "re") : NULL;
    if (!file)
        return 0;
    int count = fscanf(file, "%lld %lld", &out[0], &out[1]);
    fclose(file);
    return count < 0 ? 0 : count;
}

static long limit_of(const char *folder) {
    long long numbers[2], period[2];
    if (read_numbers(folder, "cpu.max", numbers) == 2) /* "max" is no number */
        return processors(numbers[0], numbers[1]);
    if (read_numbers(folder, "cpu.cfs_quota_us", numbers) >= 1 &&
        read_numbers(folder, "cpu.cfs_period_us", period) >= 1)
        return processors(numbers[0], period[0]);
    return 0;
}

static long least(long a, long b) {
    return a == 0 || (b != 0 && b < a) ? b : a;
}

/* The least limit of `group` below `hierarchy` and of all above it, that of the hierarchy itself
 * included. */
static long limit_on_the_way_up(const char *hierarchy, const char *group) {
    char folder[PATH_MAX];
    int length = snprintf(folder, sizeof folder, "%s%s", hierarchy, group);
    if (length <= 0 || (size_t)length >= sizeof folder)
        return 0;
    long limit = 0;
    for (size_t end = (size_t)length; end >= strlen(hierarchy); end--)
        if (folder[end] == '/' || folder[end] == '\0') {
            folder[end] = '\0';
            limit = least(limit, limit_of(folder));
        }
    return limit;
}

static bool has_cpu(const char *controllers) {
    const char *found = strstr(controllers, "cpu");
    for (; found; found = strstr(found + 1, "cpu"))
        if ((found == controllers || found[-1] == ',') && (found[3] == '\0' || found[3] == ','))
            return true;
    return false;
}

/* One line of /proc/self/cgroup: NUMBER:CONTROLLERS:GROUP. */
static long limit_of_line(const char *root, char *line) {
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group)
        return 0;
    *group++ = '\0';
    controllers++;
    group[strcspn(group, "\n")] = '\0';
    char hierarchy[PATH_MAX];
    if (*controllers == '\0') {
        snprintf(hierarchy, sizeof hierarchy, "%s/sys/fs/cgroup", root);
        return limit_on_the_way_up(hierarchy, group);
    }
    if (!has_cpu(controllers))
        return 0;
    snprintf(hierarchy, sizeof hierarchy, "%s/sys/fs/cgroup/%s", root, controllers);
    long limit = limit_on_the_way_up(hierarchy, group);
    snprintf(hierarchy, sizeof hierarchy, "%s/sys/fs/cgroup/cpu", root);
    return least(limit, limit_on_the_way_up(hierarchy, group));
}

long pali_cgroup_processors(const char *root) {
    char path[PATH_MAX], line[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "re") : NULL;
    if (!file)
        return 0;
    long limit = 0;
    while (fgets(line, sizeof line, file))
        limit = least(limit, limit_of_line(root, line));
    fclose(file);
    return limit;
}
