/* A 2-D variable of an HDF5 file with its coordinates. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hdf5_coordinate.h"
#include "hdf5_values.h"
#include "lines.h"
#include "raw_grid_private.h"

/* --- Which variable --- */

/* What is in the file, for choosing and for messages. */
typedef struct file_contents {
    fm_raw_list list;
    char *candidate; /* the name of the first that is 2-D; owned */
} file_contents;

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
        const uint64_t shape[2] = {size[0], size[1]};
        fm_raw_list_add(&contents->list, name, (size_t)rank, shape);
        if (rank == 2 && contents->list.candidates == 1) {
            contents->candidate = fm_text_copy(name);
        }
    }
    H5Dclose(dataset);
    return 0;
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
            status = fm_raw_fail_choice(path, variable, &contents.list, error);
        }
    } else if (contents.list.candidates != 1) {
        status = fm_raw_fail_choice(path, NULL, &contents.list, error);
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
    return fm_raw_check_finite(path, axis, error);
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
        return fm_raw_fail_coordinate(path, name, dimension, n, error);
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
    const uint64_t shape[2] = {size[0], size[1]};
    return fm_raw_check_shape(path, name, (size_t)rank, shape, error);
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

fm_status fm_raw_grid_read_hdf5(const char *path, const char *variable,
                                fm_raw_grid *raw, fm_error *error)
{
    hid_t dataset = -1;
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0) {
        return fm_fail(
            error, FM_BAD_INPUT,
            "%s: HDF5, but it cannot be opened: cut short, damaged, or being "
            "written",
            path);
    }
    fm_status status = open_variable(path, file, variable, &dataset, error);
    if (status == FM_OK) {
        status = read_variable(path, dataset, raw, error);
    }
    if (dataset >= 0) {
        H5Dclose(dataset);
    }
    H5Fclose(file);
    return status;
}
