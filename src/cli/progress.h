#ifndef FM_CLI_PROGRESS_H
#define FM_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

#include "parallel/pool.h"

/* How far a run is, on stderr: a bar on a terminal, redrawn at most five times a
 * second; elsewhere a line a minute. */
typedef struct progress_bar {
    FILE *stream; /* NULL: say nothing */
    bool terminal, drawn;
    double next_s; /* when to speak again */
} progress_bar;

progress_bar progress_open(bool quiet);
void progress_show(progress_bar *bar, const fm_progress *progress);
/* Wipe the bar, before anything else is written. */
void progress_wipe(progress_bar *bar);

#endif
