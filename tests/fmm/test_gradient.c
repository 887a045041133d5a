/* The adjoint against central differences of what the solver says, along random
 * directions in the space of all slownesses.
 *
 * Times are piecewise smooth functions of the slowness, with kinks (and small jumps)
 * where another stencil takes over. A difference of 1e-6 hardly ever meets one in a
 * medium in which no two stencils give the same time; in a constant one a node beside
 * the source has its exact time from several of them, and which of their derivatives
 * holds depends on the side that one comes from. Hence none of it here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "fmm/adjoint.h"
#include "scenes.h"

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

static void expect_the_same(double exact, double central, double sum)
{
    /* Where a direction happens to change nothing, rounding counts. */
    assert_near(central, exact, 1e-6 * fmax(fabs(exact), 0.01 * sum));
}

static void expect_differences(const fm_medium *medium, fm_solver_options options,
                               uint64_t seed)
{
    const double step = 1e-6; /* truncation 1e-9, rounding 1e-9 */
    shot of = shot_in(medium, seed);
    options.adjoint = true;
    fm_solver *solver = solver_of(medium, NULL, &options);
    double sum = weighted(solver, &of);
    assert_int_equal(fm_solver_adjoint(solver, of.receiver, of.weight, MANY, NULL),
                     FM_OK);
    fm_sensitivity found = fm_solver_sensitivity(solver, 0);
    double exact = along(&found, seed);
    fm_solver_destroy(solver);
    double central = (weighted_in(medium, step, seed, &options, &of) -
                      weighted_in(medium, -step, seed, &options, &of)) /
                     (2 * step);
    expect_the_same(exact, central, sum);
}

static void in_every_geometry_it_is_what_differences_say(void **state)
{
    (void)state;
    const medium_kind kinds[] = {SMOOTH, JUMP, ROUGH, SMOOTH};
    for (uint64_t n = 0; n < 240; n++) {
        fm_medium medium = medium_like((fm_geometry)(n / 4 % 3), kinds[n % 4], n);
        expect_differences(&medium, some_options(n / 12), 7000 * n);
        fm_medium_clear(&medium);
    }
}

static void with_interfaces_too(void **state)
{
    (void)state;
    const medium_kind kinds[] = {SMOOTH, JUMP, ROUGH};
    for (uint64_t n = 0; n < 90; n++) {
        fm_medium medium = layered_like((fm_geometry)(n / 3 % 3), kinds[n % 3], n);
        expect_differences(&medium, some_options(n / 9), 9000 * n);
        fm_medium_clear(&medium);
    }
}

/* ---- zones ---- */

/* Two layers whose speeds grow with depth; knots moved by the relative `by`. */
static fm_model moved_layers(double by, uint64_t seed)
{
    fm_model model = two_layers(40, 40, 17, 3, 6);
    model.knot_speed[1] *= 1.2;
    model.knot_speed[3] *= 1.3;
    for (uint64_t n = 0; n < 4; n++) {
        model.knot_speed[n] *= 1 + by * direction(seed + n);
    }
    return model;
}

typedef struct trial {
    fm_model model;
    fm_medium medium;
    fm_solver *solver;
    double sum;
} trial;

/* In place: the solver keeps where its medium is. */
static void try_with(double by, uint64_t seed, int refine, const shot *of, trial *new)
{
    new->model = moved_layers(by, seed);
    new->medium = model_medium(&new->model, 0.5);
    fm_solver_options options = {.order = 2, .refine = refine, .adjoint = true};
    new->solver = solver_of(&new->medium, &new->model, &options);
    new->sum = weighted(new->solver, of);
    assert_int_equal(
        fm_solver_adjoint(new->solver, of->receiver, of->weight, MANY, NULL), FM_OK);
}

static void end(trial *old)
{
    fm_solver_destroy(old->solver);
    fm_medium_clear(&old->medium);
    fm_model_clear(&old->model);
}

/* The sum over all grids of the kernel times what the slowness differs by. */
static double told(const trial *of, const trial *plus, const trial *minus)
{
    double sum = 0;
    size_t grids = fm_solver_grids(of->solver);
    assert_int_equal(grids, fm_solver_grids(plus->solver));
    for (size_t grid = 0; grid < grids; grid++) {
        fm_sensitivity found = fm_solver_sensitivity(of->solver, grid);
        const fm_medium *one = fm_solver_sensitivity(plus->solver, grid).medium;
        const fm_medium *two = fm_solver_sensitivity(minus->solver, grid).medium;
        for (size_t n = 0; n < fm_grid_nodes(&one->grid); n++) {
            sum += found.kernel[n] * (one->slowness[n] - two->slowness[n]);
        }
        for (size_t n = 0; n < one->ninterfaces * one->grid.nx; n++) {
            sum +=
                found.beyond[n] * (one->slowness_beyond[n] - two->slowness_beyond[n]);
        }
    }
    return sum;
}

/* Inside a model of 40 x 40 km, on no column: both sides of it would be alike. */
static shot shot_between_layers(uint64_t n)
{
    fm_medium medium = flat_medium(40, 40, unit_slowness);
    shot new = shot_in(&medium, 300 * n);
    fm_medium_clear(&medium);
    new.source.x += 0.0123;
    new.source.z = n % 3 == 1 ? 17.11 : new.source.z;
    return new;
}

static void with_zones_too(void **state)
{
    (void)state;
    const double step = 1e-6;
    for (uint64_t n = 0; n < 24; n++) {
        shot at = shot_between_layers(n);
        int refine = (int)(n % 4);
        trial of, plus, minus;
        try_with(0, n, refine, &at, &of);
        try_with(step, n, refine, &at, &plus);
        try_with(-step, n, refine, &at, &minus);
        expect_the_same(told(&of, &plus, &minus) / (2 * step),
                        (plus.sum - minus.sum) / (2 * step), of.sum);
        end(&plus);
        end(&minus);
        end(&of);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_every_geometry_it_is_what_differences_say),
        cmocka_unit_test(with_interfaces_too),
        cmocka_unit_test(with_zones_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
