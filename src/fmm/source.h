#ifndef FM_FMM_SOURCE_H
#define FM_FMM_SOURCE_H

#include "frame.h"

/* What the march knows of the medium around the source: its speed there and the linear
 * trend, for which the travel time has a closed form. */
typedef struct fm_source {
    fm_place place;
    double speed; /* km/s, at the source */
    double gx, gz,
        g; /* km/s per km along the local axes, and the length of that vector */
    double km_per_x; /* length of a unit of x in the source's row */
    double km_per_z;
    /* A source on an interface: slowness on the side of smaller and of larger row
     * number (INFINITY: masked); else both are 1 / speed. */
    bool on_interface;
    double slowness_lower, slowness_upper;
    size_t
        line_reach; /* nodes along the source's rows and columns that get the remedy */
} fm_source;

/* FM_BAD_INPUT when the source is outside the grid or masked all around. */
fm_status fm_source_fit(const fm_medium *medium, fm_point point, fm_source *source,
                        fm_error *error);

/* Slowness of node (i, k) as seen from inside the cell row `cell` (k - 1 or k). */
double fm_source_slowness_from(const fm_medium *medium, size_t i, size_t k,
                               size_t cell);

/* Offsets of a node or point from the source in km along the local axes. */
fm_point fm_source_offset(const fm_source *source, fm_point point);

/* Time at distance r km, at this offset, for the linear speed fitted at the source. */
double fm_source_time(const fm_source *source, double r, fm_point offset);

/* The same across a source that lies on an interface: straight rays on either side, and
 * on the slow side the head wave along the fast one. */
double fm_source_time_at_interface(const fm_source *source, double r, double dz);

/* Gradient (s/km) of fm_source_time at a node. */
fm_point fm_source_gradient(const fm_source *source, const fm_look *look,
                            fm_point offset);

#endif
