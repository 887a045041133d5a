/* 3. The thread pool: submit, result, as completed, cancel, time-outs.
 *
 *   cc 03_futures.c $(pkg-config --cflags --libs --static fermat) -o 03_futures
 *   ./03_futures threads:4      threads:2 unless told; processes:4 will do as well
 *
 * In Python this is `concurrent.futures`: ThreadPoolExecutor, submit, as_completed,
 * Future.result(timeout), Future.cancel, shutdown. The lock, the counter and the
 * condition of 02_threads.c are inside the pool; a future stands for a result that is
 * not there yet, and for the error that may come instead. */
#include <stdio.h>

#include "kernel.h"

enum { LAST = SHOTS - 1 };

static fm_status submit(fm_pool *pool, size_t shot, fm_future **future, fm_error *error)
{
    return fm_pool_submit(pool, "shot", (fm_bytes){&shot, sizeof shot}, future, error);
}

/* An error in a task comes out of its future, and out of no other. */
static void show_an_error(fm_pool *pool)
{
    fm_future *future = NULL;
    fm_bytes times;
    fm_error error;
    if (submit(pool, SHOTS + 7, &future, &error) == FM_OK) {
        fm_future_result(future, -1, &times, &error);
        printf("a shot that is not there: %s\n", error.message);
    }
    fm_future_free(future);
}

/* What waits can be taken back, what runs cannot; and to wait need not be for ever. */
static fm_status take_back_the_last(fm_pool *pool, fm_future **last, fm_error *error)
{
    fm_bytes times;
    fm_status status = fm_future_result(*last, 0, &times, error);
    printf("shot %d at once: %s\n", LAST, fm_status_name(status));
    if (!fm_future_cancel(*last)) {
        return FM_OK; /* runs, or is done */
    }
    status = fm_future_result(*last, -1, &times, error);
    printf("shot %d after cancel: %s; submitted again\n", LAST, fm_status_name(status));
    fm_future_free(*last);
    *last = NULL;
    return submit(pool, LAST, last, error);
}

/* as_completed: the order is that of the workers, and the exact sum does not mind. */
static fm_status add_as_completed(fm_future **future, fm_fixed *sum, fm_error *error)
{
    for (size_t left = SHOTS; left > 0; left--) {
        size_t i = fm_future_wait_any(future, SHOTS, 60);
        if (i == SHOTS) {
            return fm_fail(error, FM_TIMED_OUT, "no shot was done within a minute");
        }
        fm_bytes times;
        fm_status status = fm_future_result(future[i], 0, &times, error);
        if (status != FM_OK) {
            return status;
        }
        problem_add(sum, times.data);
        fm_future_free(future[i]);
        future[i] = NULL;
    }
    return FM_OK;
}

int main(int argc, char **argv)
{
    const fm_kernels kernels = {&kernel_shot, 1};
    fm_medium medium = {0};
    fm_pool *pool = NULL;
    fm_future *future[SHOTS] = {0};
    fm_fixed sum[RECEIVERS] = {0};
    fm_error error;

    fm_status status = problem_medium(&medium, &error);
    if (status == FM_OK) {
        status = fm_pool_open(argc > 1 ? argv[1] : "threads:2", kernels, &pool, &error);
    }
    if (status == FM_OK) {
        status = fm_pool_share(pool, kernel_shared(&medium), &error);
    }
    for (size_t shot = 0; shot < SHOTS && status == FM_OK; shot++) {
        status = submit(pool, shot, &future[shot], &error);
    }
    if (status == FM_OK) {
        status = take_back_the_last(pool, &future[LAST], &error);
    }
    if (status == FM_OK) {
        status = add_as_completed(future, sum, &error);
    }
    if (status == FM_OK) {
        show_an_error(pool);
        printf("travel-time sum %.17g s   by the futures of %s with %zu workers\n",
               problem_total(sum), fm_pool_backend(pool), fm_pool_workers(pool));
    } else {
        fprintf(stderr, "03_futures: %s\n", error.message);
    }
    for (size_t shot = 0; shot < SHOTS; shot++) {
        fm_future_free(future[shot]);
    }
    fm_pool_close(pool, false);
    fm_medium_clear(&medium);
    return status == FM_OK ? 0 : 1;
}
