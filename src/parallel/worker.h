#ifndef FM_PARALLEL_WORKER_H
#define FM_PARALLEL_WORKER_H

#include "sum.h"
#include "task.h"

/* What every worker does, whatever the backend: keep a workspace for each kernel and
 * run tasks. One fm_worker belongs to one thread. */
typedef struct fm_worker fm_worker;

/* What a worker is told when it is made. */
typedef struct fm_worker_plan {
    fm_kernels kernels;
    size_t id;                  /* 0 .. workers-1 */
    long process;               /* to report with its tasks: process id or rank */
    double timeout_s;           /* of a task; INFINITY: none */
    const atomic_bool *give_up; /* set: what runs is not wanted any more; NULL: never */
} fm_worker_plan;

fm_status fm_worker_create(const fm_worker_plan *plan, fm_worker **worker,
                           fm_error *error);
/* Closes the workspaces; accepts NULL. */
void fm_worker_destroy(fm_worker *worker);

/* Run the kernel and leave status, message, bytes, worker, process and seconds in the
 * task, which comes new or cleared; add its addend. A task that was overdue and did not
 * end well has FM_TIMED_OUT, one that was given up FM_CANCELLED. */
void fm_worker_run(fm_worker *worker, fm_task *task);

/* Open the workspace of a kernel, if that has not been tried, ahead of its first task.
 */
void fm_worker_prepare(fm_worker *worker, const fm_kernel *kernel);

/* Close the workspaces; the next tasks open new ones with this data. */
void fm_worker_share(fm_worker *worker, fm_bytes shared);

/* What tasks with an addend add it to; NULL: there will be no such tasks. */
void fm_worker_sum(fm_worker *worker, fm_accumulator *accumulator);

/* Whether the calling thread is running a kernel. */
bool fm_worker_is_here(void);

#endif
