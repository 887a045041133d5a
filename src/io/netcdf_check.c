/* Reading back what was written, a megabyte at a time: a variable may have as many
 * values as the survey has pairs, and to check it must not take as much memory as to
 * have it. */
#include <stdlib.h>
#include <string.h>

#include "netcdf.h"
#include "netcdf_private.h"

enum { BLOCK_BYTES = 1 << 20 };

void nc_differs(fm_nc *nc, const char *name)
{
    fm_fail(&nc->error, FM_IO_FAILED, "read back, %s is not what was written", name);
}

/* Positions first ... first + n - 1 along the first axis of a data set; a single value
 * without axes is read whole. */
static herr_t read_part(hid_t set, hid_t type, size_t first, size_t n, void *values)
{
    hid_t space = H5Dget_space(set);
    int rank = H5Sget_simple_extent_ndims(space);
    if (rank < 1 || rank > FM_NC_RANK) {
        H5Sclose(space);
        return rank == 0 ? H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values)
                         : -1;
    }
    hsize_t start[FM_NC_RANK] = {first};
    hsize_t count[FM_NC_RANK] = {0};
    H5Sget_simple_extent_dims(space, count, NULL);
    count[0] = n;
    hid_t memory = H5Screate_simple(rank, count, NULL);
    herr_t done = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    if (done >= 0) {
        done = H5Dread(set, type, memory, space, H5P_DEFAULT, values);
    }
    H5Sclose(memory);
    H5Sclose(space);
    return done;
}

void fm_nc_read_part(fm_nc *nc, const char *name, fm_nc_type type, size_t first,
                     size_t n, void *values)
{
    if (nc->error.status != FM_OK) {
        return;
    }
    hid_t set = H5Dopen2(nc->file, name, H5P_DEFAULT);
    if (nc_good(nc, set, "HDF5 cannot read back", name)) {
        nc_good(nc, read_part(set, nc_native(type), first, n, values),
                "HDF5 cannot read back", name);
        H5Dclose(set);
    }
}

size_t fm_nc_block(size_t n, size_t size)
{
    size_t block = size < BLOCK_BYTES ? BLOCK_BYTES / size : 1;
    return block < n ? block : n;
}

/* The open data set, whose values should be these: n positions of `size` bytes. */
static void compare_blocks(fm_nc *nc, const char *name, hid_t type, size_t n,
                           size_t size, const unsigned char *values)
{
    size_t block = fm_nc_block(n, size);
    unsigned char *found = malloc(block * size);
    if (!found) {
        fm_fail_memory(&nc->error, "reading back", (double)(block * size));
        return;
    }
    for (size_t i = 0; i < n && nc->error.status == FM_OK; i += block) {
        size_t some = n - i < block ? n - i : block;
        herr_t read = read_part(nc->object, type, i, some, found);
        if (nc_good(nc, read, "HDF5 cannot read back", name) &&
            memcmp(found, values + i * size, some * size) != 0) {
            nc_differs(nc, name);
        }
    }
    free(found);
}

void nc_compare(fm_nc *nc, const char *name, hid_t type, const void *values)
{
    hid_t space = H5Dget_space(nc->object);
    hsize_t length[FM_NC_RANK] = {0};
    int rank = H5Sget_simple_extent_dims(space, length, NULL);
    H5Sclose(space);
    size_t size = H5Tget_size(type);
    for (int axis = 1; axis < rank; axis++) {
        size *= length[axis];
    }
    compare_blocks(nc, name, type, length[0], size, values);
}

void nc_compare_strings(fm_nc *nc, const char *name, hid_t type, size_t n,
                        char *const *strings)
{
    char **found = calloc(n, sizeof *found);
    if (!found) {
        fm_fail_memory(&nc->error, "reading back", (double)(n * sizeof *found));
        return;
    }
    hid_t space = H5Dget_space(nc->object);
    herr_t read = H5Dread(nc->object, type, space, space, H5P_DEFAULT, found);
    nc_good(nc, read, "HDF5 cannot read back", name);
    for (size_t i = 0; i < n && nc->error.status == FM_OK; i++) {
        if (!found[i] || strcmp(found[i], strings[i]) != 0) {
            nc_differs(nc, name);
        }
    }
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, found);
    H5Sclose(space);
    free(found);
}
