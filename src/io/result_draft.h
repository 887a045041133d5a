#ifndef FM_IO_RESULT_DRAFT_H
#define FM_IO_RESULT_DRAFT_H

#include "result_layout.h"

/* What the files that describe a result have in hand: private to result_layout.c and
 * result_layout_derived.c. */
typedef struct draft {
    fm_nc *nc;
    const fm_job *job;
    const fm_range *range; /* [FM_LATER_KINDS] */
    fm_nc_place *place;
    double *scratch; /* as long as the longest axis */
    fm_nc_axis x, z, source, receiver, pair, interface;
    fm_nc_axis coefficient_x, coefficient_z, cell_x, cell_z;
} draft;

/* One of the variables that are written later. */
void draft_later(const draft *d, fm_later which, size_t rank, const fm_nc_axis *axes,
                 const void *fill);

/* What comes of rays and derivatives, as far as the job wants it: first the axes, then
 * the variables. */
void draft_derived_axes(draft *d);
void draft_derived(const draft *d);

#endif
