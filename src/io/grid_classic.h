#ifndef FM_IO_GRID_CLASSIC_H
#define FM_IO_GRID_CLASSIC_H

#include "classic.h"
#include "raw_grid.h"

/* What the readers of the two layouts of grids in classic netCDF share; private to the
 * room. */

/* A variable's values: unpacked, NaN where the file says missing; on the heap. Its size
 * has been looked at. `what` is for the message when there is no memory. */
fm_status fm_grid_classic_values(const fm_classic *file,
                                 const fm_classic_variable *variable, size_t n,
                                 const char *what, double **values, fm_error *error);

/* GMT's old layout (grid_gmt.c): is it one, and its grid. */
bool fm_grid_gmt_recognise(const fm_classic *file);
fm_status fm_grid_gmt_read(const fm_classic *file, fm_raw_grid *raw, fm_error *error);

#endif
