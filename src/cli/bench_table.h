#ifndef FM_CLI_BENCH_TABLE_H
#define FM_CLI_BENCH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/status.h"

/* What was measured of one backend, and what that comes to. */

typedef enum bench_state {
    BENCH_MEASURED,
    BENCH_NOT_AVAILABLE, /* note says why */
    BENCH_FAILED,        /* a run failed; note says how */
} bench_state;

typedef struct bench_row {
    const char *spec;
    bench_state state;
    char note[400];
    size_t workers;
    size_t runs;     /* so far */
    double *wall_s;  /* [runs] from the start of the program to its end */
    double *march_s; /* [runs] its marching phase; NaN where no record told it */
    double *shots_s; /* [runs] what the kernels took, all shots together; or NaN */
    size_t shots;
    double peak_bytes; /* the largest of the runs; 0: unknown */
    bool differs;      /* a result was not that of the first row */
} bench_row;

/* Room for so many runs. */
fm_status bench_row_make(const char *spec, size_t runs, bench_row *row,
                         fm_error *error);
void bench_row_clear(bench_row *row); /* accepts zeros */

/* Of a job: all rows, and what they have in common. */
typedef struct bench_table {
    const char *job; /* NULL: empty tasks, and march_s is the time of `tasks` of them */
    size_t processors, rounds, tasks;
    bench_row *row;
    size_t n;
} bench_table;

/* Compared with the first row that was measured. */
typedef struct bench_figures {
    double time_s, least_s, most_s; /* of the marching phase, or else the program */
    double wall_s;                  /* medians */
    double speedup, efficiency;
    double overhead_us; /* (workers x time - kernels' time) / shots; NaN: unknown */
} bench_figures;

double bench_median(const double *value, size_t n);
/* Whether every run of every measured row has the time of its marching phase. */
bool bench_has_march(const bench_table *table);
/* The first measured row; NULL: none was. */
const bench_row *bench_base(const bench_table *table);
/* Of a measured row. */
bench_figures bench_compute(const bench_table *table, const bench_row *row);

void bench_print(const bench_table *table);
void bench_write_csv(const bench_table *table, FILE *file);

#endif
