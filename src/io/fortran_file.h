#ifndef FM_IO_FORTRAN_FILE_H
#define FM_IO_FORTRAN_FILE_H

#include <stdint.h>

#include "part_file.h"

/* A text file of numbers as programs in Fortran write them with list-directed WRITE
 * (gfortran's widths): a record a line, whole numbers in 12 columns, single precision
 * in 17, double in 26. It appears under its name when it is whole. Private to the room.
 *
 * Errors stick: after the first one every call does nothing, and fm_fortran_finish
 * tells it. Messages begin with the path. */
typedef struct fm_fortran_file {
    const char *path; /* borrowed */
    fm_part_file part;
    char *buffer;
    size_t used;
    uint64_t offset; /* in the file, of the buffer */
    fm_status status;
    fm_error error;
} fm_fortran_file;

/* FM_BAD_INPUT: the file cannot be made under this path; as fm_part_open. On failure
 * nothing is left behind. */
fm_status fm_fortran_open(const char *path, fm_fortran_file *file, fm_error *error);

void fm_fortran_whole(fm_fortran_file *file, int64_t value);
/* The nine digits of single precision, rounded from a double. */
void fm_fortran_single(fm_fortran_file *file, double value);
void fm_fortran_double(fm_fortran_file *file, double value);
void fm_fortran_end_record(fm_fortran_file *file);

/* All is written and on the disk; the first error of all. Then its name. */
fm_status fm_fortran_finish(fm_fortran_file *file, fm_error *error);
fm_status fm_fortran_publish(fm_fortran_file *file, fm_error *error);

/* Close it, and remove it unless it was published. A zeroed file is fine. */
void fm_fortran_close(fm_fortran_file *file);

#endif
