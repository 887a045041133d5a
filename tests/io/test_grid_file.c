/* Models from HDF5 and netCDF-4 grids: made here by hand, by GMT and by xarray. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <hdf5_hl.h>

#include "folder_fixture.h"
#include "grid_fixture.h"
#include "read_fixture.h"

static void a_grid_with_dimension_scales_is_read(void **state)
{
    maker m = usual();
    fm_model model;
    accept_grid(*state, &m, FM_CARTESIAN, &model);
    assert_int_equal(model.kind, FM_MODEL_NODES);
    assert_int_equal(model.interpolation, FM_CUBIC);
    assert_lines(&model, NX, NZ, -2, 2, 1, 0.5);
    assert_sum(&model);
    fm_model_clear(&model);
}

static void without_scales_coordinates_of_usual_names_serve(void **state)
{
    maker m = usual();
    fm_model model;
    m.without_scales = true;
    accept_grid(*state, &m, FM_CARTESIAN, &model);
    assert_lines(&model, NX, NZ, -2, 2, 1, 0.5);
    assert_sum(&model);
    fm_model_clear(&model);
}

static double reversed_sum(double slow, double fast)
{
    return sum(fast, slow);
}

static void x_may_be_the_slow_dimension(void **state)
{
    maker m = usual();
    fm_model model;
    m.slow_name = "x";
    m.fast_name = "z";
    m.value = reversed_sum;
    accept_grid(*state, &m, FM_CARTESIAN, &model);
    assert_lines(&model, NZ, NX, 1, 0.5, -2, 2);
    assert_sum(&model);
    fm_model_clear(&model);
}

static void attributes_tell_the_axes_when_names_do_not(void **state)
{
    maker m = usual();
    fm_model model;
    m.slow_name = "along";
    m.fast_name = "down";
    refuse(*state, &m, FM_CARTESIAN, "which of the coordinates along and down is x?");
    m.value = reversed_sum;
    m.slow_axis = "X";
    accept_grid(*state, &m, FM_CARTESIAN, &model);
    assert_sum(&model);
    fm_model_clear(&model);
    m.slow_axis = NULL;
    m.fast_axis = "Z";
    accept_grid(*state, &m, FM_CARTESIAN, &model);
    assert_sum(&model);
    fm_model_clear(&model);
}

static void descending_axes_are_turned(void **state)
{
    maker m = usual();
    fm_model model;
    m.slow0 = 2.5;
    m.slow_step = -0.5;
    m.fast0 = 6;
    m.fast_step = -2;
    accept_grid(*state, &m, FM_CARTESIAN, &model);
    assert_lines(&model, NX, NZ, -2, 2, 1, 0.5);
    assert_sum(&model);
    fm_model_clear(&model);
}

static double sum_above(double slow, double fast)
{
    return sum(-slow, fast);
}

static void an_upward_axis_is_turned_down_only_if_it_says_so(void **state)
{
    maker m = usual();
    fm_model model;
    m.slow_positive = "up";
    m.value = sum_above;
    accept_grid(*state, &m, FM_CARTESIAN, &model);
    assert_lines(&model, NX, NZ, -2, 2, -2.5, 0.5);
    assert_sum(&model);
    fm_model_clear(&model);
    m.slow_positive = "down";
    m.value = sum;
    accept_grid(*state, &m, FM_CARTESIAN, &model);
    assert_lines(&model, NX, NZ, -2, 2, 1, 0.5);
    fm_model_clear(&model);
}

static double sum_of_depth(double slow, double fast)
{
    return 6371 + fast - slow;
}

static void depth_becomes_radius_in_polar_geometry(void **state)
{
    maker m = usual();
    fm_model model;
    m.slow_name = "depth";
    m.fast_name = "angle";
    m.slow0 = 0;
    m.slow_step = 100;
    m.value = sum_of_depth;
    accept_grid(*state, &m, FM_POLAR, &model);
    assert_lines(&model, NX, NZ, -2, 2, 6071, 100);
    assert_near(model.values[0], 6071 - 2, 1e-9);
    fm_model_clear(&model);
}

static void units_of_the_file_are_respected(void **state)
{
    maker m = usual();
    fm_model model;
    m.slow_units = m.fast_units = "m";
    m.units = "m s-1";
    accept_grid(*state, &m, FM_CARTESIAN, &model);
    assert_lines(&model, NX, NZ, -0.002, 0.002, 0.001, 0.0005);
    assert_near(model.values[0], 0.108, 1e-12);
    fm_model_clear(&model);
    m.slow_name = "lat";
    m.fast_name = "lon";
    m.slow_units = "degrees_north";
    m.fast_units = "degrees_east";
    m.units = "km/s";
    accept_grid(*state, &m, FM_GEOGRAPHIC, &model);
    assert_lines(&model, NX, NZ, -2, 2, 1, 0.5);
    assert_sum(&model);
    fm_model_clear(&model);
}

static void without_units_those_of_the_job_hold(void **state)
{
    maker m = usual();
    fm_model model;
    fm_error error = {0};
    const char *path = make(*state, &m);
    assert_read(fm_grid_file_read(path, "speed", FM_CARTESIAN, 6371, FM_LINEAR, 0.001,
                                  &model, &error),
                &error);
    assert_lines(&model, NX, NZ, -0.002, 0.002, 0.001, 0.0005);
    assert_near(model.values[0], 0.108, 1e-12);
    assert_int_equal(model.interpolation, FM_LINEAR);
    fm_model_clear(&model);
}

static void unknown_or_wrong_units_are_refused(void **state)
{
    maker m = usual();
    m.fast_units = "furlong";
    refuse(*state, &m, FM_CARTESIAN,
           "g.nc: x has the units 'furlong'; expected here: km, m");
    m.fast_units = "degrees";
    refuse(*state, &m, FM_CARTESIAN, "x has the units 'degrees'");
    m.fast_units = "rad";
    refuse(*state, &m, FM_POLAR, "x has the units 'rad'; expected here: degrees");
    m.fast_units = NULL;
    m.slow_units = "km";
    refuse(*state, &m, FM_GEOGRAPHIC, "z has the units 'km'");
    m.slow_units = NULL;
    m.units = "s/km";
    refuse(*state, &m, FM_CARTESIAN,
           "speed has the units 's/km'; expected here: km/s, m/s");
}

static double nan_hole(double slow, double fast)
{
    return slow == 1.5 && fast == 2 ? NAN : sum(slow, fast);
}

static void fill_values_and_nan_are_masked(void **state)
{
    maker m = usual();
    fm_model model;
    m.value = hole;
    m.fill = -99;
    m.has_fill = true;
    accept_grid(*state, &m, FM_CARTESIAN, &model);
    assert_true(isnan(model.values[1 * NX + 2]));
    assert_near(model.values[0], sum(1, -2), 1e-9);
    fm_model_clear(&model);
    m.has_fill = false;
    refuse(*state, &m, FM_CARTESIAN, "-99");
    m.value = nan_hole;
    accept_grid(*state, &m, FM_CARTESIAN, &model);
    assert_true(isnan(model.values[1 * NX + 2]));
    fm_model_clear(&model);
}

static void packed_values_are_unpacked_and_their_fill_is_not(void **state)
{
    maker m = usual();
    fm_model model;
    m.value = hole;
    m.type = H5T_STD_I16LE;
    m.has_scale = m.has_fill = true;
    m.scale = 0.5;
    m.offset = 90;
    m.fill = -99;
    accept_grid(*state, &m, FM_CARTESIAN, &model);
    assert_near(model.values[0], sum(1, -2), 1e-9);
    assert_true(isnan(model.values[1 * NX + 2]));
    fm_model_clear(&model);
}

static void a_bspline_gets_its_cushion(void **state)
{
    maker m = usual();
    fm_model model;
    fm_error error = {0};
    assert_read(fm_grid_file_read(make(*state, &m), NULL, FM_CARTESIAN, 6371,
                                  FM_BSPLINE, 1, &model, &error),
                &error);
    assert_int_equal(model.nx, NX);
    assert_near(model.values[(NX + 2) + 1], sum(1, -2), 1e-9);
    assert_near(model.values[0], sum(0.5, -4), 1e-9);
    fm_model_clear(&model);
}

/* h5py writes texts of variable length. */
static void variable_text(hid_t file, const char *object, const char *name,
                          const char *text)
{
    hid_t dataset = H5Dopen2(file, object, H5P_DEFAULT);
    hid_t type = H5Tcopy(H5T_C_S1);
    hid_t space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, H5T_VARIABLE);
    hid_t attribute = H5Acreate2(dataset, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, type, &text) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(dataset);
}

static void texts_of_any_length_are_understood(void **state)
{
    maker m = usual();
    fm_model model;
    m.units = "km/s   ";
    const char *path = make(*state, &m);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    variable_text(file, "x", "units", "m");
    variable_text(file, "z", "units", "");
    H5Fclose(file);
    fm_error error = {0};
    assert_read(read_grid(path, FM_CARTESIAN, &model, &error), &error);
    assert_lines(&model, NX, NZ, -0.002, 0.002, 1, 0.5);
    assert_near(model.values[0], 108, 1e-12);
    fm_model_clear(&model);
}

static void missing_values_are_known_by_all_their_names(void **state)
{
    static const double missing = -99;
    for (int by_creation = 0; by_creation < 2; by_creation++) {
        maker m = usual();
        fm_model model;
        fm_error error = {0};
        m.value = hole;
        m.has_created_fill = by_creation;
        m.fill = missing;
        const char *path = make(*state, &m);
        if (!by_creation) {
            hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
            H5LTset_attribute_double(file, "speed", "missing_value", &missing, 1);
            H5Fclose(file);
        }
        assert_read(read_grid(path, FM_CARTESIAN, &model, &error), &error);
        assert_true(isnan(model.values[1 * NX + 2]));
        fm_model_clear(&model);
    }
}

/* --- Grids of others, where their programs are installed --- */

static void grids_of_gmt_are_read(void **state)
{
    if (!folder_run(*state, "gmt --version")) {
        skip();
    }
    assert_true(folder_run(*state,
                           "gmt grdmath --IO_NC4_CHUNK_SIZE=4 -R110/120/-20/-15 -I1/0.5"
                           " -fg 100 Y 10 MUL ADD X ADD = g.grd"));
    fm_model model;
    fm_error error = {0};
    const char *path = folder_path(*state, "g.grd");
    assert_read(read_grid(path, FM_GEOGRAPHIC, &model, &error), &error);
    assert_lines(&model, 11, 11, 110, 1, -20, 0.5);
    assert_sum(&model);
    fm_model_clear(&model);
    assert_true(folder_run(*state, "gmt grdmath --IO_NC4_CHUNK_SIZE=4 -R0/10/0/5 -I1 -r"
                                   " 100 Y 10 MUL ADD X ADD = g.grd=ns+s0.01+o30"));
    assert_read(read_grid(path, FM_CARTESIAN, &model, &error), &error);
    assert_lines(&model, 10, 5, 0.5, 1, 0.5, 1);
    assert_sum(&model);
    fm_model_clear(&model);
}

static void grids_of_xarray_are_read(void **state)
{
    static const char script[] =
        "import numpy, xarray\n"
        "x, z = numpy.arange(5) * 2.0 - 2, numpy.arange(4)[::-1] * 0.5 + 1\n"
        "v = xarray.DataArray(100 + 10 * z[None, :] + x[:, None], "
        "dims=('x', 'depth'), coords={'x': x, 'depth': z}, "
        "attrs={'units': 'km s-1'})\n"
        "v = v.astype('float32')\n"
        "xarray.Dataset({'vp': v}).to_netcdf('g.nc')\n"
        "v = xarray.Dataset({'vp': v.drop_vars('x')})\n"
        "v.to_netcdf('none.nc')\n";
    put(*state, "make.py", script);
    if (!folder_run(*state, "/usr/bin/python3 make.py")) {
        skip();
    }
    fm_model model;
    fm_error error = {0};
    assert_read(read_grid(folder_path(*state, "g.nc"), FM_CARTESIAN, &model, &error),
                &error);
    assert_lines(&model, NX, NZ, -2, 2, 1, 0.5);
    assert_sum(&model);
    fm_model_clear(&model);
    assert_refused(
        read_grid(folder_path(*state, "none.nc"), FM_CARTESIAN, &model, &error), &error,
        "variable vp has no coordinate for its first dimension (5 values)");
}

#define IN_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_grid_with_dimension_scales_is_read),
        IN_FOLDER(without_scales_coordinates_of_usual_names_serve),
        IN_FOLDER(x_may_be_the_slow_dimension),
        IN_FOLDER(attributes_tell_the_axes_when_names_do_not),
        IN_FOLDER(descending_axes_are_turned),
        IN_FOLDER(an_upward_axis_is_turned_down_only_if_it_says_so),
        IN_FOLDER(depth_becomes_radius_in_polar_geometry),
        IN_FOLDER(units_of_the_file_are_respected),
        IN_FOLDER(without_units_those_of_the_job_hold),
        IN_FOLDER(unknown_or_wrong_units_are_refused),
        IN_FOLDER(fill_values_and_nan_are_masked),
        IN_FOLDER(packed_values_are_unpacked_and_their_fill_is_not),
        IN_FOLDER(a_bspline_gets_its_cushion),
        IN_FOLDER(texts_of_any_length_are_understood),
        IN_FOLDER(missing_values_are_known_by_all_their_names),
        IN_FOLDER(grids_of_gmt_are_read),
        IN_FOLDER(grids_of_xarray_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
