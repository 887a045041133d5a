#ifndef FM_CLI_OPTIONS_H
#define FM_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* How the progress of a run is told; by default a bar on a terminal, lines elsewhere,
 * and with --quiet nothing. */
typedef enum progress_style {
    PROGRESS_DEFAULT,
    PROGRESS_BAR,
    PROGRESS_LINES,
    PROGRESS_JSON,
    PROGRESS_NONE,
} progress_style;

/* The command line of `fermat forward` and of `fermat fmst`, which runs a job as well
 * but has no keys to set. */
typedef struct forward_options {
    const char *name;     /* "forward" or "fmst", as it stands in argv[0] */
    const char **command; /* [ncommand] all its words, as they were given */
    size_t ncommand;
    bool help, plan, quiet;
    progress_style progress;
    double grace_s;   /* for running shots when a signal comes; 0: what they need */
    const char *job;  /* the file to run */
    const char **set; /* [nset] overrides "key=value"; --output is the last of them */
    size_t nset;
    const char *cache;  /* a folder, or NULL */
    const char *output; /* a file, or NULL */
    char *set_output;   /* "output=FILE", or NULL */
    char *pool;         /* for fm_pool_open; NULL: its default */
} forward_options;

/* FM_BAD_INPUT says which option or argument is wrong. */
fm_status forward_options_read(int argc, char **argv, forward_options *options,
                               fm_error *error);
void forward_options_clear(forward_options *options);

#endif
