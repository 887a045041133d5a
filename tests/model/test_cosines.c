/* Sums of cosines on a grid: against the formula, term by term. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models.h"

static const double pi = 3.14159265358979323846;

static double formula(const fm_model *model, double x, double z)
{
    double xi = (x - model->x_min) / (model->x_max - model->x_min);
    double zeta = (z - model->z_min) / (model->z_max - model->z_min);
    double sum = model->reference;
    for (size_t k = 0; k < model->nz; k++) {
        for (size_t j = 0; j < model->nx; j++) {
            sum += model->values[k * model->nx + j] * cos(pi * (double)j * xi) *
                   cos(pi * (double)k * zeta);
        }
    }
    return sum;
}

/* 1e-13: forty terms, and arguments of the formula's cosines up to 30. */
static void expect_formula(const fm_model *model, const fm_medium *medium)
{
    assert_int_equal(fm_model_validate(model, NULL), FM_OK);
    for (size_t k = 0; k < medium->grid.nz; k++) {
        for (size_t i = 0; i < medium->grid.nx; i++) {
            double value =
                formula(model, fm_grid_x(&medium->grid, i), medium->grid.z[k]);
            double slowness = model->quantity == FM_SPEED ? 1 / value : value;
            assert_near(medium->slowness[k * medium->grid.nx + i], slowness,
                        1e-13 * slowness);
        }
    }
}

static void the_nodes_have_the_sum_of_the_terms(void **state)
{
    (void)state;
    const fm_quantity both[] = {FM_SPEED, FM_SLOWNESS};
    for (size_t n = 0; n < 2; n++) {
        fm_model model = cosines_model(both[n], 8, 5);
        fm_medium medium = sampled(&model, 31, 17);
        expect_formula(&model, &medium);
        fm_medium_clear(&medium);
        fm_model_clear(&model);
    }
}

static void the_first_coefficient_alone_is_a_constant(void **state)
{
    (void)state;
    fm_model model = cosines_model(FM_SPEED, 1, 1);
    model.reference = 3;
    model.values[0] = 1.5;
    fm_medium medium = sampled(&model, 5, 4);
    for (size_t n = 0; n < 20; n++) {
        assert_true(medium.slowness[n] == 1 / 4.5);
    }
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

/* Half a wave along x: the reference is met in the middle, the ends differ in sign. */
static void a_cosine_begins_at_the_least_coordinate(void **state)
{
    (void)state;
    fm_model model = cosines_model(FM_SPEED, 2, 1);
    model.values[0] = 0;
    model.values[1] = 2;
    fm_medium medium = sampled(&model, 3, 2);
    assert_near(speed_at(&medium, 0, 0), 7, 1e-14);
    assert_near(speed_at(&medium, 1, 1), 5, 1e-14);
    assert_near(speed_at(&medium, 2, 1), 3, 1e-14);
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

static void a_window_has_the_cosines_of_the_whole_extent(void **state)
{
    (void)state;
    fm_model model = cosines_model(FM_SLOWNESS, 6, 7);
    fm_medium medium = sampled(&model, 31, 17), part;
    fm_window window = {3, 9, 5, 16};
    assert_int_equal(fm_medium_refine(&model, &medium, window, &part, NULL), FM_OK);
    expect_formula(&model, &part);
    fm_medium_clear(&part);
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

static void expect_sampling_refused(const fm_model *model, const char *message)
{
    fm_grid grid;
    fm_medium medium;
    fm_error error = {0};
    fm_spacing spacing = {.dx = 1, .dz = 1};
    assert_int_equal(fm_model_grid(model, &spacing, &grid, NULL), FM_OK);
    assert_int_equal(fm_medium_sample(model, &grid, &medium, &error), FM_BAD_INPUT);
    assert_string_equal(error.message, message);
    assert_null(medium.slowness);
}

static void a_sum_that_is_not_positive_is_named_by_place_and_parts(void **state)
{
    (void)state;
    fm_model model = cosines_model(FM_SPEED, 2, 1);
    model.reference = 1;
    model.values[0] = 0.5;
    model.values[1] = 2;
    expect_sampling_refused(&model, "the model's speed at x 8, z 0 km is -0.270912 "
                                    "km/s: it must be positive (the cosines add "
                                    "-1.27091 to a reference of 1)");
    model.quantity = FM_SLOWNESS;
    model.reference = 0;
    model.values[0] = model.values[1] = 0;
    expect_sampling_refused(&model,
                            "the model's slowness at x -3, z 0 km is 0 s/km: it "
                            "must be positive (the cosines add 0 to a reference "
                            "of 0)");
    model.quantity = FM_SPEED;
    model.reference = 1.7e308;
    model.values[0] = 1.7e308;
    expect_sampling_refused(&model, "the model's speed at x -3, z 0 km is inf km/s: it "
                                    "must be positive (the cosines add inf to a "
                                    "reference of 1.7e+308)");
    fm_model_clear(&model);
}

static void expect_invalid(const fm_model *model, const char *message)
{
    fm_error error = {0};
    assert_int_equal(fm_model_validate(model, &error), FM_BAD_INPUT);
    assert_string_equal(error.message, message);
}

static void what_cosines_cannot_be_is_refused(void **state)
{
    (void)state;
    fm_model model = cosines_model(FM_SPEED, 3, 2);
    model.values[4] = NAN;
    expect_invalid(&model, "the coefficient of cosines kx 1, kz 1 is nan: it must be "
                           "finite");
    model.reference = INFINITY;
    expect_invalid(&model, "the reference of the cosines is inf: it must be finite");
    model.nz = 0;
    expect_invalid(&model, "a model of 3 x 0 cosines: there can be 1 to 1000 each way");
    model.nz = 1;
    model.nx = 1001;
    expect_invalid(&model,
                   "a model of 1001 x 1 cosines: there can be 1 to 1000 each way");
    fm_model_clear(&model);
}

static void cosines_need_a_spacing(void **state)
{
    (void)state;
    fm_model model = cosines_model(FM_SPEED, 3, 2);
    fm_grid grid;
    fm_error error = {0};
    fm_spacing spacing = {.dice_x = 2, .dice_z = 2};
    assert_int_equal(fm_model_grid(&model, &spacing, &grid, &error), FM_BAD_INPUT);
    assert_non_null(strstr(error.message, "the grid spacing dx is missing"));
    fm_model_clear(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nodes_have_the_sum_of_the_terms),
        cmocka_unit_test(the_first_coefficient_alone_is_a_constant),
        cmocka_unit_test(a_cosine_begins_at_the_least_coordinate),
        cmocka_unit_test(a_window_has_the_cosines_of_the_whole_extent),
        cmocka_unit_test(a_sum_that_is_not_positive_is_named_by_place_and_parts),
        cmocka_unit_test(what_cosines_cannot_be_is_refused),
        cmocka_unit_test(cosines_need_a_spacing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
