#ifndef FM_TESTS_AK135_H
#define FM_TESTS_AK135_H

#include "forward/job.h"

/* The job of data/ak135 and what its times are compared with. */

typedef struct ak135 {
    fm_job job;    /* read and prepared; observed times are the published ones */
    double *exact; /* [npairs] by ray integrals in the same model, s */
} ak135;

typedef struct ak135_deviation {
    double table_mean, table_worst; /* |computed - published|, s */
    double exact_mean, exact_worst; /* |computed - ray integral|, s */
} ak135_deviation;

fm_status ak135_open(const char *job_path, ak135 *earth, fm_error *error);
void ak135_close(ak135 *earth);

/* Of computed[npairs]; times not computed (NaN) make a NaN. */
ak135_deviation ak135_compare(const ak135 *earth, const double *computed);

#endif
