#ifndef FM_SURVEY_SHOTS_H
#define FM_SURVEY_SHOTS_H

#include "survey/survey.h"

/* A shot is one march: from a source to the receivers that recorded it, or, when that
 * is fewer marches (reciprocity: the time from A to B is the time from B to A), from a
 * receiver to the sources it recorded. */

typedef struct fm_shot {
    size_t origin;     /* index into sources, or into receivers when reciprocal */
    size_t begin, end; /* its rows are row[begin] ... row[end - 1] */
} fm_shot;

typedef struct fm_shots {
    bool reciprocal;
    size_t n;
    fm_shot *shot; /* [n] */
    size_t *row;   /* [npairs]: indices of survey pairs, shot by shot */
} fm_shots;

/* Plan the marches. Sources (or receivers) without a pair get no shot unless
 * every_source is set (fields are wanted of all of them); then reciprocity is not used.
 * Otherwise it is used when allow_reciprocal is set and it saves marches. */
fm_status fm_shots_plan(const fm_survey *survey, bool every_source,
                        bool allow_reciprocal, fm_shots *shots, fm_error *error);

/* Split shots so that none has more than `most` rows (at least 1): their origins are
 * marched from several times. FM_NO_MEMORY, and then they are as before. */
fm_status fm_shots_split(fm_shots *shots, size_t most, fm_error *error);

void fm_shots_clear(fm_shots *shots);

/* Where shot `s` starts, and where row r of the survey is to be read. */
fm_point fm_shots_origin(const fm_shots *shots, const fm_survey *survey, size_t s);
fm_point fm_shots_target(const fm_shots *shots, const fm_survey *survey, size_t row);

#endif
