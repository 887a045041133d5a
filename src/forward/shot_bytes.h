#ifndef FM_FORWARD_SHOT_BYTES_H
#define FM_FORWARD_SHOT_BYTES_H

#include <stdint.h>

#include "parallel/pool.h"

/* What a shot found, as flat bytes from the worker to the caller:
 *
 *     uint64_t nodes accepted | shot_note | double times[n] | float or double
 *     field[nodes], or nothing | uint8_t statuses[n]
 *
 * widest first, so that everything is aligned without gaps. The cache keeps these bytes
 * as they are, with a note of zeros. */

/* What the shot had to do with the cache: nothing if there is none. */
typedef struct shot_note {
    uint8_t from_cache, entry_damaged;
    uint16_t unused;
    int32_t not_kept; /* errno */
} shot_note;

typedef struct shot_bytes {
    size_t note, times, field, statuses, size; /* places, and the size of all */
} shot_bytes;

static inline shot_bytes fm_shot_bytes(size_t rows, size_t nodes, bool want_fields,
                                       bool fields_f64)
{
    size_t width = fields_f64 ? sizeof(double) : sizeof(float);
    size_t note = sizeof(uint64_t);
    size_t times = note + sizeof(shot_note);
    size_t field = times + rows * sizeof(double);
    size_t statuses = field + (want_fields ? nodes * width : 0);
    return (shot_bytes){note, times, field, statuses, statuses + rows};
}

#endif
