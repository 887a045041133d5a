#ifndef FM_MODEL_COEFFICIENTS_H
#define FM_MODEL_COEFFICIENTS_H

#include <stdint.h>

#include "model/medium.h"

/* The numbers that a model is made of, as an inversion changes them, and how the
 * slowness of a medium's nodes depends on them.
 *
 *   model            coefficients                                   [nz][nx]
 *   nodes            the values                                     [nz][nx]
 *   B-spline         the vertices; the cushion ring folded back     [nz][nx]
 *                    or counted                                     [nz+2][nx+2]
 *   cosines          their coefficients                             [nz][nx]
 *   profile          the knots                                      [nknots][1]
 *   gradient         speed, gradient_x, gradient_z                  [3][1]
 *   constant         the speed                                      [1][1]
 *
 * Folded back: where the cushion was extrapolated from the vertices
 * (fm_model_add_cushion) it follows them as it was made; where it was given, each
 * cushion vertex keeps its ratio to the nearest vertex of the edge. Either way
 * sum c dT/dc is the same as with the cushion counted.
 *
 * A coefficient is taken as it stands or, for nodes, profiles and constants, as its
 * reciprocal: derivatives with respect to slowness where the model gives speeds. */

typedef struct fm_coefficients {
    fm_quantity quantity; /* of what the derivatives are */
    bool cushions;        /* of a B-spline: counted, not folded back */
    size_t nx, nz;        /* shape, x fastest */
} fm_coefficients;

/* What derivatives of this model can be with respect to. FM_BAD_INPUT, in the user's
 * words, when the model has no such coefficients: slowness of a gradient, or of cosines
 * that make a speed (and the other way round); cushions of what is not a B-spline. */
fm_status fm_coefficients_of(const fm_model *model, fm_quantity quantity, bool cushions,
                             fm_coefficients *coefficients, fm_error *error);

/* Their values, [nz][nx], in km/s or s/km as `quantity` says. A masked node's is 0. */
void fm_coefficients_values(const fm_model *model, const fm_coefficients *coefficients,
                            double *value);

/* Where they are: x of each column and z of each row in grid coordinates (cosines,
 * gradients and constants: their numbers, from 0). */
void fm_coefficients_positions(const fm_model *model,
                               const fm_coefficients *coefficients, double *x,
                               double *z);

/* d slowness(node) / d coefficient for all nodes of a medium sampled from the model:
 * the propagation grid's or a refined zone's. Keeps model and medium, which must
 * outlive it. fm_jacobian_add has its scratch in it: one thread at a time. */
typedef struct fm_jacobian fm_jacobian;
fm_status fm_jacobian_create(const fm_model *model, const fm_medium *medium,
                             const fm_coefficients *coefficients,
                             fm_jacobian **jacobian, fm_error *error);
void fm_jacobian_destroy(fm_jacobian *jacobian); /* accepts NULL */

/* The most coefficients that a node depends on: 16 for cubic interpolation. */
size_t fm_jacobian_taps(const fm_jacobian *jacobian);

/* Those of one node (of its side of larger row number if `beyond`): indices into the
 * coefficients, each once, and derivatives that are not 0. Returns how many; 0 for a
 * masked node. */
size_t fm_jacobian_node(const fm_jacobian *jacobian, size_t column, size_t row,
                        bool beyond, uint32_t *index, double *derivative);

/* The chain rule for all nodes at once: add to gradient[nz][nx] what dJ/d slowness of
 * the nodes, kernel[grid nz][grid nx] and beyond[ninterfaces][grid nx] (NULL if there
 * are none), makes dJ/d coefficient. The order of the additions is fixed. */
void fm_jacobian_add(const fm_jacobian *jacobian, const double *kernel,
                     const double *beyond, double *gradient);

#endif
