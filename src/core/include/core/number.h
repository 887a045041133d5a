#ifndef FM_CORE_NUMBER_H
#define FM_CORE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* The one strict parser of numbers, used by every reader and by the command line. */

/* A finite decimal number that takes up all of `text`: "1.5", "-3", "1e-4". Surrounding
 * blanks, units, hexadecimal, "inf", "nan" and out-of-range values are refused. */
bool fm_number_parse(const char *text, double *value);

/* A non-negative whole number in decimal digits that takes up all of `text`. */
bool fm_count_parse(const char *text, uint64_t *value);

#endif
