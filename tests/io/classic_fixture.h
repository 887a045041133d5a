#ifndef FM_TESTS_CLASSIC_FIXTURE_H
#define FM_TESTS_CLASSIC_FIXTURE_H

/* Classic netCDF files, made by netCDF's own ncgen from texts. */

/* The usual grid: 4 x 5 values 100 + 10 z + x, z from 1 by 0.5, x from -2 by 2. */
extern const char *const classic_usual;

/* "netcdf g {" and "}" are put around the text. `kind` is "nc3", "nc6" or "cdf5" for
 * CDF-1, 2 and 5. The test is skipped where there is no ncgen. */
const char *make_classic(const void *state, const char *kind, const char *text);

#endif
