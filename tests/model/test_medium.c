/* The propagation grid of a model, and profiles on it: rows, and which side of an
 * interface is which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models.h"

static double five(double x, double z)
{
    (void)x;
    (void)z;
    return 5;
}

static fm_grid grid_of(const fm_model *model, size_t dice_x, size_t dice_z, double dx,
                       double dz)
{
    fm_spacing spacing = {dice_x, dice_z, dx, dz};
    fm_error error = {0};
    fm_grid grid;
    fm_model_grid(model, &spacing, &grid, &error);
    assert_string_equal(error.message, "");
    return grid;
}

static void vertices_28_by_24_diced_by_8_make_217_by_185_nodes(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_BSPLINE, 28, 24, five);
    fm_grid grid = grid_of(&model, 8, 8, 0, 0);
    assert_int_equal(grid.nx, 217);
    assert_int_equal(grid.nz, 185);
    assert_true(grid.x0 == -3 && grid.dx == 0.0625);
    assert_near(fm_grid_x_max(&grid), model.x_max, 1e-12);
    assert_near(grid.z[184], model.z_max, 1e-12);
    fm_grid_clear(&grid);
    fm_model_clear(&model);
}

static void dicing_may_differ_by_axis_and_0_means_1(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_LINEAR, 28, 24, five);
    fm_grid grid = grid_of(&model, 3, 0, 0, 0);
    assert_true(grid.nx == 27 * 3 + 1 && grid.nz == 24);
    fm_grid_clear(&grid);
    fm_model_clear(&model);
}

static void steps_that_are_decimal_fractions_are_counted_right(void **state)
{
    (void)state;
    for (size_t n = 1; n < 300; n++) {
        fm_model model = constant_model(5);
        model.x_min = 113.1;
        model.x_max = model.x_min + 0.1 * (double)n;
        model.z_max = 0.3 * (double)n;
        fm_grid grid = grid_of(&model, 0, 0, 0.1, 0.3);
        assert_int_equal(grid.nx, n + 1);
        assert_int_equal(grid.nz, n + 1);
        fm_grid_clear(&grid);
    }
}

static void spacing_is_shrunk_to_divide_the_extent(void **state)
{
    (void)state;
    fm_model model = constant_model(5);
    fm_grid grid = grid_of(&model, 0, 0, 3, 7);
    assert_int_equal(grid.nx, 5);
    assert_true(grid.dx == 2.5);
    assert_int_equal(grid.nz, 2);
    assert_true(grid.z[0] == 0 && grid.z[1] == 5);
    fm_grid_clear(&grid);
}

static void spacing_wins_over_dicing(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_CUBIC, 11, 9, five);
    fm_grid grid = grid_of(&model, 4, 4, 0.25, 0);
    assert_true(grid.nx == 21 && grid.nz == 33);
    fm_grid_clear(&grid);
    fm_model_clear(&model);
}

static void expect_spacing_refused(const fm_model *model, double dx, double dz,
                                   const char *message)
{
    fm_grid grid;
    fm_error error = {0};
    fm_spacing spacing = {.dx = dx, .dz = dz};
    assert_int_equal(fm_model_grid(model, &spacing, &grid, &error), FM_BAD_INPUT);
    assert_string_equal(error.message, message);
    assert_null(grid.z);
}

static void a_spacing_that_cannot_be_used_is_refused(void **state)
{
    (void)state;
    fm_model model = constant_model(5);
    expect_spacing_refused(
        &model, 0, 1,
        "the grid spacing dx is missing: only a model given on nodes "
        "can be diced");
    expect_spacing_refused(&model, 1, -1,
                           "the grid spacing dz is -1: it must be positive");
    expect_spacing_refused(&model, NAN, 1,
                           "the grid spacing dx is nan: it must be positive");
    expect_spacing_refused(&model, 1e-9, 1e-9,
                           "a grid of 1e+10 x 5e+09 nodes: at most 4294967295 nodes "
                           "are possible");
    fm_model earth = polar_earth_model();
    expect_spacing_refused(
        &earth, 1, 0,
        "the grid spacing dz is missing: only a model given on nodes "
        "can be diced");
    fm_model_clear(&earth);
}

static void every_discontinuity_becomes_a_row(void **state)
{
    (void)state;
    fm_model model = polar_earth_model();
    fm_grid grid = grid_of(&model, 0, 0, 0.1, 9);
    /* 365 km of mantle in 41 steps, 15 km in 2, 20 km in 3. */
    assert_int_equal(grid.nx, 101);
    assert_int_equal(grid.nz, 1 + 41 + 2 + 3);
    assert_true(grid.z[0] == 5971);
    assert_true(grid.z[41] == 6371.0 - 35);
    assert_true(grid.z[42] == 6371.0 - 27.5);
    assert_true(grid.z[43] == 6371.0 - 20);
    assert_true(grid.z[46] == 6371);
    for (size_t k = 1; k < grid.nz; k++) {
        assert_true(grid.z[k] - grid.z[k - 1] <= 9);
    }
    fm_grid_clear(&grid);
    fm_model_clear(&model);
}

static void a_discontinuity_on_the_edge_of_the_extent_adds_no_row(void **state)
{
    (void)state;
    fm_model model = polar_earth_model();
    model.z_min = 6371.0 - 35;
    model.z_max = 6371.0 - 20;
    fm_grid grid = grid_of(&model, 0, 0, 1, 5);
    assert_int_equal(grid.nz, 4);
    fm_medium medium;
    assert_int_equal(fm_medium_sample(&model, &grid, &medium, NULL), FM_OK);
    assert_int_equal(medium.ninterfaces, 0);
    /* Both edges take the side that lies within. */
    for (size_t k = 0; k < 4; k++) {
        assert_true(medium.slowness[k * medium.grid.nx] == 1 / 6.5);
    }
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

static void a_discontinuity_within_rounding_of_the_edge_adds_no_row(void **state)
{
    (void)state;
    fm_model model = polar_earth_model();
    model.z_min = nextafter(6371.0 - 35, 0);
    model.z_max = nextafter(6371.0 - 20, 7000);
    fm_grid grid = grid_of(&model, 0, 0, 1, 5);
    assert_int_equal(grid.nz, 4);
    fm_grid_clear(&grid);
    fm_model_clear(&model);
}

static fm_medium medium_of(const fm_model *model, double dx, double dz)
{
    fm_grid grid = grid_of(model, 0, 0, dx, dz);
    fm_medium medium;
    assert_int_equal(fm_medium_sample(model, &grid, &medium, NULL), FM_OK);
    assert_null(grid.z);
    return medium;
}

static void expect_sides(const fm_medium *medium, size_t interface, size_t row,
                         double before, double beyond)
{
    size_t nx = medium->grid.nx;
    assert_int_equal(medium->interface_row[interface], row);
    assert_int_equal(fm_medium_interface_of(medium, row), interface);
    for (size_t i = 0; i < nx; i++) {
        assert_true(medium->slowness[row * nx + i] == 1 / before);
        assert_true(medium->slowness_beyond[interface * nx + i] == 1 / beyond);
    }
}

static void in_a_polar_section_smaller_rows_are_deeper(void **state)
{
    (void)state;
    fm_model model = polar_earth_model();
    fm_medium medium = medium_of(&model, 1, 9);
    assert_int_equal(medium.ninterfaces, 2);
    expect_sides(&medium, 0, 41, 8.04, 6.5);
    expect_sides(&medium, 1, 43, 6.5, 5.8);
    assert_true(medium.slowness[0] == 1 / 9.0);
    assert_true(medium.slowness[42 * medium.grid.nx] == 1 / 6.5);
    assert_true(medium.slowness[46 * medium.grid.nx] == 1 / 5.8);
    assert_int_equal(fm_medium_interface_of(&medium, 42), 2);
    assert_int_equal(fm_medium_interface_of(&medium, 46), 2);
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

static void in_a_cartesian_section_smaller_rows_are_shallower(void **state)
{
    (void)state;
    fm_model model = polar_earth_model();
    model.geometry = FM_CARTESIAN;
    model.z_min = 0;
    model.z_max = 400;
    fm_medium medium = medium_of(&model, 1, 9);
    assert_int_equal(medium.ninterfaces, 2);
    expect_sides(&medium, 0, 3, 5.8, 6.5);
    expect_sides(&medium, 1, 5, 6.5, 8.04);
    assert_true(medium.slowness[0] == 1 / 5.8);
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

static void between_knots_a_profile_is_linear_in_depth(void **state)
{
    (void)state;
    fm_model model = polar_earth_model();
    fm_medium medium = medium_of(&model, 5, 3.7);
    for (size_t k = 0; k < medium.grid.nz; k++) {
        double depth = 6371 - medium.grid.z[k];
        if (depth > 165 && depth < 210) {
            double expected = 8.175 + (depth - 165) / 45 * (8.3 - 8.175);
            assert_near(speed_at(&medium, 1, k), expected, 1e-13);
        }
    }
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

static void every_depth_of_a_discontinuity_is_found_in_spite_of_rounding(void **state)
{
    (void)state;
    for (int millimetre = 1; millimetre < 20000; millimetre += 7) {
        double jump = 1e-3 * millimetre;
        fm_model model = profile_model(4, (const double[]){0, jump, jump, 30},
                                       (const double[]){5, 5, 6, 6});
        model.geometry = FM_POLAR;
        model.radius_km = 6371.2;
        model.z_min = 6371.2 - 30;
        model.z_max = 6371.2;
        fm_medium medium = medium_of(&model, 60, 10);
        assert_int_equal(medium.ninterfaces, 1);
        expect_sides(&medium, 0, medium.interface_row[0], 6, 5);
        fm_medium_clear(&medium);
        fm_model_clear(&model);
    }
}

static void a_layer_of_no_speed_is_masked_up_to_its_interface(void **state)
{
    (void)state;
    fm_model model = profile_model(4, (const double[]){0, 20, 20, 50},
                                   (const double[]){3.5, 3.5, 0, 0});
    fm_medium medium = medium_of(&model, 50, 10);
    assert_int_equal(medium.ninterfaces, 1);
    assert_true(medium.slowness[2 * medium.grid.nx] == 1 / 3.5);
    assert_true(isinf(medium.slowness_beyond[0]));
    assert_true(isinf(medium.slowness[3 * medium.grid.nx]));
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

static void a_gradient_is_linear_in_both_coordinates(void **state)
{
    (void)state;
    fm_model model = gradient_model(2, 0.25, 0.5);
    fm_medium medium = sampled(&model, 11, 6);
    assert_true(medium.slowness[3 * 11 + 4] == 1 / (2 + 0.5 * 3 + 0.25 * 4));
    assert_int_equal(medium.ninterfaces, 0);
    assert_int_equal(fm_medium_interface_of(&medium, 0), 0);
    fm_medium_clear(&medium);
}

static void expect_sample_refused(const fm_model *model, fm_geometry geometry,
                                  double x0, double z0, const char *message)
{
    fm_grid grid;
    fm_medium medium;
    fm_error error = {0};
    assert_int_equal(fm_grid_create(geometry, 6371, 3, 3, x0, 1, z0, 1, &grid, NULL),
                     FM_OK);
    assert_int_equal(fm_medium_sample(model, &grid, &medium, &error), FM_BAD_INPUT);
    assert_string_equal(error.message, message);
    assert_null(medium.grid.z);
}

static void a_grid_beyond_the_model_is_refused(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_LINEAR, 14, 10, five);
    expect_sample_refused(&model, FM_CARTESIAN, 2, 2,
                          "the grid reaches from x 2 to 4 km, beyond the model, -3 to "
                          "3.5");
    expect_sample_refused(
        &model, FM_CARTESIAN, 1, 1.75,
        "the grid reaches from z 1.75 to 3.75 km, beyond the model, 2 "
        "to 4.25");
    expect_sample_refused(&model, FM_POLAR, 1, 2,
                          "a cartesian model cannot be put on a polar grid");
    fm_model_clear(&model);
}

static void a_formula_that_is_not_positive_is_named_by_place(void **state)
{
    (void)state;
    fm_model model = gradient_model(5, -1, 0);
    expect_sample_refused(&model, FM_CARTESIAN, 4, 2,
                          "the model's speed at x 5, z 2 km is 0 km/s: speeds must be "
                          "positive (cubic and B-spline models can overshoot between "
                          "their nodes)");
}

static void a_speed_of_exactly_0_from_a_formula_is_no_mask(void **state)
{
    (void)state;
    fm_model model = gradient_model(5, -1, 0);
    expect_sample_refused(&model, FM_CARTESIAN, 3, 2,
                          "the model's speed at x 5, z 2 km is 0 km/s: speeds must be "
                          "positive (cubic and B-spline models can overshoot between "
                          "their nodes)");
}

/* Of a row with many the first is named, also one that only overflowed. */
static void the_first_impossible_speed_of_a_row_is_the_one_named(void **state)
{
    (void)state;
    fm_model model = gradient_model(7, -2, 0);
    expect_sample_refused(&model, FM_CARTESIAN, 3, 2,
                          "the model's speed at x 4, z 2 km is -1 km/s: speeds must be "
                          "positive (cubic and B-spline models can overshoot between "
                          "their nodes)");
    model = gradient_model(0, 1e308, 0);
    expect_sample_refused(
        &model, FM_CARTESIAN, 1, 2,
        "the model's speed at x 2, z 2 km is inf km/s: speeds must be "
        "positive (cubic and B-spline models can overshoot between "
        "their nodes)");
}

static void a_medium_takes_8_bytes_a_node_and_a_little(void **state)
{
    (void)state;
    fm_model model = constant_model(5);
    fm_grid grid = grid_of(&model, 0, 0, 0.01, 0.01);
    double nodes = 1001 * 501;
    assert_true(fm_medium_bytes(&grid) >= 8 * nodes);
    assert_true(fm_medium_bytes(&grid) < 8.1 * nodes);
    fm_grid_clear(&grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vertices_28_by_24_diced_by_8_make_217_by_185_nodes),
        cmocka_unit_test(dicing_may_differ_by_axis_and_0_means_1),
        cmocka_unit_test(steps_that_are_decimal_fractions_are_counted_right),
        cmocka_unit_test(spacing_is_shrunk_to_divide_the_extent),
        cmocka_unit_test(spacing_wins_over_dicing),
        cmocka_unit_test(a_spacing_that_cannot_be_used_is_refused),
        cmocka_unit_test(every_discontinuity_becomes_a_row),
        cmocka_unit_test(a_discontinuity_on_the_edge_of_the_extent_adds_no_row),
        cmocka_unit_test(a_discontinuity_within_rounding_of_the_edge_adds_no_row),
        cmocka_unit_test(in_a_polar_section_smaller_rows_are_deeper),
        cmocka_unit_test(in_a_cartesian_section_smaller_rows_are_shallower),
        cmocka_unit_test(between_knots_a_profile_is_linear_in_depth),
        cmocka_unit_test(every_depth_of_a_discontinuity_is_found_in_spite_of_rounding),
        cmocka_unit_test(a_layer_of_no_speed_is_masked_up_to_its_interface),
        cmocka_unit_test(a_gradient_is_linear_in_both_coordinates),
        cmocka_unit_test(a_grid_beyond_the_model_is_refused),
        cmocka_unit_test(a_formula_that_is_not_positive_is_named_by_place),
        cmocka_unit_test(a_speed_of_exactly_0_from_a_formula_is_no_mask),
        cmocka_unit_test(the_first_impossible_speed_of_a_row_is_the_one_named),
        cmocka_unit_test(a_medium_takes_8_bytes_a_node_and_a_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
