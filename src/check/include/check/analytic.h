#ifndef FM_CHECK_ANALYTIC_H
#define FM_CHECK_ANALYTIC_H

#include "model/medium.h"

/* Problems whose first arrivals are known in closed form. */

typedef struct fm_problem {
    const char *name;    /* one word, for the command line and tables */
    const char *formula; /* a line for people */
    double radius_km;
    double x_min, x_max, z_min, z_max;
    double source_box[4]; /* x_min, x_max, z_min, z_max: where sources are drawn */
    /* Slowness (s/km) at a point and time (s) from the source to it. A manufactured
     * medium depends on the source. */
    double (*slowness)(fm_point at, fm_point source);
    double (*time)(fm_point at, fm_point source);
    /* Does the ray stay inside the model, so that the formula holds? NULL: always. */
    bool (*inside)(fm_point at, fm_point source);
    /* A layer boundary at this z, or NAN. On a row it has two slownesses; the second
     * one is `slowness` taken just beyond. */
    double interface_z;
    fm_geometry geometry;
    bool between_rows; /* take an even number of rows, so that the boundary lies midway
                        */
} fm_problem;

const fm_problem *fm_problems(size_t *n);
const fm_problem *fm_problem_named(const char *name); /* NULL: unknown */

/* The problem's medium on a grid of n x n nodes (one less where between_rows). */
fm_status fm_problem_medium(const fm_problem *problem, size_t n, fm_point source,
                            fm_medium *medium, fm_error *error);

#endif
