/* 6. MPI by hand: scatter, gather, reduce; and why sums differ.
 *
 *   mpicc 06_scatter_reduce.c $(pkg-config --cflags --libs --static fermat) -o 06_mpi
 *   mpirun -n 2 ./06_mpi
 *
 * In Python this is mpi4py: comm.Scatterv, comm.Gatherv, comm.Reduce, Op.Create.
 *
 * All ranks run this program from its first line, perhaps on different machines: a rank
 * knows what it computed itself and what was sent to it. Every rank must come to every
 * collective call. Who computes what is settled beforehand; the fast wait for the slow.
 *
 * A sum of doubles depends on where the brackets are, and MPI_SUM puts them where the
 * ranks meet: another number of ranks, other last digits. Whole numbers do not mind:
 * the same reduction of fixed-point numbers gives the same bits for any number of
 * ranks. */
#include <mpi.h>
#include <stdio.h>

#include "problem.h"

typedef struct sums {
    double plain[RECEIVERS];
    fm_fixed exact[RECEIVERS];
} sums;

/* An MPI_User_function: inout[i] += in[i]. */
static void add_fixed(void *in, void *inout, int *n, MPI_Datatype *type)
{
    (void)type;
    fm_fixed_merge(inout, in, (size_t)*n);
}

static void reduce(const sums *mine, sums *all, MPI_Comm world)
{
    MPI_Datatype fixed;
    MPI_Op add;
    MPI_Type_contiguous(sizeof(fm_fixed), MPI_BYTE, &fixed);
    MPI_Type_commit(&fixed);
    MPI_Op_create(add_fixed, 1, &add); /* 1: it commutes */
    MPI_Reduce(mine->exact, all->exact, RECEIVERS, fixed, add, 0, world);
    MPI_Reduce(mine->plain, all->plain, RECEIVERS, MPI_DOUBLE, MPI_SUM, 0, world);
    MPI_Op_free(&add);
    MPI_Type_free(&fixed);
}

static fm_status march(const int *shot, int n, double (*time)[RECEIVERS], sums *mine,
                       fm_error *error)
{
    fm_medium medium = {0};
    fm_solver *solver = NULL;
    fm_status status = problem_medium(&medium, error);
    status = status == FM_OK ? problem_solver(&medium, &solver, error) : status;
    for (int i = 0; i < n && status == FM_OK; i++) {
        status = problem_shot(solver, (size_t)shot[i], time[i], error);
        problem_add(mine->exact, time[i]);
        for (size_t r = 0; r < RECEIVERS; r++) {
            mine->plain[r] += time[i][r];
        }
    }
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
    return status;
}

/* At how many receivers MPI_SUM differs from one loop over all rows. */
static size_t differences(double (*row)[RECEIVERS], const double *plain)
{
    size_t differ = 0;
    for (size_t r = 0; r < RECEIVERS; r++) {
        double loop = 0;
        for (size_t shot = 0; shot < SHOTS; shot++) {
            loop += row[shot][r];
        }
        differ += loop != plain[r];
    }
    return differ;
}

int main(int argc, char **argv)
{
    int rank = 0, n = 0, shots[SHOTS], my_shots[SHOTS], count[SHOTS], first[SHOTS];
    double my_rows[SHOTS][RECEIVERS], rows[SHOTS][RECEIVERS];
    sums mine = {0}, all = {0};
    const MPI_Comm world = MPI_COMM_WORLD;
    fm_error error;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(world, &rank);
    MPI_Comm_size(world, &n);
    if (n > SHOTS) {
        MPI_Abort(world, 2);
    }
    for (int r = 0; r < n; r++) {
        first[r] = r * SHOTS / n;
        count[r] = (r + 1) * SHOTS / n - first[r];
    }
    for (int s = 0; s < SHOTS; s++) {
        shots[s] = s;
    }
    MPI_Scatterv(shots, count, first, MPI_INT, my_shots, SHOTS, MPI_INT, 0, world);
    if (march(my_shots, count[rank], my_rows, &mine, &error) != FM_OK) {
        fprintf(stderr, "06_scatter_reduce: rank %d: %s\n", rank, error.message);
        MPI_Abort(world, 1);
    }
    MPI_Datatype row;
    MPI_Type_contiguous(RECEIVERS, MPI_DOUBLE, &row);
    MPI_Type_commit(&row);
    MPI_Gatherv(my_rows, count[rank], row, rows, count, first, row, 0, world);
    MPI_Type_free(&row);
    reduce(&mine, &all, world);
    if (rank == 0) {
        printf("MPI_SUM differs from one loop at %zu of %d receivers\n",
               differences(rows, all.plain), RECEIVERS);
        printf("travel-time sum %.17g s   by %d ranks, scatter and reduce\n",
               problem_total(all.exact), n);
    }
    MPI_Finalize();
    return 0;
}
