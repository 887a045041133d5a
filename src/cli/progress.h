#ifndef FM_CLI_PROGRESS_H
#define FM_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

#include "options.h"
#include "parallel/pool.h"

/* How far a run is, on stderr: a bar, redrawn at most five times a second; a line a
 * minute; or for other programs an object of JSON a line, at most five a second and one
 * at the end:
 *
 *   {"done": 53, "failed": 0, "total": 200, "fraction": 0.262, "elapsed_s": 3.41,
 *    "to_go_s": 9.6}
 *
 * (on one line). done counts the shots that ended, failed ones among them; the fraction
 * is of their cost; to_go_s is null as long as nothing can be said. */
typedef struct progress_bar {
    FILE *stream; /* NULL: say nothing */
    progress_style style;
    bool drawn;
    bool behind; /* the last that was shown was not told, because it was too soon */
    fm_progress last; /* that was shown */
    double next_s;    /* when to speak again */
} progress_bar;

/* PROGRESS_DEFAULT: what fits, or nothing if `quiet`. */
progress_bar progress_open(progress_style style, bool quiet);
void progress_show(progress_bar *bar, const fm_progress *progress);
/* The run is over: wipe the bar, tell the end. */
void progress_close(progress_bar *bar);
/* Wipe the bar, before anything else is written. */
void progress_wipe(progress_bar *bar);

#endif
