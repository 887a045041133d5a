/* fermat bench: one job on a list of backends, measured; or empty tasks. The runs are
 * in bench_measure.c, what they come to is in bench_table.c. */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_measure.h"
#include "cli.h"
#include "parallel/pool.h"

/* ---- the end ---- */

static int keep_csv(const bench *b)
{
    const char *csv = b->options->csv;
    char *path = bench_folder_file(&b->folder, "table.csv");
    FILE *file = path ? fopen(path, "w") : NULL;
    bool good = file;
    if (file) {
        bench_write_csv(&b->table, file);
        good = !ferror(file);
        good = fclose(file) == 0 && good && rename(path, csv) == 0;
    }
    if (!good) {
        cli_complain("%s: cannot be written: %s", csv, strerror(errno));
    }
    free(path);
    return good ? CLI_DONE : CLI_FAILED;
}

static int verdict(const bench *b)
{
    const bench_table *table = &b->table;
    bool failed = false;
    for (size_t i = 0; i < table->n; i++) {
        failed = failed || table->row[i].state == BENCH_FAILED;
        if (table->row[i].differs) {
            cli_complain("%s: its result is not that of the others, byte for byte",
                         table->row[i].spec);
            failed = true;
        }
    }
    if (failed) {
        return CLI_FAILED;
    }
    if (!bench_base(table)) {
        cli_complain("none of these backends can be had");
        return CLI_BAD_INPUT;
    }
    return CLI_DONE;
}

static int measure_and_tell(bench *b)
{
    int status = b->options->empty ? CLI_DONE : bench_check_job(b);
    if (status == CLI_DONE) {
        bench_measure(b);
    }
    if (b->signal) {
        return 128 + b->signal;
    }
    if (status != CLI_DONE) {
        return status;
    }
    bench_print(&b->table);
    status = verdict(b);
    if (b->options->csv && keep_csv(b) != CLI_DONE) {
        return CLI_FAILED;
    }
    return status;
}

/* ---- from options to a bench, and back ---- */

/* mpirun refuses root and more ranks than processors unless it is told, and binds each
 * rank to one processor although it may have several threads. What the user has set
 * stays. */
static void prepare_for_mpi(void)
{
    if (geteuid() == 0) {
        setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 0);
        setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 0);
    }
    setenv("OMPI_MCA_rmaps_base_oversubscribe", "1", 0);
    setenv("OMPI_MCA_hwloc_base_binding_policy", "none", 0);
}

static fm_status find_program(bench *b, fm_error *error)
{
    ssize_t length = readlink("/proc/self/exe", b->program, sizeof b->program - 1);
    if (length < 0) {
        return fm_fail(error, FM_FAILED, "/proc/self/exe: %s", strerror(errno));
    }
    b->program[length] = '\0';
    return FM_OK;
}

static fm_status name_files(bench *b, fm_error *error)
{
    fm_status status = bench_folder_make(b->options->csv, &b->folder, error);
    if (status != FM_OK) {
        return status;
    }
    b->output = bench_folder_file(&b->folder, "output");
    b->complaints = bench_folder_file(&b->folder, "complaints");
    b->result = bench_folder_file(&b->folder, "result.h5");
    b->record = bench_folder_file(&b->folder, "result.run.json");
    b->reference = bench_folder_file(&b->folder, "first.h5");
    return b->output && b->complaints && b->result && b->record && b->reference
               ? FM_OK
               : fm_fail_memory(error, "names of files", 1);
}

static fm_status make_rows(bench *b, fm_error *error)
{
    bench_table *table = &b->table;
    size_t runs = b->options->repeat * (b->options->empty ? BENCH_SERIES : 1);
    const bench_specs *specs = &b->options->specs;
    table->row = calloc(specs->n, sizeof *table->row);
    fm_status status =
        table->row ? FM_OK : fm_fail_memory(error, "a table", (double)specs->n);
    while (status == FM_OK && table->n < specs->n) {
        status =
            bench_row_make(specs->spec[table->n], runs, &table->row[table->n], error);
        table->n += status == FM_OK;
    }
    return status;
}

static fm_status open_bench(bench *b, fm_error *error)
{
    b->table = (bench_table){.job = b->options->job,
                             .processors = fm_processors(),
                             .rounds = b->options->repeat,
                             .tasks = b->options->empty ? BENCH_EMPTY_TASKS : 0};
    fm_status status = find_program(b, error);
    if (status == FM_OK) {
        status = name_files(b, error);
    }
    return status == FM_OK ? make_rows(b, error) : status;
}

static void close_bench(bench *b)
{
    bench_folder_remove(&b->folder);
    free(b->output);
    free(b->complaints);
    free(b->result);
    free(b->record);
    free(b->reference);
    for (size_t i = 0; i < b->table.n; i++) {
        bench_row_clear(&b->table.row[i]);
    }
    free(b->table.row);
}

static int run_bench(const bench_options *options)
{
    bench b = {.options = options};
    fm_error error = {0};
    int status;
    bench_signals_watch(&b.signals);
    prepare_for_mpi();
    if (open_bench(&b, &error) == FM_OK) {
        status = measure_and_tell(&b);
    } else {
        status = cli_refuse(&error);
    }
    close_bench(&b);
    if (b.signal) {
        cli_complain("interrupted by %s: nothing was written",
                     bench_signal_name(b.signal));
    }
    bench_signals_leave(&b.signals);
    return status;
}

int cli_bench(int argc, char **argv)
{
    bench_options options;
    fm_error error = {0};
    if (bench_options_read(argc, argv, &options, &error) != FM_OK) {
        return cli_refuse(&error);
    }
    fm_status listed = FM_OK;
    if (options.specs.n == 0) {
        listed = bench_specs_add_usual(&options.specs, fm_processors(),
                                       bench_on_path("mpirun"), &error);
    }
    int status = CLI_DONE;
    if (options.help) {
        fputs(cli_help("bench"), stdout);
    } else if (listed != FM_OK) {
        status = cli_refuse(&error);
    } else {
        status = run_bench(&options);
    }
    bench_options_clear(&options);
    return status;
}
