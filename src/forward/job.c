/* From what the user wrote to what a run needs. The order matters: the grid decides
 * where the survey may lie, and the survey decides the shots. */
#include "forward/job.h"

#include <stdlib.h>

void fm_job_spec_clear(fm_job_spec *spec)
{
    free(spec->path);
    free(spec->model_file);
    free(spec->model_variable);
    free(spec->sources);
    free(spec->receivers);
    free(spec->pairs);
    free(spec->output);
    *spec = (fm_job_spec){0};
}

void fm_job_clear(fm_job *job)
{
    fm_shots_clear(&job->shots);
    fm_survey_clear(&job->survey);
    fm_medium_clear(&job->medium);
    fm_model_clear(&job->model);
    fm_job_spec_clear(&job->spec);
}

static fm_status lay_medium(fm_job *job, fm_error *error)
{
    fm_grid grid = {0};
    fm_status status = fm_model_grid(&job->model, &job->spec.spacing, &grid, error);
    if (status == FM_OK) {
        status = fm_medium_sample(&job->model, &grid, &job->medium, error);
    }
    return status;
}

static fm_status plan_shots(fm_job *job, fm_error *error)
{
    fm_status status = fm_shots_plan(&job->survey, job->spec.want_fields,
                                     job->spec.allow_reciprocal, &job->shots, error);
    if (status == FM_OK && job->shots.n == 0) {
        status = fm_fail(error, FM_BAD_INPUT,
                         "the survey has no pair of a source and a receiver: there is "
                         "nothing to march");
    }
    return status;
}

fm_status fm_job_prepare(fm_job *job, fm_error *error)
{
    fm_status status = lay_medium(job, error);
    if (status == FM_OK) {
        status = fm_survey_place(&job->survey, &job->medium.grid, error);
    }
    if (status == FM_OK) {
        status = fm_survey_check_sources(&job->survey, &job->medium, error);
    }
    if (status == FM_OK) {
        status = plan_shots(job, error);
    }
    return status;
}
