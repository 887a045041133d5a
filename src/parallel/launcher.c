/* Who started this process: a look at the environment, for those who must know before
 * MPI is initialised, or without it. Open MPI's mpirun tells its ranks by variables of
 * its own; those of the MPICH family, and batch schedulers, by those of the process
 * management interface. */
#include "launcher.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/number.h"
#include "parallel/pool.h"

static const char *const rank_variables[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK",
                                             "PMIX_RANK", NULL};

static const char *rank_text(void)
{
    for (const char *const *name = rank_variables; *name; name++) {
        const char *text = getenv(*name);
        if (text) {
            return text;
        }
    }
    return NULL;
}

bool fm_under_mpirun(void)
{
    return rank_text() != NULL;
}

size_t fm_pool_rank(void)
{
    const char *text = rank_text();
    uint64_t rank = 0;
    return text && fm_count_parse(text, &rank) ? (size_t)rank : 0;
}
