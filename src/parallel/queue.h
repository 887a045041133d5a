#ifndef FM_PARALLEL_QUEUE_H
#define FM_PARALLEL_QUEUE_H

#include "backend.h"

/* The pool and its queue, for future.c and map.c. */

struct fm_pool {
    const fm_backend *backend;
    void *self; /* the backend's own */
    fm_pool_options options;
    fm_kernels kernels;
    fm_task_list waiting; /* what the backend did not take yet */
    size_t unfinished;    /* tasks given to the pool and not done */
    size_t maps;          /* maps that are running: callbacks may nest them */
    bool ending;          /* no task is tried again */
    fm_future *futures;   /* those alive, a list; see future.c */
};

/* The kernel of that name, or FM_BAD_INPUT and the names there are. */
fm_status fm_pool_find_kernel(const fm_pool *pool, const char *name,
                              const fm_kernel **kernel, fm_error *error);

/* Queue a batch (tasks for one worker, or just one task) and empty the list. */
void fm_pool_queue(fm_pool *pool, fm_task_list *batch);
/* Give the backend what it takes, wait until `enough` tasks are done or the time is
 * over, and bring them home. May return early and with none. */
void fm_pool_collect(fm_pool *pool, size_t enough, double timeout_s);
/* Take a task back that is not running and not done; it is done then, with
 * FM_CANCELLED, and does not come home. */
bool fm_pool_take_back(fm_pool *pool, fm_task *task);

/* When the pool goes (future.c): cancel what can be cancelled; then, when all are done,
 * let the futures forget the pool. */
void fm_pool_cancel_futures(fm_pool *pool);
void fm_pool_leave_futures(fm_pool *pool);

#endif
