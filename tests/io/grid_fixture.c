/* HDF5 files for tests of the grid reader. */
#include "grid_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include <hdf5_hl.h>

#include "folder_fixture.h"
#include "read_fixture.h"

double sum(double slow, double fast)
{
    return 100 + 10 * slow + fast;
}

double hole(double slow, double fast)
{
    return slow == 1.5 && fast == 2 ? -99 : sum(slow, fast);
}

maker usual(void)
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

hid_t put_doubles(hid_t file, const char *name, int rank, const hsize_t *size,
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

void fill_file(hid_t file, const maker *m)
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

const char *make(const void *state, const maker *m)
{
    const char *path = folder_path(state, "g.nc");
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0);
    fill_file(file, m);
    H5Fclose(file);
    return path;
}

fm_status read_grid(const char *path, fm_geometry geometry, fm_model *model,
                    fm_error *error)
{
    return fm_grid_file_read(path, NULL, geometry, 6371, FM_CUBIC, 1, model, error);
}

void refuse(const void *state, const maker *m, fm_geometry geometry, const char *words)
{
    fm_model model;
    fm_error error = {0};
    assert_refused(read_grid(make(state, m), geometry, &model, &error), &error, words);
    assert_null(model.values);
}

void accept_grid(const void *state, const maker *m, fm_geometry geometry,
                 fm_model *model)
{
    fm_error error = {0};
    assert_read(read_grid(make(state, m), geometry, model, &error), &error);
}

void assert_lines(const fm_model *model, size_t nx, size_t nz, double x0, double dx,
                  double z0, double dz)
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

void assert_sum(const fm_model *model)
{
    for (size_t k = 0; k < model->nz; k++) {
        for (size_t i = 0; i < model->nx; i++) {
            double x = model->x0 + (double)i * model->dx;
            double z = model->z0 + (double)k * model->dz;
            assert_near(model->values[k * model->nx + i], sum(z, x), 1e-6);
        }
    }
}
