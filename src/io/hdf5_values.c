/* Small reads from HDF5 objects, by the conventions of netCDF and CF: texts of fixed or
 * variable length, packed numbers, missing values. */
#include "hdf5_values.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "raw_grid_private.h"

enum { LONGEST_TEXT = 4096 };

/* Variable length: HDF5 allocates, we copy. */
static fm_status variable_text(hid_t attribute, hid_t type, char **copy)
{
    char *text = NULL;
    if (H5Aread(attribute, type, (void *)&text) < 0) {
        return FM_BAD_INPUT;
    }
    if (text) {
        *copy = fm_text_copy(text);
        H5free_memory(text);
    }
    return text && !*copy ? FM_NO_MEMORY : FM_OK;
}

static fm_status fixed_text(hid_t attribute, hid_t type, char **text)
{
    size_t size = H5Tget_size(type);
    if (size == 0 || size > LONGEST_TEXT) {
        return FM_BAD_INPUT;
    }
    *text = calloc(size + 1, 1);
    if (!*text) {
        return FM_NO_MEMORY;
    }
    return H5Aread(attribute, type, *text) < 0 ? FM_BAD_INPUT : FM_OK;
}

static bool single(hid_t attribute)
{
    hid_t space = H5Aget_space(attribute);
    bool one = space >= 0 && H5Sget_simple_extent_npoints(space) == 1;
    if (space >= 0) {
        H5Sclose(space);
    }
    return one;
}

static fm_status any_text(hid_t attribute, hid_t type, char **text)
{
    if (H5Tget_class(type) != H5T_STRING || !single(attribute)) {
        return FM_OK;
    }
    return H5Tis_variable_str(type) > 0 ? variable_text(attribute, type, text)
                                        : fixed_text(attribute, type, text);
}

static void trim(char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ') {
        text[--length] = '\0';
    }
}

fm_status fm_hdf5_read_text(hid_t object, const char *name, char **text,
                            fm_error *error)
{
    *text = NULL;
    if (H5Aexists(object, name) <= 0) {
        return FM_OK;
    }
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    hid_t type = attribute >= 0 ? H5Aget_type(attribute) : -1;
    fm_status status = type >= 0 ? any_text(attribute, type, text) : FM_BAD_INPUT;
    if (type >= 0) {
        H5Tclose(type);
    }
    if (attribute >= 0) {
        H5Aclose(attribute);
    }
    if (status != FM_OK) {
        free(*text);
        *text = NULL;
        return fm_fail(error, status, "attribute %s cannot be read: %s", name,
                       status == FM_NO_MEMORY ? "no memory" : "the file is damaged");
    }
    if (*text) {
        trim(*text);
    }
    return FM_OK;
}

char *fm_hdf5_text(hid_t object, const char *name)
{
    char *text = NULL;
    fm_hdf5_read_text(object, name, &text, NULL);
    return text;
}

static bool is_number(hid_t type)
{
    H5T_class_t class = H5Tget_class(type);
    return class == H5T_INTEGER || class == H5T_FLOAT;
}

bool fm_hdf5_number(hid_t object, const char *name, double *value)
{
    if (H5Aexists(object, name) <= 0) {
        return false;
    }
    bool read = false;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    hid_t type = attribute >= 0 ? H5Aget_type(attribute) : -1;
    if (type >= 0 && is_number(type) && single(attribute)) {
        read = H5Aread(attribute, H5T_NATIVE_DOUBLE, value) >= 0;
    }
    if (type >= 0) {
        H5Tclose(type);
    }
    if (attribute >= 0) {
        H5Aclose(attribute);
    }
    return read;
}

bool fm_hdf5_shape(hid_t dataset, int *rank, hsize_t size[2])
{
    hsize_t all[H5S_MAX_RANK] = {0};
    hid_t type = H5Dget_type(dataset);
    hid_t space = H5Dget_space(dataset);
    bool number = type >= 0 && space >= 0 && is_number(type);
    *rank = number ? H5Sget_simple_extent_dims(space, all, NULL) : -1;
    size[0] = all[0];
    size[1] = all[1];
    if (type >= 0) {
        H5Tclose(type);
    }
    if (space >= 0) {
        H5Sclose(space);
    }
    return *rank >= 0;
}

double fm_hdf5_rounding(hid_t dataset)
{
    hid_t type = H5Dget_type(dataset);
    bool is_float = H5Tget_class(type) == H5T_FLOAT;
    size_t size = H5Tget_size(type);
    H5Tclose(type);
    return !is_float || size >= sizeof(double) ? DBL_EPSILON : FLT_EPSILON;
}

/* The fill value with which the dataset was made, if its author set one. */
static void creation_fill(hid_t dataset, double *fill)
{
    hid_t list = H5Dget_create_plist(dataset);
    H5D_fill_value_t defined = H5D_FILL_VALUE_UNDEFINED;
    if (list >= 0 && H5Pfill_value_defined(list, &defined) >= 0 &&
        defined == H5D_FILL_VALUE_USER_DEFINED) {
        H5Pget_fill_value(list, H5T_NATIVE_DOUBLE, fill);
    }
    if (list >= 0) {
        H5Pclose(list);
    }
}

bool fm_hdf5_values(hid_t dataset, size_t n, double *values)
{
    if (H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) <
        0) {
        return false;
    }
    fm_packing packing = {.fill = NAN, .missing = NAN, .scale = 1};
    if (!fm_hdf5_number(dataset, "_FillValue", &packing.fill)) {
        creation_fill(dataset, &packing.fill);
    }
    fm_hdf5_number(dataset, "missing_value", &packing.missing);
    fm_hdf5_number(dataset, "scale_factor", &packing.scale);
    fm_hdf5_number(dataset, "add_offset", &packing.offset);
    fm_raw_unpack(&packing, n, values);
    return true;
}

bool fm_hdf5_name(hid_t object, char *name, size_t size)
{
    ssize_t length = H5Iget_name(object, name, size);
    return length > 0 && (size_t)length < size;
}
