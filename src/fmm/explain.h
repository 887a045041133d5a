#ifndef FM_FMM_EXPLAIN_H
#define FM_FMM_EXPLAIN_H

#include "march.h"

/* What the time of an accepted node comes from: for those nodes of which the update of
 * many nodes (fm_explain) does not say it.
 *
 *   dT = s ds + beyond dbeyond + sum to[k] dT[node[k]]
 *      + at_source dS + across_x dAx + across_z dAz
 *
 * with S the slowness at the source and A the gradient of its closed form here. */
typedef struct fm_cause {
    uint32_t node[4];
    double to[4];
    size_t n;
    double s, beyond;
    double at_source;
    double across_x, across_z;
    double error; /* |T as recomputed - T| */
} fm_cause;

/* Neighbours count if time[] says that they are accepted: those that the node's time
 * cannot come from are to be hidden by their sign. */
fm_cause fm_explain_one(const fm_march *march, uint32_t node, double time);

#endif
