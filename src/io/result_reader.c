/* Results read back, a block at a time. Every kind of number is converted to doubles by
 * HDF5 as it is read, so there is one way to read all of them. */
#include "result_reader.h"

#include <stdlib.h>

enum { BLOCK = 1 << 15 };

void fm_reader_fail(fm_result_reader *reader, const char *what)
{
    if (reader->status == FM_OK) {
        reader->status = fm_fail(reader->error, FM_IO_FAILED, "%s: %s cannot be read",
                                 reader->path, what);
    }
}

void fm_reader_open(const char *path, fm_error *error, fm_result_reader *reader)
{
    *reader = (fm_result_reader){.path = path, .error = error};
    H5Eget_auto2(H5E_DEFAULT, &reader->report, &reader->report_data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    reader->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (reader->file < 0) {
        fm_reader_fail(reader, "the result");
    }
}

void fm_reader_close(fm_result_reader *reader)
{
    if (reader->file >= 0) {
        H5Fclose(reader->file);
    }
    H5Eset_auto2(H5E_DEFAULT, reader->report, reader->report_data);
}

void fm_column_open(fm_result_reader *reader, const char *name,
                    fm_result_column *column)
{
    int rank = 0;
    hsize_t size[2] = {0};
    *column = (fm_result_column){.name = name, .set = -1};
    if (reader->status != FM_OK || H5Lexists(reader->file, name, H5P_DEFAULT) <= 0) {
        return;
    }
    column->value = malloc(BLOCK * sizeof *column->value);
    column->set = H5Dopen2(reader->file, name, H5P_DEFAULT);
    if (!column->value) {
        reader->status =
            fm_fail_memory(reader->error, "a block of results", BLOCK * 8.0);
    } else if (column->set < 0 || !fm_hdf5_shape(column->set, &rank, size) ||
               rank != 1) {
        fm_reader_fail(reader, name);
    }
    column->size = size[0];
}

void fm_column_close(fm_result_column *column)
{
    if (column->set > 0) {
        H5Dclose(column->set);
    }
    free(column->value);
    *column = (fm_result_column){0};
}

static bool read_block(fm_result_column *column, hsize_t first)
{
    hsize_t left = column->size - first, n = left < BLOCK ? left : BLOCK;
    hid_t all = H5Dget_space(column->set), part = H5Screate_simple(1, &n, NULL);
    bool read = all >= 0 && part >= 0 &&
                H5Sselect_hyperslab(all, H5S_SELECT_SET, &first, NULL, &n, NULL) >= 0 &&
                H5Dread(column->set, H5T_NATIVE_DOUBLE, part, all, H5P_DEFAULT,
                        column->value) >= 0;
    if (all >= 0) {
        H5Sclose(all);
    }
    if (part >= 0) {
        H5Sclose(part);
    }
    column->first = first;
    column->n = read ? n : 0;
    return read;
}

double fm_column_at(fm_result_reader *reader, fm_result_column *column, size_t i)
{
    bool there = i >= column->first && i - column->first < column->n;
    if (reader->status == FM_OK && !there &&
        (i >= column->size || !read_block(column, i))) {
        fm_reader_fail(reader, column->name);
    }
    return reader->status == FM_OK ? column->value[i - column->first] : 0;
}
