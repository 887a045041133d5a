/* HDF5 files that are no model: what is said of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <hdf5_hl.h>

#include "folder_fixture.h"
#include "grid_fixture.h"
#include "read_fixture.h"

static void values_whose_checksum_is_wrong_are_refused(void **state)
{
    maker m = usual();
    fm_model model;
    fm_error error = {0};
    m.has_checksum = true;
    size_t size = 0;
    const char *path = make(*state, &m);
    char *bytes = get_bytes(path, &size);
    const double value = sum(1.5, 2);
    char pattern[sizeof value];
    memcpy(pattern, &value, sizeof value);
    for (size_t i = 0; i + sizeof pattern <= size; i++) {
        if (memcmp(bytes + i, pattern, sizeof pattern) == 0) {
            bytes[i] ^= 1;
        }
    }
    path = put_bytes(*state, "g.nc", bytes, size);
    free(bytes);
    assert_refused(read_grid(path, FM_CARTESIAN, &model, &error), &error,
                   "variable speed cannot be read: the file is damaged");
}

static void a_scale_of_the_wrong_shape_is_refused(void **state)
{
    maker m = usual();
    fm_model model;
    fm_error error = {0};
    m.without_scales = true;
    const char *path = make(*state, &m);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    const hsize_t size = 3;
    const double at[3] = {0};
    hid_t variable = H5Dopen2(file, "speed", H5P_DEFAULT);
    hid_t scale = put_doubles(file, "short", 1, &size, 0, at);
    H5DSset_scale(scale, "short");
    H5DSattach_scale(variable, scale, 1);
    H5Dclose(scale);
    H5Dclose(variable);
    H5Fclose(file);
    assert_refused(read_grid(path, FM_CARTESIAN, &model, &error), &error,
                   "coordinate short is not a list of 5 numbers");
}

static void steps_must_be_equal_within_rounding(void **state)
{
    maker m = usual();
    fm_model model;
    m.irregular = 1e-5;
    refuse(*state, &m, FM_CARTESIAN,
           "coordinate x does not advance in equal steps: value 3 is 2.00001");
    m.irregular = 1e-6;
    accept_grid(*state, &m, FM_CARTESIAN, &model);
    fm_model_clear(&model);
    m.irregular = 0;
    m.fast_step = 0;
    refuse(*state, &m, FM_CARTESIAN, "coordinate x does not advance");
    m.fast_step = 2;
    m.irregular = NAN;
    refuse(*state, &m, FM_CARTESIAN, "value 3 of coordinate x is missing");
}

static void single_precision_coordinates_may_round(void **state)
{
    maker m = usual();
    fm_model model;
    m.coordinate_type = H5T_IEEE_F32LE;
    m.fast0 = 110.1;
    m.fast_step = 0.1;
    accept_grid(*state, &m, FM_CARTESIAN, &model);
    assert_near(model.x0, 110.1, 1e-5);
    fm_model_clear(&model);
    m.irregular = 1e-3;
    refuse(*state, &m, FM_CARTESIAN, "does not advance in equal steps");
}

static void a_variable_without_coordinates_is_refused(void **state)
{
    maker m = usual();
    m.without_coordinates = true;
    refuse(*state, &m, FM_CARTESIAN,
           "variable speed has no coordinate for its first dimension (4 values)");
    m = usual();
    m.without_scales = true;
    m.fast_name = "along";
    refuse(*state, &m, FM_CARTESIAN,
           "variable speed has no coordinate for its second dimension (5 values)");
}

static void the_variable_must_be_named_among_several(void **state)
{
    const char *path = folder_path(*state, "g.nc");
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    maker m = usual();
    fill_file(file, &m);
    hid_t group = H5Gcreate2(file, "deep", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    m.name = "vs";
    m.fast0 = 10;
    fill_file(group, &m);
    H5Gclose(group);
    H5Fclose(file);
    fm_model model;
    fm_error error = {0};
    assert_refused(read_grid(path, FM_CARTESIAN, &model, &error), &error,
                   "more than one 2-D variable; say which with model.variable: ");
    assert_non_null(strstr(error.message, "deep/vs [4 x 5]"));
    assert_non_null(strstr(error.message, "speed [4 x 5]"));
    assert_read(fm_grid_file_read(path, "deep/vs", FM_CARTESIAN, 6371, FM_CUBIC, 1,
                                  &model, &error),
                &error);
    assert_lines(&model, NX, NZ, 10, 2, 1, 0.5);
    fm_model_clear(&model);
    assert_refused(
        fm_grid_file_read(path, "vp", FM_CARTESIAN, 6371, FM_CUBIC, 1, &model, &error),
        &error, "no variable 'vp'; the file has: ");
    assert_refused(
        fm_grid_file_read(path, "x", FM_CARTESIAN, 6371, FM_CUBIC, 1, &model, &error),
        &error, "variable x is 1-D; a model is 2-D");
    assert_refused(fm_grid_file_read(path, "deep", FM_CARTESIAN, 6371, FM_CUBIC, 1,
                                     &model, &error),
                   &error, "no variable 'deep'");
}

static void files_without_a_usable_variable_are_refused(void **state)
{
    const char *path = folder_path(*state, "g.nc");
    fm_model model;
    fm_error error = {0};
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    assert_refused(read_grid(path, FM_CARTESIAN, &model, &error), &error,
                   "no 2-D variable of numbers; the file has: nothing");
    file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    H5LTmake_dataset_string(file, "title", "no numbers");
    H5Fclose(file);
    assert_refused(read_grid(path, FM_CARTESIAN, &model, &error), &error,
                   "no 2-D variable");
    assert_refused(fm_grid_file_read(path, "title", FM_CARTESIAN, 6371, FM_CUBIC, 1,
                                     &model, &error),
                   &error, "variable title is not of numbers");
    maker m = usual();
    m.slow_n = 1;
    refuse(*state, &m, FM_CARTESIAN, "variable speed is 1 x 5; a model has at least");
}

static void files_that_are_no_hdf5_are_refused(void **state)
{
    fm_model model;
    fm_error error = {0};
    const char *path = put(*state, "a.grd", "not a grid\n");
    assert_refused(read_grid(path, FM_CARTESIAN, &model, &error), &error,
                   "a.grd: neither netCDF nor HDF5");
    path = put(*state, "a.grd", "");
    assert_refused(read_grid(path, FM_CARTESIAN, &model, &error), &error,
                   "neither netCDF nor HDF5");
    path = put(*state, "a.grd", "CDF\001 and so on");
    assert_refused(read_grid(path, FM_CARTESIAN, &model, &error), &error,
                   "it ends inside its header");
    path = folder_path(*state, "absent.grd");
    assert_io_failed(read_grid(path, FM_CARTESIAN, &model, &error), &error,
                     "absent.grd: cannot be read: No such file");
    assert_io_failed(read_grid(folder_path(*state, "."), FM_CARTESIAN, &model, &error),
                     &error, "cannot be read: Is a directory");
}

/* A whole file and every way to cut it short: HDF5 knows how long it must be. */
static void files_cut_short_are_refused(void **state)
{
    maker m = usual();
    size_t size = 0;
    char *bytes = get_bytes(make(*state, &m), &size);
    for (size_t length = 0; length < size; length += 1 + length / 97) {
        fm_model model;
        fm_error error = {0};
        const char *path = put_bytes(*state, "cut.nc", bytes, length);
        assert_refused(read_grid(path, FM_CARTESIAN, &model, &error), &error, "cut.nc");
        assert_null(model.values);
    }
    free(bytes);
}

static void error_printing_of_hdf5_is_as_before(void **state)
{
    fm_model model;
    fm_error error = {0};
    H5E_auto2_t before = NULL, after = NULL;
    void *data = NULL;
    H5Eget_auto2(H5E_DEFAULT, &before, &data);
    read_grid(put(*state, "a.grd", "x\n"), FM_CARTESIAN, &model, &error);
    H5Eget_auto2(H5E_DEFAULT, &after, &data);
    assert_true(before == after && before != NULL);
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(values_whose_checksum_is_wrong_are_refused),
        IN_FOLDER(a_scale_of_the_wrong_shape_is_refused),
        IN_FOLDER(steps_must_be_equal_within_rounding),
        IN_FOLDER(single_precision_coordinates_may_round),
        IN_FOLDER(a_variable_without_coordinates_is_refused),
        IN_FOLDER(the_variable_must_be_named_among_several),
        IN_FOLDER(files_without_a_usable_variable_are_refused),
        IN_FOLDER(files_that_are_no_hdf5_are_refused),
        IN_FOLDER(files_cut_short_are_refused),
        IN_FOLDER(error_printing_of_hdf5_is_as_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
