/* Geometry. The stencil needs, at a node, the factor r, its gradient along the two
 * axes, r at the neighbours, and the lengths of the steps. All three geometries fit one
 * pattern: a term for the row plus a term for the row times a term for the column, so
 * that a node costs a few multiplications:
 *
 *   cartesian   w = dz^2 + dx^2
 *   polar       w = (rho - rho_s)^2 + 4 rho rho_s sin^2(dtheta/2)         (chord^2)
 *   geographic  w = 4 R^2 (sin^2(dphi/2) + cos phi cos phi_s sin^2(dlambda/2))
 *
 * written with half angles because they keep their digits next to the source. In the
 * plane and in the section r^2 = w. On the sphere w is the square of the chord, and the
 * distance is 2 R asin(sqrt(w) / 2 R); the factor is the beginning of the series of its
 * square, w (1 + w / 12 R^2 + w^2 / 90 R^4). Any smooth r that is right at the source
 * will do as a factor, and this one stays smooth at the antipode, where the distance
 * has a kink of its own. */
#include "frame.h"

#include <stdlib.h>

static const double radians = 3.14159265358979323846 / 180;

static size_t with_margin(size_t n)
{
    return n + (size_t)2 * FM_MARGIN;
}

double fm_frame_bytes(size_t max_nx, size_t max_nz)
{
    return (double)with_margin(max_nz) * (sizeof(fm_row) + sizeof(int32_t)) +
           (double)with_margin(max_nx) * (2 * sizeof(double) + sizeof(int32_t));
}

fm_status fm_frame_create(size_t max_nx, size_t max_nz, fm_frame *frame,
                          fm_error *error)
{
    *frame = (fm_frame){0};
    size_t nx = with_margin(max_nx), nz = with_margin(max_nz);
    frame->row = calloc(nz, sizeof *frame->row);
    frame->H = calloc(nx, sizeof *frame->H);
    frame->S = calloc(nx, sizeof *frame->S);
    frame->column_tags = calloc(nx, sizeof *frame->column_tags);
    frame->row_tags = calloc(nz, sizeof *frame->row_tags);
    if (!frame->row || !frame->H || !frame->S || !frame->column_tags ||
        !frame->row_tags) {
        fm_frame_clear(frame);
        return fm_fail_memory(error, "the solver's tables",
                              fm_frame_bytes(max_nx, max_nz));
    }
    return FM_OK;
}

void fm_frame_clear(fm_frame *frame)
{
    free(frame->row);
    free(frame->H);
    free(frame->S);
    free(frame->column_tags);
    free(frame->row_tags);
    *frame = (fm_frame){0};
}

/* ---- steps and weights ---- */

static double step_km(const fm_grid *grid, double z)
{
    switch (grid->geometry) {
    case FM_GEOGRAPHIC:
        return grid->radius_km * cos(z * radians) * grid->dx * radians;
    case FM_POLAR:
        return z * grid->dx * radians;
    case FM_CARTESIAN:
        break;
    }
    return grid->dx;
}

static void allow_first_order(fm_side *side, double d1)
{
    side->first = side->w1 = 1 / d1;
    side->w2 = 0;
}

/* Weights on unequal steps: d1 and d2 are the distances to the first and second node.
 */
static void allow_second_order(fm_side *side, double d1, double d2)
{
    side->first = 1 / d1;
    side->w1 = d2 / (d1 * (d2 - d1));
    side->w2 = d1 / (d2 * (d2 - d1));
}

/* The difference from row k towards lower (direction -1) or higher rows. Across an
 * interface the derivative jumps: when the first upwind node lies on one, the second
 * node is on its other side, and the first-order form must do (docs/method.md,
 * "Contrasts"). Beyond the first and last row, where no wave ever comes from, any
 * weight will do that keeps the arithmetic finite. */
static void weigh_side(const fm_frame *frame, size_t k, ptrdiff_t direction, int order,
                       fm_side *side)
{
    const fm_grid *grid = &frame->medium->grid;
    const double *z = grid->z + k;
    size_t room = direction < 0 ? k : grid->nz - 1 - k;
    double d1 = fabs(z[room > 0 ? direction : -direction] - z[0]) * frame->km_per_z;
    if (room < 2 || order == 1 ||
        fm_frame_row(frame, k + (size_t)direction)->interface != FM_NO_INTERFACE) {
        allow_first_order(side, d1);
    } else {
        allow_second_order(side, d1, fabs(z[2 * direction] - z[0]) * frame->km_per_z);
    }
}

/* Beyond so many of the longest steps from the source r at both nodes upwind differs
 * from here by so little that (r1 / r)^2 - 1 is within 1 / 16: lanes.h, ratio_far. */
static const double far_steps = 66;

static double square(double x)
{
    return x * x;
}

static double least_step(const fm_grid *grid, const fm_frame *frame, size_t k)
{
    const double *z = grid->z + k;
    double lower = k > 0 ? z[0] - z[-1] : INFINITY;
    double upper = k + 1 < grid->nz ? z[1] - z[0] : INFINITY;
    return fmin(step_km(grid, z[0]), frame->km_per_z * fmin(lower, upper));
}

static bool equal_rows(const fm_grid *grid)
{
    double first = grid->z[0], last = grid->z[grid->nz - 1];
    double step = (last - first) / (double)(grid->nz - 1);
    for (size_t k = 0; k < grid->nz; k++) {
        if (fabs(grid->z[k] - (first + (double)k * step)) > 1e-12 * (last - first)) {
            return false;
        }
    }
    return true;
}

static fm_rows rows_of(const fm_frame *frame)
{
    const fm_grid *grid = &frame->medium->grid;
    if (frame->unfactored || frame->medium->ninterfaces > 0 || !equal_rows(grid)) {
        return FM_ROWS_ANY;
    }
    return grid->geometry == FM_CARTESIAN ? FM_ROWS_FLAT : FM_ROWS_EVEN;
}

static double longest_step(const fm_grid *grid, const fm_frame *frame)
{
    double longest =
        fmax(step_km(grid, grid->z[0]), step_km(grid, grid->z[grid->nz - 1]));
    if (grid->z[0] < 0) { /* the equator may lie between */
        longest = fmax(longest, step_km(grid, 0));
    }
    for (size_t k = 1; k < grid->nz; k++) {
        longest = fmax(longest, (grid->z[k] - grid->z[k - 1]) * frame->km_per_z);
    }
    return longest;
}

void fm_frame_set_medium(fm_frame *frame, const fm_medium *medium, int order)
{
    const fm_grid *grid = &medium->grid;
    bool sphere = grid->geometry == FM_GEOGRAPHIC;
    frame->medium = medium;
    frame->diameter_km = sphere ? 2 * grid->radius_km : 0;
    frame->km_per_z = sphere ? grid->radius_km * radians : 1;
    frame->equal1 = order == 1 ? 1 : 2;
    frame->equal2 = order == 1 ? 0 : 0.5;
    frame->rows = rows_of(frame);
    frame->step_x = grid->dx;
    frame->step_z =
        frame->km_per_z * (grid->z[grid->nz - 1] - grid->z[0]) / (double)(grid->nz - 1);
    frame->least = fmin(frame->step_x, frame->step_z);
    frame->near = square(far_steps * longest_step(grid, frame));
    for (size_t k = 0; k < grid->nz; k++) {
        *fm_frame_row(frame, k) = (fm_row){.along = 1 / step_km(grid, grid->z[k]),
                                           .least = least_step(grid, frame, k),
                                           .interface = FM_NO_INTERFACE};
        frame->row_tags[k + FM_MARGIN] = 0;
    }
    for (size_t n = 0; n < medium->ninterfaces; n++) {
        fm_row *row = fm_frame_row(frame, medium->interface_row[n]);
        row->interface = (uint32_t)n;
        frame->row_tags[medium->interface_row[n] + FM_MARGIN] = FM_TAG_ALWAYS;
    }
    for (size_t k = 0; k < grid->nz; k++) {
        weigh_side(frame, k, -1, order, &fm_frame_row(frame, k)->side[0]);
        weigh_side(frame, k, +1, order, &fm_frame_row(frame, k)->side[1]);
    }
}

static void drop_second_order(fm_side *side)
{
    allow_first_order(side, 1 / side->first);
}

void fm_frame_first_order_beside(fm_frame *frame, size_t row, bool upper)
{
    if (upper && row + 2 < frame->medium->grid.nz) {
        drop_second_order(&fm_frame_row(frame, row + 2)->side[0]);
    } else if (!upper && row >= 2) {
        drop_second_order(&fm_frame_row(frame, row - 2)->side[1]);
    }
}

/* ---- distances ---- */

/* The coefficients of w and of half its gradient in a row, and the differences of w to
 * another row. */

static void cartesian_row(const fm_frame *frame, double z, fm_row *row)
{
    double dz = z - frame->source.z;
    row->a = dz * dz;
    row->b = 1;
    row->c = 1;
    row->d = dz;
    row->e = 0;
}

static void cartesian_difference(const fm_frame *frame, double z, double z1, double *da,
                                 double *db)
{
    *da = (z1 - z) * (z1 + z - 2 * frame->source.z);
    *db = 0;
}

static void polar_row(const fm_frame *frame, double rho, fm_row *row)
{
    double source = frame->source.z;
    row->a = square(rho - source);
    row->b = 4 * rho * source;
    row->c = source;
    row->d = rho - source;
    row->e = 2 * source;
}

static void polar_difference(const fm_frame *frame, double rho, double rho1, double *da,
                             double *db)
{
    cartesian_difference(frame, rho, rho1, da, db);
    *db = 4 * frame->source.z * (rho1 - rho);
}

static void geographic_row(const fm_frame *frame, double z, fm_row *row)
{
    double source = frame->source.z * radians, latitude = z * radians;
    double difference = (z - frame->source.z) * radians;
    double radius = frame->diameter_km / 2;
    row->a = square(frame->diameter_km * sin(difference / 2));
    row->b = square(frame->diameter_km) * cos(latitude) * cos(source);
    row->c = radius * cos(source);
    row->d = radius * sin(difference);
    row->e = -2 * radius * sin(latitude) * cos(source);
}

static void geographic_difference(const fm_frame *frame, double z, double z1,
                                  double *da, double *db)
{
    double half = (z1 - z) * radians / 2, middle = (z1 + z) * radians / 2;
    double source = frame->source.z * radians;
    double scale = square(frame->diameter_km) * sin(half);
    *da = scale * sin(middle - source);
    *db = -2 * scale * cos(source) * sin(middle);
}

typedef struct formulas {
    void (*row)(const fm_frame *frame, double z, fm_row *row);
    void (*difference)(const fm_frame *frame, double z, double z1, double *da,
                       double *db);
} formulas;

static formulas formulas_of(fm_geometry geometry)
{
    switch (geometry) {
    case FM_POLAR:
        return (formulas){polar_row, polar_difference};
    case FM_GEOGRAPHIC:
        return (formulas){geographic_row, geographic_difference};
    case FM_CARTESIAN:
        break;
    }
    return (formulas){cartesian_row, cartesian_difference};
}

static void place_row(const fm_frame *frame, formulas formula, size_t k)
{
    const fm_grid *grid = &frame->medium->grid;
    const double *z = grid->z + k;
    fm_row *row = fm_frame_row(frame, k);
    formula.row(frame, z[0], row);
    for (size_t upper = 0; upper < 2; upper++) {
        ptrdiff_t step = upper ? 1 : -1;
        size_t room = upper ? grid->nz - 1 - k : k;
        fm_side *side = &row->side[upper];
        side->da1 = side->db1 = side->da2 = side->db2 = 0;
        if (room >= 1) {
            formula.difference(frame, z[0], z[step], &side->da1, &side->db1);
        }
        if (room >= 2) {
            formula.difference(frame, z[0], z[2 * step], &side->da2, &side->db2);
        }
    }
}

static void place_growth(fm_frame *frame, int steps, fm_growth *growth)
{
    const fm_grid *grid = &frame->medium->grid;
    double dx = steps * grid->dx * radians, dz = steps * frame->step_z;
    *growth = (fm_growth){.x_square = square(sin(dx / 2)),
                          .x_sine = sin(dx) / 2,
                          .z_constant = square(dz),
                          .z_of_half = 2 * dz};
    if (grid->geometry == FM_GEOGRAPHIC) {
        double radius = grid->radius_km;
        growth->z_of_w = 2 * square(sin(dz / radius / 2));
        growth->z_constant = 2 * square(radius) * growth->z_of_w;
        growth->z_of_half = 2 * radius * sin(dz / radius);
    }
}

static void place_columns(fm_frame *frame)
{
    const fm_grid *grid = &frame->medium->grid;
    for (size_t n = 0; n < with_margin(grid->nx); n++) {
        double x = grid->x0 + ((double)n - FM_MARGIN) * grid->dx;
        double dx = x - frame->source.x;
        bool plane = grid->geometry == FM_CARTESIAN;
        frame->H[n] = plane ? dx * dx : square(sin(dx * radians / 2));
        frame->S[n] = plane ? dx : sin(dx * radians);
        frame->column_tags[n] = FM_TAG_ALWAYS;
    }
}

/* r = 1: the differences are those of the time itself. */
static void leave_unfactored(fm_frame *frame)
{
    for (size_t k = 0; k < frame->medium->grid.nz; k++) {
        fm_row *row = fm_frame_row(frame, k);
        row->a = 1;
        row->b = row->c = row->d = row->e = 0;
        for (size_t upper = 0; upper < 2; upper++) {
            fm_side *side = &row->side[upper];
            side->da1 = side->db1 = side->da2 = side->db2 = 0;
        }
    }
}

void fm_frame_set_source(fm_frame *frame, fm_point source)
{
    const fm_grid *grid = &frame->medium->grid;
    double radius2 = square(grid->radius_km);
    bool bent = grid->geometry == FM_GEOGRAPHIC && !frame->unfactored;
    frame->source = source;
    frame->bend1 = bent ? 1 / (12 * radius2) : 0;
    frame->bend2 = bent ? 1 / (90 * radius2 * radius2) : 0;
    place_columns(frame);
    if (frame->unfactored) {
        leave_unfactored(frame);
        return;
    }
    formulas formula = formulas_of(grid->geometry);
    for (size_t k = 0; k < grid->nz; k++) {
        place_row(frame, formula, k);
    }
    frame->c = fm_frame_row(frame, 0)->c;
    place_growth(frame, 1, &frame->growth[0]);
    place_growth(frame, 2, &frame->growth[1]);
}

double fm_frame_factor(const fm_frame *frame, double distance_km)
{
    if (frame->unfactored) {
        return 1;
    }
    if (!(frame->diameter_km > 0)) {
        return distance_km;
    }
    double w = square(frame->diameter_km * sin(distance_km / frame->diameter_km));
    return sqrt(w * (1 + w * (frame->bend1 + w * frame->bend2)));
}
