#ifndef FM_PARALLEL_SPEC_H
#define FM_PARALLEL_SPEC_H

#include <stdbool.h>

#include "parallel/pool.h"

enum { FM_POOL_MAX_WORKERS = 1024 };

typedef struct fm_backend fm_backend; /* backend.h */

typedef enum fm_start_method {
    FM_START_FORK,
    FM_START_FORKSERVER,
    FM_START_SPAWN,
} fm_start_method;

/* Options that only some backends take, as bits of fm_backend.takes. */
enum {
    FM_TAKES_START = 1,    /* start, tasks-per-child */
    FM_TAKES_SCHEDULE = 2, /* schedule, workers-per-rank */
};

typedef struct fm_pool_options {
    size_t workers;   /* at least 1 */
    double timeout_s; /* of a task; INFINITY: none */
    unsigned retries; /* of a task whose worker died */
    fm_start_method start;
    double start_s; /* for workers to be ready, at first and with new shared data */
    double end_s;   /* for them to end in good order */
    size_t tasks_per_child; /* 0: any number */
    bool schedule_static;
    size_t workers_per_rank; /* at least 1 */
} fm_pool_options;

typedef struct fm_pool_spec {
    const fm_backend *backend;
    fm_pool_options options;
} fm_pool_spec;

/* What fm_pool_open was asked for, with FERMAT_POOL and the defaults filled in. */
fm_status fm_pool_spec_read(const char *text, fm_pool_spec *spec, fm_error *error);

#endif
