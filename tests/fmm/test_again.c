/* A solver is a workspace: what it did before leaves no trace, and two of them do not
 * meet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "fixture.h"

static const fm_point sources[] = {
    {5.3, 2.2}, {20, 6}, {0, 0}, {29.9, 14.1}, {12, 7.9}};
enum { SOURCES = sizeof sources / sizeof *sources };

/* Two layers, 30 x 20 km, boundary at 6 km; steps of 0.5 km. */
typedef struct two_layer_scene {
    fm_model model;
    fm_medium medium;
    size_t nodes;
} two_layer_scene;

static two_layer_scene new_scene(void)
{
    two_layer_scene new = {.model = two_layers(30, 20, 6, 3, 6)};
    new.medium = model_medium(&new.model, 0.5);
    new.nodes = fm_grid_nodes(&new.medium.grid);
    return new;
}

static void clear_scene(two_layer_scene *scene)
{
    fm_medium_clear(&scene->medium);
    fm_model_clear(&scene->model);
}

static fm_solver *refining_solver(const two_layer_scene *scene)
{
    return solver_with(&scene->medium, &scene->model, 2, 2, false);
}

static double *fresh_field(const two_layer_scene *scene, fm_point source)
{
    fm_solver *solver = refining_solver(scene);
    march_from(solver, source);
    double *field = field_of(solver, &scene->medium);
    fm_solver_destroy(solver);
    return field;
}

static void expect_fresh(const two_layer_scene *scene, fm_solver *used, fm_point source)
{
    march_from(used, source);
    double *field = field_of(used, &scene->medium);
    double *fresh = fresh_field(scene, source);
    assert_same_fields(field, fresh, scene->nodes);
    assert_true(fm_solver_accepted(used) == scene->nodes);
    free(fresh);
    free(field);
}

static void a_used_solver_gives_the_bytes_of_a_fresh_one(void **state)
{
    (void)state;
    two_layer_scene scene = new_scene();
    fm_solver *used = refining_solver(&scene);
    for (size_t n = 0; n < SOURCES; n++) {
        expect_fresh(&scene, used, sources[n]);
        expect_fresh(&scene, used, sources[n]);
    }
    fm_solver_destroy(used);
    clear_scene(&scene);
}

static void a_march_that_failed_or_stopped_early_leaves_no_trace(void **state)
{
    (void)state;
    two_layer_scene scene = new_scene();
    fm_solver *used = solver_with(&scene.medium, &scene.model, 2, 2, true);
    fm_point receiver = {6, 3}, outside = {31, 3};
    for (size_t n = 0; n < SOURCES; n++) {
        assert_int_equal(fm_solver_march(used, sources[n], &receiver, 1, NULL), FM_OK);
        expect_fresh(&scene, used, sources[n]);
        assert_int_equal(fm_solver_march(used, outside, NULL, 0, NULL), FM_BAD_INPUT);
        expect_fresh(&scene, used, sources[n]);
    }
    fm_solver_destroy(used);
    clear_scene(&scene);
}

static void expect_nothing(const two_layer_scene *scene, const fm_solver *solver)
{
    double time = 0;
    assert_false(fm_solver_time(solver, (fm_point){5, 5}, &time));
    assert_true(isnan(time));
    double *field = field_of(solver, &scene->medium);
    for (size_t node = 0; node < scene->nodes; node++) {
        assert_true(isnan(field[node]));
    }
    free(field);
    assert_int_equal(fm_solver_accepted(solver), 0);
}

static void before_a_march_and_after_a_failed_one_there_are_no_times(void **state)
{
    (void)state;
    two_layer_scene scene = new_scene();
    fm_solver *solver = refining_solver(&scene);
    expect_nothing(&scene, solver);
    march_from(solver, sources[0]);
    assert_int_equal(fm_solver_march(solver, (fm_point){-1, 3}, NULL, 0, NULL),
                     FM_BAD_INPUT);
    expect_nothing(&scene, solver);
    fm_solver_destroy(solver);
    clear_scene(&scene);
}

static bool stop_when_asked_often(const void *context)
{
    size_t *left = *(size_t *const *)context;
    return (*left)-- == 0;
}

/* Of 21,000 nodes, with the next step after 4096 comes a question. */
static void a_march_that_is_stopped_ends_without_times_and_leaves_no_trace(void **state)
{
    (void)state;
    two_layer_scene scene = {.model = two_layers(30, 20, 6, 3, 6)};
    scene.medium = model_medium(&scene.model, 0.17);
    scene.nodes = fm_grid_nodes(&scene.medium.grid);
    fm_solver *solver = refining_solver(&scene);
    size_t left = SIZE_MAX, *context = &left;
    fm_solver_watch(solver, stop_when_asked_often, (const void *)&context);
    march_from(solver, sources[0]);
    size_t questions = SIZE_MAX - left;
    assert_in_range(questions, 3, scene.nodes / 4096);
    for (left = 0; left < questions; left++) {
        size_t before = left;
        assert_int_equal(fm_solver_march(solver, sources[0], NULL, 0, NULL),
                         FM_CANCELLED);
        expect_nothing(&scene, solver);
        left = before;
    }
    left = questions;
    march_from(solver, sources[0]); /* one question more would have ended it */
    assert_int_equal(left, 0);
    fm_solver_watch(solver, NULL, NULL);
    expect_fresh(&scene, solver, sources[0]);
    fm_solver_destroy(solver);
    clear_scene(&scene);
}

typedef struct worker {
    const two_layer_scene *scene;
    fm_solver *solver;
    double *field[SOURCES];
} worker;

static void *march_all(void *argument)
{
    worker *job = argument;
    for (size_t n = 0; n < SOURCES; n++) {
        if (fm_solver_march(job->solver, sources[n], NULL, 0, NULL) == FM_OK) {
            fm_solver_field_f64(job->solver, job->field[n]);
        }
    }
    return NULL;
}

static void two_threads_on_one_medium_give_the_bytes_of_one(void **state)
{
    (void)state;
    enum { THREADS = 2 };
    two_layer_scene scene = new_scene();
    worker jobs[THREADS];
    pthread_t threads[THREADS];
    for (size_t t = 0; t < THREADS; t++) {
        jobs[t] = (worker){.scene = &scene, .solver = refining_solver(&scene)};
        for (size_t n = 0; n < SOURCES; n++) {
            jobs[t].field[n] = calloc(scene.nodes, sizeof(double));
            assert_non_null(jobs[t].field[n]);
        }
    }
    for (size_t t = 0; t < THREADS; t++) {
        assert_int_equal(pthread_create(&threads[t], NULL, march_all, &jobs[t]), 0);
    }
    for (size_t t = 0; t < THREADS; t++) {
        assert_int_equal(pthread_join(threads[t], NULL), 0);
    }
    for (size_t n = 0; n < SOURCES; n++) {
        double *alone = fresh_field(&scene, sources[n]);
        for (size_t t = 0; t < THREADS; t++) {
            assert_same_fields(jobs[t].field[n], alone, scene.nodes);
            free(jobs[t].field[n]);
        }
        free(alone);
    }
    for (size_t t = 0; t < THREADS; t++) {
        fm_solver_destroy(jobs[t].solver);
    }
    clear_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_used_solver_gives_the_bytes_of_a_fresh_one),
        cmocka_unit_test(a_march_that_failed_or_stopped_early_leaves_no_trace),
        cmocka_unit_test(
            a_march_that_is_stopped_ends_without_times_and_leaves_no_trace),
        cmocka_unit_test(before_a_march_and_after_a_failed_one_there_are_no_times),
        cmocka_unit_test(two_threads_on_one_medium_give_the_bytes_of_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
