/* Rays where nothing is known but that each must end at its source: 10,000 of them
 * through smooth media and as many through rough ones, with contrasts and masks, from
 * and to edges, corners, nodes and one and the same cell; along interfaces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "tracing.h"

/* The same number in [0, 1) for the same node, block and medium. */
static double random_at(size_t i, size_t k, uint64_t medium)
{
    return uniform(medium * 1000003 + i * 7919 + k * 104729);
}

/* ---- media ---- */

typedef double field(size_t i, size_t k, uint64_t medium); /* slowness */

static double gradient(size_t i, size_t k, uint64_t medium)
{
    return 1 / (2 + (double)i / 80 + (double)(k + medium) / 40);
}

static void spline_weights(double f, double w[4])
{
    w[0] = (1 - f) * (1 - f) * (1 - f) / 6;
    w[1] = (3 * f * f * f - 6 * f * f + 4) / 6;
    w[2] = (-3 * f * f * f + 3 * f * f + 3 * f + 1) / 6;
    w[3] = f * f * f / 6;
}

/* A B-spline with random coefficients `step` nodes apart. */
static double spline(size_t i, size_t k, uint64_t medium, size_t step, double amplitude)
{
    double x[4], z[4], sum = 0;
    spline_weights((double)(i % step) / (double)step, x);
    spline_weights((double)(k % step) / (double)step, z);
    for (size_t b = 0; b < 4; b++) {
        for (size_t a = 0; a < 4; a++) {
            double value = 2 * random_at(i / step + a, k / step + b, medium) - 1;
            sum += x[a] * z[b] * value;
        }
    }
    return 1 / (1 + amplitude * sum);
}

static double smooth(size_t i, size_t k, uint64_t medium)
{
    return spline(i, k, medium, 8, 0.5);
}

static double wavy(size_t i, size_t k, uint64_t medium)
{
    return spline(i, k, medium, 3, 0.8);
}

static double rough(size_t i, size_t k, uint64_t medium)
{
    return 1 / (0.5 + random_at(i, k, medium));
}

static double blocks_3(size_t i, size_t k, uint64_t medium)
{
    return random_at(i / 7, k / 7, medium) < 0.5 ? 1 : 1.0 / 3;
}

static double blocks_10(size_t i, size_t k, uint64_t medium)
{
    return random_at(i / 7, k / 7, medium) < 0.5 ? 1 : 0.1;
}

static double holes(size_t i, size_t k, uint64_t medium)
{
    return random_at(i / 6, k / 6, medium) < 0.2 ? INFINITY : smooth(i, k, medium);
}

static double maze(size_t i, size_t k, uint64_t medium)
{
    return random_at(i, k, medium) < 0.25 ? INFINITY : 1;
}

static double noise_1000(size_t i, size_t k, uint64_t medium)
{
    return pow(1000, -random_at(i, k, medium));
}

/* In turn on all three kinds of grid. */
static fm_medium medium_with(field *slowness, uint64_t number)
{
    static const fm_geometry geometries[] = {FM_CARTESIAN, FM_GEOGRAPHIC, FM_POLAR};
    static const fm_point first[] = {{0, 0}, {10, 30}, {10, 3500}};
    static const fm_point step[] = {{1, 1}, {0.5, 0.5}, {0.5, 45}};
    size_t n = 41 + 4 * (number % 5), kind = number % 3;
    fm_medium medium =
        medium_of(geometries[kind], n, n + 2, first[kind], step[kind], unit_slowness);
    for (size_t k = 0; k < n + 2; k++) {
        for (size_t i = 0; i < n; i++) {
            *slowness_at(&medium, i, k) = slowness(i, k, number);
        }
    }
    return medium;
}

/* On an edge, in a corner, on a node or a column, or anywhere. */
static fm_point somewhere(const fm_medium *medium, uint64_t n)
{
    const fm_grid *grid = &medium->grid;
    size_t kind = (size_t)(8 * uniform(3 * n));
    size_t i = (size_t)((double)grid->nx * uniform(3 * n + 1));
    size_t k = (size_t)((double)grid->nz * uniform(3 * n + 2));
    size_t last_i = uniform(5 * n) < 0.5 ? 0 : grid->nx - 1;
    size_t last_k = uniform(5 * n + 1) < 0.5 ? 0 : grid->nz - 1;
    fm_point any = random_in(grid, n), node = node_at(medium, i, k);
    fm_point end = node_at(medium, last_i, last_k);
    switch (kind) {
    case 0:
        return (fm_point){end.x, any.z};
    case 1:
        return (fm_point){any.x, end.z};
    case 2:
        return end;
    case 3:
        return node;
    case 4:
        return (fm_point){node.x, any.z};
    default:
        return any;
    }
}

/* ---- what is asked of every ray ---- */

typedef struct tally {
    size_t rays, reached, along_edge, fallback, unreachable;
    double sum, worst, best; /* (ray's time - T) / T */
} tally;

static void check_inside(const fm_grid *grid, const fm_ray *ray)
{
    for (size_t n = 0; n < ray->n; n++) {
        fm_place place;
        assert_true(fm_grid_locate(grid, ray->point[n], &place));
    }
}

static void check_without_loop(const fm_ray *ray)
{
    for (size_t n = 0; n < ray->n; n++) {
        for (size_t m = n > 40 ? n - 40 : 0; m < n; m++) {
            assert_false(same_point(ray->point[n], ray->point[m]));
        }
    }
    assert_true(ray->n < 5000);
}

/* No piece goes through a cell that is masked all around. */
static void check_open(const fm_medium *medium, const fm_ray *ray)
{
    for (size_t n = 0; n < ray->nnodes; n++) {
        size_t node = ray->node[n].row * medium->grid.nx + (size_t)ray->node[n].column;
        assert_true(isfinite(medium->slowness[node]));
    }
}

static void judge(tracing *stage, fm_point source, fm_point receiver, tally *count)
{
    fm_ray ray = ray_from(stage, receiver);
    double time = time_at(stage->solver, receiver);
    count->rays++;
    assert_true((ray.status == FM_RAY_UNREACHABLE) == isnan(time));
    if (isnan(time)) {
        count->unreachable++;
        return;
    }
    assert_true(arrived(&ray));
    assert_true(same_point(ray.point[0], receiver));
    assert_true(same_point(ray.point[ray.n - 1], source));
    check_inside(&stage->medium.grid, &ray);
    check_without_loop(&ray);
    check_open(&stage->medium, &ray);
    count->reached += ray.status == FM_RAY_REACHED;
    count->along_edge += ray.status == FM_RAY_ALONG_EDGE;
    count->fallback += ray.status == FM_RAY_FALLBACK;
    if (time > 0) {
        double error = (ray.time_s - time) / time;
        count->sum += fabs(error);
        count->worst = error <= count->worst ? count->worst : error;
        count->best = error >= count->best ? count->best : error;
    }
}

/* 10 media, 4 sources each, 50 receivers each; the first lies in the source's cell or
 * beside it. */
static tally judge_all(field *slowness, uint64_t first)
{
    tally count = {0};
    for (uint64_t m = first; m < first + 10; m++) {
        tracing stage = {.medium = medium_with(slowness, m)};
        open_tracing(&stage);
        for (uint64_t s = 0; s < 4; s++) {
            fm_place place;
            fm_point source = somewhere(&stage.medium, 1000 * m + 100 * s);
            assert_true(fm_grid_locate(&stage.medium.grid, source, &place));
            if (fm_solver_march(stage.solver, source, NULL, 0, NULL) != FM_OK) {
                continue; /* masked */
            }
            fm_tracer_begin(stage.tracer);
            fm_point beside = {fmin(source.x + 0.3 * stage.medium.grid.dx * uniform(m),
                                    fm_grid_x_max(&stage.medium.grid)),
                               source.z};
            judge(&stage, source, beside, &count);
            for (uint64_t r = 1; r < 50; r++) {
                fm_point receiver = somewhere(&stage.medium, 1000 * m + 100 * s + r);
                judge(&stage, source, receiver, &count);
            }
        }
        close_tracing(&stage);
    }
    return count;
}

/* The mean is of the absolute value. */
static void expect(const char *what, const tally *count, double mean, double worst,
                   double best, size_t fallbacks)
{
    double is = count->sum / (double)(count->rays - count->unreachable);
    if (!(is < mean && count->worst < worst && count->best > best &&
          count->fallback <= fallbacks) ||
        getenv("SHOW")) {
        print_error("%s: %zu rays, %zu reached, %zu along an edge, %zu fallbacks, %zu "
                    "unreachable; mean %.2g, worst %.3g, best %.3g\n",
                    what, count->rays, count->reached, count->along_edge,
                    count->fallback, count->unreachable, is, count->worst, count->best);
        if (!getenv("SHOW"))
            fail();
    }
}

typedef struct medium_case {
    const char *name;
    field *slowness;
    double mean, worst, best;
    size_t fallbacks;
} medium_case;

static void judge_cases(const medium_case *cases, size_t n)
{
    for (size_t c = 0; c < n; c++) {
        tally count = judge_all(cases[c].slowness, 10 * c);
        expect(cases[c].name, &count, cases[c].mean, cases[c].worst, cases[c].best,
               cases[c].fallbacks);
    }
}

static void through_smooth_media_none_falls_back(void **state)
{
    (void)state;
    static const medium_case cases[] = {{"gradient", gradient, 1, 1, -1, 0},
                                        {"smooth", smooth, 1, 1, -1, 0},
                                        {"gradient", gradient, 1, 1, -1, 0},
                                        {"smooth", smooth, 1, 1, -1, 0},
                                        {"smooth", smooth, 1, 1, -1, 0}};
    judge_cases(cases, sizeof cases / sizeof *cases);
}

static void through_rough_media_every_ray_ends_at_its_source(void **state)
{
    (void)state;
    static const medium_case cases[] = {{"spline +-50 %", wavy, 1, 1, -1, 0},
                                        {"every node +-50 %", rough, 1, 1, -1, 0},
                                        {"blocks 1:3", blocks_3, 1, 1, -1, 0},
                                        {"blocks 1:10", blocks_10, 1, 1, -1, 0},
                                        {"holes", holes, 1, 1, -1, 0},
                                        {"maze", maze, 1, 1, -1, 0},
                                        {"noise 1:1000", noise_1000, 1, 1, -1, 0}};
    judge_cases(cases, sizeof cases / sizeof *cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(through_smooth_media_none_falls_back),
        cmocka_unit_test(through_rough_media_every_ray_ends_at_its_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
