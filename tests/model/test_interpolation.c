/* What each interpolation reproduces exactly, how smooth it is, and what masks do. */
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

static double plane(double x, double z)
{
    return 40 + 3 * x - 2 * z;
}

static double bilinear(double x, double z)
{
    return 30 + x + 2 * z + 1.5 * x * z;
}

static double biquadratic(double x, double z)
{
    return 50 + x * x - 2 * z * z + x * z + 0.25 * x * x * z * z;
}

static double wave(double x, double z)
{
    return 5 + sin(3 * x) * cos(2 * z);
}

/* The greatest difference between the sampled speed and the rule, on a grid that does
 * not share the model's nodes, `margin` grid nodes away from the edges. */
static double worst(const fm_model *model, rule *exact, size_t margin)
{
    enum { NX = 97, NZ = 71 };
    fm_medium medium = sampled(model, NX, NZ);
    double error = 0;
    for (size_t k = margin; k < NZ - margin; k++) {
        for (size_t i = margin; i < NX - margin; i++) {
            double truth = exact(fm_grid_x(&medium.grid, i), medium.grid.z[k]);
            error = fmax(error, fabs(speed_at(&medium, i, k) - truth));
        }
    }
    fm_medium_clear(&medium);
    return error;
}

static double worst_of(fm_interpolation interpolation, rule *exact, size_t margin)
{
    fm_model model = nodes_model(interpolation, 14, 10, exact);
    double error = worst(&model, exact, margin);
    fm_model_clear(&model);
    return error;
}

static void constants_stay_constant(void **state)
{
    (void)state;
    const double five_roundings = 5 * 5 * 0x1p-52;
    assert_true(worst_of(FM_LINEAR, five, 0) < five_roundings);
    assert_true(worst_of(FM_CUBIC, five, 0) < five_roundings);
    assert_true(worst_of(FM_BSPLINE, five, 0) < five_roundings);
}

static void linear_reproduces_bilinear_functions(void **state)
{
    (void)state;
    assert_true(worst_of(FM_LINEAR, bilinear, 0) < 1e-13);
    assert_true(worst_of(FM_LINEAR, biquadratic, 0) > 1e-2);
}

static void cubic_reproduces_quadratics_up_to_the_edge(void **state)
{
    (void)state;
    assert_true(worst_of(FM_CUBIC, biquadratic, 0) < 1e-12);
    assert_true(worst_of(FM_CUBIC, wave, 0) > 1e-4);
}

static void cubic_is_of_third_order(void **state)
{
    (void)state;
    double error[2];
    for (size_t i = 0; i < 2; i++) {
        fm_model model = nodes_model(FM_CUBIC, i ? 27 : 14, i ? 19 : 10, wave);
        model.dx = i ? 0.25 : 0.5;
        model.dz = i ? 0.125 : 0.25;
        model.x_max = model.x0 + 6.5;
        model.z_max = model.z0 + 2.25;
        for (size_t k = 0; k < model.nz; k++) {
            for (size_t j = 0; j < model.nx; j++) {
                *node_of(&model, j, k) = wave(model.x0 + (double)j * model.dx,
                                              model.z0 + (double)k * model.dz);
            }
        }
        error[i] = worst(&model, wave, 0);
        fm_model_clear(&model);
    }
    assert_true(log2(error[0] / error[1]) > 2.7);
}

static void cubic_and_linear_go_through_the_nodes(void **state)
{
    (void)state;
    const fm_interpolation through[] = {FM_LINEAR, FM_CUBIC};
    for (size_t n = 0; n < 2; n++) {
        fm_model model = nodes_model(through[n], 14, 10, wave);
        /* Steps that are not exact in binary: positions come out beside the nodes. */
        model.dx = 0.1;
        model.x0 = model.x_min = 113.1;
        model.x_max = model.x0 + 13 * model.dx;
        fm_medium medium = sampled(&model, 13 * 3 + 1, 9 * 3 + 1);
        for (size_t k = 0; k < 10; k++) {
            for (size_t i = 0; i < 14; i++) {
                double speed = *node_of(&model, i, k);
                size_t node = 3 * k * medium.grid.nx + 3 * i;
                assert_true(medium.slowness[node] == 1 / speed);
            }
        }
        fm_medium_clear(&medium);
        fm_model_clear(&model);
    }
}

static void cubic_on_two_nodes_is_linear(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_CUBIC, 2, 2, bilinear);
    assert_true(worst(&model, bilinear, 0) < 1e-13);
    fm_model_clear(&model);
}

static void a_bspline_of_linear_coefficients_is_linear(void **state)
{
    (void)state;
    assert_true(worst_of(FM_BSPLINE, plane, 0) < 1e-13);
    assert_true(worst_of(FM_BSPLINE, bilinear, 0) < 1e-13);
}

static void a_bspline_gives_a_vertex_two_thirds_of_its_own_value(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_BSPLINE, 7, 6, five);
    *node_of(&model, 3, 2) = 5 + 9;
    fm_medium medium = sampled(&model, 7, 6);
    assert_near(speed_at(&medium, 3, 2), 5 + 9 * 4.0 / 9, 1e-14);
    assert_near(speed_at(&medium, 4, 2), 5 + 9 * 1.0 / 9, 1e-14);
    assert_near(speed_at(&medium, 2, 1), 5 + 9 * 1.0 / 36, 1e-14);
    assert_near(speed_at(&medium, 5, 2), 5, 1e-14);
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

/* The greatest jump of the second difference along a row, relative to its size: small
 * when the second derivative is continuous. */
static double roughness(fm_interpolation interpolation)
{
    enum { DICE = 40, NX = 13 * DICE + 1 };
    fm_model model = nodes_model(interpolation, 14, 10, wave);
    fm_medium medium = sampled(&model, NX, 10);
    double jump = 0, size = 0, before = NAN;
    for (size_t i = 1; i + 1 < NX; i++) {
        double second = speed_at(&medium, i - 1, 4) - 2 * speed_at(&medium, i, 4) +
                        speed_at(&medium, i + 1, 4);
        jump = i > 1 ? fmax(jump, fabs(second - before)) : jump;
        size = fmax(size, fabs(second));
        before = second;
    }
    fm_medium_clear(&medium);
    fm_model_clear(&model);
    return jump / size;
}

static void a_bspline_has_a_continuous_second_derivative(void **state)
{
    (void)state;
    assert_true(roughness(FM_BSPLINE) < 3.0 / 40);
    assert_true(roughness(FM_CUBIC) > 0.3);
}

static void a_node_is_masked_when_the_nearest_model_node_is(void **state)
{
    (void)state;
    const fm_interpolation masked[] = {FM_LINEAR, FM_CUBIC};
    for (size_t n = 0; n < 2; n++) {
        fm_model model = nodes_model(masked[n], 9, 7, five);
        *node_of(&model, 4, 3) = n == 0 ? NAN : 0;
        fm_medium medium = sampled(&model, 8 * 5 + 1, 6 * 5 + 1);
        for (size_t k = 0; k < medium.grid.nz; k++) {
            for (size_t i = 0; i < medium.grid.nx; i++) {
                bool near = labs((long)i - 20) <= 2 && labs((long)k - 15) <= 2;
                double slowness = medium.slowness[k * medium.grid.nx + i];
                assert_true(isinf(slowness) == near);
                assert_true(near || fabs(slowness - 0.2) < 1e-15);
            }
        }
        fm_medium_clear(&medium);
        fm_model_clear(&model);
    }
}

static void half_way_to_a_masked_node_is_still_open(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_LINEAR, 5, 5, five);
    *node_of(&model, 2, 2) = NAN;
    fm_medium medium = sampled(&model, 9, 9);
    for (size_t k = 3; k <= 5; k++) {
        for (size_t i = 3; i <= 5; i++) {
            double slowness = medium.slowness[k * medium.grid.nx + i];
            assert_true(isinf(slowness) == (i == 4 && k == 4));
        }
    }
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

static void beside_a_mask_the_open_corners_share_the_weight(void **state)
{
    (void)state;
    const fm_interpolation masked[] = {FM_LINEAR, FM_CUBIC};
    for (size_t n = 0; n < 2; n++) {
        fm_model model = nodes_model(masked[n], 5, 5, plane);
        *node_of(&model, 2, 2) = NAN;
        fm_medium medium = sampled(&model, 17, 17);
        /* A quarter of a cell right of, and three quarters above, node (1, 1). */
        double w[] = {0.75 * 0.25, 0.25 * 0.25, 0.75 * 0.75};
        double expected =
            (w[0] * *node_of(&model, 1, 1) + w[1] * *node_of(&model, 2, 1) +
             w[2] * *node_of(&model, 1, 2)) /
            (w[0] + w[1] + w[2]);
        assert_near(speed_at(&medium, 5, 7), expected, 1e-13);
        fm_medium_clear(&medium);
        fm_model_clear(&model);
    }
}

static void a_cubic_is_untouched_by_a_mask_two_cells_away(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_CUBIC, 14, 10, wave);
    fm_medium whole = sampled(&model, 13 * 4 + 1, 9 * 4 + 1);
    *node_of(&model, 9, 5) = 0;
    fm_medium masked = sampled(&model, 13 * 4 + 1, 9 * 4 + 1);
    for (size_t k = 0; k < whole.grid.nz; k++) {
        for (size_t i = 0; i < whole.grid.nx; i++) {
            size_t node = k * whole.grid.nx + i;
            bool near = labs((long)i - 36) < 8 && labs((long)k - 20) < 8;
            assert_true(near || whole.slowness[node] == masked.slowness[node]);
        }
    }
    fm_medium_clear(&whole);
    fm_medium_clear(&masked);
    fm_model_clear(&model);
}

/* Half the model nodes at random, so that cells of every pattern of masks occur. */
static void a_random_mask_reaches_exactly_as_far_as_its_nearest_nodes(void **state)
{
    (void)state;
    enum { NX = 23, NZ = 19, DICE = 5 }; /* odd: no grid node is half way */
    const fm_interpolation masked[] = {FM_LINEAR, FM_CUBIC};
    for (size_t n = 0; n < 2; n++) {
        fm_model model = nodes_model(masked[n], NX, NZ, five);
        uint32_t random = 1;
        for (size_t node = 0; node < NX * NZ; node++) {
            random = random * 1664525 + 1013904223;
            model.values[node] = random >> 31 ? 0 : 5;
        }
        fm_medium medium = sampled(&model, (NX - 1) * DICE + 1, (NZ - 1) * DICE + 1);
        for (size_t k = 0; k < medium.grid.nz; k++) {
            for (size_t i = 0; i < medium.grid.nx; i++) {
                size_t column = (i + DICE / 2) / DICE, row = (k + DICE / 2) / DICE;
                double slowness = medium.slowness[k * medium.grid.nx + i];
                bool open = *node_of(&model, column, row) > 0;
                assert_true(isinf(slowness) == !open);
                assert_true(!open || fabs(slowness - 0.2) < 1e-15);
            }
        }
        fm_medium_clear(&medium);
        fm_model_clear(&model);
    }
}

/* The grid takes some columns and rows of the model and leaves out others. */
static void a_grid_may_be_coarser_than_the_model(void **state)
{
    (void)state;
    const fm_interpolation all[] = {FM_LINEAR, FM_CUBIC, FM_BSPLINE};
    for (size_t n = 0; n < 3; n++) {
        fm_model model = nodes_model(all[n], 61, 51, plane);
        fm_medium medium = sampled(&model, 6, 7);
        for (size_t k = 0; k < 7; k++) {
            for (size_t i = 0; i < 6; i++) {
                double truth = plane(fm_grid_x(&medium.grid, i), medium.grid.z[k]);
                assert_near(speed_at(&medium, i, k), truth, 1e-13 * fabs(truth));
            }
        }
        fm_medium_clear(&medium);
        fm_model_clear(&model);
    }
}

/* Coordinates are exact here, so that nothing but the window differs. */
static void a_part_of_a_model_has_the_same_bits_as_the_whole(void **state)
{
    (void)state;
    const fm_interpolation all[] = {FM_LINEAR, FM_CUBIC, FM_BSPLINE};
    for (size_t n = 0; n < 3; n++) {
        fm_model model = nodes_model(all[n], 14, 10, wave);
        fm_medium whole = sampled(&model, 13 * 8 + 1, 9 * 8 + 1);
        for (size_t from = 0; from <= 40; from += 5) {
            fm_grid grid;
            fm_medium part;
            double dx = model.dx / 8, dz = model.dz / 8;
            double x0 = model.x0 + (double)from * dx;
            double z0 = model.z0 + (double)from * dz;
            assert_int_equal(
                fm_grid_create(FM_CARTESIAN, 6371, 31, 30, x0, dx, z0, dz, &grid, NULL),
                FM_OK);
            assert_int_equal(fm_medium_sample(&model, &grid, &part, NULL), FM_OK);
            for (size_t k = 0; k < 30; k++) {
                const double *row = whole.slowness + (from + k) * whole.grid.nx + from;
                assert_memory_equal(part.slowness + k * 31, row, 31 * sizeof *row);
            }
            fm_medium_clear(&part);
        }
        fm_medium_clear(&whole);
        fm_model_clear(&model);
    }
}

static void an_overshoot_below_zero_is_named_by_place_and_value(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_CUBIC, 7, 5, five);
    for (size_t k = 0; k < 5; k++) {
        for (size_t i = 0; i < 7; i++) {
            *node_of(&model, i, k) = i == 3 || i == 4 ? 0.01 : 5;
        }
    }
    fm_grid grid;
    fm_medium medium;
    fm_error error = {0};
    assert_int_equal(fm_model_grid(&model, &(fm_spacing){.dice_x = 2}, &grid, &error),
                     FM_OK);
    assert_int_equal(fm_medium_sample(&model, &grid, &medium, &error), FM_BAD_INPUT);
    assert_string_equal(error.message,
                        "the model's speed at x -1.25, z 2 km is -0.61375 km/s: speeds "
                        "must be positive (cubic and B-spline models can overshoot "
                        "between their nodes)");
    assert_null(grid.z);
    assert_null(medium.slowness);
    assert_null(medium.grid.z);
    fm_model_clear(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants_stay_constant),
        cmocka_unit_test(linear_reproduces_bilinear_functions),
        cmocka_unit_test(cubic_reproduces_quadratics_up_to_the_edge),
        cmocka_unit_test(cubic_is_of_third_order),
        cmocka_unit_test(cubic_and_linear_go_through_the_nodes),
        cmocka_unit_test(cubic_on_two_nodes_is_linear),
        cmocka_unit_test(a_bspline_of_linear_coefficients_is_linear),
        cmocka_unit_test(a_bspline_gives_a_vertex_two_thirds_of_its_own_value),
        cmocka_unit_test(a_bspline_has_a_continuous_second_derivative),
        cmocka_unit_test(a_node_is_masked_when_the_nearest_model_node_is),
        cmocka_unit_test(half_way_to_a_masked_node_is_still_open),
        cmocka_unit_test(beside_a_mask_the_open_corners_share_the_weight),
        cmocka_unit_test(a_cubic_is_untouched_by_a_mask_two_cells_away),
        cmocka_unit_test(a_random_mask_reaches_exactly_as_far_as_its_nearest_nodes),
        cmocka_unit_test(a_grid_may_be_coarser_than_the_model),
        cmocka_unit_test(a_part_of_a_model_has_the_same_bits_as_the_whole),
        cmocka_unit_test(an_overshoot_below_zero_is_named_by_place_and_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
