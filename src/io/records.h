#ifndef FM_IO_RECORDS_H
#define FM_IO_RECORDS_H

#include <stdint.h>

#include "lines.h"

/* Records as Fortran's list-directed READ takes them: one a line, items separated by
 * blanks or commas, whatever follows the wanted items ignored, exponents with D as well
 * as E. Private to the room. */

/* The next line that is not blank; `more` is false after the last one. */
fm_status fm_record_next(fm_lines *lines, bool *more, fm_error *error);

/* The same where there must be one: "FILE:LINE: the file ends before WHAT". */
fm_status fm_record_need(fm_lines *lines, const char *what, fm_error *error);

/* "FILE:LINE: WHAT; found '...'", with the line as it stands. */
fm_status fm_record_fail(const fm_lines *lines, const char *what, fm_error *error);

/* The next item of a record, which is moved behind it; false if it is none or not of
 * this kind. A whole number may have a sign. */
bool fm_record_number(const char **text, double *value);
bool fm_record_count(const char **text, uint64_t *value);
bool fm_record_whole(const char **text, int64_t *value);

/* Does an item follow that was meant as a number? */
bool fm_record_numeric(const char *text);

/* A record with two numbers, `what`. */
fm_status fm_record_two(fm_lines *lines, const char *what, double *a, double *b,
                        fm_error *error);

/* The file must end here, but for blank lines: "FILE:LINE: more than WHAT". */
fm_status fm_record_end(fm_lines *lines, const char *what, fm_error *error);

#endif
