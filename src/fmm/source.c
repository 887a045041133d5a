/* The source zone in closed form. Near the source the medium is taken as linear in
 * speed, v = v0 + g.x, for which (e.g. Slotnick 1959; Fomel, Luo & Zhao 2009)
 *
 *   T = acosh(1 + |g|^2 r^2 / (2 v0 v)) / |g|,
 *
 * evaluated as log1p(q + sqrt(q (q + 2))) / |g| with q = |g|^2 r^2 / (2 v0 v), which
 * keeps its digits when q is small. It seeds the corners of the source's cell, and its
 * gradient tells the rows and columns beside the source the slowness across them.
 *
 * Where the cell ends at an interface with a faster medium behind, the head wave may
 * come first even there: with depths d from source and point to the interface and x
 * along it,
 *
 *   T = x s2 + d sqrt(s1^2 - s2^2)   for   x >= d s2 / sqrt(s1^2 - s2^2). */
#include "source.h"

static const double radians = 3.14159265358979323846 / 180;

double fm_source_slowness_from(const fm_medium *medium, size_t i, size_t k, size_t cell)
{
    size_t nx = medium->grid.nx;
    if (cell == k) {
        size_t n = fm_medium_interface_of(medium, k);
        if (n < medium->ninterfaces) {
            return medium->slowness_beyond[n * nx + i];
        }
    }
    return medium->slowness[k * nx + i];
}

static bool is_interface(const fm_medium *medium, size_t row)
{
    return fm_medium_interface_of(medium, row) < medium->ninterfaces;
}

/* The speed of a neighbour, or NAN when it is masked: a mask is no trend. */
static double speed_from(const fm_medium *medium, size_t i, size_t k, size_t cell)
{
    double slowness = fm_source_slowness_from(medium, i, k, cell);
    return isfinite(slowness) ? 1 / slowness : NAN;
}

/* The derivative at node (i, k) of the speed along x or z per step of the grid or per
 * unit of z: centred where both neighbours are there and in the same layer, one-sided
 * where one is, zero where none is. */
fm_rise fm_source_slope_x(const fm_medium *medium, size_t i, size_t k, size_t cell)
{
    bool west = i > 0 && !isnan(speed_from(medium, i - 1, k, cell));
    bool east = i + 1 < medium->grid.nx && !isnan(speed_from(medium, i + 1, k, cell));
    return (fm_rise){{west ? i - 1 : i, k, cell},
                     {east ? i + 1 : i, k, cell},
                     (double)(west + east)};
}

fm_rise fm_source_slope_z(const fm_medium *medium, size_t i, size_t k, size_t cell)
{
    const fm_grid *grid = &medium->grid;
    bool edge = is_interface(medium, k);
    size_t low = k > 0 && !(edge && cell == k) ? k - 1 : k;
    size_t high = k + 1 < grid->nz && !(edge && cell < k) ? k + 1 : k;
    low = isnan(speed_from(medium, i, low, low < k ? low : cell)) ? k : low;
    high = isnan(speed_from(medium, i, high, high > k ? k : cell)) ? k : high;
    return (fm_rise){{i, low, low < k ? low : cell},
                     {i, high, high > k ? k : cell},
                     grid->z[high] - grid->z[low]};
}

static double speed_of(const fm_medium *medium, fm_source_node node)
{
    return speed_from(medium, node.i, node.k, node.cell);
}

static double slope(const fm_medium *medium, fm_rise of)
{
    return of.per > 0 ? (speed_of(medium, of.high) - speed_of(medium, of.low)) / of.per
                      : 0;
}

static double slope_x(const fm_medium *medium, size_t i, size_t k, size_t cell)
{
    return slope(medium, fm_source_slope_x(medium, i, k, cell));
}

static double slope_z(const fm_medium *medium, size_t i, size_t k, size_t cell)
{
    return slope(medium, fm_source_slope_z(medium, i, k, cell));
}

/* Bilinear blend over the cell of a quantity at its corners; masked corners are
 * skipped. */
typedef double (*corner_value)(const fm_medium *medium, size_t i, size_t k,
                               size_t cell);

static double speed_at(const fm_medium *medium, size_t i, size_t k, size_t cell)
{
    return 1 / fm_source_slowness_from(medium, i, k, cell);
}

static double blend(const fm_medium *medium, const fm_place *place, corner_value value)
{
    double sum[2] = {0, 0};
    double weights[2] = {0, 0};
    /* Row by row, so that a mirrored medium gives the same bits. */
    for (size_t corner = 0; corner < 4; corner++) {
        size_t i = place->column + corner % 2;
        size_t k = place->row + corner / 2;
        double weight = (corner % 2 ? place->fx : 1 - place->fx) *
                        (corner / 2 ? place->fz : 1 - place->fz);
        if (weight > 0 && isfinite(fm_source_slowness_from(medium, i, k, place->row))) {
            sum[corner / 2] += weight * value(medium, i, k, place->row);
            weights[corner / 2] += weight;
        }
    }
    double weight = weights[0] + weights[1];
    return weight > 0 ? (sum[0] + sum[1]) / weight : NAN;
}

/* Far from smooth around the source (a mask, a jump), no trend is better than a wrong
 * one. */
bool fm_source_trend(const fm_medium *medium, const fm_source *source, double *gx,
                     double *gz)
{
    double step_x = medium->grid.dx * source->km_per_x;
    *gx = blend(medium, &source->place, slope_x) / step_x;
    *gz = blend(medium, &source->place, slope_z) / source->km_per_z;
    double g = hypot(*gx, *gz);
    return isfinite(g) && g * step_x < 0.5 * source->speed;
}

static void fit_trend(const fm_medium *medium, fm_source *source)
{
    if (!fm_source_trend(medium, source, &source->gx, &source->gz)) {
        source->gx = source->gz = 0;
    }
    source->g = hypot(source->gx, source->gz);
}

/* Between two nodes of a row, the masked one not counted. */
static double slowness_between(const double node[2], double fraction)
{
    double left = isfinite(node[0]) ? 1 - fraction : 0;
    double right = isfinite(node[1]) ? fraction : 0;
    double sum = (left > 0 ? left * node[0] : 0) + (right > 0 ? right * node[1] : 0);
    return left + right > 0 ? sum / (left + right) : INFINITY;
}

/* A source on an interface counts to the cell behind it, unless that is masked. */
static void prefer_open_side(const fm_medium *medium, fm_place *place)
{
    size_t n = fm_medium_interface_of(medium, place->row);
    if (place->fz > 0 || n == medium->ninterfaces) {
        return;
    }
    const double *beyond =
        medium->slowness_beyond + n * medium->grid.nx + place->column;
    if (isinf(slowness_between(beyond, place->fx))) {
        place->row--;
        place->fz = 1;
    }
}

static void fit_interface(const fm_medium *medium, fm_source *source)
{
    const fm_place *place = &source->place;
    source->slowness_lower = source->slowness_upper = 1 / source->speed;
    size_t row = place->fz < 1 ? place->row : place->row + 1;
    size_t n = fm_medium_interface_of(medium, row);
    source->on_interface =
        (place->fz <= 0 || place->fz >= 1) && n < medium->ninterfaces;
    if (source->on_interface) {
        size_t nx = medium->grid.nx;
        const double *lower = medium->slowness + row * nx + place->column;
        const double *upper = medium->slowness_beyond + n * nx + place->column;
        source->slowness_lower = slowness_between(lower, place->fx);
        source->slowness_upper = slowness_between(upper, place->fx);
    }
}

/* Those behind which it is faster, and the one that the source is on. */
static void fit_boundaries(const fm_medium *medium, fm_source *source)
{
    const fm_place *place = &source->place;
    size_t nx = medium->grid.nx;
    for (size_t side = 0; side < 2; side++) {
        size_t row = place->row + side;
        size_t n = fm_medium_interface_of(medium, row);
        if (n == medium->ninterfaces) {
            continue;
        }
        const double *far =
            side == 0 ? medium->slowness + row * nx : medium->slowness_beyond + n * nx;
        double beyond = slowness_between(far + place->column, place->fx);
        bool slow_here = beyond < 1 / source->speed;
        bool on_it = side == 0 ? place->fz <= 0 : place->fz >= 1;
        if (slow_here || on_it) {
            source->boundary[source->boundaries++] = (fm_boundary){
                .row = row,
                .slow_upper = slow_here == (side == 0),
                .dz = (medium->grid.z[row] - place->point.z) * source->km_per_z,
                .beyond = beyond};
        }
    }
}

/* Nodes along a line beside the source for which the remedy is used where the speed is
 * near to its linear trend; where it is that trend, FM_REACH_LINEAR times as far. The
 * error it mends at a distance r goes with the square of (spacing of the lines) / r, so
 * that it is used out to 64 of those spacings, or a fifth of the longer side of the
 * grid where that is less (measured; docs/method.md), but for no less than 8 nodes. */
static size_t reach(double spacing_km, double step_km, double longer_side_km)
{
    double nodes = fmin(64 * spacing_km, longer_side_km / 5) / step_km;
    return nodes > 8 ? (size_t)nodes : 8;
}

static void fit_reach(const fm_grid *grid, fm_source *source)
{
    const double *z = grid->z + source->place.row;
    double step_x = grid->dx * source->km_per_x;
    double step_z = (z[1] - z[0]) * source->km_per_z;
    double width = (double)(grid->nx - 1) * step_x;
    double height = (grid->z[grid->nz - 1] - grid->z[0]) * source->km_per_z;
    source->reach_x = reach(step_z, step_x, fmax(width, height));
    source->reach_z = reach(step_x, step_z, fmax(width, height));
}

fm_status fm_source_fit(const fm_medium *medium, fm_point point, fm_source *source,
                        fm_error *error)
{
    const fm_grid *grid = &medium->grid;
    *source = (fm_source){0};
    if (!fm_grid_locate(grid, point, &source->place)) {
        return fm_fail(error, FM_BAD_INPUT,
                       "the source at %s %.10g, %s %.10g is outside the model",
                       fm_geometry_x_name(grid->geometry), point.x,
                       fm_geometry_z_name(grid->geometry), point.z);
    }
    point = source->place.point;
    prefer_open_side(medium, &source->place);
    source->speed = blend(medium, &source->place, speed_at);
    if (!isfinite(source->speed)) {
        return fm_fail(error, FM_BAD_INPUT,
                       "the source at %s %.10g, %s %.10g lies in a masked part of the "
                       "model (speed zero)",
                       fm_geometry_x_name(grid->geometry), point.x,
                       fm_geometry_z_name(grid->geometry), point.z);
    }
    source->km_per_x = source->km_per_z = 1;
    if (grid->geometry == FM_GEOGRAPHIC) {
        source->km_per_z = grid->radius_km * radians;
        source->km_per_x = source->km_per_z * cos(point.z * radians);
    } else if (grid->geometry == FM_POLAR) {
        source->km_per_x = point.z * radians;
    }
    fit_interface(medium, source);
    fit_boundaries(medium, source);
    fit_trend(medium, source);
    fit_reach(grid, source);
    return FM_OK;
}

fm_point fm_source_offset(const fm_source *source, fm_point point)
{
    return (fm_point){(point.x - source->place.point.x) * source->km_per_x,
                      (point.z - source->place.point.z) * source->km_per_z};
}

double fm_source_linear_speed(const fm_source *source, fm_point offset)
{
    return source->speed + source->gx * offset.x + source->gz * offset.z;
}

/* q of the essay above; negative where there is no trend to speak of. */
static double trend(const fm_source *source, double r, double speed)
{
    double q = source->g * source->g * r * r / (2 * source->speed * speed);
    return speed > 0 && q > 1e-24 ? q : -1;
}

double fm_source_q(const fm_source *source, double r, fm_point offset)
{
    return trend(source, r, fm_source_linear_speed(source, offset));
}

double fm_source_direct_time(const fm_source *source, double r, fm_point offset)
{
    double q = trend(source, r, fm_source_linear_speed(source, offset));
    return q < 0 ? r / source->speed : log1p(q + sqrt(q * (q + 2))) / source->g;
}

/* The head wave of the essay, from slowness `here` along slowness `there`; INFINITY
 * where there is none. */
static double head_wave(double here, double there, double depths, double along)
{
    if (there >= here || isinf(here)) {
        return INFINITY;
    }
    double across = sqrt(here * here - there * there);
    return along * across >= depths * there ? along * there + depths * across
                                            : INFINITY;
}

double fm_source_time(const fm_source *source, double r, fm_point offset)
{
    double along = sqrt(fmax(r * r - offset.z * offset.z, 0));
    if (source->on_interface && fabs(offset.z) * 1e9 <= r) {
        return fmin(source->slowness_lower, source->slowness_upper) * r;
    }
    if (source->on_interface) {
        bool below = offset.z < 0;
        double here = below ? source->slowness_lower : source->slowness_upper;
        double there = below ? source->slowness_upper : source->slowness_lower;
        return fmin(here * r, head_wave(here, there, fabs(offset.z), along));
    }
    double time = fm_source_direct_time(source, r, offset);
    for (size_t n = 0; n < source->boundaries; n++) {
        const fm_boundary *boundary = &source->boundary[n];
        double depths = fabs(boundary->dz) + fabs(boundary->dz - offset.z);
        time =
            fmin(time, head_wave(1 / source->speed, boundary->beyond, depths, along));
    }
    return time;
}

fm_point fm_source_gradient(const fm_source *source, const fm_look *look,
                            fm_point offset)
{
    double speed = fm_source_linear_speed(source, offset);
    double q = trend(source, look->r, speed);
    if (q < 0) {
        return (fm_point){look->gx / source->speed, look->gz / source->speed};
    }
    double rate = q / (source->g * sqrt(q * (q + 2))); /* dT/dq times q */
    return (fm_point){rate * (2 * look->gx / look->r - source->gx / speed),
                      rate * (2 * look->gz / look->r - source->gz / speed)};
}
