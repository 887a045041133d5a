#ifndef FM_CLI_REPORT_H
#define FM_CLI_REPORT_H

#include <stdbool.h>

#include "forward/forward.h"

/* What a run tells on stdout, and what it gathers to tell at the end. */
typedef struct report {
    const fm_job *job;
    bool quiet;
    size_t done, failed;              /* shots */
    double busy_s;                    /* of all workers, marching */
    double nodes;                     /* gone over */
    size_t cached, damaged, not_kept; /* shots, when there is a cache */
    int not_kept_why;                 /* errno of the first */
    size_t reached, unreachable;
    size_t compared; /* pairs with a time, computed and observed */
    double sum_difference, sum_square, worst;
    size_t worst_pair;
    double misfit; /* of the pairs compared, half the sum of squares by sigma */
    size_t ray[FM_RAY_UNREACHABLE + 1]; /* pairs by fm_ray_status */
    double ray_difference, ray_worst;   /* of |ray's time - time| / time: sum, worst */
    size_t ray_compared;
} report;

/* The lines before the run: model, survey, who computes. */
void report_start(const report *r, const char *backend, size_t workers);

void report_add(report *r, const fm_shot_result *result);

/* The lines after it. `size` of the result file in bytes, negative if unknown. */
void report_end(const report *r, double elapsed_s, const char *output, double size);

/* What --plan prints. */
void report_plan(const report *r, const fm_plan *plan, const char *backend,
                 const char *output, double output_bytes);

/* The station a shot is marched from, for messages: "source" or "receiver", its id. */
const char *report_origin_kind(const fm_job *job);
const char *report_origin_id(const fm_job *job, size_t shot);

#endif
