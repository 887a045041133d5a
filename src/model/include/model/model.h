#ifndef FM_MODEL_MODEL_H
#define FM_MODEL_MODEL_H

#include "model/grid.h"

/* A speed model as its author wrote it: a rule that gives the speed anywhere in its
 * extent. Speeds are km/s; a speed of 0 (or NaN in a grid) masks: nothing goes there.
 */

typedef enum fm_model_kind {
    FM_MODEL_CONSTANT, /* speed */
    FM_MODEL_GRADIENT, /* speed + gradient_x x + gradient_z z, in grid coordinates */
    FM_MODEL_PROFILE,  /* speed against depth, linear between knots, jumps allowed */
    FM_MODEL_NODES,    /* values on a regular grid, or B-spline vertices */
    FM_MODEL_COSINES   /* a speed or slowness that is a sum of cosines */
} fm_model_kind;

typedef enum fm_quantity { FM_SPEED, FM_SLOWNESS } fm_quantity; /* km/s, s/km */

typedef enum fm_interpolation {
    FM_LINEAR, /* through the values; continuous */
    FM_CUBIC,  /* through the values; cubic convolution (Keys 1981), smooth */
    FM_BSPLINE /* uniform cubic B-spline over the values as coefficients; smoothest */
} fm_interpolation;

#define FM_LEAST_GAP_KM 1e-6 /* a millimetre: less is a slip of the pen */

typedef struct fm_model {
    fm_model_kind kind;
    fm_geometry geometry;
    double radius_km;
    double x_min, x_max, z_min, z_max; /* extent, in grid coordinates */

    double speed, gradient_x, gradient_z; /* constant, gradient */

    /* Profile: depths ascend in km below the surface (z = 0, or radius = radius_km);
     * two rows at one depth are a discontinuity, the upper side first; other depths
     * differ by FM_LEAST_GAP_KM at least. [nknots] */
    size_t nknots;
    double *depth_km, *knot_speed;

    /* Nodes: [nz][nx], x fastest, both coordinates ascending. A B-spline has one ring
     * of cushion vertices outside the extent, which nx and nz do not count, but values
     * has: [nz+2][nx+2]. */
    fm_interpolation interpolation;
    bool cushion_extrapolated; /* by fm_model_add_cushion; else its author gave it */
    size_t nx, nz;
    double x0, dx, z0, dz;
    double *values;

    /* Cosines: with xi and zeta, from 0 to 1 over the extent,
     *
     *     reference + sum values[k][j] cos(pi j xi) cos(pi k zeta),    [nz][nx]
     *
     * is the speed, or the slowness. Nothing is masked. */
    fm_quantity quantity;
    double reference;
} fm_model;

#define FM_MOST_COSINES 1000 /* along either axis */

bool fm_interpolation_parse(const char *text, fm_interpolation *interpolation);
const char *fm_interpolation_name(fm_interpolation interpolation);

/* Free what the model owns; a zeroed model is fine. */
void fm_model_clear(fm_model *model);

/* Everything a reader could get wrong: finite values, speeds not negative, depths in
 * order, at least two knots or 2 x 2 nodes, 1 to FM_MOST_COSINES cosines each way,
 * extent not empty and covered, a profile only in cartesian or polar geometry.
 * FM_BAD_INPUT names the first offender (its position and value). */
fm_status fm_model_validate(const fm_model *model, fm_error *error);

/* fm_model_validate in two parts, for those who can tell where each was written: the
 * extent alone (possible in its geometry; of a profile that has knots also within its
 * depths and not above the surface), and the speeds within an extent that is good. */
fm_status fm_model_check_extent(const fm_model *model, fm_error *error);
fm_status fm_model_check_speeds(const fm_model *model, fm_error *error);

/* Surround values [nz][nx] by a ring of cushion vertices, extrapolated linearly: for a
 * B-spline whose author gave none. Once for a model; FM_BAD_INPUT for fewer than 2 x 2
 * values, FM_NO_MEMORY, and then the model is as before. */
fm_status fm_model_add_cushion(fm_model *model, fm_error *error);

/* How finely to march. Dicing splits each cell of a nodes model in dice_x by dice_z;
 * spacing asks for steps in grid units. Spacing (dx, dz > 0) works for every model and
 * is shrunk to divide the extent evenly; dice 0 means 1, a spacing of 0 means by dice,
 * and where both are given spacing counts. */
typedef struct fm_spacing {
    size_t dice_x, dice_z;
    double dx, dz;
} fm_spacing;

/* The propagation grid for the model. Every discontinuity of a profile becomes a row:
 * each layer is split in equal steps no larger than dz. */
fm_status fm_model_grid(const fm_model *model, const fm_spacing *spacing, fm_grid *grid,
                        fm_error *error);

#endif
