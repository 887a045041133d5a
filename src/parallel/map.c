/* Many tasks: dispatch, deliver, and stop in good order.
 *
 * The loop below does one thing a turn: ask whether to stop, dispatch what may be
 * dispatched (dispatch.c), wait for something to be done, deliver one result.
 *
 * How it ends. Whatever the reason (stop, a task that failed, the caller's callback),
 * what was handed over and not begun is taken back, what runs is waited for, and what
 * was done is still delivered, unless it was the callback that failed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "map_run.h"

static const double tick_s = 0.1; /* progress and stop while waiting */

void fm_map_end(fm_map_run *r, fm_status status, const char *message)
{
    r->ending = status;
    r->ending_s = fm_clock_now();
    fm_fail(&r->error, status, "%s", *message ? message : fm_status_name(status));
}

/* ---- deliver ---- */

static void report_progress(fm_map_run *r)
{
    if (r->map->progress) {
        r->progress.elapsed_s = fm_clock_now() - r->start_s;
        r->map->progress(r->map->context, &r->progress);
    }
}

static void call_result(fm_map_run *r, const fm_task *task)
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
        fm_map_end(r, status, answer.message);
        r->deaf = true;
    }
}

static void deliver(fm_map_run *r, fm_task *task)
{
    r->progress.done++;
    r->progress.failed += task->status != FM_OK;
    r->progress.cost_done += task->cost;
    if (task->status != FM_OK && r->map->stop_on_fail && r->ending == FM_OK) {
        fm_map_end(r, task->status, fm_task_message(task));
    }
    if (r->map->result) {
        call_result(r, task);
    }
    report_progress(r);
}

static void note_time(fm_map_run *r, double seconds)
{
    r->recent_s = r->recent_s < 0 ? seconds : r->recent_s + (seconds - r->recent_s) / 8;
}

/* What came home is not busy any more, so others may be dispatched before this is
 * delivered. */
static void accept_arrived(fm_map_run *r)
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
static fm_task *next_to_deliver(fm_map_run *r)
{
    if (!r->map->in_order) {
        return fm_task_list_pop(&r->completed);
    }
    bool no_gap = r->ready.n > 0 && r->ready.entry[0].index == r->delivered;
    bool last_call = r->ready.n > 0 && r->ending != FM_OK && r->busy == 0;
    return no_gap || last_call ? fm_agenda_pop(&r->ready).item : NULL;
}

static bool deliver_one(fm_map_run *r)
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

static void ask_stop(fm_map_run *r)
{
    if (r->ending == FM_OK && r->map->stop && r->map->stop(r->map->context)) {
        fm_map_end(r, FM_INTERRUPTED, "");
    }
}

static void take_back_what_waits(fm_map_run *r)
{
    r->pool->ending = true;
    for (fm_task *task = r->made; task; task = task->made_before) {
        r->busy -= fm_pool_take_back(r->pool, task);
    }
}

/* ---- turn by turn ---- */

static bool is_time_over(const fm_map_run *r)
{
    const fm_map *map = r->map;
    return (map->give_up && map->give_up(map->context)) ||
           (map->grace_s > 0 && fm_clock_now() > r->ending_s + map->grace_s);
}

static void give_up_when_grace_is_over(fm_map_run *r)
{
    if (r->ending != FM_OK && !r->given_up && is_time_over(r)) {
        r->pool->backend->abandon(r->pool->self);
        r->given_up = true;
    }
}

static void wait_for_results(fm_map_run *r)
{
    give_up_when_grace_is_over(r);
    if (r->arrived.n > 0) {
        return; /* failed for want of an argument, or collected within a callback */
    }
    bool batches = fm_map_batch(r) > 1 && r->busy > 1;
    size_t enough = batches ? r->busy / 2 : 1;
    fm_pool_collect(r->pool, enough, tick_s);
    if (r->arrived.n == 0) {
        report_progress(r);
    }
}

static void go_through(fm_map_run *r)
{
    bool taken_back = false;
    while (r->delivered < r->map->count) {
        ask_stop(r);
        accept_arrived(r);
        if (r->ending == FM_OK) {
            fm_map_dispatch(r);
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

static void total_costs(fm_map_run *r)
{
    r->progress.total = r->map->count;
    r->progress.cost_total = (double)r->map->count;
    if (r->map->cost) {
        r->progress.cost_total = 0;
        for (size_t i = 0; i < r->map->count; i++) {
            r->progress.cost_total += fm_map_cost(r, i);
        }
    }
}

static void release(fm_map_run *r)
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

static fm_status check_sum(const fm_map_run *r, fm_error *error)
{
    if (r->map->sum_shape && (r->pool->maps > 0 || r->pool->unfinished > 0)) {
        return fm_fail(error, FM_FAILED,
                       "a map with a sum cannot begin while tasks are pending");
    }
    return FM_OK;
}

static fm_status open_sum(fm_map_run *r, fm_error *error)
{
    const fm_sum_shape *shape = r->map->sum_shape;
    if (!shape) {
        return FM_OK;
    }
    memset(r->map->sum, 0, fm_sum_size(shape) * sizeof *r->map->sum);
    return r->pool->backend->open_sum(r->pool->self, shape, error);
}

static void close_sum(fm_map_run *r)
{
    if (!r->map->sum_shape) {
        return;
    }
    bool wanted = !r->deaf && (r->ending == FM_OK || r->ending == FM_INTERRUPTED);
    fm_error error;
    fm_status status =
        r->pool->backend->close_sum(r->pool->self, wanted ? r->map->sum : NULL, &error);
    if (status != FM_OK && wanted) {
        fm_map_end(r, status, error.message);
    }
}

static fm_status tell_ending(const fm_map_run *r, fm_error *error)
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
    fm_map_run r = {
        .pool = pool, .map = map, .recent_s = -1, .start_s = fm_clock_now()};
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
