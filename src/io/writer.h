#ifndef FM_IO_WRITER_H
#define FM_IO_WRITER_H

#include <stddef.h>

#include "core/status.h"

/* A thread that writes, one after the other and in their order, what was handed in:
 * pieces of one size with a number. Used by one thread. */

typedef struct fm_writer fm_writer;

typedef struct fm_writer_plan {
    size_t size;  /* bytes of a piece */
    size_t slots; /* pieces that wait or are being written, at most; at least 1 */
    /* Writes piece `number`; called on the writer's thread. After an error it is not
     * called again. */
    fm_status (*write)(void *context, size_t number, const void *bytes,
                       fm_error *error);
    void *context;
} fm_writer_plan;

/* Start the thread, which blocks all signals. On failure *writer is NULL. */
fm_status fm_writer_create(const fm_writer_plan *plan, fm_writer **writer,
                           fm_error *error);

/* Hand in a piece, which is copied. Returns at once if there is a free slot, else as
 * soon as there is one. The error may be that of an earlier piece; then this one, like
 * all that wait, is dropped. */
fm_status fm_writer_put(fm_writer *writer, size_t number, const void *bytes,
                        fm_error *error);

/* Wait until all is written, or one could not be: its error. */
fm_status fm_writer_drain(fm_writer *writer, fm_error *error);

/* End the thread; what still waits is dropped. Accepts NULL. */
void fm_writer_destroy(fm_writer *writer);

#endif
