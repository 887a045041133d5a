/* The source zone in closed form, and what is read of the medium around the source. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "source.h"

static fm_source fitted(const fm_medium *medium, fm_point point)
{
    fm_source source;
    fm_error error = {0};
    fm_source_fit(medium, point, &source, &error);
    assert_string_equal(error.message, "");
    return source;
}

static double speed_of(fm_point at)
{
    return 1 / gradient_slowness(at);
}

static void a_linear_speed_is_fitted_exactly_wherever_the_source_is(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(9, 7, gradient_slowness);
    const fm_point sources[] = {{3.3, 2.7}, {4, 3},   {4, 3.25}, {0, 0},
                                {8, 6},     {0, 5.5}, {7.9, 0},  {8, 0}};
    for (size_t n = 0; n < sizeof sources / sizeof *sources; n++) {
        fm_source source = fitted(&medium, sources[n]);
        assert_near(source.speed, speed_of(sources[n]), 1e-14);
        assert_near(source.gx, 1.0 / 8, 1e-14);
        assert_near(source.gz, 1.0 / 4, 1e-14);
        assert_false(source.on_interface);
    }
    fm_medium_clear(&medium);
}

static void the_time_near_the_source_is_that_of_the_linear_speed(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(9, 7, gradient_slowness);
    fm_point at = {3.3, 2.7};
    fm_source source = fitted(&medium, at);
    for (uint64_t n = 0; n < 200; n++) {
        double scale = pow(10, -6 * uniform(3 * n));
        fm_point to = {at.x + scale * (uniform(3 * n + 1) - 0.5),
                       at.z + scale * (uniform(3 * n + 2) - 0.5)};
        double r = hypot(to.x - at.x, to.z - at.z);
        double time = fm_source_time(&source, r, fm_source_offset(&source, to));
        assert_near(time, gradient_time(at, to), 1e-10 * time + 1e-15);
        assert_near(time, r / source.speed, 0.1 * time);
    }
    assert_true(fm_source_time(&source, 0, (fm_point){0, 0}) == 0);
    fm_medium_clear(&medium);
}

static void the_gradient_of_the_time_is_its_derivative(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(9, 7, gradient_slowness);
    fm_point at = {3.3, 2.7};
    fm_source source = fitted(&medium, at);
    for (uint64_t n = 0; n < 100; n++) {
        fm_point to = {8 * uniform(2 * n), 6 * uniform(2 * n + 1)};
        fm_point offset = {to.x - at.x, to.z - at.z};
        double r = hypot(offset.x, offset.z), h = 1e-4;
        fm_look look = {r, offset.x / r, offset.z / r};
        fm_point slope = fm_source_gradient(&source, &look, offset);
        double east = gradient_time(at, (fm_point){to.x + h, to.z});
        double west = gradient_time(at, (fm_point){to.x - h, to.z});
        double high = gradient_time(at, (fm_point){to.x, to.z + h});
        double low = gradient_time(at, (fm_point){to.x, to.z - h});
        assert_near(slope.x, (east - west) / (2 * h), 1e-7 / (r * r) + 1e-9);
        assert_near(slope.z, (high - low) / (2 * h), 1e-7 / (r * r) + 1e-9);
        assert_near(hypot(slope.x, slope.z), gradient_slowness(to), 1e-12);
    }
    fm_medium_clear(&medium);
}

static void offsets_are_km_along_the_local_axes(void **state)
{
    (void)state;
    fm_medium sphere = medium_of(FM_GEOGRAPHIC, 5, 5, (fm_point){10, 58},
                                 (fm_point){1, 1}, unit_slowness);
    fm_source source = fitted(&sphere, (fm_point){12, 60});
    fm_point offset = fm_source_offset(&source, (fm_point){13, 61});
    assert_near(offset.x, 111.19492664455873 / 2, 1e-9);
    assert_near(offset.z, 111.19492664455873, 1e-9);
    fm_medium_clear(&sphere);
    fm_medium section = medium_of(FM_POLAR, 5, 5, (fm_point){10, 6000},
                                  (fm_point){1, 50}, unit_slowness);
    source = fitted(&section, (fm_point){12, 6100});
    offset = fm_source_offset(&source, (fm_point){11, 6050});
    assert_near(offset.x, -6100 * 3.14159265358979323846 / 180, 1e-9);
    assert_near(offset.z, -50, 1e-9);
    fm_medium_clear(&section);
}

static void the_source_on_edges_and_corners_is_placed_in_a_cell(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(5, 4, unit_slowness);
    const struct {
        fm_point at;
        size_t column, row;
        double fx, fz;
    } places[] = {{{0, 0}, 0, 0, 0, 0},         {{4, 0}, 3, 0, 1, 0},
                  {{0, 3}, 0, 2, 0, 1},         {{4, 3}, 3, 2, 1, 1},
                  {{4, 1.5}, 3, 1, 1, 0.5},     {{2.25, 3}, 2, 2, 0.25, 1},
                  {{2 + 1e-12, 1}, 2, 1, 0, 0}, {{2, 1 - 1e-12}, 2, 1, 0, 0},
                  {{4 - 1e-12, 3}, 3, 2, 1, 1}, {{-1e-12, 3 + 1e-12}, 0, 2, 0, 1}};
    for (size_t n = 0; n < sizeof places / sizeof *places; n++) {
        fm_place place = fitted(&medium, places[n].at).place;
        assert_int_equal(place.column, places[n].column);
        assert_int_equal(place.row, places[n].row);
        assert_true(place.fx == places[n].fx && place.fz == places[n].fz);
    }
    fm_medium_clear(&medium);
}

/* A mask has no speed, so that it says nothing of the trend of the speed. */
static void a_mask_nearby_makes_no_trend(void **state)
{
    (void)state;
    for (size_t node = 0; node < 36; node++) {
        fm_medium medium = flat_medium(6, 6, unit_slowness);
        mask(&medium, node % 6, node / 6);
        if (node % 6 != 2 || node / 6 != 2) {
            fm_source source = fitted(&medium, (fm_point){2.1, 2.1});
            assert_true(source.speed == 1);
            assert_true(source.g == 0);
        }
        fm_medium_clear(&medium);
    }
}

static double fast(fm_point at)
{
    (void)at;
    return 0.25;
}

static double closed(fm_point at)
{
    (void)at;
    return INFINITY;
}

static void on_an_interface_both_sides_are_known(void **state)
{
    (void)state;
    fm_medium medium = layered_medium(6, 6, 3, unit_slowness, fast);
    const double x[] = {0, 2, 2.5, 5};
    for (size_t n = 0; n < 4; n++) {
        fm_source source = fitted(&medium, (fm_point){x[n], 3});
        assert_true(source.on_interface);
        assert_true(source.slowness_lower == 1 && source.slowness_upper == 0.25);
    }
    assert_false(fitted(&medium, (fm_point){2, 2}).on_interface);
    assert_false(fitted(&medium, (fm_point){2, 3.5}).on_interface);
    /* Next to it, each cell has its own side's speed and no trend. */
    fm_source below = fitted(&medium, (fm_point){2.3, 2.75});
    fm_source above = fitted(&medium, (fm_point){2.3, 3.25});
    assert_true(below.speed == 1 && below.g == 0);
    assert_true(above.speed == 4 && above.g == 0);
    fm_medium_clear(&medium);
}

/* Fermat's principle: the least of all paths that run along the boundary for a while.
 */
static double least_time_across(double slow, double quick, double x, double depth)
{
    double least = slow * hypot(x, depth);
    for (int n = 0; n <= 100000; n++) {
        double along = x * n / 100000;
        least = fmin(least, quick * along + slow * hypot(x - along, depth));
    }
    return least;
}

static void from_an_interface_the_slow_side_is_reached_by_the_head_wave(void **state)
{
    (void)state;
    fm_medium medium = layered_medium(6, 6, 3, unit_slowness, fast);
    fm_source source = fitted(&medium, (fm_point){2, 3});
    for (uint64_t n = 0; n < 30; n++) {
        double x = uniform(2 * n), z = uniform(2 * n + 1);
        double r = hypot(x, z);
        assert_near(fm_source_time(&source, r, (fm_point){x, -z}),
                    least_time_across(1, 0.25, x, z), 1e-9);
        assert_near(fm_source_time(&source, r, (fm_point){x, z}), 0.25 * r, 1e-15);
    }
    assert_true(fm_source_time(&source, 2, (fm_point){2, 0}) == 0.5);
    assert_true(fm_source_time(&source, 0, (fm_point){0, 0}) == 0);
    fm_medium_clear(&medium);
}

/* Source and point 0.05 and 0.1 above a faster layer: down to it, along it, up again.
 */
static void near_an_interface_the_head_wave_may_come_first(void **state)
{
    (void)state;
    fm_medium medium = layered_medium(6, 6, 3, unit_slowness, fast);
    fm_source source = fitted(&medium, (fm_point){2.1, 2.95});
    size_t head_waves = 0;
    for (double x = 0; x <= 0.9; x += 0.05) {
        double across = 0.05 + 0.1;
        double r = hypot(x, 0.05);
        double least = r;
        for (int n = 0; n <= 20000; n++) {
            double along = x * n / 20000;
            double slant = hypot(x - along, across); /* both slants as one line */
            least = fmin(least, 0.25 * along + slant);
        }
        head_waves += least < r - 1e-3;
        assert_near(fm_source_time(&source, r, (fm_point){x, -0.05}), least, 1e-7);
    }
    assert_true(head_waves > 10);
    fm_medium_clear(&medium);
}

/* As the sea above the ground is to P waves of the model that leaves it out. */
static void on_an_interface_with_one_side_masked_the_other_side_counts(void **state)
{
    (void)state;
    const double x[] = {0, 2, 2.5, 5};
    for (size_t n = 0; n < 8; n++) {
        bool upper = n % 2 == 1;
        fm_medium medium =
            layered_medium(6, 6, 3, upper ? fast : closed, upper ? closed : fast);
        fm_source source = fitted(&medium, (fm_point){x[n / 2], 3});
        assert_true(source.on_interface);
        assert_true(source.speed == 4);
        assert_true((upper ? source.slowness_lower : source.slowness_upper) == 0.25);
        assert_true((upper ? source.slowness_upper : source.slowness_lower) ==
                    INFINITY);
        double away = upper ? -0.75 : 0.75;
        assert_near(fm_source_time(&source, 1, (fm_point){0.5, away}), 0.25, 1e-15);
        assert_near(fm_source_time(&source, 1, (fm_point){1, 0}), 0.25, 1e-15);
        fm_medium_clear(&medium);
    }
}

static void expect_refused(const fm_medium *medium, fm_point point, const char *what)
{
    fm_source source;
    fm_error error = {0};
    assert_int_equal(fm_source_fit(medium, point, &source, &error), FM_BAD_INPUT);
    if (!strstr(error.message, what)) {
        fail_msg("\"%s\" says nothing of \"%s\"", error.message, what);
    }
}

static void a_source_outside_or_masked_is_refused_in_the_users_words(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(6, 6, unit_slowness);
    expect_refused(&medium, (fm_point){5.5, 2}, "source at x 5.5, z 2 is outside");
    expect_refused(&medium, (fm_point){2, -0.001}, "z -0.001 is outside");
    expect_refused(&medium, (fm_point){NAN, 2}, "is outside");
    mask(&medium, 2, 2);
    expect_refused(&medium, (fm_point){2, 2}, "x 2, z 2 lies in a masked part");
    mask(&medium, 3, 2);
    expect_refused(&medium, (fm_point){2.25, 2}, "x 2.25, z 2 lies in a masked part");
    fm_medium_clear(&medium);
    fm_medium sphere = medium_of(FM_GEOGRAPHIC, 5, 5, (fm_point){110, -40},
                                 (fm_point){1, 1}, unit_slowness);
    expect_refused(&sphere, (fm_point){100, -38}, "lon 100, lat -38 is outside");
    fm_medium_clear(&sphere);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_linear_speed_is_fitted_exactly_wherever_the_source_is),
        cmocka_unit_test(the_time_near_the_source_is_that_of_the_linear_speed),
        cmocka_unit_test(the_gradient_of_the_time_is_its_derivative),
        cmocka_unit_test(offsets_are_km_along_the_local_axes),
        cmocka_unit_test(the_source_on_edges_and_corners_is_placed_in_a_cell),
        cmocka_unit_test(a_mask_nearby_makes_no_trend),
        cmocka_unit_test(on_an_interface_both_sides_are_known),
        cmocka_unit_test(from_an_interface_the_slow_side_is_reached_by_the_head_wave),
        cmocka_unit_test(near_an_interface_the_head_wave_may_come_first),
        cmocka_unit_test(on_an_interface_with_one_side_masked_the_other_side_counts),
        cmocka_unit_test(a_source_outside_or_masked_is_refused_in_the_users_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
