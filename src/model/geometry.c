/* What depends on the geometry and on nothing else: the words a user reads and writes,
 * the range of the coordinates, and the distance between two points. */
#include "model/grid.h"

#include <math.h>
#include <string.h>

#include "limits.h"

typedef struct words {
    const char *name, *x, *z, *x_unit, *z_unit;
} words;

/* In the order of the enumerators. */
static const words vocabulary[] = {
    {"cartesian", "x", "z", "km", "km"},
    {"geographic", "lon", "lat", "degrees", "degrees"},
    {"polar", "angle", "radius", "degrees", "km"},
};
enum { GEOMETRIES = sizeof vocabulary / sizeof *vocabulary };

const char *fm_geometry_name(fm_geometry geometry)
{
    return vocabulary[geometry].name;
}

bool fm_geometry_parse(const char *text, fm_geometry *geometry)
{
    for (int i = 0; i < GEOMETRIES; i++) {
        if (strcmp(text, vocabulary[i].name) == 0) {
            *geometry = (fm_geometry)i;
            return true;
        }
    }
    return false;
}

const char *fm_geometry_x_name(fm_geometry geometry)
{
    return vocabulary[geometry].x;
}

const char *fm_geometry_z_name(fm_geometry geometry)
{
    return vocabulary[geometry].z;
}

const char *fm_geometry_x_unit(fm_geometry geometry)
{
    return vocabulary[geometry].x_unit;
}

const char *fm_geometry_z_unit(fm_geometry geometry)
{
    return vocabulary[geometry].z_unit;
}

static fm_status check_order(const char *name, const char *unit, double from, double to,
                             fm_error *error)
{
    if (!isfinite(from) || !isfinite(to) || !(from < to)) {
        return fm_fail(error, FM_BAD_INPUT,
                       "the extent in %s is from %g to %g %s: it must be finite and "
                       "ascend",
                       name, from, to, unit);
    }
    return FM_OK;
}

static fm_status check_sphere(fm_geometry geometry, double radius_km,
                              const fm_extent *extent, fm_error *error)
{
    if (!isfinite(radius_km) || !(radius_km > 0)) {
        return fm_fail(error, FM_BAD_INPUT,
                       "the sphere's radius is %g km: it must be positive", radius_km);
    }
    if (extent->x_max - extent->x_min >= 360) {
        return fm_fail(error, FM_BAD_INPUT,
                       "the extent in %s, %g to %g degrees, spans 360 degrees or more",
                       fm_geometry_x_name(geometry), extent->x_min, extent->x_max);
    }
    if (geometry == FM_GEOGRAPHIC && (extent->z_min <= -90 || extent->z_max >= 90)) {
        double pole = extent->z_min <= -90 ? extent->z_min : extent->z_max;
        return fm_fail(error, FM_BAD_INPUT,
                       "latitude %g degrees: latitudes must lie between -90 and 90, "
                       "the poles not included",
                       pole);
    }
    if (geometry == FM_POLAR && !(extent->z_min > 0)) {
        return fm_fail(error, FM_BAD_INPUT,
                       "radius %g km: radii must be positive (they are measured from "
                       "the centre)",
                       extent->z_min);
    }
    return FM_OK;
}

fm_status fm_extent_check(fm_geometry geometry, double radius_km,
                          const fm_extent *extent, fm_error *error)
{
    fm_status status =
        check_order(fm_geometry_x_name(geometry), fm_geometry_x_unit(geometry),
                    extent->x_min, extent->x_max, error);
    if (!status) {
        status = check_order(fm_geometry_z_name(geometry), fm_geometry_z_unit(geometry),
                             extent->z_min, extent->z_max, error);
    }
    if (!status && geometry != FM_CARTESIAN) {
        status = check_sphere(geometry, radius_km, extent, error);
    }
    return status;
}

static double radians(double degrees)
{
    return degrees * (3.14159265358979323846 / 180);
}

/* The haversine form keeps its accuracy for neighbouring points, where the cosine form
 * loses all digits. */
static double great_circle(fm_point a, fm_point b)
{
    double latitude = sin(radians(b.z - a.z) / 2);
    double longitude = sin(radians(b.x - a.x) / 2);
    double square = latitude * latitude +
                    cos(radians(a.z)) * cos(radians(b.z)) * longitude * longitude;
    return 2 * asin(sqrt(fmin(square, 1)));
}

static double chord(fm_point a, fm_point b)
{
    double rise = b.z - a.z;
    double turn = sin(radians(b.x - a.x) / 2);
    return sqrt(rise * rise + 4 * a.z * b.z * turn * turn);
}

double fm_distance(const fm_grid *grid, fm_point a, fm_point b)
{
    switch (grid->geometry) {
    case FM_GEOGRAPHIC:
        return grid->radius_km * great_circle(a, b);
    case FM_POLAR:
        return chord(a, b);
    case FM_CARTESIAN:
        break;
    }
    return hypot(b.x - a.x, b.z - a.z);
}
