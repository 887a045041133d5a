/* The travel time as a function of the place. T = r tau: r and its gradient in closed
 * form, tau from the 4 x 4 nodes around by cubics (Lagrange), which never reach across
 * an interface and shift inwards at an edge, as in receiver.c; near masks, where those
 * are not whole, from the cell's corners. So
 *
 *   grad T = tau grad r + r grad tau
 *
 * keeps its digits next to the source, where T has its cone.
 *
 * A ray asks hundreds of times, so that nothing here calls a function of the
 * mathematical library but the square root: sines at a point follow from those at the
 * node before it by the addition theorem and a short series. */
#include "field.h"

#include <stdlib.h>

#include "core/memory.h"

static const double radians = 3.14159265358979323846 / 180;

double fm_field_bytes(size_t nx, size_t nz)
{
    const size_t margins = (size_t)2 * FM_MARGIN;
    return (double)(nx + margins) * (double)(nz + margins) * sizeof(double) +
           (double)nz * sizeof(fm_field_row);
}

fm_status fm_field_create(const fm_march *march, size_t nx, size_t nz, fm_field *field,
                          fm_error *error)
{
    const size_t margins = (size_t)2 * FM_MARGIN;
    *field = (fm_field){.march = march};
    field->tau = fm_large_alloc((nx + margins) * (nz + margins) * sizeof *field->tau);
    field->row = malloc(nz * sizeof *field->row);
    if (!field->tau || !field->row) {
        fm_field_clear(field);
        return fm_fail_memory(error, "rays", fm_field_bytes(nx, nz));
    }
    return FM_OK;
}

void fm_field_clear(fm_field *field)
{
    free(field->tau);
    free(field->row);
    *field = (fm_field){0};
}

/* ---- tables ---- */

static bool is_interface(const fm_field *field, size_t row)
{
    return fm_frame_row(&field->march->frame, row)->interface != FM_NO_INTERFACE;
}

/* Layers end at interfaces and at the edges. */
static void bound_layers(fm_field *field, size_t nz)
{
    for (size_t k = 0; k < nz; k++) {
        bool begins = k == 0 || is_interface(field, k);
        field->row[k].low = begins ? k : field->row[k - 1].low;
    }
    for (size_t k = nz - 1; k-- > 0;) {
        bool ends = k + 2 == nz || is_interface(field, k + 1);
        field->row[k].high = ends ? k + 1 : field->row[k + 1].high;
    }
}

static void place_stencil(const double *z, size_t cell, fm_field_row *row)
{
    size_t first = cell > row->low ? cell - 1 : row->low;
    size_t last = first + 3 < row->high ? first + 3 : row->high;
    while (last - first < 3 && first > row->low) {
        first--;
    }
    row->first = first;
    row->n = last - first + 1;
    for (size_t a = 0; a < row->n; a++) {
        double product = 1;
        row->z[a] = z[first + a];
        for (size_t b = 0; b < row->n; b++) {
            product *= b == a ? 1 : z[first + a] - z[first + b];
        }
        row->inv[a] = 1 / product;
    }
}

static void fill_tau(fm_field *field)
{
    const fm_march *march = field->march;
    const fm_source *source = &march->source;
    const fm_grid *grid = &march->medium->grid;
    for (size_t k = 0; k < grid->nz; k++) {
        const double *time = march->time + fm_march_node(march, 0, k);
        double *tau = field->tau + fm_march_node(march, 0, k);
        for (size_t i = 0; i < grid->nx; i++) {
            double r = fm_frame_look(&march->frame, i, k).r;
            double at_source = fmin(source->slowness_lower, source->slowness_upper);
            double value = r > 0 ? time[i] / r : at_source;
            tau[i] = time[i] >= 0 && time[i] < INFINITY ? value : NAN;
        }
    }
}

void fm_field_begin(fm_field *field)
{
    const fm_grid *grid = &field->march->medium->grid;
    bound_layers(field, grid->nz);
    for (size_t k = 0; k < grid->nz; k++) {
        if (k + 1 < grid->nz) {
            place_stencil(grid->z, k, &field->row[k]);
            field->row[k].per_z = 1 / (grid->z[k + 1] - grid->z[k]);
        }
        bool sphere = grid->geometry == FM_GEOGRAPHIC;
        field->row[k].sine = sphere ? sin(grid->z[k] * radians) : 0;
        field->row[k].cosine = sphere ? cos(grid->z[k] * radians) : 1;
    }
    field->flat = grid->geometry == FM_CARTESIAN;
    field->km_per_x = grid->dx;
    if (grid->geometry != FM_CARTESIAN) {
        bool sphere = grid->geometry == FM_GEOGRAPHIC;
        field->km_per_x *= radians * (sphere ? grid->radius_km : 1);
    }
    fill_tau(field);
}

/* ---- geometry at a point ---- */

/* Sine and cosine of an angle of a step or less. */
static void short_angle(double d, double *sine, double *cosine)
{
    const double s3 = 1.0 / 6, s5 = 1.0 / 20, s7 = 1.0 / 42, s9 = 1.0 / 72;
    const double c2 = 1.0 / 2, c4 = 1.0 / 12, c6 = 1.0 / 30, c8 = 1.0 / 56;
    double q = d * d;
    *sine = d * (1 - s3 * q * (1 - s5 * q * (1 - s7 * q * (1 - s9 * q))));
    *cosine = 1 - c2 * q * (1 - c4 * q * (1 - c6 * q * (1 - c8 * q)));
}

/* Sine and cosine of a latitude near row k. */
static void latitude(const fm_field *field, size_t k, double z, double *sine,
                     double *cosine)
{
    const fm_field_row *row = &field->row[k];
    double s, c;
    short_angle((z - field->march->medium->grid.z[k]) * radians, &s, &c);
    *cosine = row->cosine * c - row->sine * s;
    *sine = row->sine * c + row->cosine * s;
}

fm_field_measure fm_field_measure_at(const fm_field *field, size_t k, double z)
{
    if (field->march->medium->grid.geometry == FM_POLAR) {
        return (fm_field_measure){field->km_per_x * z, field->km_per_x, 0};
    }
    double sine, cosine;
    latitude(field, k, z, &sine, &cosine);
    double km = field->km_per_x * cosine;
    return (fm_field_measure){km, -field->km_per_x * sine * radians,
                              -km * radians * radians};
}

double fm_field_step_bent(const fm_field *field, size_t k, double z)
{
    return fm_field_measure_at(field, k, z).km;
}

/* sin^2(a / 2) and sin a for the angle from the source's meridian to u. */
static void turn(const fm_field *field, const fm_spot *spot, double *h, double *s)
{
    const fm_frame *frame = &field->march->frame;
    double h0 = frame->H[spot->i + FM_MARGIN], s0 = frame->S[spot->i + FM_MARGIN];
    double sine, cosine;
    short_angle((spot->u - (double)spot->i) * field->march->medium->grid.dx * radians,
                &sine, &cosine);
    *h = h0 * cosine + (1 - cosine) / 2 + s0 * sine / 2;
    *s = s0 * cosine + (1 - 2 * h0) * sine;
}

/* What a place sees of the source, and the kilometres of a step along x there. */
typedef struct view {
    fm_look look;
    double step;
} view;

/* The same quantities as fm_row's: w = a + b h, half its gradient c s and d + e h. */
static view view_polar(const fm_field *field, const fm_spot *spot)
{
    double source = field->march->frame.source.z, h, s;
    double dz = spot->z - source;
    turn(field, spot, &h, &s);
    double r = sqrt(dz * dz + 4 * spot->z * source * h);
    double per_r = r > 0 ? 1 / r : 0;
    return (view){{r, source * s * per_r, (dz + 2 * source * h) * per_r},
                  field->km_per_x * spot->z};
}

static view view_geographic(const fm_field *field, const fm_spot *spot)
{
    const fm_frame *frame = &field->march->frame;
    const fm_row *row = fm_frame_row(frame, spot->k);
    const fm_field_row *here = &field->row[spot->k];
    double h, s, sine, cosine, radius = frame->diameter_km / 2;
    double square = frame->diameter_km * frame->diameter_km;
    turn(field, spot, &h, &s);
    short_angle((spot->z - field->march->medium->grid.z[spot->k]) * radians, &sine,
                &cosine);
    double h0 = row->a / square, s0 = row->d / radius;
    double hz = h0 * cosine + (1 - cosine) / 2 + s0 * sine / 2;
    double sz = s0 * cosine + (1 - 2 * h0) * sine;
    double cos_source = row->c / radius;
    double cos_here = here->cosine * cosine - here->sine * sine;
    double sin_here = here->sine * cosine + here->cosine * sine;
    double w = square * (hz + cos_here * cos_source * h);
    double r = sqrt(w * (1 + w * (frame->bend1 + w * frame->bend2)));
    double slope = 1 + w * (2 * frame->bend1 + w * (3 * frame->bend2));
    double per_r = r > 0 ? slope / r : 0;
    return (view){
        {r, row->c * s * per_r, radius * (sz - 2 * sin_here * cos_source * h) * per_r},
        field->km_per_x * cos_here};
}

static view view_flat(const fm_field *field, const fm_spot *spot)
{
    const fm_frame *frame = &field->march->frame;
    double dx =
        field->march->medium->grid.x0 + spot->u * field->km_per_x - frame->source.x;
    double dz = spot->z - frame->source.z;
    double r = sqrt(dx * dx + dz * dz);
    double per_r = r > 0 ? 1 / r : 0;
    return (view){{r, dx * per_r, dz * per_r}, field->km_per_x};
}

static view view_from(const fm_field *field, const fm_spot *spot)
{
    if (field->march->frame.unfactored) {
        return (view){{1, 0, 0}, fm_field_step(field, spot->k, spot->z)};
    }
    if (field->flat) {
        return view_flat(field, spot);
    }
    return field->march->medium->grid.geometry == FM_POLAR
               ? view_polar(field, spot)
               : view_geographic(field, spot);
}

/* ---- tau at a point ---- */

/* tau and its derivatives by column and by unit of z. */
typedef struct smooth {
    double value, du, dz;
} smooth;

typedef struct weights {
    double w[4], d[4]; /* of the value and of the derivative */
} weights;

/* From the four distances to the nodes. */
static weights of_four(const double d[4], const double inv[4])
{
    double p01 = d[0] * d[1], p23 = d[2] * d[3], s01 = d[0] + d[1], s23 = d[2] + d[3];
    return (weights){{inv[0] * d[1] * p23, inv[1] * d[0] * p23, inv[2] * p01 * d[3],
                      inv[3] * p01 * d[2]},
                     {inv[0] * (p23 + d[1] * s23), inv[1] * (p23 + d[0] * s23),
                      inv[2] * (p01 + d[3] * s01), inv[3] * (p01 + d[2] * s01)}};
}

/* From two or three. */
static weights of_few(size_t n, const double d[4], const double inv[4])
{
    weights of = {{0}, {0}};
    for (size_t a = 0; a < n; a++) {
        double one = d[(a + 1) % n], two = n > 2 ? d[(a + 2) % n] : 1;
        of.w[a] = inv[a] * one * two;
        of.d[a] = n > 2 ? inv[a] * (one + two) : inv[a];
    }
    return of;
}

static weights weights_z(const fm_field_row *row, double z)
{
    double d[4] = {0};
    for (size_t a = 0; a < row->n; a++) {
        d[a] = z - row->z[a];
    }
    return row->n == 4 ? of_four(d, row->inv) : of_few(row->n, d, row->inv);
}

/* First column of the stencil and how many. */
static weights weights_x(const fm_field *field, const fm_spot *spot, size_t *first,
                         size_t *n)
{
    static const double four[4] = {-1.0 / 6, 0.5, -0.5, 1.0 / 6};
    static const double three[4] = {0.5, -1, 0.5, 0}, two[4] = {-1, 1, 0, 0};
    size_t nx = field->march->medium->grid.nx;
    *n = nx < 4 ? nx : 4;
    *first = spot->i > 0 ? spot->i - 1 : 0;
    *first = *first + *n <= nx ? *first : nx - *n;
    double u = spot->u - (double)*first;
    double d[4] = {u, u - 1, u - 2, u - 3};
    return *n == 4 ? of_four(d, four) : of_few(*n, d, *n == 3 ? three : two);
}

static smooth sum_of_sixteen(const double *t, size_t stride, const weights *x,
                             const weights *z)
{
    smooth sum = {0, 0, 0};
    for (size_t k = 0; k < 4; k++, t += stride) {
        double value =
            (x->w[0] * t[0] + x->w[1] * t[1]) + (x->w[2] * t[2] + x->w[3] * t[3]);
        double slope =
            (x->d[0] * t[0] + x->d[1] * t[1]) + (x->d[2] * t[2] + x->d[3] * t[3]);
        sum.value += z->w[k] * value;
        sum.du += z->w[k] * slope;
        sum.dz += z->d[k] * value;
    }
    return sum;
}

static smooth cubic(const fm_field *field, const fm_spot *spot)
{
    const fm_field_row *row = &field->row[spot->k];
    size_t first, n, stride = field->march->stride;
    weights x = weights_x(field, spot, &first, &n);
    weights z = weights_z(row, spot->z);
    const double *t = field->tau + fm_march_node(field->march, first, row->first);
    if (n == 4 && row->n == 4) {
        return sum_of_sixteen(t, stride, &x, &z);
    }
    smooth sum = {0, 0, 0};
    for (size_t k = 0; k < row->n; k++, t += stride) {
        double value = 0, slope = 0;
        for (size_t i = 0; i < n; i++) {
            value += x.w[i] * t[i];
            slope += x.d[i] * t[i];
        }
        sum.value += z.w[k] * value;
        sum.du += z.w[k] * slope;
        sum.dz += z.d[k] * value;
    }
    return sum;
}

bool fm_field_is_whole(const fm_field *field, size_t i, size_t k)
{
    const double *z = field->march->medium->grid.z;
    fm_spot middle = {(double)i + 0.5, (z[k] + z[k + 1]) / 2, i, k};
    return !isnan(cubic(field, &middle).value);
}

static smooth bilinear(const fm_field *field, const fm_spot *spot)
{
    double per_z = field->row[spot->k].per_z;
    const double *low = field->tau + fm_march_node(field->march, spot->i, spot->k);
    const double *high = low + field->march->stride;
    double fx = spot->u - (double)spot->i;
    double fz = (spot->z - field->march->medium->grid.z[spot->k]) * per_z;
    double below = (1 - fx) * low[0] + fx * low[1];
    double above = (1 - fx) * high[0] + fx * high[1];
    return (smooth){(1 - fz) * below + fz * above,
                    (1 - fz) * (low[1] - low[0]) + fz * (high[1] - high[0]),
                    (above - below) * per_z};
}

static double blend(double one, double two, double fraction)
{
    return fraction <= 0   ? one
           : fraction >= 1 ? two
                           : (1 - fraction) * one + fraction * two;
}

/* Of a cell that is not whole only the nodes with weight. */
static double partial(const fm_field *field, const fm_spot *spot)
{
    const double *z = field->march->medium->grid.z + spot->k;
    const double *low = field->tau + fm_march_node(field->march, spot->i, spot->k);
    const double *high = low + field->march->stride;
    double fx = spot->u - (double)spot->i, fz = (spot->z - z[0]) / (z[1] - z[0]);
    return blend(blend(low[0], low[1], fx), blend(high[0], high[1], fx), fz);
}

/* How far may cubic and bilinear interpolation differ? A fifth of the time that the
 * fastest corner takes for the shorter side of the cell. Where they do by more the time
 * has a kink, and cubics swing so far that they have valleys of their own. */
static double overshoot(const fm_field *field, const fm_spot *spot, double step)
{
    const double *z = field->march->medium->grid.z + spot->k;
    double height = (z[1] - z[0]) * field->march->frame.km_per_z;
    const double *low = fm_field_slowness_row(field, spot->k, spot->k) + spot->i;
    const double *high = fm_field_slowness_row(field, spot->k + 1, spot->k) + spot->i;
    double below = low[0] < low[1] ? low[0] : low[1];
    double above = high[0] < high[1] ? high[0] : high[1];
    double least = below < above ? below : above;
    return 0.2 * least * (step < height ? step : height);
}

fm_slope fm_field_slope(const fm_field *field, const fm_spot *spot)
{
    view of = view_from(field, spot);
    fm_look look = of.look;
    double step = of.step, along = 1 / step;
    smooth at = cubic(field, spot), plain = bilinear(field, spot);
    /* Nor is it if either is NAN. */
    if (!(look.r * fabs(at.value - plain.value) <= overshoot(field, spot, step))) {
        at = plain;
    }
    if (isnan(at.value)) {
        double time = look.r * partial(field, spot);
        return (fm_slope){.time = isnan(time) ? INFINITY : time};
    }
    double up = 1 / field->march->frame.km_per_z;
    return (fm_slope){.time = look.r * at.value,
                      .du = -along * (at.value * look.gx + look.r * at.du * along),
                      .dz = -up * (at.value * look.gz + look.r * at.dz * up),
                      .known = true};
}
