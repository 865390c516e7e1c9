/* What a container may use. */
#ifndef PALI_BASE_CGROUP_H
#define PALI_BASE_CGROUP_H

/* Processors that the control groups of this process leave it, rounded up: the least of its own
 * group and all groups above, in version 2 (cpu.max) and 1 (cpu.cfs_quota_us). 0: no limit, or none
 * that can be read. `root` is put before /proc and /sys ("", except for tests). */
long pali_cgroup_processors(const char *root);

#endif
