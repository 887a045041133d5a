/* What a backend costs when there is nothing to do: empty tasks, through fm_pool_map.
 *
 * This runs in a process of its own, started by `fermat bench`: under MPI it must be,
 * and so the others are measured alike. With no task at all it tells whether the
 * backend can be had and how many workers that means. */
#include "bench.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "core/number.h"
#include "forward/forward.h"

enum { WARM_UP = 10 }; /* a tenth of the tasks come first */

static fm_status do_nothing(void *workspace, fm_bytes argument, fm_output *output,
                            fm_error *error)
{
    (void)workspace;
    (void)argument;
    (void)output;
    (void)error;
    return FM_OK;
}

static const fm_kernel empty = {.name = "empty", .run = do_nothing};

fm_kernels cli_kernels(fm_kernel table[CLI_KERNELS])
{
    fm_kernels forward = fm_forward_kernels();
    assert(forward.n < CLI_KERNELS);
    memcpy(table, forward.kernel, forward.n * sizeof *table);
    table[forward.n] = empty;
    return (fm_kernels){.kernel = table, .n = forward.n + 1};
}

static fm_status count_result(void *context, const fm_task_result *result,
                              fm_error *error)
{
    size_t *done = context;
    *done += result->status == FM_OK;
    return result->status == FM_OK ? FM_OK
                                   : fm_fail(error, result->status, "task %zu: %s",
                                             result->index, result->error->message);
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static fm_status time_map(fm_pool *pool, size_t count, double *seconds, fm_error *error)
{
    size_t done = 0;
    fm_map map = {
        .kernel = empty.name, .count = count, .context = &done, .result = count_result};
    double began = now_s();
    fm_status status = fm_pool_map(pool, &map, error);
    *seconds = now_s() - began;
    if (status == FM_OK && done != count) {
        return fm_fail(error, FM_FAILED, "%zu of %zu empty tasks were done", done,
                       count);
    }
    return status;
}

static fm_status measure(fm_pool *pool, size_t count, fm_error *error)
{
    double seconds;
    fm_status status = time_map(pool, count / WARM_UP, &seconds, error);
    for (int i = 0; i < BENCH_SERIES && status == FM_OK; i++) {
        status = time_map(pool, count, &seconds, error);
        if (status == FM_OK) {
            printf("seconds %.9f\n", seconds);
        }
    }
    return status;
}

int cli_bench_empty(int argc, char **argv)
{
    fm_error error = {0};
    fm_pool *pool = NULL;
    uint64_t count = 0;
    if (argc != 4 || !fm_count_parse(argv[1], &count) ||
        strcmp(argv[2], "--backend") != 0) {
        cli_complain("bench-empty is a part of bench; see 'fermat help bench'");
        return CLI_BAD_INPUT;
    }
    fm_kernel table[CLI_KERNELS];
    fm_status status = fm_pool_open(argv[3], cli_kernels(table), &pool, &error);
    if (status == FM_OK) {
        printf("workers %zu\n", fm_pool_workers(pool));
        status = count > 0 ? measure(pool, (size_t)count, &error) : FM_OK;
    }
    fm_pool_close(pool, false);
    return status == FM_OK || status == FM_WAS_WORKER ? CLI_DONE : cli_refuse(&error);
}
