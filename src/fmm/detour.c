/* The way from cell to cell where the gradient does not lead on: beside masks, where it
 * is not known, and in rough media, where the cubics overshoot. It needs no more than
 * the times of the nodes. */
#include "detour.h"

typedef struct corners {
    size_t i, k;
    bool open[4]; /* corners: row by row */
    double time[4];
    size_t n; /* open ones */
    double slowness;
} corners;

/* The best so far. */
typedef struct seeker {
    const fm_field *field;
    const fm_spot *from;
    double time, cost;
    fm_detour *to;
    bool any; /* also nodes that are masked as seen from the cell */
} seeker;

static void read_cell(const fm_field *field, size_t i, size_t k, corners *cell)
{
    *cell = (corners){.i = i, .k = k};
    for (size_t c = 0; c < 4; c++) {
        size_t column = i + c % 2, row = k + c / 2;
        cell->open[c] = fm_field_is_open(field, column, row, k);
        cell->time[c] = fm_march_time(field->march, column, row);
        if (cell->open[c]) {
            cell->n++;
            cell->slowness += fm_field_slowness(field, column, row, k);
        }
    }
    cell->slowness /= cell->n > 0 ? (double)cell->n : 1;
}

bool fm_detour_is_through(const fm_field *field, const fm_spot *spot)
{
    corners cell;
    read_cell(field, spot->i, spot->k, &cell);
    return cell.n > 2 || (cell.n == 2 && cell.open[0] != cell.open[3]);
}

/* First and last cell along an axis that hold a place. */
static void cells_at(size_t cell, bool at_low, bool at_high, size_t cells,
                     size_t range[2])
{
    range[0] = at_low && cell > 0 ? cell - 1 : cell;
    range[1] = at_high && cell + 1 < cells ? cell + 1 : cell;
}

static void cells_around(const fm_field *field, const fm_spot *spot, size_t columns[2],
                         size_t rows[2])
{
    const fm_grid *grid = &field->march->medium->grid;
    double i = (double)spot->i;
    cells_at(spot->i, spot->u <= i, spot->u >= i + 1, grid->nx - 1, columns);
    cells_at(spot->k, spot->z <= grid->z[spot->k], spot->z >= grid->z[spot->k + 1],
             grid->nz - 1, rows);
}

static fm_spot corner(const fm_grid *grid, const corners *cell, size_t c)
{
    return (fm_spot){(double)(cell->i + c % 2), grid->z[cell->k + c / 2], cell->i,
                     cell->k};
}

static bool same_place(const fm_spot *one, const fm_spot *two)
{
    return one->u == two->u && one->z == two->z;
}

/* ---- across a cell ---- */

/* Kilometres in the cell, which is taken as flat, from a place. */
static fm_point offset(const seeker *search, const fm_spot *to)
{
    const fm_spot *from = search->from;
    double middle = (from->z + to->z) / 2;
    return (fm_point){(to->u - from->u) * fm_field_step(search->field, to->k, middle),
                      (to->z - from->z) * search->field->march->frame.km_per_z};
}

static void offer(seeker *search, const corners *cell, fm_spot spot, double along)
{
    fm_point way = offset(search, &spot);
    double cost = along + cell->slowness * hypot(way.x, way.z);
    if (!(cost < search->cost) || same_place(&spot, search->from)) {
        return;
    }
    double time = fm_field_slope(search->field, &spot).time;
    if (time < search->time) {
        search->cost = cost;
        *search->to = (fm_detour){spot, time,
                                  !fm_field_is_whole(search->field, cell->i, cell->k)};
    }
}

/* Where on the edge from corner a (t = 0) to b (t = 1) is T + s |p - x| least? With the
 * foot of the perpendicular at t0 and its length d, in lengths of the edge,
 * t - t0 = -rise d / sqrt(s^2 - rise^2), rise being that of T a length. */
static double earliest_on_edge(fm_point a, fm_point b, double rise, double slowness)
{
    double ex = b.x - a.x, ez = b.z - a.z, square = ex * ex + ez * ez;
    double length = sqrt(square), s = slowness * length;
    double foot = -(a.x * ex + a.z * ez) / square;
    double away = fabs(a.x * ez - a.z * ex) / square;
    if (fabs(rise) >= s) {
        return rise > 0 ? 0 : 1;
    }
    return fmin(fmax(foot - rise * away / sqrt(s * s - rise * rise), 0), 1);
}

static void offer_edge(seeker *search, const corners *cell, size_t a, size_t b)
{
    const fm_grid *grid = &search->field->march->medium->grid;
    if (!cell->open[a] || !cell->open[b]) {
        return;
    }
    fm_spot low = corner(grid, cell, a), high = corner(grid, cell, b);
    offer(search, cell, low, cell->time[a]);
    offer(search, cell, high, cell->time[b]);
    bool on_it = a / 2 == b / 2 ? search->from->z == low.z : search->from->u == low.u;
    if (!on_it) {
        double rise = cell->time[b] - cell->time[a];
        double t = earliest_on_edge(offset(search, &low), offset(search, &high), rise,
                                    cell->slowness);
        if (t > 1e-9 && t < 1 - 1e-9) {
            fm_spot spot = low;
            spot.u += t * (high.u - low.u);
            spot.z += t * (high.z - low.z);
            offer(search, cell, spot, cell->time[a] + t * rise);
        }
    }
}

bool fm_detour_across(const fm_field *field, const fm_spot *from, double time,
                      fm_detour *to)
{
    static const size_t edge[4][2] = {{0, 1}, {2, 3}, {0, 2}, {1, 3}};
    seeker search = {field, from, time, INFINITY, to, false};
    size_t columns[2], rows[2];
    cells_around(field, from, columns, rows);
    for (size_t k = rows[0]; k <= rows[1]; k++) {
        for (size_t i = columns[0]; i <= columns[1]; i++) {
            corners cell;
            read_cell(field, i, k, &cell);
            for (size_t e = 0; e < 4; e++) {
                offer_edge(&search, &cell, edge[e][0], edge[e][1]);
            }
        }
    }
    return search.cost < INFINITY;
}

/* ---- from node to node ---- */

static bool is_node(const fm_field *field, const fm_spot *spot)
{
    const double *z = field->march->medium->grid.z + spot->k;
    double i = (double)spot->i;
    return (spot->u == i || spot->u == i + 1) && (spot->z == z[0] || spot->z == z[1]);
}

/* From a node only along the lines of the grid. */
static bool is_neighbour(const fm_spot *one, const fm_spot *two)
{
    return one->u == two->u || one->z == two->z;
}

/* The corners that a place in a cell counts to: on an edge its ends. */
static bool counts(const fm_field *field, const fm_spot *from, const fm_spot *corner)
{
    const double *z = field->march->medium->grid.z + corner->k;
    return fabs(from->u - corner->u) < 1 && fabs(from->z - corner->z) < z[1] - z[0];
}

static void offer_node(seeker *search, const corners *cell, size_t c, bool from_node)
{
    fm_spot spot = corner(&search->field->march->medium->grid, cell, c);
    if (!(cell->open[c] || search->any) || same_place(&spot, search->from) ||
        !(from_node ? is_neighbour(&spot, search->from)
                    : counts(search->field, search->from, &spot))) {
        return;
    }
    fm_point way = offset(search, &spot);
    double ray = from_node ? 0 : cell->slowness * hypot(way.x, way.z);
    if (cell->time[c] + ray < search->cost) {
        search->cost = cell->time[c] + ray;
        *search->to = (fm_detour){spot, cell->time[c],
                                  !fm_field_is_whole(search->field, cell->i, cell->k)};
    }
}

static void offer_nodes(seeker *search, bool from_node)
{
    size_t columns[2], rows[2];
    cells_around(search->field, search->from, columns, rows);
    for (size_t k = rows[0]; k <= rows[1]; k++) {
        for (size_t i = columns[0]; i <= columns[1]; i++) {
            corners cell;
            read_cell(search->field, i, k, &cell);
            for (size_t c = 0; c < 4; c++) {
                offer_node(search, &cell, c, from_node);
            }
        }
    }
}

/* ---- plateaus ---- */

/* Nodes of the same time, from the one that the ray came to; where the slowness falls a
 * hundredfold the march has such neighbours (special.c). */
enum { PLATEAU = 256 };
typedef struct plateau {
    const fm_march *march;
    double time;
    size_t n, node[PLATEAU], first[PLATEAU]; /* and the first step on the way there */
} plateau;

static void spread(plateau *over, size_t node, size_t first)
{
    for (size_t n = 0; n < over->n; n++) {
        if (over->node[n] == node) {
            return;
        }
    }
    if (over->march->time[node] == over->time && over->n < PLATEAU) {
        over->node[over->n] = node;
        over->first[over->n++] = first;
    }
}

/* The neighbour by which it is the least number of steps to one that is earlier, or
 * SIZE_MAX. */
static size_t way_off(plateau *over, size_t start)
{
    size_t stride = over->march->stride;
    *over = (plateau){.march = over->march, .time = over->march->time[start]};
    spread(over, start, SIZE_MAX);
    for (size_t n = 0; n < over->n; n++) {
        size_t node = over->node[n];
        size_t next[4] = {node - stride, node - 1, node + 1, node + stride};
        for (size_t a = 0; a < 4; a++) {
            double time = over->march->time[next[a]];
            if (n > 0 && time >= 0 && time < over->time) {
                return over->first[n];
            }
            spread(over, next[a], n > 0 ? over->first[n] : next[a]);
        }
    }
    return SIZE_MAX;
}

static size_t node_of(const fm_field *field, const fm_spot *spot)
{
    size_t i = spot->i + (spot->u > (double)spot->i);
    size_t k = spot->k + (spot->z > field->march->medium->grid.z[spot->k]);
    return fm_march_node(field->march, i, k);
}

static bool along_plateau(const fm_field *field, const fm_spot *from, fm_detour *to)
{
    const fm_grid *grid = &field->march->medium->grid;
    plateau over = {.march = field->march};
    size_t next = way_off(&over, node_of(field, from));
    if (next == SIZE_MAX) {
        return false;
    }
    size_t i = next % field->march->stride - FM_MARGIN;
    size_t k = next / field->march->stride - FM_MARGIN;
    fm_spot spot = {(double)i, grid->z[k], i < grid->nx - 1 ? i : i - 1,
                    k < grid->nz - 1 ? k : k - 1};
    *to = (fm_detour){spot, over.time, false};
    return true;
}

bool fm_detour_to_node(const fm_field *field, const fm_spot *from, fm_detour *to)
{
    bool node = is_node(field, from);
    double own = node ? field->march->time[node_of(field, from)] : INFINITY;
    seeker search = {field, from, INFINITY, own, to, false};
    offer_nodes(&search, node);
    if (!(search.cost < own)) {
        /* The march has one time for both sides of an interface, one of which may be
         * masked. */
        search.any = true;
        offer_nodes(&search, node);
    }
    return search.cost < own || (node && along_plateau(field, from, to));
}
