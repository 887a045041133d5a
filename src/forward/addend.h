#ifndef FM_FORWARD_ADDEND_H
#define FM_FORWARD_ADDEND_H

#include "forward/cells.h"
#include "forward/job.h"
#include "sums.h"

/* What a shot adds to the sums over all shots: the parts of the sum of the fields
 * (sums.h), then the gradient of the misfit, then the length of rays in cells, as far
 * as they are wanted. */
typedef struct fm_addend {
    bool fields; /* and their squares */
    fm_sum_scale scale;
    size_t nodes;                             /* 0: no fields */
    size_t coefficients;                      /* 0: no gradient */
    size_t cells;                             /* 0: no coverage */
    int gradient_exponent, coverage_exponent; /* addends are below 2^these */
} fm_addend;

/* What decides the scales is the job alone. */
fm_addend fm_addend_of(const fm_job *job);

/* No parts: nothing is wanted. */
fm_sum_shape fm_addend_shape(const fm_addend *addend);

/* Where the parts begin, in elements; the whole of it is `size`. */
typedef struct fm_addend_places {
    size_t gradient, coverage, size;
} fm_addend_places;
fm_addend_places fm_addend_at(const fm_addend *addend);

/* The units of the two sums: whole multiples of 2^these. */
int fm_addend_gradient_lsb(const fm_addend *addend);
int fm_addend_coverage_lsb(const fm_addend *addend);

#endif
