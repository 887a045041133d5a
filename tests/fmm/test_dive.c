/* Media in which the speed is linear along the row of the source but not where the wave
 * has been: it dives out of a layer, or out of the grid. What the solver does beside a
 * source between the nodes (src/fmm/source_ray.c) must not take the one for the other.
 * Times are compared with those marched the other way, from receivers at the surface,
 * and with finer grids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static fm_model profile(fm_geometry geometry, size_t n, const double *depth,
                        const double *speed)
{
    fm_model model = {.kind = FM_MODEL_PROFILE,
                      .geometry = geometry,
                      .radius_km = FM_EARTH_RADIUS_KM,
                      .nknots = n,
                      .depth_km = malloc(n * sizeof *depth),
                      .knot_speed = malloc(n * sizeof *speed)};
    memcpy(model.depth_km, depth, n * sizeof *depth);
    memcpy(model.knot_speed, speed, n * sizeof *speed);
    return model;
}

/* The largest difference between the two directions, relative to the time. */
static double worst_both_ways(const fm_model *model, fm_spacing spacing, fm_point deep,
                              const fm_point *shallow, size_t n)
{
    fm_grid grid;
    fm_medium medium;
    double worst = 0;
    assert_int_equal(fm_model_grid(model, &spacing, &grid, NULL), FM_OK);
    assert_int_equal(fm_medium_sample(model, &grid, &medium, NULL), FM_OK);
    fm_solver *there = plain_solver(&medium), *back = plain_solver(&medium);
    march_from(there, deep);
    for (size_t r = 0; r < n; r++) {
        march_from(back, shallow[r]);
        double one = time_at(there, shallow[r]), two = time_at(back, deep);
        worst = fmax(worst, fabs(one - two) / two);
    }
    fm_solver_destroy(there);
    fm_solver_destroy(back);
    fm_medium_clear(&medium);
    return worst;
}

static const double crust_depth[] = {0, 10, 30, 30, 60};
static const double crust_speed[] = {4, 6, 6.5, 8, 8.2};

/* 200 km of crust. With the wave of the upper layer taken for that of all, times came
 * 20 % early from 60 km on. Half a kilometre errs by 6e-5 between the ends. */
static void a_wave_that_dives_out_of_its_layer_is_not_that_of_the_layer(void **state)
{
    (void)state;
    fm_model model = profile(FM_CARTESIAN, 5, crust_depth, crust_speed);
    model.x_max = 200;
    model.z_max = 60;
    fm_point shallow[6];
    for (size_t r = 0; r < 6; r++) {
        shallow[r] = (fm_point){33 + 32 * (double)r, 0};
    }
    for (double depth = 2; depth < 10; depth += 2.9) {
        fm_point deep = {5, depth};
        double worst = worst_both_ways(&model, (fm_spacing){.dx = 0.5, .dz = 0.5}, deep,
                                       shallow, 6);
        if (!(worst < 2e-3)) {
            fail_msg("from %g km: %g", depth, worst);
        }
    }
    fm_model_clear(&model);
}

/* The same as a section of the Earth, where straight rays dive as well. */
static void in_a_section_it_is_not_either(void **state)
{
    (void)state;
    const double speed[] = {5.8, 5.8, 6.5, 8, 8.2};
    const double *speeds[] = {crust_speed, speed};
    for (size_t n = 0; n < 2; n++) {
        fm_model model = profile(FM_POLAR, 5, crust_depth, speeds[n]);
        model.x_max = 1.8;
        model.z_min = FM_EARTH_RADIUS_KM - 60;
        model.z_max = FM_EARTH_RADIUS_KM;
        fm_point shallow[5];
        for (size_t r = 0; r < 5; r++) {
            shallow[r] = (fm_point){0.4 + 0.33 * (double)r, FM_EARTH_RADIUS_KM};
        }
        fm_point deep = {0.05, FM_EARTH_RADIUS_KM - 2.3};
        double worst = worst_both_ways(&model, (fm_spacing){.dx = 0.0045, .dz = 0.5},
                                       deep, shallow, 5);
        if (!(worst < 2e-3)) {
            fail_msg("model %zu: %g", n, worst);
        }
        fm_model_clear(&model);
    }
}

/* A start model of tomography: the wave would dive below its bottom. The first arrival
 * then runs along that; no path in the grid is as early as the circle below it. */
static void a_wave_that_dives_out_of_the_grid_does_not_arrive(void **state)
{
    (void)state;
    fm_model model = {.kind = FM_MODEL_GRADIENT,
                      .speed = 4,
                      .gradient_z = 0.1,
                      .x_max = 200,
                      .z_max = 30};
    fm_point shallow[] = {{120, 0}, {150, 0}, {195, 0}};
    for (double depth = 2.4; depth < 25; depth += 7.3) {
        double worst = worst_both_ways(&model, (fm_spacing){.dx = 1, .dz = 1},
                                       (fm_point){5, depth}, shallow, 3);
        if (!(worst < 3e-3)) {
            fail_msg("from %g km: %g", depth, worst);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wave_that_dives_out_of_its_layer_is_not_that_of_the_layer),
        cmocka_unit_test(in_a_section_it_is_not_either),
        cmocka_unit_test(a_wave_that_dives_out_of_the_grid_does_not_arrive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
