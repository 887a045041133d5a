#ifndef FM_PARALLEL_SPEC_H
#define FM_PARALLEL_SPEC_H

#include "backend.h"

enum { FM_POOL_MAX_WORKERS = 1024 };

typedef struct fm_pool_spec {
    const fm_backend *backend;
    size_t workers; /* at least 1 */
} fm_pool_spec;

/* What fm_pool_open was asked for, with FERMAT_POOL and the defaults filled in. */
fm_status fm_pool_spec_read(const char *text, fm_pool_spec *spec, fm_error *error);

#endif
