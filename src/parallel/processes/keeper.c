/* The keeper: a small process between the caller and its workers.
 *
 * Forking is safe in a process without threads that has few things open, and only
 * there. So one such process is made when the pool is opened, and it makes all workers,
 * those that replace dead ones too, however many threads and files the caller has by
 * then. It is also their parent: it learns how each of them ended and tells the caller,
 * who so never meets children that it did not make itself; and since nobody else can
 * reap them, a process id means the same worker until the keeper has said that it died.
 *
 * When the caller ends, the keeper sees the end of the control socket, kills and reaps
 * its workers and ends. (It is told so by the kernel too, but only if the main thread
 * made it: that signal comes when the thread ends, and a pool may outlive another.)
 * When the keeper itself is killed, its workers are killed by the kernel
 * (PR_SET_PDEATHSIG). */
#include "keeper.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "files.h"

/* ---- packets ---- */

static bool send_note(int control, const fm_keeper_note *note, int file, int flags)
{
    _Alignas(struct cmsghdr) char rights_bytes[CMSG_SPACE(sizeof file)] = {0};
    fm_keeper_note copy = *note;
    struct iovec piece = {&copy, sizeof copy};
    struct msghdr header = {.msg_iov = &piece, .msg_iovlen = 1};
    if (file >= 0) {
        header.msg_control = rights_bytes;
        header.msg_controllen = sizeof rights_bytes;
        struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof file);
        memcpy(CMSG_DATA(rights), &file, sizeof file);
    }
    ssize_t sent;
    do {
        sent = sendmsg(control, &header, flags | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)sizeof copy;
}

/* What recvmsg returns; 0: the other end is gone. */
static ssize_t receive_note(int control, fm_keeper_note *note, int *file, int flags)
{
    _Alignas(struct cmsghdr) char rights_bytes[CMSG_SPACE(sizeof *file)];
    struct iovec piece = {note, sizeof *note};
    struct msghdr header = {.msg_iov = &piece,
                            .msg_iovlen = 1,
                            .msg_control = rights_bytes,
                            .msg_controllen = sizeof rights_bytes};
    ssize_t got;
    *file = -1;
    do {
        got = recvmsg(control, &header, flags | MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    const struct cmsghdr *rights = got > 0 ? CMSG_FIRSTHDR(&header) : NULL;
    if (rights && rights->cmsg_type == SCM_RIGHTS) {
        memcpy(file, CMSG_DATA(rights), sizeof *file);
    }
    return got;
}

/* ---- the caller's side ---- */

bool fm_keeper_tell(const fm_keeper *keeper, fm_keeper_note note, int socket)
{
    return send_note(keeper->control, &note, socket, MSG_DONTWAIT);
}

bool fm_keeper_hear(const fm_keeper *keeper, fm_keeper_note *note, bool *ended)
{
    int file;
    ssize_t got = receive_note(keeper->control, note, &file, MSG_DONTWAIT);
    *ended = got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
    return got == (ssize_t)sizeof *note;
}

/* No handler of the caller may run in the child, and nothing it has printed may be
 * printed twice. */
static pid_t fork_keeper(int control, fm_kernels kernels)
{
    sigset_t all, before;
    sigfillset(&all);
    fflush(NULL);
    pid_t parent = fm_child_parent();
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) {
        fm_child_settle(parent, "fermat-keeper");
        fm_child_close_files(control);
        fm_keeper_run(control, kernels, false);
    }
    int failure = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = failure;
    return pid;
}

fm_status fm_keeper_start(fm_kernels kernels, fm_start_method method, fm_keeper *keeper,
                          fm_error *error)
{
    int ends[2] = {-1, -1};
    *keeper = (fm_keeper){.control = -1};
    if (!fm_file_pair(SOCK_SEQPACKET, ends)) {
        goto fail;
    }
    keeper->pid =
        method == FM_START_FORK
            ? fork_keeper(ends[1], kernels)
            : fm_program_start(method == FM_START_SPAWN ? "spawner" : "forkserver",
                               ends[1]);
    if (keeper->pid < 0) {
        goto fail;
    }
    close(ends[1]);
    keeper->control = ends[0];
    return FM_OK;
fail:
    fm_fail(error, FM_FAILED, "could not start a process: %s", strerror(errno));
    for (int i = 0; i < 2; i++) {
        if (ends[i] >= 0) {
            close(ends[i]);
        }
    }
    return FM_FAILED;
}

/* It ends last in its household, and its end of the control with it. */
static bool await_its_end(const fm_keeper *keeper, double limit_s)
{
    fm_keeper_note note;
    bool ended = false;
    double deadline_s = fm_clock_now() + limit_s, left_s = limit_s;
    while (!ended && left_s > 0) {
        struct pollfd watched = {keeper->control, POLLIN, 0};
        poll(&watched, 1, (int)ceil(1e3 * left_s));
        while (!ended && fm_keeper_hear(keeper, &note, &ended)) {
            /* the death of a worker, of which nobody wants to hear any more */
        }
        left_s = deadline_s - fm_clock_now();
    }
    return ended;
}

void fm_keeper_stop(fm_keeper *keeper, double limit_s)
{
    if (keeper->control < 0) {
        return;
    }
    shutdown(keeper->control, SHUT_WR); /* it sees that, and ends */
    if (!await_its_end(keeper, limit_s)) {
        kill(keeper->pid, SIGKILL); /* a stopped one is not waited for */
    }
    close(keeper->control);
    keeper->control = -1;
    while (waitpid(keeper->pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

/* ---- in the keeper ---- */

typedef struct household {
    int control, deaths; /* the latter is readable when a worker has died */
    fm_kernels kernels;
    bool spawns;
    pid_t pid[FM_POOL_MAX_WORKERS]; /* 0: nobody at this desk */
} household;

static pid_t fork_worker(const household *h, int socket)
{
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        fm_child_settle(parent, "fermat-worker");
        close(h->control);
        close(h->deaths);
        fm_process_work(socket, h->kernels);
    }
    return pid;
}

static void hire(household *h, uint64_t desk, int socket)
{
    pid_t pid = h->spawns ? fm_program_start("worker", socket) : fork_worker(h, socket);
    fm_keeper_note note = {.word = FM_KEEPER_HIRED,
                           .desk = desk,
                           .pid = pid > 0 ? pid : 0,
                           .status = pid > 0 ? 0 : errno};
    close(socket);
    h->pid[desk] = pid > 0 ? pid : 0;
    send_note(h->control, &note, -1, 0);
}

static void obey(household *h, const fm_keeper_note *note, int socket)
{
    if (note->desk >= FM_POOL_MAX_WORKERS) {
        return;
    }
    if (note->word == FM_KEEPER_HIRE && socket >= 0) {
        hire(h, note->desk, socket);
    } else if (note->word == FM_KEEPER_KILL && h->pid[note->desk] > 0) {
        kill(h->pid[note->desk], SIGKILL);
    }
}

static void bury(household *h, pid_t pid, int status)
{
    for (uint64_t desk = 0; desk < FM_POOL_MAX_WORKERS; desk++) {
        if (h->pid[desk] == pid) {
            fm_keeper_note note = {
                .word = FM_KEEPER_DIED, .desk = desk, .pid = pid, .status = status};
            h->pid[desk] = 0;
            send_note(h->control, &note, -1, 0);
        }
    }
}

static void bury_the_dead(household *h)
{
    struct signalfd_siginfo ignored;
    int status;
    if (read(h->deaths, &ignored, sizeof ignored) < 0) {
        return;
    }
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        bury(h, pid, status);
    }
}

noreturn static void end_household(const household *h)
{
    for (size_t desk = 0; desk < FM_POOL_MAX_WORKERS; desk++) {
        if (h->pid[desk] > 0) {
            kill(h->pid[desk], SIGKILL);
        }
    }
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {
    }
    _exit(0);
}

static int watch_deaths(void)
{
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    signal(SIGCHLD, SIG_DFL); /* a caller that ignores it would have no zombies */
    return signalfd(-1, &blocked, SFD_CLOEXEC | SFD_NONBLOCK);
}

noreturn void fm_keeper_run(int control, fm_kernels kernels, bool spawns)
{
    household h = {.control = control, .kernels = kernels, .spawns = spawns};
    h.deaths = watch_deaths();
    for (;;) {
        struct pollfd watched[] = {{control, POLLIN, 0}, {h.deaths, POLLIN, 0}};
        if (h.deaths < 0 || (poll(watched, 2, -1) < 0 && errno != EINTR)) {
            end_household(&h);
        }
        if (watched[1].revents) {
            bury_the_dead(&h);
        }
        if (watched[0].revents) {
            fm_keeper_note note;
            int socket;
            if (receive_note(control, &note, &socket, 0) <= 0) {
                end_household(&h);
            }
            obey(&h, &note, socket);
        }
    }
}
