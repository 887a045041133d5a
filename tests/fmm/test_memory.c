/* Every allocation of a solver fails once: one clear status, nothing leaked, and a
 * march that ran out of memory does not spoil the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "fmm/adjoint.h"
#include "fmm/ray.h"

/* The allocations still to succeed before one fails; negative: all succeed. Blocks
 * taken and not given back since the count began. */
static long before_failure = -1;
static long blocks;

static bool fails(void)
{
    return before_failure >= 0 && before_failure-- == 0;
}

static void *counted(void *block)
{
    blocks += block ? 1 : 0;
    return block;
}

/* Names that the linker gives. */
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *block);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (fails()) {
        return NULL;
    }
    void *new = __real_realloc(block, size);
    blocks += new && !block ? 1 : 0;
    return new;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : counted(__real_aligned_alloc(alignment, size));
}

void __wrap_free(void *block)
{
    blocks -= block ? 1 : 0;
    __real_free(block);
}
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

static void fail_after(long successes)
{
    before_failure = successes;
}

/* Did the countdown run out? Ends it. */
static bool failed(void)
{
    bool ran_out = before_failure < 0;
    before_failure = -1;
    return ran_out;
}

static void every_allocation_of_a_solver_may_fail(void **state)
{
    (void)state;
    fm_model model = two_layers(10, 8, 4, 3, 6);
    fm_medium medium = model_medium(&model, 0.5);
    fm_solver_options options = {.order = 2, .refine = 3, .adjoint = true};
    long successes = 0, start = blocks;
    for (bool done = false; !done; successes++) {
        fm_solver *solver = (fm_solver *)&options; /* must be reset */
        fm_error error = {0};
        fail_after(successes);
        fm_status status = fm_solver_create(&medium, &model, &options, &solver, &error);
        done = !failed();
        assert_int_equal(status, done ? FM_OK : FM_NO_MEMORY);
        assert_true((solver != NULL) == done);
        assert_true(done || strstr(error.message, "memory"));
        fm_solver_destroy(solver);
        assert_true(blocks == start);
    }
    /* Four marches of ten blocks, three lists and a solver, or thereabouts. */
    assert_true(successes > 33);
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

/* Zones are sampled anew for every source, and the queue may have to grow. */
static void every_allocation_of_a_march_may_fail(void **state)
{
    (void)state;
    fm_model model = two_layers(10, 8, 4, 3, 6);
    fm_medium medium = model_medium(&model, 0.5);
    fm_solver *solver = solver_with(&medium, &model, 2, 2, false);
    march_from(solver, (fm_point){3.3, 3.1});
    double *expected = field_of(solver, &medium);
    long successes = 0;
    for (bool done = false; !done; successes++) {
        fm_error error = {0};
        fail_after(successes);
        fm_status status =
            fm_solver_march(solver, (fm_point){3.3, 3.1}, NULL, 0, &error);
        done = !failed();
        assert_int_equal(status, done ? FM_OK : FM_NO_MEMORY);
        assert_true(done || isnan(time_at(solver, (fm_point){3, 3})));
        march_from(solver, (fm_point){3.3, 3.1});
        double *field = field_of(solver, &medium);
        assert_same_fields(field, expected, fm_grid_nodes(&medium.grid));
        free(field);
    }
    assert_true(successes > 6);
    free(expected);
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

/* Only for the far sides of interfaces, of which every zone has its own. */
static void every_allocation_of_an_adjoint_may_fail(void **state)
{
    (void)state;
    fm_model model = two_layers(10, 8, 4, 3, 6);
    fm_medium medium = model_medium(&model, 0.5);
    fm_solver_options options = {.order = 2, .refine = 2, .adjoint = true};
    fm_solver *solver = solver_of(&medium, &model, &options);
    fm_point receiver = {7.1, 6.2};
    double weight = 1, expected = NAN;
    march_from(solver, (fm_point){3.3, 3.1});
    long successes = 0;
    for (bool done = false; !done; successes++) {
        fail_after(successes);
        fm_status status = fm_solver_adjoint(solver, &receiver, &weight, 1, NULL);
        done = !failed();
        assert_int_equal(status, done ? FM_OK : FM_NO_MEMORY);
        assert_true((fm_solver_sensitivity(solver, 0).kernel != NULL) == done);
        fm_solver_time(solver, receiver, &expected); /* the march is as it was */
        assert_true(expected > 0);
    }
    assert_true(successes == 3); /* what one attempt got the next one keeps */
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

static void marching_again_takes_no_more_memory(void **state)
{
    (void)state;
    fm_model model = two_layers(10, 8, 4, 3, 6);
    fm_medium medium = model_medium(&model, 0.5);
    fm_solver *solver = solver_with(&medium, &model, 2, 2, false);
    march_from(solver, (fm_point){3.3, 3.1});
    long start = blocks;
    for (uint64_t n = 0; n < 10; n++) {
        march_from(solver, (fm_point){10 * uniform(2 * n), 8 * uniform(2 * n + 1)});
        assert_true(blocks <= start);
    }
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
    fm_model_clear(&model);
}

/* A tracer and its first ray; the second takes what the first has left. */
static void every_allocation_of_a_ray_may_fail(void **state)
{
    (void)state;
    fm_medium medium = flat_medium(31, 31, gradient_slowness);
    fm_solver *solver = plain_solver(&medium);
    march_from(solver, (fm_point){3.3, 3.1});
    long successes = 0;
    for (bool done = false; !done; successes++) {
        fm_error error = {0};
        fm_tracer *tracer;
        fm_ray ray = {0};
        long start = blocks;
        fail_after(successes);
        fm_status status = fm_tracer_create(solver, &tracer, &error);
        assert_true((tracer != NULL) == (status == FM_OK));
        if (status == FM_OK) {
            fm_tracer_begin(tracer);
            status = fm_tracer_trace(tracer, (fm_point){27, 26}, &ray, &error);
            assert_true((ray.status == FM_RAY_REACHED) == (status == FM_OK));
            assert_true((ray.n > 0) == (status == FM_OK));
        }
        done = !failed();
        assert_int_equal(status, done ? FM_OK : FM_NO_MEMORY);
        assert_true(done || strstr(error.message, "ray"));
        if (tracer) { /* and the next ray is whole */
            fm_tracer_begin(tracer);
            status = fm_tracer_trace(tracer, (fm_point){27, 26}, &ray, &error);
            assert_int_equal(status, FM_OK);
            assert_int_equal(ray.status, FM_RAY_REACHED);
            long before = blocks;
            fm_tracer_trace(tracer, (fm_point){2, 26}, &ray, &error);
            assert_true(blocks == before);
        }
        fm_tracer_destroy(tracer);
        assert_true(blocks == start);
    }
    assert_true(successes >= 8);
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
}

static double noise(fm_point at)
{
    uint64_t cell = (uint64_t)(at.x) * 7919 + (uint64_t)(at.z);
    return uniform(cell) < 0.6 ? 0.01 : 10;
}

/* A front so ragged that the queue outgrows its first guess. */
static void a_queue_that_cannot_grow_ends_the_march(void **state)
{
    (void)state;
    enum { N = 301 };
    fm_medium medium = flat_medium(N, N, noise);
    fm_solver *solver = plain_solver(&medium);
    fm_error error = {0};
    fail_after(0);
    fm_status status = fm_solver_march(solver, (fm_point){150, 150}, NULL, 0, &error);
    assert_true(failed());
    assert_int_equal(status, FM_NO_MEMORY);
    assert_non_null(strstr(error.message, "queue"));
    march_from(solver, (fm_point){150, 150});
    assert_int_equal(fm_solver_accepted(solver), N * N);
    fm_solver_destroy(solver);
    fm_medium_clear(&medium);
}

/* Only its size is looked at, so that it needs no rows and no slowness. */
static void more_nodes_than_32_bits_can_number_are_refused(void **state)
{
    (void)state;
    fm_medium medium = {.grid = {.nx = 65535, .nz = 65536, .dx = 1}};
    fm_solver_options options = {.order = 2};
    fm_solver *solver;
    fm_error error = {0};
    assert_int_equal(fm_solver_create(&medium, NULL, &options, &solver, &error),
                     FM_BAD_INPUT);
    assert_null(solver);
    assert_non_null(strstr(error.message, "65535 x 65536 nodes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_of_a_solver_may_fail),
        cmocka_unit_test(every_allocation_of_a_march_may_fail),
        cmocka_unit_test(every_allocation_of_an_adjoint_may_fail),
        cmocka_unit_test(every_allocation_of_a_ray_may_fail),
        cmocka_unit_test(marching_again_takes_no_more_memory),
        cmocka_unit_test(a_queue_that_cannot_grow_ends_the_march),
        cmocka_unit_test(more_nodes_than_32_bits_can_number_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
