/* The four tables of fm2dss, from a finished result file.
 *
 *   times     a line a pair, sources outer: `1 t`, or `0 0.0` where there is none
 *   Fréchet   a pair: how many, then `index dT/dv` of each; the index counts all
 *             vertices with the cushion ring from 1, longitude outer from the west,
 *             latitude inner from the north
 *   rays      how many; a pair: how many points, then `lat lon` of each, from the
 *             receiver to the source
 *   field     `north west`, `nlat nlon`, `dlat dlon`, then the times of the nodes,
 *             longitude outer from the west, latitude inner from the north
 *
 * All pairs of sources and receivers have their place in the first three, in this order
 * and whether recorded or not, down to the last source. The results are read in blocks,
 * which go through the file once. The files get their names when all are whole. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "fmm/solver.h"
#include "fortran_file.h"
#include "forward/forward.h"
#include "io/fmst.h"
#include "result_reader.h"

enum { ROWS_BETWEEN = 4096, TABLES = 4 };

typedef struct entry {
    int64_t index;
    double value;
} entry;

typedef struct output {
    const fm_fmst_input *input;
    const fm_job *job;
    const fm_fmst_watch *watch;
    fm_result_reader in;      /* its status is that of the whole */
    fm_result_column a, b, c; /* what the table at hand is made from */
    entry *row;               /* of the matrix; room for all vertices */
    size_t next_point;        /* of the rays */
} output;

static double at(output *o, fm_result_column *column, size_t i)
{
    return fm_column_at(&o->in, column, i);
}

/* --- Tables of pairs --- */

static const size_t no_pair = SIZE_MAX;

typedef void write_row(output *o, fm_fortran_file *file, size_t pair);

static void ask_for_stop(output *o)
{
    const fm_fmst_watch *watch = o->watch;
    if (o->in.status == FM_OK && watch->stop && watch->stop(watch->context)) {
        o->in.status = fm_fail(o->in.error, FM_INTERRUPTED, "interrupted");
    }
}

/* Every source from first to last with every receiver. `write` hears of all that were
 * recorded, also of those of other sources (with no file), because the columns run
 * through all of them. */
static void write_pairs(output *o, fm_fortran_file *file, size_t first, size_t last,
                        write_row *write)
{
    const fm_survey *survey = &o->job->survey;
    size_t receivers = survey->receivers.n, next = 0;
    for (size_t row = 0; row < (last + 1) * receivers && o->in.status == FM_OK; row++) {
        size_t source = row / receivers;
        bool recorded = next < survey->npairs && survey->pair_source[next] == source &&
                        survey->pair_receiver[next] == row % receivers;
        bool shown = source >= first;
        if (recorded || shown) {
            write(o, shown ? file : NULL, recorded ? next : no_pair);
        }
        next += recorded;
        if (row % ROWS_BETWEEN == 0) {
            ask_for_stop(o);
        }
    }
}

static void write_time(output *o, fm_fortran_file *file, size_t pair)
{
    bool reached = pair != no_pair && at(o, &o->b, pair) == FM_PAIR_REACHED;
    fm_fortran_whole(file, reached);
    fm_fortran_single(file, reached ? at(o, &o->a, pair) : 0);
    fm_fortran_end_record(file);
}

static void write_times(output *o, fm_fortran_file *file)
{
    fm_column_open(&o->in, "arrival", &o->a);
    fm_column_open(&o->in, "arrival_status", &o->b);
    write_pairs(o, file, 0, o->job->survey.sources.n - 1, write_time);
}

/* --- Fréchet derivatives --- */

static int compare(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    return (a->index > b->index) - (a->index < b->index);
}

/* Columns of the matrix are vertices from the south-west, longitude inner. */
static int64_t index_of(const fm_model *model, size_t matrix_column)
{
    size_t nlon = model->nx + 2, nlat = model->nz + 2;
    size_t i = matrix_column % nlon, k = matrix_column / nlon;
    return (int64_t)(i * nlat + (nlat - 1 - k)) + 1;
}

static size_t read_entries(output *o, size_t pair)
{
    size_t begin = (size_t)at(o, &o->c, pair), end = (size_t)at(o, &o->c, pair + 1);
    const fm_model *model = &o->job->model;
    size_t most = (model->nx + 2) * (model->nz + 2);
    if (end < begin || end - begin > most) {
        fm_reader_fail(&o->in, "a row of /frechet");
    }
    if (o->in.status == FM_OK && !o->row && !(o->row = malloc(most * sizeof *o->row))) {
        o->in.status =
            fm_fail_memory(o->in.error, "a row of derivatives", (double)most * 16);
    }
    size_t n = o->in.status == FM_OK ? end - begin : 0;
    for (size_t e = 0; e < n; e++) {
        o->row[e].index = index_of(model, (size_t)at(o, &o->b, begin + e));
        o->row[e].value = at(o, &o->a, begin + e);
    }
    if (n > 0) {
        qsort(o->row, n, sizeof *o->row, compare);
    }
    return n;
}

static void write_derivatives(output *o, fm_fortran_file *file, size_t pair)
{
    size_t n = pair != no_pair ? read_entries(o, pair) : 0;
    fm_fortran_whole(file, (int64_t)n);
    fm_fortran_end_record(file);
    for (size_t e = 0; e < n; e++) {
        fm_fortran_whole(file, o->row[e].index);
        fm_fortran_single(file, o->row[e].value);
        fm_fortran_end_record(file);
    }
}

static void write_frechet(output *o, fm_fortran_file *file)
{
    fm_column_open(&o->in, "frechet/data", &o->a);
    fm_column_open(&o->in, "frechet/indices", &o->b);
    fm_column_open(&o->in, "frechet/indptr", &o->c);
    write_pairs(o, file, 0, o->job->survey.sources.n - 1, write_derivatives);
}

/* --- Rays --- */

static void write_ray(output *o, fm_fortran_file *file, size_t pair)
{
    size_t n = pair != no_pair ? (size_t)at(o, &o->c, pair) : 0;
    if (file) {
        fm_fortran_whole(file, (int64_t)n);
        fm_fortran_end_record(file);
        for (size_t i = 0; i < n && o->in.status == FM_OK; i++) {
            fm_fortran_single(file, at(o, &o->b, o->next_point + i));
            fm_fortran_single(file, at(o, &o->a, o->next_point + i));
            fm_fortran_end_record(file);
        }
    }
    o->next_point += n;
}

static void write_rays(output *o, fm_fortran_file *file)
{
    const fm_survey *survey = &o->job->survey;
    bool all = o->input->rays < 0;
    size_t first = all ? 0 : (size_t)o->input->rays - 1;
    size_t last = all ? survey->sources.n - 1 : first;
    fm_column_open(&o->in, "ray_lon", &o->a);
    fm_column_open(&o->in, "ray_lat", &o->b);
    fm_column_open(&o->in, "ray_size", &o->c);
    fm_fortran_whole(file, (int64_t)((last - first + 1) * survey->receivers.n));
    fm_fortran_end_record(file);
    write_pairs(o, file, first, last, write_ray);
}

/* --- The field --- */

static bool stop_march(const void *context)
{
    const fm_fmst_watch *watch = context;
    return watch->stop && watch->stop(watch->context);
}

/* The whole field of one source, marched once more: [nz][nx], malloc'ed. */
static double *march(output *o)
{
    const fm_job *job = o->job;
    fm_solver_options options = job->spec.solver;
    fm_solver *solver = NULL;
    double *field = malloc(fm_grid_nodes(&job->medium.grid) * sizeof *field);
    options.stop_early = false;
    o->in.status = field
                       ? fm_solver_create(&job->medium, &job->model, &options, &solver,
                                          o->in.error)
                       : fm_fail_memory(o->in.error, "a field",
                                        8.0 * (double)fm_grid_nodes(&job->medium.grid));
    if (o->in.status == FM_OK) {
        fm_point source = job->survey.sources.point[o->input->field - 1];
        fm_solver_watch(solver, stop_march, o->watch);
        o->in.status = fm_solver_march(solver, source, NULL, 0, o->in.error);
    }
    if (o->in.status == FM_OK) {
        fm_solver_field_f64(solver, field);
    } else if (o->in.status == FM_CANCELLED) {
        o->in.status = fm_fail(o->in.error, FM_INTERRUPTED, "interrupted");
    }
    fm_solver_destroy(solver);
    return field;
}

static void write_two(fm_fortran_file *file, double a, double b)
{
    fm_fortran_double(file, a);
    fm_fortran_double(file, b);
    fm_fortran_end_record(file);
}

static void write_field(output *o, fm_fortran_file *file)
{
    const fm_model *model = &o->job->model;
    const fm_grid *grid = &o->job->medium.grid;
    double *field = march(o);
    write_two(file, model->z_max, model->x_min);
    fm_fortran_whole(file, (int64_t)grid->nz);
    fm_fortran_whole(file, (int64_t)grid->nx);
    fm_fortran_end_record(file);
    write_two(file, model->dz / (double)o->input->dice[0],
              model->dx / (double)o->input->dice[1]);
    for (size_t node = 0; node < grid->nx * grid->nz && o->in.status == FM_OK; node++) {
        size_t i = node / grid->nz, k = grid->nz - 1 - node % grid->nz;
        fm_fortran_double(file, field[k * grid->nx + i]);
        fm_fortran_end_record(file);
        if (node % ROWS_BETWEEN == 0) {
            ask_for_stop(o);
        }
    }
    free(field);
}

/* --- All of them --- */

typedef struct table {
    const char *path; /* NULL: not wanted */
    void (*write)(output *o, fm_fortran_file *file);
} table;

static void list_tables(const fm_fmst_input *input, table tables[TABLES])
{
    const table all[TABLES] = {{input->times_file, write_times},
                               {input->frechet_file, write_frechet},
                               {input->rays_file, write_rays},
                               {input->field_file, write_field}};
    for (size_t i = 0; i < TABLES; i++) {
        tables[i] = all[i];
    }
}

static void write_table(output *o, const table *t, fm_fortran_file *file)
{
    if (!t->path || o->in.status != FM_OK) {
        return;
    }
    t->write(o, file);
    fm_column_close(&o->a);
    fm_column_close(&o->b);
    fm_column_close(&o->c);
    if (o->in.status == FM_OK) {
        o->in.status = fm_fortran_finish(file, o->in.error);
    }
}

static void open_tables(output *o, const table tables[TABLES],
                        fm_fortran_file files[TABLES])
{
    for (size_t i = 0; i < TABLES && o->in.status == FM_OK; i++) {
        if (!tables[i].path) {
            continue;
        }
        o->in.status = fm_fortran_open(tables[i].path, &files[i], o->in.error);
        if (o->in.status == FM_OK && o->watch->temporary) {
            o->watch->temporary(files[i].part.temporary);
        }
    }
}

static void write_tables(output *o)
{
    table tables[TABLES];
    fm_fortran_file files[TABLES] = {0};
    list_tables(o->input, tables);
    open_tables(o, tables, files);
    for (size_t i = 0; i < TABLES; i++) {
        write_table(o, &tables[i], &files[i]);
    }
    for (size_t i = 0; i < TABLES && o->in.status == FM_OK; i++) {
        if (tables[i].path) {
            o->in.status = fm_fortran_publish(&files[i], o->in.error);
        }
    }
    for (size_t i = 0; i < TABLES; i++) {
        fm_fortran_close(&files[i]);
    }
}

fm_status fm_fmst_write(const fm_fmst_input *input, const fm_job *job,
                        const char *result, const fm_fmst_watch *watch, fm_error *error)
{
    output o = {.input = input, .job = job, .watch = watch};
    fm_reader_open(result, error, &o.in);
    if (o.in.status == FM_OK) {
        write_tables(&o);
    }
    fm_reader_close(&o.in);
    free(o.row);
    return o.in.status;
}

fm_status fm_fmst_check_files(const fm_fmst_input *input, fm_error *error)
{
    fm_status status = FM_OK;
    table tables[TABLES];
    list_tables(input, tables);
    for (size_t i = 0; i < TABLES && status == FM_OK; i++) {
        fm_fortran_file file = {0};
        if (tables[i].path) {
            status = fm_fortran_open(tables[i].path, &file, error);
        }
        fm_fortran_close(&file);
    }
    return status;
}
