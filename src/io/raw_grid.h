#ifndef FM_IO_RAW_GRID_H
#define FM_IO_RAW_GRID_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* A 2-D variable as it stands in a file, with its coordinates and the attributes that
 * say what they mean; private to the room. Texts are NULL where the file has none. */

typedef struct fm_raw_axis {
    char *name, *units, *positive, *axis, *standard_name;
    size_t n;
    double *at;      /* [n], finite */
    double rounding; /* relative, of the type in which it is stored */
} fm_raw_axis;

typedef struct fm_raw_grid {
    char *name, *units;
    fm_raw_axis axis[2]; /* slow, fast */
    double *values;      /* [axis[0].n][axis[1].n]; unpacked, NaN: missing */
} fm_raw_grid;

/* From an HDF5 (netCDF-4) or a classic netCDF file: the variable with this name, or
 * (NULL) the only 2-D one there is. */
fm_status fm_raw_grid_read(const char *path, const char *variable, fm_raw_grid *raw,
                           fm_error *error);
/* Is it one of these two, whatever its name? */
bool fm_raw_grid_recognise(const char *path);

void fm_raw_grid_clear(fm_raw_grid *raw); /* a zeroed one is fine */

#endif
