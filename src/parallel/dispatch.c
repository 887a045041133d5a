/* Which tasks of a map go to the backend, and when.
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
 * a task can produce in microseconds is bounded. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "map_run.h"

enum { BATCH_MAX = 32 };

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
size_t fm_map_batch(const fm_map_run *r)
{
    double most = r->pool->backend->batch_s;
    if (most > 0 && r->map->chunk > 0) {
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
static bool wants_all(const fm_map_run *r)
{
    const fm_backend *backend = r->pool->backend;
    return backend->wants_all && backend->wants_all(r->pool->self);
}

static void extend_reach(fm_map_run *r, size_t batch)
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

double fm_map_cost(const fm_map_run *r, size_t index)
{
    double cost = r->map->cost ? r->map->cost(r->map->context, index) : 1;
    return isnan(cost) ? 0 : cost;
}

/* In order: those that came within reach. As completed and with costs: all, once. */
static bool enter_candidates(fm_map_run *r)
{
    size_t end = r->map->in_order ? r->reach : r->map->count;
    if (!r->map->cost || r->entered >= end) {
        return true;
    }
    if (!fm_agenda_reserve(&r->candidates, r->candidates.n + (end - r->entered))) {
        return false;
    }
    for (; r->entered < end; r->entered++) {
        fm_agenda_push(
            &r->candidates,
            (fm_agenda_entry){.cost = fm_map_cost(r, r->entered), .index = r->entered});
    }
    return true;
}

static fm_agenda_entry next_candidate(fm_map_run *r)
{
    if (!r->map->cost) {
        return (fm_agenda_entry){.cost = 1, .index = r->dispatched};
    }
    return fm_agenda_pop(&r->candidates);
}

/* ---- dispatch ---- */

/* A task to fill, and room to put it away when it is done. */
static fm_task *fresh_task(fm_map_run *r)
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
static bool fill(const fm_map_run *r, fm_task *task, fm_agenda_entry entry)
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

static void dispatch_batch(fm_map_run *r, size_t n)
{
    fm_task_list batch = {0};
    for (; n > 0; n--) {
        fm_task *task = fresh_task(r);
        if (!task) {
            fm_map_end(r, FM_NO_MEMORY, "no memory for the tasks of a map");
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
void fm_map_dispatch(fm_map_run *r)
{
    size_t batch = fm_map_batch(r);
    extend_reach(r, batch);
    if (!enter_candidates(r)) {
        fm_map_end(r, FM_NO_MEMORY, "no memory for the order of the tasks of a map");
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
