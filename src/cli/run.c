/* The run of a job, from the making of its result file to the exit status.
 *
 * All that fails here is a failed run (1), a disk without room for the result among it,
 * or a signal (128 + its number); only an output name that cannot be used is bad input
 * (2). The result file is complete under its name or not there at all. If single shots
 * fail the others are kept, with the failed ones marked. */
#include "run.h"

#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include "cli.h"
#include "interrupt.h"
#include "io/result.h"
#include "progress.h"
#include "report.h"

enum { COMPLAINTS = 10 }; /* about failed shots, at most */

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- the run ---- */

typedef struct run {
    fm_result_file *file;
    progress_bar bar;
    report report;
} run;

static void complain_of_shot(run *r, const fm_shot_result *result)
{
    progress_wipe(&r->bar);
    if (r->report.failed <= COMPLAINTS) {
        cli_complain(
            "the march from %s '%s' failed: %s", report_origin_kind(r->report.job),
            report_origin_id(r->report.job, result->shot),
            result->error ? result->error->message : fm_status_name(result->status));
    }
    if (r->report.failed == COMPLAINTS) {
        cli_complain("further failures are only counted");
    }
}

static fm_status take_shot(void *context, const fm_shot_result *result, fm_error *error)
{
    run *r = context;
    report_add(&r->report, result);
    if (result->status != FM_OK) {
        complain_of_shot(r, result);
    }
    return fm_result_add(r->file, result, error);
}

static void take_progress(void *context, const fm_progress *progress)
{
    progress_show(&((run *)context)->bar, progress);
}

static bool stop_asked(void *context)
{
    (void)context;
    return interrupt_caught() != 0;
}

static double file_size(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (double)status.st_size : -1;
}

/* ---- the end ---- */

static const char *signal_name(int number)
{
    switch (number) {
    case SIGINT:
        return "SIGINT";
    case SIGTERM:
        return "SIGTERM";
    default:
        return "SIGHUP";
    }
}

static int end_interrupted(const run *r)
{
    int number = interrupt_caught();
    cli_complain("interrupted by %s after %zu of %zu shots: nothing was written",
                 signal_name(number), r->report.done, r->report.job->shots.n);
    return 128 + number;
}

static int keep(run *r, double elapsed_s)
{
    const char *output = r->report.job->spec.output;
    fm_error error = {0};
    fm_status status = fm_result_commit(r->file, &error);
    r->file = NULL;
    if (status != FM_OK) {
        cli_complain("%s", error.message);
        return CLI_FAILED;
    }
    report_end(&r->report, elapsed_s, output, file_size(output));
    if (r->report.failed > 0) {
        cli_complain("%zu of %zu shots failed; %s has the others, and the failed ones "
                     "marked",
                     r->report.failed, r->report.job->shots.n, output);
        return CLI_FAILED;
    }
    return CLI_DONE;
}

static int run_shots(run *r, fm_pool *pool)
{
    fm_error error = {0};
    fm_forward_sink sink = {r, take_shot, take_progress, stop_asked};
    double start = now_s();
    fm_status status = fm_forward_run(r->report.job, pool, &sink, &error);
    double elapsed_s = now_s() - start;
    progress_wipe(&r->bar);
    if (status == FM_INTERRUPTED) {
        return end_interrupted(r);
    }
    if (status != FM_OK) {
        cli_complain("%s", error.message);
        return CLI_FAILED;
    }
    if (r->report.done == 0) {
        cli_complain("no shot could be marched: nothing was written");
        return CLI_FAILED;
    }
    return keep(r, elapsed_s);
}

int run_job(const fm_job *job, fm_pool *pool, const forward_options *options)
{
    fm_error error = {0};
    run r = {.bar = progress_open(options->quiet),
             .report = {.job = job, .quiet = options->quiet}};
    interrupt_watch();
    if (fm_result_create(job->spec.output, job, &r.file, &error) != FM_OK) {
        cli_complain("%s", error.message);
        return error.status == FM_BAD_INPUT ? CLI_BAD_INPUT : CLI_FAILED;
    }
    interrupt_remove(fm_result_temporary(r.file));
    report_start(&r.report, fm_pool_backend(pool), fm_pool_workers(pool));
    int status = run_shots(&r, pool);
    fm_result_discard(r.file);
    interrupt_remove(NULL);
    return status;
}
