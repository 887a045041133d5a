/* Rays: the public face. The way (path.c) and what it takes from cells and nodes
 * (piece.c) are found one after the other. */
#include "fmm/ray.h"

#include <stdlib.h>

#include "grid_of.h"
#include "piece.h"

struct fm_tracer {
    const fm_solver *solver;
    fm_field field;
    fm_path path;
    fm_pieces pieces;
    fm_point *point;
    size_t room;
};

double fm_tracer_bytes(const fm_medium *medium)
{
    return fm_field_bytes(medium->grid.nx, medium->grid.nz) + fm_pieces_bytes(medium);
}

fm_status fm_tracer_create(const fm_solver *solver, fm_tracer **tracer, fm_error *error)
{
    *tracer = NULL;
    fm_tracer *new = calloc(1, sizeof *new);
    if (!new) {
        return fm_fail_memory(error, "a tracer of rays", sizeof *new);
    }
    const fm_medium *medium = fm_solver_medium(solver);
    new->solver = solver;
    fm_status status = fm_field_create(fm_solver_grid(solver), medium->grid.nx,
                                       medium->grid.nz, &new->field, error);
    if (status == FM_OK) {
        status = fm_pieces_create(medium, &new->pieces, error);
    }
    if (status != FM_OK) {
        fm_tracer_destroy(new);
        return status;
    }
    *tracer = new;
    return FM_OK;
}

void fm_tracer_destroy(fm_tracer *tracer)
{
    if (tracer) {
        fm_field_clear(&tracer->field);
        fm_path_clear(&tracer->path);
        fm_pieces_clear(&tracer->pieces);
        free(tracer->point);
        free(tracer);
    }
}

void fm_tracer_begin(fm_tracer *tracer)
{
    if (fm_solver_accepted(tracer->solver) > 0) {
        fm_field_begin(&tracer->field);
    }
}

/* ---- a ray ---- */

static fm_status place_points(fm_tracer *tracer, const fm_place *receiver,
                              fm_error *error)
{
    const fm_path *path = &tracer->path;
    const fm_march *march = tracer->field.march;
    if (path->n > tracer->room) {
        fm_point *more = realloc(tracer->point, path->room * sizeof *more);
        if (!more) {
            return fm_fail_memory(error, "a ray", (double)path->room * sizeof *more);
        }
        tracer->point = more;
        tracer->room = path->room;
    }
    const fm_grid *grid = &march->medium->grid;
    for (size_t n = 0; n < path->n; n++) {
        const fm_spot *spot = &path->spot[n];
        tracer->point[n] = (fm_point){grid->x0 + grid->dx * spot->u, spot->z};
    }
    tracer->point[0] = receiver->point;
    tracer->point[path->n - 1] = march->source.place.point;
    return FM_OK;
}

static double time_of(const fm_tracer *tracer)
{
    const fm_medium *medium = tracer->field.march->medium;
    double sum = 0;
    for (size_t n = 0; n < tracer->pieces.nnodes; n++) {
        const fm_ray_node *node = &tracer->pieces.node[n];
        /* Beyond is what the cell that begins there sees. */
        size_t cell = node->beyond ? node->row : node->row - 1;
        double slowness =
            node->row > 0 || node->beyond
                ? fm_field_slowness(&tracer->field, node->column, node->row, cell)
                : medium->slowness[node->column];
        sum += node->km * slowness;
    }
    return sum;
}

static double length_of(const fm_pieces *pieces)
{
    double sum = 0;
    for (size_t n = 0; n < pieces->n; n++) {
        sum += pieces->piece[n].km;
    }
    return sum;
}

static void hand_out(const fm_tracer *tracer, fm_ray *ray)
{
    *ray = (fm_ray){.status = tracer->path.status,
                    .time_s = time_of(tracer),
                    .length_km = length_of(&tracer->pieces),
                    .n = tracer->path.n,
                    .point = tracer->point,
                    .nnodes = tracer->pieces.nnodes,
                    .node = tracer->pieces.node,
                    .npieces = tracer->pieces.n,
                    .piece = tracer->pieces.piece};
}

/* The way and what it takes; its time. */
static fm_status trace(fm_tracer *tracer, const fm_place *receiver, bool by_cells,
                       double *time, fm_error *error)
{
    fm_status status =
        fm_path_trace(&tracer->field, receiver, by_cells, &tracer->path, error);
    *time = INFINITY;
    if (status == FM_OK && tracer->path.status != FM_RAY_FAILED) {
        status = fm_pieces_cut(&tracer->pieces, &tracer->field, &tracer->path, error);
        *time = time_of(tracer);
    }
    return status;
}

/* A ray that comes out late has lost its way, as it may where the slowness jumps from
 * node to node; then the way from cell to cell is tried, and the earlier one counts. */
static fm_status trace_best(fm_tracer *tracer, const fm_place *receiver, double time,
                            fm_error *error)
{
    static const double late = 0.02;
    double first, second;
    fm_status status = trace(tracer, receiver, false, &first, error);
    if (status != FM_OK || first <= (1 + late) * time) {
        return status;
    }
    status = trace(tracer, receiver, true, &second, error);
    if (status == FM_OK && !(second < first)) {
        status = trace(tracer, receiver, false, &first, error);
    }
    return status;
}

fm_status fm_tracer_trace(fm_tracer *tracer, fm_point receiver, fm_ray *ray,
                          fm_error *error)
{
    double time;
    fm_place place;
    *ray = (fm_ray){.time_s = NAN, .length_km = NAN};
    if (fm_solver_accepted(tracer->solver) == 0) {
        return FM_OK; /* no march that came to its end */
    }
    if (!fm_solver_time(tracer->solver, receiver, &time) ||
        !fm_grid_locate(&fm_solver_medium(tracer->solver)->grid, receiver, &place)) {
        ray->status = FM_RAY_UNREACHABLE;
        return FM_OK;
    }
    fm_status status = trace_best(tracer, &place, time, error);
    if (status != FM_OK || tracer->path.status == FM_RAY_FAILED) {
        ray->status = status == FM_OK ? FM_RAY_FAILED : FM_RAY_NOT_DONE;
        return status;
    }
    status = place_points(tracer, &place, error);
    if (status == FM_OK) {
        hand_out(tracer, ray);
    }
    return status;
}
