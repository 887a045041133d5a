/* From the command line of a command that runs a job to its exit status: load the job,
 * plan it or have it run (run.c).
 *
 * Everything that can be wrong with what the user gave is found before the first march,
 * the output's name included (exit status 2). */
#include "job_command.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "forward/forward.h"
#include "io/result.h"
#include "io/run_record.h"
#include "io/same_file.h"
#include "report.h"
#include "run.h"

/* ---- before the run: the job ---- */

/* A slip of the pen must not cost the user his model. */
static fm_status protect_from(const char *written, const fm_job_spec *spec,
                              fm_error *error)
{
    const char *inputs[] = {spec->path, spec->model_file, spec->sources,
                            spec->receivers, spec->pairs};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        if (fm_same_file(written, inputs[i])) {
            return fm_fail(error, FM_BAD_INPUT,
                           "%s: the output would replace a file that the job reads",
                           written);
        }
    }
    return FM_OK;
}

static fm_status protect_inputs(const fm_job_spec *spec, fm_error *error)
{
    char *record = fm_run_record_name(spec->output, false);
    if (!record) {
        return fm_fail_memory(error, "the name of the run's record", 0);
    }
    fm_status status = protect_from(spec->output, spec, error);
    if (status == FM_OK) {
        status = protect_from(record, spec, error);
    }
    free(record);
    return status;
}

static fm_status load_job(const job_command *command, const forward_options *options,
                          fm_job *job, fm_error *error)
{
    fm_status status = command->load(command->context, options, job, error);
    if (status == FM_OK) {
        status = protect_inputs(&job->spec, error);
    }
    return status == FM_OK ? fm_job_prepare(job, error) : status;
}

/* Only for a run: --plan writes nothing. */
static fm_status open_cache(const forward_options *options, char **resolved,
                            fm_error *error)
{
    bool wanted = options->cache && !options->plan;
    return wanted ? fm_cache_open(options->cache, resolved, error) : FM_OK;
}

/* ---- the job is there ---- */

static int plan_job(const fm_job *job, const fm_pool *pool)
{
    report r = {.job = job};
    fm_plan plan = fm_forward_plan(job, fm_pool_workers(pool));
    plan.memory_bytes += fm_result_queue_bytes(job);
    report_plan(&r, &plan, fm_pool_backend(pool), job->spec.output,
                fm_result_bytes(job));
    return CLI_DONE;
}

static int plan_or_run(const job_command *command, const forward_options *options,
                       const fm_job *job, fm_pool *pool)
{
    if (command->describe && (options->plan || !options->quiet)) {
        command->describe(command->context);
    }
    if (options->plan) {
        return plan_job(job, pool);
    }
    int status = run_job(job, pool, options);
    if (status == CLI_DONE && command->finish) {
        return command->finish(command->context, options, job);
    }
    if (status != CLI_DONE && command->abandon) {
        command->abandon(command->context);
    }
    return status;
}

/* The pool comes first: processes are best forked by a young program, and of the ranks
 * of MPI only one should read the job. */
int job_command_run(const job_command *command, const forward_options *options)
{
    fm_error error = {0};
    fm_job job = {0};
    fm_pool *pool = NULL;
    fm_status opened = fm_pool_open(options->pool, fm_forward_kernels(), &pool, &error);
    int status = CLI_DONE; /* of a worker under MPI: rank 0 has the job */
    if (opened != FM_OK) {
        status = opened == FM_WAS_WORKER ? CLI_DONE : cli_refuse_alike(&error);
    } else if (load_job(command, options, &job, &error) != FM_OK ||
               open_cache(options, &job.spec.cache, &error) != FM_OK) {
        status = cli_refuse(&error);
    } else {
        status = plan_or_run(command, options, &job, pool);
    }
    fm_pool_close(pool, false);
    fm_job_clear(&job);
    return status;
}

int job_command_main(const job_command *command, int argc, char **argv)
{
    forward_options options;
    fm_error error = {0};
    if (forward_options_read(argc, argv, &options, &error) != FM_OK) {
        return cli_refuse_alike(&error);
    }
    int status = CLI_DONE;
    if (options.help) {
        fputs(cli_help(options.name), stdout);
    } else {
        status = job_command_run(command, &options);
    }
    forward_options_clear(&options);
    return status;
}
