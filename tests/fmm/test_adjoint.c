/* Times are homogeneous of degree one in the slowness: slowness times kernel, summed
 * over the nodes, is the time itself, in any medium, to rounding. 1e-13 are six times
 * the most that was found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fmm/adjoint.h"
#include "scenes.h"

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

static void expect_sum(fm_solver *solver, fm_point receiver)
{
    double time = time_at(solver, receiver);
    double sum = sum_of(solver, receiver);
    time =
        isnan(time)
            ? 0
            : time; /* between such nodes as NOISE has, a cubic may give less than 0 */
    assert_near(sum, time, 1e-13 * fabs(time));
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

static void slowness_times_kernel_sums_up_to_the_time(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 360; n++) {
        fm_medium medium =
            medium_like((fm_geometry)(n / KINDS % 3), (medium_kind)(n % KINDS), n);
        expect_sums(&medium, NULL, some_options(n / 15), somewhere(&medium, 1000 * n),
                    1000 * n + 1);
        fm_medium_clear(&medium);
    }
}

static void with_interfaces_too(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 240; n++) {
        fm_medium medium =
            layered_like((fm_geometry)(n / KINDS % 3), (medium_kind)(n % KINDS), n);
        fm_point source = somewhere(&medium, 2000 * n);
        if (n % 3 != 0) { /* on an interface, or less than a step from it */
            double near = n % 2 ? 11.3 : 9.3;
            source = point_at(&medium, place_of(SCENE_NX, n), n % 3 == 1 ? 9 : near);
        }
        expect_sums(&medium, NULL, some_options(n / 15), source, 3000 * n + 1);
        fm_medium_clear(&medium);
    }
}

/* Over the grids of all zones: what is handed down has its share there. */
static void with_zones_too(void **state)
{
    (void)state;
    fm_model model = two_layers(40, 40, 17, 3, 6);
    fm_medium medium = model_medium(&model, 0.5);
    for (uint64_t n = 0; n < 24; n++) {
        fm_solver_options options = some_options(n);
        fm_point source = somewhere(&medium, 4000 * n);
        options.refine = 1 + (int)(n % 3);
        source.z = n % 4 == 3 ? 17 : n % 4 == 2 ? 16.9 : source.z;
        expect_sums(&medium, &model, options, source, 4000 * n + 1);
    }
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

/* A straight ray through a row of masked nodes' only gap: the corner that a receiver's
 * time comes from, and the slowness on the way to it, have the whole of it. */
static void where_a_receiver_has_only_corners_too(void **state)
{
    (void)state;
    fm_medium medium = medium_like(FM_CARTESIAN, SMOOTH, 0);
    for (size_t k = 0; k < SCENE_NZ; k++) {
        mask(&medium, 30, k);
    }
    fm_solver_options options = {.order = 2, .adjoint = true};
    fm_solver *solver = solver_of(&medium, NULL, &options);
    march_from(solver, point_at(&medium, 7.3, 8.8));
    for (uint64_t n = 0; n < 40; n++) {
        expect_sum(solver,
                   point_at(&medium, 29.02 + 0.02 * (double)n, 36 * uniform(n)));
    }
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
}

/* The adjoint of a sum is the sum of adjoints, and another one does not remember the
 * one before; nor do the times. */
static void it_may_be_asked_again(void **state)
{
    (void)state;
    fm_medium medium = layered_like(FM_POLAR, JUMP, 3);
    size_t nodes = fm_grid_nodes(&medium.grid);
    fm_solver_options options = {.order = 2, .adjoint = true};
    fm_solver *solver = solver_of(&medium, NULL, &options);
    march_from(solver, somewhere(&medium, 1));
    double *before = field_of(solver, &medium);
    fm_point receiver[2] = {somewhere(&medium, 2), somewhere(&medium, 3)};
    double weight[2] = {0.7, -1.9};
    double *sum = calloc(nodes, sizeof *sum);
    assert_non_null(sum);
    for (size_t r = 0; r < 2; r++) {
        fm_solver_adjoint(solver, &receiver[r], &weight[r], 1, NULL);
        fm_sensitivity of = fm_solver_sensitivity(solver, 0);
        for (size_t n = 0; n < nodes; n++) {
            sum[n] += of.kernel[n];
        }
    }
    fm_solver_adjoint(solver, receiver, weight, 2, NULL);
    fm_sensitivity of = fm_solver_sensitivity(solver, 0);
    assert_true(largest_difference(sum, of.kernel, nodes) < 1e-10);
    double *after = field_of(solver, &medium);
    assert_memory_equal(before, after, nodes * sizeof *after);
    free(before);
    free(after);
    free(sum);
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
}

static void nothing_is_kept_unless_asked_for(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(11, 11, gradient_slowness);
    fm_solver_options options = {.order = 2};
    double without = fm_solver_bytes(&medium, NULL, &options), weight = 1;
    fm_point at = {3, 4};
    fm_error error;
    fm_solver *solver = plain_solver(&medium);
    march_from(solver, at);
    assert_int_equal(fm_solver_adjoint(solver, &at, &weight, 1, &error), FM_FAILED);
    assert_null(fm_solver_sensitivity(solver, 0).kernel);
    fm_solver_destroy(solver);
    options.adjoint = true;
    assert_true(fm_solver_bytes(&medium, NULL, &options) >= without + 12 * 121);
    solver = solver_of(&medium, NULL, &options);
    assert_int_equal(fm_solver_adjoint(solver, &at, &weight, 1, &error), FM_FAILED);
    assert_non_null(strstr(error.message, "no march"));
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
}

/* What is kept changes no bit of the times. */
static void the_times_are_the_same(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 30; n++) {
        fm_medium medium =
            layered_like((fm_geometry)(n % 3), (medium_kind)(n % KINDS), n);
        fm_solver_options options = some_options(n);
        fm_point source = point_at(&medium, 7.2, 30.1);
        options.stop_early = false;
        *slowness_at(&medium, 7, 30) = 1;
        fm_solver *plain = solver_of(&medium, NULL, &options);
        options.adjoint = true;
        fm_solver *keeping = solver_of(&medium, NULL, &options);
        march_from(plain, source);
        march_from(keeping, source);
        double *one = field_of(plain, &medium), *two = field_of(keeping, &medium);
        assert_same_fields(one, two, fm_grid_nodes(&medium.grid));
        free(one);
        free(two);
        fm_solver_destroy(plain);
        fm_solver_destroy(keeping);
        fm_medium_clear(&medium);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slowness_times_kernel_sums_up_to_the_time),
        cmocka_unit_test(with_interfaces_too),
        cmocka_unit_test(with_zones_too),
        cmocka_unit_test(where_a_receiver_has_only_corners_too),
        cmocka_unit_test(it_may_be_asked_again),
        cmocka_unit_test(nothing_is_kept_unless_asked_for),
        cmocka_unit_test(the_times_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
