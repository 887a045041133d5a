/* Cells of rays. A propagation grid that is diced has whole cells of its own in each of
 * the model's; one of another spacing has some that lie in two, and those count to the
 * one that has their middle. */
#include "forward/cells.h"

static bool of_model(const fm_cells *cells)
{
    return cells->model->kind == FM_MODEL_NODES;
}

fm_cells fm_cells_of(const fm_model *model, const fm_grid *grid)
{
    fm_cells cells = {.model = model, .grid = grid};
    bool nodes = of_model(&cells);
    cells.nx = (nodes ? model->nx : grid->nx) - 1;
    cells.nz = (nodes ? model->nz : grid->nz) - 1;
    return cells;
}

static double grid_middle_x(const fm_grid *grid, size_t column)
{
    return fm_grid_x(grid, column) + grid->dx / 2;
}

static double grid_middle_z(const fm_grid *grid, size_t row)
{
    return (grid->z[row] + grid->z[row + 1]) / 2;
}

double fm_cells_x(const fm_cells *cells, size_t column)
{
    const fm_model *model = cells->model;
    return of_model(cells) ? model->x0 + ((double)column + 0.5) * model->dx
                           : grid_middle_x(cells->grid, column);
}

double fm_cells_z(const fm_cells *cells, size_t row)
{
    const fm_model *model = cells->model;
    return of_model(cells) ? model->z0 + ((double)row + 0.5) * model->dz
                           : grid_middle_z(cells->grid, row);
}

/* A cell from 0 to n - 1. */
static size_t cell_at(double position, size_t n)
{
    if (!(position > 0)) {
        return 0;
    }
    return position < (double)(n - 1) ? (size_t)position : n - 1;
}

size_t fm_cells_column(const fm_cells *cells, size_t grid_column)
{
    const fm_model *model = cells->model;
    double x = grid_middle_x(cells->grid, grid_column);
    return of_model(cells) ? cell_at((x - model->x0) / model->dx, cells->nx)
                           : grid_column;
}

size_t fm_cells_row(const fm_cells *cells, size_t grid_row)
{
    const fm_model *model = cells->model;
    double z = grid_middle_z(cells->grid, grid_row);
    return of_model(cells) ? cell_at((z - model->z0) / model->dz, cells->nz) : grid_row;
}
