/* The source zone. When an interface lies a few cells from the source, the first steps
 * of the march are its worst: T is not yet r times something smooth. So the
 * neighbourhood of the source, 64 cells to every side, is marched first on a grid with
 * half the steps, and the neighbourhood in that on one with half of those. A zone stops
 * when its wave comes to an edge with more medium beyond: up to that time nothing from
 * outside can have been faster, so all it has accepted is final, and the nodes it
 * shares with the coarser grid are handed down as accepted. */
#include "zones.h"

#include <stdlib.h>

#include "backward.h"

double fm_zones_bytes(size_t max)
{
    double nodes = (double)FM_ZONE_NODES * FM_ZONE_NODES;
    return (double)max * (fm_march_bytes(FM_ZONE_NODES, FM_ZONE_NODES) + 8 * nodes);
}

fm_status fm_zones_create(const fm_model *model, size_t max, int order, fm_zones *zones,
                          fm_error *error)
{
    *zones = (fm_zones){.model = model};
    if (max == 0) {
        return FM_OK;
    }
    zones->march = calloc(max, sizeof *zones->march);
    zones->medium = calloc(max, sizeof *zones->medium);
    fm_status status = zones->march && zones->medium
                           ? FM_OK
                           : fm_fail_memory(error, "the source zones", 1e3);
    for (; status == FM_OK && zones->max < max; zones->max++) {
        status = fm_march_create(FM_ZONE_NODES, FM_ZONE_NODES, order,
                                 &zones->march[zones->max], error);
    }
    if (status != FM_OK) {
        fm_zones_clear(zones);
    }
    return status;
}

void fm_zones_clear(fm_zones *zones)
{
    for (size_t n = 0; n < zones->max; n++) {
        fm_march_clear(&zones->march[n]);
        fm_medium_clear(&zones->medium[n]);
    }
    free(zones->march);
    free(zones->medium);
    *zones = (fm_zones){0};
}

static size_t from(size_t cell)
{
    return cell > FM_ZONE_CELLS ? cell - FM_ZONE_CELLS : 0;
}

static size_t to(size_t cell, size_t n)
{
    size_t last = cell + 1 + FM_ZONE_CELLS;
    return last < n ? last : n - 1;
}

static fm_window window_around(const fm_march *march)
{
    const fm_grid *grid = &march->medium->grid;
    const fm_place *place = &march->source.place;
    return (fm_window){from(place->column), to(place->column, grid->nx),
                       from(place->row), to(place->row, grid->nz)};
}

bool fm_zones_wanted(const fm_march *march)
{
    fm_window window = window_around(march);
    for (size_t k = window.k0; k <= window.k1; k++) {
        if (fm_frame_row(&march->frame, k)->interface != FM_NO_INTERFACE) {
            return true;
        }
    }
    return false;
}

/* Sample the zone inside `parent` and find the source in it. */
static fm_status begin_zone(const fm_model *model, const fm_march *parent,
                            fm_march *march, fm_medium *medium, fm_error *error)
{
    fm_window window = window_around(parent);
    fm_medium_clear(medium); /* of the shot before */
    fm_status status = fm_medium_refine(model, parent->medium, window, medium, error);
    if (status == FM_OK) {
        status = fm_march_begin(march, medium, parent->source.place.point, error);
    }
    march->open.west = window.i0 > 0 || parent->open.west;
    march->open.low = window.k0 > 0 || parent->open.low;
    march->open.east = window.i1 + 1 < parent->medium->grid.nx || parent->open.east;
    march->open.high = window.k1 + 1 < parent->medium->grid.nz || parent->open.high;
    return status;
}

static fm_status hand_down(const fm_march *zone, fm_march *parent, fm_error *error)
{
    fm_window window = window_around(parent);
    for (size_t k = window.k0; k <= window.k1; k++) {
        for (size_t i = window.i0; i <= window.i1; i++) {
            size_t column = 2 * (i - window.i0);
            size_t row = 2 * (k - window.k0);
            if (!fm_march_is_accepted(zone, column, row)) {
                continue;
            }
            double time = fm_march_time(zone, column, row);
            fm_status status = fm_march_seed(parent, i, k, time, error);
            if (status != FM_OK) {
                return status;
            }
        }
    }
    return FM_OK;
}

/* Prepare the zones, coarse to fine. Beside a mask the source may lie in open medium on
 * one grid and in masked medium on the next finer one; the zones end before that. */
static fm_status begin_zones(fm_zones *zones, size_t levels, const fm_march *base,
                             fm_error *error)
{
    const fm_march *parent = base;
    for (zones->used = 0; zones->used < levels; zones->used++) {
        fm_march *zone = &zones->march[zones->used];
        fm_error why;
        fm_status status =
            begin_zone(zones->model, parent, zone, &zones->medium[zones->used], &why);
        if (status == FM_BAD_INPUT) {
            return FM_OK;
        }
        if (status != FM_OK) {
            return fm_fail(error, status, "%s", why.message);
        }
        parent = zone;
    }
    return FM_OK;
}

fm_status fm_zones_march(fm_zones *zones, size_t levels, fm_march *base,
                         fm_error *error)
{
    fm_status status = begin_zones(zones, levels, base, error);
    size_t n = zones->used;
    if (status == FM_OK) {
        status = fm_march_seed_source(n > 0 ? &zones->march[n - 1] : base, error);
    }
    for (; n > 0 && status == FM_OK; n--) {
        fm_march *zone = &zones->march[n - 1];
        status = fm_march_run(zone, false, error);
        if (status == FM_OK) {
            status = hand_down(zone, n > 1 ? &zones->march[n - 2] : base, error);
        }
    }
    return status;
}

void fm_zones_give_back(fm_march *parent, fm_march *zone)
{
    fm_window window = window_around(parent);
    fm_backward *backward = &parent->backward;
    for (size_t n = 0; n < backward->seeds; n++) {
        uint32_t node = backward->order[n];
        size_t row = node / parent->stride - FM_MARGIN - window.k0;
        size_t column = node % parent->stride - FM_MARGIN - window.i0;
        fm_backward_give(zone, 2 * column, 2 * row, backward->kernel[node]);
        backward->kernel[node] = 0;
    }
}
