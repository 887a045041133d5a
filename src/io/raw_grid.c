/* Grids in files of others, before it is asked what they mean: which of the two kinds
 * of file is it (the first bytes tell; names do not, GMT writes both as .grd), and the
 * rules that hold for both.
 *
 * HDF5's own error printing is off while we read: what it says is of no use to the
 * reader of a message, and the caller may want none. */
#include "raw_grid.h"

#include <errno.h>
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classic.h"
#include "raw_grid_private.h"

static void free_axis(fm_raw_axis *axis)
{
    free(axis->name);
    free(axis->units);
    free(axis->positive);
    free(axis->axis);
    free(axis->standard_name);
    free(axis->at);
}

void fm_raw_grid_clear(fm_raw_grid *raw)
{
    free_axis(&raw->axis[0]);
    free_axis(&raw->axis[1]);
    free(raw->name);
    free(raw->units);
    free(raw->values);
    *raw = (fm_raw_grid){0};
}

/* --- Which variable --- */

void fm_raw_list_add(fm_raw_list *list, const char *name, size_t rank,
                     const uint64_t size[2])
{
    size_t room = sizeof list->names - list->used;
    int length = 0;
    const char *comma = list->used ? ", " : "";
    if (rank == 2) {
        length =
            snprintf(list->names + list->used, room, "%s%.60s [%llu x %llu]", comma,
                     name, (unsigned long long)size[0], (unsigned long long)size[1]);
        list->candidates++;
    } else {
        length = snprintf(list->names + list->used, room, "%s%.60s (%zu-D)", comma,
                          name, rank);
    }
    list->used += length > 0 && (size_t)length < room ? (size_t)length : 0;
}

fm_status fm_raw_fail_choice(const char *path, const char *variable,
                             const fm_raw_list *list, fm_error *error)
{
    const char *names = list->used ? list->names : "nothing";
    if (variable) {
        return fm_fail(error, FM_BAD_INPUT, "%s: no variable '%.60s'; the file has: %s",
                       path, variable, names);
    }
    if (list->candidates == 0) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s: no 2-D variable of numbers; the file has: %s", path, names);
    }
    return fm_fail(error, FM_BAD_INPUT,
                   "%s: more than one 2-D variable; say which with model.variable: %s",
                   path, names);
}

fm_status fm_raw_check_shape(const char *path, const char *name, size_t rank,
                             const uint64_t size[2], fm_error *error)
{
    if (rank != 2) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s: variable %.60s is %zu-D; a model is 2-D", path, name, rank);
    }
    if (size[0] < 2 || size[1] < 2 || size[0] > UINT32_MAX / size[1]) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s: variable %.60s is %llu x %llu; a model has at least 2 x 2 "
                       "nodes and less than 2^32",
                       path, name, (unsigned long long)size[0],
                       (unsigned long long)size[1]);
    }
    return FM_OK;
}

/* --- Coordinates --- */

const char *const *fm_raw_usual_names(int dimension)
{
    static const char *const usual[2][8] = {
        {"z", "depth", "lat", "latitude", "radius", "y", NULL},
        {"x", "lon", "longitude", "angle", NULL},
    };
    return usual[dimension];
}

fm_status fm_raw_fail_coordinate(const char *path, const char *variable, int dimension,
                                 size_t n, fm_error *error)
{
    return fm_fail(error, FM_BAD_INPUT,
                   "%s: variable %.60s has no coordinate for its %s dimension (%zu "
                   "values): neither a dimension scale (netCDF's coordinate variable) "
                   "nor a 1-D variable with a usual name (%s)",
                   path, variable, dimension == 0 ? "first" : "second", n,
                   dimension == 0 ? "z, depth, lat, latitude, radius, y"
                                  : "x, lon, longitude, angle");
}

fm_status fm_raw_check_finite(const char *path, const fm_raw_axis *axis,
                              fm_error *error)
{
    for (size_t i = 0; i < axis->n; i++) {
        if (!isfinite(axis->at[i])) {
            return fm_fail(error, FM_BAD_INPUT,
                           "%s: value %zu of coordinate %.60s is missing", path, i + 1,
                           axis->name);
        }
    }
    return FM_OK;
}

/* --- Values --- */

void fm_raw_unpack(const fm_packing *packing, size_t n, double *values)
{
    bool packed = packing->scale != 1 || packing->offset != 0;
    for (size_t i = 0; i < n; i++) {
        if (values[i] == packing->fill || values[i] == packing->missing) {
            values[i] = NAN;
        } else if (packed) {
            values[i] = values[i] * packing->scale + packing->offset;
        }
    }
}

/* --- The file --- */

static fm_status read_begin(const char *path, char begin[4], size_t *n, fm_error *error)
{
    errno = 0;
    FILE *stream = fopen(path, "rb");
    *n = stream ? fread(begin, 1, 4, stream) : 0;
    int reason = !stream || ferror(stream) ? errno : 0;
    if (stream) {
        fclose(stream);
    }
    return reason == 0 ? FM_OK
                       : fm_fail(error, FM_IO_FAILED, "%s: cannot be read: %s", path,
                                 strerror(reason));
}

bool fm_raw_grid_recognise(const char *path)
{
    char begin[4] = {0};
    size_t n = 0;
    return read_begin(path, begin, &n, NULL) == FM_OK &&
           (fm_classic_begin(begin, n) || H5Fis_hdf5(path) > 0);
}

static fm_status read_file(const char *path, const char *variable, fm_raw_grid *raw,
                           fm_error *error)
{
    char begin[4] = {0};
    size_t n = 0;
    fm_status status = read_begin(path, begin, &n, error);
    if (status != FM_OK) {
        return status;
    }
    if (fm_classic_begin(begin, n)) {
        return fm_raw_grid_read_classic(path, variable, raw, error);
    }
    if (H5Fis_hdf5(path) > 0) {
        return fm_raw_grid_read_hdf5(path, variable, raw, error);
    }
    return fm_fail(error, FM_BAD_INPUT,
                   "%s: neither netCDF nor HDF5, or its beginning is lost", path);
}

fm_status fm_raw_grid_read(const char *path, const char *variable, fm_raw_grid *raw,
                           fm_error *error)
{
    *raw = (fm_raw_grid){0};
    H5E_auto2_t print = NULL;
    void *print_to = NULL;
    H5Eget_auto2(H5E_DEFAULT, &print, &print_to);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    fm_status status = read_file(path, variable, raw, error);
    H5Eset_auto2(H5E_DEFAULT, print, print_to);
    if (status != FM_OK) {
        fm_raw_grid_clear(raw);
    }
    return status;
}
