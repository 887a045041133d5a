#ifndef FM_FMM_PATH_H
#define FM_FMM_PATH_H

#include "field.h"
#include "fmm/ray.h"

/* The places a ray runs through, straight from one to the next. */
typedef struct fm_path {
    fm_spot *spot;
    size_t n, room;
    fm_ray_status status;
} fm_path;

/* From the receiver, which is in the grid and reached, to the source: down the
 * gradient, or `by_cells` by the earliest way from cell to cell alone. FM_NO_MEMORY. */
fm_status fm_path_trace(const fm_field *field, const fm_place *receiver, bool by_cells,
                        fm_path *path, fm_error *error);

void fm_path_clear(fm_path *path);

#endif
