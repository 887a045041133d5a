/* A worker: workspaces and the running of one task.
 *
 * The workspace of a kernel is opened before the worker's first task of that kernel. If
 * that fails, this worker cannot run the kernel, and every task that comes to it fails
 * with the same words, until new shared data give a reason to try again. */
#include "worker.h"

#include <stdlib.h>

#include "clock.h"

typedef struct workspace {
    bool tried; /* open was called; error tells with what result */
    void *data;
    fm_error error;
} workspace;

struct fm_worker {
    size_t id;
    fm_kernels kernels;
    fm_bytes shared;
    workspace *workspaces; /* one a kernel */
};

/* Set while a kernel runs on this thread: a pool opened then must be serial, or a
 * program with N workers would run N times N threads. It is the thread that is asked,
 * not a pool, so the thread must carry it. */
static _Thread_local bool inside_a_kernel = false;

bool fm_worker_is_here(void)
{
    return inside_a_kernel;
}

fm_status fm_worker_create(fm_kernels kernels, size_t id, fm_worker **worker,
                           fm_error *error)
{
    *worker = calloc(1, sizeof **worker);
    if (!*worker) {
        goto fail;
    }
    **worker = (fm_worker){.id = id, .kernels = kernels};
    (*worker)->workspaces = calloc(kernels.n + 1, sizeof(workspace));
    if (!(*worker)->workspaces) {
        goto fail;
    }
    return FM_OK;
fail:
    fm_worker_destroy(*worker);
    *worker = NULL;
    return fm_fail_memory(error, "a worker", (double)(kernels.n * sizeof(workspace)));
}

static void close_workspaces(fm_worker *worker)
{
    for (size_t i = 0; i < worker->kernels.n; i++) {
        workspace *space = &worker->workspaces[i];
        const fm_kernel *kernel = &worker->kernels.kernel[i];
        if (space->tried && space->error.status == FM_OK && kernel->close) {
            kernel->close(space->data);
        }
        *space = (workspace){0};
    }
}

void fm_worker_destroy(fm_worker *worker)
{
    if (!worker) {
        return;
    }
    if (worker->workspaces) {
        close_workspaces(worker);
    }
    free(worker->workspaces);
    free(worker);
}

void fm_worker_share(fm_worker *worker, fm_bytes shared)
{
    close_workspaces(worker);
    worker->shared = shared;
}

static workspace *workspace_of(fm_worker *worker, const fm_kernel *kernel)
{
    workspace *space = &worker->workspaces[kernel - worker->kernels.kernel];
    if (!space->tried) {
        space->tried = true;
        if (kernel->open) {
            space->error.status =
                kernel->open(worker->shared, &space->data, &space->error);
        }
    }
    return space;
}

static void run_kernel(void *workspace_data, fm_task *task)
{
    fm_error error;
    error.message[0] = '\0';
    double start = fm_clock_now();
    fm_status status = task->kernel->run(workspace_data, fm_task_argument(task),
                                         &task->output, &error);
    task->seconds = fm_clock_now() - start;
    if (status == FM_OK && task->output.refused) {
        fm_task_fail(task, FM_NO_MEMORY, "no memory for the result");
    } else if (status != FM_OK) {
        fm_task_fail(task, status, error.message);
    }
}

void fm_worker_run(fm_worker *worker, fm_task *task)
{
    bool outer = inside_a_kernel; /* a serial pool within a worker */
    inside_a_kernel = true;
    task->worker = worker->id;
    workspace *space = workspace_of(worker, task->kernel);
    if (space->error.status == FM_OK) {
        run_kernel(space->data, task);
    } else {
        fm_task_fail(task, space->error.status, space->error.message);
    }
    inside_a_kernel = outer;
}
