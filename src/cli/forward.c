/* fermat forward: run what a job file says (job_command.c). */
#include "cli.h"
#include "io/jobfile.h"
#include "io/load.h"
#include "job_command.h"

static fm_status load(void *context, const forward_options *options, fm_job *job,
                      fm_error *error)
{
    (void)context;
    fm_job_spec spec = {0};
    fm_status status =
        fm_jobfile_read(options->job, options->set, options->nset, &spec, error);
    if (status == FM_OK) {
        status = fm_job_load(&spec, job, error);
    }
    fm_job_spec_clear(&spec);
    return status;
}

int cli_forward(int argc, char **argv)
{
    return job_command_main(&(job_command){.load = load}, argc, argv);
}
