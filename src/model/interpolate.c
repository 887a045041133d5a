/* Interpolation along one axis: which model nodes a coordinate lies between, and the
 * weights they get. Both axes are treated alike and the value is the product of the two
 * (separable), so the weights are worked out once for a column and once for a row.
 *
 *   linear    the two nodes of the cell
 *   cubic     cubic convolution with a = -1/2, R. G. Keys, IEEE Trans. Acoust. Speech
 *             Signal Process. 29 (1981), eq. 15: third order, through the nodes
 *   B-spline  uniform cubic B-spline of the vertices: not through them, C2 */
#include "interpolate.h"

#include <math.h>
#include <string.h>

/* In model steps: closer to a model node than this is on it. */
static const double tolerance = 1e-9;

fm_where fm_axis_find(double x0, double dx, size_t n, double x)
{
    double last = (double)(n - 1);
    double position = fmin(fmax((x - x0) / dx, 0), last);
    double nearest = round(position);
    if (fabs(position - nearest) <= tolerance) {
        position = nearest;
    }
    size_t cell = position < last ? (size_t)position : n - 2;
    return (fm_where){.cell = cell, .fraction = position - (double)cell};
}

static void weigh_linear(double t, double weight[4])
{
    weight[0] = 1 - t;
    weight[1] = t;
}

static void weigh_cubic(double t, double weight[4])
{
    double t2 = t * t, t3 = t2 * t;
    weight[0] = 0.5 * (-t3 + 2 * t2 - t);
    weight[1] = 0.5 * (3 * t3 - 5 * t2 + 2);
    weight[2] = 0.5 * (-3 * t3 + 4 * t2 + t);
    weight[3] = 0.5 * (t3 - t2);
}

static void weigh_bspline(double t, double weight[4])
{
    double rest = 1 - t, t2 = t * t, t3 = t2 * t;
    weight[0] = rest * rest * rest / 6;
    weight[1] = (3 * t3 - 6 * t2 + 4) / 6;
    weight[2] = (-3 * t3 + 3 * t2 + 3 * t + 1) / 6;
    weight[3] = t3 / 6;
}

void fm_axis_weigh(fm_interpolation interpolation, double fraction, double weight[4])
{
    memset(weight, 0, 4 * sizeof *weight);
    switch (interpolation) {
    case FM_LINEAR:
        weigh_linear(fraction, weight);
        break;
    case FM_CUBIC:
        weigh_cubic(fraction, weight);
        break;
    case FM_BSPLINE:
        weigh_bspline(fraction, weight);
        break;
    }
}

static double speed_or_mask(double speed)
{
    return speed == 0 ? NAN : speed;
}

/* One node beyond the end of n values: by a parabola, as Keys (1981, eqs. 18 and 19)
 * does to keep third order up to the edge; by a straight line where there are two. */
static double beyond(double first, double second, double third, size_t n)
{
    return n == 2 ? 2 * first - second : 3 * first - 3 * second + third;
}

/* The value in model row k and padded column i: 0 and nx + 1 are beyond the ends. */
static double in_row(const fm_model *model, size_t i, size_t k)
{
    size_t nx = model->nx;
    const double *row = model->values + k * nx;
    double third = 0;
    if (i >= 1 && i <= nx) {
        return speed_or_mask(row[i - 1]);
    }
    size_t end = i == 0 ? 0 : nx - 1;
    size_t next = i == 0 ? 1 : nx - 2;
    if (nx > 2) {
        third = speed_or_mask(row[i == 0 ? 2 : nx - 3]);
    }
    return beyond(speed_or_mask(row[end]), speed_or_mask(row[next]), third, nx);
}

static double padded(const fm_model *model, size_t i, size_t k)
{
    size_t nz = model->nz;
    double third = 0;
    if (k >= 1 && k <= nz) {
        return in_row(model, i, k - 1);
    }
    size_t end = k == 0 ? 0 : nz - 1;
    size_t next = k == 0 ? 1 : nz - 2;
    if (nz > 2) {
        third = in_row(model, i, k == 0 ? 2 : nz - 3);
    }
    return beyond(in_row(model, i, end), in_row(model, i, next), third, nz);
}

static void copy_open(const double *restrict speed, size_t n, double *restrict vertex)
{
    for (size_t i = 0; i < n; i++) {
        vertex[i] = speed_or_mask(speed[i]);
    }
}

/* n padded values. Nearly all are the model's own, which are copied at once. */
static void copy_padded(const fm_model *model, size_t i, size_t k, size_t n,
                        double *vertex)
{
    size_t own = 0, end = 0; /* the part of vertex[] that is in the model */
    if (k >= 1 && k <= model->nz) {
        own = i == 0 ? 1 : 0;
        end = i + n == model->nx + 2 ? n - 1 : n;
        copy_open(model->values + (k - 1) * model->nx + i + own - 1, end - own,
                  vertex + own);
    }
    for (size_t j = 0; j < own; j++) {
        vertex[j] = padded(model, i + j, k);
    }
    for (size_t j = end; j < n; j++) {
        vertex[j] = padded(model, i + j, k);
    }
}

void fm_model_vertices(const fm_model *model, size_t i, size_t k, size_t n,
                       double *vertex)
{
    switch (model->interpolation) {
    case FM_LINEAR:
        copy_open(model->values + k * model->nx + i, n, vertex);
        break;
    case FM_CUBIC:
        copy_padded(model, i, k, n, vertex);
        break;
    case FM_BSPLINE:
        memcpy(vertex, model->values + k * (model->nx + 2) + i, n * sizeof *vertex);
        break;
    }
}
