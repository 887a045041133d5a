/* The propagation grid. Columns are a formula, x0 + i dx; rows are a list, so that they
 * can lie on interfaces. To find a point's row the list is first entered by
 * proportion, which is right at once for equal steps and close for nearly equal ones,
 * and searched by bisection only where that fails. */
#include "model/grid.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"

/* In steps: closer to a node than this is on it, no farther outside is inside. */
static const double tolerance = 1e-9;

static fm_status check_counts(size_t nx, size_t nz, fm_error *error)
{
    if (nx < 2 || nz < 2) {
        return fm_fail(error, FM_BAD_INPUT,
                       "a grid of %zu x %zu nodes: there must be at least two columns "
                       "and two rows",
                       nx, nz);
    }
    if (nx > UINT32_MAX / nz) {
        return fm_fail(error, FM_BAD_INPUT,
                       "a grid of %zu x %zu nodes: at most %lu nodes are possible", nx,
                       nz, (unsigned long)UINT32_MAX);
    }
    return FM_OK;
}

static fm_status check_step(const char *name, const char *unit, double step,
                            fm_error *error)
{
    if (!isfinite(step) || !(step > 0)) {
        return fm_fail(error, FM_BAD_INPUT,
                       "the step in %s is %g %s: it must be positive", name, step,
                       unit);
    }
    return FM_OK;
}

static fm_status check_rows(fm_geometry geometry, size_t nz, const double *z,
                            fm_error *error)
{
    for (size_t k = 1; k < nz; k++) {
        if (!(z[k] > z[k - 1])) {
            return fm_fail(error, FM_BAD_INPUT,
                           "rows must ascend: %s %.12g %s follows %.12g",
                           fm_geometry_z_name(geometry), z[k],
                           fm_geometry_z_unit(geometry), z[k - 1]);
        }
    }
    return FM_OK;
}

static fm_status check_columns(fm_geometry geometry, size_t nx, double x0, double dx,
                               fm_error *error)
{
    fm_status status = check_step(fm_geometry_x_name(geometry),
                                  fm_geometry_x_unit(geometry), dx, error);
    double x_max = x0 + dx * (double)(nx - 1);
    bool lost = x0 + dx <= x0 || x_max - dx >= x_max;
    if (!status && isfinite(x0) && lost) {
        status = fm_fail(
            error, FM_BAD_INPUT, "a step of %g %s is lost in rounding beside %s %g", dx,
            fm_geometry_x_unit(geometry), fm_geometry_x_name(geometry), x_max);
    }
    return status;
}

/* Everything but the rows' values; on failure `grid` is zeroed. */
static fm_status begin(fm_geometry geometry, double radius_km, size_t nx, size_t nz,
                       double x0, double dx, fm_grid *grid, fm_error *error)
{
    memset(grid, 0, sizeof *grid);
    fm_status status = check_counts(nx, nz, error);
    if (!status) {
        status = check_columns(geometry, nx, x0, dx, error);
    }
    if (status) {
        return status;
    }
    double *z = malloc(nz * sizeof *z);
    if (!z) {
        return fm_fail_memory(error, "the rows of a grid", (double)(nz * sizeof *z));
    }
    *grid = (fm_grid){
        .geometry = geometry,
        .radius_km = radius_km,
        .nx = nx,
        .nz = nz,
        .x0 = x0,
        .dx = dx,
        .z = z,
    };
    return FM_OK;
}

/* Judge the finished grid; clear it when it cannot be used. */
static fm_status finish(fm_grid *grid, fm_error *error)
{
    fm_status status = check_rows(grid->geometry, grid->nz, grid->z, error);
    if (!status) {
        fm_extent extent = {grid->x0, fm_grid_x_max(grid), grid->z[0],
                            grid->z[grid->nz - 1]};
        status = fm_extent_check(grid->geometry, grid->radius_km, &extent, error);
    }
    if (status) {
        fm_grid_clear(grid);
    }
    return status;
}

fm_status fm_grid_create(fm_geometry geometry, double radius_km, size_t nx, size_t nz,
                         double x0, double dx, double z0, double dz, fm_grid *grid,
                         fm_error *error)
{
    fm_status status = begin(geometry, radius_km, nx, nz, x0, dx, grid, error);
    if (status) {
        return status;
    }
    status = check_step(fm_geometry_z_name(geometry), fm_geometry_z_unit(geometry), dz,
                        error);
    if (status) {
        fm_grid_clear(grid);
        return status;
    }
    for (size_t k = 0; k < nz; k++) {
        grid->z[k] = z0 + (double)k * dz;
    }
    return finish(grid, error);
}

fm_status fm_grid_create_rows(fm_geometry geometry, double radius_km, size_t nx,
                              size_t nz, double x0, double dx, const double *z,
                              fm_grid *grid, fm_error *error)
{
    fm_status status = begin(geometry, radius_km, nx, nz, x0, dx, grid, error);
    if (status) {
        return status;
    }
    memcpy(grid->z, z, nz * sizeof *z);
    return finish(grid, error);
}

void fm_grid_clear(fm_grid *grid)
{
    if (grid) {
        free(grid->z);
        memset(grid, 0, sizeof *grid);
    }
}

double fm_grid_x(const fm_grid *grid, size_t column)
{
    return grid->x0 + (double)column * grid->dx;
}

double fm_grid_x_max(const fm_grid *grid)
{
    return fm_grid_x(grid, grid->nx - 1);
}

size_t fm_grid_nodes(const fm_grid *grid)
{
    return grid->nx * grid->nz;
}

/* Cell and fraction of a point `position` steps from the first of n nodes. */
static bool place_on_axis(double position, size_t n, size_t *cell, double *fraction)
{
    double last = (double)(n - 1);
    if (!(position >= -tolerance && position <= last + tolerance)) {
        return false;
    }
    double nearest = round(position);
    if (fabs(position - nearest) <= tolerance) {
        position = nearest;
    }
    *cell = position < last ? (size_t)position : n - 2;
    *fraction = position - (double)*cell;
    return true;
}

static bool place_column(const fm_grid *grid, double x, fm_place *place)
{
    double position = (x - grid->x0) / grid->dx;
    if (!place_on_axis(position, grid->nx, &place->column, &place->fx)) {
        return false;
    }
    bool on_node = place->fx == 0 || place->fx == 1;
    place->point.x = on_node ? fm_grid_x(grid, place->column + (size_t)place->fx) : x;
    return true;
}

/* A longitude may be written in the ranges 0 to 360 and -180 to 180. */
static bool place_longitude(const fm_grid *grid, double x, fm_place *place)
{
    return place_column(grid, x, place) ||
           (grid->geometry == FM_GEOGRAPHIC &&
            (place_column(grid, x + 360, place) || place_column(grid, x - 360, place)));
}

/* The cell with z[k] <= value < z[k+1], the first or last one for values beyond. */
static size_t find_row(const fm_grid *grid, double value)
{
    const double *z = grid->z;
    size_t cells = grid->nz - 1;
    double guess = (value - z[0]) / (z[cells] - z[0]) * (double)cells;
    if (guess > 0 && guess < (double)cells) {
        size_t k = (size_t)guess;
        if (z[k] <= value && value < z[k + 1]) {
            return k;
        }
    }
    size_t low = 0, high = cells;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (z[middle] <= value) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool place_row(const fm_grid *grid, double value, fm_place *place)
{
    if (isnan(value)) {
        return false;
    }
    size_t row = find_row(grid, value);
    const double *z = grid->z + row;
    double fraction = (value - z[0]) / (z[1] - z[0]);
    if (fraction < -tolerance || fraction > 1 + tolerance) {
        return false;
    }
    place->point.z = value;
    if (fraction <= tolerance) {
        fraction = 0;
        place->point.z = z[0];
    } else if (fraction >= 1 - tolerance) {
        fraction = 1;
        place->point.z = z[1];
    }
    /* On a node that is not the last one: the cell that begins there. */
    bool next = fraction == 1 && row + 2 < grid->nz;
    place->row = next ? row + 1 : row;
    place->fz = next ? 0 : fraction;
    return true;
}

bool fm_grid_locate(const fm_grid *grid, fm_point point, fm_place *place)
{
    fm_place found = {0};
    if (!place_longitude(grid, point.x, &found) || !place_row(grid, point.z, &found)) {
        return false;
    }
    *place = found;
    return true;
}
