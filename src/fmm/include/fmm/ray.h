#ifndef FM_FMM_RAY_H
#define FM_FMM_RAY_H

#include <stdint.h>

#include "fmm/solver.h"

/* Rays: from a receiver down the gradient of the travel time to the source, and the
 * derivative of a ray's time with respect to the slowness of the nodes it runs by
 * (docs/method.md, "Rays"). Needs a march of the whole grid: where one that stopped
 * early left nodes on the way, a ray may go by others or FAIL. */

typedef enum fm_ray_status {
    FM_RAY_NOT_DONE = 0,
    FM_RAY_REACHED = 1,     /* the source, along the gradient all the way */
    FM_RAY_ALONG_EDGE = 2,  /* the source, in part along an edge of the model, a mask or
                               an interface */
    FM_RAY_FALLBACK = 3,    /* the source, in part by the earliest way from cell to
                               cell, where the gradient did not lead on */
    FM_RAY_FAILED = 4,      /* it could not be traced to the source */
    FM_RAY_UNREACHABLE = 5, /* the wave does not come to the receiver */
} fm_ray_status;

/* What a ray says of a node: d time / d slowness in km, the weight of that node's
 * slowness in the integral along the ray. */
typedef struct fm_ray_node {
    uint32_t column, row;
    bool beyond; /* of an interface row's two slownesses, that of the larger rows' side
                  */
    double km;
} fm_ray_node;

/* The part of a ray in one cell of the propagation grid. */
typedef struct fm_ray_piece {
    uint32_t column, row; /* of the cell */
    double km;
} fm_ray_piece;

/* One ray; the arrays belong to the tracer and live until the next one. A ray of status
 * NOT_DONE, FAILED or UNREACHABLE has no points, nodes or pieces, and NaN as time. */
typedef struct fm_ray {
    fm_ray_status status;
    double time_s;    /* sum of km times slowness over the nodes, in their order */
    double length_km; /* sum over the pieces, in their order */
    size_t n;
    const fm_point *point; /* [n], receiver to source, both included; a receiver at the
                              source has that one point */
    size_t nnodes;
    const fm_ray_node *node; /* [nnodes], each node (and side) once */
    size_t npieces;
    const fm_ray_piece
        *piece; /* [npieces], receiver to source; a cell may come again */
} fm_ray;

/* A workspace beside a solver, which must outlive it; 12 bytes a node (4 more for
 * each of an interface) and what the longest ray takes. */
typedef struct fm_tracer fm_tracer;
fm_status fm_tracer_create(const fm_solver *solver, fm_tracer **tracer,
                           fm_error *error);
void fm_tracer_destroy(fm_tracer *tracer); /* accepts NULL */
double fm_tracer_bytes(const fm_medium *medium);

/* Once after each march, before its rays. */
void fm_tracer_begin(fm_tracer *tracer);

/* One ray. FM_OK whatever its status; FM_NO_MEMORY. */
fm_status fm_tracer_trace(fm_tracer *tracer, fm_point receiver, fm_ray *ray,
                          fm_error *error);

#endif
