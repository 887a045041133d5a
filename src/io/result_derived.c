/* Misfits are added up pair by pair in the order of the file, when all times are there:
 * so they are the same bytes whoever marched what, and a march that began at a receiver
 * (reciprocity) counts to the sources it came to. Gradients and lengths come as exact
 * sums and are rounded here, once. */
#include "result_derived.h"

#include <math.h>
#include <stdlib.h>

fm_status fm_result_derived_create(const fm_job *job, fm_result_derived *derived,
                                   fm_error *error)
{
    size_t n = job->survey.npairs;
    *derived = (fm_result_derived){.job = job};
    if (!fm_later_wanted(job, FM_LATER_RAY_STATUS)) {
        return FM_OK;
    }
    derived->ray_status = calloc(n, sizeof *derived->ray_status);
    derived->ray_time_s = malloc(n * sizeof *derived->ray_time_s);
    derived->ray_length_km = malloc(n * sizeof *derived->ray_length_km);
    if (!derived->ray_status || !derived->ray_time_s || !derived->ray_length_km) {
        fm_result_derived_clear(derived);
        return fm_fail_memory(error, "the rays' times", 17.0 * (double)n);
    }
    for (size_t i = 0; i < n; i++) {
        derived->ray_time_s[i] = derived->ray_length_km[i] = NAN;
    }
    return FM_OK;
}

void fm_result_derived_clear(fm_result_derived *derived)
{
    free(derived->ray_status);
    free(derived->ray_time_s);
    free(derived->ray_length_km);
    *derived = (fm_result_derived){0};
}

void fm_result_derived_add(fm_result_derived *derived, const fm_shot_result *result)
{
    for (size_t r = 0; derived->ray_status && r < result->n; r++) {
        size_t pair = result->row[r];
        derived->ray_status[pair] = result->rays.status[r];
        derived->ray_time_s[pair] = result->rays.time_s[r];
        derived->ray_length_km[pair] = result->rays.length_km[r];
    }
}

/* ---- sums ---- */

/* A map of nz rows of nx exact numbers; `exact` NULL: zeros. */
static fm_status write_map(fm_slabs *slabs, const fm_part_file *part, size_t nx,
                           size_t nz, const fm_fixed *exact, int lsb, fm_error *error)
{
    double *row = calloc(nx, sizeof *row);
    if (!row) {
        return fm_fail_memory(error, "a row of a sum", 8.0 * (double)nx);
    }
    fm_status status = FM_OK;
    for (size_t k = 0; k < nz && status == FM_OK; k++) {
        for (size_t i = 0; exact && i < nx; i++) {
            row[i] = fm_fixed_to_double(exact[k * nx + i], lsb);
        }
        status = fm_slabs_write(slabs, part, k, row, error);
    }
    free(row);
    return status;
}

fm_status fm_result_derived_sums(const fm_job *job, fm_slabs *later,
                                 const fm_part_file *part, const fm_shot_sums *sums,
                                 fm_error *error)
{
    const fm_coefficients *of = &job->coefficients;
    fm_cells cells = fm_cells_of(&job->model, &job->medium.grid);
    fm_status status = FM_OK;
    if (job->spec.want_gradient) {
        status = write_map(&later[FM_LATER_GRADIENT], part, of->nx, of->nz,
                           sums ? sums->gradient : NULL, sums ? sums->gradient_lsb : 0,
                           error);
    }
    if (status == FM_OK && job->spec.want_coverage) {
        status = write_map(&later[FM_LATER_COVERAGE], part, cells.nx, cells.nz,
                           sums ? sums->coverage : NULL, sums ? sums->coverage_lsb : 0,
                           error);
    }
    return status;
}

/* ---- misfits ---- */

/* Half the square of the residual by sigma, which is 1 where none is given; NaN: the
 * pair does not count. */
static double misfit_of(const fm_survey *survey, size_t pair, double time_s)
{
    double sigma = survey->sigma_s ? survey->sigma_s[pair] : NAN;
    double residual = time_s - survey->observed_s[pair];
    residual /= isfinite(sigma) ? sigma : 1;
    return 0.5 * residual * residual;
}

static fm_status write_misfits(const fm_job *job, const double *arrival_s,
                               fm_slabs *later, const fm_part_file *part,
                               fm_error *error)
{
    const fm_survey *survey = &job->survey;
    size_t n = survey->sources.n;
    double sum = 0, *misfit = malloc(n * sizeof *misfit);
    int64_t pairs = 0;
    if (!misfit) {
        return fm_fail_memory(error, "the misfits of sources", 8.0 * (double)n);
    }
    for (size_t s = 0; s < n; s++) {
        misfit[s] = NAN;
    }
    for (size_t p = 0; p < survey->npairs; p++) {
        double part_of = misfit_of(survey, p, arrival_s[p]);
        double *of_source = &misfit[survey->pair_source[p]];
        if (isfinite(part_of)) {
            *of_source = isnan(*of_source) ? part_of : *of_source + part_of;
            sum += part_of;
            pairs++;
        }
    }
    fm_status status = fm_slabs_write(&later[FM_LATER_MISFIT], part, 0, misfit, error);
    if (status == FM_OK) {
        status = fm_slabs_write(&later[FM_LATER_MISFIT_SUM], part, 0, &sum, error);
    }
    if (status == FM_OK) {
        status = fm_slabs_write(&later[FM_LATER_MISFIT_PAIRS], part, 0, &pairs, error);
    }
    free(misfit);
    return status;
}

fm_status fm_result_derived_write(const fm_result_derived *derived,
                                  const double *arrival_s, fm_slabs *later,
                                  const fm_part_file *part, fm_error *error)
{
    const fm_job *job = derived->job;
    const struct {
        fm_later which;
        const void *values;
    } rays[] = {{FM_LATER_RAY_STATUS, derived->ray_status},
                {FM_LATER_RAY_TIME, derived->ray_time_s},
                {FM_LATER_RAY_LENGTH, derived->ray_length_km}};
    fm_status status = FM_OK;
    for (size_t i = 0; i < sizeof rays / sizeof *rays && status == FM_OK; i++) {
        if (rays[i].values) {
            status =
                fm_slabs_write(&later[rays[i].which], part, 0, rays[i].values, error);
        }
    }
    if (status == FM_OK && fm_later_wanted(job, FM_LATER_MISFIT)) {
        status = write_misfits(job, arrival_s, later, part, error);
    }
    return status;
}
