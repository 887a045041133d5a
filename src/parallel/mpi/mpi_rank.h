#ifndef FM_PARALLEL_MPI_RANK_H
#define FM_PARALLEL_MPI_RANK_H

#include "mpi_job.h"
#include "parallel/pool.h"

/* What ranks other than 0 do: serve rank 0's pools with these kernels until its program
 * is over. */
void fm_mpi_serve(fm_mpi *mpi, fm_kernels kernels);

#endif
