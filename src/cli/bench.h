#ifndef FM_CLI_BENCH_H
#define FM_CLI_BENCH_H

#include "parallel/pool.h"

/* All kernels that this program has, those of forward and the empty task, in `table`:
 * for pools, and for processes that are started as workers of one. */
enum { CLI_KERNELS = 8 };
fm_kernels cli_kernels(fm_kernel table[CLI_KERNELS]);

/* The program's own half of `fermat bench`: `fermat bench-empty N --backend SPEC` opens
 * the pool, prints "workers W", and, unless N is 0, runs N empty tasks BENCH_SERIES
 * times (and some before, to warm up) and prints "seconds S" for each. It is no command
 * for people. */
int cli_bench_empty(int argc, char **argv);

enum { BENCH_SERIES = 3 };

#endif
