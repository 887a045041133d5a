#ifndef FM_CLI_INTERRUPT_H
#define FM_CLI_INTERRUPT_H

#include <stdbool.h>

/* From now on the first SIGINT, SIGTERM or SIGHUP is only noted (a signal that whoever
 * started us had set to be ignored stays so), the second ends the program at once; and
 * neither a reader of our output who goes away nor a limit on file sizes ends the run
 * by a signal (the write fails instead, and is told of). Under MPI it is the same with
 * SIGUSR1, the one signal that mpirun hands on without setting an end itself. */
void interrupt_watch(bool under_mpi);

/* The file to remove if the program is ended at once; NULL: none. Names longer than
 * 4095 bytes are ignored. */
void interrupt_remove(const char *temporary);

/* The signal that was noted, or 0. */
int interrupt_caught(void);

#endif
