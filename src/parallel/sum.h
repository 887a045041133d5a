#ifndef FM_PARALLEL_SUM_H
#define FM_PARALLEL_SUM_H

#include <stdatomic.h>
#include <stdbool.h>

#include "parallel/pool.h"

/* A worker's part of the sum of a map: what its tasks gave so far, and room for the
 * addend of the one that runs.
 *
 * The sum is there once, or twice where the worker may be killed at any instant and the
 * sum must outlive it: then what is added is written beside the old sum and becomes the
 * current one by a single store. State and copies are one piece of memory without
 * pointers, which processes may share. */
typedef struct fm_sum_state {
    /* Bit 0: which copy holds the sum. Above it: 1 + the task added last; 0: none. */
    atomic_ullong committed;
    fm_fixed copies[]; /* [copies][size] */
} fm_sum_state;

typedef struct fm_accumulator {
    fm_sum_shape shape;
    size_t size; /* elements of all parts */
    fm_sum_state *state;
    fm_fixed *copy[2]; /* [size] each; the same array if there is one copy only */
    double *addend;    /* [size] */
    bool owns;         /* the state's memory */
} fm_accumulator;

/* How much memory the state and its copies take. */
size_t fm_accumulator_bytes(const fm_sum_shape *shape, size_t copies);

/* With a sum of zeros in memory of its own, one copy. */
fm_status fm_accumulator_create(const fm_sum_shape *shape, fm_accumulator *accumulator,
                                fm_error *error);
/* With two copies in `memory`, which has fm_accumulator_bytes(shape, 2) bytes. `fresh`:
 * they become zeros; else they stay as another worker left them. */
fm_status fm_accumulator_attach(const fm_sum_shape *shape, void *memory, bool fresh,
                                fm_accumulator *accumulator, fm_error *error);
/* Accepts zeros. */
void fm_accumulator_release(fm_accumulator *accumulator);

/* Add the addend of task `id`, and clear it. FM_FAILED, and nothing is added, if an
 * element is not finite or too large for its scale. */
fm_status fm_accumulator_add(fm_accumulator *accumulator, size_t id, fm_error *error);
/* Clear the addend of a task that failed. */
void fm_accumulator_forget(fm_accumulator *accumulator);
/* Take back task `id` if it was the last to be added: its worker died before it could
 * say so. Two copies only; not twice in a row. */
void fm_accumulator_take_back(fm_accumulator *accumulator, size_t id);
/* total[size] += the sum. */
void fm_accumulator_merge(const fm_accumulator *accumulator, fm_fixed *total);

#endif
