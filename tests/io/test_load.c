/* Whole jobs, read with their models and surveys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "folder_fixture.h"
#include "io/load.h"
#include "job_fixture.h"
#include "read_fixture.h"

static void a_job_is_loaded_with_its_survey(void **state)
{
    fm_job_spec spec;
    fm_job job;
    fm_error error = {0};
    put(*state, "s.csv", "id,x,z\nA,1,2\n");
    put(*state, "r.csv", "id,x,z\nP,3,2\nQ,4,2\n");
    accept_with(*state, FORMULA SURVEY REST, NULL, &spec);
    assert_read(fm_job_load(&spec, &job, &error), &error);
    assert_null(spec.path);
    assert_non_null(job.spec.path);
    assert_int_equal(job.model.kind, FM_MODEL_CONSTANT);
    assert_true(job.model.speed == 5 && job.model.x_max == 10 && job.model.z_max == 5);
    assert_int_equal(job.survey.npairs, 2);
    fm_job_clear(&job);
}

static void vertices_in_metres_are_loaded_in_km(void **state)
{
    fm_job_spec spec;
    fm_job job;
    fm_error error = {0};
    static const char text[] =
        "2 2\n20 10\n2 4\n1500\n1500\n1500\n1500\n1500\n1500\n1500\n"
        "1500\n1500\n1500\n1500\n1500\n1500\n1500\n1500\n1500\n";
    put(*state, "m.vtx", text);
    put(*state, "s.csv", "id,x,z\nA,11,19\n");
    accept_with(*state,
                "model:\n  file: m.vtx\n  geometry: cartesian\nunits: m\n"
                "survey:\n  sources: s.csv\n  receivers: s.csv\n" REST,
                NULL, &spec);
    assert_read(fm_job_load(&spec, &job, &error), &error);
    assert_near(job.model.x0, 0.010, 1e-15);
    assert_near(job.model.x_max, 0.014, 1e-15);
    assert_near(job.model.z0, 0.018, 1e-15);
    assert_near(job.model.dz, 0.002, 1e-15);
    assert_near(job.model.values[15], 1.5, 1e-15);
    assert_near(job.survey.sources.point[0].x, 0.011, 1e-15);
    fm_job_clear(&job);
}

static void each_kind_of_model_file_finds_its_reader(void **state)
{
    static const char *const bad[][2] = {
        {"m.vtx", "m.vtx:1: the numbers of vertices"},
        {"m.grd", "m.grd: neither netCDF nor HDF5"},
        {"m.nc", "m.nc: neither"},
        {"m.h5", "m.h5: neither"},
        {"m.hdf5", "m.hdf5: neither"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fm_job_spec spec;
        fm_job job;
        fm_error error = {0};
        char text[400];
        put(*state, bad[i][0], "no model\n");
        snprintf(text, sizeof text, "model:\n  file: %s\n  geometry: cartesian\n%s",
                 bad[i][0], SURVEY REST);
        accept_with(*state, text, NULL, &spec);
        assert_refused(fm_job_load(&spec, &job, &error), &error, bad[i][1]);
        assert_null(job.spec.path);
        assert_null(spec.path);
    }
}

static void a_survey_that_fails_leaves_an_empty_job(void **state)
{
    fm_job_spec spec;
    fm_job job;
    fm_error error = {0};
    put(*state, "p.txt", "depth_km,vp_km_s\n0,5\n9,6\n");
    put(*state, "s.csv", "id,x,z\n");
    accept_with(*state,
                "model:\n  file: p.txt\n  geometry: cartesian\n  extent: [0, 9, 0, 9]\n"
                "  spacing: [1, 1]\n" SURVEY REST,
                NULL, &spec);
    assert_refused(fm_job_load(&spec, &job, &error), &error,
                   "s.csv: a header, but no rows");
    assert_null(job.model.depth_km);
    assert_null(job.spec.path);
}

static void a_formula_that_is_negative_somewhere_is_refused(void **state)
{
    fm_job_spec spec;
    fm_job job;
    fm_error error = {0};
    accept_with(*state,
                "model:\n  gradient: [1, -1, 0]\n  geometry: cartesian\n"
                "  extent: [0, 9, 0, 9]\n  spacing: [1, 1]\n" SURVEY REST,
                NULL, &spec);
    assert_refused(fm_job_load(&spec, &job, &error), &error, "job.yaml: ");
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_job_is_loaded_with_its_survey),
        IN_FOLDER(vertices_in_metres_are_loaded_in_km),
        IN_FOLDER(each_kind_of_model_file_finds_its_reader),
        IN_FOLDER(a_survey_that_fails_leaves_an_empty_job),
        IN_FOLDER(a_formula_that_is_negative_somewhere_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
