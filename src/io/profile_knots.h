#ifndef FM_IO_PROFILE_KNOTS_H
#define FM_IO_PROFILE_KNOTS_H

#include <stddef.h>

#include "core/status.h"

/* The rows of a profile file, before anything is asked of them; private to the room. */
typedef struct fm_knots {
    size_t n, depth_capacity, speed_capacity;
    double *depth_km, *speed; /* [n] km, km/s; the caller frees both, also on failure */
} fm_knots;

fm_status fm_knots_read(const char *path, const char *column, fm_knots *knots,
                        fm_error *error);

#endif
