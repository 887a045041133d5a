#ifndef FM_IO_RESULT_ROWS_H
#define FM_IO_RESULT_ROWS_H

#include "forward/forward.h"
#include "ragged.h"
#include "result_layout.h"

/* The parts of a result file that are as large as they turn out: points of rays and
 * Fréchet rows. They are laid out behind all else when the last shot is done. */

typedef enum fm_tail {
    FM_TAIL_RAY_X,
    FM_TAIL_RAY_Z,
    FM_TAIL_DATA,
    FM_TAIL_INDICES,
    FM_TAIL_KINDS
} fm_tail;

typedef struct fm_result_rows {
    const fm_job *job;
    fm_spool spool;
    fm_ragged rays, frechet; /* the second by pair; each only if wanted */
    int64_t *indptr;         /* [npairs + 1], at the end */
    double *axis;            /* scratch: the x, then the z of the longest ray so far */
    size_t axis_room;
    fm_slabs slabs[FM_TAIL_KINDS];
    fm_layout_axes axes; /* of the file before */
    bool described;
} fm_result_rows;

/* In the folder of `path`. Does nothing for a job that wants neither. */
fm_status fm_result_rows_create(const char *path, const fm_job *job,
                                fm_result_rows *rows, fm_error *error);
void fm_result_rows_clear(fm_result_rows *rows); /* one whose creation failed is fine */

fm_status fm_result_rows_add(fm_result_rows *rows, const fm_shot_result *result,
                             fm_error *error);

/* Lay them out behind what the file has, and write them. */
fm_status fm_result_rows_write(fm_result_rows *rows, const fm_part_file *part,
                               fm_error *error);

/* Compare with what was written, behind the description of all else. */
fm_status fm_result_rows_check(fm_result_rows *rows, fm_nc *nc, fm_error *error);

#endif
