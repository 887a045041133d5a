#ifndef FM_IO_LINES_H
#define FM_IO_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/status.h"

/* A text file, line by line; private to the room. A line ends with LF, CRLF or CR; a
 * byte order mark is skipped. Zero bytes, lines of more than a megabyte and a last line
 * without an end are refused: a file cut short inside its last number looks exactly
 * like the latter. */
typedef struct fm_lines {
    const char *path; /* borrowed */
    FILE *stream;
    char *text;              /* the line, without its end */
    size_t length, capacity; /* of text */
    size_t number;           /* of the line, from 1 */
} fm_lines;

fm_status fm_lines_open(const char *path, fm_lines *lines, fm_error *error);

/* The next line; `more` is false after the last one. */
fm_status fm_lines_next(fm_lines *lines, bool *more, fm_error *error);

/* A zeroed fm_lines is fine. */
void fm_lines_close(fm_lines *lines);

/* Nothing but blanks. */
bool fm_text_blank(const char *text);

/* A copy on the heap, or NULL when there is no memory. */
char *fm_text_copy(const char *text);

/* Does the file name end with this extension (".vtx")? Case does not matter. */
bool fm_path_ends(const char *path, const char *extension);

/* A name that stands in a file is relative to that file's folder: the path, on the
 * heap, or NULL when there is no memory. */
char *fm_path_beside(const char *file, const char *name);

/* The whole file, terminated, at most `limit` bytes of it; "FILE: ..." on failure. */
fm_status fm_text_slurp(const char *path, size_t limit, char **text, size_t *length,
                        fm_error *error);

#endif
