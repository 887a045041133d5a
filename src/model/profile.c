/* A profile: speed against depth, linear between knots. Two knots at one depth are a
 * discontinuity, and what the speed is there depends on the side one looks from. Rows
 * of a grid are compared with depths by a small absolute tolerance, because in a polar
 * section a row is a radius, and radius_km - (radius_km - depth) is not quite depth. */
#include <math.h>

#include "sampler.h"

double fm_profile_depth(const fm_model *model, double z)
{
    return model->geometry == FM_POLAR ? model->radius_km - z : z;
}

/* The last knot not deeper than `depth`, but never the last of all. */
static size_t knot_above(const fm_model *model, double depth)
{
    size_t low = 0, high = model->nknots - 1;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (model->depth_km[middle] <= depth) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_jump(const fm_model *model, size_t upper, double depth)
{
    return upper + 1 < model->nknots &&
           model->depth_km[upper] == model->depth_km[upper + 1] &&
           model->knot_speed[upper] != model->knot_speed[upper + 1] &&
           fabs(depth - model->depth_km[upper]) <= FM_SAME_DEPTH_KM;
}

size_t fm_profile_jump_at(const fm_model *model, double depth_km)
{
    /* By rounding the depth may fall on either side of the pair. */
    size_t knot = knot_above(model, depth_km);
    size_t first = knot > 0 ? knot - 1 : 0;
    for (size_t upper = first; upper <= knot + 1; upper++) {
        if (is_jump(model, upper, depth_km)) {
            return upper;
        }
    }
    return model->nknots;
}

/* A speed of 0 masks; it is never the end of a slope (see validate.c). */
static double speed_or_mask(double speed)
{
    return speed == 0 ? NAN : speed;
}

static fm_knot_place between_jumps(const fm_model *model, double depth)
{
    size_t knot = knot_above(model, depth);
    const double *z = model->depth_km + knot;
    double span = z[1] - z[0];
    double fraction = span > 0 ? fmin(fmax((depth - z[0]) / span, 0), 1) : 0;
    return (fm_knot_place){.knot = knot, .fraction = fraction};
}

fm_knot_place fm_profile_find(const fm_model *model, double z, fm_side side)
{
    double depth = fm_profile_depth(model, z);
    size_t upper = fm_profile_jump_at(model, depth);
    if (upper == model->nknots) {
        return between_jumps(model, depth);
    }
    /* Rows count downwards in cartesian geometry, upwards in a polar section. */
    bool deeper = (side == FM_BEYOND) == (model->geometry != FM_POLAR);
    return (fm_knot_place){.knot = deeper ? upper + 1 : upper};
}

double fm_profile_speed(const fm_model *model, double z, fm_side side)
{
    fm_knot_place place = fm_profile_find(model, z, side);
    const double *v = model->knot_speed + place.knot;
    if (place.fraction == 0) {
        return speed_or_mask(v[0]);
    }
    return speed_or_mask(v[0] + place.fraction * (v[1] - v[0]));
}
