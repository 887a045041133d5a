/* Programs that are started again as a worker.
 *
 * A process started afresh runs this program from the first line of main, and only a
 * variable in its environment tells it what it is there for: a role, the number of the
 * socket to its pool, and its parent. fm_pool_serve looks for that. A program that does
 * not call it would do all its work again in every worker, and open pools in them, and
 * so on without end; therefore it is remembered that it was called, and without that
 * nothing is started. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "keeper.h"

extern char **environ; /* as POSIX has it */

static const char variable[] = "FERMAT_POOL_ROLE";

/* It is the program that serves or does not, so this cannot belong to a pool. Written
 * once, in the first line of main. */
static atomic_bool serves;

bool fm_program_serves(void)
{
    return atomic_load(&serves);
}

bool fm_program_was_started(void)
{
    return getenv(variable) != NULL;
}

/* ---- starting ---- */

/* The environment with one variable more; free the array. (setenv would be seen by
 * other threads.) */
static char **environment_with(char *assignment)
{
    size_t n = 0;
    while (environ && environ[n]) {
        n++;
    }
    char **made = malloc((n + 2) * sizeof *made);
    if (made) {
        for (size_t i = 0; i < n; i++) {
            made[i + 1] = environ[i];
        }
        made[0] = assignment;
        made[n + 1] = NULL;
    }
    return made;
}

static int spawn_with(int socket, char **environment, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all;
    char name[] = "fermat-worker";
    char *arguments[] = {name, NULL};
    sigfillset(&all);
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed) {
        return failed;
    }
    failed = posix_spawnattr_init(&attributes);
    if (!failed) {
        /* The same number: it stays open across exec, in the child only. */
        failed = posix_spawn_file_actions_adddup2(&actions, socket, socket);
        posix_spawnattr_setsigmask(&attributes, &all);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        failed = failed ? failed
                        : posix_spawn(pid, "/proc/self/exe", &actions, &attributes,
                                      arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

pid_t fm_program_start(const char *role, int socket)
{
    char assignment[128];
    snprintf(assignment, sizeof assignment, "%s=%s:%d:%ld", variable, role, socket,
             (long)fm_child_parent());
    char **environment = environment_with(assignment);
    pid_t pid = -1;
    int failed = environment ? spawn_with(socket, environment, &pid) : ENOMEM;
    free(environment);
    errno = failed;
    return failed ? -1 : pid;
}

/* ---- serving ---- */

static bool is_socket(int file)
{
    struct stat status;
    return fstat(file, &status) == 0 && S_ISSOCK(status.st_mode);
}

noreturn static void serve(const char *role, int socket, pid_t parent,
                           fm_kernels kernels)
{
    bool works = !strcmp(role, "worker");
    fm_child_settle(parent, works ? "fermat-worker" : "fermat-keeper");
    fm_child_close_files(socket);
    fcntl(socket, F_SETFD, FD_CLOEXEC);
    if (works) {
        fm_process_work(socket, kernels);
    }
    fm_keeper_run(socket, kernels, !strcmp(role, "spawner"));
}

void fm_pool_serve(fm_kernels kernels)
{
    const char *told = getenv(variable);
    char role[16];
    int socket;
    long parent;
    if (!told) {
        atomic_store(&serves, true);
        return;
    }
    if (sscanf(told, "%15[a-z]:%d:%ld", role, &socket, &parent) != 3 ||
        !is_socket(socket)) {
        _exit(2); /* nobody that this could be told to */
    }
    unsetenv(variable);
    serve(role, socket, (pid_t)parent, kernels);
}
