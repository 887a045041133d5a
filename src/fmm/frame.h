#ifndef FM_FMM_FRAME_H
#define FM_FMM_FRAME_H

#include <math.h>
#include <stdint.h>

#include "model/medium.h"

/* The grid as the stencil sees it: the factor r, difference weights and neighbours, the
 * same few formulas for all three geometries. All tables reach two rows and columns
 * beyond the grid on every side, as the march's own array does. */

/* Two nodes of margin on every side, never entered, spare the stencil all bounds
 * checks. */
enum { FM_MARGIN = 2 };

/* What an update towards one side of a row needs.
 * The one-sided derivative, per km, of a function f with f1 and f2 at the first and
 * second upwind nodes is  first (f - f1)  or  (w1 - w2) f - w1 f1 + w2 f2;  where the
 * second-order form may not be used, w1 = first and w2 = 0. */
typedef struct fm_side {
    double first, w1, w2;
    double da1, db1, da2, db2; /* w there minus w here: da + db H */
} fm_side;

/* With h = H[column], q = S[column]:  w = a + b h, in km^2;  half its gradient, per km,
 * is c q along x and d + e h along z. */
typedef struct fm_row {
    double a, b, c, d, e;
    double along;       /* 1 / km of a step along x */
    double least;       /* km of the shortest step from this row */
    fm_side side[2];    /* towards smaller and larger row numbers */
    uint32_t interface; /* number of the interface in this row, or FM_NO_INTERFACE */
} fm_row;

#define FM_NO_INTERFACE UINT32_MAX

/* Nodes that the vectorised update leaves alone: those on interfaces, and those on the
 * rows and columns beside the source as far as its remedy reaches. A node is special if
 * the tags of its row and its column have a bit in common. */
enum fm_tag { FM_TAG_SOURCE_ROW = 1, FM_TAG_SOURCE_COLUMN = 2, FM_TAG_ALWAYS = 4 };

/* What the grid allows the update of many nodes to compute instead of reading it. */
typedef enum fm_rows {
    FM_ROWS_ANY,
    FM_ROWS_EVEN, /* equal rows, geographic or polar, no interfaces */
    FM_ROWS_FLAT  /* equal rows, cartesian, no interfaces: w = S^2 + d^2 */
} fm_rows;

/* On even rows, with h = H[column], q = S[column] and v half of the gradient of w along
 * z, both signed away from the upwind side, w there minus w here is
 *
 *   x_square b (1 - 2 h) - x_sine b q                 along x,
 *   z_constant - z_of_w w - z_of_half v               along z,
 *
 * for the first and for the second node upwind. */
typedef struct fm_growth {
    double x_square, x_sine;
    double z_constant, z_of_w, z_of_half;
} fm_growth;

typedef struct fm_frame {
    const fm_medium *medium;
    fm_row *row;                     /* [nz with margins] */
    double *H, *S;                   /* [nx with margins] */
    int32_t *column_tags, *row_tags; /* [nx], [nz with margins], of fm_tag */
    /* r^2 = w (1 + bend1 w + bend2 w^2); both are 0 but on the sphere. */
    double bend1, bend2;
    double near; /* km^2: nodes of lesser w have r much unlike that of neighbours */
    fm_rows rows;
    fm_growth growth[2];              /* when even: to the first and second node */
    double c;                         /* when even: that of every row */
    double step_z;                    /* km, when even or flat */
    double step_x, least;             /* km, when flat; the lesser step */
    double source_column, source_row; /* when flat, margins counted */
    bool unfactored;                  /* r = 1 everywhere */
    double diameter_km; /* 2 R of the sphere when geographic, 0 otherwise */
    double km_per_z;    /* length of a unit of z */
    /* Weights of the second-order difference on equal steps, in steps; 1 and 0 at
     * order 1. */
    double equal1, equal2;
    fm_point source;
} fm_frame;

/* What a node sees of the source. */
typedef struct fm_look {
    double r, gx, gz; /* km; gradient of r, without unit */
} fm_look;

fm_status fm_frame_create(size_t max_nx, size_t max_nz, fm_frame *frame,
                          fm_error *error);
void fm_frame_clear(fm_frame *frame);
double fm_frame_bytes(size_t max_nx, size_t max_nz);

/* Take the medium's grid (at most the size it was created for), then the source. */
void fm_frame_set_medium(fm_frame *frame, const fm_medium *medium, int order);
void fm_frame_set_source(fm_frame *frame, fm_point source);

/* For an interface beside the source: on its slow side, that of larger row numbers if
 * `upper`, the head wave along it comes before the direct wave, whose differences must
 * therefore not take their second node from that row. */
void fm_frame_first_order_beside(fm_frame *frame, size_t row, bool upper);

/* The factor r for a point at this distance (fm_distance) from the source. */
double fm_frame_factor(const fm_frame *frame, double distance_km);

static inline fm_row *fm_frame_row(const fm_frame *frame, size_t row)
{
    return &frame->row[row + FM_MARGIN];
}

static inline fm_look fm_frame_look(const fm_frame *frame, size_t column, size_t row)
{
    const fm_row *line = fm_frame_row(frame, row);
    double h = frame->H[column + FM_MARGIN];
    double w = line->a + line->b * h;
    double r = sqrt(w * (1 + w * (frame->bend1 + w * frame->bend2)));
    double slope = 1 + w * (2 * frame->bend1 + w * (3 * frame->bend2));
    double per_r = r > 0 ? slope / r : 0;
    return (fm_look){r, line->c * frame->S[column + FM_MARGIN] * per_r,
                     (line->d + line->e * h) * per_r};
}

#endif
