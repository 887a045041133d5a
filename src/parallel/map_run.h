#ifndef FM_PARALLEL_MAP_RUN_H
#define FM_PARALLEL_MAP_RUN_H

#include "agenda.h"
#include "queue.h"

/* A map while it runs: map.c has its turns, dispatch.c says which tasks may go. */
typedef struct fm_map_run {
    fm_pool *pool;
    const fm_map *map;
    const fm_kernel *kernel;
    fm_task *made; /* all tasks; never more than the window has been */
    fm_task_list spare, arrived, completed; /* the last: as completed, to deliver */
    fm_agenda candidates; /* may go, longest first; by index if costs are not given */
    fm_agenda ready;      /* in order: arrived, not delivered, by index */
    size_t reach;   /* dispatched may grow to this: delivered + window, or count */
    size_t entered; /* tasks that have been candidates */
    size_t dispatched, delivered;
    size_t busy;      /* dispatched and not arrived */
    double recent_s;  /* a running mean of the tasks' times; < 0: none yet */
    fm_status ending; /* FM_OK: it goes on */
    bool deaf;        /* the callback failed: no more deliveries */
    fm_error error;   /* why it ends */
    double ending_s;  /* since when */
    bool given_up;    /* what still runs was told to end */
    fm_progress progress;
    double start_s;
} fm_map_run;

/* The map ends with this; the running tasks are still to come home. */
void fm_map_end(fm_map_run *r, fm_status status, const char *message);

/* Hand over what may be handed over now. */
void fm_map_dispatch(fm_map_run *r);
/* How many tasks go together; for how many results it pays to wait. */
size_t fm_map_batch(const fm_map_run *r);
/* The task's cost as the caller tells it; 1 if he does not. */
double fm_map_cost(const fm_map_run *r, size_t index);

#endif
