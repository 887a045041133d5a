#ifndef FM_FORWARD_SHOT_BYTES_H
#define FM_FORWARD_SHOT_BYTES_H

#include <stdint.h>

#include "forward/job.h"
#include "parallel/pool.h"

/* What a shot found, as flat bytes from the worker to the caller, widest first, so that
 * everything is aligned without gaps:
 *
 *     shot_head | double times[rows]
 *     | if rays are traced:   double ray times[rows], lengths[rows]
 *     | if rays are wanted:   uint64_t points of each[rows] | fm_point points[points]
 *     | if rows are wanted:   uint64_t entries of each[rows] | double values[entries]
 *     | float or double field[nodes], or nothing
 *     | uint32_t columns[entries]
 *     | uint8_t statuses[rows] | if rays are traced: uint8_t ray statuses[rows]
 *
 * The cache keeps these bytes as they are, with a note of zeros. */

/* What the shot had to do with the cache: nothing if there is none. */
typedef struct shot_note {
    uint8_t from_cache, entry_damaged;
    uint16_t unused;
    int32_t not_kept; /* errno */
} shot_note;

typedef struct shot_head {
    uint64_t nodes; /* accepted */
    shot_note note;
    uint64_t points, entries; /* of all rows */
} shot_head;

_Static_assert(sizeof(shot_head) == 32, "a head has no gaps");

/* How much there is of what. */
typedef struct shot_counts {
    size_t rows, nodes; /* nodes of the grid */
    size_t points, entries;
} shot_counts;

/* Places, and the size of all. */
typedef struct shot_bytes {
    size_t times, ray_times, ray_lengths, ray_sizes, points, row_sizes, values;
    size_t field, columns, statuses, ray_statuses, size;
} shot_bytes;

/* What a job wants of a shot. */
typedef struct shot_wants {
    bool fields, f64, traced, rays, frechet;
} shot_wants;

static inline shot_wants fm_shot_wants(const fm_job_spec *spec)
{
    return (shot_wants){spec->want_fields, spec->fields_f64,
                        fm_job_wants_rays_traced(spec), spec->want_rays,
                        spec->want_frechet};
}

static inline shot_bytes fm_shot_bytes(const shot_wants *wants,
                                       const shot_counts *counts)
{
    size_t row = counts->rows * sizeof(double);
    size_t width = wants->f64 ? sizeof(double) : sizeof(float);
    shot_bytes at = {.times = sizeof(shot_head)};
    at.ray_times = at.times + row;
    at.ray_lengths = at.ray_times + (wants->traced ? row : 0);
    at.ray_sizes = at.ray_lengths + (wants->traced ? row : 0);
    at.points = at.ray_sizes + (wants->rays ? row : 0);
    at.row_sizes = at.points + counts->points * sizeof(fm_point);
    at.values = at.row_sizes + (wants->frechet ? row : 0);
    at.field = at.values + counts->entries * sizeof(double);
    at.columns = at.field + (wants->fields ? counts->nodes * width : 0);
    at.statuses = at.columns + counts->entries * sizeof(uint32_t);
    at.ray_statuses = at.statuses + counts->rows;
    at.size = at.ray_statuses + (wants->traced ? counts->rows : 0);
    return at;
}

#endif
