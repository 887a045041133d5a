/* Where the survey lies in the model. A position outside is the commonest mistake in a
 * survey file (swapped columns, metres for kilometres, west for east), so the message
 * gives everything in the user's own units: the id, what was read, what is allowed. */
#include "survey/survey.h"

#include <stdio.h>

/* An axis as the user sees it: name, unit, and how many km or degrees one unit is. */
typedef struct axis {
    const char *name, *unit;
    double scale;
} axis;

static axis axis_of(const char *name, const char *unit, double length_scale)
{
    bool degrees = unit[0] == 'd';
    if (degrees || length_scale <= 0 || length_scale == 1) {
        return (axis){name, unit, 1};
    }
    return (axis){name, length_scale == 0.001 ? "m" : "of your length units",
                  length_scale};
}

/* Nine digits: what the user wrote, without the noise of the change of units. */
static void describe_range(const axis *a, double low, double high, char *text,
                           size_t size)
{
    snprintf(text, size, "%s %.9g to %.9g %s", a->name, low / a->scale, high / a->scale,
             a->unit);
}

/* In a polar section the tables may give depths, so the depth is named too. */
static void describe_depth(const fm_grid *grid, double radius, double scale, char *text,
                           size_t size)
{
    text[0] = '\0';
    if (grid->geometry == FM_POLAR) {
        snprintf(text, size, " (depth %.9g)", (grid->radius_km - radius) / scale);
    }
}

static fm_status outside(const char *kind, const char *id, fm_point point,
                         const fm_grid *grid, double length_scale, fm_error *error)
{
    axis x = axis_of(fm_geometry_x_name(grid->geometry),
                     fm_geometry_x_unit(grid->geometry), length_scale);
    axis z = axis_of(fm_geometry_z_name(grid->geometry),
                     fm_geometry_z_unit(grid->geometry), length_scale);
    char range_x[128], range_z[128], depth[64];
    describe_range(&x, grid->x0, fm_grid_x_max(grid), range_x, sizeof range_x);
    describe_range(&z, grid->z[0], grid->z[grid->nz - 1], range_z, sizeof range_z);
    describe_depth(grid, point.z, z.scale, depth, sizeof depth);
    return fm_fail(error, FM_BAD_INPUT,
                   "%s '%s' at %s %.9g, %s %.9g%s lies outside the model, which has %s "
                   "and %s",
                   kind, id, x.name, point.x / x.scale, z.name, point.z / z.scale,
                   depth, range_x, range_z);
}

static fm_status place_stations(fm_stations *stations, const char *kind,
                                const fm_grid *grid, double length_scale,
                                fm_error *error)
{
    for (size_t i = 0; i < stations->n; i++) {
        fm_place place;
        if (!fm_grid_locate(grid, stations->point[i], &place)) {
            return outside(kind, stations->id[i], stations->point[i], grid,
                           length_scale, error);
        }
        stations->point[i] = place.point;
    }
    return FM_OK;
}

fm_status fm_survey_place(fm_survey *survey, const fm_grid *grid, fm_error *error)
{
    fm_status status =
        place_stations(&survey->sources, "source", grid, survey->length_scale, error);
    if (status == FM_OK) {
        status = place_stations(&survey->receivers, "receiver", grid,
                                survey->length_scale, error);
    }
    return status;
}
