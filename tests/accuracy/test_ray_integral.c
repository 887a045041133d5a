/* The ray integral that judges the march is itself judged by closed forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "ray_integral.h"

static const double radians = 3.14159265358979323846 / 180;

static void constant_speed_gives_chords(void **state)
{
    (void)state;
    const double depth[] = {0, 700, 3000};
    const double speed[] = {8, 8, 8};
    earth_model earth = earth_from_profile(6371, 3, depth, speed);
    for (double source = 0; source <= 600; source += 200) {
        for (double angle = 5; angle <= 80; angle += 5) {
            double low = 6371 - source;
            double chord = sqrt(pow(6371 - low, 2) +
                                4 * 6371 * low * pow(sin(angle * radians / 2), 2));
            double time = earth_first_arrival(&earth, source, angle);
            assert_true(fabs(time - chord / 8) < 1e-6);
        }
    }
}

/* v = r / c is conformal to the plane: T = c hypot(angle, ln(r / r_s)), through layers
 * that only pretend to be different. */
static void speed_proportional_to_radius_gives_the_conformal_time(void **state)
{
    (void)state;
    const double c = 800;
    double depth[20];
    double speed[20];
    for (int n = 0; n < 20; n++) {
        depth[n] = 150.0 * n;
        speed[n] = (6371 - depth[n]) / c;
    }
    earth_model earth = earth_from_profile(6371, 20, depth, speed);
    double time = earth_first_arrival(&earth, 400, 0.5);
    double exact = c * hypot(0.5 * radians, log(6371 / 5971.0));
    assert_true(fabs(time - exact) < 1e-9);
}

/* A crust over a faster mantle, near enough to be flat: the head wave's line. */
static void head_wave_along_a_boundary_is_found(void **state)
{
    (void)state;
    const double depth[] = {0, 30, 30, 60};
    const double speed[] = {6, 6, 8, 8};
    earth_model earth = earth_from_profile(6371, 4, depth, speed);
    double x = 4.0 * radians * 6371;
    double flat = x / 8 + 2 * 30 * sqrt(1 / 36.0 - 1 / 64.0);
    double time = earth_first_arrival(&earth, 0, 4);
    assert_true(fabs(time - flat) <
                0.25); /* the sphere shortens the way along the bottom */
    assert_true(time < flat);
}

static void beyond_the_shadow_edge_the_wave_runs_along_the_core(void **state)
{
    (void)state;
    const double depth[] = {0, 2891, 2891, 4000};
    const double speed[] = {10, 10, 5, 5};
    earth_model earth = earth_from_profile(6371, 4, depth, speed);
    double core = 3480;
    double graze = acos(core / 6371);
    double exact = 2 * 6371 * sin(graze) / 10 + core / 10 * (120 * radians - 2 * graze);
    assert_true(fabs(earth_first_arrival(&earth, 0, 120) - exact) < 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_speed_gives_chords),
        cmocka_unit_test(speed_proportional_to_radius_gives_the_conformal_time),
        cmocka_unit_test(head_wave_along_a_boundary_is_found),
        cmocka_unit_test(beyond_the_shadow_edge_the_wave_runs_along_the_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
