/* The propagation grid of a model. The step that is asked for, or that dicing implies,
 * is shrunk so that a whole number of steps spans the extent. A profile's rows are
 * fitted layer by layer instead: every discontinuity inside the extent becomes a row,
 * because where slowness jumps, its position relative to the nodes decides the
 * accuracy (see docs/method.md). */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "sampler.h"

/* What is a whole number but for rounding is not rounded up. */
static const double tolerance = 1e-6;

static double count_steps(double length, double step)
{
    return fmax(1, ceil(length / step - tolerance));
}

static fm_status choose_step(const fm_model *model, char axis, double wanted,
                             size_t dice, double node_step, double *step,
                             fm_error *error)
{
    if (!isfinite(wanted) || wanted < 0) {
        return fm_fail(error, FM_BAD_INPUT,
                       "the grid spacing d%c is %g: it must be positive", axis, wanted);
    }
    if (wanted == 0 && model->kind != FM_MODEL_NODES) {
        return fm_fail(error, FM_BAD_INPUT,
                       "the grid spacing d%c is missing: only a model given on nodes "
                       "can be diced",
                       axis);
    }
    *step = wanted > 0 ? wanted : node_step / (double)(dice > 0 ? dice : 1);
    return FM_OK;
}

static fm_status check_size(const fm_model *model, double dx, double dz,
                            fm_error *error)
{
    double columns = (model->x_max - model->x_min) / dx + 1;
    double rows = (model->z_max - model->z_min) / dz + 1;
    if (!(columns * rows <= (double)UINT32_MAX)) {
        return fm_fail(error, FM_BAD_INPUT,
                       "a grid of %.3g x %.3g nodes: at most %.0f nodes are possible",
                       columns, rows, (double)UINT32_MAX);
    }
    return FM_OK;
}

/* Rows of one layer, without its first: after n rows, up to and with `to`. Returns the
 * new number of rows; writes them when z is not NULL. */
static size_t split_layer(double from, double to, double dz, double *z, size_t n)
{
    size_t steps = (size_t)count_steps(to - from, dz);
    for (size_t k = 1; z && k < steps; k++) {
        z[n + k - 1] = from + (to - from) * ((double)k / (double)steps);
    }
    if (z) {
        z[n + steps - 1] = to;
    }
    return n + steps;
}

/* The z of the next discontinuity above `from` and below the model's end, or that. */
static double next_interface(const fm_model *model, double from)
{
    double next = model->z_max;
    for (size_t knot = 0; knot + 1 < model->nknots; knot++) {
        double depth = model->depth_km[knot];
        double z = model->geometry == FM_POLAR ? model->radius_km - depth : depth;
        bool ahead = z > from + FM_SAME_DEPTH_KM && z < next - FM_SAME_DEPTH_KM;
        if (ahead && fm_profile_jump_at(model, depth) == knot) {
            next = z;
        }
    }
    return next;
}

static size_t lay_rows(const fm_model *model, double dz, double *z)
{
    double from = model->z_min;
    size_t n = 1;
    if (z) {
        z[0] = from;
    }
    while (from < model->z_max) {
        double to = next_interface(model, from);
        n = split_layer(from, to, dz, z, n);
        from = to;
    }
    return n;
}

static fm_status fitted_grid(const fm_model *model, size_t nx, double dx, double dz,
                             fm_grid *grid, fm_error *error)
{
    size_t nz = lay_rows(model, dz, NULL);
    double *z = malloc(nz * sizeof *z);
    if (!z) {
        return fm_fail_memory(error, "the rows of a grid", (double)(nz * sizeof *z));
    }
    lay_rows(model, dz, z);
    fm_status status = fm_grid_create_rows(model->geometry, model->radius_km, nx, nz,
                                           model->x_min, dx, z, grid, error);
    free(z);
    return status;
}

fm_status fm_model_grid(const fm_model *model, const fm_spacing *spacing, fm_grid *grid,
                        fm_error *error)
{
    double dx = 0, dz = 0;
    *grid = (fm_grid){0};
    fm_status status =
        choose_step(model, 'x', spacing->dx, spacing->dice_x, model->dx, &dx, error);
    if (!status) {
        status = choose_step(model, 'z', spacing->dz, spacing->dice_z, model->dz, &dz,
                             error);
    }
    if (!status) {
        status = check_size(model, dx, dz, error);
    }
    if (status) {
        return status;
    }
    double width = model->x_max - model->x_min, height = model->z_max - model->z_min;
    double nx = count_steps(width, dx);
    if (model->kind == FM_MODEL_PROFILE) {
        return fitted_grid(model, (size_t)nx + 1, width / nx, dz, grid, error);
    }
    double nz = count_steps(height, dz);
    return fm_grid_create(model->geometry, model->radius_km, (size_t)nx + 1,
                          (size_t)nz + 1, model->x_min, width / nx, model->z_min,
                          height / nz, grid, error);
}
