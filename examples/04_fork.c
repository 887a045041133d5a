/* 4. Fork by hand: what copy-on-write means, and what happens when a child dies.
 *
 *   cc 04_fork.c $(pkg-config --cflags --libs --static fermat) -o 04_fork && ./04_fork
 *
 * In Python: os.fork, os.pipe, os.waitpid; multiprocessing's start method "fork".
 *
 * A child is a copy of its parent as it was at that instant: it has the medium without
 * having been sent it. A page is copied when one of the two writes on it, for the
 * writer alone; what a child computes stays in the child, unless it writes it to a
 * pipe. A child that dies takes nobody with it: its end of the pipe closes, the parent
 * reads less than it wanted, waitpid says why, and another child does the work. */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "problem.h"

enum { CHILDREN = 2 };

typedef struct child {
    pid_t pid;
    int from; /* where to read what it writes */
} child;

static size_t marched = 0; /* shots this process has marched */

/* Pages that must be made to read all of the medium, and to write the same values. */
static void show_copy_on_write(const fm_medium *medium)
{
    volatile double *value = medium->slowness;
    struct rusage at[3];
    getrusage(RUSAGE_SELF, &at[0]);
    for (size_t i = 0; i < fm_grid_nodes(&medium->grid); i++) {
        (void)value[i];
    }
    getrusage(RUSAGE_SELF, &at[1]);
    for (size_t i = 0; i < fm_grid_nodes(&medium->grid); i++) {
        value[i] = value[i];
    }
    getrusage(RUSAGE_SELF, &at[2]);
    fprintf(stderr, "a child: to read the medium made %ld pages, to write it %ld\n",
            at[1].ru_minflt - at[0].ru_minflt, at[2].ru_minflt - at[1].ru_minflt);
}

/* In the child: every second shot, and the sum into the pipe. A child leaves by _exit:
 * exit would write out the buffers of its parent's files a second time. */
static void child_main(const fm_medium *medium, size_t first, bool doomed, int out)
{
    fm_solver *solver = NULL;
    fm_fixed sum[RECEIVERS] = {0};
    double time[RECEIVERS] = {0};
    fm_status status = problem_solver(medium, &solver, NULL);
    for (size_t shot = first; shot < SHOTS && status == FM_OK; shot += CHILDREN) {
        status = problem_shot(solver, shot, time, NULL);
        problem_add(sum, time);
        marched++;
        if (doomed && marched == 3) {
            raise(SIGKILL); /* as the kernel does when memory is short */
        }
    }
    show_copy_on_write(medium);
    _exit(status || write(out, sum, sizeof sum) != (ssize_t)sizeof sum);
}

/* The parent closes its own copy of the writing end: as long as any process holds that
 * open, the pipe has no end of file. */
static child start_child(const fm_medium *medium, size_t first, bool doomed)
{
    int end[2] = {-1, -1};
    child c = {.pid = pipe(end) == 0 ? fork() : -1, .from = end[0]};
    if (c.pid == 0) {
        child_main(medium, first, doomed, end[1]);
    }
    close(end[1]);
    return c;
}

/* Everything the child has to say, and only then how it ended: a parent that waits for
 * a child that waits for room in the pipe waits for ever. */
static bool hear_child(child c, fm_fixed *sum)
{
    fm_fixed part[RECEIVERS];
    size_t got = 0;
    int how = 0;
    for (ssize_t n; (n = read(c.from, (char *)part + got, sizeof part - got)) > 0;) {
        got += (size_t)n;
    }
    close(c.from);
    if (c.pid > 0 && waitpid(c.pid, &how, 0) > 0 && !how && got == sizeof part) {
        fm_fixed_merge(sum, part, RECEIVERS);
        return true;
    }
    printf("parent: %zu bytes of %zu came from a child that died of signal %d\n", got,
           sizeof part, WIFSIGNALED(how) ? WTERMSIG(how) : 0);
    return false;
}

int main(void)
{
    fm_medium medium = {0};
    fm_fixed sum[RECEIVERS] = {0};
    child c[CHILDREN];
    bool well = problem_medium(&medium, NULL) == FM_OK;

    for (size_t i = 0; i < CHILDREN && well; i++) {
        c[i] = start_child(&medium, i, i == 1);
    }
    for (size_t i = 0; i < CHILDREN && well; i++) {
        well = hear_child(c[i], sum) || hear_child(start_child(&medium, i, false), sum);
    }
    if (well) {
        printf("parent: the children counted shots, my own count is %zu\n", marched);
        printf("travel-time sum %.17g s   by forked children\n", problem_total(sum));
    }
    fm_medium_clear(&medium);
    return !well;
}
