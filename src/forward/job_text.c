/* The resolved job as YAML: everything that decides the numbers, every default spelled
 * out, nothing that does not (file names, backend, workers). Two runs with the same
 * text must give the same result file; what the files contained stands in as digests.
 * Keys are those of the job file (docs/jobfile.md), but for `kind` and `digest`.
 * Numbers are written with the fewest digits that read back as the same number. */
#include "forward/job.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/hash.h"

typedef struct number_text {
    char text[32];
} number_text;

static number_text shortest(double value)
{
    number_text n;
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(n.text, sizeof n.text, "%.*g", digits, value);
        if (strtod(n.text, NULL) == value) {
            break;
        }
    }
    return n;
}

/* What the model is; a file's content stands in as its digest. */
static void write_kind(FILE *out, const fm_model *model, const char *digest)
{
    switch (model->kind) {
    case FM_MODEL_CONSTANT:
        fprintf(out, "  constant: %s\n", shortest(model->speed).text);
        break;
    case FM_MODEL_GRADIENT:
        fprintf(out, "  gradient: [%s, %s, %s]\n", shortest(model->speed).text,
                shortest(model->gradient_x).text, shortest(model->gradient_z).text);
        break;
    case FM_MODEL_PROFILE:
        fprintf(out, "  kind: profile\n");
        break;
    case FM_MODEL_NODES:
        fprintf(out, "  kind: nodes\n  interpolation: %s\n",
                fm_interpolation_name(model->interpolation));
        break;
    case FM_MODEL_COSINES:
        fprintf(out, "  kind: cosines\n  quantity: %s\n  reference: %s\n",
                model->quantity == FM_SPEED ? "speed" : "slowness",
                shortest(model->reference).text);
        break;
    }
    fprintf(out, "  digest: %s\n", digest);
}

static void write_spacing(FILE *out, const fm_spacing *spacing)
{
    if (spacing->dx > 0 || spacing->dz > 0) {
        fprintf(out, "  spacing: [%s, %s]\n", shortest(spacing->dx).text,
                shortest(spacing->dz).text);
    } else {
        fprintf(out, "  dice: [%zu, %zu]\n", spacing->dice_x ? spacing->dice_x : 1,
                spacing->dice_z ? spacing->dice_z : 1);
    }
}

static void write_model(FILE *out, const fm_job *job, const char *digest)
{
    const fm_model *model = &job->model;
    fprintf(out, "model:\n");
    write_kind(out, model, digest);
    fprintf(out, "  geometry: %s\n", fm_geometry_name(model->geometry));
    if (model->geometry != FM_CARTESIAN) {
        fprintf(out, "  radius: %s\n", shortest(model->radius_km).text);
    }
    fprintf(out, "  extent: [%s, %s, %s, %s]\n", shortest(model->x_min).text,
            shortest(model->x_max).text, shortest(model->z_min).text,
            shortest(model->z_max).text);
    write_spacing(out, &job->spec.spacing);
}

static void write_solver(FILE *out, const fm_solver_options *solver)
{
    fprintf(out, "solver:\n  order: %d\n", solver->order);
    if (solver->refine == FM_REFINE_AUTO) {
        fprintf(out, "  refine: auto\n");
    } else {
        fprintf(out, "  refine: %d\n", solver->refine);
    }
    fprintf(out, "  stop_early: %s\n", solver->stop_early ? "true" : "false");
    fprintf(out, "  exact: %s\n", solver->exact ? "true" : "false");
}

static void write_want(FILE *out, const fm_job_spec *spec)
{
    const char *const words[] = {"times",   "fields", "sum",      "rays",
                                 "frechet", "misfit", "gradient", "coverage"};
    const bool wanted[] = {spec->want_times,    spec->want_fields,  spec->want_sum,
                           spec->want_rays,     spec->want_frechet, spec->want_misfit,
                           spec->want_gradient, spec->want_coverage};
    const char *before = "";
    fputs("want: [", out);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (wanted[i]) {
            fprintf(out, "%s%s", before, words[i]);
            before = ", ";
        }
    }
    fprintf(out, "]\nprecision: %s\n", spec->fields_f64 ? "f64" : "f32");
}

/* Only where there are any: jobs without them keep their text. */
static void write_derivatives(FILE *out, const fm_job *job)
{
    if (!fm_job_wants_coefficients(&job->spec)) {
        return;
    }
    const fm_coefficients *of = &job->coefficients;
    fprintf(out, "derivatives:\n  quantity: %s\n  cushions: %s\n  threshold: %s\n",
            of->quantity == FM_SPEED ? "speed" : "slowness",
            of->cushions ? "keep" : "fold",
            shortest(job->spec.derivatives.threshold).text);
}

static void write_job(FILE *out, const fm_job *job, const char *model_digest,
                      const char *survey_digest)
{
    write_model(out, job, model_digest);
    fprintf(out, "survey:\n  digest: %s\n", survey_digest);
    write_want(out, &job->spec);
    fprintf(out, "units: km\nreciprocity: %s\n",
            job->spec.allow_reciprocal ? "auto" : "never");
    write_solver(out, &job->spec.solver);
    write_derivatives(out, job);
}

fm_status fm_job_text(const fm_job *job, char **text, fm_error *error)
{
    *text = NULL;
    char model_digest[FM_HASH_TEXT], survey_digest[FM_HASH_TEXT];
    fm_status status = fm_model_digest(&job->model, model_digest, error);
    if (status == FM_OK) {
        status = fm_survey_digest(&job->survey, survey_digest, error);
    }
    if (status != FM_OK) {
        return status;
    }
    size_t size = 0;
    FILE *out = open_memstream(text, &size);
    if (out) {
        write_job(out, job, model_digest, survey_digest);
    }
    if (!out || fclose(out) != 0) {
        free(*text);
        *text = NULL;
        return fm_fail_memory(error, "the text of the job", 4096);
    }
    return FM_OK;
}
