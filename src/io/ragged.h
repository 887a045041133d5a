#ifndef FM_IO_RAGGED_H
#define FM_IO_RAGGED_H

#include "slabs.h"
#include "spool.h"

/* Rows of any length, two values to an element: points of rays, entries of a sparse
 * matrix. They come in any order, wait in a spool, and are written one after the other
 * when all are there. */
enum { FM_RAGGED_PARTS = 2 };

typedef struct fm_ragged {
    size_t nrows;
    size_t width[FM_RAGGED_PARTS]; /* bytes of each value */
    int64_t *size;                 /* [nrows] elements, 0 until it came */
    uint64_t *place;               /* [nrows] in the spool */
    uint64_t total;                /* elements of all */
    fm_spool *spool;               /* which others may use as well */
} fm_ragged;

fm_status fm_ragged_create(size_t nrows, size_t width0, size_t width1, fm_spool *spool,
                           fm_ragged *ragged, fm_error *error);
void fm_ragged_clear(fm_ragged *ragged); /* a zeroed one is fine */

/* One row, once: n elements, their values in two arrays. */
fm_status fm_ragged_add(fm_ragged *ragged, size_t row, size_t n, const void *part0,
                        const void *part1, fm_error *error);

/* Write the values of one part, row after row, as the only slab of `slabs`. */
fm_status fm_ragged_write(const fm_ragged *ragged, size_t part, fm_slabs *slabs,
                          const fm_part_file *file, fm_error *error);

#endif
