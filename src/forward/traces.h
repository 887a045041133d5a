#ifndef FM_FORWARD_TRACES_H
#define FM_FORWARD_TRACES_H

#include "fmm/ray.h"
#include "packed.h"

/* What is found along the rays of one shot: the rays themselves, their times, their
 * rows of Fréchet derivatives and their length in cells, as far as the job wants them.
 * A workspace beside a solver; what it holds is that of the last shot. */
typedef struct fm_traces {
    const job_view *job;
    fm_tracer *tracer;
    const fm_jacobian *jacobian; /* of the propagation grid; NULL: no rows wanted */

    /* [rows of the longest shot] */
    uint8_t *status;
    double *time_s, *length_km;
    uint64_t *size, *row_size; /* points of each ray, entries of each row */

    size_t points, points_room;
    fm_point *point; /* ray after ray */
    size_t entries, entries_room;
    uint32_t *column; /* row after row, ascending within each */
    double *value;

    /* Scratch: a row of the matrix in full, which of it is in use, a node's share. */
    double *full;
    uint64_t *used; /* a bit for each coefficient */
    uint32_t *tap;
    double *derivative;

    uint32_t *cell_column, *cell_row; /* of each column and row of the grid's cells */
    size_t cell_nx;
} fm_traces;

/* `longest`: the most rows of a shot. */
fm_status fm_traces_create(const job_view *job, const fm_solver *solver,
                           const fm_jacobian *jacobian, size_t longest,
                           fm_traces *traces, fm_error *error);
void fm_traces_clear(fm_traces *traces); /* a zeroed one is fine */

/* After a march, for all its targets. Lengths are added to coverage[], which may be
 * NULL. FM_NO_MEMORY. */
fm_status fm_traces_follow(fm_traces *traces, const fm_point *target, size_t n,
                           double *coverage, fm_error *error);

/* Nothing was marched: no ray gets anywhere. */
void fm_traces_none(fm_traces *traces, size_t n);

/* Put the parts where they belong in the bytes of a shot. */
void fm_traces_put(const fm_traces *traces, size_t n, const shot_bytes *places,
                   unsigned char *bytes);

#endif
