/* Manners of a child process.
 *
 * What belongs to the caller stays with the caller: its signals, its files, its
 * standard input. A file that a child kept open by accident would hide the end of a
 * pipe from somebody else, the sockets of another pool above all. */
/* For syscall.
 * NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
#define _GNU_SOURCE
#include "child.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "files.h"

/* Ctrl-C, and the signals of batch systems, come to all processes of a group or a job;
 * it is the caller who decides what they mean. What tells of a crash, and what stops
 * and continues a job, is not blocked. */
static void block_signals(void)
{
    static const int blocked[] = {SIGINT,  SIGTERM, SIGHUP,    SIGUSR1, SIGUSR2,
                                  SIGPIPE, SIGALRM, SIGVTALRM, SIGPROF};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof blocked / sizeof *blocked; i++) {
        sigaddset(&set, blocked[i]);
    }
    sigprocmask(SIG_SETMASK, &set, NULL);
}

void fm_child_settle(pid_t parent, const char *name)
{
    block_signals();
    prctl(PR_SET_NAME, name);
    if (parent == 0) {
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(1); /* it had ended before it could be watched */
    }
}

static void close_range_of(unsigned first, unsigned last)
{
    if (first > last) {
        return;
    }
#ifdef SYS_close_range
    if (syscall(SYS_close_range, first, last, 0) == 0) {
        return;
    }
#endif
    long open_max = sysconf(_SC_OPEN_MAX);
    for (unsigned file = first; file <= last && (long)file < open_max; file++) {
        close((int)file);
    }
}

void fm_child_close_files(int kept)
{
    fm_file_fill_standard();
    int empty = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (empty >= 0) {
        dup2(empty, STDIN_FILENO);
    }
    close_range_of(STDERR_FILENO + 1, (unsigned)kept - 1);
    close_range_of((unsigned)kept + 1, ~0u);
}

pid_t fm_child_parent(void)
{
    return syscall(SYS_gettid) == getpid() ? getpid() : 0;
}
