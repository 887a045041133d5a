/* Futures: one task each, and the words of Python's concurrent.futures for it.
 *
 * A future that is done has everything in itself and does not look at its pool again,
 * which is why it outlives it: fm_pool_close first sees to it that all are done. For
 * that the pool has a list of its futures. */
#include <math.h>
#include <stdlib.h>

#include "clock.h"
#include "queue.h"

struct fm_future {
    fm_task task;
    fm_pool *pool; /* NULL: closed */
    fm_future *previous, *next;
};

/* ---- the pool's list ---- */

static void enlist(fm_future *future)
{
    fm_pool *pool = future->pool;
    future->next = pool->futures;
    if (pool->futures) {
        pool->futures->previous = future;
    }
    pool->futures = future;
}

static void delist(fm_future *future)
{
    if (future->previous) {
        future->previous->next = future->next;
    } else {
        future->pool->futures = future->next;
    }
    if (future->next) {
        future->next->previous = future->previous;
    }
}

void fm_pool_cancel_futures(fm_pool *pool)
{
    for (fm_future *future = pool->futures; future; future = future->next) {
        fm_pool_take_back(pool, &future->task);
    }
}

void fm_pool_leave_futures(fm_pool *pool)
{
    for (fm_future *future = pool->futures; future; future = future->next) {
        future->pool = NULL;
    }
    pool->futures = NULL;
}

/* ---- submit and free ---- */

fm_status fm_pool_submit(fm_pool *pool, const char *kernel, fm_bytes argument,
                         fm_future **future, fm_error *error)
{
    *future = NULL;
    const fm_kernel *known = NULL;
    fm_status status = fm_pool_find_kernel(pool, kernel, &known, error);
    if (status != FM_OK) {
        return status;
    }
    fm_future *made = calloc(1, sizeof *made);
    if (!made || !fm_task_set_argument(&made->task, argument)) {
        free(made);
        return fm_fail_memory(error, "a task", (double)argument.size);
    }
    made->task.kernel = known;
    made->pool = pool;
    enlist(made);
    fm_task_list alone = {0};
    fm_task_list_push(&alone, &made->task);
    fm_pool_queue(pool, &alone);
    *future = made;
    return FM_OK;
}

static bool is_done(const fm_future *future)
{
    return future->task.place == FM_TASK_DONE;
}

void fm_future_free(fm_future *future)
{
    if (!future) {
        return;
    }
    if (!fm_future_cancel(future)) {
        fm_future_wait_any(&future, 1, -1);
    }
    if (future->pool) {
        delist(future);
    }
    fm_task_release(&future->task);
    free(future);
}

bool fm_future_cancel(fm_future *future)
{
    return !is_done(future) && fm_pool_take_back(future->pool, &future->task);
}

/* ---- wait ---- */

static size_t first_done(fm_future *const *futures, size_t n)
{
    size_t i = 0;
    while (i < n && !(futures[i] && is_done(futures[i]))) {
        i++;
    }
    return i;
}

/* All are of one pool, and those given here are not done; NULL: none is given. */
static fm_pool *pool_of(fm_future *const *futures, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (futures[i]) {
            return futures[i]->pool;
        }
    }
    return NULL;
}

size_t fm_future_wait_any(fm_future *const *futures, size_t n, double timeout_s)
{
    double deadline = timeout_s < 0 ? INFINITY : fm_clock_now() + timeout_s;
    bool in_time = true;
    size_t found = first_done(futures, n);
    fm_pool *pool = pool_of(futures, n);
    while (found == n && pool && in_time) {
        double left = deadline - fm_clock_now();
        fm_pool_collect(pool, 1, fmax(left, 0));
        found = first_done(futures, n);
        in_time = left > 0 || pool->backend->runs_in_caller;
    }
    return found;
}

bool fm_future_done(const fm_future *future)
{
    if (!is_done(future)) {
        fm_pool_collect(future->pool, 1, 0);
    }
    return is_done(future);
}

fm_status fm_future_result(fm_future *future, double timeout_s, fm_bytes *result,
                           fm_error *error)
{
    *result = (fm_bytes){NULL, 0};
    if (fm_future_wait_any(&future, 1, timeout_s) != 0) {
        return fm_fail(error, FM_TIMED_OUT, "the task was not done within %g s",
                       timeout_s);
    }
    const fm_task *task = &future->task;
    *result = fm_task_bytes(task);
    if (task->status != FM_OK) {
        return fm_fail(error, task->status, "%s", fm_task_message(task));
    }
    return FM_OK;
}
