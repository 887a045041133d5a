/* The stencil that gave a node its time, found again. A node keeps the earliest of the
 * times it was given, and at each of these updates it saw what was accepted until then,
 * so that it need not be the one that all its earlier neighbours would give now. Each
 * axis enters with the neighbours on either side, to first or to second order, or not
 * at all; of all these combinations the one that gives the time is taken. In the form
 * of special.c, with
 *
 *   D = a T - c1 T1 + c2 T2,   a = w1 - w2 + g / r,   c1 = w1 r / r1,   c2 = w2 r / r2,
 *
 * and differentiated as in docs/method.md, "The adjoint". */
#include "explain.h"

#include <float.h>

#include "stencil.h"
#include "update.h"

/* One way to take the difference along an axis. At the source T = 0, and c1 or c2
 * stands before the slowness there. */
typedef struct choice {
    double a, b, c1, c2;
    double first; /* T1 */
    uint32_t near, far;
    bool near_source, far_source, upper;
} choice;

typedef struct choices {
    size_t n;
    choice of[4];
} choices;

typedef struct target {
    const fm_march *march;
    size_t node, column, row;
    fm_look look;
    double time;
    double s[2]; /* on the side of smaller and of larger rows */
    bool interface;
    choices x, z;
    fm_cause best;
} target;

static bool is_known(double time)
{
    return time >= 0 && time < INFINITY;
}

/* c T of a node, or c S at the source. */
static double term(const target *t, size_t node, double weight, double *c,
                   bool *at_source)
{
    const fm_march *march = t->march;
    double r = fm_frame_look(&march->frame, node % march->stride - FM_MARGIN,
                             node / march->stride - FM_MARGIN)
                   .r;
    *at_source = !(r > 0);
    *c = *at_source ? weight * t->look.r : weight * (t->look.r / r);
    return *at_source
               ? *c * fmin(march->source.slowness_lower, march->source.slowness_upper)
               : *c * march->time[node];
}

/* `slope` is the derivative of r away from the upwind side. */
static void add_choice(const target *t, ptrdiff_t step, double w1, double w2,
                       double slope, choices *axis)
{
    const fm_march *march = t->march;
    choice *new = &axis->of[axis->n++];
    size_t near = t->node + (size_t)step, far = near + (size_t)step;
    *new = (choice){.first = march->time[near],
                    .near = (uint32_t)near,
                    .far = (uint32_t)far,
                    .upper = step > 0};
    if (fm_comes_back(slope, t->look.r * (w1 - w2))) {
        new->a = w1 - w2;
        new->c1 = w1;
        new->c2 = w2;
        new->b = w1 * march->time[near] - (w2 > 0 ? w2 * march->time[far] : 0);
        return;
    }
    new->a = w1 - w2 + slope / t->look.r;
    new->b = term(t, near, w1, &new->c1, &new->near_source);
    if (w2 > 0) {
        new->b -= term(t, far, w2, &new->c2, &new->far_source);
    }
}

/* The choices on one side: to second order, where that may be, comes first. */
static void add_side(const target *t, ptrdiff_t step, double first, double w1,
                     double w2, double slope, choices *axis)
{
    const double *time = t->march->time;
    double near = time[(ptrdiff_t)t->node + step];
    if (!is_known(near)) {
        return;
    }
    double far = time[(ptrdiff_t)t->node + 2 * step];
    if (w2 > 0 && far >= 0 && far <= near) {
        add_choice(t, step, w1, w2, slope, axis);
    }
    add_choice(t, step, first, 0, slope, axis);
}

/* The earlier side comes first: it is the one to expect. */
static bool upper_first(const target *t, ptrdiff_t step)
{
    const double *time = t->march->time + t->node;
    return is_known(time[step]) &&
           !(is_known(time[-step]) && time[-step] <= time[step]);
}

static void find_choices(target *t)
{
    const fm_frame *frame = &t->march->frame;
    const fm_row *line = fm_frame_row(frame, t->row);
    const ptrdiff_t stride = (ptrdiff_t)t->march->stride;
    bool x = upper_first(t, 1), z = upper_first(t, stride);
    for (int turn = 0; turn < 2; turn++, x = !x, z = !z) {
        const fm_side *side = &line->side[z];
        add_side(t, x ? 1 : -1, line->along, line->along * frame->equal1,
                 line->along * frame->equal2, x ? -t->look.gx : t->look.gx, &t->x);
        add_side(t, z ? stride : -stride, side->first, side->w1, side->w2,
                 z ? -t->look.gz : t->look.gz, &t->z);
    }
}

static void give(const choice *from, double weight, fm_cause *cause)
{
    if (from->near_source) {
        cause->at_source += weight * from->c1;
    } else {
        cause->node[cause->n] = from->near;
        cause->to[cause->n++] = weight * from->c1;
    }
    if (from->far_source) {
        cause->at_source -= weight * from->c2;
    } else if (from->c2 != 0) {
        cause->node[cause->n] = from->far;
        cause->to[cause->n++] = -weight * from->c2;
    }
}

static void give_slowness(const target *t, bool beyond, double weight, fm_cause *cause)
{
    *(beyond && t->interface ? &cause->beyond : &cause->s) += weight;
}

/* Keep a cause that comes nearer; true: near enough. */
static bool keep(target *t, double time, fm_cause cause)
{
    cause.error = fabs(time - t->time);
    if (cause.error < t->best.error) {
        t->best = cause;
    }
    return t->best.error <= 8 * DBL_EPSILON * t->time;
}

/* What would come before the neighbours has the time of the earlier one. */
static bool try_neighbours(target *t, const choices *axis)
{
    bool found = false;
    for (size_t n = 0; n < axis->n && !found; n++) {
        const choice *from = &axis->of[n];
        found =
            from->first == t->time &&
            keep(t, from->first, (fm_cause){.node = {from->near}, .to = {1}, .n = 1});
    }
    return found;
}

/* All that follow return true when the time is met. */
static bool try_both(target *t, const choice *x, const choice *z)
{
    bool beyond = z->upper;
    double s = t->s[beyond], cross = x->a * z->b - z->a * x->b;
    if (!(s < INFINITY && x->a > 0 && z->a > 0 && cross <= z->a * s &&
          cross >= -x->a * s)) {
        return false;
    }
    double norm = x->a * x->a + z->a * z->a;
    double discriminant = norm * (s * s) - cross * cross;
    double root = sqrt(discriminant > 0 ? discriminant : 0);
    double time = (x->a * x->b + z->a * z->b + root) / norm;
    double dx = (x->a * root + z->a * cross) / norm;
    double dz = (z->a * root - x->a * cross) / norm;
    double rate = 1 / (x->a * dx + z->a * dz);
    if (!(rate < INFINITY)) {
        return false;
    }
    fm_cause cause = {0};
    give(x, rate * dx, &cause);
    give(z, rate * dz, &cause);
    give_slowness(t, beyond, rate * s, &cause);
    return keep(t, time, cause);
}

static bool try_alone(target *t, const choice *from, bool is_x, bool beyond)
{
    double s = t->s[beyond];
    if (!(s < INFINITY && from->a > 0)) {
        return false;
    }
    fm_along along = fm_slowness_along(t->march, t->column, t->row, &t->look, s);
    double left = is_x ? along.x : along.z;
    double across = is_x ? along.across_z : along.across_x;
    double rate = left > 0 ? 1 / (from->a * left) : 0;
    fm_cause cause = {0};
    give(from, 1 / from->a, &cause);
    give_slowness(t, beyond, rate * s, &cause);
    *(is_x ? &cause.across_z : &cause.across_x) = -rate * across;
    return keep(t, (left + from->b) / from->a, cause);
}

static bool try_x(target *t, const choice *x)
{
    return try_alone(t, x, true, false) ||
           (t->interface && try_alone(t, x, true, true));
}

static bool try_z(target *t, const choice *z)
{
    return try_alone(t, z, false, z->upper);
}

/* What all neighbours give comes first, then what fewer do. */
static void search(target *t)
{
    const choices *x = &t->x, *z = &t->z;
    if ((x->n > 0 && z->n > 0 && try_both(t, &x->of[0], &z->of[0])) ||
        (x->n > 0 && try_x(t, &x->of[0])) || (z->n > 0 && try_z(t, &z->of[0]))) {
        return;
    }
    for (size_t i = 0; i < x->n; i++) {
        for (size_t k = 0; k < z->n; k++) {
            if (try_both(t, &x->of[i], &z->of[k])) {
                return;
            }
        }
    }
    for (size_t i = 1; i < x->n; i++) {
        if (try_x(t, &x->of[i])) {
            return;
        }
    }
    for (size_t k = 1; k < z->n; k++) {
        if (try_z(t, &z->of[k])) {
            return;
        }
    }
    (void)(try_neighbours(t, x) || try_neighbours(t, z));
}

fm_cause fm_explain_one(const fm_march *march, uint32_t node, double time)
{
    const fm_medium *medium = march->medium;
    size_t row = node / march->stride - FM_MARGIN;
    size_t column = node % march->stride - FM_MARGIN;
    double s = medium->slowness[row * medium->grid.nx + column];
    uint32_t n = fm_frame_row(&march->frame, row)->interface;
    target t = {.march = march,
                .node = node,
                .column = column,
                .row = row,
                .look = fm_frame_look(&march->frame, column, row),
                .time = time,
                .s = {s, s},
                .interface = n != FM_NO_INTERFACE,
                .best = {.error = INFINITY}};
    if (t.interface) {
        t.s[1] = medium->slowness_beyond[n * medium->grid.nx + column];
    }
    find_choices(&t);
    search(&t);
    return t.best;
}
