/* The way of a ray: down the gradient of the time in steps of a cell (the midpoint
 * rule; half a cell where it turns), until it is in the source's cell, and from there
 * straight.
 *
 * A step ends on interfaces and on the edges of the model. On an interface the side
 * goes on whose gradient leads away from it; where neither does, the wave came along
 * the interface, and so does the ray. Every step must lower the time. One that does not
 * is halved, three times at most; then the ray crosses the cell by the way that the
 * times of its corners make the earliest: to the point p on the cell's edge, among
 * those of less time, with the least T(p) + s |p - x|, T being linear between two
 * corners; and where no such point is earlier, by nodes until the time is less
 * (detour.c). So the time falls, but along nodes, which may be later than a valley of
 * the cubics; where that leads to a node for the second time, the loop is cut off. */
#include "path.h"

#include <stdlib.h>

#include "detour.h"

/* Steps, in cells; the first that lowers the time is taken. */
static const double steps[] = {1, 0.5, 0.25, 0.125};
enum { STEPS = sizeof steps / sizeof *steps };

typedef struct walker {
    const fm_field *field;
    const fm_grid *grid;
    fm_spot here;
    fm_slope slope;
    fm_ray_status status;
    bool by_cells; /* never by the gradient */
} walker;

void fm_path_clear(fm_path *path)
{
    free(path->spot);
    *path = (fm_path){0};
}

/* A place that it is at already may be seen from another cell now. */
static fm_status push(fm_path *path, fm_spot spot, fm_error *error)
{
    fm_spot *last = path->n > 0 ? &path->spot[path->n - 1] : NULL;
    if (last && last->u == spot.u && last->z == spot.z) {
        *last = spot;
        return FM_OK;
    }
    if (path->n == path->room) {
        size_t room = path->room + path->room / 2 + 256;
        fm_spot *more = realloc(path->spot, room * sizeof *more);
        if (!more) {
            return fm_fail_memory(error, "a ray", (double)room * sizeof *more);
        }
        path->spot = more;
        path->room = room;
    }
    path->spot[path->n++] = spot;
    return FM_OK;
}

/* A node that the ray was at before: what came between was a loop. */
static fm_status push_once(fm_path *path, fm_spot spot, fm_error *error)
{
    for (size_t n = path->n; n > 0; n--) {
        if (path->spot[n - 1].u == spot.u && path->spot[n - 1].z == spot.z) {
            path->n = n;
            return FM_OK;
        }
    }
    return push(path, spot, error);
}

static void note(walker *walk, fm_ray_status status)
{
    walk->status = status > walk->status ? status : walk->status;
}

/* ---- where it may go ---- */

/* The box around a place that a step must not leave: the layer. */
typedef struct bounds {
    double u[2], z[2];
} bounds;

static bounds layer_of(const walker *walk, const fm_spot *spot)
{
    const fm_field_row *row = &walk->field->row[spot->k];
    return (bounds){{0, (double)(walk->grid->nx - 1)},
                    {walk->grid->z[row->low], walk->grid->z[row->high]}};
}

/* Narrowed to the lines of the source's cell, so that no step goes past the source. */
static void stop_at(double range[2], double at, double low, double high)
{
    double least = at > high ? high : at > low ? low : range[0];
    double most = at < low ? low : at < high ? high : range[1];
    range[0] = least > range[0] ? least : range[0];
    range[1] = most < range[1] ? most : range[1];
}

static bounds reach_of(const walker *walk, const bounds *box)
{
    const fm_place *source = &walk->field->march->source.place;
    bounds reach = *box;
    double column = (double)source->column;
    stop_at(reach.u, walk->here.u, column + (source->fx >= 1),
            column + (source->fx > 0));
    const double *z = walk->grid->z + source->row;
    stop_at(reach.z, walk->here.z, z[source->fz >= 1], z[source->fz > 0]);
    return reach;
}

/* No component out of the box from a place on its edge. Was there one? */
static bool keep_inside(const double range[2], double at, double *d)
{
    bool leaves = (at <= range[0] && *d < 0) || (at >= range[1] && *d > 0);
    *d = leaves ? 0 : *d;
    return leaves;
}

/* How much of the step d stays in the range: 0 to 1. */
static double share(const double range[2], double at, double d)
{
    double to = at + d;
    if (to < range[0]) {
        return (range[0] - at) / d;
    }
    return to > range[1] ? (range[1] - at) / d : 1;
}

/* Close to an edge is on it. */
static double snapped(const double range[2], double at, double unit)
{
    if (at < range[0] + 1e-9 * unit) {
        return range[0];
    }
    return at > range[1] - 1e-9 * unit ? range[1] : at;
}

static double height(const walker *walk, size_t k)
{
    return walk->grid->z[k + 1] - walk->grid->z[k];
}

/* The cell of a place in this layer; one on a row or column counts to the cell that the
 * direction leads into. */
static void find_cell(const walker *walk, fm_spot *spot, double du, double dz)
{
    const fm_field_row *layer = &walk->field->row[spot->k];
    const double *z = walk->grid->z;
    size_t low = layer->low, high = layer->high;
    while (spot->k > low &&
           (spot->z < z[spot->k] || (spot->z <= z[spot->k] && dz < 0))) {
        spot->k--;
    }
    while (spot->k + 1 < high &&
           (spot->z > z[spot->k + 1] || (spot->z >= z[spot->k + 1] && dz >= 0))) {
        spot->k++;
    }
    spot->i = (size_t)(ptrdiff_t)spot->u;
    spot->i -= (spot->u <= (double)spot->i && du < 0 && spot->i > 0) ||
               spot->i + 1 == walk->grid->nx;
}

/* The step of so many cells from here along the slope; false if the way leads out of
 * the box, and there is nothing left of it. */
static bool scaled(const walker *walk, const bounds *box, fm_slope slope, double cells,
                   double d[2], bool *slides)
{
    double per_z = walk->field->row[walk->here.k].per_z;
    d[0] = slope.du;
    d[1] = slope.dz;
    *slides |= keep_inside(box->u, walk->here.u, &d[0]);
    *slides |= keep_inside(box->z, walk->here.z, &d[1]);
    double rows = d[1] * per_z, length = sqrt(d[0] * d[0] + rows * rows);
    if (!(length > 0)) {
        return false;
    }
    double scale = cells / length;
    d[0] *= scale;
    d[1] *= scale;
    return true;
}

static fm_spot moved(const walker *walk, const bounds *box, const double d[2],
                     double part)
{
    fm_spot to = walk->here;
    to.u = snapped(box->u, to.u + part * d[0], 1);
    to.z = snapped(box->z, to.z + part * d[1], height(walk, to.k));
    find_cell(walk, &to, d[0], d[1]);
    return to;
}

static double share_of_both(const walker *walk, const bounds *box, const double d[2])
{
    double u = share(box->u, walk->here.u, d[0]);
    double z = share(box->z, walk->here.z, d[1]);
    return u < z ? u : z;
}

/* ---- a step ---- */

/* Do two steps of a cell differ by more than a twentieth? */
static bool turns(const walker *walk, const double one[2], const double two[2])
{
    double per_z = walk->field->row[walk->here.k].per_z;
    double du = two[0] - one[0], dz = (two[1] - one[1]) * per_z;
    return du * du + dz * dz > 1.0 / 400;
}

static bool descend(walker *walk, double cells, fm_spot *to, fm_slope *slope,
                    bool *slides)
{
    bounds box = layer_of(walk, &walk->here);
    bounds reach = reach_of(walk, &box);
    double d[2];
    *slides = false;
    if (!scaled(walk, &box, walk->slope, cells, d, slides)) {
        return false;
    }
    fm_spot middle = moved(walk, &reach, d, share_of_both(walk, &reach, d) / 2);
    fm_slope there = fm_field_slope(walk->field, &middle);
    double first[2] = {d[0], d[1]};
    if (!there.known || !scaled(walk, &box, there, cells, d, slides) ||
        (cells > 0.5 && turns(walk, first, d))) {
        return false;
    }
    *to = moved(walk, &reach, d, share_of_both(walk, &reach, d));
    *slope = fm_field_slope(walk->field, to);
    return slope->time < walk->slope.time;
}

static bool try_steps(walker *walk)
{
    fm_spot to;
    fm_slope slope;
    for (size_t n = 0; n < STEPS && walk->slope.known; n++) {
        bool slides;
        if (descend(walk, steps[n], &to, &slope, &slides)) {
            walk->here = to;
            walk->slope = slope;
            note(walk, slides ? FM_RAY_ALONG_EDGE : FM_RAY_REACHED);
            return true;
        }
    }
    return false;
}

/* One of the two sides of an interface. */
typedef struct side {
    fm_spot spot;
    fm_slope slope;
    double slowness;
    bool leads;
} side;

/* Does the gradient lead from the interface into this side? It must be as long as the
 * slowness there, or nearly so: in the wedge between the direct wave and the head wave,
 * where that is thinner than a cell, it is shorter, and would leave the interface too
 * soon. `away` is the sign of the way into the side. */
static side look_from(const walker *walk, fm_spot spot, fm_slope slope, size_t row,
                      double away)
{
    size_t right = spot.i + (spot.u > (double)spot.i);
    double s = (fm_field_slowness(walk->field, spot.i, row, spot.k) +
                fm_field_slowness(walk->field, right, row, spot.k)) /
               2;
    double x = slope.du * fm_field_step(walk->field, spot.k, spot.z);
    double z = slope.dz * walk->field->march->frame.km_per_z;
    bool likely = x * x + z * z > 0.8 * s * s;
    return (side){spot, slope, s, slope.known && slope.dz * away > 0 && likely};
}

/* On an interface go on from the side whose gradient leads away from it; if neither
 * does from the faster one, along it; if both do from the present one. */
static void choose_side(walker *walk)
{
    const fm_field_row *layer = &walk->field->row[walk->here.k];
    const double *z = walk->grid->z;
    fm_spot beyond = walk->here;
    bool at_low = walk->here.z <= z[layer->low] && layer->low > 0;
    bool at_high = walk->here.z >= z[layer->high] && layer->high + 1 < walk->grid->nz;
    if (!at_low && !at_high) {
        return;
    }
    size_t row = at_low ? layer->low : layer->high;
    double away = at_low ? 1 : -1;
    beyond.k = at_low ? row - 1 : row;
    side own = look_from(walk, walk->here, walk->slope, row, away);
    side other =
        look_from(walk, beyond, fm_field_slope(walk->field, &beyond), row, -away);
    bool along = !own.leads && !other.leads && other.slowness < own.slowness;
    if (other.slope.known &&
        (!own.slope.known || along || (other.leads && !own.leads))) {
        other.slope.time = walk->slope.time;
        walk->here = other.spot;
        walk->slope = other.slope;
    }
}

/* ---- the end ---- */

static bool between(double at, size_t cell, double fraction, double *steps_away)
{
    double offset = at - (double)cell;
    *steps_away = offset - fraction;
    return offset >= (fraction <= 0 ? -1 : 0) && offset <= (fraction >= 1 ? 2 : 1);
}

static double row_position(const walker *walk, const fm_spot *spot)
{
    return (double)spot->k + (spot->z - walk->grid->z[spot->k]) / height(walk, spot->k);
}

/* Is the place in the source's cell, or in one of those that touch it if it is on an
 * edge or a node; and is the way open? It is not across a cell of which only two
 * opposite corners are, unless the source is within. */
static bool is_beside_source(const walker *walk)
{
    const fm_place *source = &walk->field->march->source.place;
    double across, along;
    bool beside =
        between(walk->here.u, source->column, source->fx, &across) &&
        between(row_position(walk, &walk->here), source->row, source->fz, &along);
    bool within = source->fx > 0 && source->fx < 1 && source->fz > 0 && source->fz < 1;
    return beside &&
           (walk->slope.known || within || !(fabs(across) > 0) || !(fabs(along) > 0) ||
            fm_detour_is_through(walk->field, &walk->here));
}

static fm_spot source_spot(const walker *walk)
{
    const fm_place *source = &walk->field->march->source.place;
    const double *z = walk->grid->z;
    double exact = source->fz >= 1 ? z[source->row + 1] : source->point.z;
    return (fm_spot){(double)source->column + source->fx, exact, source->column,
                     source->row};
}

static fm_status finish(const walker *walk, fm_path *path, fm_error *error)
{
    fm_spot end = source_spot(walk);
    if (end.u == walk->here.u && end.z == walk->here.z) {
        return FM_OK;
    }
    return push(path, end, error);
}

/* ---- the whole way ---- */

/* By way of nodes until the time is less than here; false: no way. */
static fm_status detour(walker *walk, fm_path *path, bool *found, fm_error *error)
{
    double time = walk->slope.time;
    fm_status status = FM_OK;
    fm_detour to;
    *found = fm_detour_across(walk->field, &walk->here, time, &to);
    if (!*found) {
        do {
            *found = fm_detour_to_node(walk->field, &walk->here, &to);
            if (*found && to.time >= time) {
                walk->here = to.spot;
                walk->slope = fm_field_slope(walk->field, &to.spot);
                note(walk, FM_RAY_FALLBACK);
                status = push_once(path, to.spot, error);
            }
        } while (*found && to.time >= time && status == FM_OK &&
                 !is_beside_source(walk));
        if (*found && to.time >= time) {
            return status;
        }
    }
    if (*found && status == FM_OK) {
        note(walk, to.beside_mask ? FM_RAY_ALONG_EDGE : FM_RAY_FALLBACK);
        walk->here = to.spot;
        walk->slope = fm_field_slope(walk->field, &to.spot);
        walk->slope.time = to.time;
        status = push_once(path, to.spot, error);
    }
    return status;
}

static fm_status follow(walker *walk, fm_path *path, fm_error *error)
{
    /* Never come to: the time falls at every step, and there are so many cells. */
    size_t bound = 1000 + 8 * fm_grid_nodes(walk->grid), taken = 0;
    fm_status status = push(path, walk->here, error);
    while (status == FM_OK && !is_beside_source(walk)) {
        bool found = true;
        choose_side(walk);
        if (!walk->by_cells && try_steps(walk)) {
            status = push(path, walk->here, error);
        } else {
            status = detour(walk, path, &found, error);
        }
        if (!found || taken++ > bound) {
            walk->status = FM_RAY_FAILED;
            return status;
        }
    }
    return status == FM_OK ? finish(walk, path, error) : status;
}

fm_status fm_path_trace(const fm_field *field, const fm_place *receiver, bool by_cells,
                        fm_path *path, fm_error *error)
{
    walker walk = {.field = field,
                   .grid = &field->march->medium->grid,
                   .status = FM_RAY_REACHED,
                   .by_cells = by_cells};
    bool on_row = receiver->fz >= 1;
    walk.here = (fm_spot){(double)receiver->column + receiver->fx,
                          on_row ? walk.grid->z[receiver->row + 1] : receiver->point.z,
                          receiver->column, receiver->row};
    walk.slope = fm_field_slope(field, &walk.here);
    path->n = 0;
    fm_status status = follow(&walk, path, error);
    path->status = walk.status;
    return status;
}
