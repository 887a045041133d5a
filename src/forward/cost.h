#ifndef FM_FORWARD_COST_H
#define FM_FORWARD_COST_H

#include "forward/job.h"

/* How much of the grid shot `s` will march, an estimate between 0 and 1. */
double fm_shot_share(const fm_job *job, size_t s);

/* About how many points the rays will have that are traced. */
double fm_rays_points(const fm_job *job);

#endif
