/* A program for mpirun that goes wrong in the way its argument says:
 *   send    in rank 1 a message cannot be sent
 *   open    rank 0 ends while its pool is open
 *   exit    a kernel in rank 1 calls exit
 *   early   rank 0 ends before it opens a pool, the others wait for it
 * Calls to MPI_Isend come here first (MPI's profiling interface). */
#include <mpi.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "parallel/pool.h"

static atomic_bool sends_fail;

int MPI_Isend(const void *bytes, int n, MPI_Datatype type, int to, int tag,
              MPI_Comm comm, MPI_Request *request)
{
    return atomic_load(&sends_fail)
               ? MPI_ERR_OTHER
               : PMPI_Isend(bytes, n, type, to, tag, comm, request);
}

static fm_status work(void *workspace, fm_bytes argument, fm_output *output,
                      fm_error *error)
{
    (void)workspace;
    (void)output;
    (void)error;
    const char *fault = argument.data;
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    if (fm_pool_rank() == 1 && !strcmp(fault, "send")) {
        atomic_store(&sends_fail, true);
    }
    if (fm_pool_rank() == 1 && !strcmp(fault, "exit")) {
        exit(0);
    }
    return FM_OK;
}

static fm_bytes tell_fault(void *context, size_t index)
{
    (void)index;
    return (fm_bytes){context, strlen(context) + 1};
}

int main(int argc, char **argv)
{
    const fm_kernel kernel = {.name = "work", .run = work};
    fm_pool *pool = NULL;
    fm_error error = {0};
    if (argc != 2 || (!strcmp(argv[1], "early") && fm_pool_rank() == 0)) {
        return 3;
    }
    fm_status status = fm_pool_open("mpi", (fm_kernels){&kernel, 1}, &pool, &error);
    if (status == FM_OK) {
        const fm_map map = {
            .kernel = "work", .count = 300, .context = argv[1], .argument = tell_fault};
        status = fm_pool_map(pool, &map, &error);
        printf("the map ended with status %d\n", status);
    }
    if (status == FM_OK && strcmp(argv[1], "open") != 0) {
        fm_pool_close(pool, true);
    }
    return 0;
}
