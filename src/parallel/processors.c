/* How many processors this process may really use.
 *
 * A machine with 128 processors may lend a process two: by its affinity mask (taskset,
 * srun, cpusets), by a quota of its control group (containers, systemd), or by what a
 * batch scheduler promised and wrote into a variable, whether it enforces it or not.
 * The smallest of these is the number of workers that do not get in each other's way.
 */
/* For sched_getaffinity and CPU_ALLOC.
 * NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
#define _GNU_SOURCE
#include "processors.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/number.h"
#include "parallel/pool.h"

enum { PATH_SIZE = 4096, MAX_CPUS = 1 << 16 };

/* ---- affinity ---- */

/* The kernel refuses a mask smaller than its own (EINVAL): ask with ever larger ones.
 * 0: it could not be asked. */
static size_t affinity_in(size_t cpus, bool *too_small)
{
    cpu_set_t *set = CPU_ALLOC(cpus);
    size_t size = CPU_ALLOC_SIZE(cpus), n = 0;
    if (!set) {
        return 0;
    }
    if (sched_getaffinity(0, size, set) == 0) {
        n = (size_t)CPU_COUNT_S(size, set);
    } else {
        *too_small = errno == EINVAL;
    }
    CPU_FREE(set);
    return n;
}

static size_t affinity(void)
{
    for (size_t cpus = CPU_SETSIZE; cpus <= MAX_CPUS; cpus *= 2) {
        bool too_small = false;
        size_t n = affinity_in(cpus, &too_small);
        if (n > 0) {
            return n;
        }
        if (!too_small) {
            break;
        }
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (size_t)online : 1;
}

/* ---- control groups ---- */

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The first line of a small file; false if it cannot be read. */
static bool read_line(const char *directory, const char *name, char *line, int size)
{
    char path[PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s/%s", directory, name);
    if (length < 0 || (size_t)length >= sizeof path) {
        return false;
    }
    FILE *file = fopen(path, "r");
    if (!file) {
        return false;
    }
    bool ok = fgets(line, size, file) != NULL;
    fclose(file);
    line[ok ? strcspn(line, "\n") : 0] = '\0';
    return ok;
}

/* "max" and -1 stand for no quota; both are not positive numbers. */
static size_t whole_processors(const char *quota, const char *period)
{
    double used = 0, of = 0;
    if (!fm_number_parse(quota, &used) || !fm_number_parse(period, &of) || used <= 0 ||
        of <= 0 || used / of > 1e9) {
        return SIZE_MAX;
    }
    return (size_t)ceil(used / of);
}

/* Version 2 has "quota period" in one file, version 1 a file for each. */
static size_t quota_of_directory(const char *directory)
{
    char quota[128], period[128];
    if (read_line(directory, "cpu.max", quota, sizeof quota)) {
        char *blank = strchr(quota, ' ');
        if (!blank) {
            return SIZE_MAX;
        }
        *blank = '\0';
        return whole_processors(quota, blank + 1);
    }
    if (read_line(directory, "cpu.cfs_quota_us", quota, sizeof quota) &&
        read_line(directory, "cpu.cfs_period_us", period, sizeof period)) {
        return whole_processors(quota, period);
    }
    return SIZE_MAX;
}

/* A quota binds all groups below it, so the group and its parents up to the mount. In a
 * container the path may not exist in its view: then only the parents that do count. */
static size_t quota_of_group(const char *mount, const char *controller,
                             const char *group)
{
    char path[PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s%s%s%s", mount, *controller ? "/" : "",
                          controller, group);
    if (length < 0 || (size_t)length >= sizeof path) {
        return SIZE_MAX;
    }
    size_t root = (size_t)length - strlen(group), least = SIZE_MAX;
    for (;;) {
        least = smaller(least, quota_of_directory(path));
        char *slash = strrchr(path + root, '/');
        if (!slash) {
            return least;
        }
        *slash = '\0';
    }
}

static bool names_cpu(const char *controllers)
{
    size_t length = strlen(controllers);
    for (const char *at = controllers; at < controllers + length;) {
        size_t word = strcspn(at, ",");
        if (word == 3 && !strncmp(at, "cpu", 3)) {
            return true;
        }
        at += word + 1;
    }
    return false;
}

/* A line is id:controllers:group; no controllers (version 2) or some with commas, whose
 * directory under the mount carries all their names or a link "cpu". */
static size_t quota_of_line(char *line, const char *mount)
{
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) {
        return SIZE_MAX;
    }
    *group++ = '\0';
    controllers++;
    if (!*controllers) {
        return quota_of_group(mount, "", group);
    }
    if (!names_cpu(controllers)) {
        return SIZE_MAX;
    }
    return smaller(quota_of_group(mount, controllers, group),
                   quota_of_group(mount, "cpu", group));
}

size_t fm_cgroup_processors(const char *membership, const char *mount)
{
    FILE *file = fopen(membership, "r");
    if (!file) {
        return SIZE_MAX;
    }
    size_t least = SIZE_MAX;
    char line[PATH_SIZE];
    while (fgets(line, sizeof line, file)) {
        least = smaller(least, quota_of_line(line, mount));
    }
    fclose(file);
    return least;
}

/* ---- batch schedulers ---- */

size_t fm_scheduler_processors(void)
{
    static const char *const variables[] = {"SLURM_CPUS_PER_TASK", "PBS_NP", "NCPUS",
                                            "NSLOTS", "LSB_DJOB_NUMPROC"};
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *text = getenv(variables[i]);
        uint64_t count = 0;
        if (text && fm_count_parse(text, &count) && count > 0) {
            least = smaller(least, (size_t)count);
        }
    }
    return least;
}

size_t fm_processors(void)
{
    size_t n = affinity();
    n = smaller(n, fm_cgroup_processors("/proc/self/cgroup", "/sys/fs/cgroup"));
    return smaller(n, fm_scheduler_processors());
}
