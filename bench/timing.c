/* Time, and the time of a march. */
#include "timing.h"

#include <math.h>
#include <time.h>

double bench_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

fm_status bench_best_march(fm_solver *solver, fm_point source, size_t repeats,
                           double *best_s, fm_error *error)
{
    *best_s = INFINITY;
    for (size_t n = 0; n < repeats; n++) {
        double began = bench_now_s();
        fm_status status = fm_solver_march(solver, source, NULL, 0, error);
        if (status != FM_OK) {
            return status;
        }
        *best_s = fmin(*best_s, bench_now_s() - began);
    }
    return FM_OK;
}
