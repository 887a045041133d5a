/* What the stencil is told about the grid and the source: distance and its gradient,
 * difference weights, interfaces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "fixture.h"
#include "frame.h"

static const double radians = 3.14159265358979323846 / 180;

static fm_frame frame_of(const fm_medium *medium, int order, fm_point source)
{
    fm_frame frame;
    assert_int_equal(fm_frame_create(medium->grid.nx, medium->grid.nz, &frame, NULL),
                     FM_OK);
    fm_frame_set_medium(&frame, medium, order);
    fm_frame_set_source(&frame, source);
    return frame;
}

static double km_per_x(const fm_grid *grid, double z)
{
    return grid->geometry == FM_CARTESIAN ? 1
           : grid->geometry == FM_GEOGRAPHIC
               ? grid->radius_km * cos(z * radians) * radians
               : z * radians;
}

static double km_per_z(const fm_grid *grid)
{
    return grid->geometry == FM_GEOGRAPHIC ? grid->radius_km * radians : 1;
}

/* Central differences of fm_distance, in km per km. */
static fm_point slope_of_distance(const fm_grid *grid, fm_point at, fm_point source)
{
    double dx = 1e-2 / km_per_x(grid, at.z), dz = 1e-2 / km_per_z(grid);
    double east = fm_distance(grid, source, (fm_point){at.x + dx, at.z});
    double west = fm_distance(grid, source, (fm_point){at.x - dx, at.z});
    double high = fm_distance(grid, source, (fm_point){at.x, at.z + dz});
    double low = fm_distance(grid, source, (fm_point){at.x, at.z - dz});
    return (fm_point){(east - west) / 2e-2, (high - low) / 2e-2};
}

static void expect_looks(const fm_medium *medium, fm_point source)
{
    fm_frame frame = frame_of(medium, 2, source);
    const fm_grid *grid = &medium->grid;
    for (size_t k = 0; k < grid->nz; k++) {
        for (size_t i = 0; i < grid->nx; i++) {
            fm_point at = node_at(medium, i, k);
            fm_look look = fm_frame_look(&frame, i, k);
            double r = fm_distance(grid, source, at);
            /* At the antipode the arcsine is steep: half of the digits. */
            assert_near(look.r, r, look.factored ? 1e-12 * r : 1e-6 * r);
            if (look.factored && r > 0.5) {
                fm_point slope = slope_of_distance(grid, at, source);
                double tolerance = 2e-3 / (r * r) + 3e-9;
                assert_near(look.gx, slope.x, tolerance);
                assert_near(look.gz, slope.z, tolerance);
                assert_near(hypot(look.gx, look.gz), 1, 1e-12);
            }
        }
    }
    fm_frame_clear(&frame);
}

static void the_distance_and_its_gradient_are_right_in_the_plane(void **state)
{
    (void)state;
    fm_medium medium = medium_of(FM_CARTESIAN, 21, 16, (fm_point){-7, 3},
                                 (fm_point){2, 0.75}, unit_slowness);
    expect_looks(&medium, (fm_point){-7, 3});
    expect_looks(&medium, (fm_point){4.2, 9.1});
    fm_medium_clear(&medium);
}

static void the_distance_and_its_gradient_are_right_on_the_sphere(void **state)
{
    (void)state;
    fm_medium medium = medium_of(FM_GEOGRAPHIC, 37, 33, (fm_point){-180, -80},
                                 (fm_point){9.9, 5}, unit_slowness);
    expect_looks(&medium, (fm_point){0, 0});
    expect_looks(&medium, (fm_point){-170, 63.3});
    expect_looks(&medium, (fm_point){12.5, -79});
    fm_medium_clear(&medium);
}

static void the_distance_and_its_gradient_are_right_in_the_section(void **state)
{
    (void)state;
    fm_medium medium = medium_of(FM_POLAR, 31, 20, (fm_point){-20, 3471},
                                 (fm_point){5, 150}, unit_slowness);
    expect_looks(&medium, (fm_point){-20, 6321});
    expect_looks(&medium, (fm_point){33.3, 5000});
    fm_medium_clear(&medium);
}

static void a_node_close_to_the_source_keeps_the_digits_of_its_distance(void **state)
{
    (void)state;
    fm_geometry geometries[] = {FM_CARTESIAN, FM_GEOGRAPHIC, FM_POLAR};
    for (size_t g = 0; g < 3; g++) {
        fm_point first = {140, geometries[g] == FM_POLAR ? 6000 : -40};
        fm_medium medium =
            medium_of(geometries[g], 5, 5, first, (fm_point){0.5, 0.5}, unit_slowness);
        fm_point source = {141 + 1e-7, first.z + 1 - 1e-7};
        fm_frame frame = frame_of(&medium, 2, source);
        fm_look look = fm_frame_look(&frame, 2, 2);
        /* The differences themselves are exact; then five digits would be poor. */
        double dx = (source.x - 141) * km_per_x(&medium.grid, source.z);
        double dz = (source.z - (first.z + 1)) * km_per_z(&medium.grid);
        assert_near(look.r, hypot(dx, dz), 1e-8 * look.r);
        assert_near(look.gx, -dx / look.r, 1e-6);
        assert_near(look.gz, -dz / look.r, 1e-6);
        fm_frame_clear(&frame);
        fm_medium_clear(&medium);
    }
}

static void the_source_itself_has_no_gradient(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(4, 4, unit_slowness);
    fm_frame frame = frame_of(&medium, 2, (fm_point){2, 1});
    fm_look look = fm_frame_look(&frame, 2, 1);
    assert_true(look.r == 0 && look.gx == 0 && look.gz == 0 && look.factored);
    fm_frame_clear(&frame);
    fm_medium_clear(&medium);
}

static void beyond_150_degrees_the_distance_is_no_factor(void **state)
{
    (void)state;
    fm_medium medium = medium_of(FM_GEOGRAPHIC, 359, 3, (fm_point){-179, -1},
                                 (fm_point){1, 1}, unit_slowness);
    fm_frame frame = frame_of(&medium, 2, (fm_point){0, 0});
    for (size_t i = 0; i < 359; i++) {
        double degrees = fabs((double)i - 179);
        assert_true(degrees == 150 ||
                    fm_frame_look(&frame, i, 1).factored == (degrees < 150));
    }
    fm_frame_clear(&frame);
    fm_medium_clear(&medium);
}

static double derivative(const fm_difference *d, double f, double f1, double f2)
{
    return d->second ? d->w0 * f - d->w1 * f1 + d->w2 * f2 : d->first * (f - f1);
}

static double quadratic(double z)
{
    return 3 - 2 * z + 0.7 * z * z;
}

/* Rows at uneven steps: exact for a quadratic with two nodes, for a line with one. */
static void differences_on_uneven_rows_are_exact_for_quadratics(void **state)
{
    (void)state;
    const double z[] = {1, 1.25, 2.75, 3, 5, 5.125, 9};
    enum { NZ = sizeof z / sizeof *z };
    fm_grid grid;
    assert_int_equal(
        fm_grid_create_rows(FM_CARTESIAN, 1, 3, NZ, 0, 0.5, z, &grid, NULL), FM_OK);
    fm_medium medium = medium_on(&grid, unit_slowness);
    fm_frame frame = frame_of(&medium, 2, (fm_point){0, 1});
    for (size_t k = 0; k < NZ; k++) {
        const fm_row *row = &frame.row[k];
        double slope = -2 + 1.4 * z[k];
        assert_true(row->lower.second == (k >= 2));
        assert_true(row->upper.second == (k + 2 < NZ));
        if (k >= 2) {
            assert_near(derivative(&row->lower, quadratic(z[k]), quadratic(z[k - 1]),
                                   quadratic(z[k - 2])),
                        slope, 1e-10);
        }
        if (k + 2 < NZ) {
            assert_near(derivative(&row->upper, quadratic(z[k]), quadratic(z[k + 1]),
                                   quadratic(z[k + 2])),
                        -slope, 1e-10);
        }
        if (k >= 1) {
            assert_near(row->lower.first * (z[k] - z[k - 1]), 1, 1e-14);
        }
        assert_near(derivative(&row->along, 9 * 9, 8.5 * 8.5, 8 * 8), 18, 1e-10);
    }
    fm_frame_clear(&frame);
    fm_medium_clear(&medium);
}

static void first_order_has_no_second_differences(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(6, 6, unit_slowness);
    fm_frame frame = frame_of(&medium, 1, (fm_point){0, 0});
    for (size_t k = 0; k < 6; k++) {
        assert_false(frame.row[k].lower.second || frame.row[k].upper.second ||
                     frame.row[k].along.second);
    }
    fm_frame_clear(&frame);
    fm_medium_clear(&medium);
}

static void no_difference_reaches_across_an_interface(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(4, 9, unit_slowness);
    add_interface(&medium, 4, unit_slowness);
    fm_frame frame = frame_of(&medium, 2, (fm_point){0, 0});
    for (size_t k = 0; k < 9; k++) {
        const fm_row *row = &frame.row[k];
        assert_true(row->interface == (k == 4 ? 0 : FM_NO_INTERFACE));
        assert_true(row->lower.second == (k >= 2 && k != 5));
        assert_true(row->upper.second == (k <= 6 && k != 3));
        assert_true(row->along.second);
    }
    fm_frame_clear(&frame);
    fm_medium_clear(&medium);
}

/* A frame is used for one medium after another. */
static void an_interface_of_the_last_medium_is_forgotten(void **state)
{
    (void)state;
    fm_medium layered = flat_medium(4, 9, unit_slowness);
    add_interface(&layered, 4, unit_slowness);
    fm_medium plain = flat_medium(4, 7, unit_slowness);
    fm_frame frame = frame_of(&layered, 2, (fm_point){0, 0});
    fm_frame_set_medium(&frame, &plain, 2);
    for (size_t k = 0; k < 7; k++) {
        assert_true(frame.row[k].interface == FM_NO_INTERFACE);
        assert_true(frame.row[k].lower.second == (k >= 2));
        assert_true(frame.row[k].upper.second == (k <= 4));
    }
    fm_frame_clear(&frame);
    fm_medium_clear(&plain);
    fm_medium_clear(&layered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_distance_and_its_gradient_are_right_in_the_plane),
        cmocka_unit_test(the_distance_and_its_gradient_are_right_on_the_sphere),
        cmocka_unit_test(the_distance_and_its_gradient_are_right_in_the_section),
        cmocka_unit_test(a_node_close_to_the_source_keeps_the_digits_of_its_distance),
        cmocka_unit_test(the_source_itself_has_no_gradient),
        cmocka_unit_test(beyond_150_degrees_the_distance_is_no_factor),
        cmocka_unit_test(differences_on_uneven_rows_are_exact_for_quadratics),
        cmocka_unit_test(first_order_has_no_second_differences),
        cmocka_unit_test(no_difference_reaches_across_an_interface),
        cmocka_unit_test(an_interface_of_the_last_medium_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
