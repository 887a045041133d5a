#ifndef FM_IO_INSPECT_PRIVATE_H
#define FM_IO_INSPECT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/status.h"

/* What inspect.c (models) and inspect_result.c share; private to the room. */

/* The least and greatest of n values that are neither missing nor zero (masked). */
typedef struct fm_span {
    double least, greatest; /* NaN when there is none */
    size_t missing, zero;
} fm_span;
fm_span fm_span_of(const double *values, size_t n);

/* Is the HDF5 file one of our results? HDF5's reports are silenced by the caller. */
bool fm_result_recognise(const char *path);
fm_status fm_result_inspect(const char *path, FILE *stream, fm_error *error);

#endif
