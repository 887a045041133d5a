#ifndef FM_FMM_STENCIL_H
#define FM_FMM_STENCIL_H

#include <string.h>

#include "march.h"

/* What both the update of many nodes (lanes.h) and that of one (special.c) read. */

/* The upwind side of an axis: the accepted neighbour with the smaller time. */
typedef struct fm_upwind {
    double first, second; /* times of the first and second node; first INFINITY: none */
    uint64_t upper;       /* 1: on the side of larger numbers */
} fm_upwind;

/* Neighbours are `step` nodes apart. As unsigned integers, times that are accepted are
 * smaller than all that are not (march.h). Written without a branch, which no processor
 * could predict. */
static inline fm_upwind fm_look_upwind(const double *time, int32_t node, int32_t step)
{
    const uint64_t infinity = (uint64_t)0x7ff << 52;
    uint64_t low, high;
    memcpy(&low, &time[node - step], sizeof low);
    memcpy(&high, &time[node + step], sizeof high);
    uint64_t upper = high < low;
    uint64_t first = low ^ ((low ^ high) & (0 - upper));
    uint64_t unknown = 0 - (first >> 63);
    first = (first & ~unknown) | (infinity & unknown);
    fm_upwind found = {.second = time[node - 2 * step + 4 * step * (int32_t)upper],
                       .upper = upper};
    memcpy(&found.first, &first, sizeof first);
    return found;
}

/* Does the wave come back towards a source that is near? Behind a mask, or through much
 * faster rock, it may, and then the factor r falls while T rises: a = w + g nears 0,
 * and below it the difference has no solution. g is the derivative of log r away from
 * the upwind side, w the weight of T in the difference, both per km. Such an axis is
 * differenced without the factor. Away from the source -g is much less than w. */
static inline bool fm_comes_back(double g, double w)
{
    return g < -0.5 * w;
}

/* May the difference reach to the second node? */
static inline bool fm_has_second(const fm_upwind *upwind)
{
    return (upwind->second >= 0) & (upwind->second <= upwind->first) &
           (upwind->first < INFINITY);
}

#endif
