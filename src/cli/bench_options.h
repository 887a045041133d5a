#ifndef FM_CLI_BENCH_OPTIONS_H
#define FM_CLI_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "bench_specs.h"
#include "core/status.h"

/* The command line of `fermat bench`. */
typedef struct bench_options {
    bool help, empty;
    const char *job; /* NULL with empty */
    const char *csv; /* NULL: none */
    size_t repeat;
    bench_specs specs; /* none: the usual ones */
    const char **set;  /* [nset] of --set, handed on to forward */
    size_t nset;
} bench_options;

/* FM_BAD_INPUT says which option or argument is wrong. */
fm_status bench_options_read(int argc, char **argv, bench_options *options,
                             fm_error *error);
void bench_options_clear(bench_options *options);

#endif
