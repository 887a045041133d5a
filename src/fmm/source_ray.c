/* How far from the source its closed form may be believed. T0 is that of a medium whose
 * speed is linear everywhere, and it may be so at a node, and all along a row of nodes,
 * while the ray that T0 stands for has been elsewhere: in a speed that grows with depth
 * it dives, by some r^2 g / 8 v, and in the section of the Earth even a straight ray is
 * deeper between its ends. So the medium is looked at where the ray is farthest from
 * both: at the middle of the arc. If that is in another layer, or far from the source
 * outside the grid, no such ray comes to the node. (Close to the source the bow is a
 * few cells at most, and what lies outside is taken as more of the same: there accuracy
 * between the nodes is at stake, and at an edge no better answer is known.)
 *
 * With y = v / |g| away from the line on which the speed is 0, and x along it, rays are
 * circles around a point c of that line: from (0, y1) to (x2, y2)
 * c = (x2^2 + y2^2 - y1^2) / 2 x2, and the arc leaves its chord of length r by
 * R - sqrt(R^2 - r^2 / 4). */
#include "source.h"

static const double radians = 3.14159265358979323846 / 180;

/* The middle of the straight line, or of the great circle, between two points. */
static fm_point middle_of(const fm_grid *grid, fm_point a, fm_point b)
{
    double half = (b.x - a.x) * radians / 2;
    fm_point middle = {(a.x + b.x) / 2, (a.z + b.z) / 2};
    if (grid->geometry == FM_POLAR) {
        double along = (a.z + b.z) / 2 * cos(half), aside = (b.z - a.z) / 2 * sin(half);
        middle.z = hypot(along, aside);
        middle.x += atan2(aside, along) / radians;
    } else if (grid->geometry == FM_GEOGRAPHIC) {
        double za = a.z * radians, zb = b.z * radians;
        double along = (cos(za) + cos(zb)) * cos(half);
        double aside = (cos(zb) - cos(za)) * sin(half);
        middle.z = atan2(sin(za) + sin(zb), hypot(along, aside)) / radians;
        middle.x += atan2(aside, along) / radians;
    }
    return middle;
}

/* From the chord to the arc at its middle, as an offset; none where the ray is
 * straight. */
static fm_point bow(const fm_source *source, fm_point offset)
{
    double r = hypot(offset.x, offset.z), g = source->g;
    double speed = fm_source_linear_speed(source, offset);
    if (!(g > 0) || !(r > 0) || !(speed > 0)) {
        return (fm_point){0, 0};
    }
    double y1 = source->speed / g, y2 = speed / g, half = r / 2;
    fm_point e = {source->gx / g, source->gz / g}, u = {offset.x / r, offset.z / r};
    double along = e.x * u.x + e.z * u.z;
    fm_point aside = {e.x - along * u.x, e.z - along * u.z};
    double sine = hypot(aside.x, aside.z), x2 = r * sine;
    if (!(sine > 1e-9)) {
        return (fm_point){0, 0};
    }
    double c = (x2 * x2 + y2 * y2 - y1 * y1) / (2 * x2), square = c * c + y1 * y1;
    double sagitta = half * half / (sqrt(square) + sqrt(fmax(square - half * half, 0)));
    return (fm_point){sagitta * aside.x / sine, sagitta * aside.z / sine};
}

/* All corners of the cell that count and are not masked, if there are any. */
static bool is_linear_at(const fm_source *source, const fm_medium *medium,
                         const fm_place *place, double tolerance)
{
    double open = 0;
    for (size_t corner = 0; corner < 4; corner++) {
        size_t i = place->column + corner % 2, k = place->row + corner / 2;
        double weight = (corner % 2 ? place->fx : 1 - place->fx) *
                        (corner / 2 ? place->fz : 1 - place->fz);
        fm_point node = {fm_grid_x(&medium->grid, i), medium->grid.z[k]};
        double s = fm_source_slowness_from(medium, i, k, place->row);
        double trend = fm_source_linear_speed(source, fm_source_offset(source, node));
        bool counts = weight > 0 && isfinite(s);
        if (counts && !(fabs(s * trend - 1) <= tolerance)) {
            return false;
        }
        open += counts ? weight : 0;
    }
    return open > 0;
}

bool fm_source_ray_holds(const fm_source *source, const fm_medium *medium,
                         fm_point point, double tolerance, bool beyond_grid)
{
    fm_place place;
    fm_point off = bow(source, fm_source_offset(source, point));
    fm_point middle = middle_of(&medium->grid, source->place.point, point);
    middle.x += off.x / source->km_per_x;
    middle.z += off.z / source->km_per_z;
    if (!fm_grid_locate(&medium->grid, middle, &place)) {
        return beyond_grid;
    }
    return is_linear_at(source, medium, &place, tolerance);
}
