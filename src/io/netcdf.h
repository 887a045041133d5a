#ifndef FM_IO_NETCDF_H
#define FM_IO_NETCDF_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"

/* netCDF-4 written with plain HDF5: the few words a description of a file needs. The
 * same description is run twice: on a file opened with fm_nc_create it writes, on one
 * opened with fm_nc_check it reads everything back and compares.
 *
 * Errors stick: after the first one every call does nothing, and fm_nc_close tells it.
 * Attributes go to what was defined last, or to the file as a whole at the beginning.
 */

typedef enum fm_nc_type {
    FM_NC_F32,
    FM_NC_F64,
    FM_NC_I32,
    FM_NC_I64,
    FM_NC_U8
} fm_nc_type;

enum { FM_NC_AXES = 16, FM_NC_RANK = 3 };

/* One axis of a variable: the number of a dimension of the file. */
typedef size_t fm_nc_axis;

typedef struct fm_nc {
    hid_t file;
    bool checking;
    hid_t object;           /* what attributes go to */
    hid_t variable;         /* the open variable or group that is no dimension, or -1 */
    hid_t axis[FM_NC_AXES]; /* dimension scales, open as long as the file */
    hsize_t length[FM_NC_AXES];
    size_t axes;
    fm_error error; /* the first one */
    H5E_auto2_t report;
    void *report_data; /* HDF5's own reporting of errors, to be restored */
} fm_nc;

/* A new file, replacing what is there; or one just written, to compare with. */
void fm_nc_create(const char *path, fm_nc *nc);
void fm_nc_check(const char *path, fm_nc *nc);

/* A file written before, to describe more of: what is laid out from here on comes
 * behind what is there. Its dimensions are known by their numbers, those of the
 * description so far; one that is to be used again is taken up by its name. */
void fm_nc_extend(const char *path, size_t axes, fm_nc *nc);
void fm_nc_take_up(fm_nc *nc, fm_nc_axis axis, const char *name);

/* A file written before, to overwrite a range in; nothing else can be called then. */
void fm_nc_update(const char *path, fm_nc *nc);
void fm_nc_overwrite_range(fm_nc *nc, const char *variable, const double range[2]);

/* Close everything; the first error of all, or FM_OK. */
fm_status fm_nc_close(fm_nc *nc, fm_error *error);

/* A dimension with values (a coordinate variable, f64) or without. n is at least 1. */
fm_nc_axis fm_nc_coordinate(fm_nc *nc, const char *name, size_t n,
                            const double *values);
fm_nc_axis fm_nc_dimension(fm_nc *nc, const char *name, size_t n);

/* Where the bytes of a variable lie in the file. */
typedef struct fm_nc_place {
    uint64_t offset, size;
} fm_nc_place;

/* A variable over axes[rank], the last one fastest; rank 0: a single value. `fill`, one
 * value, becomes its _FillValue; NULL: none. With values NULL the space is only laid
 * out, contiguous and in the byte order of this machine, for the caller to write at the
 * place returned. */
fm_nc_place fm_nc_variable(fm_nc *nc, const char *name, fm_nc_type type, size_t rank,
                           const fm_nc_axis *axes, const void *fill,
                           const void *values);

/* A group, whose variables are then named GROUP/NAME; attributes go to it. */
void fm_nc_group(fm_nc *nc, const char *name);

/* A variable of UTF-8 strings of any length. */
void fm_nc_strings(fm_nc *nc, const char *name, fm_nc_axis axis, char *const *strings);

/* Attributes: text, or n numbers of one type; or text as a string of any length, where
 * readers want just that. */
void fm_nc_text(fm_nc *nc, const char *name, const char *value);
void fm_nc_string(fm_nc *nc, const char *name, const char *value);
void fm_nc_numbers(fm_nc *nc, const char *name, fm_nc_type type, size_t n,
                   const void *values);

/* The attribute actual_range: least and greatest value, as F32 or F64. */
void fm_nc_range(fm_nc *nc, fm_nc_type type, const double range[2]);

/* Read part of a variable: n positions along its first axis, the whole of the others.
 */
void fm_nc_read_part(fm_nc *nc, const char *name, fm_nc_type type, size_t first,
                     size_t n, void *values);

/* How many of n positions of `size` bytes to read at once: about a megabyte, at least
 * one. */
size_t fm_nc_block(size_t n, size_t size);

size_t fm_nc_type_size(fm_nc_type type);

/* Take down HDF5's description of what went wrong, unless an error is known already. */
void fm_nc_fail(fm_nc *nc, const char *what, const char *name);

#endif
