#ifndef FM_PARALLEL_MPI_ROOT_H
#define FM_PARALLEL_MPI_ROOT_H

#include "mpi_site.h"
#include "mpi_together.h"

/* Rank 0: the pool, what it knows of the ranks, and how tasks go out and come home. */

/* A rank as rank 0 sees it. */
typedef struct fm_mpi_peer {
    size_t tasks;       /* that it has */
    size_t place;       /* in the heap */
    bool bare;          /* what it has was begun, as far as we know */
    fm_mpi_credit owed; /* results consumed, of which it was not told */
    struct fm_mpi_peer *next_owed;
} fm_mpi_peer;

typedef struct fm_mpi_root {
    fm_mpi *mpi; /* NULL: there is no other rank, and no MPI */
    fm_kernels kernels;
    fm_mpi_terms terms;
    fm_mpi_link link;
    fm_mpi_site site; /* rank 0's own threads */
    fm_mpi_shared shared;
    fm_task_list held; /* to be scattered, or came back and are to be sent again */
    fm_task_list finished;
    size_t away; /* tasks at other ranks */
    size_t sum_size;
    fm_mpi_peer *owed; /* those with credit to be sent */
    size_t *heap;      /* ranks, the one with the fewest tasks first */
    size_t ranks;
    fm_mpi_peer peers[];
} fm_mpi_root;

/* ---- going out (mpi_dispatch.c) ---- */

/* A rank has so many tasks now. */
void fm_mpi_set_tasks(fm_mpi_root *m, size_t rank, size_t tasks);
/* To the rank with the least to do; false, and the batch stays, if that has enough. */
bool fm_mpi_hand_out(fm_mpi_root *m, fm_task_list *batch);
/* Keep the batch here. */
void fm_mpi_hold(fm_mpi_root *m, fm_task_list *batch);
/* Tasks that are held go out: all of them, or as many as the ranks take. */
void fm_mpi_dispatch_held(fm_mpi_root *m);

/* ---- coming home (mpi_results.c) ---- */

/* Finished tasks of rank 0's own threads; waits so long for one. Whether there were
 * any. */
bool fm_mpi_collect_own(fm_mpi_root *m, double seconds);
/* Whatever has come from anywhere. Whether there was anything. */
bool fm_mpi_progress(fm_mpi_root *m);
/* The finished tasks go to the pool. */
void fm_mpi_note_credit(fm_mpi_root *m);
/* The pool asks again: it has consumed them. The ranks are told of many at once, or,
 * before rank 0 waits for them, of all. */
void fm_mpi_send_credit(fm_mpi_root *m, bool all);

#endif
