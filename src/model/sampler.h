#ifndef FM_MODEL_SAMPLER_H
#define FM_MODEL_SAMPLER_H

#include "model/model.h"

/* Private to the room: the speed a model gives to the nodes of a grid, row by row. A
 * speed of NaN is a mask. */

/* Where a row lies on a discontinuity, which side is meant: the one of smaller or of
 * larger row index. Elsewhere both give the same. */
typedef enum fm_side { FM_BEFORE, FM_BEYOND } fm_side;

/* --- Profiles (profile.c) --- */

/* Two rows closer than this, 1 um, are one: above the rounding of a radius minus a
 * depth, below anything an author can mean. */
#define FM_SAME_DEPTH_KM 1e-9

/* Depth of a row below the surface, in km. */
double fm_profile_depth(const fm_model *model, double z);

/* The discontinuity at this depth: the index of its upper knot, or nknots for none. A
 * repeated depth with equal speeds is none. */
size_t fm_profile_jump_at(const fm_model *model, double depth_km);

/* Where row z of a grid is: at a knot (fraction 0), or between it and the next. */
typedef struct fm_knot_place {
    size_t knot;
    double fraction; /* 0 to 1 */
} fm_knot_place;
fm_knot_place fm_profile_find(const fm_model *model, double z, fm_side side);

/* The speed in row z of a grid. */
double fm_profile_speed(const fm_model *model, double z, fm_side side);

/* --- Nodes (lattice.c) --- */

/* How one column or row of the grid is made from `taps` neighbouring ones of the model.
 */
typedef struct fm_stencil {
    size_t first;     /* of the taps: a row of vertices, or a column of those in use */
    double weight[4]; /* of the taps */
    double fraction;  /* the place in the cell, 0 to 1; the cell begins at the first of
                         two taps, at the second of four */
} fm_stencil;

/* Neighbouring columns of the grid that lie in one cell and share their taps. */
typedef struct fm_run {
    size_t begin, end; /* columns, end excluded */
    size_t first;      /* of the taps */
} fm_run;

/* What each column and row of a grid makes of the model's vertices, and the few rows of
 * vertices that the row in hand is made of. */
typedef struct fm_lattice {
    const fm_model *model;
    size_t taps;
    size_t nx, nz;      /* columns and rows of the grid */
    fm_stencil *column; /* [nx] */
    fm_stencil *row;    /* [nz] */
    double *weight;     /* [taps][nx], the columns' weights once more, tap by tap */
    size_t nruns;
    fm_run *run;        /* [nruns], all columns */
    size_t left, width; /* the columns of vertices in use */
    size_t held[4];     /* [taps], the rows of vertices at hand, or SIZE_MAX */
    double *vertex;     /* [taps][width], row r at r modulo taps; NaN: masked */
    double *line;       /* [width], scratch: the vertices' values along one row */
} fm_lattice;

/* Keeps the model, which must outlive it. */
fm_status fm_lattice_create(const fm_model *model, const fm_grid *grid,
                            fm_lattice *lattice, fm_error *error);
void fm_lattice_clear(fm_lattice *lattice);

/* Speeds of row `row` of the grid, [nx]. Rows may be asked for in any order; in theirs,
 * each row of vertices is fetched once. */
void fm_lattice_row(fm_lattice *lattice, size_t row, double *speed);

/* A node that masks leave to the open corners of its cell, and their weights. */
typedef struct fm_mended {
    size_t column;
    double weight[4]; /* of the corners, x fastest; they add to 1 */
} fm_mended;

/* Those of a row of the grid, from left to right: mended[nx] has room. Returns how
 * many. */
size_t fm_lattice_mended(fm_lattice *lattice, size_t row, fm_mended *mended);

/* --- Cosines (cosines.c) --- */

/* The cosines at the columns and at the rows of a grid. */
typedef struct fm_cosines {
    const fm_model *model;
    size_t nx, nz;   /* columns and rows of the grid */
    double *along_x; /* [model nx][nx], cos(pi j xi) */
    double *along_z; /* [nz][model nz], cos(pi k zeta) */
} fm_cosines;

/* Keeps the model, which must outlive it. */
fm_status fm_cosines_create(const fm_model *model, const fm_grid *grid,
                            fm_cosines *cosines, fm_error *error);
void fm_cosines_clear(fm_cosines *cosines);

/* The sum, reference included, in row `row` of the grid: a speed or a slowness, [nx].
 */
void fm_cosines_row(const fm_cosines *cosines, size_t row, double *value);

#endif
