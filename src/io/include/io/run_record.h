#ifndef FM_IO_RUN_RECORD_H
#define FM_IO_RUN_RECORD_H

#include <stdbool.h>
#include <time.h>

#include "forward/forward.h"

/* The record of a run: what differs from run to run and so has no place in the result
 * file, which is the same bytes for the same job. It is written as JSON beside the
 * result when that has its name; docs/run.md tells its keys. It has every shot, and the
 * ledger of errors: each shot that failed, had to be begun again or was given up. */

typedef struct fm_run_record fm_run_record;

/* What is known of the run as a whole. */
typedef struct fm_run_facts {
    const char *const *command; /* [ncommand] the words of the command line */
    size_t ncommand;
    const char *result;   /* the file it wrote */
    const char *job_hash; /* as it stands in that file */
    const char *backend;
    size_t workers;
    time_t started;
    double elapsed_s;
    const char *interrupted; /* name of the signal that ended it; NULL: none */
    bool hurried;            /* the record is not waited for until it is on the disk */
} fm_run_facts;

/* No shot done so far. At most 64 bytes a shot; the job must outlive the record. */
fm_status fm_run_record_create(const fm_job *job, fm_run_record **record,
                               fm_error *error);
void fm_run_record_destroy(fm_run_record *record); /* accepts NULL */

/* Note how a shot went, whether done or failed. */
void fm_run_record_add(fm_run_record *record, const fm_shot_result *result);

/* The name for the record of a result: australia.h5 has australia.run.json beside it,
 * and the record of what was set aside as australia.h5.part (`part`) is
 * australia.part.run.json. malloc'ed; NULL without memory. */
char *fm_run_record_name(const char *result, bool part);

/* Write it, under a temporary name until it is whole, over what had the name. As soon
 * as there is a temporary file `temporary` (which may be NULL) hears its name. Messages
 * begin with the path. */
fm_status fm_run_record_write(const fm_run_record *record, const fm_run_facts *facts,
                              const char *path, void (*temporary)(const char *name),
                              fm_error *error);

#endif
