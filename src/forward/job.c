/* From what the user wrote to what a run needs. The order matters: the grid decides
 * where the survey may lie, and the survey decides the shots. */
#include "forward/forward.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void clear_places(fm_job_places *places)
{
    free(places->gradient);
    free(places->extent);
    free(places->spacing);
    free(places->dice);
}

void fm_job_spec_clear(fm_job_spec *spec)
{
    clear_places(&spec->places);
    free(spec->path);
    free(spec->model_file);
    free(spec->model_variable);
    free(spec->sources);
    free(spec->receivers);
    free(spec->pairs);
    free(spec->output);
    free(spec->cache);
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

bool fm_job_wants_whole_fields(const fm_job_spec *spec)
{
    return spec->want_fields || spec->want_sum;
}

bool fm_job_wants_rays_traced(const fm_job_spec *spec)
{
    return spec->want_rays || spec->want_frechet || spec->want_coverage;
}

bool fm_job_wants_coefficients(const fm_job_spec *spec)
{
    return spec->want_frechet || spec->want_gradient;
}

fm_solver_options fm_job_solver_options(const fm_job_spec *spec)
{
    fm_solver_options options = spec->solver;
    options.stop_early = options.stop_early && !fm_job_wants_whole_fields(spec) &&
                         !fm_job_wants_rays_traced(spec);
    options.adjoint = spec->want_gradient;
    return options;
}

fm_status fm_job_blame(const char *place, fm_status status, fm_error *error)
{
    if (status == FM_BAD_INPUT && place && error) {
        fm_fail_within(error, "%s", place);
    }
    return status;
}

/* A step may be made smaller to fit, but one that is larger than the whole model is a
 * slip (of units, or of the order of the two). */
static fm_status check_step(const fm_job *job, const char *key, double step,
                            double extent, const char *unit, fm_error *error)
{
    double scale = strcmp(unit, "km") == 0 ? job->spec.length_scale : 1;
    if (step <= extent * (1 + 1e-6)) {
        return FM_OK;
    }
    return fm_fail(error, FM_BAD_INPUT,
                   "the step %s of %.9g %s is larger than the whole extent: it is at "
                   "most %.9g",
                   key, step / scale, scale == 0.001 ? "m" : unit, extent / scale);
}

static fm_status check_spacing(const fm_job *job, fm_error *error)
{
    const fm_model *model = &job->model;
    const fm_spacing *spacing = &job->spec.spacing;
    fm_status status = check_step(job, "dx", spacing->dx, model->x_max - model->x_min,
                                  fm_geometry_x_unit(model->geometry), error);
    return status ? status
                  : check_step(job, "dz", spacing->dz, model->z_max - model->z_min,
                               fm_geometry_z_unit(model->geometry), error);
}

static fm_status lay_grid(const fm_job *job, fm_grid *grid, fm_error *error)
{
    const fm_job_spec *spec = &job->spec;
    fm_status status = check_spacing(job, error);
    if (status == FM_OK) {
        status = fm_model_grid(&job->model, &spec->spacing, grid, error);
    }
    return fm_job_blame(spec->places.spacing ? spec->places.spacing : spec->places.dice,
                        status, error);
}

static fm_status lay_medium(fm_job *job, fm_error *error)
{
    fm_grid grid = {0};
    fm_status status = lay_grid(job, &grid, error);
    if (status == FM_OK) {
        status = fm_job_blame(job->spec.model_file,
                              fm_medium_sample(&job->model, &grid, &job->medium, error),
                              error);
    }
    return status;
}

/* What the rays of a shot take in memory, on its way to the file, is kept to some
 * megabytes: marching twice from a station with thousands of rows costs little beside
 * their rays. (Not where each shot has a field of its own to give.) */
static const double most_bytes = 4e6;

static fm_status split_shots(fm_job *job, fm_error *error)
{
    if (!fm_job_wants_rays_traced(&job->spec) ||
        fm_job_wants_whole_fields(&job->spec)) {
        return FM_OK;
    }
    fm_ray_sizes sizes = fm_forward_ray_sizes(job);
    double all = 16 * sizes.points + 12 * sizes.entries;
    double most = most_bytes * (double)job->survey.npairs / fmax(all, 1);
    size_t rows = most > 64 ? (size_t)fmin(most, 1e6) : 64;
    return fm_shots_split(&job->shots, rows, error);
}

static fm_status plan_shots(fm_job *job, fm_error *error)
{
    fm_status status =
        fm_shots_plan(&job->survey, fm_job_wants_whole_fields(&job->spec),
                      job->spec.allow_reciprocal, &job->shots, error);
    if (status == FM_OK && job->shots.n == 0) {
        status = fm_fail(error, FM_BAD_INPUT,
                         "the survey has no pair of a source and a receiver: there is "
                         "nothing to march");
    }
    return status == FM_OK ? split_shots(job, error) : status;
}

/* What is wanted of pairs needs pairs, and a misfit observed times. */
static fm_status check_wants(const fm_job *job, fm_error *error)
{
    const fm_job_spec *spec = &job->spec;
    const char *path = spec->path ? spec->path : "the job";
    bool misfit = spec->want_misfit || spec->want_gradient;
    if ((misfit || fm_job_wants_rays_traced(spec)) && job->survey.npairs == 0) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s: want: rays, frechet, misfit, gradient and coverage are of "
                       "pairs of a source and a receiver, and the survey has none",
                       path);
    }
    if (misfit && !job->survey.observed_s) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s: want: misfit and gradient compare with observed times: a "
                       "table survey.pairs with a column time%s%s",
                       path, spec->pairs ? ", which is not in " : "",
                       spec->pairs ? spec->pairs : "");
    }
    return FM_OK;
}

/* Of cosines the coefficients are what they are; of all else speeds unless told. */
static fm_status name_coefficients(fm_job *job, fm_error *error)
{
    const fm_derivatives *of = &job->spec.derivatives;
    if (!fm_job_wants_coefficients(&job->spec)) {
        return FM_OK;
    }
    bool own = job->model.kind == FM_MODEL_COSINES && !of->quantity_given;
    fm_quantity quantity = own ? job->model.quantity : of->quantity;
    fm_status status = fm_coefficients_of(&job->model, quantity, of->cushions,
                                          &job->coefficients, error);
    return fm_job_blame(job->spec.path, status, error);
}

fm_status fm_job_prepare(fm_job *job, fm_error *error)
{
    fm_status status = check_wants(job, error);
    if (status == FM_OK) {
        status = name_coefficients(job, error);
    }
    if (status == FM_OK) {
        status = lay_medium(job, error);
    }
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
