/* The order of acceptance. In exact mode the product's march is the judge's, bit for
 * bit; in whole windows, its default, it differs by little. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

enum { N = 61 };

static void expect_exact(const fm_medium *medium, fm_way way, fm_point source)
{
    way.exact = true;
    double *one = marched(medium, way, source);
    double *two = judged(medium, way, source);
    assert_same_fields(one, two, fm_grid_nodes(&medium->grid));
    free(two);
    free(one);
}

static fm_point at_fraction(const fm_grid *grid, double x, double z)
{
    double west = grid->x0, east = fm_grid_x_max(grid);
    double low = grid->z[0], high = grid->z[grid->nz - 1];
    return (fm_point){west + x * (east - west), low + z * (high - low)};
}

static bool is_open(const fm_medium *medium, fm_point source)
{
    fm_source fitted;
    return fm_source_fit(medium, source, &fitted, NULL) == FM_OK;
}

/* Corners, middles of edges, nodes, and anywhere. */
static void expect_exact_from_everywhere(const fm_medium *medium, uint64_t seed)
{
    const double on[][2] = {{0, 0}, {1, 0}, {0, 1}, {1, 1}, {0.503, 0}, {1, 0.371}};
    const fm_way ways[] = {
        {.order = 2}, {.order = 1}, {.order = 2, .unfactored = true}};
    const fm_grid *grid = &medium->grid;
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        for (uint64_t n = 0; n < 12; n++) {
            double x = uniform(seed + 2 * n), z = uniform(seed + 2 * n + 1);
            fm_point source = at_fraction(grid, x, z);
            if (n < 6) {
                source = at_fraction(grid, on[n][0], on[n][1]);
            } else if (n < 8) {
                source = node_at(medium, (size_t)(x * (double)grid->nx),
                                 (size_t)(z * (double)grid->nz));
            }
            if (is_open(medium, source)) {
                expect_exact(medium, ways[w], source);
            }
        }
    }
}

static double rough(fm_point at)
{
    double x = at.x / N, z = at.z / N;
    double jump = z > 0.5 + 0.08 * sin(6 * x) ? 1.6 : 0;
    return 1 /
           (1 + 0.35 * sin(9 * x + 1) * cos(7 * z) + 0.35 * sin(17 * z + 5 * x) + jump);
}

static uint64_t number_of(fm_point at)
{
    return (uint64_t)(at.x * 64 + 4096) * 1048573 + (uint64_t)(at.z * 64 + 65536);
}

static double noise_100(fm_point at)
{
    return pow(100, uniform(number_of(at)));
}

static double noise_1000(fm_point at)
{
    return pow(1000, uniform(number_of(at)));
}

static void in_exact_mode_the_plane_is_marched_as_the_judge_does(void **state)
{
    (void)state;
    rule *rules[] = {unit_slowness, gradient_slowness, rough, noise_100, noise_1000};
    for (size_t n = 0; n < sizeof rules / sizeof *rules; n++) {
        fm_medium medium = flat_medium(N, N - 10, rules[n]);
        expect_exact_from_everywhere(&medium, 100 * n);
        fm_medium_clear(&medium);
    }
}

static double uneven(fm_point at)
{
    return 1 + 0.7 * sin(at.x / 3) * cos(at.z / 4 + 1);
}

static void in_exact_mode_sphere_and_section_are_marched_as_the_judge_does(void **state)
{
    (void)state;
    rule *rules[] = {unit_slowness, uneven, noise_100, noise_1000};
    for (size_t n = 0; n < sizeof rules / sizeof *rules; n++) {
        fm_medium medium = medium_of(FM_GEOGRAPHIC, N, N - 8, (fm_point){-20, -13},
                                     (fm_point){1.5, 1.3}, rules[n]);
        expect_exact_from_everywhere(&medium, 1000 + 100 * n);
        fm_medium_clear(&medium);
        medium = medium_of(FM_POLAR, N, N - 8, (fm_point){-20, 3500},
                           (fm_point){0.7, 50}, rules[n]);
        expect_exact_from_everywhere(&medium, 2000 + 100 * n);
        fm_medium_clear(&medium);
    }
}

static void in_exact_mode_steps_of_one_to_twenty_are_as_the_judges(void **state)
{
    (void)state;
    const fm_point steps[] = {{1, 20}, {20, 1}};
    rule *rules[] = {unit_slowness, uneven, noise_100};
    for (size_t n = 0; n < 6; n++) {
        fm_medium medium =
            medium_of(FM_CARTESIAN, N, N, (fm_point){0, 0}, steps[n % 2], rules[n / 2]);
        expect_exact_from_everywhere(&medium, 3000 + 100 * n);
        fm_medium_clear(&medium);
    }
}

static double quick(fm_point at)
{
    return 0.3 * uneven(at);
}

static double quicker(fm_point at)
{
    return 0.01 * noise_100(at);
}

/* With a slowness on each side of each interface, the faster one now below, now above.
 */
static void in_exact_mode_interfaces_are_crossed_as_the_judge_does(void **state)
{
    (void)state;
    rule *rules[][2] = {{uneven, quick}, {quick, uneven}, {uneven, quicker}};
    for (size_t n = 0; n < 3; n++) {
        fm_medium medium = layered_medium(N, N, 20, rules[n][0], rules[n][1]);
        add_interface(&medium, 33, rules[n][0]);
        add_interface(&medium, 35, rules[n][1]);
        expect_exact_from_everywhere(&medium, 4000 + 100 * n);
        const fm_point sources[] = {
            {17, 20}, {17.3, 20}, {40.2, 33}, {0, 35}, {9.7, 34}};
        for (size_t s = 0; s < sizeof sources / sizeof *sources; s++) {
            expect_exact(&medium, (fm_way){.order = 2}, sources[s]);
        }
        fm_medium_clear(&medium);
    }
}

static void in_exact_mode_mazes_are_marched_as_the_judge_does(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 4; n++) {
        fm_medium medium = flat_medium(N, N, n % 2 ? noise_100 : uneven);
        for (size_t node = 0; node < (size_t)N * N; node++) {
            if (uniform(node + 7919 * n) < 0.1 * (double)(n + 1)) {
                mask(&medium, node % N, node / N);
            }
        }
        expect_exact_from_everywhere(&medium, 5000 + 100 * n);
        fm_medium_clear(&medium);
    }
}

/* ---- whole windows ---- */

/* The mean difference, over a few sources off the nodes and one on a node. Most fields
 * are the judge's to the bit; now and then a difference flips between first and second
 * order where two times are almost equal, which is felt less the finer the grid. */
static void expect_little(const char *name, const fm_medium *medium, double bound)
{
    size_t nodes = fm_grid_nodes(&medium->grid);
    double mean = 0;
    for (uint64_t n = 0; n < 4; n++) {
        fm_point source =
            at_fraction(&medium->grid, uniform(2 * n + 31), uniform(2 * n + 32));
        if (n == 3) {
            source = node_at(medium, medium->grid.nx / 3, medium->grid.nz / 4);
        }
        fm_way way = {.order = 2};
        double *one = marched(medium, way, source);
        double *two = judged(medium, way, source);
        double difference = mean_difference(one, two, nodes);
        print_message("%s, source %.4g %.4g: %.2e of the mean time\n", name, source.x,
                      source.z, difference);
        mean += difference / 4;
        free(two);
        free(one);
    }
    if (!(mean < bound)) {
        fail_msg("%s: the mean difference from the judge is %g of the mean time", name,
                 mean);
    }
}

static fm_medium unit_square(size_t n, rule *slowness)
{
    double step = 1 / (double)(n - 1);
    return medium_of(FM_CARTESIAN, n, n, (fm_point){0, 0}, (fm_point){step, step},
                     slowness);
}

static void in_whole_windows_constant_speed_differs_by_less_than_1e_10(void **state)
{
    (void)state;
    fm_medium medium = unit_square(1001, unit_slowness);
    expect_little("constant", &medium, 1e-10);
    fm_medium_clear(&medium);
}

static double steep(fm_point at)
{
    return 1 / (1 + 2 * at.z + 0.5 * at.x);
}

static void in_whole_windows_a_linear_speed_differs_by_less_than_1e_10(void **state)
{
    (void)state;
    fm_medium medium = unit_square(1001, steep);
    expect_little("gradient", &medium, 1e-10);
    fm_medium_clear(&medium);
}

static double on_the_sphere(fm_point at)
{
    return 1 / (5 + 0.02 * at.x + 0.03 * at.z);
}

static void in_whole_windows_the_sphere_differs_by_less_than_1e_10(void **state)
{
    (void)state;
    fm_medium medium = medium_of(FM_GEOGRAPHIC, 1001, 1001, (fm_point){100, -45},
                                 (fm_point){0.06, 0.045}, on_the_sphere);
    expect_little("sphere", &medium, 1e-10);
    fm_medium_clear(&medium);
}

static double in_the_section(fm_point at)
{
    return 1 / (5 + (6371 - at.z) / 600);
}

static void in_whole_windows_the_section_differs_by_less_than_1e_10(void **state)
{
    (void)state;
    fm_medium medium = medium_of(FM_POLAR, 1001, 1001, (fm_point){0, 5371},
                                 (fm_point){0.009, 1}, in_the_section);
    expect_little("section", &medium, 1e-10);
    fm_medium_clear(&medium);
}

static double rough_unit(fm_point at)
{
    return rough((fm_point){at.x * N, at.z * N});
}

static void in_whole_windows_rough_models_differ_by_less_than_1e_8(void **state)
{
    (void)state;
    fm_medium medium = unit_square(1001, rough_unit);
    expect_little("rough", &medium, 1e-8);
    fm_medium_clear(&medium);
}

static void in_whole_windows_white_noise_differs_by_less_than_1e_4(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(201, 201, noise_100);
    expect_little("white noise 1:100", &medium, 1e-4);
    fm_medium_clear(&medium);
}

static void
in_whole_windows_steps_of_one_to_twenty_differ_by_less_than_1e_10(void **state)
{
    (void)state;
    const fm_point steps[] = {{1, 20}, {20, 1}};
    for (size_t n = 0; n < 2; n++) {
        fm_medium medium = medium_of(FM_CARTESIAN, 201, 201, (fm_point){0, 0}, steps[n],
                                     unit_slowness);
        expect_little(n ? "steps 20:1" : "steps 1:20", &medium, 1e-10);
        fm_medium_clear(&medium);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_exact_mode_the_plane_is_marched_as_the_judge_does),
        cmocka_unit_test(
            in_exact_mode_sphere_and_section_are_marched_as_the_judge_does),
        cmocka_unit_test(in_exact_mode_steps_of_one_to_twenty_are_as_the_judges),
        cmocka_unit_test(in_exact_mode_interfaces_are_crossed_as_the_judge_does),
        cmocka_unit_test(in_exact_mode_mazes_are_marched_as_the_judge_does),
        cmocka_unit_test(in_whole_windows_constant_speed_differs_by_less_than_1e_10),
        cmocka_unit_test(in_whole_windows_a_linear_speed_differs_by_less_than_1e_10),
        cmocka_unit_test(in_whole_windows_the_sphere_differs_by_less_than_1e_10),
        cmocka_unit_test(in_whole_windows_the_section_differs_by_less_than_1e_10),
        cmocka_unit_test(in_whole_windows_rough_models_differ_by_less_than_1e_8),
        cmocka_unit_test(in_whole_windows_white_noise_differs_by_less_than_1e_4),
        cmocka_unit_test(
            in_whole_windows_steps_of_one_to_twenty_differ_by_less_than_1e_10),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
