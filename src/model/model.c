/* A model's words, its end, and the ring of cushion vertices of a B-spline. */
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

/* In the order of the enumerators. */
static const char *const interpolations[] = {"linear", "cubic", "bspline"};
enum { INTERPOLATIONS = sizeof interpolations / sizeof *interpolations };

const char *fm_interpolation_name(fm_interpolation interpolation)
{
    return interpolations[interpolation];
}

bool fm_interpolation_parse(const char *text, fm_interpolation *interpolation)
{
    for (int i = 0; i < INTERPOLATIONS; i++) {
        if (strcmp(text, interpolations[i]) == 0) {
            *interpolation = (fm_interpolation)i;
            return true;
        }
    }
    return false;
}

void fm_model_clear(fm_model *model)
{
    if (!model) {
        return;
    }
    free(model->depth_km);
    free(model->knot_speed);
    free(model->values);
    memset(model, 0, sizeof *model);
}

/* From the second value in to the first outside. */
static double extrapolate(double last, double before)
{
    return 2 * last - before;
}

/* Rows 1 to nz get their ends, then the rows above and below theirs, corners too. */
static void fill_ring(double *vertex, size_t nx, size_t nz)
{
    size_t width = nx + 2;
    for (size_t k = 1; k <= nz; k++) {
        double *row = vertex + k * width;
        row[0] = extrapolate(row[1], row[2]);
        row[nx + 1] = extrapolate(row[nx], row[nx - 1]);
    }
    double *last = vertex + (nz + 1) * width;
    for (size_t i = 0; i < width; i++) {
        vertex[i] = extrapolate(vertex[width + i], vertex[2 * width + i]);
        last[i] = extrapolate(last[i - width], last[i - 2 * width]);
    }
}

fm_status fm_model_add_cushion(fm_model *model, fm_error *error)
{
    size_t nx = model->nx, nz = model->nz, width = nx + 2;
    if (nx < 2 || nz < 2) {
        return fm_fail(error, FM_BAD_INPUT,
                       "a B-spline of %zu x %zu vertices: there must be at least two "
                       "each way",
                       nx, nz);
    }
    double *vertex = malloc(width * (nz + 2) * sizeof *vertex);
    if (!vertex) {
        return fm_fail_memory(error, "a B-spline's vertices",
                              (double)(width * (nz + 2) * sizeof *vertex));
    }
    for (size_t k = 0; k < nz; k++) {
        memcpy(vertex + (k + 1) * width + 1, model->values + k * nx,
               nx * sizeof *vertex);
    }
    fill_ring(vertex, nx, nz);
    free(model->values);
    model->values = vertex;
    model->cushion_extrapolated = true;
    return FM_OK;
}
