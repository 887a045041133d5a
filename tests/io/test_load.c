/* Whole jobs, read with their models and surveys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static fm_model load_cosines(const void *state, const char *more)
{
    fm_job_spec spec;
    fm_job job;
    fm_error error = {0};
    char text[600];
    put(state, "c.csv", "kx,kz,value\n2,0,-0.5\n0,1,4\n");
    put(state, "s.csv", "id,x,z\nA,1,2\n");
    put(state, "r.csv", "id,x,z\nP,3,2\n");
    snprintf(text, sizeof text,
             "model:\n  cosines: c.csv\n  geometry: cartesian\n"
             "  extent: [0, 9, 1, 5]\n  spacing: [1, 1]\n%s%s",
             more, SURVEY REST);
    accept_with(state, text, NULL, &spec);
    assert_read(fm_job_load(&spec, &job, &error), &error);
    fm_model model = job.model;
    job.model = (fm_model){0};
    fm_job_clear(&job);
    return model;
}

static void cosines_are_loaded_with_what_they_make(void **state)
{
    static const double values[6] = {0, 0, -0.5, 4, 0, 0};
    fm_model model = load_cosines(*state, "");
    assert_int_equal(model.kind, FM_MODEL_COSINES);
    assert_true(model.x_max == 9 && model.z_min == 1 && model.z_max == 5);
    assert_true(model.nx == 3 && model.nz == 2);
    assert_true(model.quantity == FM_SPEED && model.reference == 0);
    assert_memory_equal(model.values, values, sizeof values);
    fm_model_clear(&model);
    model = load_cosines(*state, "  quantity: slowness\n  reference: 7\n");
    assert_true(model.quantity == FM_SLOWNESS && model.reference == 7);
    assert_memory_equal(model.values, values, sizeof values);
    fm_model_clear(&model);
}

/* km/s are a thousand of m/s, s/km a thousandth of s/m. */
static void cosines_in_metres_are_loaded_in_km(void **state)
{
    fm_model model = load_cosines(*state, "  reference: 7\nunits: m\n");
    assert_near(model.x_max, 0.009, 1e-17);
    assert_near(model.values[3], 0.004, 1e-17);
    assert_near(model.reference, 0.007, 1e-17);
    fm_model_clear(&model);
    model = load_cosines(*state, "  quantity: slowness\n  reference: 7\nunits: m\n");
    assert_near(model.values[3], 4000, 1e-11);
    assert_near(model.reference, 7000, 1e-11);
    fm_model_clear(&model);
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

/* Load a job whose model is `model`, with stations that lie in it. */
static fm_status prepare(const void *state, const char *model, const char *override,
                         fm_error *error)
{
    fm_job_spec spec;
    fm_job job;
    char text[600];
    put(state, "s.csv", "id,x,z,lon,lat,angle,radius\nA,1,1,1,1,1,3385\n");
    put(state, "r.csv", "id,x,z,lon,lat,angle,radius\nP,3,2,3,2,3,3385\n");
    snprintf(text, sizeof text, "model:\n%s%s", model, SURVEY REST);
    accept_with(state, text, override, &spec);
    fm_status status = fm_job_load(&spec, &job, error);
    if (status == FM_OK) {
        status = fm_job_prepare(&job, error);
    }
    fm_job_clear(&job);
    return status;
}

static void assert_blamed(const void *state, const char *model, const char *override,
                          const char *words)
{
    fm_error error = {0};
    assert_refused(prepare(state, model, override, &error), &error, words);
    const char *begin = override ? "--set " : folder_path(state, "job.yaml:");
    assert_memory_equal(error.message, begin, strlen(begin));
}

static void cosines_that_fall_below_0_are_named_by_their_file(void **state)
{
    fm_error error = {0};
    put(*state, "c.csv", "kx,kz,value\n1,0,3\n");
    assert_refused(
        prepare(*state,
                "  cosines: c.csv\n  geometry: cartesian\n  reference: 2\n"
                "  extent: [0, 9, 0, 9]\n  spacing: [1, 1]\n",
                NULL, &error),
        &error,
        "c.csv: the model's speed at x 7, z 0 km is -0.298133 km/s: it must be "
        "positive (the cosines add -2.29813 to a reference of 2)");
}

static void what_proves_wrong_later_is_named_where_it_stands(void **state)
{
    static const char *const bad[][2] = {
        {"  gradient: [1, -1, 0]\n  geometry: cartesian\n  extent: [0, 9, 0, 9]\n"
         "  spacing: [1, 1]\n",
         "job.yaml:2:3: model.gradient: the speed at x 9, z 0 km is -8 km/s"},
        {"  constant: 5\n  geometry: geographic\n  extent: [0, 9, 0, 95]\n"
         "  spacing: [1, 1]\n",
         "job.yaml:4:3: model.extent: latitude 95 degrees: latitudes must lie between "
         "-90 and 90"},
        {"  constant: 5\n  geometry: geographic\n  extent: [0, 360, 0, 9]\n"
         "  spacing: [1, 1]\n",
         "job.yaml:4:3: model.extent: the extent in lon, 0 to 360 degrees, spans 360"},
        {"  constant: 5\n  geometry: polar\n  extent: [0, 9, 0, 9]\n"
         "  spacing: [1, 1]\n",
         "job.yaml:4:3: model.extent: radius 0 km: radii must be positive"},
        {"  constant: 5\n  geometry: cartesian\n  extent: [0, 9, 0, 9]\n"
         "  spacing: [1e-6, 1e-6]\n",
         "job.yaml:5:3: model.spacing: a grid of 9e+06 x 9e+06 nodes: at most "
         "4294967295 nodes are possible"},
        {"  constant: 5\n  geometry: cartesian\n  extent: [0, 9, 0, 6]\n"
         "  spacing: [9.1, 1]\n",
         "job.yaml:5:3: model.spacing: the step dx of 9.1 km is larger than the whole "
         "extent: it is at most 9"},
        {"  constant: 5\n  geometry: geographic\n  extent: [0, 9, 0, 6]\n"
         "  spacing: [9, 7]\n",
         "job.yaml:5:3: model.spacing: the step dz of 7 degrees is larger than the "
         "whole extent: it is at most 6"},
        {"  file: p.csv\n  geometry: cartesian\n  extent: [0, 9, -1, 9]\n"
         "  spacing: [1, 1]\n",
         "job.yaml:4:3: model.extent: the extent reaches up to z -1 km, above the "
         "surface: z of a profile is a depth, at least 0 km"},
        {"  file: p.csv\n  geometry: polar\n  extent: [0, 9, 3380, 3400]\n"
         "  radius: 3389.5\n  spacing: [1, 1]\n",
         "job.yaml:4:3: model.extent: the extent reaches up to radius 3400 km, above "
         "the surface: radii of a profile are at most 3389.5 km (model.radius)"},
        {"  file: p.csv\n  geometry: cartesian\n  extent: [0, 9, 0, 21]\n"
         "  spacing: [1, 1]\n",
         "job.yaml:4:3: model.extent: the extent needs depths from 0 to 21 km, but the "
         "profile covers only -5 to 20 km"},
    };
    put(*state, "p.csv", "depth_km,vp_km_s\n-5,5\n20,6\n");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_blamed(*state, bad[i][0], NULL, bad[i][1]);
    }
}

static void an_override_that_proves_wrong_later_is_named_as_such(void **state)
{
    static const char plain[] = "  constant: 5\n  geometry: cartesian\n"
                                "  extent: [0, 9, 0, 9]\n  spacing: [1, 1]\n";
    fm_error error = {0};
    assert_read(prepare(*state, plain, NULL, &error), &error);
    assert_blamed(*state, plain, "model.spacing=[1, 10]",
                  "--set model.spacing=[1, 10]: model.spacing: the step dz of 10 km is "
                  "larger than the whole extent: it is at most 9");
    assert_blamed(*state, plain, "model.spacing=[1e-6, 1e-6]",
                  "--set model.spacing=[1e-6, 1e-6]: model.spacing: a grid of 9e+06");
    /* One step across is coarse, but a grid. */
    assert_read(prepare(*state, plain, "model.spacing=[9, 9]", &error), &error);
}

static void a_spacing_too_large_is_told_in_the_unit_it_was_given_in(void **state)
{
    assert_blamed(*state,
                  "  constant: 5\n  geometry: cartesian\n  extent: [0, 9, 0, 9]\n"
                  "  spacing: [1, 9.5]\nunits: m\n",
                  NULL,
                  "job.yaml:5:3: model.spacing: the step dz of 9.5 m is larger than "
                  "the whole extent: it is at most 9");
}

/* n by n vertices of 5 km/s, the cushion of another value. */
static void put_vertices(const void *state, const char *name, int n, const char *ring)
{
    size_t size = 64 + 8 * (size_t)(n + 2) * (size_t)(n + 2);
    char *text = malloc(size);
    size_t used = (size_t)snprintf(text, size, "%d %d\n20 0\n0.1 0.1\n", n, n);
    for (int i = 0; i < n + 2; i++) {
        for (int k = 0; k < n + 2; k++) {
            bool inside = i > 0 && k > 0 && i <= n && k <= n;
            used +=
                (size_t)snprintf(text + used, size - used, "%s\n", inside ? "5" : ring);
        }
    }
    put(state, name, text);
    free(text);
}

static void dice_of_too_many_nodes_are_named_where_they_stand(void **state)
{
    put_vertices(*state, "m.vtx", 80, "5");
    assert_blamed(
        *state, "  file: m.vtx\n  geometry: cartesian\n  dice: [1000, 1000]\n", NULL,
        "job.yaml:4:3: model.dice: a grid of 7.9e+04 x 7.9e+04 nodes: at most "
        "4294967295 nodes are possible");
}

static void speeds_that_overshoot_are_blamed_on_the_models_file(void **state)
{
    fm_error error = {0};
    put_vertices(*state, "m.vtx", 2, "-100");
    assert_refused(
        prepare(*state, "  file: m.vtx\n  geometry: cartesian\n", NULL, &error), &error,
        "m.vtx: the model's speed at x 0, z 19.9 km is ");
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_job_is_loaded_with_its_survey),
        IN_FOLDER(vertices_in_metres_are_loaded_in_km),
        IN_FOLDER(cosines_are_loaded_with_what_they_make),
        IN_FOLDER(cosines_in_metres_are_loaded_in_km),
        IN_FOLDER(each_kind_of_model_file_finds_its_reader),
        IN_FOLDER(a_survey_that_fails_leaves_an_empty_job),
        IN_FOLDER(cosines_that_fall_below_0_are_named_by_their_file),
        IN_FOLDER(what_proves_wrong_later_is_named_where_it_stands),
        IN_FOLDER(an_override_that_proves_wrong_later_is_named_as_such),
        IN_FOLDER(a_spacing_too_large_is_told_in_the_unit_it_was_given_in),
        IN_FOLDER(dice_of_too_many_nodes_are_named_where_they_stand),
        IN_FOLDER(speeds_that_overshoot_are_blamed_on_the_models_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
