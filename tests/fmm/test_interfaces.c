/* Two constant layers against their closed form, sources on both sides of the boundary,
 * on it and next to it, with source zones of every depth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "fixture.h"

/* 3 km/s over 6 km/s, boundary at 8 km, in 40 x 20 km. */
static const double boundary = 8, slow = 1.0 / 3, quick = 1.0 / 6;

static double side(double z)
{
    return z < boundary ? slow : quick;
}

/* The path from a (depth d1 from the boundary, slowness s1) to b on the other side that
 * crosses where Snell's law holds: the time is convex in the place. */
static double transmitted(double x, double d1, double s1, double d2, double s2)
{
    double low = 0, high = x;
    for (int n = 0; n < 200; n++) {
        double one = low + (high - low) / 3, two = high - (high - low) / 3;
        double t1 = s1 * hypot(one, d1) + s2 * hypot(x - one, d2);
        double t2 = s1 * hypot(two, d1) + s2 * hypot(x - two, d2);
        *(t1 < t2 ? &high : &low) = t1 < t2 ? two : one;
    }
    return s1 * hypot(low, d1) + s2 * hypot(x - low, d2);
}

static double exact_time(fm_point a, fm_point b)
{
    double x = fabs(a.x - b.x);
    double d1 = fabs(a.z - boundary), d2 = fabs(b.z - boundary);
    if ((a.z - boundary) * (b.z - boundary) < 0) {
        return transmitted(x, d1, side(a.z), d2, side(b.z));
    }
    bool above = fmin(a.z, b.z) < boundary;
    double direct = (above ? slow : quick) * hypot(x, a.z - b.z);
    double across = sqrt(slow * slow - quick * quick);
    bool head = above && x * across >= (d1 + d2) * quick;
    return head ? fmin(direct, x * quick + (d1 + d2) * across) : direct;
}

typedef struct deviation {
    double mean, worst; /* s */
} deviation;

/* Over 600 receivers at random, in all the grid or near the source. */
static deviation measure(fm_solver *solver, fm_point source, double reach)
{
    deviation sum = {0, 0};
    march_from(solver, source);
    for (uint64_t n = 0; n < 600; n++) {
        fm_point at = {source.x + reach * (2 * uniform(2 * n) - 1),
                       source.z + reach * (2 * uniform(2 * n + 1) - 1)};
        at.x = fmin(fmax(at.x, 0), 40);
        at.z = fmin(fmax(at.z, 0), 20);
        double error = fabs(time_at(solver, at) - exact_time(source, at));
        sum.mean += error / 600;
        sum.worst = error <= sum.worst ? sum.worst : error; /* a NaN stays */
    }
    return sum;
}

static deviation deviation_of(double step, int refine, fm_point source, double reach)
{
    fm_model model = two_layers(40, 20, boundary, 3, 6);
    fm_medium medium = model_medium(&model, step);
    assert_true(medium.ninterfaces == 1);
    fm_solver *solver = solver_with(&medium, &model, 2, refine, false);
    deviation found = measure(solver, source, reach);
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
    fm_model_clear(&model);
    return found;
}

/* Away from the boundary, near it, on it (on a node and between two), in a corner. */
static const fm_point sources[] = {{10.3, 3.1}, {20.7, 14.9},   {0, 0},    {12.2, 7.6},
                                   {12, 7.75},  {12.2, 7.95},   {12.2, 8}, {12, 8},
                                   {12.2, 8.4}, {12.2, 8.0001}, {40, 8},   {0.1, 7.9}};
enum { SOURCES = sizeof sources / sizeof *sources };

static bool near_boundary(fm_point source)
{
    return fabs(source.z - boundary) < 0.5;
}

/* Measured with three zones: 9e-4 s at most (7.95), elsewhere half of that or less; the
 * mean time is 5 s. Where the boundary is far the zones find little to better. */
static void zones_better_the_times_level_by_level(void **state)
{
    (void)state;
    for (size_t n = 0; n < SOURCES; n++) {
        double coarsest = deviation_of(0.25, 0, sources[n], 40).mean;
        double last = coarsest;
        for (int refine = 1; refine <= 3; refine++) {
            double mean = deviation_of(0.25, refine, sources[n], 40).mean;
            if (!(mean < 1.1 * last)) {
                fail_msg("source %g %g: %g with %d zones, %g with one less",
                         sources[n].x, sources[n].z, mean, refine, last);
            }
            last = mean;
        }
        assert_true(last < 1e-3);
        assert_true(!near_boundary(sources[n]) || last < coarsest / 3);
    }
}

/* Within a kilometre, where receivers are read from the zones themselves. */
static void zones_better_receivers_close_to_the_source_most(void **state)
{
    (void)state;
    for (size_t n = 0; n < SOURCES; n++) {
        double coarsest = deviation_of(0.25, 0, sources[n], 1).mean;
        double finest = deviation_of(0.25, 3, sources[n], 1).mean;
        if (!(finest < (near_boundary(sources[n]) ? coarsest / 8 : 1e-12))) {
            fail_msg("source %g %g: %g without, %g with zones", sources[n].x,
                     sources[n].z, coarsest, finest);
        }
    }
}

/* Two tenths more than measured; five times that without the neighbours. */
static void a_source_on_a_node_of_the_boundary_takes_in_its_neighbours(void **state)
{
    (void)state;
    assert_true(deviation_of(0.25, 0, (fm_point){12, 8}, 1).mean < 5e-3);
    assert_true(deviation_of(0.25, 0, (fm_point){40, 8}, 1).mean < 3e-3);
}

/* The closed form, on both sides, even without zones. */
static void
receivers_in_the_cells_around_a_source_on_the_boundary_are_exact(void **state)
{
    (void)state;
    fm_model model = two_layers(40, 20, boundary, 3, 6);
    fm_medium medium = model_medium(&model, 0.25);
    fm_solver *solver = solver_with(&medium, &model, 2, 0, false);
    const fm_point both[] = {{12.2, 8}, {12, 8}};
    for (size_t s = 0; s < 2; s++) {
        march_from(solver, both[s]);
        for (uint64_t n = 0; n < 50; n++) {
            fm_point at = {12.01 + 0.23 * uniform(2 * n),
                           8 + 0.49 * (uniform(2 * n + 1) - 0.5)};
            assert_true(fabs(time_at(solver, at) - exact_time(both[s], at)) < 1e-12);
        }
    }
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

static void half_the_step_has_much_less_error(void **state)
{
    (void)state;
    for (size_t n = 0; n < SOURCES; n++) {
        double mean = deviation_of(0.25, 0, sources[n], 40).mean;
        double half = deviation_of(0.125, 0, sources[n], 40).mean;
        if (!(half < 0.6 * mean)) {
            fail_msg("source %g %g: %g, then %g", sources[n].x, sources[n].z, mean,
                     half);
        }
    }
}

/* Do two ways to refine give the same bits? */
static bool same_times(const fm_model *model, const fm_model *other, double step,
                       int refine, int other_refine, fm_point source)
{
    fm_medium medium = model_medium(model, step);
    fm_solver *one = solver_with(&medium, model, 2, refine, false);
    fm_solver *two = solver_with(&medium, other, 2, other_refine, false);
    march_from(one, source);
    march_from(two, source);
    double *a = field_of(one, &medium), *b = field_of(two, &medium);
    bool same = largest_difference(a, b, fm_grid_nodes(&medium.grid)) == 0;
    free(b);
    free(a);
    fm_solver_destroy(two);
    fm_solver_destroy(one);
    fm_medium_clear(&medium);
    return same;
}

static void automatic_zones_are_three_near_an_interface_and_else_none(void **state)
{
    (void)state;
    fm_model deep = two_layers(40, 200, boundary, 3, 6);
    const fm_point close = {20.2, 9.3}, far = {20.2, 90.3};
    assert_true(same_times(&deep, &deep, 1, FM_REFINE_AUTO, 3, close));
    assert_false(same_times(&deep, &deep, 1, FM_REFINE_AUTO, 0, close));
    assert_true(same_times(&deep, &deep, 1, FM_REFINE_AUTO, 0, far));
    fm_model constant = {.kind = FM_MODEL_CONSTANT, .x_max = 9, .z_max = 9, .speed = 2};
    assert_true(
        same_times(&constant, &constant, 1, FM_REFINE_AUTO, 0, (fm_point){1, 2}));
    /* Without a model there is nothing to sample zones from. */
    assert_true(same_times(&deep, NULL, 1, 0, 3, close));
    fm_model_clear(&deep);
}

static void every_tiny_grid_can_be_refined(void **state)
{
    (void)state;
    for (size_t cells = 1; cells <= 4; cells++) {
        double size = (double)cells;
        fm_model model = {
            .kind = FM_MODEL_CONSTANT, .x_max = size, .z_max = size, .speed = 0.5};
        fm_medium medium = model_medium(&model, 1);
        assert_true(medium.grid.nx == cells + 1 && medium.grid.nz == cells + 1);
        fm_solver *solver = solver_with(&medium, &model, 2, FM_REFINE_MAX, false);
        for (uint64_t n = 0; n < 20; n++) {
            fm_point source = {size * uniform(4 * n), size * uniform(4 * n + 1)};
            fm_point receiver = {size * uniform(4 * n + 2), size * uniform(4 * n + 3)};
            if (n < 4) { /* the corners */
                source = (fm_point){n % 2 == 1 ? size : 0, n >= 2 ? size : 0};
            }
            march_from(solver, source);
            double exact = 2 * hypot(receiver.x - source.x, receiver.z - source.z);
            assert_near(time_at(solver, receiver), exact, 1e-3 * exact);
            assert_true(fm_solver_accepted(solver) == (cells + 1) * (cells + 1));
        }
        fm_solver_destroy(solver);
        fm_medium_clear(&medium);
    }
}

static void a_thin_layered_grid_can_be_refined(void **state)
{
    (void)state;
    fm_model model = two_layers(2, 2, 1, 3, 6);
    fm_medium medium = model_medium(&model, 1);
    fm_solver *solver = solver_with(&medium, &model, 2, FM_REFINE_MAX, false);
    for (uint64_t n = 0; n < 20; n++) {
        fm_point source = {2 * uniform(2 * n), n % 3 == 0 ? 1 : 2 * uniform(2 * n + 1)};
        march_from(solver, source);
        double *field = field_of(solver, &medium);
        for (size_t node = 0; node < 9; node++) {
            double r =
                fm_distance(&medium.grid, source, node_at(&medium, node % 3, node / 3));
            assert_true(field[node] >= quick * r * (1 - 1e-3));
            /* The wave straight into the slow side from a source on the boundary is
             * late by up to half of the finest step. */
            assert_true(field[node] <= slow * (r + 0.5 / 64));
        }
        free(field);
    }
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

/* In a smooth model zones are a finer grid and nothing else. */
static void without_interfaces_zones_change_no_more_than_the_error(void **state)
{
    (void)state;
    fm_model model = {.kind = FM_MODEL_GRADIENT,
                      .x_max = 40,
                      .z_max = 40,
                      .speed = 2,
                      .gradient_x = 1.0 / 8,
                      .gradient_z = 1.0 / 4};
    fm_medium medium = model_medium(&model, 0.5);
    fm_solver *coarse = solver_with(&medium, &model, 2, 0, false);
    fm_solver *fine = solver_with(&medium, &model, 2, 3, false);
    const fm_point places[] = {{10, 10}, {10.2, 9.9}, {0, 0}, {39.9, 0.1}, {20, 40}};
    for (size_t s = 0; s < sizeof places / sizeof *places; s++) {
        march_from(coarse, places[s]);
        march_from(fine, places[s]);
        double without = 0, with = 0;
        for (uint64_t n = 0; n < 500; n++) {
            fm_point at = {40 * uniform(2 * n), 40 * uniform(2 * n + 1)};
            if (gradient_ray_inside(&medium.grid, places[s], at)) {
                double exact = gradient_time(places[s], at);
                without += fabs(time_at(coarse, at) - exact);
                with += fabs(time_at(fine, at) - exact);
            }
        }
        if (!(with < 1.1 * without)) {
            fail_msg("source %g %g: %g without, %g with", places[s].x, places[s].z,
                     without, with);
        }
    }
    fm_solver_destroy(fine);
    fm_solver_destroy(coarse);
    fm_medium_clear(&medium);
}

/* 100 km by 129 km, or the reverse, of 1 km/s, with a fast band along one of the long
 * sides. A zone around the middle of the other side ends at edges of the grid on three
 * sides; on the fourth the fastest way to its corners leaves it. */
typedef struct banded {
    fm_model model;
    fm_point source;
} banded;

static banded band_along(bool along_z, bool at_end)
{
    const size_t nx = along_z ? 100 : 129, nz = along_z ? 129 : 100;
    banded new = {.model = {.kind = FM_MODEL_NODES,
                            .x_max = (double)(nx - 1),
                            .z_max = (double)(nz - 1),
                            .nx = nx,
                            .nz = nz,
                            .dx = 1,
                            .dz = 1,
                            .interpolation = FM_LINEAR,
                            .values = malloc(nx * nz * sizeof(double))}};
    assert_non_null(new.model.values);
    for (size_t node = 0; node < nx * nz; node++) {
        size_t short_way = along_z ? node % nx : node / nx;
        short_way = at_end ? 99 - short_way : short_way;
        new.model.values[node] = short_way < 12 ? 20 : 1;
    }
    double short_way = at_end ? 19 : 80;
    new.source = along_z ? (fm_point){short_way, 64} : (fm_point){64, short_way};
    return new;
}

static void a_zone_ends_when_its_wave_may_meet_a_faster_one_from_outside(void **state)
{
    (void)state;
    for (int side_of_grid = 0; side_of_grid < 4; side_of_grid++) {
        banded scene = band_along(side_of_grid < 2, side_of_grid % 2 == 1);
        fm_medium medium = model_medium(&scene.model, 1);
        fm_solver *plain = solver_with(&medium, &scene.model, 2, 0, false);
        fm_solver *zoned = solver_with(&medium, &scene.model, 2, 1, false);
        march_from(plain, scene.source);
        march_from(zoned, scene.source);
        double *one = field_of(plain, &medium), *two = field_of(zoned, &medium);
        double difference = largest_difference(one, two, fm_grid_nodes(&medium.grid));
        if (!(difference < 0.7)) {
            fail_msg("side %d: %g", side_of_grid, difference);
        }
        free(two);
        free(one);
        fm_solver_destroy(zoned);
        fm_solver_destroy(plain);
        fm_medium_clear(&medium);
        fm_model_clear(&scene.model);
    }
}

static void nodes_and_early_stops_are_to_the_bit_with_zones_too(void **state)
{
    (void)state;
    fm_model model = two_layers(40, 20, boundary, 3, 6);
    fm_medium medium = model_medium(&model, 0.25);
    fm_solver *whole = solver_with(&medium, &model, 2, 2, false);
    fm_solver *early = solver_with(&medium, &model, 2, 2, true);
    for (size_t s = 0; s < SOURCES; s++) {
        march_from(whole, sources[s]);
        double *field = field_of(whole, &medium);
        size_t nx = medium.grid.nx;
        for (size_t node = 0; node < fm_grid_nodes(&medium.grid); node++) {
            fm_point at = node_at(&medium, node % nx, node / nx);
            assert_true(time_at(whole, at) == field[node]);
        }
        free(field);
        const fm_point receivers[] = {{12.9, 7.3}, {11.1, 8.7}, {20.1, 0.3}, {15, 8}};
        assert_int_equal(fm_solver_march(early, sources[s], receivers, 4, NULL), FM_OK);
        for (size_t r = 0; r < 4; r++) {
            assert_true(time_at(early, receivers[r]) == time_at(whole, receivers[r]));
        }
    }
    fm_solver_destroy(early);
    fm_solver_destroy(whole);
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_better_the_times_level_by_level),
        cmocka_unit_test(zones_better_receivers_close_to_the_source_most),
        cmocka_unit_test(a_source_on_a_node_of_the_boundary_takes_in_its_neighbours),
        cmocka_unit_test(
            receivers_in_the_cells_around_a_source_on_the_boundary_are_exact),
        cmocka_unit_test(half_the_step_has_much_less_error),
        cmocka_unit_test(automatic_zones_are_three_near_an_interface_and_else_none),
        cmocka_unit_test(every_tiny_grid_can_be_refined),
        cmocka_unit_test(a_thin_layered_grid_can_be_refined),
        cmocka_unit_test(without_interfaces_zones_change_no_more_than_the_error),
        cmocka_unit_test(a_zone_ends_when_its_wave_may_meet_a_faster_one_from_outside),
        cmocka_unit_test(nodes_and_early_stops_are_to_the_bit_with_zones_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
