/* A program for mpirun: the sum of the same numbers twice, and prints both, as bits.
 * "plain": every rank adds up its block of the numbers, as doubles, and MPI_SUM adds
 * the blocks. "exact": by the sum of a map. It initialises and finalises MPI itself, as
 * a program does that uses it beside the pool. */
#include <inttypes.h>
#include <math.h>
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "parallel/pool.h"

enum { COUNT = 1000, SIZE = 64, LSB = -60 };

static double number_at(size_t task, size_t i)
{
    uint64_t mixed = (task * SIZE + i + 1) * 0x9e3779b97f4a7c15u;
    mixed ^= mixed >> 29;
    return ldexp((double)(mixed >> 11) * 0x1p-53 - 0.5, (int)(mixed % 30));
}

static void print_bits(const char *what, const double *sum)
{
    printf("%s", what);
    for (size_t i = 0; i < SIZE; i++) {
        uint64_t bits = 0;
        memcpy(&bits, &sum[i], sizeof bits);
        printf(" %016" PRIx64, bits);
    }
    printf("\n");
}

static void sum_plainly(int rank, int ranks)
{
    double mine[SIZE] = {0}, sum[SIZE];
    size_t begin = (size_t)(COUNT * rank / ranks);
    size_t end = (size_t)(COUNT * (rank + 1) / ranks);
    for (size_t task = begin; task < end; task++) {
        for (size_t i = 0; i < SIZE; i++) {
            mine[i] += number_at(task, i);
        }
    }
    MPI_Reduce(mine, sum, SIZE, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
    if (rank == 0) {
        print_bits("plain", sum);
    }
}

static fm_status add(void *workspace, fm_bytes argument, fm_output *output,
                     fm_error *error)
{
    (void)workspace;
    (void)error;
    size_t task = 0;
    memcpy(&task, argument.data, sizeof task);
    double *addend = fm_output_addend(output);
    for (size_t i = 0; i < SIZE; i++) {
        addend[i] = number_at(task, i);
    }
    return FM_OK;
}

static fm_status sum_exactly(const char *spec, fm_error *error)
{
    const fm_kernel kernel = {.name = "add", .run = add};
    fm_pool *pool = NULL;
    fm_status status = fm_pool_open(spec, (fm_kernels){&kernel, 1}, &pool, error);
    if (status != FM_OK) {
        return status;
    }
    const fm_sum_shape shape = {.parts = 1, .part = {{SIZE, LSB}}};
    fm_fixed sum[SIZE];
    const fm_map map = {
        .kernel = "add", .count = COUNT, .sum_shape = &shape, .sum = sum};
    status = fm_pool_map(pool, &map, error);
    fm_pool_close(pool, true);
    double nearest[SIZE];
    for (size_t i = 0; i < SIZE; i++) {
        nearest[i] = fm_fixed_to_double(sum[i], LSB);
    }
    print_bits("exact", nearest);
    return status;
}

int main(int argc, char **argv)
{
    int rank = 0, ranks = 1;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    sum_plainly(rank, ranks);
    fm_error error = {0};
    fm_status status = sum_exactly(argv[1], &error);
    MPI_Finalize();
    if (status != FM_OK && status != FM_WAS_WORKER) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    return 0;
}
