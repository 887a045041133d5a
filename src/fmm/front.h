#ifndef FM_FMM_FRONT_H
#define FM_FMM_FRONT_H

#include "march.h"

/* One step of the wave after another: nodes are accepted, their neighbours get times
 * and are filed in the queue. All functions return false when there is no memory. */

/* Forget the last march; choose the buckets for this medium, in which no step is
 * crossed in less than `least` s. */
bool fm_front_start(fm_march *march, double least);

/* From the nodes in front.accepted, just accepted, to their neighbours. */
bool fm_front_spread(fm_march *march);

/* Accept the nodes that come next, into front.accepted, and spread from them. */
bool fm_front_step(fm_march *march);

void fm_front_clear(fm_front *front);
double fm_front_bytes(size_t nx, size_t nz);

#endif
