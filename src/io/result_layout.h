#ifndef FM_IO_RESULT_LAYOUT_H
#define FM_IO_RESULT_LAYOUT_H

#include "forward/job.h"
#include "netcdf.h"
#include "provenance.h"

/* What a result file consists of (docs/format.md): one description, which writes the
 * file at first and compares with it in the end. */

/* The variables that are written in place later, in the order of the file. */
typedef enum fm_later {
    FM_LATER_SPEED,
    FM_LATER_SPEED_BEYOND,
    FM_LATER_SOURCE_STATUS,
    FM_LATER_ARRIVAL,
    FM_LATER_ARRIVAL_STATUS,
    FM_LATER_FIELDS,
    FM_LATER_SUM,
    FM_LATER_SQUARE_SUM,
    FM_LATER_COUNT,
    FM_LATER_MEAN,
    FM_LATER_DEVIATION,
    FM_LATER_SUM_SHOTS,
    FM_LATER_RAY_STATUS,
    FM_LATER_RAY_TIME,
    FM_LATER_RAY_LENGTH,
    FM_LATER_MISFIT,
    FM_LATER_MISFIT_SUM,
    FM_LATER_MISFIT_PAIRS,
    FM_LATER_GRADIENT,
    FM_LATER_COVERAGE,
    FM_LATER_KINDS
} fm_later;

typedef struct fm_range {
    double least, greatest;
} fm_range;

/* Is its attribute actual_range known at the end only? */
bool fm_later_ranged(fm_later which);

/* Does this job's file have it; its name, type and number of slabs. */
bool fm_later_wanted(const fm_job *job, fm_later which);
const char *fm_later_name(fm_later which);
fm_nc_type fm_later_type(const fm_job *job, fm_later which);
size_t fm_later_slabs(const fm_job *job, fm_later which);
size_t fm_later_positions(const fm_job *job, fm_later which); /* of one slab */

/* The axes of the file: how many, and which is that of pairs. */
typedef struct fm_layout_axes {
    size_t n;
    fm_nc_axis pair;
} fm_layout_axes;

/* Does the file tell which pairs there are? */
bool fm_layout_has_pairs(const fm_job *job);

/* Units and standard names of a position along x or z, of the variable defined last. */
void fm_layout_describe_x(fm_nc *nc, fm_geometry geometry);
void fm_layout_describe_z(fm_nc *nc, fm_geometry geometry);

/* Describe the whole file but its tail (result_rows.h) to nc; errors stick to nc. The
 * places of the later variables go to place[FM_LATER_KINDS] (size 0 where there is
 * none). range: least and greatest value of each of them that states it
 * (fm_later_ranged); NaN as long as it is not known. */
fm_layout_axes fm_layout_describe(fm_nc *nc, const fm_job *job,
                                  const fm_provenance *provenance,
                                  const fm_range range[FM_LATER_KINDS],
                                  fm_nc_place *place);

#endif
