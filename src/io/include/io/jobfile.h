#ifndef FM_IO_JOBFILE_H
#define FM_IO_JOBFILE_H

#include "forward/job.h"

/* Read a job file (YAML; docs/jobfile.md lists the keys) and apply overrides[n], each
 * "key=value" with a dotted key ("solver.order=1", "model.dice=[4, 4]"). FM_BAD_INPUT
 * says file, line, column, key, what was read and what is allowed: unknown and repeated
 * keys, missing keys, values of the wrong kind or with a unit stuck on, contradictions.
 * An override is named as such. On failure the spec is empty. */
fm_status fm_jobfile_read(const char *path, const char *const *overrides, size_t n,
                          fm_job_spec *spec, fm_error *error);

#endif
