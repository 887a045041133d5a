/* Grids in files of others: what their variables and coordinates mean.
 *
 * Which coordinate is x is told by CF attributes (axis, standard_name, units) or by its
 * name; a y coordinate, as GMT calls it, is our z. A z coordinate is taken as it
 * stands, positive down, unless the file says positive = "up". Units are those of the
 * file's attributes, else those of the job. Descending coordinates are turned; the
 * steps must be equal, because the model's interpolation is on a regular grid. */
#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "io/load.h"
#include "raw_grid.h"

/* Steps may differ by this part of a step, besides the rounding of the file's type. */
static const double step_tolerance = 1e-6;

typedef struct unit {
    const char *name;
    double factor; /* to km, degrees or km/s */
} unit;

static const unit lengths[] = {{"km", 1},        {"kilometer", 1},  {"kilometers", 1},
                               {"kilometre", 1}, {"kilometres", 1}, {"m", 1e-3},
                               {"meter", 1e-3},  {"meters", 1e-3},  {"metre", 1e-3},
                               {"metres", 1e-3}, {NULL, 0}};

static const unit degrees[] = {
    {"degrees", 1},      {"degree", 1},    {"deg", 1},      {"degrees_east", 1},
    {"degree_east", 1},  {"degrees_E", 1}, {"degree_E", 1}, {"degrees_north", 1},
    {"degree_north", 1}, {"degrees_N", 1}, {"degree_N", 1}, {NULL, 0}};

static const unit speeds[] = {{"km/s", 1},       {"km s-1", 1},    {"km s^-1", 1},
                              {"km.s-1", 1},     {"km s**-1", 1},  {"m/s", 1e-3},
                              {"m s-1", 1e-3},   {"m s^-1", 1e-3}, {"m.s-1", 1e-3},
                              {"m s**-1", 1e-3}, {NULL, 0}};

/* The factor of the unit that the file names, or `otherwise` when it names none. */
static fm_status find_unit(const char *path, const char *name, const char *text,
                           const unit *known, const char *list, double otherwise,
                           double *factor, fm_error *error)
{
    *factor = otherwise;
    if (!text || text[0] == '\0') {
        return FM_OK;
    }
    for (; known->name; known++) {
        if (strcmp(known->name, text) == 0) {
            *factor = known->factor;
            return FM_OK;
        }
    }
    return fm_fail(error, FM_BAD_INPUT,
                   "%s: %.60s has the units '%.60s'; expected here: %s", path, name,
                   text, list);
}

/* --- Which axis is which --- */

typedef enum role { ROLE_UNKNOWN, ROLE_X, ROLE_Z } role;

static bool is_one_of(const char *text, const char *const *words)
{
    for (; text && *words; words++) {
        if (strcasecmp(text, *words) == 0) {
            return true;
        }
    }
    return false;
}

static role role_of(const fm_raw_axis *axis)
{
    static const char *const x_axes[] = {"X", NULL};
    static const char *const z_axes[] = {"Y", "Z", NULL};
    static const char *const x_names[] = {"x",     "lon",      "longitude", "angle",
                                          "theta", "distance", "easting",   NULL};
    static const char *const z_names[] = {"z",      "y", "lat",   "latitude",
                                          "radius", "r", "depth", NULL};
    if (is_one_of(axis->axis, x_axes)) {
        return ROLE_X;
    }
    if (is_one_of(axis->axis, z_axes)) {
        return ROLE_Z;
    }
    bool x = is_one_of(axis->standard_name, x_names) || is_one_of(axis->name, x_names);
    bool z = is_one_of(axis->standard_name, z_names) || is_one_of(axis->name, z_names);
    return x == z ? ROLE_UNKNOWN : x ? ROLE_X : ROLE_Z;
}

/* Which of the two axes is x. */
static fm_status find_x(const char *path, const fm_raw_grid *raw, int *x_axis,
                        fm_error *error)
{
    role slow = role_of(&raw->axis[0]), fast = role_of(&raw->axis[1]);
    if (slow == fast) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s: which of the coordinates %.60s and %.60s is x? Name them "
                       "as the geometry does (x and z, lon and lat, angle and radius) "
                       "or give them an attribute axis, \"X\" and \"Z\"",
                       path, raw->axis[0].name, raw->axis[1].name);
    }
    *x_axis = slow == ROLE_X || fast == ROLE_Z ? 0 : 1;
    return FM_OK;
}

/* --- Coordinates of the model from those of the file --- */

typedef struct line { /* n equal steps from `first`; `descending`: to be turned */
    size_t n;
    double first, step;
    bool descending;
} line;

static fm_status convert_units(const char *path, fm_raw_axis *axis, bool is_length,
                               double length_scale, fm_error *error)
{
    double factor = 1;
    fm_status status = is_length ? find_unit(path, axis->name, axis->units, lengths,
                                             "km, m", length_scale, &factor, error)
                                 : find_unit(path, axis->name, axis->units, degrees,
                                             "degrees, degrees_east, degrees_north", 1,
                                             &factor, error);
    for (size_t i = 0; i < axis->n; i++) {
        axis->at[i] *= factor;
    }
    return status;
}

/* Positive down (cartesian); radius from the centre (polar). */
static void point_z_down(fm_raw_axis *axis, fm_geometry geometry, double radius_km)
{
    static const char *const depth_names[] = {"depth", NULL};
    bool up = axis->positive && strcasecmp(axis->positive, "up") == 0;
    bool depth = is_one_of(axis->name, depth_names) ||
                 is_one_of(axis->standard_name, depth_names);
    for (size_t i = 0; i < axis->n; i++) {
        if (geometry == FM_CARTESIAN && up) {
            axis->at[i] = -axis->at[i];
        } else if (geometry == FM_POLAR && depth) {
            axis->at[i] = up ? radius_km + axis->at[i] : radius_km - axis->at[i];
        }
    }
}

static fm_status check_steps(const char *path, const fm_raw_axis *axis, fm_error *error)
{
    size_t n = axis->n;
    double first = axis->at[0], last = axis->at[n - 1];
    double step = (last - first) / (double)(n - 1);
    double largest = fmax(fabs(first), fabs(last));
    double allowed = step_tolerance * fabs(step) + axis->rounding * largest;
    if (!(fabs(step) > axis->rounding * largest)) {
        return fm_fail(error, FM_BAD_INPUT, "%s: coordinate %.60s does not advance",
                       path, axis->name);
    }
    for (size_t i = 0; i < n; i++) {
        double wanted = first + (double)i * step;
        if (fabs(axis->at[i] - wanted) > allowed) {
            return fm_fail(
                error, FM_BAD_INPUT,
                "%s: coordinate %.60s does not advance in equal steps: value "
                "%zu is %.10g where equal steps of %.10g would give %.10g; "
                "resample it",
                path, axis->name, i + 1, axis->at[i], step, wanted);
        }
    }
    return FM_OK;
}

static line lay_line(const fm_raw_axis *axis)
{
    double first = axis->at[0], last = axis->at[axis->n - 1];
    bool descending = last < first;
    return (line){.n = axis->n,
                  .first = descending ? last : first,
                  .step = fabs(last - first) / (double)(axis->n - 1),
                  .descending = descending};
}

/* --- Values --- */

/* To [z][x], both ascending. */
static void turn(const fm_raw_grid *raw, bool x_is_slow, line x, line z, double factor,
                 double *values)
{
    size_t fast = raw->axis[1].n;
    for (size_t k = 0; k < z.n; k++) {
        size_t from_k = z.descending ? z.n - 1 - k : k;
        for (size_t i = 0; i < x.n; i++) {
            size_t from_i = x.descending ? x.n - 1 - i : i;
            size_t from = x_is_slow ? from_i * fast + from_k : from_k * fast + from_i;
            values[k * x.n + i] = raw->values[from] * factor;
        }
    }
}

static fm_status fill_model(const char *path, const fm_raw_grid *raw, int x_axis,
                            double length_scale, fm_model *model, fm_error *error)
{
    line x = lay_line(&raw->axis[x_axis]), z = lay_line(&raw->axis[1 - x_axis]);
    double factor = 1;
    fm_status status = find_unit(path, raw->name, raw->units, speeds, "km/s, m/s",
                                 length_scale, &factor, error);
    if (status != FM_OK) {
        return status;
    }
    assert(x.n > 1 && z.n > 1); /* as raw grids have */
    model->values = malloc(x.n * z.n * sizeof *model->values);
    if (!model->values) {
        return fm_fail_memory(error, "a velocity grid",
                              (double)(x.n * z.n) * sizeof *model->values);
    }
    turn(raw, x_axis == 0, x, z, factor, model->values);
    model->nx = x.n;
    model->nz = z.n;
    model->x0 = model->x_min = x.first;
    model->z0 = model->z_min = z.first;
    model->dx = x.step;
    model->dz = z.step;
    model->x_max = x.first + (double)(x.n - 1) * x.step;
    model->z_max = z.first + (double)(z.n - 1) * z.step;
    return FM_OK;
}

static fm_status interpret(const char *path, fm_raw_grid *raw, double length_scale,
                           fm_model *model, fm_error *error)
{
    int x_axis = 0;
    fm_geometry geometry = model->geometry;
    double own_scale = geometry == FM_CARTESIAN ? length_scale : 1;
    fm_status status = find_x(path, raw, &x_axis, error);
    if (status != FM_OK) {
        return status;
    }
    fm_raw_axis *x = &raw->axis[x_axis], *z = &raw->axis[1 - x_axis];
    status = convert_units(path, x, geometry == FM_CARTESIAN, own_scale, error);
    if (status == FM_OK) {
        status = convert_units(path, z, geometry != FM_GEOGRAPHIC, own_scale, error);
    }
    if (status == FM_OK) {
        point_z_down(z, geometry, model->radius_km);
        status = check_steps(path, x, error);
    }
    if (status == FM_OK) {
        status = check_steps(path, z, error);
    }
    return status == FM_OK ? fill_model(path, raw, x_axis, length_scale, model, error)
                           : status;
}

/* B-spline coefficients need their ring; then all is there to be validated. */
static fm_status finish(const char *path, fm_interpolation interpolation,
                        fm_model *model, fm_error *error)
{
    model->interpolation = interpolation;
    fm_status status = FM_OK;
    if (interpolation == FM_BSPLINE) {
        status = fm_model_add_cushion(model, error);
    }
    if (status == FM_OK) {
        status = fm_model_validate(model, error);
    }
    return status == FM_OK ? FM_OK : fm_fail_within(error, "%s", path);
}

fm_status fm_grid_file_read(const char *path, const char *variable,
                            fm_geometry geometry, double radius_km,
                            fm_interpolation interpolation, double length_scale,
                            fm_model *model, fm_error *error)
{
    fm_raw_grid raw = {0};
    *model = (fm_model){
        .geometry = geometry, .radius_km = radius_km, .kind = FM_MODEL_NODES};
    fm_status status = fm_raw_grid_read(path, variable, &raw, error);
    if (status == FM_OK) {
        status = interpret(path, &raw, length_scale, model, error);
    }
    fm_raw_grid_clear(&raw);
    if (status == FM_OK) {
        status = finish(path, interpolation, model, error);
    }
    if (status != FM_OK) {
        fm_model_clear(model);
    }
    return status;
}
