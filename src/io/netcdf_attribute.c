/* Attributes: written, or read back and compared, in the forms netCDF gives them: text
 * as one string of fixed length, numbers as a row of values. */
#include <stdlib.h>
#include <string.h>

#include "netcdf_private.h"

static void compare(fm_nc *nc, hid_t attribute, const char *name, hid_t type,
                    const void *value, size_t size)
{
    void *found = calloc(size, 1);
    if (!found) {
        fm_fail_memory(&nc->error, "reading back", (double)size);
        return;
    }
    if (H5Aget_storage_size(attribute) != size) {
        nc_differs(nc, name);
    }
    herr_t read = H5Aread(attribute, type, found);
    if (nc_good(nc, read, "HDF5 cannot read back", name) &&
        memcmp(found, value, size) != 0) {
        nc_differs(nc, name);
    }
    free(found);
}

/* Takes the space and the type's size as told; closes neither. */
static void put(fm_nc *nc, const char *name, hid_t type, hid_t space, const void *value,
                size_t size)
{
    hid_t attribute = nc->checking ? H5Aopen(nc->object, name, H5P_DEFAULT)
                                   : H5Acreate2(nc->object, name, type, space,
                                                H5P_DEFAULT, H5P_DEFAULT);
    if (!nc_good(nc, attribute, "HDF5 cannot define the attribute", name)) {
        return;
    }
    if (nc->checking) {
        compare(nc, attribute, name, type, value, size);
    } else {
        nc_good(nc, H5Awrite(attribute, type, value), "HDF5 cannot write", name);
    }
    H5Aclose(attribute);
}

void fm_nc_text(fm_nc *nc, const char *name, const char *value)
{
    if (nc->error.status != FM_OK) {
        return;
    }
    size_t size = strlen(value);
    size = size > 0 ? size : 1; /* an empty string: its terminator */
    hid_t type = H5Tcopy(H5T_C_S1);
    hid_t space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, size);
    H5Tset_strpad(type, H5T_STR_NULLTERM);
    H5Tset_cset(type, H5T_CSET_UTF8);
    put(nc, name, type, space, value, size);
    H5Sclose(space);
    H5Tclose(type);
}

static void compare_string(fm_nc *nc, hid_t attribute, const char *name, hid_t type,
                           const char *value)
{
    char *found = NULL;
    herr_t read = H5Aread(attribute, type, (void *)&found);
    if (nc_good(nc, read, "HDF5 cannot read back", name) &&
        (!found || strcmp(found, value) != 0)) {
        nc_differs(nc, name);
    }
    H5free_memory(found);
}

void fm_nc_string(fm_nc *nc, const char *name, const char *value)
{
    if (nc->error.status != FM_OK) {
        return;
    }
    hid_t type = H5Tcopy(H5T_C_S1);
    hid_t space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    hid_t attribute = nc->checking ? H5Aopen(nc->object, name, H5P_DEFAULT)
                                   : H5Acreate2(nc->object, name, type, space,
                                                H5P_DEFAULT, H5P_DEFAULT);
    if (nc_good(nc, attribute, "HDF5 cannot define the attribute", name)) {
        if (nc->checking) {
            compare_string(nc, attribute, name, type, value);
        } else {
            nc_good(nc, H5Awrite(attribute, type, (const void *)&value),
                    "HDF5 cannot write", name);
        }
        H5Aclose(attribute);
    }
    H5Sclose(space);
    H5Tclose(type);
}

void fm_nc_numbers(fm_nc *nc, const char *name, fm_nc_type type, size_t n,
                   const void *values)
{
    if (nc->error.status != FM_OK) {
        return;
    }
    hsize_t length = n;
    hid_t space = H5Screate_simple(1, &length, NULL);
    put(nc, name, nc_native(type), space, values, n * fm_nc_type_size(type));
    H5Sclose(space);
}

void nc_number(fm_nc *nc, const char *name, int32_t value)
{
    if (nc->error.status != FM_OK) {
        return;
    }
    hid_t space = H5Screate(H5S_SCALAR);
    put(nc, name, H5T_NATIVE_INT32, space, &value, sizeof value);
    H5Sclose(space);
}

void fm_nc_range(fm_nc *nc, fm_nc_type type, const double range[2])
{
    const float narrow[2] = {(float)range[0], (float)range[1]};
    fm_nc_numbers(nc, "actual_range", type, 2,
                  type == FM_NC_F32 ? (const void *)narrow : range);
}

void fm_nc_overwrite_range(fm_nc *nc, const char *variable, const double range[2])
{
    if (nc->error.status != FM_OK) {
        return;
    }
    /* Not H5Aopen_by_name: with HDF5 1.10 the write then looks in the root group. */
    hid_t set = H5Dopen2(nc->file, variable, H5P_DEFAULT);
    if (!nc_good(nc, set, "HDF5 cannot open again", variable)) {
        return;
    }
    hid_t attribute = H5Aopen(set, "actual_range", H5P_DEFAULT);
    if (nc_good(nc, attribute, "HDF5 cannot find the range of", variable)) {
        herr_t written = H5Awrite(attribute, H5T_NATIVE_DOUBLE, range);
        nc_good(nc, written, "HDF5 cannot write the range of", variable);
        H5Aclose(attribute);
    }
    H5Dclose(set);
}
