/* The run of a job, from the making of its result file to the exit status.
 *
 * All that fails here is a failed run (1), a disk without room for the result among it,
 * or a signal (128 + its number); only an output name that cannot be used is bad input
 * (2). The result file is complete under its name or not there at all. If single shots
 * fail the others are kept, with the failed ones marked; what an interrupted run has
 * done is kept likewise, but as NAME.part. Beside the result goes the record of the run
 * (NAME.run.json), last of all, because it tells of a result that is there. A record
 * that cannot be written makes the run a failed one: something asked for is missing. */
#include "run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli.h"
#include "core/hash.h"
#include "interrupt.h"
#include "io/result.h"
#include "io/run_record.h"
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
    fm_run_record *record;
    fm_run_facts facts;
    char job_hash[FM_HASH_TEXT]; /* which outlives the file */
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
    fm_run_record_add(r->record, result);
    if (result->status == FM_CANCELLED) {
        return FM_OK; /* given up after a signal: not done, as if never begun */
    }
    report_add(&r->report, result);
    if (result->status != FM_OK) {
        complain_of_shot(r, result);
    }
    return fm_result_add(r->file, result, error);
}

static fm_status take_sums(void *context, const fm_shot_sums *sums, fm_error *error)
{
    return fm_result_add_sums(((run *)context)->file, sums, error);
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

/* A second after SIGTERM mpirun sends SIGKILL: what was done must be written by then.
 */
static bool no_time_left(void *context)
{
    (void)context;
    return interrupt_caught() == SIGTERM && fm_pool_under_mpirun();
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
    case SIGUSR1:
        return "SIGUSR1";
    default:
        return "SIGHUP";
    }
}

/* Beside the result there is to be its record; without it the run is no success. */
static bool keep_record(const run *r, const char *result, const char *interrupted)
{
    fm_error error = {0};
    fm_run_facts facts = r->facts;
    facts.result = result;
    facts.interrupted = interrupted;
    facts.hurried = interrupted && no_time_left(NULL);
    char *path = fm_run_record_name(r->report.job->spec.output, interrupted != NULL);
    fm_status status =
        path ? fm_run_record_write(r->record, &facts, path, interrupt_remove, &error)
             : fm_fail_memory(&error, "the name of the run's record", 0);
    if (status != FM_OK) {
        cli_complain("%s (%s is whole, but there is no record of this run)",
                     error.message, result);
    }
    free(path);
    return status == FM_OK;
}

/* Give the result its name, which messages call `name`. */
static bool keep_result(run *r, const char *name)
{
    fm_error error = {0};
    fm_status status = fm_result_commit(r->file, &error);
    r->file = NULL;
    if (status != FM_OK) {
        cli_complain("%s", error.message);
        return false;
    }
    report_end(&r->report, r->facts.elapsed_s, name, file_size(name));
    return true;
}

/* What was done is worth keeping, but not under the name of a result. Its name, or
 * NULL after a complaint. */
static char *keep_part(run *r)
{
    fm_error error = {0};
    char *name = NULL;
    if (no_time_left(NULL)) {
        fm_result_hurry(r->file);
    }
    if (fm_result_set_aside(r->file, &error) == FM_OK) {
        name = strdup(fm_result_name(r->file));
        if (!name) {
            fm_fail_memory(&error, "the name of the result", 0);
        }
    }
    if (!name) {
        cli_complain("%s", error.message);
    } else if (!keep_result(r, name)) {
        free(name);
        name = NULL;
    }
    return name;
}

static int end_interrupted(run *r)
{
    const char *name = signal_name(interrupt_caught());
    size_t done = r->report.done, all = r->report.job->shots.n;
    char *part = done > 0 ? keep_part(r) : NULL;
    if (part) {
        const char *cache = r->report.job->spec.cache;
        cli_complain("interrupted by %s after %zu of %zu shots: kept in %s, the others "
                     "marked as not done; %s%s",
                     name, done, all, part,
                     cache ? "run it again to continue from what is in "
                           : "a run with --cache DIR can be continued",
                     cache ? cache : "");
        keep_record(r, part, name);
    } else {
        cli_complain("interrupted by %s after %zu of %zu shots: nothing was written",
                     name, done, all);
    }
    free(part);
    return 128 + interrupt_caught();
}

static int end_complete(run *r)
{
    if (r->report.done == 0) {
        cli_complain("no shot could be marched: nothing was written");
        return CLI_FAILED;
    }
    const char *name = r->report.job->spec.output;
    if (!keep_result(r, name)) {
        return CLI_FAILED;
    }
    int status = keep_record(r, name, NULL) ? CLI_DONE : CLI_FAILED;
    if (r->report.failed > 0) {
        cli_complain("%zu of %zu shots failed; %s has the others, and the failed ones "
                     "marked",
                     r->report.failed, r->report.job->shots.n, name);
        return CLI_FAILED;
    }
    return status;
}

/* A signal that came when all shots were running, or done, came too late to matter. */
static bool complete(const run *r)
{
    return r->report.done + r->report.failed == r->report.job->shots.n;
}

static int run_shots(run *r, fm_pool *pool, double grace_s)
{
    fm_error error = {0};
    fm_forward_sink sink = {.context = r,
                            .shot = take_shot,
                            .progress = take_progress,
                            .stop = stop_asked,
                            .grace_s = grace_s,
                            .give_up = no_time_left,
                            .sums = take_sums};
    double start = now_s();
    fm_status status = fm_forward_run(r->report.job, pool, &sink, &error);
    r->facts.elapsed_s = now_s() - start;
    progress_close(&r->bar);
    if (status == FM_INTERRUPTED && !complete(r)) {
        return end_interrupted(r);
    }
    if (status != FM_OK && status != FM_INTERRUPTED) {
        cli_complain("%s", error.message);
        return CLI_FAILED;
    }
    return end_complete(r);
}

static fm_run_facts known_facts(const forward_options *options, const fm_pool *pool)
{
    return (fm_run_facts){.command = options->command,
                          .ncommand = options->ncommand,
                          .backend = fm_pool_backend(pool),
                          .workers = fm_pool_workers(pool),
                          .started = time(NULL)};
}

int run_job(const fm_job *job, fm_pool *pool, const forward_options *options)
{
    fm_error error = {0};
    run r = {.bar = progress_open(options->progress, options->quiet),
             .report = {.job = job, .quiet = options->quiet}};
    interrupt_watch();
    if (fm_result_create(job->spec.output, job, &r.file, &error) != FM_OK ||
        fm_run_record_create(job, &r.record, &error) != FM_OK) {
        cli_complain("%s", error.message);
        fm_result_discard(r.file);
        return error.status == FM_BAD_INPUT ? CLI_BAD_INPUT : CLI_FAILED;
    }
    interrupt_remove(fm_result_temporary(r.file));
    memcpy(r.job_hash, fm_result_job_hash(r.file), sizeof r.job_hash);
    r.facts = known_facts(options, pool);
    r.facts.job_hash = r.job_hash;
    report_start(&r.report, fm_pool_backend(pool), fm_pool_workers(pool));
    int status = run_shots(&r, pool, options->grace_s);
    fm_result_discard(r.file);
    fm_run_record_destroy(r.record);
    interrupt_remove(NULL);
    return status;
}
