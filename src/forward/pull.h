#ifndef FM_FORWARD_PULL_H
#define FM_FORWARD_PULL_H

#include "fmm/adjoint.h"
#include "packed.h"

/* The gradient of one shot's misfit 1/2 sum ((T - t) / sigma)^2 with respect to the
 * coefficients, added to gradient[]. After its march: its targets, their times (NaN
 * where not reached, and such a pair does not count), what was observed and 1 /
 * sigma^2. `jacobian` is that of the propagation grid; weight[n] is scratch. FM_FAILED:
 * a residual by its sigma is too large to square. */
fm_status fm_pull_add(const job_view *job, fm_solver *solver,
                      const fm_jacobian *jacobian, const fm_point *target,
                      const double *time_s, const double *observed_s,
                      const double *pull, size_t n, double *weight, double *gradient,
                      fm_error *error);

#endif
