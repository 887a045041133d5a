#ifndef FM_MODEL_MEDIUM_H
#define FM_MODEL_MEDIUM_H

#include "model/model.h"

/* Slowness on the nodes of the propagation grid: what a march reads. Read-only while
 * marching and shared by all workers.
 *
 * Where a row lies on a discontinuity the slowness has two values. slowness[] holds the
 * one of the side of smaller row index; slowness_beyond[] the one of the side of larger
 * row index, a row of nx values for each interface. An update looks to the side it
 * comes from. (Rows fitted to interfaces with two slownesses have a tenth of the error
 * of any single value there; see docs/method.md.) */

typedef struct fm_medium {
    fm_grid grid;
    double *slowness; /* [nz][nx] s/km, x fastest; INFINITY: masked */
    size_t ninterfaces;
    size_t *interface_row;   /* [ninterfaces], ascending, never the first or last row */
    double *slowness_beyond; /* [ninterfaces][nx] s/km */
} fm_medium;

/* Sample the model, which is valid (fm_model_validate), on the grid, which the medium
 * takes over, also on failure. FM_BAD_INPUT when the speed is not positive somewhere (a
 * B-spline or cubic can overshoot), saying where; when the geometries differ; when the
 * grid reaches beyond a profile's or nodes' extent. A node is masked when the nearest
 * node of the model is. */
fm_status fm_medium_sample(const fm_model *model, fm_grid *grid, fm_medium *medium,
                           fm_error *error);

/* Sample the model again on a part of the grid, columns i0..i1 and rows k0..k1, with
 * every step bisected: 2 (i1 - i0) + 1 columns and 2 (k1 - k0) + 1 rows, interfaces
 * still rows. */
typedef struct fm_window {
    size_t i0, i1, k0, k1;
} fm_window;
fm_status fm_medium_refine(const fm_model *model, const fm_medium *parent,
                           fm_window window, fm_medium *medium, fm_error *error);

void fm_medium_clear(fm_medium *medium);

/* Which interface is this row, or ninterfaces if it is none. */
size_t fm_medium_interface_of(const fm_medium *medium, size_t row);

double fm_medium_bytes(const fm_grid *grid);

#endif
