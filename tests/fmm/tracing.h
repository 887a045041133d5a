#ifndef FM_TESTS_FMM_TRACING_H
#define FM_TESTS_FMM_TRACING_H

#include "fixture.h"
#include "fmm/ray.h"

/* A medium, its solver and its tracer, for the tests of rays. */
typedef struct tracing {
    fm_medium medium; /* set this, then open */
    fm_solver *solver;
    fm_tracer *tracer;
} tracing;

void open_tracing(tracing *stage); /* a plain solver, if it has none yet */
void close_tracing(tracing *stage);
void begin_at(tracing *stage, fm_point source);
fm_ray ray_from(tracing *stage, fm_point receiver);
bool arrived(const fm_ray *ray);
bool same_point(fm_point one, fm_point two);
/* The same point of the grid for the same n. */
fm_point random_in(const fm_grid *grid, uint64_t n);

#endif
