/* FMST velocity grids (.vtx; Rawlinson's fm2dss and its relatives).
 *
 *   nlat nlon                vertices, without the cushion ring
 *   north west               origin: the north-western vertex inside the ring
 *   dlat dlon                spacings, positive
 *   value [uncertainty]      (nlon + 2) (nlat + 2) of these, longitude outer from west
 *                            to east, latitude inner from north to south
 *
 * The values are coefficients of a uniform cubic B-spline. Fortran wrote the file with
 * list-directed statements and reads it so (records.h). */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "io/load.h"
#include "records.h"

typedef struct vtx_header {
    size_t nlat, nlon;
    double north, west, dlat, dlon;
} vtx_header;

static fm_status read_counts(fm_lines *lines, vtx_header *header, fm_error *error)
{
    const char *what = "the numbers of vertices, nlat nlon (2 to 1000000 each)";
    fm_status status = fm_record_need(lines, what, error);
    if (status != FM_OK) {
        return status;
    }
    uint64_t count[2];
    const char *text = lines->text;
    for (int i = 0; i < 2; i++) {
        if (!fm_record_count(&text, &count[i]) || count[i] < 2 || count[i] > 1000000) {
            return fm_record_fail(lines, what, error);
        }
    }
    if ((count[0] + 2) * (count[1] + 2) > UINT32_MAX) {
        return fm_record_fail(lines, "more vertices than a grid can have", error);
    }
    header->nlat = (size_t)count[0];
    header->nlon = (size_t)count[1];
    return FM_OK;
}

static fm_status read_header(fm_lines *lines, vtx_header *header, fm_error *error)
{
    fm_status status = read_counts(lines, header, error);
    if (status == FM_OK) {
        status = fm_record_two(lines, "the origin, north west", &header->north,
                               &header->west, error);
    }
    const char *spacings = "the spacings, dlat dlon (positive)";
    if (status == FM_OK) {
        status = fm_record_two(lines, spacings, &header->dlat, &header->dlon, error);
    }
    if (status == FM_OK && !(header->dlat > 0 && header->dlon > 0)) {
        status = fm_record_fail(lines, spacings, error);
    }
    return status;
}

static fm_status read_value(fm_lines *lines, size_t index, size_t n, double *value,
                            fm_error *error)
{
    char what[64];
    snprintf(what, sizeof what, "value %zu of %zu", index + 1, n);
    fm_status status = fm_record_need(lines, what, error);
    if (status != FM_OK) {
        return status;
    }
    const char *text = lines->text;
    return fm_record_number(&text, value) ? FM_OK : fm_record_fail(lines, what, error);
}

/* All values in the order of the file. The array grows with what is really there, so
 * that a wrong header costs no memory. */
static fm_status read_values(fm_lines *lines, size_t n, double **values,
                             fm_error *error)
{
    size_t capacity = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == capacity) {
            capacity = capacity ? 2 * capacity : 1024;
            capacity = capacity < n ? capacity : n;
            double *grown = realloc(*values, capacity * sizeof *grown);
            if (!grown) {
                return fm_fail_memory(error, "a velocity grid",
                                      (double)capacity * sizeof *grown);
            }
            *values = grown;
        }
        fm_status status = read_value(lines, i, n, &(*values)[i], error);
        if (status != FM_OK) {
            return status;
        }
    }
    return FM_OK;
}

static fm_status check_end(fm_lines *lines, size_t n, fm_error *error)
{
    char what[128];
    snprintf(what, sizeof what,
             "the %zu values that the first line announces ((nlat + 2) (nlon + 2))", n);
    return fm_record_end(lines, what, error);
}

/* Columns from north to south become rows from south to north. */
static fm_status turn(const double *column, const vtx_header *header, fm_model *model,
                      fm_error *error)
{
    size_t nx = header->nlon + 2, nz = header->nlat + 2;
    assert(column);
    model->values = malloc(nx * nz * sizeof *model->values);
    if (!model->values) {
        return fm_fail_memory(error, "a velocity grid",
                              (double)(nx * nz) * sizeof *model->values);
    }
    for (size_t i = 0; i < nx; i++) {
        for (size_t k = 0; k < nz; k++) {
            model->values[(nz - 1 - k) * nx + i] = column[i * nz + k];
        }
    }
    return FM_OK;
}

static void lay_out(const vtx_header *header, fm_geometry geometry, double radius_km,
                    fm_model *model)
{
    double south = header->north - (double)(header->nlat - 1) * header->dlat;
    double east = header->west + (double)(header->nlon - 1) * header->dlon;
    *model = (fm_model){.geometry = geometry,
                        .radius_km = radius_km,
                        .kind = FM_MODEL_NODES,
                        .interpolation = FM_BSPLINE,
                        .x_min = header->west,
                        .x_max = east,
                        .z_min = south,
                        .z_max = header->north,
                        .nx = header->nlon,
                        .nz = header->nlat,
                        .x0 = header->west,
                        .dx = header->dlon,
                        .z0 = south,
                        .dz = header->dlat};
}

static fm_status read_file(fm_lines *lines, fm_geometry geometry, double radius_km,
                           fm_model *model, fm_error *error)
{
    vtx_header header = {0};
    double *column = NULL;
    fm_status status = read_header(lines, &header, error);
    if (status != FM_OK) {
        return status;
    }
    lay_out(&header, geometry, radius_km, model);
    size_t n = (header.nlat + 2) * (header.nlon + 2);
    status = read_values(lines, n, &column, error);
    if (status == FM_OK) {
        status = check_end(lines, n, error);
    }
    if (status == FM_OK) {
        status = turn(column, &header, model, error);
    }
    free(column);
    return status;
}

fm_status fm_vtx_read(const char *path, fm_geometry geometry, double radius_km,
                      fm_model *model, fm_error *error)
{
    *model = (fm_model){0};
    if (geometry == FM_POLAR) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s: an FMST grid is geographic (or cartesian), not polar",
                       path);
    }
    fm_lines lines = {0};
    fm_status status = fm_lines_open(path, &lines, error);
    if (status == FM_OK) {
        status = read_file(&lines, geometry, radius_km, model, error);
    }
    fm_lines_close(&lines);
    if (status == FM_OK && fm_model_validate(model, error) != FM_OK) {
        status = fm_fail_within(error, "%s", path);
    }
    if (status != FM_OK) {
        fm_model_clear(model);
    }
    return status;
}
