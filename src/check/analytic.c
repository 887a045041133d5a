/* Problems with known answers; r is the distance to the source.
 *
 * constant: T = s r, along a straight line, a chord of the section, a great circle.
 *
 * gradient: v = v0 + g.x, T = acosh(1 + |g|^2 r^2 / (2 v_s v)) / |g| (Slotnick 1959).
 *
 * sloth: s^2 = s0^2 + 2 a.x, rays are parabolas (Cerveny 2001, section 3.4.2):
 * T = S sigma - |a|^2 sigma^3 / 6 with S = s_s^2 + a.dx and
 * sigma^2 = 2 r^2 / (S + sqrt(S^2 - |a|^2 r^2)).
 *
 * mercator: v = c cos(latitude) is conformal to the plane by Mercator's projection,
 * where rays are straight (loxodromes on the sphere).
 *
 * log-polar: v = c radius is conformal to the plane by (angle, ln radius).
 *
 * manufactured: T = r tau with tau chosen, s = |r grad tau + tau grad r|.
 *
 * layers: two constant layers, with direct, head and transmitted waves. */
#include "check/analytic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double radians = 3.14159265358979323846 / 180;

static double square(double x)
{
    return x * x;
}

static double straight(fm_point a, fm_point b)
{
    return hypot(a.x - b.x, a.z - b.z);
}

/* ---- constant speed, cartesian ---- */

static double unit_slowness(fm_point at, fm_point source)
{
    (void)at;
    (void)source;
    return 1;
}

/* ---- constant gradient of the speed: v = 1 + x + 2 z ---- */

static double gradient_speed(fm_point at)
{
    return 1 + at.x + 2 * at.z;
}

static double gradient_slowness(fm_point at, fm_point source)
{
    (void)source;
    return 1 / gradient_speed(at);
}

static double gradient_time(fm_point at, fm_point source)
{
    double q = 5 * square(straight(at, source)) /
               (2 * gradient_speed(at) * gradient_speed(source));
    return log1p(q + sqrt(q * (q + 2))) / sqrt(5);
}

/* ---- constant gradient of the squared slowness: s^2 = 4 - x/2 - 3 z ---- */

static double sloth_slowness(fm_point at, fm_point source)
{
    (void)source;
    return sqrt(4 - 0.5 * at.x - 3 * at.z);
}

static double sloth_time(fm_point at, fm_point source)
{
    double ax = -0.25;
    double az = -1.5;
    double mean = square(sloth_slowness(source, source)) + ax * (at.x - source.x) +
                  az * (at.z - source.z);
    double r2 = square(straight(at, source));
    double a2 = ax * ax + az * az;
    double sigma = sqrt(2 * r2 / (mean + sqrt(mean * mean - a2 * r2)));
    return mean * sigma - a2 * sigma * sigma * sigma / 6;
}

/* ---- manufactured: tau = 1 + |x - (0.5, 0.5)|^2 / 4, which grows towards every edge,
 * so that no ray enters from outside ---- */

static double chosen_tau(fm_point at)
{
    return 1 + (square(at.x - 0.5) + square(at.z - 0.5)) / 4;
}

static double manufactured_time(fm_point at, fm_point source)
{
    return straight(at, source) * chosen_tau(at);
}

/* |r grad tau + tau grad r|, its square written out so that the source is no exception.
 */
static double manufactured_slowness(fm_point at, fm_point source)
{
    double tau = chosen_tau(at);
    double tau_x = (at.x - 0.5) / 2;
    double tau_z = (at.z - 0.5) / 2;
    double along = tau_x * (at.x - source.x) + tau_z * (at.z - source.z);
    double r = straight(at, source);
    return sqrt(square(r) * (square(tau_x) + square(tau_z)) + 2 * tau * along +
                square(tau));
}

/* ---- sphere of radius 6371 km: constant 4 km/s, and v = 4 cos(latitude) ---- */

static const double sphere_speed = 4;

static double sphere_slowness(fm_point at, fm_point source)
{
    (void)at;
    (void)source;
    return 1 / sphere_speed;
}

static double great_circle(fm_point a, fm_point b)
{
    double w = square(sin((a.z - b.z) / 2 * radians)) +
               cos(a.z * radians) * cos(b.z * radians) *
                   square(sin((a.x - b.x) / 2 * radians));
    return 2 * asin(sqrt(w));
}

static double sphere_time(fm_point at, fm_point source)
{
    return FM_EARTH_RADIUS_KM * great_circle(at, source) / sphere_speed;
}

/* Within 60 degrees, and the great circle does not leave the latitudes of the model:
 * its northernmost and southernmost points among 33 along it. */
static bool sphere_inside(fm_point at, fm_point source)
{
    double distance = great_circle(at, source);
    if (distance > 60 * radians) {
        return false;
    }
    double north = 0;
    for (int n = 1; n < 32 && distance > 0; n++) {
        double f = n / 32.0;
        double a = sin((1 - f) * distance) / sin(distance);
        double b = sin(f * distance) / sin(distance);
        double z = a * sin(source.z * radians) + b * sin(at.z * radians);
        north = fmax(north, fabs(z));
    }
    return north <= sin(69 * radians);
}

static double mercator_slowness(fm_point at, fm_point source)
{
    (void)source;
    return 1 / (sphere_speed * cos(at.z * radians));
}

static double mercator_y(double latitude)
{
    return atanh(sin(latitude * radians));
}

static double mercator_time(fm_point at, fm_point source)
{
    double dx = (at.x - source.x) * radians;
    double dy = mercator_y(at.z) - mercator_y(source.z);
    return FM_EARTH_RADIUS_KM * hypot(dx, dy) / sphere_speed;
}

/* ---- polar section: constant 10 km/s, and v = radius / 600 s ---- */

static const double polar_speed = 10;
static const double polar_rate = 1.0 / 600;

static double polar_slowness(fm_point at, fm_point source)
{
    (void)at;
    (void)source;
    return 1 / polar_speed;
}

static double chord(fm_point a, fm_point b)
{
    return sqrt(square(a.z - b.z) +
                4 * a.z * b.z * square(sin((a.x - b.x) / 2 * radians)));
}

static double polar_time(fm_point at, fm_point source)
{
    return chord(at, source) / polar_speed;
}

/* The chord stays above the inner radius. */
static bool polar_inside(fm_point at, fm_point source)
{
    double angle = (at.x - source.x) * radians;
    double length = chord(at, source);
    double along =
        source.z * (source.z - at.z * cos(angle)); /* from the source, times length */
    if (along <= 0 || along >= length * length) {
        return true;
    }
    return fabs(source.z * at.z * sin(angle)) >= 3480 * length;
}

static double log_polar_slowness(fm_point at, fm_point source)
{
    (void)source;
    return 1 / (polar_rate * at.z);
}

static double log_polar_time(fm_point at, fm_point source)
{
    return hypot((at.x - source.x) * radians, log(at.z / source.z)) / polar_rate;
}

/* ---- two layers, 1 km/s over 3 km/s, boundary at z = 0.5 ---- */

static const double layer_z = 0.5;
static const double upper_slowness = 1;
static const double lower_slowness = 1.0 / 3;

static double layers_slowness(fm_point at, fm_point source)
{
    (void)source;
    return at.z < layer_z ? upper_slowness : lower_slowness;
}

/* Source above: the direct wave or, beyond the critical distance, the head wave. */
static double above(double x, double depths)
{
    double across = sqrt(square(upper_slowness) - square(lower_slowness));
    return x >= depths * lower_slowness / across ? x * lower_slowness + depths * across
                                                 : INFINITY;
}

/* Snell's law by bisection on the point where the ray crosses the boundary. */
static double transmitted(double x, double down1, double down2)
{
    double low = 0;
    double high = x;
    for (int n = 0; n < 100; n++) {
        double middle = (low + high) / 2;
        double one = upper_slowness * middle / fmax(hypot(middle, down1), 1e-300);
        double two =
            lower_slowness * (x - middle) / fmax(hypot(x - middle, down2), 1e-300);
        if (one > two) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return upper_slowness * hypot(low, down1) + lower_slowness * hypot(x - low, down2);
}

static double layers_time(fm_point at, fm_point source)
{
    double x = fabs(at.x - source.x);
    if (at.z <= layer_z) {
        return fmin(upper_slowness * straight(at, source),
                    above(x, 2 * layer_z - at.z - source.z));
    }
    return transmitted(x, layer_z - source.z, at.z - layer_z);
}

/* ---- the list ---- */

#define UNIT_SQUARE .geometry = FM_CARTESIAN, .x_max = 1, .z_max = 1
#define SQUARE UNIT_SQUARE, .interface_z = NAN
#define SPHERE                                                                         \
    .geometry = FM_GEOGRAPHIC, .radius_km = FM_EARTH_RADIUS_KM, .x_min = -70,          \
    .x_max = 70, .z_min = -70, .z_max = 70, .interface_z = NAN
#define SECTION                                                                        \
    .geometry = FM_POLAR, .radius_km = FM_EARTH_RADIUS_KM, .x_max = 60, .z_min = 3480, \
    .z_max = 6371, .interface_z = NAN

static const fm_problem problems[] = {
    {"constant", "v = 1, unit square", SQUARE, .source_box = {0.1, 0.9, 0.1, 0.9},
     .slowness = unit_slowness, .time = straight},
    {"gradient", "v = 1 + x + 2 z, unit square", SQUARE,
     .source_box = {0.1, 0.4, 0.1, 0.4}, .slowness = gradient_slowness,
     .time = gradient_time},
    {"sloth", "s^2 = 4 - x/2 - 3 z, unit square", SQUARE,
     .source_box = {0.2, 0.8, 0.03, 0.2}, .slowness = sloth_slowness,
     .time = sloth_time},
    {"manufactured", "T = r (1 + q / 4), unit square", SQUARE,
     .source_box = {0.1, 0.9, 0.1, 0.9}, .slowness = manufactured_slowness,
     .time = manufactured_time},
    {"sphere", "v = 4 km/s, 140 x 140 degrees, distances to 60 degrees", SPHERE,
     .source_box = {-20, 20, -40, 40}, .slowness = sphere_slowness, .time = sphere_time,
     .inside = sphere_inside},
    {"mercator", "v = 4 km/s cos(latitude), 140 x 140 degrees", SPHERE,
     .source_box = {-20, 20, -40, 40}, .slowness = mercator_slowness,
     .time = mercator_time},
    {"section", "v = 10 km/s, polar section, chords above the core", SECTION,
     .source_box = {5, 55, 3700, 6300}, .slowness = polar_slowness, .time = polar_time,
     .inside = polar_inside},
    {"log-polar", "v = radius / 600 s, polar section", SECTION,
     .source_box = {5, 55, 3700, 6300}, .slowness = log_polar_slowness,
     .time = log_polar_time},
    {"layers", "1 over 3 km/s, boundary on a row", UNIT_SQUARE,
     .source_box = {0.1, 0.4, 0.1, 0.4}, .slowness = layers_slowness,
     .time = layers_time, .interface_z = layer_z},
    {"layers-between", "1 over 3 km/s, boundary midway between rows", SQUARE,
     .source_box = {0.1, 0.4, 0.1, 0.4}, .slowness = layers_slowness,
     .time = layers_time, .between_rows = true},
};

const fm_problem *fm_problems(size_t *n)
{
    *n = sizeof problems / sizeof *problems;
    return problems;
}

const fm_problem *fm_problem_named(const char *name)
{
    for (size_t n = 0; n < sizeof problems / sizeof *problems; n++) {
        if (strcmp(problems[n].name, name) == 0) {
            return &problems[n];
        }
    }
    return NULL;
}

/* Two slownesses where a row lies on the boundary: just above and just below it. */
static void split_row(const fm_problem *problem, fm_point source, fm_medium *medium,
                      size_t k)
{
    const fm_grid *grid = &medium->grid;
    medium->ninterfaces = 1;
    medium->interface_row[0] = k;
    for (size_t i = 0; i < grid->nx; i++) {
        double x = fm_grid_x(grid, i);
        medium->slowness[k * grid->nx + i] =
            problem->slowness((fm_point){x, nextafter(grid->z[k], -INFINITY)}, source);
        medium->slowness_beyond[i] =
            problem->slowness((fm_point){x, grid->z[k]}, source);
    }
}

static fm_status allocate(fm_medium *medium, fm_error *error)
{
    size_t nodes = fm_grid_nodes(&medium->grid);
    medium->slowness = malloc(nodes * sizeof *medium->slowness);
    medium->interface_row = malloc(sizeof *medium->interface_row);
    medium->slowness_beyond = malloc(medium->grid.nx * sizeof *medium->slowness_beyond);
    if (!medium->slowness || !medium->interface_row || !medium->slowness_beyond) {
        fm_medium_clear(medium);
        return fm_fail_memory(error, "a test medium", (double)nodes * 8);
    }
    return FM_OK;
}

fm_status fm_problem_medium(const fm_problem *problem, size_t n, fm_point source,
                            fm_medium *medium, fm_error *error)
{
    *medium = (fm_medium){0};
    n -= problem->between_rows;
    double steps = (double)(n - 1);
    fm_status status =
        fm_grid_create(problem->geometry, problem->radius_km, n, n, problem->x_min,
                       (problem->x_max - problem->x_min) / steps, problem->z_min,
                       (problem->z_max - problem->z_min) / steps, &medium->grid, error);
    if (status == FM_OK) {
        status = allocate(medium, error);
    }
    if (status != FM_OK) {
        return status;
    }
    const fm_grid *grid = &medium->grid;
    for (size_t k = 0; k < grid->nz; k++) {
        for (size_t i = 0; i < grid->nx; i++) {
            fm_point at = {fm_grid_x(grid, i), grid->z[k]};
            medium->slowness[k * grid->nx + i] = problem->slowness(at, source);
        }
        if (fabs(grid->z[k] - problem->interface_z) < 1e-9) {
            split_row(problem, source, medium, k);
        }
    }
    return FM_OK;
}
