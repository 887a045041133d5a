/* The memory of a tree of processes, from /proc.
 *
 * The resident set size is no measure for several processes: what a model shared by ten
 * workers takes would be counted ten times. Linux keeps the proportional one as well,
 * in smaps_rollup. Who is whose child is read from task/THREAD/children, a list for
 * each thread, because a look through all of /proc would take longer than what it
 * measures. Processes come and go meanwhile; one that is gone counts nothing. */
#include "bench_memory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 96 };

static double own_pss(pid_t process)
{
    char path[PATH_SIZE];
    char line[256];
    double kilobytes = 0;
    snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", (long)process);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        if (!strncmp(line, "Pss:", strlen("Pss:"))) {
            kilobytes = strtod(line + strlen("Pss:"), NULL);
            break;
        }
    }
    if (file) {
        fclose(file);
    }
    return 1024 * kilobytes;
}

static double children_of_thread(pid_t process, const char *thread)
{
    char path[PATH_SIZE + 256];
    double sum = 0;
    long child;
    snprintf(path, sizeof path, "/proc/%ld/task/%s/children", (long)process, thread);
    FILE *file = fopen(path, "r");
    while (file && fscanf(file, "%ld", &child) == 1) {
        sum += bench_memory_now((pid_t)child);
    }
    if (file) {
        fclose(file);
    }
    return sum;
}

double bench_memory_now(pid_t process)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "/proc/%ld/task", (long)process);
    DIR *threads = opendir(path);
    if (!threads) {
        return 0;
    }
    double sum = own_pss(process);
    for (struct dirent *entry; (entry = readdir(threads));) {
        if (entry->d_name[0] != '.') {
            sum += children_of_thread(process, entry->d_name);
        }
    }
    closedir(threads);
    return sum;
}
