/* 7. Dynamic MPI: a rank gets its next shot when it has done the last.
 *
 *   cc 07_mpi_pool.c $(pkg-config --cflags --libs --static fermat) -o 07_mpi_pool
 *   mpirun -n 2 ./07_mpi_pool
 *   mpirun -n 2 ./07_mpi_pool mpi,schedule=static      scattered beforehand, as in 6
 *
 * In Python this is mpi4py.futures (MPIPoolExecutor) and schwimmbad's MPIPool.
 *
 * Every rank runs main and opens the pool. Rank 0 gets it and goes on; it hands out
 * shots and computes as well. The others serve, within fm_pool_open, until rank 0's
 * program ends. What they are to know reaches them through the pool: the shared bytes,
 * one copy a machine; a kernel's name; an argument. The sum is one MPI_Reduce at the
 * end. Without mpirun this is a pool of one. A rank that dies ends the whole job. */
#include <stdio.h>

#include "kernel.h"

enum { MOST = 1024 };

typedef struct tally {
    size_t shots[MOST];
    double seconds[MOST];
} tally;

/* On rank 0, for every result as it comes; `process` is the rank that computed it. */
static fm_status count(void *context, const fm_task_result *result, fm_error *error)
{
    tally *t = context;
    if (result->status != FM_OK) {
        return fm_fail(error, result->status, "shot %zu on rank %ld: %s", result->index,
                       result->process, result->error->message);
    }
    t->shots[result->process % MOST]++;
    t->seconds[result->process % MOST] += result->seconds;
    return FM_OK;
}

static fm_status sum_shots(fm_pool *pool, fm_error *error)
{
    tally t = {0};
    fm_medium medium = {0};
    fm_fixed sum[RECEIVERS] = {0};
    const fm_map map = {.kernel = "shot",
                        .count = SHOTS,
                        .context = &t,
                        .result = count,
                        .sum_shape = &kernel_sum,
                        .sum = sum};
    fm_status status = problem_medium(&medium, error); /* on rank 0 alone */
    if (status == FM_OK) {
        status = fm_pool_share(pool, kernel_shared(&medium), error);
    }
    if (status == FM_OK) {
        status = fm_pool_map(pool, &map, error);
    }
    for (size_t rank = 0; rank < MOST && status == FM_OK; rank++) {
        if (t.shots[rank] > 0) {
            printf("rank %zu: %zu shots in %.3f s\n", rank, t.shots[rank],
                   t.seconds[rank]);
        }
    }
    if (status == FM_OK) {
        printf("travel-time sum %.17g s   by %s with %zu workers\n", problem_total(sum),
               fm_pool_backend(pool), fm_pool_workers(pool));
    }
    fm_pool_share(pool, (fm_bytes){0}, NULL); /* the medium goes before the pool does */
    fm_medium_clear(&medium);
    return status;
}

int main(int argc, char **argv)
{
    const fm_kernels kernels = {&kernel_shot, 1};
    fm_pool *pool = NULL;
    fm_error error;
    fm_status status = fm_pool_open(argc > 1 ? argv[1] : "mpi", kernels, &pool, &error);
    if (status == FM_WAS_WORKER) {
        return 0;
    }
    if (status == FM_OK) {
        status = sum_shots(pool, &error);
    }
    if (status != FM_OK) {
        fprintf(stderr, "07_mpi_pool: %s\n", error.message);
    }
    fm_pool_close(pool, true);
    return status == FM_OK ? 0 : 1;
}
