/* What shots add to the sums: which parts, on which scale; and the cells of rays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "addend.h"
#include "build.h"

/* 11 x 6 nodes, a km apart, diced 4: 41 x 21 nodes to march on. */
static void nodes_job(fm_job *job)
{
    build_job(job, 2, 3);
    fm_model *model = &job->model;
    model->kind = FM_MODEL_NODES;
    model->interpolation = FM_LINEAR;
    model->nx = 11;
    model->nz = 6;
    model->dx = model->dz = 1;
    model->values = malloc(66 * sizeof(double));
    for (size_t i = 0; i < 66; i++) {
        model->values[i] = 4 + 0.01 * (double)i;
    }
    job->spec.spacing = (fm_spacing){.dice_x = 4, .dice_z = 4};
    job->survey.observed_s = calloc(6, sizeof(double));
}

static void parts_are_those_that_are_wanted(void **state)
{
    (void)state;
    for (int wanted = 0; wanted < 8; wanted++) {
        fm_job job;
        nodes_job(&job);
        job.spec.want_sum = wanted & 1;
        job.spec.want_gradient = wanted & 2;
        job.spec.want_coverage = wanted & 4;
        assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
        fm_addend addend = fm_addend_of(&job);
        fm_addend_places at = fm_addend_at(&addend);
        fm_sum_shape shape = fm_addend_shape(&addend);
        size_t sum = wanted & 1 ? 3 * (41 * 21) : 0;
        size_t gradient = wanted & 2 ? 66 : 0, coverage = wanted & 4 ? 50 : 0;
        assert_int_equal(at.gradient, sum);
        assert_int_equal(at.coverage, sum + gradient);
        assert_int_equal(at.size, sum + gradient + coverage);
        assert_int_equal(fm_sum_size(&shape), at.size);
        fm_job_clear(&job);
    }
}

/* Ten km at 4 km/s, three receivers, residuals of some seconds: no addend comes near.
 */
static void scales_hold_what_can_occur(void **state)
{
    (void)state;
    fm_job job;
    nodes_job(&job);
    job.spec.want_gradient = job.spec.want_coverage = true;
    assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
    fm_addend addend = fm_addend_of(&job);
    assert_true(ldexp(1, addend.coverage_exponent) > 3 * 11.2);
    assert_true(ldexp(1, addend.gradient_exponent) > 3 * 2.8 * 2.8 / 4);
    /* And what is rounded away is far below it. */
    assert_true(ldexp(1, fm_addend_coverage_lsb(&addend)) < 1e-20);
    assert_true(ldexp(1, fm_addend_gradient_lsb(&addend)) < 1e-15);
    fm_job_clear(&job);
}

static void a_small_sigma_widens_the_scale_of_the_gradient(void **state)
{
    (void)state;
    int exponent[2];
    for (int n = 0; n < 2; n++) {
        fm_job job;
        nodes_job(&job);
        job.spec.want_gradient = true;
        job.survey.sigma_s = malloc(6 * sizeof(double));
        for (size_t p = 0; p < 6; p++) {
            job.survey.sigma_s[p] = n == 0 || p != 4 ? 1 : 0x1p-10;
        }
        assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
        exponent[n] = fm_addend_of(&job).gradient_exponent;
        fm_job_clear(&job);
    }
    assert_int_equal(exponent[1], exponent[0] + 20);
}

static void cells_of_the_grid_count_to_those_of_the_model(void **state)
{
    (void)state;
    fm_job job;
    nodes_job(&job);
    assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
    fm_cells cells = fm_cells_of(&job.model, &job.medium.grid);
    assert_int_equal(cells.nx, 10);
    assert_int_equal(cells.nz, 5);
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(fm_cells_column(&cells, i), i / 4);
    }
    for (size_t k = 0; k < 20; k++) {
        assert_int_equal(fm_cells_row(&cells, k), k / 4);
    }
    assert_true(fm_cells_x(&cells, 3) == 3.5 && fm_cells_z(&cells, 0) == 0.5);
    fm_job_clear(&job);
}

static void without_nodes_they_are_cells_of_the_grid(void **state)
{
    (void)state;
    fm_job job;
    build_job(&job, 2, 3);
    assert_int_equal(fm_job_prepare(&job, NULL), FM_OK);
    fm_cells cells = fm_cells_of(&job.model, &job.medium.grid);
    assert_int_equal(cells.nx, job.medium.grid.nx - 1);
    assert_int_equal(cells.nz, job.medium.grid.nz - 1);
    assert_int_equal(fm_cells_column(&cells, 17), 17);
    assert_int_equal(fm_cells_row(&cells, 5), 5);
    fm_job_clear(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_those_that_are_wanted),
        cmocka_unit_test(scales_hold_what_can_occur),
        cmocka_unit_test(a_small_sigma_widens_the_scale_of_the_gradient),
        cmocka_unit_test(cells_of_the_grid_count_to_those_of_the_model),
        cmocka_unit_test(without_nodes_they_are_cells_of_the_grid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
