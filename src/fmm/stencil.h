#ifndef FM_FMM_STENCIL_H
#define FM_FMM_STENCIL_H

#include "march.h"

/* The update of one node. With T = r tau (multiplicative factoring: Fomel, Luo & Zhao
 * 2009; Treister & Haber 2016) the one-sided derivative of T along an axis, away from
 * the upwind side, is linear in the unknown tau:
 *
 *   D = a tau - b,   second order  a = r w0 + g,   b = r (w1 tau1 - w2 tau2),
 *                    first order   a = r / d + g,  b = r tau1 / d,
 *
 * g being the derivative of r in the same direction, and Dx^2 + Dz^2 = s^2 is a
 * quadratic for tau. It holds only where both derivatives are positive (information
 * flows from the upwind nodes); else one axis alone decides. */

typedef struct fm_line {
    double a, b; /* a <= 0: no upwind node on this axis */
} fm_line;

/* A node being updated, and what of it both axes need. */
typedef struct fm_target {
    const fm_march *march;
    size_t node, column, row;
    fm_look look;
} fm_target;

static inline double fm_accepted_time(const fm_march *march, size_t node)
{
    return (march->state[node] & FM_STATE) == FM_ACCEPTED ? march->value[node].time
                                                          : INFINITY;
}

static inline double fm_earliest_neighbour(const fm_march *march, size_t node)
{
    double x =
        fmin(fm_accepted_time(march, node - 1), fm_accepted_time(march, node + 1));
    double z = fmin(fm_accepted_time(march, node - march->stride),
                    fm_accepted_time(march, node + march->stride));
    return fmin(x, z);
}

/* tau, or T itself where unfactored (there r = 1 and g = 0). */
static inline double fm_factor(const fm_target *t, size_t node)
{
    const fm_value *value = &t->march->value[node];
    return t->look.factored ? value->tau : value->time;
}

/* The line of an axis whose first upwind node is `step` away and has time `time1`;
 * `slope` is the derivative of r towards larger coordinates. */
static inline fm_line fm_line_from(const fm_target *t, ptrdiff_t step, double time1,
                                   const fm_difference *d, double slope)
{
    const fm_march *march = t->march;
    size_t first = t->node + (size_t)step;
    size_t second = first + (size_t)step;
    double g = step < 0 ? slope : -slope;
    double r = t->look.r;
    if (d->second && (march->state[second] & FM_STATE) == FM_ACCEPTED &&
        march->value[second].time <= time1) {
        return (fm_line){r * d->w0 + g, r * (d->w1 * fm_factor(t, first) -
                                             d->w2 * fm_factor(t, second))};
    }
    return (fm_line){r * d->first + g, r * d->first * fm_factor(t, first)};
}

static inline fm_line fm_line_x(const fm_target *t, const fm_row *row)
{
    double west = fm_accepted_time(t->march, t->node - 1);
    double east = fm_accepted_time(t->march, t->node + 1);
    if (west <= east) {
        return west < INFINITY ? fm_line_from(t, -1, west, &row->along, t->look.gx)
                               : (fm_line){0, 0};
    }
    return fm_line_from(t, 1, east, &row->along, t->look.gx);
}

static inline fm_line fm_line_z(const fm_target *t, const fm_row *row, double lower,
                                double upper)
{
    ptrdiff_t stride = (ptrdiff_t)t->march->stride;
    if (lower <= upper) {
        return lower < INFINITY
                   ? fm_line_from(t, -stride, lower, &row->lower, t->look.gz)
                   : (fm_line){0, 0};
    }
    return fm_line_from(t, stride, upper, &row->upper, t->look.gz);
}

/* Nodes between `place` and the nearer of the one or two nodes beside the source. */
static inline size_t fm_steps_from(const size_t line[2], size_t place)
{
    size_t low = line[0] != SIZE_MAX ? line[0] : line[1];
    size_t high = line[1] != SIZE_MAX ? line[1] : line[0];
    return place < low ? low - place : place > high ? place - high : 0;
}

/* The square of the slowness left for one axis alone. Off the nodes, on the rows and
 * columns beside the source, an axis may have no upwind node although the slowness
 * across it is not zero; without this remedy every off-grid source costs one order of
 * accuracy. Used where the speed is within 1 % of the linear trend (docs/method.md,
 * "Sources"). */
static inline void fm_slowness_along(const fm_target *t, double s, double *sx,
                                     double *sz)
{
    const fm_source *source = &t->march->source;
    *sx = *sz = s;
    size_t columns = fm_steps_from(t->march->line_column, t->column);
    size_t rows = fm_steps_from(t->march->line_row, t->row);
    bool in_row = rows == 0 && columns <= source->reach_x;
    bool in_column = columns == 0 && rows <= source->reach_z;
    if ((!in_row && !in_column) || !t->look.factored) {
        return;
    }
    const fm_grid *grid = &t->march->medium->grid;
    fm_point offset = fm_source_offset(
        source, (fm_point){fm_grid_x(grid, t->column), grid->z[t->row]});
    double trend = source->speed + source->gx * offset.x + source->gz * offset.z;
    if (fabs(s * trend - 1) > 0.01) {
        return;
    }
    fm_point across = fm_source_gradient(source, &t->look, offset);
    if (in_row && fabs(across.z) < s) {
        *sx = sqrt(s * s - across.z * across.z);
    }
    if (in_column && fabs(across.x) < s) {
        *sz = sqrt(s * s - across.x * across.x);
    }
}

/* tau (or T, unfactored) from the two lines and the slowness s. */
static inline double fm_solve(const fm_target *t, fm_line x, fm_line z, double s)
{
    double cross = x.a * z.b - z.a * x.b;
    if (x.a > 0 && z.a > 0 && cross <= z.a * s && cross >= -x.a * s) {
        double norm = x.a * x.a + z.a * z.a;
        double discriminant = norm * (s * s) - cross * cross;
        double root = sqrt(discriminant > 0 ? discriminant : 0);
        return (x.a * x.b + z.a * z.b + root) / norm;
    }
    double sx, sz;
    fm_slowness_along(t, s, &sx, &sz);
    double from_x = x.a > 0 ? (sx + x.b) / x.a : INFINITY;
    double from_z = z.a > 0 ? (sz + z.b) / z.a : INFINITY;
    return from_x < from_z ? from_x : from_z;
}

/* On an interface an update from either side uses that side's slowness; the earlier one
 * is the first arrival (a head wave runs along the faster side). */
static inline double fm_solve_interface(const fm_target *t, const fm_row *row,
                                        fm_line x, double lower, double upper)
{
    const fm_medium *medium = t->march->medium;
    size_t nx = medium->grid.nx;
    double s_lower = medium->slowness[t->row * nx + t->column];
    double s_upper = medium->slowness_beyond[row->interface * nx + t->column];
    double best = INFINITY;
    if (s_lower < INFINITY) {
        best = fm_solve(t, x, fm_line_z(t, row, lower, INFINITY), s_lower);
    }
    if (s_upper < INFINITY) {
        best = fmin(best, fm_solve(t, x, fm_line_z(t, row, INFINITY, upper), s_upper));
    }
    return best;
}

/* The time at a node from its accepted neighbours (INFINITY if they give none), and
 * tau. */
static inline double fm_update(const fm_march *march, size_t node, size_t column,
                               size_t k, double *tau)
{
    const fm_row *row = &march->frame.row[k];
    fm_target t = {march, node, column, k, fm_frame_look(&march->frame, column, k)};
    double r = t.look.r;
    if (!t.look.factored) {
        t.look = (fm_look){1, 0, 0, false};
    }
    double lower = fm_accepted_time(march, node - march->stride);
    double upper = fm_accepted_time(march, node + march->stride);
    fm_line x = fm_line_x(&t, row);
    double solution;
    if (row->interface == FM_NO_INTERFACE) {
        double s = march->medium->slowness[k * march->medium->grid.nx + column];
        solution = fm_solve(&t, x, fm_line_z(&t, row, lower, upper), s);
    } else {
        solution = fm_solve_interface(&t, row, x, lower, upper);
    }
    double time = t.look.factored ? solution * r : solution;
    *tau = t.look.factored ? solution : time / r;
    return time;
}

#endif
