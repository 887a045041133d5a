/* Sums over the tasks of a map: each worker adds up what its own tasks give, and the
 * parts are merged at the end. The numbers are whole multiples of 2^lsb in 128 bits
 * (core/fixed.h), so neither the order of the tasks, nor who ran them, nor how often
 * one was tried can be seen in the result.
 *
 * A task is added whole or not at all. Its addend is looked through before anything is
 * added. And where a worker may be killed in the midst of adding, it writes the new sum
 * beside the old one; a single store then says at once which copy counts and which task
 * it has. A worker that is killed between this store and telling of its result leaves a
 * sum that has a task nobody knows to be done: the other copy is still the sum without
 * it, so the task can be taken back and tried again. */
#include "sum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1024 }; /* elements: 8 kB of addend, 16 kB of sum */

size_t fm_sum_size(const fm_sum_shape *shape)
{
    size_t size = 0;
    for (size_t p = 0; p < shape->parts; p++) {
        size += shape->part[p].n;
    }
    return size;
}

size_t fm_accumulator_bytes(const fm_sum_shape *shape, size_t copies)
{
    return sizeof(fm_sum_state) + copies * fm_sum_size(shape) * sizeof(fm_fixed);
}

static fm_status prepare(const fm_sum_shape *shape, void *memory, size_t copies,
                         fm_accumulator *accumulator, fm_error *error)
{
    size_t size = fm_sum_size(shape);
    fm_sum_state *state = memory;
    *accumulator = (fm_accumulator){.shape = *shape, .size = size, .state = state};
    accumulator->addend = calloc(size + 1, sizeof *accumulator->addend);
    if (!state || !accumulator->addend) {
        return fm_fail_memory(error, "the sum of a map",
                              (double)fm_accumulator_bytes(shape, copies));
    }
    accumulator->copy[0] = state->copies;
    accumulator->copy[1] = state->copies + (copies - 1) * size;
    return FM_OK;
}

fm_status fm_accumulator_create(const fm_sum_shape *shape, fm_accumulator *accumulator,
                                fm_error *error)
{
    void *memory = calloc(1, fm_accumulator_bytes(shape, 1));
    fm_status status = prepare(shape, memory, 1, accumulator, error);
    accumulator->owns = true;
    if (status != FM_OK) {
        fm_accumulator_release(accumulator);
    }
    return status;
}

fm_status fm_accumulator_attach(const fm_sum_shape *shape, void *memory, bool fresh,
                                fm_accumulator *accumulator, fm_error *error)
{
    if (fresh) {
        memset(memory, 0, fm_accumulator_bytes(shape, 2));
    }
    fm_status status = prepare(shape, memory, 2, accumulator, error);
    if (status != FM_OK) {
        fm_accumulator_release(accumulator);
    }
    return status;
}

void fm_accumulator_release(fm_accumulator *accumulator)
{
    free(accumulator->addend);
    if (accumulator->owns) {
        free(accumulator->state);
    }
    *accumulator = (fm_accumulator){0};
}

/* Not finite, or beyond the scale of its part: FM_FAILED. */
static fm_status check_addend(const fm_accumulator *accumulator, fm_error *error)
{
    const double *value = accumulator->addend;
    for (size_t p = 0; p < accumulator->shape.parts; p++) {
        size_t n = accumulator->shape.part[p].n;
        double limit = ldexp(1, accumulator->shape.part[p].lsb + FM_FIXED_ADDEND_BITS);
        for (size_t i = 0; i < n; i++) {
            if (!(fabs(value[i]) < limit)) {
                return fm_fail(error, FM_FAILED,
                               "element %zu of part %zu of what it adds to the sum is "
                               "%g; it must be a number below %g",
                               i, p, value[i], limit);
            }
        }
        value += n;
    }
    return FM_OK;
}

/* Adds n elements and clears them while they are near at hand. */
static void add_and_clear(fm_fixed *after, const fm_fixed *before, double *value,
                          size_t n, int lsb)
{
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t block = n - i < BLOCK ? n - i : BLOCK;
        fm_fixed_add_doubles(after + i, before + i, value + i, block, lsb);
        memset(value + i, 0, block * sizeof *value);
    }
}

fm_status fm_accumulator_add(fm_accumulator *accumulator, size_t id, fm_error *error)
{
    fm_status status = check_addend(accumulator, error);
    if (status != FM_OK) {
        fm_accumulator_forget(accumulator);
        return status;
    }
    unsigned long long committed = atomic_load(&accumulator->state->committed);
    const fm_fixed *before = accumulator->copy[committed & 1];
    fm_fixed *after = accumulator->copy[!(committed & 1)];
    double *value = accumulator->addend;
    for (size_t p = 0; p < accumulator->shape.parts; p++) {
        size_t n = accumulator->shape.part[p].n;
        add_and_clear(after, before, value, n, accumulator->shape.part[p].lsb);
        before += n, after += n, value += n;
    }
    unsigned long long next = ((unsigned long long)id + 1) << 1 | !(committed & 1);
    atomic_store(&accumulator->state->committed, next);
    return FM_OK;
}

void fm_accumulator_forget(fm_accumulator *accumulator)
{
    memset(accumulator->addend, 0, accumulator->size * sizeof *accumulator->addend);
}

void fm_accumulator_take_back(fm_accumulator *accumulator, size_t id)
{
    unsigned long long committed = atomic_load(&accumulator->state->committed);
    if (committed >> 1 == (unsigned long long)id + 1) {
        atomic_store(&accumulator->state->committed, !(committed & 1));
    }
}

void fm_accumulator_merge(const fm_accumulator *accumulator, fm_fixed *total)
{
    unsigned long long committed = atomic_load(&accumulator->state->committed);
    fm_fixed_merge(total, accumulator->copy[committed & 1], accumulator->size);
}
