#ifndef FM_PARALLEL_MPI_GUEST_H
#define FM_PARALLEL_MPI_GUEST_H

#include "mpi_site.h"
#include "mpi_together.h"

/* A rank that serves, and the tasks that it has from rank 0. */

/* A task that came from rank 0. */
typedef struct fm_mpi_guest {
    fm_task task; /* first: a pointer to it is one to the guest */
    uint64_t token;
    struct fm_mpi_guest *previous, *next; /* all that are here */
} fm_mpi_guest;

typedef struct fm_mpi_server {
    fm_mpi *mpi;
    fm_kernels kernels;
    fm_mpi_link link;
    /* The pool that is served; open: there is one. */
    bool open;
    fm_mpi_site site;
    const fm_kernel **known; /* by rank 0's numbers; NULL: not known here */
    fm_mpi_shared shared;
    size_t sum_size;
    fm_mpi_guest *guests;
    fm_task_list spare, finished;
} fm_mpi_server;

/* Tasks that came in a message: n records, or one whose argument is the body. */
void fm_mpi_take_records(fm_mpi_server *s, fm_mpi_reader reader, size_t n);
void fm_mpi_take_large(fm_mpi_server *s, fm_mpi_reader reader, size_t size);
/* What is finished goes to rank 0; whether there was anything. */
bool fm_mpi_send_results(fm_mpi_server *s);
void fm_mpi_dismiss_sent(fm_mpi_server *s);
/* All that was not begun goes back. */
void fm_mpi_give_back(fm_mpi_server *s);
void fm_mpi_release_spare(fm_mpi_server *s);

#endif
