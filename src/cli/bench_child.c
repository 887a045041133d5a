/* One measured run: a child process, timed, its memory watched, and gone at the end.
 *
 * The child leads a process group, so that what it started can be ended with it, and
 * the terminal's Ctrl-C reaches us alone. We sleep in sigtimedwait: the child's end
 * (SIGCHLD) wakes us at once, so the time is exact; a signal for us does as well; and
 * between them the memory is looked at.
 *
 * To look takes time that the run would have had: the kernel walks the page tables. So
 * looks are so far apart that they take less than a hundredth of one processor. */
#define _DEFAULT_SOURCE /* wait4: what one child used, not all children so far */
#include "bench_child.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "bench_memory.h"

extern char **environ;

static const double look_often_s = 0.01; /* in the first half second */
static const double look_s = 0.05;
static const double look_share = 0.01;
static const double grace_s = 5; /* for mpirun to end its ranks */

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- signals ---- */

void bench_signals_watch(bench_signals *signals)
{
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigemptyset(&usual.sa_mask);
    sigaction(SIGCHLD, &usual, NULL); /* ignored, children would leave no status */
    sigemptyset(&signals->taken);
    sigaddset(&signals->taken, SIGCHLD);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++) {
        struct sigaction found;
        if (sigaction(ending[i], NULL, &found) == 0 && found.sa_handler != SIG_IGN) {
            sigaddset(&signals->taken, ending[i]);
        }
    }
    sigprocmask(SIG_BLOCK, &signals->taken, &signals->before);
}

const char *bench_signal_name(int number)
{
    switch (number) {
    case SIGINT:
        return "SIGINT";
    case SIGTERM:
        return "SIGTERM";
    default:
        return "SIGHUP";
    }
}

/* The next of them within `seconds`, or 0 (SIGCHLD counts as one). */
static int take_signal(const bench_signals *signals, double seconds)
{
    struct timespec time = {.tv_sec = (time_t)seconds};
    time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
    int number = sigtimedwait(&signals->taken, NULL, &time);
    return number > 0 ? number : 0;
}

void bench_signals_leave(const bench_signals *signals)
{
    sigprocmask(SIG_SETMASK, &signals->before, NULL);
}

/* ---- start ---- */

static int prepare_files(const bench_order *order, posix_spawn_file_actions_t *actions)
{
    enum { NEW = O_WRONLY | O_CREAT | O_TRUNC, MODE = 0600 };
    int failed = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (!failed) {
        failed = posix_spawn_file_actions_addopen(actions, 1, order->output, NEW, MODE);
    }
    if (!failed) {
        failed =
            posix_spawn_file_actions_addopen(actions, 2, order->complaints, NEW, MODE);
    }
    return failed;
}

static int spawn(const bench_order *order, const bench_signals *signals, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed) {
        return failed;
    }
    failed = posix_spawnattr_init(&attributes);
    if (!failed) {
        posix_spawnattr_setflags(&attributes,
                                 POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setsigmask(&attributes, &signals->before);
        failed = prepare_files(order, &actions);
        if (!failed) {
            failed = posix_spawnp(child, order->argv[0], &actions, &attributes,
                                  order->argv, environ);
        }
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/* ---- while it runs ---- */

/* A child, and when to look at its memory and to lose patience. */
typedef struct child {
    pid_t id;
    double began_s, look_at_s, kill_at_s;
    double peak_bytes;
} child;

static bool has_ended(const child *c)
{
    siginfo_t info = {.si_pid = 0};
    int failed = waitid(P_PID, (id_t)c->id, &info, WEXITED | WNOHANG | WNOWAIT);
    return (failed && errno == ECHILD) || info.si_pid == c->id;
}

static void look_at_memory(child *c)
{
    double began = now_s();
    double bytes = bench_memory_now(c->id);
    double ended = now_s();
    c->peak_bytes = bytes > c->peak_bytes ? bytes : c->peak_bytes;
    double pause = ended - c->began_s < 10 * look_s ? look_often_s : look_s;
    double least = (ended - began) / look_share;
    c->look_at_s = ended + (pause > least ? pause : least);
}

/* Asked to end: the first time kindly if that makes sense, then not. */
static void end_child(child *c, const bench_order *order, bool first)
{
    if (first && order->cleans_up) {
        kill(c->id, SIGTERM);
        c->kill_at_s = now_s() + grace_s;
    } else {
        kill(-c->id, SIGKILL);
        c->kill_at_s = 0;
    }
}

static void wait_for_end(child *c, const bench_order *order,
                         const bench_signals *signals, bench_end *end)
{
    while (!has_ended(c)) {
        double now = now_s();
        if (c->kill_at_s > 0 && now >= c->kill_at_s) {
            end_child(c, order, false);
        }
        if (now >= c->look_at_s) {
            look_at_memory(c);
            now = now_s();
        }
        double pause = c->look_at_s > now ? c->look_at_s - now : 0;
        int number = take_signal(signals, pause < 1 ? pause : 1);
        if (number != 0 && number != SIGCHLD) {
            end_child(c, order, end->signal == 0);
            end->signal = number;
        }
    }
    end->wall_s = now_s() - c->began_s;
}

/* The resident size that the kernel keeps counts pages of libraries whole which others
 * map as well, so it is no match for what was looked at; it stands in where the child
 * was gone before the first look.
 *
 * The child is a zombie still, so its number cannot be another's: whatever it left
 * behind in its group is ended before it is buried. */
static void bury(const child *c, bench_end *end)
{
    int status = 0;
    struct rusage used;
    memset(&used, 0, sizeof used);
    kill(-c->id, SIGKILL);
    while (wait4(c->id, &status, 0, &used) < 0 && errno == EINTR) {
    }
    end->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    end->peak_bytes = c->peak_bytes;
    if (c->peak_bytes <= 0) {
        end->peak_bytes = 1024 * (double)used.ru_maxrss;
    }
}

fm_status bench_child_run(const bench_order *order, const bench_signals *signals,
                          bench_end *end, fm_error *error)
{
    *end = (bench_end){0};
    child c = {.began_s = now_s()};
    int failed = spawn(order, signals, &c.id);
    if (failed) {
        return fm_fail(error, FM_BAD_INPUT, "%s cannot be started: %s", order->argv[0],
                       strerror(failed));
    }
    c.look_at_s = c.began_s + look_often_s;
    wait_for_end(&c, order, signals, end);
    bury(&c, end);
    if (end->signal) {
        return fm_fail(error, FM_INTERRUPTED, "interrupted by %s",
                       bench_signal_name(end->signal));
    }
    return FM_OK;
}
