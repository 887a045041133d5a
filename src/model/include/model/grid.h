#ifndef FM_MODEL_GRID_H
#define FM_MODEL_GRID_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* The propagation grid: columns at equal steps, rows wherever they are wanted.
 *
 *   geometry     x, a column         z, a row                       a step along x
 *   cartesian    x, km               z, km, positive down           dx
 *   geographic   longitude, degrees  latitude, degrees, north up    R cos(lat) dx
 *   polar        angle, degrees      radius, km, from the centre    radius dx
 *
 * Both coordinates ascend. The geometry is always declared, never guessed. */

typedef enum fm_geometry { FM_CARTESIAN, FM_GEOGRAPHIC, FM_POLAR } fm_geometry;

#define FM_EARTH_RADIUS_KM 6371.0

typedef struct fm_point {
    double x, z; /* in the units of the grid's geometry */
} fm_point;

typedef struct fm_grid {
    fm_geometry geometry;
    double radius_km; /* of the sphere (geographic) or of the Earth's surface (polar) */
    size_t nx, nz;    /* columns, rows: at least 2 each */
    double x0, dx;    /* first column and step: km or degrees */
    double *z;        /* [nz], strictly ascending: km or degrees; owned */
} fm_grid;

/* The words of the job file, "cartesian" | "geographic" | "polar"; names of the two
 * coordinates ("x" "z", "lon" "lat", "angle" "radius") and their units ("km",
 * "degrees"). */
const char *fm_geometry_name(fm_geometry geometry);
bool fm_geometry_parse(const char *text, fm_geometry *geometry);
const char *fm_geometry_x_name(fm_geometry geometry);
const char *fm_geometry_z_name(fm_geometry geometry);
const char *fm_geometry_x_unit(fm_geometry geometry);
const char *fm_geometry_z_unit(fm_geometry geometry);

/* A grid with nz equal row steps dz from z0. FM_BAD_INPUT for fewer than two columns or
 * rows, steps that are not positive, latitudes beyond (-90, 90), a span of 360 degrees
 * or more, radii that are not positive, more nodes than fit in 32 bits. */
fm_status fm_grid_create(fm_geometry geometry, double radius_km, size_t nx, size_t nz,
                         double x0, double dx, double z0, double dz, fm_grid *grid,
                         fm_error *error);

/* The same, rows at z[nz] (copied). */
fm_status fm_grid_create_rows(fm_geometry geometry, double radius_km, size_t nx,
                              size_t nz, double x0, double dx, const double *z,
                              fm_grid *grid, fm_error *error);

/* Free the rows; a zeroed grid is fine. */
void fm_grid_clear(fm_grid *grid);

double fm_grid_x(const fm_grid *grid, size_t column);
double fm_grid_x_max(const fm_grid *grid);
size_t fm_grid_nodes(const fm_grid *grid);

/* Is the point in the grid, edges included (with a tolerance of 1e-9 steps)? If so, the
 * cell that holds it (column < nx-1, row < nz-1) and the place within that cell, 0 to 1
 * along each axis. A point within 1e-9 steps of a node is moved onto it. On a
 * geographic grid a longitude that differs by 360 degrees is found as well. */
typedef struct fm_place {
    size_t column, row;
    double fx, fz;
    fm_point point; /* where it is, in the grid's own range of coordinates */
} fm_place;
bool fm_grid_locate(const fm_grid *grid, fm_point point, fm_place *place);

/* The distance from a to b in km: straight (cartesian, polar) or along the great
 * circle. */
double fm_distance(const fm_grid *grid, fm_point a, fm_point b);

#endif
