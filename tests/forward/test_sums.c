/* The sum over sources: exactly that of the fields, in whatever order and on whatever
 * backend they were added, over the shots that were done and no others. (That mean and
 * deviation are right to the last digit is shown in tests/endtoend/test_sums.py.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "build.h"
#include "sums.h"

enum { PARTS = 4 };

/* A sink that keeps the fields and the sums. */
typedef struct kept {
    const fm_job *job;
    double *field;       /* [sources][nodes], if fields are wanted; NaN: not done */
    fm_shot_sums sums;   /* with a copy of the numbers */
    size_t calls, shots; /* of sums; shots that came */
    size_t stop_after;   /* 0: never */
    bool refuse;
    char failure[1024];
} kept;

static fm_status keep_shot(void *context, const fm_shot_result *result, fm_error *error)
{
    (void)error;
    kept *k = context;
    size_t nodes = fm_grid_nodes(&k->job->medium.grid);
    k->shots++;
    if (result->status != FM_OK) {
        snprintf(k->failure, sizeof k->failure, "%s", result->error->message);
    } else if (result->field) {
        memcpy(k->field + k->job->shots.shot[result->shot].origin * nodes,
               result->field, nodes * sizeof(double));
    }
    return FM_OK;
}

static bool keep_stop(void *context)
{
    const kept *k = context;
    return k->stop_after && k->shots >= k->stop_after;
}

static size_t bytes_of(const fm_shot_sums *sums)
{
    return (sums->counted ? 4 : 3) * sums->nodes * sizeof(fm_fixed);
}

static fm_status keep_sums(void *context, const fm_shot_sums *sums, fm_error *error)
{
    kept *k = context;
    k->calls++;
    k->sums = *sums;
    fm_fixed *copy = malloc(bytes_of(sums));
    memcpy(copy, sums->exact, bytes_of(sums));
    k->sums.exact = copy;
    return k->refuse ? fm_fail(error, FM_IO_FAILED, "the disk is full") : FM_OK;
}

static void kept_open(kept *k, const fm_job *job)
{
    *k = (kept){.job = job};
    size_t n = job->survey.sources.n * fm_grid_nodes(&job->medium.grid);
    k->field = malloc(n * sizeof *k->field);
    for (size_t i = 0; i < n; i++) {
        k->field[i] = NAN;
    }
}

static void kept_close(kept *k)
{
    free(k->field);
    free((void *)k->sums.exact);
}

static fm_status run(const char *backend, kept *k)
{
    fm_pool *pool = NULL;
    assert_int_equal(fm_pool_open(backend, fm_forward_kernels(), &pool, NULL), FM_OK);
    fm_forward_sink sink = {
        .context = k, .shot = keep_shot, .stop = keep_stop, .sums = keep_sums};
    fm_error error = {0};
    fm_status status = fm_forward_run(k->job, pool, &sink, &error);
    fm_pool_close(pool, false);
    return status;
}

/* Speeds that grow downwards, sources off the nodes. */
static void a_job(fm_job *job, size_t sources)
{
    build_job(job, sources, 3);
    job->model.kind = FM_MODEL_GRADIENT;
    job->model.speed = 2;
    job->model.gradient_x = 0.2;
    job->model.gradient_z = 0.5;
    for (size_t s = 0; s < sources; s++) {
        job->survey.sources.point[s].x += 0.0371;
        job->survey.sources.point[s].z += 0.0113 * (double)(s + 1);
    }
    job->spec.want_times = false;
    job->spec.want_sum = true;
    job->spec.want_fields = job->spec.fields_f64 = true;
}

static void prepare(fm_job *job)
{
    fm_error error = {0};
    if (fm_job_prepare(job, &error) != FM_OK) {
        fail_msg("%s", error.message);
    }
}

/* Added on a scale of the test's own, sources from `first` on, in steps of `step`. */
static double exact_sum(const kept *k, size_t node, size_t first, size_t step)
{
    const int lsb = -85; /* below 1024 s */
    size_t n = k->job->survey.sources.n;
    fm_fixed sum = {0, 0};
    for (size_t i = 0, s = first; i < n; i++, s = (s + step) % n) {
        double t = k->field[s * k->sums.nodes + node];
        if (!isnan(t)) {
            assert_int_equal(fm_fixed_add_doubles(&sum, &sum, &t, 1, lsb), 1);
        }
    }
    return fm_fixed_to_double(sum, lsb);
}

static size_t arrived(const kept *k, size_t node)
{
    size_t n = 0;
    for (size_t s = 0; s < k->job->survey.sources.n; s++) {
        n += isnan(k->field[s * k->sums.nodes + node]) ? 0 : 1;
    }
    return n;
}

/* Every node's count and sum are those of the fields. */
static void assert_sums_of_fields(const kept *k)
{
    for (size_t i = 0; i < k->sums.nodes; i++) {
        fm_moments m = fm_shot_sums_at(&k->sums, i);
        size_t n = arrived(k, i);
        assert_int_equal(m.count, n);
        if (n > 0) {
            assert_true(m.sum == exact_sum(k, i, 0, 1));
            assert_true(m.mean == m.sum / (double)n);
            assert_true(m.square_sum * (double)n >= m.sum * m.sum * (1 - 1e-15));
        } else {
            assert_true(isnan(m.sum) && isnan(m.square_sum));
            assert_true(isnan(m.mean) && isnan(m.deviation));
        }
    }
}

static void the_sum_is_exactly_that_of_the_fields(void **state)
{
    (void)state;
    fm_job job;
    a_job(&job, 7);
    prepare(&job);
    kept k;
    kept_open(&k, &job);
    assert_int_equal(run("threads:2", &k), FM_OK);
    assert_int_equal(k.calls, 1);
    assert_int_equal(k.sums.shots, 7);
    assert_int_equal(k.sums.nodes, fm_grid_nodes(&job.medium.grid));
    assert_sums_of_fields(&k);
    kept_close(&k);
    fm_job_clear(&job);
}

static double plain_sum(const kept *k, size_t node, size_t first, size_t step)
{
    double sum = 0;
    size_t n = k->job->survey.sources.n;
    for (size_t i = 0, s = first; i < n; i++, s = (s + step) % n) {
        sum += k->field[s * k->sums.nodes + node];
    }
    return sum;
}

static void plain_sums_depend_on_the_order_and_these_do_not(void **state)
{
    (void)state;
    fm_job job;
    a_job(&job, 7);
    prepare(&job);
    kept k;
    kept_open(&k, &job);
    assert_int_equal(run("serial", &k), FM_OK);
    size_t plain = 0;
    for (size_t i = 0; i < k.sums.nodes; i++) {
        double sum = fm_shot_sums_at(&k.sums, i).sum;
        plain += plain_sum(&k, i, 0, 1) != plain_sum(&k, i, 6, 3);
        for (size_t step = 1; step < 7; step++) {
            assert_true(exact_sum(&k, i, 7 - step, step) == sum);
        }
    }
    assert_true(plain > k.sums.nodes / 10);
    kept_close(&k);
    fm_job_clear(&job);
}

static void every_backend_gives_the_same_numbers(void **state)
{
    (void)state;
    const char *backends[] = {"threads:1", "threads:2", "threads:7", "serial"};
    for (int masked = 0; masked < 2; masked++) {
        fm_job job;
        a_job(&job, 9);
        job.spec.want_fields = false;
        if (masked) {
            build_wall(&job, 9, 9);
        }
        prepare(&job);
        kept serial;
        kept_open(&serial, &job);
        assert_int_equal(run("serial", &serial), FM_OK);
        assert_int_equal(serial.sums.counted, masked);
        for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
            kept k;
            kept_open(&k, &job);
            assert_int_equal(run(backends[i], &k), FM_OK);
            assert_int_equal(k.sums.shots, 9);
            assert_int_equal(k.sums.exponent, serial.sums.exponent);
            assert_memory_equal(k.sums.exact, serial.sums.exact, bytes_of(&k.sums));
            kept_close(&k);
        }
        kept_close(&serial);
        fm_job_clear(&job);
    }
}

/* A wall with sources on both sides of it: each wave stays on its side. */
static void masked_and_unreached_nodes_are_not_counted(void **state)
{
    (void)state;
    fm_job job;
    a_job(&job, 4);
    build_wall(&job, 10, 11);
    job.survey.sources.point[3].x = 2; /* three in the west, one in the east */
    prepare(&job);
    kept k;
    kept_open(&k, &job);
    assert_int_equal(run("threads:2", &k), FM_OK);
    assert_sums_of_fields(&k);
    size_t seen[5] = {0};
    for (size_t i = 0; i < k.sums.nodes; i++) {
        seen[fm_shot_sums_at(&k.sums, i).count]++;
    }
    assert_true(seen[0] > 0 && seen[1] > 0 && seen[3] > 0);
    assert_true(seen[2] == 0 && seen[4] == 0);
    kept_close(&k);
    fm_job_clear(&job);
}

/* Receivers close to the sources, so that an early stop would leave most of the grid,
 * and fewer of them, so that reciprocity would pay. */
static void the_sum_alone_marches_the_whole_grid_from_the_sources(void **state)
{
    (void)state;
    fm_job job;
    a_job(&job, 4);
    job.spec.want_fields = false;
    job.spec.want_times = true;
    for (size_t r = 0; r < 3; r++) {
        job.survey.receivers.point[r] = (fm_point){0.4 + 0.1 * (double)r, 0.3};
    }
    prepare(&job);
    assert_false(job.shots.reciprocal);
    kept k;
    kept_open(&k, &job);
    assert_int_equal(run("serial", &k), FM_OK);
    assert_string_equal(k.failure, "");
    for (size_t i = 0; i < k.sums.nodes; i++) {
        assert_int_equal(fm_shot_sums_at(&k.sums, i).count, 4);
    }
    kept_close(&k);
    fm_job_clear(&job);
}

static void equal_fields_have_no_deviation(void **state)
{
    (void)state;
    for (size_t n = 1; n < 8; n += 3) {
        fm_job job;
        a_job(&job, n);
        for (size_t s = 0; s < n; s++) {
            job.survey.sources.point[s] = (fm_point){3.137, 2.719};
        }
        prepare(&job);
        kept k;
        kept_open(&k, &job);
        assert_int_equal(run("threads:2", &k), FM_OK);
        for (size_t i = 0; i < k.sums.nodes; i++) {
            fm_moments m = fm_shot_sums_at(&k.sums, i);
            assert_true(m.deviation == 0);
            assert_true(fabs(m.mean - k.field[i]) <= 2e-16 * k.field[i]);
            assert_true(n > 1 || m.sum == k.field[i]);
        }
        kept_close(&k);
        fm_job_clear(&job);
    }
}

static void without_sum_nobody_is_told_of_one(void **state)
{
    (void)state;
    fm_job job;
    a_job(&job, 2);
    job.spec.want_sum = false;
    prepare(&job);
    kept k;
    kept_open(&k, &job);
    assert_int_equal(run("serial", &k), FM_OK);
    assert_int_equal(k.calls, 0);
    kept_close(&k);
    fm_job_clear(&job);
}

/* ---- not all shots ---- */

static void a_failed_shot_is_not_in_the_sum(void **state)
{
    (void)state;
    fm_job job;
    a_job(&job, 4);
    prepare(&job);
    job.survey.sources.point[1].z = 99; /* behind the back of fm_job_prepare */
    kept k;
    kept_open(&k, &job);
    assert_int_equal(run("threads:2", &k), FM_OK);
    assert_int_equal(k.shots, 4);
    assert_int_equal(k.sums.shots, 3);
    assert_sums_of_fields(&k);
    kept_close(&k);
    fm_job_clear(&job);
}

static void a_run_that_is_stopped_has_the_sum_of_what_was_done(void **state)
{
    (void)state;
    fm_job job;
    a_job(&job, 40);
    prepare(&job);
    kept k;
    kept_open(&k, &job);
    k.stop_after = 3;
    assert_int_equal(run("threads:2", &k), FM_INTERRUPTED);
    assert_int_equal(k.calls, 1);
    assert_true(k.sums.shots == k.shots && k.shots >= 3 && k.shots < 40);
    assert_sums_of_fields(&k);
    kept_close(&k);
    fm_job_clear(&job);
}

static void a_sink_that_cannot_take_the_sums_fails_the_run(void **state)
{
    (void)state;
    fm_job job;
    a_job(&job, 2);
    prepare(&job);
    kept k;
    kept_open(&k, &job);
    k.refuse = true;
    assert_int_equal(run("serial", &k), FM_IO_FAILED);
    kept_close(&k);
    fm_job_clear(&job);
}

/* The grid around the source is made from the model, which here is not the medium's. */
static void a_time_beyond_the_scale_fails_its_shot(void **state)
{
    (void)state;
    fm_job job;
    a_job(&job, 1);
    job.model.kind = FM_MODEL_CONSTANT;
    job.model.speed = 4;
    job.spec.solver.refine = 2;
    prepare(&job);
    job.model.speed = 1e-9;
    kept k;
    kept_open(&k, &job);
    assert_int_equal(run("serial", &k), FM_OK);
    assert_non_null(strstr(k.failure, "the time at x "));
    assert_non_null(strstr(k.failure, "the sum over sources takes times below "));
    assert_int_equal(k.sums.shots, 0);
    assert_int_equal(fm_shot_sums_at(&k.sums, 0).count, 0);
    kept_close(&k);
    fm_job_clear(&job);
}

/* ---- the scale ---- */

static void missing_and_large_times_are_found(void **state)
{
    (void)state;
    double addend[PARTS * 3] = {1, NAN, 3};
    fm_sum_scale scale = {.exponent = 2, .counted = true};
    assert_int_equal(fm_sums_fill(&scale, 3, addend), 3);
    const double expected[] = {1, 0, 3, 1, 0, 9, 0, 0, 0, 1, 0, 1};
    assert_memory_equal(addend, expected, sizeof expected);
    double large[PARTS * 3] = {1, 2, 4};
    assert_int_equal(fm_sums_fill(&scale, 3, large), 2);
    double infinite[PARTS * 3] = {1, INFINITY, 1};
    assert_int_equal(fm_sums_fill(&scale, 3, infinite), 1);
    double missing[PARTS * 3] = {1, NAN, 1};
    scale.counted = false;
    assert_int_equal(fm_sums_fill(&scale, 3, missing), 1);
}

static void a_square_is_kept_whole_in_two_numbers(void **state)
{
    (void)state;
    double addend[3] = {1234.567890123456789};
    const fm_sum_scale scale = {.exponent = 11};
    assert_int_equal(fm_sums_fill(&scale, 1, addend), 1);
    assert_true(addend[1] == addend[0] * addend[0]);
    assert_true(addend[2] == fma(addend[0], addend[0], -addend[1]) && addend[2] != 0);
}

static double latest(const kept *k)
{
    double t = 0;
    for (size_t i = 0; i < k->job->survey.sources.n * k->sums.nodes; i++) {
        t = fmax(t, k->field[i]);
    }
    return t;
}

/* Walls that leave a gap at alternate ends: the wave winds down between them. */
static void build_maze(fm_job *job)
{
    build_wall(job, 21, 21);
    fm_model *model = &job->model;
    for (size_t n = 0; n < model->nx * model->nz; n++) {
        size_t column = n % model->nx, row = n / model->nx;
        bool gap = row % 4 == 2 ? column == 20 : column == 0;
        model->values[n] = row % 2 == 0 && row > 0 && !gap ? NAN : 4;
    }
}

static void no_time_reaches_the_bound_and_none_is_lost_in_it(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        fm_job job;
        a_job(&job, 2);
        if (kind == 1) {
            build_maze(&job);
        } else if (kind > 1) {
            fm_model *model = &job.model;
            model->geometry = kind == 2 ? FM_GEOGRAPHIC : FM_POLAR;
            model->radius_km = 6371;
            model->z_min = kind == 2 ? 0 : 6371 - 5;
            model->z_max = model->z_min + 5;
            model->gradient_x = model->gradient_z = 0;
            for (size_t s = 0; s < 2 && kind == 3; s++) {
                job.survey.sources.point[s].z += model->z_min;
            }
            for (size_t r = 0; r < 3 && kind == 3; r++) {
                job.survey.receivers.point[r].z += model->z_min;
            }
        }
        prepare(&job);
        kept k;
        kept_open(&k, &job);
        assert_int_equal(run("serial", &k), FM_OK);
        assert_string_equal(k.failure, "");
        double bound = ldexp(1, k.sums.exponent);
        assert_true(latest(&k) < bound && latest(&k) > bound * 0x1p-20);
        assert_int_equal(k.sums.counted, kind == 1);
        kept_close(&k);
        fm_job_clear(&job);
    }
}

static void the_bound_follows_the_slowest_speed(void **state)
{
    (void)state;
    int exponent[2];
    for (int slow = 0; slow < 2; slow++) {
        fm_job job;
        build_job(&job, 1, 1);
        job.model.speed = slow ? 4.0 / 1024 : 4;
        prepare(&job);
        exponent[slow] = fm_sums_scale(&job.medium).exponent;
        fm_job_clear(&job);
    }
    assert_int_equal(exponent[1], exponent[0] + 10);
}

/* ---- mean and deviation ---- */

/* The moments of times, n of each, at a node beside another. */
static fm_moments moments_of(const double *time, size_t ntimes, size_t n, int exponent)
{
    enum { NODES = 2 };
    const fm_sum_scale scale = {.exponent = exponent};
    const fm_sum_shape shape = fm_sums_shape(&scale, NODES);
    fm_fixed exact[3 * NODES] = {{0, 0}};
    for (size_t t = 0; t < ntimes * n; t++) {
        double addend[3 * NODES] = {time[0] / 2, time[t % ntimes]};
        assert_int_equal(fm_sums_fill(&scale, NODES, addend), NODES);
        for (size_t p = 0; p < 3; p++) {
            fm_fixed_add_doubles(exact + p * NODES, exact + p * NODES,
                                 addend + p * NODES, NODES, shape.part[p].lsb);
        }
    }
    const fm_shot_sums sums = {
        .shots = ntimes * n, .nodes = NODES, .exponent = exponent, .exact = exact};
    return fm_shot_sums_at(&sums, 1);
}

/* S2 - S1^2 / n in doubles would be noise of 1e-4 s here. */
static void nearly_equal_times_have_their_deviation(void **state)
{
    (void)state;
    const double d = 0x1p-40;
    const double time[] = {3000 - d, 3000 + d};
    for (int exponent = 12; exponent < 25; exponent++) {
        for (size_t n = 1; n < 2000; n = 3 * n + 1) {
            fm_moments m = moments_of(time, 2, n, exponent);
            assert_int_equal(m.count, 2 * n);
            assert_true(m.sum == 6000 * (double)n && m.mean == 3000);
            assert_true(m.deviation == d);
            assert_true(m.square_sum == 2 * (double)n * 9e6);
        }
    }
}

/* The smallest differences there are: here a unit of the arithmetic is 2^-46 of the
 * variance, which a double shows. */
static void neighbouring_doubles_have_their_deviation(void **state)
{
    (void)state;
    for (int e = 0; e < 30; e++) {
        const double least = ldexp(1, e - 20), next = least + ldexp(1, e - 72);
        assert_true(next == nextafter(least, INFINITY));
        const double time[] = {least, next};
        assert_true(moments_of(time, 2, 1, e).deviation == ldexp(1, e - 73));
    }
}

/* 1 + 2^-53, halfway between two doubles, and with a little more beyond it. */
static void the_sum_of_squares_is_rounded_once(void **state)
{
    (void)state;
    const int e = 10, lsb = 2 * e - FM_FIXED_ADDEND_BITS;
    for (unsigned more = 0; more < 2; more++) {
        const fm_fixed exact[3] = {
            {0, 0}, {(uint64_t)1 << 40, (int64_t)1 << 29}, {more, 0}};
        const fm_shot_sums sums = {
            .shots = 1, .nodes = 1, .exponent = e, .exact = exact};
        double expected = ldexp(1 + more * 0x1p-52, 93 + lsb);
        assert_true(fm_shot_sums_at(&sums, 0).square_sum == expected);
    }
}

static void moments_hold_from_the_smallest_scale_to_the_largest(void **state)
{
    (void)state;
    for (int e = -400; e <= 400; e += 50) {
        const double time[] = {ldexp(0.5, e), ldexp(0.75, e)};
        fm_moments m = moments_of(time, 2, 3, e);
        assert_true(m.sum == ldexp(3.75, e) && m.mean == ldexp(0.625, e));
        assert_true(m.deviation == ldexp(0.125, e));
        assert_true(m.square_sum == ldexp(3 * 0.8125, 2 * e));
    }
}

/* As many shots as a sum can take, with the latest times it can take. */
static void the_longest_arithmetic_does_not_overflow(void **state)
{
    (void)state;
    const size_t n = (size_t)1 << 31;
    const int e = 20;
    const uint64_t ones = UINT64_MAX;
    /* 2^30 times 0 and 2^30 times 2^e (1 - 2^-95), which is no double but a number. */
    const fm_fixed half[3] = {
        {ones - (((uint64_t)1 << 30) - 1), ((int64_t)1 << 61) - 1},
        {ones - (((uint64_t)1 << 31) - 1), ((int64_t)1 << 61) - 1},
        {0, 0}};
    const fm_shot_sums sums = {
        .shots = n - 1, .nodes = 1, .exponent = e, .exact = half};
    fm_moments m = fm_shot_sums_at(&sums, 0);
    assert_true(fabs(m.mean / ldexp(0.5, e) - 1) < 1e-9);
    assert_true(fabs(m.deviation / ldexp(0.5, e) - 1) < 1e-9);
}

static void the_plan_counts_the_sums_of_every_worker(void **state)
{
    (void)state;
    double bytes[2][2];
    fm_job job;
    a_job(&job, 3);
    prepare(&job);
    for (int sum = 0; sum < 2; sum++) {
        job.spec.want_sum = sum;
        bytes[sum][0] = fm_forward_plan(&job, 1).memory_bytes;
        bytes[sum][1] = fm_forward_plan(&job, 3).memory_bytes;
    }
    double nodes = (double)fm_grid_nodes(&job.medium.grid);
    assert_true(bytes[1][0] - bytes[0][0] == 3 * (16 + 24) * nodes);
    assert_true(bytes[1][1] - bytes[0][1] == 3 * (16 + 3 * 24) * nodes);
    fm_job_clear(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sum_is_exactly_that_of_the_fields),
        cmocka_unit_test(plain_sums_depend_on_the_order_and_these_do_not),
        cmocka_unit_test(every_backend_gives_the_same_numbers),
        cmocka_unit_test(masked_and_unreached_nodes_are_not_counted),
        cmocka_unit_test(the_sum_alone_marches_the_whole_grid_from_the_sources),
        cmocka_unit_test(equal_fields_have_no_deviation),
        cmocka_unit_test(without_sum_nobody_is_told_of_one),
        cmocka_unit_test(a_failed_shot_is_not_in_the_sum),
        cmocka_unit_test(a_run_that_is_stopped_has_the_sum_of_what_was_done),
        cmocka_unit_test(a_sink_that_cannot_take_the_sums_fails_the_run),
        cmocka_unit_test(a_time_beyond_the_scale_fails_its_shot),
        cmocka_unit_test(missing_and_large_times_are_found),
        cmocka_unit_test(a_square_is_kept_whole_in_two_numbers),
        cmocka_unit_test(no_time_reaches_the_bound_and_none_is_lost_in_it),
        cmocka_unit_test(the_bound_follows_the_slowest_speed),
        cmocka_unit_test(nearly_equal_times_have_their_deviation),
        cmocka_unit_test(neighbouring_doubles_have_their_deviation),
        cmocka_unit_test(the_sum_of_squares_is_rounded_once),
        cmocka_unit_test(moments_hold_from_the_smallest_scale_to_the_largest),
        cmocka_unit_test(the_longest_arithmetic_does_not_overflow),
        cmocka_unit_test(the_plan_counts_the_sums_of_every_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
