/* Rays in a layered sphere. A ray keeps its parameter p = r sin(i) / v; on its way
 * through a layer it takes the time and covers the angle (Bullen & Bolt 1985, chapter
 * 7)
 *
 *   T = integral of r dr / (v sqrt Q),  D = integral of p v dr / (r sqrt Q),
 *   Q = r^2 - p^2 v^2 = (1 - p b)(r - r0)(r + p v),  r0 = p a / (1 - p b)  for v = a +
 * b r.
 *
 * With w = sqrt(r - r0) as the variable of integration nothing is singular, not even at
 * the turning point r0, and sixteen Gauss points give all the digits. */
#include "ray_integral.h"

#include <math.h>
#include <stdbool.h>

static const double radians = 3.14159265358979323846 / 180;

enum { GAUSS = EARTH_GAUSS, SAMPLES = 40 };

typedef struct path {
    double time, angle; /* s, radians */
} path;

/* Nodes and weights on (-1, 1), by Newton's method on the Legendre polynomial. */
static void gauss(double node[GAUSS], double weight[GAUSS])
{
    for (int i = 0; i < GAUSS; i++) {
        double x = cos(3.14159265358979323846 * (i + 0.75) / (GAUSS + 0.5));
        double slope = 1;
        for (int iteration = 0; iteration < 20; iteration++) {
            double before = 1;
            double now = x;
            for (int n = 2; n <= GAUSS; n++) {
                double next = ((2 * n - 1) * x * now - (n - 1) * before) / n;
                before = now;
                now = next;
            }
            slope = GAUSS * (x * now - before) / (x * x - 1);
            x -= now / slope;
        }
        node[i] = x;
        weight[i] = 2 / ((1 - x * x) * slope * slope);
    }
}

earth_model earth_from_profile(double radius, size_t knots, const double *depth_km,
                               const double *speed)
{
    earth_model earth = {.radius = radius};
    gauss(earth.node, earth.weight);
    for (size_t n = knots - 1; n > 0 && earth.layers < EARTH_LAYERS; n--) {
        double low = radius - depth_km[n];
        double high = radius - depth_km[n - 1];
        if (high > low) {
            double b = (speed[n - 1] - speed[n]) / (high - low);
            earth.layer[earth.layers++] =
                (earth_layer){low, high, speed[n] - b * low, b};
        }
    }
    return earth;
}

static double speed_in(const earth_layer *layer, double r)
{
    return layer->a + layer->b * r;
}

/* Radius where a ray of parameter p would turn in the layer's law of speed. */
static double turning(const earth_layer *layer, double p)
{
    return p * layer->a / (1 - p * layer->b);
}

/* From radius `from` up to `to` within one layer; needs turning(layer, p) <= from. */
static path within(const earth_model *earth, const earth_layer *layer, double p,
                   double from, double to)
{
    double r0 = turning(layer, p);
    double w1 = sqrt(fmax(from - r0, 0));
    double w2 = sqrt(fmax(to - r0, 0));
    path leg = {0, 0};
    for (int i = 0; i < GAUSS; i++) {
        double w = (w1 + w2) / 2 + (w2 - w1) / 2 * earth->node[i];
        double r = r0 + w * w;
        double v = speed_in(layer, r);
        double scale =
            (w2 - w1) * earth->weight[i] / sqrt((1 - p * layer->b) * (r + p * v));
        leg.time += scale * r / v;
        leg.angle += scale * p * v / r;
    }
    return leg;
}

/* From radius `from` up to `to`; false when the ray turns in between. */
static bool climb(const earth_model *earth, double p, double from, double to, path *sum)
{
    for (size_t n = 0; n < earth->layers; n++) {
        const earth_layer *layer = &earth->layer[n];
        double low = fmax(layer->low, from);
        double high = fmin(layer->high, to);
        if (high <= low) {
            continue;
        }
        if (turning(layer, p) > low * (1 + 1e-13)) {
            return false;
        }
        path leg = within(earth, layer, p, low, high);
        sum->time += leg.time;
        sum->angle += leg.angle;
    }
    return true;
}

/* Down from the source to radius `bottom`, and up to the surface; with p of a ray that
 * is horizontal at the bottom in a medium of speed v there. */
static bool dive(const earth_model *earth, double source, double bottom, double v,
                 path *sum)
{
    double p = bottom / v;
    *sum = (path){0, 0};
    return climb(earth, p, bottom, source, sum) &&
           climb(earth, p, bottom, earth->radius, sum);
}

/* A family of rays, each told by one number: the radius where it turns, or its p. */
typedef struct ray_family {
    const earth_model *earth;
    const earth_layer *layer; /* of the turning point, or NULL: straight up */
    double source;
} ray_family;

static bool trace(const ray_family *family, double number, path *leg)
{
    if (family->layer) {
        return dive(family->earth, family->source, number,
                    speed_in(family->layer, number), leg);
    }
    *leg = (path){0, 0};
    return climb(family->earth, number, family->source, family->earth->radius, leg);
}

static double parameter_of(const ray_family *family, double number)
{
    return family->layer ? number / speed_in(family->layer, number) : number;
}

/* The time of the ray of the family between two numbers that arrives at this angle, by
 * bisection. Where the angle changes like a square root it is met to 1e-6 only; the
 * rest is dT/dD = p. INFINITY if the angle jumps over it. */
static double between(const ray_family *family, double one, double two, double angle)
{
    path ray;
    bool rises = trace(family, one, &ray) && ray.angle < angle;
    for (int n = 0; n < 80; n++) {
        double half = (one + two) / 2;
        if (!trace(family, half, &ray)) {
            break;
        }
        if ((ray.angle < angle) == rises) {
            one = half;
        } else {
            two = half;
        }
    }
    if (!trace(family, one, &ray) || fabs(ray.angle - angle) > 1e-5) {
        return INFINITY;
    }
    return ray.time + parameter_of(family, one) * (angle - ray.angle);
}

/* The n-th of SAMPLES + 1 parameters, close together near both ends: where the speed
 * bends or jumps the angle changes like a square root. */
static double sample(double low, double high, int n)
{
    double turn = 3.14159265358979323846 * n / SAMPLES;
    return low + (high - low) * (1 - cos(turn)) / 2;
}

static double earliest_of(const ray_family *family, double low, double high,
                          double angle)
{
    double best = INFINITY;
    path last = {0, 0};
    bool last_there = false;
    for (int n = 0; n <= SAMPLES; n++) {
        path ray;
        bool there = trace(family, sample(low, high, n), &ray);
        if (there && last_there && (ray.angle < angle) != (last.angle < angle)) {
            best = fmin(best, between(family, sample(low, high, n - 1),
                                      sample(low, high, n), angle));
        }
        last = ray;
        last_there = there;
    }
    return best;
}

/* Down to a boundary, along it on its faster side, and up. */
static double along_boundary(const earth_model *earth, double source, double bottom,
                             double v, double angle)
{
    path leg;
    if (!dive(earth, source, bottom, v, &leg) || leg.angle > angle) {
        return INFINITY;
    }
    return leg.time + bottom / v * (angle - leg.angle);
}

double earth_first_arrival(const earth_model *earth, double depth, double distance)
{
    double angle = distance * radians;
    double source = earth->radius - depth;
    double best = INFINITY;
    for (size_t n = 0; n < earth->layers; n++) {
        const earth_layer *layer = &earth->layer[n];
        if (layer->low < source) {
            ray_family diving = {earth, layer, source};
            best = fmin(best, earliest_of(&diving, layer->low,
                                          fmin(layer->high, source), angle));
        }
        if (n > 0 && layer->low <= source) {
            double v =
                fmax(speed_in(layer, layer->low), speed_in(layer - 1, layer->low));
            best = fmin(best, along_boundary(earth, source, layer->low, v, angle));
        }
        if (depth > 0 && layer->low <= source && source < layer->high) {
            ray_family direct = {earth, NULL, source};
            double steepest = source / speed_in(layer, source);
            best = fmin(best, earliest_of(&direct, 0, steepest, angle));
        }
    }
    return best;
}
