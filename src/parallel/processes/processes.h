#ifndef FM_PARALLEL_PROCESSES_H
#define FM_PARALLEL_PROCESSES_H

#include <poll.h>

#include "backend.h"
#include "keeper.h"
#include "seat.h"
#include "sum.h"

/* The backend `processes`: processes.c fills the table of backend.h, process_turn.c
 * hands out tasks, crew.c sees to it that there are workers. */
typedef struct processes {
    fm_kernels kernels;
    fm_pool_options options;
    fm_keeper keeper;
    int arena;  /* file descriptors */
    int shared; /* -1: there is nothing */
    size_t shared_size;
    fm_task_list queue, finished;
    size_t unfinished; /* tasks in the queue or with workers */
    size_t next_seat;  /* where to look first for one who is free */
    bool sums;         /* tasks add, in this shape, to what is here for each seat: */
    fm_sum_shape shape;
    fm_accumulator *accumulators;
    double abandon_s; /* then running tasks are not waited for any more; INFINITY */
    bool ending;      /* nobody is hired any more */
    bool lost;        /* there is no keeper, and cannot be */
    fm_error why;     /* there are no workers */
    struct pollfd *watched;
    size_t n;
    fm_seat seats[];
} processes;

/* ---- process_turn.c ---- */

/* Give tasks of the queue to those who are free. */
void fm_processes_hand_out(processes *p);
/* Wait until something happens, for so long at most, and do all that is to be done. */
void fm_processes_turn(processes *p, double wait_s);

/* ---- crew.c ---- */

/* Ask for a process at an empty seat, not before that time. */
void fm_crew_hire(processes *p, fm_seat *seat, double not_before_s);
/* Let the keeper know what is wanted of it; false if not all could be said now. */
bool fm_crew_tell(processes *p);
/* What the keeper has to say. */
void fm_crew_hear(processes *p);
/* Have a worker killed for the sake of its task `number`, which gets `verdict`. */
void fm_crew_condemn(fm_seat *seat, uint64_t number, fm_status verdict);
/* After a seat was heard: if its process has ended, see to the consequences. */
void fm_crew_check(processes *p, fm_seat *seat);
/* No seat has a worker, and none can be made. */
bool fm_crew_is_lost(const processes *p);

#endif
