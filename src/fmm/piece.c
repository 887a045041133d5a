/* The integral of slowness along a ray. Within a cell the slowness is taken as bilinear
 * between its corners, so that the time of a straight piece is linear in theirs, and
 * its integral has a closed form: with the place in the cell (fx, fz) at the middle
 * and (du, dz) the extent of the piece, all in cells, the mean of the weight fx fz of
 * the upper corner is fx fz + du dz / 12, and that of the others follows from those of
 * fx and fz. Times the length it is the kilometres that count to a corner. In the plane
 * the length is what it is; on the sphere and in the section the measure changes with
 * z along the piece, which is taken in to second order.
 * The sum over the pieces is the derivative of the ray's time by the slowness of the
 * node, as the first arrival does not change with the ray to first order (Fermat). */
#include "piece.h"

#include <stdlib.h>

#include "core/memory.h"

static size_t places(const fm_medium *medium)
{
    return fm_grid_nodes(&medium->grid) + medium->ninterfaces * medium->grid.nx;
}

double fm_pieces_bytes(const fm_medium *medium)
{
    return (double)places(medium) * sizeof(uint32_t);
}

fm_status fm_pieces_create(const fm_medium *medium, fm_pieces *pieces, fm_error *error)
{
    *pieces = (fm_pieces){0};
    pieces->place = fm_large_alloc(places(medium) * sizeof *pieces->place);
    if (!pieces->place) {
        return fm_fail_memory(error, "rays", fm_pieces_bytes(medium));
    }
    for (size_t n = 0; n < places(medium); n++) {
        pieces->place[n] = 0;
    }
    return FM_OK;
}

void fm_pieces_clear(fm_pieces *pieces)
{
    free(pieces->piece);
    free(pieces->node);
    free(pieces->place);
    *pieces = (fm_pieces){0};
}

/* Room for one more piece and its four nodes. */
static fm_status reserve(fm_pieces *pieces, fm_error *error)
{
    if (pieces->n == pieces->room) {
        size_t room = pieces->room + pieces->room / 2 + 256;
        fm_ray_piece *more = realloc(pieces->piece, room * sizeof *more);
        if (!more) {
            return fm_fail_memory(error, "a ray", (double)room * sizeof *more);
        }
        pieces->piece = more;
        pieces->room = room;
    }
    if (pieces->nnodes + 4 > pieces->nodes_room) {
        size_t room = pieces->nodes_room + pieces->nodes_room / 2 + 512;
        fm_ray_node *more = realloc(pieces->node, room * sizeof *more);
        if (!more) {
            return fm_fail_memory(error, "a ray", (double)room * sizeof *more);
        }
        pieces->node = more;
        pieces->nodes_room = room;
    }
    return FM_OK;
}

/* ---- nodes ---- */

static uint32_t *place_of(const fm_pieces *pieces, const fm_field *field, size_t i,
                          size_t k, bool beyond)
{
    const fm_medium *medium = field->march->medium;
    size_t row = k;
    if (beyond) {
        row = medium->grid.nz + fm_frame_row(&field->march->frame, k)->interface;
    }
    return &pieces->place[row * medium->grid.nx + i];
}

static void add(fm_pieces *pieces, uint32_t *place, fm_ray_node node)
{
    if (*place == 0) {
        *place = (uint32_t)(pieces->nnodes + 1);
        pieces->node[pieces->nnodes++] = node;
    } else {
        pieces->node[*place - 1].km += node.km;
    }
}

/* The shares of the corners of cell (i, k), row by row. */
static void add_corners(fm_pieces *pieces, const fm_field *field, size_t i, size_t k,
                        const double km[4])
{
    bool beyond = fm_frame_row(&field->march->frame, k)->interface != FM_NO_INTERFACE;
    for (size_t row = 0; row < 2; row++) {
        bool from_beyond = row == 0 && beyond;
        uint32_t *place = place_of(pieces, field, i, k + row, from_beyond);
        for (size_t c = 0; c < 2; c++) {
            double share = km[2 * row + c];
            if (share > 0) {
                add(pieces, place + c,
                    (fm_ray_node){(uint32_t)(i + c), (uint32_t)(k + row), from_beyond,
                                  share});
            }
        }
    }
}

static void forget(fm_pieces *pieces, const fm_field *field)
{
    for (size_t n = 0; n < pieces->nnodes; n++) {
        const fm_ray_node *node = &pieces->node[n];
        *place_of(pieces, field, node->column, node->row, node->beyond) = 0;
    }
    pieces->n = pieces->nnodes = 0;
}

/* What masked corners would get goes to the open ones, as they have shares or, if they
 * have none, in equal parts. */
static void shift_to_open(const fm_field *field, size_t i, size_t k, double km[4])
{
    const double *low = fm_field_slowness_row(field, k, k) + i;
    const double *high = fm_field_slowness_row(field, k + 1, k) + i;
    if ((low[0] + low[1]) + (high[0] + high[1]) < INFINITY) {
        return;
    }
    double s[4] = {low[0], low[1], high[0], high[1]}, open = 0, all = 0, n = 0;
    for (size_t c = 0; c < 4; c++) {
        n += s[c] < INFINITY ? 1 : 0;
        all += km[c];
        open += s[c] < INFINITY ? km[c] : 0;
    }
    for (size_t c = 0; c < 4; c++) {
        double share = open > 0 ? km[c] * (all / open) : all / n;
        km[c] = s[c] < INFINITY ? share : 0;
    }
}

/* ---- one piece ---- */

typedef struct line {
    double u0, z0, du, dz; /* from, and the way to its end */
    double per_u, per_z;   /* 1 / du, 1 / dz */
} line;

static double within(double fraction)
{
    return fraction < 0 ? 0 : fraction > 1 ? 1 : fraction;
}

/* Of a piece from t0 to t1 of the segment, in cell (i, k): its length, and the shares
 * of the corners. */
static double share_out_flat(const fm_field *field, const line *segment, double t0,
                             double t1, size_t i, size_t k, double km[4])
{
    double t = (t0 + t1) / 2, per_z = field->row[k].per_z;
    double du = segment->du * (t1 - t0), dz = segment->dz * (t1 - t0);
    double fx = within(segment->u0 + t * segment->du - (double)i);
    double fz = within(
        (segment->z0 + t * segment->dz - field->march->medium->grid.z[k]) * per_z);
    double along = du * field->km_per_x;
    double length = sqrt(along * along + dz * dz);
    double both = fx * fz + du * dz * per_z / 12;
    km[0] = length * (1 - fx - fz + both);
    km[1] = length * (fx - both);
    km[2] = length * (fz - both);
    km[3] = length * both;
    return length;
}

/* The measure changes with z: along the piece, from -1/2 to 1/2 of it, the length is
 * e + rise t to first order, e including what the second order adds on average. */
static double share_out_bent(const fm_field *field, const line *segment, double t0,
                             double t1, size_t i, size_t k, double km[4])
{
    double t = (t0 + t1) / 2, per_z = field->row[k].per_z;
    double du = segment->du * (t1 - t0), dz = segment->dz * (t1 - t0);
    double z = segment->z0 + t * segment->dz, dfz = dz * per_z;
    double fx = within(segment->u0 + t * segment->du - (double)i);
    double fz = within((z - field->march->medium->grid.z[k]) * per_z);
    fm_field_measure step = fm_field_measure_at(field, k, z);
    double up = dz * field->march->frame.km_per_z, along = du * step.km;
    double slope = du * step.slope * dz, curve = du * step.curve * dz * dz;
    double e = sqrt(along * along + up * up), per_e = e > 0 ? 1 / e : 0;
    double rise = along * slope * per_e, aside = slope * up * per_e;
    e += (aside * aside + along * curve) * per_e / 24;
    double both = fx * fz + du * dfz / 12, moment = rise / 12;
    double moment_both = moment * (fx * dfz + fz * du);
    km[0] = e * (1 - fx - fz + both) - moment * (du + dfz) + moment_both;
    km[1] = e * (fx - both) + moment * du - moment_both;
    km[2] = e * (fz - both) + moment * dfz - moment_both;
    km[3] = e * both + moment_both;
    return e;
}

static fm_status add_piece(fm_pieces *pieces, const fm_field *field,
                           const line *segment, double t0, double t1, size_t i,
                           size_t k, fm_error *error)
{
    double km[4] = {0, 0, 0, 0};
    double length = field->flat ? share_out_flat(field, segment, t0, t1, i, k, km)
                                : share_out_bent(field, segment, t0, t1, i, k, km);
    fm_status status = reserve(pieces, error);
    if (status == FM_OK && length > 0) {
        shift_to_open(field, i, k, km);
        pieces->piece[pieces->n++] = (fm_ray_piece){(uint32_t)i, (uint32_t)k, length};
        add_corners(pieces, field, i, k, km);
    }
    return status;
}

/* Slowness of the open corners of a cell along its row k. */
static double slowness_on_row(const fm_field *field, size_t i, size_t k, size_t cell)
{
    double left = fm_field_slowness(field, i, k, cell);
    double right = fm_field_slowness(field, i + 1, k, cell);
    if (isinf(left) || isinf(right)) {
        return fmin(left, right);
    }
    return (left + right) / 2;
}

/* Cell row of a piece: where its middle is; of a piece along row k that of the faster
 * side. */
static size_t cell_row(const fm_field *field, const line *segment, double t, size_t i,
                       size_t k)
{
    const fm_grid *grid = &field->march->medium->grid;
    double z = segment->z0 + t * segment->dz;
    while (k > 0 && z < grid->z[k]) {
        k--;
    }
    while (k + 2 < grid->nz && z >= grid->z[k + 1]) {
        k++;
    }
    if (z == grid->z[k] && k > 0 &&
        slowness_on_row(field, i, k, k - 1) <= slowness_on_row(field, i, k, k)) {
        k--;
    }
    return k;
}

static size_t cell_column(const fm_field *field, const line *segment, double t)
{
    size_t last = field->march->medium->grid.nx - 2;
    double u = segment->u0 + t * segment->du;
    size_t column = u > 0 ? (size_t)(ptrdiff_t)u : 0;
    return column < last ? column : last;
}

/* Where, after t, does the segment come to the next column or row? 1 or more: nowhere.
 * In cell (i, k), or on its edge. */
static double next_column(const line *segment, double t, size_t i)
{
    double u = segment->u0 + t * segment->du, slack = 1e-12;
    double column = (double)i;
    if (segment->du > 0) {
        column += column <= u + slack;
        column += column <= u + slack;
    } else {
        column += column + 1 < u - slack;
        column -= column >= u - slack;
    }
    return segment->du != 0 ? (column - segment->u0) * segment->per_u : 1;
}

static double next_row(const fm_field *field, const line *segment, double t, size_t k)
{
    const fm_grid *grid = &field->march->medium->grid;
    double z = segment->z0 + t * segment->dz;
    double slack = 1e-12 * (grid->z[k + 1] - grid->z[k]);
    if (segment->dz > 0) {
        k += grid->z[k] <= z + slack;
        k += k + 1 < grid->nz && grid->z[k] <= z + slack;
    } else {
        k += grid->z[k + 1] < z - slack;
        k -= k > 0 && grid->z[k] >= z - slack;
    }
    return segment->dz != 0 ? (grid->z[k] - segment->z0) * segment->per_z : 1;
}

static fm_status cut_segment(fm_pieces *pieces, const fm_field *field,
                             const fm_spot *from, const fm_spot *to, fm_error *error)
{
    line segment = {from->u, from->z, to->u - from->u, to->z - from->z, 0, 0};
    segment.per_u = 1 / segment.du;
    segment.per_z = 1 / segment.dz;
    fm_status status = FM_OK;
    size_t i = from->i, k = from->k;
    for (double t = 0; t < 1 && status == FM_OK;) {
        double column = next_column(&segment, t, i);
        double row = next_row(field, &segment, t, k);
        double end = column < row ? column : row;
        end = end > t && end < 1 ? end : 1;
        double middle = (t + end) / 2;
        i = cell_column(field, &segment, middle);
        k = cell_row(field, &segment, middle, i, k);
        status = add_piece(pieces, field, &segment, t, end, i, k, error);
        t = end;
    }
    return status;
}

fm_status fm_pieces_cut(fm_pieces *pieces, const fm_field *field, const fm_path *path,
                        fm_error *error)
{
    fm_status status = FM_OK;
    forget(pieces, field);
    for (size_t n = 1; n < path->n && status == FM_OK; n++) {
        status = cut_segment(pieces, field, &path->spot[n - 1], &path->spot[n], error);
    }
    return status;
}
