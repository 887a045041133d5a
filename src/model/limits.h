#ifndef FM_MODEL_LIMITS_H
#define FM_MODEL_LIMITS_H

#include "model/grid.h"

/* Private to the room: what a geometry allows. */

typedef struct fm_extent {
    double x_min, x_max, z_min, z_max; /* in the units of the geometry */
} fm_extent;

/* FM_BAD_INPUT, naming the value, for coordinates that are not finite or not in order,
 * radii that are not positive, latitudes at or beyond the poles, 360 degrees or more.
 */
fm_status fm_extent_check(fm_geometry geometry, double radius_km,
                          const fm_extent *extent, fm_error *error);

#endif
