/* What needs no closed form: mirrors, scales, exchange of the axes, reciprocity,
 * monotony in the slowness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "fixture.h"

static const size_t N = 65;

static double smooth(fm_point at)
{
    return 1 + 0.3 * sin(at.x / 7) * cos(at.z / 9) + 0.1 * cos(at.x / 3);
}

static double rough(fm_point at)
{
    return 0.5 + uniform((uint64_t)(8 * at.x) * 7919 + (uint64_t)(8 * at.z));
}

static rule *const rules[] = {gradient_slowness, smooth, rough};
enum { RULES = sizeof rules / sizeof *rules };

/* On a node, on a row, on a column, in a cell: coordinates that mirror exactly. */
static const fm_point sources[] = {{16, 24}, {16.25, 24}, {16, 24.375}, {16.25, 24.375},
                                   {0, 64},  {0.5, 0.5},  {63.75, 12.5}};
enum { SOURCES = sizeof sources / sizeof *sources };

static void mirror_rows(double *field, size_t rows)
{
    for (size_t k = 0; k < rows; k++) {
        for (size_t i = 0; i < N / 2; i++) {
            double swap = field[k * N + i];
            field[k * N + i] = field[k * N + N - 1 - i];
            field[k * N + N - 1 - i] = swap;
        }
    }
}

static void expect_mirrored(fm_medium *medium, fm_medium *mirrored, int order)
{
    for (size_t n = 0; n < SOURCES; n++) {
        fm_point image = {(double)(N - 1) - sources[n].x, sources[n].z};
        double *one = solved(medium, order, sources[n]);
        double *two = solved(mirrored, order, image);
        mirror_rows(two, N);
        assert_same_fields(one, two, N * N);
        free(two);
        free(one);
    }
}

static void a_mirrored_medium_gives_mirrored_times_to_the_bit(void **state)
{
    (void)state;
    for (size_t m = 0; m < RULES; m++) {
        fm_medium medium = flat_medium(N, N, rules[m]);
        fm_medium mirrored = flat_medium(N, N, rules[m]);
        mirror_rows(mirrored.slowness, N);
        expect_mirrored(&medium, &mirrored, 1);
        expect_mirrored(&medium, &mirrored, 2);
        fm_medium_clear(&mirrored);
        fm_medium_clear(&medium);
    }
}

static void a_mirrored_interface_gives_mirrored_times_to_the_bit(void **state)
{
    (void)state;
    const size_t rows[] = {24, 30};
    for (size_t r = 0; r < 2; r++) {
        fm_medium medium = layered_medium(N, N, rows[r], smooth, gradient_slowness);
        fm_medium mirrored = layered_medium(N, N, rows[r], smooth, gradient_slowness);
        mirror_rows(mirrored.slowness, N);
        mirror_rows(mirrored.slowness_beyond, 1);
        expect_mirrored(&medium, &mirrored, 2);
        fm_medium_clear(&mirrored);
        fm_medium_clear(&medium);
    }
}

static void a_quarter_of_the_speed_is_four_times_the_time_to_the_bit(void **state)
{
    (void)state;
    for (size_t m = 0; m < RULES; m++) {
        fm_medium medium = layered_medium(N, N, 30, rules[m], unit_slowness);
        for (size_t n = 0; n < SOURCES; n++) {
            double *once = solved(&medium, 2, sources[n]);
            for (size_t node = 0; node < N * N; node++) {
                medium.slowness[node] *= 4;
                once[node] *= 4;
            }
            for (size_t i = 0; i < N; i++) {
                medium.slowness_beyond[i] *= 4;
            }
            double *scaled = solved(&medium, 2, sources[n]);
            assert_same_fields(scaled, once, N * N);
            free(scaled);
            free(once);
        }
        fm_medium_clear(&medium);
    }
}

static void exchanged_axes_exchange_the_times(void **state)
{
    (void)state;
    for (size_t m = 0; m < RULES; m++) {
        fm_medium medium = flat_medium(N, N, rules[m]);
        fm_medium exchanged = flat_medium(N, N, rules[m]);
        for (size_t node = 0; node < N * N; node++) {
            exchanged.slowness[node] = *slowness_at(&medium, node / N, node % N);
        }
        for (size_t n = 0; n < SOURCES; n++) {
            double *one = solved(&medium, 2, sources[n]);
            double *two = solved(&exchanged, 2, (fm_point){sources[n].z, sources[n].x});
            for (size_t node = 0; node < N * N; node++) {
                double time = one[node % N * N + node / N];
                assert_near(two[node], time, 1e-12 * time);
            }
            free(two);
            free(one);
        }
        fm_medium_clear(&exchanged);
        fm_medium_clear(&medium);
    }
}

/* Largest difference, relative, of the times there and back. */
static double worst_reciprocity(rule *slowness, bool on_nodes)
{
    fm_medium medium = flat_medium(N, N, slowness);
    fm_solver *there = plain_solver(&medium), *back = plain_solver(&medium);
    double worst = 0;
    for (uint64_t n = 0; n < 40; n++) {
        fm_point a = {64 * uniform(4 * n), 64 * uniform(4 * n + 1)};
        fm_point b = {64 * uniform(4 * n + 2), 64 * uniform(4 * n + 3)};
        if (on_nodes) {
            a = (fm_point){round(a.x), round(a.z)};
            b = (fm_point){round(b.x), round(b.z)};
        }
        march_from(there, a);
        march_from(back, b);
        double one = time_at(there, b), two = time_at(back, a);
        worst = fmax(worst, fabs(one - two) / one);
    }
    fm_solver_destroy(back);
    fm_solver_destroy(there);
    fm_medium_clear(&medium);
    return worst;
}

/* Bounds: half as much again as measured. */
static void there_and_back_take_the_same_time(void **state)
{
    (void)state;
    const double bounds[RULES][2] = {{1.4e-3, 1.2e-3}, {4e-3, 4e-3}, {5e-2, 4e-2}};
    for (size_t m = 0; m < RULES; m++) {
        for (size_t on_nodes = 0; on_nodes < 2; on_nodes++) {
            double worst = worst_reciprocity(rules[m], on_nodes == 1);
            if (!(worst < bounds[m][on_nodes])) {
                fail_msg("medium %zu: %g", m, worst);
            }
        }
    }
}

/* Blocks are slowed down away from the source and its lines, where the closed form for
 * the fitted linear speed is used. `noise`: how much earlier, relatively, a time may
 * get. */
static void expect_no_earlier_times(int order, rule *slowness, double noise)
{
    fm_medium medium = flat_medium(N, N, slowness);
    fm_point source = {20.3, 30.6};
    double *before = solved(&medium, order, source);
    double worst = 0;
    for (uint64_t block = 0; block < 30; block++) {
        size_t i0 = (size_t)(60 * uniform(3 * block));
        size_t k0 = (size_t)(60 * uniform(3 * block + 1));
        double slower = 1 + uniform(3 * block + 2);
        for (size_t node = 0; node < 25; node++) {
            size_t i = i0 + node % 5, k = k0 + node / 5;
            if (fabs((double)i - source.x) > 3 && fabs((double)k - source.z) > 3) {
                *slowness_at(&medium, i, k) *= slower;
            }
        }
        double *after = solved(&medium, order, source);
        for (size_t node = 0; node < N * N; node++) {
            worst = fmax(worst, 1 - after[node] / fmax(before[node], 1e-9));
        }
        free(before);
        before = after;
    }
    if (!(worst <= noise)) {
        fail_msg("order %d: %g earlier", order, worst);
    }
    free(before);
    fm_medium_clear(&medium);
}

static void more_slowness_never_makes_a_time_earlier(void **state)
{
    (void)state;
    for (size_t m = 0; m < RULES; m++) {
        expect_no_earlier_times(1, rules[m], 1e-14);
        expect_no_earlier_times(2, rules[m], 1e-2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mirrored_medium_gives_mirrored_times_to_the_bit),
        cmocka_unit_test(a_mirrored_interface_gives_mirrored_times_to_the_bit),
        cmocka_unit_test(a_quarter_of_the_speed_is_four_times_the_time_to_the_bit),
        cmocka_unit_test(exchanged_axes_exchange_the_times),
        cmocka_unit_test(there_and_back_take_the_same_time),
        cmocka_unit_test(more_slowness_never_makes_a_time_earlier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
