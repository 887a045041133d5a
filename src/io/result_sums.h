#ifndef FM_IO_RESULT_SUMS_H
#define FM_IO_RESULT_SUMS_H

#include "forward/forward.h"
#include "part_file.h"
#include "result_layout.h"
#include "slabs.h"

/* Write the variables FM_LATER_SUM to FM_LATER_SUM_SHOTS of later[], row by row, and
 * take their values into found[FM_LATER_KINDS]. sums NULL: there are none, so counts
 * are 0 and the rest is missing. */
fm_status fm_result_sums_write(fm_slabs *later, const fm_part_file *part,
                               const fm_grid *grid, const fm_shot_sums *sums,
                               fm_range *found, fm_error *error);

#endif
