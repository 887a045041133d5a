#ifndef FM_FMM_SOLVER_H
#define FM_FMM_SOLVER_H

#include "model/medium.h"

/* First arrivals from one point source: |grad T| = s by factored fast marching
 * (docs/method.md). A solver is a workspace: one for each worker, made once, marched
 * again and again. It does no I/O, keeps no globals, and two may march the same medium
 * at once. */

typedef struct fm_solver fm_solver;

enum { FM_REFINE_AUTO = -1, FM_REFINE_MAX = 6 };

typedef struct fm_solver_options {
    int order;       /* 1 or 2 */
    int refine;      /* nested bisected grids around the source: 0 to FM_REFINE_MAX, or
                        FM_REFINE_AUTO: 3 when an interface of the medium lies near the
                        source, none otherwise */
    bool stop_early; /* stop marching as soon as the receivers' times are settled */
    bool exact; /* accept nodes strictly in order of time (docs/method.md, "Order");
                   slower, and hardly ever needed */
    bool unfactored; /* differences of T itself, as most solvers have them: far less
                        accurate, for comparison */
    bool adjoint;    /* keep what fmm/adjoint.h needs: 4 bytes a node and more memory */
} fm_solver_options;

fm_solver_options fm_solver_defaults(void); /* order 2, automatic, stop early */

/* The medium, and the model (which may be NULL: then the source zone is not refined),
 * must outlive the solver. FM_BAD_INPUT for options out of range, FM_NO_MEMORY. */
fm_status fm_solver_create(const fm_medium *medium, const fm_model *model,
                           const fm_solver_options *options, fm_solver **solver,
                           fm_error *error);
void fm_solver_destroy(fm_solver *solver); /* accepts NULL */

/* From now on `stop` is asked every few thousand nodes of a march, on the thread that
 * marches; if it says true the march ends with FM_CANCELLED. NULL: nobody is asked. */
void fm_solver_watch(fm_solver *solver, bool (*stop)(const void *context),
                     const void *context);

/* March from `source`. receivers[n] are needed only to know when to stop; with n = 0
 * the whole grid is solved. FM_BAD_INPUT when the source is outside the grid or masked.
 */
fm_status fm_solver_march(fm_solver *solver, fm_point source, const fm_point *receivers,
                          size_t n, fm_error *error);

/* The time in seconds at a point of the grid, after a march. False (and NaN) when the
 * wave cannot get there, the point is outside the grid, the march was stopped before,
 * or the last march failed. */
bool fm_solver_time(const fm_solver *solver, fm_point receiver, double *time_s);

/* The whole field [nz][nx] in seconds, x fastest; NaN where the wave did not arrive. */
void fm_solver_field_f64(const fm_solver *solver, double *field);
void fm_solver_field_f32(const fm_solver *solver, float *field);

/* Nodes accepted by the last march. */
size_t fm_solver_accepted(const fm_solver *solver);

/* Bytes of work memory that a solver created with these takes (the medium, which is
 * shared, not counted). */
double fm_solver_bytes(const fm_medium *medium, const fm_model *model,
                       const fm_solver_options *options);

#endif
