#ifndef FM_FMM_FRAME_H
#define FM_FMM_FRAME_H

#include <math.h>
#include <stdint.h>

#include "model/medium.h"

/* The grid as the stencil sees it: lengths, difference weights and the distance r to
 * the source, the same few formulas for all three geometries. */

/* One-sided derivative away from the upwind side, per km, of a function f with f1, f2
 * at the first and second upwind nodes:  first (f - f1)  or  w0 f - w1 f1 + w2 f2. */
typedef struct fm_difference {
    double first, w0, w1, w2;
    bool second; /* the second-order form may be used */
} fm_difference;

/* With h = H[column], q = S[column] of the frame:
 *   w = a + b h;   r and n from w (see fm_frame_look);
 *   gradient of r:  along x  c q / n,  along z  (d + e h) / n. */
typedef struct fm_row {
    double a, b, c, d, e;
    double inv_step;            /* 1 / km of a step along x */
    fm_difference lower, upper; /* towards smaller and larger row numbers */
    fm_difference along;        /* towards either neighbour in the row */
    uint32_t interface; /* number of the interface in this row, or FM_NO_INTERFACE */
} fm_row;

#define FM_NO_INTERFACE UINT32_MAX

typedef struct fm_frame {
    const fm_medium *medium;
    fm_row *row;        /* [nz] */
    double *H, *S;      /* [nx] */
    double diameter_km; /* 2 R of the sphere when geographic, 0 otherwise */
    double km_per_z;    /* length of a unit of z */
    fm_point source;
    size_t max_nx, max_nz;
    bool unfactored; /* r is not to be used as a factor anywhere */
} fm_frame;

/* What a node sees of the source. */
typedef struct fm_look {
    double r, gx, gz; /* km; gradient of r, without unit */
    bool factored;    /* false near the antipode, where r is no good as a factor */
} fm_look;

fm_status fm_frame_create(size_t max_nx, size_t max_nz, fm_frame *frame,
                          fm_error *error);
void fm_frame_clear(fm_frame *frame);

/* Take the medium's grid (at most the size it was created for), then the source. */
void fm_frame_set_medium(fm_frame *frame, const fm_medium *medium, int order);
/* For an interface beside the source: on its slow side, that of larger row numbers if
 * `upper`, the head wave along it comes before the direct wave, whose differences must
 * therefore not take their second node from that row. */
void fm_frame_first_order_beside(fm_frame *frame, size_t row, bool upper);

void fm_frame_set_source(fm_frame *frame, fm_point source);

/* Beyond this haversine (150 degrees) the distance to the source is not a factor of the
 * time any more: rays from all sides meet at the antipode. */
#define FM_HAVERSINE_UNFACTORED 0.9330127018922193

static inline fm_look fm_frame_look(const fm_frame *frame, size_t column, size_t row)
{
    const fm_row *line = &frame->row[row];
    double h = frame->H[column];
    double w = line->a + line->b * h;
    double r = sqrt(w);
    double n = r;
    bool factored = !frame->unfactored;
    if (frame->diameter_km > 0) {
        factored = factored && w < FM_HAVERSINE_UNFACTORED;
        w = w < 1 ? w : 1;
        n = 2 * sqrt(w * (1 - w));
        r = frame->diameter_km * asin(sqrt(w));
    }
    double inv_n = n > 0 ? 1 / n : 0;
    return (fm_look){r, line->c * frame->S[column] * inv_n,
                     (line->d + line->e * h) * inv_n, factored};
}

#endif
