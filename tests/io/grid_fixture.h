#ifndef FM_TESTS_GRID_FIXTURE_H
#define FM_TESTS_GRID_FIXTURE_H

#include <stdbool.h>

#include <hdf5.h>

#include "io/load.h"

/* HDF5 files with one variable and its coordinates, each detail of which can be made
 * wrong. */

enum { NX = 5, NZ = 4 };

typedef struct maker {
    const char *slow_name, *fast_name, *name; /* of coordinates and variable */
    double slow0, slow_step, fast0, fast_step;
    const char *slow_units, *fast_units, *units;
    const char *slow_axis, *fast_axis, *slow_positive;
    hsize_t slow_n, fast_n;
    hid_t coordinate_type, type; /* 0: double */
    bool without_scales, without_coordinates;
    double irregular; /* added to the third fast coordinate */
    double fill, scale, offset;
    bool has_fill, has_scale, has_created_fill, has_checksum;
    double (*value)(double, double); /* of slow and fast coordinate */
} maker;

/* A good one: NZ x NX values 100 + 10 z + x, z from 1 by 0.5, x from -2 by 2. */
maker usual(void);
double sum(double slow, double fast);

/* The same with -99 at z = 1.5, x = 2. */
double hole(double slow, double fast);

/* Write g.nc into the test's folder, or into an open file or group. */
const char *make(const void *state, const maker *m);
void fill_file(hid_t file, const maker *m);
hid_t put_doubles(hid_t file, const char *name, int rank, const hsize_t *size,
                  hid_t type, const double *values);

/* Read as cubic nodes in km; write and read, and assert what comes. */
fm_status read_grid(const char *path, fm_geometry geometry, fm_model *model,
                    fm_error *error);
void refuse(const void *state, const maker *m, fm_geometry geometry, const char *words);
void accept_grid(const void *state, const maker *m, fm_geometry geometry,
                 fm_model *model);

void assert_lines(const fm_model *model, size_t nx, size_t nz, double x0, double dx,
                  double z0, double dz);

/* Every value is what the formula says at its place: 100 + 10 z + x. */
void assert_sum(const fm_model *model);

#endif
