/* Rays and Fréchet rows in a result file. How many points and entries there are is
 * known when the last shot is done, and the shots come in any order; so they wait in a
 * spool (ragged.c), and the file gets its tail then: for rays the contiguous ragged
 * array of the CF conventions, for rows the arrays of a CSR matrix in a group, named as
 * scipy and anndata name them. */
#include "result_rows.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static bool wants_any(const fm_job *job)
{
    return job->spec.want_rays || job->spec.want_frechet;
}

fm_status fm_result_rows_create(const char *path, const fm_job *job,
                                fm_result_rows *rows, fm_error *error)
{
    size_t n = job->survey.npairs;
    *rows = (fm_result_rows){.job = job, .spool = {.descriptor = -1}};
    if (!wants_any(job)) {
        return FM_OK;
    }
    fm_status status = fm_spool_open(path, &rows->spool, error);
    if (status == FM_OK && job->spec.want_rays) {
        status = fm_ragged_create(n, sizeof(double), sizeof(double), &rows->spool,
                                  &rows->rays, error);
    }
    if (status == FM_OK && job->spec.want_frechet) {
        status = fm_ragged_create(n, sizeof(double), sizeof(uint32_t), &rows->spool,
                                  &rows->frechet, error);
    }
    return status;
}

void fm_result_rows_clear(fm_result_rows *rows)
{
    for (int i = 0; i < FM_TAIL_KINDS; i++) {
        fm_slabs_clear(&rows->slabs[i]);
    }
    fm_ragged_clear(&rows->rays);
    fm_ragged_clear(&rows->frechet);
    free(rows->indptr);
    free(rows->axis);
    fm_spool_close(&rows->spool);
    *rows = (fm_result_rows){.spool = {.descriptor = -1}};
}

/* ---- shots ---- */

static fm_status reserve_axis(fm_result_rows *rows, size_t n, fm_error *error)
{
    if (2 * n <= rows->axis_room) {
        return FM_OK;
    }
    free(rows->axis);
    rows->axis_room = 3 * n;
    rows->axis = malloc(rows->axis_room * sizeof *rows->axis);
    if (!rows->axis) {
        rows->axis_room = 0;
        return fm_fail_memory(error, "the points of a ray", 24.0 * (double)n);
    }
    return FM_OK;
}

static fm_status add_ray(fm_result_rows *rows, size_t pair, const fm_point *point,
                         size_t n, fm_error *error)
{
    fm_status status = reserve_axis(rows, n, error);
    if (status != FM_OK) {
        return status;
    }
    double *x = rows->axis, *z = x + n;
    for (size_t i = 0; i < n; i++) {
        x[i] = point[i].x;
        z[i] = point[i].z;
    }
    return fm_ragged_add(&rows->rays, pair, n, x, z, error);
}

fm_status fm_result_rows_add(fm_result_rows *rows, const fm_shot_result *result,
                             fm_error *error)
{
    const fm_job_spec *spec = &rows->job->spec;
    const fm_point *point = result->rays.point;
    const uint32_t *column = result->frechet.column;
    const double *value = result->frechet.value;
    fm_status status = FM_OK;
    for (size_t r = 0; r < result->n && status == FM_OK; r++) {
        size_t pair = result->row[r];
        if (spec->want_rays) {
            size_t n = (size_t)result->rays.size[r];
            status = add_ray(rows, pair, point, n, error);
            point += n;
        }
        if (spec->want_frechet && status == FM_OK) {
            size_t n = (size_t)result->frechet.size[r];
            status = fm_ragged_add(&rows->frechet, pair, n, value, column, error);
            value += n;
            column += n;
        }
    }
    return status;
}

/* ---- the tail of the file ---- */

static void describe_rays(const fm_result_rows *rows, fm_nc *nc, fm_nc_place *place)
{
    const fm_grid *grid = &rows->job->medium.grid;
    fm_nc_axis pair = rows->axes.pair;
    char name[64];
    fm_nc_variable(nc, "ray_size", FM_NC_I64, 1, &pair, NULL, rows->rays.size);
    fm_nc_text(nc, "units", "1");
    fm_nc_text(nc, "long_name", "number of points of the pair's ray");
    fm_nc_text(nc, "sample_dimension", "ray_point");
    if (rows->rays.total == 0) {
        return;
    }
    fm_nc_axis points = fm_nc_dimension(nc, "ray_point", rows->rays.total);
    snprintf(name, sizeof name, "ray_%s", fm_geometry_x_name(grid->geometry));
    place[FM_TAIL_RAY_X] = fm_nc_variable(nc, name, FM_NC_F64, 1, &points, NULL, NULL);
    fm_layout_describe_x(nc, grid->geometry);
    fm_nc_text(nc, "long_name", "points of rays, each from its receiver to its source");
    snprintf(name, sizeof name, "ray_%s", fm_geometry_z_name(grid->geometry));
    place[FM_TAIL_RAY_Z] = fm_nc_variable(nc, name, FM_NC_F64, 1, &points, NULL, NULL);
    fm_layout_describe_z(nc, grid->geometry);
    fm_nc_text(nc, "long_name", "points of rays, each from its receiver to its source");
}

static void describe_frechet(const fm_result_rows *rows, fm_nc *nc, fm_nc_place *place)
{
    const fm_coefficients *of = &rows->job->coefficients;
    const int64_t shape[] = {(int64_t)rows->job->survey.npairs,
                             (int64_t)(of->nx * of->nz)};
    bool speed = of->quantity == FM_SPEED;
    fm_nc_axis bounds = fm_nc_dimension(nc, "frechet_bound", (size_t)shape[0] + 1);
    fm_nc_axis entries = 0;
    if (rows->frechet.total > 0) {
        entries = fm_nc_dimension(nc, "frechet_entry", rows->frechet.total);
    }
    fm_nc_group(nc, "frechet");
    fm_nc_string(nc, "encoding-type", "csr_matrix");
    fm_nc_string(nc, "encoding-version", "0.1.0");
    fm_nc_numbers(nc, "shape", FM_NC_I64, 2, shape);
    fm_nc_text(nc, "quantity", speed ? "speed" : "slowness");
    fm_nc_text(nc, "cushions", of->cushions ? "keep" : "fold");
    fm_nc_numbers(nc, "threshold", FM_NC_F64, 1,
                  &rows->job->spec.derivatives.threshold);
    fm_nc_variable(nc, "frechet/indptr", FM_NC_I64, 1, &bounds, NULL, rows->indptr);
    fm_nc_text(nc, "long_name", "where the entries of each pair begin, from 0");
    if (rows->frechet.total == 0) {
        return;
    }
    place[FM_TAIL_INDICES] =
        fm_nc_variable(nc, "frechet/indices", FM_NC_I32, 1, &entries, NULL, NULL);
    fm_nc_text(nc, "long_name", "number of the coefficient, from 0, x fastest");
    place[FM_TAIL_DATA] =
        fm_nc_variable(nc, "frechet/data", FM_NC_F64, 1, &entries, NULL, NULL);
    fm_nc_text(nc, "units", speed ? "s2 km-1" : "km");
    fm_nc_text(nc, "long_name",
               "derivative of the pair's time with respect to the coefficient");
}

static void describe(const fm_result_rows *rows, fm_nc *nc,
                     fm_nc_place place[FM_TAIL_KINDS])
{
    if (rows->job->spec.want_rays) {
        describe_rays(rows, nc, place);
    }
    if (rows->job->spec.want_frechet) {
        describe_frechet(rows, nc, place);
    }
}

static fm_status count_rows(fm_result_rows *rows, fm_error *error)
{
    if (!rows->job->spec.want_frechet) {
        return FM_OK;
    }
    size_t n = rows->frechet.nrows;
    rows->indptr = calloc(n + 1, sizeof *rows->indptr);
    if (!rows->indptr) {
        return fm_fail_memory(error, "the rows of a matrix", 8.0 * (double)n);
    }
    for (size_t i = 0; i < n; i++) {
        rows->indptr[i + 1] = rows->indptr[i] + rows->frechet.size[i];
    }
    return FM_OK;
}

static const fm_ragged *rows_of(const fm_result_rows *rows, fm_tail which)
{
    return which == FM_TAIL_RAY_X || which == FM_TAIL_RAY_Z ? &rows->rays
                                                            : &rows->frechet;
}

static const char *name_of(const fm_result_rows *rows, fm_tail which)
{
    static const char *const x[] = {"ray_x", "ray_lon", "ray_angle"};
    static const char *const z[] = {"ray_z", "ray_lat", "ray_radius"};
    fm_geometry geometry = rows->job->medium.grid.geometry;
    switch (which) {
    case FM_TAIL_RAY_X:
        return x[geometry];
    case FM_TAIL_RAY_Z:
        return z[geometry];
    case FM_TAIL_INDICES:
        return "frechet/indices";
    default:
        return "frechet/data";
    }
}

static fm_status write_tail(fm_result_rows *rows, fm_tail which, fm_nc_place place,
                            const fm_part_file *part, fm_error *error)
{
    const fm_ragged *ragged = rows_of(rows, which);
    fm_nc_type type = which == FM_TAIL_INDICES ? FM_NC_I32 : FM_NC_F64;
    fm_status status = fm_slabs_create(name_of(rows, which), type, 1, ragged->total,
                                       place, &rows->slabs[which], error);
    size_t second = which == FM_TAIL_RAY_Z || which == FM_TAIL_INDICES;
    return status == FM_OK
               ? fm_ragged_write(ragged, second, &rows->slabs[which], part, error)
               : status;
}

fm_status fm_result_rows_write(fm_result_rows *rows, const fm_part_file *part,
                               fm_error *error)
{
    fm_nc nc;
    fm_nc_place place[FM_TAIL_KINDS] = {0};
    if (!wants_any(rows->job)) {
        return FM_OK;
    }
    fm_status status = count_rows(rows, error);
    if (status != FM_OK) {
        return status;
    }
    fm_nc_extend(part->temporary, rows->axes.n, &nc);
    fm_nc_take_up(&nc, rows->axes.pair, "pair");
    describe(rows, &nc, place);
    status = fm_nc_close(&nc, error);
    if (status == FM_OK) {
        status = fm_part_reserve(part, 0, error);
    }
    for (int i = 0; i < FM_TAIL_KINDS && status == FM_OK; i++) {
        if (place[i].size > 0) {
            status = write_tail(rows, (fm_tail)i, place[i], part, error);
        }
    }
    rows->described = status == FM_OK;
    return status;
}

fm_status fm_result_rows_check(fm_result_rows *rows, fm_nc *nc, fm_error *error)
{
    fm_nc_place place[FM_TAIL_KINDS] = {0};
    if (!rows->described) {
        return FM_OK;
    }
    describe(rows, nc, place);
    fm_status status = FM_OK;
    for (int i = 0; i < FM_TAIL_KINDS && status == FM_OK; i++) {
        status = fm_slabs_check(&rows->slabs[i], nc, error);
    }
    return status;
}
