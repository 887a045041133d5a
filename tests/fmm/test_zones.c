/* Marches that end before the grid does: what they leave is what a whole march has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

enum { N = 81, RECEIVERS = 5 };

static double noise(fm_point at)
{
    return pow(100, uniform((uint64_t)(at.x * 1048573 + at.z)));
}

static fm_point somewhere(const fm_grid *grid, uint64_t seed)
{
    double width = fm_grid_x_max(grid) - grid->x0;
    double height = grid->z[grid->nz - 1] - grid->z[0];
    return (fm_point){grid->x0 + 0.3 * width * (1 + uniform(2 * seed)),
                      grid->z[0] + 0.3 * height * (1 + uniform(2 * seed + 1))};
}

static void expect_same_times(const fm_medium *medium, const fm_model *model,
                              fm_solver_options options, uint64_t seed)
{
    fm_point source = somewhere(&medium->grid, seed), receivers[RECEIVERS];
    for (uint64_t n = 0; n < RECEIVERS; n++) {
        receivers[n] = somewhere(&medium->grid, seed + 100 + n);
    }
    options.stop_early = false;
    fm_solver *whole = solver_of(medium, model, &options);
    options.stop_early = true;
    fm_solver *early = solver_of(medium, model, &options);
    assert_int_equal(fm_solver_march(whole, source, receivers, RECEIVERS, NULL), FM_OK);
    assert_int_equal(fm_solver_march(early, source, receivers, RECEIVERS, NULL), FM_OK);
    assert_int_equal(fm_solver_accepted(whole), fm_grid_nodes(&medium->grid));
    assert_true(fm_solver_accepted(early) < fm_solver_accepted(whole));
    for (size_t n = 0; n < RECEIVERS; n++) {
        double one = time_at(whole, receivers[n]), two = time_at(early, receivers[n]);
        assert_memory_equal(&one, &two, sizeof one);
    }
    fm_solver_destroy(early);
    fm_solver_destroy(whole);
}

static void a_march_that_stops_early_has_the_bits_of_the_whole_one(void **state)
{
    (void)state;
    rule *rules[] = {unit_slowness, gradient_slowness, noise};
    for (uint64_t n = 0; n < 48; n++) {
        fm_medium medium = flat_medium(N, N, rules[n % 3]);
        fm_solver_options options = {
            .order = n % 4 == 1 ? 1 : 2, .exact = n % 2 == 1, .unfactored = n % 5 == 4};
        expect_same_times(&medium, NULL, options, 10 * n);
        fm_medium_clear(&medium);
    }
}

static void with_zones_too(void **state)
{
    (void)state;
    fm_model model = two_layers(40, 40, 17, 3, 6);
    fm_medium medium = model_medium(&model, 0.25);
    for (uint64_t n = 0; n < 8; n++) {
        fm_solver_options options = {.order = 2, .refine = 2, .exact = n % 2 == 1};
        expect_same_times(&medium, &model, options, 1000 + 10 * n);
    }
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

/* Accepted nodes, the latest of them, and the first on an open edge. */
typedef struct extent {
    size_t accepted;
    double latest, edge;
} extent;

static bool on_open_edge(const fm_march *march, size_t i, size_t k)
{
    return (march->open.west && i == 0) || (march->open.east && i == N - 1) ||
           (march->open.low && k == 0) || (march->open.high && k == N - 1);
}

static extent extent_of(const fm_march *march)
{
    extent found = {0, 0, INFINITY};
    for (size_t k = 0; k < N; k++) {
        for (size_t i = 0; i < N; i++) {
            double time = fm_march_time(march, i, k);
            if (time < INFINITY) {
                found.accepted++;
                found.latest = fmax(found.latest, time);
                found.edge =
                    on_open_edge(march, i, k) ? fmin(found.edge, time) : found.edge;
            }
        }
    }
    return found;
}

/* The window in which the wave comes to the edge holds later nodes as well; had there
 * been more medium, a wave from there might have been earlier at them. */
static void a_zone_forgets_what_came_after_its_edge(void **state)
{
    (void)state;
    rule *rules[] = {unit_slowness, gradient_slowness, noise};
    for (unsigned n = 0; n < 96; n++) {
        fm_medium medium = flat_medium(N, N, rules[n % 3]);
        fm_point source = somewhere(&medium.grid, n);
        unsigned edges = n / 3 % 15 + 1;
        fm_march zone =
            begun(&medium, (fm_way){.order = 2, .exact = n % 2 == 1}, source);
        zone.open.west = edges & 1;
        zone.open.east = edges & 2;
        zone.open.low = edges & 4;
        zone.open.high = edges & 8;
        assert_int_equal(fm_march_run(&zone, false, NULL), FM_OK);
        extent found = extent_of(&zone);
        assert_true(found.edge < INFINITY);
        assert_true(found.latest <= found.edge);
        assert_int_equal(found.accepted, zone.accepted);
        assert_true(found.accepted < (size_t)N * N);
        double *whole =
            marched(&medium, (fm_way){.order = 2, .exact = n % 2 == 1}, source);
        for (size_t node = 0; node < (size_t)N * N; node++) {
            double time = fm_march_time(&zone, node % N, node / N);
            /* All that is earlier than the edge is there, with the same bits. */
            assert_true(time < INFINITY ? time == whole[node]
                                        : whole[node] >= found.edge);
        }
        free(whole);
        fm_march_clear(&zone);
        fm_medium_clear(&medium);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_march_that_stops_early_has_the_bits_of_the_whole_one),
        cmocka_unit_test(with_zones_too),
        cmocka_unit_test(a_zone_forgets_what_came_after_its_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
