#ifndef FM_PARALLEL_BACKEND_H
#define FM_PARALLEL_BACKEND_H

#include "spec.h"
#include "task.h"

/* What a backend is: it moves tasks (kernel name, argument bytes) to workers and brings
 * them back (status, message, result bytes, worker, seconds). Everything a user sees,
 * order, windows, futures, progress, is written once above this table.
 *
 * All of it is called by one thread, the one that uses the pool; what runs elsewhere
 * (threads, processes, ranks) is the backend's own affair. A new backend is one file
 * with one such table, named in spec.c.
 *
 * In the worker, fm_worker_run (worker.h) runs a task; a backend whose workers live in
 * another address space builds an fm_task there from the bytes it received and, back
 * here, fills in the posted one (fm_output_reserve, fm_task_fail). */

struct fm_backend {
    const char *name;
    bool numbered;  /* takes a number of workers, as in "threads:8" */
    unsigned takes; /* options of the spec that it knows: FM_TAKES_START | ... */
    /* Tasks run inside poll: to wait for a task is to run it, and a time-out cannot
     * interrupt it. */
    bool runs_in_caller;
    /* Tasks are handed over in batches that take about this long, because to hand one
     * over costs a good part of it; 0: always one by one. */
    double batch_s;

    /* Start the workers, options->workers of them; leave there how many there are. On
     * failure nothing is left behind and *self is NULL. */
    fm_status (*start)(fm_kernels kernels, fm_pool_options *options, void **self,
                       fm_error *error);
    /* Take the tasks of `batch`, all for one worker, and empty it; or, when no more can
     * be taken at the moment, leave it and return false. Never refuses when it has no
     * task, and never waits. */
    bool (*post)(void *self, fm_task_list *batch);
    /* Move finished tasks to `done`, with FM_WORKER_DIED those under which the worker
     * died (the pool tries them again). Waits until there are `enough` of them or
     * timeout_s (at least 0) has passed; may come back early, and does at once when
     * no task is left. A backend that runs_in_caller runs tasks here until there are
     * enough, or at least one of them; none if 0 are enough. */
    void (*poll)(void *self, size_t enough, double timeout_s, fm_task_list *done);
    /* Take back a posted task; false if a worker has it already. */
    bool (*cancel)(void *self, fm_task *task);
    /* Running tasks are given up: they come home as soon as can be, with FM_CANCELLED.
     * Does not wait. */
    void (*abandon)(void *self);
    /* Whether all tasks of a map should be posted before the first poll, instead of a
     * few at a time: for schedules made beforehand. NULL: no. */
    bool (*wants_all)(const void *self);
    /* From here on tasks have addends (fm_accumulator in sum.h). Called without tasks
     * only, and so is what ends it: `total` gets the sum over all workers, part after
     * part; NULL: nobody wants it. */
    fm_status (*open_sum)(void *self, const fm_sum_shape *shape, fm_error *error);
    fm_status (*close_sum)(void *self, fm_fixed *total, fm_error *error);
    /* Every worker closes its workspaces and gets these bytes; when this returns, the
     * earlier ones are not in use any more. Called without tasks only. */
    fm_status (*share)(void *self, fm_bytes shared, fm_error *error);
    /* Close the workspaces and end the workers. Called without tasks only; accepts
     * NULL. */
    void (*stop)(void *self);
};

extern const fm_backend fm_backend_serial;
extern const fm_backend fm_backend_threads;
extern const fm_backend fm_backend_processes;
extern const fm_backend fm_backend_mpi; /* if the build has FM_MPI */

#endif
