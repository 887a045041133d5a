#ifndef FM_FMM_FIELD_H
#define FM_FMM_FIELD_H

#include "march.h"

/* A place on the grid as rays see it: u counts columns, z is the grid's own. Column i
 * and row k are those of the cell it is looked at from: on an interface the side
 * matters. */
typedef struct fm_spot {
    double u, z;
    size_t i, k;
} fm_spot;

/* The time there, and the way down: columns and units of z per unit of -grad T. Where
 * the cell is not whole (a corner was not reached) there is no slope, and a time only
 * on a node or between two that were reached; INFINITY otherwise. */
typedef struct fm_slope {
    double time;
    double du, dz;
    bool known;
} fm_slope;

/* What the evaluation needs to know of a row, and of the cell from it to the next. */
typedef struct fm_field_row {
    size_t first, n;     /* rows of the cell's stencil */
    double per_z;        /* 1 / (units of z to the next row) */
    double z[4], inv[4]; /* where they are; Lagrange's denominators, inverted */
    size_t low, high;    /* rows that bound the layer of the cell */
    double sine, cosine; /* of the latitude */
} fm_field_row;

typedef struct fm_field {
    const fm_march *march;
    double *tau; /* as march->time, with its margin; NAN where it is not known */
    fm_field_row *row;
    bool flat;       /* a step along x is as long everywhere */
    double km_per_x; /* dx in km, or in radians times km where it turns */
} fm_field;

fm_status fm_field_create(const fm_march *march, size_t nx, size_t nz, fm_field *field,
                          fm_error *error);
void fm_field_clear(fm_field *field);
double fm_field_bytes(size_t nx, size_t nz);

/* Take the result of the march. */
void fm_field_begin(fm_field *field);

fm_slope fm_field_slope(const fm_field *field, const fm_spot *spot);

/* Were all nodes reached from which cubics are drawn in cell (i, k)? */
bool fm_field_is_whole(const fm_field *field, size_t i, size_t k);

/* Kilometres of a step along x at z, near row k, and how they change with z. */
typedef struct fm_field_measure {
    double km, slope, curve; /* per unit of z, and its square */
} fm_field_measure;
fm_field_measure fm_field_measure_at(const fm_field *field, size_t k, double z);

/* Kilometres of a step along x at z, near row k. */
double fm_field_step_bent(const fm_field *field, size_t k, double z);
static inline double fm_field_step(const fm_field *field, size_t k, double z)
{
    return field->flat ? field->km_per_x : fm_field_step_bent(field, k, z);
}

/* The slowness of row k as seen from cell row `cell`. */
static inline const double *fm_field_slowness_row(const fm_field *field, size_t k,
                                                  size_t cell)
{
    const fm_medium *medium = field->march->medium;
    uint32_t interface = fm_frame_row(&field->march->frame, k)->interface;
    return cell == k && interface != FM_NO_INTERFACE
               ? medium->slowness_beyond + interface * medium->grid.nx
               : medium->slowness + k * medium->grid.nx;
}

static inline double fm_field_slowness(const fm_field *field, size_t i, size_t k,
                                       size_t cell)
{
    return fm_field_slowness_row(field, k, cell)[i];
}

/* Was node (i, k) reached, and may the wave be in this cell row there? */
static inline bool fm_field_is_open(const fm_field *field, size_t i, size_t k,
                                    size_t cell)
{
    return fm_march_is_accepted(field->march, i, k) &&
           fm_field_slowness(field, i, k, cell) < INFINITY;
}

#endif
