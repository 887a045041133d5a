#ifndef FM_FORWARD_PACKED_H
#define FM_FORWARD_PACKED_H

#include <stdint.h>

#include "addend.h"
#include "core/hash.h"
#include "forward/job.h"
#include "parallel/pool.h"
#include "shot_bytes.h"

/* The job as flat bytes, which any worker can read in place: a thread, a process that
 * maps them, a rank that received them. Offsets, no pointers. */

/* malloc'ed into *bytes; the caller frees bytes->data. FM_FAILED: more stations than
 * can be numbered in 32 bits. */
fm_status fm_packed_create(const fm_job *job, fm_bytes *bytes, fm_error *error);

double fm_packed_bytes(const fm_job *job); /* how large they are */

/* The job in the bytes, nothing copied: its pointers point into them. So it is
 * for reading (take a const pointer to it) and never cleared, and it lives as long as
 * the bytes. Of the survey it has what a march needs, four bytes a pair, and what the
 * gradient needs, 16 more: no ids, no pairs by number. */
typedef struct job_view {
    fm_model model;
    fm_medium medium;
    bool reciprocal;
    size_t nshots;
    fm_shot *shot;     /* [nshots]: its targets are target[begin] ... target[end - 1] */
    fm_point *origin;  /* the stations that shots start from, by shot.origin */
    uint32_t *target;  /* [npairs]: indices of the stations that they are read at, */
    fm_point *station; /* which are here */
    /* If the gradient is wanted, [npairs] in the order of target: the observed times
     * and 1 / sigma^2, which is 0 where nothing was observed. */
    double *observed_s, *pull;
    fm_solver_options solver; /* as fm_job_solver_options */
    shot_wants want;
    bool want_gradient, want_coverage;
    fm_coefficients coefficients;
    double threshold;
    fm_addend addend;
    char *cache;               /* the folder in which shots are kept, or NULL */
    char digest[FM_HASH_TEXT]; /* with a cache: of what its shots have in common */
} job_view;

/* FM_FAILED when the bytes are not a job. */
fm_status fm_packed_view(fm_bytes bytes, job_view *view, fm_error *error);

#endif
