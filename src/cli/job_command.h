#ifndef FM_CLI_JOB_COMMAND_H
#define FM_CLI_JOB_COMMAND_H

#include "forward/job.h"
#include "options.h"

/* What differs between the commands that run a job, `forward` and `fmst`: where the job
 * comes from, and what is made of its result. */
typedef struct job_command {
    void *context;
    /* The job with its output, not yet prepared. */
    fm_status (*load)(void *context, const forward_options *options, fm_job *job,
                      fm_error *error);
    /* On stdout, before the plan or the run, unless --quiet. May be NULL. */
    void (*describe)(void *context);
    /* After a run in which nothing failed: the exit status. May be NULL. */
    int (*finish)(void *context, const forward_options *options, const fm_job *job);
    /* After a run that failed or was interrupted, when all about it has been said. May
     * be NULL. */
    void (*abandon)(void *context);
} job_command;

/* Open the pool, load the job, plan it or run it. The exit status. */
int job_command_run(const job_command *command, const forward_options *options);

/* Read the command line and do as it says; the exit status. */
int job_command_main(const job_command *command, int argc, char **argv);

#endif
