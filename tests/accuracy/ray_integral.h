#ifndef FM_TESTS_RAY_INTEGRAL_H
#define FM_TESTS_RAY_INTEGRAL_H

#include <stddef.h>

/* First-arriving P times in a spherically symmetric Earth by integrating along rays: an
 * answer that owes nothing to the march. */

enum { EARTH_LAYERS = 512, EARTH_GAUSS = 16 };

/* Between two radii the speed is linear: v = a + b r, km/s. Layers from the centre up.
 */
typedef struct earth_layer {
    double low, high; /* radii, km */
    double a, b;
} earth_layer;

typedef struct earth_model {
    double radius; /* of the surface, km */
    size_t layers;
    earth_layer layer[EARTH_LAYERS];
    double node[EARTH_GAUSS], weight[EARTH_GAUSS]; /* of the quadrature, on (-1, 1) */
} earth_model;

/* From knots of a profile: depths ascend, two knots at one depth are a discontinuity.
 */
earth_model earth_from_profile(double radius, size_t knots, const double *depth_km,
                               const double *speed);

/* The earliest arrival in seconds at the surface, `distance` degrees from a source at
 * `depth` km: direct and diving rays, and waves that run along a discontinuity (head
 * waves, and the core-diffracted wave). */
double earth_first_arrival(const earth_model *earth, double depth, double distance);

#endif
