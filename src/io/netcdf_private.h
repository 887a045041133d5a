#ifndef FM_IO_NETCDF_PRIVATE_H
#define FM_IO_NETCDF_PRIVATE_H

#include "netcdf.h"

/* What netcdf.c and netcdf_attribute.c share. */

/* False, and the error is kept, when `result` (an HDF5 id or status) is negative or an
 * earlier call failed. */
bool nc_good(fm_nc *nc, hid_t result, const char *what, const char *name);
void nc_differs(fm_nc *nc, const char *name);
hid_t nc_native(fm_nc_type type);

/* A scalar attribute. */
void nc_number(fm_nc *nc, const char *name, int32_t value);

#endif
