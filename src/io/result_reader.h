#ifndef FM_IO_RESULT_READER_H
#define FM_IO_RESULT_READER_H

#include "hdf5_values.h"

/* The one-dimensional variables of a finished result file, read in blocks, so that
 * memory does not grow with them. Private to the room.
 *
 * Errors stick: after the first one (status and message are in the reader) every value
 * is 0. HDF5's own reports are silenced while it is open. */
typedef struct fm_result_reader {
    const char *path; /* borrowed */
    hid_t file;
    fm_status status; /* users of the reader may set it as well */
    fm_error *error;
    H5E_auto2_t report;
    void *report_data;
} fm_result_reader;

typedef struct fm_result_column {
    const char *name; /* borrowed */
    hid_t set;
    hsize_t size, first, n;
    double *value; /* the n values from `first` on */
} fm_result_column;

/* The path and where errors go are borrowed. */
void fm_reader_open(const char *path, fm_error *error, fm_result_reader *reader);
void fm_reader_close(fm_result_reader *reader);

/* A variable; one that is not in the file (because there would be nothing in it) has no
 * values. */
void fm_column_open(fm_result_reader *reader, const char *name,
                    fm_result_column *column);
void fm_column_close(fm_result_column *column); /* a zeroed one is fine */

/* Value number i. Whole numbers are below 2^53, so a double has them. */
double fm_column_at(fm_result_reader *reader, fm_result_column *column, size_t i);

/* "PATH: WHAT cannot be read", unless there is an error already. */
void fm_reader_fail(fm_result_reader *reader, const char *what);

#endif
