/* The adjoint is the derivative of the numbers that the march computed: the times are
 * homogeneous of degree one in the slowness, so that the sum of slowness times kernel
 * is the time, to rounding, in any medium; and it agrees with central differences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "fmm/adjoint.h"

enum { NX = 41, NZ = 37 };

/* ---- media ---- */

typedef enum medium_kind { CONSTANT, SMOOTH, ROUGH, JUMP, MASKED, KINDS } medium_kind;

/* Slowness at a place of the unit square. */
static double slowness_of(medium_kind kind, double u, double v, uint64_t seed)
{
    double smooth = 1 + 0.3 * sin(3 * u + 1) * cos(2.5 * v) + 0.1 * v;
    switch (kind) {
    case CONSTANT:
        return 0.3;
    case ROUGH:
        return 0.5 + uniform(seed);
    case JUMP:
        return smooth * (v > 0.4 + 0.2 * sin(5 * u) ? 0.3 : 1);
    case MASKED:
        return uniform(seed) < 0.15 ? INFINITY : smooth;
    case SMOOTH:
    case KINDS:
        break;
    }
    return smooth;
}

static fm_medium medium_like(fm_geometry geometry, medium_kind kind, uint64_t seed)
{
    static const fm_point first[] = {{0, 0}, {10, 35}, {-5, 5200}};
    static const fm_point step[] = {{1, 0.7}, {0.5, 0.4}, {0.6, 25}};
    fm_medium medium =
        medium_of(geometry, NX, NZ, first[geometry], step[geometry], unit_slowness);
    for (size_t k = 0; k < NZ; k++) {
        for (size_t i = 0; i < NX; i++) {
            *slowness_at(&medium, i, k) =
                slowness_of(kind, (double)i / (NX - 1), (double)k / (NZ - 1),
                            seed * NX * NZ + k * NX + i);
        }
    }
    return medium;
}

/* A place of the grid, in steps: every now and then on a line, a node, an edge. */
static double place(size_t n, uint64_t seed)
{
    double at = uniform(seed) * (double)(n - 1);
    double way = uniform(seed + 500000);
    return way < 0.3 ? floor(at) : way < 0.35 ? 0 : way < 0.4 ? (double)(n - 1) : at;
}

static fm_point point_at(const fm_medium *medium, double column, double row)
{
    const fm_grid *grid = &medium->grid;
    size_t k = (size_t)fmin(row, (double)grid->nz - 2);
    double fraction = row - (double)k;
    double z = fraction >= 1 ? grid->z[k + 1]
                             : grid->z[k] + fraction * (grid->z[k + 1] - grid->z[k]);
    size_t i = (size_t)column;
    double x = (double)i == column ? fm_grid_x(grid, i) : grid->x0 + column * grid->dx;
    return (fm_point){x, z};
}

static fm_point somewhere(const fm_medium *medium, uint64_t seed)
{
    return point_at(medium, place(medium->grid.nx, seed),
                    place(medium->grid.nz, seed + 250000));
}

/* ---- sum s K = T ---- */

static double sum_over(const fm_sensitivity *of)
{
    const fm_medium *medium = of->medium;
    size_t nodes = fm_grid_nodes(&medium->grid);
    double sum = 0;
    for (size_t n = 0; n < nodes; n++) {
        if (isinf(medium->slowness[n])) {
            assert_true(of->kernel[n] == 0);
        } else {
            sum += medium->slowness[n] * of->kernel[n];
        }
    }
    for (size_t n = 0; n < medium->ninterfaces * medium->grid.nx; n++) {
        double s = medium->slowness_beyond[n];
        sum += isinf(s) ? of->beyond[n] : s * of->beyond[n];
    }
    return sum;
}

static double sum_of(fm_solver *solver, fm_point receiver)
{
    double weight = 1, sum = 0;
    assert_int_equal(fm_solver_adjoint(solver, &receiver, &weight, 1, NULL), FM_OK);
    for (size_t grid = 0; grid < fm_solver_grids(solver); grid++) {
        fm_sensitivity of = fm_solver_sensitivity(solver, grid);
        sum += sum_over(&of);
    }
    return sum;
}

static double worst;

static void expect_sum(fm_solver *solver, fm_point receiver)
{
    double time = time_at(solver, receiver);
    double sum = sum_of(solver, receiver);
    double error = isnan(time) ? fabs(sum) : fabs(sum - time) / fmax(time, 1e-9);
    if (error > 1e-12) {
        printf("at %.17g %.17g: sum %.17g, time %.17g\n", receiver.x, receiver.z, sum,
               time);
    }
    worst = error > worst ? error : worst;
    assert_near(sum, isnan(time) ? 0 : time, 1e-12 * (isnan(time) ? 1 : time));
}

static void expect_sums(const fm_medium *medium, const fm_model *model,
                        fm_solver_options options, fm_point source, uint64_t seed)
{
    enum { RECEIVERS = 5 };
    fm_point receivers[RECEIVERS + 2];
    options.adjoint = true;
    fm_solver *solver = solver_of(medium, model, &options);
    for (uint64_t n = 0; n < RECEIVERS; n++) {
        receivers[n] = somewhere(medium, seed + n);
    }
    receivers[RECEIVERS] = source;
    receivers[RECEIVERS + 1] = (fm_point){
        fmin(source.x + 0.3 * medium->grid.dx, fm_grid_x_max(&medium->grid)), source.z};
    fm_status status = fm_solver_march(solver, source, receivers, RECEIVERS + 2, NULL);
    for (size_t n = 0; status == FM_OK && n < RECEIVERS + 2; n++) {
        expect_sum(solver, receivers[n]);
    }
    fm_solver_destroy(solver);
}

static fm_solver_options some_options(uint64_t n)
{
    return (fm_solver_options){.order = n % 4 == 1 ? 1 : 2,
                               .stop_early = n % 3 == 1,
                               .exact = n % 5 == 2,
                               .unfactored = n % 11 == 7};
}

static void the_kernel_times_the_slowness_sums_up_to_the_time(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 360; n++) {
        fm_medium medium =
            medium_like((fm_geometry)(n / KINDS % 3), (medium_kind)(n % KINDS), n);
        expect_sums(&medium, NULL, some_options(n / 15), somewhere(&medium, 1000 * n),
                    1000 * n + 1);
        fm_medium_clear(&medium);
    }
    printf("worst %.3g\n", worst);
}

static fm_medium with_interfaces(fm_geometry geometry, medium_kind kind, uint64_t seed)
{
    fm_medium medium = medium_like(geometry, kind, seed);
    size_t rows[] = {9, 12, 25};
    for (size_t n = 0; n < 3; n++) {
        add_interface(&medium, rows[n], unit_slowness);
        double factor = 0.4 + 1.2 * uniform(seed + 77 * n);
        for (size_t i = 0; i < NX; i++) {
            double below = *slowness_at(&medium, i, rows[n]);
            double value = n == 2 && i > 30 ? INFINITY : (isinf(below) ? 1 : below);
            medium.slowness_beyond[n * NX + i] = factor * value;
        }
    }
    return medium;
}

static void with_interfaces_too(void **state)
{
    (void)state;
    worst = 0;
    for (uint64_t n = 0; n < 240; n++) {
        fm_medium medium =
            with_interfaces((fm_geometry)(n / KINDS % 3), (medium_kind)(n % KINDS), n);
        fm_point source = somewhere(&medium, 2000 * n);
        if (n % 3 != 0) { /* on an interface, or less than a step from it */
            source =
                point_at(&medium, place(NX, n), n % 3 == 1 ? 9 : (n % 2 ? 11.3 : 9.3));
        }
        expect_sums(&medium, NULL, some_options(n / 15), source, 3000 * n + 1);
        fm_medium_clear(&medium);
    }
    printf("worst %.3g\n", worst);
}

/* ---- central differences ---- */

enum { MANY = 9 };

typedef struct shot {
    fm_point source, receiver[MANY];
    double weight[MANY];
} shot;

static double weighted(fm_solver *solver, const shot *of)
{
    double sum = 0;
    assert_int_equal(fm_solver_march(solver, of->source, of->receiver, MANY, NULL),
                     FM_OK);
    for (size_t n = 0; n < MANY; n++) {
        double time = time_at(solver, of->receiver[n]);
        sum += isnan(time) ? 0 : of->weight[n] * time;
    }
    return sum;
}

static double direction(uint64_t n)
{
    return 2 * uniform(n) - 1;
}

/* The slowness of every node, on either side, moved by `by` along the direction. */
static fm_medium moved(const fm_medium *medium, double by, uint64_t seed)
{
    size_t nodes = fm_grid_nodes(&medium->grid);
    size_t more = medium->ninterfaces * medium->grid.nx;
    fm_medium copy = *medium;
    copy.slowness = malloc(nodes * sizeof(double));
    copy.slowness_beyond = malloc((more + 1) * sizeof(double));
    assert_true(copy.slowness && copy.slowness_beyond);
    for (size_t n = 0; n < nodes; n++) {
        copy.slowness[n] = medium->slowness[n] * (1 + by * direction(seed + n));
    }
    for (size_t n = 0; n < more; n++) {
        copy.slowness_beyond[n] =
            medium->slowness_beyond[n] * (1 + by * direction(seed + nodes + n));
    }
    return copy;
}

static double weighted_in(const fm_medium *medium, double by, uint64_t seed,
                          const fm_solver_options *options, const shot *of)
{
    fm_medium other = moved(medium, by, seed);
    fm_solver *solver = solver_of(&other, NULL, options);
    double sum = weighted(solver, of);
    fm_solver_destroy(solver);
    free(other.slowness);
    free(other.slowness_beyond);
    return sum;
}

static double along(const fm_sensitivity *of, uint64_t seed)
{
    const fm_medium *medium = of->medium;
    size_t nodes = fm_grid_nodes(&medium->grid);
    double sum = 0;
    for (size_t n = 0; n < nodes; n++) {
        double s = medium->slowness[n];
        sum += isinf(s) ? 0 : of->kernel[n] * s * direction(seed + n);
    }
    for (size_t n = 0; n < medium->ninterfaces * medium->grid.nx; n++) {
        double s = medium->slowness_beyond[n];
        sum += isinf(s) ? 0 : of->beyond[n] * s * direction(seed + nodes + n);
    }
    return sum;
}

static double difference(const fm_medium *medium, fm_solver_options options,
                         const shot *of, uint64_t seed, double step)
{
    options.adjoint = true;
    fm_solver *solver = solver_of(medium, NULL, &options);
    weighted(solver, of);
    assert_int_equal(fm_solver_adjoint(solver, of->receiver, of->weight, MANY, NULL),
                     FM_OK);
    fm_sensitivity found = fm_solver_sensitivity(solver, 0);
    double exact = along(&found, seed);
    fm_solver_destroy(solver);
    double central = (weighted_in(medium, step, seed, &options, of) -
                      weighted_in(medium, -step, seed, &options, of)) /
                     (2 * step);
    return fabs(central - exact) / fabs(exact);
}

static shot shot_in(const fm_medium *medium, uint64_t seed)
{
    shot new;
    new.source = somewhere(medium, seed);
    for (uint64_t n = 0; n < MANY; n++) {
        new.receiver[n] = somewhere(medium, seed + 1 + n);
        new.weight[n] = 0.5 + uniform(seed + 100 + n);
    }
    return new;
}

static void it_is_what_central_differences_say(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 90; n++) {
        medium_kind kind = (medium_kind)(n % 3 == 2 ? JUMP : n % 3);
        fm_medium medium = medium_like((fm_geometry)(n / 3 % 3), kind, n);
        shot of = shot_in(&medium, 5000 * n);
        for (double step = 1e-4; step > 1e-7; step /= 10)
        printf("%.2g ", difference(&medium, some_options(n / 9), &of, 7000 * n, step));
        printf("   geometry %d kind %d\n", medium.grid.geometry, kind);
        fm_medium_clear(&medium);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernel_times_the_slowness_sums_up_to_the_time),
        cmocka_unit_test(with_interfaces_too),
        cmocka_unit_test(it_is_what_central_differences_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
