/* Rough media to time marches on: speeds from 0.3 to 1.7 of the mean, in waves that are
 * a third to a whole of the model long, and a jump by 1.6 of it along a curve that
 * crosses the rows. The same pattern in each geometry, in coordinates that make the
 * model the unit square; the boxes, and the sources' boxes, are those of the analytic
 * problems whose speed is constant. */
#include "media.h"

#include <math.h>
#include <string.h>

static double rough_speed(double x, double z)
{
    return 1 + 0.35 * sin(9 * x + 1) * cos(7 * z) + 0.35 * sin(17 * z + 5 * x) +
           (z > 0.5 + 0.08 * sin(6 * x) ? 1.6 : 0);
}

static double rough_square(fm_point at, fm_point source)
{
    (void)source;
    return 1 / rough_speed(at.x, at.z);
}

static double rough_sphere(fm_point at, fm_point source)
{
    (void)source;
    return 1 / (4 * rough_speed((at.x + 70) / 140, (at.z + 70) / 140));
}

static double rough_section(fm_point at, fm_point source)
{
    (void)source;
    return 1 / (10 * rough_speed(at.x / 60, (at.z - 3480) / (6371 - 3480)));
}

static const fm_problem rough[] = {
    {.name = "rough",
     .formula = "waves of 70 % and a jump, unit square",
     .geometry = FM_CARTESIAN,
     .x_max = 1,
     .z_max = 1,
     .source_box = {0.1, 0.9, 0.1, 0.9},
     .slowness = rough_square,
     .interface_z = NAN},
    {.name = "rough-sphere",
     .formula = "the same on 140 x 140 degrees",
     .geometry = FM_GEOGRAPHIC,
     .radius_km = FM_EARTH_RADIUS_KM,
     .x_min = -70,
     .x_max = 70,
     .z_min = -70,
     .z_max = 70,
     .source_box = {-20, 20, -40, 40},
     .slowness = rough_sphere,
     .interface_z = NAN},
    {.name = "rough-section",
     .formula = "the same in a polar section",
     .geometry = FM_POLAR,
     .radius_km = FM_EARTH_RADIUS_KM,
     .x_max = 60,
     .z_min = 3480,
     .z_max = 6371,
     .source_box = {5, 55, 3700, 6300},
     .slowness = rough_section,
     .interface_z = NAN},
};

const fm_problem *bench_problem(const char *name)
{
    for (size_t n = 0; n < sizeof rough / sizeof *rough; n++) {
        if (strcmp(rough[n].name, name) == 0) {
            return &rough[n];
        }
    }
    return fm_problem_named(name);
}
