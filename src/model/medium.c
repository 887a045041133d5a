/* From a model to a medium: the speed of every node, turned into slowness, row by row.
 *
 * Interfaces. A row of the grid on a discontinuity of a profile keeps two slownesses.
 * On the first or the last row of a grid there is nothing on the other side, so such a
 * row is not an interface and takes the speed of the side that lies within.
 *
 * Windows. A refined grid has its own origin and step, so the coordinates of the nodes
 * it shares with its parent may differ from the parent's in the last bit. The shared
 * nodes are therefore copied, not sampled: both media agree there to the bit. */
#include "model/medium.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "sampler.h"

/* What sampling one model on one grid needs. */
typedef struct sampling {
    const fm_model *model;
    const fm_grid *grid;
    fm_lattice lattice; /* only for nodes */
    double *rise;       /* only for gradients: [nx], what x adds to the speed */
    fm_cosines cosines; /* only for cosines */
} sampling;

/* --- Does the model cover the grid? --- */

static fm_status check_range(const char *name, const char *unit, const double grid[2],
                             const double model[2], double margin, fm_error *error)
{
    if (grid[0] < model[0] - margin || grid[1] > model[1] + margin) {
        return fm_fail(error, FM_BAD_INPUT,
                       "the grid reaches from %s %.10g to %.10g %s, beyond the model, "
                       "%.10g to %.10g",
                       name, grid[0], grid[1], unit, model[0], model[1]);
    }
    return FM_OK;
}

/* Formulas hold everywhere; tables end. */
static fm_status check_cover(const fm_model *model, const fm_grid *grid,
                             fm_error *error)
{
    if (model->geometry != grid->geometry) {
        return fm_fail(error, FM_BAD_INPUT, "a %s model cannot be put on a %s grid",
                       fm_geometry_name(model->geometry),
                       fm_geometry_name(grid->geometry));
    }
    if (model->kind != FM_MODEL_PROFILE && model->kind != FM_MODEL_NODES) {
        return FM_OK;
    }
    fm_status status = check_range(
        fm_geometry_x_name(grid->geometry), fm_geometry_x_unit(grid->geometry),
        (double[]){grid->x0, fm_grid_x_max(grid)},
        (double[]){model->x_min, model->x_max}, 1e-6 * grid->dx, error);
    if (status) {
        return status;
    }
    double last = grid->z[grid->nz - 1];
    return check_range(fm_geometry_z_name(grid->geometry),
                       fm_geometry_z_unit(grid->geometry), (double[]){grid->z[0], last},
                       (double[]){model->z_min, model->z_max},
                       1e-6 * (last - grid->z[0]) / (double)(grid->nz - 1), error);
}

/* --- One row --- */

static void fill(double *row, size_t n, double value)
{
    for (size_t i = 0; i < n; i++) {
        row[i] = value;
    }
}

static void gradient_row(const sampling *task, size_t k, double *restrict speed)
{
    const fm_model *model = task->model;
    const double *rise = task->rise;
    double at_zero = model->speed + model->gradient_z * task->grid->z[k];
    for (size_t i = 0; i < task->grid->nx; i++) {
        speed[i] = at_zero + rise[i];
    }
}

static void speed_row(sampling *task, size_t k, fm_side side, double *speed)
{
    const fm_grid *grid = task->grid;
    switch (task->model->kind) {
    case FM_MODEL_CONSTANT:
        fill(speed, grid->nx, task->model->speed);
        break;
    case FM_MODEL_GRADIENT:
        gradient_row(task, k, speed);
        break;
    case FM_MODEL_PROFILE:
        fill(speed, grid->nx, fm_profile_speed(task->model, grid->z[k], side));
        break;
    case FM_MODEL_NODES:
        fm_lattice_row(&task->lattice, k, speed);
        break;
    case FM_MODEL_COSINES: /* or its slowness */
        fm_cosines_row(&task->cosines, k, speed);
        break;
    }
}

static fm_status fail_speed(const fm_grid *grid, size_t i, size_t k, double speed,
                            fm_error *error)
{
    return fm_fail(error, FM_BAD_INPUT,
                   "the model's speed at %s %.10g, %s %.10g %s is %g km/s: speeds must "
                   "be positive (cubic and B-spline models can overshoot between their "
                   "nodes)",
                   fm_geometry_x_name(grid->geometry), fm_grid_x(grid, i),
                   fm_geometry_z_name(grid->geometry), grid->z[k],
                   fm_geometry_z_unit(grid->geometry), speed);
}

/* In place: speed to slowness, NaN to the mask. False when a speed was not possible.
 * The loop has no way out, and the flag is as wide as a double, so that all of it
 * becomes vector instructions; what the faulty speed was is only asked when there is
 * one. */
static bool invert_row(double *row, size_t n)
{
    uint64_t fault = 0;
    for (size_t i = 0; i < n; i++) {
        double speed = row[i], inverse = 1 / speed;
        fault = speed <= 0 ? 1 : fault;
        fault = speed > DBL_MAX ? 1 : fault;
        row[i] = isnan(speed) ? INFINITY : inverse;
    }
    return fault == 0;
}

static fm_status fail_row(const fm_grid *grid, size_t k, const double *speed,
                          fm_error *error)
{
    size_t i = 0;
    while (isnan(speed[i]) || (speed[i] > 0 && !isinf(speed[i]))) {
        i++;
        assert(i < grid->nx);
    }
    return fail_speed(grid, i, k, speed[i], error);
}

static fm_status fail_cosines(const sampling *task, size_t i, size_t k, double value,
                              fm_error *error)
{
    const fm_grid *grid = task->grid;
    bool slowness = task->model->quantity == FM_SLOWNESS;
    double reference = task->model->reference;
    return fm_fail(error, FM_BAD_INPUT,
                   "the model's %s at %s %.10g, %s %.10g %s is %g %s: it must be "
                   "positive (the cosines add %g to a reference of %g)",
                   slowness ? "slowness" : "speed", fm_geometry_x_name(grid->geometry),
                   fm_grid_x(grid, i), fm_geometry_z_name(grid->geometry), grid->z[k],
                   fm_geometry_z_unit(grid->geometry), value,
                   slowness ? "s/km" : "km/s", value - reference, reference);
}

/* Cosines mask nothing, and may give the slowness itself. */
static fm_status cosines_row(sampling *task, size_t k, fm_side side, double *row,
                             fm_error *error)
{
    speed_row(task, k, side, row);
    for (size_t i = 0; i < task->grid->nx; i++) {
        if (!(row[i] > 0 && row[i] <= DBL_MAX)) {
            return fail_cosines(task, i, k, row[i], error);
        }
    }
    if (task->model->quantity == FM_SPEED) {
        invert_row(row, task->grid->nx);
    }
    return FM_OK;
}

static fm_status slowness_row(sampling *task, size_t k, fm_side side, double *row,
                              fm_error *error)
{
    if (task->model->kind == FM_MODEL_COSINES) {
        return cosines_row(task, k, side, row, error);
    }
    speed_row(task, k, side, row);
    if (invert_row(row, task->grid->nx)) {
        return FM_OK;
    }
    speed_row(task, k, side, row);
    return fail_row(task->grid, k, row, error);
}

/* --- The whole grid --- */

static bool is_interface(const fm_model *model, const fm_grid *grid, size_t k)
{
    return model->kind == FM_MODEL_PROFILE && k > 0 && k + 1 < grid->nz &&
           fm_profile_jump_at(model, fm_profile_depth(model, grid->z[k])) <
               model->nknots;
}

static size_t count_interfaces(const fm_model *model, const fm_grid *grid)
{
    size_t n = 0;
    for (size_t k = 0; k < grid->nz; k++) {
        n += is_interface(model, grid, k);
    }
    return n;
}

static fm_status allocate(const fm_model *model, fm_medium *medium, fm_error *error)
{
    const fm_grid *grid = &medium->grid;
    size_t nodes = fm_grid_nodes(grid);
    size_t interfaces = count_interfaces(model, grid);
    medium->slowness = fm_large_alloc(nodes * sizeof(double));
    if (interfaces > 0) {
        medium->interface_row = malloc(interfaces * sizeof(size_t));
        medium->slowness_beyond = malloc(interfaces * grid->nx * sizeof(double));
    }
    if (!medium->slowness ||
        (interfaces > 0 && (!medium->interface_row || !medium->slowness_beyond))) {
        return fm_fail_memory(error, "the slowness of the propagation grid",
                              fm_medium_bytes(grid));
    }
    return FM_OK;
}

static fm_status fill_rows(sampling *task, fm_medium *medium, fm_error *error)
{
    const fm_grid *grid = task->grid;
    fm_status status = FM_OK;
    for (size_t k = 0; !status && k < grid->nz; k++) {
        /* The first row looks into the grid; elsewhere the smaller index is meant. */
        fm_side side = k == 0 ? FM_BEYOND : FM_BEFORE;
        status = slowness_row(task, k, side, medium->slowness + k * grid->nx, error);
        if (!status && is_interface(task->model, grid, k)) {
            size_t n = medium->ninterfaces++;
            medium->interface_row[n] = k;
            status = slowness_row(task, k, FM_BEYOND,
                                  medium->slowness_beyond + n * grid->nx, error);
        }
    }
    return status;
}

/* The tables of the model's kind. */
static fm_status prepare(sampling *task, fm_error *error)
{
    const fm_model *model = task->model;
    const fm_grid *grid = task->grid;
    if (model->kind == FM_MODEL_NODES) {
        return fm_lattice_create(model, grid, &task->lattice, error);
    }
    if (model->kind == FM_MODEL_COSINES) {
        return fm_cosines_create(model, grid, &task->cosines, error);
    }
    if (model->kind != FM_MODEL_GRADIENT) {
        return FM_OK;
    }
    task->rise = malloc(grid->nx * sizeof *task->rise);
    if (!task->rise) {
        return fm_fail_memory(error, "a row of speeds",
                              (double)(grid->nx * sizeof *task->rise));
    }
    for (size_t i = 0; i < grid->nx; i++) {
        task->rise[i] = model->gradient_x * fm_grid_x(grid, i);
    }
    return FM_OK;
}

fm_status fm_medium_sample(const fm_model *model, fm_grid *grid, fm_medium *medium,
                           fm_error *error)
{
    *medium = (fm_medium){.grid = *grid};
    memset(grid, 0, sizeof *grid);
    sampling task = {.model = model, .grid = &medium->grid};
    fm_status status = check_cover(model, &medium->grid, error);
    if (!status) {
        status = allocate(model, medium, error);
    }
    if (!status) {
        status = prepare(&task, error);
    }
    if (!status) {
        status = fill_rows(&task, medium, error);
    }
    fm_lattice_clear(&task.lattice);
    fm_cosines_clear(&task.cosines);
    free(task.rise);
    if (status) {
        fm_medium_clear(medium);
    }
    return status;
}

/* --- A part of the grid, every step bisected --- */

static fm_status bisect_grid(const fm_grid *parent, fm_window window, fm_grid *grid,
                             fm_error *error)
{
    size_t nx = 2 * (window.i1 - window.i0) + 1;
    size_t nz = 2 * (window.k1 - window.k0) + 1;
    double *z = malloc(nz * sizeof *z);
    if (!z) {
        return fm_fail_memory(error, "the rows of a refined grid",
                              (double)(nz * sizeof *z));
    }
    for (size_t k = 0; k < nz; k++) {
        const double *row = parent->z + window.k0 + k / 2;
        z[k] = k % 2 == 0 ? row[0] : 0.5 * (row[0] + row[1]);
    }
    fm_status status = fm_grid_create_rows(parent->geometry, parent->radius_km, nx, nz,
                                           fm_grid_x(parent, window.i0), parent->dx / 2,
                                           z, grid, error);
    free(z);
    return status;
}

/* Every other node of a row, from the parent's row to the window's. */
static void copy_shared(const double *parent, double *child, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        child[2 * i] = parent[i];
    }
}

static void copy_shared_rows(const fm_medium *parent, fm_window window,
                             fm_medium *medium)
{
    size_t n = window.i1 - window.i0 + 1, nx = medium->grid.nx;
    size_t stride = parent->grid.nx;
    for (size_t k = window.k0; k <= window.k1; k++) {
        const double *from = parent->slowness + k * stride;
        const double *beyond = NULL;
        size_t interface = fm_medium_interface_of(parent, k);
        if (interface < parent->ninterfaces) {
            beyond = parent->slowness_beyond + interface * stride;
        }
        size_t row = 2 * (k - window.k0);
        size_t own = fm_medium_interface_of(medium, row);
        /* What was an interface may be the window's first row. */
        if (k == window.k0 && beyond) {
            from = beyond;
        }
        copy_shared(from + window.i0, medium->slowness + row * nx, n);
        if (beyond && own < medium->ninterfaces) {
            copy_shared(beyond + window.i0, medium->slowness_beyond + own * nx, n);
        }
    }
}

fm_status fm_medium_refine(const fm_model *model, const fm_medium *parent,
                           fm_window window, fm_medium *medium, fm_error *error)
{
    assert(window.i0 < window.i1 && window.i1 < parent->grid.nx);
    assert(window.k0 < window.k1 && window.k1 < parent->grid.nz);
    *medium = (fm_medium){0};
    fm_grid grid;
    fm_status status = bisect_grid(&parent->grid, window, &grid, error);
    if (status) {
        return status;
    }
    status = fm_medium_sample(model, &grid, medium, error);
    if (!status) {
        copy_shared_rows(parent, window, medium);
    }
    return status;
}

void fm_medium_clear(fm_medium *medium)
{
    if (!medium) {
        return;
    }
    fm_grid_clear(&medium->grid);
    free(medium->slowness);
    free(medium->interface_row);
    free(medium->slowness_beyond);
    *medium = (fm_medium){0};
}

size_t fm_medium_interface_of(const fm_medium *medium, size_t row)
{
    size_t low = 0, high = medium->ninterfaces;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (medium->interface_row[middle] < row) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < medium->ninterfaces && medium->interface_row[low] == row;
    return found ? low : medium->ninterfaces;
}

double fm_medium_bytes(const fm_grid *grid)
{
    double nodes = (double)grid->nx * (double)grid->nz;
    return (nodes + (double)grid->nz) * sizeof(double);
}
