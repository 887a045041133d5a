#ifndef FM_IO_SOURCE_STATES_H
#define FM_IO_SOURCE_STATES_H

#include <stdint.h>

#include "forward/job.h"

/* The values of source_status in a result file, and of each shot while it is written.
 */
enum { FM_SOURCE_NOT_DONE = 0, FM_SOURCE_DONE = 1, FM_SOURCE_FAILED = 2 };

/* state[sources.n] from shot_state[shots.n]. */
fm_status fm_source_states(const fm_job *job, const uint8_t *shot_state, uint8_t *state,
                           fm_error *error);

#endif
