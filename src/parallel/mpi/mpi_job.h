#ifndef FM_PARALLEL_MPI_JOB_H
#define FM_PARALLEL_MPI_JOB_H

#include <mpi.h>
#include <stdbool.h>

#include "core/status.h"

/* This process as one of the ranks that mpirun started. */
typedef struct fm_mpi {
    MPI_Comm comm;    /* all ranks; a duplicate of the program's, for us alone */
    MPI_Comm node;    /* those that share this one's memory, by rank */
    MPI_Comm leaders; /* the first of each node, by rank; MPI_COMM_NULL elsewhere */
    int rank, size, node_rank, node_size;
    bool busy; /* a pool is open here, or this rank serves */
    bool over; /* rank 0 has said that there will be no more pools */
} fm_mpi;

/* Joins the other ranks, at the first call; all of them call it. MPI is initialised
 * unless the program has done so, and what was initialised here is finalised when the
 * program ends (atexit). */
fm_status fm_mpi_join(fm_mpi **mpi, fm_error *error);

/* Unless `code` is MPI_SUCCESS: says on stderr that `call` failed, and ends the job on
 * all ranks. There is no way on: the other ranks would wait for this one for ever. */
void fm_mpi_must(int code, const char *call);
/* The same without memory for `what`. */
void fm_mpi_must_have(bool memory, const char *what);

/* All ranks call it: FM_OK if it is so for all; else the status and message of the
 * first rank that has another, on all of them. */
fm_status fm_mpi_agree(const fm_mpi *mpi, fm_status status, fm_error *error);

#endif
