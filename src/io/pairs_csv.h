#ifndef FM_IO_PAIRS_CSV_H
#define FM_IO_PAIRS_CSV_H

#include "survey/survey.h"

/* Read a table of pairs, source,receiver[,time,sigma], into a survey whose stations are
 * there already: fills the pairs. `sources` and `receivers` are the names of
 * the files that the ids come from, for messages. Private to the room. */
fm_status fm_pairs_read(const char *path, const char *sources, const char *receivers,
                        fm_survey *survey, fm_error *error);

#endif
