/* What makes an HDF5 file a netCDF-4 file, from the netCDF-4 format specification and
 * what its readers turn out to require:
 *
 * - links and attributes are kept in order of creation, because netCDF numbers
 *   variables and attributes by it;
 * - a dimension is a "dimension scale" of HDF5's high-level library, numbered by the
 *   attribute _Netcdf4Dimid; without values it is a data set that is never written,
 *   with a name that says so;
 * - every axis of every variable has its scale attached;
 * - text attributes are scalar and of fixed length: of variable length they are legal,
 *   and GMT loses titles and units.
 *
 * And what makes the bytes depend on the content alone: no modification times, and the
 * file format pinned to HDF5 1.8 (which every reader in use understands).
 *
 * Attributes live in netcdf_attribute.c, reading back in netcdf_check.c. */
#include "netcdf.h"

#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netcdf_private.h"

static herr_t copy_innermost(unsigned n, const H5E_error2_t *entry, void *text)
{
    if (n == 0 && entry->desc) {
        snprintf(text, sizeof((fm_error *)0)->message / 2, "%s", entry->desc);
    }
    return 0;
}

void fm_nc_fail(fm_nc *nc, const char *what, const char *name)
{
    if (nc->error.status != FM_OK) {
        return;
    }
    char reason[sizeof nc->error.message / 2] = "no reason given by HDF5";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, copy_innermost, reason);
    fm_fail(&nc->error, FM_IO_FAILED, "%s %s: %s", what, name, reason);
}

bool nc_good(fm_nc *nc, hid_t result, const char *what, const char *name)
{
    if (result < 0) {
        fm_nc_fail(nc, what, name);
    }
    return nc->error.status == FM_OK;
}

hid_t nc_native(fm_nc_type type)
{
    switch (type) {
    case FM_NC_F32:
        return H5T_NATIVE_FLOAT;
    case FM_NC_F64:
        return H5T_NATIVE_DOUBLE;
    case FM_NC_I32:
        return H5T_NATIVE_INT32;
    case FM_NC_I64:
        return H5T_NATIVE_INT64;
    case FM_NC_U8:
        return H5T_NATIVE_UINT8;
    }
    return -1;
}

size_t fm_nc_type_size(fm_nc_type type)
{
    return H5Tget_size(nc_native(type));
}

/* ---- the file ---- */

/* The file system's own locks are not ours to demand: some have none, and the exclusive
 * creation of the temporary file already keeps others out. */
static hid_t access_list(void)
{
    hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    if (H5Pset_fapl_sec2(list) < 0 || H5Pset_file_locking(list, false, true) < 0 ||
        H5Pset_fclose_degree(list, H5F_CLOSE_STRONG) < 0 ||
        H5Pset_libver_bounds(list, H5F_LIBVER_V18, H5F_LIBVER_V18) < 0) {
        H5Pclose(list);
        return -1;
    }
    return list;
}

static hid_t creation_list(hid_t kind)
{
    const unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    hid_t list = H5Pcreate(kind);
    bool good = H5Pset_obj_track_times(list, false) >= 0 &&
                H5Pset_attr_creation_order(list, order) >= 0;
    if (kind == H5P_FILE_CREATE || kind == H5P_GROUP_CREATE) {
        good = good && H5Pset_link_creation_order(list, order) >= 0;
    }
    if (!good) {
        H5Pclose(list);
        return -1;
    }
    return list;
}

/* A library does not print, so HDF5's own reports are silenced while a file is open. */
static void begin(fm_nc *nc, bool checking)
{
    *nc = (fm_nc){.file = -1, .object = -1, .variable = -1, .checking = checking};
    H5Eget_auto2(H5E_DEFAULT, &nc->report, &nc->report_data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void fm_nc_create(const char *path, fm_nc *nc)
{
    begin(nc, false);
    hid_t access = access_list();
    hid_t creation = creation_list(H5P_FILE_CREATE);
    nc->file = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
    nc->object = nc->file;
    nc_good(nc, nc->file, "HDF5 cannot create", "the file");
    H5Pclose(creation);
    H5Pclose(access);
}

static void open_again(const char *path, unsigned mode, fm_nc *nc)
{
    hid_t access = access_list();
    nc->file = H5Fopen(path, mode, access);
    nc->object = nc->file;
    nc_good(nc, nc->file, "HDF5 cannot open again", "the file");
    H5Pclose(access);
}

void fm_nc_check(const char *path, fm_nc *nc)
{
    begin(nc, true);
    open_again(path, H5F_ACC_RDONLY, nc);
}

void fm_nc_update(const char *path, fm_nc *nc)
{
    begin(nc, false);
    open_again(path, H5F_ACC_RDWR, nc);
}

void fm_nc_extend(const char *path, size_t axes, fm_nc *nc)
{
    fm_nc_update(path, nc);
    nc->axes = axes;
    for (size_t i = 0; i < axes; i++) {
        nc->axis[i] = -1;
    }
}

void fm_nc_take_up(fm_nc *nc, fm_nc_axis axis, const char *name)
{
    if (nc->error.status != FM_OK || nc->axis[axis] >= 0) {
        return;
    }
    nc->axis[axis] = H5Dopen2(nc->file, name, H5P_DEFAULT);
    if (nc_good(nc, nc->axis[axis], "HDF5 cannot open again", name)) {
        hid_t space = H5Dget_space(nc->axis[axis]);
        H5Sget_simple_extent_dims(space, &nc->length[axis], NULL);
        H5Sclose(space);
    }
}

/* (A group or a data set.) */
static void close_variable(fm_nc *nc)
{
    if (nc->variable >= 0) {
        nc_good(nc, H5Oclose(nc->variable), "HDF5 cannot finish", "a variable");
        nc->variable = -1;
    }
}

fm_status fm_nc_close(fm_nc *nc, fm_error *error)
{
    close_variable(nc);
    for (size_t i = 0; i < nc->axes; i++) {
        if (nc->axis[i] >= 0) {
            nc_good(nc, H5Dclose(nc->axis[i]), "HDF5 cannot finish", "a dimension");
        }
    }
    if (nc->file >= 0) {
        nc_good(nc, H5Fclose(nc->file), "HDF5 cannot finish", "the file");
    }
    H5Eset_auto2(H5E_DEFAULT, nc->report, nc->report_data);
    if (nc->error.status != FM_OK && error) {
        *error = nc->error;
    }
    return nc->error.status;
}

/* ---- variables ---- */

/* Contiguous, laid out at once and never filled: what is not written here the caller
 * writes in place. Strings are references into a heap and refuse to go unfilled. */
static hid_t variable_list(hid_t type, const void *fill)
{
    hid_t list = creation_list(H5P_DATASET_CREATE);
    bool good = H5Pset_layout(list, H5D_CONTIGUOUS) >= 0;
    if (!H5Tis_variable_str(type)) {
        good = good && H5Pset_alloc_time(list, H5D_ALLOC_TIME_EARLY) >= 0 &&
               H5Pset_fill_time(list, H5D_FILL_TIME_NEVER) >= 0;
    }
    if (fill) {
        good = good && H5Pset_fill_value(list, type, fill) >= 0;
    }
    if (!good) {
        H5Pclose(list);
        return -1;
    }
    return list;
}

/* When checking: the variable is there, and has the size it should have. */
static hid_t open_like(fm_nc *nc, const char *name, hid_t space)
{
    hid_t set = H5Dopen2(nc->file, name, H5P_DEFAULT);
    if (set < 0) {
        return set;
    }
    hid_t found = H5Dget_space(set);
    if (H5Sextent_equal(found, space) <= 0) {
        fm_fail(&nc->error, FM_IO_FAILED, "read back, %s has another size", name);
    }
    H5Sclose(found);
    return set;
}

/* Make (or open) a data set and let attributes go to it. The caller closes it, either
 * as the open variable or as an axis. */
static hid_t define(fm_nc *nc, const char *name, hid_t type, size_t rank,
                    const hsize_t *length, hid_t list)
{
    close_variable(nc);
    if (nc->error.status != FM_OK) {
        return -1;
    }
    hid_t space = H5Screate_simple((int)rank, length, NULL);
    nc->object = nc->checking ? open_like(nc, name, space)
                              : H5Dcreate2(nc->file, name, type, space, H5P_DEFAULT,
                                           list, H5P_DEFAULT);
    nc_good(nc, nc->object, "HDF5 cannot define", name);
    H5Sclose(space);
    return nc->object;
}

static void write_values(fm_nc *nc, const char *name, hid_t type, const void *values)
{
    herr_t written = H5Dwrite(nc->object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    nc_good(nc, written, "HDF5 cannot write", name);
}

static void attach(fm_nc *nc, const char *name, size_t rank, const fm_nc_axis *axes)
{
    for (unsigned i = 0; i < rank && !nc->checking && nc->error.status == FM_OK; i++) {
        nc_good(nc, H5DSattach_scale(nc->object, nc->axis[axes[i]], i),
                "HDF5 cannot attach the axes of", name);
    }
}

static void begin_variable(fm_nc *nc, const char *name, hid_t type, size_t rank,
                           const fm_nc_axis *axes, const void *fill)
{
    hsize_t length[FM_NC_RANK] = {0};
    for (size_t i = 0; i < rank; i++) {
        length[i] = nc->length[axes[i]];
    }
    hid_t list = variable_list(type, fill);
    nc->variable = define(nc, name, type, rank, length, list);
    H5Pclose(list);
    attach(nc, name, rank, axes);
}

fm_nc_place fm_nc_variable(fm_nc *nc, const char *name, fm_nc_type type, size_t rank,
                           const fm_nc_axis *axes, const void *fill, const void *values)
{
    fm_nc_place place = {0};
    if (nc->error.status != FM_OK) {
        return place;
    }
    begin_variable(nc, name, nc_native(type), rank, axes, fill);
    if (nc->error.status == FM_OK && values) {
        (nc->checking ? nc_compare : write_values)(nc, name, nc_native(type), values);
    }
    if (fill) {
        fm_nc_numbers(nc, "_FillValue", type, 1, fill);
    }
    if (nc->error.status == FM_OK) {
        place.offset = H5Dget_offset(nc->object);
        place.size = H5Dget_storage_size(nc->object);
        bool nowhere = place.size > 0 && place.offset == HADDR_UNDEF;
        nc_good(nc, nowhere ? -1 : 0, "HDF5 has no place for", name);
    }
    return place;
}

void fm_nc_group(fm_nc *nc, const char *name)
{
    close_variable(nc);
    if (nc->error.status != FM_OK) {
        return;
    }
    hid_t list = creation_list(H5P_GROUP_CREATE);
    nc->variable = nc->checking
                       ? H5Gopen2(nc->file, name, H5P_DEFAULT)
                       : H5Gcreate2(nc->file, name, H5P_DEFAULT, list, H5P_DEFAULT);
    nc->object = nc->variable;
    nc_good(nc, nc->variable, "HDF5 cannot define the group", name);
    H5Pclose(list);
}

void fm_nc_strings(fm_nc *nc, const char *name, fm_nc_axis axis, char *const *strings)
{
    if (nc->error.status != FM_OK) {
        return;
    }
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    begin_variable(nc, name, type, 1, &axis, NULL);
    if (nc->error.status == FM_OK && nc->checking) {
        nc_compare_strings(nc, name, type, nc->length[axis], strings);
    } else if (nc->error.status == FM_OK) {
        write_values(nc, name, type, strings);
    }
    H5Tclose(type);
}

/* ---- dimensions ---- */

/* The number netCDF knows the dimension by; every scale has one. */
static fm_nc_axis adopt_axis(fm_nc *nc, hid_t set, const char *name, size_t n,
                             const char *scale_name)
{
    if (nc->error.status != FM_OK) {
        if (set >= 0) {
            H5Dclose(set);
        }
        return 0;
    }
    fm_nc_axis axis = nc->axes++;
    nc->axis[axis] = set;
    nc->length[axis] = n;
    if (!nc->checking) {
        nc_good(nc, H5DSset_scale(set, scale_name), "HDF5 cannot make a dimension of",
                name);
    }
    nc_number(nc, "_Netcdf4Dimid", (int32_t)axis);
    return axis;
}

fm_nc_axis fm_nc_coordinate(fm_nc *nc, const char *name, size_t n, const double *values)
{
    hsize_t length = n;
    hid_t list = variable_list(H5T_NATIVE_DOUBLE, NULL);
    hid_t set = define(nc, name, H5T_NATIVE_DOUBLE, 1, &length, list);
    H5Pclose(list);
    if (nc->error.status == FM_OK) {
        (nc->checking ? nc_compare : write_values)(nc, name, H5T_NATIVE_DOUBLE, values);
    }
    return adopt_axis(nc, set, name, n, name);
}

fm_nc_axis fm_nc_dimension(fm_nc *nc, const char *name, size_t n)
{
    char scale_name[96];
    snprintf(scale_name, sizeof scale_name,
             "This is a netCDF dimension but not a netCDF variable.%10lu",
             (unsigned long)n);
    hsize_t length = n;
    hid_t list = creation_list(H5P_DATASET_CREATE);
    hid_t set = define(nc, name, H5T_IEEE_F32BE, 1, &length, list);
    H5Pclose(list);
    return adopt_axis(nc, set, name, n, scale_name);
}
