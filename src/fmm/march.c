/* Fast marching (Sethian 1996). Nodes are accepted in order of time: the earliest trial
 * node cannot be improved any more, is accepted, and updates its neighbours. The order
 * is exact, equal times by node number, so the same medium and source give the same
 * bits.
 *
 * The work memory of a node is two doubles, its place in the queue and a byte.
 */
#include "march.h"

#include <stdlib.h>
#include <string.h>

#include "stencil.h"

static size_t padded(size_t nx, size_t nz)
{
    const size_t margins = (size_t)2 * FM_MARGIN;
    return (nx + margins) * (nz + margins);
}

/* The front of a smooth wave is a few times the perimeter; the queue grows if it must.
 */
static size_t queue_guess(size_t nx, size_t nz)
{
    return 4 * (nx + nz) + 64;
}

double fm_march_bytes(size_t nx, size_t nz)
{
    return (double)padded(nx, nz) * (sizeof(fm_value) + 1) +
           fm_heap_bytes(padded(nx, nz), queue_guess(nx, nz)) +
           (double)nz * sizeof(fm_row) + (double)nx * 2 * sizeof(double);
}

fm_status fm_march_create(size_t max_nx, size_t max_nz, int order, fm_march *march,
                          fm_error *error)
{
    *march = (fm_march){.order = order, .max_nodes = padded(max_nx, max_nz)};
    if (march->max_nodes > UINT32_MAX) {
        return fm_fail(error, FM_BAD_INPUT,
                       "a grid of %zu x %zu nodes: with a margin of %d on each side at "
                       "most %lu nodes can be marched",
                       max_nx, max_nz, FM_MARGIN, (unsigned long)UINT32_MAX);
    }
    if (fm_frame_create(max_nx, max_nz, &march->frame, error) != FM_OK) {
        return FM_NO_MEMORY;
    }
    march->value = malloc(march->max_nodes * sizeof *march->value);
    march->state = malloc(march->max_nodes * sizeof *march->state);
    if (!march->value || !march->state ||
        !fm_heap_create(march->max_nodes, queue_guess(max_nx, max_nz), &march->heap)) {
        fm_march_clear(march);
        return fm_fail_memory(error, "the march", fm_march_bytes(max_nx, max_nz));
    }
    return FM_OK;
}

void fm_march_clear(fm_march *march)
{
    fm_frame_clear(&march->frame);
    free(march->value);
    free(march->state);
    fm_heap_clear(&march->heap);
    *march = (fm_march){0};
}

static bool masked(const fm_march *march, size_t column, size_t k)
{
    const fm_medium *medium = march->medium;
    uint32_t interface = march->frame.row[k].interface;
    size_t nx = medium->grid.nx;
    return isinf(medium->slowness[k * nx + column]) &&
           (interface == FM_NO_INTERFACE ||
            isinf(medium->slowness_beyond[interface * nx + column]));
}

static void reset_nodes(fm_march *march)
{
    const fm_grid *grid = &march->medium->grid;
    size_t nodes = padded(grid->nx, grid->nz);
    memset(march->state, FM_CLOSED, nodes);
    for (size_t node = 0; node < nodes; node++) {
        march->value[node].time = INFINITY;
    }
    for (size_t k = 0; k < grid->nz; k++) {
        uint8_t *state = march->state + fm_march_node(march, 0, k);
        for (size_t i = 0; i < grid->nx; i++) {
            state[i] = masked(march, i, k) ? FM_CLOSED : FM_FAR;
        }
    }
}

/* The nodes less than a step away from the source along an axis: two, or the one it is
 * on. */
static void lines_beside(size_t cell, double fraction, size_t line[2])
{
    line[0] = fraction < 1 ? cell : SIZE_MAX;
    line[1] = fraction > 0 ? cell + 1 : SIZE_MAX;
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
    fm_heap_empty(&march->heap);
    march->accepted = march->wanted = 0;
    fm_frame_set_medium(&march->frame, medium, march->order);
    fm_frame_set_source(&march->frame, march->source.place.point);
    const fm_place *place = &march->source.place;
    lines_beside(place->column, place->fx, march->line_column);
    lines_beside(place->row, place->fz, march->line_row);
    for (size_t n = 0; n < march->source.boundaries; n++) {
        const fm_boundary *boundary = &march->source.boundary[n];
        fm_frame_first_order_beside(&march->frame, boundary->row, boundary->slow_upper);
    }
    reset_nodes(march);
    return FM_OK;
}

void fm_march_want(fm_march *march, size_t column, size_t row)
{
    uint8_t *state = &march->state[fm_march_node(march, column, row)];
    if (!(*state & FM_WANTED) && (*state & FM_STATE) != FM_CLOSED) {
        *state |= FM_WANTED;
        march->wanted += (*state & FM_STATE) != FM_ACCEPTED;
    }
}

static void accept(fm_march *march, size_t node)
{
    uint8_t flags = march->state[node] & (uint8_t)~FM_STATE;
    march->state[node] = flags | FM_ACCEPTED;
    march->accepted++;
    march->wanted -= (flags & FM_WANTED) != 0;
}

fm_status fm_march_seed(fm_march *march, size_t column, size_t row, double time,
                        fm_error *error)
{
    size_t node = fm_march_node(march, column, row);
    if ((march->state[node] & FM_STATE) >= FM_ACCEPTED) {
        return FM_OK;
    }
    if (!fm_heap_push(&march->heap, time, (uint32_t)node)) {
        return fm_fail_memory(error, "the queue", (double)march->heap.n * 32);
    }
    double r = fm_frame_look(&march->frame, column, row).r;
    march->value[node].time = time;
    march->value[node].tau =
        r > 0 ? time / r
              : fmin(march->source.slowness_lower, march->source.slowness_upper);
    accept(march, node);
    march->state[node] |= FM_SEED;
    return FM_OK;
}

static double seed_time(const fm_march *march, size_t column, size_t row)
{
    const fm_source *source = &march->source;
    const fm_grid *grid = &march->medium->grid;
    double r = fm_frame_look(&march->frame, column, row).r;
    fm_point offset =
        fm_source_offset(source, (fm_point){fm_grid_x(grid, column), grid->z[row]});
    return fm_source_time(source, r, offset);
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

/* Update one neighbour of a node just accepted at the time `now`. Where the slowness
 * falls a hundredfold from one node to the next, r tau may come out before the
 * neighbours it comes from; nothing arrives before them. */
static bool relax(fm_march *march, double now, size_t node, size_t column, size_t row)
{
    if ((march->state[node] & FM_STATE) > FM_TRIAL) {
        return true;
    }
    double tau;
    double time = fm_update(march, node, column, row, &tau);
    if (time < now && time < fm_earliest_neighbour(march, node)) {
        time = fm_earliest_neighbour(march, node);
        tau = time / fm_frame_look(&march->frame, column, row).r;
    }
    if (!(time < march->value[node].time)) {
        return true;
    }
    march->value[node].time = time;
    march->value[node].tau = tau;
    if ((march->state[node] & FM_STATE) == FM_TRIAL) {
        fm_heap_improve(&march->heap, time, (uint32_t)node);
        return true;
    }
    march->state[node] = (march->state[node] & (uint8_t)~FM_STATE) | FM_TRIAL;
    return fm_heap_push(&march->heap, time, (uint32_t)node);
}

static bool relax_neighbours(fm_march *march, double now, size_t node, size_t column,
                             size_t row)
{
    return relax(march, now, node - 1, column - 1, row) &&
           relax(march, now, node + 1, column + 1, row) &&
           relax(march, now, node - march->stride, column, row - 1) &&
           relax(march, now, node + march->stride, column, row + 1);
}

static bool on_open_edge(const fm_march *march, size_t column, size_t row)
{
    const fm_grid *grid = &march->medium->grid;
    return (march->open.west && column == 0) || (march->open.low && row == 0) ||
           (march->open.east && column + 1 == grid->nx) ||
           (march->open.high && row + 1 == grid->nz);
}

/* Every so many nodes: a fraction of a millisecond. */
static bool asked_to_stop(const fm_march *march, size_t turn)
{
    return turn % 4096 == 0 && march->stop && march->stop(march->stop_context);
}

fm_status fm_march_run(fm_march *march, bool stop_early, fm_error *error)
{
    size_t turn = 0;
    while (march->heap.n > 0 && !(stop_early && march->wanted == 0)) {
        if (asked_to_stop(march, turn++)) {
            return fm_fail(error, FM_CANCELLED, "the march was asked to stop");
        }
        double time;
        uint32_t node = fm_heap_pop(&march->heap, &time);
        if (march->state[node] & FM_SEED) {
            march->state[node] &= (uint8_t)~FM_SEED;
        } else {
            accept(march, node);
        }
        size_t row = node / (uint32_t)march->stride - FM_MARGIN;
        size_t column = node % (uint32_t)march->stride - FM_MARGIN;
        if (on_open_edge(march, column, row)) {
            break;
        }
        if (!relax_neighbours(march, time, node, column, row)) {
            return fm_fail_memory(error, "the queue", (double)march->heap.n * 32);
        }
    }
    return FM_OK;
}
