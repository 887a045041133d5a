#ifndef FM_TESTS_FMST_FIXTURE_H
#define FM_TESTS_FMST_FIXTURE_H

#include <stddef.h>

/* A small file set of fm2dss: two sources, three receivers, of the first source the
 * first and the third recorded, of the second none; 3 by 4 vertices of 4 km/s, diced
 * by 2 in latitude and 3 in longitude. All tables are wanted. */

extern const char fmst_sources[], fmst_receivers[], fmst_pairs[];

/* fm2dss.in, with line `number` (from 1; 0: none) replaced by `text`, or left out if
 * that is NULL; valid until the next call. */
const char *fmst_input(size_t number, const char *text);

/* Put all of it into the folder; the path of fm2dss.in. */
const char *fmst_put(const void *state);

#endif
