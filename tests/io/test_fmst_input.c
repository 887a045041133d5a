/* The file set of fm2dss read: what it says, and everything that can be wrong in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fmst_fixture.h"
#include "folder_fixture.h"
#include "io/fmst.h"
#include "read_fixture.h"

/* --- The 24 lines --- */

static fm_status read_text(const void *state, const char *text, fm_fmst_input *input,
                           fm_error *error)
{
    return fm_fmst_input_read(put(state, "fm2dss.in", text), input, error);
}

static void all_lines_are_read(void **state)
{
    fm_fmst_input input;
    fm_error error = {0};
    assert_read(read_text(*state, fmst_input(0, NULL), &input, &error), &error);
    assert_string_equal(input.sources, folder_path(*state, "sources.dat"));
    assert_string_equal(input.receivers, folder_path(*state, "receivers.dat"));
    assert_string_equal(input.pairs, folder_path(*state, "otimes.dat"));
    assert_string_equal(input.model, folder_path(*state, "gridc.vtx"));
    assert_int_equal(input.dice[0], 2);
    assert_int_equal(input.dice[1], 3);
    assert_int_equal(input.refine, 1);
    assert_int_equal(input.refinement[0], 5);
    assert_int_equal(input.refinement[1], 10);
    assert_near(input.radius_km, 6371, 0);
    assert_int_equal(input.mixed_order, 1);
    assert_near(input.band, 0.5, 0);
    assert_int_equal(input.times, 1);
    assert_int_equal(input.frechet, 1);
    assert_int_equal(input.field, 2);
    assert_int_equal(input.rays, -1);
    assert_string_equal(input.times_file, folder_path(*state, "rtravel.out"));
    assert_string_equal(input.frechet_file, folder_path(*state, "frechet.out"));
    assert_string_equal(input.field_file, folder_path(*state, "travelt.out"));
    assert_string_equal(input.rays_file, folder_path(*state, "raypath.out"));
    char *result = fm_fmst_result_name(&input);
    assert_string_equal(result, folder_path(*state, "fm2dss.h5"));
    free(result);
    fm_fmst_input_clear(&input);
}

static void what_is_not_wanted_needs_no_name(void **state)
{
    static const size_t flags[] = {17, 19, 21, 23};
    for (size_t i = 0; i < 4; i++) {
        fm_fmst_input input;
        fm_error error = {0};
        assert_read(read_text(*state, fmst_input(flags[i], "0"), &input, &error),
                    &error);
        const char *files[] = {input.times_file, input.frechet_file, input.field_file,
                               input.rays_file};
        for (size_t f = 0; f < 4; f++) {
            assert_int_equal(files[f] == NULL, f == i);
        }
        fm_fmst_input_clear(&input);
    }
}

static void names_end_within_30_columns(void **state)
{
    static const char *const good[][2] = {
        {"s.dat", "s.dat"},
        {"   s.dat                      remark", "s.dat"},
        {"a23456789b123456789c123456789d", "a23456789b123456789c123456789d"},
        {"a23456789b123456789c123456789d c: remark", "a23456789b123456789c123456789d"},
        {"my sources.dat                 c: one blank", "my sources.dat"},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        fm_fmst_input input;
        fm_error error = {0};
        assert_read(read_text(*state, fmst_input(4, good[i][0]), &input, &error),
                    &error);
        assert_string_equal(input.sources, folder_path(*state, good[i][1]));
        fm_fmst_input_clear(&input);
    }
}

static void absolute_names_stay_as_they_are(void **state)
{
    fm_fmst_input input;
    fm_error error = {0};
    assert_read(read_text(*state, fmst_input(7, "/data/grid.vtx"), &input, &error),
                &error);
    assert_string_equal(input.model, "/data/grid.vtx");
    fm_fmst_input_clear(&input);
}

static void wrong_lines_are_refused_by_number(void **state)
{
    static const struct {
        size_t line;
        const char *text, *words;
    } wrong[] = {
        {4, "", "fm2dss.in:4: the file of sources: a name is needed"},
        {4, "a23456789b123456789c123456789de", "fm2dss.in:4: the file of sources: the"},
        {5, "receivers.dat  c: too early", "fm2dss.in:5: the file of receivers: a rem"},
        {6, "otimes.dat\tc: tab", "fm2dss.in:6: the file of associations: a remark"},
        {7, "     ", "fm2dss.in:7: the file of the velocity grid: a name"},
        {8, "8", "fm2dss.in:8: the dicing in latitude and longitude"},
        {8, "0 8", "fm2dss.in:8: the dicing"},
        {8, "8 1001", "fm2dss.in:8: the dicing"},
        {8, "8.5 8", "fm2dss.in:8: the dicing"},
        {9, "2", "fm2dss.in:9: source grid refinement, 0 or 1"},
        {10, "5", "fm2dss.in:10: the dicing level and the extent"},
        {10, "5 -1", "fm2dss.in:10: the dicing level and the extent"},
        {11, "0", "fm2dss.in:11: the Earth's radius in km"},
        {11, "6371km", "fm2dss.in:11: the Earth's radius in km"},
        {11, "-6371", "fm2dss.in:11: the Earth's radius in km"},
        {12, "2", "fm2dss.in:12: the order of the scheme, 0 (first) or 1 (mixed)"},
        {13, "0", "fm2dss.in:13: the size of the narrow band"},
        {13, "half", "fm2dss.in:13: the size of the narrow band"},
        {17, "yes", "fm2dss.in:17: travel times, 0 (no) or 1 (yes); found 'yes'"},
        {17, "-1", "fm2dss.in:17: travel times"},
        {18, "", "fm2dss.in:18: the file for times: a name is needed"},
        {19, "2", "fm2dss.in:19: Fréchet derivatives, 0 (no) or 1 (yes)"},
        {20, "", "fm2dss.in:20: the file for derivatives: a name"},
        {20, "rtravel.out", "fm2dss.in:20: "},
        {21, "-1", "fm2dss.in:21: the source whose field is written"},
        {22, "sources.dat", "sources.dat is a file that is read, too"},
        {22, "./sources.dat", "sources.dat is a file that is read, too"},
        {23, "all", "fm2dss.in:23: the source whose rays are written"},
        {24, "frechet.out", "fm2dss.in:24: "},
        {24, NULL, "fm2dss.in:24: the file ends before line 24 of 24"},
    };
    fmst_put(*state);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        fm_fmst_input input;
        fm_error error = {0};
        const char *text = fmst_input(wrong[i].line, wrong[i].text);
        assert_refused(read_text(*state, text, &input, &error), &error, wrong[i].words);
        assert_null(input.path);
    }
}

/* --- The survey --- */

static fm_status read_survey(const void *state, fm_survey *survey, fm_error *error)
{
    return fm_fmst_survey_read(folder_path(state, "sources.dat"),
                               folder_path(state, "receivers.dat"),
                               folder_path(state, "otimes.dat"), survey, error);
}

static void the_survey_has_ids_and_pairs_in_order(void **state)
{
    fm_survey survey;
    fm_error error = {0};
    fmst_put(*state);
    assert_read(read_survey(*state, &survey, &error), &error);
    assert_int_equal(survey.sources.n, 2);
    assert_int_equal(survey.receivers.n, 3);
    assert_string_equal(survey.sources.id[1], "2");
    assert_string_equal(survey.receivers.id[2], "3");
    assert_near(survey.sources.point[1].x, 112, 0);
    assert_near(survey.sources.point[1].z, -11, 0);
    assert_int_equal(survey.receivers.line[2], 4);
    assert_int_equal(survey.npairs, 2);
    assert_int_equal(survey.pair_receiver[0], 0);
    assert_int_equal(survey.pair_receiver[1], 2);
    assert_near(survey.observed_s[0], 30.5, 0);
    assert_near(survey.sigma_s[0], 0.25, 0);
    assert_true(isnan(survey.observed_s[1]) && isnan(survey.sigma_s[1]));
    fm_survey_clear(&survey);
}

static void zeros_and_remarks_are_no_observations(void **state)
{
    static const char *const tables[] = {"1\n1\n1\n1\n1\n1\n",
                                         "1 0.0 0.0\n1 0\n1 0. 0.\n1\n1,0\n0\n",
                                         "1 c: seen\n1 # 3.5\n1 0 !\n1\n1\n1 x 2\n"};
    fmst_put(*state);
    for (size_t i = 0; i < 3; i++) {
        fm_survey survey;
        fm_error error = {0};
        put(*state, "otimes.dat", tables[i]);
        assert_read(read_survey(*state, &survey, &error), &error);
        assert_true(survey.npairs >= 5);
        assert_null(survey.observed_s);
        assert_null(survey.sigma_s);
        fm_survey_clear(&survey);
    }
}

static void wrong_tables_are_refused_by_line(void **state)
{
    static const struct {
        const char *file, *text, *words;
    } wrong[] = {
        {"sources.dat", "",
         "sources.dat:1: the file ends before the number of sources"},
        {"sources.dat", "0\n", "sources.dat:1: the number of sources, a whole number"},
        {"sources.dat", "-10 110\n", "sources.dat:1: the number of sources"},
        {"sources.dat", "2\n-10 110\n", "sources.dat:3: the file ends before source 2"},
        {"sources.dat", "1\n-10 110\n-10 111\n",
         "sources.dat:3: more than the 1 source"},
        {"sources.dat", "1\n-10\n", "sources.dat:2: source 1 of 1, lat lon in degrees"},
        {"sources.dat", "1\n110 -10\n", "sources.dat:2: latitude 110 of source 1"},
        {"receivers.dat", "1\n-10 east\n", "receivers.dat:2: receiver 1 of 1"},
        {"otimes.dat", "1\n1\n1\n1\n1\n",
         "otimes.dat:6: the file ends before the pair "
         "of source 2 and receiver 3"},
        {"otimes.dat", "1\n1\n1\n1\n1\n1\n1\n", "otimes.dat:7: more than a line for"},
        {"otimes.dat", "1\n1\n1\n1\n2\n1\n",
         "otimes.dat:5: the pair of source 2 and "
         "receiver 2"},
        {"otimes.dat", "1.0\n1\n1\n1\n1\n1\n", "otimes.dat:1: the pair of source 1"},
        {"otimes.dat", "1 -3\n1\n1\n1\n1\n1\n", "otimes.dat:1: the observed time"},
        {"otimes.dat", "1 3 1x\n1\n1\n1\n1\n1\n", "otimes.dat:1: the observed time"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        fm_survey survey;
        fm_error error = {0};
        fmst_put(*state);
        put(*state, wrong[i].file, wrong[i].text);
        assert_refused(read_survey(*state, &survey, &error), &error, wrong[i].words);
        assert_int_equal(survey.sources.n, 0);
    }
}

/* --- The job --- */

/* With line `number` of fm2dss.in replaced. */
static fm_status load(const void *state, size_t number, const char *line, fm_job *job,
                      fm_error *error)
{
    fm_fmst_input input;
    fmst_put(state);
    fm_status status = read_text(state, fmst_input(number, line), &input, error);
    if (status == FM_OK) {
        status = fm_fmst_load(&input, job, error);
    }
    fm_fmst_input_clear(&input);
    return status;
}

static void the_lines_decide_the_job(void **state)
{
    fm_job job;
    fm_error error = {0};
    assert_read(load(*state, 11, "6000", &job, &error), &error);
    assert_read(fm_job_prepare(&job, &error), &error);
    assert_int_equal(job.medium.grid.nz, 2 * 2 + 1);
    assert_int_equal(job.medium.grid.nx, 3 * 3 + 1);
    assert_near(job.medium.grid.radius_km, 6000, 0);
    assert_int_equal(job.spec.solver.order, 2);
    assert_true(job.spec.want_times && job.spec.want_rays && job.spec.want_frechet);
    assert_true(job.spec.derivatives.cushions);
    assert_int_equal(job.coefficients.nx * job.coefficients.nz, 5 * 6);
    fm_job_clear(&job);
    assert_read(load(*state, 12, "0", &job, &error), &error);
    assert_int_equal(job.spec.solver.order, 1);
    fm_job_clear(&job);
    assert_read(load(*state, 19, "0", &job, &error), &error);
    assert_false(job.spec.want_frechet);
    fm_job_clear(&job);
}

static void sources_that_are_not_there_are_refused(void **state)
{
    fm_job job;
    fm_error error = {0};
    assert_refused(load(*state, 21, "3", &job, &error), &error,
                   "fm2dss.in:21: source 3, but ");
    assert_refused(load(*state, 23, "3", &job, &error), &error,
                   "fm2dss.in:23: source 3, but ");
}

static void missing_files_are_named(void **state)
{
    fm_job job;
    fm_error error = {0};
    assert_io_failed(load(*state, 4, "none.dat", &job, &error), &error,
                     "none.dat: cannot be read");
    assert_io_failed(load(*state, 7, "none.vtx", &job, &error), &error,
                     "none.vtx: cannot be read");
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(all_lines_are_read),
        IN_FOLDER(what_is_not_wanted_needs_no_name),
        IN_FOLDER(names_end_within_30_columns),
        IN_FOLDER(absolute_names_stay_as_they_are),
        IN_FOLDER(wrong_lines_are_refused_by_number),
        IN_FOLDER(the_survey_has_ids_and_pairs_in_order),
        IN_FOLDER(zeros_and_remarks_are_no_observations),
        IN_FOLDER(wrong_tables_are_refused_by_line),
        IN_FOLDER(the_lines_decide_the_job),
        IN_FOLDER(sources_that_are_not_there_are_refused),
        IN_FOLDER(missing_files_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
