#ifndef FM_FMM_ZONES_H
#define FM_FMM_ZONES_H

#include "march.h"

/* Nested grids around the source, each with half the steps of the one before. */

enum { FM_ZONE_CELLS = 64, FM_ZONE_NODES = 2 * (2 * FM_ZONE_CELLS + 1) + 1 };

typedef struct fm_zones {
    const fm_model *model;
    size_t max, used;  /* levels there is room for; levels of the last march */
    fm_march *march;   /* [max], coarse to fine */
    fm_medium *medium; /* [max] */
} fm_zones;

fm_status fm_zones_create(const fm_model *model, size_t max, int order, fm_zones *zones,
                          fm_error *error);
void fm_zones_clear(fm_zones *zones);
double fm_zones_bytes(size_t max);

/* Is there an interface within the reach of a zone around the source of this march? */
bool fm_zones_wanted(const fm_march *march);

/* Seed `base` (begun): with the source's cell, or, with `levels` > 0, by marching so
 * many zones around the source, finest first. */
fm_status fm_zones_march(fm_zones *zones, size_t levels, fm_march *base,
                         fm_error *error);

/* The adjoint: what has come to the seeds of `parent`, handed down by the zone, is
 * given back to the zone's nodes. */
void fm_zones_give_back(fm_march *parent, fm_march *zone);

#endif
