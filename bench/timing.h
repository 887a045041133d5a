#ifndef FM_BENCH_TIMING_H
#define FM_BENCH_TIMING_H

#include "fmm/solver.h"

double bench_now_s(void); /* of a clock that never goes back */

/* The shortest of so many marches through the whole grid, s; other programs only ever
 * make one longer. */
fm_status bench_best_march(fm_solver *solver, fm_point source, size_t repeats,
                           double *best_s, fm_error *error);

#endif
