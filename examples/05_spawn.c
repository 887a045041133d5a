/* 5. Worker processes: fork, forkserver, spawn; and why kernels have names.
 *
 *   cc 05_spawn.c $(pkg-config --cflags --libs --static fermat) -o 05_spawn
 *   ./05_spawn fork         or forkserver, or spawn, which it is unless told
 *
 * In Python this is multiprocessing with its start methods, and ProcessPoolExecutor.
 *
 * A forked worker is a copy of this process: it has its variables, and its functions at
 * the same addresses. A spawned one is the same program started anew: its variables are
 * as at the beginning, and its functions lie elsewhere. So an address means nothing to
 * it and a name does: that is why a task says "shot", why main begins with
 * fm_pool_serve (Python's `if __name__ == "__main__"`), and why all that comes and goes
 * is flat bytes. What is large and the same for all is not sent but mapped:
 * fm_pool_share.
 *
 * A worker's death is the error of one task. Another worker takes its place. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "kernel.h"

static const char *mood = "as at the beginning"; /* main changes it */

typedef struct view {
    char mood[32];
    unsigned long kernel; /* the address of `look` */
    long process;
} view;

/* What a worker finds in its own memory. */
static fm_status look(void *workspace, fm_bytes argument, fm_output *output,
                      fm_error *error)
{
    (void)workspace, (void)argument;
    view *seen = fm_output_reserve(output, sizeof *seen);
    if (!seen) {
        return fm_fail_memory(error, "a view", sizeof *seen);
    }
    snprintf(seen->mood, sizeof seen->mood, "%s", mood);
    seen->kernel = (unsigned long)look;
    seen->process = (long)getpid();
    return FM_OK;
}

static fm_status die(void *workspace, fm_bytes argument, fm_output *output,
                     fm_error *error)
{
    (void)workspace, (void)argument, (void)output;
    raise(SIGKILL);
    return fm_fail(error, FM_FAILED, "not reached");
}

static fm_status run_alone(fm_pool *pool, const char *kernel, fm_future **future,
                           fm_bytes *result, fm_error *error)
{
    fm_status status = fm_pool_submit(pool, kernel, (fm_bytes){0}, future, error);
    return status == FM_OK ? fm_future_result(*future, 60, result, error) : status;
}

static void compare_memories(fm_pool *pool)
{
    fm_future *future = NULL;
    fm_bytes bytes;
    fm_error error;
    if (run_alone(pool, "look", &future, &bytes, &error) == FM_OK) {
        const view *seen = bytes.data;
        printf("here:   process %ld, kernel at %#lx, mood %s\n", (long)getpid(),
               (unsigned long)look, mood);
        printf("worker: process %ld, kernel at %#lx, mood %s\n", seen->process,
               seen->kernel, seen->mood);
    }
    fm_future_free(future);
    fm_status status = run_alone(pool, "die", &future, &bytes, &error);
    printf("a task that kills its worker: %s: %s\n", fm_status_name(status),
           error.message);
    fm_future_free(future);
}

int main(int argc, char **argv)
{
    const fm_kernel kernel[] = {
        kernel_shot, {.name = "look", .run = look}, {.name = "die", .run = die}};
    const fm_kernels kernels = {kernel, 3};
    fm_pool_serve(kernels); /* a spawned worker stays in here */
    mood = "changed";
    char spec[64];
    snprintf(spec, sizeof spec, "processes:2,start=%s", argc > 1 ? argv[1] : "spawn");
    fm_medium medium = {0};
    fm_pool *pool = NULL;
    fm_fixed sum[RECEIVERS] = {0};
    const fm_map map = {.kernel = "shot",
                        .count = SHOTS,
                        .stop_on_fail = true,
                        .sum_shape = &kernel_sum,
                        .sum = sum};
    fm_error error;

    fm_status status = fm_pool_open(spec, kernels, &pool, &error);
    if (status == FM_OK) {
        compare_memories(pool);
        status = problem_medium(&medium, &error);
    }
    if (status == FM_OK) {
        status = fm_pool_share(pool, kernel_shared(&medium), &error);
    }
    if (status == FM_OK) {
        status = fm_pool_map(pool, &map, &error);
    }
    if (status == FM_OK) {
        printf("travel-time sum %.17g s   by %s\n", problem_total(sum), spec);
    } else {
        fprintf(stderr, "05_spawn: %s\n", error.message);
    }
    fm_pool_close(pool, false);
    fm_medium_clear(&medium);
    return status == FM_OK ? 0 : 1;
}
