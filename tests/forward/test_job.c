/* The job: preparing it, its text, and the digests of what it was made from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "build.h"

static void preparing_lays_the_grid_and_plans_the_shots(void **state)
{
    (void)state;
    fm_job job;
    build_job(&job, 4, 3);
    assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
    assert_int_equal(job.medium.grid.nx, 101);
    assert_int_equal(job.medium.grid.nz, 51);
    assert_true(job.medium.slowness[0] == 0.25);
    assert_true(job.shots.reciprocal);
    assert_int_equal(job.shots.n, 3);
    fm_job_clear(&job);
    fm_job_clear(&job);
}

static void wanting_fields_or_their_sum_marches_from_the_sources(void **state)
{
    (void)state;
    fm_job job;
    build_job(&job, 4, 3);
    job.spec.want_fields = true;
    assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
    assert_false(job.shots.reciprocal);
    assert_int_equal(job.shots.n, 4);
    fm_job_clear(&job);
    build_job(&job, 4, 3);
    job.spec.want_sum = true;
    assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
    assert_false(job.shots.reciprocal);
    assert_int_equal(job.shots.n, 4);
    fm_job_clear(&job);
}

static void preparing_refuses_positions_outside_and_masked_sources(void **state)
{
    (void)state;
    fm_job job;
    fm_error error = {0};
    build_job(&job, 2, 2);
    job.survey.receivers.point[1].z = 5.5;
    assert_int_equal(fm_job_prepare(&job, &error), FM_BAD_INPUT);
    assert_non_null(strstr(error.message, "receiver 'R1'"));
    fm_job_clear(&job);

    build_job(&job, 2, 2);
    build_wall(&job, 17, 20);
    assert_int_equal(fm_job_prepare(&job, &error), FM_BAD_INPUT);
    assert_non_null(strstr(error.message, "source 'S1'"));
    assert_non_null(strstr(error.message, "masked"));
    fm_job_clear(&job);
}

static void a_survey_without_pairs_is_refused(void **state)
{
    (void)state;
    fm_job job;
    fm_error error = {0};
    build_job(&job, 2, 2);
    job.survey.npairs = 0;
    assert_int_equal(fm_job_prepare(&job, &error), FM_BAD_INPUT);
    assert_non_null(strstr(error.message, "no pair"));
    fm_job_clear(&job);
}

static void assert_line(const char *text, const char *line)
{
    char wanted[128];
    snprintf(wanted, sizeof wanted, "%s\n", line);
    const char *found = strstr(text, wanted);
    if (!found || (found != text && found[-1] != '\n')) {
        fail_msg("no line '%s' in:\n%s", line, text);
    }
}

static void the_text_spells_out_every_default_and_no_file_name(void **state)
{
    (void)state;
    fm_job job;
    build_job(&job, 2, 2);
    job.spec.path = strdup("/home/someone/job.yaml");
    job.spec.output = strdup("/home/someone/out.h5");
    job.model.x_max = 0.1 + 0.2; /* 0.30000000000000004: needs 17 digits */
    char *text = NULL;
    assert_int_equal(fm_job_text(&job, &text, NULL), FM_OK);
    const char *lines[] = {"model:",
                           "  constant: 4",
                           "  geometry: cartesian",
                           "  extent: [0, 0.30000000000000004, 0, 5]",
                           "  spacing: [0.1, 0.1]",
                           "survey:",
                           "reciprocity: auto",
                           "solver:",
                           "  order: 2",
                           "  refine: auto",
                           "  stop_early: true",
                           "  exact: false",
                           "want: [times]",
                           "precision: f32"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_line(text, lines[i]);
    }
    assert_null(strstr(text, "someone"));
    free(text);
    fm_job_clear(&job);
}

static void the_text_follows_what_was_asked(void **state)
{
    (void)state;
    fm_job job;
    build_job(&job, 2, 2);
    build_wall(&job, 10, 11);
    job.spec.want_fields = job.spec.fields_f64 = true;
    job.spec.solver = (fm_solver_options){.order = 1, .refine = 4, .exact = true};
    char *text = NULL;
    assert_int_equal(fm_job_text(&job, &text, NULL), FM_OK);
    const char *lines[] = {"  kind: nodes",  "  interpolation: linear",
                           "  dice: [5, 5]", "  order: 1",
                           "  refine: 4",    "  stop_early: false",
                           "  exact: true",  "want: [times, fields]",
                           "precision: f64"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_line(text, lines[i]);
    }
    free(text);
    job.spec.want_times = false;
    job.spec.want_sum = true;
    assert_int_equal(fm_job_text(&job, &text, NULL), FM_OK);
    assert_line(text, "want: [fields, sum]");
    free(text);
    fm_job_clear(&job);
}

/* The digests of two jobs, the second changed by `change`. */
static void assert_digests(void (*change)(fm_job *job), bool model_same,
                           bool survey_same)
{
    char text[2][2][33];
    for (int i = 0; i < 2; i++) {
        fm_job job;
        build_job(&job, 3, 2);
        build_wall(&job, 3, 4);
        job.survey.observed_s = calloc(6, sizeof(double));
        if (i == 1) {
            change(&job);
        }
        assert_int_equal(fm_model_digest(&job.model, text[i][0], NULL), FM_OK);
        assert_int_equal(fm_survey_digest(&job.survey, text[i][1], NULL), FM_OK);
        fm_job_clear(&job);
    }
    assert_int_equal(strcmp(text[0][0], text[1][0]) == 0, model_same);
    assert_int_equal(strcmp(text[0][1], text[1][1]) == 0, survey_same);
    assert_int_equal(strlen(text[0][0]), 32);
}

static void change_nothing(fm_job *job)
{
    (void)job;
}

static void change_a_value(fm_job *job)
{
    job->model.values[230] = 4.0000001;
}

static void change_the_geometry(fm_job *job)
{
    job->model.geometry = FM_GEOGRAPHIC;
}

static void change_the_cushion(fm_job *job)
{
    job->model.cushion_extrapolated = true;
}

static void make_cosines(fm_job *job)
{
    job->model.kind = FM_MODEL_COSINES;
}

static void make_cosines_of_slowness(fm_job *job)
{
    make_cosines(job);
    job->model.quantity = FM_SLOWNESS;
}

static void make_cosines_with_a_reference(fm_job *job)
{
    make_cosines(job);
    job->model.reference = 0.5;
}

static void model_digest(void (*change)(fm_job *job), char text[33])
{
    fm_job job;
    build_job(&job, 3, 2);
    build_wall(&job, 10, 11);
    change(&job);
    assert_int_equal(fm_model_digest(&job.model, text, NULL), FM_OK);
    fm_job_clear(&job);
}

static void what_cosines_make_and_are_added_to_is_in_their_digest(void **state)
{
    (void)state;
    char plain[33], slowness[33], reference[33];
    model_digest(make_cosines, plain);
    model_digest(make_cosines_of_slowness, slowness);
    model_digest(make_cosines_with_a_reference, reference);
    assert_string_not_equal(plain, slowness);
    assert_string_not_equal(plain, reference);
}

static void the_text_tells_what_cosines_make(void **state)
{
    (void)state;
    fm_job job;
    build_job(&job, 1, 1);
    build_wall(&job, 10, 11);
    make_cosines_of_slowness(&job);
    job.model.reference = 0.2;
    char *text = NULL;
    assert_int_equal(fm_job_text(&job, &text, NULL), FM_OK);
    const char *lines[] = {"  kind: cosines", "  quantity: slowness",
                           "  reference: 0.2"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_line(text, lines[i]);
    }
    free(text);
    fm_job_clear(&job);
}

static void change_an_id(fm_job *job)
{
    job->survey.receivers.id[1][0] = 'Q';
}

static void change_a_position(fm_job *job)
{
    job->survey.sources.point[2].z += 1e-9;
}

static void change_a_time(fm_job *job)
{
    job->survey.observed_s[5] = 1;
}

static void change_a_pair(fm_job *job)
{
    job->survey.npairs = 5;
}

static void swap_sides(fm_job *job)
{
    fm_stations sources = job->survey.sources;
    job->survey.sources = job->survey.receivers;
    job->survey.receivers = sources;
}

static void digests_change_with_the_content_and_only_with_it(void **state)
{
    (void)state;
    assert_digests(change_nothing, true, true);
    assert_digests(change_a_value, false, true);
    assert_digests(change_the_geometry, false, true);
    assert_digests(change_the_cushion, false, true);
    assert_digests(change_an_id, true, false);
    assert_digests(change_a_position, true, false);
    assert_digests(change_a_time, true, false);
    assert_digests(change_a_pair, true, false);
    assert_digests(swap_sides, true, false);
}

/* What the rays of a shot take is bounded, whatever the survey; a shot that has a field
 * to give is marched once all the same. */
static void shots_with_very_many_rays_are_split(void **state)
{
    (void)state;
    enum { RECEIVERS = 9000 };
    for (int wanted = 0; wanted < 4; wanted++) {
        fm_job job;
        build_job(&job, 3, RECEIVERS);
        job.spec.want_rays = wanted & 1;
        job.spec.want_fields = wanted & 2;
        assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
        size_t most = 0;
        for (size_t n = 0; n < job.shots.n; n++) {
            size_t rows = job.shots.shot[n].end - job.shots.shot[n].begin;
            most = rows > most ? rows : most;
        }
        if (wanted == 1) {
            assert_true(job.shots.n > 3);
            assert_true(most < RECEIVERS / 2 + 1);
        } else {
            assert_int_equal(job.shots.n, 3);
            assert_int_equal(most, RECEIVERS);
        }
        fm_job_clear(&job);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shots_with_very_many_rays_are_split),
        cmocka_unit_test(preparing_lays_the_grid_and_plans_the_shots),
        cmocka_unit_test(wanting_fields_or_their_sum_marches_from_the_sources),
        cmocka_unit_test(preparing_refuses_positions_outside_and_masked_sources),
        cmocka_unit_test(a_survey_without_pairs_is_refused),
        cmocka_unit_test(the_text_spells_out_every_default_and_no_file_name),
        cmocka_unit_test(the_text_follows_what_was_asked),
        cmocka_unit_test(what_cosines_make_and_are_added_to_is_in_their_digest),
        cmocka_unit_test(the_text_tells_what_cosines_make),
        cmocka_unit_test(digests_change_with_the_content_and_only_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
