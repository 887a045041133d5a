#ifndef FM_IO_RESULT_H
#define FM_IO_RESULT_H

#include "forward/forward.h"

/* The result file: HDF5 that is also netCDF-4 with CF attributes (docs/format.md). It
 * is written under a temporary name, synced, read back and renamed at the end: a file
 * under its own name is whole. The bytes depend on the job alone, not on backend,
 * workers, order of arrival or time of day. */

typedef struct fm_result_file fm_result_file;

/* Make the skeleton for the job beside `path` (temporary name), with space reserved for
 * everything, model, survey and provenance in it. Messages name the path and
 * the system's reason. FM_BAD_INPUT: the path cannot be used (no such folder, no
 * permission, a folder or a device); FM_IO_FAILED: it could, but there is no space, a
 * limit on the size of files, or an error of the disk. The job must outlive the file.
 * On failure *file is NULL. */
fm_status fm_result_create(const char *path, const fm_job *job, fm_result_file **file,
                           fm_error *error);

/* Put one shot's rows, and its field, into their slots; of a failed shot only that it
 * failed. Any order, each shot once. The field is copied and written by a thread of the
 * file, which the first one starts (open pools of processes before); so the error may
 * be that of an earlier field, and that of the last ones is fm_result_commit's. It
 * waits only when fm_result_queue_bytes are waiting already: when the disk is slower
 * than the march for longer. After an error only discard is of use. */
fm_status fm_result_add(fm_result_file *file, const fm_shot_result *result,
                        fm_error *error);

/* The sums over the shots, if the job wants them: once, at any time. Without it they
 * are missing values, of no shot. After an error only discard is of use. */
fm_status fm_result_add_sums(fm_result_file *file, const fm_shot_sums *sums,
                             fm_error *error);

/* The run ends before all shots were done: the file is to be named NAME.part, and what
 * has the name NAME stays. Otherwise as fm_result_commit, which comes next. */
fm_status fm_result_set_aside(fm_result_file *file, fm_error *error);

/* The program is about to be killed: fm_result_commit is not to wait for the disk. A
 * power cut soon afterwards may lose the file. */
void fm_result_hurry(fm_result_file *file);

/* All done: write statuses, close, sync, read back, rename to its own name and sync the
 * folder. Shots that never came are "not done", their fields missing values. Frees the
 * file, also on failure; then nothing is left behind (except when only the folder could
 * not be synced: the file is whole and has its name, and the message says so). */
fm_status fm_result_commit(fm_result_file *file, fm_error *error);

/* Give up: remove the temporary file. Accepts NULL. */
void fm_result_discard(fm_result_file *file);

/* The name the file has until it is committed, for a signal handler to remove; valid
 * until commit or discard. */
const char *fm_result_temporary(const fm_result_file *file);

/* The name it is going to have, symbolic links followed; and the digest of its job, as
 * it stands in the file. Valid until commit or discard. */
const char *fm_result_name(const fm_result_file *file);
const char *fm_result_job_hash(const fm_result_file *file);

/* Bytes a result file of this job will have, nearly. */
double fm_result_bytes(const fm_job *job);

/* Memory that fields may take while they wait to be written: 4 of them, or as many as
 * make 32 MB (2^25 bytes) if those are more. */
double fm_result_queue_bytes(const fm_job *job);

#endif
