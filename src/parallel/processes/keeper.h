#ifndef FM_PARALLEL_KEEPER_H
#define FM_PARALLEL_KEEPER_H

#include <stdnoreturn.h>
#include <sys/types.h>

#include "spec.h"

/* The process that makes a pool's workers, and buries them. The caller has no other
 * child. */
typedef struct fm_keeper {
    int control; /* packets of fm_keeper_note; -1: there is no keeper */
    pid_t pid;
} fm_keeper;

typedef enum fm_keeper_word {
    FM_KEEPER_HIRE = 1, /* with the worker's socket */
    FM_KEEPER_KILL,     /* SIGKILL for the worker at that desk, if there is one */
    FM_KEEPER_HIRED,    /* pid, or 0 and errno as status */
    FM_KEEPER_DIED      /* pid and status of wait; it is gone */
} fm_keeper_word;

typedef struct fm_keeper_note {
    int32_t word, status;
    uint64_t desk;
    int64_t pid;
} fm_keeper_note;

/* Fork it, or for FM_START_FORKSERVER and FM_START_SPAWN start it afresh. */
fm_status fm_keeper_start(fm_kernels kernels, fm_start_method method, fm_keeper *keeper,
                          fm_error *error);
/* Ends it and all workers it has, and waits for that; then it is killed, and they die
 * with it. Accepts one that is not there. */
void fm_keeper_stop(fm_keeper *keeper, double limit_s);
/* Send a note, and the socket if it is not -1; false: try again when the control is
 * ready to be written. Never waits. */
bool fm_keeper_tell(const fm_keeper *keeper, fm_keeper_note note, int socket);
/* The next note; false: none now, or (*ended) never again. */
bool fm_keeper_hear(const fm_keeper *keeper, fm_keeper_note *note, bool *ended);

/* ---- in the new processes ---- */

/* What a keeper does; `spawns`: its workers start afresh, else they are forked. */
noreturn void fm_keeper_run(int control, fm_kernels kernels, bool spawns);
/* What a worker does (process_worker.c). */
noreturn void fm_process_work(int socket, fm_kernels known);

/* ---- processes started afresh (serve.c) ---- */

/* Whether this program calls fm_pool_serve, so that it can be started afresh. */
bool fm_program_serves(void);
/* Whether this process was started as one of a pool and does not know it. */
bool fm_program_was_started(void);
/* Start this program as `role` with that socket; the pid, or -1 and errno. */
pid_t fm_program_start(const char *role, int socket);

#endif
