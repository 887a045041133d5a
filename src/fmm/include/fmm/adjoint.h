#ifndef FM_FMM_ADJOINT_H
#define FM_FMM_ADJOINT_H

#include "fmm/solver.h"

/* The discrete adjoint: the exact derivative of the numbers that a march computed
 * (docs/method.md, "The adjoint"). One pass over the nodes, against the order in which
 * they were accepted, gives the derivative of any weighted sum of receivers' times with
 * respect to the slowness of every node. Needs fm_solver_options.adjoint. */

/* After a march: the derivative of  sum weight[r] fm_solver_time(receiver[r])  with
 * respect to the slowness of the nodes of every grid that was marched. Receivers that
 * the wave does not reach do not count. FM_NO_MEMORY; FM_FAILED: no march, or the
 * solver was not made for it. */
fm_status fm_solver_adjoint(fm_solver *solver, const fm_point *receiver,
                            const double *weight, size_t n, fm_error *error);

/* What it found, until the next march or adjoint: grid 0 is the propagation grid, then
 * come the refined zones around the source, coarse to fine. Each of them was sampled
 * from the model by itself, so the derivative with respect to the model is the sum over
 * all of them. */
typedef struct fm_sensitivity {
    const fm_medium *medium;
    const double *kernel; /* [nz][nx], d sum / d slowness, km */
    const double *beyond; /* [ninterfaces][nx]; NULL without interfaces */
} fm_sensitivity;
size_t fm_solver_grids(const fm_solver *solver);
fm_sensitivity fm_solver_sensitivity(const fm_solver *solver, size_t grid);

#endif
