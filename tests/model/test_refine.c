/* A window of a medium, every step bisected: the same speeds at the shared nodes, the
 * model's own in between, interfaces still rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models.h"

static double wave(double x, double z)
{
    return 5 + sin(3 * x) * cos(2 * z);
}

static fm_medium refined(const fm_model *model, const fm_medium *parent, size_t i0,
                         size_t i1, size_t k0, size_t k1)
{
    fm_medium child;
    fm_error error = {0};
    fm_window window = {i0, i1, k0, k1};
    fm_medium_refine(model, parent, window, &child, &error);
    assert_string_equal(error.message, "");
    assert_int_equal(child.grid.nx, 2 * (i1 - i0) + 1);
    assert_int_equal(child.grid.nz, 2 * (k1 - k0) + 1);
    return child;
}

/* To the bit, coordinates of rows included. */
static void expect_shared(const fm_medium *parent, const fm_medium *child, size_t i0,
                          size_t k0)
{
    for (size_t k = 0; k < child->grid.nz; k += 2) {
        assert_true(child->grid.z[k] == parent->grid.z[k0 + k / 2]);
        /* The first row of a window may have been an interface: tested apart. */
        if (k == 0 && fm_medium_interface_of(parent, k0) < parent->ninterfaces) {
            continue;
        }
        for (size_t i = 0; i < child->grid.nx; i += 2) {
            double one = child->slowness[k * child->grid.nx + i];
            double two = parent->slowness[(k0 + k / 2) * parent->grid.nx + i0 + i / 2];
            assert_true(one == two);
        }
    }
}

/* All nodes of the window against the whole model sampled at half the step. */
static void expect_sampled(const fm_medium *fine, const fm_medium *child, size_t i0,
                           size_t k0)
{
    for (size_t k = 0; k < child->grid.nz; k++) {
        for (size_t i = 0; i < child->grid.nx; i++) {
            double expected = speed_at(fine, 2 * i0 + i, 2 * k0 + k);
            assert_near(speed_at(child, i, k), expected, 1e-14 * expected);
        }
    }
}

static void shared_nodes_agree_to_the_bit_and_the_others_with_the_model(void **state)
{
    (void)state;
    fm_model models[] = {constant_model(3.1), gradient_model(3, 0.1, 0.17),
                         nodes_model(FM_LINEAR, 14, 10, wave),
                         nodes_model(FM_CUBIC, 14, 10, wave),
                         nodes_model(FM_BSPLINE, 14, 10, wave)};
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        models[m].x_max -= 0.1;
        fm_medium parent = sampled(&models[m], 61, 41);
        fm_medium fine = sampled(&models[m], 121, 81);
        fm_medium child = refined(&models[m], &parent, 7, 33, 5, 40);
        expect_shared(&parent, &child, 7, 5);
        expect_sampled(&fine, &child, 7, 5);
        fm_medium_clear(&child);
        fm_medium_clear(&fine);
        fm_medium_clear(&parent);
        fm_model_clear(&models[m]);
    }
}

static void windows_within_windows_keep_to_the_bit(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_CUBIC, 14, 10, wave);
    fm_medium parent = sampled(&model, 61, 41);
    fm_medium child = refined(&model, &parent, 11, 33, 5, 30);
    fm_medium grandchild = refined(&model, &child, 13, 21, 1, 9);
    expect_shared(&child, &grandchild, 13, 1);
    fm_medium_clear(&grandchild);
    fm_medium_clear(&child);
    fm_medium_clear(&parent);
    fm_model_clear(&model);
}

static void masks_of_shared_nodes_are_kept(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_LINEAR, 14, 10, wave);
    *node_of(&model, 5, 4) = 0;
    *node_of(&model, 6, 4) = NAN;
    fm_medium parent = sampled(&model, 13 * 3 + 1, 9 * 3 + 1);
    fm_medium child = refined(&model, &parent, 0, 39, 0, 27);
    expect_shared(&parent, &child, 0, 0);
    size_t masked = 0;
    for (size_t node = 0; node < fm_grid_nodes(&child.grid); node++) {
        masked += isinf(child.slowness[node]) ? 1 : 0;
    }
    /* From 15 - 1.5 to 18 + 1.5 and 12 -+ 1.5 parent steps, ends not included. */
    assert_int_equal(masked, 11 * 5);
    fm_medium_clear(&child);
    fm_medium_clear(&parent);
    fm_model_clear(&model);
}

static fm_medium polar_earth(const fm_model *model)
{
    fm_spacing spacing = {.dx = 1, .dz = 9};
    fm_grid grid;
    fm_medium medium;
    assert_int_equal(fm_model_grid(model, &spacing, &grid, NULL), FM_OK);
    assert_int_equal(fm_medium_sample(model, &grid, &medium, NULL), FM_OK);
    assert_int_equal(medium.interface_row[0], 41);
    assert_int_equal(medium.interface_row[1], 43);
    return medium;
}

static void interfaces_stay_rows_with_both_sides(void **state)
{
    (void)state;
    fm_model model = polar_earth_model();
    fm_medium parent = polar_earth(&model);
    fm_medium child = refined(&model, &parent, 2, 6, 38, 46);
    expect_shared(&parent, &child, 2, 38);
    assert_int_equal(child.ninterfaces, 2);
    assert_int_equal(child.interface_row[0], 6);
    assert_int_equal(child.interface_row[1], 10);
    for (size_t i = 0; i < child.grid.nx; i++) {
        assert_true(child.slowness_beyond[i] == 1 / 6.5);
        assert_true(child.slowness_beyond[child.grid.nx + i] == 1 / 5.8);
        assert_true(child.slowness[7 * child.grid.nx + i] == 1 / 6.5);
    }
    fm_medium_clear(&child);
    fm_medium_clear(&parent);
    fm_model_clear(&model);
}

static void an_interface_on_the_edge_of_a_window_takes_the_inner_side(void **state)
{
    (void)state;
    fm_model model = polar_earth_model();
    fm_medium parent = polar_earth(&model);
    fm_medium child = refined(&model, &parent, 2, 6, 41, 43);
    assert_int_equal(child.ninterfaces, 0);
    for (size_t node = 0; node < fm_grid_nodes(&child.grid); node++) {
        assert_true(child.slowness[node] == 1 / 6.5);
    }
    fm_medium_clear(&child);
    fm_medium_clear(&parent);
    fm_model_clear(&model);
}

static void an_overshoot_between_shared_nodes_is_refused(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_CUBIC, 7, 5, wave);
    for (size_t node = 0; node < 35; node++) {
        model.values[node] = node % 7 == 3 || node % 7 == 4 ? 0.01 : 5;
    }
    fm_medium parent = sampled(&model, 7, 5), child;
    fm_error error = {0};
    fm_window window = {2, 5, 0, 3};
    assert_int_equal(fm_medium_refine(&model, &parent, window, &child, &error),
                     FM_BAD_INPUT);
    assert_non_null(strstr(error.message, "speed at x -1.25, z 2 km is -0.61375 km/s"));
    assert_null(child.slowness);
    fm_medium_clear(&child);
    fm_medium_clear(&parent);
    fm_medium_clear(NULL);
    fm_model_clear(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_nodes_agree_to_the_bit_and_the_others_with_the_model),
        cmocka_unit_test(windows_within_windows_keep_to_the_bit),
        cmocka_unit_test(masks_of_shared_nodes_are_kept),
        cmocka_unit_test(interfaces_stay_rows_with_both_sides),
        cmocka_unit_test(an_interface_on_the_edge_of_a_window_takes_the_inner_side),
        cmocka_unit_test(an_overshoot_between_shared_nodes_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
