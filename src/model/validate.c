/* Everything an author could get wrong in a model, found before it is used. Messages
 * say where by number, counted from 1 (so that 0 and n + 1 are the cushion of a
 * B-spline), and by coordinates. */
#include <math.h>

#include "limits.h"
#include "sampler.h"

/* --- Formulas --- */

static fm_status check_corner(const fm_model *model, double x, double z,
                              fm_error *error)
{
    double speed = model->speed + model->gradient_x * x + model->gradient_z * z;
    if (!isfinite(speed) || speed <= 0) {
        return fm_fail(error, FM_BAD_INPUT,
                       "the speed at %s %g, %s %g %s is %g km/s: it must be positive",
                       fm_geometry_x_name(model->geometry), x,
                       fm_geometry_z_name(model->geometry), z,
                       fm_geometry_z_unit(model->geometry), speed);
    }
    return FM_OK;
}

static fm_status check_constant(const fm_model *model, fm_error *error)
{
    if (!isfinite(model->speed) || model->speed <= 0) {
        return fm_fail(error, FM_BAD_INPUT,
                       "the constant speed is %g km/s: it must be positive",
                       model->speed);
    }
    return FM_OK;
}

/* A linear function is least in a corner. */
static fm_status check_gradient(const fm_model *model, fm_error *error)
{
    const double x[2] = {model->x_min, model->x_max};
    const double z[2] = {model->z_min, model->z_max};
    fm_status status = FM_OK;
    for (int corner = 0; !status && corner < 4; corner++) {
        status = check_corner(model, x[corner % 2], z[corner / 2], error);
    }
    return status;
}

/* --- Profiles --- */

static fm_status check_knot(const fm_model *model, size_t knot, fm_error *error)
{
    double depth = model->depth_km[knot], speed = model->knot_speed[knot];
    if (!isfinite(depth)) {
        return fm_fail(error, FM_BAD_INPUT,
                       "knot %zu has depth %g km: it must be finite", knot + 1, depth);
    }
    if (!isfinite(speed) || speed < 0) {
        return fm_fail(
            error, FM_BAD_INPUT,
            "knot %zu at depth %g km has speed %g km/s: it must be positive, "
            "or 0 for a mask",
            knot + 1, depth, speed);
    }
    return FM_OK;
}

static fm_status check_gap(const fm_model *model, size_t knot, fm_error *error)
{
    const double *depth = model->depth_km + knot;
    double gap = depth[0] - depth[-1];
    if (gap < 0) {
        return fm_fail(error, FM_BAD_INPUT,
                       "knot %zu at depth %.10g km follows depth %.10g km: depths must "
                       "ascend",
                       knot + 1, depth[0], depth[-1]);
    }
    if (gap > 0 && gap < FM_LEAST_GAP_KM) {
        return fm_fail(error, FM_BAD_INPUT,
                       "knots %zu and %zu are only %g km apart: depths must be equal, "
                       "for a discontinuity, or differ by at least %g km",
                       knot, knot + 1, gap, FM_LEAST_GAP_KM);
    }
    if (gap == 0 && knot >= 2 && depth[-2] == depth[0]) {
        return fm_fail(error, FM_BAD_INPUT,
                       "depth %.10g km appears three times (knots %zu to %zu): a "
                       "discontinuity is two knots",
                       depth[0], knot - 1, knot + 1);
    }
    return FM_OK;
}

/* A speed that falls to 0 would make a time that grows without bound. */
static fm_status check_slope(const fm_model *model, size_t knot, fm_error *error)
{
    const double *depth = model->depth_km + knot, *speed = model->knot_speed + knot;
    if (depth[-1] < depth[0] && (speed[-1] == 0) != (speed[0] == 0)) {
        return fm_fail(
            error, FM_BAD_INPUT,
            "between depths %.10g and %.10g km (knots %zu and %zu) the speed "
            "goes from %g to %g km/s: a masked layer must begin and end with "
            "a discontinuity",
            depth[-1], depth[0], knot, knot + 1, speed[-1], speed[0]);
    }
    return FM_OK;
}

/* What lies above the surface is no part of the Earth that a profile describes, even if
 * its table begins there. */
static fm_status check_surface(const fm_model *model, double top, fm_error *error)
{
    if (top >= -FM_SAME_DEPTH_KM) {
        return FM_OK;
    }
    if (model->geometry == FM_POLAR) {
        return fm_fail(error, FM_BAD_INPUT,
                       "the extent reaches up to radius %.10g km, above the surface: "
                       "radii of a profile are at most %.10g km (model.radius)",
                       model->z_max, model->radius_km);
    }
    return fm_fail(error, FM_BAD_INPUT,
                   "the extent reaches up to z %.10g km, above the surface: z of a "
                   "profile is a depth, at least 0 km",
                   model->z_min);
}

static fm_status check_depths(const fm_model *model, fm_error *error)
{
    double one = fm_profile_depth(model, model->z_min);
    double other = fm_profile_depth(model, model->z_max);
    double top = fmin(one, other), bottom = fmax(one, other);
    fm_status status = check_surface(model, top, error);
    if (status) {
        return status;
    }
    double first = model->depth_km[0], last = model->depth_km[model->nknots - 1];
    if (top < first - FM_SAME_DEPTH_KM || bottom > last + FM_SAME_DEPTH_KM) {
        return fm_fail(
            error, FM_BAD_INPUT,
            "the extent needs depths from %.10g to %.10g km, but the profile "
            "covers only %.10g to %.10g km",
            top, bottom, first, last);
    }
    return FM_OK;
}

static fm_status check_profile(const fm_model *model, fm_error *error)
{
    if (model->geometry == FM_GEOGRAPHIC) {
        return fm_fail(error, FM_BAD_INPUT,
                       "a profile against depth needs a cartesian or polar section: a "
                       "geographic grid has no depth");
    }
    if (model->nknots < 2) {
        return fm_fail(error, FM_BAD_INPUT,
                       "the profile has %zu knots: at least 2 are needed",
                       model->nknots);
    }
    fm_status status = check_knot(model, 0, error);
    for (size_t knot = 1; !status && knot < model->nknots; knot++) {
        status = check_knot(model, knot, error);
        if (!status) {
            status = check_gap(model, knot, error);
        }
        if (!status) {
            status = check_slope(model, knot, error);
        }
    }
    return status;
}

/* --- Nodes --- */

static fm_status check_axis(const char *name, const char *unit, size_t n, double first,
                            double step, fm_error *error)
{
    if (n < 2) {
        return fm_fail(error, FM_BAD_INPUT,
                       "the model has %zu nodes along %s: at least 2 are needed", n,
                       name);
    }
    if (!isfinite(first) || !isfinite(step) || !(step > 0)) {
        return fm_fail(error, FM_BAD_INPUT,
                       "the model's nodes along %s begin at %g with steps of %g %s: "
                       "both must be finite and the step positive",
                       name, first, step, unit);
    }
    return FM_OK;
}

static fm_status check_cover(const char *name, const char *unit, const double extent[2],
                             const double nodes[2], double step, fm_error *error)
{
    double margin = 1e-6 * step;
    if (extent[0] < nodes[0] - margin || extent[1] > nodes[1] + margin) {
        return fm_fail(error, FM_BAD_INPUT,
                       "the extent in %s is %.10g to %.10g %s, but the model's nodes "
                       "cover only %.10g to %.10g",
                       name, extent[0], extent[1], unit, nodes[0], nodes[1]);
    }
    return FM_OK;
}

static fm_status check_axes(const fm_model *model, fm_error *error)
{
    const char *x = fm_geometry_x_name(model->geometry);
    const char *z = fm_geometry_z_name(model->geometry);
    const char *x_unit = fm_geometry_x_unit(model->geometry);
    const char *z_unit = fm_geometry_z_unit(model->geometry);
    double x_last = model->x0 + (double)(model->nx - 1) * model->dx;
    double z_last = model->z0 + (double)(model->nz - 1) * model->dz;
    fm_status status = check_axis(x, x_unit, model->nx, model->x0, model->dx, error);
    if (!status) {
        status = check_axis(z, z_unit, model->nz, model->z0, model->dz, error);
    }
    if (!status) {
        status = check_cover(x, x_unit, (double[]){model->x_min, model->x_max},
                             (double[]){model->x0, x_last}, model->dx, error);
    }
    if (!status) {
        status = check_cover(z, z_unit, (double[]){model->z_min, model->z_max},
                             (double[]){model->z0, z_last}, model->dz, error);
    }
    return status;
}

static fm_status fail_node(const fm_model *model, const char *what, size_t column,
                           size_t row, double value, const char *allowed,
                           fm_error *error)
{
    return fm_fail(error, FM_BAD_INPUT,
                   "%s (column %zu, row %zu) at %s %.10g, %s %.10g %s has speed %g "
                   "km/s: %s",
                   what, column, row, fm_geometry_x_name(model->geometry),
                   model->x0 + ((double)column - 1) * model->dx,
                   fm_geometry_z_name(model->geometry),
                   model->z0 + ((double)row - 1) * model->dz,
                   fm_geometry_z_unit(model->geometry), value, allowed);
}

static fm_status check_values(const fm_model *model, fm_error *error)
{
    size_t open = 0;
    for (size_t k = 0; k < model->nz; k++) {
        for (size_t i = 0; i < model->nx; i++) {
            double value = model->values[k * model->nx + i];
            if (value < 0 || isinf(value)) {
                return fail_node(model, "node", i + 1, k + 1, value,
                                 "it must be positive and finite, or 0 or NaN for a "
                                 "mask",
                                 error);
            }
            open += value > 0;
        }
    }
    if (open == 0) {
        return fm_fail(error, FM_BAD_INPUT,
                       "all %zu nodes of the model are masked (speed 0 or NaN)",
                       model->nx * model->nz);
    }
    return FM_OK;
}

static bool in_cushion(const fm_model *model, size_t column, size_t row)
{
    return column == 0 || row == 0 || column == model->nx + 1 || row == model->nz + 1;
}

/* The cushion is often extrapolated, and may then fall below 0 where the model itself
 * stays well above: it need only be finite. What the spline makes of it is checked when
 * it is sampled. It is looked at last, because one bad vertex spoils an extrapolation.
 */
static fm_status check_vertices(const fm_model *model, bool cushion, fm_error *error)
{
    for (size_t k = 0; k < model->nz + 2; k++) {
        for (size_t i = 0; i < model->nx + 2; i++) {
            double value = model->values[k * (model->nx + 2) + i];
            if (in_cushion(model, i, k) != cushion) {
                continue;
            }
            if (!isfinite(value) || (!cushion && value <= 0)) {
                return fail_node(model, cushion ? "cushion vertex" : "vertex", i, k,
                                 value,
                                 cushion ? "it must be finite"
                                         : "the coefficients of a B-spline must be "
                                           "positive and cannot be masked",
                                 error);
            }
        }
    }
    return FM_OK;
}

static fm_status check_nodes(const fm_model *model, fm_error *error)
{
    fm_status status = check_axes(model, error);
    if (status) {
        return status;
    }
    if (model->interpolation != FM_BSPLINE) {
        return check_values(model, error);
    }
    status = check_vertices(model, false, error);
    return status ? status : check_vertices(model, true, error);
}

/* --- Cosines --- */

static fm_status check_cosines(const fm_model *model, fm_error *error)
{
    size_t nx = model->nx, nz = model->nz;
    if (nx < 1 || nx > FM_MOST_COSINES || nz < 1 || nz > FM_MOST_COSINES) {
        return fm_fail(error, FM_BAD_INPUT,
                       "a model of %zu x %zu cosines: there can be 1 to %d each way",
                       nx, nz, FM_MOST_COSINES);
    }
    if (!isfinite(model->reference)) {
        return fm_fail(error, FM_BAD_INPUT,
                       "the reference of the cosines is %g: it must be finite",
                       model->reference);
    }
    for (size_t n = 0; n < nx * nz; n++) {
        if (!isfinite(model->values[n])) {
            return fm_fail(error, FM_BAD_INPUT,
                           "the coefficient of cosines kx %zu, kz %zu is %g: it must "
                           "be finite",
                           n % nx, n / nx, model->values[n]);
        }
    }
    return FM_OK;
}

/* --- The whole --- */

static fm_status check_bounds(const fm_model *model, fm_error *error)
{
    fm_extent extent = {model->x_min, model->x_max, model->z_min, model->z_max};
    return fm_extent_check(model->geometry, model->radius_km, &extent, error);
}

fm_status fm_model_check_extent(const fm_model *model, fm_error *error)
{
    fm_status status = check_bounds(model, error);
    bool profile = model->kind == FM_MODEL_PROFILE && model->nknots > 0;
    return status || !profile ? status : check_depths(model, error);
}

fm_status fm_model_check_speeds(const fm_model *model, fm_error *error)
{
    switch (model->kind) {
    case FM_MODEL_CONSTANT:
        return check_constant(model, error);
    case FM_MODEL_GRADIENT:
        return check_gradient(model, error);
    case FM_MODEL_PROFILE:
        return check_profile(model, error);
    case FM_MODEL_COSINES:
        return check_cosines(model, error);
    case FM_MODEL_NODES:
        break;
    }
    return check_nodes(model, error);
}

fm_status fm_model_validate(const fm_model *model, fm_error *error)
{
    fm_status status = check_bounds(model, error);
    if (!status) {
        status = fm_model_check_speeds(model, error);
    }
    return status ? status : fm_model_check_extent(model, error);
}
