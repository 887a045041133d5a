#ifndef FM_PARALLEL_WORKER_H
#define FM_PARALLEL_WORKER_H

#include "task.h"

/* What every worker does, whatever the backend: keep a workspace for each kernel and
 * run tasks. One fm_worker belongs to one thread. */
typedef struct fm_worker fm_worker;

fm_status fm_worker_create(fm_kernels kernels, size_t id, fm_worker **worker,
                           fm_error *error);
/* Closes the workspaces; accepts NULL. */
void fm_worker_destroy(fm_worker *worker);

/* Run the kernel and leave status, message, bytes, worker and seconds in the task,
 * which comes new or cleared. */
void fm_worker_run(fm_worker *worker, fm_task *task);

/* Close the workspaces; the next tasks open new ones with this data. */
void fm_worker_share(fm_worker *worker, fm_bytes shared);

/* Whether the calling thread is running a kernel. */
bool fm_worker_is_here(void);

#endif
