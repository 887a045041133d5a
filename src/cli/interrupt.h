#ifndef FM_CLI_INTERRUPT_H
#define FM_CLI_INTERRUPT_H

/* From now on the first SIGINT, SIGTERM or SIGHUP is only noted (a signal that whoever
 * started us had set to be ignored stays so), the second ends the program at once; and
 * a reader of our output who goes away does not end the run. */
void interrupt_watch(void);

/* The file to remove if the program is ended at once; NULL: none. The name must stay
 * alive until the next call. */
void interrupt_remove(const char *temporary);

/* The signal that was noted, or 0. */
int interrupt_caught(void);

#endif
