#ifndef FM_TESTS_RESULT_FIXTURE_H
#define FM_TESTS_RESULT_FIXTURE_H

#include "forward/forward.h"

/* A small job made by hand, as forward would hand it over, and what its shots would
 * give: a constant speed of 4 km/s on 5 rows by 7 columns, the times along straight
 * lines. open_result.py knows the same numbers. */

enum { FIXTURE_ROWS = 5, FIXTURE_COLUMNS = 7 };
#define FIXTURE_SPEED 4.0
#define FIXTURE_SPEED_BEYOND 5.0

typedef struct fixture_options {
    fm_geometry geometry;
    bool fields, f64, times, sum, observed, interface, masked, reciprocal;
    bool derived; /* rays, Fréchet rows, coverage; misfit and gradient if observed */
    size_t nsources;     /* 0: three, the second without pairs */
    const char *long_id; /* of the first source, if given */
} fixture_options;

void fixture_make(const fixture_options *options, fm_job *job);

/* What shot s of the job gives; free the parts with fixture_shot_clear. */
typedef struct fixture_shot {
    fm_shot_result result;
    double *time_s;
    uint8_t *status;
    void *field;
    /* Each ray has as many points as its pair has a number in the file, none for pair
     * 0, on the straight line; each row an entry less than that. */
    uint8_t *ray_status;
    double *ray_time_s, *ray_length_km, *value;
    uint64_t *size, *row_size;
    fm_point *point;
    uint32_t *column;
} fixture_shot;
void fixture_shot_make(const fm_job *job, size_t s, fixture_shot *shot);
void fixture_shot_clear(fixture_shot *shot);

/* The sums over the first n shots; the caller frees `exact`. */
fm_shot_sums fixture_sums_make(const fm_job *job, size_t n);

#endif
