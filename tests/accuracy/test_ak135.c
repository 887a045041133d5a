/* The Earth: P times in ak135 against the published tables and against exact rays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "ak135.h"

typedef struct fixture {
    ak135 earth;
    double *computed;
} fixture;

static void compute(fixture *set)
{
    const fm_job *job = &set->earth.job;
    fm_solver *solver = NULL;
    assert_int_equal(
        fm_solver_create(&job->medium, &job->model, &job->spec.solver, &solver, NULL),
        FM_OK);
    for (size_t s = 0; s < job->shots.n; s++) {
        fm_point origin = fm_shots_origin(&job->shots, &job->survey, s);
        assert_int_equal(fm_solver_march(solver, origin, NULL, 0, NULL), FM_OK);
        for (size_t r = job->shots.shot[s].begin; r < job->shots.shot[s].end; r++) {
            size_t row = job->shots.row[r];
            fm_point target = fm_shots_target(&job->shots, &job->survey, row);
            assert_true(fm_solver_time(solver, target, &set->computed[row]));
        }
    }
    fm_solver_destroy(solver);
}

static int open_earth(void **state)
{
    fixture *set = calloc(1, sizeof *set);
    fm_error error;
    if (ak135_open(FM_DATA "/ak135/job.yaml", &set->earth, &error) != FM_OK) {
        print_error("%s\n", error.message);
        return -1;
    }
    set->computed = calloc(set->earth.job.survey.npairs, sizeof(double));
    compute(set);
    *state = set;
    return 0;
}

static int close_earth(void **state)
{
    fixture *set = *state;
    ak135_close(&set->earth);
    free(set->computed);
    free(set);
    return 0;
}

static void job_asks_for_all_depths_and_distances(void **state)
{
    const fixture *set = *state;
    const fm_survey *survey = &set->earth.job.survey;
    assert_int_equal(survey->sources.n, 4);
    assert_int_equal(survey->receivers.n, 20);
    assert_int_equal(survey->npairs, 80);
}

static void times_agree_with_the_published_tables(void **state)
{
    const fixture *set = *state;
    ak135_deviation deviation = ak135_compare(&set->earth, set->computed);
    print_message("tables: mean %.4f s, worst %.4f s\n", deviation.table_mean,
                  deviation.table_worst);
    assert_true(deviation.table_mean <= 0.02);
    assert_true(deviation.table_worst <= 0.06);
}

static void times_agree_with_exact_rays(void **state)
{
    const fixture *set = *state;
    ak135_deviation deviation = ak135_compare(&set->earth, set->computed);
    print_message("exact rays: mean %.4f s, worst %.4f s\n", deviation.exact_mean,
                  deviation.exact_worst);
    assert_true(deviation.exact_mean <= 0.003);
    assert_true(deviation.exact_worst <= 0.03);
}

/* Beyond the core's shadow the first arrival runs along the core; its error must not
 * grow with the way (a row that is not on the boundary loses 0.015 s a degree). */
static void core_diffracted_wave_keeps_its_accuracy(void **state)
{
    const fixture *set = *state;
    const fm_survey *survey = &set->earth.job.survey;
    for (size_t p = 0; p < survey->npairs; p++) {
        if (survey->receivers.point[survey->pair_receiver[p]].x >= 95) {
            assert_true(fabs(set->computed[p] - set->earth.exact[p]) <= 0.004);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(job_asks_for_all_depths_and_distances),
        cmocka_unit_test(times_agree_with_the_published_tables),
        cmocka_unit_test(times_agree_with_exact_rays),
        cmocka_unit_test(core_diffracted_wave_keeps_its_accuracy),
    };
    return cmocka_run_group_tests(tests, open_earth, close_earth);
}
