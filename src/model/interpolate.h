#ifndef FM_MODEL_INTERPOLATE_H
#define FM_MODEL_INTERPOLATE_H

#include "model/model.h"

/* Private to the room: interpolation of a model's nodes along one axis. */

/* The cell (below n - 1) and the place in it, 0 to 1, of coordinate x among n nodes;
 * coordinates beyond the ends are taken to the ends. */
typedef struct fm_where {
    size_t cell;
    double fraction;
} fm_where;
fm_where fm_axis_find(double x0, double dx, size_t n, double x);

/* The weights of the nodes around a place in a cell. Linear has two, of the cell's own
 * nodes; the others four, of those and one more on each side. */
void fm_axis_weigh(fm_interpolation interpolation, double fraction, double weight[4]);

/* n neighbouring vertices the weights apply to, from column i on in row k: NaN where
 * masked. For linear interpolation i and k are the model's column and row; for the
 * others they count from one ring outside (0 to nx + 1, 0 to nz + 1). */
void fm_model_vertices(const fm_model *model, size_t i, size_t k, size_t n,
                       double *vertex);

#endif
