/* Times at points: in the source's cell, beside it, on edges and corners, behind masks,
 * and with an early stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "fixture.h"

static const size_t N = 161;

/* The speed doubles within 8 km: 1.8 % a step near the slow corner. */
static fm_medium gradient_medium(void)
{
    return medium_of(FM_CARTESIAN, N, N, (fm_point){0, 0}, (fm_point){0.125, 0.125},
                     gradient_slowness);
}

static const fm_point sources[] = {
    {10, 10}, {10.1, 9.87}, {10, 9.9},    {5.01, 14.99}, {0, 0},     {20, 0},
    {20, 20}, {0.1, 19.95}, {19.9, 0.05}, {10.125, 20},  {0, 7.125}, {4.3, 4.7}};
enum { SOURCES = sizeof sources / sizeof *sources };

static fm_point clamped(fm_point point)
{
    return (fm_point){fmin(fmax(point.x, 0), 20), fmin(fmax(point.z, 0), 20)};
}

static void a_receiver_on_top_of_the_source_reads_exactly_zero(void **state)
{
    (void)state;
    fm_medium medium = gradient_medium();
    fm_solver *solver = plain_solver(&medium);
    for (size_t n = 0; n < SOURCES; n++) {
        march_from(solver, sources[n]);
        assert_true(time_at(solver, sources[n]) == 0);
    }
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
}

/* The largest relative error of 400 receivers at random up to `reach` km away. */
static double worst_within(const fm_medium *medium, fm_solver *solver, fm_point source,
                           double reach)
{
    double worst = 0;
    march_from(solver, source);
    for (uint64_t n = 0; n < 400; n++) {
        fm_point at =
            clamped((fm_point){source.x + reach * (2 * uniform(2 * n) - 1),
                               source.z + reach * (2 * uniform(2 * n + 1) - 1)});
        if (gradient_ray_inside(&medium->grid, source, at)) {
            double exact = gradient_time(source, at);
            double error = fabs(time_at(solver, at) - exact) / fmax(exact, 1e-9);
            worst = error <= worst ? worst : error;
        }
    }
    return worst;
}

static void receivers_in_and_beside_the_sources_cell_are_right(void **state)
{
    (void)state;
    fm_medium medium = gradient_medium();
    fm_solver *solver = plain_solver(&medium);
    for (size_t n = 0; n < SOURCES; n++) {
        double worst = worst_within(&medium, solver, sources[n], 0.25);
        if (!(worst < 1e-4)) {
            fail_msg("source %g %g: %g", sources[n].x, sources[n].z, worst);
        }
    }
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
}

/* What a reader without the factor would do. */
static double bilinear(const fm_medium *medium, const double *field, fm_point at)
{
    fm_place place;
    assert_true(fm_grid_locate(&medium->grid, at, &place));
    const double *t = field + place.row * N + place.column;
    return (1 - place.fz) * ((1 - place.fx) * t[0] + place.fx * t[1]) +
           place.fz * ((1 - place.fx) * t[N] + place.fx * t[N + 1]);
}

static void within_three_cells_the_factor_keeps_the_digits(void **state)
{
    (void)state;
    fm_medium medium = gradient_medium();
    fm_solver *solver = plain_solver(&medium);
    for (size_t s = 0; s < SOURCES; s++) {
        march_from(solver, sources[s]);
        double *field = field_of(solver, &medium);
        double error = 0, plain = 0;
        for (uint64_t n = 0; n < 300; n++) {
            fm_point at =
                clamped((fm_point){sources[s].x + 0.75 * uniform(2 * n) - 0.375,
                                   sources[s].z + 0.75 * uniform(2 * n + 1) - 0.375});
            double exact = gradient_time(sources[s], at);
            error += fabs(time_at(solver, at) - exact);
            plain += fabs(bilinear(&medium, field, at) - exact);
        }
        if (!(error < plain / 50)) {
            fail_msg("source %g %g: %g with, %g without", sources[s].x, sources[s].z,
                     error, plain);
        }
        free(field);
    }
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
}

/* Between the nodes no worse than on them. */
static void far_receivers_are_as_good_as_the_nodes(void **state)
{
    (void)state;
    fm_medium medium = gradient_medium();
    fm_solver *solver = plain_solver(&medium);
    for (size_t s = 0; s < SOURCES; s++) {
        march_from(solver, sources[s]);
        double *field = field_of(solver, &medium);
        double nodes = 0, between = 0, points = 0;
        for (uint64_t n = 0; n < 2000; n++) {
            fm_point at = {20 * uniform(2 * n), 20 * uniform(2 * n + 1)};
            fm_place place;
            assert_true(fm_grid_locate(&medium.grid, at, &place));
            fm_point node = node_at(&medium, place.column, place.row);
            if (gradient_ray_inside(&medium.grid, sources[s], at) &&
                gradient_ray_inside(&medium.grid, sources[s], node)) {
                between += fabs(time_at(solver, at) - gradient_time(sources[s], at));
                nodes += fabs(time_at(solver, node) - gradient_time(sources[s], node));
                points++;
            }
        }
        assert_true(points > 500);
        if (!(between < 1.5 * nodes)) {
            fail_msg("source %g %g: %g between, %g on nodes", sources[s].x,
                     sources[s].z, between / points, nodes / points);
        }
        free(field);
    }
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
}

static void receivers_on_nodes_read_the_field_to_the_bit(void **state)
{
    (void)state;
    fm_medium medium = gradient_medium();
    mask(&medium, 30, 31);
    mask(&medium, 31, 31);
    fm_solver *solver = plain_solver(&medium);
    for (size_t s = 0; s < SOURCES; s++) {
        march_from(solver, sources[s]);
        double *field = field_of(solver, &medium);
        for (size_t node = 0; node < N * N; node++) {
            double time = time_at(solver, node_at(&medium, node % N, node / N));
            assert_true(time == field[node] || (isnan(time) && isnan(field[node])));
        }
        free(field);
    }
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
}

/* Along every edge, where the cubic stencil shifts inwards. */
static void receivers_on_edges_are_as_good_as_others(void **state)
{
    (void)state;
    fm_medium medium = gradient_medium();
    fm_solver *solver = plain_solver(&medium);
    march_from(solver, (fm_point){10.1, 9.87});
    for (uint64_t n = 0; n < 400; n++) {
        double along = 20 * uniform(n);
        const fm_point points[] = {{along, 0}, {along, 20}, {0, along}, {20, along}};
        fm_point at = points[n % 4];
        if (gradient_ray_inside(&medium.grid, (fm_point){10.1, 9.87}, at)) {
            double exact = gradient_time((fm_point){10.1, 9.87}, at);
            assert_near(time_at(solver, at), exact, 1e-4 * exact);
        }
    }
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
}

static void receivers_outside_the_grid_are_not_reached(void **state)
{
    (void)state;
    fm_medium medium = gradient_medium();
    fm_solver *solver = plain_solver(&medium);
    march_from(solver, (fm_point){10, 10});
    const fm_point outside[] = {
        {-0.01, 3}, {20.01, 3}, {3, -0.01}, {3, 20.01}, {NAN, 1}};
    for (size_t n = 0; n < 5; n++) {
        double time = 1;
        assert_false(fm_solver_time(solver, outside[n], &time));
        assert_true(isnan(time));
    }
    assert_true(time_at(solver, (fm_point){20 + 1e-12, -1e-12}) > 0);
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
}

static void an_early_stop_changes_no_time_and_saves_nodes(void **state)
{
    (void)state;
    fm_medium medium = gradient_medium();
    fm_solver *whole = plain_solver(&medium);
    fm_solver *early = solver_with(&medium, NULL, 2, 0, true);
    for (size_t s = 0; s < SOURCES; s++) {
        fm_point receivers[5];
        for (uint64_t n = 0; n < 5; n++) {
            receivers[n] =
                clamped((fm_point){sources[s].x + 8 * uniform(10 * s + 2 * n) - 4,
                                   sources[s].z + 8 * uniform(10 * s + 2 * n + 1) - 4});
        }
        march_from(whole, sources[s]);
        assert_true(fm_solver_accepted(whole) == N * N);
        assert_int_equal(fm_solver_march(early, sources[s], receivers, 5, NULL), FM_OK);
        assert_true(fm_solver_accepted(early) < 3 * N * N / 4);
        for (size_t n = 0; n < 5; n++) {
            assert_true(time_at(early, receivers[n]) == time_at(whole, receivers[n]));
        }
    }
    fm_solver_destroy(early);
    fm_solver_destroy(whole);
    fm_medium_clear(&medium);
}

static void an_early_stop_leaves_the_rest_unreached(void **state)
{
    (void)state;
    fm_medium medium = gradient_medium();
    fm_solver *solver = solver_with(&medium, NULL, 2, 0, true);
    fm_point receiver = {10.3, 10.3}, far = {19.7, 0.3};
    assert_int_equal(fm_solver_march(solver, (fm_point){10, 10}, &receiver, 1, NULL),
                     FM_OK);
    assert_true(fm_solver_accepted(solver) < 100);
    assert_true(isnan(time_at(solver, far)));
    double *field = field_of(solver, &medium);
    size_t reached = 0;
    for (size_t node = 0; node < N * N; node++) {
        reached += isnan(field[node]) ? 0 : 1;
    }
    assert_true(reached == fm_solver_accepted(solver));
    free(field);
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
}

static void without_receivers_there_is_no_early_stop(void **state)
{
    (void)state;
    fm_medium medium = gradient_medium();
    fm_solver *solver = solver_with(&medium, NULL, 2, 0, true);
    march_from(solver, (fm_point){10, 10});
    assert_true(fm_solver_accepted(solver) == N * N);
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
}

/* A receiver nobody can reach does not hide the others. */
static void receivers_behind_a_mask_are_waited_for_and_not_reached(void **state)
{
    (void)state;
    fm_medium medium = gradient_medium();
    for (size_t k = 0; k < N; k++) {
        mask(&medium, 120, k);
    }
    fm_solver *early = solver_with(&medium, NULL, 2, 0, true);
    fm_solver *whole = plain_solver(&medium);
    const fm_point receivers[] = {{17.1, 3}, {12.2, 13.3}, {15, 4}, {14.9, 7.3}};
    fm_point source = {10.1, 9.87};
    assert_int_equal(fm_solver_march(early, source, receivers, 4, NULL), FM_OK);
    march_from(whole, source);
    assert_true(isnan(time_at(early, receivers[0])));
    assert_true(isnan(time_at(early, receivers[2])));
    assert_true(time_at(early, receivers[1]) == time_at(whole, receivers[1]));
    assert_true(time_at(early, receivers[3]) == time_at(whole, receivers[3]));
    /* Two corners of its cell are masked: a straight ray from one of the others. */
    assert_near(time_at(whole, receivers[3]), gradient_time(source, receivers[3]),
                4e-3);
    fm_solver_destroy(whole);
    fm_solver_destroy(early);
    fm_medium_clear(&medium);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receiver_on_top_of_the_source_reads_exactly_zero),
        cmocka_unit_test(receivers_in_and_beside_the_sources_cell_are_right),
        cmocka_unit_test(within_three_cells_the_factor_keeps_the_digits),
        cmocka_unit_test(far_receivers_are_as_good_as_the_nodes),
        cmocka_unit_test(receivers_on_nodes_read_the_field_to_the_bit),
        cmocka_unit_test(receivers_on_edges_are_as_good_as_others),
        cmocka_unit_test(receivers_outside_the_grid_are_not_reached),
        cmocka_unit_test(an_early_stop_changes_no_time_and_saves_nodes),
        cmocka_unit_test(an_early_stop_leaves_the_rest_unreached),
        cmocka_unit_test(without_receivers_there_is_no_early_stop),
        cmocka_unit_test(receivers_behind_a_mask_are_waited_for_and_not_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
