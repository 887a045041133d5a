#ifndef FM_PARALLEL_POOL_H
#define FM_PARALLEL_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/fixed.h"
#include "core/status.h"

/* One parallel layer with exchangeable backends. A task is a kernel applied to a few
 * bytes of argument; it knows nothing of the other tasks, and its result is flat bytes.
 * The interface is the same for every backend, so a program changes backend with one
 * word:
 *
 *   serial           tasks run in the caller, in order
 *   threads[:N]      N threads of this process
 *   processes[:N]    N child processes
 *   mpi              the ranks that mpirun started
 *   auto             mpi under mpirun, else threads
 *
 * and with options behind it, each after a comma:
 *
 *   timeout=S              a task may run for S seconds (any backend)
 *   retries=N              times a task whose worker died is tried again; 2 unless told
 *   start=fork|forkserver|spawn     how processes are made; fork unless told
 *   tasks-per-child=N      a process is replaced after N tasks; 0, unless told: never
 *   schedule=dynamic|static         mpi: a task to whoever is free (unless told so), or
 *                                   all of them scattered beforehand
 *   workers-per-rank=N     mpi: threads that compute in each rank; 1 unless told
 *
 * Function pointers and pointers into the heap do not survive exec or a change of rank;
 * this is why kernels have names and why arguments, results and shared data are flat
 * bytes.
 *
 * A pool and its futures are used by one thread at a time, and not by its kernels. */

typedef struct fm_pool fm_pool;
typedef struct fm_future fm_future;

typedef struct fm_bytes {
    const void *data;
    size_t size;
} fm_bytes;

/* Where a kernel leaves its result: the pool owns the memory, the kernel asks for it.
 */
typedef struct fm_output fm_output;
/* `size` bytes to fill, aligned for any type, kept with the result; NULL without
 * memory. Called again, it takes the place of what was reserved before. */
void *fm_output_reserve(fm_output *output, size_t size);
/* What the task adds to the sum of its map (fm_map.sum): as many doubles as all parts
 * have, zeros to be filled in; NULL if the map has no sum. They are added when the task
 * ends with FM_OK, and not otherwise. */
double *fm_output_addend(fm_output *output);
/* Whether the task had better end: its time is over (the pool's option timeout) or its
 * map has given it up. A kernel that runs for long asks now and then and returns
 * FM_TIMED_OUT; what other backends cannot enforce, processes do. */
bool fm_output_overdue(const fm_output *output);

/* A kernel: what workers do. `open` is the initializer: it runs once in each worker
 * before its first task (and again after fm_pool_share gave new data), sees the shared
 * data and makes the worker's workspace; `close` frees it in the worker at the end.
 * Both may be NULL. `run` may be called by many workers at once, each with its own
 * workspace. A status other than FM_OK ends this task only; if `open` fails, the tasks
 * that come to this worker fail with its error. */
typedef struct fm_kernel {
    const char *name;
    fm_status (*open)(fm_bytes shared, void **workspace, fm_error *error);
    fm_status (*run)(void *workspace, fm_bytes argument, fm_output *output,
                     fm_error *error);
    void (*close)(void *workspace);
} fm_kernel;

/* The kernels a program has, told once to fm_pool_open; names are unique. */
typedef struct fm_kernels {
    const fm_kernel *kernel;
    size_t n;
} fm_kernels;

/* The first line of main in a program whose pools start processes by `spawn` or
 * `forkserver`. In a process that was started as a worker it works until it is told to
 * end, and does not return; in any other it returns at once. */
void fm_pool_serve(fm_kernels kernels);

/* Open the backend that `spec` names; NULL or "" stands for the environment variable
 * FERMAT_POOL, and "auto" if that is not set. Without a number the workers are as many
 * as the process may really use: min(affinity, cgroup quota, the batch scheduler's
 * variable). The kernels must stay valid while the pool lives. A pool opened inside a
 * worker is serial. FM_BAD_INPUT names what is wrong in the spec.
 *
 * A worker process has standard output and error of the caller, an empty standard input
 * and no other files; signals like SIGINT and SIGTERM are left to the caller; it ends
 * by _exit, and with its caller. When the process that makes the workers is itself
 * killed, another is made only in a program that calls fm_pool_serve; else all tasks
 * fail.
 *
 * Processes are best forked by a young program: open such a pool before other threads,
 * MPI or HDF5 are in use. Under mpirun every rank opens the mpi pool; in rank 0 that
 * returns the pool, one at a time; the others serve this pool and those that rank 0
 * opens after it, with the kernels of this call, and return when the program of rank 0
 * has ended, with FM_WAS_WORKER and no pool: nothing is left to do there but to end.
 * That is so for the backend mpi only; another is a pool of each process that opens it,
 * under mpirun too. */
fm_status fm_pool_open(const char *spec, fm_kernels kernels, fm_pool **pool,
                       fm_error *error);
size_t fm_pool_workers(const fm_pool *pool);
const char *fm_pool_backend(const fm_pool *pool); /* "serial", "threads", ... */
size_t fm_processors(void); /* what the process may really use, at least 1 */
/* Whether the environment says that a launcher started this process which the MPI of
 * this library can join (mpirun, srun), and as which rank; 0 without one. */
bool fm_pool_under_mpirun(void);
size_t fm_pool_rank(void);

/* Give every worker the same read-only bytes, again whenever they change; the caller
 * keeps them unchanged and alive until the next share or the close. Workspaces are made
 * anew. FM_FAILED if tasks are still pending. */
fm_status fm_pool_share(fm_pool *pool, fm_bytes shared, fm_error *error);

/* ---- one task at a time: submit, wait, result ---- */

/* Queue one task; the argument is copied. The caller frees the future. */
fm_status fm_pool_submit(fm_pool *pool, const char *kernel, fm_bytes argument,
                         fm_future **future, fm_error *error);
/* Wait for the task: FM_OK and its bytes (alive as long as the future), the task's own
 * error, FM_CANCELLED, or FM_TIMED_OUT after timeout_s (negative: for ever; 0: just
 * look). In the serial backend the task runs here at the latest, whatever the time. */
fm_status fm_future_result(fm_future *future, double timeout_s, fm_bytes *result,
                           fm_error *error);
/* A look, which brings home what workers have done; in the serial backend it runs a
 * pending task, so that to look again and again comes to an end. */
bool fm_future_done(const fm_future *future);
/* Take a pending task back. False if it already runs or is done. */
bool fm_future_cancel(fm_future *future);
/* The first of futures[n] to be done that is not NULL: its index, or n after timeout_s
 * (or when all are NULL). All are of one pool. Free and set to NULL what was consumed,
 * and call again: as_completed. */
size_t fm_future_wait_any(fm_future *const *futures, size_t n, double timeout_s);
/* Waits for the task unless it can be cancelled. Accepts NULL. */
void fm_future_free(fm_future *future);

/* ---- many tasks ---- */

typedef struct fm_task_result {
    size_t index;      /* of the task, 0 .. count-1 */
    size_t worker;     /* who ran it, 0 .. workers-1 */
    long process;      /* that worker's process id, under MPI its rank */
    unsigned attempts; /* times it was begun */
    int signal;        /* that a worker died of under it; 0: none did */
    double seconds;    /* how long the kernel ran */
    fm_status status;  /* FM_OK, or why there are no bytes */
    fm_bytes bytes;    /* valid during the callback only */
    const fm_error *error;
} fm_task_result;

/* Sums over the tasks of a map: one or several parts, each an array with a scale of its
 * own. Addends are rounded to multiples of 2^lsb, and those are added as integers, so
 * the sum has the same bits in whatever order and on whatever workers it was made. */
enum { FM_SUM_PARTS = 8 };
typedef struct fm_sum_shape {
    size_t parts;
    struct {
        size_t n;
        int lsb; /* addends are below 2^(lsb + FM_FIXED_ADDEND_BITS) */
    } part[FM_SUM_PARTS];
} fm_sum_shape;
size_t fm_sum_size(const fm_sum_shape *shape); /* elements of all parts */

typedef struct fm_progress {
    size_t done, failed, total;
    double cost_done, cost_total; /* in the units of fm_map.cost */
    double elapsed_s;
} fm_progress;

/* All callbacks run on the thread that called fm_pool_map, one at a time. */
typedef struct fm_map {
    const char *kernel;
    size_t count;
    void *context; /* handed to the callbacks */
    /* The argument of task `index`; stays valid until the next call. NULL: every
     * argument is the index as a size_t. */
    fm_bytes (*argument)(void *context, size_t index);
    /* How long the task will take, in any unit; longest first, of equals the first.
     * NULL: all alike. Asked twice for a task. (The order takes 24 bytes a task.) */
    double (*cost)(void *context, size_t index);
    /* One result, when it is there; a status other than FM_OK ends the map with it. */
    fm_status (*result)(void *context, const fm_task_result *result, fm_error *error);
    /* Called after every result, and at least a few times a second while waiting. */
    void (*progress)(void *context, const fm_progress *progress);
    /* Asked between tasks and ten times a second while waiting; true: dispatch no more,
     * let the running ones end and deliver them, return FM_INTERRUPTED. For signals. */
    bool (*stop)(void *context);
    /* Running tasks that have not ended so many seconds after a stop are given up:
     * their status is FM_CANCELLED. 0: they may take the time they need. */
    double grace_s;
    /* Asked like stop, but after it: true gives them up at once. NULL: no. */
    bool (*give_up)(void *context);
    /* The sum of what the tasks with FM_OK gave as addends: written to sum[], part
     * after part, when the map ends with FM_OK or FM_INTERRUPTED. A task whose addend
     * is not finite or too large for its scale fails. NULL: no sum. Such a map is not
     * nested in another, and begins when no task is pending. */
    const fm_sum_shape *sum_shape;
    fm_fixed *sum;
    /* Deliver results by index, not as completed. Longest first then holds within the
     * window only: a task is dispatched when its result is at most `window` away from
     * the next one to deliver. After a stop the tasks left out make gaps. */
    bool in_order;
    /* The first result delivered that failed ends the map with its error; as with stop
     * the running tasks end and are delivered. */
    bool stop_on_fail;
    /* Results in flight at most. 0: 2 x workers + 2; times as many as make up some
     * microseconds of work (at most 32), when tasks are shorter than handing them over.
     */
    size_t window;
    /* Tasks handed over together, where that is done. 0: one by one, or batches of
     * short ones (above). */
    size_t chunk;
} fm_map;

/* Run tasks 0 .. count-1 and deliver each result to the callback. Memory is bounded by
 * the window, whatever the count: no task is dispatched while `window` results are in
 * flight (running, or done and not yet delivered). FM_OK even if tasks failed (their
 * results said so) unless stop_on_fail. */
fm_status fm_pool_map(fm_pool *pool, const fm_map *map, fm_error *error);

/* Shut down. With `wait` pending tasks are run first, without they are cancelled;
 * running ones end either way. Accepts NULL. No thread or process is left behind;
 * futures still held by the caller stay valid to read and free. */
void fm_pool_close(fm_pool *pool, bool wait);

#endif
