#ifndef FM_IO_NETCDF_PRIVATE_H
#define FM_IO_NETCDF_PRIVATE_H

#include "netcdf.h"

/* What netcdf.c, netcdf_attribute.c and netcdf_check.c share. */

/* False, and the error is kept, when `result` (an HDF5 id or status) is negative or an
 * earlier call failed. */
bool nc_good(fm_nc *nc, hid_t result, const char *what, const char *name);
void nc_differs(fm_nc *nc, const char *name);
hid_t nc_native(fm_nc_type type);

/* The open variable must have these values, or strings. */
void nc_compare(fm_nc *nc, const char *name, hid_t type, const void *values);
void nc_compare_strings(fm_nc *nc, const char *name, hid_t type, size_t n,
                        char *const *strings);

/* A scalar attribute. */
void nc_number(fm_nc *nc, const char *name, int32_t value);

#endif
