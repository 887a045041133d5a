/* The crew: how processes come to the seats of a pool, and what happens when they go.
 *
 * A seat is empty, hiring or taken. To hire, the caller makes a pair of sockets and has
 * the keeper make a process for one of them. A worker's end is noticed by its socket
 * (then the keeper is asked to make sure of it) or by word of the keeper, who knows the
 * cause; with that word nothing of the worker runs any more, and what it had sent is
 * there to be read. Then its tasks are seen to, and the seat hires again.
 *
 * A process that ends before it has said hello is not hired again at once, nor for
 * ever: after some failures in a row the seat stays empty. If the keeper dies, all its
 * workers die with it; a new one is started afresh if the program can be, because
 * forking is not safe any more. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "files.h"
#include "processes.h"

enum { FAILURES_MAX = 10 };
static const double patience_s = 0.05; /* times failures, before the next try */

/* ---- hiring ---- */

static void fail_to_hire(processes *p, fm_seat *seat)
{
    seat->failures++;
    if (seat->failures >= FAILURES_MAX || p->lost) {
        p->why = seat->failure;
        return;
    }
    fm_crew_hire(p, seat, fm_clock_now() + seat->failures * patience_s);
}

void fm_crew_hire(processes *p, fm_seat *seat, double not_before_s)
{
    if (p->ending || p->lost || seat->failures >= FAILURES_MAX) {
        return;
    }
    seat->state = FM_SEAT_HIRING;
    seat->hire_s = not_before_s;
    seat->wants_hire = true;
}

static bool make_channel(processes *p, fm_seat *seat)
{
    int ends[2];
    if (!fm_file_pair(SOCK_STREAM, ends)) {
        fm_fail(&seat->failure, FM_FAILED,
                "could not make the socket of worker %zu of %zu: %s%s", seat->id + 1,
                p->n, strerror(errno),
                errno == EMFILE ? " (see ulimit -n; each worker takes one)" : "");
        return false;
    }
    seat->channel = (fm_channel){.socket = ends[0], .flags = MSG_DONTWAIT};
    seat->their_end = ends[1];
    return true;
}

static bool tell_hire(processes *p, fm_seat *seat)
{
    if (seat->their_end < 0 && !make_channel(p, seat)) {
        seat->wants_hire = false;
        seat->state = FM_SEAT_EMPTY;
        fail_to_hire(p, seat);
        return true;
    }
    fm_keeper_note note = {.word = FM_KEEPER_HIRE, .desk = seat->id};
    if (!fm_keeper_tell(&p->keeper, note, seat->their_end)) {
        return false;
    }
    close(seat->their_end);
    seat->their_end = -1;
    seat->wants_hire = false;
    return true;
}

static bool tell_kill(processes *p, fm_seat *seat)
{
    fm_keeper_note note = {.word = FM_KEEPER_KILL, .desk = seat->id};
    seat->wants_kill = !fm_keeper_tell(&p->keeper, note, -1);
    return !seat->wants_kill;
}

bool fm_crew_tell(processes *p)
{
    bool all = true;
    double now = fm_clock_now();
    for (size_t i = 0; i < p->n && all && p->keeper.control >= 0; i++) {
        fm_seat *seat = &p->seats[i];
        if (seat->wants_kill) {
            all = tell_kill(p, seat);
        }
        if (all && seat->wants_hire && now >= seat->hire_s) {
            all = tell_hire(p, seat);
        }
    }
    return all;
}

/* ---- the new worker ---- */

static bool put_setup(processes *p, fm_seat *seat)
{
    fm_setup setup = {.desk = seat->id,
                      .kernels = p->kernels.n,
                      .shared_size = p->shared_size,
                      .timeout_s = p->options.timeout_s,
                      .sums = p->sums,
                      .shape = p->shape};
    size_t size = sizeof setup;
    for (size_t i = 0; i < p->kernels.n; i++) {
        size += strlen(p->kernels.kernel[i].name) + 1;
    }
    char *bytes = malloc(size), *at = bytes;
    if (!bytes) {
        return false;
    }
    memcpy(at, &setup, sizeof setup);
    at += sizeof setup;
    for (size_t i = 0; i < p->kernels.n; i++) {
        size_t length = strlen(p->kernels.kernel[i].name) + 1;
        memcpy(at, p->kernels.kernel[i].name, length);
        at += length;
    }
    fm_message message = {.type = FM_TELL_SETUP, .size = size};
    bool put = fm_channel_put(&seat->channel, &message, bytes);
    free(bytes);
    return put;
}

static void welcome(processes *p, fm_seat *seat, pid_t pid)
{
    seat->state = FM_SEAT_TAKEN;
    seat->pid = pid;
    fm_fail(&seat->failure, FM_FAILED,
            "process %ld, started as a worker, ended before it could work", (long)pid);
    if (!put_setup(p, seat)) {
        fm_fail_memory(&seat->failure, "a worker", sizeof(fm_setup));
        seat->wants_kill = true;
        return;
    }
    fm_channel_attach(&seat->channel, p->arena);
    if (p->shared_size > 0) {
        fm_channel_attach(&seat->channel, p->shared);
    }
    fm_seat_speak(seat);
}

static void take_hired(processes *p, fm_seat *seat, const fm_keeper_note *note)
{
    if (p->ending) { /* without a caller it ends at once */
        fm_channel_close(&seat->channel);
        seat->state = FM_SEAT_EMPTY;
        return;
    }
    if (note->pid > 0) {
        welcome(p, seat, (pid_t)note->pid);
        return;
    }
    fm_fail(&seat->failure, FM_FAILED,
            "could not start the process of worker %zu of %zu: %s", seat->id + 1, p->n,
            strerror(note->status));
    fm_channel_close(&seat->channel);
    seat->state = FM_SEAT_EMPTY;
    fail_to_hire(p, seat);
}

/* ---- the end of a worker ---- */

static void bury(processes *p, fm_seat *seat, int status)
{
    bool greeted = seat->greeted;
    size_t before = p->finished.n;
    fm_seat_hear(seat, &p->finished);
    fm_task *added =
        fm_seat_vacate(seat, status, p->options.timeout_s, &p->queue, &p->finished);
    p->unfinished -= p->finished.n - before;
    if (added && p->sums) {
        fm_accumulator_take_back(&p->accumulators[seat->id], added->id);
    }
    if (greeted) {
        fm_crew_hire(p, seat, 0);
    } else {
        fail_to_hire(p, seat);
    }
}

void fm_crew_condemn(fm_seat *seat, uint64_t number, fm_status verdict)
{
    seat->condemned = number + 1;
    seat->verdict = verdict;
    seat->wants_kill = true;
}

/* It may have closed its socket and live on. */
void fm_crew_check(processes *p, fm_seat *seat)
{
    if (seat->state != FM_SEAT_TAKEN || !seat->ended) {
        return;
    }
    if (seat->orphan) {
        bury(p, seat, -1);
    } else {
        seat->wants_kill = true;
    }
}

/* ---- the keeper ---- */

static void replace_keeper(processes *p, int status)
{
    fm_error error;
    if (p->ending) {
        p->lost = true;
        return;
    }
    if (!fm_program_serves()) {
        fm_fail(
            &error, FM_FAILED,
            "the process that makes the workers was killed (signal %d), and another "
            "cannot be made: this program does not call fm_pool_serve",
            WIFSIGNALED(status) ? WTERMSIG(status) : 0);
        p->lost = true;
    } else {
        fm_start_method method =
            p->options.start == FM_START_SPAWN ? FM_START_SPAWN : FM_START_FORKSERVER;
        p->lost = fm_keeper_start(p->kernels, method, &p->keeper, &error) != FM_OK;
    }
    if (p->lost) {
        p->why = error;
    }
}

static void lose_keeper(processes *p)
{
    int status = 0;
    close(p->keeper.control);
    p->keeper.control = -1;
    kill(p->keeper.pid, SIGKILL); /* if it is not dead: it says no more */
    while (waitpid(p->keeper.pid, &status, 0) < 0 && errno == EINTR) {
    }
    replace_keeper(p, status);
    for (size_t i = 0; i < p->n; i++) {
        fm_seat *seat = &p->seats[i];
        seat->wants_kill = false;
        if (seat->state == FM_SEAT_TAKEN) {
            seat->orphan = true; /* it is dying */
            fm_crew_check(p, seat);
        } else if (seat->state == FM_SEAT_HIRING && seat->their_end < 0) {
            fm_channel_close(&seat->channel);
            seat->state = FM_SEAT_EMPTY;
            fm_crew_hire(p, seat, 0);
        }
    }
}

void fm_crew_hear(processes *p)
{
    fm_keeper_note note;
    bool ended = false;
    while (p->keeper.control >= 0 && fm_keeper_hear(&p->keeper, &note, &ended)) {
        fm_seat *seat = &p->seats[note.desk < p->n ? note.desk : 0];
        if (note.word == FM_KEEPER_HIRED && seat->state == FM_SEAT_HIRING) {
            take_hired(p, seat, &note);
        } else if (note.word == FM_KEEPER_DIED && seat->state == FM_SEAT_TAKEN &&
                   !seat->orphan) {
            bury(p, seat, note.status);
        }
    }
    if (ended && p->keeper.control >= 0) {
        lose_keeper(p);
    }
}

bool fm_crew_is_lost(const processes *p)
{
    for (size_t i = 0; i < p->n; i++) {
        const fm_seat *seat = &p->seats[i];
        bool hopeless =
            seat->state == FM_SEAT_EMPTY || (seat->state == FM_SEAT_HIRING && p->lost);
        if (!hopeless) {
            return false;
        }
    }
    return true;
}
