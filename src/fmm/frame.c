/* Geometry. The stencil needs, at a node, the distance r to the source, its gradient
 * along the two axes, and the lengths of the steps. All three geometries fit one
 * pattern: a term for the row plus a term for the row times a term for the column, so
 * that a node costs a few multiplications:
 *
 *   cartesian   r^2 = dz^2 + dx^2
 *   polar       r^2 = (rho - rho_s)^2 + 4 rho rho_s sin^2(dtheta/2)        (a chord)
 *   geographic  haversine w = sin^2(dphi/2) + cos phi cos phi_s sin^2(dlambda/2),
 *               r = 2 R asin sqrt w                                 (a great circle)
 *
 * written with half angles because they keep their digits next to the source. The
 * gradient follows by differentiating; on the sphere its denominator is sin(r/R) = 2
 * sqrt(w (1-w)). */
#include "frame.h"

#include <stdlib.h>

static const double radians = 3.14159265358979323846 / 180;

fm_status fm_frame_create(size_t max_nx, size_t max_nz, fm_frame *frame,
                          fm_error *error)
{
    *frame = (fm_frame){.max_nx = max_nx, .max_nz = max_nz};
    frame->row = calloc(max_nz, sizeof *frame->row);
    frame->H = calloc(max_nx, sizeof *frame->H);
    frame->S = calloc(max_nx, sizeof *frame->S);
    if (!frame->row || !frame->H || !frame->S) {
        fm_frame_clear(frame);
        return fm_fail_memory(error, "the solver's tables",
                              (double)(max_nx + max_nz) * 100);
    }
    return FM_OK;
}

void fm_frame_clear(fm_frame *frame)
{
    free(frame->row);
    free(frame->H);
    free(frame->S);
    *frame = (fm_frame){0};
}

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

/* Weights on unequal steps: d1 and d2 are the distances to the first and second node.
 */
static fm_difference difference(double d1, double d2)
{
    return (fm_difference){1 / d1, 1 / d1 + 1 / d2, d2 / (d1 * (d2 - d1)),
                           d1 / (d2 * (d2 - d1)), true};
}

static fm_difference first_difference(double d1)
{
    return (fm_difference){.first = 1 / d1};
}

/* The difference from row k towards lower (direction -1) or higher rows. Across an
 * interface the derivative jumps: when the first upwind node lies on one, the second
 * node is on its other side, and the first-order form must do (docs/method.md,
 * "Contrasts"). */
static fm_difference towards(const fm_frame *frame, size_t k, ptrdiff_t direction)
{
    const fm_grid *grid = &frame->medium->grid;
    size_t room = direction < 0 ? k : grid->nz - 1 - k;
    if (room == 0) {
        return (fm_difference){0};
    }
    const double *z = grid->z + k;
    double d1 = fabs(z[direction] - z[0]) * frame->km_per_z;
    if (room == 1 ||
        frame->row[direction < 0 ? k - 1 : k + 1].interface != FM_NO_INTERFACE) {
        return first_difference(d1);
    }
    return difference(d1, fabs(z[2 * direction] - z[0]) * frame->km_per_z);
}

void fm_frame_set_medium(fm_frame *frame, const fm_medium *medium, int order)
{
    const fm_grid *grid = &medium->grid;
    frame->medium = medium;
    frame->diameter_km = grid->geometry == FM_GEOGRAPHIC ? 2 * grid->radius_km : 0;
    frame->km_per_z = grid->geometry == FM_GEOGRAPHIC ? grid->radius_km * radians : 1;
    for (size_t k = 0; k < grid->nz; k++) {
        frame->row[k].inv_step = 1 / step_km(grid, grid->z[k]);
        frame->row[k].interface = FM_NO_INTERFACE;
    }
    for (size_t n = 0; n < medium->ninterfaces; n++) {
        frame->row[medium->interface_row[n]].interface = (uint32_t)n;
    }
    for (size_t k = 0; k < grid->nz; k++) {
        fm_row *row = &frame->row[k];
        row->lower = towards(frame, k, -1);
        row->upper = towards(frame, k, +1);
        row->along = difference(1 / row->inv_step, 2 / row->inv_step);
        if (order == 1) {
            row->lower.second = row->upper.second = row->along.second = false;
        }
    }
}

void fm_frame_first_order_beside(fm_frame *frame, size_t row, bool upper)
{
    if (upper && row + 2 < frame->medium->grid.nz) {
        frame->row[row + 2].lower.second = false;
    } else if (!upper && row >= 2) {
        frame->row[row - 2].upper.second = false;
    }
}

static double square(double x)
{
    return x * x;
}

static void cartesian_rows(fm_frame *frame, const fm_grid *grid)
{
    for (size_t k = 0; k < grid->nz; k++) {
        double dz = grid->z[k] - frame->source.z;
        fm_row *row = &frame->row[k];
        row->a = dz * dz;
        row->b = 1;
        row->c = 1;
        row->d = dz;
        row->e = 0;
    }
}

static void polar_rows(fm_frame *frame, const fm_grid *grid)
{
    double source = frame->source.z;
    for (size_t k = 0; k < grid->nz; k++) {
        double rho = grid->z[k];
        fm_row *row = &frame->row[k];
        row->a = square(rho - source);
        row->b = 4 * rho * source;
        row->c = source;
        row->d = rho - source;
        row->e = 2 * source;
    }
}

static void geographic_rows(fm_frame *frame, const fm_grid *grid)
{
    double source = frame->source.z * radians;
    for (size_t k = 0; k < grid->nz; k++) {
        double latitude = grid->z[k] * radians;
        double difference = (grid->z[k] - frame->source.z) * radians;
        fm_row *row = &frame->row[k];
        row->a = square(sin(difference / 2));
        row->b = cos(latitude) * cos(source);
        row->c = cos(source);
        row->d = sin(difference);
        row->e = -2 * sin(latitude) * cos(source);
    }
}

void fm_frame_set_source(fm_frame *frame, fm_point source)
{
    const fm_grid *grid = &frame->medium->grid;
    frame->source = source;
    for (size_t i = 0; i < grid->nx; i++) {
        double dx = fm_grid_x(grid, i) - source.x;
        if (grid->geometry == FM_CARTESIAN) {
            frame->H[i] = dx * dx;
            frame->S[i] = dx;
        } else {
            frame->H[i] = square(sin(dx * radians / 2));
            frame->S[i] = sin(dx * radians);
        }
    }
    switch (grid->geometry) {
    case FM_CARTESIAN:
        cartesian_rows(frame, grid);
        break;
    case FM_POLAR:
        polar_rows(frame, grid);
        break;
    case FM_GEOGRAPHIC:
        geographic_rows(frame, grid);
        break;
    }
}
