#ifndef FM_IO_TABLE_H
#define FM_IO_TABLE_H

#include <csv.h>

#include "lines.h"

/* A CSV table with a header row, read row by row; private to the room. Fields are
 * texts. Blank lines and lines that begin with # are skipped; fields may be quoted and
 * then hold commas, doubled quotes and line ends. Every row has as many fields as the
 * header. Messages begin with "FILE:LINE: ", the line being the first of the row. */
typedef struct fm_table {
    fm_lines lines;
    struct csv_parser parser;
    bool parser_ready;
    size_t line; /* where the row begins */

    char *text; /* the fields of the row, each terminated, one behind the other */
    size_t used, capacity;
    size_t *start; /* [nfields]: where each begins in text */
    size_t nfields, field_capacity;
    bool row_complete, out_of_memory; /* set by the parser's callbacks */

    size_t ncolumns;
    char **name; /* [ncolumns] */
} fm_table;

/* Open and read the header; the path must outlive the table. `header` shows how it
 * looks
 * ("id,x,z"): a first row that has none of these names, but a number, is no header. */
fm_status fm_table_open(const char *path, const char *header, fm_table *table,
                        fm_error *error);
void fm_table_close(fm_table *table); /* a zeroed table is fine */

/* The next row; `more` is false after the last one. */
fm_status fm_table_next(fm_table *table, bool *more, fm_error *error);

/* Is there such a column, and which is it? */
bool fm_table_column(const fm_table *table, const char *name, size_t *column);

/* The same, but it must be there. `purpose` says what for ("a table of sources"). */
fm_status fm_table_need(const fm_table *table, const char *name, const char *purpose,
                        size_t *column, fm_error *error);

/* A field of the row as text, valid until the next row; and as a number. */
const char *fm_table_text(const fm_table *table, size_t column);
fm_status fm_table_number(const fm_table *table, size_t column, double *value,
                          fm_error *error);

/* An array with room for element n, of `size` bytes each: `array` itself, or grown, and
 * then `capacity` too. NULL, and `array` as it was, when there is no memory. */
void *fm_table_grow(void *array, size_t n, size_t *capacity, size_t size);

/* FM_BAD_INPUT with "FILE:LINE: " before the sentence. */
fm_status fm_table_fail(const fm_table *table, fm_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
