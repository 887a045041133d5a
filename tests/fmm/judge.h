#ifndef FM_TESTS_FMM_JUDGE_H
#define FM_TESTS_FMM_JUDGE_H

#include "fixture.h"
#include "march.h"

/* The march of textbooks: one node after another in order of time, equal times by node
 * number, from a heap in which a node stands once. It has the product's medium, frame,
 * seeds and stencil, one node at a time, but nothing of its front and queue. */

/* How to march; `update` NULL: the one that the product takes. */
typedef struct fm_way {
    int order;
    bool exact, unfactored;
    fm_update *update;
} fm_way;

/* A march that has begun and is seeded; to be cleared. */
fm_march begun(const fm_medium *medium, fm_way way, fm_point source);

/* [nz][nx], NaN where the wave did not arrive; to be freed. */
double *judged(const fm_medium *medium, fm_way way, fm_point source);
/* The same by the product's march. */
double *marched(const fm_medium *medium, fm_way way, fm_point source);

/* Mean |one - two| over the mean of |two|, over nodes that are reached; fails when not
 * the same nodes are. */
double mean_difference(const double *one, const double *two, size_t n);

#endif
