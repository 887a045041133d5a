/* Many tasks: dispatch, deliver, and stop in good order.
 *
 * The loop below does one thing a turn: ask whether to stop, dispatch what may be
 * dispatched, wait for something to be done, deliver one result.
 *
 * Which task may go. With D results delivered, at most D + window tasks may have been
 * dispatched: then at most `window` are in flight. As completed, any task may go, the
 * costliest first. In order, only tasks with an index below D + window are candidates,
 * the costliest of them first; all below D are delivered, so the next to be delivered
 * is always a candidate, and as long as it has not been dispatched there is room for
 * it: the window cannot fill with results that wait for one that was never sent. Of
 * what may go, two batches a worker are handed to the backend: enough to keep it busy,
 * and few enough that a costly task that comes up later still overtakes.
 *
 * How many go together. To hand over a task costs microseconds (in other backends
 * more), which is nothing to a task of milliseconds and everything to one that is
 * shorter still. The time that recent tasks took tells how many fill batch_s; a window
 * that the caller did not choose counts in batches. Memory stays bounded, because what
 * a task can produce in microseconds is bounded.
 *
 * How it ends. Whatever the reason (stop, a task that failed, the caller's callback),
 * what was handed over and not begun is taken back, what runs is waited for, and what
 * was done is still delivered, unless it was the callback that failed. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agenda.h"
#include "clock.h"
#include "queue.h"

static const double tick_s = 0.1; /* progress and stop while waiting */
enum { BATCH_MAX = 32 };

typedef struct run {
    fm_pool *pool;
    const fm_map *map;
    const fm_kernel *kernel;
    fm_task *made; /* all tasks; never more than the window has been */
    fm_task_list spare, arrived, completed; /* the last: as completed, to deliver */
    fm_agenda candidates; /* may go, longest first; by index if costs are not given */
    fm_agenda ready;      /* in order: arrived, not delivered, by index */
    size_t reach;   /* dispatched may grow to this: delivered + window, or count */
    size_t entered; /* tasks that have been candidates */
    size_t dispatched, delivered;
    size_t busy;      /* dispatched and not arrived */
    double recent_s;  /* a running mean of the tasks' times; < 0: none yet */
    fm_status ending; /* FM_OK: it goes on */
    bool deaf;        /* the callback failed: no more deliveries */
    fm_error error;   /* why it ends */
    double ending_s;  /* since when */
    bool given_up;    /* what still runs was told to end */
    fm_progress progress;
    double start_s;
} run;

static void end_with(run *r, fm_status status, const char *message)
{
    r->ending = status;
    r->ending_s = fm_clock_now();
    fm_fail(&r->error, status, "%s", *message ? message : fm_status_name(status));
}

/* ---- how many ---- */

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Tasks to hand over together: as many as take batch_s, in the tail fewer. */
static size_t batch_size(const run *r)
{
    double most = r->pool->backend->batch_s;
    if (r->map->chunk > 0) {
        return r->map->chunk;
    }
    if (most <= 0 || r->recent_s < 0 || r->recent_s * 2 > most) {
        return 1;
    }
    size_t n = (size_t)fmin(most / fmax(r->recent_s, 1e-9), BATCH_MAX);
    size_t queues = 2 * r->pool->options.workers;
    n = smaller(n, (r->map->count - r->dispatched) / queues);
    if (r->map->window > 0) {
        n = smaller(n, r->map->window / (queues + 2));
    }
    return larger(n, 1);
}

/* A schedule made beforehand has all tasks from the start; results are still delivered
 * one by one. */
static bool wants_all(const run *r)
{
    const fm_backend *backend = r->pool->backend;
    return backend->wants_all && backend->wants_all(r->pool->self);
}

static void extend_reach(run *r, size_t batch)
{
    size_t left = r->map->count - r->delivered;
    if (wants_all(r)) {
        r->reach = r->map->count;
        return;
    }
    size_t window =
        r->map->window ? r->map->window : (2 * r->pool->options.workers + 2) * batch;
    r->reach = larger(r->reach, r->delivered + smaller(window, left));
}

/* ---- which ---- */

static double cost_of(const run *r, size_t index)
{
    double cost = r->map->cost ? r->map->cost(r->map->context, index) : 1;
    return isnan(cost) ? 0 : cost;
}

/* In order: those that came within reach. As completed and with costs: all, once. */
static bool enter_candidates(run *r)
{
    size_t end = r->map->in_order ? r->reach : r->map->count;
    if (!r->map->cost || r->entered >= end) {
        return true;
    }
    if (!fm_agenda_reserve(&r->candidates, r->candidates.n + (end - r->entered))) {
        return false;
    }
    for (; r->entered < end; r->entered++) {
        fm_agenda_push(&r->candidates, (fm_agenda_entry){.cost = cost_of(r, r->entered),
                                                         .index = r->entered});
    }
    return true;
}

static fm_agenda_entry next_candidate(run *r)
{
    if (!r->map->cost) {
        return (fm_agenda_entry){.cost = 1, .index = r->dispatched};
    }
    return fm_agenda_pop(&r->candidates);
}

/* ---- dispatch ---- */

/* A task to fill, and room to put it away when it is done. */
static fm_task *fresh_task(run *r)
{
    if (r->map->in_order &&
        !fm_agenda_reserve(&r->ready, r->dispatched + 1 - r->delivered)) {
        return NULL;
    }
    fm_task *task = fm_task_list_pop(&r->spare);
    if (task) {
        fm_task_clear(task);
        task->attempts = 0;
        task->signal = 0;
        return task;
    }
    task = calloc(1, sizeof *task);
    if (task) {
        task->made_before = r->made;
        r->made = task;
    }
    return task;
}

/* False: without memory its argument has no place, and the task has failed already. */
static bool fill(const run *r, fm_task *task, fm_agenda_entry entry)
{
    task->id = entry.index;
    task->cost = entry.cost;
    task->kernel = r->kernel;
    task->adds = r->map->sum_shape != NULL;
    fm_bytes argument = {&entry.index, sizeof entry.index};
    if (r->map->argument) {
        argument = r->map->argument(r->map->context, entry.index);
    }
    if (!fm_task_set_argument(task, argument)) {
        fm_task_fail(task, FM_NO_MEMORY, "no memory for the argument");
        task->place = FM_TASK_DONE;
        return false;
    }
    return true;
}

static void dispatch_batch(run *r, size_t n)
{
    fm_task_list batch = {0};
    for (; n > 0; n--) {
        fm_task *task = fresh_task(r);
        if (!task) {
            end_with(r, FM_NO_MEMORY, "no memory for the tasks of a map");
            break;
        }
        bool filled = fill(r, task, next_candidate(r));
        task->home = &r->arrived;
        r->dispatched++;
        r->busy++;
        fm_task_list_push(filled ? &batch : &r->arrived, task);
    }
    if (batch.n > 0) {
        fm_pool_queue(r->pool, &batch);
    }
}

/* Whole batches only, unless nothing else is under way or nothing else is left. */
static void dispatch(run *r)
{
    size_t batch = batch_size(r);
    extend_reach(r, batch);
    if (!enter_candidates(r)) {
        end_with(r, FM_NO_MEMORY, "no memory for the order of the tasks of a map");
    }
    size_t depth = wants_all(r) ? SIZE_MAX : 2 * r->pool->options.workers * batch;
    while (r->ending == FM_OK && r->dispatched < r->reach && r->busy < depth) {
        size_t room = smaller(r->reach - r->dispatched, depth - r->busy);
        if (room < batch && r->busy > 0 && r->reach < r->map->count) {
            break;
        }
        dispatch_batch(r, smaller(room, batch));
    }
}

/* ---- deliver ---- */

static void report_progress(run *r)
{
    if (r->map->progress) {
        r->progress.elapsed_s = fm_clock_now() - r->start_s;
        r->map->progress(r->map->context, &r->progress);
    }
}

static void call_result(run *r, const fm_task *task)
{
    fm_error error;
    fm_task_result result = {.index = task->id,
                             .worker = task->worker,
                             .process = task->process,
                             .attempts = task->attempts,
                             .signal = task->signal,
                             .seconds = task->seconds,
                             .status = task->status,
                             .bytes = fm_task_bytes(task),
                             .error = &error};
    error.status = FM_OK;
    error.message[0] = '\0';
    if (task->status != FM_OK) {
        fm_fail(&error, task->status, "%s", fm_task_message(task));
    }
    fm_error answer;
    answer.message[0] = '\0';
    fm_status status = r->map->result(r->map->context, &result, &answer);
    if (status != FM_OK) {
        end_with(r, status, answer.message);
        r->deaf = true;
    }
}

static void deliver(run *r, fm_task *task)
{
    r->progress.done++;
    r->progress.failed += task->status != FM_OK;
    r->progress.cost_done += task->cost;
    if (task->status != FM_OK && r->map->stop_on_fail && r->ending == FM_OK) {
        end_with(r, task->status, fm_task_message(task));
    }
    if (r->map->result) {
        call_result(r, task);
    }
    report_progress(r);
}

static void note_time(run *r, double seconds)
{
    r->recent_s = r->recent_s < 0 ? seconds : r->recent_s + (seconds - r->recent_s) / 8;
}

/* What came home is not busy any more, so others may be dispatched before this is
 * delivered. */
static void accept_arrived(run *r)
{
    for (fm_task *task; (task = fm_task_list_pop(&r->arrived));) {
        r->busy--;
        note_time(r, task->seconds);
        if (r->map->in_order) {
            fm_agenda_push(&r->ready,
                           (fm_agenda_entry){.index = task->id, .item = task});
        } else {
            fm_task_list_push(&r->completed, task);
        }
    }
}

/* The next task to deliver; NULL: none yet. In order, a gap is waited for, but not any
 * more when the map ends and nothing comes. */
static fm_task *next_to_deliver(run *r)
{
    if (!r->map->in_order) {
        return fm_task_list_pop(&r->completed);
    }
    bool no_gap = r->ready.n > 0 && r->ready.entry[0].index == r->delivered;
    bool last_call = r->ready.n > 0 && r->ending != FM_OK && r->busy == 0;
    return no_gap || last_call ? fm_agenda_pop(&r->ready).item : NULL;
}

static bool deliver_one(run *r)
{
    fm_task *task = next_to_deliver(r);
    if (!task) {
        return false;
    }
    if (!r->deaf) {
        deliver(r, task);
    }
    r->delivered++;
    fm_task_list_push(&r->spare, task);
    return true;
}

/* ---- stop ---- */

static void ask_stop(run *r)
{
    if (r->ending == FM_OK && r->map->stop && r->map->stop(r->map->context)) {
        end_with(r, FM_INTERRUPTED, "");
    }
}

static void take_back_what_waits(run *r)
{
    r->pool->ending = true;
    for (fm_task *task = r->made; task; task = task->made_before) {
        r->busy -= fm_pool_take_back(r->pool, task);
    }
}

/* ---- turn by turn ---- */

static void give_up_when_grace_is_over(run *r)
{
    if (r->ending != FM_OK && !r->given_up && r->map->grace_s > 0 &&
        fm_clock_now() > r->ending_s + r->map->grace_s) {
        r->pool->backend->abandon(r->pool->self);
        r->given_up = true;
    }
}

static void wait_for_results(run *r)
{
    give_up_when_grace_is_over(r);
    if (r->arrived.n > 0) {
        return; /* failed for want of an argument, or collected within a callback */
    }
    size_t enough = batch_size(r) > 1 ? larger(r->busy / 2, 1) : 1;
    fm_pool_collect(r->pool, enough, tick_s);
    if (r->arrived.n == 0) {
        report_progress(r);
    }
}

static void go_through(run *r)
{
    bool taken_back = false;
    while (r->delivered < r->map->count) {
        ask_stop(r);
        accept_arrived(r);
        if (r->ending == FM_OK) {
            dispatch(r);
        }
        if (r->ending != FM_OK && !taken_back) {
            take_back_what_waits(r);
            taken_back = true;
        }
        if (deliver_one(r)) {
            continue;
        }
        if (r->busy > 0) {
            wait_for_results(r);
        } else if (r->ending != FM_OK) {
            return;
        } /* else the gap in the order was not dispatched yet: now there is room */
    }
}

static void total_costs(run *r)
{
    r->progress.total = r->map->count;
    r->progress.cost_total = (double)r->map->count;
    if (r->map->cost) {
        r->progress.cost_total = 0;
        for (size_t i = 0; i < r->map->count; i++) {
            r->progress.cost_total += cost_of(r, i);
        }
    }
}

static void release(run *r)
{
    while (r->made) {
        fm_task *task = r->made;
        r->made = task->made_before;
        fm_task_release(task);
        free(task);
    }
    fm_agenda_release(&r->candidates);
    fm_agenda_release(&r->ready);
}

/* ---- the map ---- */

static fm_status check_sum(const run *r, fm_error *error)
{
    if (r->map->sum_shape && (r->pool->maps > 0 || r->pool->unfinished > 0)) {
        return fm_fail(error, FM_FAILED,
                       "a map with a sum cannot begin while tasks are pending");
    }
    return FM_OK;
}

static fm_status open_sum(run *r, fm_error *error)
{
    const fm_sum_shape *shape = r->map->sum_shape;
    if (!shape) {
        return FM_OK;
    }
    memset(r->map->sum, 0, fm_sum_size(shape) * sizeof *r->map->sum);
    return r->pool->backend->open_sum(r->pool->self, shape, error);
}

static void close_sum(run *r)
{
    if (!r->map->sum_shape) {
        return;
    }
    bool wanted = !r->deaf && (r->ending == FM_OK || r->ending == FM_INTERRUPTED);
    fm_error error;
    fm_status status =
        r->pool->backend->close_sum(r->pool->self, wanted ? r->map->sum : NULL, &error);
    if (status != FM_OK && wanted) {
        end_with(r, status, error.message);
    }
}

static fm_status tell_ending(const run *r, fm_error *error)
{
    if (r->ending == FM_INTERRUPTED && !r->deaf) {
        fm_fail(error, FM_INTERRUPTED, "stopped on request after %zu of %zu tasks",
                r->progress.done, r->map->count);
    } else if (r->ending != FM_OK) {
        fm_fail(error, r->ending, "%s", r->error.message);
    }
    return r->ending;
}

fm_status fm_pool_map(fm_pool *pool, const fm_map *map, fm_error *error)
{
    run r = {.pool = pool, .map = map, .recent_s = -1, .start_s = fm_clock_now()};
    fm_status status = fm_pool_find_kernel(pool, map->kernel, &r.kernel, error);
    status = status == FM_OK ? check_sum(&r, error) : status;
    status = status == FM_OK ? open_sum(&r, error) : status;
    if (status != FM_OK) {
        return status;
    }
    total_costs(&r);
    pool->maps++;
    go_through(&r);
    pool->maps--;
    pool->ending = false;
    close_sum(&r);
    release(&r);
    return tell_ending(&r, error);
}
