/* A 2-D variable of a classic netCDF file with its coordinates: variables that have the
 * names of its dimensions. */
#include "grid_classic.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "raw_grid_private.h"

/* --- Which variable --- */

/* NULL, and the error (FM_BAD_INPUT), when there is no such variable. */
static const fm_classic_variable *choose(const fm_classic *file, const char *name,
                                         fm_error *error)
{
    fm_raw_list list = {0};
    const fm_classic_variable *chosen = NULL;
    for (size_t i = 0; i < file->variables; i++) {
        const fm_classic_variable *v = &file->variable[i];
        if (v->type != FM_CLASSIC_TEXT) {
            fm_raw_list_add(&list, v->name, v->rank, v->size);
            chosen = v->rank == 2 ? v : chosen;
        }
    }
    if (name) {
        chosen = fm_classic_find(file, name);
    } else if (list.candidates != 1) {
        chosen = NULL;
    }
    if (!chosen) {
        fm_raw_fail_choice(file->path, name, &list, error);
    }
    return chosen;
}

static fm_status check_shape(const fm_classic *file,
                             const fm_classic_variable *variable, fm_error *error)
{
    if (variable->type == FM_CLASSIC_TEXT) {
        return fm_fail(error, FM_BAD_INPUT, "%s: variable %.60s is not of numbers",
                       file->path, variable->name);
    }
    return fm_raw_check_shape(file->path, variable->name, variable->rank,
                              variable->size, error);
}

/* --- Values --- */

/* What netCDF writes where nothing was written; bytes have no such value. */
static double default_fill(fm_classic_type type)
{
    switch (type) {
    case FM_CLASSIC_I16:
        return -32767;
    case FM_CLASSIC_I32:
        return -2147483647;
    case FM_CLASSIC_I64:
        return -9223372036854775806.0;
    case FM_CLASSIC_F32:
    case FM_CLASSIC_F64:
        return 0x1.ep+122; /* 9.969e36 */
    case FM_CLASSIC_U16:
        return 65535;
    case FM_CLASSIC_U32:
        return 4294967295;
    case FM_CLASSIC_U64:
        return 18446744073709551614.0;
    case FM_CLASSIC_I8:
    case FM_CLASSIC_U8:
    case FM_CLASSIC_TEXT:
        break;
    }
    return NAN;
}

static fm_status find_packing(const fm_classic *file,
                              const fm_classic_variable *variable, fm_packing *packing,
                              fm_error *error)
{
    *packing =
        (fm_packing){.fill = default_fill(variable->type), .missing = NAN, .scale = 1};
    const struct {
        const char *name;
        double *value;
    } numbers[] = {{"_FillValue", &packing->fill},
                   {"missing_value", &packing->missing},
                   {"scale_factor", &packing->scale},
                   {"add_offset", &packing->offset}};
    fm_status status = FM_OK;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && status == FM_OK; i++) {
        status =
            fm_classic_number(file, variable, numbers[i].name, numbers[i].value, error);
    }
    return status;
}

fm_status fm_grid_classic_values(const fm_classic *file,
                                 const fm_classic_variable *variable, size_t n,
                                 const char *what, double **values, fm_error *error)
{
    fm_packing packing;
    fm_status status = find_packing(file, variable, &packing, error);
    if (status != FM_OK) {
        return status;
    }
    *values = malloc(n * sizeof **values);
    if (!*values) {
        return fm_fail_memory(error, what, (double)n * sizeof **values);
    }
    status = fm_classic_values(file, variable, *values, error);
    if (status == FM_OK) {
        fm_raw_unpack(&packing, n, *values);
    }
    return status;
}

/* --- Coordinates --- */

static bool can_be_coordinate(const fm_classic_variable *variable, uint64_t n)
{
    return variable && variable->type != FM_CLASSIC_TEXT && variable->rank == 1 &&
           variable->size[0] == n;
}

static const fm_classic_variable *
find_coordinate(const fm_classic *file, const fm_classic_variable *variable, int i)
{
    uint64_t n = variable->size[i];
    size_t dimension = variable->dimension[i];
    const fm_classic_variable *own =
        fm_classic_find(file, file->dimension[dimension].name);
    if (can_be_coordinate(own, n) && own->dimension[0] == dimension) {
        return own;
    }
    for (const char *const *name = fm_raw_usual_names(i); *name; name++) {
        const fm_classic_variable *usual = fm_classic_find(file, *name);
        if (can_be_coordinate(usual, n)) {
            return usual;
        }
    }
    return NULL;
}

static fm_status read_texts(const fm_classic *file,
                            const fm_classic_variable *coordinate, fm_raw_axis *axis,
                            fm_error *error)
{
    const struct {
        const char *name;
        char **text;
    } texts[] = {{"units", &axis->units},
                 {"positive", &axis->positive},
                 {"axis", &axis->axis},
                 {"standard_name", &axis->standard_name}};
    fm_status status = FM_OK;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && status == FM_OK; i++) {
        status = fm_classic_text(file, coordinate, texts[i].name, texts[i].text, error);
    }
    return status;
}

static fm_status read_axis(const fm_classic *file, const fm_classic_variable *variable,
                           int i, fm_raw_axis *axis, fm_error *error)
{
    const fm_classic_variable *coordinate = find_coordinate(file, variable, i);
    size_t n = (size_t)variable->size[i];
    if (!coordinate) {
        return fm_raw_fail_coordinate(file->path, variable->name, i, n, error);
    }
    axis->n = n;
    axis->rounding = coordinate->type == FM_CLASSIC_F32 ? FLT_EPSILON : DBL_EPSILON;
    axis->name = fm_text_copy(coordinate->name);
    if (!axis->name) {
        return fm_fail_memory(error, "a name", (double)strlen(coordinate->name));
    }
    fm_status status = read_texts(file, coordinate, axis, error);
    if (status == FM_OK) {
        status = fm_grid_classic_values(file, coordinate, n, "a coordinate", &axis->at,
                                        error);
    }
    return status == FM_OK ? fm_raw_check_finite(file->path, axis, error) : status;
}

/* --- The grid --- */

static fm_status read_grid(const fm_classic *file, const char *name, fm_raw_grid *raw,
                           fm_error *error)
{
    const fm_classic_variable *variable = choose(file, name, error);
    if (!variable) {
        return FM_BAD_INPUT;
    }
    fm_status status = check_shape(file, variable, error);
    if (status != FM_OK) {
        return status;
    }
    raw->name = fm_text_copy(variable->name);
    if (!raw->name) {
        return fm_fail_memory(error, "a name", (double)strlen(variable->name));
    }
    status = fm_classic_text(file, variable, "units", &raw->units, error);
    for (int i = 0; i < 2 && status == FM_OK; i++) {
        status = read_axis(file, variable, i, &raw->axis[i], error);
    }
    return status == FM_OK
               ? fm_grid_classic_values(file, variable, raw->axis[0].n * raw->axis[1].n,
                                        "a velocity grid", &raw->values, error)
               : status;
}

fm_status fm_raw_grid_read_classic(const char *path, const char *variable,
                                   fm_raw_grid *raw, fm_error *error)
{
    fm_classic file;
    fm_status status = fm_classic_open(path, &file, error);
    if (status == FM_OK) {
        bool gmt =
            fm_grid_gmt_recognise(&file) && (!variable || strcmp(variable, "z") == 0);
        status = gmt ? fm_grid_gmt_read(&file, raw, error)
                     : read_grid(&file, variable, raw, error);
    }
    fm_classic_close(&file);
    return status;
}
