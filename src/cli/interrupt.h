#ifndef FM_CLI_INTERRUPT_H
#define FM_CLI_INTERRUPT_H

/* From now on the first SIGINT, SIGTERM, SIGHUP or SIGUSR1 (the warning of batch
 * schedulers, and the one signal that mpirun hands on without setting an end itself) is
 * only noted (a signal that whoever started us had set to be ignored stays so), the
 * second ends the program at once; and neither a reader of our output who goes away nor
 * a limit on file sizes ends the run by a signal (the write fails instead, and is told
 * of). */
void interrupt_watch(void);

/* One more file to remove if the program is ended at once (that it has got another name
 * in the meantime does no harm); NULL: forget all of them. Names longer than 4095
 * bytes, and those after the eighth, are ignored. */
enum { INTERRUPT_NAMES = 8 };
void interrupt_remove(const char *temporary);

/* The signal that was noted, or 0. */
int interrupt_caught(void);

#endif
