#ifndef FM_CLI_RUN_H
#define FM_CLI_RUN_H

#include "forward/forward.h"
#include "options.h"

/* March the job on the pool, telling how it goes, and keep what was found. The exit
 * status. */
int run_job(const fm_job *job, fm_pool *pool, const forward_options *options);

#endif
