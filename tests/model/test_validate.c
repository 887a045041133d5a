/* Every mistake in a model has its own message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models.h"

static double five(double x, double z)
{
    (void)x;
    (void)z;
    return 5;
}

static void expect_valid(const fm_model *model)
{
    fm_error error = {0};
    fm_model_validate(model, &error);
    assert_string_equal(error.message, "");
}

static void expect_refused(const fm_model *model, const char *message)
{
    fm_error error = {0};
    assert_int_equal(fm_model_validate(model, &error), FM_BAD_INPUT);
    assert_string_equal(error.message, message);
}

static void interpolation_words_can_be_written_and_read_back(void **state)
{
    (void)state;
    fm_interpolation interpolation = FM_LINEAR;
    for (int i = 0; i < 3; i++) {
        const char *name = fm_interpolation_name((fm_interpolation)i);
        assert_true(fm_interpolation_parse(name, &interpolation));
        assert_int_equal(interpolation, i);
    }
    assert_false(fm_interpolation_parse("spline", &interpolation));
    assert_int_equal(interpolation, FM_BSPLINE);
}

static void good_models_are_accepted(void **state)
{
    (void)state;
    fm_model models[] = {constant_model(3),
                         gradient_model(3, 0.1, 0.2),
                         polar_earth_model(),
                         nodes_model(FM_LINEAR, 2, 2, five),
                         nodes_model(FM_CUBIC, 4, 3, five),
                         nodes_model(FM_BSPLINE, 4, 3, five)};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        expect_valid(&models[i]);
        fm_model_clear(&models[i]);
        assert_null(models[i].values);
        fm_model_clear(&models[i]);
    }
    fm_model_clear(NULL);
}

static void an_empty_extent_is_refused(void **state)
{
    (void)state;
    fm_model model = constant_model(3);
    model.x_max = model.x_min;
    expect_refused(&model, "the extent in x is from 0 to 0 km: it must be finite and "
                           "ascend");
    model = constant_model(3);
    model.geometry = FM_GEOGRAPHIC;
    model.z_max = NAN;
    expect_refused(&model, "the extent in lat is from 0 to nan degrees: it must be "
                           "finite and ascend");
    model.z_max = 90;
    expect_refused(&model,
                   "latitude 90 degrees: latitudes must lie between -90 and 90, "
                   "the poles not included");
}

static void a_constant_speed_must_be_positive(void **state)
{
    (void)state;
    fm_model model = constant_model(0);
    expect_refused(&model, "the constant speed is 0 km/s: it must be positive");
    model.speed = NAN;
    expect_refused(&model, "the constant speed is nan km/s: it must be positive");
}

static void a_gradient_must_be_positive_in_every_corner(void **state)
{
    (void)state;
    fm_model model = gradient_model(1, 0.1, -0.5);
    expect_refused(&model,
                   "the speed at x 0, z 5 km is -1.5 km/s: it must be positive");
    model = gradient_model(1, -0.1, 0.5);
    expect_refused(&model, "the speed at x 10, z 0 km is 0 km/s: it must be positive");
    model = gradient_model(1, -0.0625, -0.125);
    expect_refused(&model,
                   "the speed at x 10, z 5 km is -0.25 km/s: it must be positive");
    model = gradient_model(INFINITY, 0.1, 0.5);
    expect_refused(&model, "the speed at x 0, z 0 km is inf km/s: it must be positive");
}

static void a_profile_needs_a_section(void **state)
{
    (void)state;
    fm_model model = profile_model(2, (const double[]){0, 80}, (const double[]){5, 6});
    model.geometry = FM_GEOGRAPHIC;
    expect_refused(&model,
                   "a profile against depth needs a cartesian or polar section: "
                   "a geographic grid has no depth");
    model.geometry = FM_CARTESIAN;
    expect_valid(&model);
    model.nknots = 1;
    expect_refused(&model, "the profile has 1 knots: at least 2 are needed");
    fm_model_clear(&model);
}

static void expect_profile_refused(size_t n, const double *depth, const double *speed,
                                   const char *message)
{
    fm_model model = profile_model(n, depth, speed);
    model.z_min = 0;
    model.z_max = 50;
    expect_refused(&model, message);
    fm_model_clear(&model);
}

#define LIST(...) ((const double[]){__VA_ARGS__})

static void depths_of_a_profile_must_ascend(void **state)
{
    (void)state;
    expect_profile_refused(3, LIST(0, 35, 20), LIST(5, 6, 7),
                           "knot 3 at depth 20 km follows depth 35 km: depths must "
                           "ascend");
    expect_profile_refused(5, LIST(0, 20, 20, 20, 50), LIST(5, 6, 7, 8, 8),
                           "depth 20 km appears three times (knots 2 to 4): a "
                           "discontinuity is two knots");
    expect_profile_refused(
        3, LIST(0, 20, 20 + 0x1p-24), LIST(5, 6, 7),
        "knots 2 and 3 are only 5.96046e-08 km apart: depths must be "
        "equal, for a discontinuity, or differ by at least 1e-06 km");
    expect_profile_refused(3, LIST(0, INFINITY, 50), LIST(5, 6, 7),
                           "knot 2 has depth inf km: it must be finite");
}

static void speeds_of_a_profile_must_not_be_negative(void **state)
{
    (void)state;
    expect_profile_refused(2, LIST(0, 50), LIST(-5, 6),
                           "knot 1 at depth 0 km has speed -5 km/s: it must be "
                           "positive, or 0 for a mask");
    expect_profile_refused(2, LIST(0, 50), LIST(5, NAN),
                           "knot 2 at depth 50 km has speed nan km/s: it must be "
                           "positive, or 0 for a mask");
    expect_profile_refused(3, LIST(0, 20, 50), LIST(5, 6, 0),
                           "between depths 20 and 50 km (knots 2 and 3) the speed goes "
                           "from 6 to 0 km/s: a masked layer must begin and end with a "
                           "discontinuity");
}

static void a_masked_layer_between_discontinuities_is_accepted(void **state)
{
    (void)state;
    fm_model model = profile_model(4, LIST(0, 20, 20, 50), LIST(3.5, 3.5, 0, 0));
    expect_valid(&model);
    fm_model_clear(&model);
}

static void a_profile_must_cover_the_extent(void **state)
{
    (void)state;
    expect_profile_refused(2, LIST(0, 40), LIST(5, 6),
                           "the extent needs depths from 0 to 50 km, but the profile "
                           "covers only 0 to 40 km");
    fm_model model = polar_earth_model();
    model.z_max = 6372;
    expect_refused(&model,
                   "the extent reaches up to radius 6372 km, above the surface: "
                   "radii of a profile are at most 6371 km (model.radius)");
    fm_model_clear(&model);
}

static void a_profile_ends_at_the_surface_even_if_its_table_does_not(void **state)
{
    (void)state;
    fm_model model = profile_model(2, LIST(-5, 60), LIST(5, 6));
    model.z_min = -1;
    expect_refused(&model,
                   "the extent reaches up to z -1 km, above the surface: z of a "
                   "profile is a depth, at least 0 km");
    model.z_min = 0;
    expect_valid(&model);
    fm_model_clear(&model);
}

static void extent_and_speeds_are_judged_apart(void **state)
{
    (void)state;
    fm_error error = {0};
    fm_model model = profile_model(2, LIST(0, 40), LIST(5, -6));
    assert_int_equal(fm_model_check_speeds(&model, &error), FM_BAD_INPUT);
    assert_non_null(strstr(error.message, "knot 2"));
    model.knot_speed[1] = 6;
    model.z_max = 50;
    assert_int_equal(fm_model_check_speeds(&model, &error), FM_OK);
    assert_int_equal(fm_model_check_extent(&model, &error), FM_BAD_INPUT);
    assert_non_null(strstr(error.message, "covers only 0 to 40 km"));
    fm_model_clear(&model);
}

static void nodes_must_be_two_by_two_in_positive_steps(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_LINEAR, 5, 4, five);
    model.nz = 1;
    expect_refused(&model, "the model has 1 nodes along z: at least 2 are needed");
    model.nz = 4;
    model.nx = 0;
    expect_refused(&model, "the model has 0 nodes along x: at least 2 are needed");
    model.nx = 5;
    model.dz = -0.25;
    expect_refused(&model, "the model's nodes along z begin at 2 with steps of -0.25 "
                           "km: both must be finite and the step positive");
    model.dz = 0.25;
    model.x_max += 0.125;
    expect_refused(&model, "the extent in x is -3 to -0.875 km, but the model's nodes "
                           "cover only -3 to -1");
    model.x_max -= 0.125;
    model.z_min = 1.75;
    expect_refused(&model, "the extent in z is 1.75 to 2.75 km, but the model's nodes "
                           "cover only 2 to 2.75");
    fm_model_clear(&model);
}

static void a_bad_node_is_named_by_number_and_place(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_CUBIC, 5, 6, five);
    *node_of(&model, 2, 4) = -2;
    expect_refused(&model, "node (column 3, row 5) at x -2, z 3 km has speed -2 km/s: "
                           "it must be positive and finite, or 0 or NaN for a mask");
    *node_of(&model, 2, 4) = INFINITY;
    expect_refused(&model, "node (column 3, row 5) at x -2, z 3 km has speed inf km/s: "
                           "it must be positive and finite, or 0 or NaN for a mask");
    *node_of(&model, 2, 4) = NAN;
    expect_valid(&model);
    fm_model_clear(&model);
}

static double nothing(double x, double z)
{
    return x > z ? NAN : 0;
}

static void a_model_must_not_be_masked_everywhere(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_LINEAR, 5, 6, nothing);
    expect_refused(&model, "all 30 nodes of the model are masked (speed 0 or NaN)");
    fm_model_clear(&model);
}

static void a_bspline_cannot_be_masked(void **state)
{
    (void)state;
    const double refused[] = {0, -1, NAN, INFINITY};
    const char *text[] = {"0", "-1", "nan", "inf"};
    fm_model model = nodes_model(FM_BSPLINE, 5, 6, five);
    for (size_t i = 0; i < 4; i++) {
        char message[200];
        snprintf(message, sizeof message,
                 "vertex (column 1, row 6) at x -3, z 3.25 km has speed %s km/s: the "
                 "coefficients of a B-spline must be positive and cannot be masked",
                 text[i]);
        *node_of(&model, 0, 5) = refused[i];
        expect_refused(&model, message);
    }
    fm_model_clear(&model);
}

static void a_cushion_need_only_be_finite(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_BSPLINE, 5, 6, five);
    model.values[7] = -1;
    expect_valid(&model);
    model.values[7] = NAN;
    expect_refused(&model, "cushion vertex (column 0, row 1) at x -3.5, z 2 km has "
                           "speed nan km/s: it must be finite");
    fm_model_clear(&model);
}

static double plane(double x, double z)
{
    return 40 + 3 * x - 2 * z;
}

static void a_cushion_continues_the_values_linearly(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_LINEAR, 4, 3, plane);
    fm_model expected = nodes_model(FM_BSPLINE, 4, 3, plane);
    assert_int_equal(fm_model_add_cushion(&model, NULL), FM_OK);
    for (size_t i = 0; i < 30; i++) {
        assert_near(model.values[i], expected.values[i], 1e-12);
    }
    fm_model_clear(&model);
    fm_model_clear(&expected);
}

static void a_bad_vertex_is_named_although_it_spoils_the_cushion(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_LINEAR, 4, 3, five);
    *node_of(&model, 0, 0) = NAN;
    assert_int_equal(fm_model_add_cushion(&model, NULL), FM_OK);
    model.interpolation = FM_BSPLINE;
    expect_refused(&model, "vertex (column 1, row 1) at x -3, z 2 km has speed nan "
                           "km/s: the coefficients of a B-spline must be positive and "
                           "cannot be masked");
    fm_model_clear(&model);
}

static void a_cushion_needs_two_vertices_each_way(void **state)
{
    (void)state;
    fm_model model = nodes_model(FM_LINEAR, 4, 3, five);
    fm_error error = {0};
    model.nz = 1;
    assert_int_equal(fm_model_add_cushion(&model, &error), FM_BAD_INPUT);
    assert_string_equal(error.message, "a B-spline of 4 x 1 vertices: there must be at "
                                       "least two each way");
    fm_model_clear(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interpolation_words_can_be_written_and_read_back),
        cmocka_unit_test(good_models_are_accepted),
        cmocka_unit_test(an_empty_extent_is_refused),
        cmocka_unit_test(a_constant_speed_must_be_positive),
        cmocka_unit_test(a_gradient_must_be_positive_in_every_corner),
        cmocka_unit_test(a_profile_needs_a_section),
        cmocka_unit_test(depths_of_a_profile_must_ascend),
        cmocka_unit_test(speeds_of_a_profile_must_not_be_negative),
        cmocka_unit_test(a_masked_layer_between_discontinuities_is_accepted),
        cmocka_unit_test(a_profile_must_cover_the_extent),
        cmocka_unit_test(a_profile_ends_at_the_surface_even_if_its_table_does_not),
        cmocka_unit_test(extent_and_speeds_are_judged_apart),
        cmocka_unit_test(nodes_must_be_two_by_two_in_positive_steps),
        cmocka_unit_test(a_bad_node_is_named_by_number_and_place),
        cmocka_unit_test(a_model_must_not_be_masked_everywhere),
        cmocka_unit_test(a_bspline_cannot_be_masked),
        cmocka_unit_test(a_cushion_need_only_be_finite),
        cmocka_unit_test(a_cushion_continues_the_values_linearly),
        cmocka_unit_test(a_bad_vertex_is_named_although_it_spoils_the_cushion),
        cmocka_unit_test(a_cushion_needs_two_vertices_each_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
