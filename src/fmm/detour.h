#ifndef FM_FMM_DETOUR_H
#define FM_FMM_DETOUR_H

#include "field.h"

/* A way across one cell, or along its edge. */
typedef struct fm_detour {
    fm_spot spot;
    double time;      /* there */
    bool beside_mask; /* a node of the stencil there was not reached */
} fm_detour;

/* To the point on the edges of the cells that hold `from` by which the wave came
 * earliest, of those with less than this time; false: there is none. */
bool fm_detour_across(const fm_field *field, const fm_spot *from, double time,
                      fm_detour *to);

/* To the earliest corner of these cells; or, from a node, to the earliest of its four
 * neighbours, if that is earlier. */
bool fm_detour_to_node(const fm_field *field, const fm_spot *from, fm_detour *to);

/* Is there a way through the spot's cell other than from corner to opposite corner? */
bool fm_detour_is_through(const fm_field *field, const fm_spot *spot);

#endif
