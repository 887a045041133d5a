/* How the slowness of a medium's nodes depends on the model's coefficients.
 *
 * A node's speed v is linear in the coefficients c for every kind of model: v = sum w
 * c, with the weights of the sampling (medium.c). Its slowness is s = 1/v, so
 *
 *   d s / d c  = -s^2 w
 *   d s / d c' =  s^2 w c^2      with respect to c' = 1/c
 *
 * with the slowness that the medium holds. Then sum c d s/d c = -s to rounding: a march
 * over the medium and its derivatives belong together. Cosines that make a slowness are
 * linear already: d s / d c = w. */
#include "jacobian.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

struct fm_jacobian {
    const fm_model *model;
    const fm_medium *medium;
    fm_coefficients coefficients;
    fm_nodes_jacobian nodes;     /* only for nodes */
    fm_cosines_jacobian cosines; /* only for cosines */
    double *row;                 /* [grid nx], scratch of fm_jacobian_add */
};

/* --- Reciprocals --- */

double fm_coefficient_factor(const fm_coefficients *coefficients, double c)
{
    return coefficients->quantity == FM_SLOWNESS ? -c * c : 1;
}

/* --- Making one --- */

fm_status fm_jacobian_create(const fm_model *model, const fm_medium *medium,
                             const fm_coefficients *coefficients,
                             fm_jacobian **jacobian, fm_error *error)
{
    fm_jacobian *made = calloc(1, sizeof *made);
    size_t bytes = medium->grid.nx * sizeof *made->row;
    fm_status status = FM_OK;
    *jacobian = NULL;
    if (made) {
        made->model = model;
        made->medium = medium;
        made->coefficients = *coefficients;
        made->row = malloc(bytes);
    }
    if (!made || !made->row) {
        status = fm_fail_memory(error, "the derivatives of a model", (double)bytes);
    }
    if (status == FM_OK && model->kind == FM_MODEL_NODES) {
        status = fm_nodes_jacobian_create(model, &medium->grid, &made->coefficients,
                                          &made->nodes, error);
    }
    if (status == FM_OK && model->kind == FM_MODEL_COSINES) {
        status =
            fm_cosines_jacobian_create(model, &medium->grid, &made->cosines, error);
    }
    if (status != FM_OK) {
        fm_jacobian_destroy(made);
        return status;
    }
    *jacobian = made;
    return FM_OK;
}

void fm_jacobian_destroy(fm_jacobian *jacobian)
{
    if (!jacobian) {
        return;
    }
    fm_nodes_jacobian_clear(&jacobian->nodes);
    fm_cosines_jacobian_clear(&jacobian->cosines);
    free(jacobian->row);
    free(jacobian);
}

size_t fm_jacobian_taps(const fm_jacobian *jacobian)
{
    switch (jacobian->model->kind) {
    case FM_MODEL_CONSTANT:
        return 1;
    case FM_MODEL_GRADIENT:
        return 3;
    case FM_MODEL_PROFILE:
        return 2;
    case FM_MODEL_COSINES:
        return jacobian->model->nx * jacobian->model->nz;
    case FM_MODEL_NODES:
        break;
    }
    return jacobian->model->interpolation == FM_LINEAR ? 4 : 16;
}

/* --- Profiles --- */

/* The two knots of a row and what each gets; the second may get nothing and be none. */
typedef struct knot_pair {
    size_t knot[2];
    double weight[2];
} knot_pair;

static knot_pair knots_of(const fm_jacobian *jacobian, size_t row, fm_side side)
{
    const fm_model *model = jacobian->model;
    fm_knot_place place = fm_profile_find(model, jacobian->medium->grid.z[row], side);
    knot_pair pair = {.knot = {place.knot, place.knot + 1},
                      .weight = {1 - place.fraction, place.fraction}};
    for (size_t n = 0; n < 2; n++) {
        if (pair.weight[n] != 0) {
            pair.weight[n] *= fm_coefficient_factor(&jacobian->coefficients,
                                                    model->knot_speed[pair.knot[n]]);
        }
    }
    return pair;
}

/* --- One node --- */

static size_t gradient_node(const fm_grid *grid, size_t column, size_t row,
                            uint32_t *index, double *derivative)
{
    const double all[] = {1, fm_grid_x(grid, column), grid->z[row]};
    for (uint32_t n = 0; n < 3; n++) {
        index[n] = n;
        derivative[n] = all[n];
    }
    return 3;
}

static size_t profile_node(const fm_jacobian *jacobian, size_t row, fm_side side,
                           uint32_t *index, double *derivative)
{
    knot_pair pair = knots_of(jacobian, row, side);
    size_t n = 0;
    for (size_t i = 0; i < 2; i++) {
        if (pair.weight[i] != 0) {
            index[n] = (uint32_t)pair.knot[i];
            derivative[n++] = pair.weight[i];
        }
    }
    return n;
}

static size_t speed_node(const fm_jacobian *jacobian, size_t column, size_t row,
                         fm_side side, uint32_t *index, double *derivative)
{
    const fm_model *model = jacobian->model;
    switch (model->kind) {
    case FM_MODEL_CONSTANT:
        index[0] = 0;
        derivative[0] = fm_coefficient_factor(&jacobian->coefficients, model->speed);
        return 1;
    case FM_MODEL_GRADIENT:
        return gradient_node(&jacobian->medium->grid, column, row, index, derivative);
    case FM_MODEL_PROFILE:
        return profile_node(jacobian, row, side, index, derivative);
    case FM_MODEL_COSINES:
        return fm_cosines_jacobian_node(&jacobian->cosines, column, row, index,
                                        derivative);
    case FM_MODEL_NODES:
        break;
    }
    return fm_nodes_jacobian_node(&jacobian->nodes, column, row, index, derivative);
}

/* Does the model give slownesses? */
static bool gives_slowness(const fm_model *model)
{
    return model->kind == FM_MODEL_COSINES && model->quantity == FM_SLOWNESS;
}

/* The side that the first of a row's slownesses is of (see medium.c). */
static fm_side first_side(size_t row)
{
    return row == 0 ? FM_BEYOND : FM_BEFORE;
}

size_t fm_jacobian_node(const fm_jacobian *jacobian, size_t column, size_t row,
                        bool beyond, uint32_t *index, double *derivative)
{
    const fm_medium *medium = jacobian->medium;
    size_t nx = medium->grid.nx;
    size_t interface = beyond ? fm_medium_interface_of(medium, row) : 0;
    bool other = beyond && interface < medium->ninterfaces;
    double slowness = other ? medium->slowness_beyond[interface * nx + column]
                            : medium->slowness[row * nx + column];
    if (slowness > DBL_MAX) {
        return 0;
    }
    size_t n = speed_node(jacobian, column, row, other ? FM_BEYOND : first_side(row),
                          index, derivative);
    for (size_t i = 0; !gives_slowness(jacobian->model) && i < n; i++) {
        derivative[i] *= -slowness * slowness;
    }
    return n;
}

/* --- All nodes --- */

/* dJ/d slowness to dJ/d speed; a masked node has neither. */
static void to_speed(const double *restrict kernel, const double *restrict slowness,
                     size_t n, double *restrict row)
{
    for (size_t i = 0; i < n; i++) {
        double s = slowness[i], value = -kernel[i] * s * s;
        row[i] = s <= DBL_MAX ? value : 0;
    }
}

static double sum_of(const double *value, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += value[i];
    }
    return sum;
}

static void add_gradient_row(const fm_jacobian *jacobian, size_t k, double *gradient)
{
    const fm_grid *grid = &jacobian->medium->grid;
    double sum = 0, moment = 0;
    for (size_t i = 0; i < grid->nx; i++) {
        sum += jacobian->row[i];
        moment += jacobian->row[i] * fm_grid_x(grid, i);
    }
    gradient[0] += sum;
    gradient[1] += moment;
    gradient[2] += sum * grid->z[k];
}

static void add_profile_row(const fm_jacobian *jacobian, size_t k, fm_side side,
                            double *gradient)
{
    knot_pair pair = knots_of(jacobian, k, side);
    double sum = sum_of(jacobian->row, jacobian->medium->grid.nx);
    for (size_t n = 0; n < 2; n++) {
        if (pair.weight[n] != 0) {
            gradient[pair.knot[n]] += pair.weight[n] * sum;
        }
    }
}

/* What jacobian->row, a row of dJ/d speed (or dJ/d slowness, if the model gives that),
 * adds. */
static void add_row(const fm_jacobian *jacobian, size_t k, fm_side side,
                    double *gradient)
{
    const fm_model *model = jacobian->model;
    size_t nx = jacobian->medium->grid.nx;
    switch (model->kind) {
    case FM_MODEL_CONSTANT:
        gradient[0] += fm_coefficient_factor(&jacobian->coefficients, model->speed) *
                       sum_of(jacobian->row, nx);
        break;
    case FM_MODEL_GRADIENT:
        add_gradient_row(jacobian, k, gradient);
        break;
    case FM_MODEL_PROFILE:
        add_profile_row(jacobian, k, side, gradient);
        break;
    case FM_MODEL_NODES:
        fm_nodes_jacobian_row(&jacobian->nodes, k, jacobian->row);
        break;
    case FM_MODEL_COSINES:
        fm_cosines_jacobian_row(&jacobian->cosines, k, jacobian->row);
        break;
    }
}

static void add_rows(const fm_jacobian *jacobian, const double *kernel,
                     const double *beyond, double *gradient)
{
    const fm_medium *medium = jacobian->medium;
    size_t nx = medium->grid.nx, interface = 0;
    for (size_t k = 0; k < medium->grid.nz; k++) {
        if (gives_slowness(jacobian->model)) {
            memcpy(jacobian->row, kernel + k * nx, nx * sizeof *kernel);
        } else {
            to_speed(kernel + k * nx, medium->slowness + k * nx, nx, jacobian->row);
        }
        add_row(jacobian, k, first_side(k), gradient);
        if (interface < medium->ninterfaces && medium->interface_row[interface] == k) {
            size_t from = interface++ * nx;
            to_speed(beyond + from, medium->slowness_beyond + from, nx, jacobian->row);
            add_row(jacobian, k, FM_BEYOND, gradient);
        }
    }
}

void fm_jacobian_add(const fm_jacobian *jacobian, const double *kernel,
                     const double *beyond, double *gradient)
{
    fm_model_kind kind = jacobian->model->kind;
    if (kind == FM_MODEL_NODES) {
        fm_nodes_jacobian_begin(&jacobian->nodes);
    } else if (kind == FM_MODEL_COSINES) {
        fm_cosines_jacobian_begin(&jacobian->cosines);
    }
    add_rows(jacobian, kernel, beyond, gradient);
    if (kind == FM_MODEL_NODES) {
        fm_nodes_jacobian_end(&jacobian->nodes, gradient);
    } else if (kind == FM_MODEL_COSINES) {
        fm_cosines_jacobian_end(&jacobian->cosines, gradient);
    }
}
