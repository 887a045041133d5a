/* How the nodes of a grid depend on the coefficients of cosines: the derivative is the
 * product of two cosines. Summed over all nodes, that is a transform, and separable:
 * the rows of the grid are first added up, for each kz with its cosine at the row, into
 * rows as long as the grid's; each of these is then multiplied by the cosine of every
 * kx. */
#include <stdlib.h>
#include <string.h>

#include "jacobian.h"

fm_status fm_cosines_jacobian_create(const fm_model *model, const fm_grid *grid,
                                     fm_cosines_jacobian *cosines, fm_error *error)
{
    size_t bytes = model->nz * grid->nx * sizeof *cosines->sum;
    *cosines = (fm_cosines_jacobian){0};
    fm_status status = fm_cosines_create(model, grid, &cosines->cosines, error);
    if (status == FM_OK) {
        cosines->sum = malloc(bytes);
        status = cosines->sum ? FM_OK
                              : fm_fail_memory(error, "sums for a model's cosines",
                                               (double)bytes);
    }
    if (status != FM_OK) {
        fm_cosines_jacobian_clear(cosines);
    }
    return status;
}

void fm_cosines_jacobian_clear(fm_cosines_jacobian *cosines)
{
    fm_cosines_clear(&cosines->cosines);
    free(cosines->sum);
    *cosines = (fm_cosines_jacobian){0};
}

size_t fm_cosines_jacobian_node(const fm_cosines_jacobian *cosines, size_t column,
                                size_t row, uint32_t *index, double *derivative)
{
    const fm_cosines *table = &cosines->cosines;
    size_t nx = table->model->nx, nz = table->model->nz, n = 0;
    for (size_t k = 0; k < nz; k++) {
        for (size_t j = 0; j < nx; j++) {
            index[n] = (uint32_t)n;
            derivative[n++] =
                table->along_z[row * nz + k] * table->along_x[j * table->nx + column];
        }
    }
    return n;
}

void fm_cosines_jacobian_begin(const fm_cosines_jacobian *cosines)
{
    size_t n = cosines->cosines.model->nz * cosines->cosines.nx;
    memset(cosines->sum, 0, n * sizeof *cosines->sum);
}

void fm_cosines_jacobian_row(const fm_cosines_jacobian *cosines, size_t row,
                             const double *kernel)
{
    const fm_cosines *table = &cosines->cosines;
    size_t nz = table->model->nz;
    for (size_t k = 0; k < nz; k++) {
        double factor = table->along_z[row * nz + k];
        double *restrict sum = cosines->sum + k * table->nx;
        for (size_t i = 0; i < table->nx; i++) {
            sum[i] += factor * kernel[i];
        }
    }
}

static double product(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

void fm_cosines_jacobian_end(const fm_cosines_jacobian *cosines, double *gradient)
{
    const fm_cosines *table = &cosines->cosines;
    size_t nx = table->model->nx, nz = table->model->nz;
    for (size_t k = 0; k < nz; k++) {
        for (size_t j = 0; j < nx; j++) {
            gradient[k * nx + j] += product(cosines->sum + k * table->nx,
                                            table->along_x + j * table->nx, table->nx);
        }
    }
}
