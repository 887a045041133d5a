#ifndef KERNEL_H
#define KERNEL_H

#include <stdlib.h>
#include <string.h>

#include "parallel/pool.h"
#include "problem.h"

/* The kernel "shot" of the examples that use the pool: what a worker does, wherever it
 * is. It may be another thread, another process or another machine, so nothing comes to
 * it but flat bytes, and nothing but flat bytes leaves it:
 *
 *   shared    the slowness at the nodes, the same for all, given once to each worker
 *   argument  the number of the shot, a size_t
 *   result    the times at the receivers, RECEIVERS doubles
 *   addend    the same, when the map that runs it wants a sum */

static inline fm_bytes kernel_shared(const fm_medium *medium)
{
    return (fm_bytes){medium->slowness,
                      fm_grid_nodes(&medium->grid) * sizeof *medium->slowness};
}

typedef struct kernel_space {
    fm_medium medium; /* looks at the shared bytes: no copy is made here */
    fm_solver *solver;
} kernel_space;

static inline void kernel_close(void *workspace)
{
    kernel_space *space = workspace;
    if (space) {
        fm_solver_destroy(space->solver);
        fm_grid_clear(&space->medium.grid);
    }
    free(space);
}

/* The initializer: once in each worker. */
static inline fm_status kernel_open(fm_bytes shared, void **workspace, fm_error *error)
{
    kernel_space *space = calloc(1, sizeof *space);
    if (!space) {
        return fm_fail_memory(error, "a workspace", sizeof *space);
    }
    fm_status status = problem_grid(&space->medium.grid, error);
    if (status == FM_OK) {
        space->medium.slowness = (double *)shared.data; /* only read from here on */
        status = problem_solver(&space->medium, &space->solver, error);
    }
    if (status != FM_OK) {
        kernel_close(space);
        return status;
    }
    *workspace = space;
    return FM_OK;
}

static inline fm_status kernel_run(void *workspace, fm_bytes argument,
                                   fm_output *output, fm_error *error)
{
    kernel_space *space = workspace;
    size_t shot = 0;
    double *time = fm_output_reserve(output, RECEIVERS * sizeof *time);
    if (!time) {
        return fm_fail_memory(error, "the times", RECEIVERS * sizeof *time);
    }
    memcpy(&shot, argument.data, sizeof shot);
    fm_status status = problem_shot(space->solver, shot, time, error);
    double *addend = fm_output_addend(output);
    if (status == FM_OK && addend) {
        memcpy(addend, time, RECEIVERS * sizeof *time);
    }
    return status;
}

static const fm_kernel kernel_shot = {"shot", kernel_open, kernel_run, kernel_close};

/* What a map of such tasks sums up: times, rounded to multiples of 2^LSB s. */
static const fm_sum_shape kernel_sum = {.parts = 1,
                                        .part = {{.n = RECEIVERS, .lsb = LSB}}};

#endif
