/* A seat and the tasks in its hand.
 *
 * Tasks are sent ahead of time, so that a worker need not wait for the caller; the
 * claims at its desk (arena.h) tell which have begun, and let the caller take the
 * others back: when they are cancelled, when another worker has nothing to do, and when
 * this one dies. A worker runs its tasks in the order of their numbers, so of several
 * that have begun and were not told of, it is the last under which it died; the others
 * were done, and their results went with it. */
#include "seat.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

fm_status fm_seat_create(fm_seat *seat, size_t id, int arena, fm_error *error)
{
    *seat =
        (fm_seat){.id = id, .arena = arena, .channel = {.socket = -1}, .their_end = -1};
    seat->desk = fm_arena_map(arena, id, FM_PART_DESK, sizeof *seat->desk);
    return seat->desk ? FM_OK : fm_fail_memory(error, "a desk", sizeof *seat->desk);
}

void fm_seat_release(fm_seat *seat)
{
    if (!seat->desk) {
        return;
    }
    fm_channel_close(&seat->channel);
    if (seat->their_end >= 0) {
        close(seat->their_end);
    }
    for (size_t i = 0; i < FM_DRAWERS; i++) {
        fm_drawer_release(&seat->drawer[i]);
    }
    fm_arena_unmap(seat->desk, sizeof *seat->desk);
}

/* ---- the hand ---- */

size_t fm_seat_room(const fm_seat *seat)
{
    return FM_DESK_RING - (size_t)(seat->next - seat->first);
}

fm_task *fm_seat_task(const fm_seat *seat, uint64_t number)
{
    bool in_hand = number >= seat->first && number < seat->next;
    return in_hand ? seat->ring[number % FM_DESK_RING] : NULL;
}

static fm_task *let_go(fm_seat *seat, uint64_t number)
{
    fm_task *task = fm_seat_task(seat, number);
    if (!task) {
        return NULL;
    }
    seat->ring[number % FM_DESK_RING] = NULL;
    seat->n--;
    seat->batches -= !task->with_next;
    while (seat->first < seat->next && !seat->ring[seat->first % FM_DESK_RING]) {
        seat->first++;
    }
    return task;
}

bool fm_seat_give(fm_seat *seat, fm_task *task, uint32_t kernel)
{
    const fm_bytes argument = fm_task_argument(task);
    const fm_message message = {.type = FM_TELL_TASK,
                                .code = kernel,
                                .number = seat->next,
                                .id = task->id,
                                .size = argument.size,
                                .adds = task->adds};
    if (!fm_channel_put(&seat->channel, &message, argument.data)) {
        return false;
    }
    fm_desk_offer(seat->desk, seat->next);
    seat->ring[seat->next++ % FM_DESK_RING] = task;
    seat->n++;
    seat->batches += !task->with_next;
    seat->given++;
    task->taken = true;
    task->worker = seat->id;
    return true;
}

static bool take_back_number(fm_seat *seat, uint64_t number)
{
    if (!fm_desk_claim(seat->desk, number, FM_WITHDRAWN)) {
        return false;
    }
    fm_task *task = let_go(seat, number);
    fm_task *before = fm_seat_task(seat, number - 1);
    if (!task->with_next && before && before->with_next) {
        before->with_next = false; /* the batch ends there now */
        seat->batches++;
    }
    task->taken = false;
    seat->given--;
    return true;
}

bool fm_seat_take_back(fm_seat *seat, const fm_task *task)
{
    for (uint64_t number = seat->first; number < seat->next; number++) {
        if (fm_seat_task(seat, number) == task) {
            return take_back_number(seat, number);
        }
    }
    return false;
}

void fm_seat_withdraw(fm_seat *seat, size_t n, fm_task_list *list)
{
    for (uint64_t number = seat->next; n > 0 && number-- > seat->first;) {
        fm_task *task = fm_seat_task(seat, number);
        if (!task) {
            continue;
        }
        if (!take_back_number(seat, number)) {
            return; /* this has begun, and so have those before it */
        }
        fm_task_list alone = {0};
        task->with_next = false;
        fm_task_list_push(&alone, task);
        fm_task_list_prepend(list, &alone);
        n--;
    }
}

bool fm_seat_running(const fm_seat *seat, uint64_t *number)
{
    for (uint64_t at = seat->next; at-- > seat->first;) {
        if (fm_seat_task(seat, at) && fm_desk_has_begun(seat->desk, at)) {
            *number = at;
            return true;
        }
    }
    return false;
}

/* ---- hearing ---- */

/* A worker that does not keep to the protocol has lost its mind, or its memory. */
static void distrust(fm_seat *seat)
{
    seat->ended = true;
}

static void keep_bytes(fm_task *task, const void *bytes, size_t size)
{
    void *memory = fm_output_reserve(&task->output, size);
    if (memory && size > 0) {
        memcpy(memory, bytes, size);
    } else if (!memory) {
        fm_task_fail(task, FM_NO_MEMORY, "no memory for the result");
    }
}

/* The bytes that the message is about; NULL: there are none where it says. */
static const void *find_bytes(fm_seat *seat, const fm_message *message,
                              const void *payload)
{
    if (message->drawer == 0) {
        return payload;
    }
    uint32_t which = message->drawer - 1;
    bool there =
        which < FM_DRAWERS && fm_drawer_fit(&seat->drawer[which], seat->arena, seat->id,
                                            which, (size_t)message->size);
    return there ? seat->drawer[which].data : NULL;
}

static void keep_message(fm_task *task, fm_status status, const void *text, size_t size)
{
    char message[sizeof((fm_error *)NULL)->message];
    size = size < sizeof message ? size : sizeof message - 1;
    memcpy(message, text, size);
    message[size] = '\0';
    fm_task_fail(task, status, message);
}

static void take_result(fm_seat *seat, const fm_message *message, const void *payload,
                        fm_task_list *finished)
{
    fm_task *task = let_go(seat, message->number);
    if (!task) {
        distrust(seat);
        return;
    }
    const void *bytes = find_bytes(seat, message, payload);
    task->process = seat->pid;
    task->worker = seat->id;
    task->seconds = message->seconds;
    if (!bytes) {
        fm_task_fail(task, FM_NO_MEMORY, "no memory for the result");
    } else if (message->code != FM_OK) {
        keep_message(task, (fm_status)message->code, bytes, (size_t)message->size);
    } else if (message->size > 0) {
        keep_bytes(task, bytes, (size_t)message->size);
    }
    if (message->drawer > 0 && message->drawer <= FM_DRAWERS) {
        atomic_store(&seat->desk->full[message->drawer - 1], false);
    }
    fm_task_list_push(finished, task);
}

static void take_hello(fm_seat *seat, const fm_message *message, const void *payload)
{
    if (message->code == FM_OK) {
        seat->greeted = true;
        seat->failures = 0;
        return;
    }
    fm_fail(&seat->failure, (fm_status)message->code, "%.*s", (int)message->size,
            (const char *)payload);
}

static void take_message(fm_seat *seat, const fm_message *message, const void *payload,
                         fm_task_list *finished)
{
    switch (message->type) {
    case FM_TELL_HELLO:
        take_hello(seat, message, payload);
        break;
    case FM_TELL_RESULT:
        take_result(seat, message, payload, finished);
        break;
    case FM_TELL_TAKEN:
        seat->behind = false;
        break;
    default:
        distrust(seat);
    }
}

void fm_seat_hear(fm_seat *seat, fm_task_list *finished)
{
    fm_message message;
    const void *payload;
    fm_flow flow = FM_FLOWS;
    while (flow == FM_FLOWS && !seat->ended) {
        flow = fm_channel_fill(&seat->channel);
        while (!seat->ended && fm_channel_next(&seat->channel, &message, &payload)) {
            take_message(seat, &message, payload, finished);
        }
    }
    seat->ended = seat->ended || flow == FM_ENDED;
}

/* If nobody is there to hear, that will be seen when its last words are read. */
void fm_seat_speak(fm_seat *seat)
{
    if (seat->channel.socket >= 0) {
        fm_channel_flush(&seat->channel);
    }
}

/* ---- death ---- */

static void tell_death(const fm_seat *seat, fm_task *task, int status)
{
    char message[160];
    long pid = seat->pid;
    if (status == -1) {
        snprintf(message, sizeof message,
                 "its process %ld ended together with the one that had started it",
                 pid);
    } else if (WIFSIGNALED(status)) {
        task->signal = WTERMSIG(status);
        snprintf(message, sizeof message,
                 "its process %ld was killed by signal %d (%s)", pid, task->signal,
                 strsignal(task->signal));
    } else {
        snprintf(message, sizeof message, "its process %ld ended with exit status %d",
                 pid, WEXITSTATUS(status));
    }
    fm_task_fail(task, FM_WORKER_DIED, message);
}

static void tell_verdict(const fm_seat *seat, fm_task *task, double timeout_s)
{
    char message[80];
    snprintf(message, sizeof message, "not done within the time-out of %g s",
             timeout_s);
    fm_task_fail(task, seat->verdict,
                 seat->verdict == FM_TIMED_OUT ? message
                                               : "given up before it was done");
}

/* The task that had begun: it is to blame, unless the process was killed for the sake
 * of the one before, which ended at the last moment. */
static void end_victim(const fm_seat *seat, uint64_t number, fm_task *task, int status,
                       double timeout_s, fm_task_list *finished, fm_task_list *innocent)
{
    uint64_t begun_ns = atomic_load(&seat->desk->begun_ns);
    task->process = seat->pid;
    task->worker = seat->id;
    task->seconds = begun_ns ? 1e-9 * (double)(fm_desk_clock_ns() - begun_ns) : 0;
    if (seat->condemned && seat->condemned != number + 1) {
        task->taken = false;
        fm_task_list_push(innocent, task);
        return;
    }
    if (seat->condemned) {
        tell_verdict(seat, task, timeout_s);
    } else {
        tell_death(seat, task, status);
    }
    fm_task_list_push(finished, task);
}

static void clear_desk(fm_seat *seat)
{
    atomic_store(&seat->desk->begun_ns, 0);
    for (size_t i = 0; i < FM_DRAWERS; i++) {
        atomic_store(&seat->desk->full[i], false);
    }
}

fm_task *fm_seat_vacate(fm_seat *seat, int status, double timeout_s,
                        fm_task_list *queue, fm_task_list *finished)
{
    uint64_t victim = 0, end = seat->next;
    fm_task_list innocent = {0};
    fm_task *added = NULL;
    bool has_victim = fm_seat_running(seat, &victim);
    for (uint64_t number = seat->first; number < end; number++) {
        fm_task *task = let_go(seat, number);
        if (task && has_victim && number == victim) {
            added = task->adds ? task : NULL;
            end_victim(seat, number, task, status, timeout_s, finished, &innocent);
        } else if (task) {
            task->taken = task->with_next = false;
            fm_task_list_push(&innocent, task);
        }
    }
    fm_task_list_prepend(queue, &innocent);
    clear_desk(seat);
    fm_channel_close(&seat->channel);
    seat->state = FM_SEAT_EMPTY;
    seat->greeted = seat->ended = seat->leaving = seat->behind = seat->orphan = false;
    seat->wants_kill = false;
    seat->given = 0;
    seat->condemned = 0;
    return added;
}
