#ifndef FM_IO_HDF5_VALUES_H
#define FM_IO_HDF5_VALUES_H

/* HDF5 renames functions from version to version; this keeps the ones of 1.10. */
#ifndef H5_USE_110_API
#define H5_USE_110_API
#endif
#include <hdf5.h>

#include <stdbool.h>

#include "core/status.h"

/* Small reads from HDF5 objects; private to the room. */

/* The full name of an object; false if it has none or too long a one. */
bool fm_hdf5_name(hid_t object, char *name, size_t size);

/* The text of an attribute, on the heap; NULL when there is no such attribute or it is
 * no text. FM_BAD_INPUT when it is there but cannot be read; FM_NO_MEMORY. */
fm_status fm_hdf5_read_text(hid_t object, const char *name, char **text,
                            fm_error *error);

/* The same where it does not matter why there is none. */
char *fm_hdf5_text(hid_t object, const char *name);

/* An attribute that is a single number. */
bool fm_hdf5_number(hid_t object, const char *name, double *value);

/* Rank and first two dimensions of a dataset of numbers; false if it is not one. */
bool fm_hdf5_shape(hid_t dataset, int *rank, hsize_t size[2]);

/* Relative rounding of the type in which a dataset of numbers is stored. */
double fm_hdf5_rounding(hid_t dataset);

/* All n values as doubles, unpacked (scale_factor, add_offset), NaN where the file says
 * missing (_FillValue, missing_value, or the fill value it was made with). */
bool fm_hdf5_values(hid_t dataset, size_t n, double *values);

#endif
