/* A model's coefficients by number: which it has, what they are and where. */
#include "model/coefficients.h"

#include <math.h>

#include "jacobian.h"
#include "sampler.h"

static const char *kind_name(const fm_model *model)
{
    switch (model->kind) {
    case FM_MODEL_CONSTANT:
        return "a constant speed";
    case FM_MODEL_GRADIENT:
        return "a gradient";
    case FM_MODEL_PROFILE:
        return "a profile";
    case FM_MODEL_COSINES:
        return "a sum of cosines";
    case FM_MODEL_NODES:
        break;
    }
    return model->interpolation == FM_CUBIC ? "a cubic model" : "a linear model";
}

static bool is_bspline(const fm_model *model)
{
    return model->kind == FM_MODEL_NODES && model->interpolation == FM_BSPLINE;
}

static void shape(const fm_model *model, fm_coefficients *coefficients)
{
    coefficients->nx = coefficients->nz = 1;
    switch (model->kind) {
    case FM_MODEL_CONSTANT:
        break;
    case FM_MODEL_GRADIENT:
        coefficients->nz = 3;
        break;
    case FM_MODEL_PROFILE:
        coefficients->nz = model->nknots;
        break;
    case FM_MODEL_COSINES:
    case FM_MODEL_NODES:
        coefficients->nx = model->nx + (coefficients->cushions ? 2 : 0);
        coefficients->nz = model->nz + (coefficients->cushions ? 2 : 0);
        break;
    }
}

fm_status fm_coefficients_of(const fm_model *model, fm_quantity quantity, bool cushions,
                             fm_coefficients *coefficients, fm_error *error)
{
    *coefficients = (fm_coefficients){.quantity = quantity, .cushions = cushions};
    if (cushions && !is_bspline(model)) {
        return fm_fail(error, FM_BAD_INPUT,
                       "%s has no cushion vertices to count: only a B-spline has",
                       kind_name(model));
    }
    if (quantity == FM_SLOWNESS && model->kind == FM_MODEL_GRADIENT) {
        return fm_fail(error, FM_BAD_INPUT,
                       "derivatives of a gradient can only be with respect to speed: "
                       "its coefficients are a speed and two slopes");
    }
    if (model->kind == FM_MODEL_COSINES && quantity != model->quantity) {
        const char *own = model->quantity == FM_SPEED ? "speed" : "slowness";
        return fm_fail(error, FM_BAD_INPUT,
                       "derivatives of cosines that make a %s can only be with respect "
                       "to %s",
                       own, own);
    }
    shape(model, coefficients);
    return FM_OK;
}

/* --- What they are --- */

double fm_coefficient_of_nodes(const fm_model *model,
                               const fm_coefficients *coefficients, size_t i, size_t k)
{
    size_t ring = is_bspline(model) ? 1 : 0;
    size_t hidden = coefficients->cushions ? 0 : ring; /* of the ring, at the left */
    double value = model->values[(k + hidden) * (model->nx + 2 * ring) + i + hidden];
    return isnan(value) ? 0 : value;
}

static void list_nodes(const fm_model *model, const fm_coefficients *coefficients,
                       double *value)
{
    for (size_t k = 0; k < coefficients->nz; k++) {
        for (size_t i = 0; i < coefficients->nx; i++) {
            *value++ = fm_coefficient_of_nodes(model, coefficients, i, k);
        }
    }
}

static void list_as_given(const fm_model *model, const fm_coefficients *coefficients,
                          double *value)
{
    switch (model->kind) {
    case FM_MODEL_CONSTANT:
        value[0] = model->speed;
        break;
    case FM_MODEL_GRADIENT:
        value[0] = model->speed;
        value[1] = model->gradient_x;
        value[2] = model->gradient_z;
        break;
    case FM_MODEL_PROFILE:
        for (size_t knot = 0; knot < model->nknots; knot++) {
            value[knot] = model->knot_speed[knot];
        }
        break;
    case FM_MODEL_COSINES:
    case FM_MODEL_NODES:
        list_nodes(model, coefficients, value);
        break;
    }
}

void fm_coefficients_values(const fm_model *model, const fm_coefficients *coefficients,
                            double *value)
{
    list_as_given(model, coefficients, value);
    if (model->kind == FM_MODEL_COSINES || coefficients->quantity == FM_SPEED) {
        return;
    }
    for (size_t n = 0; n < coefficients->nx * coefficients->nz; n++) {
        value[n] = value[n] == 0 ? 0 : 1 / value[n];
    }
}

/* --- Where they are --- */

static void line_up(double first, double step, size_t n, double *position)
{
    for (size_t i = 0; i < n; i++) {
        position[i] = first + (double)i * step;
    }
}

void fm_coefficients_positions(const fm_model *model,
                               const fm_coefficients *coefficients, double *x,
                               double *z)
{
    double ring = coefficients->cushions ? 1 : 0;
    if (model->kind == FM_MODEL_NODES) {
        line_up(model->x0 - ring * model->dx, model->dx, coefficients->nx, x);
        line_up(model->z0 - ring * model->dz, model->dz, coefficients->nz, z);
        return;
    }
    line_up(0, 1, coefficients->nx, x);
    line_up(0, 1, coefficients->nz, z);
    for (size_t knot = 0; model->kind == FM_MODEL_PROFILE && knot < model->nknots;
         knot++) {
        /* A depth becomes a radius as a radius becomes a depth. */
        z[knot] = fm_profile_depth(model, model->depth_km[knot]);
    }
}
