/* bench_rays [REPEATS]: microseconds a ray (its way, its pieces and its nodes together)
 * and nanoseconds a step, between random places of models of 321 x 321 nodes, and how
 * the rays ended. One core, the best of the repeats; a march over the same medium
 * beside it, because other programs slow both. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/number.h"
#include "fmm/ray.h"

enum { NODES = 321, SOURCES = 100, RECEIVERS = 100 };

typedef double rule(double x, double z); /* speed; x and z from 0 to 1 */

/* The same number in [0, 1) for the same n (splitmix64, Steele, Lea & Flood 2014). */
static double random_number(uint64_t n)
{
    n = (n + 1) * 0x9e3779b97f4a7c15U;
    n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9U;
    n = (n ^ (n >> 27)) * 0x94d049bb133111ebU;
    return (double)((n ^ (n >> 31)) >> 11) * 0x1p-53;
}

static double linear(double x, double z)
{
    return 1 + 0.3 * x + z;
}

static void spline_weights(double f, double w[4])
{
    w[0] = (1 - f) * (1 - f) * (1 - f) / 6;
    w[1] = (3 * f * f * f - 6 * f * f + 4) / 6;
    w[2] = (-3 * f * f * f + 3 * f * f + 3 * f + 1) / 6;
    w[3] = f * f * f / 6;
}

/* A B-spline with 41 x 41 random coefficients. */
static double splined(double x, double z)
{
    double column = floor(40 * x), row = floor(40 * z), wx[4], wz[4], sum = 0;
    spline_weights(40 * x - column, wx);
    spline_weights(40 * z - row, wz);
    for (uint64_t n = 0; n < 16; n++) {
        uint64_t i = (uint64_t)column + n % 4, k = (uint64_t)row + n / 4;
        sum += wx[n % 4] * wz[n / 4] * (2 * random_number(64 * k + i) - 1);
    }
    return 1 + 0.3 * sum;
}

static double blocks(double x, double z)
{
    uint64_t block = (uint64_t)(40 * z) * 64 + (uint64_t)(40 * x);
    return random_number(block) < 0.5 ? 1 : 3;
}

/* A quarter of the blocks is masked. */
static double holes(double x, double z)
{
    uint64_t block = (uint64_t)(20 * z) * 64 + (uint64_t)(20 * x);
    return random_number(block) < 0.25 ? 0 : linear(x, z);
}

typedef struct scene {
    const char *name;
    rule *speed;
    fm_geometry geometry;
    double x0, dx, z0, dz;
} scene;

static const scene scenes[] = {
    {"linear gradient", linear, FM_CARTESIAN, 0, 1, 0, 1},
    {"B-spline, 41 x 41", splined, FM_CARTESIAN, 0, 1, 0, 1},
    {"the same, sphere", splined, FM_GEOGRAPHIC, 0, 0.1, 30, 0.1},
    {"the same, section", splined, FM_POLAR, 0, 0.2, 3480, 9},
    {"blocks, 1:3", blocks, FM_CARTESIAN, 0, 1, 0, 1},
    {"a quarter masked", holes, FM_CARTESIAN, 0, 1, 0, 1},
};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static fm_status make_medium(const scene *from, fm_medium *medium, fm_error *error)
{
    *medium = (fm_medium){0};
    fm_status status =
        fm_grid_create(from->geometry, FM_EARTH_RADIUS_KM, NODES, NODES, from->x0,
                       from->dx, from->z0, from->dz, &medium->grid, error);
    if (status != FM_OK) {
        return status;
    }
    medium->slowness = malloc(sizeof(double) * NODES * NODES);
    if (!medium->slowness) {
        return fm_fail_memory(error, "a medium", 8.0 * NODES * NODES);
    }
    for (size_t n = 0; n < (size_t)NODES * NODES; n++) {
        medium->slowness[n] = 1 / from->speed((double)(n % NODES) / (NODES - 1),
                                              (double)(n / NODES) / (NODES - 1));
    }
    return FM_OK;
}

static fm_point place(const fm_grid *grid, uint64_t n)
{
    double width = fm_grid_x_max(grid) - grid->x0;
    double height = grid->z[grid->nz - 1] - grid->z[0];
    return (fm_point){grid->x0 + width * random_number(2 * n),
                      grid->z[0] + height * random_number(2 * n + 1)};
}

/* Of all rays of a scene. */
typedef struct tally {
    size_t rays, steps, along_edge, fallback, failed;
    double s, march_s; /* the best of the repeats, added up over the sources */
} tally;

static void count(const fm_ray *ray, tally *to)
{
    if (ray->status == FM_RAY_UNREACHABLE) {
        return;
    }
    to->rays++;
    to->steps += ray->n;
    to->along_edge += ray->status == FM_RAY_ALONG_EDGE;
    to->fallback += ray->status == FM_RAY_FALLBACK;
    to->failed += ray->status == FM_RAY_FAILED;
}

static fm_status trace_all(const fm_grid *grid, fm_tracer *tracer, uint64_t source,
                           tally *to, double *seconds, fm_error *error)
{
    fm_status status = FM_OK;
    double began = now_s();
    fm_tracer_begin(tracer);
    for (uint64_t r = 0; r < RECEIVERS && status == FM_OK; r++) {
        fm_ray ray;
        uint64_t n = 1000 + source * RECEIVERS + r;
        status = fm_tracer_trace(tracer, place(grid, n), &ray, error);
        if (to) {
            count(&ray, to);
        }
    }
    *seconds = now_s() - began;
    return status;
}

static fm_status bench_source(const fm_grid *grid, fm_solver *solver, fm_tracer *tracer,
                              uint64_t source, size_t repeats, tally *to,
                              fm_error *error)
{
    double best = INFINITY, best_march = INFINITY, seconds;
    fm_status status = FM_OK;
    for (size_t n = 0; n < repeats && status == FM_OK; n++) {
        double began = now_s();
        status = fm_solver_march(solver, place(grid, source), NULL, 0, error);
        best_march = fmin(best_march, now_s() - began);
        if (status == FM_BAD_INPUT) {
            return FM_OK; /* masked */
        }
        if (status == FM_OK) {
            status =
                trace_all(grid, tracer, source, n == 0 ? to : NULL, &seconds, error);
            best = fmin(best, seconds);
        }
    }
    to->s += best;
    to->march_s += best_march;
    return status;
}

static fm_status bench(const scene *from, size_t repeats, fm_error *error)
{
    fm_medium medium;
    fm_solver *solver = NULL;
    fm_tracer *tracer = NULL;
    fm_solver_options options = fm_solver_defaults();
    tally sum = {0};
    fm_status status = make_medium(from, &medium, error);
    if (status == FM_OK) {
        status = fm_solver_create(&medium, NULL, &options, &solver, error);
    }
    if (status == FM_OK) {
        status = fm_tracer_create(solver, &tracer, error);
    }
    for (uint64_t s = 0; s < SOURCES && status == FM_OK; s++) {
        status = bench_source(&medium.grid, solver, tracer, s, repeats, &sum, error);
    }
    if (status == FM_OK) {
        double rays = (double)sum.rays;
        printf("%-20s %7zu %8.1f %8.1f %8.1f %9.1f %8zu %9zu %6zu\n", from->name,
               sum.rays, 1e6 * sum.s / rays, (double)sum.steps / rays,
               1e9 * sum.s / (double)sum.steps,
               1e9 * sum.march_s / SOURCES / NODES / NODES, sum.along_edge,
               sum.fallback, sum.failed);
        fflush(stdout);
    }
    fm_tracer_destroy(tracer);
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
    return status;
}

int main(int argc, char **argv)
{
    uint64_t repeats = 3;
    if (argc > 2 ||
        (argc > 1 && (!fm_count_parse(argv[1], &repeats) || repeats == 0))) {
        fputs("usage: bench_rays [REPEATS]\n", stderr);
        return 2;
    }
    fm_error error = {0};
    fm_status status = FM_OK;
    printf("%-20s %7s %8s %8s %8s %9s %8s %9s %6s\n", "medium", "rays", "us/ray",
           "points", "ns/point", "march ns", "on edge", "fallback", "failed");
    for (size_t n = 0; n < sizeof scenes / sizeof *scenes && status == FM_OK; n++) {
        status = bench(&scenes[n], repeats, &error);
    }
    if (status != FM_OK) {
        fprintf(stderr, "bench_rays: %s\n", error.message);
    }
    return status == FM_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
