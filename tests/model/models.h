#ifndef FM_TESTS_MODELS_H
#define FM_TESTS_MODELS_H

#include "model/medium.h"

/* cmocka compares in single precision; this does not. Prints both when they differ. */
void assert_near(double value, double expected, double tolerance);

/* Small models for the tests of this room. All are cartesian unless changed; free them
 * with fm_model_clear. */

fm_model constant_model(double speed);
fm_model gradient_model(double speed, double gradient_x, double gradient_z);

/* Knots copied; extent 0 to 100 km by the knots' depths. */
fm_model profile_model(size_t nknots, const double *depth_km, const double *speed);

/* Crust and uppermost mantle of ak135 with its first three discontinuities (at 20, 35
 * and 210 km; at 210 the speed does not jump), 0 to 400 km deep, as a polar section of
 * 10 degrees. */
fm_model polar_earth_model(void);

/* nx by nz nodes from (x0, z0) in steps of dx, dz; a B-spline gets its cushion. Node
 * (or vertex) values by rule(x, z). */
typedef double rule(double x, double z);
fm_model nodes_model(fm_interpolation interpolation, size_t nx, size_t nz, rule *value);

/* nx by nz cosines with the extent of constant_model; their values are small against
 * the reference, which a speed of 5 km/s, or its slowness, is made from. */
fm_model cosines_model(fm_quantity quantity, size_t nx, size_t nz);

/* The value at column i and row k, counted from 0, the cushion not counted. */
double *node_of(fm_model *model, size_t i, size_t k);

/* Sample with nx by nz equal steps over the model's extent; fails the test on error. */
fm_medium sampled(const fm_model *model, size_t nx, size_t nz);

double speed_at(const fm_medium *medium, size_t i, size_t k);

#endif
