#ifndef FM_FORWARD_CELLS_H
#define FM_FORWARD_CELLS_H

#include "model/medium.h"

/* The cells in which the length of rays is added up (want: [coverage]): those between
 * the nodes of a model that has nodes or vertices, else those of the propagation grid.
 */
typedef struct fm_cells {
    size_t nx, nz;
    const fm_model *model;
    const fm_grid *grid;
} fm_cells;

/* Keeps both, which must outlive it. */
fm_cells fm_cells_of(const fm_model *model, const fm_grid *grid);

/* The centre of a column and of a row of cells, in grid coordinates. */
double fm_cells_x(const fm_cells *cells, size_t column);
double fm_cells_z(const fm_cells *cells, size_t row);

/* Which column and row of cells a cell of the propagation grid counts to: where its
 * middle lies. */
size_t fm_cells_column(const fm_cells *cells, size_t grid_column);
size_t fm_cells_row(const fm_cells *cells, size_t grid_row);

#endif
