/* Running a job on a pool: every pair gets its time, whatever the backend and from
 * whichever side the shots are marched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "build.h"
#include "forward/forward.h"

/* A sink that keeps everything. */
typedef struct kept {
    const fm_job *job;
    double *time;    /* [npairs] */
    uint8_t *status; /* [npairs] */
    void *fields;    /* [sources][nodes], or NULL */
    size_t width;    /* bytes of a field's value */
    size_t shots, failed, nodes;
    size_t refuse_after, stop_after; /* shots; 0: never */
    char failure[1024];
} kept;

static fm_status keep_shot(void *context, const fm_shot_result *result, fm_error *error)
{
    kept *k = context;
    k->shots++;
    if (result->status != FM_OK) {
        k->failed++;
        assert_int_equal(result->n, 0);
        snprintf(k->failure, sizeof k->failure, "%s", result->error->message);
    }
    for (size_t r = 0; r < result->n; r++) {
        assert_int_equal(k->status[result->row[r]], FM_PAIR_NOT_DONE);
        k->time[result->row[r]] = result->time_s[r];
        k->status[result->row[r]] = result->pair_status[r];
    }
    if (k->fields && result->status == FM_OK) {
        size_t size = fm_grid_nodes(&k->job->medium.grid) * k->width;
        size_t source = k->job->shots.shot[result->shot].origin;
        memcpy((char *)k->fields + source * size, result->field, size);
    } else {
        assert_null(result->field);
    }
    k->nodes += result->nodes;
    return k->refuse_after && k->shots >= k->refuse_after
               ? fm_fail(error, FM_IO_FAILED, "the disk is full")
               : FM_OK;
}

static bool keep_stop(void *context)
{
    const kept *k = context;
    return k->stop_after && k->shots >= k->stop_after;
}

static void kept_open(kept *k, const fm_job *job)
{
    *k = (kept){.job = job, .width = job->spec.fields_f64 ? 8 : 4};
    size_t n = job->survey.npairs + 1;
    k->time = calloc(n, sizeof *k->time);
    k->status = calloc(n, sizeof *k->status);
    if (job->spec.want_fields) {
        k->fields =
            calloc(job->survey.sources.n, fm_grid_nodes(&job->medium.grid) * k->width);
    }
}

static void kept_close(kept *k)
{
    free(k->time);
    free(k->status);
    free(k->fields);
}

static fm_status run(const fm_job *job, const char *backend, kept *k)
{
    fm_pool *pool = NULL;
    assert_int_equal(fm_pool_open(backend, fm_forward_kernels(), &pool, NULL), FM_OK);
    fm_forward_sink sink = {.context = k, .shot = keep_shot, .stop = keep_stop};
    fm_error error = {0};
    fm_status status = fm_forward_run(job, pool, &sink, &error);
    fm_pool_close(pool, false);
    return status;
}

static void prepared(fm_job *job, size_t sources, size_t receivers)
{
    build_job(job, sources, receivers);
    assert_int_equal(fm_job_prepare(job, NULL), FM_OK);
}

static void assert_straight_times(const fm_job *job, const kept *k)
{
    const fm_survey *survey = &job->survey;
    for (size_t p = 0; p < survey->npairs; p++) {
        fm_point a = survey->sources.point[survey->pair_source[p]];
        fm_point b = survey->receivers.point[survey->pair_receiver[p]];
        assert_int_equal(k->status[p], FM_PAIR_REACHED);
        double exact = hypot(a.x - b.x, a.z - b.z) / 4;
        assert_true(fabs(k->time[p] - exact) < 1e-10);
    }
}

static void every_pair_gets_its_time_from_either_side(void **state)
{
    (void)state;
    for (int allow = 0; allow < 2; allow++) {
        fm_job job;
        build_job(&job, 5, 3);
        job.spec.allow_reciprocal = allow;
        assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
        kept k;
        kept_open(&k, &job);
        assert_int_equal(run(&job, "serial", &k), FM_OK);
        assert_int_equal(k.shots, allow ? 3 : 5);
        assert_int_equal(k.failed, 0);
        assert_straight_times(&job, &k);
        kept_close(&k);
        fm_job_clear(&job);
    }
}

static void a_job_with_a_gradient(fm_job *job)
{
    build_job(job, 7, 9);
    job->model.kind = FM_MODEL_GRADIENT;
    job->model.speed = 2;
    job->model.gradient_x = 0.2;
    job->model.gradient_z = 0.5;
    job->spec.want_fields = true;
    assert_int_equal(fm_job_prepare(job, NULL), FM_OK);
}

static void threads_give_the_bytes_of_serial(void **state)
{
    (void)state;
    fm_job job;
    a_job_with_a_gradient(&job);
    size_t n = job.survey.npairs;
    size_t field_bytes = 7 * fm_grid_nodes(&job.medium.grid) * sizeof(float);
    kept serial;
    kept_open(&serial, &job);
    assert_int_equal(run(&job, "serial", &serial), FM_OK);
    const char *backends[] = {"threads:1", "threads:2", "threads:5", "serial"};
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        kept threads;
        kept_open(&threads, &job);
        assert_int_equal(run(&job, backends[i], &threads), FM_OK);
        assert_memory_equal(serial.time, threads.time, n * sizeof(double));
        assert_memory_equal(serial.status, threads.status, n);
        assert_memory_equal(serial.fields, threads.fields, field_bytes);
        kept_close(&threads);
    }
    kept_close(&serial);
    fm_job_clear(&job);
}

static void one_pool_runs_one_job_after_the_other(void **state)
{
    (void)state;
    fm_pool *pool = NULL;
    assert_int_equal(fm_pool_open("threads:2", fm_forward_kernels(), &pool, NULL),
                     FM_OK);
    for (size_t receivers = 1; receivers < 5; receivers++) {
        fm_job job;
        prepared(&job, 4, receivers);
        kept k;
        kept_open(&k, &job);
        fm_forward_sink sink = {.context = &k, .shot = keep_shot};
        assert_int_equal(fm_forward_run(&job, pool, &sink, NULL), FM_OK);
        assert_straight_times(&job, &k);
        kept_close(&k);
        fm_job_clear(&job);
    }
    fm_pool_close(pool, true);
}

/* Receivers close to the sources, so that an early stop would leave most of the grid.
 */
static void fields_are_whole_in_either_precision(void **state)
{
    (void)state;
    for (int f64 = 0; f64 < 2; f64++) {
        fm_job job;
        build_job(&job, 2, 2);
        job.survey.receivers.point[0] = (fm_point){0.4, 0.3};
        job.survey.receivers.point[1] = (fm_point){9.6, 0.3};
        job.spec.want_fields = true;
        job.spec.fields_f64 = f64;
        assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
        kept k;
        kept_open(&k, &job);
        assert_int_equal(run(&job, "serial", &k), FM_OK);
        size_t nodes = fm_grid_nodes(&job.medium.grid);
        assert_int_equal(k.nodes, 2 * nodes);
        for (size_t i = 0; i < 2 * nodes; i++) {
            fm_point source = job.survey.sources.point[i / nodes];
            double x = fm_grid_x(&job.medium.grid, i % nodes % job.medium.grid.nx);
            double z = job.medium.grid.z[i % nodes / job.medium.grid.nx];
            double exact = hypot(x - source.x, z - source.z) / 4;
            double time = f64 ? ((double *)k.fields)[i] : ((float *)k.fields)[i];
            assert_true(fabs(time - exact) < (f64 ? 1e-10 : 1e-6));
        }
        kept_close(&k);
        fm_job_clear(&job);
    }
}

static void without_fields_the_march_stops_early_with_the_same_times(void **state)
{
    (void)state;
    kept k[2];
    fm_job job[2];
    for (int early = 0; early < 2; early++) {
        a_job_with_a_gradient(&job[early]);
        job[early].spec.want_fields = false;
        job[early].spec.solver.stop_early = early;
        kept_open(&k[early], &job[early]);
        assert_int_equal(run(&job[early], "serial", &k[early]), FM_OK);
    }
    assert_true(k[1].nodes < k[0].nodes);
    assert_memory_equal(k[0].time, k[1].time, job[0].survey.npairs * sizeof(double));
    for (int early = 0; early < 2; early++) {
        kept_close(&k[early]);
        fm_job_clear(&job[early]);
    }
}

/* A wall from top to bottom at 5 km; sources on both sides of it. */
static void pairs_across_a_wall_are_unreachable_from_either_side(void **state)
{
    (void)state;
    for (int allow = 0; allow < 2; allow++) {
        fm_job job;
        build_job(&job, 4, 2);
        build_wall(&job, 10, 11);
        job.spec.allow_reciprocal = allow;
        assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
        kept k;
        kept_open(&k, &job);
        assert_int_equal(run(&job, "threads:2", &k), FM_OK);
        for (size_t p = 0; p < job.survey.npairs; p++) {
            bool west = job.survey.pair_source[p] < 2;
            bool same = west == (job.survey.pair_receiver[p] == 0);
            assert_int_equal(k.status[p], same ? FM_PAIR_REACHED : FM_PAIR_UNREACHABLE);
            assert_int_equal(isnan(k.time[p]) != 0, !same);
        }
        kept_close(&k);
        fm_job_clear(&job);
    }
}

static void a_masked_receiver_is_unreachable_from_either_side(void **state)
{
    (void)state;
    for (int allow = 0; allow < 2; allow++) {
        fm_job job;
        build_job(&job, 3, 2);
        build_wall(&job, 16, 20);
        job.survey.sources.point[2].x = 2; /* 9.7 would be masked as well */
        job.spec.allow_reciprocal = allow;
        assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
        kept k;
        kept_open(&k, &job);
        assert_int_equal(run(&job, "serial", &k), FM_OK);
        assert_int_equal(k.failed, 0);
        for (size_t p = 0; p < job.survey.npairs; p++) {
            assert_int_equal(k.status[p], job.survey.pair_receiver[p] == 0
                                              ? FM_PAIR_REACHED
                                              : FM_PAIR_UNREACHABLE);
        }
        kept_close(&k);
        fm_job_clear(&job);
    }
}

/* The time is over before the first question is asked. */
static void a_shot_that_takes_too_long_is_given_up(void **state)
{
    (void)state;
    const char *specs[] = {"serial,timeout=1e-9", "threads:2,timeout=1e-9"};
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        fm_job job;
        prepared(&job, 3, 3);
        kept k;
        kept_open(&k, &job);
        assert_int_equal(run(&job, specs[i], &k), FM_OK);
        assert_int_equal(k.failed, 3);
        assert_string_equal(k.failure, "not done within the time-out of 1e-09 s");
        kept_close(&k);
        fm_job_clear(&job);
    }
}

static void a_shot_that_fails_says_why_and_the_others_are_done(void **state)
{
    (void)state;
    fm_job job;
    prepared(&job, 3, 3);
    job.survey.sources.point[1].z = 99; /* behind the back of fm_job_prepare */
    kept k;
    kept_open(&k, &job);
    assert_int_equal(run(&job, "threads:2", &k), FM_OK);
    assert_int_equal(k.shots, 3);
    assert_int_equal(k.failed, 1);
    assert_non_null(strstr(k.failure, "99"));
    for (size_t p = 0; p < 9; p++) {
        assert_int_equal(k.status[p], job.survey.pair_source[p] == 1 ? FM_PAIR_NOT_DONE
                                                                     : FM_PAIR_REACHED);
    }
    kept_close(&k);
    fm_job_clear(&job);
}

static void an_error_of_the_sink_ends_the_run(void **state)
{
    (void)state;
    fm_job job;
    prepared(&job, 20, 20);
    kept k;
    kept_open(&k, &job);
    k.refuse_after = 2;
    assert_int_equal(run(&job, "threads:2", &k), FM_IO_FAILED);
    assert_int_equal(k.shots, 2);
    kept_close(&k);
    fm_job_clear(&job);
}

static void asked_to_stop_the_run_is_interrupted(void **state)
{
    (void)state;
    fm_job job;
    prepared(&job, 40, 40);
    kept k;
    kept_open(&k, &job);
    k.stop_after = 3;
    assert_int_equal(run(&job, "threads:2", &k), FM_INTERRUPTED);
    assert_true(k.shots >= 3 && k.shots < 40);
    kept_close(&k);
    fm_job_clear(&job);
}

static void the_plan_counts_what_the_run_will_do(void **state)
{
    (void)state;
    fm_job job;
    prepared(&job, 5, 3);
    fm_plan one = fm_forward_plan(&job, 1), two = fm_forward_plan(&job, 2);
    assert_int_equal(one.shots, 3);
    assert_int_equal(one.pairs, 15);
    assert_int_equal(one.nodes, 101 * 51);
    assert_int_equal(two.workers, 2);
    assert_true(two.memory_bytes >=
                one.memory_bytes +
                    fm_solver_bytes(&job.medium, &job.model, &job.spec.solver));
    assert_true(two.seconds < one.seconds && two.seconds > 0);
    fm_job_clear(&job);
}

static void the_plan_knows_that_near_receivers_stop_the_march_early(void **state)
{
    (void)state;
    fm_job job;
    build_job(&job, 1, 1);
    job.survey.receivers.point[0] = (fm_point){5.6, 0.4};
    assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
    double early = fm_forward_plan(&job, 1).seconds;
    job.spec.solver.stop_early = false;
    assert_true(early < 0.1 * fm_forward_plan(&job, 1).seconds);
    fm_job_clear(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_gets_its_time_from_either_side),
        cmocka_unit_test(threads_give_the_bytes_of_serial),
        cmocka_unit_test(one_pool_runs_one_job_after_the_other),
        cmocka_unit_test(fields_are_whole_in_either_precision),
        cmocka_unit_test(without_fields_the_march_stops_early_with_the_same_times),
        cmocka_unit_test(pairs_across_a_wall_are_unreachable_from_either_side),
        cmocka_unit_test(a_masked_receiver_is_unreachable_from_either_side),
        cmocka_unit_test(a_shot_that_takes_too_long_is_given_up),
        cmocka_unit_test(a_shot_that_fails_says_why_and_the_others_are_done),
        cmocka_unit_test(an_error_of_the_sink_ends_the_run),
        cmocka_unit_test(asked_to_stop_the_run_is_interrupted),
        cmocka_unit_test(the_plan_counts_what_the_run_will_do),
        cmocka_unit_test(the_plan_knows_that_near_receivers_stop_the_march_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
