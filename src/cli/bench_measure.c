/* The runs of a bench.
 *
 * Every measurement is a run of the program by itself, so that its memory is its own
 * and nothing is warm from the one before. Rounds go through the whole list in turn: a
 * machine that slows down for a minute then slows down all alike, and the medians
 * hardly notice. The results of all runs are compared with that of the first, byte for
 * byte.
 *
 * A backend that cannot be had is a row that says why; the others are measured. */
#include "bench_measure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "bench_record.h"
#include "cli.h"

/* ---- a run ---- */

/* Run this program with args[] on a backend. */
static fm_status run(bench *b, const char *const *args, size_t n, const char *spec,
                     bench_end *end, fm_error *error)
{
    bench_command command;
    fm_status status = bench_command_make(b->program, args, n, spec, &command, error);
    if (status != FM_OK) {
        return status;
    }
    bench_order order = {.argv = command.argv,
                         .output = b->output,
                         .complaints = b->complaints,
                         .cleans_up = command.mpi};
    status = bench_child_run(&order, &b->signals, end, error);
    b->signal = status == FM_INTERRUPTED ? end->signal : b->signal;
    bench_command_clear(&command);
    return status;
}

static fm_status run_forward(bench *b, const char *plan, const char *spec,
                             bench_end *end, fm_error *error)
{
    const bench_options *options = b->options;
    const char **args = calloc(5 + 2 * options->nset, sizeof *args);
    if (!args) {
        return fm_fail_memory(error, "a command line", (double)options->nset);
    }
    size_t n = 0;
    args[n++] = "forward";
    args[n++] = options->job;
    args[n++] = plan;
    for (size_t i = 0; i < options->nset; i++) {
        args[n++] = "--set";
        args[n++] = options->set[i];
    }
    args[n++] = "-o";
    args[n++] = b->result;
    fm_status status = run(b, args, n, spec, end, error);
    free(args);
    return status;
}

/* ---- before: can the job be run, which backends are there ---- */

int bench_check_job(bench *b)
{
    fm_error error = {0};
    bench_end end;
    if (run_forward(b, "--plan", "serial", &end, &error) != FM_OK) {
        return b->signal ? CLI_FAILED : cli_refuse(&error);
    }
    if (end.status != 0) {
        char complaint[1200];
        bench_files_complaint(b->complaints, complaint, sizeof complaint);
        cli_complain("%s", complaint);
    }
    return end.status;
}

static void read_workers(const bench *b, bench_row *row)
{
    FILE *file = fopen(b->output, "r");
    if (!file || fscanf(file, "workers %zu", &row->workers) != 1 || row->workers == 0) {
        row->state = BENCH_NOT_AVAILABLE;
        snprintf(row->note, sizeof row->note,
                 "it does not say how many workers it has");
    }
    if (file) {
        fclose(file);
    }
}

static void note_complaint(const bench *b, bench_row *row, bench_state state,
                           int status)
{
    char complaint[sizeof row->note - 40];
    bench_files_complaint(b->complaints, complaint, sizeof complaint);
    row->state = state;
    if (complaint[0]) {
        snprintf(row->note, sizeof row->note, "%s", complaint);
    } else {
        snprintf(row->note, sizeof row->note, "it ended with status %d", status);
    }
}

static void probe(bench *b, bench_row *row)
{
    static const char *const args[] = {"bench-empty", "0"};
    fm_error error = {0};
    bench_end end;
    if (run(b, args, 2, row->spec, &end, &error) != FM_OK) {
        row->state = BENCH_NOT_AVAILABLE;
        snprintf(row->note, sizeof row->note, "%.350s", error.message);
    } else if (end.status != 0) {
        note_complaint(b, row, BENCH_NOT_AVAILABLE, end.status);
    } else {
        read_workers(b, row);
    }
}

/* ---- a measurement ---- */

static fm_status compare(bench *b, bench_row *row, fm_error *error)
{
    if (!b->has_reference) {
        if (rename(b->result, b->reference) != 0) {
            return fm_fail(error, FM_IO_FAILED, "%s: %s", b->result, strerror(errno));
        }
        b->has_reference = true;
        return FM_OK;
    }
    bool same = false;
    fm_status status = bench_files_same(b->result, b->reference, &same, error);
    row->differs = row->differs || !same;
    unlink(b->result);
    return status;
}

static void add_job_run(bench *b, bench_row *row, const bench_end *end)
{
    bench_record record;
    bool told = bench_record_read(b->record, &record);
    row->wall_s[row->runs] = end->wall_s;
    row->march_s[row->runs] = told ? record.march_s : NAN;
    row->shots_s[row->runs] = told ? record.shots_s : NAN;
    row->shots = told ? record.shots : 0;
    row->runs++;
    unlink(b->record);
}

static fm_status measure_job(bench *b, bench_row *row, bench_end *end, fm_error *error)
{
    fm_status status = run_forward(b, "--quiet", row->spec, end, error);
    if (status == FM_OK && end->status == 0) {
        add_job_run(b, row, end);
        status = compare(b, row, error);
    }
    return status;
}

static fm_status measure_empty(bench *b, bench_row *row, bench_end *end,
                               fm_error *error)
{
    char tasks[32];
    const char *const args[] = {"bench-empty", tasks};
    snprintf(tasks, sizeof tasks, "%d", BENCH_EMPTY_TASKS);
    fm_status status = run(b, args, 2, row->spec, end, error);
    FILE *file = status == FM_OK && end->status == 0 ? fopen(b->output, "r") : NULL;
    if (file) {
        double seconds;
        size_t most = row->runs + BENCH_SERIES;
        fscanf(file, "workers %*u ");
        while (row->runs < most && fscanf(file, "seconds %lf ", &seconds) == 1) {
            row->wall_s[row->runs] = end->wall_s;
            row->march_s[row->runs++] = seconds;
        }
        fclose(file);
    }
    return status;
}

static void measure(bench *b, bench_row *row)
{
    fm_error error = {0};
    bench_end end = {0};
    fm_status status = b->options->empty ? measure_empty(b, row, &end, &error)
                                         : measure_job(b, row, &end, &error);
    row->peak_bytes = fmax(row->peak_bytes, end.peak_bytes);
    if (status != FM_OK) {
        row->state = BENCH_FAILED;
        snprintf(row->note, sizeof row->note, "%.350s", error.message);
    } else if (end.status != 0 || row->runs == 0) {
        note_complaint(b, row, BENCH_FAILED, end.status);
    }
}

/* ---- rounds ---- */

/* On a terminal, because a bench may take long. */
static void tell(const char *what, size_t round, size_t rounds, const char *spec)
{
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r\033[K%s %zu of %zu: %s", what, round, rounds, spec);
        fflush(stderr);
    }
}

static void tell_no_more(void)
{
    if (isatty(STDERR_FILENO)) {
        fputs("\r\033[K", stderr);
    }
}

void bench_measure(bench *b)
{
    size_t rounds = b->options->repeat;
    for (size_t i = 0; i < b->table.n && !b->signal; i++) {
        tell("trying", i + 1, b->table.n, b->table.row[i].spec);
        probe(b, &b->table.row[i]);
    }
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < b->table.n && !b->signal; i++) {
            bench_row *row = &b->table.row[i];
            if (row->state == BENCH_MEASURED) {
                tell("round", round + 1, rounds, row->spec);
                measure(b, row);
            }
        }
    }
    tell_no_more();
}
