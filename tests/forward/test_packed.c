/* The job as flat bytes: what a worker sees is what was packed, wherever it lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "build.h"
#include "packed.h"

/* The bytes at another address, the first copy gone: as if in another process. */
static fm_bytes moved(fm_bytes bytes)
{
    void *copy = malloc(bytes.size);
    memcpy(copy, bytes.data, bytes.size);
    free((void *)bytes.data);
    return (fm_bytes){copy, bytes.size};
}

static void assert_same_medium(const fm_medium *a, const fm_medium *b)
{
    size_t nodes = fm_grid_nodes(&a->grid);
    assert_int_equal(fm_grid_nodes(&b->grid), nodes);
    assert_memory_equal(a->grid.z, b->grid.z, a->grid.nz * sizeof(double));
    assert_memory_equal(a->slowness, b->slowness, nodes * sizeof(double));
    assert_int_equal(a->ninterfaces, b->ninterfaces);
    assert_memory_equal(a->interface_row, b->interface_row,
                        a->ninterfaces * sizeof(size_t));
    assert_memory_equal(a->slowness_beyond, b->slowness_beyond,
                        a->ninterfaces * a->grid.nx * sizeof(double));
}

/* Every shot starts where it should, and reads where its rows' pairs end. */
static void assert_same_shots(const fm_job *job, const job_view *view)
{
    const fm_shots *shots = &job->shots;
    assert_int_equal(shots->n, view->nshots);
    assert_int_equal(shots->reciprocal, view->reciprocal);
    assert_memory_equal(shots->shot, view->shot, shots->n * sizeof(fm_shot));
    for (size_t s = 0; s < shots->n; s++) {
        fm_point origin = fm_shots_origin(shots, &job->survey, s);
        assert_memory_equal(&origin, &view->origin[view->shot[s].origin],
                            sizeof origin);
        for (size_t r = shots->shot[s].begin; r < shots->shot[s].end; r++) {
            fm_point target = fm_shots_target(shots, &job->survey, shots->row[r]);
            assert_memory_equal(&target, &view->station[view->target[r]],
                                sizeof target);
        }
    }
}

static void assert_survives_the_journey(fm_job *job)
{
    assert_int_equal(fm_job_prepare(job, NULL), FM_OK);
    fm_bytes bytes;
    assert_int_equal(fm_packed_create(job, &bytes, NULL), FM_OK);
    assert_true((double)bytes.size == fm_packed_bytes(job));
    bytes = moved(bytes);
    job_view view;
    assert_int_equal(fm_packed_view(bytes, &view, NULL), FM_OK);
    assert_same_medium(&job->medium, &view.medium);
    assert_same_shots(job, &view);
    assert_int_equal(view.model.kind, job->model.kind);
    assert_memory_equal(view.model.depth_km, job->model.depth_km,
                        job->model.nknots * sizeof(double));
    assert_memory_equal(view.model.knot_speed, job->model.knot_speed,
                        job->model.nknots * sizeof(double));
    if (job->model.values) {
        assert_memory_equal(view.model.values, job->model.values,
                            job->model.nx * job->model.nz * sizeof(double));
    }
    free((void *)bytes.data);
}

static void a_constant_model_survives_the_journey(void **state)
{
    (void)state;
    fm_job job;
    build_job(&job, 4, 3);
    assert_survives_the_journey(&job);
    fm_job_clear(&job);
}

static void a_model_of_nodes_survives_the_journey(void **state)
{
    (void)state;
    fm_job job;
    build_job(&job, 2, 3);
    build_wall(&job, 10, 11);
    assert_survives_the_journey(&job);
    fm_job_clear(&job);
}

static void a_profile_with_interfaces_survives_the_journey(void **state)
{
    (void)state;
    static const double depth[] = {0, 2, 2, 3, 3, 5}, speed[] = {3, 4, 5, 5, 6, 7};
    fm_job job;
    build_job(&job, 3, 3);
    job.model.kind = FM_MODEL_PROFILE;
    job.model.nknots = 6;
    job.model.depth_km = malloc(sizeof depth);
    job.model.knot_speed = malloc(sizeof speed);
    memcpy(job.model.depth_km, depth, sizeof depth);
    memcpy(job.model.knot_speed, speed, sizeof speed);
    assert_survives_the_journey(&job);
    assert_int_equal(job.medium.ninterfaces, 2);
    fm_job_clear(&job);
}

static void cosines_survive_the_journey(void **state)
{
    (void)state;
    static const double value[] = {4, 0.5, 0, 0.25, -0.5, 0.125};
    fm_job job;
    build_job(&job, 2, 3);
    job.model.kind = FM_MODEL_COSINES;
    job.model.nx = 3;
    job.model.nz = 2;
    job.model.values = malloc(sizeof value);
    memcpy(job.model.values, value, sizeof value);
    assert_survives_the_journey(&job);
    fm_job_clear(&job);
}

static void marches_from_receivers_survive_the_journey(void **state)
{
    (void)state;
    fm_job job;
    build_job(&job, 5, 2);
    assert_survives_the_journey(&job);
    assert_true(job.shots.reciprocal);
    fm_job_clear(&job);
    build_job(&job, 5, 2);
    job.spec.allow_reciprocal = false;
    assert_survives_the_journey(&job);
    assert_false(job.shots.reciprocal);
    fm_job_clear(&job);
}

static void early_stop_is_off_when_whole_fields_are_wanted(void **state)
{
    (void)state;
    for (int want = 0; want < 3; want++) {
        fm_job job;
        build_job(&job, 2, 2);
        job.spec.want_fields = want == 1;
        job.spec.want_sum = want == 2;
        assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
        fm_bytes bytes;
        assert_int_equal(fm_packed_create(&job, &bytes, NULL), FM_OK);
        job_view view;
        assert_int_equal(fm_packed_view(bytes, &view, NULL), FM_OK);
        assert_int_equal(view.solver.stop_early, want == 0);
        assert_int_equal(view.want.fields, want == 1);
        assert_int_equal(view.addend.fields, want == 2);
        free((void *)bytes.data);
        fm_job_clear(&job);
    }
}

static void the_solver_options_survive_the_journey(void **state)
{
    (void)state;
    for (int bit = 0; bit < 4; bit++) {
        fm_job job;
        build_job(&job, 2, 2);
        job.spec.solver.order = 1;
        job.spec.solver.refine = 2;
        job.spec.solver.exact = bit == 1;
        job.spec.solver.unfactored = bit == 2;
        job.spec.solver.stop_early = bit == 3;
        assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
        fm_bytes bytes;
        assert_int_equal(fm_packed_create(&job, &bytes, NULL), FM_OK);
        job_view view;
        assert_int_equal(fm_packed_view(bytes, &view, NULL), FM_OK);
        assert_int_equal(view.solver.order, 1);
        assert_int_equal(view.solver.refine, 2);
        assert_int_equal(view.solver.exact, bit == 1);
        assert_int_equal(view.solver.unfactored, bit == 2);
        assert_int_equal(view.solver.stop_early, bit == 3);
        free((void *)bytes.data);
        fm_job_clear(&job);
    }
}

static void bytes_that_are_no_job_are_refused(void **state)
{
    (void)state;
    static const unsigned char zeros[4096];
    job_view view;
    assert_int_equal(fm_packed_view((fm_bytes){0}, &view, NULL), FM_FAILED);
    assert_int_equal(fm_packed_view((fm_bytes){zeros, sizeof zeros}, &view, NULL),
                     FM_FAILED);
    fm_job job;
    build_job(&job, 2, 2);
    assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
    fm_bytes bytes;
    assert_int_equal(fm_packed_create(&job, &bytes, NULL), FM_OK);
    fm_bytes cut = {bytes.data, bytes.size - 1};
    assert_int_equal(fm_packed_view(cut, &view, NULL), FM_FAILED);
    free((void *)bytes.data);
    fm_job_clear(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_constant_model_survives_the_journey),
        cmocka_unit_test(a_model_of_nodes_survives_the_journey),
        cmocka_unit_test(a_profile_with_interfaces_survives_the_journey),
        cmocka_unit_test(cosines_survive_the_journey),
        cmocka_unit_test(marches_from_receivers_survive_the_journey),
        cmocka_unit_test(early_stop_is_off_when_whole_fields_are_wanted),
        cmocka_unit_test(the_solver_options_survive_the_journey),
        cmocka_unit_test(bytes_that_are_no_job_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
