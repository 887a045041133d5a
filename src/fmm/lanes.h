/* The update of many nodes at once: the text of update_*.c, which give it the name
 * FM_LANES_UPDATE, and FM_LANES_EXPLAIN to what the adjoint asks. With T = r tau
 * (multiplicative factoring: Fomel, Luo & Zhao 2009; Treister & Haber 2016) the
 * one-sided derivative of T along an axis, away from the upwind side, is linear in T,
 * and written for the unknown y = T - base, base being the earlier of the upwind
 * neighbours T1 of the two axes, it is
 *
 *   D = a y - b,  a = w1 - w2 + g,
 *   b = T1 (w1 p1 - w2 p2 - g) + w2 (1 + p2) (T1 - T2) + a (T1 - base),
 *
 * with the difference weights w1, w2 (first order: w2 = 0), g the derivative of log r,
 * and p1 = r / r1 - 1, p2 = r / r2 - 1, small far from the source. Only T is stored: p
 * comes from how much r^2 at the neighbour differs from here, by a root near the source
 * and without one elsewhere.
 *
 * Dx^2 + Dz^2 = s^2 is a quadratic for y. Both derivatives are positive, as they must
 * be, if and only if -ax s < ax bz - az bx < az s, and then so is the discriminant;
 * otherwise one axis alone decides, and the sign of that expression says which. An axis
 * without an upwind neighbour gets a time so late that the other one decides.
 *
 * Inputs are collected for up to 64 nodes; then one loop without branches computes,
 * which compilers turn into vector instructions. No result depends on what its
 * neighbours in the loop are. */
#include "stencil.h"
#include "update.h"

#include <stdalign.h>

enum { LANES = FM_BATCH };

/* The loops are vectorised only if everything in them is inlined. */
#define FM_INLINE static inline __attribute__((always_inline))

#define NEVER 1e100 /* s; its square is finite */

/* What is read for one axis. */
typedef struct axis {
    double first[LANES], second[LANES]; /* T1, T2 as they stand in time[] */
    uint64_t upper[LANES];              /* 1: upwind is towards larger numbers */
    double half[LANES];                 /* half of dw, away from the upwind side */
    /* On uneven rows only: w1 - w, w2 - w, and the weights of the differences. */
    double grow1[LANES], grow2[LANES];
    double weight[LANES], w1[LANES], w2[LANES];
} axis;

/* w is the square of the distance to the source, or of the chord. On even rows, flat or
 * not, the lower half of an axis is not used. */
typedef struct lanes {
    alignas(64) axis x;
    axis z;
    double w[LANES], slowness[LANES], least[LANES];
    double b[LANES], h[LANES], along[LANES];
    double crossing[LANES];
    int32_t node[LANES], i[LANES], k[LANES]; /* column and row, margins counted */
    bool near, special;                      /* some node is */
} lanes;

/* ---- collect ---- */

FM_INLINE double negative_if(uint64_t condition, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits ^= condition << 63;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Row of a node, margins counted. The product is never that close to a whole number. */
FM_INLINE int32_t row_of(int32_t node, double per_stride)
{
    return (int32_t)(((double)node + 0.5) * per_stride);
}

/* Times of neighbours and slowness, and where the nodes are. Inlined, gcc 12 does not
 * vectorise it. */
__attribute__((noinline)) static void collect_times(const fm_march *march, size_t full,
                                                    lanes *restrict all)
{
    const double *restrict time = march->time;
    const double *restrict slowness = march->medium->slowness;
    const double per_stride = march->per_stride;
    const int32_t stride = (int32_t)march->stride;
    const int32_t nx = (int32_t)march->medium->grid.nx;
    for (size_t l = 0; l < full; l++) {
        int32_t node = all->node[l], k = row_of(node, per_stride);
        int32_t i = node - k * stride;
        fm_upwind x = fm_look_upwind(time, node, 1);
        fm_upwind z = fm_look_upwind(time, node, stride);
        all->i[l] = i;
        all->k[l] = k;
        all->x.first[l] = x.first;
        all->x.second[l] = x.second;
        all->x.upper[l] = x.upper;
        all->z.first[l] = z.first;
        all->z.second[l] = z.second;
        all->z.upper[l] = z.upper;
        all->slowness[l] = slowness[(k - FM_MARGIN) * nx + i - FM_MARGIN];
    }
}

/* Only nodes on the lines beside the source are special here. */
static void collect_flat(const fm_frame *frame, size_t full, lanes *restrict all)
{
    const double column = frame->source_column, row = frame->source_row;
    const double step_x = frame->step_x, step_z = frame->step_z, near = frame->near;
    uint64_t any = 0, any_near = 0;
    for (size_t l = 0; l < full; l++) {
        double x = ((double)all->i[l] - column) * step_x;
        double z = ((double)all->k[l] - row) * step_z;
        double w = x * x + z * z;
        all->w[l] = w;
        all->x.half[l] = negative_if(all->x.upper[l], x);
        all->z.half[l] = negative_if(all->z.upper[l], z);
        any |= (uint64_t)(fabs(x) < step_x) | (uint64_t)(fabs(z) < step_z);
        any_near |= (uint64_t)(w < near);
    }
    all->special = any != 0;
    all->near = any_near != 0;
}

static void collect_even(const fm_frame *frame, size_t full, lanes *restrict all)
{
    const fm_row *row = frame->row;
    const double *H = frame->H, *S = frame->S;
    const int32_t *row_tags = frame->row_tags, *column_tags = frame->column_tags;
    const double near = frame->near;
    int32_t any = 0;
    bool any_near = false;
    for (size_t l = 0; l < full; l++) {
        const int32_t i = all->i[l], k = all->k[l];
        double h = H[i], w = row[k].a + row[k].b * h;
        any |= row_tags[k] & column_tags[i];
        any_near |= w < near;
        all->w[l] = w;
        all->h[l] = h;
        all->b[l] = row[k].b;
        all->along[l] = row[k].along;
        all->least[l] = row[k].least;
        all->x.half[l] = negative_if(all->x.upper[l], S[i]);
        all->z.half[l] = negative_if(all->z.upper[l], row[k].d + row[k].e * h);
    }
    all->special = any != 0;
    all->near = any_near;
}

static void collect_rows(const fm_frame *frame, size_t full, lanes *restrict all)
{
    const double near = frame->near;
    int32_t any = 0;
    bool any_near = false;
    for (size_t l = 0; l < full; l++) {
        const int32_t i = all->i[l], k = all->k[l];
        const uint64_t x_upper = all->x.upper[l], z_upper = all->z.upper[l];
        const fm_row *row = &frame->row[k];
        const fm_side *side = &row->side[z_upper];
        const double *h = &frame->H[i];
        int32_t to = 2 * (int32_t)x_upper - 1;
        double w = row->a + row->b * h[0];
        any |= frame->row_tags[k] & frame->column_tags[i];
        any_near |= w < near;
        all->w[l] = w;
        all->least[l] = row->least;
        all->x.half[l] = negative_if(x_upper, row->c * frame->S[i]);
        all->x.grow1[l] = row->b * (h[to] - h[0]);
        all->x.grow2[l] = row->b * (h[2 * to] - h[0]);
        all->x.weight[l] = row->along;
        all->z.half[l] = negative_if(z_upper, row->d + row->e * h[0]);
        all->z.grow1[l] = side->da1 + side->db1 * h[0];
        all->z.grow2[l] = side->da2 + side->db2 * h[0];
        all->z.weight[l] = side->first;
        all->z.w1[l] = side->w1;
        all->z.w2[l] = side->w2;
    }
    all->special = any != 0;
    all->near = any_near;
}

/* ---- compute ---- */

/* r / r1 - 1 from x = r1^2 / r^2 - 1. While |x| <= 1 / 16 a cubic is right to 8e-7; one
 * step of third order for 1 / sqrt(1 + x) makes that an error below rounding, and
 * written for the ratio less 1 nothing cancels. */
FM_INLINE double ratio_far(double x)
{
    double p = x * (-0.499998 + x * (0.375887 - x * 0.313865));
    double square = p * (2 + p);
    double excess = -(square + x + x * square);
    return p + (1 + p) * excess * (0.5 + 0.375 * excess);
}

/* What the differences of one axis need: half of dw, w1 - w and w2 - w become g, x1 and
 * x2, then p1 and p2. */
typedef struct growth {
    double g, one, two;
} growth;

/* Near the source: two reciprocal roots with one division. */
FM_INLINE growth ratios(growth of, bool far, const bool near_too)
{
    growth p = {of.g, ratio_far(of.one), ratio_far(of.two)};
    if (near_too) {
        double root1 = sqrt(1 + of.one), root2 = sqrt(1 + of.two);
        double per_both = 1 / (root1 * root2);
        p.one = far ? p.one : root2 * per_both - 1;
        p.two = far ? p.two : root1 * per_both - 1;
    }
    return p;
}

/* D = a y - b, without the part of b that has to do with base; or a T - c1 T1 + c2 T2,
 * for the adjoint. */
typedef struct difference {
    double first, a, b, c1, c2;
} difference;

/* First order where the second node is of no use; no neighbour comes NEVER. */
FM_INLINE difference weigh(double first, double second, double weight, double w1,
                           double w2, growth p, const bool near_too)
{
    bool known = first < NEVER;
    first = known ? first : NEVER;
    double latest = known ? first : -1;
    second = second <= latest ? second : -1;
    w1 = second >= 0 ? w1 : weight;
    w2 = second >= 0 ? w2 : 0;
    second = second >= 0 ? second : first;
    if (near_too) {
        bool back = fm_comes_back(p.g, w1 - w2);
        p.g = back ? 0 : p.g;
        p.one = back ? 0 : p.one;
        p.two = back ? 0 : p.two;
    }
    double trend = w1 * p.one - w2 * p.two - p.g;
    double c2 = w2 * (1 + p.two);
    return (difference){first, w1 - w2 + p.g, first * trend + c2 * (first - second),
                        w1 * (1 + p.one), c2};
}

/* T = base + y. It comes from both axes where `both` is positive, else from x where
 * `cross` is, else from z. */
typedef struct root {
    double base, y, bx, bz, both, cross;
} root;

/* The larger root where both derivatives are positive, else the better of the axes. */
FM_INLINE root solve(difference x, difference z, double s)
{
    double base = x.first < z.first ? x.first : z.first;
    double bx = x.b + x.a * (x.first - base), bz = z.b + z.a * (z.first - base);
    double cross = x.a * bz - z.a * bx;
    double norm = x.a * x.a + z.a * z.a;
    double discriminant = norm * (s * s) - cross * cross;
    double above = z.a * s - cross, below = cross + x.a * s;
    double both = above < below ? above : below; /* positive: both axes count */
    discriminant = discriminant > 0 ? discriminant : 0;
    double numerator = x.a * bx + z.a * bz + sqrt(discriminant);
    double alone = s + (cross > 0 ? bx : bz);
    double denominator = cross > 0 ? x.a : z.a;
    numerator = both > 0 ? numerator : alone;
    denominator = both > 0 ? norm : denominator;
    return (root){base, numerator / denominator, bx, bz, both, cross};
}

FM_INLINE double time_of(root found)
{
    return found.base + (found.y > 0 ? found.y : 0);
}

/* The derivatives of T, if it is the node's own time and not that of a neighbour:
 * dT sum(a D) = s ds + sum D (c1 dT1 - c2 dT2) over the axes. */
FM_INLINE void explain(difference x, difference z, double s, root found, size_t l,
                       fm_terms *restrict terms)
{
    double dx = x.a * found.y - found.bx, dz = z.a * found.y - found.bz;
    double only_x = found.cross > 0 ? dx : 0, only_z = found.cross > 0 ? 0 : dz;
    dx = found.both > 0 ? dx : only_x;
    dz = found.both > 0 ? dz : only_z;
    double rate = 1 / (x.a * dx + z.a * dz);
    double kept = found.y > 0 ? rate * s : -1;
    dx *= rate;
    dz *= rate;
    double x2 = dx * x.c2, z2 = dz * z.c2;
    int64_t to_x = terms->to_x1[l], to_z = terms->to_z1[l];
    terms->x1[l] = dx * x.c1;
    terms->x2[l] = x2;
    terms->z1[l] = dz * z.c1;
    terms->z2[l] = z2;
    terms->to_x1[l] = dx != 0 ? to_x : 0;
    terms->to_x2[l] = x2 != 0 ? 2 * to_x : 0;
    terms->to_z1[l] = dz != 0 ? to_z : 0;
    terms->to_z2[l] = z2 != 0 ? 2 * to_z : 0;
    terms->s[l] = time_of(found) == terms->own[l] ? kept : -1;
}

FM_INLINE void compute_flat(const fm_frame *frame, size_t full, const bool near_too,
                            lanes *restrict all, double *restrict time,
                            fm_terms *restrict terms)
{
    const double hx = frame->step_x, hz = frame->step_z, near = frame->near;
    const double wx = 1 / hx, wx1 = wx * frame->equal1, wx2 = wx * frame->equal2;
    const double wz = 1 / hz, wz1 = wz * frame->equal1, wz2 = wz * frame->equal2;
    const double least = frame->least;
    for (size_t l = 0; l < full; l++) {
        double dx = all->x.half[l], dz = all->z.half[l], w = all->w[l];
        double s = all->slowness[l], per_w = 1 / w;
        growth px = {dx * per_w, hx * (hx - 2 * dx) * per_w,
                     4 * hx * (hx - dx) * per_w};
        growth pz = {dz * per_w, hz * (hz - 2 * dz) * per_w,
                     4 * hz * (hz - dz) * per_w};
        px = ratios(px, w >= near, near_too);
        pz = ratios(pz, w >= near, near_too);
        difference x =
            weigh(all->x.first[l], all->x.second[l], wx, wx1, wx2, px, near_too);
        difference z =
            weigh(all->z.first[l], all->z.second[l], wz, wz1, wz2, pz, near_too);
        root found = solve(x, z, s);
        if (terms) {
            explain(x, z, s, found, l, terms);
            continue;
        }
        time[l] = time_of(found);
        all->crossing[l] = s * least;
    }
}

/* r^2 = w (1 + bend1 w + bend2 w^2): its slope and growth from those of w. */
typedef struct bend {
    double b2, per_r2, rate, curve;
} bend;

FM_INLINE bend bend_at(const fm_frame *frame, double w)
{
    double b1 = frame->bend1, b2 = frame->bend2;
    return (bend){b2, 1 / (w * (1 + w * (b1 + w * b2))),
                  1 + w * (2 * b1 + w * (3 * b2)), b1 + 3 * b2 * w};
}

FM_INLINE growth relate(growth of_w, bend r)
{
    double one = of_w.one, two = of_w.two;
    return (growth){of_w.g * r.rate * r.per_r2,
                    one * (r.rate + one * (r.curve + r.b2 * one)) * r.per_r2,
                    two * (r.rate + two * (r.curve + r.b2 * two)) * r.per_r2};
}

/* Growth of w to a node upwind along x and along z (frame.h, fm_growth). */
FM_INLINE double grow_x(fm_growth to, double b, double cosine, double sine)
{
    return b * (to.x_square * cosine - to.x_sine * sine);
}

FM_INLINE double grow_z(fm_growth to, double w, double half)
{
    return to.z_constant - to.z_of_w * w - to.z_of_half * half;
}

FM_INLINE void compute_even(const fm_frame *frame, size_t full, const bool near_too,
                            lanes *restrict all, double *restrict time,
                            fm_terms *restrict terms)
{
    const fm_growth one = frame->growth[0], two = frame->growth[1];
    const double near = frame->near, c = frame->c, wz = 1 / frame->step_z;
    const double equal1 = frame->equal1, equal2 = frame->equal2;
    const double wz1 = wz * equal1, wz2 = wz * equal2;
    for (size_t l = 0; l < full; l++) {
        double w = all->w[l], s = all->slowness[l], b = all->b[l], wx = all->along[l];
        double sine = all->x.half[l], cosine = 1 - 2 * all->h[l];
        double half = all->z.half[l];
        growth px = {c * sine, grow_x(one, b, cosine, sine),
                     grow_x(two, b, cosine, sine)};
        growth pz = {half, grow_z(one, w, half), grow_z(two, w, half)};
        bend r = bend_at(frame, w);
        px = ratios(relate(px, r), w >= near, near_too);
        pz = ratios(relate(pz, r), w >= near, near_too);
        difference x = weigh(all->x.first[l], all->x.second[l], wx, wx * equal1,
                             wx * equal2, px, near_too);
        difference z =
            weigh(all->z.first[l], all->z.second[l], wz, wz1, wz2, pz, near_too);
        root found = solve(x, z, s);
        if (terms) {
            explain(x, z, s, found, l, terms);
            continue;
        }
        time[l] = time_of(found);
        all->crossing[l] = s * all->least[l];
    }
}

FM_INLINE void compute_rows(const fm_frame *frame, size_t full, const bool near_too,
                            lanes *restrict all, double *restrict time,
                            fm_terms *restrict terms)
{
    const double equal1 = frame->equal1, equal2 = frame->equal2, near = frame->near;
    for (size_t l = 0; l < full; l++) {
        double w = all->w[l], s = all->slowness[l], wx = all->x.weight[l];
        growth px = {all->x.half[l], all->x.grow1[l], all->x.grow2[l]};
        growth pz = {all->z.half[l], all->z.grow1[l], all->z.grow2[l]};
        bend r = bend_at(frame, w);
        px = ratios(relate(px, r), w >= near, near_too);
        pz = ratios(relate(pz, r), w >= near, near_too);
        difference x = weigh(all->x.first[l], all->x.second[l], wx, wx * equal1,
                             wx * equal2, px, near_too);
        difference z = weigh(all->z.first[l], all->z.second[l], all->z.weight[l],
                             all->z.w1[l], all->z.w2[l], pz, near_too);
        root found = solve(x, z, s);
        if (terms) {
            explain(x, z, s, found, l, terms);
            continue;
        }
        time[l] = time_of(found);
        all->crossing[l] = s * all->least[l];
    }
}

FM_INLINE void update_flat(const fm_march *march, size_t full, lanes *restrict all,
                           double *restrict time, fm_terms *restrict terms)
{
    const fm_frame *frame = &march->frame;
    collect_flat(frame, full, all);
    if (all->near) {
        compute_flat(frame, full, true, all, time, terms);
    } else {
        compute_flat(frame, full, false, all, time, terms);
    }
}

FM_INLINE void update_even(const fm_march *march, size_t full, lanes *restrict all,
                           double *restrict time, fm_terms *restrict terms)
{
    const fm_frame *frame = &march->frame;
    collect_even(frame, full, all);
    if (all->near) {
        compute_even(frame, full, true, all, time, terms);
    } else {
        compute_even(frame, full, false, all, time, terms);
    }
}

FM_INLINE void update_rows(const fm_march *march, size_t full, lanes *restrict all,
                           double *restrict time, fm_terms *restrict terms)
{
    const fm_frame *frame = &march->frame;
    collect_rows(frame, full, all);
    if (all->near) {
        compute_rows(frame, full, true, all, time, terms);
    } else {
        compute_rows(frame, full, false, all, time, terms);
    }
}

static void take_nodes(const uint32_t *restrict node, size_t full, lanes *restrict all)
{
    for (size_t l = 0; l < full; l += FM_STRIP) {
        for (size_t j = 0; j < FM_STRIP; j++) {
            all->node[l + j] = (int32_t)node[l + j];
        }
    }
}

static void update_special(const fm_march *march, const uint32_t *node, size_t full,
                           lanes *all, double *time)
{
    const fm_frame *frame = &march->frame;
    for (size_t l = 0; l < full; l++) {
        if (frame->row_tags[all->k[l]] & frame->column_tags[all->i[l]]) {
            time[l] = fm_update_special(march, node[l], &all->crossing[l]);
        }
    }
}

/* In strips, so that the minima do not wait for each other. */
static double least_crossing(size_t full, const lanes *all)
{
    double strip[FM_STRIP], least = INFINITY;
    for (size_t j = 0; j < FM_STRIP; j++) {
        strip[j] = INFINITY;
    }
    for (size_t l = 0; l < full; l += FM_STRIP) {
        for (size_t j = 0; j < FM_STRIP; j++) {
            double crossing = all->crossing[l + j];
            strip[j] = crossing < strip[j] ? crossing : strip[j];
        }
    }
    for (size_t j = 0; j < FM_STRIP; j++) {
        least = strip[j] < least ? strip[j] : least;
    }
    return least;
}

/* `terms` NULL: the times; else what they come from. */
FM_INLINE void compute(const fm_march *march, size_t full, lanes *restrict all,
                       double *restrict time, fm_terms *restrict terms)
{
    switch (march->frame.rows) {
    case FM_ROWS_FLAT:
        update_flat(march, full, all, time, terms);
        break;
    case FM_ROWS_EVEN:
        update_even(march, full, all, time, terms);
        break;
    case FM_ROWS_ANY:
        update_rows(march, full, all, time, terms);
        break;
    }
}

static double update_batch(const fm_march *march, const uint32_t *node, size_t full,
                           double *restrict time)
{
    lanes all;
    all.special = all.near = false;
    take_nodes(node, full, &all);
    collect_times(march, full, &all);
    compute(march, full, &all, time, NULL);
    if (all.special) {
        update_special(march, node, full, &all, time);
    }
    return least_crossing(full, &all);
}

void FM_LANES_UPDATE(const fm_march *march, const uint32_t *node, size_t n,
                     double *time, double *crossing)
{
    size_t full = (n + FM_STRIP - 1) / FM_STRIP * FM_STRIP;
    *crossing = INFINITY;
    for (size_t k = 0; k < full; k += LANES) {
        size_t batch = full - k < LANES ? full - k : LANES;
        double least = update_batch(march, node + k, batch, time + k);
        *crossing = least < *crossing ? least : *crossing;
    }
}

/* ---- what a time comes from ---- */

/* A neighbour that is not earlier is not what the node's time comes from. */
__attribute__((noinline)) static void hide_later(const fm_march *march, size_t full,
                                                 lanes *restrict all,
                                                 fm_terms *restrict terms)
{
    const double *restrict time = march->time;
    const int64_t stride = (int64_t)march->stride;
    for (size_t l = 0; l < full; l++) {
        double own = time[all->node[l]];
        all->x.first[l] = all->x.first[l] < own ? all->x.first[l] : INFINITY;
        all->z.first[l] = all->z.first[l] < own ? all->z.first[l] : INFINITY;
        terms->own[l] = own;
        terms->to_x1[l] = 2 * (int64_t)all->x.upper[l] - 1;
        terms->to_z1[l] = stride * (2 * (int64_t)all->z.upper[l] - 1);
    }
}

/* That `terms` is not NULL must be known where the loops are compiled. */
__attribute__((nonnull)) void
FM_LANES_EXPLAIN(const fm_march *march, const uint32_t *node, size_t n, fm_terms *terms)
{
    const fm_frame *frame = &march->frame;
    size_t full = (n + FM_STRIP - 1) / FM_STRIP * FM_STRIP;
    lanes all;
    all.special = all.near = false;
    take_nodes(node, full, &all);
    collect_times(march, full, &all);
    hide_later(march, full, &all, terms);
    compute(march, full, &all, NULL, terms);
    for (size_t l = 0; all.special && l < full; l++) {
        if (frame->row_tags[all.k[l]] & frame->column_tags[all.i[l]]) {
            terms->s[l] = -1;
        }
    }
}
