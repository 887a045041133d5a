/* Nodes of a model onto nodes of a grid. What a column or a row of the grid takes from
 * the model is tabulated once. A row is then made in two steps: along z, the vertices
 * that matter are added up into one line, which costs little because there are fewer
 * of them than nodes; along x, two or four values of the line give each node. The
 * columns of one cell share these values, so they are done together: a short loop over
 * neighbours in memory, which the compiler turns into vector instructions. The order of
 * the additions within a node is written out and the same in any width.
 *
 * Of the model's vertices only the two or four rows in use are at hand, and of these
 * the columns that the grid touches: a small window of a large model is cheap, and a
 * model as fine as the grid is not copied as a whole. There masked vertices are NaN,
 * which spreads to every node near one: the fast path need not ask. Those few nodes are
 * then done with care:
 *
 * - as usual, where the masked vertices have no weight
 * - masked, when the nearest model node is; at equal distances when all of them are
 * - else bilinear over the cell's open corners, their weights scaled up to add to 1 */
#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "interpolate.h"
#include "sampler.h"

/* --- Tables --- */

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

/* Count the columns' taps from the first in use. */
static void rebase_columns(fm_lattice *lattice)
{
    lattice->left = lattice->column[0].first;
    for (size_t i = 0; i < lattice->nx; i++) {
        lattice->column[i].first -= lattice->left;
    }
    lattice->width = lattice->column[lattice->nx - 1].first + lattice->taps;
}

static void gather_weights(fm_lattice *lattice)
{
    for (size_t tap = 0; tap < lattice->taps; tap++) {
        for (size_t i = 0; i < lattice->nx; i++) {
            lattice->weight[tap * lattice->nx + i] = lattice->column[i].weight[tap];
        }
    }
}

static void find_runs(fm_lattice *lattice)
{
    for (size_t i = 0; i < lattice->nx; i++) {
        size_t first = lattice->column[i].first;
        if (i == 0 || first != lattice->column[i - 1].first) {
            lattice->run[lattice->nruns++] = (fm_run){.begin = i, .first = first};
        }
        lattice->run[lattice->nruns - 1].end = i + 1;
    }
}

static fm_status make_tables(const fm_model *model, const fm_grid *grid,
                             fm_lattice *lattice, fm_error *error)
{
    size_t a_column = sizeof *lattice->column + sizeof *lattice->run +
                      lattice->taps * sizeof *lattice->weight;
    lattice->column = malloc(grid->nx * sizeof *lattice->column);
    lattice->run = malloc(grid->nx * sizeof *lattice->run);
    lattice->weight = malloc(lattice->taps * grid->nx * sizeof *lattice->weight);
    lattice->row = malloc(grid->nz * sizeof *lattice->row);
    if (!lattice->column || !lattice->run || !lattice->weight || !lattice->row) {
        return fm_fail_memory(
            error, "the interpolation of a model",
            (double)(grid->nx * a_column + grid->nz * sizeof *lattice->row));
    }
    find_columns(model, grid, lattice);
    find_rows(model, grid, lattice);
    rebase_columns(lattice);
    gather_weights(lattice);
    find_runs(lattice);
    return FM_OK;
}

static fm_status make_lines(fm_lattice *lattice, fm_error *error)
{
    size_t vertices = lattice->taps * lattice->width;
    assert(lattice->width >= lattice->taps && vertices > 0);
    lattice->vertex = malloc(vertices * sizeof *lattice->vertex);
    lattice->line = malloc(lattice->width * sizeof *lattice->line);
    if (!lattice->vertex || !lattice->line) {
        return fm_fail_memory(error, "rows of the model's nodes",
                              (double)((vertices + lattice->width) * sizeof(double)));
    }
    for (size_t slot = 0; slot < lattice->taps; slot++) {
        lattice->held[slot] = SIZE_MAX;
    }
    return FM_OK;
}

fm_status fm_lattice_create(const fm_model *model, const fm_grid *grid,
                            fm_lattice *lattice, fm_error *error)
{
    *lattice = (fm_lattice){
        .model = model,
        .taps = model->interpolation == FM_LINEAR ? 2 : 4,
        .nx = grid->nx,
        .nz = grid->nz,
    };
    fm_status status = make_tables(model, grid, lattice, error);
    if (!status) {
        status = make_lines(lattice, error);
    }
    if (status) {
        fm_lattice_clear(lattice);
    }
    return status;
}

void fm_lattice_clear(fm_lattice *lattice)
{
    free(lattice->column);
    free(lattice->row);
    free(lattice->weight);
    free(lattice->run);
    free(lattice->vertex);
    free(lattice->line);
    *lattice = (fm_lattice){0};
}

/* --- The fast path --- */

/* The vertices of one of a row's taps. */
static const double *tap_row(const fm_lattice *lattice, const fm_stencil *row,
                             size_t tap)
{
    return lattice->vertex + (row->first + tap) % lattice->taps * lattice->width;
}

/* Have the rows of vertices at hand that this row takes from. */
static void hold_rows(fm_lattice *lattice, const fm_stencil *row)
{
    for (size_t tap = 0; tap < lattice->taps; tap++) {
        size_t wanted = row->first + tap, slot = wanted % lattice->taps;
        if (lattice->held[slot] != wanted) {
            fm_model_vertices(lattice->model, lattice->left, wanted, lattice->width,
                              lattice->vertex + slot * lattice->width);
            lattice->held[slot] = wanted;
        }
    }
}

static void add_line(const fm_lattice *lattice, const fm_stencil *row)
{
    const double *w = row->weight;
    const double *v0 = tap_row(lattice, row, 0), *v1 = tap_row(lattice, row, 1);
    double *restrict line = lattice->line;
    if (lattice->taps == 2) {
        for (size_t i = 0; i < lattice->width; i++) {
            line[i] = w[0] * v0[i] + w[1] * v1[i];
        }
        return;
    }
    const double *v2 = tap_row(lattice, row, 2), *v3 = tap_row(lattice, row, 3);
    for (size_t i = 0; i < lattice->width; i++) {
        line[i] = (w[0] * v0[i] + w[1] * v1[i]) + (w[2] * v2[i] + w[3] * v3[i]);
    }
}

static void spread_two(const fm_lattice *lattice, const fm_run *run,
                       double *restrict speed)
{
    const double *w0 = lattice->weight, *w1 = w0 + lattice->nx;
    const double *v = lattice->line + run->first;
    double v0 = v[0], v1 = v[1];
    for (size_t i = run->begin; i < run->end; i++) {
        speed[i] = w0[i] * v0 + w1[i] * v1;
    }
}

static void spread_four(const fm_lattice *lattice, const fm_run *run,
                        double *restrict speed)
{
    size_t nx = lattice->nx;
    const double *w0 = lattice->weight, *w1 = w0 + nx, *w2 = w1 + nx, *w3 = w2 + nx;
    const double *v = lattice->line + run->first;
    double v0 = v[0], v1 = v[1], v2 = v[2], v3 = v[3];
    for (size_t i = run->begin; i < run->end; i++) {
        speed[i] = (w0[i] * v0 + w1[i] * v1) + (w2[i] * v2 + w3[i] * v3);
    }
}

static void spread_line(const fm_lattice *lattice, double *speed)
{
    const fm_run *run = lattice->run, *end = run + lattice->nruns;
    if (lattice->taps == 2) {
        for (; run < end; run++) {
            spread_two(lattice, run, speed);
        }
        return;
    }
    for (; run < end; run++) {
        spread_four(lattice, run, speed);
    }
}

/* --- Beside masks --- */

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
        double part[4] = {0};
        for (size_t k = 0; k < lattice->taps; k++) {
            double value = tap_row(lattice, row, k)[column->first + i];
            part[k] = term(row->weight[k], value);
        }
        along[i] = term(column->weight[i], (part[0] + part[1]) + (part[2] + part[3]));
    }
    return (along[0] + along[1]) + (along[2] + along[3]);
}

/* The vertex at corner (i, k), 0 or 1 each, of the cell whose taps begin at `first`. */
static double corner(const fm_lattice *lattice, const fm_stencil *row, size_t first,
                     size_t i, size_t k)
{
    size_t ring = lattice->taps == 4 ? 1 : 0;
    return tap_row(lattice, row, ring + k)[first + ring + i];
}

/* The weights of the cell's corners for a node beside a mask, masked corners 0; returns
 * their sum, by which they are still to be divided, or 0 when the node is masked. */
static double share_corners(const fm_lattice *lattice, const fm_stencil *column,
                            const fm_stencil *row, double share[4])
{
    double along_x[2] = {1 - column->fraction, column->fraction};
    double along_z[2] = {1 - row->fraction, row->fraction};
    double open = 0, nearest = 0, nearest_open = 0;
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < 2; i++) {
            bool masked = isnan(corner(lattice, row, column->first, i, k));
            double weight = along_x[i] * along_z[k];
            nearest = fmax(nearest, weight);
            share[2 * k + i] = masked ? 0 : weight;
            nearest_open = fmax(nearest_open, share[2 * k + i]);
            open += share[2 * k + i];
        }
    }
    /* The nearest node has the greatest weight; allow for rounding in a tie. */
    return nearest_open < nearest * (1 - 1e-9) ? 0 : open;
}

static double beside_mask(const fm_lattice *lattice, const fm_stencil *column,
                          const fm_stencil *row)
{
    double share[4], sum = 0;
    double open = share_corners(lattice, column, row, share);
    if (open == 0) {
        return NAN;
    }
    for (size_t n = 0; n < 4; n++) {
        sum += term(share[n], corner(lattice, row, column->first, n % 2, n / 2));
    }
    return sum / open;
}

static bool is_masked_cell(const fm_lattice *lattice, const fm_stencil *row,
                           size_t first)
{
    return isnan(corner(lattice, row, first, 0, 0)) &&
           isnan(corner(lattice, row, first, 1, 0)) &&
           isnan(corner(lattice, row, first, 0, 1)) &&
           isnan(corner(lattice, row, first, 1, 1));
}

/* Inside a mask NaN is the answer; a cell at its edge is looked at node by node. */
static void mend_run(const fm_lattice *lattice, const fm_stencil *row,
                     const fm_run *run, double *speed)
{
    if (is_masked_cell(lattice, row, run->first)) {
        return;
    }
    for (size_t i = run->begin; i < run->end; i++) {
        if (isnan(speed[i])) {
            speed[i] = weigh_again(lattice, lattice->column + i, row);
        }
        if (isnan(speed[i])) {
            speed[i] = beside_mask(lattice, lattice->column + i, row);
        }
    }
}

/* (As wide as a double, or it would not become a vector.) */
static bool all_finite(const double *value, size_t n)
{
    uint64_t other = 0;
    for (size_t i = 0; i < n; i++) {
        other = fabs(value[i]) <= DBL_MAX ? other : 1;
    }
    return other == 0;
}

void fm_lattice_row(fm_lattice *lattice, size_t row, double *speed)
{
    const fm_stencil *stencil = lattice->row + row;
    hold_rows(lattice, stencil);
    add_line(lattice, stencil);
    spread_line(lattice, speed);
    if (all_finite(lattice->line, lattice->width)) {
        return;
    }
    for (size_t n = 0; n < lattice->nruns; n++) {
        const fm_run *run = lattice->run + n;
        if (!all_finite(lattice->line + run->first, lattice->taps)) {
            mend_run(lattice, stencil, run, speed);
        }
    }
}

static size_t mended_in_run(const fm_lattice *lattice, const fm_stencil *row,
                            const fm_run *run, fm_mended *mended)
{
    size_t n = 0;
    for (size_t i = run->begin; i < run->end; i++) {
        const fm_stencil *column = lattice->column + i;
        if (!isnan(weigh_again(lattice, column, row))) {
            continue;
        }
        double open = share_corners(lattice, column, row, mended[n].weight);
        for (size_t c = 0; c < 4; c++) {
            mended[n].weight[c] /= open;
        }
        mended[n].column = i;
        n += open > 0;
    }
    return n;
}

size_t fm_lattice_mended(fm_lattice *lattice, size_t row, fm_mended *mended)
{
    const fm_stencil *stencil = lattice->row + row;
    size_t found = 0;
    hold_rows(lattice, stencil);
    add_line(lattice, stencil);
    for (size_t n = 0; n < lattice->nruns; n++) {
        const fm_run *run = lattice->run + n;
        if (!all_finite(lattice->line + run->first, lattice->taps) &&
            !is_masked_cell(lattice, stencil, run->first)) {
            found += mended_in_run(lattice, stencil, run, mended + found);
        }
    }
    return found;
}
