#ifndef FM_PARALLEL_CHILD_H
#define FM_PARALLEL_CHILD_H

#include <sys/types.h>

/* What a new process does first. */

/* Block the signals that are meant for the caller (and no others). If `parent` is not
 * 0, die by SIGKILL when the thread that made this process ends, and now if that was
 * not the parent's. */
void fm_child_settle(pid_t parent, const char *name);
/* Close every file but standard output, standard error and `kept`; standard input is
 * empty. */
void fm_child_close_files(int kept);
/* This process for the first of these, if the calling thread lives as long as it: the
 * main thread; else 0. */
pid_t fm_child_parent(void);

#endif
