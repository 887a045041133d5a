#ifndef FM_CLI_BENCH_SPECS_H
#define FM_CLI_BENCH_SPECS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* The backends a bench compares: specs as fm_pool_open takes them, but for MPI
 * "mpi:N[,...]", which stands for `mpirun -n N` and the spec "mpi[,...]". */
typedef struct bench_specs {
    char **spec;
    size_t n;
} bench_specs;

/* One spec, as it is. */
fm_status bench_specs_add(bench_specs *specs, const char *spec, fm_error *error);
/* Several, separated by commas or blanks. What has an "=" (and stands before the next
 * blank) belongs to the spec before it: "serial,processes:2,start=spawn" are two. */
fm_status bench_specs_add_list(bench_specs *specs, const char *list, fm_error *error);
/* serial; threads and processes at 1, 2, 4 ... workers up to the processors, and mpi
 * from 2 on. */
fm_status bench_specs_add_usual(bench_specs *specs, size_t processors, bool mpi,
                                fm_error *error);
void bench_specs_clear(bench_specs *specs);

/* Whether a program of this name stands in a folder of PATH. */
bool bench_on_path(const char *program);

/* How to run `program args... --backend SPEC`. */
typedef struct bench_command {
    char **argv; /* NULL behind the last */
    char *ranks, *pool;
    bool mpi;
} bench_command;

/* `program` and args[] are not copied. FM_BAD_INPUT: "mpi:" is followed by no number of
 * ranks. */
fm_status bench_command_make(const char *program, const char *const *args, size_t n,
                             const char *spec, bench_command *command, fm_error *error);
void bench_command_clear(bench_command *command);

#endif
