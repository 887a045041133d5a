#ifndef FM_IO_CLASSIC_H
#define FM_IO_CLASSIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/status.h"

/* A file in netCDF's classic format (CDF-1, CDF-2 or CDF-5); private to the room. */

typedef enum fm_classic_type { /* as numbered in the file */
                               FM_CLASSIC_I8 = 1,
                               FM_CLASSIC_TEXT,
                               FM_CLASSIC_I16,
                               FM_CLASSIC_I32,
                               FM_CLASSIC_F32,
                               FM_CLASSIC_F64,
                               FM_CLASSIC_U8, /* from here on CDF-5 only */
                               FM_CLASSIC_U16,
                               FM_CLASSIC_U32,
                               FM_CLASSIC_I64,
                               FM_CLASSIC_U64
} fm_classic_type;

typedef struct fm_classic_dimension {
    char *name;
    uint64_t length; /* of the one that grows: the number of records */
    bool grows;
} fm_classic_dimension;

typedef struct fm_classic_variable {
    char *name;
    fm_classic_type type;
    size_t rank;
    size_t dimension[2]; /* the first two: which, and how long */
    uint64_t size[2];
    bool grows;          /* its first dimension does */
    uint64_t n;          /* values; of one that grows: in each record */
    uint64_t begin;      /* place of the values in the file */
    uint64_t attributes; /* and of the list of attributes */
} fm_classic_variable;

typedef struct fm_classic {
    const char *path; /* borrowed */
    FILE *stream;
    uint64_t bytes; /* length of the file */
    int version;    /* 1, 2 or 5 */
    uint64_t records, record_bytes;
    size_t dimensions, variables;
    fm_classic_dimension *dimension;
    fm_classic_variable *variable;
} fm_classic;

/* Do these first n bytes of a file, up to 4, say that it is one (of any version)? */
bool fm_classic_begin(const char *bytes, size_t n);

/* Read the header and see that the file is as long as it says. Messages begin with
 * "FILE: ". Closing is for the caller in any case. */
fm_status fm_classic_open(const char *path, fm_classic *file, fm_error *error);
void fm_classic_close(fm_classic *file); /* a zeroed one is fine */

/* The variable with this name, or NULL. */
const fm_classic_variable *fm_classic_find(const fm_classic *file, const char *name);

size_t fm_classic_type_size(fm_classic_type type);

/* An attribute that is a text, on the heap, without blanks behind; NULL when there is
 * no such attribute or it is no text. */
fm_status fm_classic_text(const fm_classic *file, const fm_classic_variable *variable,
                          const char *name, char **text, fm_error *error);

/* An attribute that is a single number; `value` is left alone when there is none. */
fm_status fm_classic_number(const fm_classic *file, const fm_classic_variable *variable,
                            const char *name, double *value, fm_error *error);

/* All values of a variable of numbers, as they stand, as doubles; rank 1 or 2, and
 * room for as many as its sizes say. */
fm_status fm_classic_values(const fm_classic *file, const fm_classic_variable *variable,
                            double *values, fm_error *error);

#endif
