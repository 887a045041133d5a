/* Published P times, ray integrals and the march, side by side. */
#include "ak135.h"

#include <math.h>
#include <stdlib.h>

#include "io/jobfile.h"
#include "io/load.h"
#include "ray_integral.h"

static void integrate(ak135 *earth)
{
    const fm_job *job = &earth->job;
    const fm_survey *survey = &job->survey;
    earth_model model = earth_from_profile(job->model.radius_km, job->model.nknots,
                                           job->model.depth_km, job->model.knot_speed);
    for (size_t p = 0; p < survey->npairs; p++) {
        fm_point source = survey->sources.point[survey->pair_source[p]];
        fm_point receiver = survey->receivers.point[survey->pair_receiver[p]];
        earth->exact[p] = earth_first_arrival(&model, job->model.radius_km - source.z,
                                              receiver.x - source.x);
    }
}

fm_status ak135_open(const char *job_path, ak135 *earth, fm_error *error)
{
    *earth = (ak135){0};
    fm_job_spec spec = {0};
    fm_status status = fm_jobfile_read(job_path, NULL, 0, &spec, error);
    if (status == FM_OK) {
        status = fm_job_load(&spec, &earth->job, error);
    }
    if (status == FM_OK) {
        status = fm_job_prepare(&earth->job, error);
    }
    if (status == FM_OK) {
        earth->exact = calloc(earth->job.survey.npairs, sizeof *earth->exact);
        status = earth->exact ? FM_OK : fm_fail_memory(error, "the exact times", 1e3);
    }
    if (status == FM_OK) {
        integrate(earth);
    } else {
        ak135_close(earth);
    }
    return status;
}

void ak135_close(ak135 *earth)
{
    fm_job_clear(&earth->job);
    free(earth->exact);
    *earth = (ak135){0};
}

/* The larger of the two, a NaN before any number. */
static double worse(double a, double b)
{
    return a >= b ? a : (isnan(a) ? a : b);
}

ak135_deviation ak135_compare(const ak135 *earth, const double *computed)
{
    ak135_deviation deviation = {0};
    const fm_survey *survey = &earth->job.survey;
    for (size_t p = 0; p < survey->npairs; p++) {
        double table = fabs(computed[p] - survey->observed_s[p]);
        double exact = fabs(computed[p] - earth->exact[p]);
        deviation.table_mean += table / (double)survey->npairs;
        deviation.exact_mean += exact / (double)survey->npairs;
        deviation.table_worst = worse(deviation.table_worst, table);
        deviation.exact_worst = worse(deviation.exact_worst, exact);
    }
    return deviation;
}
