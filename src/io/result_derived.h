#ifndef FM_IO_RESULT_DERIVED_H
#define FM_IO_RESULT_DERIVED_H

#include "forward/forward.h"
#include "part_file.h"
#include "result_layout.h"
#include "slabs.h"

/* What a result file says of rays, pair by pair, of misfits, source by source, and the
 * sums of gradients and lengths; as far as the job wants them. */
typedef struct fm_result_derived {
    const fm_job *job;
    uint8_t *ray_status; /* [npairs] fm_ray_status */
    double *ray_time_s, *ray_length_km;
} fm_result_derived;

fm_status fm_result_derived_create(const fm_job *job, fm_result_derived *derived,
                                   fm_error *error);
void fm_result_derived_clear(fm_result_derived *derived); /* a zeroed one is fine */

void fm_result_derived_add(fm_result_derived *derived, const fm_shot_result *result);

/* Gradient and coverage; sums NULL: of no shot, which is 0. */
fm_status fm_result_derived_sums(const fm_job *job, fm_slabs *later,
                                 const fm_part_file *part, const fm_shot_sums *sums,
                                 fm_error *error);

/* At the end: rays, and the misfits of the times that were reached (NaN: not). */
fm_status fm_result_derived_write(const fm_result_derived *derived,
                                  const double *arrival_s, fm_slabs *later,
                                  const fm_part_file *part, fm_error *error);

#endif
