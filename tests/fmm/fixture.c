/* Media, solvers and comparisons for the tests of this room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance)) {
        fail_msg("%.17g is not %.17g within %g", value, expected, tolerance);
    }
}

void assert_same_fields(const double *one, const double *two, size_t n)
{
    for (size_t node = 0; node < n; node++) {
        bool same = one[node] == two[node] || (isnan(one[node]) && isnan(two[node]));
        if (!same) {
            fail_msg("node %zu: %.17g is not %.17g", node, one[node], two[node]);
        }
    }
}

double largest_difference(const double *one, const double *two, size_t n)
{
    double largest = 0;
    for (size_t node = 0; node < n; node++) {
        double difference = fabs(one[node] - two[node]);
        largest = difference <= largest ? largest : difference; /* a NaN stays */
    }
    return largest;
}

/* splitmix64 (Steele, Lea & Flood 2014). */
double uniform(uint64_t n)
{
    uint64_t z = (n + 1) * 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

double unit_slowness(fm_point at)
{
    (void)at;
    return 1;
}

double gradient_slowness(fm_point at)
{
    return 1 / (2 + at.x / 8 + at.z / 4);
}

double gradient_time(fm_point a, fm_point b)
{
    double g2 = 1.0 / 64 + 1.0 / 16;
    double r2 = (a.x - b.x) * (a.x - b.x) + (a.z - b.z) * (a.z - b.z);
    double q = g2 * r2 * gradient_slowness(a) * gradient_slowness(b) / 2;
    return 2 * asinh(sqrt(q / 2)) / sqrt(g2);
}

/* In axes along (u) and away from (w) the line of no speed the centre of the arc lies
 * on w = 0. */
bool gradient_ray_inside(const fm_grid *grid, fm_point a, fm_point b)
{
    double g = sqrt(1.0 / 64 + 1.0 / 16);
    double nx = 1.0 / 8 / g, nz = 1.0 / 4 / g; /* along w */
    double ua = a.x * nz - a.z * nx, ub = b.x * nz - b.z * nx;
    double wa = 1 / gradient_slowness(a) / g, wb = 1 / gradient_slowness(b) / g;
    double centre = (ub * ub + wb * wb - ua * ua - wa * wa) / (2 * (ub - ua));
    for (int n = 1; n < 32 && fabs(ub - ua) > 1e-9; n++) {
        double u = ua + (ub - ua) * n / 32;
        double w2 =
            wa * wa + (ua - centre) * (ua - centre) - (u - centre) * (u - centre);
        double w = sqrt(fmax(w2, 0)) - 2 / g; /* from the origin of coordinates */
        double x = u * nz + w * nx, z = -u * nx + w * nz;
        if (x < grid->x0 || x > fm_grid_x_max(grid) || z < grid->z[0] ||
            z > grid->z[grid->nz - 1]) {
            return false;
        }
    }
    return true;
}

fm_medium medium_on(fm_grid *grid, rule *slowness)
{
    fm_medium medium = {.grid = *grid};
    memset(grid, 0, sizeof *grid);
    medium.slowness = malloc(fm_grid_nodes(&medium.grid) * sizeof(double));
    assert_non_null(medium.slowness);
    for (size_t k = 0; k < medium.grid.nz; k++) {
        for (size_t i = 0; i < medium.grid.nx; i++) {
            *slowness_at(&medium, i, k) = slowness(node_at(&medium, i, k));
        }
    }
    return medium;
}

fm_medium medium_of(fm_geometry geometry, size_t nx, size_t nz, fm_point first,
                    fm_point step, rule *slowness)
{
    fm_grid grid;
    assert_int_equal(fm_grid_create(geometry, FM_EARTH_RADIUS_KM, nx, nz, first.x,
                                    step.x, first.z, step.z, &grid, NULL),
                     FM_OK);
    return medium_on(&grid, slowness);
}

fm_medium flat_medium(size_t nx, size_t nz, rule *slowness)
{
    return medium_of(FM_CARTESIAN, nx, nz, (fm_point){0, 0}, (fm_point){1, 1},
                     slowness);
}

fm_medium layered_medium(size_t nx, size_t nz, size_t row, rule *before, rule *beyond)
{
    fm_medium medium = flat_medium(nx, nz, before);
    for (size_t k = row + 1; k < nz; k++) {
        for (size_t i = 0; i < nx; i++) {
            *slowness_at(&medium, i, k) = beyond(node_at(&medium, i, k));
        }
    }
    add_interface(&medium, row, beyond);
    return medium;
}

void add_interface(fm_medium *medium, size_t row, rule *beyond)
{
    size_t n = medium->ninterfaces++, nx = medium->grid.nx;
    medium->interface_row =
        realloc(medium->interface_row, (n + 1) * sizeof *medium->interface_row);
    medium->slowness_beyond =
        realloc(medium->slowness_beyond, (n + 1) * nx * sizeof(double));
    assert_true(medium->interface_row && medium->slowness_beyond);
    medium->interface_row[n] = row;
    for (size_t i = 0; i < nx; i++) {
        medium->slowness_beyond[n * nx + i] = beyond(node_at(medium, i, row));
    }
}

double *slowness_at(fm_medium *medium, size_t i, size_t k)
{
    return &medium->slowness[k * medium->grid.nx + i];
}

void mask(fm_medium *medium, size_t i, size_t k)
{
    *slowness_at(medium, i, k) = INFINITY;
}

fm_point node_at(const fm_medium *medium, size_t i, size_t k)
{
    return (fm_point){fm_grid_x(&medium->grid, i), medium->grid.z[k]};
}

static double *copied(const double *values, size_t n)
{
    double *copy = malloc(n * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, values, n * sizeof *copy);
    return copy;
}

fm_model two_layers(double width, double bottom, double boundary, double speed_above,
                    double speed_below)
{
    return (fm_model){
        .kind = FM_MODEL_PROFILE,
        .radius_km = FM_EARTH_RADIUS_KM,
        .x_max = width,
        .z_max = bottom,
        .nknots = 4,
        .depth_km = copied((double[]){0, boundary, boundary, bottom}, 4),
        .knot_speed =
            copied((double[]){speed_above, speed_above, speed_below, speed_below}, 4)};
}

fm_medium model_medium(const fm_model *model, double step)
{
    fm_spacing spacing = {.dx = step, .dz = step};
    fm_grid grid;
    fm_medium medium;
    assert_int_equal(fm_model_grid(model, &spacing, &grid, NULL), FM_OK);
    assert_int_equal(fm_medium_sample(model, &grid, &medium, NULL), FM_OK);
    return medium;
}

fm_solver *solver_of(const fm_medium *medium, const fm_model *model,
                     const fm_solver_options *options)
{
    fm_solver *solver;
    fm_error error = {0};
    fm_solver_create(medium, model, options, &solver, &error);
    assert_string_equal(error.message, "");
    assert_non_null(solver);
    return solver;
}

fm_solver *solver_with(const fm_medium *medium, const fm_model *model, int order,
                       int refine, bool stop_early)
{
    fm_solver_options options = {
        .order = order, .refine = refine, .stop_early = stop_early};
    return solver_of(medium, model, &options);
}

fm_solver *plain_solver(const fm_medium *medium)
{
    return solver_with(medium, NULL, 2, 0, false);
}

void march_from(fm_solver *solver, fm_point source)
{
    fm_error error = {0};
    fm_status status = fm_solver_march(solver, source, NULL, 0, &error);
    assert_string_equal(error.message, "");
    assert_int_equal(status, FM_OK);
}

double *field_of(const fm_solver *solver, const fm_medium *medium)
{
    double *field = malloc(fm_grid_nodes(&medium->grid) * sizeof *field);
    assert_non_null(field);
    fm_solver_field_f64(solver, field);
    return field;
}

static double *field_by(const fm_medium *medium, const fm_solver_options *options,
                        fm_point source)
{
    fm_solver *solver = solver_of(medium, NULL, options);
    march_from(solver, source);
    double *field = field_of(solver, medium);
    fm_solver_destroy(solver);
    return field;
}

double *solved(const fm_medium *medium, int order, fm_point source)
{
    return field_by(medium, &(fm_solver_options){.order = order}, source);
}

double *solved_in_order(const fm_medium *medium, int order, fm_point source)
{
    return field_by(medium, &(fm_solver_options){.order = order, .exact = true},
                    source);
}

double time_at(const fm_solver *solver, fm_point receiver)
{
    double time;
    bool reached = fm_solver_time(solver, receiver, &time);
    assert_true(reached == !isnan(time));
    return time;
}
