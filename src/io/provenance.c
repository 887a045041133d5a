/* Where the numbers of a result came from: the job spelled out, and digests by which
 * two results can be told to have had the same job, model and survey. */
#include "provenance.h"

#include <stdlib.h>

static fm_status digest_job(fm_provenance *provenance, fm_error *error)
{
    fm_hash *hash;
    fm_status status = fm_hash_create(&hash, error);
    if (status == FM_OK) {
        fm_hash_add_text(hash, provenance->job);
        fm_hash_text(hash, provenance->job_hash);
        fm_hash_destroy(hash);
    }
    return status;
}

fm_status fm_provenance_make(const fm_job *job, fm_provenance *provenance,
                             fm_error *error)
{
    *provenance = (fm_provenance){0};
    fm_status status = fm_job_text(job, &provenance->job, error);
    if (status == FM_OK) {
        status = digest_job(provenance, error);
    }
    if (status == FM_OK) {
        status = fm_model_digest(&job->model, provenance->model_hash, error);
    }
    if (status == FM_OK) {
        status = fm_survey_digest(&job->survey, provenance->survey_hash, error);
    }
    if (status != FM_OK) {
        fm_provenance_clear(provenance);
    }
    return status;
}

void fm_provenance_clear(fm_provenance *provenance)
{
    free(provenance->job);
    *provenance = (fm_provenance){0};
}
