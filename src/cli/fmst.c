/* fermat fmst: run the file set of fm2dss and write, beside the result file, the tables
 * that fm2dss would write.
 *
 * The run is that of `forward`. The tables are made from its result file afterwards and
 * only when all shots succeeded: their formats have no way to say that a time is
 * missing because something failed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "interrupt.h"
#include "io/fmst.h"
#include "io/run_record.h"
#include "io/same_file.h"
#include "job_command.h"
#include "quantity.h"

/* ---- before the run ---- */

enum { TABLES = 4 };

static const char *table_file(const fm_fmst_input *input, size_t i)
{
    const char *const files[TABLES] = {input->times_file, input->frechet_file,
                                       input->rays_file, input->field_file};
    return files[i];
}

static fm_status check_tables(const fm_fmst_input *input, const char *written,
                              fm_error *error)
{
    for (size_t i = 0; i < TABLES; i++) {
        const char *table = table_file(input, i);
        if (table && fm_same_file(written, table)) {
            return fm_fail(error, FM_BAD_INPUT,
                           "%s: %s would be written there, too, by %s", written, table,
                           input->path);
        }
    }
    return FM_OK;
}

/* The result file and its record, which have names of their own. */
static fm_status check_result(const fm_fmst_input *input, const char *output,
                              fm_error *error)
{
    char *record = fm_run_record_name(output, false);
    if (!record) {
        return fm_fail_memory(error, "the name of the run's record", 0);
    }
    fm_status status = check_tables(input, output, error);
    if (status == FM_OK) {
        status = check_tables(input, record, error);
    }
    free(record);
    return status;
}

static fm_status load(void *context, const forward_options *options, fm_job *job,
                      fm_error *error)
{
    fm_fmst_input *input = context;
    fm_status status = fm_fmst_input_read(options->job, input, error);
    if (status == FM_OK) {
        status = fm_fmst_load(input, job, error);
    }
    if (status != FM_OK) {
        return status;
    }
    job->spec.output =
        options->output ? strdup(options->output) : fm_fmst_result_name(input);
    if (!job->spec.output) {
        return fm_fail_memory(error, "the name of the result", 0);
    }
    status = check_result(input, job->spec.output, error);
    return status == FM_OK && !options->plan ? fm_fmst_check_files(input, error)
                                             : status;
}

static void describe(void *context)
{
    const fm_fmst_input *input = context;
    printf("fmst      %s; its lines 9 and 10 (source grid refinement) and 13 (narrow\n"
           "          band) have no effect: neither is needed here\n",
           input->path);
    for (size_t i = 0; i < TABLES; i++) {
        const char *file = table_file(input, i);
        if (file) {
            printf("          for %s\n", file);
        }
    }
}

/* ---- after the run ---- */

static bool stop_asked(void *context)
{
    (void)context;
    return interrupt_caught() != 0;
}

static void report_tables(const fm_fmst_input *input)
{
    for (size_t i = 0; i < TABLES; i++) {
        struct stat status;
        const char *file = table_file(input, i);
        if (file && stat(file, &status) == 0) {
            printf("table     %s, %s\n", file, bytes_text((double)status.st_size).text);
        }
    }
}

static int finish(void *context, const forward_options *options, const fm_job *job)
{
    const fm_fmst_input *input = context;
    fm_error error = {0};
    const fm_fmst_watch watch = {.temporary = interrupt_remove, .stop = stop_asked};
    fm_status status = fm_fmst_write(input, job, job->spec.output, &watch, &error);
    interrupt_remove(NULL);
    if (status != FM_OK) {
        cli_complain("%s (%s is whole, but not all tables of %s were written)",
                     error.message, job->spec.output, input->path);
        return status == FM_INTERRUPTED ? 128 + interrupt_caught() : CLI_FAILED;
    }
    if (!options->quiet) {
        report_tables(input);
    }
    return CLI_DONE;
}

static void abandon(void *context)
{
    const fm_fmst_input *input = context;
    if (table_file(input, 0) || table_file(input, 1) || table_file(input, 2) ||
        table_file(input, 3)) {
        cli_complain("the tables of %s were not written: they would need all shots",
                     input->path);
    }
}

int cli_fmst(int argc, char **argv)
{
    fm_fmst_input input = {0};
    const job_command command = {.context = &input,
                                 .load = load,
                                 .describe = describe,
                                 .finish = finish,
                                 .abandon = abandon};
    int status = job_command_main(&command, argc, argv);
    fm_fmst_input_clear(&input);
    return status;
}
