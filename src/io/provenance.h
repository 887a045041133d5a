#ifndef FM_IO_PROVENANCE_H
#define FM_IO_PROVENANCE_H

#include "core/hash.h"
#include "forward/job.h"

/* Where the numbers came from; made once, because the texts stand in the file. */
typedef struct fm_provenance {
    char *job;
    char job_hash[FM_HASH_TEXT], model_hash[FM_HASH_TEXT], survey_hash[FM_HASH_TEXT];
} fm_provenance;

fm_status fm_provenance_make(const fm_job *job, fm_provenance *provenance,
                             fm_error *error);
void fm_provenance_clear(fm_provenance *provenance);

#endif
