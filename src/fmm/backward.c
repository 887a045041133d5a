/* The reverse pass (Sei & Symes 1994 for the continuous equation; here of the march
 * itself). A node whose stencil is
 *
 *   Dx^2 + Dz^2 = s^2,   D = a T - c1 T1 + c2 T2 along either axis,
 *
 * hands on what came to it, lambda = d sum / d T: with w = lambda / (ax Dx + az Dz),
 * w s to its own slowness, w D c1 and - w D c2 to the times of its neighbours. Every
 * node comes after those that depend on it: against the order of acceptance.
 *
 * Which stencil it was is not kept but found again, for a batch of nodes at once, from
 * the neighbours that are earlier; where these do not give the time that the node has,
 * bit for bit, explain.c searches. A node that is done is hidden, as if it were trial
 * again, so that what is left is what was accepted before the next one. */
#include "backward.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "update.h"

/* Those of the margin too. */
static size_t nodes_of(const fm_march *march)
{
    return march->stride * (march->medium->grid.nz + (size_t)2 * FM_MARGIN);
}

fm_status fm_backward_begin(fm_march *march, fm_error *error)
{
    fm_backward *backward = &march->backward;
    const fm_grid *grid = &march->medium->grid;
    size_t room = march->medium->ninterfaces * grid->nx;
    if (room > backward->beyond_room) {
        free(backward->beyond);
        backward->beyond = malloc(room * sizeof *backward->beyond);
        backward->beyond_room = backward->beyond ? room : 0;
        if (!backward->beyond) {
            return fm_fail_memory(error, "the adjoint", (double)room * sizeof(double));
        }
    }
    memset(backward->kernel, 0, nodes_of(march) * sizeof *backward->kernel);
    for (size_t n = 0; n < room; n++) {
        backward->beyond[n] = 0;
    }
    backward->source = (fm_source_share){0};
    backward->searched = 0;
    backward->worst = 0;
    return FM_OK;
}

/* ---- one node ---- */

/* By the search, a node that is hidden itself already. */
static void hand_on_searched(fm_march *march, uint32_t node)
{
    fm_backward *backward = &march->backward;
    double time = -march->time[node], lambda = backward->kernel[node];
    fm_cause cause = fm_explain_one(march, node, time);
    size_t row = node / march->stride - FM_MARGIN;
    size_t column = node % march->stride - FM_MARGIN;
    uint32_t interface = fm_frame_row(&march->frame, row)->interface;
    for (size_t k = 0; k < cause.n; k++) {
        backward->kernel[cause.node[k]] += lambda * cause.to[k];
    }
    backward->kernel[node] = lambda * cause.s;
    if (interface != FM_NO_INTERFACE) {
        size_t place = interface * march->medium->grid.nx + column;
        backward->beyond[place] += lambda * cause.beyond;
    }
    if (cause.at_source != 0) {
        fm_source_slowness_share(&march->source, lambda * cause.at_source,
                                 &backward->source);
    }
    if (cause.across_x != 0 || cause.across_z != 0) {
        const fm_grid *grid = &march->medium->grid;
        fm_look look = fm_frame_look(&march->frame, column, row);
        fm_point offset = fm_source_offset(
            &march->source, (fm_point){fm_grid_x(grid, column), grid->z[row]});
        fm_point weight = {lambda * cause.across_x, lambda * cause.across_z};
        fm_source_gradient_share(&march->source, &look, offset, weight,
                                 &backward->source);
    }
    backward->searched++;
    backward->worst = fmax(backward->worst, cause.error / time);
}

/* From the end of a batch to its beginning. While the batch was explained none of it
 * was hidden. A neighbour in it that is earlier and yet was accepted later, as happens
 * with masks and noise, was not seen by the march; that it gives the time all the same,
 * to the bit, was not met once in 1e8 nodes of such media. */
static void hand_on(fm_march *march, const uint32_t *list, size_t n,
                    const fm_terms *terms)
{
    double *restrict kernel = march->backward.kernel;
    double *restrict time = march->time;
    for (size_t l = n; l-- > 0;) {
        double *at = kernel + list[l], lambda = *at;
        ptrdiff_t x1 = terms->to_x1[l], x2 = terms->to_x2[l];
        ptrdiff_t z1 = terms->to_z1[l], z2 = terms->to_z2[l];
        time[list[l]] = -time[list[l]];
        if (lambda == 0) {
            continue;
        }
        if (!(terms->s[l] > 0)) {
            hand_on_searched(march, list[l]);
            continue;
        }
        double to_x1 = at[x1] + lambda * terms->x1[l];
        double to_x2 = at[x2] - lambda * terms->x2[l];
        double to_z1 = at[z1] + lambda * terms->z1[l];
        double to_z2 = at[z2] - lambda * terms->z2[l];
        at[x1] = to_x1;
        at[x2] = to_x2;
        at[z1] = to_z1;
        at[z2] = to_z2;
        *at = lambda * terms->s[l]; /* last: it is where terms that are not there go */
    }
}

/* ---- all of them ---- */

static bool has_any(const double *kernel, const uint32_t *list, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        if (kernel[list[k]] != 0) {
            return true;
        }
    }
    return false;
}

static void hide(double *time, const uint32_t *list, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        time[list[k]] = -time[list[k]];
    }
}

/* The last `n` nodes before `end`. */
static void run_batch(fm_march *march, size_t end, size_t n)
{
    const uint32_t *list = march->backward.order + end - n;
    uint32_t whole[FM_BATCH];
    fm_terms terms;
    if (!has_any(march->backward.kernel, list, n)) {
        hide(march->time, list, n);
        return;
    }
    if (n < FM_BATCH) { /* whole strips are read */
        for (size_t k = 0; k < FM_BATCH; k++) {
            whole[k] = list[k < n ? k : 0];
        }
        list = whole;
    }
    march->explain(march, list, n, &terms);
    hand_on(march, list, n, &terms);
}

/* A node that is trial at the end of a march, which may stop early, is as good as far;
 * and what is then negative but finite is hidden. */
static void forget_trial(fm_march *march)
{
    for (size_t n = nodes_of(march); n-- > 0;) {
        march->time[n] = march->time[n] < 0 ? -INFINITY : march->time[n];
    }
}

static void show_all(fm_march *march)
{
    for (size_t n = nodes_of(march); n-- > 0;) {
        march->time[n] = march->time[n] > -INFINITY ? fabs(march->time[n]) : -INFINITY;
    }
}

/* Soon these nodes will be read, and what is around them. */
static void fetch(const fm_march *march, const uint32_t *list, size_t n)
{
    const double *time = march->time, *kernel = march->backward.kernel;
    const double *slowness = march->medium->slowness;
    const ptrdiff_t stride = (ptrdiff_t)march->stride;
    const ptrdiff_t nx = (ptrdiff_t)march->medium->grid.nx;
    const double per_stride = march->per_stride;
    for (size_t k = 0; k < n; k++) {
        ptrdiff_t node = list[k];
        ptrdiff_t row = (ptrdiff_t)(((double)node + 0.5) * per_stride);
        __builtin_prefetch(time + node - 2 * stride);
        __builtin_prefetch(time + node + 2 * stride);
        __builtin_prefetch(kernel + node - 2 * stride, 1);
        __builtin_prefetch(kernel + node + 2 * stride, 1);
        __builtin_prefetch(slowness + node - row * (stride - nx) -
                           FM_MARGIN * (nx + 1));
    }
}

void fm_backward_run(fm_march *march)
{
    fm_backward *backward = &march->backward;
    size_t end = backward->n;
    forget_trial(march);
    while (end > backward->seeds) {
        size_t left = end - backward->seeds;
        size_t n = left < FM_BATCH ? left : FM_BATCH;
        if (end > 3 * FM_BATCH) {
            fetch(march, backward->order + end - 3 * FM_BATCH, FM_BATCH);
        }
        run_batch(march, end, n);
        end -= n;
    }
    show_all(march);
}

void fm_backward_seeds(fm_march *march)
{
    fm_backward *backward = &march->backward;
    const fm_grid *grid = &march->medium->grid;
    for (size_t n = 0; n < backward->seeds; n++) {
        uint32_t node = backward->order[n];
        fm_point point = {fm_grid_x(grid, node % march->stride - FM_MARGIN),
                          grid->z[node / march->stride - FM_MARGIN]};
        double lambda = backward->kernel[node];
        backward->kernel[node] = 0;
        if (lambda != 0) {
            fm_source_time_share(
                &march->source, fm_distance(grid, march->source.place.point, point),
                fm_source_offset(&march->source, point), lambda, &backward->source);
        }
    }
}

void fm_backward_finish(fm_march *march)
{
    fm_backward *backward = &march->backward;
    size_t nx = march->medium->grid.nx, nz = march->medium->grid.nz;
    for (size_t k = 0; k < nz; k++) {
        memmove(backward->kernel + k * nx,
                backward->kernel + fm_march_node(march, 0, k), nx * sizeof(double));
    }
    fm_source_spread(march->medium, &march->source, &backward->source, backward->kernel,
                     backward->beyond);
}

double *fm_backward_slowness(fm_march *march, size_t column, size_t row, bool beyond)
{
    size_t nx = march->medium->grid.nx;
    return beyond
               ? &march->backward
                      .beyond[fm_frame_row(&march->frame, row)->interface * nx + column]
               : &march->backward.kernel[row * nx + column];
}
