/* Models from HDF5 and netCDF-4 grids: made here by hand, by GMT and by xarray. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hdf5.h>
#include <hdf5_hl.h>

#include "folder_fixture.h"
#include "io/load.h"
#include "read_fixture.h"

/* --- A file with one variable, each detail of which can be made wrong --- */

enum { NX = 5, NZ = 4 };

typedef struct maker {
    const char *slow_name, *fast_name, *name; /* of coordinates and variable */
    double slow0, slow_step, fast0, fast_step;
    const char *slow_units, *fast_units, *units;
    const char *slow_axis, *fast_axis, *slow_positive;
    hsize_t slow_n, fast_n;
    hid_t coordinate_type, type; /* 0: double */
    bool without_scales, without_coordinates;
    double irregular; /* added to the third fast coordinate */
    double fill, scale, offset;
    bool has_fill, has_scale, has_created_fill, has_checksum;
    double (*value)(double, double); /* of slow and fast coordinate */
} maker;

static double sum(double slow, double fast)
{
    return 100 + 10 * slow + fast;
}

static maker usual(void)
{
    return (maker){.slow_name = "z",
                   .fast_name = "x",
                   .name = "speed",
                   .slow0 = 1,
                   .slow_step = 0.5,
                   .fast0 = -2,
                   .fast_step = 2,
                   .slow_n = NZ,
                   .fast_n = NX,
                   .value = sum};
}

static void text_attribute(hid_t file, const char *object, const char *name,
                           const char *text)
{
    if (text) {
        H5LTset_attribute_string(file, object, name, text);
    }
}

static hid_t put_doubles(hid_t file, const char *name, int rank, const hsize_t *size,
                         hid_t type, const double *values)
{
    hid_t space = H5Screate_simple(rank, size, NULL);
    hid_t dataset = H5Dcreate2(file, name, type ? type : H5T_NATIVE_DOUBLE, space,
                               H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(dataset >= 0);
    H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Sclose(space);
    return dataset;
}

static void put_coordinate(hid_t file, const maker *m, bool slow, hid_t variable)
{
    double at[64] = {0};
    hsize_t n = slow ? m->slow_n : m->fast_n;
    const char *name = slow ? m->slow_name : m->fast_name;
    for (hsize_t i = 0; i < n; i++) {
        at[i] = slow ? m->slow0 + (double)i * m->slow_step
                     : m->fast0 + (double)i * m->fast_step;
    }
    at[2] += slow ? 0 : m->irregular;
    hid_t dataset = put_doubles(file, name, 1, &n, m->coordinate_type, at);
    text_attribute(file, name, "units", slow ? m->slow_units : m->fast_units);
    text_attribute(file, name, "axis", slow ? m->slow_axis : m->fast_axis);
    text_attribute(file, name, "positive", slow ? m->slow_positive : NULL);
    if (!m->without_scales) {
        H5DSset_scale(dataset, name);
        H5DSattach_scale(variable, dataset, slow ? 0 : 1);
    }
    H5Dclose(dataset);
}

static hid_t put_variable(hid_t file, const maker *m, const hsize_t *size,
                          const double *values)
{
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(2, size, NULL);
    if (m->has_created_fill) {
        H5Pset_fill_value(list, H5T_NATIVE_DOUBLE, &m->fill);
    }
    if (m->has_checksum) {
        H5Pset_chunk(list, 2, size);
        H5Pset_fletcher32(list);
    }
    hid_t dataset = H5Dcreate2(file, m->name, m->type ? m->type : H5T_NATIVE_DOUBLE,
                               space, H5P_DEFAULT, list, H5P_DEFAULT);
    assert_true(dataset >= 0);
    H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Sclose(space);
    H5Pclose(list);
    return dataset;
}

static void fill_file(hid_t file, const maker *m)
{
    double values[64 * 64];
    const hsize_t size[2] = {m->slow_n, m->fast_n};
    for (hsize_t k = 0; k < m->slow_n; k++) {
        for (hsize_t i = 0; i < m->fast_n; i++) {
            double value = m->value(m->slow0 + (double)k * m->slow_step,
                                    m->fast0 + (double)i * m->fast_step);
            values[k * m->fast_n + i] = m->has_scale && value != m->fill
                                            ? (value - m->offset) / m->scale
                                            : value;
        }
    }
    hid_t variable = put_variable(file, m, size, values);
    text_attribute(file, m->name, "units", m->units);
    if (m->has_fill) {
        H5LTset_attribute_double(file, m->name, "_FillValue", &m->fill, 1);
    }
    if (m->has_scale) {
        H5LTset_attribute_double(file, m->name, "scale_factor", &m->scale, 1);
        H5LTset_attribute_double(file, m->name, "add_offset", &m->offset, 1);
    }
    if (!m->without_coordinates) {
        put_coordinate(file, m, true, variable);
        put_coordinate(file, m, false, variable);
    }
    H5Dclose(variable);
}

static const char *make(const void *state, const maker *m)
{
    const char *path = folder_path(state, "g.nc");
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0);
    fill_file(file, m);
    H5Fclose(file);
    return path;
}

static fm_status read_grid(const char *path, fm_geometry geometry, fm_model *model,
                           fm_error *error)
{
    return fm_grid_file_read(path, NULL, geometry, 6371, FM_CUBIC, 1, model, error);
}

static void refuse(const void *state, const maker *m, fm_geometry geometry,
                   const char *words)
{
    fm_model model;
    fm_error error = {0};
    assert_refused(read_grid(make(state, m), geometry, &model, &error), &error, words);
    assert_null(model.values);
}

static void accept(const void *state, const maker *m, fm_geometry geometry,
                   fm_model *model)
{
    fm_error error = {0};
    assert_read(read_grid(make(state, m), geometry, model, &error), &error);
}

static void assert_lines(const fm_model *model, size_t nx, size_t nz, double x0,
                         double dx, double z0, double dz)
{
    assert_int_equal(model->nx, nx);
    assert_int_equal(model->nz, nz);
    assert_near(model->x0, x0, 1e-9);
    assert_near(model->dx, dx, 1e-9);
    assert_near(model->z0, z0, 1e-9);
    assert_near(model->dz, dz, 1e-9);
    assert_near(model->x_min, x0, 1e-9);
    assert_near(model->x_max, x0 + (double)(nx - 1) * dx, 1e-9);
    assert_near(model->z_min, z0, 1e-9);
    assert_near(model->z_max, z0 + (double)(nz - 1) * dz, 1e-9);
}

/* Every value is what the formula says at its place: 100 + 10 z + x. */
static void assert_sum(const fm_model *model)
{
    for (size_t k = 0; k < model->nz; k++) {
        for (size_t i = 0; i < model->nx; i++) {
            double x = model->x0 + (double)i * model->dx;
            double z = model->z0 + (double)k * model->dz;
            assert_near(model->values[k * model->nx + i], sum(z, x), 1e-6);
        }
    }
}

/* --- What is read --- */

static void a_grid_with_dimension_scales_is_read(void **state)
{
    maker m = usual();
    fm_model model;
    accept(*state, &m, FM_CARTESIAN, &model);
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
    accept(*state, &m, FM_CARTESIAN, &model);
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
    accept(*state, &m, FM_CARTESIAN, &model);
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
    accept(*state, &m, FM_CARTESIAN, &model);
    assert_sum(&model);
    fm_model_clear(&model);
    m.slow_axis = NULL;
    m.fast_axis = "Z";
    accept(*state, &m, FM_CARTESIAN, &model);
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
    accept(*state, &m, FM_CARTESIAN, &model);
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
    accept(*state, &m, FM_CARTESIAN, &model);
    assert_lines(&model, NX, NZ, -2, 2, -2.5, 0.5);
    assert_sum(&model);
    fm_model_clear(&model);
    m.slow_positive = "down";
    m.value = sum;
    accept(*state, &m, FM_CARTESIAN, &model);
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
    accept(*state, &m, FM_POLAR, &model);
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
    accept(*state, &m, FM_CARTESIAN, &model);
    assert_lines(&model, NX, NZ, -0.002, 0.002, 0.001, 0.0005);
    assert_near(model.values[0], 0.108, 1e-12);
    fm_model_clear(&model);
    m.slow_name = "lat";
    m.fast_name = "lon";
    m.slow_units = "degrees_north";
    m.fast_units = "degrees_east";
    m.units = "km/s";
    accept(*state, &m, FM_GEOGRAPHIC, &model);
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

static double hole(double slow, double fast)
{
    return slow == 1.5 && fast == 2 ? -99 : sum(slow, fast);
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
    accept(*state, &m, FM_CARTESIAN, &model);
    assert_true(isnan(model.values[1 * NX + 2]));
    assert_near(model.values[0], sum(1, -2), 1e-9);
    fm_model_clear(&model);
    m.has_fill = false;
    refuse(*state, &m, FM_CARTESIAN, "-99");
    m.value = nan_hole;
    accept(*state, &m, FM_CARTESIAN, &model);
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
    accept(*state, &m, FM_CARTESIAN, &model);
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

/* --- What is refused --- */

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
    accept(*state, &m, FM_CARTESIAN, &model);
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
    accept(*state, &m, FM_CARTESIAN, &model);
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
                   "a.grd: neither netCDF-4 nor HDF5");
    path = put(*state, "a.grd", "");
    assert_refused(read_grid(path, FM_CARTESIAN, &model, &error), &error,
                   "neither netCDF-4 nor HDF5");
    path = put(*state, "a.grd", "CDF\001 and so on");
    assert_refused(read_grid(path, FM_CARTESIAN, &model, &error), &error,
                   "convert it to netCDF-4: nccopy -k nc4 ");
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

/* --- Grids of others, where their programs are installed --- */

static bool run(const void *state, const char *command)
{
    char line[1000];
    snprintf(line, sizeof line, "cd %s && { %s; } >/dev/null 2>&1",
             folder_path(state, "."), command);
    return system(line) == 0; // NOLINT(cert-env33-c): a test drives other programs
}

static void grids_of_gmt_are_read(void **state)
{
    if (!run(*state, "gmt --version")) {
        skip();
    }
    assert_true(run(*state,
                    "gmt grdmath --IO_NC4_CHUNK_SIZE=4 -R110/120/-20/-15 -I1/0.5"
                    " -fg 100 Y 10 MUL ADD X ADD = g.grd"));
    fm_model model;
    fm_error error = {0};
    const char *path = folder_path(*state, "g.grd");
    assert_read(read_grid(path, FM_GEOGRAPHIC, &model, &error), &error);
    assert_lines(&model, 11, 11, 110, 1, -20, 0.5);
    assert_sum(&model);
    fm_model_clear(&model);
    assert_true(run(*state, "gmt grdmath --IO_NC4_CHUNK_SIZE=4 -R0/10/0/5 -I1 -r"
                            " 100 Y 10 MUL ADD X ADD = g.grd=ns+s0.01+o30"));
    assert_read(read_grid(path, FM_CARTESIAN, &model, &error), &error);
    assert_lines(&model, 10, 5, 0.5, 1, 0.5, 1);
    assert_sum(&model);
    fm_model_clear(&model);
    assert_true(run(*state, "gmt grdmath --IO_NC4_CHUNK_SIZE=classic -R0/10/0/5 -I1"
                            " X = g.grd"));
    assert_refused(read_grid(path, FM_CARTESIAN, &model, &error), &error,
                   "classic format");
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
    if (!run(*state, "/usr/bin/python3 make.py")) {
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
        IN_FOLDER(texts_of_any_length_are_understood),
        IN_FOLDER(missing_values_are_known_by_all_their_names),
        IN_FOLDER(values_whose_checksum_is_wrong_are_refused),
        IN_FOLDER(a_scale_of_the_wrong_shape_is_refused),
        IN_FOLDER(a_bspline_gets_its_cushion),
        IN_FOLDER(steps_must_be_equal_within_rounding),
        IN_FOLDER(single_precision_coordinates_may_round),
        IN_FOLDER(a_variable_without_coordinates_is_refused),
        IN_FOLDER(the_variable_must_be_named_among_several),
        IN_FOLDER(files_without_a_usable_variable_are_refused),
        IN_FOLDER(files_that_are_no_hdf5_are_refused),
        IN_FOLDER(files_cut_short_are_refused),
        IN_FOLDER(error_printing_of_hdf5_is_as_before),
        IN_FOLDER(grids_of_gmt_are_read),
        IN_FOLDER(grids_of_xarray_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
