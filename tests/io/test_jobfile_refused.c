/* Job files with faults: every contradiction, every message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder_fixture.h"
#include "job_fixture.h"
#include "read_fixture.h"

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
        {MODEL SURVEY "output: o.h5\n", "job.yaml: want is missing: what the result"},
        {"model:\n  constant: 5\n  geometry: cartesian\n  spacing: [1, 1]\n" SURVEY
             REST,
         "job.yaml: model.extent is missing: a formula, profile or sum of cosines "
         "needs it"},
        {"model:\n  file: p.csv\n  geometry: cartesian\n  extent: [0, 1, 0, 1]\n" SURVEY
             REST,
         "job.yaml: model.spacing is missing: a formula, profile or sum of cosines "
         "needs it"},
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
        {"solver:\n  exact: 1", "solver.exact is false or true, not '1'"},
        {"solver:\n  exact: [true]", "solver.exact takes one value, not a list"},
        {"solver:\n  unfactored: true", "solver.unfactored is no key"},
        {"derivatives:\n  quantity: density",
         "derivatives.quantity is speed or slowness, not 'density'"},
        {"derivatives:\n  cushions: drop",
         "derivatives.cushions is fold or keep, not 'drop'"},
        {"derivatives:\n  threshold: 1",
         "derivatives.threshold is a part of a row's greatest entry, from 0 to less "
         "than 1, not '1'"},
        {"derivatives:\n  threshold: -0.1", "not '-0.1'"},
        {"precision: f16", "job.yaml:4:1: precision is f32 or f64, not 'f16'"},
        {"units: ft", "units is km or m, not 'ft'"},
        {"reciprocity: always", "reciprocity is auto or never, not 'always'"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refuse_line(*state, MODEL, bad[i][0], bad[i][1]);
    }
    static const char *const wants[][2] = {
        {"want: []",
         "job.yaml:7:1: want is empty: it is a list of some of times, fields, sum,"},
        {"want: [times, ray]",
         "want is a list of some of times, fields, sum, rays, frechet, misfit, "
         "gradient, coverage; 'ray' is none of them"},
        {"want: [sum, sum]", "want names 'sum' twice"},
        {"want: [times, times]", "want names 'times' twice"},
        {"want:", "'' is none of them"},
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
    static const char cosines[] = "model:\n  cosines: c.csv\n  geometry: cartesian\n"
                                  "  extent: [0, 9, 0, 9]\n  spacing: [1, 1]\n";
    static const char *const bad[][3] = {
        {MODEL, "  cosines: c.csv",
         "job.yaml:4:3: model.cosines and model.file exclude each other"},
        {FORMULA, "  cosines: c.csv", "model.cosines and model.constant exclude"},
        {cosines, "  gradient: [5, 0, 0]", "model.cosines and model.gradient exclude"},
        {MODEL, "  quantity: speed",
         "job.yaml:4:3: model.quantity has no meaning without model.cosines"},
        {FORMULA, "  reference: 5", "model.reference has no meaning without"},
        {cosines, "  quantity: vp", "model.quantity is speed or slowness, not 'vp'"},
        {cosines, "  reference: 5km", "model.reference takes numbers, written plainly"},
        {cosines, "  dice: [1, 1]", "model.dice splits the cells of a grid"},
        {cosines, "  interpolation: cubic", "model.interpolation has no meaning for a"},
        {cosines, "  variable: v", "model.variable has no meaning without model.file"},
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

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(files_that_are_no_job_are_refused),
        IN_FOLDER(unreadable_job_files_are_named),
        IN_FOLDER(repeated_keys_are_refused_with_both_lines),
        IN_FOLDER(unknown_keys_are_refused_with_those_there_are),
        IN_FOLDER(missing_keys_are_named),
        IN_FOLDER(values_of_the_wrong_kind_are_refused),
        IN_FOLDER(contradictions_are_refused_where_they_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
