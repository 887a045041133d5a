/* What the residuals of a shot pull at: each time's residual by its variance is its
 * weight in the adjoint of the march, which gives the derivative with respect to the
 * slowness of every node of every grid that was marched; the chain rule takes that to
 * the coefficients. A refined zone around the source has nodes of its own, sampled from
 * the same model for this shot. */
#include "pull.h"

#include <math.h>

static fm_status add_zone(const job_view *job, const fm_sensitivity *zone,
                          double *gradient, fm_error *error)
{
    fm_jacobian *jacobian = NULL;
    fm_status status = fm_jacobian_create(&job->model, zone->medium, &job->coefficients,
                                          &jacobian, error);
    if (status == FM_OK) {
        fm_jacobian_add(jacobian, zone->kernel, zone->beyond, gradient);
    }
    fm_jacobian_destroy(jacobian);
    return status;
}

fm_status fm_pull_add(const job_view *job, fm_solver *solver,
                      const fm_jacobian *jacobian, const fm_point *target,
                      const double *time_s, const double *observed_s,
                      const double *pull, size_t n, double *weight, double *gradient,
                      fm_error *error)
{
    for (size_t r = 0; r < n; r++) {
        double residual = time_s[r] - observed_s[r];
        weight[r] = isfinite(residual) ? pull[r] * residual : 0;
        if (isfinite(residual) && !isfinite(weight[r] * residual)) {
            return fm_fail(error, FM_FAILED,
                           "the observed time %g s, %g s from the computed one, with "
                           "sigma %g s makes a misfit too large for a number",
                           observed_s[r], residual, sqrt(1 / pull[r]));
        }
    }
    fm_status status = fm_solver_adjoint(solver, target, weight, n, error);
    if (status != FM_OK) {
        return status;
    }
    fm_sensitivity grid = fm_solver_sensitivity(solver, 0);
    fm_jacobian_add(jacobian, grid.kernel, grid.beyond, gradient);
    for (size_t g = 1; g < fm_solver_grids(solver) && status == FM_OK; g++) {
        fm_sensitivity zone = fm_solver_sensitivity(solver, g);
        status = add_zone(job, &zone, gradient, error);
    }
    return status;
}
