/* All that a job names, read: one reader for each kind of model file. */
#include "io/load.h"

#include "file_kind.h"
#include "lines.h"

fm_file_kind fm_file_kind_of(const char *path)
{
    static const struct {
        const char *extension;
        fm_file_kind kind;
    } kinds[] = {
        {".vtx", FM_FILE_VTX},     {".grd", FM_FILE_GRID},  {".nc", FM_FILE_GRID},
        {".h5", FM_FILE_GRID},     {".hdf5", FM_FILE_GRID}, {".csv", FM_FILE_PROFILE},
        {".txt", FM_FILE_PROFILE},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (fm_path_ends(path, kinds[i].extension)) {
            return kinds[i].kind;
        }
    }
    return FM_FILE_UNKNOWN;
}

static fm_status make_formula(const fm_job_spec *spec, fm_model *model, fm_error *error)
{
    *model = (fm_model){.geometry = spec->geometry,
                        .radius_km = spec->radius_km,
                        .kind = spec->gradient ? FM_MODEL_GRADIENT : FM_MODEL_CONSTANT,
                        .x_min = spec->extent[0],
                        .x_max = spec->extent[1],
                        .z_min = spec->extent[2],
                        .z_max = spec->extent[3],
                        .speed = spec->speed,
                        .gradient_x = spec->gradient_x,
                        .gradient_z = spec->gradient_z};
    const fm_job_places *places = &spec->places;
    fm_status status =
        fm_job_blame(places->extent, fm_model_check_extent(model, error), error);
    return status == FM_OK ? fm_job_blame(places->gradient,
                                          fm_model_check_speeds(model, error), error)
                           : status;
}

static fm_status load_profile(const fm_job_spec *spec, fm_model *model, fm_error *error)
{
    fm_status status =
        fm_profile_read(spec->model_file, spec->model_variable, spec->geometry,
                        spec->radius_km, spec->extent, model, error);
    return status == FM_OK ? fm_job_blame(spec->places.extent,
                                          fm_model_check_extent(model, error), error)
                           : status;
}

/* Coefficients carry no unit: km/s or s/km, m/s or s/m, as the job has them. */
static fm_status load_cosines(const fm_job_spec *spec, fm_model *model, fm_error *error)
{
    double scale =
        spec->quantity == FM_SPEED ? spec->length_scale : 1 / spec->length_scale;
    *model = (fm_model){.geometry = spec->geometry,
                        .radius_km = spec->radius_km,
                        .kind = FM_MODEL_COSINES,
                        .x_min = spec->extent[0],
                        .x_max = spec->extent[1],
                        .z_min = spec->extent[2],
                        .z_max = spec->extent[3],
                        .quantity = spec->quantity,
                        .reference = spec->reference};
    fm_status status = fm_cosines_read(spec->model_file, scale, model, error);
    if (status == FM_OK) {
        status =
            fm_job_blame(spec->model_file, fm_model_check_speeds(model, error), error);
    }
    return status == FM_OK ? fm_job_blame(spec->places.extent,
                                          fm_model_check_extent(model, error), error)
                           : status;
}

/* The numbers of an FMST grid carry no unit: they are the job's. */
static void scale_lengths(fm_model *model, double length_scale)
{
    double *const lengths[] = {&model->x_min, &model->x_max, &model->z_min,
                               &model->z_max, &model->x0,    &model->dx,
                               &model->z0,    &model->dz};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        *lengths[i] *= length_scale;
    }
    for (size_t i = 0; i < (model->nx + 2) * (model->nz + 2); i++) {
        model->values[i] *= length_scale;
    }
}

static fm_status load_vtx(const fm_job_spec *spec, fm_model *model, fm_error *error)
{
    fm_status status =
        fm_vtx_read(spec->model_file, spec->geometry, spec->radius_km, model, error);
    if (status == FM_OK && spec->length_scale != 1) {
        scale_lengths(model, spec->length_scale);
    }
    return status;
}

static fm_status load_model(const fm_job_spec *spec, fm_model *model, fm_error *error)
{
    const char *path = spec->model_file;
    if (!path) {
        return make_formula(spec, model, error);
    }
    if (spec->cosines) {
        return load_cosines(spec, model, error);
    }
    switch (fm_file_kind_of(path)) {
    case FM_FILE_VTX:
        return load_vtx(spec, model, error);
    case FM_FILE_GRID:
        return fm_grid_file_read(path, spec->model_variable, spec->geometry,
                                 spec->radius_km, spec->interpolation,
                                 spec->length_scale, model, error);
    case FM_FILE_PROFILE:
        return load_profile(spec, model, error);
    case FM_FILE_UNKNOWN:
        break;
    }
    return fm_fail(error, FM_BAD_INPUT, "%s: a model file of an unknown kind", path);
}

fm_status fm_job_load(fm_job_spec *spec, fm_job *job, fm_error *error)
{
    *job = (fm_job){.spec = *spec};
    *spec = (fm_job_spec){0};
    const fm_job_spec *own = &job->spec;
    fm_status status = load_model(own, &job->model, error);
    if (status == FM_OK) {
        status = fm_survey_read(own->sources, own->receivers, own->pairs, own->geometry,
                                own->radius_km, own->length_scale, &job->survey, error);
    }
    if (status != FM_OK) {
        fm_job_clear(job);
    }
    return status;
}
