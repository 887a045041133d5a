/* Geographic grids: across the date line, towards the antipode, close to the poles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "fixture.h"

static const double pi = 3.14159265358979323846;
static const double degree = FM_EARTH_RADIUS_KM * 3.14159265358979323846 / 180; /* km */

static double wavy(fm_point at)
{
    return 0.25 + 0.02 * sin(at.x / 5) * cos(at.z / 7);
}

static void a_grid_across_the_date_line_is_as_any_other(void **state)
{
    (void)state;
    fm_medium across = medium_of(FM_GEOGRAPHIC, 41, 31, (fm_point){170, -10},
                                 (fm_point){0.5, 0.5}, wavy);
    fm_medium turned = medium_of(FM_GEOGRAPHIC, 41, 31, (fm_point){10, -10},
                                 (fm_point){0.5, 0.5}, wavy);
    for (size_t node = 0; node < fm_grid_nodes(&across.grid); node++) {
        turned.slowness[node] = across.slowness[node];
    }
    double *one = solved(&across, 2, (fm_point){184.75, -3.25});
    double *two = solved(&turned, 2, (fm_point){24.75, -3.25});
    double *west = solved(&across, 2, (fm_point){-175.25, -3.25});
    for (size_t node = 0; node < fm_grid_nodes(&across.grid); node++) {
        assert_near(one[node], two[node], 1e-10);
        assert_near(west[node], one[node], 1e-10);
    }
    free(west);
    free(two);
    free(one);
    fm_medium_clear(&turned);
    fm_medium_clear(&across);
}

static void longitudes_of_receivers_may_be_written_either_way(void **state)
{
    (void)state;
    fm_medium medium = medium_of(FM_GEOGRAPHIC, 41, 31, (fm_point){170, -10},
                                 (fm_point){0.5, 0.5}, wavy);
    fm_solver *solver = plain_solver(&medium);
    march_from(solver, (fm_point){-175, -3});
    assert_true(time_at(solver, (fm_point){185, -3}) == 0);
    assert_true(time_at(solver, (fm_point){-175, -3}) == 0);
    assert_near(time_at(solver, (fm_point){-171.3, 2.2}),
                time_at(solver, (fm_point){188.7, 2.2}), 1e-12);
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
}

typedef struct vector {
    double x, y, z;
} vector;

static vector on_sphere(fm_point at)
{
    double lon = at.x / 180 * pi, lat = at.z / 180 * pi;
    return (vector){cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat)};
}

/* Does the great circle stay in the grid? */
static bool circle_inside(const fm_grid *grid, fm_point a, fm_point b)
{
    vector p = on_sphere(a), q = on_sphere(b);
    double angle = fm_distance(grid, a, b) / grid->radius_km;
    for (int n = 1; n < 50 && angle > 0; n++) {
        double wp = sin((50 - n) * angle / 50), wq = sin(n * angle / 50);
        vector v = {wp * p.x + wq * q.x, wp * p.y + wq * q.y, wp * p.z + wq * q.z};
        double lat = atan2(v.z, hypot(v.x, v.y)) / pi * 180;
        double lon = atan2(v.y, v.x) / pi * 180;
        if (lat < grid->z[0] - 1e-9 || lat > grid->z[grid->nz - 1] + 1e-9 ||
            lon < grid->x0 - 1e-9 || lon > fm_grid_x_max(grid) + 1e-9) {
            return false;
        }
    }
    return true;
}

/* Worst |T - r| / r of slowness 1, of nodes whose distance is between two angles. */
static double worst_between(const fm_medium *medium, const double *field,
                            fm_point source, double from, double to)
{
    double worst = 0, nodes = 0;
    for (size_t node = 0; node < fm_grid_nodes(&medium->grid); node++) {
        fm_point at = node_at(medium, node % medium->grid.nx, node / medium->grid.nx);
        double r = fm_distance(&medium->grid, source, at);
        if (r > from * degree && r <= to * degree &&
            circle_inside(&medium->grid, source, at)) {
            double error = fabs(field[node] / r - 1);
            worst = error <= worst ? worst : error; /* a NaN stays */
            nodes++;
        }
    }
    assert_true(nodes > 10);
    return worst;
}

static fm_medium globe(double step)
{
    return medium_of(FM_GEOGRAPHIC, (size_t)(358 / step) + 1, (size_t)(160 / step) + 1,
                     (fm_point){-179, -80}, (fm_point){step, step}, unit_slowness);
}

/* Up to 10 degrees the factor is the distance but for 2/35 sin^6 of half the angle,
 * 2.5e-8, of which differences at steps of a degree leave 8 (1/10)^2 parts
 * (test_march.c). Beyond 60 degrees circles run along the edges of the grid, and waves
 * around them. At the antipode rays from all sides meet: measured 1.0e-3 at steps of a
 * degree. */
static void a_globe_of_constant_speed_is_right_to_the_antipode(void **state)
{
    (void)state;
    const fm_point sources[] = {{0, 0}, {0.3, 0.4}, {-1.3, 20.7}};
    fm_medium medium = globe(1);
    for (size_t n = 0; n < 3; n++) {
        double *field = solved(&medium, 2, sources[n]);
        for (size_t node = 0; node < fm_grid_nodes(&medium.grid); node++) {
            assert_true(isfinite(field[node]));
        }
        assert_true(worst_between(&medium, field, sources[n], 0, 10) < 2e-9);
        assert_true(worst_between(&medium, field, sources[n], 10, 60) < 6e-5);
        assert_true(worst_between(&medium, field, sources[n], 60, 150) < 8e-4);
        assert_true(worst_between(&medium, field, sources[n], 150, 181) < 1.5e-3);
        free(field);
    }
    fm_medium_clear(&medium);
}

/* Along the equator all steps are equal. */
static void up_to_the_antipode_the_times_do_not_jump(void **state)
{
    (void)state;
    fm_medium medium = globe(1);
    double *field = solved(&medium, 2, (fm_point){0, 0});
    const double *equator = field + 80 * medium.grid.nx;
    for (size_t i = 15; i < 345; i++) {
        double step = fabs(equator[i] - equator[i - 1]);
        assert_near(step, degree, 1e-3 * degree);
    }
    free(field);
    fm_solver *solver = plain_solver(&medium);
    march_from(solver, (fm_point){0.3, 0.4});
    double last = time_at(solver, (fm_point){140, 5});
    for (int n = 1; n < 2000; n++) {
        double time = time_at(solver, (fm_point){140 + 0.01 * n, 5});
        assert_near(time - last, 0.01 * degree, 2e-3 * degree);
        last = time;
    }
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
}

/* Worst of all nodes within 40 degrees: columns of a degree, rows of a tenth, to 89.9
 * degrees of latitude. */
static double worst_beside_a_pole(fm_medium *medium, fm_point source)
{
    double *field = solved(medium, 2, source);
    double worst = worst_between(medium, field, source, 0, 40);
    free(field);
    return worst;
}

/* Bounds: measured and a bit. Beside the pole a column is 0.2 km and a row 11 km. */
static void close_to_a_pole_the_times_stay_right(void **state)
{
    (void)state;
    const struct {
        fm_point source;
        double bound;
    } cases[] = {{{0, 80}, 2e-4},
                 {{0.3, 80.03}, 5e-5},
                 {{-60.2, 89.87}, 3e-2},
                 {{90, 89.9}, 1.5e-2},
                 {{-89.5, 70.05}, 4e-3}};
    for (int north = 0; north < 2; north++) {
        fm_medium medium =
            medium_of(FM_GEOGRAPHIC, 181, 200, (fm_point){-90, north ? 70 : -89.9},
                      (fm_point){1, 0.1}, unit_slowness);
        for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
            fm_point source = cases[n].source;
            source.z = north ? source.z : -source.z;
            double worst = worst_beside_a_pole(&medium, source);
            if (!(worst < cases[n].bound)) {
                fail_msg("source %g %g: %g", source.x, source.z, worst);
            }
        }
        fm_medium_clear(&medium);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_grid_across_the_date_line_is_as_any_other),
        cmocka_unit_test(longitudes_of_receivers_may_be_written_either_way),
        cmocka_unit_test(a_globe_of_constant_speed_is_right_to_the_antipode),
        cmocka_unit_test(up_to_the_antipode_the_times_do_not_jump),
        cmocka_unit_test(close_to_a_pole_the_times_stay_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
