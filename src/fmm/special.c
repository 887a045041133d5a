/* The update of one node of the few that need more than the plain stencil: those on the
 * rows and columns beside the source, and those on interfaces. With T = r tau,
 *
 *   D = a tau - b,   a = r (w1 - w2) + g,   b = r (w1 tau1 - w2 tau2),
 *
 * g being the derivative of r away from the upwind side, and Dx^2 + Dz^2 = s^2. It is
 * the stencil of lanes.h in the form of textbooks. */
#include "stencil.h"
#include "update.h"

typedef struct line {
    double a, b; /* a <= 0: no upwind node on this axis */
} line;

typedef struct target {
    const fm_march *march;
    size_t node, column, row;
    fm_look look;
} target;

/* tau at a node of the grid; at the source itself it is the slowness. */
static double tau_at(const fm_march *march, size_t node, double time)
{
    size_t row = node / march->stride - FM_MARGIN;
    size_t column = node % march->stride - FM_MARGIN;
    double r = fm_frame_look(&march->frame, column, row).r;
    return r > 0 ? time / r
                 : fmin(march->source.slowness_lower, march->source.slowness_upper);
}

/* `slope` is the derivative of r towards larger coordinates. */
static line line_from(const target *t, const fm_upwind *upwind, size_t step,
                      double first, double w1, double w2, double slope)
{
    if (!(upwind->first < INFINITY)) {
        return (line){0, 0};
    }
    size_t near = upwind->upper ? t->node + step : t->node - step;
    size_t far = upwind->upper ? t->node + 2 * step : t->node - 2 * step;
    bool second = w2 > 0 && fm_has_second(upwind);
    double g = upwind->upper ? -slope : slope, r = t->look.r;
    w1 = second ? w1 : first;
    w2 = second ? w2 : 0;
    if (fm_comes_back(g, r * (w1 - w2))) {
        double later = second ? w2 * upwind->second : 0;
        return (line){r * (w1 - w2), w1 * upwind->first - later};
    }
    double tau1 = tau_at(t->march, near, upwind->first);
    double tau2 = second ? tau_at(t->march, far, upwind->second) : 0;
    return (line){r * (w1 - w2) + g, r * (w1 * tau1 - w2 * tau2)};
}

static line line_x(const target *t)
{
    const fm_frame *frame = &t->march->frame;
    fm_upwind upwind = fm_look_upwind(t->march->time, (int32_t)t->node, 1);
    double along = fm_frame_row(frame, t->row)->along;
    return line_from(t, &upwind, 1, along, along * frame->equal1, along * frame->equal2,
                     t->look.gx);
}

static line line_z(const target *t, const fm_upwind *upwind)
{
    const fm_side *side = &fm_frame_row(&t->march->frame, t->row)->side[upwind->upper];
    return line_from(t, upwind, t->march->stride, side->first, side->w1, side->w2,
                     t->look.gz);
}

/* Far from the source the speed must be the linear trend but for rounding, and nowhere
 * where there is one and the axes are bent: what is linear along them has no rays that
 * are circles. */
static double far_tolerance(const fm_source *source, const fm_grid *grid)
{
    return grid->geometry == FM_CARTESIAN || !(source->g > 0) ? 1e-6 : -1;
}

/* The square of the slowness left for one axis alone. Off the nodes, on the rows and
 * columns beside the source, an axis may have no upwind node although the slowness
 * across it is not zero; without this remedy every off-grid source costs one order of
 * accuracy. Used where the speed is within 1 % of the linear trend, and further out
 * where it is that trend, at the node and on the way there (docs/method.md, "Sources").
 */
fm_along fm_slowness_along(const fm_march *march, size_t column, size_t row,
                           const fm_look *look, double s)
{
    const fm_frame *frame = &march->frame;
    const fm_source *source = &march->source;
    const fm_grid *grid = &march->medium->grid;
    int32_t tags =
        frame->column_tags[column + FM_MARGIN] & frame->row_tags[row + FM_MARGIN];
    fm_along along = {.x = s, .z = s};
    if (!(tags & (FM_TAG_SOURCE_ROW | FM_TAG_SOURCE_COLUMN))) {
        return along;
    }
    fm_point node = {fm_grid_x(grid, column), grid->z[row]};
    fm_point offset = fm_source_offset(source, node);
    bool close = fm_march_steps_from(march->line_column, column) <= source->reach_x &&
                 fm_march_steps_from(march->line_row, row) <= source->reach_z;
    double tolerance = close ? 0.01 : far_tolerance(source, grid);
    if (fabs(s * fm_source_linear_speed(source, offset) - 1) > tolerance ||
        !fm_source_ray_holds(source, march->medium, node, tolerance, close)) {
        return along;
    }
    fm_point across = fm_source_gradient(source, look, offset);
    if ((tags & FM_TAG_SOURCE_ROW) && fabs(across.z) < s) {
        along.x = sqrt(s * s - across.z * across.z);
        along.across_z = across.z;
    }
    if ((tags & FM_TAG_SOURCE_COLUMN) && fabs(across.x) < s) {
        along.z = sqrt(s * s - across.x * across.x);
        along.across_x = across.x;
    }
    return along;
}

/* tau from the two lines and the slowness s. */
static double solve(const target *t, line x, line z, double s)
{
    double cross = x.a * z.b - z.a * x.b;
    if (x.a > 0 && z.a > 0 && cross <= z.a * s && cross >= -x.a * s) {
        double norm = x.a * x.a + z.a * z.a;
        double discriminant = norm * (s * s) - cross * cross;
        double root = sqrt(discriminant > 0 ? discriminant : 0);
        return (x.a * x.b + z.a * z.b + root) / norm;
    }
    fm_along along = fm_slowness_along(t->march, t->column, t->row, &t->look, s);
    double from_x = x.a > 0 ? (along.x + x.b) / x.a : INFINITY;
    double from_z = z.a > 0 ? (along.z + z.b) / z.a : INFINITY;
    return from_x < from_z ? from_x : from_z;
}

/* The node as seen from one side of its row. */
static fm_upwind from_side(const fm_march *march, size_t node, bool upper)
{
    size_t step = march->stride;
    double first = march->time[upper ? node + step : node - step];
    return (fm_upwind){first >= 0 ? first : INFINITY,
                       march->time[upper ? node + 2 * step : node - 2 * step], upper};
}

/* On an interface an update from either side uses that side's slowness; the earlier one
 * is the first arrival (a head wave runs along the faster side). */
static double solve_interface(const target *t, line x, double s_lower, double s_upper)
{
    fm_upwind lower = from_side(t->march, t->node, false);
    fm_upwind upper = from_side(t->march, t->node, true);
    double best = INFINITY;
    if (s_lower < INFINITY) {
        best = solve(t, x, line_z(t, &lower), s_lower);
    }
    if (s_upper < INFINITY) {
        best = fmin(best, solve(t, x, line_z(t, &upper), s_upper));
    }
    return best;
}

/* Where the slowness falls a hundredfold from one node to the next, r tau may come out
 * before the neighbours it comes from; nothing arrives before them. */
static double not_before_neighbours(const target *t, double time)
{
    fm_upwind x = fm_look_upwind(t->march->time, (int32_t)t->node, 1);
    fm_upwind z =
        fm_look_upwind(t->march->time, (int32_t)t->node, (int32_t)t->march->stride);
    return fmax(time, fmin(x.first, z.first));
}

double fm_update_special(const fm_march *march, uint32_t node, double *crossing)
{
    const fm_medium *medium = march->medium;
    size_t row = node / march->stride - FM_MARGIN;
    size_t column = node % march->stride - FM_MARGIN;
    target t = {march, node, column, row, fm_frame_look(&march->frame, column, row)};
    const fm_row *line_of = fm_frame_row(&march->frame, row);
    double s = medium->slowness[row * medium->grid.nx + column];
    double tau;
    if (line_of->interface == FM_NO_INTERFACE) {
        fm_upwind z =
            fm_look_upwind(march->time, (int32_t)node, (int32_t)march->stride);
        tau = solve(&t, line_x(&t), line_z(&t, &z), s);
    } else {
        double beyond =
            medium->slowness_beyond[line_of->interface * medium->grid.nx + column];
        tau = solve_interface(&t, line_x(&t), s, beyond);
        s = fmin(s, beyond);
    }
    *crossing = s * line_of->least;
    return not_before_neighbours(&t, tau * t.look.r);
}
