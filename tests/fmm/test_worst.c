/* The worst cases: contrasts, lone nodes, mazes, thin and lopsided grids, sources in
 * corners and along far edges. The times are right and the queue stays small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

enum { N = 121 };

/* The ring of buckets at its longest, and beyond it at most 8 bytes a node. */
static double bytes_allowed(size_t nodes)
{
    return 17.0 * FM_BUCKETS_MAX + 8192 + 8 * (double)nodes;
}

/* Against the judge: bit for bit in exact mode, and by `bound` of the mean time in
 * whole windows. Returns the field in whole windows. */
static double *expect_right(const char *name, const fm_medium *medium, fm_point source,
                            double bound)
{
    size_t nodes = fm_grid_nodes(&medium->grid);
    fm_way way = {.order = 2}, exact = {.order = 2, .exact = true};
    double *expected = judged(medium, way, source);
    double *in_order = marched(medium, exact, source);
    assert_same_fields(in_order, expected, nodes);
    free(in_order);
    fm_march march = begun(medium, way, source);
    assert_int_equal(fm_march_run(&march, false, NULL), FM_OK);
    assert_true(fm_queue_bytes(&march.front.queue) <= bytes_allowed(nodes));
    assert_true(march.accepted <= nodes && fm_queue_is_empty(&march.front.queue));
    fm_march_clear(&march);
    double *field = marched(medium, way, source);
    double difference = mean_difference(field, expected, nodes);
    print_message("%-24s %8.4g %8.4g  %.2e\n", name, source.x, source.z, difference);
    if (!(difference <= bound)) {
        fail_msg("%s, source %g %g: %g of the mean time from the judge", name, source.x,
                 source.z, difference);
    }
    free(expected);
    return field;
}

static void expect_right_from_everywhere(const char *name, const fm_medium *medium,
                                         double bound)
{
    const fm_grid *grid = &medium->grid;
    double west = grid->x0, east = fm_grid_x_max(grid);
    double low = grid->z[0], high = grid->z[grid->nz - 1];
    const fm_point sources[] = {
        {west, low},
        {east, high},
        {east, low + 0.377 * (high - low)},
        {west + 0.61 * (east - west), high},
        {west + 0.3003 * (east - west), low + 0.4507 * (high - low)}};
    for (size_t n = 0; n < sizeof sources / sizeof *sources; n++) {
        fm_source fitted;
        if (fm_source_fit(medium, sources[n], &fitted, NULL) == FM_OK) {
            free(expect_right(name, medium, sources[n], bound));
        }
    }
}

/* ---- contrasts ---- */

static double fast_west(fm_point at)
{
    return at.x < N / 2 ? 0.001 : 1;
}

static double fast_east(fm_point at)
{
    return at.x < N / 2 ? 1 : 0.001;
}

/* The rounding of a window: where a wave in slow rock comes to rock a thousand times
 * faster, what is accepted with it comes before the faster wave that should overtake
 * it. Measured 1.2e-3; in exact mode 0. */
static const double beside_faster_rock = 2e-3;

/* From the fast half nothing is gained on a straight way within it; from there into the
 * slow half, far behind the front, waves go in straight from the boundary. */
static void halves_of_1_to_1000_are_solved(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(N, N, fast_west);
    fm_point source = {10.3, 50.7};
    double *field = expect_right("fast half, from it", &medium, source, 1e-8);
    for (size_t node = 0; node < (size_t)N * N; node++) {
        fm_point at = node_at(&medium, node % N, node / N);
        double r = fm_distance(&medium.grid, source, at);
        if (at.x < N / 2 - 1) {
            /* A source off the nodes costs some 1e-5. */
            assert_near(field[node], 0.001 * r, 1e-4 * 0.001 * r);
        } else if (at.x >= N / 2) {
            /* Slownesses are known at nodes: the boundary is a step wide. */
            assert_near(field[node], at.x - (N / 2 - 0.5) + 0.001 * r, 0.7);
        }
    }
    free(field);
    expect_right_from_everywhere("halves, fast west", &medium, beside_faster_rock);
    fm_medium_clear(&medium);
    medium = flat_medium(N, N, fast_east);
    expect_right_from_everywhere("halves, fast east", &medium, beside_faster_rock);
    fm_medium_clear(&medium);
}

static double noise(fm_point at)
{
    return pow(1000, uniform((uint64_t)(at.x * 1048573 + at.z)));
}

/* A node that is accepted before instead of after another may decide between a
 * difference of first and of second order, and here that is felt far behind it.
 * Measured 7.7e-3; in exact mode 0. */
static void noise_of_1_to_1000_is_solved(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(N, N, noise);
    expect_right_from_everywhere("noise 1:1000", &medium, 1e-2);
    fm_medium_clear(&medium);
}

static void a_lone_slow_node_slows_nothing_but_itself(void **state)
{
    (void)state;
    const double slow[] = {1e3, 1e9};
    for (size_t n = 0; n < 2; n++) {
        fm_medium medium = flat_medium(N, N, unit_slowness);
        *slowness_at(&medium, 70, 60) = slow[n];
        fm_point source = {20.3, 30.6};
        double *field = expect_right("lone slow node", &medium, source, 1e-8);
        for (size_t node = 0; node < (size_t)N * N; node++) {
            double r =
                fm_distance(&medium.grid, source, node_at(&medium, node % N, node / N));
            if (node != 60 * N + 70) {
                /* Around the node the way is longer by less than a step; differences
                 * across the kink behind it may err by a fraction of one. */
                assert_true(field[node] > r - 0.1 && field[node] < r + 1);
            }
        }
        assert_true(field[60 * N + 70] > 0.4 * slow[n]);
        assert_true(field[60 * N + 70] < 60 + 1.5 * slow[n]);
        free(field);
        expect_right_from_everywhere("lone slow node", &medium, 1e-8);
        fm_medium_clear(&medium);
    }
}

static void a_lone_fast_node_speeds_up_no_more_than_its_cells(void **state)
{
    (void)state;
    const double fast[] = {1e-3, 1e-9};
    for (size_t n = 0; n < 2; n++) {
        fm_medium medium = flat_medium(N, N, unit_slowness);
        *slowness_at(&medium, 70, 60) = fast[n];
        fm_point source = {20.3, 30.6};
        double *field = expect_right("lone fast node", &medium, source, 1e-8);
        for (size_t node = 0; node < (size_t)N * N; node++) {
            double r =
                fm_distance(&medium.grid, source, node_at(&medium, node % N, node / N));
            /* Two steps are the most that its four cells can save. */
            assert_true(field[node] < r + 0.1 && field[node] > r - 2);
        }
        free(field);
        expect_right_from_everywhere("lone fast node", &medium, 1e-8);
        fm_medium_clear(&medium);
    }
}

/* ---- mazes ---- */

/* Walls on every fourth column with a door at one end, now low, now high: the way
 * through has a known length. */
/* Behind corners nodes that do not depend on each other have nearly equal times, and
 * which of them is the earlier decides the order of differences; measured 2.4e-4. */
static const double around_corners = 5e-4;

static void a_winding_passage_is_followed_to_its_end(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(N, N, unit_slowness);
    size_t walls = 0;
    for (size_t i = 3; i < N; i += 4, walls++) {
        for (size_t k = 0; k < N; k++) {
            bool door = walls % 2 ? k < 3 : k + 3 >= N;
            if (!door) {
                mask(&medium, i, k);
            }
        }
    }
    double *field =
        expect_right("winding passage", &medium, (fm_point){0, 0}, around_corners);
    double end = field[walls % 2 ? N * N - 1 : N - 1];
    /* Each passage at least from door to door, at most along its middle and round two
     * corners. */
    double passages = (double)walls;
    assert_true(end > passages * (N - 6) && end < passages * (N + 4));
    free(field);
    expect_right_from_everywhere("winding passage", &medium, around_corners);
    fm_medium_clear(&medium);
}

static void a_maze_of_masked_nodes_is_solved(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(N, N, unit_slowness);
    for (size_t node = 0; node < (size_t)N * N; node++) {
        if (uniform(node) < 0.25) {
            mask(&medium, node % N, node / N);
        }
    }
    expect_right_from_everywhere("random maze", &medium, around_corners);
    fm_medium_clear(&medium);
}

/* ---- thin and lopsided grids ---- */

static double wavy(fm_point at)
{
    return 1 + 0.5 * sin(at.x / 7) * cos(at.z / 5 + 1);
}

/* From a node a constant is exact in exact mode; off the nodes the remedy of the lines
 * beside the source ends at a fifth of the longer side, or 8 nodes, and each step from
 * there on leaves out half the square of (offset / distance): in all 1 / (2 reach). */
static void expect_constant(const char *name, const fm_medium *medium, fm_point source,
                            double bound)
{
    const fm_grid *grid = &medium->grid;
    double *field = expect_right(name, medium, source, bound);
    double longer = (double)(grid->nx > grid->nz ? grid->nx : grid->nz);
    bool on_node = fmod(source.x, 1) == 0 && fmod(source.z, 1) == 0;
    double off = on_node ? 0 : 0.5 / fmax(8, fmin(longer / 5, 64));
    for (size_t node = 0; node < fm_grid_nodes(grid); node++) {
        double r = fm_distance(grid, source,
                               node_at(medium, node % grid->nx, node / grid->nx));
        assert_near(field[node], r, off + 1e-5 * r);
    }
    free(field);
}

static void grids_two_nodes_wide_are_solved(void **state)
{
    (void)state;
    const size_t sides[][2] = {{2, 2}, {2, 200}, {200, 2}, {2, 3}, {3, 2}};
    for (size_t n = 0; n < sizeof sides / sizeof *sides; n++) {
        size_t nx = sides[n][0], nz = sides[n][1];
        fm_medium constant = flat_medium(nx, nz, unit_slowness);
        fm_point corner = {(double)(nx - 1), (double)(nz - 1)};
        expect_constant("2 wide, constant", &constant, (fm_point){0, 0}, 1e-10);
        expect_constant("2 wide, constant", &constant, corner, 1e-10);
        expect_constant("2 wide, constant", &constant,
                        (fm_point){0.37 * corner.x, 0.73 * corner.z}, 1e-10);
        fm_medium_clear(&constant);
        fm_medium medium = flat_medium(nx, nz, wavy);
        expect_right_from_everywhere("2 wide, wavy", &medium, 1e-8);
        fm_medium_clear(&medium);
    }
}

/* 300 wavelengths of +-50 %: rays from several sides meet everywhere. Measured 1.1e-6.
 */
static const double several_arrivals = 5e-6;

static void a_long_grid_is_solved(void **state)
{
    (void)state;
    const size_t sides[][2] = {{2000, 20}, {20, 2000}};
    for (size_t n = 0; n < 2; n++) {
        fm_medium medium = flat_medium(sides[n][0], sides[n][1], unit_slowness);
        fm_point far = {(double)sides[n][0] - 1, (double)sides[n][1] - 1};
        expect_constant("long, constant", &medium, (fm_point){0, 0}, 1e-8);
        expect_constant("long, constant", &medium, far, 1e-8);
        fm_medium_clear(&medium);
        medium = flat_medium(sides[n][0], sides[n][1], wavy);
        expect_right_from_everywhere("long, wavy", &medium, several_arrivals);
        fm_medium_clear(&medium);
    }
}

static void steps_of_one_to_twenty_are_solved(void **state)
{
    (void)state;
    const fm_point steps[] = {{1, 20}, {20, 1}};
    for (size_t n = 0; n < 2; n++) {
        fm_medium medium =
            medium_of(FM_CARTESIAN, N, N, (fm_point){0, 0}, steps[n], unit_slowness);
        expect_constant("1:20, constant", &medium, (fm_point){0, 0}, 1e-8);
        expect_constant("1:20, constant", &medium, node_at(&medium, 50, N - 1), 1e-8);
        fm_medium_clear(&medium);
        medium = medium_of(FM_CARTESIAN, N, N, (fm_point){0, 0}, steps[n], wavy);
        expect_right_from_everywhere("1:20, wavy", &medium, 1e-8);
        fm_medium_clear(&medium);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halves_of_1_to_1000_are_solved),
        cmocka_unit_test(noise_of_1_to_1000_is_solved),
        cmocka_unit_test(a_lone_slow_node_slows_nothing_but_itself),
        cmocka_unit_test(a_lone_fast_node_speeds_up_no_more_than_its_cells),
        cmocka_unit_test(a_winding_passage_is_followed_to_its_end),
        cmocka_unit_test(a_maze_of_masked_nodes_is_solved),
        cmocka_unit_test(grids_two_nodes_wide_are_solved),
        cmocka_unit_test(a_long_grid_is_solved),
        cmocka_unit_test(steps_of_one_to_twenty_are_solved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
