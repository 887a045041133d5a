/* The threads backend: N threads of this process around one queue.
 *
 * One lock guards two lists, `queue` (posted, first come first served) and `finished`,
 * and two conditions wake who waits: workers for work, the caller for results. Tasks
 * move by pointer, shared data are simply pointed at.
 *
 * Waking a sleeping thread costs microseconds, many times a lock that is free, so the
 * traffic is arranged to wake seldom: a batch is taken and given back under one lock
 * each, and the caller is woken only when as many results as it asked for are there.
 * Nobody ever spins. A batch was promised to be short; when its tasks turn out longer,
 * the worker gives the rest of it back for others to take.
 *
 * The workers block all signals, so that SIGINT comes to a thread that can do
 * something about it, and a worker is never interrupted in the middle of a system
 * call. */
#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "worker.h"

static const double long_batch_s = 1e-3;   /* give back what is left after this */
static const double longest_wait_s = 3600; /* then look again: no overflow of time */

typedef struct threads threads;

typedef struct thread {
    threads *pool;
    fm_worker *worker;
    pthread_t id;
    bool running;
    size_t shared_version; /* of the data its workspaces were made with */
    fm_accumulator accumulator;
} thread;

struct threads {
    pthread_mutex_t lock; /* guards all below except `workers` and `n` */
    pthread_cond_t work;  /* something in the queue, new shared data, or the end */
    pthread_cond_t done;  /* enough finished, or all have taken the shared data */
    fm_task_list queue, finished;
    size_t unfinished; /* tasks in the queue or with workers */
    size_t enough;     /* finished tasks for which to wake the caller; 0: it is awake */
    fm_bytes shared;
    size_t shared_version, workers_behind;
    bool ending;
    atomic_bool give_up; /* what runs is not wanted any more; without the lock */
    size_t n;
    thread workers[];
};

/* ---- in the worker ---- */

/* Runs the batch; what is left in it when it takes too long was not begun. */
static void run_batch(fm_worker *worker, fm_task_list *batch, fm_task_list *finished)
{
    double spent_s = 0;
    while (batch->n > 0 && spent_s < long_batch_s) {
        fm_task *task = fm_task_list_pop(batch);
        fm_worker_run(worker, task);
        spent_s += task->seconds;
        fm_task_list_push(finished, task);
    }
}

static void give_back(threads *pool, fm_task_list *batch)
{
    for (fm_task *task = batch->first; task; task = task->next) {
        task->taken = task->with_next = false;
    }
    fm_task_list_prepend(&pool->queue, batch);
    pthread_cond_broadcast(&pool->work);
}

static void wake_caller_if_enough(threads *pool)
{
    if (pool->enough > 0 && pool->finished.n >= pool->enough) {
        pool->enough = 0;
        pthread_cond_signal(&pool->done);
    }
}

/* Called and left with the lock held; free in between. */
static void work_on_next_batch(thread *self)
{
    threads *pool = self->pool;
    fm_task_list batch = fm_task_list_take_batch(&pool->queue), finished = {0};
    for (fm_task *task = batch.first; task; task = task->next) {
        task->taken = true;
    }
    pthread_mutex_unlock(&pool->lock);
    run_batch(self->worker, &batch, &finished);
    pthread_mutex_lock(&pool->lock);
    if (batch.n > 0) {
        give_back(pool, &batch);
    }
    pool->unfinished -= finished.n;
    fm_task_list_append(&pool->finished, &finished);
    wake_caller_if_enough(pool);
}

/* Likewise. The caller waits meanwhile, so there are no tasks and no newer data. */
static void take_shared_data(thread *self)
{
    threads *pool = self->pool;
    fm_bytes shared = pool->shared;
    self->shared_version = pool->shared_version;
    pthread_mutex_unlock(&pool->lock);
    fm_worker_share(self->worker, shared);
    pthread_mutex_lock(&pool->lock);
    if (--pool->workers_behind == 0) {
        pthread_cond_signal(&pool->done);
    }
}

static void *thread_main(void *argument)
{
    thread *self = argument;
    threads *pool = self->pool;
    pthread_mutex_lock(&pool->lock);
    while (!pool->ending) {
        if (self->shared_version != pool->shared_version) {
            take_shared_data(self);
        } else if (pool->queue.n > 0) {
            work_on_next_batch(self);
        } else {
            pthread_cond_wait(&pool->work, &pool->lock);
        }
    }
    pthread_mutex_unlock(&pool->lock);
    fm_worker_destroy(
        self->worker); /* here: workspaces are closed by who opened them */
    return NULL;
}

/* ---- in the caller ---- */

static void stop(void *self)
{
    threads *pool = self;
    if (!pool) {
        return;
    }
    pthread_mutex_lock(&pool->lock);
    assert(pool->unfinished == 0);
    pool->ending = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->n; i++) {
        if (pool->workers[i].running) {
            pthread_join(pool->workers[i].id, NULL);
        } else {
            fm_worker_destroy(pool->workers[i].worker);
        }
        fm_accumulator_release(&pool->workers[i].accumulator);
    }
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

/* The conditions with time-outs must not follow the clock on the wall. */
static int init_locks(threads *pool)
{
    pthread_condattr_t monotonic;
    int failed = pthread_condattr_init(&monotonic);
    if (failed) {
        return failed;
    }
    failed = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    failed = failed ? failed : pthread_mutex_init(&pool->lock, NULL);
    failed = failed ? failed : pthread_cond_init(&pool->work, NULL);
    failed = failed ? failed : pthread_cond_init(&pool->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return failed;
}

static fm_status start_thread(threads *pool, size_t i, fm_worker_plan plan,
                              fm_error *error)
{
    thread *self = &pool->workers[i];
    self->pool = pool;
    plan.id = i;
    fm_status status = fm_worker_create(&plan, &self->worker, error);
    if (status != FM_OK) {
        return status;
    }
    int failed = pthread_create(&self->id, NULL, thread_main, self);
    if (failed) {
        return fm_fail(error, FM_FAILED, "could not start thread %zu of %zu: %s", i + 1,
                       pool->n, strerror(failed));
    }
    self->running = true;
    return FM_OK;
}

static fm_status start_threads(threads *pool, fm_worker_plan plan, fm_error *error)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* threads inherit it */
    fm_status status = FM_OK;
    for (size_t i = 0; i < pool->n && status == FM_OK; i++) {
        status = start_thread(pool, i, plan, error);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

static fm_status start(fm_kernels kernels, fm_pool_options *options, void **self,
                       fm_error *error)
{
    *self = NULL;
    size_t workers = options->workers;
    threads *pool = calloc(1, sizeof *pool + workers * sizeof *pool->workers);
    if (!pool) {
        return fm_fail_memory(error, "a pool of threads",
                              (double)(workers * sizeof *pool->workers));
    }
    pool->n = workers;
    int failed = init_locks(pool);
    if (failed) {
        free(pool);
        return fm_fail(error, FM_FAILED, "could not make the locks of a pool: %s",
                       strerror(failed));
    }
    const fm_worker_plan plan = {.kernels = kernels,
                                 .process = getpid(),
                                 .timeout_s = options->timeout_s,
                                 .give_up = &pool->give_up};
    fm_status status = start_threads(pool, plan, error);
    if (status != FM_OK) {
        stop(pool);
        return status;
    }
    *self = pool;
    return FM_OK;
}

static bool post(void *self, fm_task_list *batch)
{
    threads *pool = self;
    for (fm_task *task = batch->first; task; task = task->next) {
        task->taken = false;
    }
    pthread_mutex_lock(&pool->lock);
    if (pool->unfinished == 0) {
        atomic_store(&pool->give_up, false); /* those given up are gone */
    }
    pool->unfinished += batch->n;
    fm_task_list_append(&pool->queue, batch);
    pthread_mutex_unlock(&pool->lock);
    pthread_cond_signal(&pool->work);
    return true;
}

static struct timespec time_after(double seconds)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    double whole = floor(seconds);
    at.tv_sec += (time_t)whole;
    at.tv_nsec += (long)((seconds - whole) * 1e9);
    if (at.tv_nsec >= 1000000000L) {
        at.tv_nsec -= 1000000000L;
        at.tv_sec++;
    }
    return at;
}

static void wait_for_finished(threads *pool, size_t enough, double timeout_s)
{
    struct timespec deadline = time_after(fmin(timeout_s, longest_wait_s));
    int failed = 0;
    while (pool->finished.n < enough && pool->unfinished > 0 && !failed) {
        size_t possible = pool->finished.n + pool->unfinished;
        pool->enough = enough < possible ? enough : possible;
        failed = pthread_cond_timedwait(&pool->done, &pool->lock, &deadline);
    }
    pool->enough = 0;
}

static void poll(void *self, size_t enough, double timeout_s, fm_task_list *done)
{
    threads *pool = self;
    pthread_mutex_lock(&pool->lock);
    if (timeout_s > 0) {
        wait_for_finished(pool, enough, timeout_s);
    }
    fm_task_list_append(done, &pool->finished);
    pthread_mutex_unlock(&pool->lock);
}

static bool cancel(void *self, fm_task *task)
{
    threads *pool = self;
    pthread_mutex_lock(&pool->lock);
    bool free_to_go = !task->taken;
    if (free_to_go) {
        fm_task_list_remove(&pool->queue, task);
        pool->unfinished--;
    }
    pthread_mutex_unlock(&pool->lock);
    return free_to_go;
}

/* Threads cannot be ended from outside: the kernels are told, and those that ask end.
 */
static void abandon(void *self)
{
    atomic_store(&((threads *)self)->give_up, true);
}

/* The workers sleep or look for tasks, of which there are none: what is written here
 * they see when they take a task, by way of the lock. */
static fm_status open_sum(void *self, const fm_sum_shape *shape, fm_error *error)
{
    threads *pool = self;
    fm_status status = FM_OK;
    for (size_t i = 0; i < pool->n && status == FM_OK; i++) {
        status = fm_accumulator_create(shape, &pool->workers[i].accumulator, error);
    }
    for (size_t i = 0; i < pool->n; i++) {
        if (status == FM_OK) {
            fm_worker_sum(pool->workers[i].worker, &pool->workers[i].accumulator);
        } else {
            fm_accumulator_release(&pool->workers[i].accumulator);
        }
    }
    return status;
}

static fm_status close_sum(void *self, fm_fixed *total, fm_error *error)
{
    (void)error;
    threads *pool = self;
    for (size_t i = 0; i < pool->n; i++) {
        thread *worker = &pool->workers[i];
        if (total) {
            fm_accumulator_merge(&worker->accumulator, total);
        }
        fm_worker_sum(worker->worker, NULL);
        fm_accumulator_release(&worker->accumulator);
    }
    return FM_OK;
}

static fm_status share(void *self, fm_bytes shared, fm_error *error)
{
    (void)error;
    threads *pool = self;
    pthread_mutex_lock(&pool->lock);
    assert(pool->unfinished == 0);
    pool->shared = shared;
    pool->shared_version++;
    pool->workers_behind = pool->n;
    pthread_cond_broadcast(&pool->work);
    while (pool->workers_behind > 0) {
        pthread_cond_wait(&pool->done, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return FM_OK;
}

const fm_backend fm_backend_threads = {
    .name = "threads",
    .numbered = true,
    .batch_s = 20e-6, /* a few times what waking a thread costs */
    .start = start,
    .post = post,
    .poll = poll,
    .cancel = cancel,
    .abandon = abandon,
    .open_sum = open_sum,
    .close_sum = close_sum,
    .share = share,
    .stop = stop,
};
