#ifndef FM_CLI_BENCH_MEASURE_H
#define FM_CLI_BENCH_MEASURE_H

#include <stdbool.h>

#include "bench_child.h"
#include "bench_files.h"
#include "bench_options.h"
#include "bench_table.h"

/* A bench under way. */
typedef struct bench {
    const bench_options *options;
    char program[4096]; /* this one, by its path */
    bench_signals signals;
    bench_folder folder;
    char *output, *complaints;         /* of a child */
    char *result, *record, *reference; /* of forward; the result that came first */
    bool has_reference;
    bench_table table;
    int signal; /* that ended the bench; 0: none */
} bench;

/* Whether the job can be run at all; what is wrong with it is not for every row to say.
 * An exit status; it has complained. */
int bench_check_job(bench *b);

/* Try all backends, then measure them in turn, round after round, into the rows of the
 * table. Ends early when a signal comes. */
void bench_measure(bench *b);

enum { BENCH_EMPTY_TASKS = 100000 }; /* a series of them; see bench.h */

#endif
