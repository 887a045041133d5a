/* The processes backend: N child processes, each at the end of a socket of its own.
 *
 * Nothing is locked and nothing is common to two workers, so one that dies takes
 * nothing with it but the task it was at. The caller does all the sharing out: it keeps
 * the queue, sends each worker one batch to work on and one to go on with, and when
 * somebody has nothing to do while others have tasks that have not begun, it takes some
 * of these back for him (process_turn.c). Between the calls of its user it does
 * nothing; while it waits it sleeps in poll().
 *
 *     caller -- fork or exec --> keeper -- fork or exec --> workers     (keeper.c)
 *        \------------ a socket each, tasks and results --------/       (channel.c)
 *        \---- memory: claims, sums, large results, shared data /       (arena.c)
 *
 * seat.c is a worker as the caller sees it, process_worker.c what it does, crew.c how
 * it is replaced. */
#include "processes.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"

static const double keeper_end_s = 3;      /* for it to bury all, at most */
static const double abandon_after_s = 0.1; /* for kernels that ask, before the kill */
static const double longest_wait_s = 3600;

/* ---- tasks ---- */

static bool post_batch(void *self, fm_task_list *batch)
{
    processes *p = self;
    if (p->unfinished == 0) {
        p->abandon_s = INFINITY; /* those given up are gone */
        for (size_t i = 0; i < p->n; i++) {
            atomic_store(&p->seats[i].desk->give_up, false);
        }
    }
    for (fm_task *task = batch->first; task; task = task->next) {
        task->taken = false;
    }
    p->unfinished += batch->n;
    fm_task_list_append(&p->queue, batch);
    fm_processes_hand_out(p);
    return true;
}

static void collect(void *self, size_t enough, double timeout_s, fm_task_list *done)
{
    processes *p = self;
    double deadline_s = fm_clock_now() + timeout_s, left_s = timeout_s;
    do {
        bool waits = p->finished.n < enough && p->unfinished > 0;
        fm_processes_turn(p, waits ? fmax(left_s, 0) : 0);
        left_s = deadline_s - fm_clock_now();
    } while (p->finished.n < enough && p->unfinished > 0 && left_s > 0);
    fm_task_list_append(done, &p->finished);
}

static bool cancel(void *self, fm_task *task)
{
    processes *p = self;
    if (task->taken) {
        if (!fm_seat_take_back(&p->seats[task->worker], task)) {
            return false;
        }
    } else {
        fm_task_list_remove(&p->queue, task);
    }
    p->unfinished--;
    return true;
}

static void abandon(void *self)
{
    processes *p = self;
    for (size_t i = 0; i < p->n; i++) {
        atomic_store(&p->seats[i].desk->give_up, true);
    }
    p->abandon_s = fm_clock_now() + abandon_after_s;
}

/* ---- sums ---- */

static void drop_sums(processes *p, fm_fixed *total)
{
    size_t size = fm_accumulator_bytes(&p->shape, 2);
    for (size_t i = 0; i < p->n; i++) {
        fm_accumulator *part = &p->accumulators[i];
        void *memory = part->state;
        if (memory && total) {
            fm_accumulator_merge(part, total);
        }
        fm_accumulator_release(part);
        fm_arena_unmap(memory, size);
        fm_arena_forget(p->arena, i, FM_PART_SUM, size);
    }
    p->sums = false;
}

static fm_status make_sums(processes *p, fm_error *error)
{
    size_t size = fm_accumulator_bytes(&p->shape, 2);
    fm_status status = FM_OK;
    for (size_t i = 0; i < p->n && status == FM_OK; i++) {
        void *memory = fm_arena_map(p->arena, i, FM_PART_SUM, size);
        status = memory ? fm_accumulator_attach(&p->shape, memory, true,
                                                &p->accumulators[i], error)
                        : fm_fail_memory(error, "the sum of a map", (double)size);
        if (status != FM_OK) {
            fm_arena_unmap(memory, size);
        }
    }
    return status;
}

static void tell_sum(processes *p, const fm_sum_shape *shape)
{
    const fm_message message = {.type = FM_TELL_SUM, .size = shape ? sizeof *shape : 0};
    for (size_t i = 0; i < p->n; i++) {
        fm_seat *seat = &p->seats[i];
        if (seat->state != FM_SEAT_TAKEN) {
            continue;
        }
        if (fm_channel_put(&seat->channel, &message, shape)) {
            fm_seat_speak(seat);
        } else {
            seat->wants_kill = true; /* its successor will know */
        }
    }
}

static fm_status open_sum(void *self, const fm_sum_shape *shape, fm_error *error)
{
    processes *p = self;
    p->shape = *shape;
    fm_status status = make_sums(p, error);
    if (status != FM_OK) {
        drop_sums(p, NULL);
        return status;
    }
    p->sums = true;
    tell_sum(p, shape);
    return FM_OK;
}

static fm_status close_sum(void *self, fm_fixed *total, fm_error *error)
{
    (void)error;
    processes *p = self;
    tell_sum(p, NULL);
    drop_sums(p, total);
    return FM_OK;
}

/* ---- shared data ---- */

static void tell_shared(processes *p)
{
    const fm_message message = {.type = FM_TELL_SHARED, .number = p->shared_size};
    for (size_t i = 0; i < p->n; i++) {
        fm_seat *seat = &p->seats[i];
        if (seat->state != FM_SEAT_TAKEN) {
            continue;
        }
        seat->behind = true;
        if (!fm_channel_put(&seat->channel, &message, NULL)) {
            seat->wants_kill = true;
            continue;
        }
        if (p->shared_size > 0) {
            fm_channel_attach(&seat->channel, p->shared);
        }
        fm_seat_speak(seat);
    }
}

static bool someone_is_behind(const processes *p)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->seats[i].state == FM_SEAT_TAKEN && p->seats[i].behind) {
            return true;
        }
    }
    return false;
}

/* One that is stopped, or whose kernels do not close, is replaced by another, which
 * gets the new data as it comes. */
static void await_taken(processes *p)
{
    double deadline_s = fm_clock_now() + p->options.start_s;
    for (double left_s; someone_is_behind(p);) {
        left_s = deadline_s - fm_clock_now();
        for (size_t i = 0; i < p->n && left_s <= 0; i++) {
            fm_seat *seat = &p->seats[i];
            seat->wants_kill |= seat->state == FM_SEAT_TAKEN && seat->behind;
        }
        fm_processes_turn(p, left_s > 0 ? left_s : longest_wait_s);
    }
}

static fm_status share(void *self, fm_bytes shared, fm_error *error)
{
    processes *p = self;
    int copy = -1, before = p->shared;
    if (shared.size > 0) {
        fm_status status = fm_sealed_copy(shared, &copy, error);
        if (status != FM_OK) {
            return status;
        }
    }
    p->shared = copy;
    p->shared_size = shared.size;
    tell_shared(p);
    await_taken(p);
    if (before >= 0) {
        close(before);
    }
    return FM_OK;
}

/* ---- start and stop ---- */

static bool someone_is_there(const processes *p)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->seats[i].state == FM_SEAT_TAKEN && !p->seats[i].ended) {
            return true;
        }
    }
    return false;
}

static void dismiss_all(processes *p)
{
    p->ending = true;
    for (size_t i = 0; i < p->n; i++) {
        fm_seat *seat = &p->seats[i];
        if (seat->state == FM_SEAT_TAKEN && !seat->leaving) {
            fm_channel_put(&seat->channel, &(fm_message){.type = FM_TELL_END}, NULL);
            fm_seat_speak(seat);
        }
        seat->wants_hire = false;
    }
    double left_s = p->options.end_s, deadline_s = fm_clock_now() + left_s;
    while (someone_is_there(p) && left_s > 0) {
        fm_processes_turn(p, left_s);
        left_s = deadline_s - fm_clock_now();
    }
}

static void stop(void *self)
{
    processes *p = self;
    if (!p) {
        return;
    }
    assert(p->unfinished == 0);
    if (p->keeper.control >= 0) {
        dismiss_all(p);
    }
    fm_keeper_stop(&p->keeper, fmin(keeper_end_s, p->options.end_s));
    for (size_t i = 0; i < p->n; i++) {
        fm_seat_release(&p->seats[i]);
    }
    if (p->shared >= 0) {
        close(p->shared);
    }
    if (p->arena >= 0) {
        close(p->arena);
    }
    free(p->accumulators);
    free(p->watched);
    free(p);
}

static fm_status check_program(const fm_pool_options *options, fm_error *error)
{
    if (fm_program_was_started()) {
        return fm_fail(error, FM_FAILED,
                       "this process was started as a worker and opens a pool of "
                       "processes itself: its main must begin with fm_pool_serve");
    }
    if (options->start != FM_START_FORK && !fm_program_serves()) {
        return fm_fail(error, FM_FAILED,
                       "processes cannot be started by %s: this program does not begin "
                       "with fm_pool_serve",
                       options->start == FM_START_SPAWN ? "spawn" : "forkserver");
    }
    return FM_OK;
}

static fm_status make_seats(processes *p, fm_error *error)
{
    fm_status status = fm_arena_create(p->n, &p->arena, error);
    for (size_t i = 0; i < p->n && status == FM_OK; i++) {
        status = fm_seat_create(&p->seats[i], i, p->arena, error);
    }
    return status;
}

static const fm_seat *find_failure(const processes *p, bool *all_greeted)
{
    *all_greeted = true;
    for (size_t i = 0; i < p->n; i++) {
        if (p->seats[i].failures > 0) {
            return &p->seats[i];
        }
        *all_greeted = *all_greeted && p->seats[i].greeted;
    }
    return NULL;
}

/* Nobody works before all have said hello: what hinders them is said at once. */
static fm_status hire_all(processes *p, fm_error *error)
{
    for (size_t i = 0; i < p->n; i++) {
        fm_crew_hire(p, &p->seats[i], 0);
    }
    double deadline_s = fm_clock_now() + p->options.start_s;
    for (;;) {
        bool all_greeted;
        const fm_seat *failed = find_failure(p, &all_greeted);
        if (failed) {
            return fm_fail(error, FM_FAILED, "%s", failed->failure.message);
        }
        if (p->lost) {
            return fm_fail(error, FM_FAILED, "%s", p->why.message);
        }
        if (all_greeted) {
            return FM_OK;
        }
        if (fm_clock_now() > deadline_s) {
            return fm_fail(error, FM_FAILED,
                           "the worker processes did not come up within %g s",
                           p->options.start_s);
        }
        fm_processes_turn(p, 1);
    }
}

static processes *allocate(fm_kernels kernels, const fm_pool_options *options)
{
    size_t n = options->workers;
    processes *p = calloc(1, sizeof *p + n * sizeof *p->seats);
    if (!p) {
        return NULL;
    }
    p->n = n;
    p->kernels = kernels;
    p->options = *options;
    p->keeper.control = p->arena = p->shared = -1;
    p->abandon_s = INFINITY;
    p->watched = calloc(n + 1, sizeof *p->watched);
    p->accumulators = calloc(n, sizeof *p->accumulators);
    if (!p->watched || !p->accumulators) {
        stop(p);
        return NULL;
    }
    return p;
}

static fm_status start(fm_kernels kernels, fm_pool_options *options, void **self,
                       fm_error *error)
{
    *self = NULL;
    fm_status status = check_program(options, error);
    if (status != FM_OK) {
        return status;
    }
    processes *p = allocate(kernels, options);
    if (!p) {
        return fm_fail_memory(error, "a pool of processes",
                              (double)(options->workers * sizeof *p->seats));
    }
    status = fm_keeper_start(kernels, options->start, &p->keeper, error);
    status = status == FM_OK ? make_seats(p, error) : status;
    status = status == FM_OK ? hire_all(p, error) : status;
    if (status != FM_OK) {
        stop(p);
        return status;
    }
    *self = p;
    return FM_OK;
}

const fm_backend fm_backend_processes = {
    .name = "processes",
    .numbered = true,
    .takes = FM_TAKES_START,
    .batch_s = 100e-6,
    .start = start,
    .post = post_batch,
    .poll = collect,
    .cancel = cancel,
    .abandon = abandon,
    .open_sum = open_sum,
    .close_sum = close_sum,
    .share = share,
    .stop = stop,
};
