/* A worker: workspaces and the running of one task.
 *
 * The workspace of a kernel is opened before the worker's first task of that kernel. If
 * that fails, this worker cannot run the kernel, and every task that comes to it fails
 * with the same words, until new shared data give a reason to try again. */
#include "worker.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"

typedef struct workspace {
    bool tried; /* open was called; error tells with what result */
    void *data;
    fm_error error;
} workspace;

struct fm_worker {
    fm_worker_plan plan;
    fm_bytes shared;
    fm_accumulator *accumulator; /* NULL: tasks have no addends now */
    workspace *workspaces;       /* one a kernel */
};

/* Set while a kernel runs on this thread: a pool opened then must be serial, or a
 * program with N workers would run N times N threads. It is the thread that is asked,
 * not a pool, so the thread must carry it. */
static _Thread_local bool inside_a_kernel = false;

bool fm_worker_is_here(void)
{
    return inside_a_kernel;
}

fm_status fm_worker_create(const fm_worker_plan *plan, fm_worker **worker,
                           fm_error *error)
{
    *worker = calloc(1, sizeof **worker);
    if (!*worker) {
        goto fail;
    }
    **worker = (fm_worker){.plan = *plan};
    (*worker)->workspaces = calloc(plan->kernels.n + 1, sizeof(workspace));
    if (!(*worker)->workspaces) {
        goto fail;
    }
    return FM_OK;
fail:
    fm_worker_destroy(*worker);
    *worker = NULL;
    return fm_fail_memory(error, "a worker",
                          (double)(plan->kernels.n * sizeof(workspace)));
}

static void close_workspaces(fm_worker *worker)
{
    for (size_t i = 0; i < worker->plan.kernels.n; i++) {
        workspace *space = &worker->workspaces[i];
        const fm_kernel *kernel = &worker->plan.kernels.kernel[i];
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
    workspace *space = &worker->workspaces[kernel - worker->plan.kernels.kernel];
    if (!space->tried) {
        space->tried = true;
        if (kernel->open) {
            space->error.status =
                kernel->open(worker->shared, &space->data, &space->error);
        }
    }
    return space;
}

void fm_worker_prepare(fm_worker *worker, const fm_kernel *kernel)
{
    bool outer = inside_a_kernel;
    inside_a_kernel = true;
    workspace_of(worker, kernel);
    inside_a_kernel = outer;
}

/* How a task ended that its time or its map had given up. */
static void end_overdue(const fm_worker *worker, fm_task *task)
{
    const atomic_bool *give_up = worker->plan.give_up;
    if (give_up && atomic_load(give_up)) {
        fm_task_fail(task, FM_CANCELLED, "given up before it was done");
    } else {
        char message[80];
        snprintf(message, sizeof message, "not done within the time-out of %g s",
                 worker->plan.timeout_s);
        fm_task_fail(task, FM_TIMED_OUT, message);
    }
}

/* What the kernel returned and left, and its addend, to the status of the task. */
static void end_task(const fm_worker *worker, fm_task *task, fm_status status,
                     fm_error *error)
{
    if (status != FM_OK && fm_output_overdue(&task->output)) {
        end_overdue(worker, task);
        return;
    }
    if (status == FM_OK && task->output.refused) {
        status = fm_fail(error, FM_NO_MEMORY, "no memory for the result");
    }
    if (status == FM_OK && task->adds) {
        status = fm_accumulator_add(worker->accumulator, task->id, error);
    }
    if (status != FM_OK) {
        fm_task_fail(task, status, error->message);
    }
}

static void run_kernel(const fm_worker *worker, void *workspace_data, fm_task *task)
{
    fm_error error;
    error.message[0] = '\0';
    double start = fm_clock_now();
    task->output.deadline_s = start + worker->plan.timeout_s;
    task->output.give_up = worker->plan.give_up;
    task->output.addend = task->adds ? worker->accumulator->addend : NULL;
    fm_status status = task->kernel->run(workspace_data, fm_task_argument(task),
                                         &task->output, &error);
    end_task(worker, task, status, &error);
    if (task->adds && task->status != FM_OK) {
        fm_accumulator_forget(worker->accumulator);
    }
    task->seconds = fm_clock_now() - start;
}

void fm_worker_run(fm_worker *worker, fm_task *task)
{
    bool outer = inside_a_kernel; /* a serial pool within a worker */
    inside_a_kernel = true;
    task->worker = worker->plan.id;
    task->process = worker->plan.process;
    workspace *space = workspace_of(worker, task->kernel);
    if (space->error.status == FM_OK) {
        run_kernel(worker, space->data, task);
    } else {
        fm_task_fail(task, space->error.status, space->error.message);
    }
    inside_a_kernel = outer;
}

void fm_worker_sum(fm_worker *worker, fm_accumulator *accumulator)
{
    worker->accumulator = accumulator;
}

double *fm_output_addend(fm_output *output)
{
    return output->addend;
}

bool fm_output_overdue(const fm_output *output)
{
    return (output->give_up && atomic_load(output->give_up)) ||
           fm_clock_now() > output->deadline_s;
}
