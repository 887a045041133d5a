#ifndef FM_IO_FMST_H
#define FM_IO_FMST_H

#include <stdint.h>

#include "forward/job.h"

/* The file set of Rawlinson's fm2dss (FMST): read, made into a job, and its results
 * written as fm2dss writes them (docs/fmst.md). */

enum { FM_FMST_LINES = 24 }; /* of fm2dss.in */

/* fm2dss.in as it stands, checked line by line. File names are resolved against its
 * folder. Numbers in brackets: the line. */
typedef struct fm_fmst_input {
    char *path;
    char *sources, *receivers, *pairs, *model; /* [4 to 7] */
    int64_t dice[2];                           /* [8] in latitude, in longitude */
    int64_t refine, refinement[2];             /* [9, 10] not needed here */
    double radius_km;                          /* [11] */
    int64_t mixed_order;                       /* [12] 0 or 1 */
    double band;                               /* [13] not needed here */
    int64_t times, frechet;                    /* [17, 19] 0 or 1 */
    int64_t field;                             /* [21] a source from 1, or 0 */
    int64_t rays;                              /* [23] the same, or negative: of all */
    char *times_file, *frechet_file, *field_file, *rays_file; /* [18, 20, 22, 24] NULL
                                                                 if not wanted */
} fm_fmst_input;

/* FM_BAD_INPUT: "FILE:LINE: " what was found and what is allowed; names that do not end
 * within the 30 columns that fm2dss reads; output files that would replace each other
 * or a file that is read. On failure the input is empty. */
fm_status fm_fmst_input_read(const char *path, fm_fmst_input *input, fm_error *error);
void fm_fmst_input_clear(fm_fmst_input *input);

/* Read the tables of the survey: a count, then `lat lon` a line; of pairs a line each,
 * sources outer, receivers inner: 0 or 1, and if known the observed time and its error
 * in seconds (0: none). The ids are "1", "2" and so on, in the order of the tables. */
fm_status fm_fmst_survey_read(const char *sources, const char *receivers,
                              const char *pairs, fm_survey *survey, fm_error *error);

/* Read what the input names, as fm_job_load does for a job file: the job is not
 * prepared yet and has no output. */
fm_status fm_fmst_load(const fm_fmst_input *input, fm_job *job, fm_error *error);

/* The result file's name unless another is given: fm2dss.in has fm2dss.h5 beside it.
 * malloc'ed; NULL without memory. */
char *fm_fmst_result_name(const fm_fmst_input *input);

/* Can the files be made that the input wants? FM_BAD_INPUT: no such folder, no
 * permission, a folder or a device has the name. Nothing is left behind. */
fm_status fm_fmst_check_files(const fm_fmst_input *input, fm_error *error);

/* Who is asked and told while they are written. */
typedef struct fm_fmst_watch {
    void (*temporary)(const char *name); /* hears the name of each temporary file */
    bool (*stop)(void *context);         /* asked now and then; may be NULL */
    void *context;
} fm_fmst_watch;

/* Write the files that the input wants, from the finished result file of the job (which
 * is prepared): all of them, or none. The field is marched once more. Memory does not
 * grow with the survey. FM_INTERRUPTED: stop said so. Messages begin with the path. */
fm_status fm_fmst_write(const fm_fmst_input *input, const fm_job *job,
                        const char *result, const fm_fmst_watch *watch,
                        fm_error *error);

#endif
