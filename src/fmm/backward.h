#ifndef FM_FMM_BACKWARD_H
#define FM_FMM_BACKWARD_H

#include "march.h"

/* The adjoint of one march (docs/method.md, "The adjoint"), for which it must have been
 * kept (fm_march_keep): begin, give to nodes what the receivers ask for, run, give what
 * came to the seeds to where they are from, finish. */

/* All is zero. FM_NO_MEMORY. */
fm_status fm_backward_begin(fm_march *march, fm_error *error);

/* The derivative of the sum with respect to the time of this node grows by `weight`. */
static inline void fm_backward_give(fm_march *march, size_t column, size_t row,
                                    double weight)
{
    march->backward.kernel[fm_march_node(march, column, row)] += weight;
}

/* From the latest node to the earliest: kernel[] turns from the derivative with respect
 * to a node's time into that with respect to its slowness, but for the seeds. */
void fm_backward_run(fm_march *march);

/* What came to the seeds of a march that was seeded with the source's cell. */
void fm_backward_seeds(fm_march *march);

/* Now kernel is [nz][nx], and what the source was fitted to has its share. */
void fm_backward_finish(fm_march *march);

/* After that: where the derivative with respect to a slowness is kept. */
double *fm_backward_slowness(fm_march *march, size_t column, size_t row, bool beyond);

#endif
