/* Times of the whole grid: constant speed, sources everywhere, tiny and lopsided grids,
 * great contrasts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

/* Largest |T - r| / r of a field with slowness 1. */
static double worst_of(const fm_medium *medium, const double *field, fm_point source)
{
    double worst = 0;
    for (size_t node = 0; node < fm_grid_nodes(&medium->grid); node++) {
        fm_point at = node_at(medium, node % medium->grid.nx, node / medium->grid.nx);
        double r = fm_distance(&medium->grid, source, at);
        double error = fabs(field[node] - r) / fmax(r, 1e-6);
        worst = error <= worst ? worst : error; /* a NaN stays */
    }
    return worst;
}

static double worst_of_constant(const fm_medium *medium, int order, fm_point source)
{
    double *field = solved(medium, order, source);
    double worst = worst_of(medium, field, source);
    free(field);
    return worst;
}

static double worst_in_order(const fm_medium *medium, int order, fm_point source)
{
    double *field = solved_in_order(medium, order, source);
    double worst = worst_of(medium, field, source);
    free(field);
    return worst;
}

static void constant_speed_is_exact_from_every_node_of_the_plane(void **state)
{
    (void)state;
    fm_medium medium = medium_of(FM_CARTESIAN, 13, 9, (fm_point){-3, 2},
                                 (fm_point){0.7, 1.3}, unit_slowness);
    for (size_t node = 0; node < fm_grid_nodes(&medium.grid); node++) {
        fm_point source = node_at(&medium, node % 13, node / 13);
        assert_true(worst_of_constant(&medium, 2, source) < 1e-14);
        assert_true(worst_of_constant(&medium, 1, source) < 1e-14);
    }
    fm_medium_clear(&medium);
}

/* Mean |T - r| over the mean of r, of a march in whole windows. */
static double mean_of_constant(const fm_medium *medium, fm_point source)
{
    double *field = solved(medium, 2, source);
    double errors = 0, distances = 0;
    for (size_t node = 0; node < fm_grid_nodes(&medium->grid); node++) {
        fm_point at = node_at(medium, node % medium->grid.nx, node / medium->grid.nx);
        double r = fm_distance(&medium->grid, source, at);
        errors += fabs(field[node] - r);
        distances += r;
    }
    free(field);
    return errors / distances;
}

/* In order of time it is exact; in whole windows nodes along the axes see a neighbour
 * before its last digits (docs/method.md, "Order"). */
static void constant_speed_is_exact_on_a_large_grid(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(301, 257, unit_slowness);
    fm_point source = {17, 200};
    assert_true(worst_in_order(&medium, 2, source) < 1e-13);
    double mean = mean_of_constant(&medium, source);
    if (!(mean < 1e-10)) {
        fail_msg("mean error %g", mean);
    }
    fm_medium_clear(&medium);
}

/* Largest part of the allowance that |T / r - 1| uses up, for slowness 1 on the sphere
 * with steps of a degree: the factor falls short of the distance by 2/35 sin^6 of half
 * the angle, and differences of second order take of something that grows like the
 * sixth power of r, over steps h, 8 (h/r)^2 parts wrong. */
static double worst_on_sphere(const fm_medium *sphere, fm_point source)
{
    double *field = solved(sphere, 2, source);
    double worst = 0;
    for (size_t node = 0; node < fm_grid_nodes(&sphere->grid); node++) {
        fm_point at = node_at(sphere, node % sphere->grid.nx, node / sphere->grid.nx);
        double r = fm_distance(&sphere->grid, source, at);
        double angle = r / sphere->grid.radius_km, h = 3.14159265358979323846 / 180;
        double allowed =
            8 * pow(h / fmax(angle, h), 2) * 2 / 35 * pow(sin(angle / 2), 6);
        double error = fabs(field[node] - r) / fmax(r, 1e-6) / (allowed + 1e-14);
        worst = error <= worst ? worst : error;
    }
    free(field);
    return worst;
}

/* Where a circle around the source touches a row or a column off the source's own
 * lines, a node has upwind neighbours on one axis only, and the constant is not met to
 * rounding on the sphere or in the section: 1.1e-4 at most was measured. */
static void
constant_speed_from_a_node_of_the_sphere_or_section_is_nearly_exact(void **state)
{
    (void)state;
    fm_medium sphere = medium_of(FM_GEOGRAPHIC, 61, 51, (fm_point){-30, -10},
                                 (fm_point){1, 1}, unit_slowness);
    assert_true(worst_on_sphere(&sphere, (fm_point){0, 0}) < 1);
    assert_true(worst_on_sphere(&sphere, (fm_point){-30, 0}) < 1);
    assert_true(worst_of_constant(&sphere, 2, (fm_point){5, 30}) < 1.2e-4);
    fm_medium_clear(&sphere);
    fm_medium section = medium_of(FM_POLAR, 61, 41, (fm_point){0, 4371},
                                  (fm_point){0.5, 50}, unit_slowness);
    assert_true(worst_of_constant(&section, 2, (fm_point){0, 6371}) < 1.2e-4);
    assert_true(worst_of_constant(&section, 2, (fm_point){10, 5371}) < 1.2e-4);
    fm_medium_clear(&section);
}

/* On 41 x 41 nodes; the bound is of all nodes, those beside the source included. */
static void expect_gradient(fm_point source, double tolerance)
{
    fm_medium medium = flat_medium(41, 41, gradient_slowness);
    double *field = solved(&medium, 2, source);
    double worst = 0;
    for (size_t node = 0; node < fm_grid_nodes(&medium.grid); node++) {
        fm_point at = node_at(&medium, node % 41, node / 41);
        if (!gradient_ray_inside(&medium.grid, source, at)) {
            continue;
        }
        double exact = gradient_time(source, at);
        double error = fabs(field[node] - exact) / fmax(exact, 1e-9);
        worst = error <= worst ? worst : error;
    }
    if (!(worst <= tolerance)) {
        fail_msg("source at %.15g, %.15g: relative error %g", source.x, source.z,
                 worst);
    }
    free(field);
    fm_medium_clear(&medium);
}

static void a_source_may_lie_anywhere_in_the_grid(void **state)
{
    (void)state;
    const fm_point sources[] = {{20, 20},    {0, 0},       {40, 0},        {0, 40},
                                {40, 40},    {40, 17},     {13, 40},       {40, 17.3},
                                {13.6, 40},  {0, 17.3},    {13.6, 0},      {20.5, 20},
                                {20, 20.25}, {20.5, 20.5}, {0.01, 0.01},   {39.99, 0.3},
                                {0.2, 39.9}, {39.7, 39.9}, {12.999, 7.001}};
    for (size_t n = 0; n < sizeof sources / sizeof *sources; n++) {
        expect_gradient(sources[n], 3e-3);
    }
}

static void a_hair_beside_a_node_is_the_node(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(31, 31, gradient_slowness);
    double *on = solved(&medium, 2, (fm_point){10, 30});
    const double off[] = {1e-12, -1e-12};
    for (size_t n = 0; n < 4; n++) {
        fm_point source = {10 + off[n % 2], 30 + off[n / 2]};
        double *beside = solved(&medium, 2, source);
        assert_same_fields(beside, on, fm_grid_nodes(&medium.grid));
        free(beside);
    }
    free(on);
    fm_medium_clear(&medium);
}

/* No jump, either, where the node's tolerance ends: a few times the error of both. */
static void close_to_a_node_the_times_are_close_to_the_nodes(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(31, 31, unit_slowness);
    double *on = solved(&medium, 2, (fm_point){10, 20});
    double *beside = solved(&medium, 2, (fm_point){10 + 1e-8, 20 - 1e-8});
    assert_true(largest_difference(on, beside, fm_grid_nodes(&medium.grid)) < 1e-7);
    free(beside);
    free(on);
    fm_medium_clear(&medium);
}

static double rough(fm_point at)
{
    uint64_t cell = (uint64_t)(100 * at.x) * 7919 + (uint64_t)(100 * at.z);
    return 0.5 + uniform(cell);
}

/* 1 : 1000 from node to node. */
static double wild(fm_point at)
{
    uint64_t cell = (uint64_t)(100 * at.x) * 7919 + (uint64_t)(100 * at.z);
    return uniform(cell) < 0.5 ? 0.001 : 1;
}

static double checkerboard(fm_point at)
{
    return ((int)(at.x / 4) + (int)(at.z / 4)) % 2 ? 0.001 : 1;
}

static double time_of(const double *field, const fm_medium *medium, size_t i, size_t k)
{
    const fm_grid *grid = &medium->grid;
    return i < grid->nx && k < grid->nz ? field[k * grid->nx + i] : INFINITY;
}

static bool is_seed(const fm_medium *medium, fm_point source, size_t i, size_t k)
{
    fm_point at = node_at(medium, i, k);
    double dz = k + 1 < medium->grid.nz ? medium->grid.z[k + 1] - at.z
                                        : at.z - medium->grid.z[k - 1];
    return fabs(at.x - source.x) < medium->grid.dx && fabs(at.z - source.z) < dz;
}

/* Every time is finite, and not earlier than a straight ray at the highest speed but
 * for a small part; but for the source's cell there is a neighbour that is not later.
 */
static void expect_arrivals(const fm_medium *medium, int order, fm_point source,
                            double fastest, double part)
{
    double *field = solved(medium, order, source);
    const fm_grid *grid = &medium->grid;
    double least = fastest * (order == 1 ? 1 - 1e-12 : 1 - 1e-3) * (1 - part);
    for (size_t k = 0; k < grid->nz; k++) {
        for (size_t i = 0; i < grid->nx; i++) {
            double time = time_of(field, medium, i, k);
            double r = fm_distance(grid, source, node_at(medium, i, k));
            bool seed = is_seed(medium, source, i, k);
            if (!(isfinite(time) && time >= least * r)) {
                fail_msg("order %d, source %g %g, node %zu %zu: %g at distance %g",
                         order, source.x, source.z, i, k, time, r);
            }
            double first = fmin(fmin(time_of(field, medium, i - 1, k),
                                     time_of(field, medium, i + 1, k)),
                                fmin(time_of(field, medium, i, k - 1),
                                     time_of(field, medium, i, k + 1)));
            if (!seed && !(first <= time)) {
                fail_msg("order %d, source %g %g: node %zu %zu at %.17g, neighbours "
                         "from %.17g",
                         order, source.x, source.z, i, k, time, first);
            }
        }
    }
    free(field);
}

static void every_node_is_reached_after_a_neighbour(void **state)
{
    (void)state;
    rule *const rules[] = {unit_slowness, gradient_slowness, rough, wild, checkerboard};
    const double fastest[] = {1, 1.0 / 17, 0.5, 0.001, 0.001};
    /* Measured: 0.023 where the speed jumps a thousandfold from node to node. */
    const double part[] = {0, 0, 0, 0.03, 0};
    const fm_point sources[] = {{0, 0}, {17, 13}, {17.3, 13.8}, {39.5, 0.25}, {24, 40}};
    for (size_t m = 0; m < sizeof rules / sizeof *rules; m++) {
        fm_medium medium = flat_medium(41, 41, rules[m]);
        for (size_t n = 0; n < sizeof sources / sizeof *sources; n++) {
            expect_arrivals(&medium, 1, sources[n], fastest[m], part[m]);
            expect_arrivals(&medium, 2, sources[n], fastest[m], part[m]);
        }
        fm_medium_clear(&medium);
    }
}

static void tiny_grids_are_solved(void **state)
{
    (void)state;
    const size_t sizes[][2] = {{2, 2}, {2, 9}, {9, 2}, {3, 3}, {2, 3}, {3, 2}, {4, 3}};
    for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++) {
        size_t nx = sizes[n][0], nz = sizes[n][1];
        fm_medium medium = flat_medium(nx, nz, unit_slowness);
        for (size_t node = 0; node < nx * nz; node++) {
            fm_point source = node_at(&medium, node % nx, node / nx);
            assert_true(worst_of_constant(&medium, 2, source) < 1e-14);
        }
        for (uint64_t draw = 0; draw < 20; draw++) {
            fm_point source = {uniform(2 * draw) * (double)(nx - 1),
                               uniform(2 * draw + 1) * (double)(nz - 1)};
            assert_true(worst_of_constant(&medium, 2, source) < 1e-9);
            expect_arrivals(&medium, 2, source, 1, 1e-2);
        }
        fm_medium_clear(&medium);
    }
}

static void steps_of_one_to_twenty_are_solved(void **state)
{
    (void)state;
    const fm_point steps[] = {{1, 20}, {20, 1}};
    for (size_t n = 0; n < 2; n++) {
        fm_medium medium =
            medium_of(FM_CARTESIAN, 41, 41, (fm_point){0, 0}, steps[n], unit_slowness);
        fm_point node = node_at(&medium, 20, 20);
        fm_point off = {node.x + 0.3 * steps[n].x, node.z + 0.6 * steps[n].z};
        assert_true(worst_in_order(&medium, 2, node) < 1e-13);
        double worst = worst_of_constant(&medium, 2, off);
        /* Measured 3.5e-7. */
        if (!(worst < 1e-6)) {
            fail_msg("relative error %g", worst);
        }
        expect_arrivals(&medium, 1, off, 1, 0);
        expect_arrivals(&medium, 2, off, 1, 1e-2);
        fm_medium_clear(&medium);
    }
}

static double linear_speed_time_error(const fm_medium *medium, fm_point source)
{
    double *field = solved(medium, 2, source);
    double worst = 0;
    for (size_t node = 0; node < fm_grid_nodes(&medium->grid); node++) {
        fm_point at = node_at(medium, node % medium->grid.nx, node / medium->grid.nx);
        double error = fabs(field[node] - gradient_time(source, at));
        worst = error <= worst ? worst : error;
    }
    free(field);
    return worst;
}

/* Rows at random steps cost no more than their largest step. */
static void uneven_rows_are_as_good_as_even_ones(void **state)
{
    (void)state;
    enum { NZ = 81 };
    double z[NZ] = {0};
    for (size_t k = 1; k < NZ; k++) {
        z[k] = z[k - 1] + 0.25 + 0.5 * uniform(k);
    }
    fm_grid grid;
    assert_int_equal(
        fm_grid_create_rows(FM_CARTESIAN, 1, NZ, NZ, 0, 0.5, z, &grid, NULL), FM_OK);
    fm_medium uneven = medium_on(&grid, gradient_slowness);
    fm_medium even = medium_of(FM_CARTESIAN, NZ, NZ, (fm_point){0, 0},
                               (fm_point){0.75, 0.75}, gradient_slowness);
    fm_point source = {13.3, 17.2};
    double error = linear_speed_time_error(&uneven, source);
    double coarse = linear_speed_time_error(&even, source);
    if (!(error < 2 * coarse)) {
        fail_msg("%g on uneven rows, %g on even ones", error, coarse);
    }
    fm_medium_clear(&even);
    fm_medium_clear(&uneven);
}

static void single_precision_fields_are_the_rounded_ones(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(12, 9, gradient_slowness);
    mask(&medium, 4, 4);
    fm_solver *solver = plain_solver(&medium);
    march_from(solver, (fm_point){1.2, 3.4});
    double *field = field_of(solver, &medium);
    float rounded[12 * 9];
    fm_solver_field_f32(solver, rounded);
    for (size_t node = 0; node < fm_grid_nodes(&medium.grid); node++) {
        assert_true(rounded[node] == (float)field[node] || node == 4 * 12 + 4);
    }
    assert_true(isnan(rounded[4 * 12 + 4]) && isnan(field[4 * 12 + 4]));
    free(field);
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
}

static void options_out_of_range_are_refused(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(3, 3, unit_slowness);
    const struct {
        fm_solver_options options;
        const char *message;
    } bad[] = {{{.order = 0, .refine = 0}, "order is 0, it must be 1 or 2"},
               {{.order = 3, .refine = 0}, "order is 3, it must be 1 or 2"},
               {{.order = 2, .refine = -2}, "refine is -2, it must be 0 to 6"},
               {{.order = 2, .refine = 7}, "refine is 7, it must be 0 to 6"}};
    for (size_t n = 0; n < sizeof bad / sizeof *bad; n++) {
        fm_solver *solver;
        fm_error error = {0};
        assert_int_equal(
            fm_solver_create(&medium, NULL, &bad[n].options, &solver, &error),
            FM_BAD_INPUT);
        assert_null(solver);
        assert_non_null(strstr(error.message, bad[n].message));
    }
    fm_medium_clear(&medium);
    fm_solver_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_speed_is_exact_from_every_node_of_the_plane),
        cmocka_unit_test(constant_speed_is_exact_on_a_large_grid),
        cmocka_unit_test(
            constant_speed_from_a_node_of_the_sphere_or_section_is_nearly_exact),
        cmocka_unit_test(a_source_may_lie_anywhere_in_the_grid),
        cmocka_unit_test(a_hair_beside_a_node_is_the_node),
        cmocka_unit_test(close_to_a_node_the_times_are_close_to_the_nodes),
        cmocka_unit_test(every_node_is_reached_after_a_neighbour),
        cmocka_unit_test(tiny_grids_are_solved),
        cmocka_unit_test(steps_of_one_to_twenty_are_solved),
        cmocka_unit_test(uneven_rows_are_as_good_as_even_ones),
        cmocka_unit_test(single_precision_fields_are_the_rounded_ones),
        cmocka_unit_test(options_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
