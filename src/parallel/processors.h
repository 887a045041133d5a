#ifndef FM_PARALLEL_PROCESSORS_H
#define FM_PARALLEL_PROCESSORS_H

#include <stddef.h>

/* The smallest CPU quota, in whole processors rounded up, of the control groups that
 * the file `membership` (/proc/self/cgroup) names under `mount` (/sys/fs/cgroup) and of
 * their parents; version 1 and 2. SIZE_MAX: none. */
size_t fm_cgroup_processors(const char *membership, const char *mount);

/* The smallest whole number at least 1 that a batch scheduler left in its variables.
 * SIZE_MAX: none. */
size_t fm_scheduler_processors(void);

#endif
