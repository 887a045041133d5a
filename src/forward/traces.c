/* Along the rays of a shot. A ray says how many km of it count to the slowness of which
 * node (fmm/ray.h), a node how its slowness depends on the coefficients of the model
 * (model/coefficients.h); the product is the ray's row of Fréchet derivatives,
 *
 *   dT/dc = sum over nodes of (km of the node) ds/dc.
 *
 * A row is added up in full, in which few places are used; a bit for each tells which,
 * and reading the bits in order gives the columns in order without sorting. */
#include "traces.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 64 };

static size_t coefficients(const job_view *job)
{
    return job->coefficients.nx * job->coefficients.nz;
}

static size_t words(size_t n)
{
    return (n + WORD - 1) / WORD;
}

static fm_status no_memory(const fm_traces *traces, fm_error *error)
{
    return fm_fail_memory(error, "the rays of a shot",
                          (double)traces->points * sizeof(fm_point) +
                              (double)traces->entries * 12);
}

static bool allocate_rows(fm_traces *traces, size_t n)
{
    traces->status = calloc(n, sizeof *traces->status);
    traces->time_s = calloc(n, sizeof *traces->time_s);
    traces->length_km = calloc(n, sizeof *traces->length_km);
    traces->size = calloc(n, sizeof *traces->size);
    traces->row_size = calloc(n, sizeof *traces->row_size);
    return traces->status && traces->time_s && traces->length_km && traces->size &&
           traces->row_size;
}

static bool allocate_matrix_row(fm_traces *traces)
{
    size_t n = coefficients(traces->job), taps = fm_jacobian_taps(traces->jacobian);
    traces->full = calloc(n, sizeof *traces->full);
    traces->used = calloc(words(n), sizeof *traces->used);
    traces->tap = malloc(taps * sizeof *traces->tap);
    traces->derivative = malloc(taps * sizeof *traces->derivative);
    return traces->full && traces->used && traces->tap && traces->derivative;
}

static bool allocate_cells(fm_traces *traces)
{
    const fm_grid *grid = &traces->job->medium.grid;
    fm_cells cells = fm_cells_of(&traces->job->model, grid);
    traces->cell_nx = cells.nx;
    traces->cell_column = malloc(grid->nx * sizeof *traces->cell_column);
    traces->cell_row = malloc(grid->nz * sizeof *traces->cell_row);
    if (!traces->cell_column || !traces->cell_row) {
        return false;
    }
    for (size_t i = 0; i + 1 < grid->nx; i++) {
        traces->cell_column[i] = (uint32_t)fm_cells_column(&cells, i);
    }
    for (size_t k = 0; k + 1 < grid->nz; k++) {
        traces->cell_row[k] = (uint32_t)fm_cells_row(&cells, k);
    }
    return true;
}

fm_status fm_traces_create(const job_view *job, const fm_solver *solver,
                           const fm_jacobian *jacobian, size_t longest,
                           fm_traces *traces, fm_error *error)
{
    *traces = (fm_traces){.job = job, .jacobian = job->want.frechet ? jacobian : NULL};
    bool enough = allocate_rows(traces, longest + 1) &&
                  (!traces->jacobian || allocate_matrix_row(traces)) &&
                  (!job->want_coverage || allocate_cells(traces));
    fm_status status = enough ? fm_tracer_create(solver, &traces->tracer, error)
                              : no_memory(traces, error);
    if (status != FM_OK) {
        fm_traces_clear(traces);
    }
    return status;
}

void fm_traces_clear(fm_traces *traces)
{
    fm_tracer_destroy(traces->tracer);
    free(traces->status);
    free(traces->time_s);
    free(traces->length_km);
    free(traces->size);
    free(traces->row_size);
    free(traces->point);
    free(traces->column);
    free(traces->value);
    free(traces->full);
    free(traces->used);
    free(traces->tap);
    free(traces->derivative);
    free(traces->cell_column);
    free(traces->cell_row);
    *traces = (fm_traces){0};
}

/* ---- points ---- */

static bool reserve_points(fm_traces *traces, size_t n)
{
    if (n <= traces->points_room) {
        return true;
    }
    size_t room = n + n / 2 + 256;
    fm_point *point = realloc(traces->point, room * sizeof *point);
    if (!point) {
        return false;
    }
    traces->point = point;
    traces->points_room = room;
    return true;
}

/* From receiver to source, also when the march began at the receiver. */
static bool keep_points(fm_traces *traces, const fm_ray *ray)
{
    if (!reserve_points(traces, traces->points + ray->n)) {
        return false;
    }
    fm_point *to = traces->point + traces->points;
    for (size_t i = 0; i < ray->n; i++) {
        to[i] = ray->point[traces->job->reciprocal ? ray->n - 1 - i : i];
    }
    traces->points += ray->n;
    return true;
}

/* ---- rows of the matrix ---- */

static void add_node(fm_traces *traces, const fm_ray_node *node)
{
    size_t n = fm_jacobian_node(traces->jacobian, node->column, node->row, node->beyond,
                                traces->tap, traces->derivative);
    for (size_t i = 0; i < n; i++) {
        uint32_t tap = traces->tap[i];
        traces->full[tap] += node->km * traces->derivative[i];
        traces->used[tap / WORD] |= (uint64_t)1 << tap % WORD;
    }
}

static bool reserve_entries(fm_traces *traces, size_t n)
{
    if (n <= traces->entries_room) {
        return true;
    }
    size_t room = n + n / 2 + 256;
    uint32_t *column = realloc(traces->column, room * sizeof *column);
    traces->column = column ? column : traces->column;
    double *value = realloc(traces->value, room * sizeof *value);
    traces->value = value ? value : traces->value;
    if (!column || !value) {
        return false;
    }
    traces->entries_room = room;
    return true;
}

/* How many places are in use, and the greatest value of all. */
static size_t survey_row(const fm_traces *traces, size_t nwords, double *greatest)
{
    size_t n = 0;
    *greatest = 0;
    for (size_t w = 0; w < nwords; w++) {
        for (uint64_t bits = traces->used[w]; bits; bits &= bits - 1) {
            size_t place = w * WORD + (size_t)__builtin_ctzll(bits);
            *greatest = fmax(*greatest, fabs(traces->full[place]));
            n++;
        }
    }
    return n;
}

/* Move the row to its place, without what is below the threshold, and clear it. */
static bool keep_row(fm_traces *traces, uint64_t *size)
{
    size_t nwords = words(coefficients(traces->job)), begin = traces->entries;
    double greatest;
    size_t n = survey_row(traces, nwords, &greatest);
    if (!reserve_entries(traces, begin + n)) {
        return false;
    }
    double least = traces->job->threshold * greatest;
    for (size_t w = 0; w < nwords; w++) {
        for (uint64_t bits = traces->used[w]; bits; bits &= bits - 1) {
            size_t place = w * WORD + (size_t)__builtin_ctzll(bits);
            double value = traces->full[place];
            traces->full[place] = 0;
            if (value != 0 && fabs(value) >= least) {
                traces->column[traces->entries] = (uint32_t)place;
                traces->value[traces->entries++] = value;
            }
        }
        traces->used[w] = 0;
    }
    *size = traces->entries - begin;
    return true;
}

/* ---- a shot ---- */

static void add_lengths(const fm_traces *traces, const fm_ray *ray, double *coverage)
{
    for (size_t i = 0; i < ray->npieces; i++) {
        const fm_ray_piece *piece = &ray->piece[i];
        size_t cell = traces->cell_row[piece->row] * traces->cell_nx +
                      traces->cell_column[piece->column];
        coverage[cell] += piece->km;
    }
}

static bool keep_ray(fm_traces *traces, size_t r, const fm_ray *ray, double *coverage)
{
    traces->status[r] = (uint8_t)ray->status;
    traces->time_s[r] = ray->time_s;
    traces->length_km[r] = ray->n > 0 ? ray->length_km : NAN;
    traces->size[r] = ray->n;
    if (coverage) {
        add_lengths(traces, ray, coverage);
    }
    if (traces->job->want.rays && !keep_points(traces, ray)) {
        return false;
    }
    if (!traces->jacobian) {
        return true;
    }
    for (size_t i = 0; i < ray->nnodes; i++) {
        add_node(traces, &ray->node[i]);
    }
    return keep_row(traces, &traces->row_size[r]);
}

fm_status fm_traces_follow(fm_traces *traces, const fm_point *target, size_t n,
                           double *coverage, fm_error *error)
{
    traces->points = traces->entries = 0;
    fm_tracer_begin(traces->tracer);
    for (size_t r = 0; r < n; r++) {
        fm_ray ray;
        fm_status status = fm_tracer_trace(traces->tracer, target[r], &ray, error);
        if (status != FM_OK) {
            return status;
        }
        if (!keep_ray(traces, r, &ray, coverage)) {
            return no_memory(traces, error);
        }
    }
    return FM_OK;
}

void fm_traces_none(fm_traces *traces, size_t n)
{
    traces->points = traces->entries = 0;
    for (size_t r = 0; r < n; r++) {
        traces->status[r] = FM_RAY_UNREACHABLE;
        traces->time_s[r] = traces->length_km[r] = NAN;
        traces->size[r] = traces->row_size[r] = 0;
    }
}

static void put(unsigned char *bytes, size_t place, const void *from, size_t size)
{
    if (size > 0) {
        memcpy(bytes + place, from, size);
    }
}

void fm_traces_put(const fm_traces *traces, size_t n, const shot_bytes *places,
                   unsigned char *bytes)
{
    const shot_wants *want = &traces->job->want;
    put(bytes, places->ray_times, traces->time_s, n * sizeof *traces->time_s);
    put(bytes, places->ray_lengths, traces->length_km, n * sizeof *traces->length_km);
    put(bytes, places->ray_statuses, traces->status, n);
    if (want->rays) {
        put(bytes, places->ray_sizes, traces->size, n * sizeof *traces->size);
        put(bytes, places->points, traces->point,
            traces->points * sizeof *traces->point);
    }
    if (want->frechet) {
        put(bytes, places->row_sizes, traces->row_size, n * sizeof *traces->row_size);
        put(bytes, places->values, traces->value,
            traces->entries * sizeof *traces->value);
        put(bytes, places->columns, traces->column,
            traces->entries * sizeof *traces->column);
    }
}
