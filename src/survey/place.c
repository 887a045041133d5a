/* Where the survey lies in the model. A position outside is the commonest mistake in a
 * survey file (swapped columns, metres for kilometres, west for east), so the message
 * gives everything in the user's own units: the id, what was read, what is allowed. */
#include "survey/survey.h"

#include <math.h>
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

typedef struct axes {
    axis x, z;
} axes;

static axes axes_of(const fm_grid *grid, double length_scale)
{
    fm_geometry geometry = grid->geometry;
    return (axes){axis_of(fm_geometry_x_name(geometry), fm_geometry_x_unit(geometry),
                          length_scale),
                  axis_of(fm_geometry_z_name(geometry), fm_geometry_z_unit(geometry),
                          length_scale)};
}

typedef struct text {
    char text[160];
} text;

/* Nine digits: what the user wrote, without the noise of the change of units. */
static text range_text(const axis *a, double low, double high)
{
    text t;
    snprintf(t.text, sizeof t.text, "%s %.9g to %.9g %s", a->name, low / a->scale,
             high / a->scale, a->unit);
    return t;
}

/* In a polar section the tables may give depths, so the depth is named too. */
static text point_text(const fm_grid *grid, const axes *a, fm_point point)
{
    text t;
    int used = snprintf(t.text, sizeof t.text, "%s %.9g, %s %.9g", a->x.name,
                        point.x / a->x.scale, a->z.name, point.z / a->z.scale);
    if (grid->geometry == FM_POLAR) {
        snprintf(t.text + used, sizeof t.text - (size_t)used, " (depth %.9g)",
                 (grid->radius_km - point.z) / a->z.scale);
    }
    return t;
}

/* Where it was read goes before what is wrong with it. */
static fm_status refuse(const fm_stations *stations, size_t i, fm_error *error)
{
    if (error && stations->path && stations->line) {
        fm_fail_within(error, "%s:%zu", stations->path, stations->line[i]);
    }
    return FM_BAD_INPUT;
}

static fm_status outside(const char *kind, const fm_stations *stations, size_t i,
                         const fm_grid *grid, double length_scale, fm_error *error)
{
    axes a = axes_of(grid, length_scale);
    fm_fail(error, FM_BAD_INPUT,
            "%s '%.60s' at %s lies outside the model, which has %s and %s", kind,
            stations->id[i], point_text(grid, &a, stations->point[i]).text,
            range_text(&a.x, grid->x0, fm_grid_x_max(grid)).text,
            range_text(&a.z, grid->z[0], grid->z[grid->nz - 1]).text);
    return refuse(stations, i, error);
}

static fm_status place_stations(fm_stations *stations, const char *kind,
                                const fm_grid *grid, double length_scale,
                                fm_error *error)
{
    for (size_t i = 0; i < stations->n; i++) {
        fm_place place;
        if (!fm_grid_locate(grid, stations->point[i], &place)) {
            return outside(kind, stations, i, grid, length_scale, error);
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

/* A point on an edge of its cell has nothing to do with the nodes off that edge. */
bool fm_survey_masked(const fm_medium *medium, fm_point point)
{
    fm_place place;
    if (!fm_grid_locate(&medium->grid, point, &place)) {
        return false;
    }
    for (size_t corner = 0; corner < 4; corner++) {
        bool east = corner % 2, far = corner / 2;
        double weight =
            (east ? place.fx : 1 - place.fx) * (far ? place.fz : 1 - place.fz);
        size_t node = (place.row + far) * medium->grid.nx + place.column + east;
        if (weight > 0 && isfinite(medium->slowness[node])) {
            return false;
        }
    }
    return true;
}

fm_status fm_survey_check_sources(const fm_survey *survey, const fm_medium *medium,
                                  fm_error *error)
{
    const fm_stations *sources = &survey->sources;
    for (size_t i = 0; i < sources->n; i++) {
        if (fm_survey_masked(medium, sources->point[i])) {
            axes a = axes_of(&medium->grid, survey->length_scale);
            fm_fail(error, FM_BAD_INPUT,
                    "source '%.60s' at %s lies in a masked part of the model (speed "
                    "zero): no wave can start there",
                    sources->id[i],
                    point_text(&medium->grid, &a, sources->point[i]).text);
            return refuse(sources, i, error);
        }
    }
    return FM_OK;
}
