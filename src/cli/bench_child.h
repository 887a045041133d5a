#ifndef FM_CLI_BENCH_CHILD_H
#define FM_CLI_BENCH_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* The signals that end a bench. While it watches they are blocked and wait to be taken,
 * so that nothing is interrupted between a child's start and the note of its id. */
typedef struct bench_signals {
    sigset_t before, taken; /* the mask found; the signals taken, SIGCHLD among them */
} bench_signals;

void bench_signals_watch(bench_signals *signals);
const char *bench_signal_name(int number); /* of those that end a bench */
/* Back to the mask found; a signal that still waits takes its ordinary course. */
void bench_signals_leave(const bench_signals *signals);

/* What to run. What it prints goes to the two files. */
typedef struct bench_order {
    char *const *argv; /* NULL behind the last; argv[0] is looked for on PATH */
    const char *output, *complaints;
    bool cleans_up; /* asked to end, it should get some seconds to do so (mpirun) */
} bench_order;

typedef struct bench_end {
    double wall_s;     /* from its start to its end */
    double peak_bytes; /* of all its processes together; 0: unknown */
    int status;        /* as the shell tells it: 128 + the signal it died of */
    int signal;        /* that asked us to end; 0: none did */
} bench_end;

/* Run it and wait for its end. FM_OK whatever its exit status; FM_BAD_INPUT: it could
 * not be started; FM_INTERRUPTED: a signal came, and the child and its processes are
 * ended. */
fm_status bench_child_run(const bench_order *order, const bench_signals *signals,
                          bench_end *end, fm_error *error);

#endif
