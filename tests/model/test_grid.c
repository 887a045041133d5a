/* Geometry's words, making grids, finding places in them, distances. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models.h"

static fm_grid uniform(fm_geometry geometry, double x0, double dx, double z0, double dz)
{
    fm_grid grid;
    assert_int_equal(fm_grid_create(geometry, FM_EARTH_RADIUS_KM, 11, 6, x0, dx, z0, dz,
                                    &grid, NULL),
                     FM_OK);
    return grid;
}

static fm_grid uneven(void)
{
    const double z[] = {0, 0.001, 0.5, 4, 4.25, 60};
    fm_grid grid;
    assert_int_equal(fm_grid_create_rows(FM_CARTESIAN, 0, 4, 6, 0, 1, z, &grid, NULL),
                     FM_OK);
    return grid;
}

static void geometry_words_can_be_written_and_read_back(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        fm_geometry geometry = FM_CARTESIAN;
        assert_true(fm_geometry_parse(fm_geometry_name((fm_geometry)i), &geometry));
        assert_int_equal(geometry, i);
    }
    fm_geometry geometry = FM_POLAR;
    const char *refused[] = {"", "Cartesian", "geo", "polar ", "spherical"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_false(fm_geometry_parse(refused[i], &geometry));
        assert_int_equal(geometry, FM_POLAR);
    }
}

static void coordinates_have_the_names_and_units_of_their_geometry(void **state)
{
    (void)state;
    assert_string_equal(fm_geometry_x_name(FM_CARTESIAN), "x");
    assert_string_equal(fm_geometry_z_name(FM_CARTESIAN), "z");
    assert_string_equal(fm_geometry_x_name(FM_GEOGRAPHIC), "lon");
    assert_string_equal(fm_geometry_z_name(FM_GEOGRAPHIC), "lat");
    assert_string_equal(fm_geometry_x_name(FM_POLAR), "angle");
    assert_string_equal(fm_geometry_z_name(FM_POLAR), "radius");
    assert_string_equal(fm_geometry_x_unit(FM_CARTESIAN), "km");
    assert_string_equal(fm_geometry_x_unit(FM_POLAR), "degrees");
    assert_string_equal(fm_geometry_z_unit(FM_POLAR), "km");
    assert_string_equal(fm_geometry_z_unit(FM_GEOGRAPHIC), "degrees");
}

static void a_grid_has_its_columns_and_rows_where_asked(void **state)
{
    (void)state;
    fm_grid grid = uniform(FM_CARTESIAN, -2, 0.5, 1, 0.25);
    assert_int_equal(fm_grid_nodes(&grid), 66);
    assert_true(fm_grid_x(&grid, 0) == -2);
    assert_true(fm_grid_x(&grid, 3) == -0.5);
    assert_true(fm_grid_x_max(&grid) == 3);
    assert_true(grid.z[0] == 1 && grid.z[5] == 2.25);
    fm_grid_clear(&grid);
    assert_null(grid.z);
    fm_grid_clear(&grid);
    fm_grid_clear(NULL);
}

static void expect_refused(fm_geometry geometry, double radius_km, size_t nx, size_t nz,
                           const double x[2], const double z[2], const char *message)
{
    fm_error error = {0};
    fm_grid grid;
    assert_int_equal(fm_grid_create(geometry, radius_km, nx, nz, x[0], x[1], z[0], z[1],
                                    &grid, &error),
                     FM_BAD_INPUT);
    assert_string_equal(error.message, message);
    assert_null(grid.z);
}

#define PAIR(a, b) ((const double[]){a, b})

static void grids_of_impossible_size_are_refused(void **state)
{
    (void)state;
    expect_refused(FM_CARTESIAN, 0, 1, 5, PAIR(0, 1), PAIR(0, 1),
                   "a grid of 1 x 5 nodes: there must be at least two columns and two "
                   "rows");
    expect_refused(FM_CARTESIAN, 0, 5, 0, PAIR(0, 1), PAIR(0, 1),
                   "a grid of 5 x 0 nodes: there must be at least two columns and two "
                   "rows");
    expect_refused(FM_CARTESIAN, 0, 100000, 100000, PAIR(0, 1), PAIR(0, 1),
                   "a grid of 100000 x 100000 nodes: at most 4294967295 nodes are "
                   "possible");
}

static void steps_that_do_not_ascend_are_refused(void **state)
{
    (void)state;
    expect_refused(FM_CARTESIAN, 0, 5, 5, PAIR(0, 0), PAIR(0, 1),
                   "the step in x is 0 km: it must be positive");
    expect_refused(FM_POLAR, 6371, 5, 5, PAIR(0, 1), PAIR(5000, -1),
                   "the step in radius is -1 km: it must be positive");
    expect_refused(FM_CARTESIAN, 0, 5, 5, PAIR(0, NAN), PAIR(0, 1),
                   "the step in x is nan km: it must be positive");
    expect_refused(FM_CARTESIAN, 0, 5, 5, PAIR(1e17, 1), PAIR(0, 1),
                   "a step of 1 km is lost in rounding beside x 1e+17");
    expect_refused(FM_CARTESIAN, 0, 5, 5, PAIR(INFINITY, 1), PAIR(0, 1),
                   "the extent in x is from inf to inf km: it must be finite and "
                   "ascend");
}

static void rows_that_do_not_ascend_are_refused(void **state)
{
    (void)state;
    fm_error error = {0};
    fm_grid grid;
    const double z[] = {0, 2, 2, 3};
    assert_int_equal(fm_grid_create_rows(FM_CARTESIAN, 0, 4, 4, 0, 1, z, &grid, &error),
                     FM_BAD_INPUT);
    assert_string_equal(error.message, "rows must ascend: z 2 km follows 2");
    assert_null(grid.z);
}

static void coordinates_no_sphere_has_are_refused(void **state)
{
    (void)state;
    expect_refused(FM_GEOGRAPHIC, 6371, 5, 5, PAIR(0, 1), PAIR(-90, 1),
                   "latitude -90 degrees: latitudes must lie between -90 and 90, the "
                   "poles not included");
    expect_refused(FM_GEOGRAPHIC, 6371, 5, 5, PAIR(0, 1), PAIR(87, 1),
                   "latitude 91 degrees: latitudes must lie between -90 and 90, the "
                   "poles not included");
    expect_refused(FM_GEOGRAPHIC, 6371, 5, 5, PAIR(-180, 90), PAIR(0, 1),
                   "the extent in lon, -180 to 180 degrees, spans 360 degrees or more");
    expect_refused(FM_POLAR, 6371, 5, 5, PAIR(0, 90), PAIR(1, 1),
                   "the extent in angle, 0 to 360 degrees, spans 360 degrees or more");
    expect_refused(FM_POLAR, 6371, 5, 5, PAIR(0, 1), PAIR(0, 1),
                   "radius 0 km: radii must be positive (they are measured from the "
                   "centre)");
    expect_refused(FM_GEOGRAPHIC, 0, 5, 5, PAIR(0, 1), PAIR(0, 1),
                   "the sphere's radius is 0 km: it must be positive");
}

static void a_point_is_found_in_its_cell(void **state)
{
    (void)state;
    fm_grid grid = uniform(FM_CARTESIAN, -2, 0.5, 1, 0.25);
    fm_place place;
    assert_true(fm_grid_locate(&grid, (fm_point){-0.875, 1.5625}, &place));
    assert_int_equal(place.column, 2);
    assert_int_equal(place.row, 2);
    assert_true(place.fx == 0.25 && place.fz == 0.25);
    assert_true(place.point.x == -0.875 && place.point.z == 1.5625);
    fm_grid_clear(&grid);
}

static void the_edges_belong_to_the_grid_and_its_last_cells(void **state)
{
    (void)state;
    fm_grid grid = uniform(FM_CARTESIAN, -2, 0.5, 1, 0.25);
    fm_place place;
    assert_true(fm_grid_locate(&grid, (fm_point){-2, 1}, &place));
    assert_true(place.column == 0 && place.row == 0 && place.fx == 0 && place.fz == 0);
    assert_true(fm_grid_locate(&grid, (fm_point){3, 2.25}, &place));
    assert_true(place.column == 9 && place.row == 4 && place.fx == 1 && place.fz == 1);
    /* An inner node begins a cell. */
    assert_true(fm_grid_locate(&grid, (fm_point){2.5, 2}, &place));
    assert_true(place.column == 9 && place.row == 4 && place.fx == 0 && place.fz == 0);
    fm_grid_clear(&grid);
}

static void a_point_within_the_tolerance_of_a_node_is_moved_onto_it(void **state)
{
    (void)state;
    fm_grid grid = uniform(FM_CARTESIAN, 0, 0.1, 0, 0.1);
    fm_place place;
    assert_true(fm_grid_locate(&grid, (fm_point){0.3 - 5e-11, 0.2 + 5e-11}, &place));
    assert_true(place.column == 3 && place.row == 2 && place.fx == 0 && place.fz == 0);
    assert_true(place.point.x == fm_grid_x(&grid, 3) && place.point.z == grid.z[2]);
    assert_true(fm_grid_locate(&grid, (fm_point){1 + 5e-11, -5e-11}, &place));
    assert_true(place.column == 9 && place.fx == 1 && place.row == 0 && place.fz == 0);
    assert_true(place.point.x == fm_grid_x_max(&grid) && place.point.z == 0);
    /* Farther than the tolerance it stays where it is. */
    assert_true(fm_grid_locate(&grid, (fm_point){0.3 - 5e-10, 0.2 - 5e-10}, &place));
    assert_true(place.column == 2 && place.row == 1 && place.fx < 1 && place.fz < 1);
    fm_grid_clear(&grid);
}

static void points_outside_are_not_found(void **state)
{
    (void)state;
    fm_grid grid = uniform(FM_CARTESIAN, 0, 1, 0, 1);
    const fm_point outside[] = {{-1e-6, 1},    {10.000001, 1}, {1, -1e-6},
                                {1, 5.000001}, {NAN, 1},       {1, NAN},
                                {INFINITY, 1}, {1, -INFINITY}, {370, 1}};
    fm_place place = {.column = 77};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        assert_false(fm_grid_locate(&grid, outside[i], &place));
        assert_int_equal(place.column, 77);
    }
    fm_grid_clear(&grid);
}

static void rows_of_any_spacing_are_searched(void **state)
{
    (void)state;
    fm_grid grid = uneven();
    fm_place place;
    for (int step = 0; step <= 6000; step++) {
        double z = 0.01 * step, expected = 0;
        assert_true(fm_grid_locate(&grid, (fm_point){1.5, z}, &place));
        for (size_t k = 0; k + 1 < grid.nz; k++) {
            expected = z >= grid.z[k] ? (double)k : expected;
        }
        assert_int_equal(place.row, (size_t)expected);
        double height = grid.z[place.row + 1] - grid.z[place.row];
        assert_true(fabs(grid.z[place.row] + place.fz * height - z) < 1e-12);
    }
    assert_true(fm_grid_locate(&grid, (fm_point){0, 0.001 - 5e-13}, &place));
    assert_true(place.row == 1 && place.fz == 0 && place.point.z == 0.001);
    assert_false(fm_grid_locate(&grid, (fm_point){0, -1e-11}, &place));
    assert_true(fm_grid_locate(&grid, (fm_point){0, 60 + 5e-8}, &place));
    assert_true(place.row == 4 && place.fz == 1 && place.point.z == 60);
    fm_grid_clear(&grid);
}

static void a_longitude_may_differ_by_360_degrees(void **state)
{
    (void)state;
    fm_grid east = uniform(FM_GEOGRAPHIC, 175, 1, -40, 2);
    fm_place place;
    assert_true(fm_grid_locate(&east, (fm_point){-176.5, -39}, &place));
    assert_int_equal(place.column, 8);
    assert_true(place.fx == 0.5 && place.point.x == 183.5);
    assert_true(fm_grid_locate(&east, (fm_point){-175, -39}, &place));
    assert_true(place.column == 9 && place.fx == 1 && place.point.x == 185);
    assert_false(fm_grid_locate(&east, (fm_point){-174, -39}, &place));
    fm_grid_clear(&east);
    fm_grid west = uniform(FM_GEOGRAPHIC, -80, 1, -40, 2);
    assert_true(fm_grid_locate(&west, (fm_point){285, -30}, &place));
    assert_true(place.column == 5 && place.fx == 0 && place.point.x == -75);
    assert_true(fm_grid_locate(&west, (fm_point){-75, -30}, &place));
    assert_true(place.column == 5 && place.fx == 0 && place.point.x == -75);
    fm_grid_clear(&west);
}

static void an_angle_is_not_shifted(void **state)
{
    (void)state;
    fm_grid grid = uniform(FM_POLAR, 0, 1, 5000, 10);
    fm_place place;
    assert_false(fm_grid_locate(&grid, (fm_point){365, 5010}, &place));
    fm_grid_clear(&grid);
}

static void cartesian_distance_is_straight(void **state)
{
    (void)state;
    fm_grid grid = uniform(FM_CARTESIAN, 0, 1, 0, 1);
    assert_true(fm_distance(&grid, (fm_point){1, 1}, (fm_point){4, 5}) == 5);
    fm_grid_clear(&grid);
}

static double degrees(double radians)
{
    return radians * (180 / 3.14159265358979323846);
}

static void geographic_distance_follows_the_great_circle(void **state)
{
    (void)state;
    fm_grid grid = uniform(FM_GEOGRAPHIC, 0, 1, 0, 1);
    double radius = FM_EARTH_RADIUS_KM;
    double quarter = radius * 3.14159265358979323846 / 2;
    assert_near(fm_distance(&grid, (fm_point){10, 0}, (fm_point){100, 0}), quarter,
                1e-9);
    assert_near(fm_distance(&grid, (fm_point){10, -30}, (fm_point){190, 30}),
                2 * quarter, 1e-3);
    /* 60 degrees of longitude at 45 degrees: cos D = 1/2 + 1/2 cos 60. */
    assert_near(fm_distance(&grid, (fm_point){0, 45}, (fm_point){60, 45}),
                radius * acos(0.75), 1e-9);
    /* Neighbours a micrometre apart keep ten digits. */
    double tiny = degrees(1e-9 / radius);
    double distance = fm_distance(&grid, (fm_point){3, 0}, (fm_point){3, tiny});
    assert_near(distance / 1e-9, 1, 1e-10);
    fm_grid_clear(&grid);
}

static void polar_distance_is_the_straight_chord(void **state)
{
    (void)state;
    fm_grid grid = uniform(FM_POLAR, 0, 1, 5000, 10);
    assert_near(fm_distance(&grid, (fm_point){0, 3000}, (fm_point){90, 4000}), 5000,
                1e-9);
    assert_near(fm_distance(&grid, (fm_point){5, 6371}, (fm_point){65, 6371}), 6371,
                1e-9);
    assert_true(fm_distance(&grid, (fm_point){7, 6371}, (fm_point){7, 5371}) == 1000);
    fm_grid_clear(&grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(geometry_words_can_be_written_and_read_back),
        cmocka_unit_test(coordinates_have_the_names_and_units_of_their_geometry),
        cmocka_unit_test(a_grid_has_its_columns_and_rows_where_asked),
        cmocka_unit_test(grids_of_impossible_size_are_refused),
        cmocka_unit_test(steps_that_do_not_ascend_are_refused),
        cmocka_unit_test(rows_that_do_not_ascend_are_refused),
        cmocka_unit_test(coordinates_no_sphere_has_are_refused),
        cmocka_unit_test(a_point_is_found_in_its_cell),
        cmocka_unit_test(the_edges_belong_to_the_grid_and_its_last_cells),
        cmocka_unit_test(a_point_within_the_tolerance_of_a_node_is_moved_onto_it),
        cmocka_unit_test(points_outside_are_not_found),
        cmocka_unit_test(rows_of_any_spacing_are_searched),
        cmocka_unit_test(a_longitude_may_differ_by_360_degrees),
        cmocka_unit_test(an_angle_is_not_shifted),
        cmocka_unit_test(cartesian_distance_is_straight),
        cmocka_unit_test(geographic_distance_follows_the_great_circle),
        cmocka_unit_test(polar_distance_is_the_straight_chord),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
