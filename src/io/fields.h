#ifndef FM_IO_FIELDS_H
#define FM_IO_FIELDS_H

#include "part_file.h"
#include "result_layout.h"
#include "slabs.h"
#include "writer.h"

/* The fields of a result file, which are written while the march goes on. */
typedef struct fm_fields {
    fm_slabs *slabs; /* one for each source */
    fm_part_file *part;
    fm_range found;    /* of the times written, missing ones left out; {inf, -inf} at
                          first. Valid after fm_fields_finish */
    fm_writer *writer; /* NULL before the first field */
} fm_fields;

fm_fields fm_fields_of(fm_slabs *slabs, fm_part_file *part);
void fm_fields_clear(fm_fields *fields); /* a zeroed one is fine */

/* Have the field of this source written; it is copied. The error may be that of an
 * earlier field. */
fm_status fm_fields_add(fm_fields *fields, size_t source, const void *field,
                        fm_error *error);

/* Wait until all are written, and fill those that never came with missing values. */
fm_status fm_fields_finish(fm_fields *fields, fm_error *error);

/* Bytes that fields of one file may take while they wait, if each has `size`. */
double fm_fields_queue_bytes(size_t n, size_t size);

#endif
