/* Job files: every key, every default, every contradiction, every message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder_fixture.h"
#include "io/jobfile.h"
#include "io/load.h"
#include "read_fixture.h"

/* The shortest job there is, on which the tests vary. */
#define MODEL "model:\n  file: m.vtx\n  geometry: geographic\n"
#define SURVEY "survey:\n  sources: s.csv\n  receivers: r.csv\n"
#define REST "want: [times]\noutput: o.h5\n"
#define FORMULA                                                                        \
    "model:\n  constant: 5\n  geometry: cartesian\n  extent: [0, 10, 0, 5]\n"          \
    "  spacing: [1, 0.5]\n"

static fm_status read_with(const void *state, const char *text, const char *override,
                           fm_job_spec *spec, fm_error *error)
{
    const char *path = put(state, "job.yaml", text);
    return fm_jobfile_read(path, &override, override ? 1 : 0, spec, error);
}

static void refuse_with(const void *state, const char *text, const char *override,
                        const char *words)
{
    fm_job_spec spec;
    fm_error error = {0};
    assert_refused(read_with(state, text, override, &spec, &error), &error, words);
    assert_null(spec.path);
    assert_null(spec.model_file);
    assert_null(spec.output);
}

static void accept_with(const void *state, const char *text, const char *override,
                        fm_job_spec *spec)
{
    fm_error error = {0};
    assert_read(read_with(state, text, override, spec, &error), &error);
}

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
    assert_true(spec.want_times && !spec.want_fields && !spec.fields_f64);
    assert_true(spec.allow_reciprocal);
    assert_int_equal(spec.solver.order, 2);
    assert_int_equal(spec.solver.refine, FM_REFINE_AUTO);
    assert_true(spec.solver.stop_early);
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
        "want:\n  - fields\n  - times\n"
        "precision: f64\n"
        "units: km\n"
        "reciprocity: never\n"
        "solver:\n  order: 1\n  refine: 3\n  stop_early: false\n"
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
    assert_true(spec.want_times && spec.want_fields && spec.fields_f64);
    assert_false(spec.allow_reciprocal);
    assert_int_equal(spec.solver.order, 1);
    assert_int_equal(spec.solver.refine, 3);
    assert_false(spec.solver.stop_early);
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

static void a_job_in_the_current_folder_names_its_files_plainly(void **state)
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

/* --- What is refused --- */

static void files_that_are_no_job_are_refused(void **state)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"", "job.yaml: empty: no job in it"},
        {"# nothing\n\n", "job.yaml: empty"},
        {"just words\n", "job.yaml:1:1: not a job file"},
        {"- a\n- list\n", "job.yaml:1:1: not a job file"},
        {"model: [\n", "job.yaml:2:1: not YAML: did not find expected node content "
                       "while parsing a flow node"},
        {"model:\n\tfile: x\n", "job.yaml:2:1: not YAML: found character that cannot "
                                "start any token"},
        {"a: b: c\n", "job.yaml:1:5: not YAML: mapping values are not allowed"},
        {"a: 'x\n", "not YAML: found unexpected end of stream"},
        {"a: \x01\n", "job.yaml: at byte 3: not YAML: control characters"},
        {"a: \xFF\n", "job.yaml: at byte 3: not YAML"},
        {"a: 1\n---\nb: 2\n", "job.yaml:2:1: a second document"},
        {"model: &m\n  file: x\n", "job.yaml:1:8: an anchor (&)"},
        {"a: &m 1\nb: *m\n", "job.yaml:1:4: an anchor (&)"},
        {"a: *m\n", "job.yaml:1:4: an alias (*)"},
        {"a: !!str 1\n", "job.yaml:1:4: a tag (!)"},
        {"model: !x\n  file: y\n", "job.yaml:1:8: a tag (!)"},
        {"a: [[[[[[[[[1]]]]]]]]]\n", "nested too deeply"},
        {"? [a]\n: b\n", "job.yaml:1:3: a key is a plain word"},
        {"model.file: a\n", "job.yaml:1:1: a key is a plain word (without dots"},
        {"a: [1, [2]]\n", "job.yaml:1:8: a list holds plain values"},
        {"a: [{b: c}]\n", "job.yaml:1:5: a list holds plain values"},
        {"a:\n  b:\n    c: d\n", "job.yaml:3:5: keys below keys below keys"},
        {"a: \"x\\0y\"\n", "job.yaml:1:4: a zero byte in a value"},
        {"{}\n", "job.yaml: no model: one of model.file"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refuse_with(*state, bad[i].text, NULL, bad[i].words);
    }
}

static void unreadable_job_files_are_named(void **state)
{
    fm_job_spec spec;
    fm_error error = {0};
    assert_io_failed(fm_jobfile_read(folder_path(*state, "."), NULL, 0, &spec, &error),
                     &error, "cannot be read: Is a directory");
    const char *path = put_bytes(*state, "job.yaml", "a\0b\n", 4);
    assert_refused(fm_jobfile_read(path, NULL, 0, &spec, &error), &error,
                   "job.yaml: at byte 1: not YAML");
    char *long_text = calloc(70001, 1);
    memset(long_text, '#', 70000);
    path = put(*state, "job.yaml", long_text);
    free(long_text);
    assert_refused(fm_jobfile_read(path, NULL, 0, &spec, &error), &error,
                   "job.yaml: more than 65536 bytes");
}

static void repeated_keys_are_refused_with_both_lines(void **state)
{
    refuse_with(*state, MODEL SURVEY REST "want: [fields]\n", NULL,
                "job.yaml:9:1: key 'want' stands on line 7 already");
    refuse_with(*state, MODEL SURVEY REST "model:\n  dice: [1, 1]\n", NULL,
                "job.yaml:9:1: key 'model' stands on line 1 already");
    refuse_with(*state, MODEL "  file: n.vtx\n" SURVEY REST, NULL,
                "job.yaml:4:3: key 'file' stands on line 2 already");
}

static void unknown_keys_are_refused_with_those_there_are(void **state)
{
    refuse_with(
        *state, MODEL "  dise: [1, 1]\n" SURVEY REST, NULL,
        "job.yaml:4:3: model.dise is no key (did you mean model.dice?); the keys "
        "are: model.file, model.variable, ");
    refuse_with(*state, MODEL SURVEY REST "wants: [times]\n", NULL,
                "job.yaml:9:1: wants is no key (did you mean want?)");
    refuse_with(*state, MODEL SURVEY REST "entirely_different: 1\n", NULL,
                "job.yaml:9:1: entirely_different is no key; the keys are: ");
    refuse_with(*state, MODEL SURVEY REST "geometry: polar\n", NULL,
                "geometry is no key (did you mean model.geometry?)");
    refuse_with(*state, "modle:\n  file: a\n" SURVEY REST, NULL,
                "job.yaml:2:3: modle.file is no key (did you mean model.file?)");
    refuse_with(*state, "model: a.vtx\n" SURVEY REST, NULL,
                "job.yaml:1:1: model takes no value itself but keys below it");
    refuse_with(*state, "model:\n" SURVEY REST, NULL,
                "job.yaml:1:1: model takes no value itself but keys below it");
}

static void missing_keys_are_named(void **state)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"model:\n  file: m.vtx\n" SURVEY REST,
         "job.yaml: model.geometry is missing: is it cartesian, geographic or polar?"},
        {"model:\n  geometry: polar\n" SURVEY REST, "job.yaml: no model: one of"},
        {MODEL "survey:\n  sources: a\n" REST, "job.yaml: survey.receivers is missing"},
        {MODEL "survey:\n  receivers: a\n" REST, "job.yaml: survey.sources is missing"},
        {MODEL SURVEY "want: [times]\n", "job.yaml: output is missing"},
        {MODEL SURVEY "output: o.h5\n", "job.yaml: want is missing: times, fields"},
        {"model:\n  constant: 5\n  geometry: cartesian\n  spacing: [1, 1]\n" SURVEY
             REST,
         "job.yaml: model.extent is missing: a formula or profile needs it"},
        {"model:\n  file: p.csv\n  geometry: cartesian\n  extent: [0, 1, 0, 1]\n" SURVEY
             REST,
         "job.yaml: model.spacing is missing: a formula or profile needs it"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refuse_with(*state, bad[i].text, NULL, bad[i].words);
    }
}

/* One line more in the model of a job on a .vtx file, or (below) of a formula. */
static void refuse_line(const void *state, const char *before, const char *line,
                        const char *words)
{
    char text[600];
    snprintf(text, sizeof text, "%s%s\n%s", before, line, SURVEY REST);
    refuse_with(state, text, NULL, words);
}

static void values_of_the_wrong_kind_are_refused(void **state)
{
    static const char *const bad[][2] = {
        {"  dice: 8", "job.yaml:4:3: model.dice is a list [nx, nz] of whole numbers"},
        {"  dice: [8]", "model.dice is a list [nx, nz] of whole numbers; it has 1"},
        {"  dice: [8, 8, 8]", "it has 3 values"},
        {"  dice: []", "it has 0 values"},
        {"  dice: [8, 0]", "takes whole numbers from 1 to 1000, not '0'"},
        {"  dice: [1001, 8]", "takes whole numbers from 1 to 1000, not '1001'"},
        {"  dice: [8.0, 8]", "not '8.0'"},
        {"  dice: [-8, 8]", "not '-8'"},
        {"  radius: 6371km",
         "job.yaml:4:3: model.radius takes numbers, written plainly "
         "and without units; '6371km' is not one"},
        {"  radius: -1", "model.radius is positive, in km, not '-1'"},
        {"  radius: 0x10", "'0x10' is not one"},
        {"  radius: 6_371", "'6_371' is not one"},
        {"  radius: .inf", "'.inf' is not one"},
        {"  radius: 1e999", "'1e999' is not one"},
        {"  radius:", "model.radius has no value"},
        {"  radius: [1]", "model.radius takes one value, not a list"},
        {"  spacing: [1, 2km]", "'2km' is not one"},
        {"  spacing: [1, 0]", "model.spacing takes positive steps, not [1, 0]"},
        {"  interpolation: spline",
         "model.interpolation is linear, cubic or bspline, not 'spline'"},
        {"  variable: ''", "model.variable has no value"},
        {"solver:\n  order: 3", "job.yaml:5:3: solver.order is 1 or 2, not '3'"},
        {"solver:\n  order: 2.0", "solver.order is 1 or 2, not '2.0'"},
        {"solver:\n  refine: 7", "solver.refine is auto, 0, 1, 2, 3, 4, 5 or 6"},
        {"solver:\n  stop_early: yes", "solver.stop_early is false or true, not 'yes'"},
        {"precision: f16", "job.yaml:4:1: precision is f32 or f64, not 'f16'"},
        {"units: ft", "units is km or m, not 'ft'"},
        {"reciprocity: always", "reciprocity is auto or never, not 'always'"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refuse_line(*state, MODEL, bad[i][0], bad[i][1]);
    }
    static const char *const wants[][2] = {
        {"want: []", "job.yaml:7:1: want is empty: times, fields, or both"},
        {"want: [times, rays]",
         "want is a list of times and fields; 'rays' is neither"},
        {"want: [times, times]", "want names 'times' twice"},
        {"want:", "'' is neither"},
    };
    for (size_t i = 0; i < sizeof wants / sizeof *wants; i++) {
        char text[600];
        snprintf(text, sizeof text, "%s%s\noutput: o.h5\n", MODEL SURVEY, wants[i][0]);
        refuse_with(*state, text, NULL, wants[i][1]);
    }
}

static void contradictions_are_refused_where_they_stand(void **state)
{
    static const char cartesian[] = "model:\n  file: m.nc\n  geometry: cartesian\n";
    static const char *const bad[][3] = {
        {MODEL, "  constant: 5", "job.yaml:4:3: model.constant and model.file exclude"},
        {MODEL, "  gradient: [5, 0, 0]", "model.gradient and model.file exclude"},
        {FORMULA, "  gradient: [5, 0, 0]", "model.gradient and model.constant exclude"},
        {MODEL, "  dice: [1, 1]\n  spacing: [1, 1]",
         "job.yaml:5:3: model.spacing and model.dice exclude each other"},
        {MODEL, "  extent: [0, 1, 0, 1]", "model.extent is the file's own for a grid"},
        {MODEL, "  interpolation: cubic", "model.interpolation can only be bspline"},
        {MODEL, "  variable: v", "model.variable has no meaning for an FMST grid"},
        {MODEL, "units: m", "job.yaml:4:1: units may be m only in cartesian geometry"},
        {cartesian, "  radius: 6371",
         "job.yaml:4:3: model.radius has no meaning in "
         "cartesian geometry"},
        {FORMULA, "  dice: [1, 1]", "model.dice splits the cells of a grid"},
        {FORMULA, "  interpolation: cubic", "model.interpolation has no meaning for a"},
        {FORMULA, "  variable: v", "model.variable has no meaning without model.file"},
        {"model:\n  file: m.png\n  geometry: polar\n", "",
         "job.yaml:2:3: model.file has no known extension: .vtx"},
        {"model:\n  file: m.vtx\n  geometry: polar\n", "",
         "model.file is an FMST grid, which is geographic or cartesian"},
        {"model:\n  file: p.csv\n  geometry: geographic\n", "",
         "model.file is a profile of depth, which needs cartesian or polar"},
        {"model:\n  constant: 0\n  geometry: polar\n", "",
         "model.constant is a positive speed, not '0'"},
        {"model:\n  geometry: spherical\n", "",
         "model.geometry is cartesian, geographic or polar, not 'spherical'"},
        {"model:\n  geometry: polar\n", "  extent: [0, 1, 5, 5]",
         "model.extent is [x_min, x_max, z_min, z_max], each min below its max; 5 is "
         "not "
         "below 5"},
        {"model:\n  geometry: polar\n", "  extent: [1, 0, 4, 5]", "1 is not below 0"},
        {"model:\n  geometry: polar\n", "  gradient: [1, 2]", "it has 2 values"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refuse_line(*state, bad[i][0], bad[i][1], bad[i][2]);
    }
}

/* --- The whole job --- */

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
        {"m.grd", "m.grd: neither netCDF-4 nor HDF5"},
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
        IN_FOLDER(a_short_job_gets_every_default),
        IN_FOLDER(every_key_is_heard),
        IN_FOLDER(grids_are_cubic_unless_told),
        IN_FOLDER(formulas_are_read_in_km),
        IN_FOLDER(a_job_in_the_current_folder_names_its_files_plainly),
        IN_FOLDER(overrides_replace_and_add),
        IN_FOLDER(an_override_may_give_what_is_required),
        IN_FOLDER(bad_overrides_are_named),
        IN_FOLDER(files_that_are_no_job_are_refused),
        IN_FOLDER(unreadable_job_files_are_named),
        IN_FOLDER(repeated_keys_are_refused_with_both_lines),
        IN_FOLDER(unknown_keys_are_refused_with_those_there_are),
        IN_FOLDER(missing_keys_are_named),
        IN_FOLDER(values_of_the_wrong_kind_are_refused),
        IN_FOLDER(contradictions_are_refused_where_they_stand),
        IN_FOLDER(a_job_is_loaded_with_its_survey),
        IN_FOLDER(vertices_in_metres_are_loaded_in_km),
        IN_FOLDER(each_kind_of_model_file_finds_its_reader),
        IN_FOLDER(a_survey_that_fails_leaves_an_empty_job),
        IN_FOLDER(a_formula_that_is_negative_somewhere_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
