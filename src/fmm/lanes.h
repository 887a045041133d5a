/* The update of many nodes at once: the text of update_*.c, which give it the name
 * FM_LANES_UPDATE. With T = r tau (multiplicative factoring: Fomel, Luo & Zhao 2009;
 * Treister & Haber 2016) the one-sided derivative of T along an axis, away from the
 * upwind side, is linear in T, and written for the unknown y = T - base, base being the
 * earlier of the upwind neighbours T1 of the two axes, it is
 *
 *   D = a y - b,  a = w1 - w2 + g,
 *   b = T1 (w1 p1 - w2 p2 - g) + w2 (1 + p2) (T1 - T2) + a (T1 - base),
 *
 * with the difference weights w1, w2 (first order: w2 = 0), g the derivative of log r,
 * and p1 = r / r1 - 1, p2 = r / r2 - 1, small far from the source. Only T is stored: r
 * at a neighbour comes from how much its square differs from here. That is five roots
 * and four divisions for a node, in every geometry.
 *
 * Dx^2 + Dz^2 = s^2 is a quadratic for y. Both derivatives are positive, as they must
 * be, if and only if -ax s < ax bz - az bx < az s, and then so is the discriminant;
 * otherwise one axis alone decides, and the sign of that expression says which. An axis
 * without an upwind neighbour gets a time so late that the other one decides.
 *
 * Inputs are collected for up to 64 nodes; then plain loops without branches compute,
 * which compilers turn into vector instructions. No result depends on what its
 * neighbours in the loop are. */
#include "stencil.h"
#include "update.h"

#include <stdalign.h>

enum { LANES = 64, STRIP = 8 }; /* nodes in a batch; a multiple of any vector */

/* The loops are vectorised only if everything in them is inlined. */
#define FM_INLINE static inline __attribute__((always_inline))

#define NEVER 1e100 /* s; its square is finite */

/* What is read for one axis: w is the square of the distance, or of the chord. */
typedef struct axis {
    double first[LANES], second[LANES]; /* T1, T2 as they stand in time[] */
    uint64_t upper[LANES];              /* 1: upwind is towards larger numbers */
    double half[LANES];                 /* half of dw, away from the upwind side */
    double grow1[LANES], grow2[LANES];  /* w1 - w, w2 - w */
    double weight[LANES];               /* of the first-order difference */
    double w1[LANES], w2[LANES];
} axis;

/* In the plane with equal rows (`flat`) only first, second and half are used. */
typedef struct lanes {
    alignas(64) axis x;
    axis z;
    double w[LANES], slowness[LANES], least[LANES], time[LANES];
    int32_t node[LANES], i[LANES], k[LANES]; /* column and row, margins counted */
    int32_t special[LANES];
    bool any_special;
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

__attribute__((
    noinline)) /* Times of neighbours and slowness, and where the nodes are. */
static void
collect_times(const fm_march *march, size_t full, lanes *restrict all)
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

static void collect_flat(const fm_frame *frame, size_t full, lanes *restrict all)
{
    const double column = frame->source_column, row = frame->source_row;
    const double step_x = frame->step_x, step_z = frame->step_z, least = frame->least;
    for (size_t l = 0; l < full; l++) {
        double x = ((double)all->i[l] - column) * step_x;
        double z = ((double)all->k[l] - row) * step_z;
        all->x.half[l] = negative_if(all->x.upper[l], x);
        all->z.half[l] = negative_if(all->z.upper[l], z);
        all->least[l] = least;
    }
}

/* Only nodes on the lines beside the source are special here. */
static void find_special_flat(const fm_frame *frame, size_t full, lanes *restrict all)
{
    const double step_x = frame->step_x, step_z = frame->step_z;
    uint64_t any = 0;
    for (size_t l = 0; l < full; l++) {
        any |= (uint64_t)(fabs(all->x.half[l]) < step_x);
        any |= (uint64_t)(fabs(all->z.half[l]) < step_z);
    }
    all->any_special = any != 0;
    for (size_t l = 0; l < full && any; l++) {
        all->special[l] = frame->row_tags[all->k[l]] & frame->column_tags[all->i[l]];
    }
}

static void collect_rows(const fm_frame *frame, size_t full, lanes *restrict all)
{
    int32_t any = 0;
    for (size_t l = 0; l < full; l++) {
        const int32_t i = all->i[l], k = all->k[l];
        const uint64_t x_upper = all->x.upper[l], z_upper = all->z.upper[l];
        const fm_row *row = &frame->row[k];
        const fm_side *side = &row->side[z_upper];
        const double *h = &frame->H[i];
        int32_t to = 2 * (int32_t)x_upper - 1;
        all->special[l] = frame->row_tags[k] & frame->column_tags[i];
        any |= all->special[l];
        all->w[l] = row->a + row->b * h[0];
        all->least[l] = row->least;
        all->x.half[l] = negative_if(x_upper, row->c * frame->S[i]);
        all->x.grow1[l] = row->b * (h[to] - h[0]);
        all->x.grow2[l] = row->b * (h[2 * to] - h[0]);
        all->x.weight[l] = row->along;
        all->x.w1[l] = row->along * frame->equal1;
        all->x.w2[l] = row->along * frame->equal2;
        all->z.half[l] = negative_if(z_upper, row->d + row->e * h[0]);
        all->z.grow1[l] = side->da1 + side->db1 * h[0];
        all->z.grow2[l] = side->da2 + side->db2 * h[0];
        all->z.weight[l] = side->first;
        all->z.w1[l] = side->w1;
        all->z.w2[l] = side->w2;
    }
    all->any_special = any != 0;
}

/* ---- compute ---- */

/* Short loops one after the other: in a long one each node would wait for the roots and
 * divisions of the one before. */

/* From half of dw to g; from the growth of w to r1^2 / r^2. */
static void relate_flat(const fm_frame *frame, size_t full, lanes *restrict all)
{
    const double hx = frame->step_x, hz = frame->step_z;
    for (size_t l = 0; l < full; l++) {
        double dx = all->x.half[l], dz = all->z.half[l];
        double per_w = 1 / (dx * dx + dz * dz);
        all->x.half[l] = dx * per_w;
        all->x.grow1[l] = 1 + hx * (hx - 2 * dx) * per_w;
        all->x.grow2[l] = 1 + 4 * hx * (hx - dx) * per_w;
        all->z.half[l] = dz * per_w;
        all->z.grow1[l] = 1 + hz * (hz - 2 * dz) * per_w;
        all->z.grow2[l] = 1 + 4 * hz * (hz - dz) * per_w;
    }
}

/* r^2 = w (1 + bend1 w + bend2 w^2): its slope and growth from those of w. */
FM_INLINE void relate(axis *restrict a, size_t l, double b2, double per_r2, double rate,
                      double curve)
{
    double grow1 = a->grow1[l], grow2 = a->grow2[l];
    a->half[l] *= rate * per_r2;
    a->grow1[l] = 1 + grow1 * (rate + grow1 * (curve + b2 * grow1)) * per_r2;
    a->grow2[l] = 1 + grow2 * (rate + grow2 * (curve + b2 * grow2)) * per_r2;
}

static void relate_rows(const fm_frame *frame, size_t full, lanes *restrict all)
{
    const double b1 = frame->bend1, b2 = frame->bend2;
    for (size_t l = 0; l < full; l++) {
        double w = all->w[l];
        double per_r2 = 1 / (w * (1 + w * (b1 + w * b2)));
        double rate = 1 + w * (2 * b1 + w * (3 * b2));
        double curve = b1 + 3 * b2 * w;
        relate(&all->x, l, b2, per_r2, rate, curve);
        relate(&all->z, l, b2, per_r2, rate, curve);
    }
}

/* From r1^2 / r^2 to r / r1: two reciprocal roots with one division. */
static void take_roots(axis *restrict a, size_t full)
{
    for (size_t l = 0; l < full; l++) {
        double root1 = sqrt(a->grow1[l]), root2 = sqrt(a->grow2[l]);
        double per_both = 1 / (root1 * root2);
        a->grow1[l] = root2 * per_both;
        a->grow2[l] = root1 * per_both;
    }
}

/* An axis gives D = a y - b. First order where the second node is of no use; no
 * neighbour comes NEVER. Leaves b - a (first - base) in grow1, a in half. */
FM_INLINE void weigh(axis *restrict a, size_t l, double weight, double w1, double w2)
{
    double first = a->first[l] < NEVER ? a->first[l] : NEVER;
    double latest = a->first[l] < NEVER ? first : -1;
    double second = a->second[l] <= latest ? a->second[l] : -1;
    w1 = second >= 0 ? w1 : weight;
    w2 = second >= 0 ? w2 : 0;
    second = second >= 0 ? second : first;
    double g = a->half[l], ratio1 = a->grow1[l], ratio2 = a->grow2[l];
    double trend = w1 * (ratio1 - 1) - w2 * (ratio2 - 1) - g;
    a->first[l] = first;
    a->half[l] = w1 - w2 + g;
    a->grow1[l] = first * trend + w2 * ratio2 * (first - second);
}

static void weigh_flat(const fm_frame *frame, size_t full, lanes *restrict all)
{
    const double wx = 1 / frame->step_x, wz = 1 / frame->step_z;
    const double wx1 = wx * frame->equal1, wx2 = wx * frame->equal2;
    const double wz1 = wz * frame->equal1, wz2 = wz * frame->equal2;
    for (size_t l = 0; l < full; l++) {
        weigh(&all->x, l, wx, wx1, wx2);
        weigh(&all->z, l, wz, wz1, wz2);
    }
}

static void weigh_rows(size_t full, lanes *restrict all)
{
    for (size_t l = 0; l < full; l++) {
        weigh(&all->x, l, all->x.weight[l], all->x.w1[l], all->x.w2[l]);
        weigh(&all->z, l, all->z.weight[l], all->z.w1[l], all->z.w2[l]);
    }
}

/* The larger root where both derivatives are positive, else the better of the axes. */
static void solve(size_t full, lanes *restrict all)
{
    for (size_t l = 0; l < full; l++) {
        double s = all->slowness[l];
        double tx = all->x.first[l], tz = all->z.first[l], base = tx < tz ? tx : tz;
        double ax = all->x.half[l], az = all->z.half[l];
        double bx = all->x.grow1[l] + ax * (tx - base);
        double bz = all->z.grow1[l] + az * (tz - base);
        double cross = ax * bz - az * bx;
        double norm = ax * ax + az * az;
        double discriminant = norm * (s * s) - cross * cross;
        double above = az * s - cross, below = cross + ax * s;
        double both = above < below ? above : below; /* positive: both axes count */
        discriminant = discriminant > 0 ? discriminant : 0;
        double numerator = ax * bx + az * bz + sqrt(discriminant);
        double alone = s + (cross > 0 ? bx : bz);
        double denominator = cross > 0 ? ax : az;
        numerator = both > 0 ? numerator : alone;
        denominator = both > 0 ? norm : denominator;
        double y = numerator / denominator;
        all->time[l] = base + (y > 0 ? y : 0);
    }
}

static void update_flat(const fm_march *march, size_t full, lanes *restrict all)
{
    collect_times(march, full, all);
    collect_flat(&march->frame, full, all);
    find_special_flat(&march->frame, full, all);
    relate_flat(&march->frame, full, all);
    take_roots(&all->x, full);
    take_roots(&all->z, full);
    weigh_flat(&march->frame, full, all);
    solve(full, all);
}

static void update_rows(const fm_march *march, size_t full, lanes *restrict all)
{
    collect_times(march, full, all);
    collect_rows(&march->frame, full, all);
    relate_rows(&march->frame, full, all);
    take_roots(&all->x, full);
    take_roots(&all->z, full);
    weigh_rows(full, all);
    solve(full, all);
}

/* The last node fills the batch up. */
static size_t take_nodes(const uint32_t *restrict node, size_t n, lanes *restrict all)
{
    size_t full = (n + STRIP - 1) / STRIP * STRIP;
    for (size_t l = 0; l < n; l++) {
        all->node[l] = (int32_t)node[l];
    }
    for (size_t l = n; l < full; l++) {
        all->node[l] = (int32_t)node[n - 1];
    }
    return full;
}

static void update_batch(const fm_march *march, const uint32_t *node, size_t n,
                         double *restrict time, double *restrict crossing)
{
    lanes all;
    size_t full = take_nodes(node, n, &all);
    if (march->frame.flat) {
        update_flat(march, full, &all);
    } else {
        update_rows(march, full, &all);
    }
    for (size_t l = 0; l < n; l++) {
        crossing[l] = all.slowness[l] * all.least[l];
    }
    memcpy(time, all.time, n * sizeof *time);
    for (size_t l = 0; l < n && all.any_special; l++) {
        if (all.special[l]) {
            time[l] = fm_update_special(march, node[l], &crossing[l]);
        }
    }
}

void FM_LANES_UPDATE(const fm_march *march, const uint32_t *node, size_t n,
                     double *time, double *crossing)
{
    for (size_t k = 0; k < n; k += LANES) {
        size_t batch = n - k < LANES ? n - k : LANES;
        update_batch(march, node + k, batch, time + k, crossing + k);
    }
}
