#ifndef FM_FMM_SOURCE_H
#define FM_FMM_SOURCE_H

#include "frame.h"

/* An interface that bounds the source's cell and is faster behind, so that a head wave
 * runs along it; or the one that the source is on. */
typedef struct fm_boundary {
    size_t row;
    double dz;       /* km from the source, negative towards smaller row numbers */
    double beyond;   /* slowness on its far side */
    bool slow_upper; /* its slow side is that of larger row numbers */
} fm_boundary;

/* What the march knows of the medium around the source: its speed there and the linear
 * trend, for which the travel time has a closed form. */
enum { FM_REACH_LINEAR = 4 };

typedef struct fm_source {
    fm_place place;
    double speed;    /* km/s, at the source */
    double gx, gz;   /* km/s per km, its trend along the local axes */
    double g;        /* length of that vector */
    double km_per_x; /* length of a unit of x in the source's row */
    double km_per_z;
    fm_boundary boundary[2];
    size_t boundaries;
    /* A source on an interface: slowness on the side of smaller and of larger row
     * number (INFINITY: masked); else both are 1 / speed. */
    bool on_interface;
    double slowness_lower, slowness_upper;
    size_t reach_x, reach_z; /* nodes along its rows, columns that get the remedy */
} fm_source;

/* What the adjoint gathers: the derivative of the sum of times with respect to what a
 * source was fitted from the nodes around. */
typedef struct fm_source_share {
    double speed, gx, gz;
    double lower, upper; /* the two slownesses of a source on an interface */
    double beyond[2];    /* of the boundaries */
} fm_source_share;

/* FM_BAD_INPUT when the source is outside the grid or masked all around. */
fm_status fm_source_fit(const fm_medium *medium, fm_point point, fm_source *source,
                        fm_error *error);

/* Slowness of node (i, k) as seen from inside the cell row `cell` (k - 1 or k). */
double fm_source_slowness_from(const fm_medium *medium, size_t i, size_t k,
                               size_t cell);

/* The derivative of the speed along an axis at node (i, k), in the cell row `cell`: the
 * speed at node `high` less that at `low`, over `per`; zero if per is 0. */
typedef struct fm_source_node {
    size_t i, k, cell;
} fm_source_node;
typedef struct fm_rise {
    fm_source_node low, high;
    double per;
} fm_rise;
fm_rise fm_source_slope_x(const fm_medium *medium, size_t i, size_t k, size_t cell);
fm_rise fm_source_slope_z(const fm_medium *medium, size_t i, size_t k, size_t cell);
/* Is the trend that the nodes give used? */
bool fm_source_trend(const fm_medium *medium, const fm_source *source, double *gx,
                     double *gz);

/* Offsets of a node or point from the source in km along the local axes. */
fm_point fm_source_offset(const fm_source *source, fm_point point);

/* The first arrival at distance r km, at this offset, for points of the source's cell
 * (of both cells beside a source on an interface): the direct wave, or a head wave
 * along a boundary of the cell. */
double fm_source_time(const fm_source *source, double r, fm_point offset);

/* The direct wave alone, for the linear speed fitted at the source. */
double fm_source_direct_time(const fm_source *source, double r, fm_point offset);

/* Does the direct wave to this point, for the linear speed fitted at the source, stay
 * in a medium that is so within a part `tolerance`? Asked where its ray is farthest
 * from the straight line, and deepest (source_ray.c); what it is there if that is
 * outside the grid is `beyond_grid`. */
bool fm_source_ray_holds(const fm_source *source, const fm_medium *medium,
                         fm_point point, double tolerance, bool beyond_grid);

/* The speed that the linear trend gives at an offset. */
double fm_source_linear_speed(const fm_source *source, fm_point offset);

/* Gradient (s/km) of fm_source_direct_time at a node. */
fm_point fm_source_gradient(const fm_source *source, const fm_look *look,
                            fm_point offset);

/* q of source.c for fm_source_direct_time; negative where it takes the speed as
 * constant. */
double fm_source_q(const fm_source *source, double r, fm_point offset);

/* ---- the adjoint (source_adjoint.c) ---- */

/* Add `weight` times the derivative of fm_source_time, or of a component of
 * fm_source_gradient, or of the slowness at the source itself. */
void fm_source_time_share(const fm_source *source, double r, fm_point offset,
                          double weight, fm_source_share *share);
void fm_source_gradient_share(const fm_source *source, const fm_look *look,
                              fm_point offset, fm_point weight, fm_source_share *share);
void fm_source_slowness_share(const fm_source *source, double weight,
                              fm_source_share *share);
/* Hand the share on to the nodes that the source was fitted to: kernel[nz][nx] and
 * beyond[ninterfaces][nx]. */
void fm_source_spread(const fm_medium *medium, const fm_source *source,
                      const fm_source_share *share, double *kernel, double *beyond);

#endif
