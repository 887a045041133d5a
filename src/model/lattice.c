/* Nodes of a model onto nodes of a grid. What a column or a row of the grid takes from
 * the model is tabulated once. A row is then made in two steps: along z, the vertices
 * that matter are added up into one line, which costs little because there are fewer
 * of them than nodes; along x, two or four values of the line give each node.
 *
 * Only the block of vertices that the grid touches is copied, so a small window of a
 * large model is cheap. In the block masked vertices are NaN, which spreads to every
 * node near one: the fast path need not ask. Those few nodes are then done with care:
 *
 * - as usual, where the masked vertices have no weight
 * - masked, when the nearest model node is; at equal distances when all of them are
 * - else bilinear over the cell's open corners, their weights scaled up to add to 1 */
#include <math.h>
#include <stdlib.h>

#include "interpolate.h"
#include "sampler.h"

static fm_stencil make_stencil(const fm_model *model, fm_where where)
{
    /* With four taps the first is one left of the cell, and indices begin there. */
    fm_stencil stencil = {.first = where.cell, .fraction = where.fraction};
    fm_axis_weigh(model->interpolation, where.fraction, stencil.weight);
    return stencil;
}

static void find_columns(const fm_model *model, const fm_grid *grid,
                         fm_lattice *lattice)
{
    for (size_t i = 0; i < grid->nx; i++) {
        fm_where where =
            fm_axis_find(model->x0, model->dx, model->nx, fm_grid_x(grid, i));
        lattice->column[i] = make_stencil(model, where);
    }
}

static void find_rows(const fm_model *model, const fm_grid *grid, fm_lattice *lattice)
{
    for (size_t k = 0; k < grid->nz; k++) {
        fm_where where = fm_axis_find(model->z0, model->dz, model->nz, grid->z[k]);
        lattice->row[k] = make_stencil(model, where);
    }
}

/* Count from the first vertex in use. Returns that vertex; *size: how many are used. */
static size_t rebase(fm_stencil *stencil, size_t n, size_t taps, size_t *size)
{
    size_t origin = stencil[0].first;
    for (size_t i = 0; i < n; i++) {
        stencil[i].first -= origin;
    }
    *size = stencil[n - 1].first + taps;
    return origin;
}

static fm_status copy_block(const fm_model *model, fm_lattice *lattice, fm_error *error)
{
    size_t taps = lattice->taps;
    size_t left = rebase(lattice->column, lattice->nx, taps, &lattice->width);
    size_t top = rebase(lattice->row, lattice->nz, taps, &lattice->height);
    size_t vertices = lattice->width * lattice->height;
    lattice->vertex = malloc(vertices * sizeof(double));
    lattice->line = malloc(lattice->width * sizeof(double));
    if (!lattice->vertex || !lattice->line) {
        return fm_fail_memory(error, "the model's nodes",
                              (double)(vertices * sizeof(double)));
    }
    for (size_t k = 0; k < lattice->height; k++) {
        for (size_t i = 0; i < lattice->width; i++) {
            lattice->vertex[k * lattice->width + i] =
                fm_model_vertex(model, left + i, top + k);
        }
    }
    return FM_OK;
}

fm_status fm_lattice_create(const fm_model *model, const fm_grid *grid,
                            fm_lattice *lattice, fm_error *error)
{
    *lattice = (fm_lattice){
        .taps = model->interpolation == FM_LINEAR ? 2 : 4,
        .nx = grid->nx,
        .nz = grid->nz,
        .column = malloc(grid->nx * sizeof(fm_stencil)),
        .row = malloc(grid->nz * sizeof(fm_stencil)),
    };
    fm_status status = FM_OK;
    if (!lattice->column || !lattice->row) {
        status = fm_fail_memory(error, "the interpolation of a model",
                                (double)((grid->nx + grid->nz) * sizeof(fm_stencil)));
        goto fail;
    }
    find_columns(model, grid, lattice);
    find_rows(model, grid, lattice);
    status = copy_block(model, lattice, error);
    if (status) {
        goto fail;
    }
    return FM_OK;
fail:
    fm_lattice_clear(lattice);
    return status;
}

void fm_lattice_clear(fm_lattice *lattice)
{
    free(lattice->column);
    free(lattice->row);
    free(lattice->vertex);
    free(lattice->line);
    *lattice = (fm_lattice){0};
}

static void add_line(const fm_lattice *lattice, const fm_stencil *row)
{
    size_t width = lattice->width;
    const double *v = lattice->vertex + row->first * width;
    const double *w = row->weight;
    double *line = lattice->line;
    if (lattice->taps == 2) {
        for (size_t i = 0; i < width; i++) {
            line[i] = w[0] * v[i] + w[1] * v[width + i];
        }
        return;
    }
    for (size_t i = 0; i < width; i++) {
        line[i] = (w[0] * v[i] + w[1] * v[width + i]) +
                  (w[2] * v[2 * width + i] + w[3] * v[3 * width + i]);
    }
}

static void spread_line(const fm_lattice *lattice, double *speed)
{
    const double *line = lattice->line;
    for (size_t i = 0; i < lattice->nx; i++) {
        const fm_stencil *column = lattice->column + i;
        const double *w = column->weight, *v = line + column->first;
        speed[i] = w[0] * v[0] + w[1] * v[1];
        if (lattice->taps == 4) {
            speed[i] += w[2] * v[2] + w[3] * v[3];
        }
    }
}

/* A weight of 0 takes nothing, not even the mask of its vertex. */
static double term(double weight, double value)
{
    return weight == 0 ? 0 : weight * value;
}

/* The same sum as on the fast path, in the same order, for a node that may use masked
 * vertices with weight 0 only. */
static double weigh_again(const fm_lattice *lattice, const fm_stencil *column,
                          const fm_stencil *row)
{
    double along[4] = {0};
    for (size_t i = 0; i < lattice->taps; i++) {
        const double *v =
            lattice->vertex + row->first * lattice->width + column->first + i;
        double part[4] = {0};
        for (size_t k = 0; k < lattice->taps; k++) {
            part[k] = term(row->weight[k], v[k * lattice->width]);
        }
        along[i] = term(column->weight[i], (part[0] + part[1]) + (part[2] + part[3]));
    }
    return (along[0] + along[1]) + (along[2] + along[3]);
}

static double beside_mask(const fm_lattice *lattice, const fm_stencil *column,
                          const fm_stencil *row)
{
    size_t ring = lattice->taps == 4;
    const double *corner =
        lattice->vertex + (row->first + ring) * lattice->width + column->first + ring;
    double along_x[2] = {1 - column->fraction, column->fraction};
    double along_z[2] = {1 - row->fraction, row->fraction};
    double sum = 0, open = 0, nearest = 0, nearest_open = 0;
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < 2; i++) {
            double value = corner[k * lattice->width + i];
            double weight = along_x[i] * along_z[k];
            nearest = fmax(nearest, weight);
            if (!isnan(value)) {
                nearest_open = fmax(nearest_open, weight);
                sum += weight * value;
                open += weight;
            }
        }
    }
    /* The nearest node has the greatest weight; allow for rounding in a tie. */
    return nearest_open < nearest * (1 - 1e-9) ? NAN : sum / open;
}

void fm_lattice_row(fm_lattice *lattice, size_t row, double *speed)
{
    const fm_stencil *stencil = lattice->row + row;
    add_line(lattice, stencil);
    spread_line(lattice, speed);
    for (size_t i = 0; i < lattice->nx; i++) {
        if (isnan(speed[i])) {
            speed[i] = weigh_again(lattice, lattice->column + i, stencil);
        }
        if (isnan(speed[i])) {
            speed[i] = beside_mask(lattice, lattice->column + i, stencil);
        }
    }
}
