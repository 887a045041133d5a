/* What is in this file? A model file does not say its geometry (the job does), so its
 * coordinates are shown as they stand, with the units it gives them and no others. */
#include "io/inspect.h"

#include <errno.h>
#include <hdf5.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "file_kind.h"
#include "inspect_private.h"
#include "io/load.h"
#include "profile_knots.h"
#include "raw_grid.h"

fm_span fm_span_of(const double *values, size_t n)
{
    fm_span span = {.least = NAN, .greatest = NAN};
    for (size_t i = 0; i < n; i++) {
        if (isnan(values[i])) {
            span.missing++;
        } else if (values[i] == 0) {
            span.zero++;
        } else {
            span.least = fmin(span.least, values[i]); /* of a number and NaN: it */
            span.greatest = fmax(span.greatest, values[i]);
        }
    }
    return span;
}

static void print_masked(FILE *stream, const fm_span *span)
{
    if (span->missing + span->zero > 0) {
        fprintf(stream, ", %zu nodes masked", span->missing + span->zero);
    }
    fputc('\n', stream);
}

static void print_axis(FILE *stream, const fm_raw_axis *axis)
{
    fprintf(stream, "  %-11s %zu values, %.10g to %.10g %s\n", axis->name, axis->n,
            axis->at[0], axis->at[axis->n - 1],
            axis->units ? axis->units : "(no unit)");
}

static fm_status inspect_grid(const char *path, FILE *stream, fm_error *error)
{
    fm_raw_grid raw;
    fm_status status = fm_raw_grid_read(path, NULL, &raw, error);
    if (status != FM_OK) {
        return status;
    }
    fm_span span = fm_span_of(raw.values, raw.axis[0].n * raw.axis[1].n);
    fprintf(stream, "%s: a model, HDF5 or netCDF\n", path);
    fprintf(stream, "  %-11s %zu x %zu nodes, %.6g to %.6g %s", raw.name, raw.axis[0].n,
            raw.axis[1].n, span.least, span.greatest,
            raw.units ? raw.units : "(no unit)");
    print_masked(stream, &span);
    print_axis(stream, &raw.axis[0]);
    print_axis(stream, &raw.axis[1]);
    fm_raw_grid_clear(&raw);
    return FM_OK;
}

static fm_status inspect_vtx(const char *path, FILE *stream, fm_error *error)
{
    fm_model model;
    fm_status status = fm_vtx_read(path, FM_CARTESIAN, 0, &model, error);
    if (status != FM_OK) {
        return status;
    }
    fm_span span = fm_span_of(model.values, (model.nx + 2) * (model.nz + 2));
    fprintf(stream, "%s: a model, FMST velocity grid (cubic B-spline)\n", path);
    fprintf(stream, "  vertices    %zu x %zu and a ring of cushion around them\n",
            model.nz, model.nx);
    fprintf(stream, "  west-east   %.10g to %.10g, every %.10g\n", model.x_min,
            model.x_max, model.dx);
    fprintf(stream, "  south-north %.10g to %.10g, every %.10g\n", model.z_min,
            model.z_max, model.dz);
    fprintf(stream, "  speeds      %.6g to %.6g (coefficients)", span.least,
            span.greatest);
    print_masked(stream, &span);
    fm_model_clear(&model);
    return FM_OK;
}

static void print_profile(const char *path, const fm_knots *knots, FILE *stream)
{
    size_t jumps = 0;
    for (size_t i = 1; i < knots->n; i++) {
        jumps += knots->depth_km[i] == knots->depth_km[i - 1];
    }
    fm_span span = fm_span_of(knots->speed, knots->n);
    fprintf(stream, "%s: a model, profile against depth\n", path);
    fprintf(stream, "  knots       %zu, %zu discontinuities\n", knots->n, jumps);
    fprintf(stream, "  depth       %.10g to %.10g km\n", knots->depth_km[0],
            knots->depth_km[knots->n - 1]);
    fprintf(stream, "  speed       %.6g to %.6g km/s\n", span.least, span.greatest);
}

static fm_status inspect_profile(const char *path, FILE *stream, fm_error *error)
{
    fm_knots knots;
    fm_status status = fm_knots_read(path, NULL, &knots, error);
    if (status == FM_OK && knots.n == 0) {
        status = fm_fail(error, FM_BAD_INPUT, "%s: a profile without rows", path);
    }
    if (status == FM_OK) {
        print_profile(path, &knots, stream);
    }
    free(knots.depth_km);
    free(knots.speed);
    return status;
}

static fm_status refuse(const char *path, fm_error *error)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        return fm_fail(error, FM_IO_FAILED, "%s: cannot be read: %s", path,
                       strerror(errno));
    }
    fclose(file);
    return fm_fail(error, FM_BAD_INPUT,
                   "%s: neither a result file nor a model that can be told by its name "
                   "(.vtx; .grd, .nc, .h5, .hdf5; .csv, .txt)",
                   path);
}

static fm_status inspect(const char *path, FILE *stream, fm_error *error)
{
    if (H5Fis_hdf5(path) > 0 && fm_result_recognise(path)) {
        return fm_result_inspect(path, stream, error);
    }
    if (fm_raw_grid_recognise(path)) {
        return inspect_grid(path, stream, error);
    }
    switch (fm_file_kind_of(path)) {
    case FM_FILE_VTX:
        return inspect_vtx(path, stream, error);
    case FM_FILE_GRID:
        return inspect_grid(path, stream, error);
    case FM_FILE_PROFILE:
        return inspect_profile(path, stream, error);
    case FM_FILE_UNKNOWN:
        break;
    }
    return refuse(path, error);
}

fm_status fm_inspect(const char *path, FILE *stream, fm_error *error)
{
    H5E_auto2_t report = NULL;
    void *report_data = NULL;
    H5Eget_auto2(H5E_DEFAULT, &report, &report_data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    fm_status status = inspect(path, stream, error);
    H5Eset_auto2(H5E_DEFAULT, report, report_data);
    return status;
}
