/* What a shot adds to the sum over sources, and on which scale.
 *
 * Whole numbers add exactly, so times become whole multiples of a power of two, 2^lsb.
 * The pool takes addends below 2^(lsb + 95); what is left to choose is a bound that no
 * time can reach, 2^exponent, and then lsb = exponent - 95 is as fine as can be.
 *
 * A first arrival is not later than the wave along any way on the grid. Without masked
 * nodes there is a way of nx + nz steps at most; around masked nodes it may wind, but
 * it never needs a node twice. So
 *
 *     T <= steps * (longest step) * (greatest slowness),
 *
 * twice which is taken, since a scheme of second order may overshoot. Only products
 * and comparisons enter, so that every machine finds the same number.
 *
 * The bound is generous, yet nothing is lost by it: a double is a multiple of
 * 2^(exponent - 95) if it is above 2^(exponent - 43). For Australia at a quarter of a
 * degree (exponent 14) that is every time above two nanoseconds, and what is smaller is
 * rounded at 10^-25 s.
 *
 * Squares are below 2^(2 exponent), so theirs is lsb = 2 exponent - 95. A square has up
 * to 106 bits, a double 53: the rest, which is at most 2^-53 of it, goes into a part of
 * its own with lsb = 2 exponent - 148 (both exact for times above 2^(exponent - 21),
 * milliseconds in that example). It is what lets the deviation of nearly equal
 * times be told from nothing (moments.c). */
#include "sums.h"

#include <math.h>

/* Times of such sizes are no times; within it every scale and square is a double. */
enum { LEAST_EXPONENT = -400, GREATEST_EXPONENT = 400 };

static const double radians_a_degree = 0.017453292519943295;

/* The longest step along x or z, in km. */
static double longest_step(const fm_grid *grid)
{
    double x = grid->dx, z = 0;
    for (size_t k = 0; k + 1 < grid->nz; k++) {
        z = fmax(z, grid->z[k + 1] - grid->z[k]);
    }
    if (grid->geometry == FM_GEOGRAPHIC) {
        x *= grid->radius_km * radians_a_degree; /* the equator's */
        z *= grid->radius_km * radians_a_degree;
    } else if (grid->geometry == FM_POLAR) {
        x *= grid->z[grid->nz - 1] * radians_a_degree;
    }
    return fmax(x, z);
}

/* The greatest of n slownesses that are not masked, and whether one is. */
static double greatest(const double *slowness, size_t n, bool *masked)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        if (isinf(slowness[i])) {
            *masked = true;
        } else {
            most = fmax(most, slowness[i]);
        }
    }
    return most;
}

fm_sum_scale fm_sums_scale(const fm_medium *medium)
{
    const fm_grid *grid = &medium->grid;
    size_t nodes = fm_grid_nodes(grid);
    bool masked = false, ignored = false;
    double slowness = greatest(medium->slowness, nodes, &masked);
    slowness = fmax(slowness, greatest(medium->slowness_beyond,
                                       medium->ninterfaces * grid->nx, &ignored));
    double steps = (double)(masked ? nodes : grid->nx + grid->nz);
    int exponent;
    frexp(2 * steps * longest_step(grid) * slowness, &exponent);
    exponent = exponent > LEAST_EXPONENT ? exponent : LEAST_EXPONENT;
    exponent = exponent < GREATEST_EXPONENT ? exponent : GREATEST_EXPONENT;
    return (fm_sum_scale){exponent, masked};
}

fm_sum_shape fm_sums_shape(const fm_sum_scale *scale, size_t nodes)
{
    int e = scale->exponent;
    return (fm_sum_shape){.parts = scale->counted ? 4 : 3,
                          .part = {{nodes, e - FM_FIXED_ADDEND_BITS},
                                   {nodes, 2 * e - FM_FIXED_ADDEND_BITS},
                                   {nodes, 2 * e - FM_FIXED_ADDEND_BITS - 53},
                                   {nodes, 0}}};
}

/* t^2 = square + rest without any rounding (Dekker 1971): t is split in halves of 26
 * bits, whose products are doubles. */
static double rest_of_square(double t, double square)
{
    double far = 134217729 * t; /* 2^27 + 1 */
    double high = far - (far - t);
    double low = t - high;
    return ((high * high - square) + 2 * high * low) + low * low;
}

/* Zeros where the wave did not arrive, with which nothing is counted there. */
static size_t check_times(const fm_sum_scale *scale, size_t nodes, double *time,
                          double *count)
{
    const double limit = ldexp(1, scale->exponent);
    for (size_t i = 0; i < nodes; i++) {
        bool reached = time[i] < limit;
        if (!reached && !(count && isnan(time[i]))) {
            return i;
        }
        time[i] = reached ? time[i] : 0;
        if (count) {
            count[i] = reached;
        }
    }
    return nodes;
}

size_t fm_sums_fill(const fm_sum_scale *scale, size_t nodes, double *addend)
{
    double *square = addend + nodes, *rest = square + nodes;
    double *count = scale->counted ? rest + nodes : NULL;
    size_t checked = check_times(scale, nodes, addend, count);
    for (size_t i = 0; i < checked; i++) {
        square[i] = addend[i] * addend[i];
        rest[i] = rest_of_square(addend[i], square[i]);
    }
    return checked;
}
