/* Receivers. The time between nodes is r tau with the receiver's own r and tau
 * interpolated by cubics from the 4 x 4 nodes around: tau is smooth where the time has
 * its cone, so that nothing of the accuracy at the nodes is lost, near the source least
 * of all. The stencil never reaches across an interface, where tau has a kink; at an
 * edge it shifts inwards. Where nodes are missing (masks) it falls back to the cell's
 * corners, then to a straight ray from the best corner. In the source's own cell the
 * closed form holds. The adjoint goes the same ways, and ends with the nodes' weights.
 */
#include "receiver.h"

#include "backward.h"

/* Nodes first .. first + n - 1 of one axis and their weights. */
typedef struct weights {
    size_t first, n;
    double w[4];
} weights;

/* Lagrange's weights at position p for the nodes at x[0..n-1]. */
static void lagrange(const double *x, double p, weights *out)
{
    for (size_t a = 0; a < out->n; a++) {
        out->w[a] = 1;
        for (size_t b = 0; b < out->n; b++) {
            if (b != a) {
                out->w[a] *= (p - x[b]) / (x[a] - x[b]);
            }
        }
    }
}

/* Up to four nodes around the cell [cell, cell + 1], none outside [low, high]. */
static weights around(size_t cell, size_t low, size_t high)
{
    size_t first = cell > low ? cell - 1 : low;
    size_t last = first + 3 < high ? first + 3 : high;
    while (last - first < 3 && first > low) {
        first--;
    }
    return (weights){.first = first, .n = last - first + 1};
}

static weights columns(const fm_march *march, const fm_place *place)
{
    weights cubic = around(place->column, 0, march->medium->grid.nx - 1);
    double x[4];
    for (size_t a = 0; a < cubic.n; a++) {
        x[a] = (double)(cubic.first + a) - (double)place->column;
    }
    lagrange(x, place->fx, &cubic);
    return cubic;
}

static weights rows(const fm_march *march, const fm_place *place)
{
    const fm_grid *grid = &march->medium->grid;
    size_t low = place->row;
    while (low > 0 && place->row - low < 3 &&
           fm_frame_row(&march->frame, low)->interface == FM_NO_INTERFACE) {
        low--;
    }
    size_t high = place->row + 1;
    while (high + 1 < grid->nz && high - place->row < 4 &&
           fm_frame_row(&march->frame, high)->interface == FM_NO_INTERFACE) {
        high++;
    }
    weights cubic = around(place->row, low, high);
    lagrange(grid->z + cubic.first,
             grid->z[place->row] +
                 place->fz * (grid->z[place->row + 1] - grid->z[place->row]),
             &cubic);
    return cubic;
}

static weights linear(size_t cell, double fraction)
{
    return (weights){cell, 2, {1 - fraction, fraction}};
}

fm_status fm_receiver_want(fm_march *march, fm_point point, fm_error *error)
{
    fm_place place;
    if (!fm_grid_locate(&march->medium->grid, point, &place)) {
        return FM_OK;
    }
    weights x = columns(march, &place);
    weights z = rows(march, &place);
    fm_status status = FM_OK;
    for (size_t k = 0; k < z.n; k++) {
        for (size_t i = 0; i < x.n && status == FM_OK; i++) {
            if (x.w[i] != 0 && z.w[k] != 0) {
                status = fm_march_want(march, x.first + i, z.first + k, error);
            }
        }
    }
    return status;
}

/* tau of an accepted node. */
static double tau_at(const fm_march *march, size_t column, size_t row)
{
    double r = fm_frame_look(&march->frame, column, row).r;
    return r > 0 ? fm_march_time(march, column, row) / r
                 : fmin(march->source.slowness_lower, march->source.slowness_upper);
}

/* Sum of weights times tau; false where a node with weight was not reached. */
static bool combine(const fm_march *march, const weights *x, const weights *z,
                    double *sum)
{
    *sum = 0;
    for (size_t k = 0; k < z->n; k++) {
        for (size_t i = 0; i < x->n; i++) {
            double weight = x->w[i] * z->w[k];
            if (weight == 0) {
                continue;
            }
            if (!fm_march_is_accepted(march, x->first + i, z->first + k)) {
                return false;
            }
            *sum += weight * tau_at(march, x->first + i, z->first + k);
        }
    }
    return true;
}

/* Is a place, in steps from the source's cell, in that cell; or, `both` being set, in a
 * cell on either side of the node at `fraction` (0 or 1) that the source is on? */
static bool near(double steps, double fraction, bool both)
{
    double low = both && fraction <= 0 ? -1 : 0;
    double high = both && fraction >= 1 ? 2 : 1;
    return steps >= low && steps <= high;
}

/* The closed cell of the source, a point on its edge included; around a source on an
 * interface all the cells that touch it. */
static bool in_source_cell(const fm_march *march, const fm_place *place)
{
    const fm_place *source = &march->source.place;
    bool both = march->source.on_interface;
    double dx = (double)place->column + place->fx - (double)source->column;
    double dz = (double)place->row + place->fz - (double)source->row;
    return near(dx, source->fx, both) && near(dz, source->fz, both);
}

static double time_in_source_cell(const fm_march *march, fm_point point, double r)
{
    return fm_source_time(&march->source, r, fm_source_offset(&march->source, point));
}

static bool on_node(const fm_place *place)
{
    return (place->fx <= 0 || place->fx >= 1) && (place->fz <= 0 || place->fz >= 1);
}

/* On a node the march has the time already. */
static bool time_of_node(const fm_march *march, const fm_place *place, double *time)
{
    size_t column = place->column + (place->fx > 0);
    size_t row = place->row + (place->fz > 0);
    bool reached = fm_march_is_accepted(march, column, row);
    *time = reached ? fm_march_time(march, column, row) : NAN;
    return reached;
}

/* A corner of the cell and the straight ray from there to a point in it. Its slowness
 * is that of the node; on an interface's row that of the faster side. */
typedef struct corner {
    size_t i, k;
    bool beyond;
    double km, time;
} corner;

static corner ray_from(const fm_march *march, size_t i, size_t k, const fm_place *place)
{
    const fm_medium *medium = march->medium;
    fm_point node = {fm_grid_x(&medium->grid, i), medium->grid.z[k]};
    double slowness = fm_source_slowness_from(medium, i, k, place->row);
    double before = medium->slowness[k * medium->grid.nx + i];
    bool beyond =
        place->row == k && fm_frame_row(&march->frame, k)->interface != FM_NO_INTERFACE;
    if (!(place->fz > 0) && !(slowness < before)) {
        slowness = before;
        beyond = false;
    }
    double km = fm_distance(&medium->grid, node, place->point);
    return (corner){i, k, beyond, km, fm_march_time(march, i, k) + slowness * km};
}

/* Whichever corner of the cell gives the earliest time, INFINITY if none was reached;
 * on an edge only the ends of it count. */
static corner best_corner(const fm_march *march, const fm_place *place)
{
    corner best = {.time = INFINITY};
    for (size_t n = 0; n < 4; n++) {
        size_t i = place->column + n % 2;
        size_t k = place->row + n / 2;
        bool close = (n % 2 ? place->fx > 0 : place->fx < 1) &&
                     (n / 2 ? place->fz > 0 : place->fz < 1);
        if (close && fm_march_is_accepted(march, i, k)) {
            corner ray = ray_from(march, i, k, place);
            best = ray.time < best.time ? ray : best;
        }
    }
    return best;
}

static bool from_corners(const fm_march *march, const fm_place *place, double *time)
{
    *time = best_corner(march, place).time;
    return isfinite(*time);
}

bool fm_receiver_time(const fm_march *march, fm_point point, double *time, bool *whole)
{
    const fm_grid *grid = &march->medium->grid;
    fm_place place;
    bool ignored;
    whole = whole ? whole : &ignored;
    *whole = false;
    *time = NAN;
    if (!fm_grid_locate(grid, point, &place)) {
        return false;
    }
    if (on_node(&place)) {
        return *whole = time_of_node(march, &place, time);
    }
    double r = fm_distance(grid, march->source.place.point, place.point);
    if (in_source_cell(march, &place)) {
        *time = time_in_source_cell(march, place.point, r);
        *whole = isfinite(*time);
        return *whole || (*time = NAN, false);
    }
    weights x = columns(march, &place);
    weights z = rows(march, &place);
    *whole = combine(march, &x, &z, time);
    if (!*whole) {
        x = linear(place.column, place.fx);
        z = linear(place.row, place.fz);
        if (!combine(march, &x, &z, time)) {
            return from_corners(march, &place, time) || (*time = NAN, false);
        }
    }
    *time *= fm_frame_factor(&march->frame, r);
    return true;
}

/* ---- the adjoint ---- */

/* That of combine(): nothing, and false, where that has no sum. */
static bool give_combined(fm_march *march, const weights *x, const weights *z,
                          double factor)
{
    double sum;
    if (!combine(march, x, z, &sum)) {
        return false;
    }
    for (size_t k = 0; k < z->n; k++) {
        for (size_t i = 0; i < x->n; i++) {
            size_t column = x->first + i, row = z->first + k;
            double weight = factor * (x->w[i] * z->w[k]);
            double r = fm_frame_look(&march->frame, column, row).r;
            if (weight == 0) {
                continue;
            }
            if (r > 0) {
                fm_backward_give(march, column, row, weight / r);
            } else {
                fm_source_slowness_share(&march->source, weight,
                                         &march->backward.source);
            }
        }
    }
    return true;
}

static bool give_interpolated(fm_march *march, const fm_place *place, double factor)
{
    weights x = columns(march, place), z = rows(march, place);
    if (give_combined(march, &x, &z, factor)) {
        return true;
    }
    x = linear(place->column, place->fx);
    z = linear(place->row, place->fz);
    return give_combined(march, &x, &z, factor);
}

void fm_receiver_give(fm_march *march, fm_point point, double weight)
{
    fm_place place;
    if (!fm_grid_locate(&march->medium->grid, point, &place)) {
        return;
    }
    if (on_node(&place)) {
        fm_backward_give(march, place.column + (place.fx > 0),
                         place.row + (place.fz > 0), weight);
        return;
    }
    double r =
        fm_distance(&march->medium->grid, march->source.place.point, place.point);
    if (in_source_cell(march, &place)) {
        fm_source_time_share(&march->source, r,
                             fm_source_offset(&march->source, place.point), weight,
                             &march->backward.source);
        return;
    }
    double factor = fm_frame_factor(&march->frame, r);
    if (!give_interpolated(march, &place, weight * factor)) {
        corner ray = best_corner(march, &place);
        fm_backward_give(march, ray.i, ray.k, weight);
    }
}

void fm_receiver_give_slowness(fm_march *march, fm_point point, double weight)
{
    fm_place place;
    if (!fm_grid_locate(&march->medium->grid, point, &place) || on_node(&place) ||
        in_source_cell(march, &place)) {
        return;
    }
    weights x = columns(march, &place), z = rows(march, &place);
    double sum;
    if (combine(march, &x, &z, &sum)) {
        return;
    }
    x = linear(place.column, place.fx);
    z = linear(place.row, place.fz);
    if (!combine(march, &x, &z, &sum)) {
        corner ray = best_corner(march, &place);
        *fm_backward_slowness(march, ray.i, ray.k, ray.beyond) += weight * ray.km;
    }
}
