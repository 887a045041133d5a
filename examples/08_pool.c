/* 8. One program, any backend.
 *
 *   cc 08_pool.c $(pkg-config --cflags --libs --static fermat) -o 08_pool
 *   ./08_pool threads:4         or serial, or processes:2,start=spawn, or auto ...
 *   mpirun -n 2 ./08_pool mpi   or nothing here and the word in FERMAT_POOL
 *
 * In Python the choice is schwimmbad's (choose_pool, map with a callback), and what
 * goes on inside is joblib's: results as a stream, progress, short tasks in batches.
 *
 * The program says what is to be done, the word on the command line who does it.
 * Results come to one callback on one thread, as they are completed; the sum is made
 * where they are computed, and is exact. Hence the same bits whoever ran. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "kernel.h"

static volatile sig_atomic_t interrupted = 0;

static void note_interrupt(int signal)
{
    interrupted = signal;
}

static bool stop(void *context)
{
    (void)context;
    return interrupted;
}

/* The index comes with the result, so whatever the order it finds its place. */
static fm_status keep(void *context, const fm_task_result *result, fm_error *error)
{
    if (result->status != FM_OK) {
        return fm_fail(error, result->status, "%s", result->error->message);
    }
    memcpy((double *)context + result->index, result->bytes.data, sizeof(double));
    return FM_OK;
}

static void show_progress(void *context, const fm_progress *progress)
{
    (void)context;
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r%zu of %zu shots ", progress->done, progress->total);
    }
}

static fm_status nothing(void *space, fm_bytes argument, fm_output *out,
                         fm_error *error)
{
    (void)space, (void)argument, (void)out, (void)error;
    return FM_OK;
}

static void keep_time(void *context, const fm_progress *progress)
{
    *(double *)context = progress->elapsed_s;
}

static fm_status time_empty_tasks(fm_pool *pool, fm_error *error)
{
    enum { COUNT = 20000 }; /* short tasks are handed over in batches, unasked */
    double elapsed_s = 0;
    const fm_map map = {.kernel = "nothing",
                        .count = COUNT,
                        .context = &elapsed_s,
                        .progress = keep_time};
    fm_status status = fm_pool_map(pool, &map, error);
    printf("an empty task takes %.2f microseconds\n", elapsed_s * 1e6 / COUNT);
    return status;
}

static fm_status sum_shots(fm_pool *pool, const fm_medium *medium, fm_error *error)
{
    double time[SHOTS];
    fm_fixed sum[RECEIVERS] = {0};
    const fm_map map = {.kernel = "shot",
                        .count = SHOTS,
                        .context = time,
                        .result = keep,
                        .progress = show_progress,
                        .stop = stop, /* Ctrl-C: no more begin, those that run end */
                        .sum_shape = &kernel_sum,
                        .sum = sum};
    fm_status status = fm_pool_share(pool, kernel_shared(medium), error);
    status = status == FM_OK ? fm_pool_map(pool, &map, error) : status;
    if (status == FM_OK) {
        printf("shot 0 is at the first receiver after %.3f s\n", time[0]);
        printf("travel-time sum %.17g s   by %s with %zu workers\n", problem_total(sum),
               fm_pool_backend(pool), fm_pool_workers(pool));
    }
    return status;
}

int main(int argc, char **argv)
{
    const fm_kernel kernel[] = {kernel_shot, {.name = "nothing", .run = nothing}};
    const fm_kernels kernels = {kernel, 2};
    fm_pool_serve(kernels);
    fm_medium medium = {0};
    fm_pool *pool = NULL;
    fm_error error;
    fm_status status = fm_pool_open(argc > 1 ? argv[1] : NULL, kernels, &pool, &error);
    if (status == FM_WAS_WORKER) {
        return 0;
    }
    sigaction(SIGINT, &(struct sigaction){.sa_handler = note_interrupt}, NULL);
    status = status == FM_OK ? problem_medium(&medium, &error) : status;
    status = status == FM_OK ? sum_shots(pool, &medium, &error) : status;
    status = status == FM_OK ? time_empty_tasks(pool, &error) : status;
    if (status != FM_OK) {
        fprintf(stderr, "08_pool: %s\n", error.message);
    }
    fm_pool_close(pool, false);
    fm_medium_clear(&medium);
    return status == FM_OK ? 0 : 1;
}
