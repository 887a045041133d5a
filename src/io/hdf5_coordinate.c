/* Which dataset holds the coordinates of a variable's dimension.
 *
 * netCDF-4 files are HDF5 files in which coordinates are attached to the dimensions of
 * variables as dimension scales (HDF5 Dimension Scale Specification and Design Notes,
 * 2005). The link is written twice: the variable has a DIMENSION_LIST of its scales, a
 * list of lists of variable length, and each scale a REFERENCE_LIST of the variables
 * and dimensions that it serves, records of fixed size. We read the latter, without
 * the library's own H5DS functions, which read the former: HDF5 1.10 runs out of
 * bounds or for ever when the heap that keeps data of variable length is damaged.
 *
 * Plain HDF5 files have seldom got scales; then names must do. */
#include "hdf5_coordinate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raw_grid_private.h"

/* --- Dimension scales --- */

typedef struct scale_user { /* a record of REFERENCE_LIST */
    hobj_ref_t variable;
    int dimension;
} scale_user;

typedef struct scale_search {
    haddr_t variable;
    int dimension;
    hid_t found;
    fm_status status; /* of the search itself */
    fm_error *error;
} scale_search;

static hid_t scale_user_type(void)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(scale_user));
    H5Tinsert(type, "dataset", HOFFSET(scale_user, variable), H5T_STD_REF_OBJ);
    H5Tinsert(type, "dimension", HOFFSET(scale_user, dimension), H5T_NATIVE_INT);
    return type;
}

/* How many records the attribute has; 0 if it is none of that kind. */
static size_t count_users(hid_t attribute)
{
    enum { MOST_USERS = 100000 };
    hid_t type = H5Aget_type(attribute);
    hid_t space = H5Aget_space(attribute);
    hssize_t n = 0;
    if (type >= 0 && space >= 0 && H5Tget_class(type) == H5T_COMPOUND &&
        H5Tget_nmembers(type) == 2) {
        n = H5Sget_simple_extent_npoints(space);
    }
    if (type >= 0) {
        H5Tclose(type);
    }
    if (space >= 0) {
        H5Sclose(space);
    }
    return n > 0 && n <= MOST_USERS ? (size_t)n : 0;
}

static bool serves(hid_t attribute, scale_search *search)
{
    bool found = false;
    size_t n = count_users(attribute);
    scale_user *users = calloc(n + 1, sizeof *users);
    hid_t type = scale_user_type();
    if (!users) {
        search->status = fm_fail_memory(search->error, "a dimension scale",
                                        (double)n * sizeof *users);
    } else if (n > 0 && H5Aread(attribute, type, users) >= 0) {
        for (size_t i = 0; i < n && !found; i++) {
            found = users[i].variable == search->variable &&
                    users[i].dimension == search->dimension;
        }
    }
    H5Tclose(type);
    free(users);
    return found;
}

/* A netCDF dimension without values is a scale, too. */
static bool has_values(hid_t scale, scale_search *search)
{
    static const char none[] = "This is a netCDF dimension but not a netCDF variable";
    char *name = NULL;
    search->status = fm_hdf5_read_text(scale, "NAME", &name, search->error);
    bool values = !name || strncmp(name, none, sizeof none - 1) != 0;
    free(name);
    return search->status == FM_OK && values;
}

static bool is_scale_of(hid_t dataset, scale_search *search)
{
    if (H5Aexists(dataset, "REFERENCE_LIST") <= 0) {
        return false;
    }
    hid_t attribute = H5Aopen(dataset, "REFERENCE_LIST", H5P_DEFAULT);
    bool found =
        attribute >= 0 && serves(attribute, search) && has_values(dataset, search);
    if (attribute >= 0) {
        H5Aclose(attribute);
    }
    return found;
}

static herr_t visit(hid_t root, const char *name, const H5O_info_t *info, void *context)
{
    scale_search *search = context;
    if (info->type != H5O_TYPE_DATASET) {
        return 0;
    }
    hid_t dataset = H5Dopen(root, name, H5P_DEFAULT);
    if (dataset >= 0 && is_scale_of(dataset, search)) {
        search->found = dataset;
        return 1;
    }
    if (dataset >= 0) {
        H5Dclose(dataset);
    }
    return search->status == FM_OK ? 0 : 1;
}

static fm_status open_scale(hid_t variable, int dimension, hid_t *scale,
                            fm_error *error)
{
    scale_search search = {.dimension = dimension, .found = -1, .error = error};
    H5O_info_t info;
    hid_t file = H5Iget_file_id(variable);
    if (file >= 0 && H5Oget_info(variable, &info) >= 0) {
        search.variable = info.addr;
        H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, visit, &search);
    }
    if (file >= 0) {
        H5Fclose(file);
    }
    *scale = search.found;
    return search.status;
}

/* --- Names --- */

/* The 1-D dataset of this name beside the variable, if it has n values. */
static hid_t open_beside(hid_t variable, const char *name, size_t n)
{
    char path[512];
    if (!fm_hdf5_name(variable, path, sizeof path - 64)) {
        return -1;
    }
    char *slash = strrchr(path, '/');
    snprintf(slash ? slash + 1 : path, 64, "%s", name);
    if (H5Lexists(variable, path, H5P_DEFAULT) <= 0) {
        return -1;
    }
    hid_t dataset = H5Dopen(variable, path, H5P_DEFAULT);
    int rank = 0;
    hsize_t size[2] = {0};
    if (dataset >= 0 &&
        (!fm_hdf5_shape(dataset, &rank, size) || rank != 1 || size[0] != n)) {
        H5Dclose(dataset);
        dataset = -1;
    }
    return dataset;
}

/* Without dimension scales the first dimension is z and the second x, as C writes
 * arrays. */
static hid_t open_usual(hid_t variable, int dimension, size_t n)
{
    const char *const *usual = fm_raw_usual_names(dimension);
    hid_t dataset = -1;
    for (size_t i = 0; dataset < 0 && usual[i]; i++) {
        dataset = open_beside(variable, usual[i], n);
    }
    return dataset;
}

fm_status fm_hdf5_coordinate(hid_t variable, int dimension, size_t n, hid_t *coordinate,
                             fm_error *error)
{
    fm_status status = open_scale(variable, dimension, coordinate, error);
    if (status == FM_OK && *coordinate < 0) {
        *coordinate = open_usual(variable, dimension, n);
    }
    return status;
}
