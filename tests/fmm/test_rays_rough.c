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
            if (same_point(ray->point[n], ray->point[m])) {
                fail_msg("point %zu of %zu is point %zu: %.17g %.17g, status %d", n,
                         ray->n, m, ray->point[n].x, ray->point[n].z, (int)ray->status);
            }
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

/* Measured, and a third more. The ray's time is the integral of bilinear slowness, T is
 * the march's, of first order where the medium is rough: of the two the ray's may be
 * the earlier. Many of the worst cases are short, where T has seen one
 * cell and the ray another (docs/method.md, "Rays"). */
typedef struct medium_case {
    const char *name;
    field *slowness;
    double mean, worst, best; /* of (ray's time - T) / T; the mean of its absolute
                                 value */
    size_t fallbacks;
} medium_case;

static void expect(const char *what, const tally *count, const medium_case *limits)
{
    double mean = count->sum / (double)(count->rays - count->unreachable);
    if (!(mean < limits->mean && count->worst < limits->worst &&
          count->best > limits->best && count->fallback <= limits->fallbacks)) {
        fail_msg("%s: %zu rays, %zu reached, %zu along an edge, %zu fallbacks, %zu "
                 "unreachable; mean %.2g, worst %.3g, best %.3g",
                 what, count->rays, count->reached, count->along_edge, count->fallback,
                 count->unreachable, mean, count->worst, count->best);
    }
}

static void judge_cases(const medium_case *cases, size_t n)
{
    for (size_t c = 0; c < n; c++) {
        tally count = judge_all(cases[c].slowness, 10 * c);
        expect(cases[c].name, &count, &cases[c]);
    }
}

static void through_smooth_media_none_falls_back(void **state)
{
    (void)state;
    static const medium_case cases[] = {{"gradient", gradient, 2e-4, 0.02, -6e-4, 0},
                                        {"smooth", smooth, 7e-4, 0.016, -0.01, 0},
                                        {"gradient", gradient, 2e-4, 0.02, -6e-4, 0},
                                        {"smooth", smooth, 7e-4, 0.016, -0.01, 0},
                                        {"smooth", smooth, 7e-4, 0.016, -0.01, 0}};
    judge_cases(cases, sizeof cases / sizeof *cases);
}

static void through_rough_media_every_ray_ends_at_its_source(void **state)
{
    (void)state;
    static const medium_case cases[] = {
        {"spline", wavy, 0.004, 0.045, -0.03, 0},
        {"every node", rough, 0.016, 0.3, -0.15, 1000},
        {"blocks 1:3", blocks_3, 0.0125, 0.6, -0.12, 110},
        {"blocks 1:10", blocks_10, 0.035, 3, -0.4, 1950},
        {"holes", holes, 0.006, 0.05, -0.08, 5},
        {"maze", maze, 0.07, 0.09, -0.6, 10}};
    judge_cases(cases, sizeof cases / sizeof *cases);
}

/* Times mean little there: a thousandfold from node to node. */
static void through_noise_they_do_too(void **state)
{
    (void)state;
    static const medium_case noise = {"noise", noise_1000, 0.6, 200, -0.6, 2000};
    judge_cases(&noise, 1);
}

/* ---- interfaces ---- */

static double slow(fm_point at)
{
    (void)at;
    return 0.25;
}

static double fast(fm_point at)
{
    (void)at;
    return 0.125;
}

/* 10 rows of 4 km/s over 8 km/s: beyond 23 km the head wave comes first. */
static void a_head_wave_runs_along_the_faster_side(void **state)
{
    (void)state;
    tracing stage = {.medium = layered_medium(121, 31, 10, slow, fast)};
    open_tracing(&stage);
    begin_at(&stage, (fm_point){10, 4.5});
    fm_ray ray = ray_from(&stage, (fm_point){110, 3.2});
    double depths = 5.5 + 6.8, across = sqrt(0.25 * 0.25 - 0.125 * 0.125);
    double exact = 100 * 0.125 + depths * across;
    assert_int_equal(ray.status, FM_RAY_ALONG_EDGE);
    assert_near(ray.time_s, exact, 2e-3 * exact);
    double on_it = 0;
    for (size_t n = 0; n < ray.nnodes; n++) {
        on_it += ray.node[n].row == 10 && ray.node[n].beyond ? ray.node[n].km : 0;
    }
    double angle = 0.125 / across; /* tan of the critical angle */
    assert_near(on_it, 100 - depths * angle, 3);
    close_tracing(&stage);
}

static void through_an_interface_a_ray_is_refracted(void **state)
{
    (void)state;
    tracing stage = {.medium = layered_medium(61, 61, 30, slow, fast)};
    open_tracing(&stage);
    begin_at(&stage, (fm_point){10.3, 4.6});
    fm_ray ray = ray_from(&stage, (fm_point){45.2, 55.7});
    assert_int_equal(ray.status, FM_RAY_REACHED);
    double low = 10.3, high = 45.2; /* where it goes through, by Snell's law */
    for (int n = 0; n < 60; n++) {
        double x = (low + high) / 2;
        double above = (x - 10.3) / hypot(x - 10.3, 25.4);
        double below = (45.2 - x) / hypot(45.2 - x, 25.7);
        low = above * 0.25 < below * 0.125 ? x : low;
        high = above * 0.25 < below * 0.125 ? high : x;
    }
    bool found = false;
    for (size_t n = 0; n < ray.n; n++) {
        if (ray.point[n].z == 30) {
            assert_near(ray.point[n].x, low, 0.2);
            found = true;
        }
    }
    assert_true(found);
    double exact = 0.25 * hypot(low - 10.3, 25.4) + 0.125 * hypot(45.2 - low, 25.7);
    assert_near(ray.time_s, exact, 1e-4 * exact);
    close_tracing(&stage);
}

/* Rows at random steps, every third of them an interface, also one beside the other;
 * blocks of random slowness, some masked on one side. */
static fm_medium stack(uint64_t number)
{
    size_t nx = number % 4 == 0 ? 2 + number % 3 : 31, nz = number % 5 == 0 ? 3 : 31;
    double z[31] = {0};
    for (size_t k = 1; k < nz; k++) {
        z[k] = z[k - 1] + 0.2 + 3 * uniform(31 * number + k);
    }
    fm_grid grid;
    assert_int_equal(fm_grid_create_rows(FM_CARTESIAN, 1, nx, nz, 0, 1, z, &grid, NULL),
                     FM_OK);
    fm_medium medium = medium_on(&grid, unit_slowness);
    for (size_t n = 0; n < nx * nz; n++) {
        medium.slowness[n] = 0.2 + random_at(n % nx / 5, n / nx, number);
    }
    for (size_t k = 1; k + 1 < nz; k++) {
        if (random_at(7, k, number) < 0.33) {
            add_interface(&medium, k, unit_slowness);
            double *beyond = medium.slowness_beyond + (medium.ninterfaces - 1) * nx;
            for (size_t i = 0; i < nx; i++) {
                double part = random_at(i / 4, k, number + 500);
                beyond[i] = part < 0.1 ? INFINITY : 0.1 + part;
                if (part > 0.93) {
                    mask(&medium, i, k);
                }
            }
        }
    }
    return medium;
}

static bool meets_masks(const tracing *stage, const fm_ray *ray)
{
    for (size_t n = 0; n < ray->nnodes; n++) {
        const fm_ray_node *node = &ray->node[n];
        const fm_medium *medium = &stage->medium;
        size_t of = fm_medium_interface_of(medium, node->row), nx = medium->grid.nx;
        double s = node->beyond ? medium->slowness_beyond[of * nx + node->column]
                                : medium->slowness[node->row * nx + node->column];
        if (isinf(s)) {
            return true;
        }
    }
    return false;
}

static void through_stacks_of_thin_layers_they_end_at_their_source(void **state)
{
    (void)state;
    for (uint64_t m = 0; m < 60; m++) {
        tracing stage = {.medium = stack(m)};
        open_tracing(&stage);
        for (uint64_t s = 0; s < 3; s++) {
            fm_point source = somewhere(&stage.medium, 1000 * m + 100 * s);
            if (fm_solver_march(stage.solver, source, NULL, 0, NULL) != FM_OK) {
                continue;
            }
            fm_tracer_begin(stage.tracer);
            for (uint64_t r = 1; r < 20; r++) {
                fm_point receiver = somewhere(&stage.medium, 1000 * m + 100 * s + r);
                fm_ray ray = ray_from(&stage, receiver);
                bool reached = !isnan(time_at(stage.solver, receiver));
                if (arrived(&ray) != reached || meets_masks(&stage, &ray)) {
                    fail_msg("medium %d source %d receiver %d: %d", (int)m, (int)s,
                             (int)r, (int)ray.status);
                }
                if (reached) {
                    assert_true(same_point(ray.point[ray.n - 1], source));
                    check_inside(&stage.medium.grid, &ray);
                    check_without_loop(&ray);
                }
            }
        }
        close_tracing(&stage);
    }
}

/* A mantle over a slower core, whose shadow the wave gets into along the boundary. */
static double mantle(fm_point at)
{
    return 1 / (13.7 - 8 * (at.z - 3480) / 2891);
}

static double core(fm_point at)
{
    (void)at;
    return 1 / 8.06;
}

static void into_the_shadow_of_the_core_they_go_along_its_boundary(void **state)
{
    (void)state;
    double z[80];
    for (size_t k = 0; k < 80; k++) {
        z[k] = k < 20 ? 2900 + 29 * (double)k : 3480 + 49 * (double)(k - 20);
    }
    z[20] = 3480;
    fm_grid grid;
    assert_int_equal(fm_grid_create_rows(FM_POLAR, FM_EARTH_RADIUS_KM, 261, 79, 0, 0.5,
                                         z, &grid, NULL),
                     FM_OK);
    tracing stage = {.medium = medium_on(&grid, core)};
    for (size_t k = 21; k < 79; k++) {
        for (size_t i = 0; i < 261; i++) {
            *slowness_at(&stage.medium, i, k) = mantle(node_at(&stage.medium, i, k));
        }
    }
    add_interface(&stage.medium, 20, mantle);
    open_tracing(&stage);
    begin_at(&stage, (fm_point){5.2, 6300});
    fm_ray ray = ray_from(&stage, (fm_point){127.3, 6320});
    assert_int_equal(ray.status, FM_RAY_ALONG_EDGE);
    double time = time_at(stage.solver, (fm_point){127.3, 6320}), lowest = 7000;
    for (size_t n = 0; n < ray.n; n++) {
        lowest = fmin(lowest, ray.point[n].z);
    }
    assert_true(lowest == 3480);
    assert_near(ray.time_s, time, 1e-3 * time);
    close_tracing(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(through_smooth_media_none_falls_back),
        cmocka_unit_test(through_rough_media_every_ray_ends_at_its_source),
        cmocka_unit_test(through_noise_they_do_too),
        cmocka_unit_test(a_head_wave_runs_along_the_faster_side),
        cmocka_unit_test(through_an_interface_a_ray_is_refracted),
        cmocka_unit_test(through_stacks_of_thin_layers_they_end_at_their_source),
        cmocka_unit_test(into_the_shadow_of_the_core_they_go_along_its_boundary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
