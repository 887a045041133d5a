#ifndef FM_PARALLEL_MPI_TOGETHER_H
#define FM_PARALLEL_MPI_TOGETHER_H

#include "mpi_site.h"

/* What all ranks do together, each calling the same function: rank 0 has told the
 * others to. They come back with the same status. */

/* The shared bytes as a rank has them. */
typedef struct fm_mpi_shared {
    MPI_Win window; /* memory of the node; MPI_WIN_NULL: none is needed */
} fm_mpi_shared;

/* Bytes that only rank 0 has (`bytes`; the others give their size alone) to the threads
 * of all ranks, one copy a node; what was shared before is let go. */
fm_status fm_mpi_share(const fm_mpi *mpi, fm_mpi_site *site, fm_mpi_shared *shared,
                       fm_bytes bytes, fm_error *error);
void fm_mpi_unshare(fm_mpi_shared *shared);

fm_status fm_mpi_open_sum(const fm_mpi *mpi, fm_mpi_site *site,
                          const fm_sum_shape *shape, fm_error *error);
/* `total` counts in rank 0; unless `wanted` there is no sum. */
fm_status fm_mpi_close_sum(const fm_mpi *mpi, fm_mpi_site *site, bool wanted,
                           size_t size, fm_fixed *total, fm_error *error);

/* The shares of the ranks, bytes one after the other in rank 0's `all`, size[rank] each
 * (rank 0's none), to each its own: malloc'ed, NULL if it is empty. */
unsigned char *fm_mpi_scatter(const fm_mpi *mpi, const unsigned char *all,
                              const int *size, int *mine);

#endif
