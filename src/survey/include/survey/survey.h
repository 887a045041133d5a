#ifndef FM_SURVEY_SURVEY_H
#define FM_SURVEY_SURVEY_H

#include <stdint.h>

#include "core/status.h"
#include "model/medium.h"

/* Who shot, who listened, and which pairs were recorded. */

typedef struct fm_stations {
    size_t n;
    char **id;       /* [n], unique within the table */
    fm_point *point; /* [n], in grid units */

    char *path;   /* the file they were read from, and the line of each [n], for */
    size_t *line; /* messages; both NULL: they were not read from a file */
} fm_stations;

/* Recorded pairs are kept sorted by source, then by receiver, in the order of the
 * tables: row p of every result is pair p. */
typedef struct fm_survey {
    fm_stations sources, receivers;
    size_t npairs;
    size_t *pair_source, *pair_receiver; /* [npairs] indices into the tables */
    double *observed_s, *sigma_s; /* [npairs] or NULL; NaN where none was given */
    double length_scale;          /* km per unit in the user's files: 1 or 0.001 */
} fm_survey;

void fm_stations_clear(fm_stations *stations);
void fm_survey_clear(fm_survey *survey);

/* Fill pair_source and pair_receiver with all sources x receivers. */
fm_status fm_survey_pair_all(fm_survey *survey, fm_error *error);

/* Sort pairs as promised above; FM_BAD_INPUT names a pair that stands twice. */
fm_status fm_survey_sort(fm_survey *survey, fm_error *error);

/* Every source and receiver must lie in the grid. FM_BAD_INPUT names file and line if
 * there are any, the id, the coordinates as the user wrote them (length_scale undone)
 * and the valid range; moves longitudes by 360 degrees into the grid's range, and
 * points within rounding of an edge onto it. */
fm_status fm_survey_place(fm_survey *survey, const fm_grid *grid, fm_error *error);

/* Is the point masked: are all nodes around it that count for it masked? */
bool fm_survey_masked(const fm_medium *medium, fm_point point);

/* No source may be masked: nothing can start there (FM_BAD_INPUT names it). Receivers
 * may; their pairs come out as unreachable. After fm_survey_place. */
fm_status fm_survey_check_sources(const fm_survey *survey, const fm_medium *medium,
                                  fm_error *error);

#endif
