/* The job file: keys are converted one by one (jobkeys.c), then what they mean to one
 * another is decided here: what is missing, what contradicts, what a default depends
 * on. At the end lengths are turned into km, so that nobody downstream meets another
 * unit. */
#include "io/jobfile.h"

#include <stdlib.h>

#include "file_kind.h"
#include "jobkeys.h"
#include "lines.h"

typedef struct job_reading {
    fm_entries entries;
    fm_job_spec *spec;
    fm_file_kind kind; /* of the model's file, if there is one */
    fm_error *error;
} job_reading;

static bool given(const job_reading *reading, const char *key)
{
    return fm_entries_find(&reading->entries, key) != NULL;
}

/* A sentence about a key that is there. */
static fm_status refuse(const job_reading *reading, const char *key,
                        const char *sentence)
{
    const fm_entry *entry = fm_entries_find(&reading->entries, key);
    return fm_entry_fail(&reading->entries, entry, reading->error, "%s", sentence);
}

static fm_status refuse_if_given(const job_reading *reading, const char *key,
                                 const char *sentence)
{
    return given(reading, key) ? refuse(reading, key, sentence) : FM_OK;
}

static fm_status need(const job_reading *reading, const char *key, const char *sentence)
{
    if (given(reading, key)) {
        return FM_OK;
    }
    return fm_fail(reading->error, FM_BAD_INPUT, "%s: %s is missing: %s",
                   reading->entries.path, key, sentence);
}

typedef struct requirement {
    const char *key, *sentence;
} requirement;

static fm_status need_all(const job_reading *reading, const requirement *list, size_t n)
{
    fm_status status = FM_OK;
    for (size_t i = 0; i < n && status == FM_OK; i++) {
        status = need(reading, list[i].key, list[i].sentence);
    }
    return status;
}

static fm_status check_required(const job_reading *reading)
{
    static const requirement required[] = {
        {"model.geometry", "is it cartesian, geographic or polar? It is never guessed"},
        {"survey.sources", "the CSV file of sources"},
        {"survey.receivers", "the CSV file of receivers"},
        {"want", "what the result is to hold, such as want: [times] or [times, rays]"},
        {"output", "the result file's name"},
    };
    return need_all(reading, required, sizeof required / sizeof *required);
}

static fm_status check_one_model(const job_reading *reading)
{
    /* The later is the one that is refused. */
    static const char *const models[] = {"model.file", "model.constant",
                                         "model.gradient", "model.cosines"};
    const char *first = NULL;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        if (!given(reading, models[i])) {
            continue;
        }
        if (first) {
            const fm_entry *entry = fm_entries_find(&reading->entries, models[i]);
            return fm_entry_fail(&reading->entries, entry, reading->error,
                                 "and %s exclude each other", first);
        }
        first = models[i];
    }
    return first ? FM_OK
                 : fm_fail(reading->error, FM_BAD_INPUT,
                           "%s: no model: one of model.file, model.constant, "
                           "model.gradient and model.cosines is needed",
                           reading->entries.path);
}

static fm_status check_units(const job_reading *reading)
{
    if (reading->spec->geometry != FM_CARTESIAN) {
        return reading->spec->length_scale != 1
                   ? refuse(reading, "units",
                            "may be m only in cartesian geometry; geographic and polar "
                            "jobs are in degrees and km")
                   : FM_OK;
    }
    return refuse_if_given(reading, "model.radius",
                           "has no meaning in cartesian geometry");
}

static fm_status check_kind(job_reading *reading)
{
    const fm_job_spec *spec = reading->spec;
    if (!spec->model_file || spec->cosines) {
        return FM_OK; /* a table of cosines may have any name */
    }
    reading->kind = fm_file_kind_of(spec->model_file);
    if (reading->kind == FM_FILE_UNKNOWN) {
        return refuse(reading, "model.file",
                      "has no known extension: .vtx (FMST), .grd .nc .h5 .hdf5 (grid) "
                      "or .csv .txt (profile)");
    }
    if (reading->kind == FM_FILE_VTX && spec->geometry == FM_POLAR) {
        return refuse(reading, "model.file",
                      "is an FMST grid, which is geographic or cartesian, not polar");
    }
    if (reading->kind == FM_FILE_PROFILE && spec->geometry == FM_GEOGRAPHIC) {
        return refuse(reading, "model.file",
                      "is a profile of depth, which needs cartesian or polar geometry");
    }
    return FM_OK;
}

/* Grids and vertices have their own extent and may be diced. */
static fm_status check_nodes(const job_reading *reading)
{
    fm_status status = refuse_if_given(reading, "model.extent",
                                       "is the file's own for a grid; leave it out");
    if (status == FM_OK && given(reading, "model.dice") &&
        given(reading, "model.spacing")) {
        status = refuse(reading, "model.spacing", "and model.dice exclude each other");
    }
    if (status == FM_OK && reading->kind == FM_FILE_VTX) {
        if (given(reading, "model.interpolation") &&
            reading->spec->interpolation != FM_BSPLINE) {
            return refuse(reading, "model.interpolation",
                          "can only be bspline for an FMST grid, whose values are "
                          "B-spline coefficients");
        }
        status = refuse_if_given(reading, "model.variable",
                                 "has no meaning for an FMST grid");
    }
    return status;
}

/* Formulas, profiles and cosines are spread over an extent, at a spacing. */
static fm_status check_spread(const job_reading *reading)
{
    static const requirement required[] = {
        {"model.extent",
         "a formula, profile or sum of cosines needs it: [x_min, x_max, z_min, z_max]"},
        {"model.spacing", "a formula, profile or sum of cosines needs it: [dx, dz]"},
    };
    fm_status status = need_all(reading, required, 2);
    if (status == FM_OK) {
        status = refuse_if_given(reading, "model.dice",
                                 "splits the cells of a grid; a formula, a profile "
                                 "or cosines take model.spacing");
    }
    if (status == FM_OK) {
        status = refuse_if_given(reading, "model.interpolation",
                                 "has no meaning for a formula, a profile or cosines");
    }
    return status == FM_OK && reading->kind != FM_FILE_PROFILE
               ? refuse_if_given(reading, "model.variable",
                                 "has no meaning without model.file")
               : status;
}

static fm_status check_cosines(const job_reading *reading)
{
    static const char *const keys[] = {"model.quantity", "model.reference"};
    fm_status status = FM_OK;
    for (size_t i = 0; i < 2 && status == FM_OK && !reading->spec->cosines; i++) {
        status =
            refuse_if_given(reading, keys[i], "has no meaning without model.cosines");
    }
    return status;
}

static fm_status check_sense(job_reading *reading)
{
    fm_status status = check_one_model(reading);
    if (status == FM_OK) {
        status = check_required(reading);
    }
    if (status == FM_OK) {
        status = check_units(reading);
    }
    if (status == FM_OK) {
        status = check_kind(reading);
    }
    if (status == FM_OK) {
        status = check_cosines(reading);
    }
    if (status != FM_OK) {
        return status;
    }
    bool nodes = reading->kind == FM_FILE_VTX || reading->kind == FM_FILE_GRID;
    return nodes ? check_nodes(reading) : check_spread(reading);
}

static void set_defaults(fm_job_spec *spec)
{
    *spec = (fm_job_spec){.radius_km = FM_EARTH_RADIUS_KM,
                          .length_scale = 1,
                          .allow_reciprocal = true,
                          .solver = fm_solver_defaults()};
}

/* Defaults that depend on the kind of model. */
static void complete(const job_reading *reading)
{
    fm_job_spec *spec = reading->spec;
    if (reading->kind == FM_FILE_VTX) {
        spec->interpolation = FM_BSPLINE;
    } else if (reading->kind == FM_FILE_GRID && !spec->interpolation_given) {
        spec->interpolation = FM_CUBIC;
    }
    if (spec->spacing.dx == 0 && spec->spacing.dice_x == 0) {
        spec->spacing.dice_x = spec->spacing.dice_z = 1;
    }
}

/* Gradients are 1/s in any unit of length; slownesses are seconds by length. */
static void convert_lengths(fm_job_spec *spec)
{
    spec->speed *= spec->length_scale;
    spec->reference *=
        spec->quantity == FM_SPEED ? spec->length_scale : 1 / spec->length_scale;
    spec->spacing.dx *= spec->length_scale;
    spec->spacing.dz *= spec->length_scale;
    for (int i = 0; i < 4; i++) {
        spec->extent[i] *= spec->length_scale;
    }
}

/* Where keys stand that may have to be named when the entries are gone. */
static fm_status keep_places(const job_reading *reading)
{
    fm_job_places *places = &reading->spec->places;
    const struct {
        const char *key;
        char **place;
    } kept[] = {{"model.gradient", &places->gradient},
                {"model.extent", &places->extent},
                {"model.spacing", &places->spacing},
                {"model.dice", &places->dice}};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        const fm_entry *entry = fm_entries_find(&reading->entries, kept[i].key);
        *kept[i].place = entry ? fm_entry_place(&reading->entries, entry) : NULL;
        if (entry && !*kept[i].place) {
            return fm_fail_memory(reading->error, "the place of a key", 512);
        }
    }
    return FM_OK;
}

static fm_status read_entries(const char *path, const char *const *overrides, size_t n,
                              fm_entries *entries, fm_error *error)
{
    fm_status status = fm_entries_read(path, entries, error);
    for (size_t i = 0; i < n && status == FM_OK; i++) {
        status = fm_entries_override(entries, overrides[i], fm_jobkeys_list, error);
    }
    return status == FM_OK ? fm_jobkeys_check(entries, error) : status;
}

fm_status fm_jobfile_read(const char *path, const char *const *overrides, size_t n,
                          fm_job_spec *spec, fm_error *error)
{
    job_reading reading = {.spec = spec, .error = error};
    set_defaults(spec);
    fm_status status = read_entries(path, overrides, n, &reading.entries, error);
    if (status == FM_OK) {
        status = fm_jobkeys_apply(&reading.entries, spec, error);
    }
    if (status == FM_OK) {
        status = check_sense(&reading);
    }
    if (status == FM_OK) {
        spec->path = fm_text_copy(path);
        status = spec->path ? FM_OK : fm_fail_memory(error, "a file name", 256);
    }
    if (status == FM_OK) {
        status = keep_places(&reading);
    }
    if (status == FM_OK) {
        complete(&reading);
        convert_lengths(spec);
    } else {
        fm_job_spec_clear(spec);
    }
    fm_entries_clear(&reading.entries);
    return status;
}
