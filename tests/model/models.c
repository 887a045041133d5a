/* Builders of small models. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models.h"

void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance)) {
        fail_msg("%.17g is not %.17g within %g", value, expected, tolerance);
    }
}

fm_model constant_model(double speed)
{
    return (fm_model){.kind = FM_MODEL_CONSTANT,
                      .x_max = 10,
                      .z_max = 5,
                      .radius_km = FM_EARTH_RADIUS_KM,
                      .speed = speed};
}

fm_model gradient_model(double speed, double gradient_x, double gradient_z)
{
    fm_model model = constant_model(speed);
    model.kind = FM_MODEL_GRADIENT;
    model.gradient_x = gradient_x;
    model.gradient_z = gradient_z;
    return model;
}

static double *copied(const double *values, size_t n)
{
    double *copy = malloc(n * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, values, n * sizeof *copy);
    return copy;
}

fm_model profile_model(size_t nknots, const double *depth_km, const double *speed)
{
    return (fm_model){.kind = FM_MODEL_PROFILE,
                      .radius_km = FM_EARTH_RADIUS_KM,
                      .x_max = 100,
                      .z_min = depth_km[0],
                      .z_max = depth_km[nknots - 1],
                      .nknots = nknots,
                      .depth_km = copied(depth_km, nknots),
                      .knot_speed = copied(speed, nknots)};
}

fm_model polar_earth_model(void)
{
    const double depth[] = {0, 20, 20, 35, 35, 77.5, 120, 165, 210, 210, 260, 400};
    const double speed[] = {5.8,  5.8,   6.5, 6.5, 8.04,   8.045,
                            8.05, 8.175, 8.3, 8.3, 8.4825, 9};
    fm_model model = profile_model(sizeof depth / sizeof *depth, depth, speed);
    model.geometry = FM_POLAR;
    model.x_max = 10;
    model.z_min = FM_EARTH_RADIUS_KM - 400;
    model.z_max = FM_EARTH_RADIUS_KM;
    return model;
}

fm_model nodes_model(fm_interpolation interpolation, size_t nx, size_t nz, rule *value)
{
    size_t ring = interpolation == FM_BSPLINE ? 1 : 0;
    size_t width = nx + 2 * ring, height = nz + 2 * ring;
    fm_model model = {.kind = FM_MODEL_NODES,
                      .radius_km = FM_EARTH_RADIUS_KM,
                      .interpolation = interpolation,
                      .nx = nx,
                      .nz = nz,
                      .x0 = -3,
                      .dx = 0.5,
                      .z0 = 2,
                      .dz = 0.25,
                      .values = malloc(width * height * sizeof(double))};
    assert_non_null(model.values);
    model.x_min = model.x0;
    model.z_min = model.z0;
    model.x_max = model.x0 + (double)(nx - 1) * model.dx;
    model.z_max = model.z0 + (double)(nz - 1) * model.dz;
    for (size_t k = 0; k < height; k++) {
        for (size_t i = 0; i < width; i++) {
            double x = model.x0 + ((double)i - (double)ring) * model.dx;
            double z = model.z0 + ((double)k - (double)ring) * model.dz;
            model.values[k * width + i] = value(x, z);
        }
    }
    return model;
}

fm_model cosines_model(fm_quantity quantity, size_t nx, size_t nz)
{
    fm_model model = constant_model(0);
    model.kind = FM_MODEL_COSINES;
    model.x_min = -3;
    model.quantity = quantity;
    model.reference = quantity == FM_SPEED ? 5 : 0.2;
    model.nx = nx;
    model.nz = nz;
    model.values = malloc(nx * nz * sizeof *model.values);
    assert_non_null(model.values);
    for (size_t n = 0; n < nx * nz; n++) {
        model.values[n] =
            0.5 * model.reference * sin(2.3 * (double)n + 1) / (double)(nx * nz);
    }
    return model;
}

double *node_of(fm_model *model, size_t i, size_t k)
{
    size_t ring = model->interpolation == FM_BSPLINE ? 1 : 0;
    return model->values + (k + ring) * (model->nx + 2 * ring) + i + ring;
}

fm_medium sampled(const fm_model *model, size_t nx, size_t nz)
{
    fm_grid grid;
    fm_medium medium;
    fm_error error = {0};
    double dx = (model->x_max - model->x_min) / (double)(nx - 1);
    double dz = (model->z_max - model->z_min) / (double)(nz - 1);
    assert_int_equal(fm_grid_create(model->geometry, model->radius_km, nx, nz,
                                    model->x_min, dx, model->z_min, dz, &grid, &error),
                     FM_OK);
    fm_medium_sample(model, &grid, &medium, &error);
    assert_string_equal(error.message, "");
    return medium;
}

double speed_at(const fm_medium *medium, size_t i, size_t k)
{
    return 1 / medium->slowness[k * medium->grid.nx + i];
}
