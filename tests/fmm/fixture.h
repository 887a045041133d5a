#ifndef FM_TESTS_FMM_FIXTURE_H
#define FM_TESTS_FMM_FIXTURE_H

#include "fmm/solver.h"

/* Media, solvers and comparisons for the tests of this room. Anything that fails in
 * here fails the test. */

/* cmocka compares in single precision; this does not. Prints both when they differ. */
void assert_near(double value, double expected, double tolerance);
/* NaNs of any kind are equal. */
void assert_same_fields(const double *one, const double *two, size_t n);
double largest_difference(const double *one, const double *two, size_t n);

/* The same number in [0, 1) for the same n. */
double uniform(uint64_t n);

typedef double rule(fm_point at); /* slowness, s/km */
double unit_slowness(fm_point at);
double gradient_slowness(fm_point at); /* 1 / (2 + x / 8 + z / 4) */

/* Time in the plane for gradient_slowness, and does the ray (an arc of a circle) stay
 * in the grid? */
double gradient_time(fm_point a, fm_point b);
bool gradient_ray_inside(const fm_grid *grid, fm_point a, fm_point b);

fm_medium medium_on(fm_grid *grid, rule *slowness);
/* Cartesian, from (0, 0), unit steps. */
fm_medium flat_medium(size_t nx, size_t nz, rule *slowness);
fm_medium medium_of(fm_geometry geometry, size_t nx, size_t nz, fm_point first,
                    fm_point step, rule *slowness);
/* Flat, with an interface at the row and other rules on and beyond it. */
fm_medium layered_medium(size_t nx, size_t nz, size_t row, rule *before, rule *beyond);
/* One more interface, later than those there are, with this slowness beyond. */
void add_interface(fm_medium *medium, size_t row, rule *beyond);
double *slowness_at(fm_medium *medium, size_t i, size_t k);
void mask(fm_medium *medium, size_t i, size_t k);
fm_point node_at(const fm_medium *medium, size_t i, size_t k);

/* Two constant layers as a profile in cartesian geometry, `width` km wide, 0 to
 * `bottom` deep; and its medium with steps of at most `step`. */
fm_model two_layers(double width, double bottom, double boundary, double speed_above,
                    double speed_below);
fm_medium model_medium(const fm_model *model, double step);

fm_solver *solver_with(const fm_medium *medium, const fm_model *model, int order,
                       int refine, bool stop_early);
fm_solver *solver_of(const fm_medium *medium, const fm_model *model,
                     const fm_solver_options *options);
fm_solver *plain_solver(const fm_medium *medium); /* order 2, no zones, whole grid */
void march_from(fm_solver *solver, fm_point source);
double *field_of(const fm_solver *solver, const fm_medium *medium); /* to be freed */
/* A fresh solver, one march, its field. */
double *solved(const fm_medium *medium, int order, fm_point source);
/* The same, nodes accepted strictly in order of time. */
double *solved_in_order(const fm_medium *medium, int order, fm_point source);
double time_at(const fm_solver *solver, fm_point receiver);

#endif
