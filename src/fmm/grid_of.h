#ifndef FM_FMM_GRID_OF_H
#define FM_FMM_GRID_OF_H

#include "fmm/solver.h"
#include "march.h"

/* The march of the propagation grid, for what reads its result (rays); whether it came
 * to its end is fm_solver_accepted() > 0. Lives as long as the solver. */
const fm_march *fm_solver_grid(const fm_solver *solver);
const fm_medium *fm_solver_medium(const fm_solver *solver);

#endif
