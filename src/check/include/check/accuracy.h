#ifndef FM_CHECK_ACCURACY_H
#define FM_CHECK_ACCURACY_H

#include <stdint.h>

#include "check/analytic.h"
#include "fmm/solver.h"

/* How far the solver is from the truth: one march compared with its closed form, and
 * the series of grids that gives the order of convergence. */

typedef struct fm_deviation {
    double mean, worst; /* |T - exact| over the nodes where the formula holds, s */
    double mean_time;   /* mean of the exact times there, s */
} fm_deviation;

fm_status fm_accuracy_measure(const fm_problem *problem, size_t n, fm_point source,
                              const fm_solver_options *options, fm_deviation *deviation,
                              fm_error *error);

/* A source drawn from the problem's box with a generator of fixed seed: the same for
 * the same number. On a node of the grid of n x n nodes (and every finer one that
 * bisects it) if on_node, else anywhere. */
fm_point fm_accuracy_source(const fm_problem *problem, size_t n, uint64_t number,
                            bool on_node);

/* One line of `fermat check`: a problem, solved with these options, and what it must
 * reach. */
typedef struct fm_accuracy_case {
    const char *problem;
    bool on_node;         /* sources on nodes, or anywhere */
    int order;            /* of the scheme */
    size_t finest;        /* nodes a side of the finest grid: 801 or 1001 */
    double largest_error; /* bound on mean error / mean time there */
    double least_order; /* bound on the order of the mean error, 101 to 801 (to 401 when
                           quick); -INFINITY where the error is rounding alone */
} fm_accuracy_case;

const fm_accuracy_case *fm_accuracy_cases(size_t *n);

enum { FM_ACCURACY_GRIDS = 5 };

typedef struct fm_accuracy_series {
    size_t grids;
    size_t n[FM_ACCURACY_GRIDS];     /* nodes a side: 101 201 401 801 1001 */
    double error[FM_ACCURACY_GRIDS]; /* geometric mean, over the sources, of the mean
                                        error relative to the mean time */
    double order;
    double largest_error; /* the bound that applies to the finest grid run */
    bool passed;
} fm_accuracy_series;

/* Solve the case for ten random sources on grids of 101 to case->finest nodes a side.
 * When quick: for three sources, up to 401, and the bound on the error is that of the
 * finest grid scaled by the order that is asked for. */
fm_status fm_accuracy_run(const fm_accuracy_case *accuracy_case, bool quick,
                          fm_accuracy_series *series, fm_error *error);

#endif
