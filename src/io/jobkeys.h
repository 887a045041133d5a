#ifndef FM_IO_JOBKEYS_H
#define FM_IO_JOBKEYS_H

#include "entries.h"
#include "forward/job.h"

/* The keys of a job file and what each does to the spec; private to the room. */

/* Does this key take a list? */
bool fm_jobkeys_list(const char *key);

/* Refuse entries whose key is none; messages name the keys there are, and the one that
 * was probably meant. */
fm_status fm_jobkeys_check(const fm_entries *entries, fm_error *error);

/* Convert every entry into the spec: values as written, file names resolved (against
 * the folder of the job file; an overriding output against the current folder). */
fm_status fm_jobkeys_apply(const fm_entries *entries, fm_job_spec *spec,
                           fm_error *error);

#endif
