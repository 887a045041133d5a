#ifndef FM_IO_RAW_GRID_PRIVATE_H
#define FM_IO_RAW_GRID_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "raw_grid.h"

/* What raw_grid.c and the readers of the two kinds of file share. */

/* One for each kind; what was read before an error remains the caller's to clear. */
fm_status fm_raw_grid_read_hdf5(const char *path, const char *variable,
                                fm_raw_grid *raw, fm_error *error);
fm_status fm_raw_grid_read_classic(const char *path, const char *variable,
                                   fm_raw_grid *raw, fm_error *error);

/* The variables of a file, for messages: "vp [151 x 201], x (1-D)". */
typedef struct fm_raw_list {
    size_t candidates; /* those that are 2-D */
    char names[500];
    size_t used;
} fm_raw_list;
void fm_raw_list_add(fm_raw_list *list, const char *name, size_t rank,
                     const uint64_t size[2]);

/* FM_BAD_INPUT: no variable with this name; or (NULL) not just one that is 2-D. */
fm_status fm_raw_fail_choice(const char *path, const char *variable,
                             const fm_raw_list *list, fm_error *error);

/* Can a variable of numbers with this shape be a model? */
fm_status fm_raw_check_shape(const char *path, const char *name, size_t rank,
                             const uint64_t size[2], fm_error *error);

/* Where nothing links a coordinate to a dimension (0: the first, 1: the second), one of
 * these names will do; the list ends with NULL. */
const char *const *fm_raw_usual_names(int dimension);
fm_status fm_raw_fail_coordinate(const char *path, const char *variable, int dimension,
                                 size_t n, fm_error *error);
fm_status fm_raw_check_finite(const char *path, const fm_raw_axis *axis,
                              fm_error *error);

/* How numbers stand for values. */
typedef struct fm_packing {
    double fill, missing; /* stand for no value; NaN: there is none such */
    double scale, offset;
} fm_packing;
void fm_raw_unpack(const fm_packing *packing, size_t n, double *values);

#endif
