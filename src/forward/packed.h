#ifndef FM_FORWARD_PACKED_H
#define FM_FORWARD_PACKED_H

#include "forward/job.h"
#include "parallel/pool.h"

/* The job as flat bytes, which any worker can read in place: a thread, a process that
 * maps them, a rank that received them. Offsets, no pointers. */

/* malloc'ed into *bytes; the caller frees bytes->data. */
fm_status fm_packed_create(const fm_job *job, fm_bytes *bytes, fm_error *error);

double fm_packed_bytes(const fm_job *job); /* how large they are */

/* The job in the bytes, nothing copied: its pointers point into them. So it is
 * for reading (take a const pointer to it) and never cleared, and it lives as long as
 * the bytes. Ids and observed times are not in it. */
typedef struct job_view {
    fm_model model;
    fm_medium medium;
    fm_survey survey;
    fm_shots shots;
    fm_solver_options solver; /* stop_early is off when fields are wanted */
    bool want_fields, fields_f64;
} job_view;

/* FM_FAILED when the bytes are not a job. */
fm_status fm_packed_view(fm_bytes bytes, job_view *view, fm_error *error);

#endif
