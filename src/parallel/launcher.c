/* Who started this process: a look at the environment, for those who must know before
 * MPI is initialised, or without it.
 *
 * A launcher tells a rank its number, and something beside it without which the number
 * means nothing: how many ranks there are, or where the server is that knows. Only both
 * together count, for a single variable may be left over from anything. And only those
 * launchers count that this MPI can join: to a rank of another MPI's launcher the
 * library would say that it is alone. Open MPI is joined from its own mpirun and, as
 * srun --mpi=pmix starts it, by PMIx; the MPICH family from its mpirun and from
 * srun --mpi=pmi2, which tell by the older interface. Without MPI any will do: then it
 * is only for a message. */
#include <stdint.h>
#include <stdlib.h>

#ifdef FM_MPI
#include <mpi.h>
#endif

#include "core/number.h"
#include "parallel/pool.h"

static const char *const launchers[][2] = {
#if defined OPEN_MPI || !defined FM_MPI
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
#endif
    {"PMIX_RANK", "PMIX_NAMESPACE"},
#ifndef OPEN_MPI
    {"PMI_RANK", "PMI_SIZE"},
#endif
};

static bool look(uint64_t *rank)
{
    for (size_t i = 0; i < sizeof launchers / sizeof *launchers; i++) {
        const char *text = getenv(launchers[i][0]);
        if (text && fm_count_parse(text, rank) && getenv(launchers[i][1])) {
            return true;
        }
    }
    return false;
}

bool fm_pool_under_mpirun(void)
{
    uint64_t rank = 0;
    return look(&rank);
}

size_t fm_pool_rank(void)
{
    uint64_t rank = 0;
    return look(&rank) ? (size_t)rank : 0;
}
