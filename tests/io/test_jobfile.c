/* Job files: every key, every default, overrides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "folder_fixture.h"
#include "job_fixture.h"
#include "read_fixture.h"

static void assert_beside(const void *state, const char *path, const char *name)
{
    assert_string_equal(path, folder_path(state, name));
}

/* --- What is read --- */

static void a_short_job_gets_every_default(void **state)
{
    fm_job_spec spec;
    accept_with(*state, MODEL SURVEY REST, NULL, &spec);
    assert_beside(*state, spec.path, "job.yaml");
    assert_beside(*state, spec.model_file, "m.vtx");
    assert_beside(*state, spec.sources, "s.csv");
    assert_beside(*state, spec.receivers, "r.csv");
    assert_beside(*state, spec.output, "o.h5");
    assert_null(spec.pairs);
    assert_null(spec.model_variable);
    assert_false(spec.constant || spec.gradient);
    assert_int_equal(spec.geometry, FM_GEOGRAPHIC);
    assert_true(spec.radius_km == 6371 && spec.length_scale == 1);
    assert_false(spec.interpolation_given);
    assert_int_equal(spec.interpolation, FM_BSPLINE);
    assert_int_equal(spec.spacing.dice_x, 1);
    assert_int_equal(spec.spacing.dice_z, 1);
    assert_true(spec.spacing.dx == 0 && spec.spacing.dz == 0);
    assert_false(spec.extent_given);
    assert_true(spec.want_times && !spec.want_fields && !spec.want_sum &&
                !spec.fields_f64);
    assert_true(spec.allow_reciprocal);
    assert_int_equal(spec.solver.order, 2);
    assert_int_equal(spec.solver.refine, FM_REFINE_AUTO);
    assert_true(spec.solver.stop_early);
    assert_false(spec.solver.exact || spec.solver.unfactored);
    fm_job_spec_clear(&spec);
}

static void every_key_is_heard(void **state)
{
    fm_job_spec spec;
    accept_with(
        *state,
        "%YAML 1.1\n"
        "---\n"
        "model:\n"
        "  file: sub/m.grd          # a comment\n"
        "  variable: vs\n"
        "  geometry: polar\n"
        "  radius: 3389.5\n"
        "  interpolation: linear\n"
        "  dice: [4, 2]\n"
        "survey: {sources: /abs/s.csv, receivers: 'r r.csv', pairs: \"p.csv\"}\n"
        "want:\n  - fields\n  - sum\n  - times\n"
        "precision: f64\n"
        "units: km\n"
        "reciprocity: never\n"
        "solver:\n  order: 1\n  refine: 3\n  stop_early: false\n  exact: true\n"
        "output: /abs/o.h5\n",
        NULL, &spec);
    assert_beside(*state, spec.model_file, "sub/m.grd");
    assert_string_equal(spec.model_variable, "vs");
    assert_int_equal(spec.geometry, FM_POLAR);
    assert_true(spec.radius_km == 3389.5);
    assert_true(spec.interpolation_given && spec.interpolation == FM_LINEAR);
    assert_int_equal(spec.spacing.dice_x, 4);
    assert_int_equal(spec.spacing.dice_z, 2);
    assert_string_equal(spec.sources, "/abs/s.csv");
    assert_beside(*state, spec.receivers, "r r.csv");
    assert_beside(*state, spec.pairs, "p.csv");
    assert_true(spec.want_times && spec.want_fields && spec.want_sum);
    assert_true(spec.fields_f64);
    assert_false(spec.allow_reciprocal);
    assert_int_equal(spec.solver.order, 1);
    assert_int_equal(spec.solver.refine, 3);
    assert_false(spec.solver.stop_early);
    assert_true(spec.solver.exact);
    assert_string_equal(spec.output, "/abs/o.h5");
    fm_job_spec_clear(&spec);
}

static void grids_are_cubic_unless_told(void **state)
{
    fm_job_spec spec;
    accept_with(
        *state,
        "model:\n  file: m.NC\n  geometry: cartesian\n  spacing: [1, 2]\n" SURVEY REST,
        NULL, &spec);
    assert_int_equal(spec.interpolation, FM_CUBIC);
    assert_true(spec.spacing.dx == 1 && spec.spacing.dz == 2);
    assert_int_equal(spec.spacing.dice_x, 0);
    fm_job_spec_clear(&spec);
}

static void formulas_are_read_in_km(void **state)
{
    fm_job_spec spec;
    accept_with(
        *state,
        "model:\n  gradient: [1500, 0.01, -0.5]\n  geometry: cartesian\n"
        "  extent: [-10, 2000, 0, 500]\n  spacing: [5, 2.5]\nunits: m\n" SURVEY REST,
        NULL, &spec);
    assert_true(spec.gradient && !spec.constant);
    assert_near(spec.speed, 1.5, 1e-15);
    assert_true(spec.gradient_x == 0.01 && spec.gradient_z == -0.5);
    assert_true(spec.length_scale == 0.001 && spec.extent_given);
    assert_near(spec.extent[0], -0.01, 1e-15);
    assert_near(spec.extent[1], 2, 1e-15);
    assert_near(spec.extent[3], 0.5, 1e-15);
    assert_near(spec.spacing.dx, 0.005, 1e-15);
    assert_near(spec.spacing.dz, 0.0025, 1e-15);
    fm_job_spec_clear(&spec);
    accept_with(*state, FORMULA SURVEY REST, NULL, &spec);
    assert_true(spec.constant && spec.speed == 5 && spec.extent[3] == 5);
    fm_job_spec_clear(&spec);
}

#define COSINES                                                                        \
    "model:\n  cosines: c.csv\n  geometry: cartesian\n  extent: [0, 10, 0, 5]\n"       \
    "  spacing: [1, 0.5]\n"

static void cosines_make_a_speed_unless_told(void **state)
{
    fm_job_spec spec;
    accept_with(*state, COSINES SURVEY REST, NULL, &spec);
    assert_beside(*state, spec.model_file, "c.csv");
    assert_true(spec.cosines && !spec.constant && !spec.gradient);
    assert_true(spec.quantity == FM_SPEED && spec.reference == 0);
    fm_job_spec_clear(&spec);
    accept_with(*state, COSINES "  quantity: slowness\n  reference: 0.25\n" SURVEY REST,
                NULL, &spec);
    assert_true(spec.quantity == FM_SLOWNESS && spec.reference == 0.25);
    fm_job_spec_clear(&spec);
}

static void a_reference_in_metres_is_read_in_km(void **state)
{
    fm_job_spec spec;
    accept_with(*state, COSINES "  reference: 5000\nunits: m\n" SURVEY REST, NULL,
                &spec);
    assert_near(spec.reference, 5, 1e-15);
    fm_job_spec_clear(&spec);
    accept_with(*state,
                COSINES
                "  quantity: slowness\n  reference: 0.0002\nunits: m\n" SURVEY REST,
                NULL, &spec);
    assert_near(spec.reference, 0.2, 1e-16);
    fm_job_spec_clear(&spec);
}

static void a_job_in_the_current_folder_names_its_files_plainly(void **state)
{
    char here[4096];
    fm_job_spec spec;
    fm_error error = {0};
    put(*state, "job.yaml", MODEL SURVEY REST);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(folder_path(*state, ".")), 0);
    fm_status status = fm_jobfile_read("job.yaml", NULL, 0, &spec, &error);
    assert_int_equal(chdir(here), 0);
    assert_read(status, &error);
    assert_string_equal(spec.path, "job.yaml");
    assert_string_equal(spec.model_file, "m.vtx");
    assert_string_equal(spec.output, "o.h5");
    fm_job_spec_clear(&spec);
}

static void a_job_that_is_not_there_is_named(void **state)
{
    fm_job_spec spec;
    fm_error error = {0};
    assert_io_failed(fm_jobfile_read("no-such-job.yaml", NULL, 0, &spec, &error),
                     &error, "no-such-job.yaml: cannot be read: No such file");
    (void)state;
}

/* --- Overrides --- */

static void overrides_replace_and_add(void **state)
{
    const char *path = put(*state, "job.yaml", MODEL SURVEY REST);
    const char *overrides[] = {"model.dice=[4, 8]",        "solver.order=1",
                               "solver.order=2",           "want=[fields]",
                               "output=[odd]: name #1.h5", "model.file=n.vtx"};
    fm_job_spec spec;
    fm_error error = {0};
    assert_read(fm_jobfile_read(path, overrides, 6, &spec, &error), &error);
    assert_int_equal(spec.spacing.dice_x, 4);
    assert_int_equal(spec.spacing.dice_z, 8);
    assert_int_equal(spec.solver.order, 2);
    assert_true(spec.want_fields && !spec.want_times);
    assert_string_equal(spec.output, "[odd]: name #1.h5");
    assert_beside(*state, spec.model_file, "n.vtx");
    fm_job_spec_clear(&spec);
}

static void an_override_may_give_what_is_required(void **state)
{
    fm_job_spec spec;
    accept_with(*state, MODEL SURVEY "want: times\n", "output=there/o.h5", &spec);
    assert_string_equal(spec.output, "there/o.h5");
    assert_true(spec.want_times);
    fm_job_spec_clear(&spec);
}

static void bad_overrides_are_named(void **state)
{
    static const struct {
        const char *override, *words;
    } bad[] = {
        {"solver.order", "--set solver.order: an override is key=value"},
        {"=1", "--set =1: an override is key=value"},
        {"solver.order=3", "--set solver.order=3: solver.order is 1 or 2, not '3'"},
        {"solver.ordre=1", "--set solver.ordre=1: solver.ordre is no key (did you mean "
                           "solver.order?)"},
        {"order=1", "(did you mean solver.order?)"},
        {"output=", "--set output=: output has no value"},
        {"model.dice=4", "--set model.dice=4: model.dice is a list [nx, nz]"},
        {"model.dice=[4", "--set model.dice=[4: not YAML: "},
        {"model.dice=[4, &a 4]", "--set model.dice=[4, &a 4]: an anchor"},
        {"model.dice=[4, [4]]", "--set model.dice=[4, [4]]: a list holds plain values"},
        {"model.dice=[4] ]", "--set model.dice=[4] ]: not YAML"},
        {"model.dice=[4, \x01]", "--set model.dice=[4, \x01]: not YAML"},
        {"model={file: a.vtx}",
         "--set model={file: a.vtx}: model takes no value itself"},
        {"model.constant=5", "--set model.constant=5: model.constant and model.file "
                             "exclude each other"},
        {"output.name=5", "--set output.name=5: output.name is no key"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refuse_with(*state, MODEL SURVEY REST, bad[i].override, bad[i].words);
    }
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_short_job_gets_every_default),
        IN_FOLDER(every_key_is_heard),
        IN_FOLDER(grids_are_cubic_unless_told),
        IN_FOLDER(formulas_are_read_in_km),
        IN_FOLDER(cosines_make_a_speed_unless_told),
        IN_FOLDER(a_reference_in_metres_is_read_in_km),
        IN_FOLDER(a_job_in_the_current_folder_names_its_files_plainly),
        IN_FOLDER(a_job_that_is_not_there_is_named),
        IN_FOLDER(overrides_replace_and_add),
        IN_FOLDER(an_override_may_give_what_is_required),
        IN_FOLDER(bad_overrides_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
