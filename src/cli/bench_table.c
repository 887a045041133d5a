/* From times to figures, and from figures to a table.
 *
 * Medians, because other programs disturb single runs; of the marching phase, because
 * starting the program and reading the model is the same work on any backend, and an
 * inversion does it once. */
#include "bench_table.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/version.h"
#include "quantity.h"

static const double quiet_machine = 0.1; /* scatter that needs no word */

/* ---- rows ---- */

fm_status bench_row_make(const char *spec, size_t runs, bench_row *row, fm_error *error)
{
    *row = (bench_row){.spec = spec};
    row->wall_s = calloc(runs, sizeof *row->wall_s);
    row->march_s = calloc(runs, sizeof *row->march_s);
    row->shots_s = calloc(runs, sizeof *row->shots_s);
    if (!row->wall_s || !row->march_s || !row->shots_s) {
        bench_row_clear(row);
        return fm_fail_memory(error, "the times of a backend", (double)runs * 24);
    }
    return FM_OK;
}

void bench_row_clear(bench_row *row)
{
    free(row->wall_s);
    free(row->march_s);
    free(row->shots_s);
    *row = (bench_row){0};
}

/* ---- figures ---- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(const double *value, size_t n)
{
    double *sorted = malloc((n + 1) * sizeof *sorted);
    double median = NAN;
    if (sorted && n > 0) {
        memcpy(sorted, value, n * sizeof *sorted);
        qsort(sorted, n, sizeof *sorted, ascending);
        median = n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    }
    free(sorted);
    return median;
}

const bench_row *bench_base(const bench_table *table)
{
    for (size_t i = 0; i < table->n; i++) {
        if (table->row[i].state == BENCH_MEASURED) {
            return &table->row[i];
        }
    }
    return NULL;
}

bool bench_has_march(const bench_table *table)
{
    for (size_t i = 0; i < table->n; i++) {
        const bench_row *row = &table->row[i];
        for (size_t r = 0; row->state == BENCH_MEASURED && r < row->runs; r++) {
            if (isnan(row->march_s[r])) {
                return false;
            }
        }
    }
    return true;
}

static double median_overhead_us(const bench_row *row)
{
    double *each = calloc(row->runs + 1, sizeof *each);
    double median = NAN;
    if (each && row->shots > 0) {
        for (size_t r = 0; r < row->runs; r++) {
            double spent = (double)row->workers * row->march_s[r];
            each[r] = 1e6 * (spent - row->shots_s[r]) / (double)row->shots;
        }
        median = bench_median(each, row->runs);
    }
    free(each);
    return median;
}

bench_figures bench_compute(const bench_table *table, const bench_row *row)
{
    bool march = bench_has_march(table);
    const bench_row *base = bench_base(table);
    const double *time = march ? row->march_s : row->wall_s;
    bench_figures f = {.time_s = bench_median(time, row->runs),
                       .wall_s = bench_median(row->wall_s, row->runs),
                       .least_s = INFINITY,
                       .overhead_us = march ? median_overhead_us(row) : NAN};
    for (size_t r = 0; r < row->runs; r++) {
        f.least_s = fmin(f.least_s, time[r]);
        f.most_s = fmax(f.most_s, time[r]);
    }
    f.speedup =
        bench_median(march ? base->march_s : base->wall_s, base->runs) / f.time_s;
    f.efficiency = f.speedup * (double)base->workers / (double)row->workers;
    return f;
}

/* ---- on the terminal ---- */

enum { FIGURE = 32 };

/* "-" for what is not known. */
static const char *figure(char text[FIGURE], int decimals, double value)
{
    if (isnan(value)) {
        return "-";
    }
    snprintf(text, FIGURE, "%.*f", decimals, value);
    return text;
}

static int width_of_specs(const bench_table *table)
{
    size_t width = strlen("backend");
    for (size_t i = 0; i < table->n; i++) {
        size_t length = strlen(table->row[i].spec);
        width = length > width ? length : width;
    }
    return (int)width;
}

static double unknown_if_zero(double value)
{
    return value > 0 ? value : NAN;
}

static void print_note(const bench_row *row, int width)
{
    printf("%-*s  %s: %s\n", width, row->spec,
           row->state == BENCH_FAILED ? "failed" : "not available", row->note);
}

static void print_job_row(const bench_table *table, const bench_row *row, int width)
{
    char march[FIGURE], overhead[FIGURE], memory[FIGURE];
    bench_figures f = bench_compute(table, row);
    printf("%-*s  %7zu  %9s  %9.3f  %8.2f  %8.1f %%  %11s  %9s  %s\n", width, row->spec,
           row->workers, figure(march, 3, bench_has_march(table) ? f.time_s : NAN),
           f.wall_s, f.speedup, 100 * f.efficiency, figure(overhead, 1, f.overhead_us),
           figure(memory, 1, unknown_if_zero(row->peak_bytes) / 1e6),
           row->differs ? "DIFFER" : "same");
}

static void print_empty_row(const bench_table *table, const bench_row *row, int width)
{
    char memory[FIGURE];
    bench_figures f = bench_compute(table, row);
    double tasks = (double)table->tasks;
    printf("%-*s  %7zu  %9.3f  %9.3f  %12.0f  %9s\n", width, row->spec, row->workers,
           1e6 * f.least_s / tasks, 1e6 * f.time_s / tasks, tasks / f.time_s,
           figure(memory, 1, unknown_if_zero(row->peak_bytes) / 1e6));
}

static void print_heading(const bench_table *table, int width)
{
    const bench_row *base = bench_base(table);
    printf("fermat %s, %zu processor%s; ", fm_version(), table->processors,
           plural(table->processors));
    if (!table->job) {
        printf("%zu empty tasks a measurement, %zu rounds of 3 in turn\n", table->tasks,
               table->rounds);
        printf("%-*s  %7s  %9s  %9s  %12s  %9s\n", width, "backend", "workers",
               "best us", "median us", "tasks/s", "memory MB");
        return;
    }
    printf("%s, medians of %zu round%s in turn\n", table->job, table->rounds,
           plural(table->rounds));
    printf("speed-up against %s, by the time of the %s\n",
           base ? base->spec : "nothing",
           bench_has_march(table) ? "march" : "whole program (wall)");
    printf("%-*s  %7s  %9s  %9s  %8s  %10s  %11s  %9s  %s\n", width, "backend",
           "workers", "march s", "wall s", "speed-up", "efficiency", "overhead us",
           "memory MB", "bytes");
}

/* How far the runs of a backend are apart, at most; 0.1: a tenth of the median. */
static double scatter(const bench_table *table)
{
    double largest = 0;
    for (size_t i = 0; i < table->n; i++) {
        if (table->row[i].state == BENCH_MEASURED) {
            bench_figures f = bench_compute(table, &table->row[i]);
            largest = fmax(largest, (f.most_s - f.least_s) / f.time_s);
        }
    }
    return largest;
}

static void print_scatter(const bench_table *table)
{
    double apart = scatter(table);
    if (apart > quiet_machine) {
        printf(
            "The runs of a backend are up to %.0f %% apart: the machine was busy with "
            "other things,\nor the job is too short.\n",
            100 * apart);
    }
}

void bench_print(const bench_table *table)
{
    int width = width_of_specs(table);
    print_heading(table, width);
    for (size_t i = 0; i < table->n; i++) {
        const bench_row *row = &table->row[i];
        if (row->state != BENCH_MEASURED) {
            print_note(row, width);
        } else if (table->job) {
            print_job_row(table, row, width);
        } else {
            print_empty_row(table, row, width);
        }
    }
    print_scatter(table);
}

/* ---- as CSV ---- */

static void put_text(FILE *file, const char *text)
{
    putc('"', file);
    for (; *text; text++) {
        if (*text == '"') {
            putc('"', file);
        }
        putc(*text, file);
    }
    putc('"', file);
}

/* A column that has no value is empty. */
static void put_number(FILE *file, double value)
{
    if (isnan(value)) {
        putc(',', file);
    } else {
        fprintf(file, ",%.9g", value);
    }
}

static void put_start(const bench_row *row, FILE *file)
{
    static const char *const states[] = {"measured", "not available", "failed"};
    put_text(file, row->spec);
    fprintf(file, ",%s", states[row->state]);
    put_number(file, unknown_if_zero((double)row->workers));
    fprintf(file, ",%zu", row->runs);
}

static void put_end(const bench_table *table, const bench_row *row, FILE *file)
{
    put_number(file, unknown_if_zero(row->peak_bytes));
    fprintf(file, ",%zu,%s,", table->processors, fm_version());
    put_text(file, row->note);
    putc('\n', file);
}

static void put_job_row(const bench_table *table, const bench_row *row, FILE *file)
{
    bench_figures f = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    bool measured = row->state == BENCH_MEASURED;
    if (measured) {
        f = bench_compute(table, row);
    }
    fprintf(file, ",%s", bench_has_march(table) ? "march" : "wall");
    put_number(file, f.time_s);
    put_number(file, f.least_s);
    put_number(file, f.most_s);
    put_number(file, f.wall_s);
    put_number(file, f.speedup);
    put_number(file, f.efficiency);
    put_number(file, unknown_if_zero((double)row->shots));
    put_number(file, f.overhead_us);
    fprintf(file, ",%s,", !measured ? "" : row->differs ? "no" : "yes");
    put_text(file, table->job);
}

static void put_empty_row(const bench_table *table, const bench_row *row, FILE *file)
{
    double tasks = (double)table->tasks;
    bench_figures f = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (row->state == BENCH_MEASURED) {
        f = bench_compute(table, row);
    }
    put_number(file, tasks);
    put_number(file, 1e6 * f.least_s / tasks);
    put_number(file, 1e6 * f.time_s / tasks);
    put_number(file, tasks / f.time_s);
}

void bench_write_csv(const bench_table *table, FILE *file)
{
    fprintf(file, "backend,state,workers,runs,%s,peak_bytes,processors,version,note\n",
            table->job ? "phase,time_s,time_min_s,time_max_s,wall_s,speedup,efficiency,"
                         "shots,overhead_us,same_bytes,job"
                       : "tasks,best_us,median_us,tasks_per_s");
    for (size_t i = 0; i < table->n; i++) {
        put_start(&table->row[i], file);
        if (table->job) {
            put_job_row(table, &table->row[i], file);
        } else {
            put_empty_row(table, &table->row[i], file);
        }
        put_end(table, &table->row[i], file);
    }
}
