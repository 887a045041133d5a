/* A 2-D variable of an HDF5 file with its coordinates.
 *
 * HDF5's own error printing is off while we read: what it says is of no use to the
 * reader of a message, and the caller may want none. */
#include "raw_grid.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hdf5_coordinate.h"
#include "hdf5_values.h"
#include "lines.h"

/* What is in the file, for choosing and for messages. */
typedef struct file_contents {
    size_t candidates; /* 2-D numeric variables */
    char *candidate;   /* the name of the first; owned */
    char names[500];   /* "vp [151 x 201], vs [151 x 201]" */
    size_t used;
} file_contents;

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

static void list_name(file_contents *contents, const char *name, int rank,
                      const hsize_t size[2])
{
    size_t room = sizeof contents->names - contents->used;
    int length = 0;
    const char *comma = contents->used ? ", " : "";
    if (rank == 2) {
        length = snprintf(contents->names + contents->used, room,
                          "%s%.60s [%llu x %llu]", comma, name,
                          (unsigned long long)size[0], (unsigned long long)size[1]);
    } else {
        length = snprintf(contents->names + contents->used, room, "%s%.60s (%d-D)",
                          comma, name, rank);
    }
    contents->used += length > 0 && (size_t)length < room ? (size_t)length : 0;
}

static herr_t visit(hid_t root, const char *name, const H5O_info_t *info, void *context)
{
    file_contents *contents = context;
    if (info->type != H5O_TYPE_DATASET) {
        return 0;
    }
    hid_t dataset = H5Dopen(root, name, H5P_DEFAULT);
    if (dataset < 0) {
        return 0;
    }
    int rank = 0;
    hsize_t size[2] = {0};
    if (fm_hdf5_shape(dataset, &rank, size)) {
        list_name(contents, name, rank, size);
        if (rank == 2 && contents->candidates++ == 0) {
            contents->candidate = fm_text_copy(name);
        }
    }
    H5Dclose(dataset);
    return 0;
}

static fm_status fail_choice(const char *path, const file_contents *contents,
                             fm_error *error)
{
    if (contents->candidates == 0) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s: no 2-D variable of numbers; the file has: %s", path,
                       contents->used ? contents->names : "nothing");
    }
    return fm_fail(error, FM_BAD_INPUT,
                   "%s: more than one 2-D variable; say which with model.variable: %s",
                   path, contents->names);
}

static fm_status open_variable(const char *path, hid_t file, const char *variable,
                               hid_t *dataset, fm_error *error)
{
    file_contents contents = {0};
    H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, visit, &contents);
    fm_status status = FM_OK;
    if (variable) {
        *dataset = H5Dopen(file, variable, H5P_DEFAULT);
        if (*dataset < 0) {
            status = fm_fail(error, FM_BAD_INPUT,
                             "%s: no variable '%.60s'; the file has: %s", path,
                             variable, contents.used ? contents.names : "nothing");
        }
    } else if (contents.candidates != 1) {
        status = fail_choice(path, &contents, error);
    } else if (!contents.candidate) {
        status = fm_fail_memory(error, "a name", 64);
    } else {
        *dataset = H5Dopen(file, contents.candidate, H5P_DEFAULT);
    }
    free(contents.candidate);
    if (status == FM_OK && *dataset < 0) {
        status = fm_fail(error, FM_BAD_INPUT, "%s: a damaged variable", path);
    }
    return status;
}

/* --- Coordinates --- */

static char *last_name(hid_t object)
{
    char name[512];
    if (!fm_hdf5_name(object, name, sizeof name)) {
        return fm_text_copy("a coordinate");
    }
    const char *slash = strrchr(name, '/');
    return fm_text_copy(slash ? slash + 1 : name);
}

static fm_status check_finite(const char *path, const fm_raw_axis *axis,
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

static fm_status read_texts(const char *path, hid_t coordinate, fm_raw_axis *axis,
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
        status = fm_hdf5_read_text(coordinate, texts[i].name, texts[i].text, error);
    }
    return status == FM_OK ? FM_OK
                           : fm_fail_within(error, "%s: coordinate %.60s", path,
                                            axis->name ? axis->name : "?");
}

static fm_status read_axis(const char *path, hid_t coordinate, size_t n,
                           fm_raw_axis *axis, fm_error *error)
{
    int rank = 0;
    hsize_t size[2] = {0};
    axis->name = last_name(coordinate);
    fm_status status = read_texts(path, coordinate, axis, error);
    if (status != FM_OK) {
        return status;
    }
    axis->at = malloc(n * sizeof *axis->at);
    if (!axis->name || !axis->at) {
        return fm_fail_memory(error, "a coordinate", (double)n * sizeof *axis->at);
    }
    if (!fm_hdf5_shape(coordinate, &rank, size) || rank != 1 || size[0] != n) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s: coordinate %.60s is not a list of %zu numbers", path,
                       axis->name, n);
    }
    axis->rounding = fm_hdf5_rounding(coordinate);
    axis->n = n;
    if (!fm_hdf5_values(coordinate, n, axis->at)) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s: coordinate %.60s cannot be read: the file is damaged", path,
                       axis->name);
    }
    return check_finite(path, axis, error);
}

static fm_status find_axis(const char *path, hid_t variable, int dimension, size_t n,
                           fm_raw_axis *axis, const char *name, fm_error *error)
{
    hid_t coordinate = -1;
    fm_status status = fm_hdf5_coordinate(variable, dimension, n, &coordinate, error);
    if (status != FM_OK) {
        return fm_fail_within(error, "%s", path);
    }
    if (coordinate < 0) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s: variable %.60s has no coordinate for its %s dimension (%zu "
                       "values): neither a dimension scale nor a 1-D variable with a "
                       "usual name (%s)",
                       path, name, dimension == 0 ? "first" : "second", n,
                       dimension == 0 ? "z, depth, lat, latitude, radius, y"
                                      : "x, lon, longitude, angle");
    }
    status = read_axis(path, coordinate, n, axis, error);
    H5Dclose(coordinate);
    return status;
}

/* --- The variable --- */

static fm_status check_shape(const char *path, hid_t variable, const char *name,
                             hsize_t size[2], fm_error *error)
{
    int rank = 0;
    if (!fm_hdf5_shape(variable, &rank, size)) {
        return fm_fail(error, FM_BAD_INPUT, "%s: variable %.60s is not of numbers",
                       path, name);
    }
    if (rank != 2) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s: variable %.60s is %d-D; a model is 2-D", path, name, rank);
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

static fm_status read_variable(const char *path, hid_t variable, fm_raw_grid *raw,
                               fm_error *error)
{
    hsize_t size[2] = {0};
    raw->name = last_name(variable);
    if (!raw->name) {
        return fm_fail_memory(error, "a name", 64);
    }
    fm_status status = fm_hdf5_read_text(variable, "units", &raw->units, error);
    if (status != FM_OK) {
        return fm_fail_within(error, "%s: variable %.60s", path, raw->name);
    }
    status = check_shape(path, variable, raw->name, size, error);
    for (int i = 0; i < 2 && status == FM_OK; i++) {
        status = find_axis(path, variable, i, (size_t)size[i], &raw->axis[i], raw->name,
                           error);
    }
    if (status != FM_OK) {
        return status;
    }
    size_t n = (size_t)(size[0] * size[1]);
    raw->values = malloc(n * sizeof *raw->values);
    if (!raw->values) {
        return fm_fail_memory(error, "a velocity grid",
                              (double)n * sizeof *raw->values);
    }
    if (!fm_hdf5_values(variable, n, raw->values)) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s: variable %.60s cannot be read: the file is damaged, or "
                       "compressed with a filter that is not installed",
                       path, raw->name);
    }
    return FM_OK;
}

/* --- The file --- */

static fm_status check_signature(const char *path, fm_error *error)
{
    char begin[4] = {0};
    errno = 0;
    FILE *stream = fopen(path, "rb");
    size_t n = stream ? fread(begin, 1, sizeof begin, stream) : 0;
    int reason = !stream || ferror(stream) ? errno : 0;
    if (stream) {
        fclose(stream);
    }
    if (reason) {
        return fm_fail(error, FM_IO_FAILED, "%s: cannot be read: %s", path,
                       strerror(reason));
    }
    if (n >= 3 && memcmp(begin, "CDF", 3) == 0) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s: netCDF in its classic format (GMT writes small grids so); "
                       "convert it to netCDF-4: nccopy -k nc4 %s new.nc",
                       path, path);
    }
    if (H5Fis_hdf5(path) <= 0) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s: neither netCDF-4 nor HDF5, or its beginning is lost", path);
    }
    return FM_OK;
}

static fm_status read_file(const char *path, const char *variable, fm_raw_grid *raw,
                           fm_error *error)
{
    fm_status status = check_signature(path, error);
    if (status != FM_OK) {
        return status;
    }
    hid_t dataset = -1;
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0) {
        return fm_fail(
            error, FM_BAD_INPUT,
            "%s: HDF5, but it cannot be opened: cut short, damaged, or being "
            "written",
            path);
    }
    status = open_variable(path, file, variable, &dataset, error);
    if (status == FM_OK) {
        status = read_variable(path, dataset, raw, error);
    }
    if (dataset >= 0) {
        H5Dclose(dataset);
    }
    H5Fclose(file);
    return status;
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
