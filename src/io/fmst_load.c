/* An FMST job as a job: what the 24 lines of fm2dss.in say in our words.
 *
 * Lines 9, 10 and 13 have no counterpart. The first two refine the grid around the
 * source, where a march without factoring errs most; the third is the capacity of
 * fm2dss's heap. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/fmst.h"
#include "io/load.h"
#include "lines.h"

static char *place(const fm_fmst_input *input, int line, const char *what)
{
    size_t size = strlen(input->path) + strlen(what) + 16;
    char *text = malloc(size);
    if (text) {
        snprintf(text, size, "%s:%d: %s", input->path, line, what);
    }
    return text;
}

static fm_status copy_names(const fm_fmst_input *input, fm_job_spec *spec,
                            fm_error *error)
{
    spec->path = fm_text_copy(input->path);
    spec->model_file = fm_text_copy(input->model);
    spec->sources = fm_text_copy(input->sources);
    spec->receivers = fm_text_copy(input->receivers);
    spec->pairs = fm_text_copy(input->pairs);
    spec->places.dice = place(input, 8, "the dicing");
    bool all = spec->path && spec->model_file && spec->sources && spec->receivers &&
               spec->pairs && spec->places.dice;
    return all ? FM_OK : fm_fail_memory(error, "file names", 6 * 256);
}

/* Dicing in latitude is along z. Derivatives are with respect to the speeds of all
 * vertices, those of the cushion ring among them. */
static fm_status translate(const fm_fmst_input *input, fm_job_spec *spec,
                           fm_error *error)
{
    *spec = (fm_job_spec){
        .geometry = FM_GEOGRAPHIC,
        .radius_km = input->radius_km,
        .spacing = {.dice_x = (size_t)input->dice[1], .dice_z = (size_t)input->dice[0]},
        .length_scale = 1,
        .want_times = true,
        .want_rays = input->rays != 0,
        .want_frechet = input->frechet != 0,
        .derivatives = {.quantity_given = true, .quantity = FM_SPEED, .cushions = true},
        .allow_reciprocal = true,
        .solver = fm_solver_defaults()};
    spec->solver.order = input->mixed_order ? 2 : 1;
    return copy_names(input, spec, error);
}

/* Lines 21 and 23 name a source by its number. */
static fm_status check_source(const fm_fmst_input *input, int line, int64_t source,
                              size_t n, fm_error *error)
{
    if (source <= 0 || (uint64_t)source <= n) {
        return FM_OK;
    }
    return fm_fail(error, FM_BAD_INPUT, "%s:%d: source %lld, but %s has %zu",
                   input->path, line, (long long)source, input->sources, n);
}

static fm_status check_survey(const fm_fmst_input *input, const fm_survey *survey,
                              fm_error *error)
{
    if (survey->npairs == 0) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s: no line begins with 1: there is no pair of a source and a "
                       "receiver to march",
                       input->pairs);
    }
    fm_status status = check_source(input, 21, input->field, survey->sources.n, error);
    return status ? status
                  : check_source(input, 23, input->rays, survey->sources.n, error);
}

fm_status fm_fmst_load(const fm_fmst_input *input, fm_job *job, fm_error *error)
{
    *job = (fm_job){0};
    fm_status status = translate(input, &job->spec, error);
    if (status == FM_OK) {
        status = fm_vtx_read(input->model, FM_GEOGRAPHIC, input->radius_km, &job->model,
                             error);
    }
    if (status == FM_OK) {
        status = fm_fmst_survey_read(input->sources, input->receivers, input->pairs,
                                     &job->survey, error);
    }
    if (status == FM_OK) {
        status = check_survey(input, &job->survey, error);
    }
    if (status != FM_OK) {
        fm_job_clear(job);
    }
    return status;
}

char *fm_fmst_result_name(const fm_fmst_input *input)
{
    const char *slash = strrchr(input->path, '/');
    const char *base = slash ? slash + 1 : input->path;
    const char *dot = strrchr(base, '.');
    size_t stem = dot && dot > base ? (size_t)(dot - input->path) : strlen(input->path);
    char *name = malloc(stem + sizeof ".h5");
    if (name) {
        memcpy(name, input->path, stem);
        memcpy(name + stem, ".h5", sizeof ".h5");
    }
    return name;
}
