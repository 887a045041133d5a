/* What the caller does in one turn: hear and obey the crew, look at the clock, and hand
 * out tasks.
 *
 * A worker has one batch to work on and one to go on with, so that it need not wait for
 * the caller. When somebody has nothing to do and the queue is empty, those who have a
 * second batch, or whose batch turns out to be long, give some of it back: half of what
 * they hold, from its end. */
#include <math.h>
#include <string.h>

#include "clock.h"
#include "processes.h"

static const double long_batch_s = 1e-3;   /* then others may have what is left of it */
static const double longest_wait_s = 3600; /* then look again: no overflow of time */

/* ---- handing out ---- */

static uint32_t kernel_number(const processes *p, const fm_task *task)
{
    return (uint32_t)(task->kernel - p->kernels.kernel);
}

/* How many more tasks a worker may get. */
static size_t capacity(const processes *p, const fm_seat *seat)
{
    if (seat->state != FM_SEAT_TAKEN || !seat->greeted || seat->ended ||
        seat->leaving || seat->orphan || seat->wants_kill || seat->condemned) {
        return 0;
    }
    size_t room = fm_seat_room(seat), most = p->options.tasks_per_child;
    return most > 0 && most - seat->given < room ? most - seat->given : room;
}

/* Somebody with nothing to do; else somebody with one batch; else NULL. */
static fm_seat *find_free(processes *p)
{
    fm_seat *second = NULL;
    for (size_t i = 0; i < p->n; i++) {
        fm_seat *seat = &p->seats[(p->next_seat + i) % p->n];
        if (capacity(p, seat) == 0 || seat->batches > 1) {
            continue;
        }
        if (seat->n == 0) {
            p->next_seat = seat->id + 1;
            return seat;
        }
        second = second ? second : seat;
    }
    return second;
}

/* What has no room goes back to the queue as a batch of its own. */
static void give_batch(processes *p, fm_seat *seat, fm_task_list *batch)
{
    for (size_t room = capacity(p, seat); batch->n > 0 && room > 0; room--) {
        fm_task *task = fm_task_list_pop(batch);
        bool with_next = task->with_next && batch->n > 0 && room > 1;
        task->with_next = with_next;
        if (!fm_seat_give(seat, task, kernel_number(p, task))) {
            fm_task_fail(task, FM_NO_MEMORY, "no memory for the argument");
            fm_task_list_push(&p->finished, task);
            p->unfinished--;
        }
    }
    fm_task_list_prepend(&p->queue, batch);
    seat->given_s = fm_clock_now();
    fm_seat_speak(seat);
}

void fm_processes_hand_out(processes *p)
{
    fm_seat *seat = NULL;
    while (p->queue.n > 0 && (seat = find_free(p))) {
        fm_task_list batch = fm_task_list_take_batch(&p->queue);
        give_batch(p, seat, &batch);
    }
}

/* ---- sharing out again ---- */

static bool someone_is_idle(const processes *p)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->seats[i].n == 0 && capacity(p, &p->seats[i]) > 0) {
            return true;
        }
    }
    return false;
}

/* Who has most in hand, of those who have a second batch or are long at their first. */
static fm_seat *find_burdened(processes *p)
{
    fm_seat *found = NULL;
    double now = fm_clock_now();
    for (size_t i = 0; i < p->n; i++) {
        fm_seat *seat = &p->seats[i];
        bool burdened =
            seat->n > 1 && (seat->batches > 1 || now > seat->given_s + long_batch_s);
        if (burdened && (!found || seat->n > found->n)) {
            found = seat;
        }
    }
    return found;
}

static void share_out(processes *p)
{
    fm_seat *burdened = NULL;
    while (p->queue.n == 0 && p->unfinished > 1 && someone_is_idle(p) &&
           (burdened = find_burdened(p))) {
        fm_seat_withdraw(burdened, burdened->n / 2, &p->queue);
        if (p->queue.n == 0) {
            return;
        }
        fm_processes_hand_out(p);
    }
}

/* ---- time ---- */

/* A kernel that asks has ended by then. */
static double time_limit(const processes *p)
{
    return p->options.timeout_s + fmax(0.1 * p->options.timeout_s, 0.2);
}

static void condemn_late(processes *p, fm_seat *seat)
{
    uint64_t begun_ns = atomic_load(&seat->desk->begun_ns), number;
    bool late =
        begun_ns > 0 && 1e-9 * (double)(fm_desk_clock_ns() - begun_ns) > time_limit(p);
    if (late && fm_seat_running(seat, &number) &&
        atomic_load(&seat->desk->begun_ns) == begun_ns) {
        fm_crew_condemn(seat, number, FM_TIMED_OUT);
    }
}

static void condemn_abandoned(fm_seat *seat)
{
    uint64_t number;
    if (fm_seat_running(seat, &number)) {
        fm_crew_condemn(seat, number, FM_CANCELLED);
    }
}

static void look_at_the_clock(processes *p)
{
    bool abandoned = fm_clock_now() >= p->abandon_s;
    for (size_t i = 0; i < p->n; i++) {
        fm_seat *seat = &p->seats[i];
        if (seat->state != FM_SEAT_TAKEN || seat->n == 0 || seat->condemned) {
            continue;
        }
        if (abandoned) {
            condemn_abandoned(seat);
        } else if (isfinite(p->options.timeout_s)) {
            condemn_late(p, seat);
        }
    }
}

/* When to look again, if nothing else happens. */
static double next_time(const processes *p)
{
    double now = fm_clock_now(), next = p->abandon_s;
    bool idle = p->queue.n == 0 && p->unfinished > 1 && someone_is_idle(p);
    for (size_t i = 0; i < p->n; i++) {
        const fm_seat *seat = &p->seats[i];
        if (seat->wants_hire) {
            next = fmin(next, seat->hire_s);
        }
        if (seat->n > 0 && !seat->condemned && isfinite(p->options.timeout_s)) {
            uint64_t begun_ns = atomic_load(&seat->desk->begun_ns);
            next =
                fmin(next, (begun_ns ? 1e-9 * (double)begun_ns : now) + time_limit(p));
        }
        if (idle && seat->n > 1) {
            next = fmin(next, now + long_batch_s);
        }
    }
    return next;
}

/* ---- one turn ---- */

static size_t watch(processes *p, bool all_told)
{
    size_t n = 0;
    short wanted = all_told ? POLLIN : POLLIN | POLLOUT;
    p->watched[n++] = (struct pollfd){p->keeper.control, wanted, 0};
    for (size_t i = 0; i < p->n; i++) {
        const fm_seat *seat = &p->seats[i];
        bool mute = seat->state != FM_SEAT_TAKEN || seat->ended;
        wanted = fm_channel_has_output(&seat->channel) ? POLLIN | POLLOUT : POLLIN;
        p->watched[n++] = (struct pollfd){mute ? -1 : seat->channel.socket, wanted, 0};
    }
    return n;
}

static void hear_seats(processes *p)
{
    for (size_t i = 0; i < p->n; i++) {
        fm_seat *seat = &p->seats[i];
        short events = p->watched[i + 1].revents;
        if (events & POLLOUT) {
            fm_seat_speak(seat);
        }
        if (events & ~POLLOUT) {
            size_t before = p->finished.n;
            fm_seat_hear(seat, &p->finished);
            p->unfinished -= p->finished.n - before;
            fm_crew_check(p, seat);
        }
    }
}

/* Those whose children may do a number of tasks only, and who have done it. */
static void dismiss(processes *p)
{
    size_t most = p->options.tasks_per_child;
    for (size_t i = 0; i < p->n && most > 0; i++) {
        fm_seat *seat = &p->seats[i];
        if (seat->state == FM_SEAT_TAKEN && seat->given >= most && seat->n == 0 &&
            !seat->leaving) {
            seat->leaving = fm_channel_put(&seat->channel,
                                           &(fm_message){.type = FM_TELL_END}, NULL);
            fm_seat_speak(seat);
        }
    }
}

static void fail_all_without_workers(processes *p)
{
    if (p->unfinished == 0 || p->ending || !fm_crew_is_lost(p)) {
        return;
    }
    for (fm_task *task; (task = fm_task_list_pop(&p->queue));) {
        fm_task_fail(task, FM_FAILED, p->why.message);
        fm_task_list_push(&p->finished, task);
        p->unfinished--;
    }
}

void fm_processes_turn(processes *p, double wait_s)
{
    bool all_told = fm_crew_tell(p);
    size_t n = watch(p, all_told);
    wait_s = fmin(wait_s, fmax(next_time(p) - fm_clock_now(), 0));
    int ready =
        poll(p->watched, (nfds_t)n, (int)ceil(1e3 * fmin(wait_s, longest_wait_s)));
    if (ready > 0) {
        hear_seats(p); /* before the keeper may empty one */
        if (p->watched[0].revents) {
            fm_crew_hear(p);
        }
    }
    look_at_the_clock(p);
    dismiss(p);
    fm_crew_tell(p);
    fail_all_without_workers(p);
    fm_processes_hand_out(p);
    share_out(p);
}
