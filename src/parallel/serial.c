/* The serial backend: one worker, which is the caller.
 *
 * It takes one task at a time and runs it when it is polled. There is nothing to hand
 * over and nothing to wait for, so this is also the shortest complete backend, and the
 * reference that the others are compared with. */
#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "backend.h"
#include "worker.h"

typedef struct serial {
    fm_worker *worker;
    fm_task *task; /* the one posted; NULL: none */
    fm_accumulator accumulator;
} serial;

static void stop(void *self)
{
    serial *here = self;
    if (!here) {
        return;
    }
    assert(!here->task);
    fm_worker_destroy(here->worker);
    fm_accumulator_release(&here->accumulator);
    free(here);
}

static fm_status start(fm_kernels kernels, fm_pool_options *options, void **self,
                       fm_error *error)
{
    *self = NULL;
    options->workers = 1;
    serial *here = calloc(1, sizeof *here);
    if (!here) {
        return fm_fail_memory(error, "a serial pool", sizeof *here);
    }
    const fm_worker_plan plan = {
        .kernels = kernels, .process = getpid(), .timeout_s = options->timeout_s};
    fm_status status = fm_worker_create(&plan, &here->worker, error);
    if (status != FM_OK) {
        stop(here);
        return status;
    }
    *self = here;
    return FM_OK;
}

static bool post(void *self, fm_task_list *batch)
{
    serial *here = self;
    assert(batch->n == 1);
    if (here->task) {
        return false;
    }
    here->task = fm_task_list_pop(batch);
    return true;
}

static void poll(void *self, size_t enough, double timeout_s, fm_task_list *done)
{
    (void)timeout_s;
    serial *here = self;
    fm_task *task = here->task;
    if (task && enough > 0) {
        here->task = NULL;
        fm_worker_run(here->worker, task);
        fm_task_list_push(done, task);
    }
}

static bool cancel(void *self, fm_task *task)
{
    serial *here = self;
    if (here->task != task) {
        return false;
    }
    here->task = NULL;
    return true;
}

/* What runs in the caller is over when the caller can say this. */
static void abandon(void *self)
{
    (void)self;
}

static fm_status open_sum(void *self, const fm_sum_shape *shape, fm_error *error)
{
    serial *here = self;
    fm_status status = fm_accumulator_create(shape, &here->accumulator, error);
    if (status == FM_OK) {
        fm_worker_sum(here->worker, &here->accumulator);
    }
    return status;
}

static fm_status close_sum(void *self, fm_fixed *total, fm_error *error)
{
    (void)error;
    serial *here = self;
    if (total) {
        fm_accumulator_merge(&here->accumulator, total);
    }
    fm_worker_sum(here->worker, NULL);
    fm_accumulator_release(&here->accumulator);
    return FM_OK;
}

static fm_status share(void *self, fm_bytes shared, fm_error *error)
{
    (void)error;
    fm_worker_share(((serial *)self)->worker, shared);
    return FM_OK;
}

const fm_backend fm_backend_serial = {
    .name = "serial",
    .runs_in_caller = true,
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
