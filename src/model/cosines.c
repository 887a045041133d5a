/* Sums of cosines on the nodes of a grid. Both factors of a term are tabulated, each
 * along its axis. In a row of the grid the terms of one kx share their cosine along x,
 * so their amplitudes are added up first: a node then costs as many additions as there
 * are kx, in a loop along the row, and not as many as there are coefficients. */
#include <math.h>
#include <stdlib.h>

#include "sampler.h"

static const double pi = 3.14159265358979323846;

/* cos(pi n t): whole turns are taken off n t, exactly, and not off its product with pi.
 */
static double cosine(size_t n, double t)
{
    return cos(pi * fmod((double)n * t, 2));
}

static void tabulate(const fm_model *model, const fm_grid *grid, fm_cosines *cosines)
{
    for (size_t j = 0; j < model->nx; j++) {
        for (size_t i = 0; i < grid->nx; i++) {
            double xi =
                (fm_grid_x(grid, i) - model->x_min) / (model->x_max - model->x_min);
            cosines->along_x[j * grid->nx + i] = cosine(j, xi);
        }
    }
    for (size_t row = 0; row < grid->nz; row++) {
        double zeta = (grid->z[row] - model->z_min) / (model->z_max - model->z_min);
        for (size_t k = 0; k < model->nz; k++) {
            cosines->along_z[row * model->nz + k] = cosine(k, zeta);
        }
    }
}

fm_status fm_cosines_create(const fm_model *model, const fm_grid *grid,
                            fm_cosines *cosines, fm_error *error)
{
    size_t columns = model->nx * grid->nx, rows = model->nz * grid->nz;
    *cosines = (fm_cosines){.model = model, .nx = grid->nx, .nz = grid->nz};
    cosines->along_x = malloc(columns * sizeof *cosines->along_x);
    cosines->along_z = malloc(rows * sizeof *cosines->along_z);
    if (!cosines->along_x || !cosines->along_z) {
        fm_cosines_clear(cosines);
        return fm_fail_memory(error, "a model's cosines",
                              (double)(columns + rows) * sizeof(double));
    }
    tabulate(model, grid, cosines);
    return FM_OK;
}

void fm_cosines_clear(fm_cosines *cosines)
{
    free(cosines->along_x);
    free(cosines->along_z);
    *cosines = (fm_cosines){0};
}

/* What multiplies cos(pi j xi) in a row. */
static double amplitude(const fm_cosines *cosines, const double *along_z, size_t j)
{
    const fm_model *model = cosines->model;
    double sum = 0;
    for (size_t k = 0; k < model->nz; k++) {
        sum += model->values[k * model->nx + j] * along_z[k];
    }
    return sum;
}

void fm_cosines_row(const fm_cosines *cosines, size_t row, double *restrict value)
{
    const fm_model *model = cosines->model;
    for (size_t i = 0; i < cosines->nx; i++) {
        value[i] = model->reference;
    }
    for (size_t j = 0; j < model->nx; j++) {
        double factor = amplitude(cosines, cosines->along_z + row * model->nz, j);
        const double *along_x = cosines->along_x + j * cosines->nx;
        for (size_t i = 0; i < cosines->nx; i++) {
            value[i] += factor * along_x[i];
        }
    }
}
