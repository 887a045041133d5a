#ifndef PROBLEM_H
#define PROBLEM_H

#include "core/fixed.h"
#include "fmm/solver.h"

/* The problem that all the numbered examples solve, so that they differ in nothing but
 * how the work is shared out: 24 shots under a plane with 101 receivers, in a speed
 * that grows with depth. A shot gives a time at every receiver; wanted is their sum
 * over all shots, at each receiver, and one number to compare: the sum of these.
 *
 * The sums are exact (core/fixed.h): times are rounded to multiples of 2^-60 s, which
 * loses nothing of times above 4 ms, and those are added as whole numbers. Whoever adds
 * them, in whatever order, gets the same bits. */
enum { SHOTS = 24, RECEIVERS = 101, LSB = -60 };

/* 60 km by 36 km, v = 1.9 + 0.5 z km/s, a node every 0.2 km. */
static inline fm_status problem_grid(fm_grid *grid, fm_error *error)
{
    return fm_grid_create(FM_CARTESIAN, 0, 301, 181, 0, 0.2, 0, 0.2, grid, error);
}

static inline fm_status problem_medium(fm_medium *medium, fm_error *error)
{
    const fm_model model = {.kind = FM_MODEL_GRADIENT,
                            .geometry = FM_CARTESIAN,
                            .x_max = 60,
                            .z_max = 36,
                            .speed = 1.9,
                            .gradient_z = 0.5};
    fm_grid grid = {0};
    fm_status status = problem_grid(&grid, error);
    return status == FM_OK ? fm_medium_sample(&model, &grid, medium, error) : status;
}

/* A solver is a workspace: each worker needs one of its own; all read one medium. */
static inline fm_status problem_solver(const fm_medium *medium, fm_solver **solver,
                                       fm_error *error)
{
    const fm_solver_options options = fm_solver_defaults();
    return fm_solver_create(medium, NULL, &options, solver, error);
}

/* March shot 0 .. SHOTS-1 and read the times in seconds at the receivers. */
static inline fm_status problem_shot(fm_solver *solver, size_t shot,
                                     double time[RECEIVERS], fm_error *error)
{
    if (shot >= SHOTS) {
        return fm_fail(error, FM_BAD_INPUT, "shot %zu of %d", shot, SHOTS);
    }
    const fm_point source = {1.23 + 2.5 * (double)shot,
                             3.1 + (double)(7 * shot % SHOTS)};
    fm_status status = fm_solver_march(solver, source, NULL, 0, error);
    for (size_t r = 0; r < RECEIVERS && status == FM_OK; r++) {
        if (!fm_solver_time(solver, (fm_point){0.6 * (double)r, 0}, &time[r])) {
            status = fm_fail(error, FM_FAILED, "no time at receiver %zu", r);
        }
    }
    return status;
}

static inline void problem_add(fm_fixed sum[RECEIVERS], const double time[RECEIVERS])
{
    fm_fixed_add_doubles(sum, sum, time, RECEIVERS, LSB);
}

/* The one number: the sum over the receivers, still exact, rounded once at the end. */
static inline double problem_total(const fm_fixed sum[RECEIVERS])
{
    fm_fixed total = {0};
    for (size_t r = 0; r < RECEIVERS; r++) {
        fm_fixed_merge(&total, &sum[r], 1);
    }
    return fm_fixed_to_double(total, LSB);
}

#endif
