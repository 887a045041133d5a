#ifndef FM_TESTS_JOB_FIXTURE_H
#define FM_TESTS_JOB_FIXTURE_H

#include "io/jobfile.h"

/* The shortest job there is, on which the tests vary. */
#define MODEL "model:\n  file: m.vtx\n  geometry: geographic\n"
#define SURVEY "survey:\n  sources: s.csv\n  receivers: r.csv\n"
#define REST "want: [times]\noutput: o.h5\n"
#define FORMULA                                                                        \
    "model:\n  constant: 5\n  geometry: cartesian\n  extent: [0, 10, 0, 5]\n"          \
    "  spacing: [1, 0.5]\n"

/* Read this text as job.yaml with an override (or NULL), and assert what comes. */
fm_status read_with(const void *state, const char *text, const char *override,
                    fm_job_spec *spec, fm_error *error);
void refuse_with(const void *state, const char *text, const char *override,
                 const char *words);
void accept_with(const void *state, const char *text, const char *override,
                 fm_job_spec *spec);

#endif
