/* Fast marching (Sethian 1996). Nodes are accepted in order of time, or nearly so
 * (front.c); what is accepted does not change any more and gives times to its
 * neighbours. The same medium and source give the same bits.
 *
 * The work memory of a node is one double; the queue takes what the front needs. */
#include "march.h"

#include <stdlib.h>

#include "core/memory.h"
#include "front.h"
#include "update.h"

static size_t padded(size_t nx, size_t nz)
{
    const size_t margins = (size_t)2 * FM_MARGIN;
    return (nx + margins) * (nz + margins);
}

double fm_march_bytes(size_t nx, size_t nz)
{
    return (double)padded(nx, nz) * sizeof(double) + fm_front_bytes(nx, nz) +
           fm_frame_bytes(nx, nz);
}

fm_status fm_march_create(size_t max_nx, size_t max_nz, int order, fm_march *march,
                          fm_error *error)
{
    fm_update_choice best = fm_update_best();
    *march = (fm_march){.order = order,
                        .update = best.update,
                        .explain = best.explain,
                        .max_nodes = padded(max_nx, max_nz)};
    if (march->max_nodes > INT32_MAX) {
        return fm_fail(error, FM_BAD_INPUT,
                       "a grid of %zu x %zu nodes: with a margin of %d on each side at "
                       "most %ld nodes can be marched",
                       max_nx, max_nz, FM_MARGIN, (long)INT32_MAX);
    }
    if (fm_frame_create(max_nx, max_nz, &march->frame, error) != FM_OK) {
        return FM_NO_MEMORY;
    }
    march->time = fm_large_alloc(march->max_nodes * sizeof *march->time);
    if (!march->time) {
        fm_march_clear(march);
        return fm_fail_memory(error, "the march", fm_march_bytes(max_nx, max_nz));
    }
    return FM_OK;
}

void fm_march_clear(fm_march *march)
{
    fm_frame_clear(&march->frame);
    fm_front_clear(&march->front);
    free(march->wanted.node);
    free(march->time);
    free(march->backward.order);
    free(march->backward.kernel);
    free(march->backward.beyond);
    *march = (fm_march){0};
}

double fm_march_keep_bytes(size_t nx, size_t nz)
{
    return (double)padded(nx, nz) * (sizeof(uint32_t) + sizeof(double));
}

fm_status fm_march_keep(fm_march *march, fm_error *error)
{
    fm_backward *backward = &march->backward;
    size_t n = march->max_nodes;
    backward->order = fm_large_alloc(n * sizeof *backward->order);
    backward->kernel = fm_large_alloc(n * sizeof *backward->kernel);
    return backward->order && backward->kernel
               ? FM_OK
               : fm_fail_memory(error, "the adjoint",
                                (double)n * (sizeof(uint32_t) + sizeof(double)));
}

bool fm_list_reserve(fm_list *list, size_t n)
{
    if (n <= list->room) {
        return true;
    }
    size_t room = n + n / 2 + 64;
    uint32_t *node = realloc(list->node, room * sizeof *node);
    if (!node) {
        return false;
    }
    list->node = node;
    list->room = room;
    return true;
}

static fm_status no_memory(const fm_march *march, fm_error *error)
{
    return fm_fail_memory(error, "the queue", fm_queue_bytes(&march->front.queue));
}

static void close_nodes(double *time, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        time[i] = INFINITY;
    }
}

/* A row of nodes: far, or closed if masked. Returns the least slowness. */
static double reset_row(const double *slowness, size_t n, double *time)
{
    double least = INFINITY;
    for (size_t i = 0; i < n; i++) {
        time[i] = slowness[i] < INFINITY ? -INFINITY : INFINITY;
        least = slowness[i] < least ? slowness[i] : least;
    }
    return least;
}

/* All nodes far, but masked ones and the margin closed. Returns the least time in which
 * a step is crossed. */
static double reset_nodes(fm_march *march)
{
    const fm_medium *medium = march->medium;
    size_t nx = medium->grid.nx, nz = medium->grid.nz;
    double least = INFINITY;
    close_nodes(march->time, fm_march_node(march, 0, 0));
    for (size_t k = 0; k < nz; k++) {
        double *time = march->time + fm_march_node(march, 0, k);
        double slowness = reset_row(medium->slowness + k * nx, nx, time);
        least = fmin(least, slowness * fm_frame_row(&march->frame, k)->least);
        close_nodes(time + nx, (size_t)2 * FM_MARGIN);
    }
    for (size_t n = 0; n < medium->ninterfaces; n++) {
        double *time = march->time + fm_march_node(march, 0, medium->interface_row[n]);
        const double *beyond = medium->slowness_beyond + n * nx;
        for (size_t i = 0; i < nx; i++) {
            time[i] = beyond[i] < INFINITY ? -INFINITY : time[i];
        }
    }
    close_nodes(march->time + fm_march_node(march, 0, nz),
                FM_MARGIN * march->stride - FM_MARGIN);
    return least;
}

/* The nodes less than a step away from the source along an axis: two, or the one it is
 * on. */
static void lines_beside(size_t cell, double fraction, size_t line[2])
{
    line[0] = fraction < 1 ? cell : SIZE_MAX;
    line[1] = fraction > 0 ? cell + 1 : SIZE_MAX;
}

static void tag_lines(fm_march *march)
{
    const fm_grid *grid = &march->medium->grid;
    const fm_source *source = &march->source;
    for (size_t i = 0; i < grid->nx; i++) {
        size_t steps = fm_march_steps_from(march->line_column, i);
        march->frame.column_tags[i + FM_MARGIN] |=
            (steps == 0 ? FM_TAG_SOURCE_COLUMN : 0) |
            (steps <= FM_REACH_LINEAR * source->reach_x ? FM_TAG_SOURCE_ROW : 0);
    }
    for (size_t k = 0; k < grid->nz; k++) {
        size_t steps = fm_march_steps_from(march->line_row, k);
        march->frame.row_tags[k + FM_MARGIN] |=
            (steps == 0 ? FM_TAG_SOURCE_ROW : 0) |
            (steps <= FM_REACH_LINEAR * source->reach_z ? FM_TAG_SOURCE_COLUMN : 0);
    }
}

static void place_frame(fm_march *march)
{
    const fm_place *place = &march->source.place;
    fm_frame_set_medium(&march->frame, march->medium, march->order);
    fm_frame_set_source(&march->frame, place->point);
    march->frame.source_column = (double)place->column + place->fx + FM_MARGIN;
    march->frame.source_row = (double)place->row + place->fz + FM_MARGIN;
    lines_beside(place->column, place->fx, march->line_column);
    lines_beside(place->row, place->fz, march->line_row);
    if (!march->frame.unfactored) {
        tag_lines(march);
    }
    for (size_t n = 0; n < march->source.boundaries; n++) {
        const fm_boundary *boundary = &march->source.boundary[n];
        fm_frame_first_order_beside(&march->frame, boundary->row, boundary->slow_upper);
    }
}

fm_status fm_march_begin(fm_march *march, const fm_medium *medium, fm_point source,
                         fm_error *error)
{
    fm_status status = fm_source_fit(medium, source, &march->source, error);
    if (status != FM_OK) {
        return status;
    }
    march->medium = medium;
    march->stride = medium->grid.nx + (size_t)2 * FM_MARGIN;
    march->per_stride = 1 / (double)march->stride;
    march->accepted = march->wanted.n = march->backward.n = 0;
    place_frame(march);
    return fm_front_start(march, reset_nodes(march)) ? FM_OK : no_memory(march, error);
}

fm_status fm_march_want(fm_march *march, size_t column, size_t row, fm_error *error)
{
    if (!fm_list_reserve(&march->wanted, march->wanted.n + 1)) {
        return fm_fail_memory(error, "the nodes around receivers",
                              (double)march->wanted.n * sizeof(uint32_t));
    }
    march->wanted.node[march->wanted.n++] = (uint32_t)fm_march_node(march, column, row);
    return FM_OK;
}

/* Is anything wanted that is not accepted? Closed nodes never are. */
static bool wants_more(fm_march *march)
{
    fm_list *wanted = &march->wanted;
    while (wanted->n > 0 && march->time[wanted->node[wanted->n - 1]] >= 0) {
        wanted->n--;
    }
    return wanted->n > 0;
}

fm_status fm_march_seed(fm_march *march, size_t column, size_t row, double time,
                        fm_error *error)
{
    size_t node = fm_march_node(march, column, row);
    fm_list *accepted = &march->front.accepted;
    if (march->time[node] >= 0) {
        return FM_OK;
    }
    if (!fm_list_reserve(accepted, accepted->n + 1)) {
        return no_memory(march, error);
    }
    march->time[node] = time;
    accepted->node[accepted->n++] = (uint32_t)node;
    march->accepted++;
    return FM_OK;
}

static double seed_time(const fm_march *march, size_t column, size_t row)
{
    const fm_source *source = &march->source;
    const fm_grid *grid = &march->medium->grid;
    fm_point node = {fm_grid_x(grid, column), grid->z[row]};
    return fm_source_time(source, fm_distance(grid, source->place.point, node),
                          fm_source_offset(source, node));
}

/* First and last node of the source's cell along an axis. A source on an interface also
 * takes in the nodes one step further where it has none but its own: T / r differs
 * there on the two sides, which the stencil could not tell. */
static void seed_range(const size_t line[2], bool widen, size_t n, size_t range[2])
{
    range[0] = line[0] != SIZE_MAX ? line[0] : line[1];
    range[1] = line[1] != SIZE_MAX ? line[1] : line[0];
    if (widen && range[0] == range[1]) {
        range[0] -= range[0] > 0;
        range[1] += range[1] + 1 < n;
    }
}

fm_status fm_march_seed_source(fm_march *march, fm_error *error)
{
    const fm_grid *grid = &march->medium->grid;
    bool widen = march->source.on_interface;
    size_t columns[2], rows[2];
    seed_range(march->line_column, widen, grid->nx, columns);
    seed_range(march->line_row, widen, grid->nz, rows);
    fm_status status = FM_OK;
    for (size_t k = rows[0]; k <= rows[1] && status == FM_OK; k++) {
        for (size_t i = columns[0]; i <= columns[1] && status == FM_OK; i++) {
            double time = seed_time(march, i, k);
            /* Not where only the masked side of an interface leads. */
            if (isfinite(time)) {
                status = fm_march_seed(march, i, k, time, error);
            }
        }
    }
    return status;
}

/* ---- zones ---- */

static bool on_open_edge(const fm_march *march, uint32_t node)
{
    const fm_grid *grid = &march->medium->grid;
    size_t row = node / march->stride - FM_MARGIN;
    size_t column = node % march->stride - FM_MARGIN;
    return (march->open.west && column == 0) || (march->open.low && row == 0) ||
           (march->open.east && column + 1 == grid->nx) ||
           (march->open.high && row + 1 == grid->nz);
}

/* When the wave of the last step came to an edge beyond which there is more medium;
 * INFINITY: not yet. */
static double time_at_open_edge(const fm_march *march)
{
    const fm_list *accepted = &march->front.accepted;
    double first = INFINITY;
    for (size_t k = 0; k < accepted->n; k++) {
        if (on_open_edge(march, accepted->node[k])) {
            first = fmin(first, march->time[accepted->node[k]]);
        }
    }
    return first;
}

/* What came later may come earlier from outside. */
static void forget_after(fm_march *march, double time)
{
    for (size_t k = 0; k < march->medium->grid.nz; k++) {
        double *row = march->time + fm_march_node(march, 0, k);
        for (size_t i = 0; i < march->medium->grid.nx; i++) {
            if (row[i] > time && row[i] < INFINITY) {
                row[i] = -INFINITY;
                march->accepted--;
            }
        }
    }
}

/* The order that is kept, without those forgotten. */
static void forget_order(fm_march *march)
{
    fm_backward *backward = &march->backward;
    size_t kept = 0, seeds = 0;
    for (size_t k = 0; backward->order && k < backward->n; k++) {
        uint32_t node = backward->order[k];
        bool stays = march->time[node] >= 0;
        backward->order[kept] = node;
        kept += stays;
        seeds += stays && k < backward->seeds;
    }
    backward->n = kept;
    backward->seeds = seeds;
}

static bool has_open_edges(const fm_march *march)
{
    return march->open.west || march->open.east || march->open.low || march->open.high;
}

/* ---- the loop ---- */

/* Every few thousand nodes: a fraction of a millisecond. */
static bool asked_to_stop(const fm_march *march, size_t *asked)
{
    if (march->accepted < *asked + 4096) {
        return false;
    }
    *asked = march->accepted;
    return march->stop && march->stop(march->stop_context);
}

fm_status fm_march_run(fm_march *march, bool stop_early, fm_error *error)
{
    size_t asked = 0;
    bool zone = has_open_edges(march);
    fm_march_record(march, march->front.accepted.node, march->front.accepted.n);
    march->backward.seeds = march->backward.n;
    bool enough_memory = fm_front_spread(march);
    double edge = zone ? time_at_open_edge(march) : INFINITY;
    while (enough_memory && !fm_queue_is_empty(&march->front.queue) &&
           edge == INFINITY && !(stop_early && !wants_more(march))) {
        if (asked_to_stop(march, &asked)) {
            return fm_fail(error, FM_CANCELLED, "the march was asked to stop");
        }
        enough_memory = fm_front_step(march);
        edge = zone ? time_at_open_edge(march) : INFINITY;
    }
    if (edge < INFINITY) {
        forget_after(march, edge);
        forget_order(march);
    }
    return enough_memory ? FM_OK : no_memory(march, error);
}
