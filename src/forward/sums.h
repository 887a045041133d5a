#ifndef FM_FORWARD_SUMS_H
#define FM_FORWARD_SUMS_H

#include "forward/forward.h"

/* The sum over sources of the fields and of their squares (want: [sum]), from what a
 * shot adds to the exact numbers that forward/forward.h hands on.
 *
 * Parts of the sum of the map, one element a node each: the time T, its square in two
 * numbers (T^2 as a double, and the rest that this rounding left), and, where nodes are
 * masked, the number of shots that reached the node. A node that a shot does not reach
 * gets 0 in all of them. */

/* What decides how times become whole numbers: the job alone. */
typedef struct fm_sum_scale {
    int exponent; /* times are below 2^exponent seconds */
    bool counted; /* some node is masked, so not every node is reached by every shot */
} fm_sum_scale;

fm_sum_scale fm_sums_scale(const fm_medium *medium);

fm_sum_shape fm_sums_shape(const fm_sum_scale *scale, size_t nodes);

/* `addend` has the shape of the sum. Its first part is a field, NaN where the wave did
 * not arrive; the others are zeros and are filled in. Returns `nodes`, or the index of
 * the first node whose time is too large (or missing, where nothing is masked). */
size_t fm_sums_fill(const fm_sum_scale *scale, size_t nodes, double *addend);

#endif
