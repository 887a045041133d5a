/* The pool: opening, closing, and the one queue through which all tasks go.
 *
 * Here and in future.c and map.c is everything that is the same for all backends. This
 * code is single-threaded: a pool is used by one thread at a time, and whatever runs
 * in parallel does so below the table of backend.h. There are no locks above it, and
 * nothing happens between the caller's calls; but the backend holds enough tasks to
 * keep its workers busy meanwhile (serial one, threads all).
 *
 * A task goes: its owner (a future or a map) -> `waiting` -> the backend -> its
 * owner's list, `home`. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queue.h"
#include "spec.h"
#include "worker.h"

static const double look_again_s = 0.2; /* while waiting for ever */

/* ---- kernels ---- */

static fm_status check_kernels(fm_kernels kernels, fm_error *error)
{
    for (size_t i = 0; i < kernels.n; i++) {
        assert(kernels.kernel[i].name && kernels.kernel[i].run);
        for (size_t j = 0; j < i; j++) {
            if (!strcmp(kernels.kernel[i].name, kernels.kernel[j].name)) {
                return fm_fail(error, FM_BAD_INPUT,
                               "kernels %zu and %zu are both named \"%s\"", j, i,
                               kernels.kernel[i].name);
            }
        }
    }
    return FM_OK;
}

static fm_status unknown_kernel(const fm_pool *pool, const char *name, fm_error *error)
{
    char known[512] = "";
    size_t used = 0;
    for (size_t i = 0; i < pool->kernels.n && used < sizeof known; i++) {
        int length = snprintf(known + used, sizeof known - used, "%s\"%s\"",
                              i ? ", " : "", pool->kernels.kernel[i].name);
        used += length > 0 ? (size_t)length : sizeof known;
    }
    return fm_fail(error, FM_BAD_INPUT, "there is no kernel \"%s\"; known: %s", name,
                   *known ? known : "none");
}

fm_status fm_pool_find_kernel(const fm_pool *pool, const char *name,
                              const fm_kernel **kernel, fm_error *error)
{
    for (size_t i = 0; i < pool->kernels.n; i++) {
        if (!strcmp(pool->kernels.kernel[i].name, name)) {
            *kernel = &pool->kernels.kernel[i];
            return FM_OK;
        }
    }
    return unknown_kernel(pool, name, error);
}

/* ---- open, share, close ---- */

fm_status fm_pool_open(const char *spec, fm_kernels kernels, fm_pool **pool,
                       fm_error *error)
{
    *pool = NULL;
    fm_pool_spec asked = {0};
    fm_status status = fm_pool_spec_read(spec, &asked, error);
    if (status == FM_OK) {
        status = check_kernels(kernels, error);
    }
    if (status != FM_OK) {
        return status;
    }
    if (fm_worker_is_here()) {
        asked.backend = &fm_backend_serial;
    }
    fm_pool *made = calloc(1, sizeof *made);
    if (!made) {
        return fm_fail_memory(error, "a pool", sizeof *made);
    }
    made->backend = asked.backend;
    made->options = asked.options;
    made->kernels = kernels;
    status = made->backend->start(kernels, &made->options, &made->self, error);
    if (status != FM_OK) {
        free(made);
        return status;
    }
    *pool = made;
    return FM_OK;
}

size_t fm_pool_workers(const fm_pool *pool)
{
    return pool->options.workers;
}

const char *fm_pool_backend(const fm_pool *pool)
{
    return pool->backend->name;
}

fm_status fm_pool_share(fm_pool *pool, fm_bytes shared, fm_error *error)
{
    if (pool->maps > 0) {
        return fm_fail(error, FM_FAILED,
                       "new data cannot be shared from within a map of this pool");
    }
    fm_pool_collect(pool, 0, 0); /* what is done but was not looked at */
    if (pool->unfinished > 0) {
        return fm_fail(error, FM_FAILED,
                       "new data cannot be shared while tasks are pending (%zu)",
                       pool->unfinished);
    }
    return pool->backend->share(pool->self, shared, error);
}

void fm_pool_close(fm_pool *pool, bool wait)
{
    if (!pool) {
        return;
    }
    assert(pool->maps == 0);
    if (!wait) {
        fm_pool_cancel_futures(pool);
    }
    while (pool->unfinished > 0) {
        fm_pool_collect(pool, pool->unfinished, look_again_s);
    }
    fm_pool_leave_futures(pool);
    pool->backend->stop(pool->self);
    free(pool);
}

/* ---- the queue ---- */

static void offer_waiting(fm_pool *pool)
{
    while (pool->waiting.n > 0) {
        fm_task_list batch = fm_task_list_take_batch(&pool->waiting);
        for (fm_task *task = batch.first; task; task = task->next) {
            task->place = FM_TASK_POSTED;
        }
        if (!pool->backend->post(pool->self, &batch)) {
            for (fm_task *task = batch.first; task; task = task->next) {
                task->place = FM_TASK_WAITING;
            }
            fm_task_list_prepend(&pool->waiting, &batch);
            return;
        }
    }
}

void fm_pool_queue(fm_pool *pool, fm_task_list *batch)
{
    pool->unfinished += batch->n;
    for (fm_task *task = batch->first; task; task = task->next) {
        task->place = FM_TASK_WAITING;
        task->with_next = task != batch->last;
    }
    fm_task_list_append(&pool->waiting, batch);
    offer_waiting(pool);
}

/* Its worker died under it: that may have been bad luck. */
static bool try_again(fm_pool *pool, fm_task *task)
{
    if (task->status != FM_WORKER_DIED || task->attempts > pool->options.retries ||
        pool->ending) {
        return false;
    }
    fm_task_clear(task);
    task->place = FM_TASK_WAITING;
    task->with_next = false;
    fm_task_list_push(&pool->waiting, task);
    return true;
}

static void bring_home(fm_pool *pool, fm_task *task)
{
    task->attempts++;
    if (try_again(pool, task)) {
        return;
    }
    pool->unfinished--;
    task->place = FM_TASK_DONE;
    if (task->home) {
        fm_task_list_push(task->home, task);
    }
}

void fm_pool_collect(fm_pool *pool, size_t enough, double timeout_s)
{
    fm_task_list done = {0};
    offer_waiting(pool);
    pool->backend->poll(pool->self, enough, timeout_s, &done);
    offer_waiting(pool); /* the workers go on while the caller does */
    for (fm_task *task; (task = fm_task_list_pop(&done));) {
        bring_home(pool, task);
    }
}

bool fm_pool_take_back(fm_pool *pool, fm_task *task)
{
    if (task->place == FM_TASK_WAITING) {
        fm_task_list_remove(&pool->waiting, task);
    } else if (task->place != FM_TASK_POSTED ||
               !pool->backend->cancel(pool->self, task)) {
        return false;
    }
    pool->unfinished--;
    task->place = FM_TASK_DONE;
    fm_task_clear(task);
    task->status = FM_CANCELLED;
    return true;
}
