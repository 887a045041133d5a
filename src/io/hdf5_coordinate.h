#ifndef FM_IO_HDF5_COORDINATE_H
#define FM_IO_HDF5_COORDINATE_H

#include <stddef.h>

#include "hdf5_values.h"

/* Open the coordinate of a 2-D variable's dimension (0 slow, 1 fast; n values): its
 * dimension scale or, when it has none with values, the 1-D dataset beside the variable
 * that has a usual name and n values. Negative when there is neither; FM_NO_MEMORY or
 * FM_BAD_INPUT when the search fails. Private to the room. */
fm_status fm_hdf5_coordinate(hid_t variable, int dimension, size_t n, hid_t *coordinate,
                             fm_error *error);

#endif
