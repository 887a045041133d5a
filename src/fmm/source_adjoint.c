/* The source zone, differentiated. With the linear speed v = v0 + g.x, q = |g|^2 r^2 /
 * (2 v0 v) and f = sqrt(q / (q + 2)), the time T = acosh(1 + q) / |g| of source.c has
 *
 *   dT = f / |g| (2 d|g| / |g| - dv0 / v0 - dv / v) - T d|g| / |g|,
 *   dv = dv0 + x dgx + z dgz,   |g| d|g| = gx dgx + gz dgz,
 *
 * where the terms in d|g| all but cancel when q is small: there their series is used.
 * Its gradient, f / |g| (2 grad r / r - g / v), is differentiated likewise. Without a
 * trend these are the limits |g| -> 0, so that what a trend would change is known even
 * where there is none.
 *
 * All that was fitted is a blend of speeds or slownesses of nodes; its derivative goes
 * to them in the end. */
#include "source.h"

/* What the derivatives need at a place. */
typedef struct zone {
    double v, q, per_g2; /* speed there; 1 / |g|^2, or 0 */
    double rate;         /* f / |g| */
} zone;

static zone zone_at(const fm_source *source, double r, fm_point offset)
{
    double q = fm_source_q(source, r, offset), g = source->g;
    zone at = {.v = source->speed, .rate = r / (2 * source->speed)};
    if (q >= 0) {
        at = (zone){source->speed + source->gx * offset.x + source->gz * offset.z, q,
                    1 / (g * g), sqrt(q / (q + 2)) / g};
    }
    return at;
}

/* d speed, d v and d|g| / |g| from their coefficients. */
static void add(const fm_source *source, const zone *at, fm_point offset, double speed,
                double v, double g, fm_source_share *share)
{
    share->speed += speed + v;
    share->gx += v * offset.x + g * at->per_g2 * source->gx;
    share->gz += v * offset.z + g * at->per_g2 * source->gz;
}

static void direct_share(const fm_source *source, double r, fm_point offset,
                         double weight, fm_source_share *share)
{
    zone at = zone_at(source, r, offset);
    double q = at.q, g = 0;
    if (at.per_g2 > 0) {
        g = q < 1e-4 ? sqrt(2 * q) * q * (-1.0 / 6 + 0.075 * q) / source->g
                     : 2 * at.rate - fm_source_direct_time(source, r, offset);
    }
    double rate = weight * at.rate;
    add(source, &at, offset, -rate / source->speed, -rate / at.v, weight * g, share);
}

void fm_source_gradient_share(const fm_source *source, const fm_look *look,
                              fm_point offset, fm_point weight, fm_source_share *share)
{
    zone at = zone_at(source, look->r, offset);
    double gradient = weight.x * (2 * look->gx / look->r - source->gx / at.v) +
                      weight.z * (2 * look->gz / look->r - source->gz / at.v);
    double rate = at.rate * gradient / (at.q + 2);
    double bend = at.rate * (weight.x * source->gx + weight.z * source->gz) / at.v;
    add(source, &at, offset, -rate / source->speed, (bend - rate) / at.v, -rate * at.q,
        share);
    share->gx -= at.rate * weight.x / at.v;
    share->gz -= at.rate * weight.z / at.v;
}

/* The derivatives of a head wave along `here` and `there`; false if there is none. */
typedef struct head {
    double time, here, there;
} head;

static head head_wave(double here, double there, double depths, double along)
{
    if (there >= here || isinf(here)) {
        return (head){INFINITY, 0, 0};
    }
    double across = sqrt(here * here - there * there);
    if (along * across < depths * there) {
        return (head){INFINITY, 0, 0};
    }
    return (head){along * there + depths * across, depths * here / across,
                  along - depths * there / across};
}

static void interface_share(const fm_source *source, double r, fm_point offset,
                            double along, double weight, fm_source_share *share)
{
    bool below = offset.z < 0;
    double here = below ? source->slowness_lower : source->slowness_upper;
    double there = below ? source->slowness_upper : source->slowness_lower;
    double *to_here = below ? &share->lower : &share->upper;
    double *to_there = below ? &share->upper : &share->lower;
    head wave = head_wave(here, there, fabs(offset.z), along);
    bool direct = here * r <= wave.time;
    *to_here += weight * (direct ? r : wave.here);
    *to_there += direct ? 0 : weight * wave.there;
}

void fm_source_slowness_share(const fm_source *source, double weight,
                              fm_source_share *share)
{
    if (!source->on_interface) {
        share->speed -= weight / (source->speed * source->speed);
    } else if (source->slowness_lower <= source->slowness_upper) {
        share->lower += weight;
    } else {
        share->upper += weight;
    }
}

void fm_source_time_share(const fm_source *source, double r, fm_point offset,
                          double weight, fm_source_share *share)
{
    double along = sqrt(fmax(r * r - offset.z * offset.z, 0));
    if (source->on_interface && fabs(offset.z) * 1e9 <= r) {
        fm_source_slowness_share(source, weight * r, share);
        return;
    }
    if (source->on_interface) {
        interface_share(source, r, offset, along, weight, share);
        return;
    }
    head first = {fm_source_direct_time(source, r, offset), 0, 0};
    size_t from = source->boundaries;
    for (size_t n = 0; n < source->boundaries; n++) {
        const fm_boundary *boundary = &source->boundary[n];
        double depths = fabs(boundary->dz) + fabs(boundary->dz - offset.z);
        head wave = head_wave(1 / source->speed, boundary->beyond, depths, along);
        from = wave.time < first.time ? n : from;
        first = wave.time < first.time ? wave : first;
    }
    if (from == source->boundaries) {
        direct_share(source, r, offset, weight, share);
    } else {
        share->speed -= weight * first.here / (source->speed * source->speed);
        share->beyond[from] += weight * first.there;
    }
}

/* ---- to the nodes ---- */

typedef struct kernels {
    const fm_medium *medium;
    double *kernel, *beyond;
} kernels;

/* The derivative with respect to the speed at a node. */
static void give_speed(const kernels *to, fm_source_node node, double weight)
{
    const fm_medium *medium = to->medium;
    size_t nx = medium->grid.nx;
    double s = fm_source_slowness_from(medium, node.i, node.k, node.cell);
    size_t n = node.cell == node.k ? fm_medium_interface_of(medium, node.k)
                                   : medium->ninterfaces;
    double *kernel = n < medium->ninterfaces ? &to->beyond[n * nx + node.i]
                                             : &to->kernel[node.k * nx + node.i];
    *kernel -= weight / (s * s);
}

static void give_slope(const kernels *to, fm_rise slope, double weight)
{
    if (slope.per > 0) {
        give_speed(to, slope.high, weight / slope.per);
        give_speed(to, slope.low, -weight / slope.per);
    }
}

/* Weights of the corners in blend(), source.c. */
static void corner_weights(const fm_medium *medium, const fm_place *place,
                           double weight[4])
{
    double sum = 0;
    for (size_t corner = 0; corner < 4; corner++) {
        size_t i = place->column + corner % 2, k = place->row + corner / 2;
        double fraction = (corner % 2 ? place->fx : 1 - place->fx) *
                          (corner / 2 ? place->fz : 1 - place->fz);
        bool open =
            fraction > 0 && isfinite(fm_source_slowness_from(medium, i, k, place->row));
        weight[corner] = open ? fraction : 0;
        sum += weight[corner];
    }
    for (size_t corner = 0; corner < 4; corner++) {
        weight[corner] /= sum;
    }
}

/* Between the two nodes of slowness_between(), source.c. */
static void give_between(const double node[2], double fraction, double weight,
                         double kernel[2])
{
    double left = isfinite(node[0]) ? 1 - fraction : 0;
    double right = isfinite(node[1]) ? fraction : 0;
    if (weight != 0 && left + right > 0) {
        kernel[0] += weight * left / (left + right);
        kernel[1] += weight * right / (left + right);
    }
}

/* One side of an interface row at the source. */
static void give_row(const kernels *to, const fm_source *source, size_t row,
                     bool beyond, double weight)
{
    const fm_medium *medium = to->medium;
    size_t n = beyond ? fm_medium_interface_of(medium, row) : row;
    size_t first = n * medium->grid.nx + source->place.column;
    const double *slowness = beyond ? medium->slowness_beyond : medium->slowness;
    double *kernel = beyond ? to->beyond : to->kernel;
    give_between(slowness + first, source->place.fx, weight, kernel + first);
}

void fm_source_spread(const fm_medium *medium, const fm_source *source,
                      const fm_source_share *share, double *kernel, double *beyond)
{
    const fm_place *place = &source->place;
    const kernels to = {medium, kernel, beyond};
    double weight[4], gx, gz;
    bool trend = fm_source_trend(medium, source, &gx, &gz);
    double per_x = trend ? share->gx / (medium->grid.dx * source->km_per_x) : 0;
    double per_z = trend ? share->gz / source->km_per_z : 0;
    corner_weights(medium, place, weight);
    for (size_t corner = 0; corner < 4; corner++) {
        size_t i = place->column + corner % 2, k = place->row + corner / 2;
        if (weight[corner] > 0) {
            fm_source_node node = {i, k, place->row};
            give_speed(&to, node, weight[corner] * share->speed);
            give_slope(&to, fm_source_slope_x(medium, i, k, place->row),
                       weight[corner] * per_x);
            give_slope(&to, fm_source_slope_z(medium, i, k, place->row),
                       weight[corner] * per_z);
        }
    }
    if (source->on_interface) {
        size_t row = place->fz < 1 ? place->row : place->row + 1;
        give_row(&to, source, row, false, share->lower);
        give_row(&to, source, row, true, share->upper);
    }
    for (size_t n = 0; n < source->boundaries; n++) {
        size_t row = source->boundary[n].row;
        give_row(&to, source, row, row != place->row, share->beyond[n]);
    }
}
